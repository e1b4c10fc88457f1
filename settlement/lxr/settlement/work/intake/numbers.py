"""Reading a number: exactly, with or without thousands separators."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Final

from lxr.node.said import Said
from lxr.settlement.work.intake.cells import CellFault, reads, shown
from lxr.settlement.work.intake.widths import narrow

QUANTITY_MAX: Final = 10**9
_ROUNDED_FROM: Final = 10**15
"""A spreadsheet keeps 15 digits of a number."""

_NUMBER: Final = re.compile(r"(-?)(?:\d{1,30}|\d{1,3}(?:,\d{3}){1,9})(?:\.\d{1,30})?", re.ASCII)


def read_quantity(column: str, cell: str, numerator: int, denominator: int) -> int:
    """Return the cell, a plain decimal number, × numerator ÷ denominator: a whole number 0..QUANTITY_MAX, exactly."""
    found = _NUMBER.fullmatch(narrow(cell).strip())
    if found is None:
        raise CellFault(column, reads(cell), "a plain number like 12 or 3.4")
    if found[1]:
        raise CellFault(column, Said("reads {cell}, which is negative", cell=shown(cell)), "0 or more")
    quantity = Fraction(found[0].replace(",", "")) * Fraction(numerator, denominator)
    if quantity.denominator != 1:
        factor = "" if numerator == denominator else f" after × {numerator} ÷ {denominator}"
        raise CellFault(
            column,
            Said("reads {cell}, which is a fraction", cell=shown(cell)),
            Said("a whole number{factor}", factor=factor),
        )
    if quantity > QUANTITY_MAX:
        raise CellFault(
            column,
            Said("reads {cell}, which is too large", cell=shown(cell)),
            Said("at most {quantity_max}", quantity_max=QUANTITY_MAX),
        )
    return quantity.numerator


def number_text(value: int | float) -> str:
    """Return the 15 digits that a spreadsheet keeps, in plain; from 10^15 on in exponent form: others may be lost."""
    if abs(value) >= _ROUNDED_FROM:
        return f"{value:.14E}"
    return str(value) if isinstance(value, int) else format(Decimal(f"{value:.15g}"), "f")
