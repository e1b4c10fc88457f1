"""Reading how long something took: 7:30, 1:41:00, 7小时30分, 7h 30m, or a plain number of hours, minutes or seconds."""

import re
from fractions import Fraction
from typing import Final, Literal

from lxr.node.said import Said
from lxr.settlement.work.intake.cells import CellFault, reads, shown, unguarded
from lxr.settlement.work.intake.widths import narrow

DurationUnit = Literal["hours", "minutes", "seconds"]

_SECONDS: Final[dict[DurationUnit, int]] = {"hours": 3600, "minutes": 60, "seconds": 1}
_CLOCK: Final = re.compile(r"(\d{1,4}):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?", re.ASCII)
_DECIMAL: Final = r"\d{1,9}(?:\.\d{1,30})?"
_WORDS: Final = re.compile(
    rf"(?:({_DECIMAL}) *(?:个?小时|时|h(?:(?:ou)?rs?)?))? *(?:({_DECIMAL}) *(?:分钟?|m(?:in(?:ute)?s?)?))?"
    rf" *(?:({_DECIMAL}) *(?:秒钟?|s(?:ec(?:ond)?s?)?))?",
    re.ASCII | re.IGNORECASE,
)
_NUMBER: Final = re.compile(_DECIMAL, re.ASCII)


def read_duration(column: str, cell: str, number: DurationUnit | None, longest_minutes: int) -> Fraction:
    """Return a duration in seconds, exactly. number: of what a plain number counts; None: it is refused.

    Two parts with a colon are hours and minutes. Raises CellFault, also for one that is longer than `longest_minutes`.
    """
    text = narrow(unguarded(cell))
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds, fraction = found.groups()
        second = Fraction(f"{seconds or 0}.{fraction or 0}")
        length = int(hours) * 3600 + int(minutes) * 60 + second
    elif text and (found := _WORDS.fullmatch(text)):
        hours, minutes, seconds = (Fraction(part or 0) for part in found.groups())
        length = hours * 3600 + minutes * 60 + seconds
    elif not _NUMBER.fullmatch(text):
        raise CellFault(column, reads(cell), "a duration like 7:30, 7小时30分 or 7h 30m")
    elif number is None:
        expected = "a duration like 7:30, or `number` in the mapping: hours, minutes or seconds"
        raise CellFault(column, reads(cell), expected)
    else:
        length = Fraction(text) * _SECONDS[number]
    if length > longest_minutes * 60:
        longest = Said("at most {minutes} minutes", minutes=longest_minutes)
        raise CellFault(column, Said("reads {cell}, which is too long", cell=shown(cell)), longest)
    return length
