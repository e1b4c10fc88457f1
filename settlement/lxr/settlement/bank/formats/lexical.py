"""The forms in which XML Schema lets a number, a day or a yes be written; None where a text is none of them."""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from lxr.settlement.chengdu import SHANGHAI

BLANKS: Final = " \t\r\n"
"""What XML takes for blank."""
_DECIMAL: Final = re.compile(r"([+-]?)0*([0-9]*)(?:\.([0-9]*?)0*)?", re.ASCII)
_WHOLE_DIGITS_MAX: Final = 13
_DAY: Final = re.compile(
    r"([12][0-9]{3}-[0-9]{2}-[0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?)?"
    r"(Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?",
    re.ASCII,
)
_NUMBER: Final = re.compile(r"\+?0*([0-9]{1,18})\.?0*", re.ASCII)


def fen_of(text: str) -> int | None:
    """Return an amount in yuan in fen: zeros may stand before and behind it, and whole fen must come out."""
    found = _DECIMAL.fullmatch(text)
    if found is None:
        return None
    sign, whole, part = found.groups(default="")
    if len(part) > 2 or len(whole) > _WHOLE_DIGITS_MAX or not any(sign.isdigit() for sign in text):
        return None
    fen = int(whole or "0") * 100 + int(part.ljust(2, "0"))
    return None if sign == "-" and fen else fen


@lru_cache(maxsize=4096)
def day_of_text(text: str) -> date | None:
    """Return the day of a date, or of a date and time, as it is where the bank is."""
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    said, hours, minutes, seconds, offset = found.groups()
    try:
        day = date.fromisoformat(said)
        if hours is None:
            return day
        ends = (hours, minutes, seconds) == ("24", "00", "00")
        moment = datetime.combine(day, datetime.min.time()) + timedelta(
            hours=int(hours), minutes=int(minutes), seconds=int(seconds)
        )
        if not ends and (int(hours) > 23 or int(minutes) > 59 or int(seconds) > 59):
            return None
        if offset in (None, "+08:00"):
            return day  # 24:00 is the end of its day
        return (
            datetime.fromisoformat(f"{moment.isoformat()}{offset.replace('Z', '+00:00')}").astimezone(SHANGHAI).date()
        )
    except (ValueError, OverflowError):
        return None


def flag_of(text: str) -> bool | None:
    """Return what a boolean says."""
    return {"true": True, "1": True, "false": False, "0": False}.get(text)


def number_of(text: str) -> int | None:
    """Return a whole number that is not below zero, of at most 18 digits."""
    found = _NUMBER.fullmatch(text)
    return None if found is None else int(found[1])
