"""Reading a time: with its date, or alone beside a date column; 24:30 is half an hour into the next day."""

import re
from datetime import date, datetime, time, timedelta, timezone
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from lxr.node.said import Said
from lxr.settlement.chengdu import SHANGHAI
from lxr.settlement.work.intake.cells import CellFault, reads, shown, unguarded
from lxr.settlement.work.intake.dates import (
    ANY_DATE,
    WEEKDAY,
    YEAR_FIRST_ONLY,
    DateRules,
    refuse_other_weekday,
    serial_date,
    written_date,
)
from lxr.settlement.work.intake.widths import narrow

HOURS_MAX: Final = 47
DAY: Final = timedelta(days=1)
_SHANGHAI_NAMES: Final = frozenset({"Asia/Shanghai", "Asia/Chongqing", "Asia/Harbin", "PRC"})

_HALVES: Final[dict[str, dict[int, int]]] = {
    "am": {12: 0} | {hour: hour for hour in range(1, 12)},
    "pm": {12: 12} | {hour: hour + 12 for hour in range(1, 12)},
    "凌晨": {12: 0} | {hour: hour for hour in range(7)},
    "早上": {hour: hour for hour in range(4, 12)},
    "上午": {hour: hour for hour in range(12)},
    "中午": {11: 11, 12: 12, 1: 13, 2: 14},
    "下午": {hour: hour for hour in range(12, 19)} | {hour: hour + 12 for hour in range(1, 12)},
    "晚上": {hour: hour for hour in range(17, 24)} | {hour: hour + 12 for hour in range(5, 12)},
}
"""The hours that may follow each word, and what they are.

上午12:30 is half past midnight to a computer and half past noon to a person, so it is refused.
"""
_HALF_ZH: Final = "上午|早上|凌晨|下午|晚上|中午"
_HALF_EN: Final = r"[AaPp]\.?[Mm]\.?"
_CLOCK: Final = (
    r"(?:(?P<next>次日|翌日|第二天) *)?"
    rf"(?:(?P<half>{_HALF_ZH}|{_HALF_EN}) *)?"
    r"(?P<hour>\d\d?)(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,12}))?)?"
    r"|[时点](?P<minute_han>\d\d?)分(?:(?P<second_han>\d\d?)秒)?)"
    rf"(?: *(?P<half_after>{_HALF_EN}))?"
    r"(?: *(?:(?P<utc>Z|UTC|GMT)|(?:UTC|GMT)?(?P<sign>[+-])(?P<off_hours>[01]\d):?(?P<off_minutes>[0-5]\d)?))?"
)
_TIME: Final = re.compile(rf"{ANY_DATE}{WEEKDAY}?(?:T| +|(?<=[日)）一二三四五六天])){_CLOCK}", re.ASCII)
_ALONE: Final = re.compile(_CLOCK, re.ASCII)
_OF_MONTH: Final = re.compile(rf"(?P<of_month>\d\d?)日? +{_CLOCK}", re.ASCII)
_PLAIN: Final = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?", re.ASCII)
"""What most exports write, and the standard library reads faster."""


class Moment(Struct, frozen=True):
    """A date and time as the clock in Asia/Shanghai shows it, without tzinfo.

    past_midnight: its hour is past 24:00, and counts on the day before. elsewhere: its clock is another than
    Shanghai's. alone: a time of day without its date, nor a word for the next day.
    """

    at: datetime
    past_midnight: bool = False
    elsewhere: bool = False
    alone: bool = False


