"""What all measures share: sizes of a shard and a month, times, small commands one after the other, an audit."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Final

from lxr.chaincode.headcount import SHARD_WORKERS_MAX
from lxr.node.audit import audit
from lxr.node.port import Ledger

if TYPE_CHECKING:
    from benchmarks.union import Union

SHARD: Final = SHARD_WORKERS_MAX
"""Workers in a full shard."""
DAYS: Final = 22

Figures = dict[str, float]
"""What was measured, by its name with its unit."""
Phase = Callable[[str], AbstractContextManager[None]]
"""Stands around each part of the work, whose name it is given."""


class Took:
    """Seconds, once it is over."""

    s: float = 0.0


@contextmanager
def timed() -> Iterator[Took]:
    """How long its body takes."""
    took = Took()
    began = time.perf_counter()
    yield took
    took.s = time.perf_counter() - began


def percentile(values_s: Sequence[float], percent: int) -> float:
    """The value at that place in their order, in ms."""
    return 1_000 * sorted(values_s)[round((len(values_s) - 1) * percent / 100)]


def one_by_one(union: "Union", count: int) -> Figures:
    """Small commands, each sent when the one before it is on the ledger."""
    spent_s = []
    for command in union.proposals(count):
        with timed() as took:
            union.admin.submit(command)
        spent_s.append(took.s)
    return {
        "small command: end to end, p50 (ms)": percentile(spent_s, 50),
        "small command: end to end, p95 (ms)": percentile(spent_s, 95),
    }


def prove(ledger: Ledger) -> Figures:
    """A whole audit of the ledger."""
    with timed() as took:
        found = audit(ledger)
    assert found.ok, found.fault
    return {
        "audit: all of it (s)": took.s,
        "audit: transactions": found.transactions,
        "audit (transactions/s)": found.transactions / took.s,
    }
