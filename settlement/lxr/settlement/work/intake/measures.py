"""What a worker's day comes to under each measure of a mapping: counted, summed, or merged, and rounded once."""

from array import array
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, Final, Protocol

from lxr.node.said import Said
from lxr.settlement.work.intake.cells import CellFault
from lxr.settlement.work.intake.conditions import Condition, all_met, bounds
from lxr.settlement.work.intake.durations import read_duration
from lxr.settlement.work.intake.mapping import Count, Duration, Measure, MergedMinutes, Sum
from lxr.settlement.work.intake.minutes import Interval, merged_time, whole_minutes
from lxr.settlement.work.intake.numbers import QUANTITY_MAX, read_quantity, rounded
from lxr.settlement.work.intake.row_cells import Cells, RowCells, TimeColumn
from lxr.settlement.work.intake.times import DAY

_EPOCH: Final = datetime(2000, 1, 1)
_MICROSECOND: Final = timedelta(microseconds=1)


class Gauge(Protocol):
    """Takes one measure of rows. What it keeps of a worker's day is its own affair."""

    @property
    def name(self) -> str: ...

    def begin(self) -> Any:
        """Return what is kept of a day before its first row."""

    def read(self, cells: Cells, day: date, kept: Any, /) -> Any:
        """Return what a row adds. Raises CellFault, and nothing is added."""

    def add(self, kept: Any, read: Any) -> Any:
        """Return what is kept with that row."""

    def total(self, kept: Any, before: Any, /) -> int:
        """Return what the day comes to. before: what is kept of the worker's day before, or None."""


def gauges(measures: Iterable[Measure], row: RowCells) -> tuple[Gauge, ...]:
    """Return what takes each measure, sorted by name."""
    return tuple(_gauge(measure, row) for measure in sorted(measures, key=lambda measure: measure.name))


def _gauge(measure: Measure, row: RowCells) -> Gauge:
    conditions = tuple(Condition(only, row) for only in measure.only)
    match measure:
        case Count():
            return _Counted(measure, conditions)
        case Sum():
            return _Summed(measure, conditions, row)
        case Duration():
            return _Lasting(measure, conditions, row)
        case MergedMinutes():
            return _Merged(measure, conditions, row)


class _Counted:
    def __init__(self, measure: Count, conditions: tuple[Condition, ...]) -> None:
        self.name: Final = measure.name
        self._conditions: Final = conditions

    def begin(self) -> int:
        return 0

    def read(self, cells: Cells, day: date, _kept: int, /) -> int:
        return 1 if not self._conditions or all_met(self._conditions, cells, day) else 0

    def add(self, kept: int, read: int) -> int:
        return kept + read

    def total(self, kept: int, _before: object, /) -> int:
        return kept


class _Summed:
    def __init__(self, measure: Sum, conditions: tuple[Condition, ...], row: RowCells) -> None:
        self.name: Final = measure.name
        self._measure: Final = measure
        self._conditions: Final = conditions
        self._place: Final = row.place[measure.column]

    def begin(self) -> Fraction | int:
        return 0

    def read(self, cells: Cells, day: date, kept: Fraction | int, /) -> Fraction | int:
        measure = self._measure
        if self._conditions and not all_met(self._conditions, cells, day):
            return 0
        quantity = read_quantity(
            measure.column,
            cells[self._place],
            measure.numerator,
            measure.denominator,
            measure.units,
            whole=measure.round is None,
        )
        if kept + quantity > QUANTITY_MAX:
            raise CellFault(
                measure.column,
                Said("brings the worker's day to {total}", total=str(kept + quantity)),
                Said("at most {quantity_max} a day", quantity_max=QUANTITY_MAX),
            )
        return quantity

    def add(self, kept: Fraction | int, read: Fraction | int) -> Fraction | int:
        return kept + read

    def total(self, kept: Fraction | int, _before: object, /) -> int:
        return rounded(kept, self._measure.round or "up")


