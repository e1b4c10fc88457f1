#!/usr/bin/env python3
"""Strikes the settlement cycle with faults: scripts/faults.py [--runs N] [--seed S] [--kind KIND] [--only C:P:KIND].

The README's month is played once undisturbed. Then, by chance from the seed, a fault strikes one command at one point
where it changes the disk; the same command is given again, and everything must come to what it did undisturbed.
Exit codes: 0 all well, 1 a failure, 2 usage.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))  # for the README's commands and for what makes two ledgers the same

from faultlab.lab import Case, Failed, Lab, chosen, room  # noqa: E402
from faultlab.points import FaultKind  # noqa: E402


def main() -> int:
    given = _arguments()
    console = Console(stderr=True, highlight=False)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that nothing is left in memory
    try:
        with tempfile.TemporaryDirectory(prefix="lxr-faults-", dir=room()) as place, _bar(console) as bar:
            return _strike(Lab(Path(place), given.seed), given, bar)
    except Failed as failed:
        console.print(f"undisturbed: {failed}", style="red", markup=False, soft_wrap=True)
    except KeyboardInterrupt:
        console.print("interrupted")
    return 1


def _strike(lab: Lab, given: argparse.Namespace, bar: Progress) -> int:
    task = bar.add_task("undisturbed", total=None)
    lab.rehearse(lambda done, total: bar.update(task, completed=done, total=total))
    if unknown := set(given.only or ()) - set(lab.cases(tuple(FaultKind))):
        bar.console.print(f"--only {', '.join(map(str, sorted(unknown)))}: no such fault in this cycle", style="red")
        return 2
    every = [case for case in lab.cases(tuple(given.kind or FaultKind)) if (given.match or "") in lab.where(case)]
    cases = given.only or chosen(every, lab.ends(every), given.runs, given.seed)
    bar.reset(task, description="struck", total=len(cases))
    begun, failures = time.monotonic(), 0
    for number, case in enumerate(cases):
        try:
            lab.suffer(case, to_the_end=bool(given.only) or number % given.whole == 0)
        except Failed as failed:
            failures += 1
            again = f"--seed {given.seed} --only {case}  {lab.where(case)}"
            bar.console.print(again, style="red", markup=False, soft_wrap=True)
            bar.console.print(f"  {failed}", markup=False, soft_wrap=True)
        bar.update(task, completed=number + 1, description=f"struck, {failures} failed")
    counts = Counter(case.kind for case in cases)
    told = ", ".join(f"{counts[kind]} {kind}" for kind in FaultKind if counts[kind])
    seconds = round(time.monotonic() - begun)
    print(f"seed {given.seed}, {len(every)} possible: {len(cases)} runs ({told}), {seconds} s, {failures} failed")
    return 1 if failures else 0


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Strikes the settlement cycle with faults.", allow_abbrev=False)
    parser.add_argument("--runs", type=_count, default=1_000, metavar="N", help="(default 1000)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="(default 1)")
    kinds = ", ".join(FaultKind)
    parser.add_argument("--match", metavar="TEXT", help="only where this is in: lxr COMMAND: ACT FILE")
    parser.add_argument(
        "--kind", type=FaultKind, action="append", metavar="KIND", help=f"of {kinds}; all, if not given"
    )
    parser.add_argument("--only", type=Case.read, action="append", metavar="C:P:KIND", help="these runs, to the end")
    parser.add_argument(
        "--whole", type=_count, default=50, metavar="N", help="every Nth run goes to the end (default 50)"
    )
    return parser.parse_args()


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; expected 1 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
