"""The cells of a row by the columns of a mapping, and the times in them, each read once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from lxr.settlement.work.intake.cells import unguarded
from lxr.settlement.work.intake.dates import DateRules
from lxr.settlement.work.intake.times import Moment, read_moment

Cells = Sequence[str]


class TimeColumn:
    """Reads the times of one column. What was read last is kept: a task's start says its day and begins its minutes."""

    def __init__(self, column: str, place: int, zone: ZoneInfo | None, rules: DateRules) -> None:
        self.column: Final = column
        self.place: Final = place
        self._zone: Final = zone
        self._rules: Final = rules
        self._last: tuple[str, date | None] = ("", None)
        self._moment: Moment | None = None

    def read(self, cells: Cells, day: date | None) -> Moment:
        """Return a row's time. day: of one that stands alone. Raises CellFault."""
        given = cells[self.place], day
        if self._moment is None or given != self._last:
            self._moment = None
            self._moment = read_moment(self.column, given[0], self._zone, self._rules, day)
            self._last = given
        return self._moment


class RowCells:
    """Where the mapping's columns are in a row.

    beside_date: a date column says the day, so that times may stand alone.
    """

    def __init__(
        self, places: Mapping[str, int], zone: ZoneInfo | None, rules: DateRules, *, beside_date: bool
    ) -> None:
        self.place: Final = places
        self.beside_date: Final = beside_date
        self._zone: Final = zone
        self._rules: Final = rules
        self._times: Final[dict[str, TimeColumn]] = {}

    def time(self, column: str) -> TimeColumn:
        """Return what reads a column's times."""
        if column not in self._times:
            self._times[column] = TimeColumn(column, self.place[column], self._zone, self._rules)
        return self._times[column]


def filler(words: Sequence[str], in_place_of: Mapping[int, int]) -> Callable[[tuple[str, ...]], tuple[str, ...]] | None:
    """Return what makes a row's cells as the mapping means them; None: they are already.

    words: what stands for an empty cell. in_place_of: by the place of a cell, the place of the one that counts where it
    is blank.
    """
    if not words and not in_place_of:
        return None
    blank = frozenset(words)

    def fill(cells: tuple[str, ...]) -> tuple[str, ...]:
        if blank:
            cells = tuple("" if cell and unguarded(cell) in blank else cell for cell in cells)
        if any(not cells[place].strip() for place in in_place_of):
            filled = list(cells)
            for place, other in in_place_of.items():
                if not cells[place].strip():
                    filled[place] = cells[other]
            return tuple(filled)
        return cells

    return fill