class _Lasting:
    def __init__(self, measure: Duration, conditions: tuple[Condition, ...], row: RowCells) -> None:
        self.name: Final = measure.name
        self._measure: Final = measure
        self._conditions: Final = conditions
        self._place: Final = row.place[measure.column]

    def begin(self) -> Fraction:
        return Fraction()

    def read(self, cells: Cells, day: date, _kept: Fraction, /) -> Fraction:
        measure = self._measure
        if self._conditions and not all_met(self._conditions, cells, day):
            return Fraction()
        return read_duration(measure.column, cells[self._place], measure.number, measure.longest_minutes)

    def add(self, kept: Fraction, read: Fraction) -> Fraction:
        return kept + read

    def total(self, kept: Fraction, _before: object, /) -> int:
        return rounded(kept / 60, self._measure.round)


class _Merged:
    """Keeps starts and ends in turn, in microseconds: a month of a large employer is a million of them."""

    def __init__(self, measure: MergedMinutes, conditions: tuple[Condition, ...], row: RowCells) -> None:
        self.name: Final = measure.name
        self._measure: Final = measure
        self._conditions: Final = conditions
        self._beside_date: Final = row.beside_date
        self._spans: Final = tuple((row.time(span.start), row.time(span.end)) for span in measure.spans)
        self._longest: Final = timedelta(minutes=measure.longest_minutes)
        self._hours: Final = None if measure.hours is None else bounds(measure.hours)

    def begin(self) -> "array[int]":
        return array("q")

    def read(self, cells: Cells, day: date, _kept: "array[int]", /) -> list[Interval]:
        if self._conditions and not all_met(self._conditions, cells, day):
            return []
        spans = self._spans
        if len(spans) > 1:
            filled = [span for span in spans if any(cells[time.place].strip() for time in span)]
            spans = tuple(filled) or spans[:1]  # of a row without any, the first says what is missing
        intervals = [self._interval(*span, cells, day) for span in spans]
        return intervals if self._hours is None else list(_clipped(intervals, *self._hours))

    def _interval(self, from_column: TimeColumn, to_column: TimeColumn, cells: Cells, day: date) -> Interval:
        base = day if self._beside_date else None
        begins, ends = from_column.read(cells, base), to_column.read(cells, base)
        start, end = begins.at, ends.at
        alone = begins.alone and ends.alone
        overnight = self._measure.overnight is not None
        if end <= start and alone and overnight:
            if end == start:
                problem = Said("is {start}: no time, or 24 hours", start=from_column.column)
                raise CellFault(to_column.column, problem, "another time, or with 24 hours added to it")
            end = to_column.read(cells, day + DAY).at
        if end < start:
            start_at = Said("{start} or later", start=from_column.column)
            next_day = Said('{start}, or overnight = "next_day" in the mapping', start=start_at)
            raise CellFault(
                to_column.column,
                Said("lies before {start}", start=from_column.column),
                next_day if alone and not overnight else start_at,
            )
        if end - start > self._longest:
            raise CellFault(
                to_column.column,
                Said("lies {span} after {start}", span=end - start, start=from_column.column),
                Said("a task of at most {minutes} minutes", minutes=self._measure.longest_minutes),
            )
        return start, end

    def add(self, kept: "array[int]", read: list[Interval]) -> "array[int]":
        for start, end in read:
            kept.append((start - _EPOCH) // _MICROSECOND)
            kept.append((end - _EPOCH) // _MICROSECOND)
        return kept

    def total(self, kept: "array[int]", before: "array[int] | None", /) -> int:
        """Return the minutes in at least one task. What tasks of the day before reach over midnight is theirs."""
        merged = _merged(kept)
        if before and kept and max(before[1::2]) > min(kept[::2]):
            merged = _merged(before + kept) - _merged(before)
        return whole_minutes(merged, half_up=self._measure.round == "half_up")


def _merged(kept: "array[int]") -> timedelta:
    times = [_EPOCH + microseconds * _MICROSECOND for microseconds in kept]
    return merged_time(zip(times[::2], times[1::2], strict=True))


def _clipped(intervals: Iterable[Interval], first: int, last: int) -> Iterator[Interval]:
    """Yield the parts of intervals that lie in these minutes of the day, past midnight where the last is the less."""
    length = timedelta(minutes=last - first if first < last else last + 24 * 60 - first)
    for start, end in intervals:
        day = start.date() - DAY
        while (opens := datetime.combine(day, time()) + timedelta(minutes=first)) < end:
            begins, ends = max(start, opens), min(end, opens + length)
            if begins < ends:
                yield begins, ends
            day += DAY
