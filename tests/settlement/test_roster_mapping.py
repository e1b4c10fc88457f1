"""Rosters with Chinese headings, or whatever a mapping says; in CSV and in workbooks."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from lxr.settlement.errors import InputFault
from lxr.settlement.people.roster import read_roster
from lxr.settlement.people.roster_mapping import load_roster_mapping

CARD = "6222021234567890128"
CODE, BANK = "102100099996", "中国工商银行"
HEADER = ("工号", "姓名", "身份证号", "手机号", "银行卡号", "开户行", "联行号")
PERSON = ("R0001", "王伟强", "510107199001011234", "13800000000", CARD, BANK, CODE)
READ = ("R0001", "王伟强", CARD, CODE, BANK)
TELLING = ("王伟", "62220", "5101", "1380", "R0001")
COLUMNS = '[columns]\nworker_ref="号"\nname="名"\nbank_account="卡"\n'


def csv(path: Path, *rows: Sequence[str], encoding: str = "utf-8") -> Path:
    path.write_bytes("".join(",".join(row) + "\n" for row in rows).encode(encoding))
    return path


def book(path: Path, *rows: Sequence[Any], change: Callable[[Any], object] = lambda _: None) -> Path:
    made = openpyxl.Workbook()
    sheet: Any = made.active
    for row in rows:
        sheet.append(row)
    change(sheet)
    made.save(path)
    return path


def fields(path: Path, mapping: Path | None = None) -> list[tuple[str, ...]]:
    rows = read_roster(path, None if mapping is None else load_roster_mapping(mapping)).rows
    return [(row.worker_ref, row.name, row.bank_account, row.bank_code, row.bank_name) for row in rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_headings_are_known_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    assert [READ] == fields(csv(tmp_path / "r.csv", HEADER, PERSON, encoding=encoding))


def test_chinese_headings_are_known_in_a_workbook_and_a_number_cell_of_the_bank_is_read(tmp_path: Path) -> None:
    assert [READ] == fields(book(tmp_path / "r.xlsx", HEADER, (*PERSON[:6], int(CODE))))


def test_headings_are_compared_without_blanks_and_widths(tmp_path: Path) -> None:
    header = (" 工　号 ", "姓 名", "身份证号", "手机号", "银行卡 号", "开户行", "联行号")
    assert [READ] == fields(csv(tmp_path / "r.csv", header, PERSON))


@pytest.mark.parametrize("guarded", [f"'{CARD}", f"`{CARD}", f'"=""{CARD}"""', f"{CARD}\t"])
def test_what_guards_a_card_against_a_spreadsheet_is_taken_off(tmp_path: Path, guarded: str) -> None:
    assert [READ] == fields(csv(tmp_path / "r.csv", HEADER, (*PERSON[:4], guarded, *PERSON[5:])))


@pytest.mark.parametrize(
    ("cell", "change", "field", "problem"),
    [
        (int(CARD), None, "银行卡号", "was rounded by a spreadsheet"),
        (float(CARD), None, "银行卡号", "was rounded by a spreadsheet"),
        ("6.22202E+18", None, "银行卡号", "was rounded by a spreadsheet"),
        ("=A1", None, "银行卡号", "is a formula"),
        (CARD[:-1] + "7", None, "银行卡号", "fails its check digit"),
        (CARD, lambda sheet: setattr(sheet.column_dimensions["E"], "hidden", True), "银行卡号", "is hidden"),
        (CARD, lambda sheet: setattr(sheet.row_dimensions[2], "hidden", True), None, "is hidden"),
        (CARD, lambda sheet: sheet.merge_cells("A2:A3"), "A2:A3", "is merged cells"),
    ],
)
def test_what_is_not_certain_in_a_workbook_is_refused_and_shows_nobody(
    tmp_path: Path, cell: Any, change: Callable[[Any], object] | None, field: str | None, problem: str
) -> None:
    path = book(tmp_path / "r.xlsx", HEADER, (*PERSON[:4], cell, *PERSON[5:]), change=change or (lambda _: None))
    with pytest.raises(InputFault) as fault:
        read_roster(path)
    assert (field, problem) == (fault.value.field, str(fault.value.problem))
    assert not any(each in str(fault.value) for each in TELLING)


