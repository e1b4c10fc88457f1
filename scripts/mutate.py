#!/usr/bin/env python3
"""Puts small faults into the code that moves money, and names those that no test finds: scripts/mutate.py [FILE ...].

Without files: all of MONEY. Of each file's faults a sample is tried, by the seed; each with the tests, quickest first,
that run the line in which it is. What survives is told as `file:line  old -> new`: a claim that no test makes, or a
fault that is none, for it changes nothing that anybody could see.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

from mutation.operators import Mutant, mutants
from mutation.trial import Report, Task

ROOT: Final = Path(__file__).resolve().parents[1]

MONEY: Final = {
    "token/lxr/token": ("accounts", "fen", "journal"),
    "chaincode/lxr/chaincode": (
        *("reserve", "books", "line_booking", "statement_booking", "pricing_1", "recovery", "deductions", "reversal"),
        *("cashout", "cashout_holds", "cashout_records", "payroll", "payroll_lines"),
        *("run_opening", "run_pricing", "run_funding", "run_payment", "run_sweep"),
    ),
    "settlement/lxr/settlement": (
        *(f"bank/{name}" for name in ("reconcile", "line_breaks", "breaks", "cashout", "instruction")),
        *(f"ledger/{name}" for name in ("close", "closed_month", "money_of_blocks", "open_items")),
        "pay/payday",
    ),
}
TESTS: Final = {"token": ["tests/token"], "chaincode": ["tests/chaincode"], "settlement": ["tests/settlement"]}
"""By folder of the file; of them the tests that run a line are found by running them once."""


BUDGET_S: Final = 90.0
"""As long as the tests may take, measured, that are tried on one fault."""
FOUND, SURVIVED, UNREACHED = "found", "survived", "no test runs it"


def main() -> int:
    given = _arguments()
    for folder, tests in TESTS.items():
        files = [path for path in given.files if path.relative_to(ROOT).parts[0] == folder]
        if files:
            report = _measured(files, given.tests or tests)
            for path in files:
                _try(path, report, given)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=_file, metavar="FILE")
    parser.add_argument("--sample", type=int, default=40, metavar="N", help="so many faults of each file; default 40")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", action="append", metavar="PATH", help="these, instead of all of the folder's")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="so many at once")
    given = parser.parse_args()
    given.files = given.files or [ROOT / folder / f"{name}.py" for folder, names in MONEY.items() for name in names]
    return given


def _file(word: str) -> Path:
    path = Path(word).resolve()
    if not path.is_file() or path.relative_to(ROOT).parts[0] not in TESTS:
        raise argparse.ArgumentTypeError(f"{word} is no file of {', '.join(TESTS)}")
    return path


def _try(path: Path, report: Report, given: argparse.Namespace) -> None:
    every = mutants(path.read_text("utf-8"))
    tried = random.Random(given.seed).sample(every, min(given.sample, len(every)))
    tried.sort(key=lambda mutant: mutant.number)
    name, survived = path.relative_to(ROOT), 0
    with ThreadPoolExecutor(given.jobs) as pool:
        outcomes = pool.map(lambda mutant: _outcome(mutant, str(path), report), tried)
        for mutant, outcome in zip(tried, outcomes, strict=True):
            if outcome != FOUND:
                survived += 1
                note = f"  ({outcome})" if outcome == UNREACHED else ""
                print(f"{name}:{mutant.line}  {mutant.old} -> {mutant.new}{note}", flush=True)
    print(f"{name}: {len(tried)} of {len(every)} faults tried, {survived} survived", flush=True)


def _measured(files: Sequence[Path], tests: list[str]) -> Report:
    """Which test runs which line."""
    with tempfile.TemporaryDirectory(prefix="lxr-mutate-") as place:
        report = Path(place) / "report.json"
        ran = _run(Task([str(path) for path in files], tests, str(report)), None)
        if ran.returncode:
            sys.exit(f"these tests fail without any fault:\n{ran.stdout}{ran.stderr}")
        return msgspec.json.decode(report.read_bytes(), type=Report)


def _outcome(mutant: Mutant, file: str, report: Report) -> str:
    wanted = list(_reaching(mutant, file, report))
    if not wanted:
        return UNREACHED
    tests = sorted({_module(nodeid) for nodeid in wanted})
    seconds = sum(report.tests[nodeid].seconds for nodeid in wanted)
    try:
        ran = _run(Task([file], tests, number=mutant.number, wanted=wanted), 60 + 20 * seconds)
    except subprocess.TimeoutExpired:
        return FOUND  # it never ends
    return FOUND if ran.returncode else SURVIVED


def _reaching(mutant: Mutant, file: str, report: Report) -> Iterator[str]:
    """The tests that run its line, quickest first, then those of a file in which a fixture does; if none, all.

    As many as take BUDGET_S.
    """
    own = {nodeid for nodeid, ran in report.tests.items() if mutant.lines & ran.itself.get(file, set())}
    prepared = {_module(nodeid) for nodeid, ran in report.tests.items() if mutant.lines & ran.prepared.get(file, set())}
    shared = {nodeid for nodeid in report.tests if _module(nodeid) in prepared} - own
    if not own | shared and mutant.lines & report.imported.get(file, set()):
        shared = set(report.tests)
    left_s = BUDGET_S
    for group in (own, shared):
        for nodeid in sorted(group, key=lambda nodeid: report.tests[nodeid].seconds):
            left_s -= report.tests[nodeid].seconds
            if left_s < 0:
                return
            yield nodeid


def _module(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def _run(task: Task, timeout_s: float | None) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(prefix="lxr-mutate-") as place:
        return subprocess.run(
            [sys.executable, "-m", "mutation.trial"],
            input=msgspec.json.encode(task).decode(),
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT / "scripts"),
                "HYPOTHESIS_STORAGE_DIRECTORY": place,  # what it finds here is no fault of the code
                "TMPDIR": place,
            },
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )


if __name__ == "__main__":
    sys.exit(main())
