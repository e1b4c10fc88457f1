"""The head of a shard: its workers, and what is open for them."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from msgspec import field
from msgspec.structs import replace

from ..token.fen import SomeFen
from .parts import ByField, Keyed, Listed
from .types import Record, TermsNo, WorkerNo
from .world import Table


class OpenDay(Record, frozen=True, array_like=True):
    """A day on which rows under these terms have changed since a run last took them."""

    terms: TermsNo
    day: date


class ShardHead(Record, frozen=True):
    """What is open in one shard of an employer. overpaid: what a worker was paid too much in all periods, by number.

    later: days that a run has taken, and looks at again because a deadline may have passed, or the time to answer.
    """

    workers: tuple[WorkerNo, ...] = ()
    days: tuple[OpenDay, ...] = ()
    overpaid: dict[WorkerNo, SomeFen] = field(default_factory=dict)
    later: tuple[OpenDay, ...] = ()


shard_heads: Final = Table("shard", ShardHead, splitting=ByField(workers=Listed(), overpaid=Keyed()))
"""By employer and shard."""


def with_days(head: ShardHead, days: Iterable[OpenDay]) -> ShardHead:
    """Return the head with those days open again."""
    return replace(head, days=tuple(sorted({*head.days, *days}, key=lambda open_day: (open_day.day, open_day.terms))))
