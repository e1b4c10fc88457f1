"""Where an export's header is, and how its columns are called."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.day_headings import day_heading
from lxr.settlement.work.intake.form import Form
from lxr.settlement.work.intake.widths import title_of

HEADER_WITHIN: Final = 50
"""Rows in which the header is looked for: above it stand the report's title, its period, its units."""
HEADER_ROWS_MAX: Final = 3

Path = tuple[str, ...]
"""The titles over a column, the group's first."""
Row = tuple[int, tuple[str, ...]]
Spans = Mapping[int, Sequence[tuple[int, int]]]
"""Merged cells by their first row: first and last column, from 0."""


class Header(Struct, frozen=True):
    """first, last: its rows. paths: of each column. names: with / between a group and its column."""

    first: int
    last: int
    paths: tuple[Path, ...]
    names: tuple[str, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        """The names as they are compared."""
        return tuple(map(title_of, self.names))


def find_header(place: str, rows: Sequence[Row], form: Form, merged: Spans) -> Header:
    """Return the header among a file's first rows that hold anything.

    Raises InputFault: the row that is stated, or else any, has not all the form's columns, or one of them twice.
    """
    if not form.columns and form.header_row is None:
        return header_of(rows[:1], {})
    starts = [number for number, (row, _) in enumerate(rows) if form.header_row in (None, row)]
    if not starts:
        problem = Said("row {row}, the header that the mapping states, is empty", row=form.header_row)
        raise InputFault(file=place, field="header_row", problem=problem, expected="the row of the header")
    candidates = [
        header_of(rows[start : start + depth], merged)
        for depth in ((form.header_rows,) if form.header_rows else range(1, HEADER_ROWS_MAX + 1))
        for start in starts
    ]
    for header in candidates:
        if fits(header, form):
            _refuse_twice(place, header, form.columns)
            return header
    best = max(candidates, key=lambda header: _having(header, form))
    _refuse_twice(place, best, form.columns)
    raise _missing(place, best, form)


def fits(header: Header, form: Form) -> bool:
    """Return whether a header has all columns of a form, and a column for each day where it has such."""
    titles = header.titles
    return {title_of(column) for column in form.columns} <= set(titles) and (
        not form.days or any(day_heading(path, form.days) for path in header.paths)
    )


def header_having(rows: Sequence[Row], form: Form) -> int:
    """Return how many of a form's columns the best of these rows has as a header."""
    depths = (form.header_rows,) if form.header_rows else range(1, HEADER_ROWS_MAX + 1)
    return max(
        _having(header_of(rows[start : start + depth], {}), form) for depth in depths for start in range(len(rows))
    )


def _having(header: Header, form: Form) -> int:
    return len({title_of(column) for column in form.columns} & set(header.titles))


def header_of(rows: Sequence[Row], merged: Spans) -> Header:
    """Return these rows as a header. merged: by whose width groups are as wide as they are."""
    width = max(len(cells) for _, cells in rows)
    while width and not any(cells[width - 1].strip() for _, cells in rows if len(cells) >= width):
        width -= 1
    levels = [_spread(row, cells, width, merged, last=row == rows[-1][0]) for row, cells in rows]
    paths = tuple(_path(level[column] for level in levels) for column in range(width))
    return Header(rows[0][0], rows[-1][0], paths, tuple("/".join(path) for path in paths))


def _path(titles: Iterable[str]) -> Path:
    return tuple(dict.fromkeys(title for title in titles if title)) or ("",)


def _spread(row: int, cells: Sequence[str], width: int, merged: Spans, *, last: bool) -> list[str]:
    """Return a row's titles, those of groups over each of their columns.

    A group is as wide as its merged cells, or where the row has none, reaches to the next title.
    """
    titles = [cells[column].strip() if column < len(cells) else "" for column in range(width)]
    if last:
        return titles
    if spans := merged.get(row):
        for first, final in spans:
            if first < width:  # else it is beside the table
                titles[first : final + 1] = [titles[first]] * len(titles[first : final + 1])
        return titles
    for column in range(1, width):
        titles[column] = titles[column] or titles[column - 1]
    return titles


def _refuse_twice(place: str, header: Header, columns: Iterable[str]) -> None:
    titles = header.titles
    for column in columns:
        places = [number for number, title in enumerate(titles, 1) if title == title_of(column)]
        if len(places) > 1:
            problem = Said("is there twice, as column {first} and column {place}", first=places[0], place=places[1])
            raise InputFault(file=place, row=header.first, field=column, problem=problem, expected="each column once")


def _missing(place: str, header: Header, form: Form) -> InputFault:
    titles = header.titles
    names = ", ".join(name for name in header.names if name)[:200]
    for column in form.columns:
        if title_of(column) not in titles:
            expected = Said("the mapping's columns; the header has {names}", names=names)
            if form.of_persons:
                expected = Said("a header with {names}", names=", ".join(form.columns))
            return InputFault(file=place, row=header.first, field=column, problem="is missing", expected=expected)
    return InputFault(
        file=place,
        row=header.first,
        field="columns.days",
        problem=Said("no columns for days; the header has {names}", names=names),
        expected=Said("a column for each day: 1, 2, 3 … with {parts}", parts=", ".join(form.days)),
    )
