"""Reading a number: exactly, with or without thousands separators."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from lxr.node.said import Said
from lxr.settlement.work.intake.cells import CellFault, reads, shown, unguarded
from lxr.settlement.work.intake.widths import narrow

Rounding = Literal["up", "half_up"]
QUANTITY_MAX: Final = 10**9
_ROUNDED_FROM: Final = 10**15
"""A spreadsheet keeps 15 digits of a number."""

_NUMBER: Final = re.compile(r"(-?)(?:\d{1,30}|\d{1,3}(?:,\d{3}){1,9})(?:\.\d{1,30})?", re.ASCII)


def read_quantity(
    column: str, cell: str, numerator: int, denominator: int, units: tuple[str, ...] = (), *, whole: bool = True
) -> Fraction | int:
    """Return the cell, a plain decimal number, × numerator ÷ denominator, exactly: 0..QUANTITY_MAX.

    units: words that may stand after the number. whole: a fraction is refused. Raises CellFault.
    """
    if cell.isdecimal() and cell.isascii() and len(cell) < 16:
        above, below = int(cell) * numerator, denominator
    else:
        text = _without_unit(narrow(unguarded(cell)), units)
        found = _NUMBER.fullmatch(text)
        if found is None:
            expected = "a plain number like 12 or 3.4"
            if units:
                named = ", ".join(units)
                raise CellFault(
                    column, reads(cell), Said("a number like 12 or 3.4, alone or with {named}", named=named)
                )
            raise CellFault(column, reads(cell), expected)
        if found[1]:
            raise CellFault(column, Said("reads {cell}, which is negative", cell=shown(cell)), "0 or more")
        integer, _, decimals = text.replace(",", "").partition(".")
        above, below = int(integer + decimals) * numerator, 10 ** len(decimals) * denominator
    if whole and above % below:
        factor = "" if numerator == denominator else f" after × {numerator} ÷ {denominator}"
        raise CellFault(
            column,
            Said("reads {cell}, which is a fraction", cell=shown(cell)),
            Said("a whole number{factor}", factor=factor),
        )
    if above > QUANTITY_MAX * below:
        raise CellFault(
            column,
            Said("reads {cell}, which is too large", cell=shown(cell)),
            Said("at most {quantity_max}", quantity_max=QUANTITY_MAX),
        )
    return above // below if whole else Fraction(above, below)


def _without_unit(text: str, units: tuple[str, ...]) -> str:
    for unit in units:
        if len(text) > len(unit) and text.endswith(unit) and text[-len(unit) - 1] in "0123456789. ":
            return text[: -len(unit)].rstrip()
    return text


def rounded(exact: Fraction | int, how: Rounding) -> int:
    """Return a number of 0 or more as a whole one: up, or to the nearest, where a half counts as one."""
    if how == "up":
        return -(-exact.numerator // exact.denominator)
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def number_text(value: int | float) -> str:
    """Return the 15 digits that a spreadsheet keeps, in plain; from 10^15 on in exponent form: others may be lost."""
    if abs(value) >= _ROUNDED_FROM:
        return f"{value:.14E}"
    return str(value) if isinstance(value, int) else format(Decimal(f"{value:.15g}"), "f")
