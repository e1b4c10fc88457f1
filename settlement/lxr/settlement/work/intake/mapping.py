"""The mapping: which column of an employer's export means what. A TOML file that the employer writes once.

docs/mapping.md says what each key is for.
"""

import re
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from lxr.settlement.errors import InputFault
from lxr.settlement.toml_file import read_toml, toml_of
from lxr.settlement.work.intake.dates import DateFormat, DateRules
from lxr.settlement.work.intake.durations import DurationUnit
from lxr.settlement.work.intake.form import DateSystem, Encoding, Form, Separator
from lxr.settlement.work.intake.header import HEADER_ROWS_MAX
from lxr.settlement.work.intake.numbers import Rounding
from lxr.settlement.work.intake.widths import title_of

_File = TypeVar("_File")
UNSTATED: Final = "unstated"
HEADER_ROW_MAX: Final = 1000
FACTOR_MAX: Final = 10**9
DAY_MINUTES: Final = 1440

Column = Annotated[str, Meta(min_length=1, max_length=200)]
Value = Annotated[str, Meta(max_length=200)]
Word = Annotated[str, Meta(min_length=1, max_length=40)]
MeasureName = Annotated[str, Meta(pattern=r"^[a-z_]{1,24}\Z")]
Factor = Annotated[int, Meta(ge=1, le=FACTOR_MAX)]
HeaderRow = Annotated[int, Meta(ge=1, le=HEADER_ROW_MAX)]
HeaderRows = Annotated[int, Meta(ge=1, le=HEADER_ROWS_MAX)]
Month = Annotated[str, Meta(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])\Z")]
Minutes = Annotated[int, Meta(ge=1, le=DAY_MINUTES)]
Hours = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z")]
"""Hours of the day, as 22:00-06:00: from the first on, until before the second; past midnight, where it is earlier."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the mapping that names columns."""

    def columns(self) -> tuple[str, ...]:
        """Every column that it names."""
        raise NotImplementedError

    def times(self) -> tuple[str, ...]:
        """Those of them that hold times."""
        return ()


class Only(Part, frozen=True, forbid_unknown_fields=True):
    """Which rows count: by what a column says, by the hours in which its time lies, or because columns are filled.

    values: of a row that counts. not_counted: of one that is known not to; any other value is a fault.
    filled: columns of which at least one holds something.
    """

    column: Column | None = None
    values: Annotated[tuple[Value, ...], Meta(min_length=1)] | None = None
    not_counted: tuple[Value, ...] | None = None
    hours: Hours | None = None
    filled: Annotated[tuple[Column, ...], Meta(min_length=1)] | None = None

    def __post_init__(self) -> None:
        ways = (self.values, self.hours, self.filled)
        if sum(way is not None for way in ways) != 1 or (self.column is None) != (self.filled is not None):
            raise ValueError("expected `column` with `values` or with `hours`, or else `filled`")
        if self.not_counted is not None and self.values is None:
            raise ValueError("expected `not_counted` beside `values` only")
        if self.values is not None and set(self.values) & set(self.not_counted or ()):
            raise ValueError("a value is in `values` and in `not_counted`; expected it in one of them")
        _refuse_no_hours(self.hours)

    def columns(self) -> tuple[str, ...]:
        return self.filled or (self.column or "",)

    def times(self) -> tuple[str, ...]:
        return () if self.hours is None else self.columns()


class Columns(Part, frozen=True, forbid_unknown_fields=True):
    """Who and when. A task's day is its `date` column, or else the day in Asia/Shanghai on which `start` lies.

    days: what stands under each day, where the header has a column for each: a name for its cell, or the names of the
    columns under it. employer: for files that hold many employers. id: a task's unique number; without it, a row that
    repeats another cell for cell is a fault.
    """

    worker: Column
    employer: Column | None = None
    id: Column | None = None
    date: Column | None = None
    start: Column | None = None
    days: Annotated[tuple[Column, ...], Meta(min_length=1)] | None = None

    def __post_init__(self) -> None:
        if sum(way is not None for way in (self.date, self.start, self.days)) != 1:
            raise ValueError("expected either `date` or `start`, to say on which day a task counts, or `days`")
        if self.days is not None and self.id is not None:
            raise ValueError("expected no `id` beside `days`: a row is many tasks")

    @property
    def day(self) -> str | None:
        """The column that says on which day a task counts."""
        return self.date or self.start

    def columns(self) -> tuple[str, ...]:
        stated = (self.worker, self.employer, self.id, self.day)
        return tuple(column for column in stated if column is not None)

    def times(self) -> tuple[str, ...]:
        return () if self.start is None else (self.start,)


