"""Workbooks as spreadsheets save them: what is read, and what is refused with the sheet, the row and the column."""

import io
import random
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake import xlsx_safety
from lxr.settlement.work.intake.export import read_records
from lxr.settlement.work.intake.fold import Fold, fold_export
from lxr.settlement.work.intake.form import ANY_FORM, Form
from lxr.settlement.work.intake.mapping import Columns, Count, Mapping, MergedMinutes, Sum
from lxr.settlement.work.intake.rejects import write_rejected_rows
from quick import examples

HEADER = ["id", "rider", "day", "from", "to", "km"]
NOON, AFTER = datetime(2026, 8, 3, 12), datetime(2026, 8, 3, 12, 20)
GOOD = ["O1", "R1", date(2026, 8, 3), NOON, AFTER, 1.5]
MAPPING = Mapping(
    zone="unstated",
    columns=Columns(worker="rider", id="id", date="day"),
    measures=(Count("orders"), MergedMinutes("minutes", "from", "to", "up"), Sum("metres", "km", numerator=1000)),
)

Change = Callable[[Workbook], object]


def save(path: Path, rows: list[list[Any]], change: Change | None = None) -> Path:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "八月"
    for row in rows:
        sheet.append(row)
    if change is not None:
        change(workbook)
    workbook.save(path)
    return path


def read(path: Path, form: Form = ANY_FORM) -> list[list[str]]:
    return [list(cells) for _, cells in read_records(path, form=form)]


def fold(tmp_path: Path, *rows: list[Any], change: Change | None = None, mapping: Mapping = MAPPING) -> Fold:
    return fold_export(save(tmp_path / "export.xlsx", [HEADER, *rows], change), mapping)


@pytest.mark.parametrize(
    ("value", "shown", "text"),
    [
        ("王小伟", "@", "王小伟"),
        ("=1+1", "s", "=1+1"),
        (7, "General", "7"),
        (-5, "General", "-5"),
        (7.0, "0.00", "7"),
        (3.4, "General", "3.4"),
        (0.1 + 0.2, "General", "0.3"),
        (0.0000001, "General", "0.0000001"),
        (999999999999999, "0", "999999999999999"),
        (123456789012345678, "0", "1.23456789012346E+17"),
        (True, "General", "TRUE"),
        (date(2026, 8, 3), "yyyy/m/d", "2026-08-03"),
        (datetime(2026, 8, 3), "yyyy/m/d h:mm", "2026-08-03T00:00:00"),
        (datetime(2026, 8, 3, 11, 45), "yyyy/m/d", "2026-08-03T11:45:00"),
        (time(11, 45), "h:mm", "11:45:00"),
        (timedelta(hours=25, minutes=10), "[h]:mm", "25:10:00"),
    ],
)
def test_a_cell_is_read_as_what_it_holds(tmp_path: Path, value: object, shown: str, text: str) -> None:
    def change(workbook: Workbook) -> None:
        cell = workbook.worksheets[0]["B2"]
        cell.value = value
        if shown == "s":
            cell.data_type = "s"
        else:
            cell.number_format = shown

    path = save(tmp_path / "export.xlsx", [["a", "b"], ["x", None]], change)
    assert [["a", "b"], ["x", text]] == read(path)


def test_a_sheet_folds_as_the_same_csv_does(tmp_path: Path) -> None:
    folded = fold(tmp_path, GOOD, [], ["O2", "R1", "2026年8月3日", "２０２６/８/３ １２：１０", AFTER, "１，０００"])
    assert [{"metres": 1001500, "minutes": 20, "orders": 2}] == [row.measures for row in folded.rows]
    assert [(2, 4)] == [row.source_rows for row in folded.rows]
    assert f"{tmp_path / 'export.xlsx'}, sheet 八月" == folded.place


