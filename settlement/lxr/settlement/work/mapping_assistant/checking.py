"""What an export comes to with a mapping: counts, the first rows, and all faults by their kind."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from msgspec import Struct

from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.fault_kinds import FaultKind, kinds_of
from lxr.settlement.work.intake.fold import Fold, FoldedRow, RowFault, fold_export
from lxr.settlement.work.intake.mapping import Mapping
from lxr.settlement.work.intake.passed_over import HEADER_AGAIN, NOTE, TOTAL, PassedOver


class Check(Struct, frozen=True):
    """What an export comes to.

    rows_in: rows below the header that hold anything. rows_used: those of them that count. rows: of workers and days.
    totals: of each measure, over all of them. date_moves: see Fold.
    """

    place: str
    rows_in: int
    rows_used: int
    passed_over: tuple[PassedOver, ...]
    faulty: int
    faults: tuple[FaultKind, ...]
    rows: tuple[FoldedRow, ...]
    workers: int
    days: int
    totals: dict[str, int]
    date_moves: tuple[tuple[date, date], ...]


def check(
    export: Path,
    mapping: Mapping,
    *,
    month: date | None = None,
    employer_ref: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Check:
    """Return what a whole export comes to, without a ledger. Arguments and faults are those of fold_export."""
    fold = fold_export(export, mapping, month=month, employer_ref=employer_ref, progress=progress)
    no_work = sum(passed.count for passed in fold.passed_over if passed.why in (TOTAL, NOTE, HEADER_AGAIN))
    totals = {name: sum(row.measures[name] for row in fold.rows) for name in sorted(m.name for m in mapping.measures)}
    return Check(
        place=fold.place,
        rows_in=fold.source_count + no_work,
        rows_used=len({row for folded in fold.rows for row in folded.source_rows}),
        passed_over=fold.passed_over,
        faulty=len({fault.row for fault in fold.faults}),
        faults=kinds_of(located(fold, fault) for fault in fold.faults),
        rows=fold.rows,
        workers=len({row.worker_ref for row in fold.rows}),
        days=len({row.date for row in fold.rows}),
        totals=totals,
        date_moves=fold.date_moves,
    )


def located(fold: Fold, fault: RowFault) -> InputFault:
    """Return what is wrong with a row, with its place."""
    return InputFault(
        file=fold.place, row=fault.row, field=fault.field or None, problem=fault.problem, expected=fault.expected
    )
