"""The fold: an export's tasks become one row per employer, worker and day; faulty tasks are left out with a reason."""

from calendar import monthrange
from collections.abc import Callable
from collections.abc import Mapping as Numbers
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.cells import CellFault
from lxr.settlement.work.intake.dates import DateRules
from lxr.settlement.work.intake.day_columns import day_columns
from lxr.settlement.work.intake.export import Export, open_export
from lxr.settlement.work.intake.mapping import Mapping
from lxr.settlement.work.intake.passed_over import PassedOver
from lxr.settlement.work.intake.tasks import Tasks, WorkerDay
from lxr.settlement.work.intake.times import DAY

FAULTS_MAX: Final = 100_000
NOTHING_TAKEN: Final[Numbers[bytes, Said]] = {}


class FoldedRow(msgspec.Struct, frozen=True):
    """One worker's day at one employer.

    employer_ref: empty where the mapping names no employer column: the file is then one employer's.
    measures: 0..10^9 each, sorted by name. source_rows: line numbers in the file, whose header is row 1.
    """

    employer_ref: str
    worker_ref: str
    date: date
    measures: dict[str, int]
    source_rows: tuple[int, ...]


class RowFault(msgspec.Struct, frozen=True):
    """A source row that was left out, and the first reason for it. field: empty where it is the whole row."""

    row: int
    field: str
    problem: Said
    expected: Said
    record: tuple[str, ...]


class Fold(msgspec.Struct, frozen=True):
    """All that one export came to.

    rows: by employer, date, worker. faults: by row; what they name is in no row. header: as the columns are called.
    date_moves: (source, target) of the mapping's date rule, by date; empty without one. source_count: data rows read.
    place: the file, and of a workbook the sheet. passed_over: rows that are no work, or do not count. numbers: by the
    digest of a task's number, the first row that has it; empty where no column numbers the tasks. worker_column: what
    the file calls it.
    """

    rows: tuple[FoldedRow, ...]
    faults: tuple[RowFault, ...]
    header: tuple[str, ...]
    date_moves: tuple[tuple[date, date], ...]
    source_count: int
    place: str = ""
    passed_over: tuple[PassedOver, ...] = ()
    numbers: Numbers[bytes, int] = {}
    worker_column: str = "worker_ref"


def fold_export(
    path: Path,
    mapping: Mapping,
    *,
    month: date | None = None,
    employer_ref: str | None = None,
    taken: Numbers[bytes, Said] = NOTHING_TAKEN,
    progress: Callable[[int], None] | None = None,
) -> Fold:
    """Fold one file. A faulty row is left out and reported; the rest of its day still counts.

    month: any day of the month to play the data in, instead of the mapping's; or of the one whose days the file gives
    by their numbers alone. employer_ref: the employer whose rows are taken, as the file calls it; None: everybody's.
    taken: tasks that are paid with another row, by the digests of their numbers, and where they were taken.
    progress: called with the bytes read so far, and at the end with the file's size. A task that runs past midnight
    counts wholly on the day it belongs to; what overlaps it on the next day counts once.
    Raises InputFault for a fault of the file as a whole (see open_export, read_records, find_header, day_columns), and
    where the date rule does not fit: more source dates than the month has days, or a month for a mapping without a rule
    whose file gives whole dates; and for more than 100,000 faulty rows, which are all kept in memory.
    """
    if month is not None and mapping.dates is None and mapping.columns.date is not None:
        raise InputFault(file=str(path), problem="a month was given to play it in", expected="a mapping with [dates]")
    faults: list[RowFault] = []
    source_count = 0
    with open_export(path, mapping.form, progress) as export, closing(export.records()) as records:
        tasks = _tasks(export, mapping, month, employer_ref, taken)
        for row, record in records:
            source_count += 1

            def refuse(fault: CellFault, row: int = row, record: tuple[str, ...] = record) -> None:
                faults.append(RowFault(row, fault.column, fault.problem, fault.expected, record))
                if len(faults) > FAULTS_MAX:
                    raise _too_many(export.place, faults[0])

            try:
                tasks.take(row, record, refuse)
            except CellFault as fault:
                refuse(fault)
        passed_over = export.passing.told()
    moves = _moves(path, mapping, month, tasks.source_dates)
    rows = [
        FoldedRow(
            employer_ref=employer_ref,
            worker_ref=worker_ref,
            date=moves.get(day, day),
            measures=_measures(tasks, worker_day, tasks.days.get((employer_ref, day - DAY, worker_ref))),
            source_rows=tuple(worker_day.source_rows),
        )
        for (employer_ref, day, worker_ref), worker_day in sorted(tasks.days.items(), key=lambda item: item[0])
    ]
    return Fold(
        rows=tuple(rows),
        faults=tuple(faults),
        header=export.header.names,
        date_moves=tuple(moves.items()),
        source_count=source_count,
        place=export.place,
        passed_over=passed_over,
        numbers=tasks.first_rows if mapping.columns.id else {},
        worker_column=mapping.columns.worker,
    )


