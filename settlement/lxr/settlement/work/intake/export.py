"""Reading an export, one record at a time: CSV, or one sheet of an .xlsx workbook, whichever the file is."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from lxr.node.inputs import Unread, open_input
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.csv_export import CsvExport, Record
from lxr.settlement.work.intake.day_headings import day_heading, months_in
from lxr.settlement.work.intake.form import ANY_FORM, DateSystem, Encoding, Form, Separator
from lxr.settlement.work.intake.header import HEADER_ROWS_MAX, HEADER_WITHIN, Header, find_header
from lxr.settlement.work.intake.neutral import as_it_was
from lxr.settlement.work.intake.passed_over import NoWork, Passing
from lxr.settlement.work.intake.widths import title_of
from lxr.settlement.work.intake.xlsx_safety import ZIP_MAGICS, refuse_old_workbook

if TYPE_CHECKING:
    from lxr.settlement.work.intake.seen import Seen, Sheet
    from lxr.settlement.work.intake.xlsx_export import XlsxExport

EXPORT_BYTES_MAX: Final = 1 << 30

RowsRead = Callable[[int], None]


class Source(Protocol):
    """An open file of rows, with nothing known of its columns."""

    @property
    def place(self) -> str: ...

    def records(self, progress: RowsRead | None = None) -> Generator[Record, None, None]: ...


class Export:
    """An open export. place: the file, and of a workbook the sheet. date_system: of a workbook's bare numbers of days.

    encoding, separator: of a CSV file, or with which rows of a workbook are written as one. header: its columns. head:
    the rows down to the header's last, as they stand in the file.
    """

    def __init__(
        self,
        source: Source,
        form: Form,
        encoding: Encoding,
        separator: Separator,
        *,
        sheet: "Sheet | None" = None,
        date_system: DateSystem | None = None,
        progress: RowsRead | None = None,
    ) -> None:
        """Read as far as the header. sheet: of a workbook.

        Raises InputFault: the file is empty, or has not the columns of the form; what nobody sees, as read_records.
        """
        self.place: Final = source.place
        self.encoding: Final = encoding
        self.separator: Final = separator
        self.date_system: Final = date_system
        self.passing: Final = Passing()
        self._form: Final = form
        self._rows: Final = source.records(progress)
        within = HEADER_WITHIN if form.columns or form.header_row else 1
        held = (record for record in self._rows if "".join(record[1]).strip())
        first = list(islice(held, max(within, form.header_row or 0) + (form.header_rows or HEADER_ROWS_MAX) - 1))
        if not first:
            raise InputFault(file=self.place, problem="is empty", expected="a header and at least one row")
        spans = {row: [each[:2] for each in merged] for row, merged in sheet.merged_spans.items()} if sheet else {}
        plain = [(row, tuple("" if type(cell) is not str else cell for cell in cells)) for row, cells in first]
        self.header: Final[Header] = find_header(self.place, plain, form, spans)
        self.head: Final = tuple(record for record in plain if record[0] <= self.header.last)
        self._below: Final = chain(first[len(self.head) :], self._rows)
        self.used: Final = self._used_places()
        self._seen: Final = None if sheet is None else self._what_is_seen(sheet)
        if self._seen is not None and not form.columns:
            self._seen.checked(*first[0])

    def close(self) -> None:
        """Read no further."""
        self._rows.close()

    def places(self, columns: Sequence[str]) -> tuple[int, ...]:
        """Return where columns of the form are, from 0."""
        titles = self.header.titles
        return tuple(titles.index(title_of(column)) for column in columns)

    @property
    def months(self) -> frozenset[str]:
        """The months that stand above the header, or in the sheet's title, like 2026-08."""
        above = [cell for row, cells in self.head if row < self.header.first for cell in cells]
        title = self.place.rpartition(", sheet ")[2] if self._seen else ""
        return frozenset(f"{month:%Y-%m}" for text in (*above, title) for month in months_in(text))

    def records(self) -> Generator[Record, None, None]:
        """Yield the rows below the header, as wide as it is unless a CSV file's are not; once.

        Empty rows, totals, notes and a header again are passed over. Raises InputFault as read_records does.
        """
        no_work = (
            NoWork(self.places(self._form.keys), self.header.names, self._form.totals) if self._form.keys else None
        )
        width = len(self.header.names)
        count = 0
        for row, raw in self._below:
            cells = raw
            if len(cells) != width:
                cells = _trimmed(cells, width, padded=self._seen is not None)
            text = "".join(cells)
            if not text or text.isspace():
                continue
            if no_work is not None and (why := no_work.why(cells)):
                self.passing.add(row, why)
                continue
            if self._seen is not None:
                cells = self._seen.checked(row, cells)
            if "'" in text:
                cells = tuple(map(as_it_was, cells))
            yield row, cells
            count += 1
        if count == 0:
            raise InputFault(file=self.place, problem="has no data rows", expected="at least one row below the header")

    def _what_is_seen(self, sheet: "Sheet") -> "Seen":
        from lxr.settlement.work.intake.seen import Seen  # openpyxl is slow to import

        return Seen(sheet, self.header, self.used, whole=not self._form.columns)

    def _used_places(self) -> tuple[int, ...]:
        """The columns that matter: the form's, and those of days; all of them where the form has none."""
        if not self._form.columns:
            return tuple(range(len(self.header.names)))
        days = self._form.days
        of_days = (place for place, path in enumerate(self.header.paths) if days and day_heading(path, days))
        return tuple(sorted({*self.places(self._form.columns), *of_days}))


