"""Reading an export in CSV, one record at a time."""

import csv
from collections.abc import Callable, Generator, Iterator
from itertools import chain, islice
from typing import BinaryIO, Final, get_args

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.encodings import encoding_of, lines
from lxr.settlement.work.intake.form import Encoding, Form, Separator

RECORDS_BETWEEN_PROGRESS: Final = 1_000
_HEADER_LINES_MAX: Final = 20

Record = tuple[int, tuple[str, ...]]


class CsvExport:
    """An open CSV file, its encoding and separator recognised where the form does not state them."""

    def __init__(self, name: str, file: BinaryIO, form: Form) -> None:
        """Raise InputFault as encoding_of does, and for a header that cannot be decoded."""
        self.place: Final = name
        self.encoding: Final[Encoding] = encoding_of(name, file, form.encoding)
        self._file: Final = file
        text = lines(name, file, self.encoding)
        head: list[str] = []
        if form.separator is None:
            head = list(islice(text, _HEADER_LINES_MAX))
        self.separator: Final[Separator] = form.separator or separator_of(head, form.columns)
        self._lines: Final = chain(head, text)

    def records(self, progress: Callable[[int], None] | None = None) -> Generator[Record, None, None]:
        """As read_records; once."""
        reader = csv.reader(self._lines, delimiter=self.separator, strict=True)
        count = 0
        row = 1
        try:
            for cells in reader:
                if cells:
                    yield row, tuple(cells)
                    count += 1
                    if progress is not None and count % RECORDS_BETWEEN_PROGRESS == 0:
                        progress(self._file.tell())
                row = reader.line_num + 1
        except csv.Error as fault:
            # Not only at the end of the file: an open quote swallows what follows it until the cell is too long.
            unclosed = "unexpected end of data" in str(fault) or "field limit" in str(fault)
            problem = "a quote is opened and never closed" if unclosed else Said("is not CSV: {fault}", fault=fault)
            raise InputFault(file=self.place, row=row, problem=problem, expected="CSV with quotes in pairs") from None


def separator_of(head: list[str], columns: tuple[str, ...]) -> Separator:
    """Return the separator under which the header has all columns, else the most cells; a comma before others."""

    def fits(separator: Separator) -> tuple[bool, int]:
        names = [cell.strip() for cell in _first_record(iter(head), separator)]
        return set(columns) <= set(names), len(names)

    return max(get_args(Separator), key=fits)


def _first_record(head: Iterator[str], separator: Separator) -> list[str]:
    try:
        return next((cells for cells in csv.reader(head, delimiter=separator) if cells), [])
    except csv.Error:
        return []
