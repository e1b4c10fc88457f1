import csv
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest

from commandline import EXAMPLES, Lxr
from records import real_records

TASK_FEN, HOUR_FEN, FEE_IN_10000 = 85, 25_00, 150
"""The terms of examples/terms_crowd.toml: 0.85 for each task, at least 25.00 for each hour of a day, a fee of 1.5 %."""


@pytest.fixture(scope="module")
def records() -> Path:
    return real_records()


def whole(numerator: int, denominator: int) -> int:
    """Rounded to the nearest whole number, a half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def minutes(tasks: Iterable[tuple[datetime, datetime]]) -> int:
    """In at least one task: begun minutes count."""
    seconds, until = 0, datetime.min
    for start, end in sorted(tasks):
        seconds += max(0, int((end - max(start, until)).total_seconds()))
        until = max(until, end)
    return -(-seconds // 60)


def wages_fen(records: Path) -> dict[str, int]:
    """By employer: each worker's day is the tasks or the guaranteed hours, whichever is more; all are paid at once."""
    days: dict[tuple[str, str, str], list[tuple[datetime, datetime]]] = defaultdict(list)
    with records.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            times = datetime.fromisoformat(row["started_at"]), datetime.fromisoformat(row["submitted_at"])
            days[row["channel"], row["worker_no"], row["work_date"]].append(times)
    found: dict[str, int] = defaultdict(int)
    for (employer, _, _), tasks in days.items():
        found[employer] += max(TASK_FEN * len(tasks), whole(HOUR_FEN * minutes(tasks), 60))
    return found


def test_the_demo_pays_real_records_to_the_fen_as_they_are_counted_by_hand(records: Path, tmp_path: Path) -> None:
    wages = wages_fen(records)
    figures = Lxr(tmp_path).json("demo", "--records", records, "--map", EXAMPLES / "crowd_tasks.toml")
    assert (26, 249, 0) == tuple(figures[name] for name in ("employers", "workers", "breaks"))
    assert {"union": True, "bank": True, "regulator": True} == figures["audit"]
    assert sum(wages.values()) == figures["gross_fen"] == figures["net_fen"] == figures["cashed_out_fen"]
    assert sum(whole(fen * FEE_IN_10000, 10_000) for fen in wages.values()) == figures["fee_fen"]