def read_moment(
    column: str, cell: str, zone: ZoneInfo | None, rules: DateRules = YEAR_FIRST_ONLY, day: date | None = None
) -> Moment:
    """Read a time. day: of one that stands alone.

    Hours 24 to 47 are those of the next day. An offset in the cell counts before `zone`; without either, the source's
    clock is taken as Shanghai's. A local time that a change to or from summer time makes happen twice or never is
    refused. Raises CellFault.
    """
    elsewhere = zone is not None and zone.key not in _SHANGHAI_NAMES
    if not elsewhere and _PLAIN.fullmatch(cell):
        try:
            return Moment(datetime.fromisoformat(cell))
        except ValueError:
            pass  # an hour past 24:00, or told below
    text = narrow(unguarded(cell))
    alone = False
    if found := _TIME.fullmatch(text):
        base = written_date(column, cell, found, rules)
        refuse_other_weekday(column, cell, found, base)
    elif day is not None and (found := _ALONE.fullmatch(text)):
        base = day
        alone = found["next"] is None
    elif found := _OF_MONTH.fullmatch(text):
        base = _day_of_month(column, cell, int(found["of_month"]), rules.month, day)
    else:
        serial, of_day = serial_date(column, cell, text, rules)
        # A bare number of days says no time: whether midnight is meant, nobody knows.
        if serial is None or "." not in text:
            dated, either = "a date and time like 2026-08-03T11:45:00", "a time like 11:45, with or without a date"
            raise CellFault(column, reads(cell), dated if day is None else either)
        at = _in_shanghai(column, cell, datetime.combine(serial, time()) + of_day, zone)
        return Moment(at, elsewhere=elsewhere)
    clock = _clock(column, cell, found)
    local = datetime.combine(base, time()) + clock
    if found["next"]:
        local += DAY
    late = clock >= DAY or found["next"] is not None
    if not found["utc"] and not found["sign"]:
        return Moment(_in_shanghai(column, cell, local, zone), late, elsewhere, alone)
    if found["sign"] == "-" and not found["second"]:  # 09:00-12:00 is two times, and no clock of the Pacific
        raise CellFault(column, reads(cell), "one time, with seconds where an offset like -05:00 follows")
    offset = timedelta(hours=int(found["off_hours"] or 0), minutes=int(found["off_minutes"] or 0))
    signed = timezone(-offset if found["sign"] == "-" else offset)
    there = local.replace(tzinfo=signed).astimezone(SHANGHAI).replace(tzinfo=None)
    return Moment(there, late, there != local, alone)


def day_of(column: str, cell: str, moment: Moment) -> date:
    """Return the day in Asia/Shanghai of a time; of an hour past 24:00, the day before, with which it is written.

    Raises CellFault for an hour past 24:00 on another clock than Shanghai's.
    """
    if moment.past_midnight and moment.elsewhere:
        raise CellFault(column, reads(cell), "hours of 0 to 23 where the clock is not that of Asia/Shanghai")
    return (moment.at - DAY if moment.past_midnight else moment.at).date()


def _clock(column: str, cell: str, found: re.Match[str]) -> timedelta:
    hours, minute = int(found["hour"]), int(found["minute"] or found["minute_han"])
    second = int(found["second"] or found["second_han"] or 0)
    if hours > HOURS_MAX or minute > 59 or second > 59:
        raise CellFault(column, reads(cell), "a date and time that exist")
    words = [word.replace(".", "").lower() for word in (found["half"], found["half_after"]) if word]
    if words:
        if len(words) > 1 or hours not in _HALVES[words[0]]:
            raise CellFault(column, reads(cell), "a time that exists, like 6:00 PM or 下午6:00")
        hours = _HALVES[words[0]][hours]
    fraction = (found["fraction"] or "")[:6].ljust(6, "0")
    return timedelta(hours=hours, minutes=minute, seconds=second, microseconds=int(fraction))


def _day_of_month(column: str, cell: str, number: int, month: date | None, day: date | None) -> date:
    """Return the day that has this number: in the month, or of the day beside it and its neighbours."""
    near = [] if day is None else [day - DAY, day, day + DAY]
    if month is not None and day is None:
        near = [month + timedelta(days=past) for past in range(31)]
        near = [each for each in near if each.month == month.month]
    for each in near:
        if each.day == number:
            return each
    expected = "a time of the day in its date column" if near and day else "a day of the month, which the mapping names"
    raise CellFault(column, reads(cell), expected)


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
