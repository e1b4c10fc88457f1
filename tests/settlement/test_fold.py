"""The fold of an export: what is counted, what is left out with which reason, and which files are refused whole."""

import csv
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandline import EXAMPLES
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.encodings import LINE_BYTES_MAX
from lxr.settlement.work.intake.fold import Fold, fold_export
from lxr.settlement.work.intake.mapping import Columns, Count, Dates, Mapping, MergedMinutes, Sum, load_mapping
from lxr.settlement.work.intake.minutes import merged_time, whole_minutes
from lxr.settlement.work.intake.rejects import write_rejected_rows
from records import real_records

HEADER = "id,rider,day,from,to,km\n"
MAPPING = Mapping(
    zone="unstated",
    columns=Columns(worker="rider", id="id", date="day"),
    measures=(Count("orders"), MergedMinutes("minutes", "from", "to", "up"), Sum("metres", "km", numerator=1000)),
)
BY_START = Columns(worker="rider", start="from")

FoldText = Callable[..., Fold]


@pytest.fixture
def fold(tmp_path: Path) -> FoldText:
    """Folds rows given as text or bytes, under HEADER or another header."""

    def fold(rows: str | bytes, mapping: Mapping = MAPPING, *, header: str = HEADER, month: date | None = None) -> Fold:
        path = tmp_path / "export.csv"
        path.write_bytes(header.encode() + (rows if isinstance(rows, bytes) else rows.encode()))
        return fold_export(path, mapping, month=month)

    return fold


def row(number: str, start: str, end: str, *, rider: str = "R1", day: str = "2026-08-03", km: str = "1.5") -> str:
    """A row whose times are HH:MM:SS of 3 August 2026, unless they say more."""
    times = [time if len(time) != 8 else f"2026-08-03T{time}" for time in (start, end)]
    return f"{number},{rider},{day},{times[0]},{times[1]},{km}\n"


GOOD = row("1", "11:00:00", "11:20:00")


# --- what is counted


@pytest.mark.parametrize(
    ("tasks", "minutes"),
    [
        ([("11:00:00", "11:20:00"), ("11:30:00", "11:40:00")], 30),  # apart
        ([("11:00:00", "11:20:00"), ("11:20:00", "11:40:00")], 40),  # end to start
        ([("11:00:00", "11:20:00"), ("11:10:00", "11:40:00")], 40),  # overlapping
        ([("11:00:00", "12:00:00"), ("11:10:00", "11:20:00"), ("11:50:00", "12:10:00")], 70),  # one inside another
        ([("11:00:00", "11:20:00"), ("11:00:00", "11:20:00")], 20),  # the same time
        ([("11:00:00", "11:00:00")], 0),
        ([("11:00:00", "11:00:01")], 1),
        ([("11:00:00", "11:00:30"), ("12:00:00", "12:00:31")], 2),  # the day is rounded, not the task
        ([("23:50:00", "2026-08-04T00:10:00")], 20),  # past midnight: wholly on its day
        ([("2026-08-03T11:00:00.5", "2026-08-03T11:01:00.75")], 2),
        ([("2026/8/3 9:05", "2026/8/3 9:15")], 10),
        ([("2026-08-03T03:00:00Z", "11:20:00")], 20),  # an offset in the cell counts
        ([("2026-08-03T05:00:00+02:00", "2026-08-02T22:20:00-05:00")], 20),
    ],
)
def test_overlapping_tasks_of_a_day_count_once(fold: FoldText, tasks: list[tuple[str, str]], minutes: int) -> None:
    folded = fold("".join(row(str(number), *task) for number, task in enumerate(tasks)))
    assert () == folded.faults
    assert [{"metres": 1500 * len(tasks), "minutes": minutes, "orders": len(tasks)}] == [
        folded_row.measures for folded_row in folded.rows
    ]


@pytest.mark.parametrize(
    ("seconds", "up", "half_up"), [(0, 0, 0), (1, 1, 0), (29, 1, 0), (30, 1, 1), (60, 1, 1), (89, 2, 1), (90, 2, 2)]
)
def test_a_day_is_rounded_as_the_mapping_says(seconds: int, up: int, half_up: int) -> None:
    time = timedelta(seconds=seconds)
    assert (up, half_up) == (whole_minutes(time, half_up=False), whole_minutes(time, half_up=True))


NOON = datetime(2026, 8, 3, 12)
intervals = st.tuples(st.integers(0, 3600), st.integers(0, 600)).map(
    lambda pair: (NOON + timedelta(seconds=pair[0]), NOON + timedelta(seconds=sum(pair)))
)


