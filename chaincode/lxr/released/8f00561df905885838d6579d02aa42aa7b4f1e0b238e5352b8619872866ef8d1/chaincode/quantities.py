"""Measures of many workers in columns: one for each measure, with a quantity for each worker."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar, cast

import msgspec

from .types import Measure, Quantity, Record, WorkerNo

T = TypeVar("T")


class Quantities(Record, frozen=True):
    """Measures by worker, in columns. workers: their numbers, ascending, with one space between them.

    measures: a quantity for each worker, in that order; None: the worker's row does not have that measure.
    Raises ValueError: the columns are not of one length, or not as `quantities` makes them.
    """

    workers: str
    measures: dict[Measure, tuple[Quantity | None, ...]]

    def __post_init__(self) -> None:
        count = len(places_of(self.workers))
        for column in self.measures.values():
            if len(column) != count or column == (None,) * count:
                raise ValueError("a measure has no quantity, or not one place for each worker")

    def of(self, worker: str) -> dict[str, int] | None:
        """Return the worker's measures; None: there is no row."""
        place = places_of(self.workers).get(worker)
        return None if place is None else self.at(place)

    def at(self, place: int) -> dict[str, int]:
        """Return the measures of the worker at that place."""
        return {name: got for name, column in self.measures.items() if (got := column[place]) is not None}

    def each(self) -> Iterator[tuple[str, dict[str, int]]]:
        """Yield all measures, by worker."""
        return ((worker, self.at(place)) for worker, place in places_of(self.workers).items())

    def column(self, measure: str, workers: str) -> Sequence[int]:
        """Return the quantities of these workers, whose numbers come as in `workers`; 0 where there is none."""
        column = self.measures.get(measure)
        if column is None:
            return (0,) * len(places_of(workers))
        found = picked(column, self.workers, workers)
        return [quantity or 0 for quantity in found] if None in found else cast(Sequence[int], found)


def quantities(rows: Mapping[str, Mapping[str, int]]) -> Quantities:
    """Return the columns of these measures by worker."""
    workers = sorted(rows)
    names = sorted({name for measures in rows.values() for name in measures})
    return Quantities(
        " ".join(workers), {name: tuple([rows[worker].get(name) for worker in workers]) for name in names}
    )


@lru_cache(maxsize=1024)
def places_of(workers: str) -> Mapping[str, int]:
    """Return the place of each worker in the columns.

    Raises ValueError, msgspec.ValidationError: the workers are not numbers in ascending order.
    """
    numbers = msgspec.convert(workers.split(" ") if workers else [], list[WorkerNo])
    if any(left >= right for left, right in pairwise(numbers)):
        raise ValueError("the workers are not in ascending order")
    return {number: place for place, number in enumerate(numbers)}


def picked(column: Sequence[T], workers: str, wanted: str) -> Sequence[T | None]:
    """Return what a column over `workers` has for the wanted ones, in their order; None for one not among them."""
    if workers == wanted:
        return column
    places = places_of(workers)
    return [column[places[number]] if number in places else None for number in places_of(wanted)]
