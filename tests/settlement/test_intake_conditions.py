"""Which rows count, for the whole export or for one measure, and what stands for a blank cell."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lxr.settlement.work.intake.fold import Fold, fold_export
from lxr.settlement.work.intake.mapping import load_mapping

ORDERS = """
zone = "Asia/Shanghai"
[columns]
worker = "rider"
id = "no"
start = "start"
[[measure]]
name = "orders"
fold = "count"
"""
ONLY_DONE = '[[only]]\ncolumn = "status"\nvalues = ["completed", "done"]\nnot_counted = ["cancelled", ""]\n'
MINUTES = '[[measure]]\nname = "minutes"\nfold = "merged_minutes"\nstart = "start"\nend = "end"\nround = "up"\n'
HEADER = "no,rider,start,end,km,status,kind\n"

FoldOrders = Callable[..., Fold]


@pytest.fixture
def fold(tmp_path: Path) -> FoldOrders:
    def fold(rows: str, mapping: str, header: str = HEADER) -> Fold:
        (tmp_path / "m.toml").write_text(mapping, "utf-8")
        (tmp_path / "e.csv").write_text(header + rows, "utf-8")
        return fold_export(tmp_path / "e.csv", load_mapping(tmp_path / "m.toml"))

    return fold


def order(
    no: int, start: str = "11:00", end: str = "11:30", km: str = "1", status: str = "done", kind: str = ""
) -> str:
    times = [f"2026-08-03T{time}" if time else "" for time in (start, end)]
    return f"{no},R1,{','.join(times)},{km},{status},{kind}\n"


def test_rows_that_are_known_not_to_count_are_passed_over_and_what_nobody_knows_is_a_fault(fold: FoldOrders) -> None:
    rows = order(1) + order(2, end="", status="cancelled") + order(3, status="returned") + order(4, status="")
    folded = fold(rows + order(5, status="cancelled") + order(5, status=" completed "), ORDERS + ONLY_DONE)
    assert [{"orders": 2}] == [row.measures for row in folded.rows]
    assert [("status reads 'cancelled'", 2, (3, 6)), ("status is blank", 1, (5,))] == [
        (str(each.why), each.count, each.rows) for each in folded.passed_over
    ]
    (fault,) = folded.faults
    assert (4, "status", "reads 'returned'", 'completed, done, or cancelled, "", which does not count') == (
        *(fault.row, fault.field, str(fault.problem)),
        str(fault.expected),
    )


def test_what_does_not_count_needs_no_other_cell_and_no_number_of_its_own(fold: FoldOrders) -> None:
    rows = "1,,,,,cancelled,\n" + order(1) + "1,,,,,cancelled,\n"
    folded = fold(rows, ORDERS + ONLY_DONE)
    assert ([{"orders": 1}], ()) == ([row.measures for row in folded.rows], folded.faults)


def test_one_row_feeds_several_measures(fold: FoldOrders) -> None:
    mapping = ORDERS + MINUTES
    mapping += '[[measure]]\nname = "night_orders"\nfold = "count"\n[[measure.only]]\ncolumn = "start"\n'
    mapping += 'hours = "22:00-06:00"\n'
    mapping += MINUTES.replace('"minutes"', '"night_minutes"') + 'hours = "22:00-06:00"\n'
    mapping += '[[measure]]\nname = "express"\nfold = "count"\n[[measure.only]]\ncolumn = "kind"\n'
    mapping += 'values = ["express"]\nnot_counted = ["normal"]\n'
    mapping += '[[measure]]\nname = "far_metres"\nfold = "sum"\ncolumn = "km"\nnumerator = 1000\n[[measure.only]]\n'
    mapping += 'column = "kind"\nvalues = ["express"]\nnot_counted = ["normal"]\n'
    rows = order(1, "21:30", "22:10", kind="normal", km="?") + order(2, "22:00", "22:30", kind="express", km="2.5")
    rows += order(3, "05:50", "06:10", kind="normal") + order(4, "06:00", "06:05", kind="normal")
    rows += order(5, kind="slow")
    folded = fold(rows, mapping)
    minutes, night = 60 + 20, 30 + 10
    assert [
        {"express": 1, "far_metres": 2500, "minutes": minutes, "night_minutes": night, "night_orders": 2, "orders": 4}
    ] == [row.measures for row in folded.rows]
    assert [(6, "kind", "reads 'slow'")] == [(each.row, each.field, str(each.problem)) for each in folded.faults]


@pytest.mark.parametrize(
    ("hours", "start", "end", "minutes"),
    [
        ("22:00-06:00", "18:00", "06:30", 480),
        ("22:00-06:00", "00:00", "23:59", 360 + 119),
        ("22:00-06:00", "06:00", "22:00", 0),
        ("11:00-13:30", "10:59", "11:01", 1),
        ("18:00-24:00", "17:00", "01:00", 360),
        ("00:00-24:00", "17:00", "01:00", 480),
    ],
)
def test_minutes_of_some_hours_are_the_part_that_lies_in_them(
    fold: FoldOrders, hours: str, start: str, end: str, minutes: int
) -> None:
    mapping = ORDERS.replace('start = "start"', 'date = "day"').replace('id = "no"', "")
    mapping += MINUTES + f'overnight = "next_day"\nhours = "{hours}"\n'
    folded = fold(f"R1,2026-08-03,{start},{end}\n", mapping, "rider,day,start,end\n")
    assert ([{"minutes": minutes, "orders": 1}], ()) == ([row.measures for row in folded.rows], folded.faults)


def test_rows_of_rest_days_are_those_in_which_nothing_is_filled(fold: FoldOrders) -> None:
    mapping = ORDERS.replace('start = "start"', 'date = "day"').replace('id = "no"', "") + MINUTES
    mapping = 'blank = ["--", "未打卡"]\n' + mapping + '[[only]]\nfilled = ["start", "end"]\n'
    rows = "R1,2026-08-03,09:00,18:00\nR1,2026-08-04,--,未打卡\nR1,2026-08-05,,\nR1,2026-08-06,09:00,--\n"
    folded = fold(rows, mapping, "rider,day,start,end\n")
    assert [540] == [row.measures["minutes"] for row in folded.rows]
    assert [("start, end blank", 2, (3, 4))] == [(str(each.why), each.count, each.rows) for each in folded.passed_over]
    assert [(5, "end", "is blank")] == [(each.row, each.field, str(each.problem)) for each in folded.faults]


def test_another_column_counts_where_a_start_is_blank(fold: FoldOrders) -> None:
    mapping = ORDERS + MINUTES + '[if_blank]\nstart = "accepted"\n'
    header = HEADER.replace("\n", ",accepted\n")
    rows = order(1).replace("\n", ",\n") + order(2, "", "12:30").replace("\n", ",2026-08-03T12:00\n")
    folded = fold(rows + order(3, "").replace("\n", ",\n"), mapping, header)
    assert [{"minutes": 60, "orders": 2}] == [row.measures for row in folded.rows]
    assert [(4, "start", "is blank")] == [(each.row, each.field, str(each.problem)) for each in folded.faults]


def test_a_task_that_is_longer_than_is_plausible_is_a_fault(fold: FoldOrders) -> None:
    folded = fold(order(1) + order(2, "11:00", "14:01"), ORDERS + MINUTES + "longest_minutes = 180\n")
    assert [30] == [row.measures["minutes"] for row in folded.rows]
    assert [(3, "end", "lies 3:01:00 after start", "a task of at most 180 minutes")] == [
        (each.row, each.field, str(each.problem), str(each.expected)) for each in folded.faults
    ]


def test_two_stretches_of_a_day_may_stand_in_one_row(fold: FoldOrders) -> None:
    mapping = ORDERS.replace('start = "start"', 'date = "day"').replace('id = "no"', "") + MINUTES
    mapping += '[[measure.also]]\nstart = "start2"\nend = "end2"\n'
    rows = "R1,2026-08-03,09:00,12:00,13:00,18:00\nR2,2026-08-03,,,13:00,18:00\nR3,2026-08-03,09:00,12:00,,\n"
    folded = fold(
        rows + "R4,2026-08-03,,,,\nR5,2026-08-03,09:00,12:00,13:00,\n", mapping, "rider,day,start,end,start2,end2\n"
    )
    assert [480, 300, 180] == [row.measures["minutes"] for row in folded.rows]
    assert [(5, "start"), (6, "end2")] == [(each.row, each.field) for each in folded.faults]


@pytest.mark.parametrize(
    ("cells", "rounding", "total"),
    [
        (["0.33", "0.33", "0.34"], "half_up", 60),
        (["1.6833"], "half_up", 101),
        (["1.6833"], "up", 101),
        (["0.0041", "0.0041"], "half_up", 0),
        (["0.0041", "0.0043"], "half_up", 1),
        (["0.0001"], "up", 1),
    ],
)
def test_a_sum_is_rounded_once_a_day_as_the_mapping_says(
    fold: FoldOrders, cells: list[str], rounding: str, total: int
) -> None:
    mapping = ORDERS + '[[measure]]\nname = "minutes"\nfold = "sum"\ncolumn = "km"\nnumerator = 60\n'
    folded = fold("".join(order(no, km=cell) for no, cell in enumerate(cells)), mapping + f'round = "{rounding}"\n')
    assert [total] == [row.measures["minutes"] for row in folded.rows]


def test_durations_are_summed_exactly_and_rounded_once(fold: FoldOrders) -> None:
    mapping = ORDERS + '[[measure]]\nname = "minutes"\nfold = "duration"\ncolumn = "km"\nround = "half_up"\n'
    mapping += 'number = "hours"\nlongest_minutes = 600\n'
    folded = fold(order(1, km="0:20:20") + order(2, km="20分10秒") + order(3, km="0.5") + order(4, km="10:01"), mapping)
    assert [{"minutes": 71, "orders": 3}] == [row.measures for row in folded.rows]
    assert [(5, "km", "reads '10:01', which is too long")] == [
        (each.row, each.field, str(each.problem)) for each in folded.faults
    ]


def test_rows_of_other_employers_are_passed_over_whatever_else_they_hold(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(ORDERS.replace('id = "no"', 'employer = "of"'), "utf-8")
    (tmp_path / "e.csv").write_text("of,rider,start\nA,R1,2026-08-03T11:00\nB,,soon\nB,R2,soon\nA,R1,soon\n,R1,x\n")
    mapping = load_mapping(tmp_path / "m.toml")
    folded = fold_export(tmp_path / "e.csv", mapping, employer_ref="A")
    assert [("A", "R1", {"orders": 1})] == [(row.employer_ref, row.worker_ref, row.measures) for row in folded.rows]
    assert [("of other employers", 2, (3, 4))] == [(str(one.why), one.count, one.rows) for one in folded.passed_over]
    assert [(5, "start"), (6, "of")] == [(each.row, each.field) for each in folded.faults]
