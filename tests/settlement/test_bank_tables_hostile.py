"""Tables that would move other money than people see in them are refused, by the row and column at fault."""

import io
import zipfile
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import oldworkbooks
from banktables import ACCOUNT, LAYOUT, ROWS, TITLES, csv, extract, xlsx
from lxr.settlement.bank.formats.tables import biff, table
from lxr.settlement.bank.formats.tables.layout import Account, Amounts, Currency, Reversal, shipped
from lxr.settlement.bank.formats.tables.reader import read
from lxr.settlement.errors import InputFault
from mutations import fuzz, mangled_bytes, one_line

FIRST: Final = ROWS[0]
ABOVE: Final = ((f"账号：{ACCOUNT}",), (), TITLES)
SHEET: Final[tuple[tuple[object, ...], ...]] = (*ABOVE, *ROWS)


def cell(place: int, text: str) -> list[tuple[str, ...]]:
    """The first row with another text in one cell."""
    return [(*FIRST[:place], text, *FIRST[place + 1 :])]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (cell(2, "1E3"), "field 收入: reads '1E3'; expected an amount in yuan"),
        (cell(2, "(5.00)"), r"field 收入: reads '\(5.00\)'; expected an amount in yuan"),
        (cell(2, "1,00.00"), "field 收入: reads '1,00.00'; expected an amount in yuan"),
        (cell(2, "0.005"), "field 收入: reads '0.005'; expected whole fen"),
        (cell(2, "1000000000000000"), "field 收入: reads '1000000000000000'; expected at most 9999999999999.99"),
        (cell(2, ""), "field 支出: is blank; expected an amount in yuan"),
        (cell(1, "1.00"), "field 支出: is there beside an amount of the other direction"),
        ([("2026-09-01", "-5.00", "", "1.00", "", "")], "field 支出: reads '-5.00'; expected an amount above zero"),
        (cell(3, ""), "field 余额: is blank; expected the balance after the entry"),
        (cell(0, "yesterday"), "field 时间: reads 'yesterday'; expected a date like 2026-08-03"),
        (cell(0, "2026-02-30"), "field 时间: reads '2026-02-30'; expected a date that exists"),
        (cell(0, "9/1/2026"), "field 时间: reads '9/1/2026'; expected a date like 2026-08-03, or date_format"),
        (cell(0, "2026-09-01 25:00:00"), "field 时间: reads '2026-09-01 25:00:00'; expected a time that exists"),
        (cell(0, ""), "field 时间: has no day"),
        ([(*FIRST, "more")], "has more cells than the header"),
    ],
)
def test_a_cell_that_is_no_sound_entry_is_named(rows: list[tuple[str, ...]], fault: str) -> None:
    with pytest.raises(InputFault, match=f"download.csv, row 4(, |: ){fault}"):
        extract(csv(rows))


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("missing", [1, 2])
def test_a_row_that_was_taken_out_or_changed_breaks_the_chain_of_balances(newest_first: bool, missing: int) -> None:
    more = [*ROWS, ("2026-09-03", "1.00", "", "598.70", "", "")]
    rows = more[:missing] + more[missing + 1 :]
    with pytest.raises(InputFault, match=r"field 余额: is 59[89].70; expected \S+, which follows from row \d"):
        extract(csv(rows[::-1] if newest_first else rows))


def test_days_that_go_back_where_balances_go_on_are_refused_by_row() -> None:
    rows = [ROWS[0], ("2026-08-31", *ROWS[1][1:]), ROWS[2]]
    with pytest.raises(InputFault, match="row 5, field 时间: 2026-08-31 comes after 2026-09-01, by the balances"):
        extract(csv(rows))


@pytest.mark.parametrize(
    ("above", "fault"),
    [
        ("", "download.csv: names no account; expected the account above the header, beside one of: 账号"),
        ("账号：6222****1234\n", "row 1: names the account 6222"),
        (f"账号：{ACCOUNT}\n账号：6222000\n", f"row 2: names the account 6222000; expected account {ACCOUNT}"),
        (f"账号：{ACCOUNT} 币种：美元\n", "row 1, field 币种: reads '美元'; expected 人民币, 人民币元, CNY, RMB"),
    ],
)
def test_the_account_and_the_currency_above_the_header_are_looked_at(above: str, fault: str) -> None:
    with pytest.raises(InputFault, match=fault.replace("*", r"\*")):
        extract(csv(above=above))


