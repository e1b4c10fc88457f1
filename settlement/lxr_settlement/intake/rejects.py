"""Rows that fold or ledger refused, as a file to be mended and tried again, and the reasons in a file beside it."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from lxr_settlement.errors import InputFault
from lxr_settlement.intake.export import read_records
from lxr_settlement.intake.fold import Fold


def write_rejects(path: Path, fold: Fold) -> Path:
    """Writes the rejected rows to `path`, cell for cell under the source's header, and returns the reasons' path.

    The reasons are in `<name>.reasons.csv`: row (line in the source), field, problem, expected; one line for each
    rejected row, in the same order. Raises InputFault where a file cannot be written.
    """
    reasons = path.with_suffix(".reasons.csv")
    _write(path, [fold.header, *(fault.record for fault in fold.faults)])
    told = [(str(fault.row), fault.field, fault.problem, fault.expected) for fault in fold.faults]
    _write(reasons, [("row", "field", "problem", "expected"), *told])
    return reasons


def write_rejected_rows(path: Path, export: Path, reasons: Mapping[int, str]) -> Path:
    """Writes rows of an export by their line, cell for cell under its header, and returns the path of the reasons.

    reasons: by line in the export. The reasons' file is as write_rejects makes it. Raises InputFault as read_records
    does, for a line that is no row of the export, and where a file cannot be written.
    """
    with closing(read_records(export)) as records:
        _, header = next(records)
        kept = [(row, record) for row, record in records if row in reasons]
    if missing := sorted(reasons.keys() - {row for row, _ in kept}):
        raise InputFault(file=str(export), row=missing[0], problem="is not there", expected="the export of this batch")
    told = path.with_suffix(".reasons.csv")
    _write(path, [header, *(record for _, record in kept)])
    _write(told, [("row", "field", "problem", "expected"), *((str(row), "", reasons[row], "") for row, _ in kept)])
    return told


def _write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    except OSError as fault:
        raise InputFault(file=str(path), problem=f"cannot be written: {fault.strerror}") from None