@given(st.lists(intervals).flatmap(lambda tasks: st.tuples(st.just(tasks), st.permutations(tasks))))
def test_merged_time_never_passes_the_sum_and_does_not_hang_on_the_order(
    tasks_twice: tuple[list[tuple[datetime, datetime]], list[tuple[datetime, datetime]]],
) -> None:
    tasks, shuffled = tasks_twice
    merged = merged_time(tasks)
    assert merged == merged_time(shuffled)
    assert merged <= sum((end - start for start, end in tasks), timedelta())
    assert merged >= max((end - start for start, end in tasks), default=timedelta())
    second = timedelta(seconds=1)
    touched = {(start - NOON) // second + k for start, end in tasks for k in range((end - start) // second)}
    assert len(touched) * second == merged


def test_rows_come_by_employer_date_and_worker_with_their_source_lines(fold: FoldText) -> None:
    mapping = Mapping(
        zone="unstated", columns=Columns(worker="w", employer="e", id="n", date="d"), measures=(Count("tasks"),)
    )
    folded = fold(
        "1,B,w1,2026-08-03\n2,A,w2,2026-08-04\n3,A,w2,2026-08-03\n\n4,A,w1,2026-08-04\n5, A ,w2,2026-08-03\n",
        mapping,
        header="n,e,w,d\n",
    )
    assert [
        ("A", date(2026, 8, 3), "w2", 2, (4, 7)),
        ("A", date(2026, 8, 4), "w1", 1, (6,)),
        ("A", date(2026, 8, 4), "w2", 1, (3,)),
        ("B", date(2026, 8, 3), "w1", 1, (2,)),
    ] == [(r.employer_ref, r.date, r.worker_ref, r.measures["tasks"], r.source_rows) for r in folded.rows]
    assert (5, ()) == (folded.source_count, folded.date_moves)


@pytest.mark.parametrize(
    ("zone", "start", "day"),
    [
        ("unstated", "2026-08-03T23:59:59", 3),
        ("Asia/Shanghai", "2026-08-03T23:59:59", 3),
        ("UTC", "2026-08-03T15:59:59", 3),
        ("UTC", "2026-08-03T16:00:00", 4),
        ("America/New_York", "2026-08-03T12:00:00", 4),
    ],
)
def test_a_day_by_start_time_is_the_day_in_shanghai(fold: FoldText, zone: str, start: str, day: int) -> None:
    mapping = Mapping(zone=zone, columns=BY_START, measures=(Count("orders"),))
    assert [date(2026, 8, day)] == [r.date for r in fold(row("1", start, ""), mapping).rows]


def test_a_quoted_cell_over_two_lines_leaves_the_line_numbers_right(fold: FoldText) -> None:
    mapping = Mapping(zone="unstated", columns=Columns(worker="w", date="d"), measures=(Count("tasks"),))
    folded = fold('w1,2026-08-03,"a\nb"\nw2,2026-08-03,"say ""x"""\n', mapping, header="\ufeffw,d,note\r\n")
    assert [("w1", (2,)), ("w2", (4,))] == [(r.worker_ref, r.source_rows) for r in folded.rows]


@pytest.mark.parametrize(
    ("cell", "numerator", "denominator", "quantity"),
    [("3.4", 1000, 1, 3400), ("0.30", 10, 1, 3), ("90", 1, 60, None), ("120", 1, 60, 2), ("1000000000", 1, 1, 10**9)],
)
def test_a_sum_is_exact_or_refused(
    fold: FoldText, cell: str, numerator: int, denominator: int, quantity: int | None
) -> None:
    measure = Sum("quantity", "km", numerator=numerator, denominator=denominator)
    mapping = Mapping(zone="unstated", columns=MAPPING.columns, measures=(measure,))
    folded = fold(row("1", "", "", km=cell), mapping)
    assert ([] if quantity is None else [{"quantity": quantity}]) == [r.measures for r in folded.rows]
    assert (quantity is None) == bool(folded.faults)


# --- rows left out


@pytest.mark.parametrize(
    ("bad", "field", "problem"),
    [
        ("2,R1,2026-08-03\n", "", "has 3 cells"),
        (row("2", "12:00:00", "12:10:00").replace("\n", ",x\n"), "", "has 7 cells"),
        (row("2", "12:00:00", "12:10:00", rider=""), "rider", "is blank"),
        (row("2", "12:00:00", "12:10:00", rider="  "), "rider", "is blank"),
        (row("2", "12:00:00", "12:10:00", rider="unknown"), "rider", "reads 'unknown'"),
        (row("2", "12:00:00", "12:10:00", rider="NULL"), "rider", "reads 'NULL'"),
        (row("2", "12:00:00", "12:10:00", rider='"R\n1"'), "rider", r"reads 'R\n1'"),
        (row("2", "12:00:00", "12:10:00", rider="R" * 65), "rider", f"reads '{'R' * 40}'"),
        (row("", "12:00:00", "12:10:00"), "id", "is blank"),
        (row("1", "12:00:00", "12:10:00"), "id", "repeats row 2"),
        (row(" 1", "12:00:00", "12:10:00"), "id", "repeats row 2"),
        (row("2", "12:00:00", "12:10:00", day=""), "day", "is blank"),
        (row("2", "12:00:00", "12:10:00", day="03/08/2026"), "day", "reads '03/08/2026'"),
        (row("2", "12:00:00", "12:10:00", day="2026-02-29"), "day", "reads '2026-02-29'"),
        (row("2", "12:00:00", "12:10:00", day="0214-08-03"), "day", "reads '0214-08-03'"),
        (row("2", "12:00:00", "12:10:00", day="２０２６-13-03"), "day", "reads '２０２６-13-03'"),
        (row("2", "", "12:10:00"), "from", "is blank"),
        (row("2", "noon", "12:10:00"), "from", "reads 'noon'"),
        (row("2", "12:00:00", "48:10:00"), "to", "reads '2026-08-03T48:10:00'"),
        (row("2", "12:00:00", "2026-08-03"), "to", "reads '2026-08-03'"),
        (row("2", "12:00:00", "11:59:59"), "to", "lies before from"),
        (row("2", "12:00:00", "2026-08-04T12:00:01"), "to", "lies 1 day, 0:00:01 after from"),
        (row("2", "12:00:00", "12:10:00", km=""), "km", "is blank"),
        (row("2", "12:00:00", "12:10:00", km="-1"), "km", "reads '-1', which is negative"),
        (row("2", "12:00:00", "12:10:00", km="1.0005"), "km", "reads '1.0005', which is a fraction"),
        (row("2", "12:00:00", "12:10:00", km="1000000.001"), "km", "reads '1000000.001', which is too large"),
        (row("2", "12:00:00", "12:10:00", km="1000000"), "km", "brings the worker's day to 1000001500"),
        (row("2", "12:00:00", "12:10:00", km='"1,5"'), "km", "reads '1,5'"),
        (row("2", "12:00:00", "12:10:00", km="1e3"), "km", "reads '1e3'"),
        (row("2", "12:00:00", "12:10:00", km="nan"), "km", "reads 'nan'"),
        (row("2", "12:00:00", "12:10:00", km="9" * 5000), "km", f"reads '{'9' * 40}'"),
    ],
)
def test_a_faulty_row_is_left_out_with_its_reason_and_the_rest_of_the_day_counts(
    fold: FoldText, bad: str, field: str, problem: str
) -> None:
    folded = fold(GOOD + bad + row("3", "13:00:00", "13:10:00"))
    assert [{"metres": 3000, "minutes": 30, "orders": 2}] == [r.measures for r in folded.rows]
    assert [(3, field, problem)] == [(fault.row, fault.field, str(fault.problem)) for fault in folded.faults]
    assert folded.faults[0].expected.text
    assert 3 == folded.source_count


def test_without_a_number_a_row_like_another_is_left_out(fold: FoldText) -> None:
    mapping = Mapping(zone="unstated", columns=BY_START, measures=(Count("orders"),))
    folded = fold(GOOD + row("1", "11:00:00", "11:20:01") + GOOD, mapping)
    assert [(2, 3)] == [r.source_rows for r in folded.rows]
    assert [(4, "", "repeats row 2")] == [(fault.row, fault.field, str(fault.problem)) for fault in folded.faults]


@pytest.mark.parametrize("start", ["2026-10-25T02:30:00", "2026-03-29T02:30:00"])
def test_a_local_time_that_is_twice_or_never_is_left_out(fold: FoldText, start: str) -> None:
    mapping = Mapping(zone="Europe/Berlin", columns=BY_START, measures=(Count("orders"),))
    folded = fold(row("1", start, "") + row("2", start + "+01:00", ""), mapping)
    assert [(2, "from")] == [(fault.row, fault.field) for fault in folded.faults]
    assert [(3,)] == [r.source_rows for r in folded.rows]


def test_rejects_are_the_rows_as_they_were_and_fold_again_once_mended(fold: FoldText, tmp_path: Path) -> None:
    folded = fold(GOOD + row("2", "12:00:00", "x", rider='"=R, ""2"" "') + "4,R1\n" + row("3", "12:00:00", "x"))
    told = {fault.row: str(fault.problem) for fault in folded.faults}
    reasons = write_rejected_rows(tmp_path / "rejects.csv", tmp_path / "export.csv", told)
    text = (tmp_path / "rejects.csv").read_text(encoding="utf-8")
    assert HEADER + row("2", "12:00:00", "x", rider='"\'=R, ""2"" "') + "4,R1\n" + row("3", "12:00:00", "x") == text
    assert tmp_path / "rejects.reasons.csv" == reasons
    with reasons.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert ["row", "reason"] == lines[0]
    assert [["3", told[3]], ["4", told[4]], ["5", told[5]]] == lines[1:]

    mended = fold(text.removeprefix(HEADER).replace("T12:00:00,x", "T12:00:00,2026-08-03T12:05:00"))
    assert ['=R, "2"', "R1"] == [r.worker_ref for r in mended.rows]
    assert ["has 2 cells"] == [str(fault.problem) for fault in mended.faults]


# --- files refused whole


@pytest.mark.parametrize(
    ("header", "rows", "at_row", "field", "problem"),
    [
        ("", b"", None, None, "is empty"),
        ("\ufeff", b"\n\n", None, None, "is empty"),
        (HEADER, b"", None, None, "has no data rows"),
        (HEADER, b"\r\n\r\n", None, None, "has no data rows"),
        ("id,rider,day,from,to\n", b"1,R1\n", 1, "km", "is missing"),
        (HEADER.replace(",", "^"), b"1^R1\n", 1, "rider", "is missing"),
        ("id,rider,day,from,to,km, id\n", b"1,R1\n", 1, "id", "is there twice"),
        (HEADER, GOOD.encode() + b"2,R\xe91\n", 3, None, "is not UTF-8"),
        (HEADER, GOOD.encode() + HEADER.encode("utf-16"), 3, None, "NUL byte"),
        (HEADER, GOOD.encode() + b"2,R\x00\n", 3, None, "NUL byte"),
        (HEADER, GOOD.encode() + b'2,"R1\n' + GOOD.encode(), 3, None, "a quote is opened and never closed"),
        (HEADER, GOOD.encode() + b'2,"R1\n' + GOOD.encode() * 3000, 3, None, "a quote is opened and never closed"),
        (HEADER, GOOD.encode() + b'2,"R"1\n', 3, None, "is not CSV"),
        (HEADER, GOOD.encode() + b"2\r3\n", 3, None, "is not CSV"),
        (HEADER, b"x" * (LINE_BYTES_MAX + 1), 2, None, "does not end"),
    ],
)
def test_a_faulty_file_is_refused_whole(
    fold: FoldText, header: str, rows: bytes, at_row: int | None, field: str | None, problem: str
) -> None:
    with pytest.raises(InputFault, match=problem) as caught:
        fold(rows, header=header)
    assert (at_row, field) == (caught.value.row, caught.value.field)
    assert "export.csv" in str(caught.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.csv"):
        with pytest.raises(InputFault, match="cannot be read"):
            fold_export(path, MAPPING)


def test_a_file_with_endless_faults_is_refused(fold: FoldText, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lxr.settlement.work.intake.fold.FAULTS_MAX", 2)
    assert 2 == len(fold("x\n" * 2).faults)
    with pytest.raises(InputFault, match="row 2: has 1 cells, the first of more than 2 faulty rows"):
        fold("x\n" * 3)


# --- dates

KTH = Mapping(
    zone="unstated",
    columns=Columns(worker="rider", date="day"),
    measures=(Count("orders"),),
    dates=Dates(month="2026-02", rule="kth"),
)


def days(*sources: str) -> str:
    return "".join(row(str(number), "", "", day=source) for number, source in enumerate(sources))


def test_the_kth_date_becomes_day_k_whatever_the_order_of_rows(fold: FoldText) -> None:
    folded = fold(days("2018-08-15", "2014-07-11", "2016-03-24", "2014-07-11"), KTH)
    moves = [("2014-07-11", "2026-02-01"), ("2016-03-24", "2026-02-02"), ("2018-08-15", "2026-02-03")]
    assert moves == [(str(source), str(target)) for source, target in folded.date_moves]
    assert [(1, 2), (2, 1), (3, 1)] == [(r.date.day, r.measures["orders"]) for r in folded.rows]


def test_another_month_may_be_played(fold: FoldText) -> None:
    folded = fold(days("2018-08-15"), KTH, month=date(2026, 9, 17))
    assert [date(2026, 9, 1)] == [r.date for r in folded.rows]
    with pytest.raises(InputFault, match=r"a mapping with \[dates\]"):
        fold(GOOD, MAPPING, month=date(2026, 9, 1))


def test_a_faulty_row_keeps_its_date_s_place(fold: FoldText) -> None:
    faulty = row("9", "", "", day="2018-08-14", rider="")
    folded = fold(faulty + days("2018-08-15"), KTH)
    assert [date(2026, 2, 2)] == [r.date for r in folded.rows]


def test_more_dates_than_the_month_has_days_are_refused(fold: FoldText) -> None:
    dates = [f"2018-08-{day:02d}" for day in range(1, 30)]
    assert 28 == len(fold(days(*dates[:28]), KTH).date_moves)
    with pytest.raises(InputFault, match="field day: 29 distinct dates; expected at most 28, the days of 2026-02"):
        fold(days(*dates), KTH)


def test_progress_ends_at_the_file_s_size(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(HEADER + "".join(row(str(number), "11:00:00", "11:01:00") for number in range(2500)))
    done: list[int] = []
    fold_export(path, MAPPING, progress=done.append)
    assert sorted(done) == done
    assert [3, path.stat().st_size] == [len(done), done[-1]]


def test_a_file_that_is_taken_away_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(HEADER + "".join(row(str(number), "11:00:00", "11:01:00") for number in range(2500)))
    size = path.stat().st_size
    done: list[int] = []

    def take_away(read: int) -> None:
        path.unlink(missing_ok=True)
        done.append(read)

    assert 2500 == fold_export(path, MAPPING, progress=take_away).source_count
    assert size == done[-1]


OVERNIGHT = MergedMinutes("minutes", "from", "to", "up", overnight="next_day")


@pytest.mark.parametrize(
    ("rows", "minutes"),
    [
        ("1,R1,2026-08-03,22:00,06:00,1\n2,R1,2026-08-04,00:00,06:00,1\n", [480, 0]),
        ("1,R1,2026-08-03,22:00,06:00,1\n2,R1,2026-08-04,05:00,07:00,1\n", [480, 60]),
        ("2,R1,2026-08-04,05:00,07:00,1\n1,R1,2026-08-03,22:00,06:00,1\n", [480, 60]),
        ("1,R1,2026-08-03,22:00,06:00,1\n2,R1,2026-08-04,06:00,07:00,1\n", [480, 60]),
        ("1,R1,2026-08-03,22:00,06:00,1\n2,R1,2026-08-05,00:00,06:00,1\n", [480, 360]),
        ("1,R1,2026-08-03,22:00,06:00,1\n2,R2,2026-08-04,00:00,06:00,1\n", [480, 360]),
    ],
)
def test_tasks_that_overlap_over_midnight_count_once(fold: FoldText, rows: str, minutes: list[int]) -> None:
    mapping = Mapping(zone="unstated", columns=Columns(worker="rider", id="id", date="day"), measures=(OVERNIGHT,))
    assert minutes == [row.measures["minutes"] for row in fold(rows, mapping).rows]


# --- the real records


def test_the_real_records_fold_to_what_a_few_lines_count() -> None:
    records = real_records()
    folded = fold_export(records, load_mapping(EXAMPLES / "crowd_tasks.toml"))

    worked: dict[tuple[str, str, str], set[int]] = {}
    with records.open(encoding="utf-8", newline="") as file:
        for task in csv.DictReader(file):
            start = datetime.fromisoformat(task["started_at"])
            first = (start - datetime(2014, 1, 1)) // timedelta(seconds=1)
            seconds = worked.setdefault((task["channel"], task["work_date"], task["worker_no"]), set())
            seconds.update(range(first, first + int(task["seconds"])))

    assert () == folded.faults
    assert 9556 == folded.source_count == sum(r.measures["tasks"] for r in folded.rows)
    assert 26 == len({r.employer_ref for r in folded.rows})
    assert 249 == len({r.worker_ref for r in folded.rows})
    assert 22 == len(folded.date_moves) == len({r.date for r in folded.rows})
    assert 509 == len(folded.rows) == len(worked)
    source_of = {target: str(source) for source, target in folded.date_moves}
    assert {key: (len(seconds) + 59) // 60 for key, seconds in worked.items()} == {
        (r.employer_ref, source_of[r.date], r.worker_ref): r.measures["minutes"] for r in folded.rows
    }