class Count(Part, frozen=True, forbid_unknown_fields=True, tag_field="fold", tag="count"):
    """How many tasks. only: of which tasks."""

    name: MeasureName
    only: tuple[Only, ...] = ()

    def columns(self) -> tuple[str, ...]:
        return ()


class Sum(Part, frozen=True, forbid_unknown_fields=True, tag_field="fold", tag="sum"):
    """The sum of a column × numerator ÷ denominator. only: of which tasks. units: words that may follow the number.

    round: of the day's exact sum. Without it nothing is rounded, and each cell must come out whole.
    """

    name: MeasureName
    column: Column
    numerator: Factor = 1
    denominator: Factor = 1
    units: tuple[Word, ...] = ()
    round: Rounding | None = None
    only: tuple[Only, ...] = ()

    def columns(self) -> tuple[str, ...]:
        return (self.column,)


class Duration(Part, frozen=True, forbid_unknown_fields=True, tag_field="fold", tag="duration"):
    """Minutes, the sum of a column of durations. The day's total is rounded, once. only: of which tasks.

    number: what a plain number counts; unstated, it is a fault. longest_minutes: of one task; longer ones are faults.
    """

    name: MeasureName
    column: Column
    round: Rounding
    number: DurationUnit | None = None
    longest_minutes: Minutes = DAY_MINUTES
    only: tuple[Only, ...] = ()

    def columns(self) -> tuple[str, ...]:
        return (self.column,)


class Span(Part, frozen=True, forbid_unknown_fields=True):
    """Further columns of a start and an end."""

    start: Column
    end: Column

    def columns(self) -> tuple[str, ...]:
        return (self.start, self.end)

    def times(self) -> tuple[str, ...]:
        return self.columns()


class MergedMinutes(Part, frozen=True, forbid_unknown_fields=True, tag_field="fold", tag="merged_minutes"):
    """Minutes of the day in at least one task: overlapping tasks count once. The day's total is rounded, once.

    overnight: what an end before its start means where both are times of day without a date; unstated, it is a fault.
    longest_minutes: of one task; longer ones are faults. hours: only the part of each task that lies in these hours of
    the day. also: further starts and ends of a row; of all of them, those that are blank do not count, but one must be
    there. only: of which tasks.
    """

    name: MeasureName
    start: Column
    end: Column
    round: Rounding
    overnight: Literal["next_day"] | None = None
    longest_minutes: Minutes = DAY_MINUTES
    hours: Hours | None = None
    also: tuple[Span, ...] = ()
    only: tuple[Only, ...] = ()

    def __post_init__(self) -> None:
        _refuse_no_hours(self.hours)

    @property
    def spans(self) -> tuple[Span, ...]:
        """All starts and ends."""
        return (Span(self.start, self.end), *self.also)

    def columns(self) -> tuple[str, ...]:
        return tuple(chain.from_iterable(span.columns() for span in self.spans))

    def times(self) -> tuple[str, ...]:
        return self.columns()


Measure = Count | Sum | Duration | MergedMinutes


