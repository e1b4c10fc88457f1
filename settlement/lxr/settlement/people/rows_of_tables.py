"""A person's rows taken out of tables and of files of work data; all other rows stay as they were written.

Only tables of our own forms lose rows: by the account in a roster's column of accounts; by the employer's number of
the worker where they lie beside the work data that they were written of, and in the column of these numbers only.
An employer's number may be any text, and so be in other columns what it likes.
"""

import csv
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from lxr.settlement.errors import InputFault
from lxr.settlement.files import read_bounded, write_durably
from lxr.settlement.people.roster_mapping import BY_TITLE
from lxr.settlement.people.traces import Traces
from lxr.settlement.work.batch_file import BATCH_BYTES_MAX, Batch, batch_bytes, read_batch
from lxr.settlement.work.intake.neutral import as_it_was
from lxr.settlement.work.intake.widths import title_of

_OUTCOMES: Final = ".outcomes.csv"
_REJECTS: Final = ".rejects.csv"
"""What is written beside a file of work data: in our columns, and in the employer's own."""
Row = tuple[str, ...]


def drop_from_batch(path: Path, traces: Traces) -> bool:
    """Leave the person's rows out of a file of work data; whether it is one of their employer's, and there were any."""
    try:
        batch = read_batch(path, traces.employer)
    except InputFault:
        return False
    of_others = (tuple(row for row in sheet.rows if row.worker != traces.worker) for sheet in batch.sheets)
    sheets = [replace(sheet, rows=rows) for sheet, rows in zip(batch.sheets, of_others, strict=True) if rows]
    faults = tuple(fault for fault in batch.row_faults if fault.worker_ref != traces.worker_ref)
    without = replace(batch, sheets=tuple(sheets), row_faults=faults)
    if without == batch:
        return False
    write_durably(path, batch_bytes(without))
    return True


def drop_from_table(path: Path, traces: Traces) -> bool:
    """Leave the person's rows out of a table of our own forms, never its header; whether there were any.

    A table in which a cell has a line's end in it, or a quote is left open, stays as it is.
    """
    try:
        lines = read_bounded(path, BATCH_BYTES_MAX).splitlines(keepends=True)
        header, *rows = [_cells(line) for line in lines] or [()]
    except (InputFault, csv.Error):
        return False
    theirs = [(place, traces.accounts) for place, column in enumerate(header) if _is_of_accounts(column)]
    theirs += [(place, (traces.worker_ref,)) for place in _places_of_refs(path, header, rows, traces)]
    kept = [line for line, row in zip(lines[1:], rows, strict=True) if not _has(row, theirs)]
    if len(kept) == len(rows):
        return False
    write_durably(path, b"".join((lines[0], *kept)))
    return True


def _cells(line: bytes) -> Row:
    """Raise csv.Error: it is no whole row."""
    text = line.decode("utf-8-sig", "ignore") if line.startswith(b"\xef\xbb\xbf") else line.decode("latin-1")
    if text.count('"') % 2:
        raise csv.Error("a quote is left open")
    return tuple(as_it_was(cell.strip()) for cell in next(csv.reader([text]), ()))


def _is_of_accounts(column: str) -> bool:
    """Whether a roster has its accounts under a heading, which `_cells` may give undecoded. Mappings are not asked."""
    data = column.encode("latin-1", "ignore")
    readings = (column, data.decode("utf-8", "ignore"), data.decode("gb18030", "ignore"))
    return any(BY_TITLE.get(title_of(reading)) == "bank_account" for reading in readings)


def _has(row: Row, theirs: Sequence[tuple[int, Collection[str]]]) -> bool:
    return any(place < len(row) and row[place] in cells for place, cells in theirs)


def _places_of_refs(path: Path, header: Row, rows: Sequence[Row], traces: Traces) -> Iterator[int]:
    """Where the employer's numbers of workers stand, in a table of the employer's work data; at most one place.

    Rejected rows are in the columns of an export: it is the one with nothing else in it than numbers of its workers.
    """
    if (batch := _batch_of(path, _OUTCOMES, traces)) is not None:
        yield from [place for place, column in enumerate(header) if column == "worker_ref"][:1]
    elif (batch := _batch_of(path, _REJECTS, traces)) is not None:
        refs = {row.worker_ref for row in batch.rows}
        refs |= {traces.worker_ref, *(fault.worker_ref for fault in batch.row_faults if fault.worker_ref)}
        filled = [row for row in rows if row]
        places = [
            place
            for place in range(len(header))
            if filled and all(place < len(row) and row[place] in refs for row in filled)
        ]
        yield from places if len(places) == 1 else ()


def _batch_of(path: Path, ending: str, traces: Traces) -> Batch | None:
    """Return the file of the employer's work data beside which a table lies that was written of it."""
    if not path.name.endswith(ending):
        return None
    try:
        return read_batch(path.with_name(path.name.removesuffix(ending) + ".json"), traces.employer)
    except InputFault:
        return None
