"""Tasks of an export, row by row: which count, whose they are, on which day, and what they add to it."""

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Places
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any, Final

import msgspec

from lxr.node.said import Said
from lxr.settlement.work.intake.cells import CellFault, read_ref, unguarded
from lxr.settlement.work.intake.conditions import Condition, all_met
from lxr.settlement.work.intake.dates import DateRules, read_date
from lxr.settlement.work.intake.day_columns import DayColumns
from lxr.settlement.work.intake.mapping import Mapping
from lxr.settlement.work.intake.measures import Gauge, gauges
from lxr.settlement.work.intake.passed_over import Passing
from lxr.settlement.work.intake.row_cells import RowCells, filler
from lxr.settlement.work.intake.times import day_of
from lxr.settlement.work.intake.widths import one_form, title_of

DATES_KEPT: Final = 4096
DIGEST_BYTES: Final = 15
"""With what Python adds, 48 bytes of memory; one more would take 64, a million times."""
TAKEN_EXPECTED: Final = Said(
    "a number that no other row has; `lxr employer batch correct` mends what was taken wrongly"
)
DayKey = tuple[str, date, str]
"""Employer, day, worker."""
Refuse = Callable[[CellFault], None]


def digest_of(number: str) -> bytes:
    """Return 15 bytes in place of a task's number, so that memory does not grow with its text.

    A number is the same in full width, as another system may write it.
    """
    return blake2b(one_form(unguarded(number)).encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


@dataclass(slots=True)
class WorkerDay:
    """kept: of each measure, what its gauge keeps."""

    kept: list[Any]
    source_rows: list[int] = field(default_factory=list)


class Tasks:
    """Tasks taken so far. Holds what the fold needs of each: its line, its digest and its times."""

    def __init__(
        self,
        mapping: Mapping,
        places: Places[str, int],
        width: int,
        rules: DateRules,
        *,
        days: Sequence[DayColumns],
        employer_ref: str | None,
        taken: Places[bytes, Said],
        passing: Passing,
    ) -> None:
        """places: of the mapping's columns, from 0. width: of the header. days: of a sheet with a column for each.

        employer_ref: whose rows are taken; None: everybody's. taken: see fold_export.
        """
        columns = mapping.columns
        self.first_rows: Final[dict[bytes, int]] = {}
        # Of faulty rows too: mending one later must not shift the k-th date of the others.
        self.source_dates: Final[set[date]] = set()
        self.days: Final[dict[DayKey, WorkerDay]] = {}
        self._columns: Final = columns
        self._width: Final = width
        self._rules: Final = rules
        self._employer_ref: Final = employer_ref
        self._taken: Final = taken
        self._passing: Final = passing
        under = {part: width + number for number, part in enumerate(columns.days or ())}
        every = {**places, **under}
        row = RowCells(every, mapping.source_zone, rules, beside_date=columns.start is None)
        fillable = {every[column]: every[other] for column, other in mapping.if_blank.items()}
        self._fill: Final = filler(mapping.blank, fillable)
        self._worker: Final = every[columns.worker]
        self._employer: Final = None if columns.employer is None else every[columns.employer]
        self._id: Final = None if columns.id is None else every[columns.id]
        self._date: Final = None if columns.date is None else every[columns.date]
        self._start: Final = None if columns.start is None else row.time(columns.start)
        self._day_columns: Final = tuple(days)
        self._dates: Final[dict[str, date]] = {}
        self._gauges: Final[tuple[Gauge, ...]] = gauges(mapping.measures, row)
        conditions = [(Condition(only, row), set(only.columns()) & set(under)) for only in mapping.only]
        self._conditions: Final = tuple(one for one, of_day in conditions if not (of_day or one.needs_day))
        self._conditions_of_day: Final = tuple(one for one, of_day in conditions if of_day or one.needs_day)

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """What takes each measure."""
        return self._gauges

    def take(self, row: int, record: tuple[str, ...], refuse: Refuse) -> None:
        """Add a row's task, or tasks, to its worker's days. Raises CellFault, and then adds nothing.

        refuse: told of each day that is at fault where a row is many tasks; the others count.
        """
        if len(record) != self._width:
            raise CellFault("", Said("has {count} cells", count=len(record)), Said("{count} cells", count=self._width))
        cells = record if self._fill is None or self._day_columns else self._fill(record)
        employer_ref = ""
        if self._employer is not None:
            employer_ref = read_ref(self._columns.employer or "", cells[self._employer])
            if self._employer_ref is not None and employer_ref != self._employer_ref:
                self._passing.add(row, Said("of other employers"))
                return
        if self._conditions and not self._counts(row, self._conditions, cells, None):
            return
        if self._day_columns:
            self._take_days(row, record, employer_ref, refuse)
            return
        digest = self._digest(record)
        first_row = self.first_rows.setdefault(digest, row)
        day = self._day(cells)
        self.source_dates.add(day)
        if self._conditions_of_day and not self._counts(row, self._conditions_of_day, cells, day):
            return
        if self._id is not None:
            read_ref(self._columns.id or "", cells[self._id])
        if first_row != row:
            self._refuse_again(first_row)
        if self._taken and (where := self._taken.get(digest)):
            raise CellFault(self._columns.id or "", where, TAKEN_EXPECTED)
        self._add((employer_ref, day, read_ref(self._columns.worker, cells[self._worker])), row, cells)

    def _take_days(self, row: int, record: tuple[str, ...], employer_ref: str, refuse: Refuse) -> None:
        if (first_row := self.first_rows.setdefault(self._digest(record), row)) != row:
            self._refuse_again(first_row)
        worker_ref = read_ref(self._columns.worker, record[self._worker])
        parts = self._columns.days or ()
        for columns in self._day_columns:
            values = tuple(record[place] for place in columns.places if place is not None)
            cells = (*record, *values) if self._fill is None else self._fill((*record, *values))
            if not any(cell.strip() for cell in cells[self._width :]):
                continue
            try:
                self._take_day(row, cells, (employer_ref, worker_ref), columns)
            except CellFault as fault:
                called = columns.names[parts.index(fault.column)] if fault.column in parts else fault.column
                refuse(CellFault(called, fault.problem, fault.expected))

    def _take_day(self, row: int, cells: tuple[str, ...], who: tuple[str, str], columns: DayColumns) -> None:
        if columns.day is None:
            problem = Said("is filled, but there is no day {number} in this month", number=columns.number)
            raise CellFault((self._columns.days or ("",))[0], problem, "nothing there")
        if self._conditions_of_day and not self._counts(row, self._conditions_of_day, cells, columns.day):
            return
        self.source_dates.add(columns.day)
        self._add((who[0], columns.day, who[1]), row, cells)

    def _add(self, key: DayKey, row: int, cells: tuple[str, ...]) -> None:
        worker_day = self.days.get(key)
        if worker_day is None:
            worker_day = WorkerDay([gauge.begin() for gauge in self._gauges])
        kept = worker_day.kept
        read = [gauge.read(cells, key[1], had) for gauge, had in zip(self._gauges, kept, strict=True)]
        for number, gauge in enumerate(self._gauges):
            kept[number] = gauge.add(kept[number], read[number])
        self.days[key] = worker_day
        worker_day.source_rows.append(row)

    def _counts(self, row: int, conditions: Sequence[Condition], cells: tuple[str, ...], day: date | None) -> bool:
        if all_met(conditions, cells, day):
            return True
        self._passing.add(row, next(one.why(cells) for one in conditions if not one.met(cells, day)))
        return False

    def _digest(self, record: tuple[str, ...]) -> bytes:
        """Of the task's number, or else of the whole row as it looks."""
        if self._id is not None:
            return digest_of(record[self._id])
        return blake2b(msgspec.json.encode([title_of(cell) for cell in record]), digest_size=DIGEST_BYTES).digest()

    def _refuse_again(self, first_row: int) -> None:
        numbered = self._columns.id
        what = "a number of its own" if numbered else "no two rows alike, where no column numbers the tasks"
        raise CellFault(numbered or "", Said("repeats row {first_row}", first_row=first_row), what)

    def _day(self, cells: tuple[str, ...]) -> date:
        column = self._columns.day or ""
        if self._date is None:
            assert self._start is not None
            return day_of(column, cells[self._start.place], self._start.read(cells, None))
        cell = cells[self._date]
        day = self._dates.get(cell)
        if day is None:
            day = read_date(column, cell, self._rules)
            if len(self._dates) >= DATES_KEPT:
                self._dates.clear()
            self._dates[cell] = day
        return day
