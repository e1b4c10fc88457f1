"""Headings that name a day: 1, 1日, 8/1, 8月1日, 2026-08-01, with or without a weekday, and what stands under it."""

import re
from datetime import date
from typing import Final

from msgspec import Struct

from lxr.settlement.work.intake.widths import narrow, title_of

_WEEKDAYS: Final = "一二三四五六日天"
_WEEKDAY: Final = r"(?:[(（]?(?:星期|周|礼拜)?(?P<weekday>[一二三四五六日]|(?<=[期周拜])天)[)）]?)"
_DAY: Final = re.compile(
    r"(?:(?:(?P<year>20\d\d)[-/.年])?(?P<month>\d\d?)[-/.月])?(?P<day>\d\d?)(?:日|号|(?=\D)|\Z)" + _WEEKDAY + "?",
    re.ASCII,
)
_ONLY_WEEKDAY: Final = re.compile(_WEEKDAY)
_MONTH: Final = re.compile(
    r"(?<!\d)(20\d\d)(?: ?[-/.年] ?(1[0-2]|0?[1-9])|(1[0-2]|0[1-9])(?:[0-3]\d)?)(?!\d)", re.ASCII
)
_COUNTED: Final = ("月", "天", "个", "次", "人")
"""After a number that is no day."""


class DayHeading(Struct, frozen=True):
    """month, year: where the heading says them. weekday: 0 for Monday. part: a place among what stands under a day."""

    day: int
    month: int | None
    year: int | None
    weekday: int | None
    part: int


def day_heading(path: tuple[str, ...], parts: tuple[str, ...]) -> DayHeading | None:
    """Return the day that a column's titles name, and which of the parts the column holds; None: it is no day's."""
    titles = [title_of(title) for title in path]
    names = [title_of(part) for part in parts]
    found = _DAY.match(titles[0])
    if found is None or not 1 <= int(found["day"]) <= 31:
        return None
    weekday = found["weekday"]
    left = _below(titles, found)
    if left and left[0] not in names and (only := _ONLY_WEEKDAY.fullmatch(left[0])):
        weekday = only["weekday"]
        left = left[1:]
    if not left and len(names) == 1:
        part = 0
    elif len(left) == 1 and left[0] in names:
        part = names.index(left[0])
    else:
        return None
    return DayHeading(
        day=int(found["day"]),
        month=int(found["month"]) if found["month"] else None,
        year=int(found["year"]) if found["year"] else None,
        weekday=None if weekday is None else min(_WEEKDAYS.index(weekday), 6),
        part=part,
    )


def begins_like_day(path: tuple[str, ...]) -> int | None:
    """Return the day with which a column's first title begins, whatever follows; None: with none, or 8月, 3天."""
    title = title_of(path[0])
    found = _DAY.match(title)
    return None if found is None or title[found.end() :][:1] in _COUNTED else int(found["day"])


def under_a_day(path: tuple[str, ...]) -> str | None:
    """Return what a column's titles say below, or after, their day: often nothing; None: they name no day."""
    titles = [title_of(title) for title in path]
    found = _DAY.match(titles[0])
    if found is None or not 1 <= int(found["day"]) <= 31:
        return None
    left = _below(titles, found)
    if left and _ONLY_WEEKDAY.fullmatch(left[0]):
        left = left[1:]
    return "/".join(left)


def _below(titles: list[str], day: re.Match[str]) -> list[str]:
    rest = [titles[0][day.end() :].lstrip("-_/.:"), *titles[1:]]
    return [title for title in rest if title]


def months_in(text: str) -> set[date]:
    """Return the months that a line above the header, or a sheet's title, names: the first day of each."""
    found = _MONTH.findall(narrow(text))
    return {date(int(year), int(month or run), 1) for year, month, run in found}