@pytest.mark.parametrize("mac", [False, True])
def test_bare_numbers_of_days_are_counted_as_the_workbook_counts_them(tmp_path: Path, mac: bool) -> None:
    def change(workbook: Workbook) -> None:
        if mac:
            workbook.epoch = CALENDAR_MAC_1904

    row = ["O1", "R1", 44775 if mac else 46237, NOON, AFTER, 1]
    folded = fold(tmp_path, row, change=change)
    assert [date(2026, 8, 3)] == [row.date for row in folded.rows]
    assert [20] == [row.measures["minutes"] for row in folded.rows]
    other = Mapping(
        zone="unstated", columns=MAPPING.columns, measures=MAPPING.measures, date_system=1900 if mac else 1904
    )
    with pytest.raises(InputFault, match="sheet 八月, field date_system: counts days from"):
        fold(tmp_path, row, change=change, mapping=other)


@pytest.mark.parametrize(
    ("row", "field", "problem"),
    [
        (["O2", "R1", date(2026, 8, 3), NOON, AFTER, "一点五"], "km", "reads '一点五'"),
        ([123456789012345678, "R1", date(2026, 8, 3), NOON, AFTER, 1], "id", "the id was rounded"),
        (["1.23457E+17", "R1", date(2026, 8, 3), NOON, AFTER, 1], "id", "the id was rounded"),
        (["O2", 1.5e16, date(2026, 8, 3), NOON, AFTER, 1], "rider", "the id was rounded"),
        (["O2", "R1", "8/1/2026", NOON, AFTER, 1], "day", "reads '8/1/2026'"),
        (["O2", "R1", NOON, NOON, AFTER, 1], "day", "reads '2026-08-03T12:00:00'"),
        (["O2", "R1", date(2026, 8, 3), NOON, None, 1], "to", "is blank"),
        (["O2", "R1", date(2026, 8, 3), NOON, AFTER, True], "km", "reads 'TRUE'"),
    ],
)
def test_a_faulty_row_is_left_out(tmp_path: Path, row: list[object], field: str, problem: str) -> None:
    folded = fold(tmp_path, GOOD, row)
    assert 1 == len(folded.rows)
    assert [(3, field)] == [(fault.row, fault.field) for fault in folded.faults]
    assert problem in str(folded.faults[0].problem)


def _set(cell: str, value: str) -> Change:
    return lambda workbook: workbook.worksheets[0].__setitem__(cell, value)


def _hide(state: Literal["visible", "hidden", "veryHidden"]) -> Change:
    def change(workbook: Workbook) -> None:
        workbook.create_sheet("other")
        workbook.worksheets[0].sheet_state = state

    return change


def _merge(cells: str) -> Change:
    return lambda workbook: workbook.worksheets[0].merge_cells(cells)


def _hide_row(row: int) -> Change:
    return lambda workbook: setattr(workbook.worksheets[0].row_dimensions[row], "hidden", True)


def _hide_column(column: str) -> Change:
    return lambda workbook: setattr(workbook.worksheets[0].column_dimensions[column], "hidden", True)


def _size(rows_or_columns: str, which: int | str, size: str, value: float) -> Change:
    def change(workbook: Workbook) -> None:
        setattr(getattr(workbook.worksheets[0], rows_or_columns)[which], size, value)

    return change


def _format(cell: str, number_format: str) -> Change:
    return lambda workbook: setattr(workbook.worksheets[0][cell], "number_format", number_format)


def _usual(**sizes: float) -> Change:
    def change(workbook: Workbook) -> None:
        for name, size in sizes.items():
            setattr(workbook.worksheets[0].sheet_format, name, size)

    return change


USED = Form(columns=("id", "rider", "day", "from", "to", "km"))


