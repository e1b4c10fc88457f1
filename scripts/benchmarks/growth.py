"""Paydays and audits in processes of their own: of one employer or many, of few workers or many."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import Struct

from benchmarks import machine, months, paying
from benchmarks.apart import apart
from benchmarks.months import Size
from benchmarks.union import Union, payday_ms
from benchmarks.workload import Figures, Phase
from consortium import House
from lxr.network.consortium import open_consortium
from lxr.node.audit import audit
from lxr.node.embedded import EmbeddedLedger

ONE_TO_MANY: Final = "one employer : many"
MOST_TO_FEWEST: Final = "time for each worker, most workers : fewest"
PAYDAY_MEMORY: Final = "payday, peak memory (MiB)"
AUDIT_MEMORY: Final = "audit, peak memory (MiB)"
PHASES: Final = 3
"""Of each size: made, paid, audited."""


class Paid(Struct, frozen=True):
    """A payday's time, and the most memory that its process has held."""

    s: float
    peak_mib: float


def one_against_many(size: Size, phase: Phase) -> Figures:
    """The payday of one employer with all workers, beside that of many with as many together."""
    spent_s = []
    for each in (size, Size(1, size.workers, size.days)):
        with _made(each, phase) as place, phase(f"{each.told}: payday"):
            (paid,) = apart(partial(pay, place, each))
            spent_s.append(paid.s)
    many_s, one_s = spent_s
    return {
        f"payday of {size.employers} employers (workers/s)": size.workers / many_s,
        "payday of one employer (workers/s)": size.workers / one_s,
        ONE_TO_MANY: many_s / one_s,
    }


def growth(sizes: Iterable[Size], phase: Phase) -> Figures:
    """Payday and audit as the workers become more."""
    figures: Figures = {}
    each_s = []
    for size in sizes:
        with _made(size, phase) as place:
            with phase(f"{size.told}: payday"):
                (paid,) = apart(partial(pay, place, size))
            with phase(f"{size.told}: audit"):
                (audit_mib,) = apart(partial(prove, place))
        figures[f"{size.workers:,} workers: payday (workers/s)"] = size.workers / paid.s
        figures[f"{size.workers:,} workers: {PAYDAY_MEMORY}"] = paid.peak_mib
        figures[f"{size.workers:,} workers: {AUDIT_MEMORY}"] = audit_mib
        each_s.append(paid.s / size.workers)
    return figures | {MOST_TO_FEWEST: each_s[-1] / each_s[0]}


def make(place: Path, size: Size) -> None:
    """A ledger with the work of that size, on which nothing is certified yet."""
    with closing(House(place)) as house:
        months.work_s(house, months.teams(house, size), size.dates)


def pay(place: Path, size: Size) -> Paid:
    """The work is certified, which is not in the time, and paid."""
    consortium = open_consortium(place / "c")
    with closing(EmbeddedLedger.open(consortium.ledger_path, payday_ms)) as ledger:
        union = Union(consortium, ledger)
        paying.certify_s(union, size)
        return Paid(sum(paying.pay_s(union, size).values()), machine.peak_mib())


def prove(place: Path) -> float:
    """The whole ledger is audited. Gives the most memory that the process has held, in MiB."""
    with closing(EmbeddedLedger.open(open_consortium(place / "c").ledger_path)) as ledger:
        found = audit(ledger)
    assert found.ok, found.fault
    return machine.peak_mib()


@contextmanager
def _made(size: Size, phase: Phase) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as place:
        with phase(f"{size.told}: work data"):
            apart(partial(make, Path(place), size))
        yield Path(place)
