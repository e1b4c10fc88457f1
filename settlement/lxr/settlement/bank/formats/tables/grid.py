"""A table before anybody knows what its columns mean: rows of texts, out of whatever kind of file it is."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Set
from io import BytesIO
from pathlib import Path
from typing import Final, get_args

from msgspec import Struct

from lxr.settlement.bank.formats.tables import biff
from lxr.settlement.bank.formats.tables.rows import Merged, Row, Sheet
from lxr.settlement.bank.formats.tables.spreadsheetml import read_spreadsheetml
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.csv_export import CsvExport
from lxr.settlement.work.intake.encodings import encoding_of, lines
from lxr.settlement.work.intake.form import DateSystem, Encoding, Form, Separator
from lxr.settlement.work.intake.xlsx_safety import OLE_MAGIC, ZIP_MAGICS, refuse_old_workbook

BYTES_MAX: Final = 128 << 20
EXPECTED: Final = "a table: CSV, .xlsx or .xls, as the bank's portal exports it"
_START_CHARACTERS: Final = 2000
_HTML: Final = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|meta|style|table|body|div)\b",
    re.IGNORECASE | re.DOTALL,
)
_XML: Final = re.compile(r"\s*<\?xml|\s*<[A-Za-z]")
_SPREADSHEET: Final = "urn:schemas-microsoft-com:office:spreadsheet"
_TEXT_CELL: Final = re.compile(r'="([^"]*)"')


class Grid(Struct):
    """A table's rows. place: the file, and of a workbook the sheet. date_system: of bare numbers of days.

    hidden_columns: their places from 0, known once the first row is read.
    """

    place: str
    rows: Iterator[Row]
    hidden_columns: Set[int]
    merged: tuple[Merged, ...] = ()
    date_system: DateSystem | None = None


def grids(data: bytes, file: str) -> Iterator[Grid]:
    """Yield the table in a file, whatever it is called; several where it can be read in several ways, likeliest first.

    Raises InputFault, then or while rows are read: a web page, a workbook under a password, with several visible
    sheets, formulas or errors in cells, that is damaged or a bomb; a text in no encoding that is known.
    """
    if data[:4] in ZIP_MAGICS:
        yield _xlsx(data, file)
    elif biff.is_biff(data):
        if data.startswith(OLE_MAGIC) and "EncryptedPackage".encode("utf-16-le") in data:
            refuse_old_workbook(Path(file), BytesIO(data))
        for book in biff.read_biff(data, file):
            yield _of_sheet(book)
    else:
        encoding = encoding_of(file, BytesIO(data), None)
        start = _start(data, file, encoding)
        if _SPREADSHEET in start and _XML.match(start):
            yield _of_sheet(read_spreadsheetml(data, file))
        elif _HTML.match(start):
            problem = "is a web page, whatever it is called"
            raise InputFault(file=file, problem=problem, expected="the table saved as .xlsx, or as CSV in UTF-8")
        elif _XML.match(start):
            raise InputFault(file=file, problem="is an XML file", expected=EXPECTED)
        else:
            for separator in get_args(Separator):
                yield Grid(file, _text_rows(data, file, Form(encoding, separator)), frozenset())


def is_other_xml(head: bytes) -> bool:
    """Return whether a file that begins so is XML, and neither a spreadsheet nor a web page."""
    start = head.removeprefix(BOM_UTF8)[:_START_CHARACTERS].decode("latin-1")
    return _XML.match(start) is not None and _HTML.match(start) is None and _SPREADSHEET.encode() not in head


def _of_sheet(sheet: Sheet) -> Grid:
    return Grid(sheet.place, iter(sheet.rows), sheet.hidden_columns, sheet.merged)


def _xlsx(data: bytes, file: str) -> Grid:
    from openpyxl.utils.cell import range_boundaries  # slow to import, and most tables are CSV or .xls

    from lxr.settlement.work.intake.xlsx_export import XlsxExport

    workbook = XlsxExport(Path(file), BytesIO(data), Form())

    def rows() -> Iterator[Row]:
        for number, cells, hidden in workbook.grid():
            hidden_columns.update(each - 1 for each in workbook.hidden_columns)
            yield Row(number, cells, hidden)

    hidden_columns: set[int] = set()
    bounds = [range_boundaries(each) for each in workbook.merged]
    merged = tuple(Merged(int(row or 0), int(last or 0), int(column or 1) - 1) for column, row, _, last in bounds)
    return Grid(workbook.place, rows(), hidden_columns, merged, workbook.date_system)


def _start(data: bytes, file: str, encoding: Encoding) -> str:
    """Return the first characters of a text, or of its first line that is too long."""
    found = ""
    for line in lines(file, BytesIO(data), encoding):
        found += line
        if len(found) >= _START_CHARACTERS:
            break
    return found[:_START_CHARACTERS]


def _text_rows(data: bytes, file: str, form: Form) -> Iterator[Row]:
    """Yield the rows of a text. ="00123" is how a portal keeps a spreadsheet from making a number of it."""
    for number, cells in CsvExport(file, BytesIO(data), form).records():
        yield Row(number, tuple(found[1] if (found := _TEXT_CELL.fullmatch(cell.strip())) else cell for cell in cells))
