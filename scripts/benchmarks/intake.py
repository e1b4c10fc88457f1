"""Measures the intake: a month's export of orders, folded into a row for each worker and day."""

import resource
import tempfile
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks import machine, report
from benchmarks.apart import apart
from benchmarks.report import Measured
from benchmarks.workload import Figures, timed
from lxr.settlement.work.intake.fold import fold_export
from lxr.settlement.work.intake.mapping import load_mapping

WORKERS: Final = 1_000
DAYS: Final = 31
RIDERS: Final = Path(__file__).resolve().parents[2] / "examples" / "riders.toml"
FOLDED: Final = "fold (s)"
MEMORY: Final = "fold: peak memory (MiB)"
AIMS: Final = {FOLDED: "≤ 20", MEMORY: "≤ 300"}


def measure(rows: int, console: Console) -> Measured:
    """An export of so many orders, read by the mapping of riders in a process of its own."""
    conditions = machine.conditions() | {"rows": rows, "workers": WORKERS, "days": DAYS}
    with report.phases(console, 2) as phase, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        with phase("an export"):
            write_export(path, rows)
        with phase("fold"):
            (figures,) = apart(partial(fold, path))
    return Measured(conditions, {"intake": figures}, AIMS)


def write_export(path: Path, rows: int) -> None:
    """Write orders of a month in the order of their times, as a platform exports them."""
    first = datetime(2026, 8, 1, 6)
    with path.open("w", encoding="utf-8") as file:
        file.write("order_no,rider,started_at,delivered_at,distance_km\n")
        for number in range(rows):
            start = first + timedelta(days=number * DAYS // rows, seconds=number % 50_000)
            end = start + timedelta(minutes=10 + number % 40)
            rider, km = f"R{number * 7 % WORKERS:05d}", f"{number % 90 / 10:.1f}"
            file.write(f"{number + 10**11},{rider},{start:%Y-%m-%dT%H:%M:%S},{end:%Y-%m-%dT%H:%M:%S},{km}\n")


def fold(path: Path) -> Figures:
    """Fold it here."""
    mapping = load_mapping(RIDERS)
    began_s = time.process_time()
    with timed() as took:
        folded = fold_export(path, mapping)
    processor_s = time.process_time() - began_s
    assert not folded.faults, folded.faults[:1]
    return {
        FOLDED: took.s,
        "fold: processor (s)": processor_s,
        "fold (rows/s)": folded.source_count / took.s,
        MEMORY: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "export (MB)": path.stat().st_size / 1e6,
    }