def test_two_accounts_and_another_currency_in_columns_are_refused_by_row() -> None:
    layout = replace(LAYOUT, account=Account(column="账号"), currency=Currency(column="币种"))
    titles = (*TITLES, "账号", "币种")
    good = [(*row, f"'{ACCOUNT} ", "人民币") for row in ROWS]
    assert ACCOUNT == extract(csv(good, titles=titles), layout).account
    for place, text, fault in (
        (6, "6222", f"row 5, field 账号: names the account 6222; expected account {ACCOUNT}"),
        (6, "4.40200000000000E+18", r"row 5, field 账号: names the account 4.40200000000000E\+18"),
        (7, "美元", "row 5, field 币种: reads '美元'"),
        (7, "", "row 5, field 币种: is blank"),
    ):
        other = (*good[1][:place], text, *good[1][place + 1 :])
        with pytest.raises(InputFault, match=fault):
            extract(csv([good[0], other, good[2]], titles=titles), layout)


def test_a_currency_column_counts_though_the_layout_does_not_name_it() -> None:
    with pytest.raises(InputFault, match="row 4, field 币种: reads 'USD'"):
        extract(csv([(*FIRST, "USD")], titles=(*TITLES, "币种")))


def test_a_flag_that_says_another_direction_than_the_column_is_refused() -> None:
    layout = replace(LAYOUT, amounts=replace(LAYOUT.amounts, flag="向"))
    assert 1 == len(extract(csv([(*FIRST, "贷")], titles=(*TITLES, "向")), layout).lines)
    for flag in ("借", "来", ""):
        with pytest.raises(InputFault, match=r"row 4, field 向: (reads '借'|reads '来'|is blank)"):
            extract(csv([(*FIRST, flag)], titles=(*TITLES, "向")), layout)


@pytest.mark.parametrize(("flag", "signed_fen"), [("贷", 100000), ("借", -100000), ("来", None), ("", None)])
def test_a_flag_alone_says_the_direction_or_is_refused(flag: str, signed_fen: int | None) -> None:
    layout = replace(LAYOUT, amounts=Amounts(amount="收入", flag="向"))
    data = csv([(*FIRST, flag)], titles=(*TITLES, "向"))
    if signed_fen is None:
        with pytest.raises(InputFault, match=r"row 4, field 向: (reads '来'|is blank)"):
            extract(data, layout)
    else:
        assert [signed_fen] == [line.entry.signed_fen for line in extract(data, layout).lines]


@pytest.mark.parametrize("newest_first", [False, True])
def test_balances_say_which_end_is_older_whatever_times_say(newest_first: bool) -> None:
    for moment in ("2026-09-01", "2026-09-01 09:00:0{}"):
        rows = [(moment.format(9 - place), *row[1:]) for place, row in enumerate(ROWS)]
        found = extract(csv(rows[::-1] if newest_first else rows))
        assert ([100000, -30, -40000], False) == ([line.entry.signed_fen for line in found.lines], found.either_way)


def test_a_mark_of_reversal_without_a_meaning_is_refused() -> None:
    layout = replace(LAYOUT, reversal=Reversal("冲", ("*",), ("N",)))
    marked = [extract(csv([(*FIRST, mark)], titles=(*TITLES, "冲")), layout).lines[0] for mark in ("*", "N", "")]
    assert [True, False, False] == [line.entry.reversal for line in marked]
    with pytest.raises(InputFault, match=r"row 4, field 冲: reads '\?'; expected one of \*, N"):
        extract(csv([(*FIRST, "?")], titles=(*TITLES, "冲")), layout)


def test_a_number_of_the_banks_that_a_spreadsheet_rounded_is_refused() -> None:
    with pytest.raises(InputFault, match=r"row 4, field 流水号: .*the id was rounded"):
        extract(csv([(*FIRST, "1.23457E+17")], titles=(*TITLES, "流水号")), replace(LAYOUT, serial="流水号"))


def hide_row(sheet: Any) -> None:
    sheet.row_dimensions[5].hidden = True


def hide_column(sheet: Any) -> None:
    sheet.column_dimensions["D"].hidden = True


def formula(sheet: Any) -> None:
    sheet["C4"] = "=500+500"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (hide_row, "row 5: is hidden; expected a row that people can see"),
        (hide_column, "row 3, field 余额: is hidden; expected a column that people can see"),
        (lambda sheet: sheet.merge_cells("E4:E5"), "row 4: has merged cells"),
        (formula, "row 4, .*: is a formula"),
    ],
)
def test_what_nobody_sees_in_a_workbook_is_refused(change: Callable[[Any], object], fault: str) -> None:
    with pytest.raises(InputFault, match=f"download.csv, sheet Sheet, {fault}"):
        extract(xlsx(SHEET, change))


