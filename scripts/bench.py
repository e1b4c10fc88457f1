#!/usr/bin/env python3
"""Measures this machine: scripts/bench.py embedded|fabric|statement|intake [OPTIONS] [--json | --markdown].

`embedded`: a month of many employers, from work data to audit, beside mere postings in SQLite and PostgreSQL, and how
it grows. `fabric`: the end of a month on networks that hold its work, beside one transaction per worker in the same
run. They are prepared once, which takes about 20 ms for each worker, and kept (`--kept`). What was started is taken
down at the end, also after Ctrl-C. `statement`: a custody account's statements are reconciled, with errors planted in
them, all of which must be found. `intake`: a month's export of orders, from its file to rows by worker and day. Exit
codes: 0 done, 1 not done, 2 usage.
"""

import argparse
import signal
import sys
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".bench"
sys.path.insert(0, str(ROOT / "tests" / "support"))  # for consortium.House: one way to prepare a consortium

from benchmarks import embedded, fabric, intake, months, report, statement  # noqa: E402
from benchmarks.workload import DAYS  # noqa: E402
from lxr.network.fabric.faults import NetworkFault  # noqa: E402
from lxr.node.collector import collect_rarely  # noqa: E402

WORKERS = (10_000, 100_000)


def main() -> int:
    given = _arguments()
    collect_rarely()  # as the command line does
    console = Console(stderr=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if given.ledger == "embedded":
            measured = embedded.measure(months.Size(given.employers, given.workers, given.days), given.growth, console)
        elif given.ledger == "statement":
            measured = statement.measure(statement.Size(given.lines, given.orders, given.errors), console)
        elif given.ledger == "intake":
            measured = intake.measure(given.rows, console)
        else:
            sizes = [months.Size(given.employers, workers, given.days) for workers in given.workers]
            settings = fabric.Settings(given.ordering, given.block_ms, given.processes)
            measured = fabric.measure(sizes, settings, given.commands, given.audit, given.kept.resolve(), console)
    except NetworkFault as fault:
        console.print(str(fault), style="red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; nothing is left running")
        return 1
    report.write(measured, given.form)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures a ledger on this machine.", allow_abbrev=False)
    on = parser.add_subparsers(dest="ledger", metavar="LEDGER", required=True)
    one = on.add_parser("fabric", help="networks of four organisations that hold a month's work", allow_abbrev=False)
    most = months.EMPLOYER_MAX
    told = " ".join(map(str, WORKERS))
    people = f"one size, or two in turn (default {told})"
    one.add_argument("--workers", type=_within(1, most), nargs="+", default=list(WORKERS), metavar="N", help=people)
    one.add_argument("--employers", type=_within(1, 900), default=1, help="who have as many workers each (default 1)")
    one.add_argument("--days", type=_within(1, 28), default=DAYS, help=f"that each has worked (default {DAYS})")
    one.add_argument(
        "--kept", type=Path, default=KEPT, metavar="DIR", help="where prepared ledgers are (default .bench)"
    )
    one.add_argument("--audit", action="store_true", help="audit the ledger at the end, which takes minutes")
    one.add_argument("--commands", type=_within(100, 10_000), default=100, help="one after the other (default 100)")
    one.add_argument("--ordering", choices=("bft", "raft"), default="bft", help="(default bft)")
    one.add_argument("--block-ms", type=_within(1, 60_000), default=50, help="a block waits to fill (default 50)")
    one.add_argument("--processes", type=_within(1, 64), default=1, help="of each contract service (default 1)")
    alone = on.add_parser("embedded", help="the embedded ledger alone, under much work", allow_abbrev=False)
    alone.add_argument("--employers", type=_within(2, 900), default=20, help="(default 20)")
    alone.add_argument("--workers", type=_within(10, most), default=2_000, help="of all together (default 2000)")
    alone.add_argument("--days", type=_within(1, 30), default=30, help="that each has worked (default 30)")
    grown = "to so many workers (default 10000)"
    alone.add_argument("--growth", type=int, choices=embedded.GROWTH[1:], default=10_000, help=grown)
    lines = on.add_parser("statement", help="the bank's statements, reconciled", allow_abbrev=False)
    lines.add_argument("--lines", type=_within(1_000, 1_000_000), default=100_000, help="of all (default 100000)")
    lines.add_argument("--orders", type=_within(100, most), default=10_000, help="that they pay (default 10000)")
    lines.add_argument("--errors", type=_within(12, 2_000), default=1_000, help="among them (default 1000)")
    files = on.add_parser("intake", help="an export of work data", allow_abbrev=False)
    files.add_argument("--rows", type=_within(100, 10_000_000), default=1_000_000, help="(default 1000000)")
    for each in (one, alone, lines, files):
        form = each.add_mutually_exclusive_group()
        form.add_argument("--json", dest="form", action="store_const", const="json", help="for programs")
        form.add_argument(
            "--markdown", dest="form", action="store_const", const="markdown", help="for docs/performance.md"
        )
        each.set_defaults(form="table")
    given = parser.parse_args()
    if given.ledger == "statement" and (given.orders < given.errors or given.lines < 2 * given.orders):
        parser.error("expected at least as many orders as errors, and twice as many lines as orders")
    if given.ledger in ("statement", "intake"):
        return given
    for workers in [given.workers] if given.ledger == "embedded" else given.workers:
        if workers % given.employers:
            parser.error(f"--workers: {workers}; expected as many for each of {given.employers} employers")
        if workers > most * given.employers:
            parser.error(f"--workers: {workers}; expected at most {most} for an employer")
    if given.ledger == "fabric" and len(given.workers) > len(WORKERS):
        parser.error(f"--workers: {len(given.workers)} sizes; expected one or two")
    return given


class _within:  # noqa: N801  (argparse names it where the value is wrong)
    def __init__(self, least: int, most: int) -> None:
        self._bounds = least, most

    def __call__(self, text: str) -> int:
        least, most = self._bounds
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r}; expected {least}..{most}")
        return int(text)


if __name__ == "__main__":
    sys.exit(main())
