"""Reading an export in CSV, one record at a time."""

import csv
from collections.abc import Callable, Generator, Iterator
from itertools import chain, islice
from typing import BinaryIO, Final, get_args

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.encodings import encoding_of, lines
from lxr.settlement.work.intake.form import Encoding, Form, Separator
from lxr.settlement.work.intake.header import HEADER_WITHIN, header_having

RECORDS_BETWEEN_PROGRESS: Final = 1_000

Record = tuple[int, tuple[str, ...]]


class CsvExport:
    """An open CSV file, its encoding and separator recognised where the form does not state them."""

    def __init__(self, name: str, file: BinaryIO, form: Form) -> None:
        """Raise InputFault as encoding_of does, and for a header that cannot be decoded."""
        self.place: Final = name
        self.size: Final = file.seek(0, 2)  # of what is open, whatever becomes of its name
        file.seek(0)
        self.encoding: Final[Encoding] = encoding_of(name, file, form.encoding)
        self._file: Final = file
        text = lines(name, file, self.encoding)
        head = list(islice(text, 1))
        stated = stated_separator(head[0]) if head else None
        self._first_line: Final = 1 if stated is None else 2
        if stated is not None:
            head = []
        elif form.separator is None:
            head += islice(text, HEADER_WITHIN - 1)
        self.separator: Final[Separator] = form.separator or stated or separator_of(head, form)
        self._lines: Final = chain(head, text)

    def records(self, progress: Callable[[int], None] | None = None) -> Generator[Record, None, None]:
        """As read_records; once."""
        reader = csv.reader(self._lines, delimiter=self.separator, strict=True)
        count = 0
        row = self._first_line
        try:
            for cells in reader:
                if cells:
                    yield row, tuple(cells)
                    count += 1
                    if progress is not None and count % RECORDS_BETWEEN_PROGRESS == 0:
                        progress(self._file.tell())
                row = reader.line_num + self._first_line
        except csv.Error as fault:
            # Not only at the end of the file: an open quote swallows what follows it until the cell is too long.
            unclosed = "unexpected end of data" in str(fault) or "field limit" in str(fault)
            problem = "a quote is opened and never closed" if unclosed else Said("is not CSV: {fault}", fault=fault)
            raise InputFault(file=self.place, row=row, problem=problem, expected="CSV with quotes in pairs") from None


def stated_separator(line: str) -> Separator | None:
    """Return what a first line like sep=; says, which spreadsheets read and do not show."""
    text = line.strip('\ufeff"\r\n ').lower()
    return next((each for each in get_args(Separator) if text == f"sep={each}"), None)


def separator_of(head: list[str], form: Form) -> Separator:
    """Return the separator under which a header has most of the columns, else its first line the most cells.

    A comma counts before others.
    """

    def fits(separator: Separator) -> tuple[int, int]:
        rows = _rows(iter(head), separator)
        first = len(rows[0][1]) if rows else 0
        return (header_having(rows, form) if form.columns and rows else 0), first

    return max(get_args(Separator), key=fits)


def _rows(head: Iterator[str], separator: Separator) -> list[Record]:
    rows: list[Record] = []
    try:
        for number, cells in enumerate(csv.reader(head, delimiter=separator), 1):
            if cells:
                rows.append((number, tuple(cells)))
    except csv.Error:
        pass
    return rows
