"""What stands in a bank's cells: amounts in whole fen, days and times as banks write them, texts without padding."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal
from typing import Final

from lxr.node.said import Said
from lxr.settlement.bank.formats.texts import AMOUNT_MAX_FEN, yuan
from lxr.settlement.work.intake.cells import CellFault, reads
from lxr.settlement.work.intake.dates import ANY_DATE, DateRules, serial_date, written_date
from lxr.settlement.work.intake.widths import narrow

_AMOUNT: Final = re.compile(r"([+-]?)(\d{1,20}|\d{1,3}(?:,\d{3}){1,6})(\.\d{1,30})?", re.ASCII)
_AS_SPREADSHEETS_KEEP: Final = Context(prec=15)
_CLOCK: Final = (
    r"(?:(?P<hour>\d\d?)[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:\.\d{1,9})?)?"
    r"|(?P<hour_han>\d\d?)时(?P<minute_han>\d\d)分(?:(?P<second_han>\d\d)秒)?"
    r"|(?P<hour_run>\d\d)(?P<minute_run>\d\d)(?P<second_run>\d\d))"
)
_MOMENT: Final = re.compile(rf"{ANY_DATE}(?:[T -]*{_CLOCK})?", re.ASCII)
_TIME: Final = re.compile(_CLOCK, re.ASCII)


def text_of(cell: str) -> str:
    """Return a cell without padding, with one blank for several. What is written in full width stays so."""
    return " ".join(cell.split())


def account_of(cell: str) -> str:
    """Return an account without the blanks, and the apostrophe before a text, that banks write into it."""
    return re.sub(r"\s", "", narrow(cell)).removeprefix("'")


def fen_of(column: str, cell: str, blank: tuple[str, ...] = ()) -> int | None:
    """Return an amount in yuan as whole fen, below zero where it is; None where the cell stands for none.

    Digits that a spreadsheet adds beyond the 15 that it keeps (0.30000000000000004) are no part of the amount: none
    within the bound has as many. Raises CellFault: no amount, not whole fen, too large.
    """
    text = narrow(cell).strip()
    if not text or text in blank:
        return None
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise CellFault(column, reads(cell), "an amount in yuan, like 1234.56")
    fen = _AS_SPREADSHEETS_KEEP.plus(Decimal(text.replace(",", ""))) * 100
    if fen != fen.to_integral_value():
        raise CellFault(column, reads(cell), "whole fen")
    if abs(fen) > AMOUNT_MAX_FEN:
        raise CellFault(column, reads(cell), Said("at most {yuan}", yuan=yuan(AMOUNT_MAX_FEN)))
    return int(fen)


def moment_of(column: str, cell: str, rules: DateRules) -> tuple[date | None, time | None]:
    """Return the day and the time of day in a cell, to the second, as far as it has them. Raises CellFault."""
    text = narrow(cell).strip()
    if not text:
        return None, None
    if found := _MOMENT.fullmatch(text):
        return written_date(column, cell, found, rules), _clock(column, cell, found)
    if found := _TIME.fullmatch(text.rjust(6, "0") if text.isdecimal() else text):
        return None, _clock(column, cell, found)
    day, rest = serial_date(column, cell, text, rules)
    if day is None:
        raise CellFault(column, reads(cell), "a date like 2026-08-03, with or without a time like 11:45:00")
    if not rest:
        return day, None
    moment = datetime.combine(day, time()) + timedelta(seconds=round(rest.total_seconds()))
    return moment.date(), moment.time()


def day_of(column: str, cell: str, rules: DateRules) -> date | None:
    """Return the day in a cell; None where it is blank. Raises CellFault."""
    day, _ = moment_of(column, cell, rules)
    if day is None and cell.strip():
        raise CellFault(column, reads(cell), "a date like 2026-08-03")
    return day


def _clock(column: str, cell: str, found: re.Match[str]) -> time | None:
    for form in ("", "_han", "_run"):
        if found[f"hour{form}"] is not None:
            hour, minute, second = (int(found[f"{part}{form}"] or 0) for part in ("hour", "minute", "second"))
            if hour > 23 or minute > 59 or second > 59:
                raise CellFault(column, reads(cell), "a time that exists, like 11:45:00")
            return time(hour, minute, second)
    return None
