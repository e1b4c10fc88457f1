"""Reading an export, one record at a time: CSV, or one sheet of an .xlsx workbook, whichever the file is."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Protocol

from lxr.node.inputs import Unread, open_input
from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.csv_export import CsvExport, Record
from lxr.settlement.work.intake.form import ANY_FORM, DateSystem, Encoding, Form, Separator
from lxr.settlement.work.intake.neutral import as_it_was
from lxr.settlement.work.intake.xlsx_safety import ZIP_MAGICS, refuse_old_workbook

EXPORT_BYTES_MAX: Final = 1 << 30

RowsRead = Callable[[int], None]


class _Source(Protocol):
    @property
    def place(self) -> str: ...

    def records(self, progress: RowsRead | None = None) -> Generator[Record, None, None]: ...


class Export:
    """An open export. place: the file, and of a workbook the sheet. date_system: of a workbook's bare numbers of days.

    encoding, separator: of a CSV file, or with which rows of a workbook are written as one.
    """

    def __init__(
        self, source: _Source, size: int, encoding: Encoding, separator: Separator, date_system: DateSystem | None
    ) -> None:
        self._source: Final = source
        self._size: Final = size
        self.place: Final = source.place
        self.encoding: Final = encoding
        self.separator: Final = separator
        self.date_system: Final = date_system

    def records(self, progress: RowsRead | None = None) -> Generator[Record, None, None]:
        """As read_records; once."""
        count = 0
        with closing(self._source.records(progress)) as records:
            for row, cells in records:
                yield row, tuple(as_it_was(cell) for cell in cells)
                count += 1
        if count == 0:
            raise InputFault(file=self.place, problem="is empty", expected="a header and at least one row")
        if count == 1:
            raise InputFault(file=self.place, problem="has no data rows", expected="at least one row below the header")
        if progress is not None:
            progress(self._size)


@contextmanager
def open_export(path: Path, form: Form = ANY_FORM) -> Iterator[Export]:
    """Open an export, and recognises what the form leaves open.

    Raises InputFault for a file that cannot be read, is an old or protected workbook, a workbook that is unsafe or
    whose sheet is hidden or not stated, or a CSV file in another encoding than stated.
    """
    try:
        file = open_input(path, EXPORT_BYTES_MAX)
    except Unread as fault:
        raise InputFault(file=str(path), problem=fault.problem, expected=fault.expected) from None
    with file:
        size = file.seek(0, 2)
        file.seek(0)
        refuse_old_workbook(path, file)
        is_zip = file.read(4) in ZIP_MAGICS
        file.seek(0)
        if is_zip:
            # Slow to import, and most exports are CSV.
            from lxr.settlement.work.intake.xlsx_export import XlsxExport

            workbook = XlsxExport(path, file, form)
            yield Export(workbook, size, form.encoding or "utf-8", form.separator or ",", workbook.date_system)
        else:
            text = CsvExport(str(path), file, form)
            yield Export(text, size, text.encoding, text.separator, None)


def read_records(path: Path, progress: RowsRead | None = None, form: Form = ANY_FORM) -> Generator[Record, None, None]:
    """Yield (row, cells): the header first, which is row 1 of a usual file; empty rows are passed over.

    row: a line of a CSV file, the first of a record that runs over several, or a row of a sheet.
    progress: called with the bytes read so far, and at the end with the file's size.
    Raises InputFault as open_export does, for a file that is empty or has no data rows; in CSV for a line that is not
    in the file's encoding, holds a NUL byte or does not end, and for what breaks the rules of CSV, such as a quote that
    is never closed; in a workbook for merged cells, a formula, an error or a damaged part.
    """
    with open_export(path, form) as export:
        yield from export.records(progress)


def read_header(path: Path | str, cells: tuple[str, ...], used_columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns' names, without spaces around them.

    Raises InputFault where one is doubled or a used one missing.

    Of a doubled one only the place is told, unless it is used: it may be a cell of a person's.
    """
    columns = tuple(cell.strip() for cell in cells)
    for place, column in enumerate(columns, 1):
        first = columns.index(column) + 1
        if first < place:
            field = column if column in used_columns else f"column {place}"
            problem = Said("is there twice, as column {first} and column {place}", first=first, place=place)
            raise InputFault(file=str(path), row=1, field=field, problem=problem, expected="each column once")
    for column in used_columns:
        if column not in columns:
            raise InputFault(
                file=str(path),
                row=1,
                field=column,
                problem="is missing",
                expected=Said("the mapping's columns; the header has {names}", names=", ".join(columns)[:200]),
            )
    return columns
