import csv
import os
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest

from commandline import EXAMPLES, ROOT, Lxr

TASK_FEN, HOUR_FEN, FEE_IN_10000 = 85, 25_00, 150
"""The terms of examples/terms_crowd.toml: 0.85 for each task, at least 25.00 for each hour of a day, a fee of 1.5 %."""


@pytest.fixture(scope="module")
def records() -> Path:
    given = os.environ.get("LXR_RECORDS")
    path = Path(given) if given else ROOT.parent / "shared" / "data" / "crowd_tasks.csv"
    if not path.is_file():
        pytest.skip(f"no records at {path}: name the file of crowd tasks in LXR_RECORDS")
    return path


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
    """By worker: each day the tasks or the guaranteed hours, whichever is more. Together they are all paid once."""
    days: dict[tuple[str, str], list[tuple[datetime, datetime]]] = defaultdict(list)
    with records.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            times = datetime.fromisoformat(row["started_at"]), datetime.fromisoformat(row["submitted_at"])
            days[row["worker_no"], row["work_date"]].append(times)
    found: dict[str, int] = defaultdict(int)
    for (worker, _), tasks in days.items():
        found[worker] += max(TASK_FEN * len(tasks), whole(HOUR_FEN * minutes(tasks), 60))
    return found


def test_the_demo_pays_real_records_to_the_fen_as_they_are_counted_by_hand(records: Path, tmp_path: Path) -> None:
    wages = wages_fen(records)
    figures = Lxr(tmp_path).json("demo", "--records", records, "--map", EXAMPLES / "crowd_tasks.toml")
    assert (26, 249, 0) == tuple(figures[name] for name in ("employers", "workers", "breaks"))
    assert {"union": True, "bank": True, "regulator": True} == figures["audit"]
    assert sum(wages.values()) == figures["gross_fen"] == figures["net_fen"] == figures["cashed_out_fen"]
    assert sum(whole(fen * FEE_IN_10000, 10_000) for fen in wages.values()) == figures["fee_fen"]
