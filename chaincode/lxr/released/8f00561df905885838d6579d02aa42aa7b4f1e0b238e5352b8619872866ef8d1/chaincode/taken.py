"""Which rows a run took: the days of a pay period as bits, for each version of the sheets that content came in."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated

from msgspec import Meta

from .pay_rules import DAYS_MAX
from .types import Record


class Taken(Record, frozen=True, array_like=True):
    """Rows whose content came in that version of their sheet. days: bit n is the nth day after the period's first."""

    version: Annotated[int, Meta(ge=0)]
    days: Annotated[int, Meta(ge=1, lt=2**DAYS_MAX)]


@lru_cache(maxsize=4096)
def taken_of(versions: tuple[int | None, ...]) -> tuple[Taken, ...]:
    """The rows of a period, whose versions come day by day from its first; None: no row on that day."""
    return _sorted([(version, 1 << place) for place, version in enumerate(versions) if version is not None])


def joined(rows: Iterable[Taken], others: Iterable[Taken]) -> tuple[Taken, ...]:
    """Those that are in either."""
    return _sorted([(some.version, some.days) for some in (*rows, *others)])


def without(rows: tuple[Taken, ...], others: tuple[Taken, ...]) -> tuple[Taken, ...]:
    """Those that are not in the others."""
    if not rows or not others:  # the most common case by far
        return rows
    gone = {some.version: some.days for some in others}
    return _sorted([(some.version, some.days & ~gone.get(some.version, 0)) for some in rows])


def dated(rows: Iterable[Taken], start: date) -> list[tuple[date, int]]:
    """Day and version of each row, by day. start: the first day of the pay period."""
    return sorted(
        (start + timedelta(days=place), some.version)
        for some in rows
        for place in range(DAYS_MAX)
        if some.days >> place & 1
    )


def _sorted(parts: Iterable[tuple[int, int]]) -> tuple[Taken, ...]:
    days: dict[int, int] = {}
    for version, some in parts:
        days[version] = days.get(version, 0) | some
    return tuple(Taken(version, some) for version, some in sorted(days.items()) if some)
