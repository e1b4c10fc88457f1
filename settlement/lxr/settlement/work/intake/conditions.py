"""Whether a row counts, by the conditions of a mapping."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Final

from lxr.node.said import Said
from lxr.settlement.work.intake.cells import CellFault, reads, unguarded
from lxr.settlement.work.intake.mapping import Only
from lxr.settlement.work.intake.row_cells import Cells, RowCells

NAMED_CHARACTERS: Final = 200
"""So many of the values that are expected are told."""


class Condition:
    """One condition, on the columns of a row."""

    def __init__(self, only: Only, row: RowCells) -> None:
        self._only: Final = only
        self._row: Final = row
        self._counts: Final = dict.fromkeys(only.not_counted or (), False) | dict.fromkeys(only.values or (), True)
        self._places: Final = tuple(row.place[column] for column in only.columns())
        self._lies_in: Final = None if only.hours is None else within(only.hours)

    @property
    def needs_day(self) -> bool:
        """Whether the row's day is to be known first."""
        return self._lies_in is not None

    def met(self, cells: Cells, day: date | None) -> bool:
        """Return whether the row counts. day: beside which a time may stand alone. Raises CellFault."""
        if self._lies_in is not None:
            time = self._row.time(self._only.columns()[0])
            return self._lies_in(time.read(cells, day if self._row.beside_date else None).at)
        if self._only.filled is not None:
            return any(cells[place].strip() for place in self._places)
        cell = cells[self._places[0]]
        counts = self._counts.get(unguarded(cell))
        if counts is None:
            raise CellFault(self._only.columns()[0], reads(cell), self._expected())
        return counts

    def why(self, cells: Cells) -> Said:
        """Return why a row that does not count is passed over."""
        columns = ", ".join(self._only.columns())
        if self._lies_in is not None:
            return Said("{column} lies outside {hours}", column=columns, hours=self._only.hours)
        if self._only.filled is not None:
            return Said("{columns} blank", columns=columns)
        return Said("{column} {reads}", column=columns, reads=reads(cells[self._places[0]]))

    def _expected(self) -> Said:
        counted, others = (_named(values or ()) for values in (self._only.values, self._only.not_counted))
        if others:
            return Said("{values}, or {others}, which does not count", values=counted, others=others)
        return Said("{values}, or a value that the mapping lists in `not_counted`", values=counted)


def all_met(conditions: Iterable[Condition], cells: Cells, day: date | None) -> bool:
    """Return whether a row meets each condition: all are asked, so that each value that nobody knows is a fault."""
    met = [condition.met(cells, day) for condition in conditions]
    return all(met)


def within(hours: str) -> Callable[[datetime], bool]:
    """Return what says whether a time lies in hours of the day like 22:00-06:00."""
    first, last = bounds(hours)

    def lies_in(at: datetime) -> bool:
        minute = at.hour * 60 + at.minute
        return first <= minute < last if first < last else minute >= first or minute < last

    return lies_in


def bounds(hours: str) -> tuple[int, int]:
    """Return the minutes of the day in hours like 22:00-06:00."""
    first, last = (int(time[:2]) * 60 + int(time[3:]) for time in hours.split("-"))
    return first, last


def _named(values: Iterable[str]) -> str:
    return ", ".join(value or '""' for value in values)[:NAMED_CHARACTERS]
