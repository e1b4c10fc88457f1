"""A person's rows taken out of tables and of files of work data; all other rows stay as they were written."""

import csv
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from lxr_settlement.bankfiles.files import read_bounded, write_durably
from lxr_settlement.batch_file import BATCH_BYTES_MAX, batch_bytes, read_batch
from lxr_settlement.errors import InputFault
from lxr_settlement.traces import REF_BESIDE, REF_TELLS, Traces

_TABLES: Final = (".outcomes.csv", ".rejects.csv", ".rejects.reasons.csv")
"""What is written beside a file of work data, and tells workers by the employer's own numbers."""


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
    """Leave the rows with an account, or a telling number, of the person out of a table; whether there were any.

    A table in which a cell has a line's end in it, or a quote is left open, stays as it is.
    """
    cells = {*traces.accounts, *(each for each in traces.refs if not _may_be_a_figure(each))}
    if _is_of_the_employer(path, traces):
        cells.add(traces.worker_ref)
    try:
        data = read_bounded(path, BATCH_BYTES_MAX)
    except InputFault:
        return False
    kept = []
    lines = data.splitlines(keepends=True)
    for line in lines:
        text = line.decode("utf-8-sig", "ignore") if line.startswith(b"\xef\xbb\xbf") else line.decode("latin-1")
        if text.count('"') % 2:
            return False
        try:
            row = {cell.strip() for each in csv.reader([text]) for cell in each}
        except csv.Error:
            return False
        if row.isdisjoint(cells):
            kept.append(line)
    if len(kept) == len(lines):
        return False
    write_durably(path, b"".join(kept))
    return True


def _may_be_a_figure(ref: str) -> bool:
    """Whether an employer's number of a worker could stand in a table for something else, as 7 or 120 does."""
    return len(ref) < REF_BESIDE or (ref.isdigit() and len(ref) < REF_TELLS)


def _is_of_the_employer(path: Path, traces: Traces) -> bool:
    """Whether a table lies beside a file of the employer's work data, and was written of it."""
    for ending in _TABLES:
        if path.name.endswith(ending):
            try:
                read_batch(path.with_name(path.name.removesuffix(ending) + ".json"), traces.employer)
            except InputFault:
                return False
            return True
    return False
