"""Rows that the ledger refused, as a CSV file to be mended and tried again, and the reasons in a file beside it."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from io import StringIO
from pathlib import Path

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.files import write_in_place
from lxr.settlement.work.intake.csv_export import Record
from lxr.settlement.work.intake.export import open_export
from lxr.settlement.work.intake.form import ANY_FORM, Encoding, Form, Separator
from lxr.settlement.work.intake.neutral import as_it_was, neutral


def write_rejected_rows(path: Path, export: Path, reasons: Mapping[int, str], form: Form = ANY_FORM) -> Path:
    """Write rows of an export by their row, cell for cell under all that stands down to its header.

    Returns the path of the reasons.

    The file is CSV in the export's own encoding and with its separator, so that the same mapping reads it again. Text
    that a spreadsheet would run as a formula has an apostrophe before it, which read_records takes away.
    reasons: by row of the export. They go to `<name>.reasons.csv`: row and reason; one line for each rejected row, in
    the same order. Raises InputFault as read_records does, for a row that is not in the export, and where a file cannot
    be written.
    """
    with open_export(export, form) as source, closing(source.records()) as records:
        kept = [(row, record) for row, record in records if row in reasons]
    if missing := sorted(reasons.keys() - {row for row, _ in kept}):
        raise InputFault(file=str(export), row=missing[0], problem="is not there", expected="the export of this batch")
    told = path.with_suffix(".reasons.csv")
    rows = [*_as_far_down(source.head), *(record for _, record in kept)]
    write_table(path, rows, source.encoding, source.separator)
    write_table(told, [("row", "reason"), *((str(row), reasons[row]) for row, _ in kept)])
    return told


def _as_far_down(head: Iterable[Record]) -> Iterator[Sequence[str]]:
    """Yield the rows down to the header in the lines where they stand: the mapping may state the header's."""
    line = 1
    for row, cells in head:
        while line < row:
            yield ()
            line += 1
        shown = tuple(map(as_it_was, cells))
        yield shown
        line += 1 + sum(cell.count("\n") for cell in shown)


def write_table(
    path: Path, rows: Iterable[Sequence[str]], encoding: Encoding = "utf-8", separator: Separator = ","
) -> None:
    """Write a CSV file that people open, on disk when this returns. Raises InputFault where it cannot be written."""
    table = StringIO()
    csv.writer(table, delimiter=separator, lineterminator="\n").writerows(
        [neutral(cell) for cell in row] for row in rows
    )
    try:
        write_in_place(path, table.getvalue().encode(encoding))
    except OSError as fault:
        raise InputFault(file=str(path), problem=Said("cannot be written: {fault}", fault=fault)) from None
    except UnicodeEncodeError:
        raise InputFault(file=str(path), problem=Said("cannot be written in {encoding}", encoding=encoding)) from None
