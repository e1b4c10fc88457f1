"""Reading a date as people write it: year first, or in the order that the mapping names. The order is never guessed."""

import re
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, Literal

from msgspec import Struct

from lxr.node.said import Said
from lxr.settlement.work.intake.cells import CellFault, reads, shown, unguarded
from lxr.settlement.work.intake.form import DateSystem
from lxr.settlement.work.intake.widths import narrow

DateFormat = Literal["D/M/YYYY", "M/D/YYYY", "YY-M-D"]

YEAR_FIRST: Final = (
    r"(?:(?P<y>20\d\d)[-/.](?P<m>\d\d?)[-/.](?P<d>\d\d?)"
    r"|(?P<y_han>20\d\d) ?年 ?(?P<m_han>\d\d?) ?月 ?(?P<d_han>\d\d?) ?日"
    r"|(?P<y_run>20\d\d)(?P<m_run>\d\d)(?P<d_run>\d\d))"
)
YEAR_LAST: Final = r"(?P<part_1>\d\d?)[-/.](?P<part_2>\d\d?)[-/.](?P<y_last>20\d\d)"
YEAR_SHORT: Final = r"(?P<y_short>\d\d)[-/.](?P<m_short>\d\d?)[-/.](?P<d_short>\d\d?)"
ANY_DATE: Final = rf"(?:{YEAR_FIRST}|{YEAR_LAST}|{YEAR_SHORT})"
WEEKDAY: Final = (
    r"(?: *,? *[(（]?(?:(?:星期|周|礼拜)(?P<weekday>[一二三四五六日天])"
    r"|(?P<weekday_en>Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6})[)）]?)"
)

_DATE: Final = re.compile(ANY_DATE + WEEKDAY + r"?(?:[T ]+0?0:00(?::00(?:\.0+)?)?)?", re.ASCII)
_PLAIN: Final = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)
_WEEKDAYS: Final = (
    {name: day for day, name in enumerate("一二三四五六日")}
    | {"天": 6}
    | {name: day for day, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))}
)
SERIAL: Final = re.compile(r"(\d{5})(\.\d{1,15})?", re.ASCII)
_DAY_0: Final = {1900: date(1899, 12, 30), 1904: date(1904, 1, 1)}


class DateRules(Struct, frozen=True):
    """How dates are to be read.

    format: what 8/1/2026 or 26-08-01 means, if anything. system: from which year days are counted, where it is known.
    month: the first day of the one in which a day stands without its month.
    """

    format: DateFormat | None = None
    system: DateSystem | None = None
    month: date | None = None


YEAR_FIRST_ONLY: Final = DateRules()


def read_date(column: str, cell: str, rules: DateRules = YEAR_FIRST_ONLY) -> date:
    """Return a date of the years 2000..2099; at midnight, where a time stands with it. Raises CellFault."""
    text = narrow(unguarded(cell))
    if _PLAIN.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass  # told below
    if found := _DATE.fullmatch(text):
        written = written_date(column, cell, found, rules)
        refuse_other_weekday(column, cell, found, written)
        return written
    day, rest = serial_date(column, cell, text, rules)
    if day is None or rest:
        raise CellFault(column, reads(cell), "a date like 2026-08-03")
    return day


def written_date(column: str, cell: str, found: re.Match[str], rules: DateRules) -> date:
    """Return the date in a match of ANY_DATE. Raises CellFault for one that does not exist, or is in no known order."""
    text = found.group
    if year := text("y"):
        month, day = text("m"), text("d")
    elif year := text("y_han"):
        month, day = text("m_han"), text("d_han")
    elif year := text("y_run"):
        month, day = text("m_run"), text("d_run")
    elif (year := text("y_short")) and rules.format == "YY-M-D":
        year, month, day = f"20{year}", text("m_short"), text("d_short")
    elif year or rules.format not in ("D/M/YYYY", "M/D/YYYY"):
        raise CellFault(column, reads(cell), "a date like 2026-08-03, or date_format in the mapping")
    else:
        year, month, day = text("y_last"), text("part_1"), text("part_2")
        if rules.format == "D/M/YYYY":
            month, day = day, month
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise CellFault(column, reads(cell), "a date that exists, like 2026-08-03") from None


def refuse_other_weekday(column: str, cell: str, found: re.Match[str], day: date) -> None:
    """Raise CellFault where the weekday beside a date is not that date's."""
    name = found["weekday"] or found["weekday_en"]
    if name is not None and _WEEKDAYS[name] != day.weekday():
        raise CellFault(
            column, Said("reads {cell}: {day} is no such weekday", cell=shown(cell), day=day), "a date and its weekday"
        )


def serial_date(column: str, cell: str, text: str, rules: DateRules) -> tuple[date | None, timedelta]:
    """Read a spreadsheet's number of days, and the time of day to the millisecond; None: the text is no such number.

    Days are counted from 1900 or from 1904, four years apart. Raises CellFault where that is not known.
    """
    found = SERIAL.fullmatch(text)
    if found is None:
        return None, timedelta()
    if rules.system is None:
        raise CellFault(column, reads(cell), "a date like 2026-08-03, or date_system in the mapping")
    milliseconds = round(Fraction(found[2] or 0) * 86_400_000)
    day = _DAY_0[rules.system] + timedelta(days=int(found[1]))
    if not 2000 <= day.year <= 2099:
        raise CellFault(
            column, Said("reads {cell}, which is {day}", cell=shown(cell), day=day), "a date of 2000 to 2099"
        )
    return day, timedelta(milliseconds=milliseconds)