class Dates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Old data played in another month: the k-th distinct date of the source becomes day k of `month` (YYYY-MM)."""

    month: Month
    rule: Literal["kth"]

    @property
    def first(self) -> date:
        return date.fromisoformat(f"{self.month}-01")


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole mapping file.

    zone: of the source's clock, an IANA name or "unstated", which is taken as Asia/Shanghai.
    encoding, separator: of a CSV file, where they are not to be recognised. sheet: of a workbook, where it has several.
    header_row, header_rows: see Form. totals: further words that say that a row is a total.
    blank: what stands for an empty cell. if_blank: by a column of times, the one that counts where it is blank.
    date_format: what 8/1/2026 means; unstated, it is a fault. date_system: from which year bare numbers of days count.
    month: of days that stand without one. only: which rows count.
    terms: the file's `[terms]` table, kept as it is for whoever reads terms.
    """

    zone: str
    columns: Columns
    measures: Annotated[tuple[Measure, ...], Meta(min_length=1)] = msgspec.field(name="measure")
    only: tuple[Only, ...] = ()
    dates: Dates | None = None
    encoding: Encoding | None = None
    separator: Separator | None = None
    sheet: Column | None = None
    header_row: HeaderRow | None = None
    header_rows: HeaderRows | None = None
    totals: tuple[Word, ...] = ()
    blank: tuple[Word, ...] = ()
    if_blank: dict[Column, Column] = {}
    date_format: DateFormat | None = None
    date_system: DateSystem | None = None
    month: Month | None = None
    terms: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        names = [measure.name for measure in self.measures]
        if len(set(names)) < len(names):
            raise ValueError(f"two measures have one name among {', '.join(names)}; expected each name once")
        if self.zone != UNSTATED:
            try:
                ZoneInfo(self.zone)
            except (KeyError, ValueError, OSError):
                message = f"zone {self.zone!r} is unknown; expected an IANA name like Asia/Shanghai, or {UNSTATED}"
                raise ValueError(message) from None
        if no_times := set(self.if_blank) - {column for part in self._parts for column in part.times()}:
            raise ValueError(f"if_blank names {min(no_times)!r}; expected a column that is read as a time")
        titles: dict[str, str] = {}
        for column in self._named:
            if titles.setdefault(title_of(column), column) != column:
                raise ValueError(
                    f"{titles[title_of(column)]!r} and {column!r} are one column; expected one name for it"
                )

    @property
    def source_zone(self) -> ZoneInfo | None:
        """None where the source's clock is taken as Asia/Shanghai."""
        return None if self.zone == UNSTATED else ZoneInfo(self.zone)

    @property
    def form(self) -> Form:
        """How the export's file is to be read."""
        return Form(
            encoding=self.encoding,
            separator=self.separator,
            sheet=self.sheet,
            columns=self.used_columns,
            header_row=self.header_row,
            header_rows=self.header_rows,
            keys=self.columns.columns(),
            totals=self.totals,
            days=self.columns.days or (),
        )

    @property
    def date_rules(self) -> DateRules:
        """How its dates are to be read."""
        month = None if self.month is None else date.fromisoformat(f"{self.month}-01")
        return DateRules(self.date_format, self.date_system, month)

    @property
    def used_columns(self) -> tuple[str, ...]:
        """Every column that the header must have, each once: not those of days, which the days' own headings name."""
        return tuple(column for column in self._named if column not in (self.columns.days or ()))

    @property
    def _parts(self) -> tuple[Part, ...]:
        conditions = chain(self.only, *(measure.only for measure in self.measures))
        return (self.columns, *self.measures, *conditions)

    @property
    def _named(self) -> tuple[str, ...]:
        named = chain(*(part.columns() for part in self._parts), self.if_blank.values())
        return tuple(dict.fromkeys(named))


def load_mapping(path: Path) -> Mapping:
    """Read a mapping. Raises InputFault naming the file and the field for anything missing, unknown or malformed."""
    return converted(read_toml(path), str(path), Mapping)


def mapping_of(data: bytes, name: str) -> Mapping:
    """Read a mapping from the bytes of a file called `name`. Raises InputFault as load_mapping does."""
    return converted(toml_of(data, name), name, Mapping)


def converted(tree: dict[str, Any], name: str, kind: type[_File]) -> _File:
    """Return the tree of a TOML file called `name` as a struct. Raises InputFault as load_mapping does."""
    try:
        return msgspec.convert(tree, kind, strict=True)
    except msgspec.ValidationError as fault:
        problem, field = _problem_and_field(str(fault))
        raise InputFault(file=name, field=field, problem=problem) from None


def _problem_and_field(message: str) -> tuple[str, str | None]:
    """Parts msgspec's "problem - at `$.path`", and adds to the path the field that is missing or unknown."""
    problem, _, path = message.partition(" - at `$")
    field = path.removesuffix("`").lstrip(".")
    if named := re.search(r"(?:required|unknown) field `(.*)`\Z", problem, re.DOTALL):
        field = f"{field}.{named[1]}".lstrip(".")
        problem = "is missing" if "required" in problem else "is unknown"
    return " ".join(problem.split()), " ".join(field.split()) or None


def _refuse_no_hours(hours: str | None) -> None:
    if hours is not None and hours[:5] == hours[6:]:
        raise ValueError(f"the hours {hours} are none, or all; expected two times, like 22:00-06:00")
