"""A task's number is one task, whatever file it comes in: it is paid once; what was never submitted holds nothing."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from consortium import House, rehearsal
from lxr.settlement.errors import InputFault
from lxr.settlement.work.batch_file import Batch
from lxr.settlement.work.batch_sending import check, submit
from lxr.settlement.work.corrections import correct
from lxr.settlement.work.intake.fold import Fold
from lxr.settlement.work.intake.mapping import load_mapping
from lxr.settlement.work.preparing import prepare
from lxr.settlement.work.task_numbers import TaskNumbers
from team import Team

MONDAY, TUESDAY = date(2026, 8, 3), date(2026, 8, 4)
MAPPING = """
zone = "Asia/Shanghai"
[columns]
worker = "rider"
id = "no"
date = "day"
[[measure]]
name = "orders"
fold = "count"
"""

Prepare = Callable[..., tuple[Fold, Batch]]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


@pytest.fixture
def team(house: House) -> Team:
    team = house.employ(workers=4)
    house.clock.go(TUESDAY, 20)
    return team


@pytest.fixture
def numbers(tmp_path: Path) -> Iterator[TaskNumbers]:
    with TaskNumbers.open(tmp_path / "employer" / "E001.db") as opened:
        yield opened


@pytest.fixture
def prepared(house: House, team: Team, numbers: TaskNumbers, tmp_path: Path) -> Prepare:
    """Prepares a file of rows like "A1 R0001 3"."""
    (tmp_path / "m.toml").write_text(MAPPING, "utf-8")

    def prepared(name: str, *rows: str, mapping: str = MAPPING) -> tuple[Fold, Batch]:
        (tmp_path / "m.toml").write_text(mapping, "utf-8")
        lines = [f"{no},{rider},2026-08-{int(day):02d}" for no, rider, day in map(str.split, rows)]
        (tmp_path / name).write_text("\n".join(["no,rider,day", *lines]) + "\n", "utf-8")
        loaded = load_mapping(tmp_path / "m.toml")
        return prepare(house.signer(), tmp_path / name, loaded, team.employer, team.workers, numbers)

    return prepared


def faults(batch: Batch) -> list[tuple[tuple[int, ...], str, str]]:
    return [(fault.source_rows, fault.field, str(fault.problem)) for fault in batch.row_faults]


def rows(batch: Batch) -> dict[tuple[str, int], int]:
    return {(row.worker_ref, sheet.day.day): row.measures["orders"] for sheet in batch.sheets for row in sheet.rows}


TAKEN = "was taken already with 2026-08-03, from day1.csv"


def test_a_number_of_another_day_that_is_on_the_ledger_is_a_fault_and_the_rest_counts(
    house: House, numbers: TaskNumbers, prepared: Prepare
) -> None:
    _, first = prepared("day1.csv", "A1 R0001 3", "A2 R0002 3")
    submit(house.signer(), first, numbers)
    _, second = prepared("day2.csv", "A1 R0001 4", "B2 R0001 4", "A2 R0001 4", "B3 R0002 4")
    assert [((2,), "no", TAKEN), ((4,), "no", TAKEN)] == faults(second)
    assert {("R0001", 4): 1, ("R0002", 4): 1} == rows(second)


def test_a_number_of_another_worker_of_the_same_day_is_a_fault(
    house: House, numbers: TaskNumbers, prepared: Prepare
) -> None:
    _, first = prepared("day1.csv", "A1 R0001 3", "A2 R0002 3")
    submit(house.signer(), first, numbers)
    _, second = prepared("more.csv", "A1 R0003 3", "A5 R0003 3")
    assert [((2,), "no", TAKEN)] == faults(second)
    assert {("R0003", 3): 1} == rows(second)


@pytest.mark.parametrize(
    "again",
    [
        ("A1 R0001 3", "A2 R0002 3"),  # the same file
        ("A1 R0001 3", "A2 R0002 3", "A3 R0003 3"),  # with workers who were missing
        ("A1 R0001 3", "A2 R0002 3", "A3 R0002 3"),  # corrected
        ("A2 R0001 3", "A1 R0002 3"),  # of two workers who had each other's
    ],
)
def test_a_corrected_file_of_the_same_day_is_not_refused(
    house: House, numbers: TaskNumbers, prepared: Prepare, again: tuple[str, ...]
) -> None:
    _, first = prepared("day1.csv", "A1 R0001 3", "A2 R0002 3")
    submit(house.signer(), first, numbers)
    _, second = prepared("day1.csv", *again)
    assert [] == faults(second)


def test_what_was_prepared_and_never_submitted_keeps_no_number(
    house: House, numbers: TaskNumbers, prepared: Prepare
) -> None:
    prepared("wrong.csv", "A1 R0001 3", "A2 R0002 3")
    _, right = prepared("right.csv", "A1 R0001 4", "A2 R0002 4")
    assert [] == faults(right)
    assert 0 == submit(house.signer(), right, numbers).rejected
    _, again = prepared("right.csv", "A1 R0001 4", "A2 R0002 4")
    assert (right, 2) == (again, submit(house.signer(), again, numbers).there)


def test_of_two_files_that_were_prepared_before_either_was_sent_the_second_is_refused(
    house: House, numbers: TaskNumbers, prepared: Prepare
) -> None:
    _, first = prepared("day1.csv", "A1 R0001 3")
    _, second = prepared("day2.csv", "A1 R0001 4", "B2 R0002 4")
    assert [] == faults(second)
    submit(house.signer(), first, numbers)
    report = submit(house.signer(), second, numbers, skip_bad=True)
    assert {"R0001": f"a task of it {TAKEN}"} == {one.worker_ref: str(one.reason) for one in report.rejects}
    assert (1, 1) == (report.rows, check(house.signer(), first, numbers).there)


def test_a_day_that_was_taken_back_keeps_no_number(
    house: House, team: Team, numbers: TaskNumbers, prepared: Prepare
) -> None:
    _, first = prepared("day1.csv", "A1 R0001 3")
    submit(house.signer(), first, numbers)
    correct(house.signer(), team.employer, MONDAY, {team.workers["R0001"]: {}}, "of another day")
    assert [] == faults(prepared("day2.csv", "A1 R0001 4")[1])


def test_without_numbers_nothing_is_kept_and_without_claims_nothing_is_asked(
    house: House, prepared: Prepare, tmp_path: Path
) -> None:
    _, batch = prepared("day1.csv", "A1 R0001 3", mapping=MAPPING.replace('id = "no"', ""))
    assert 1 == submit(house.signer(), batch).rows
    kept = (tmp_path / "employer" / "E001.db").read_bytes()
    assert b"day1.csv" not in kept


def test_neither_numbers_nor_workers_are_kept_as_they_are(team: Team, prepared: Prepare, tmp_path: Path) -> None:
    prepared("day1.csv", "ORDER-4711 R0001 3")
    kept = (tmp_path / "employer" / "E001.db").read_bytes()
    assert (True, False, False, False) == tuple(
        word.encode() in kept for word in ("day1.csv", "ORDER-4711", "R0001", team.workers["R0001"])
    )


def test_claims_that_cannot_be_used_are_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "E001.db").write_bytes(b"x" * 4096)
    said = r"E001.db: cannot be used: .*; expected the employer's numbers of tasks"
    with pytest.raises(InputFault, match=said), TaskNumbers.open(tmp_path / "E001.db"):
        pass


ALIKE = ("Ａ1", "Ａ１", "A１", "'A1", "A1\ufe0f", "A1\u3164", "\u2800A1", "A\U000e01001", "A\u034f1")


@pytest.mark.parametrize("other", ALIKE[:4])
def test_a_number_in_full_width_is_the_number_itself(
    house: House, numbers: TaskNumbers, prepared: Prepare, other: str
) -> None:
    _, first = prepared("day1.csv", "A1 R0001 3")
    submit(house.signer(), first, numbers)
    _, second = prepared("day2.csv", f"{other} R0001 4", "B2 R0001 4")
    assert [((2,), "no", TAKEN)] == faults(second)
    _, once = prepared("day3.csv", "C1 R0002 4", f"{other.replace('A', 'C').replace('Ａ', 'Ｃ')} R0002 4")
    assert [((3,), "no", "repeats row 2")] == faults(once)


@pytest.mark.parametrize("other", ALIKE[4:])
def test_a_number_with_letters_that_nobody_sees_is_a_fault(prepared: Prepare, other: str) -> None:
    _, batch = prepared("day1.csv", f"{other} R0001 3", "B2 R0001 3")
    assert [((2,), "no")] == [(rows, field) for rows, field, _ in faults(batch)]


def test_a_task_that_changes_hands_is_sent_only_where_the_row_that_had_it_is_the_ledgers(
    house: House, numbers: TaskNumbers, prepared: Prepare
) -> None:
    _, first = prepared("day1.csv", "A1 R0001 3")
    submit(house.signer(), first, numbers)
    _, second = prepared("more.csv", "A1 R0002 3", "A5 R0001 3", "A6 R0001 3", "A7 R0003 3")
    report = submit(house.signer(), second, numbers, skip_bad=True)
    assert {
        "R0001": "differs from what is on the ledger: use batch correct",
        "R0002": f"a task of it {TAKEN}",
    } == {one.worker_ref: str(one.reason) for one in report.rejects}
    assert 1 == report.rows


def test_a_second_file_of_the_day_with_as_many_other_tasks_is_not_taken_for_the_first(
    house: House, numbers: TaskNumbers, prepared: Prepare
) -> None:
    _, morning = prepared("morning.csv", "A1 R0001 3", "A2 R0001 3")
    submit(house.signer(), morning, numbers)
    _, evening = prepared("evening.csv", "A3 R0001 3", "A4 R0001 3")
    assert morning.source != evening.source
    (refused,) = submit(house.signer(), evening, numbers).rejects
    assert (
        "has a task that the row on the ledger, from morning.csv, has not: use batch correct with what both come to"
        == str(refused.reason)
    )
    assert 1 == submit(house.signer(), morning, numbers).there


def test_a_day_of_which_one_file_was_prepared_and_another_sent_is_that_ones(
    house: House, numbers: TaskNumbers, prepared: Prepare
) -> None:
    prepared("wrong.csv", "X1 R0001 3")
    _, right = prepared("right.csv", "A1 R0001 3")
    submit(house.signer(), right, numbers)
    assert 1 == submit(house.signer(), right, numbers).there