@pytest.mark.parametrize(
    ("change", "form", "said"),
    [
        (_set("F2", "=1+1"), ANY_FORM, ", sheet 八月, row 2, field km: is a formula; expected its value"),
        (_set("G2", "=1+1"), ANY_FORM, ""),
        (_set("C2", "#N/A"), ANY_FORM, ", sheet 八月, row 2, field day: is the error '#N/A'; expected a value"),
        (_set("A1", "=1"), ANY_FORM, ", sheet 八月, row 1, field A: is a formula"),
        (_merge("B2:B3"), ANY_FORM, ", sheet 八月, row 2, field B2:B3: is merged cells"),
        (_merge("B1:B2"), ANY_FORM, ", sheet 八月, row 1, field B1:B2: is merged cells"),
        (_merge("G2:H3"), USED, ""),
        (_merge("E2:G3"), USED, ", sheet 八月, row 2, field E2:G3: is merged cells"),
        (_merge("A1:B1"), USED, ", sheet 八月, row 1, field rider: is missing"),
        (_set("G2", "=1+1"), USED, ""),
        (_set("D2", "=1+1"), Form(columns=("id", "rider", "day")), ""),
        (_set("D2", "#N/A"), Form(columns=("id", "rider", "day")), ""),
        (_set("D2", "=1+1"), USED, ", sheet 八月, row 2, field from: is a formula; expected its value"),
        (_hide_row(2), USED, ", sheet 八月, row 2: is hidden; expected a row that people can see"),
        (_hide_row(2), ANY_FORM, ", sheet 八月, row 2: is hidden"),
        (_hide_column("B"), USED, ", sheet 八月, row 1, field rider: is hidden; expected a column that people can see"),
        (_size("row_dimensions", 2, "height", 0.4), USED, ", sheet 八月, row 2: is hidden"),
        (_size("row_dimensions", 2, "height", 6), USED, ""),
        (_size("column_dimensions", "B", "width", 0.1), USED, ", sheet 八月, row 1, field rider: is hidden"),
        (_usual(defaultColWidth=0), USED, ", sheet 八月: is hidden; expected a sheet that people can see"),
        (_usual(defaultRowHeight=0, customHeight=True), USED, ", sheet 八月: is hidden"),
        (
            _format("B2", ";;;"),
            USED,
            ", sheet 八月, row 2, field rider: shows something else than it holds; expected a",
        ),
        (_format("F2", '"1"0.0'), ANY_FORM, ", sheet 八月, row 2, field km: shows something else than it holds"),
        (_format("F2", '0.0"公里"'), USED, ""),
        (_format("G2", ";;;"), USED, ""),
        (_hide_column("F"), Form(columns=("id", "rider", "day")), ""),
        (_merge("H2:J9"), ANY_FORM, ""),
        (_hide("hidden"), Form(sheet="八月"), ", sheet 八月: is hidden; expected a sheet that people can see"),
        (_hide("veryHidden"), Form(sheet="八月"), ", sheet 八月: is hidden"),
        (_hide("hidden"), ANY_FORM, ", sheet other: is empty"),
        (_hide("visible"), ANY_FORM, ": has 2 visible sheets: 八月, other; expected one, or `sheet` in the mapping"),
        (_hide("visible"), Form(sheet="八月"), ""),
        (_hide("visible"), Form(sheet="x"), ": has no sheet x; expected one of its visible sheets: 八月, other"),
    ],
)
def test_what_a_sheet_may_not_hold_is_refused_in_one_line(
    tmp_path: Path, change: Change, form: Form, said: str
) -> None:
    path = save(tmp_path / "export.xlsx", [HEADER, GOOD, ["O2"]], change)
    if not said:
        assert 3 == len(read(path, form))
        return
    with pytest.raises(InputFault) as caught:
        read(path, form)
    assert str(caught.value).startswith(f"{path}{said}")
    assert "\n" not in str(caught.value)


def test_rejects_of_a_sheet_are_csv_that_the_same_mapping_reads(tmp_path: Path) -> None:
    path = save(tmp_path / "export.xlsx", [HEADER, GOOD, ["-x", "R1", date(2026, 8, 3), NOON, AFTER, 1]])
    rejects = tmp_path / "rejects.csv"
    write_rejected_rows(rejects, path, {3: "x"}, MAPPING.form)
    assert "'-x,R1,2026-08-03,2026-08-03T12:00:00,2026-08-03T12:20:00,1" == rejects.read_text("utf-8").splitlines()[1]
    assert (1, ()) == ((folded := fold_export(rejects, MAPPING)).source_count, folded.faults)


