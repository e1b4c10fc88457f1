"""Reading a time: with its date, or alone beside a date column; 24:30 is half an hour into the next day."""

import re
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from lxr.node.said import Said
from lxr.settlement.chengdu import SHANGHAI
from lxr.settlement.work.intake.cells import CellFault, reads, shown
from lxr.settlement.work.intake.dates import ANY_DATE, YEAR_FIRST_ONLY, DateRules, serial_date, written_date
from lxr.settlement.work.intake.widths import narrow

_SHANGHAI_NAMES: Final = frozenset({"Asia/Shanghai", "Asia/Chongqing", "Asia/Harbin", "PRC"})

_CLOCK: Final = (
    r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,6}))?)?"
    r"(?:(?P<utc>Z)|(?P<sign>[+-])(?P<off_hours>[01]\d):(?P<off_minutes>[0-5]\d))?"
)
_TIME: Final = re.compile(rf"{ANY_DATE}(?:T| +|(?<=日)){_CLOCK}", re.ASCII)
_ALONE: Final = re.compile(_CLOCK, re.ASCII)
HOURS_MAX: Final = 47
DAY: Final = timedelta(days=1)


def is_alone(cell: str) -> bool:
    """Whether the cell has a time of day without its date."""
    return _ALONE.fullmatch(narrow(cell).strip()) is not None


def read_time(
    column: str, cell: str, zone: ZoneInfo | None, rules: DateRules = YEAR_FIRST_ONLY, day: date | None = None
) -> datetime:
    """Return a date and time as the clock in Asia/Shanghai shows it, without tzinfo. day: of a time that stands alone.

    Hours 24 to 47 are those of the next day. An offset in the cell counts before `zone`; without either, the source's
    clock is taken as Shanghai's. A local time that a change to or from summer time makes happen twice or never is
    refused. Raises CellFault.
    """
    return _read(column, cell, zone, rules, day)[0]


def read_day(column: str, cell: str, zone: ZoneInfo | None, rules: DateRules = YEAR_FIRST_ONLY) -> date:
    """Return the day in Asia/Shanghai of a time; of an hour past 24:00, the day before, with which it is written.

    Raises CellFault as read_time does, and for an hour past 24:00 on another clock than Shanghai's.
    """
    moment, past_midnight, elsewhere = _read(column, cell, zone, rules, None)
    if past_midnight and elsewhere:
        raise CellFault(column, reads(cell), "hours of 0 to 23 where the clock is not that of Asia/Shanghai")
    return (moment - DAY if past_midnight else moment).date()


@lru_cache(maxsize=1024)  # a task's start says its day and begins its minutes
def _read(
    column: str, cell: str, zone: ZoneInfo | None, rules: DateRules, day: date | None
) -> tuple[datetime, bool, bool]:
    """Return the time in Shanghai, whether its hour is past 24:00, and whether its clock is another than Shanghai's."""
    text = narrow(cell).strip()
    dated, alone = "a date and time like 2026-08-03T11:45:00", "a time like 11:45, with or without a date"
    if found := _TIME.fullmatch(text):
        base = written_date(column, cell, found, rules)
    elif day is not None and (found := _ALONE.fullmatch(text)):
        base = day
    else:
        serial, of_day = serial_date(column, cell, text, rules)
        # A bare number of days says no time: whether midnight is meant, nobody knows.
        if serial is None or "." not in text:
            raise CellFault(column, reads(cell), dated if day is None else alone)
        return _in_shanghai(column, cell, datetime.combine(serial, time()) + of_day, zone), False, _elsewhere(zone)
    hours, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if hours > HOURS_MAX or minute > 59 or second > 59:
        raise CellFault(column, reads(cell), "a date and time that exist")
    clock = timedelta(
        hours=hours, minutes=minute, seconds=second, microseconds=int((found["fraction"] or "").ljust(6, "0"))
    )
    local = datetime.combine(base, time()) + clock
    if found["utc"] or found["sign"]:
        offset = timedelta(hours=int(found["off_hours"] or 0), minutes=int(found["off_minutes"] or 0))
        signed = timezone(-offset if found["sign"] == "-" else offset)
        there = local.replace(tzinfo=signed).astimezone(SHANGHAI).replace(tzinfo=None)
        return there, hours > 23, there != local
    return _in_shanghai(column, cell, local, zone), hours > 23, _elsewhere(zone)


def _elsewhere(zone: ZoneInfo | None) -> bool:
    return zone is not None and zone.key not in _SHANGHAI_NAMES


def _in_shanghai(column: str, cell: str, local: datetime, zone: ZoneInfo | None) -> datetime:
    if zone is None or zone.key in _SHANGHAI_NAMES:
        return local
    at_source = local.replace(tzinfo=zone)
    if at_source.utcoffset() != at_source.replace(fold=1).utcoffset():
        raise CellFault(
            column,
            Said("reads {cell}, which is twice or never in {zone}", cell=shown(cell), zone=zone.key),
            "a time with its offset",
        )
    return at_source.astimezone(SHANGHAI).replace(tzinfo=None)
