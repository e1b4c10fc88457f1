"""The rows of a sample by their columns, where a sheet with a column for each day has a row for each day's cells."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.cells import shown
from lxr.settlement.work.intake.widths import title_of
from lxr.settlement.work.mapping_assistant.looks import Look, look_at
from lxr.settlement.work.mapping_assistant.sample import Sample
from lxr.settlement.work.mapping_assistant.words import Role, role_of

Rows = Sequence[tuple[str, ...]]


class Column(Struct, frozen=True):
    """name: as the mapping calls it. role: by its words."""

    name: str
    role: Role
    place: int


class Table:
    """Columns and rows. parts: the names of what stands under each day, which are columns too."""

    def __init__(self, sample: Sample, parts: Sequence[tuple[str, str]]) -> None:
        """parts: what headings say below the day, and how the mapping calls it."""
        of_days = {place for place, _ in sample.days} if parts else set()
        header = sample.header
        width = len(header.names)
        self.parts: Final = tuple(name for _, name in parts)
        titles = list(header.titles)
        named = [
            Column(header.names[place], role_of(header.paths[place]), place)
            for place in range(width)
            if place not in of_days and titles[place] and titles.count(titles[place]) == 1
        ]
        under = [Column(name, role_of((name,)), width + number) for number, name in enumerate(self.parts)]
        self.columns: Final = (*named, *under)
        self.rows: Final = tuple(cells for _, cells in sample.rows) if not parts else tuple(_each_day(sample, parts))
        self._system: Final = sample.date_system
        self._looks: Final[dict[tuple[str, int], Look]] = {}

    def has(self, name: str) -> bool:
        """Return whether a column is called so."""
        return any(title_of(column.name) == title_of(name) for column in self.columns)

    def column(self, option: str, name: str) -> Column:
        """Return a column by its name. Raises InputFault: there is none."""
        for column in self.columns:
            if title_of(column.name) == title_of(name):
                return column
        names = ", ".join(column.name for column in self.columns)[:200]
        raise InputFault(
            file=option,
            problem=Said("no column is called {name}", name=shown(name)),
            expected=Said("one of the file's columns: {names}", names=names),
        )

    def look(self, column: Column, rows: Rows | None = None) -> Look:
        """Return what a column's cells look like. rows: only these; they are looked at anew."""
        if rows is not None:
            return look_at([row[column.place] for row in rows], self._system)
        key = column.name, column.place
        if key not in self._looks:
            self._looks[key] = look_at([row[column.place] for row in self.rows], self._system)
        return self._looks[key]

    def having(self, role: Role, fits: Callable[[Look], bool] = lambda _: True) -> tuple[Column, ...]:
        """Return the columns that are called so, and hold what fits."""
        return tuple(each for each in self.columns if each.role == role and fits(self.look(each)))


def _each_day(sample: Sample, parts: Iterable[tuple[str, str]]) -> Iterable[tuple[str, ...]]:
    """Yield a row for each day that holds anything: the row's cells, and those of the day."""
    order = {below: number for number, (below, _) in enumerate(parts)}
    groups: list[list[int | None]] = []
    for place, below in sample.days:
        number = order[below]
        if not groups or groups[-1][number] is not None:
            groups.append([None] * len(order))
        groups[-1][number] = place
    for _, cells in sample.rows:
        for places in groups:
            day = tuple("" if place is None else cells[place] for place in places)
            if any(map(str.strip, day)):
                yield (*cells, *day)