def _trimmed(cells: tuple[str, ...], width: int, *, padded: bool) -> tuple[str, ...]:
    """Return a row without what stands empty beyond the header. padded: of a workbook, whose rows end where they do."""
    if padded:
        return (*cells, *[""] * (width - len(cells)))[:width]
    return cells[:width] if len(cells) > width and not any(map(str.strip, cells[width:])) else cells


@contextmanager
def open_source(path: Path, form: Form = ANY_FORM) -> "Iterator[CsvExport | XlsxExport]":
    """Open a file of rows: the encoding, the separator and the sheet are those of the form, or are recognised.

    Raises InputFault for a file that cannot be read, is an old or protected workbook, a workbook that is unsafe or
    whose sheet is hidden or not stated, or a CSV file in another encoding than stated.
    """
    try:
        file = open_input(path, EXPORT_BYTES_MAX)
    except Unread as fault:
        raise InputFault(file=str(path), problem=fault.problem, expected=fault.expected) from None
    with file:
        refuse_old_workbook(path, file)
        is_zip = file.read(4) in ZIP_MAGICS
        file.seek(0)
        if is_zip:
            # Slow to import, and most exports are CSV.
            from lxr.settlement.work.intake.xlsx_export import XlsxExport

            yield XlsxExport(path, file, form)
        else:
            yield CsvExport(str(path), file, form)


@contextmanager
def open_export(path: Path, form: Form = ANY_FORM, progress: RowsRead | None = None) -> Iterator[Export]:
    """Open an export, and recognise what the form leaves open.

    progress: called with the bytes read so far, and at the end with the file's size.
    Raises InputFault as open_source does.
    """
    with open_source(path, form) as source:
        if isinstance(source, CsvExport):
            export = Export(source, form, source.encoding, source.separator, progress=progress)
        else:
            export = Export(
                source,
                form,
                form.encoding or "utf-8",
                form.separator or ",",
                sheet=source,
                date_system=source.date_system,
                progress=progress,
            )
            source.width = len(export.header.names)
        with closing(export):
            yield export
        if progress is not None:
            progress(source.size)


def read_records(path: Path, progress: RowsRead | None = None, form: Form = ANY_FORM) -> Generator[Record, None, None]:
    """Yield (row, cells): the header first, which is row 1 of a usual file; empty rows are passed over.

    row: a line of a CSV file, the first of a record that runs over several, or a row of a sheet.
    progress: as of open_export.
    Raises InputFault as open_export does, for a file that is empty or has no data rows; in CSV for a line that is not
    in the file's encoding, holds a NUL byte or does not end, and for what breaks the rules of CSV, such as a quote that
    is never closed; in a workbook for a damaged part, and in columns that the form names, or in any where it names
    none, for merged cells, a formula, an error, and what nobody sees.
    """
    with open_export(path, form, progress) as export:
        yield export.header.first, export.header.names
        yield from export.records()
