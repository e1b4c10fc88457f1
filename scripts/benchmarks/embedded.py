"""Measures the embedded ledger: a month of many workers from work data to audit, beside what each part cannot beat."""

import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks import growth, machine, months, paying, postgres, report, weight, yardsticks
from benchmarks.months import EMPLOYER_MAX, Size
from benchmarks.paying import PAID
from benchmarks.report import Measured
from benchmarks.union import Union
from benchmarks.workload import SHARD, Figures, Phase, percentile, prove, timed
from consortium import House
from treasury import PAYDAY

WEEK: Final = 7
STARTS: Final = 9
STATEMENTS: Final = 50
"""At least so many are timed: one takes a few ms."""
CHECKING: Final = 2
"""In how many processes the ledger checks signatures."""
GROWTH: Final = (1_000, 10_000, 100_000)
"""Workers."""
PHASES: Final = 12
"""Of all but what is done in processes of its own."""

VERIFIED: Final = "bare P-256 verifications on the cores that the ledger uses (1/s)"
SIGNED: Final = "of that signatures : bare verifications"
DAILY: Final = "every day"
TO_STATEMENTS: Final = f"payday : PostgreSQL, {postgres.TOGETHER:,} transfers in a statement"
VERSION: Final = "lxr --version, p50 (ms)"
AIMS: Final = {
    VERSION: "< 150",
    f"{SIGNED}, {DAILY}": "≥ 0.7",
    PAID: "≥ 20,000",
    TO_STATEMENTS: "≥ 8",
    growth.ONE_TO_MANY: "≥ 0.8",
    f"{GROWTH[-1]:,} workers: {growth.PAYDAY_MEMORY}": "≤ 1,024",
    f"{GROWTH[-1]:,} workers: {growth.AUDIT_MEMORY}": "≤ 1,024",
    growth.MOST_TO_FEWEST: "1 (linear)",
}


def measure(size: Size, most: int, console: Console) -> Measured:
    """The whole cycle once; then what is measured in processes of its own. most: workers to which the growth goes."""
    conditions = machine.conditions() | {
        "employers": size.employers,
        "workers": size.workers,
        "days": size.days,
        "workers in a shard": SHARD,
        "growth": f"employers of up to {EMPLOYER_MAX:,} workers",
    }
    grown = [Size(-(-workers // EMPLOYER_MAX), workers, size.days) for workers in GROWTH if workers <= most]
    with report.phases(console, PHASES + growth.PHASES * (2 + len(grown))) as phase:
        with phase("lxr --version"):
            figures = {VERSION: _version_ms()}
        figures |= cycle(size, phase)
        figures |= postings(size.workers, figures[PAID], phase, console)
        figures |= growth.one_against_many(size, phase)
        figures |= growth.growth(grown, phase)
    return Measured(conditions, {"embedded": figures}, AIMS)


def cycle(size: Size, phase: Phase) -> Figures:
    """A month, in this process."""
    figures: Figures = {}
    with phase("bare verifications"):
        figures[VERIFIED] = yardsticks.verifications_per_s(CHECKING)
    with tempfile.TemporaryDirectory() as place, closing(House(Path(place))) as house:
        with phase(f"{size.employers} employers, {size.workers} workers"):
            teams = months.teams(house, size)
        with phase("work data"):
            figures["work rows submitted (1/s)"] = size.rows / months.work_s(house, teams, size.dates)
        half = size.employers // 2
        for often, some, span in ((DAILY, teams[:half], 1), ("once a week", teams[half:], WEEK)):
            with phase(f"confirmations, {often}"):
                spent_s = months.confirm_s(house, some, size.dates, span)
            workers = len(some) * size.each
            figures[f"rows confirmed, each worker signs {often} (1/s)"] = workers * size.days / spent_s
            signatures_per_s = workers * -(-size.days // span) / spent_s
            figures[f"{SIGNED}, {often}"] = signatures_per_s / figures[VERIFIED]
        house.clock.go(PAYDAY)
        figures |= paying.month_end(Union(house.consortium, house.ledger), size, phase)
        figures |= weight.figures(house.ledger, size.workers)
        with phase("audit"):
            figures |= prove(house.ledger)
        figures["audit (work rows/s)"] = size.rows / figures["audit: all of it (s)"]
    return figures


def postings(wages: int, paid_per_s: float, phase: Phase, console: Console) -> Figures:
    """The wages of a payday as mere postings: as fast as a disk takes them, and as one would otherwise write them."""
    with phase("postings in SQLite"), tempfile.TemporaryDirectory() as place:
        sqlite_per_s = yardsticks.postings_per_s(wages, Path(place))
        synced_per_s = yardsticks.synced_writes_per_s(Path(place))
    figures = {
        "postings in one bare SQLite table, all in one transaction (1/s)": sqlite_per_s,
        "payday : bare SQLite": paid_per_s / sqlite_per_s,
        "pages written and synced to disk, one after the other (1/s)": synced_per_s,
    }
    try:
        with phase("double entry in PostgreSQL"), postgres.server() as connection:
            one_per_s = postgres.one_by_one_per_s(connection, wages)
            many_per_s = postgres.in_statements_per_s(connection, max(wages, STATEMENTS * postgres.TOGETHER))
            version = connection.info.server_version // 10_000
    except postgres.NoPostgres as missing:
        console.print(f"{missing}; its figures are left out", markup=False, soft_wrap=True)
        return figures
    return figures | {
        f"double entry in PostgreSQL {version}, one transfer in a transaction (1/s)": one_per_s,
        "payday : PostgreSQL, one transfer in a transaction": paid_per_s / one_per_s,
        f"double entry in PostgreSQL {version}, {postgres.TOGETHER:,} transfers in a statement (1/s)": many_per_s,
        TO_STATEMENTS: paid_per_s / many_per_s,
    }


def _version_ms() -> float:
    lxr, spent_s = Path(sys.executable).with_name("lxr"), []
    for _ in range(STARTS):
        with timed() as took:
            subprocess.run([lxr, "--version"], check=True, capture_output=True)
        spent_s.append(took.s)
    return percentile(spent_s, 50)
