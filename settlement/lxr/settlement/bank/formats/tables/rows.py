"""One row of a table, and what all kinds of workbooks have."""

from typing import NamedTuple

from msgspec import Struct


class Row(NamedTuple):
    """number: the row's or line's own in the file. cells: their texts, without those that are empty at the end."""

    number: int
    cells: tuple[str, ...]
    hidden: bool = False


class Sheet(Struct, frozen=True):
    """The one visible sheet of a workbook. merged: first and last row, from 1, and first column, from 0."""

    place: str
    rows: tuple[Row, ...]
    hidden_columns: frozenset[int]
    merged: tuple[tuple[int, int, int], ...]
