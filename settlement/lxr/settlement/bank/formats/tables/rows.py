"""One row of a table, and what all kinds of workbooks have."""

from typing import NamedTuple

from msgspec import Struct


class Row(NamedTuple):
    """number: the row's or line's own in the file. cells: their texts, without those that are empty at the end."""

    number: int
    cells: tuple[str, ...]
    hidden: bool = False


class Merged(NamedTuple):
    """Cells that are one: rows from 1, columns from 0."""

    first_row: int
    last_row: int
    first_column: int


class Sheet(Struct, frozen=True):
    """The one visible sheet of a workbook. hidden_columns: from 0."""

    place: str
    rows: tuple[Row, ...]
    hidden_columns: frozenset[int]
    merged: tuple[Merged, ...]
