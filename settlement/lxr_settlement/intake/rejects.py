"""The rows that a fold left out, as a file to be mended and tried again, with the reasons in a file beside it."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from lxr_settlement.errors import InputFault
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


def _write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    except OSError as fault:
        raise InputFault(file=str(path), problem=f"cannot be written: {fault.strerror}") from None
