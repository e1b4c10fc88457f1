"""Reading one cell of an export. Spaces around a cell do not count; everything else must be plain."""

import re
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

QUANTITY_MAX: Final = 10**9
REF_LENGTH_MAX: Final = 64
# Without daylight saving since 1992, so that a difference of two local times is a length of time.
SHANGHAI: Final = timezone(timedelta(hours=8))
NOBODY: Final = frozenset({"-", "n/a", "na", "nan", "nil", "none", "null", "unknown", "未知", "无"})

_YMD = r"(20\d\d)[-/](\d\d?)[-/](\d\d?)"
_DATE: Final = re.compile(_YMD, re.ASCII)
_TIME: Final = re.compile(
    _YMD + r"[T ](\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(?:(Z)|([+-])([01]\d):([0-5]\d))?", re.ASCII
)
_NUMBER: Final = re.compile(r"(-?)\d{1,30}(?:\.\d{1,30})?", re.ASCII)


class CellFault(Exception):
    """What is wrong with one cell; `column` is empty where it is the whole row."""

    def __init__(self, column: str, problem: str, expected: str) -> None:
        super().__init__(column, problem, expected)
        self.column: Final = column
        self.problem: Final = problem
        self.expected: Final = expected


def _reads(cell: str) -> str:
    return f"reads {cell[:40]!r}" if cell.strip() else "is blank"


def read_ref(column: str, cell: str) -> str:
    """A number or name of a worker, employer or task: 1..64 printable characters, and not a word for nobody."""
    ref = cell.strip()
    if not ref or not ref.isprintable() or len(ref) > REF_LENGTH_MAX or ref.lower() in NOBODY:
        raise CellFault(column, _reads(cell), f"a reference of 1 to {REF_LENGTH_MAX} printable characters")
    return ref


def read_date(column: str, cell: str) -> date:
    """A date of the years 2000..2099, year first."""
    if found := _DATE.fullmatch(cell.strip()):
        try:
            return date(*(int(part) for part in found.groups()))
        except ValueError:
            pass
    raise CellFault(column, _reads(cell), "a date like 2026-08-03")


def read_time(column: str, cell: str, zone: ZoneInfo | None) -> datetime:
    """A date and time as the clock in Asia/Shanghai shows it, without tzinfo.

    An offset in the cell counts before `zone`; without either, the source's clock is taken as Shanghai's. A local time
    that a change to or from summer time makes happen twice or never is refused.
    """
    local = _TIME.fullmatch(cell.strip())
    if local is None:
        raise CellFault(column, _reads(cell), "a date and time like 2026-08-03T11:45:00")
    year, month, day, hour, minute, second, fraction, utc, sign, offset_hours, offset_minutes = local.groups()
    try:
        time = datetime(
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second or 0),
            int((fraction or "").ljust(6, "0")),
        )
    except ValueError:
        raise CellFault(column, _reads(cell), "a date and time that exist") from None
    if utc or sign:
        offset = timedelta(hours=int(offset_hours or 0), minutes=int(offset_minutes or 0))
        at_source = time.replace(tzinfo=timezone(-offset if sign == "-" else offset))
    elif zone is None:
        return time
    else:
        at_source = time.replace(tzinfo=zone)
        if at_source.utcoffset() != at_source.replace(fold=1).utcoffset():
            raise CellFault(column, f"{_reads(cell)}, which is twice or never in {zone.key}", "a time with its offset")
    return at_source.astimezone(SHANGHAI).replace(tzinfo=None)


def read_quantity(column: str, cell: str, numerator: int, denominator: int) -> int:
    """The cell, a plain decimal number, × numerator ÷ denominator: a whole number 0..QUANTITY_MAX, exactly."""
    found = _NUMBER.fullmatch(cell.strip())
    if found is None:
        raise CellFault(column, _reads(cell), "a plain number like 12 or 3.4")
    if found[1]:
        raise CellFault(column, f"{_reads(cell)}, which is negative", "0 or more")
    quantity = Fraction(found[0]) * Fraction(numerator, denominator)
    if quantity.denominator != 1:
        factor = "" if numerator == denominator else f" after × {numerator} ÷ {denominator}"
        raise CellFault(column, f"{_reads(cell)}, which is a fraction", f"a whole number{factor}")
    if quantity > QUANTITY_MAX:
        raise CellFault(column, f"{_reads(cell)}, which is too large", f"at most {QUANTITY_MAX}")
    return quantity.numerator
