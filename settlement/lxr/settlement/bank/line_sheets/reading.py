"""A sheet that comes back from a person: what was moved, sorted or added is fine, what nobody sees is not."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

from msgspec import Struct
from openpyxl.utils.cell import range_boundaries

from lxr.node.said import Said
from lxr.settlement.bank.line_sheets.columns import TITLES, Column
from lxr.settlement.bank.statement_lines import plain
from lxr.settlement.errors import InputFault
from lxr.settlement.files import read_bounded
from lxr.settlement.work.intake.form import ANY_FORM
from lxr.settlement.work.intake.xlsx_export import XlsxExport
from lxr.settlement.work.intake.xlsx_safety import ZIP_MAGICS, refuse_old_workbook

_BYTES_MAX: Final = 64 << 20
_HEADER_WITHIN: Final = 30
_NO_VALUE: Final = "\0"
"""Stands for what a cell does not show as it is, which no text of a workbook can be."""


class SheetRow(Struct, frozen=True):
    """A row in which somebody decided. place: the file and sheet. number: the row's own."""

    place: str
    number: int
    titles: dict[Column, str]
    cells: dict[Column, str]

    def __getitem__(self, column: Column) -> str:
        return self.cells[column]

    def cell_fault(self, column: Column, problem: str | Said, expected: str | Said = "") -> InputFault:
        """Return what is wrong with a cell of it. A cell may hold a name: the fault never shows what it reads."""
        return InputFault(
            file=self.place, row=self.number, field=self.titles[column], problem=problem, expected=expected
        )


class Sheet(Struct, frozen=True):
    """What is decided in a sheet, and what is wrong with other rows."""

    rows: tuple[SheetRow, ...]
    faults: tuple[InputFault, ...]


def read_sheet(path: Path, needed: Sequence[Column], deciding: Sequence[Column]) -> Sheet:
    """Return the rows that have something in a column in which people decide.

    Raises InputFault: no workbook, no header with all columns that are needed, one of them twice or hidden, or cells
    that are merged.
    """
    data = read_bounded(path, _BYTES_MAX)
    source = BytesIO(data)
    refuse_old_workbook(Path(path.name), source)
    if data[:4] not in ZIP_MAGICS:
        raise InputFault(file=path.name, problem="is no workbook", expected="the sheet that was exported, as .xlsx")
    book = XlsxExport(Path(path.name), source, ANY_FORM)
    rows = book.grid(unread=_NO_VALUE)
    header, titles = _header(book.place, rows, needed)
    _refuse_unclear(book, header, titles, needed)
    good: list[SheetRow] = []
    faults: list[InputFault] = []
    named = {column: title for column, (_, title) in titles.items()}
    for number, texts, hidden in rows:
        cells = {column: texts[at].strip() if at < len(texts) else "" for column, (at, _) in titles.items()}
        row = SheetRow(book.place, number, named, cells)
        if not any(cells[column] for column in deciding):
            continue
        if hidden:
            faults.append(row.cell_fault("line", "the row is hidden, and decides something", "rows that are all seen"))
        elif unread := [column for column in needed if cells[column] == _NO_VALUE]:
            faults.append(
                row.cell_fault(unread[0], "is a formula or an error, or shows something else than it holds", "a value")
            )
        else:
            good.append(row)
    return Sheet(tuple(good), tuple(faults))


Titles = dict[Column, tuple[int, str]]
"""Of each column its place, and its title as it stands there."""


def _header(
    place: str, rows: Iterator[tuple[int, tuple[str, ...], bool]], needed: Sequence[Column]
) -> tuple[int, Titles]:
    """Return the row with the titles, in either language, and what it has of them."""
    columns = {plain(title): column for column, words in TITLES.items() for title in (words.en, words.zh)}
    for number, texts, _ in rows:
        if number > _HEADER_WITHIN:
            break
        found: Titles = {}
        for at, text in enumerate(texts):
            column = columns.get(plain(text))
            if column is None:
                continue
            if column in found and set(needed) <= {columns.get(plain(each)) for each in texts}:
                raise InputFault(file=place, row=number, field=text.strip(), problem="is there twice", expected="once")
            found[column] = at, text.strip()
        if set(needed) <= found.keys():
            return number, found
    names = ", ".join(TITLES[column].en for column in needed)
    chinese = "、".join(TITLES[column].zh for column in needed)
    raise InputFault(
        file=place,
        problem=Said("no header in its first {lines} lines", lines=_HEADER_WITHIN),
        expected=Said("the columns {names}", names=f"{names} ({chinese})"),
    )


def _refuse_unclear(book: XlsxExport, header: int, titles: Titles, needed: Sequence[Column]) -> None:
    """Raise InputFault: nobody sees a column that is needed, or cells of it are merged."""
    for column in needed:
        at, title = titles[column]
        if at + 1 in book.hidden_columns:
            raise InputFault(
                file=book.place, row=header, field=title, problem="is hidden", expected="a column that is seen"
            )
    places = {at + 1 for at, _ in titles.values()}
    for cells in book.merged:
        left, top, right, bottom = range_boundaries(cells)
        if (bottom or 0) >= header and any((left or 0) <= place <= (right or 0) for place in places):
            raise InputFault(
                file=book.place,
                row=top,
                field=cells,
                problem="is merged cells",
                expected="each cell by itself: which row a merged one belongs to, nobody knows",
            )