OLD: Final = (*ABOVE, ("2026-09-01 09:00:00", None, 1000.0, 1000.0, "甲公司", "E001"), ROWS[1])


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"hidden_rows": [4]}, "row 5: is hidden"),
        ({"hidden_columns": [3]}, "row 3, field 余额: is hidden"),
        ({"merged": [(3, 4, 4, 4)]}, "row 4: has merged cells"),
        ({"formula_in": (3, 2)}, "row 4: is a formula"),
    ],
)
def test_what_nobody_sees_in_an_old_workbook_is_refused(options: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputFault, match=f"download.csv, sheet S1, {fault}"):
        extract(oldworkbooks.in_ole(OLD, **options))


@pytest.mark.parametrize("columns", ["支出", "余额"])
def test_a_column_that_is_there_twice_is_refused(columns: str) -> None:
    with pytest.raises(InputFault, match=f"row 3, field {columns}: is there twice"):
        extract(csv([(*FIRST, "")], titles=(*TITLES, columns)))


def test_what_is_no_table_says_so_in_one_line() -> None:
    protected = oldworkbooks.ole({"EncryptedPackage": b"x"})
    for data, fault in (
        (b"<html><table><tr><td>1</td></tr></table></html>", "is a web page, whatever it is called"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><table>", "is a web page"),
        (b'<?xml version="1.0"?><Document/>', "is an XML file"),
        (b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet>', "is not XML"),
        (protected, "is a workbook under a password"),
        (oldworkbooks.ole({"Workbook": b"nothing"}), "is a damaged .xls workbook"),
        (b"PK\x03\x04 nothing", "is a damaged ZIP file"),
        (oldworkbooks.in_ole(OLD, visible=(True, True)), "has 2 visible sheets: S1, S2"),
        (b"\0\0\0", "holds a NUL byte"),
        (b'a,"b\nc', "a quote is opened and never closed"),
        (b"", "has no header of a known table in its first 30 rows"),
        (csv(titles=(*TITLES[:4], "附加", "x")), "row 3: has no column 对方, 附言; expected the columns of some bank"),
    ):
        with pytest.raises(InputFault, match=fault) as raised:
            extract(data, file="明细.xls")
        assert "\n" not in str(raised.value)


def test_a_header_of_two_layouts_is_refused() -> None:
    with pytest.raises(InputFault, match="row 3: fits several layouts: some bank, other"):
        read(csv(), "a.csv", (LAYOUT, replace(LAYOUT, bank="other")))


def test_a_zip_bomb_and_entities_are_never_unpacked() -> None:
    good = xlsx(SHEET)
    bomb = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
        target.writestr("xl/bomb.xml", b"<a>" + b" " * (64 << 20))
    with pytest.raises(InputFault, match=r"bomb\.xml"):
        extract(bomb.getvalue())
    declared = b'<?xml version="1.0"?><!DOCTYPE Workbook [<!ENTITY a "b">]>'
    declared += b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>'
    with pytest.raises(InputFault, match="declares a document type"):
        extract(declared)


def test_there_is_a_most_of_rows_and_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "ENTRIES_MAX", 2)
    with pytest.raises(InputFault, match="row 6: more than 2 entries"):
        extract(csv())
    monkeypatch.setattr(biff, "BYTES_MAX", 100)
    with pytest.raises(InputFault, match="more than 100 bytes"):
        extract(oldworkbooks.in_ole(OLD))


def test_rows_and_columns_of_an_xml_spreadsheet_are_bounded() -> None:
    start = (
        b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        b'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="a"><Table>'
    )
    for part in (
        b'<Row ss:Index="1000000000"/>',
        b'<Row><Cell ss:Index="999999"/></Row>',
        b'<Row ss:Index="2"/><Row ss:Index="1"/>',
        b'<Row ss:Index="-1"/>',
    ):
        with pytest.raises(InputFault, match="sheet a: is damaged"):
            extract(start + part + b"</Table></Worksheet></Workbook>")


SAMPLES: Final = [csv(), xlsx(SHEET), oldworkbooks.in_ole(OLD), oldworkbooks.bare(OLD)]


@fuzz(150)
@given(st.sampled_from(SAMPLES).flatmap(mangled_bytes))
def test_a_damaged_table_is_refused_in_one_line_or_its_balances_still_follow(data: bytes) -> None:
    with one_line(InputFault):
        found = read(data, "a.xls", (LAYOUT, *shipped()))
        for before, line in pairwise(found.lines):
            assert before.balance_fen == line.opening_fen
