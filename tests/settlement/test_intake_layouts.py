"""Exports as offices really have them: titles above, totals below, several lines of headings, a column for each day."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from attendance import GRID
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.fold import Fold, fold_export
from lxr.settlement.work.intake.mapping import Mapping, load_mapping
from lxr.settlement.work.intake.rejects import write_rejected_rows

SHIFTS = """
zone = "Asia/Shanghai"
[columns]
worker = "工号"
date = "日期"
[[measure]]
name = "minutes"
fold = "merged_minutes"
start = "上班"
end = "下班"
round = "up"
"""
PAIRS = """
zone = "Asia/Shanghai"
header_rows = 2
[columns]
worker = "工号"
days = ["上班", "下班"]
[[measure]]
name = "minutes"
fold = "merged_minutes"
start = "上班"
end = "下班"
round = "up"
overnight = "next_day"
"""
GOOD = "R0001,2026-08-03,09:00,18:00\n"
HEADER = "工号,日期,上班,下班\n"


@pytest.fixture
def mapping_of(tmp_path: Path) -> Any:
    def load(text: str, before: str = "") -> Mapping:
        (tmp_path / "m.toml").write_text(before + text, "utf-8")
        return load_mapping(tmp_path / "m.toml")

    return load


def fold_text(tmp_path: Path, mapping: Mapping, text: str, month: date | None = None) -> Fold:
    path = tmp_path / "export.csv"
    path.write_text(text, "utf-8")
    return fold_export(path, mapping, month=month)


def minutes(fold: Fold) -> dict[tuple[str, int], int]:
    return {(row.worker_ref, row.date.day): row.measures["minutes"] for row in fold.rows}


def told(fold: Fold) -> list[tuple[str, int, tuple[int, ...]]]:
    return [(str(each.why), each.count, each.rows) for each in fold.passed_over]


# --- what stands around the table


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("", HEADER + GOOD),
        ("", "8月考勤日报表,,,\n统计日期：2026-08-01 至 2026-08-03,,,\n" + HEADER + GOOD),
        ("", "8月考勤日报表\n\n" + HEADER + GOOD),
        ("header_row = 2", HEADER + HEADER + GOOD),
        ("", "sep=,\n" + HEADER + GOOD),
        ("", 'sep=;\n"8月, 报表"\n' + (HEADER + GOOD).replace(",", ";")),
        ("", "备注,备注,,,工 号,日期,上班\u3000,下班,,备注\nx,y,,,R0001,2026-08-03,09:00,18:00,,\n"),
        ("", "序号,工号,日期,上班,下班\n1,R0001,2026-08-03,09:00,18:00,,,\n"),
    ],
)
def test_the_header_is_the_row_that_has_all_columns(mapping_of: Any, tmp_path: Path, before: str, text: str) -> None:
    fold = fold_text(tmp_path, mapping_of(SHIFTS, before), text)
    assert ({("R0001", 3): 540}, ()) == (minutes(fold), fold.faults)
    row = text.split("R0001")[0].count("\n") + 1
    assert [(row,)] == [each.source_rows for each in fold.rows]


@pytest.mark.parametrize(
    ("before", "text", "said"),
    [
        ("", "报表\n" + HEADER.replace("日期", "天") + GOOD, "row 2, field 日期: is missing; expected the mapping's"),
        ("", "报表\n工号,日期,上班,下班,工 号\n" + GOOD, "row 2, field 工号: is there twice, as column 1 and column 5"),
        ("header_row = 1", "报表\n" + HEADER + GOOD, "row 1, field 工号: is missing"),
        ("header_row = 2", "报表\n\n" + HEADER + GOOD, "field header_row: row 2, the header that the mapping states"),
        ("", "\n" * 60 + "a\n" * 60 + HEADER + GOOD, "row 61, field 工号: is missing"),
    ],
)
def test_a_file_without_its_header_is_refused(
    mapping_of: Any, tmp_path: Path, before: str, text: str, said: str
) -> None:
    with pytest.raises(InputFault) as caught:
        fold_text(tmp_path, mapping_of(SHIFTS, before), text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("合计,,,9:00", "a total"),
        (" 合 计 ：,,,", "a total"),
        ("R0001,小计,,540", "a total"),
        ("Total,,,", "a total"),
        ("grand total:,1,,", "a total"),
        (",,,540", "a total"),
        (",,,“合计”", None),
        (",,合计,1080", "a total"),
        (",,100,1080.5", "a total"),
        (",,09:00,18:00", None),
        (",2026-08-03,09:00,18:00", None),
        ("R0002,,09:00,18:00", None),
        ("制表人：王五,,,", "a note"),
        ("制表人：王五,,,审核：赵六", "a note"),
        ("制表人：王五,2026-08-03,,", None),
        (HEADER.strip(), "the header again"),
        ("本期实发,,,", None),
        ("总部,,,", None),
        ("全勤,,,", None),
        ("本月累,,,", "a total"),
    ],
)
def test_totals_and_notes_are_passed_over_and_told_and_nothing_else_is(
    mapping_of: Any, tmp_path: Path, row: str, why: str | None
) -> None:
    fold = fold_text(tmp_path, mapping_of(SHIFTS, 'totals = ["本月累"]'), HEADER + GOOD + row + "\n")
    assert {("R0001", 3): 540} == minutes(fold)
    assert ([(why, 1, (3,))] if why else []) == told(fold)
    assert ([] if why else [3]) == [fault.row for fault in fold.faults]
    assert (1 if why else 2) == fold.source_count


def test_a_group_and_its_column_are_named_with_a_stroke(mapping_of: Any, tmp_path: Path) -> None:
    text = SHIFTS.replace('"上班"', '"打卡/上班"').replace('"下班"', '"打卡/下班"')
    export = "日报\n工号,日期,打卡,,备注,\n,,上班,下班,上班,下班\nR0001,2026-08-03,09:00,18:00,x,y\n"
    for before in ("header_rows = 2", "header_row = 2", ""):
        assert {("R0001", 3): 540} == minutes(fold_text(tmp_path, mapping_of(text, before), export))
    with pytest.raises(InputFault, match="field 打卡/上班: is missing"):
        fold_text(tmp_path, mapping_of(text, "header_rows = 1"), export)


def save(path: Path, rows: list[list[Any]], *merged: str) -> Path:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    workbook.save(path)
    return path


def test_merged_headings_titles_and_totals_of_a_workbook_do_not_matter(mapping_of: Any, tmp_path: Path) -> None:
    text = SHIFTS.replace('"上班"', '"打卡/上班"').replace('"下班"', '"打卡/下班"')
    rows: list[list[Any]] = [
        ["8月日报"],
        ["工号", "日期", "打卡", None, "备注"],
        [None, None, "上班", "下班", None],
        ["R0001", date(2026, 8, 3), "09:00", "18:00", "=1/0"],
        ["合计", None, None, "=SUM(D4:D4)", None],
    ]
    path = save(tmp_path / "e.xlsx", rows, "A1:E1", "A2:A3", "B2:B3", "C2:D2", "E2:E3", "A5:C5")
    fold = fold_export(path, mapping_of(text, "header_rows = 2"))
    assert ({("R0001", 3): 540}, [("a total", 1, (5,))]) == (minutes(fold), told(fold))
    merged = save(tmp_path / "e.xlsx", [*rows[:4], [None, date(2026, 8, 4), "09:00", "18:00"]], "A4:A5")
    with pytest.raises(InputFault, match="row 4, field A4:A5: is merged cells"):
        fold_export(merged, mapping_of(text, "header_rows = 2"))


def test_rejects_stand_under_the_same_lines_so_that_the_same_mapping_reads_them(
    mapping_of: Any, tmp_path: Path
) -> None:
    mapping = mapping_of(SHIFTS, "header_row = 4")
    text = 'sep=,\n\'=标题,"a\nb"\n' + HEADER + GOOD + "R0002,soon,09:00,18:00\n"
    fold = fold_text(tmp_path, mapping, text)
    write_rejected_rows(tmp_path / "r.csv", tmp_path / "export.csv", {6: "x"}, mapping.form)
    assert (tmp_path / "r.csv").read_text("utf-8") == "\n" + text.removeprefix("sep=,\n").replace(GOOD, "")
    again = fold_export(tmp_path / "r.csv", mapping)
    assert [(6, "日期")] == [(fault.row, fault.field) for fault in fold.faults]
    assert [(5, "日期")] == [(fault.row, fault.field) for fault in again.faults]


# --- a column for each day


@pytest.mark.parametrize(
    "text",
    [
        "2026年8月工时表\n工号,1,2,3,31\nR0001,8,,7.5,\n",
        "考勤周期 2026-08-01 ~ 2026-08-31\n工号,1日,2日,3号,31日\nR0001,8,,7:30,\n",
        "工号,2026-08-01,2026-08-02,2026-08-03\nR0001,8,,7.5\n",
        "2026.08\n工号,8/1,8/2,8/3\nR0001,8,,7.5\n",
        "2026年8月\n工号,1(六),2(日),3(一)\nR0001,8,,7.5\n",
        "2026年8月\n工号,8月1日 周六,8月2日 星期日,8月3日 周一,出勤天数\nR0001,8,,7.5,2\n",
        "2026年8月\n工号,1,2,3\nR0001,8小时,,7小时30分\n合计,8,0,7.5\n",
    ],
)
def test_a_column_for_each_day_is_read_in_the_month_of_the_sheet(mapping_of: Any, tmp_path: Path, text: str) -> None:
    fold = fold_text(tmp_path, mapping_of(GRID), text)
    assert ({("R0001", 1): 480, ("R0001", 3): 450}, ()) == (minutes(fold), fold.faults)


def test_the_weekdays_below_the_days_must_be_those_of_the_month(mapping_of: Any, tmp_path: Path) -> None:
    text = "2026年{}月\n工号,1,2,3\n,六,日,一\nR0001,8,,7.5\n"
    mapping = mapping_of(GRID, "header_rows = 2")
    assert {("R0001", 1): 480, ("R0001", 3): 450} == minutes(fold_text(tmp_path, mapping, text.format(8)))
    with pytest.raises(InputFault, match="row 2, field 1/六: is no such weekday in 2026-07"):
        fold_text(tmp_path, mapping, text.format(7))


@pytest.mark.parametrize(
    ("before", "month", "text", "said"),
    [
        ("", None, "工号,1,2\nR0001,8,8\n", "field month: the sheet names none; expected one month like 2026-08"),
        ("", None, "2026-08 2026-09\n工号,1\nR0001,8\n", "field month: the sheet names 2026-08, 2026-09"),
        ('month = "2026-08"', None, "2026年7月\n工号,1\nR0001,8\n", "is 2026-08, but the sheet names 2026-07"),
        ("", date(2026, 9, 1), "2026年8月\n工号,1\nR0001,8\n", "is 2026-09, but the sheet names 2026-08"),
        ('month = "2026-08"', None, "工号,9/1\nR0001,8\n", "row 1, field 9/1: is of another month"),
        ('month = "2026-08"', None, "工号,1,1日\nR0001,8,8\n", "row 1, field 1日: is there twice"),
        ('month = "2026-08"', None, "工号,1,2补班,3\nR0001,8,8,8\n", "row 1, field 2补班: may be a day's"),
        ('month = "2026-08"', None, "工号,1,2,3,8月4日加班,5\nR0001,8,8,8,8,8\n", "field 8月4日加班: may be a day's"),
        ('month = "2026-08"', None, "工号,30,31补班\nR0001,8,8\n", "row 1, field 31补班: may be a day's"),
        ('month = "2026-08"', None, "工号,姓名\nR0001,8\n", "no columns for days; the header has 工号, 姓名"),
    ],
)
def test_a_sheet_whose_days_are_uncertain_is_refused(
    mapping_of: Any, tmp_path: Path, before: str, month: date | None, text: str, said: str
) -> None:
    with pytest.raises(InputFault) as caught:
        fold_text(tmp_path, mapping_of(GRID, before), text, month)
    assert said in str(caught.value)


@pytest.mark.parametrize("heading", ["2备注", "8月合计", "22天", "出勤天数"])
def test_what_begins_like_a_day_that_has_a_column_or_stands_beside_the_days_is_no_day(
    mapping_of: Any, tmp_path: Path, heading: str
) -> None:
    fold = fold_text(tmp_path, mapping_of(GRID), f"2026年8月\n工号,1,2,3,{heading}\nR0001,8,,7.5,2\n")
    assert {("R0001", 1): 480, ("R0001", 3): 450} == minutes(fold)


def test_a_month_is_stated_where_the_sheet_has_none(mapping_of: Any, tmp_path: Path) -> None:
    text = "工号,1,30,31\nR0001,8,8,8\n"
    stated = fold_text(tmp_path, mapping_of(GRID, 'month = "2026-09"'), text)
    given = fold_text(tmp_path, mapping_of(GRID), text, date(2026, 9, 1))
    assert stated == given
    assert [date(2026, 9, 1), date(2026, 9, 30)] == [row.date for row in given.rows]
    assert [("31", "is filled, but there is no day 31 in this month")] == [
        (fault.field, str(fault.problem)) for fault in given.faults
    ]


def test_a_faulty_day_is_named_by_its_column_and_the_others_count(mapping_of: Any, tmp_path: Path) -> None:
    fold = fold_text(tmp_path, mapping_of(GRID), "2026年8月\n工号,1,2,3\nR0001,8,病假,7.5\n,8,8,8\n王,8,8,八\n")
    assert {("R0001", 1): 480, ("R0001", 3): 450, ("王", 1): 480, ("王", 2): 480} == minutes(fold)
    assert [(3, "2", "reads '病假'"), (5, "3", "reads '八'")] == [
        (fault.row, fault.field, str(fault.problem)) for fault in fold.faults
    ]
    assert [("a total", 1, (4,))] == told(fold)


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        (2, "工号,1,,2,\n,上班,下班,上班,下班\n"),
        (1, "\n工号,1日上班,1日下班,2日上班,2日下班\n"),
        (1, "\n工号,1-上班,1-下班,2-上班,2-下班\n"),
    ],
)
def test_several_columns_may_stand_under_a_day(mapping_of: Any, tmp_path: Path, rows: int, header: str) -> None:
    text = "2026年8月\n" + header + "R0001,09:00,18:00,22:00,次日 06:00\nR0002,,,22:00,06:00\nR0003,09:00,,,\n"
    fold = fold_text(tmp_path, mapping_of(PAIRS.replace("header_rows = 2", f"header_rows = {rows}")), text)
    assert {("R0001", 1): 540, ("R0001", 2): 480, ("R0002", 2): 480} == minutes(fold)
    (fault,) = fold.faults
    assert (6, "is blank") == (fault.row, str(fault.problem))
    assert fault.field.replace("/", "").replace("-", "").replace("日", "") == "1下班"


def test_a_day_without_one_of_its_columns_is_refused(mapping_of: Any, tmp_path: Path) -> None:
    with pytest.raises(InputFault, match="row 2, field 2/上班: is without 下班"):
        fold_text(tmp_path, mapping_of(PAIRS), "2026年8月\n工号,1,,2\n,上班,下班,上班\nR0001,09:00,18:00,\n")
