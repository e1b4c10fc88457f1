"""Reading an export: CSV in UTF-8, with or without a byte order mark, one record at a time."""

import csv
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from lxr_settlement.errors import InputFault

LINE_BYTES_MAX: Final = 1_000_000
RECORDS_BETWEEN_PROGRESS: Final = 1_000

Record = tuple[int, tuple[str, ...]]


def read_records(path: Path, progress: Callable[[int], None] | None = None) -> Generator[Record, None, None]:
    """Yields (line number, cells): the header first, which is row 1 of a usual file; empty lines are passed over.

    A record that runs over several lines has the number of its first. progress: called with the bytes read so far.
    Raises InputFault for a file that cannot be read, is empty, has no data rows, is not UTF-8, holds a NUL byte or an
    endless line, or breaks the rules of CSV, such as a quote that is never closed.
    """
    name = str(path)
    try:
        file = path.open("rb")
    except OSError as fault:
        raise InputFault(file=name, problem=f"cannot be read: {fault.strerror}") from None
    with file:
        reader = csv.reader(_lines(name, file), strict=True)
        count = 0
        row = 1
        try:
            for cells in reader:
                if cells:
                    yield row, tuple(cells)
                    count += 1
                    if progress is not None and count % RECORDS_BETWEEN_PROGRESS == 0:
                        progress(file.tell())
                row = reader.line_num + 1
        except csv.Error as fault:
            # Not only at the end of the file: an open quote swallows what follows it until the cell is too long.
            unclosed = "unexpected end of data" in str(fault) or "field limit" in str(fault)
            problem = "a quote is opened and never closed" if unclosed else f"is not CSV: {fault}"
            raise InputFault(file=name, row=row, problem=problem, expected="CSV with quotes in pairs") from None
        if count == 0:
            raise InputFault(file=name, problem="is empty", expected="a header and at least one row")
        if count == 1:
            raise InputFault(file=name, problem="has no data rows", expected="at least one row below the header")
        if progress is not None:
            progress(file.tell())


def _lines(name: str, file: BinaryIO) -> Iterator[str]:
    number = 0
    while line := file.readline(LINE_BYTES_MAX + 1):
        number += 1
        if len(line) > LINE_BYTES_MAX:
            raise InputFault(
                file=name,
                row=number,
                problem="the line does not end",
                expected=f"at most {LINE_BYTES_MAX} bytes a line",
            )
        if b"\0" in line:
            raise InputFault(file=name, row=number, problem="holds a NUL byte", expected="a CSV file in UTF-8")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise InputFault(
                file=name, row=number, problem="is not UTF-8", expected="a CSV file saved in UTF-8"
            ) from None


def read_header(path: Path, cells: tuple[str, ...], used_columns: tuple[str, ...]) -> tuple[str, ...]:
    """The columns' names, without spaces around them. Raises InputFault where one is doubled or a used one missing."""
    columns = tuple(cell.strip() for cell in cells)
    for column in columns:
        if columns.count(column) > 1:
            raise InputFault(
                file=str(path), row=1, field=column or "''", problem="is there twice", expected="each column once"
            )
    for column in used_columns:
        if column not in columns:
            raise InputFault(
                file=str(path),
                row=1,
                field=column,
                problem="is missing",
                expected=f"the mapping's columns; the header has {', '.join(columns)[:200]}",
            )
    return columns
