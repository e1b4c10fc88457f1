"""The mapping: which column of an employer's export means what. A TOML file that the employer writes once."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from lxr.settlement.errors import InputFault
from lxr.settlement.toml_file import read_toml
from lxr.settlement.work.intake.dates import DateFormat, DateRules
from lxr.settlement.work.intake.form import DateSystem, Encoding, Form, Separator

UNSTATED: Final = "unstated"
FACTOR_MAX: Final = 10**9

Column = Annotated[str, Meta(min_length=1, max_length=200)]
MeasureName = Annotated[str, Meta(pattern=r"^[a-z_]{1,24}\Z")]
Factor = Annotated[int, Meta(ge=1, le=FACTOR_MAX)]
Month = Annotated[str, Meta(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])\Z")]


class Columns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who and when. A task's day is its `date` column, or else the day in Asia/Shanghai on which `start` lies.

    employer: for files that hold many employers. id: a task's unique number; without it, a row that repeats another
    cell for cell is a fault.
    """

    worker: Column
    employer: Column | None = None
    id: Column | None = None
    date: Column | None = None
    start: Column | None = None

    def __post_init__(self) -> None:
        if (self.date is None) == (self.start is None):
            raise ValueError("expected either `date` or `start`, to say on which day a task counts")

    @property
    def day(self) -> str:
        """The column that says on which day a task counts."""
        day = self.date or self.start
        assert day is not None
        return day


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="fold", tag="count"):
    """How many tasks."""

    name: MeasureName

    def columns(self) -> tuple[str, ...]:
        return ()


class Sum(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="fold", tag="sum"):
    """The sum of a column × numerator ÷ denominator. Each cell must come out whole: nothing is rounded."""

    name: MeasureName
    column: Column
    numerator: Factor = 1
    denominator: Factor = 1

    def columns(self) -> tuple[str, ...]:
        return (self.column,)


class MergedMinutes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="fold", tag="merged_minutes"):
    """Minutes of the day in at least one task: overlapping tasks count once. The day's total is rounded, once.

    overnight: what an end before its start means where both are times of day without a date; unstated, it is a fault.
    """

    name: MeasureName
    start: Column
    end: Column
    round: Literal["up", "half_up"]
    overnight: Literal["next_day"] | None = None

    def columns(self) -> tuple[str, ...]:
        return (self.start, self.end)


Measure = Count | Sum | MergedMinutes


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
    date_format: what 8/1/2026 means; unstated, it is a fault. date_system: from which year bare numbers of days count.
    terms: the file's `[terms]` table, kept as it is for whoever reads terms.
    """

    zone: str
    columns: Columns
    measures: Annotated[tuple[Measure, ...], Meta(min_length=1)] = msgspec.field(name="measure")
    dates: Dates | None = None
    encoding: Encoding | None = None
    separator: Separator | None = None
    sheet: Column | None = None
    date_format: DateFormat | None = None
    date_system: DateSystem | None = None
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

    @property
    def source_zone(self) -> ZoneInfo | None:
        """None where the source's clock is taken as Asia/Shanghai."""
        return None if self.zone == UNSTATED else ZoneInfo(self.zone)

    @property
    def form(self) -> Form:
        """How the export's file is to be read."""
        return Form(self.encoding, self.separator, self.sheet, self.used_columns)

    @property
    def date_rules(self) -> DateRules:
        """How its dates are to be read."""
        return DateRules(self.date_format, self.date_system)

    @property
    def used_columns(self) -> tuple[str, ...]:
        """Every column that the export must have, each once."""
        stated = (self.columns.worker, self.columns.employer, self.columns.id, self.columns.day)
        used = [column for column in stated if column is not None]
        used += [column for measure in self.measures for column in measure.columns()]
        return tuple(dict.fromkeys(used))


def load_mapping(path: Path) -> Mapping:
    """Read a mapping. Raises InputFault naming the file and the field for anything missing, unknown or malformed."""
    try:
        return msgspec.convert(read_toml(path), Mapping, strict=True)
    except msgspec.ValidationError as fault:
        problem, field = _problem_and_field(str(fault))
        raise InputFault(file=str(path), field=field, problem=problem) from None


def _problem_and_field(message: str) -> tuple[str, str | None]:
    """Parts msgspec's "problem - at `$.path`", and adds to the path the field that is missing or unknown."""
    problem, _, path = message.partition(" - at `$")
    field = path.removesuffix("`").lstrip(".")
    if named := re.search(r"(?:required|unknown) field `(.*)`\Z", problem, re.DOTALL):
        field = f"{field}.{named[1]}".lstrip(".")
        problem = "is missing" if "required" in problem else "is unknown"
    return " ".join(problem.split()), " ".join(field.split()) or None
