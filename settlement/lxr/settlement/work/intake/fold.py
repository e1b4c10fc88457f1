"""The fold: an export's tasks become one row per employer, worker and day; faulty tasks are left out with a reason."""

from array import array
from calendar import monthrange
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.cells import CellFault, read_ref
from lxr.settlement.work.intake.dates import DateRules, read_date
from lxr.settlement.work.intake.export import Export, open_export, read_header
from lxr.settlement.work.intake.mapping import Count, Mapping, Measure, MergedMinutes, Sum
from lxr.settlement.work.intake.minutes import Interval, merged_time, whole_minutes
from lxr.settlement.work.intake.numbers import QUANTITY_MAX, read_quantity
from lxr.settlement.work.intake.times import DAY, is_alone, read_day, read_time

TASK_LENGTH_MAX: Final = timedelta(hours=24)
FAULTS_MAX: Final = 100_000
_EPOCH: Final = datetime(2000, 1, 1)
_MICROSECOND: Final = timedelta(microseconds=1)


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

    rows: by employer, date, worker. faults: by row; what they name is in no row. header: as it stood in the file.
    date_moves: (source, target) of the mapping's date rule, by date; empty without one. source_count: data rows read.
    place: the file, and of a workbook the sheet.
    """

    rows: tuple[FoldedRow, ...]
    faults: tuple[RowFault, ...]
    header: tuple[str, ...]
    date_moves: tuple[tuple[date, date], ...]
    source_count: int
    place: str = ""


def fold_export(
    path: Path, mapping: Mapping, *, month: date | None = None, progress: Callable[[int], None] | None = None
) -> Fold:
    """Folds one file. A faulty row is left out and reported; the rest of its day still counts.

    month: any day of the month to play the data in, instead of the mapping's. progress: called with the bytes read
    so far, and at the end with the file's size. A task that runs past midnight counts wholly on the day it belongs to.
    Raises InputFault for a fault of the file as a whole (see open_export, read_records, read_header), and where the
    date rule does not fit: more source dates than the month has days, or a month for a mapping without a rule; and for
    more than 100,000 faulty rows, which are all kept in memory.
    """
    if month is not None and mapping.dates is None:
        raise InputFault(file=str(path), problem="a month was given to play it in", expected="a mapping with [dates]")
    faults: list[RowFault] = []
    source_count = 0
    with open_export(path, mapping.form) as export, closing(export.records(progress)) as records:
        _, header = next(records)
        tasks = _Tasks(read_header(export.place, header, mapping.used_columns), mapping, _date_rules(export, mapping))
        for row, record in records:
            source_count += 1
            try:
                tasks.take(row, record)
            except CellFault as fault:
                faults.append(RowFault(row, fault.column, fault.problem, fault.expected, record))
                if len(faults) > FAULTS_MAX:
                    raise InputFault(
                        file=export.place,
                        row=faults[0].row,
                        field=faults[0].field or None,
                        problem=Said(
                            "{problem}, the first of more than {faults_max} faulty rows",
                            problem=faults[0].problem,
                            faults_max=FAULTS_MAX,
                        ),
                        expected=Said("{expected}; does the mapping fit this file?", expected=faults[0].expected),
                    ) from None
    moves = _moves(path, mapping, month, tasks.source_dates)
    rows = [
        FoldedRow(
            employer_ref=employer_ref,
            worker_ref=worker_ref,
            date=moves.get(day, day),
            measures=worker_day.measures(mapping.measures),
            source_rows=tuple(worker_day.source_rows),
        )
        for (employer_ref, day, worker_ref), worker_day in sorted(tasks.days.items(), key=lambda item: item[0])
    ]
    return Fold(tuple(rows), tuple(faults), header, tuple(moves.items()), source_count, export.place)


def _date_rules(export: Export, mapping: Mapping) -> DateRules:
    """Return a workbook knows how it counts days. Raises InputFault where the mapping says otherwise."""
    if None not in (export.date_system, mapping.date_system) and export.date_system != mapping.date_system:
        raise InputFault(
            file=export.place,
            field="date_system",
            problem=Said("counts days from {date_system}", date_system=export.date_system),
            expected=Said("{date_system}, as the mapping says", date_system=mapping.date_system),
        )
    return DateRules(mapping.date_format, export.date_system or mapping.date_system)


@dataclass(slots=True)
class _WorkerDay:
    source_rows: list[int] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    intervals: dict[str, "array[int]"] = field(default_factory=dict)
    """Starts and ends in turn, in microseconds: a month of a large employer is a million of them."""

    def measures(self, measures: Iterable[Measure]) -> dict[str, int]:
        folded: dict[str, int] = {}
        for measure in sorted(measures, key=lambda measure: measure.name):
            match measure:
                case Count():
                    folded[measure.name] = len(self.source_rows)
                case Sum():
                    folded[measure.name] = self.totals[measure.name]
                case MergedMinutes():
                    times = [_EPOCH + microseconds * _MICROSECOND for microseconds in self.intervals[measure.name]]
                    time = merged_time(zip(times[::2], times[1::2], strict=True))
                    folded[measure.name] = whole_minutes(time, half_up=measure.round == "half_up")
        return folded


class _Tasks:
    """Tasks taken so far. Holds what the fold needs of each: its line, its digest and its times."""

    def __init__(self, columns: tuple[str, ...], mapping: Mapping, date_rules: DateRules) -> None:
        self.columns: Final = columns
        self.date_rules: Final = date_rules
        self.mapping: Final = mapping
        self.zone: Final = mapping.source_zone
        self.first_rows: Final[dict[bytes, int]] = {}
        # Of faulty rows too: mending one later must not shift the k-th date of the others.
        self.source_dates: Final[set[date]] = set()
        self.days: Final[dict[tuple[str, date, str], _WorkerDay]] = {}

    def take(self, row: int, record: tuple[str, ...]) -> None:
        """Add one task to its worker's day. Raises CellFault, and then adds nothing."""
        if len(record) != len(self.columns):
            raise CellFault(
                "", Said("has {count} cells", count=len(record)), Said("{count} cells", count=len(self.columns))
            )
        cells = dict(zip(self.columns, record, strict=True))
        columns = self.mapping.columns
        first_row = self.first_rows.setdefault(self._digest(cells), row)
        day = self._day(cells)
        self.source_dates.add(day)
        if columns.id is not None:
            read_ref(columns.id, cells[columns.id])
        if first_row != row:
            what = "a number of its own" if columns.id else "no two rows alike, where no column numbers the tasks"
            raise CellFault(columns.id or "", Said("repeats row {first_row}", first_row=first_row), what)
        worker_ref = read_ref(columns.worker, cells[columns.worker])
        employer_ref = "" if columns.employer is None else read_ref(columns.employer, cells[columns.employer])
        key = (employer_ref, day, worker_ref)
        worker_day = self.days.get(key) or _WorkerDay()
        totals = {m.name: self._total(m, cells, worker_day) for m in self.mapping.measures if isinstance(m, Sum)}
        intervals = {
            m.name: self._interval(m, cells, day) for m in self.mapping.measures if isinstance(m, MergedMinutes)
        }

        self.days[key] = worker_day
        worker_day.source_rows.append(row)
        worker_day.totals |= totals
        for name, interval in intervals.items():
            kept = worker_day.intervals.setdefault(name, array("q"))
            kept.extend((time - _EPOCH) // _MICROSECOND for time in interval)

    def _digest(self, cells: dict[str, str]) -> bytes:
        """16 bytes in place of the task's number, or of the whole row, so that memory does not grow with its text."""
        id_column = self.mapping.columns.id
        identity = list(cells.values()) if id_column is None else cells[id_column].strip()
        return blake2b(msgspec.json.encode(identity), digest_size=16).digest()

    def _day(self, cells: dict[str, str]) -> date:
        column = self.mapping.columns.day
        if self.mapping.columns.date is not None:
            return read_date(column, cells[column], self.date_rules)
        return read_day(column, cells[column], self.zone, self.date_rules)

    def _total(self, measure: Sum, cells: dict[str, str], worker_day: _WorkerDay) -> int:
        quantity = read_quantity(measure.column, cells[measure.column], measure.numerator, measure.denominator)
        total = worker_day.totals.get(measure.name, 0) + quantity
        if total > QUANTITY_MAX:
            raise CellFault(
                measure.column,
                Said("brings the worker's day to {total}", total=total),
                Said("at most {quantity_max} a day", quantity_max=QUANTITY_MAX),
            )
        return total

    def _interval(self, measure: MergedMinutes, cells: dict[str, str], day: date) -> Interval:
        from_cell, to_cell = cells[measure.start], cells[measure.end]
        # A time of day alone needs a date column beside it.
        base = None if self.mapping.columns.date is None else day
        start = read_time(measure.start, from_cell, self.zone, self.date_rules, base)
        end = read_time(measure.end, to_cell, self.zone, self.date_rules, base)
        alone = base is not None and is_alone(from_cell) and is_alone(to_cell)
        if alone and measure.overnight is not None and end <= start:
            if end == start:
                problem = Said("is {start}: no time, or 24 hours", start=measure.start)
                raise CellFault(measure.end, problem, "another time, or with 24 hours added to it")
            end = read_time(measure.end, to_cell, self.zone, self.date_rules, day + DAY)
        if end < start:
            start_at = Said("{start} or later", start=measure.start)
            overnight = Said('{start}, or overnight = "next_day" in the mapping', start=start_at)
            raise CellFault(
                measure.end,
                Said("lies before {start}", start=measure.start),
                overnight if alone and measure.overnight is None else start_at,
            )
        if end - start > TASK_LENGTH_MAX:
            raise CellFault(
                measure.end,
                Said("lies {span} after {start}", span=end - start, start=measure.start),
                "a task of at most 24 hours",
            )
        return start, end


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
