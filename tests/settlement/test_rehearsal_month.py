"""The rehearsal month: the same seed gives the same bytes, and what it gives is like a month of riders."""

import csv
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest
from stdnum import luhn

from lxr.settlement.errors import InputFault
from lxr.settlement.rehearsal.month import MonthFiles, write_month
from lxr.settlement.work.intake.fold import fold_export
from lxr.settlement.work.intake.mapping import load_mapping

RIDERS = Path(__file__).parents[2] / "examples/riders.toml"
AUGUST = date(2026, 8, 1)


def contents(made: MonthFiles) -> list[tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for files in made.employers for path in (files.orders, files.roster)]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first = write_month(tmp_path / "a", 7, AUGUST, 2, 10)
    assert contents(first) == contents(write_month(tmp_path / "b", 7, AUGUST, 2, 10))
    other = contents(write_month(tmp_path / "c", 8, AUGUST, 2, 10))
    assert all(mine != theirs for mine, theirs in zip(contents(first), other, strict=True))


def test_a_seed_has_the_same_riders_in_every_month(tmp_path: Path) -> None:
    august, september = (write_month(tmp_path / str(month), 7, date(2026, month, 1), 2, 10) for month in (8, 9))
    for one, other in zip(august.employers, september.employers, strict=True):
        assert one.roster.read_bytes() == other.roster.read_bytes()
        assert one.orders.read_bytes() != other.orders.read_bytes()


def test_a_month_folds_without_a_fault_into_plausible_days(tmp_path: Path) -> None:
    made = write_month(tmp_path, 7, AUGUST, 3, 40)
    assert ["E01", "E02", "E03"] == [files.employer_ref for files in made.employers]
    mapping = load_mapping(RIDERS)
    overlaps = 0
    for files in made.employers:
        fold = fold_export(files.orders, mapping)
        assert () == fold.faults
        assert {rider["worker_ref"] for rider in rows(files.roster)} == {row.worker_ref for row in fold.rows}
        days_worked = Counter(row.worker_ref for row in fold.rows)
        assert all(16 <= days <= 27 for days in days_worked.values())
        for row in fold.rows:
            assert AUGUST <= row.date <= date(2026, 8, 31)
            assert 1 <= row.measures["orders"] <= 16
            assert 1 <= row.measures["minutes"] <= 12 * 60
            assert 0 == row.measures["metres"] % 100
        apart = sum(
            (datetime.fromisoformat(order["delivered_at"]) - datetime.fromisoformat(order["started_at"])).seconds
            for order in rows(files.orders)
        )
        overlaps += apart // 60 > sum(row.measures["minutes"] for row in fold.rows)
    assert 3 == overlaps


def test_every_rider_has_a_card_of_its_own_that_passes_luhn(tmp_path: Path) -> None:
    made = write_month(tmp_path, 7, AUGUST, 3, 200)
    rosters = [rows(files.roster) for files in made.employers]
    assert [67, 67, 66] == [len(roster) for roster in rosters]
    cards = [rider["bank_account"] for roster in rosters for rider in roster]
    assert 200 == len(set(cards))
    assert all(card.startswith("62") and 16 <= len(card) <= 19 and luhn.is_valid(card) for card in cards)
    assert all(len(rider["bank_code"]) == 12 and rider["bank_code"].isdigit() for roster in rosters for rider in roster)
    assert all(2 <= len(rider["name"]) <= 3 for roster in rosters for rider in roster)


@pytest.mark.parametrize(
    ("employers", "workers", "field"), [(0, 10, "employers"), (100, 200, "employers"), (3, 2, "workers")]
)
def test_numbers_outside_the_bounds_are_refused(tmp_path: Path, employers: int, workers: int, field: str) -> None:
    with pytest.raises(InputFault) as caught:
        write_month(tmp_path, 7, AUGUST, employers, workers)
    assert field == caught.value.field