def _measures(tasks: Tasks, day: WorkerDay, before: WorkerDay | None) -> dict[str, int]:
    """Return what a worker's day comes to. before: the worker's day before, whose tasks may reach into it."""
    earlier = (None,) * len(tasks.gauges) if before is None else before.kept
    return {gauge.name: gauge.total(*had) for gauge, *had in zip(tasks.gauges, day.kept, earlier, strict=True)}


def _tasks(
    export: Export, mapping: Mapping, month: date | None, employer_ref: str | None, taken: Numbers[bytes, Said]
) -> Tasks:
    """Return what takes the rows of an export. Raises InputFault: as day_columns; days are counted otherwise."""
    rules = _date_rules(export, mapping)
    if month is not None and mapping.dates is None:
        rules = replace(rules, month=month.replace(day=1))
    parts = mapping.columns.days
    return Tasks(
        mapping,
        dict(zip(mapping.used_columns, export.places(mapping.used_columns), strict=True)),
        len(export.header.names),
        rules,
        days=day_columns(export, parts, rules.month) if parts else (),
        employer_ref=employer_ref,
        taken=taken,
        passing=export.passing,
    )


def _too_many(place: str, first: RowFault) -> InputFault:
    return InputFault(
        file=place,
        row=first.row,
        field=first.field or None,
        problem=Said(
            "{problem}, the first of more than {faults_max} faulty rows", problem=first.problem, faults_max=FAULTS_MAX
        ),
        expected=Said("{expected}; does the mapping fit this file?", expected=first.expected),
    )


def _date_rules(export: Export, mapping: Mapping) -> DateRules:
    """Return how dates are read: a workbook knows how it counts days. Raises InputFault: the mapping says otherwise."""
    if None not in (export.date_system, mapping.date_system) and export.date_system != mapping.date_system:
        raise InputFault(
            file=export.place,
            field="date_system",
            problem=Said("counts days from {date_system}", date_system=export.date_system),
            expected=Said("{date_system}, as the mapping says", date_system=mapping.date_system),
        )
    return replace(mapping.date_rules, system=export.date_system or mapping.date_system)


def _moves(path: Path, mapping: Mapping, month: date | None, source_dates: set[date]) -> dict[date, date]:
    if mapping.dates is None:
        return {}
    first = (month or mapping.dates.first).replace(day=1)
    days = monthrange(first.year, first.month)[1]
    if len(source_dates) > days:
        raise InputFault(
            file=str(path),
            field=mapping.columns.day,
            problem=Said("{count} distinct dates", count=len(source_dates)),
            expected=Said("at most {days}, the days of {first}", days=days, first=f"{first:%Y-%m}"),
        )
    return {source: first + timedelta(days=k) for k, source in enumerate(sorted(source_dates))}