def test_progress_ends_at_the_file_s_size(tmp_path: Path) -> None:
    path = save(tmp_path / "export.xlsx", [HEADER, *([f"O{number}", *GOOD[1:]] for number in range(2500))])
    done: list[int] = []
    fold_export(path, MAPPING, progress=done.append)
    assert sorted(done) == done
    assert [3, path.stat().st_size] == [len(done), done[-1]]


values = (
    st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=6)
    .filter(lambda text: text[0] not in "'=" and text.strip() == text)
    .filter(lambda text: not re.fullmatch(r"#[A-Z0-9/!?]+|.*_x[0-9A-Fa-f]{4}_.*", text))
    | st.integers(-(10**9), 10**9)
    | st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(values, values), min_size=1, max_size=4))
def test_a_sheet_reads_as_it_was_written(tmp_path: Path, rows: list[tuple[object, object]]) -> None:
    path = save(tmp_path / "export.xlsx", [["a", "b"], *map(list, rows)])
    texts = [[value.isoformat() if isinstance(value, datetime) else str(value) for value in row] for row in rows]
    assert texts == read(path)[1:]


# --- workbooks that are no workbooks, or do harm


def repack(path: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """The workbook with other parts."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


SHEET = "xl/worksheets/sheet1.xml"
DOCTYPE = b'<!DOCTYPE a [<!ENTITY b "c">]>'


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda parts: parts.update({SHEET: DOCTYPE + parts[SHEET]}), f"declares XML entities in the part '{SHEET}'"),
        (lambda parts: parts.update({"xl/workbook.xml": b" " * 9000 + DOCTYPE + b"<a/>"}), "which is not XML in UTF-8"),
        (lambda parts: parts.update({"x.bin": b" " * 9000 + DOCTYPE}), "which is not XML in UTF-8"),
        (lambda parts: parts.update({"x.xml": b"<?xml" + b" " * 900 + b" encoding='cp037'?><a/>"}), "not XML in UTF-8"),
        (
            lambda parts: parts.update({"xl/styles.xml": "<a/>".encode("utf-16")}),
            "'xl/styles.xml', which is not XML in",
        ),
        (lambda parts: parts.update({"x.xml": b"<?xml version='1.0' encoding='cp037'?><a/>"}), "not XML in UTF-8"),
        (lambda parts: parts.update({SHEET: b"<" + b" " * 2_000_000}), "unpacks to more than 200 times its size"),
        (lambda parts: parts.update({f"x{number}": b"" for number in range(2001)}), "parts; expected a workbook of"),
        (lambda parts: parts.pop("xl/workbook.xml"), "is not an .xlsx workbook"),
        (lambda parts: parts.pop(SHEET), "is not an .xlsx workbook|has 0 visible sheets"),
        (lambda parts: parts.clear(), "is not an .xlsx workbook|is empty"),
        (
            lambda parts: parts.update({SHEET: parts[SHEET].replace(b'<row r="2"', b'<row r="1"')}),
            "row 1: comes after row 1; expected rows in order",
        ),
        (
            lambda parts: parts.update({SHEET: parts[SHEET].replace(b'<row r="2"', b'<row r="1048577"')}),
            "row 1048577: is too far down; expected rows in order, at most 1048576",
        ),
        (
            lambda parts: parts.update({SHEET: parts[SHEET].replace(b'r="B2"', b'r="ZZZZZZ2"')}),
            "row 2: has a cell too far right|is damaged",
        ),
        (lambda parts: parts.update({SHEET: parts[SHEET].replace(b"<v>1.5", b"<v>1E999")}), "field km: is no number"),
        (lambda parts: parts.update({SHEET: parts[SHEET].replace(b"<v>1.5", b"<v>" + b"9" * 5000)}), "is damaged"),
        (lambda parts: parts.update({SHEET: parts[SHEET][:-30]}), "is damaged"),
    ],
)
def test_a_workbook_that_does_harm_is_refused_in_one_line(
    tmp_path: Path, change: Callable[[dict[str, bytes]], object], said: str
) -> None:
    path = repack(save(tmp_path / "export.xlsx", [HEADER, GOOD]), change)
    with pytest.raises(InputFault, match=said) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_limits_of_size_are_those_of_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "export.xlsx", [HEADER, GOOD])
    monkeypatch.setattr(xlsx_safety, "PART_BYTES_MAX", 100)
    with pytest.raises(InputFault, match="bytes; expected at most 100 bytes in it"):
        read(path)
    monkeypatch.setattr(xlsx_safety, "TOTAL_BYTES_MAX", 100)
    with pytest.raises(InputFault, match=r"unpacks to .* bytes; expected at most 100 bytes: cut it into several files"):
        read(path)


def test_a_part_under_a_password_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "export.xlsx", [HEADER, GOOD])
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(InputFault, match="under a password; expected the workbook saved without a password"):
        read(path)


def refusal(read: Callable[[], object]) -> str:
    """What is said of a file that is refused; nothing, where it is read."""
    try:
        read()
    except InputFault as fault:
        return str(fault)
    return ""


def small_files() -> dict[str, bytes]:
    packed = io.BytesIO()
    workbook = Workbook()
    for row in (HEADER, GOOD, ["O2", "R2", *GOOD[2:]]):
        workbook.worksheets[0].append(row)
    workbook.save(packed)
    text = "id,rider,day,from,to,km\nO1,王,2026-08-03,2026-08-03 12:00,2026-08-03 12:20,1.5\n"
    plain = io.BytesIO()
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(plain, "w") as stored:
        for name in source.namelist():
            stored.writestr(name, source.read(name))
    return {
        "a.xlsx": packed.getvalue(),
        "stored.xlsx": plain.getvalue(),
        "a.csv": text.encode(),
        "g.csv": text.encode("gb18030"),
        "w.csv": text.encode("utf-16"),
    }


@pytest.mark.parametrize("name", list(small_files()))
def test_a_damaged_file_is_read_or_refused_and_never_more(tmp_path: Path, name: str) -> None:
    chance, whole, path = random.Random(name), small_files()[name], tmp_path / name
    for round_ in range(200):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if round_ % 4 == 0:
            del content[chance.randrange(len(content)) :]
        path.write_bytes(content)
        assert "\n" not in refusal(lambda: fold_export(path, MAPPING))


def test_a_damaged_part_under_a_whole_zip_is_read_or_refused_and_never_more(tmp_path: Path) -> None:
    chance, path = random.Random(7), tmp_path / "export.xlsx"
    whole = small_files()["a.xlsx"]
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        names = sorted(archive.namelist())

    def change(parts: dict[str, bytes]) -> None:
        name = chance.choice(names)
        content = bytearray(parts[name])
        for _ in range(chance.randint(1, 3)):
            content[chance.randrange(len(content))] = chance.choice(b"<>\"'/=0159AZaz &;:-\x00\xff")
        parts[name] = bytes(content)

    for _ in range(300):
        path.write_bytes(whole)
        repack(path, change)
        assert "\n" not in refusal(lambda: read(path))


def test_merged_cells_that_are_written_in_another_way_are_found_all_the_same(tmp_path: Path) -> None:
    path = save(tmp_path / "export.xlsx", [HEADER, GOOD, ["O2"]], _merge("B2:B3"))
    rewritten(path, "xl/worksheets/sheet1.xml", b'ref="B2:B3"', b'ref="&#66;2:B3"')
    with pytest.raises(InputFault, match="sheet 八月: is damaged"):
        read(path, USED)


def rewritten(path: Path, part: str, old: bytes, new: bytes) -> None:
    """Write a part of a workbook anew, with something else in it."""
    with zipfile.ZipFile(path) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    assert old in parts[part]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data.replace(old, new) if name == part else data)
