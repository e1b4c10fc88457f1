"""Measures reconciliation: a custody account's lines against the ledger, with errors planted among them.

All errors must be found, and none invented: the breaks are compared as a set with what was planted.
"""

import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from msgspec import Struct
from rich.console import Console

import planted
from benchmarks import machine, report
from benchmarks.apart import apart
from benchmarks.report import Measured
from benchmarks.workload import Figures, Phase, timed
from consortium import House
from lxr.network.consortium import open_consortium
from lxr.node.client import Client
from lxr.node.embedded import EmbeddedLedger
from lxr.settlement.bank.reconcile import reconcile
from parties import CUSTODY
from statementforms import CAMT, LAYOUT, TABLE, Form

SEED: Final = 20_260_915
DAYS_MORE: Final = 24
"""Days of deposits after those in whose lines errors are planted."""
SHIFTED: Final = 10
"""At most so many statements' balances do not join: it is every other day."""
KINDS: Final[tuple[planted.Error, ...]] = (
    planted.moved_from_one_to_another,
    planted.amounts_swapped,
    planted.a_credit_for_a_debit,
    planted.another_payer,
    planted.left_out_and_another_made_up,
    planted.paid_twice,
    planted.another_form_of_the_reference,
    planted.orders_exchanged,
    planted.another_day,
    planted.a_return_not_told,
    planted.a_return_as_a_deposit,
    planted.balances_shifted,
)
FORMS: Final[Mapping[str, Form]] = {"camt.053": CAMT, "tables": TABLE}
PHASES: Final = 2
"""Of each form: made, reconciled."""
PLANTED: Final = "errors planted, and found"
SECONDS: Final = "reconciled (s)"
PROCESSOR: Final = "processor time of it (s)"
MEMORY: Final = "peak memory (MiB)"


class Size(Struct, frozen=True):
    """lines: of all statements, with or without errors. orders: how many of these pay an order at the most."""

    lines: int
    orders: int
    errors: int


class Made(Struct, frozen=True):
    """What must be found, and in which files."""

    expected: set[planted.Finding]
    paths: list[Path]
    errors: int


class Reconciled(Struct, frozen=True):
    """What was found in how much time, and the most memory that the process has held."""

    found: set[planted.Finding]
    lines: int
    matched: int
    s: float
    processor_s: float
    peak_mib: float


def measure(size: Size, console: Console) -> Measured:
    """Reconcile the same account from both kinds of files."""
    conditions = machine.conditions() | {"lines": size.lines, "payment orders": size.orders, "errors": size.errors}
    with report.phases(console, PHASES * len(FORMS)) as phase:
        ledgers = {name: _figures(size, name, phase) for name in FORMS}
    return Measured(conditions, ledgers, {SECONDS: "≤ 10", MEMORY: "≤ 300"})


def _figures(size: Size, form: str, phase: Phase) -> Figures:
    with tempfile.TemporaryDirectory() as place:
        with phase(f"{size.lines:,} lines, {form}: made"):
            (made,) = apart(partial(make, Path(place), size, form))
        with phase(f"{size.lines:,} lines, {form}: reconciled"):
            (done,) = apart(partial(compare, Path(place), made.paths))
    assert made.expected == done.found, made.expected ^ done.found
    return {
        "lines": done.lines,
        "statements": len(made.paths),
        PLANTED: made.errors,
        "breaks, each of them expected": len(done.found),
        SECONDS: done.s,
        PROCESSOR: done.processor_s,
        "lines matched (1/s)": done.matched / done.s,
        MEMORY: done.peak_mib,
    }


def make(place: Path, size: Size, form: str) -> Made:
    """Bring a ledger and its statements' files into being, with errors among the lines."""
    more = [planted.DAYS[-1] + timedelta(days=number) for number in range(1, DAYS_MORE + 1)]
    with closing(House(place)) as house:
        story = planted.begun(house, Random(SEED), size.orders, FORMS[form], more)
        shifted = min(SHIFTED, size.errors // len(KINDS))
        lines = [kind for kind in KINDS if kind is not planted.balances_shifted]
        each, rest = divmod(size.errors - shifted, len(lines))
        counts = {kind: each + (number < rest) for number, kind in enumerate(lines)} | {
            planted.balances_shifted: shifted
        }
        story.plant({kind.__name__: (count, kind) for kind, count in counts.items()})
        planted.pay_the_rest(story)
        _fill(story, size.lines, more)
        paths = story.happens(place)
        return Made(story.expected, paths, len(story.planted))


def _fill(story: planted.Story, lines: int, more: list[date]) -> None:
    """Add deposits, the same number on each of the further days, until there are so many lines."""
    missing = lines - sum(map(len, story.files.values()))
    for number in range(missing):
        story.told_on(more[number % len(more)], story.deposit())


def compare(place: Path, paths: list[Path]) -> Reconciled:
    """Reconcile as whoever only reads the ledger."""
    with closing(EmbeddedLedger.open(open_consortium(place / "c").ledger_path)) as ledger, timed() as took:
        before_s = time.process_time()
        found = reconcile(Client.reading(ledger), CUSTODY, paths, LAYOUT)
        spent_s = time.process_time() - before_s
    return Reconciled(planted.named(found), found.lines, found.matched, took.s, spent_s, machine.peak_mib())
