"""The rows of a table that is exchanged with a bank, in text or as a workbook, whichever the file is."""

from io import BytesIO
from pathlib import Path
from typing import Final, get_args

from msgspec import Struct
from msgspec.structs import replace

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.csv_export import CsvExport, Record
from lxr.settlement.work.intake.form import Form, Separator
from lxr.settlement.work.intake.xlsx_safety import ZIP_MAGICS, refuse_old_workbook

HEADER_WITHIN: Final = 30
"""Lines in which a bank's header is looked for: above it stand the account, the day, sums."""


class Table(Struct, frozen=True):
    """A header and the rows below it: their numbers in the file, and their cells by the header's titles."""

    header: int
    rows: tuple[tuple[int, dict[str, str]], ...]


def rows_of(data: bytes, file: str, form: Form) -> list[Record]:
    """Return the rows that hold something, with their numbers. Raises InputFault: as the intake of exports does."""
    source = BytesIO(data)
    refuse_old_workbook(Path(file), source)
    if data[:4] in ZIP_MAGICS:
        from lxr.settlement.work.intake.xlsx_export import XlsxExport  # slow to import

        return list(XlsxExport(Path(file), source, form).rows())
    return [(row, cells) for row, cells in CsvExport(file, source, form).records() if any(cells)]


def table_of(data: bytes, file: str, form: Form) -> Table:
    """Return the table in a file, its cells without blanks around them. form: with the titles that it must have.

    Raises InputFault: as `rows_of`; no line near the beginning has these titles, or one of them twice; a cell stands
    right of the header.
    """
    in_text = form.separator is None and data[:4] not in ZIP_MAGICS
    for each in [replace(form, separator=separator) for separator in get_args(Separator)] if in_text else [form]:
        found = [(row, tuple(cell.strip() for cell in cells)) for row, cells in rows_of(data, file, each)]
        if (place := _header(found, form)) is not None:
            return _below(found, place, file, form)
    raise InputFault(
        file=file,
        problem=Said("no header in its first {lines} lines", lines=HEADER_WITHIN),
        expected=Said("the columns {names}", names=", ".join(form.columns)),
    )


def _header(found: list[Record], form: Form) -> int | None:
    """Return the place of the first row that has all titles, near the beginning."""
    near = (
        place for place, (row, titles) in enumerate(found) if row <= HEADER_WITHIN and set(form.columns) <= set(titles)
    )
    return next(near, None)


def _below(found: list[Record], place: int, file: str, form: Form) -> Table:
    header, titles = found[place]
    for title in form.columns:
        if titles.count(title) > 1:
            raise InputFault(file=file, row=header, field=title, problem="is there twice", expected="once")
    rows = []
    for row, cells in found[place + 1 :]:
        if any(cells[len(titles) :]):
            raise InputFault(file=file, row=row, problem="is wider than the header", expected="no cell beside it")
        rows.append((row, dict(zip(titles, _filled(cells, titles), strict=True))))
    return Table(header, tuple(rows))


def _filled(cells: tuple[str, ...], titles: tuple[str, ...]) -> tuple[str, ...]:
    return (*cells, *[""] * (len(titles) - len(cells)))[: len(titles)]
