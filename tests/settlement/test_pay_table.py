"""Tables for paying wages, by template: the same bytes for the same order, and every figure of a card is kept."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from openpyxl import load_workbook

from lxr.settlement.bank.formats.pay_table import read, write
from lxr.settlement.bank.formats.pay_template import Template
from lxr.settlement.bank.formats.workbook import column_letters, workbook
from lxr.settlement.bank.model import Party, PaymentFile, Transfer
from lxr.settlement.bank.payment_forms import Table, form_of, shipped
from lxr.settlement.errors import InputFault
from quick import examples

FIRST: Final = Transfer("LX1", 520_050, "张三", "6222020000000000001", "103651000022", "SALA", "wages E001-20260915")
SECOND: Final = Transfer("LX2", 1, "阿依古丽·买买提", "6222020000000000002", "102651000033", "SALA", "")
ORDER: Final = PaymentFile(
    message_id="CE001-20260915",
    created_at=datetime(2026, 9, 15, tzinfo=UTC),
    execution_date=date(2026, 9, 15),
    debtor=Party("洛小茸备付金托管户", "102100099996"),
    debtor_account="510000100010001",
    transfers=(FIRST, SECOND),
)
LEAST: Final[dict[str, Any]] = {
    "about": "a test",
    "file": "text",
    "ending": ".csv",
    "column": [
        {"title": "账号", "field": "account"},
        {"title": "户名", "field": "name"},
        {"title": "金额", "field": "amount"},
    ],
}


def template(name: str) -> Template:
    form = form_of(name, False)
    assert isinstance(form, Table)
    return form.template


def made(**changes: Any) -> Template:
    return msgspec.convert({**LEAST, **changes}, Template)


def test_the_general_table_has_sums_above_text_cells_and_our_ids() -> None:
    assert write(ORDER, template("daifa")).decode("gb18030") == (
        "付款账号,510000100010001,代发日期,20260915,批次号,CE001-20260915\r\n"
        "总笔数,2,总金额,5200.51\r\n"
        "序号,收款账号,收款人户名,金额(元),收款行联行号,行内标志,客户流水号,附言\r\n"
        "1,\t6222020000000000001,张三,5200.50,103651000022,跨行,LX1,wages E001-20260915\r\n"
        "2,\t6222020000000000002,阿依古丽·买买提,0.01,102651000033,行内,LX2,\r\n"
    )


def test_the_table_without_titles_has_account_name_and_amount() -> None:
    assert write(ORDER, template("daifa-txt")).decode("gb18030") == (
        "2|5200.51|20260915\r\n6222020000000000001|张三|5200.50\r\n6222020000000000002|阿依古丽·买买提|0.01\r\n"
    )


def test_a_workbooks_cards_are_texts_its_amounts_numbers_and_a_spreadsheet_opens_it() -> None:
    sheet = load_workbook(BytesIO(write(ORDER, template("daifa-xlsx")))).active
    assert sheet is not None
    assert [tuple(cell.value for cell in row) for row in sheet.iter_rows()] == [
        ("姓名", "卡号", "开户银行", "金额", "备注"),
        ("张三", "6222020000000000001", "中国农业银行", 5200.5, "LX1"),
        ("阿依古丽·买买提", "6222020000000000002", "中国工商银行", 0.01, "LX2"),
        ("合计", "2笔", None, "5200.51", None),
    ]
    assert {"@"} == {sheet.cell(row, 2).number_format for row in (2, 3)}


DIGESTS: Final = {
    "daifa": "23f213481cfe3e0b",
    "daifa-txt": "838af19766092f96",
    "daifa-xlsx": "4f1889ebd2d8f80b",
}


def test_the_bytes_hang_on_no_library_and_no_release_of_one() -> None:
    """A digest of them is on the ledger: with whatever Python, they are these."""
    assert {name: sha256(write(ORDER, template(name))).hexdigest()[:16] for name in shipped()} == DIGESTS


visible = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co", "Zs"))
texts = st.text(visible, min_size=1, max_size=30).filter(lambda text: text[0] not in "=+-@＝＋－＠")
transfers = st.builds(
    Transfer,
    end_to_end_id=st.from_regex(r"LX[A-Z0-9]{1,28}", fullmatch=True),
    amount_fen=st.integers(1, 10**13),
    creditor_name=texts,
    creditor_account=st.from_regex(r"[0-9]{13,19}", fullmatch=True),
    creditor_bank=st.sampled_from(["102651000033", "103651000022", "403100000004"]),
    purpose=st.just("SALA"),
    remittance=st.just("") | texts,
)
orders = st.lists(transfers, min_size=1, max_size=5, unique_by=lambda one: one.end_to_end_id).map(
    lambda some: replace(ORDER, transfers=tuple(some))
)


@given(orders, st.sampled_from(["daifa", "daifa-xlsx"]), st.booleans())
@settings(max_examples=examples(80), deadline=None)
def test_what_is_written_is_read_back(order: PaymentFile, name: str, other_separator: bool) -> None:
    form = template(name)
    if other_separator and form.file == "text":
        form = replace(form, separator="\t", columns=tuple(replace(each, before="") for each in form.columns))
    found = read(write(order, form), "CE001.csv", form, 100)
    kept = {"creditor_bank": "bank_code", "remittance": "remittance"}
    without = {field: "" for field, column in kept.items() if form.column_of(column) is None}  # type: ignore[arg-type]
    assert tuple(replace(each, purpose="", **without) for each in order.transfers) == found


@pytest.mark.parametrize("name", ["=1+1", "+86", "-1", "@SUM(A1)", "＝1＋1"])
@pytest.mark.parametrize("form", shipped())
def test_a_name_that_a_spreadsheet_takes_for_a_formula_is_refused_by_row(form: str, name: str) -> None:
    order = replace(ORDER, transfers=(FIRST, replace(SECOND, creditor_name=name)))
    with pytest.raises(InputFault, match=r"row 2, field .*: has .*formula"):
        write(order, template(form))


@pytest.mark.parametrize(
    ("form", "change", "expected"),
    [
        ("daifa-txt", {"creditor_name": "张|三"}, "no separator and no quote"),
        ("daifa-txt", {"creditor_name": '张"三'}, "no separator and no quote"),
        ("daifa-xlsx", {"creditor_bank": "313651000022"}, "the CNAPS code 313651000022 is shared by several banks"),
        ("daifa", {"creditor_name": "长" * 61}, "has 61 characters; expected at most 60"),
        ("daifa", {"creditor_account": "6222 0200"}, "row 1, field 收款账号: has '6222 0200'"),
        ("daifa", {"end_to_end_id": "LX2"}, "'LX2' appears twice"),
        ("daifa", {"amount_fen": 0}, "row 1, field 金额"),
    ],
)
def test_what_a_form_cannot_hold_is_refused_by_row(form: str, change: Mapping[str, Any], expected: str) -> None:
    with pytest.raises(InputFault) as caught:
        write(replace(ORDER, transfers=(replace(FIRST, **change), SECOND)), template(form))
    assert expected in str(caught.value)


def test_a_cell_with_a_separator_stands_in_quotes_where_the_bank_knows_them() -> None:
    order = replace(ORDER, transfers=(replace(FIRST, creditor_name='张"三",'),))
    assert b'6222020000000000001,"\xd5\xc5""\xc8\xfd"",",5200.50\r\n' in write(order, made())
    assert '张"三",' == read(write(order, made()), "C1.csv", made(), 10)[0].creditor_name


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"column": [*LEAST["column"][:2], {"title": "备注", "text": ""}]}, "no column has the field amount"),
        ({"column": [*LEAST["column"], {"title": "又", "field": "name"}]}, "two columns have one field"),
        ({"column": [*LEAST["column"], {"title": "户名", "text": "x"}]}, "two columns have one title"),
        ({"column": [*LEAST["column"], {"title": "无"}]}, "either `field` or `text`"),
        ({"column": [{"title": "账号", "field": "account", "number": True}, *LEAST["column"][1:]]}, "with sequence or"),
        ({"column": [*LEAST["column"], {"title": "行", "field": "same_bank"}]}, "expected `words` with same_bank"),
        ({"above": [["{password}"]]}, "{password} is unknown"),
        ({"below": [[""]]}, "a line below the payments is empty"),
        ({"ending": ".xlsx"}, "expected .xlsx of a workbook"),
        ({"encoding": "gb18030", "mark": True}, "expected `mark` with utf-8"),
        ({"colour": "red"}, "unknown field `colour`"),
        ({"above": [["a\nb"]]}, "matching regex"),
    ],
)
def test_a_template_that_makes_no_sense_is_refused(changes: Mapping[str, Any], problem: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        made(**changes)
    assert problem in str(caught.value)


def test_a_consortiums_own_template_lies_beside_its_settings(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_bytes(msgspec.toml.encode(LEAST))
    assert Table("ours.toml", made()) == form_of("ours.toml", False, tmp_path)
    (tmp_path / "ours.toml").write_text("about = 1")
    with pytest.raises(InputFault, match=r"ours\.toml: is no template"):
        form_of("ours.toml", False, tmp_path)
    with pytest.raises(InputFault, match=r"theirs\.toml: cannot be read"):
        form_of("theirs.toml", False, tmp_path)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("6222020000000000001|张三|5200.505\r\n", "an amount in yuan"),
        ("6222020000000000001|张三|-1.00\r\n", "an amount in yuan"),
        ("6222020000000000001|张三|0.00\r\n", "an amount in yuan"),
        ("6.22E+18|张三|1.00\r\n", "1 to 34 of A-Z a-z 0-9 -"),
        ("6222020000000000001||1.00\r\n", "one line of 1 to 140 characters"),
    ],
)
def test_a_table_that_says_something_else_is_refused_by_row(line: str, expected: str) -> None:
    data = ("1|1.00|20260915\r\n" + line).encode("gb18030")
    with pytest.raises(InputFault) as caught:
        read(data, "C1.txt", template("daifa-txt"), 10)
    assert "C1.txt, row 2" in str(caught.value)
    assert expected in str(caught.value)


def test_no_more_payments_are_read_than_the_bank_takes() -> None:
    with pytest.raises(InputFault, match="more than 1 payments"):
        read(write(ORDER, template("daifa")), "C1.csv", template("daifa"), 1)


def test_columns_are_lettered_as_spreadsheets_do() -> None:
    assert ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"] == [column_letters(n) for n in (0, 25, 26, 51, 52, 701, 702)]


def test_a_sheets_name_and_texts_are_escaped() -> None:
    sheet = load_workbook(BytesIO(workbook('a & "b"', [["<b> & ", " x"]]))).active
    assert sheet is not None
    assert ('a & "b"', "<b> & ", " x") == (sheet.title, sheet["A1"].value, sheet["B1"].value)