def test_cards_that_all_end_in_zeros_were_rounded_and_one_alone_may_be_true(tmp_path: Path) -> None:
    good = [card for card in (f"62220212345{n:04d}0000" for n in range(40)) if _luhn(card)][:2]
    one, two = ((ref, *PERSON[1:4], card, *PERSON[5:]) for ref, card in zip(("R1", "R2"), good, strict=True))
    assert 1 == len(fields(csv(tmp_path / "one.csv", HEADER, one)))
    with pytest.raises(InputFault, match="row 2, field 银行卡号: was rounded by a spreadsheet"):
        read_roster(csv(tmp_path / "two.csv", HEADER, one, two))


def _luhn(card: str) -> bool:
    doubled = [int(d) * (1 + place % 2) for place, d in enumerate(reversed(card))]
    return sum(n - 9 * (n > 9) for n in doubled) % 10 == 0


@pytest.mark.parametrize(
    ("header", "field", "problem"),
    [
        ((*HEADER[:6], "户名"), "name", "is there twice, as column 2 and column 7"),
        (HEADER[:6], "bank_code", "is missing"),
        (PERSON, "worker_ref", "is missing"),
    ],
)
def test_a_header_that_is_not_certain_is_refused_and_shows_nobody(
    tmp_path: Path, header: tuple[str, ...], field: str, problem: str
) -> None:
    with pytest.raises(InputFault) as fault:
        read_roster(csv(tmp_path / "r.csv", header, PERSON))
    assert (1, field, problem) == (fault.value.row, fault.value.field, str(fault.value.problem))
    assert not any(each in str(fault.value) for each in TELLING)


def test_a_mapping_says_columns_constants_and_values_and_totals_are_told(tmp_path: Path) -> None:
    rest = f'bank_code="行"\n[constants]\nbank_name="{BANK}"\n[values.bank_code]\n"工行"="{CODE}"\n'
    (tmp_path / "m.toml").write_text(f'blank=["--"]\n{COLUMNS}{rest}', "utf-8")
    rows = (("名册", "", "", ""), ("号", "名", "卡", "行"), ("R0001", "王伟强", CARD, "工行"), ("合计", "", "", ""))
    path = csv(tmp_path / "r.csv", *rows)
    assert [READ] == fields(path, tmp_path / "m.toml")
    (passed,) = read_roster(path, load_roster_mapping(tmp_path / "m.toml")).passed_over
    assert ("a total", (4,)) == (str(passed.why), passed.rows)


def test_a_mapping_whose_columns_are_missing_shows_nobody(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(f'{COLUMNS}bank_code="码"\nbank_name="行"\n', "utf-8")
    with pytest.raises(InputFault, match="field 号: is missing; expected a header with 号, 名, 卡, 码, 行") as fault:
        fields(csv(tmp_path / "r.csv", PERSON, PERSON), tmp_path / "m.toml")
    assert not any(each in str(fault.value) for each in TELLING)


@pytest.mark.parametrize(
    ("rest", "problem"),
    [
        ('bank_code="码"\n', "bank_name is in `columns` and `constants`, or in neither"),
        ('bank_code="码"\nbank_name="行"\n[constants]\nbank_name="x"\n', "bank_name is in `columns` and `constants`"),
        (
            'bank_code="码"\n[constants]\nbank_name="x"\n[values.bank_name]\nx="y"\n',
            "has `values` and no column",
        ),
        ('bank_code="码"\nbank_name="行"\n[constants]\nbank_account="1"\n', "is unknown"),
        ('bank_code="码"\nbank_name="行"\nid="证"\n', "is unknown"),
    ],
)
def test_a_mapping_that_says_no_one_thing_is_refused(tmp_path: Path, rest: str, problem: str) -> None:
    (tmp_path / "m.toml").write_text(COLUMNS + rest, "utf-8")
    with pytest.raises(InputFault, match=problem):
        load_roster_mapping(tmp_path / "m.toml")
