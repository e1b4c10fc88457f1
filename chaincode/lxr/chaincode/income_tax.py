"""Income tax that is withheld (个人所得税预扣预缴), by tables that union and regulator have signed.

Two methods. *Cumulative*: the tax on what one agent has paid a person in the calendar year so far, less what it has
withheld (国家税务总局公告2025年第16号 for services paid by platforms; 个人所得税法 arts. 6, 11 for wages). *By the
payment*: for what others pay for services, where the continuing income of a month is one payment (个人所得税法
实施条例 art. 14). The tax so far is rounded once, and what was withheld is taken off. It is never below nothing: what
was withheld too much comes back when the person files for the year.
"""

from collections.abc import Mapping
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Final

from msgspec import Meta, Struct

from ..token.fen import Fen, SomeFen, rounded
from .types import Record

WHOLE_BP: Final = 10_000
MONTHS: Final = 12

Share = Annotated[int, Meta(ge=0, le=WHOLE_BP)]
"""A part of a whole, in basis points."""


class Bracket(Record, frozen=True):
    """One row of a rate table. upto_fen: the most taxable income that it is for; None: all that is more.

    quick_fen: the quick deduction (速算扣除数), which makes the rate that of the whole and not of the part.
    """

    upto_fen: SomeFen | None
    rate_bp: Share
    quick_fen: Fen


Brackets = Annotated[tuple[Bracket, ...], Meta(min_length=1, max_length=20)]


class CumulativeTax(Record, frozen=True):
    """The cumulative method. cost_bp: what of the income counts as cost. monthly_fen: free of tax for each month."""

    cost_bp: Share
    monthly_fen: Fen
    brackets: Brackets


class PaymentTax(Record, frozen=True):
    """The method by the payment. Up to small_upto_fen a fixed cost is taken off, above it cost_bp of the payment."""

    small_upto_fen: Fen
    small_cost_fen: Fen
    cost_bp: Share
    brackets: Brackets


class GapReading(StrEnum):
    """How many months of a year count where there is a month without income between.

    The official text counts months *consecutively* paid by this agent; what follows a gap it does not say.
    """

    RESET = "reset"
    """Income, months and what was withheld begin anew after the gap."""
    SINCE_GAP = "since_gap"
    """All income of the year counts, and the months since the gap."""
    PAID_MONTHS = "paid_months"
    """All income counts, and the months that have some."""
    CALENDAR_MONTHS = "calendar_months"
    """All income counts, and all months from the first that has some."""


class TaxedMonth(Record, frozen=True, array_like=True):
    """What one agent has paid a person in one month, in one class of income, and withheld of it."""

    income_fen: Fen
    withheld_fen: Fen


class Counted(Struct, frozen=True):
    """What of a year counts for the tax so far. months: for how many the monthly amount is free."""

    income_fen: int
    withheld_fen: int
    months: int


def brackets_fault(brackets: Brackets) -> int | None:
    """Return which row, from 1, does not go on from the one before it, or None.

    The rows rise and the last is open, so that there is neither a gap nor an overlap; and where a row begins, its rate
    and quick deduction give the same tax as those before it, to the fen: a slip of one digit would not.
    """
    if (brackets[0].quick_fen, brackets[-1].upto_fen) != (0, None):
        return 1 if brackets[0].quick_fen else len(brackets)
    for place, (before, row) in enumerate(pairwise(brackets), start=2):
        if before.upto_fen is None or (row.upto_fen is not None and row.upto_fen <= before.upto_fen):
            return place
        step_bp = row.rate_bp - before.rate_bp
        if step_bp <= 0 or (row.quick_fen - before.quick_fen) * WHOLE_BP != before.upto_fen * step_bp:
            return place
    return None


def counted(months: Mapping[int, TaxedMonth], month: int, reading: GapReading | None) -> Counted | None:
    """Return what of a year counts for a payment in that month, 1..12; what was paid in it before counts too.

    months: by month, of one agent, person and class of income. The month itself counts as one with income. None: there
    is a gap, and nobody has said how it is read.
    """
    paid = sorted({month, *(each for each, there in months.items() if there.income_fen and each < month)})
    first = month
    while first - 1 in paid:
        first -= 1
    if paid[0] != first and reading is None:
        return None
    since = first if reading is GapReading.RESET else 1
    there = [taxed for each, taxed in sorted(months.items()) if since <= each <= month]
    match reading:
        case GapReading.PAID_MONTHS:
            count = len(paid)
        case GapReading.CALENDAR_MONTHS:
            count = month - paid[0] + 1
        case _:
            count = month - first + 1
    return Counted(sum([taxed.income_fen for taxed in there]), sum([taxed.withheld_fen for taxed in there]), count)


def cumulative_fen(table: CumulativeTax, income_fen: int, months: int, other_fen: int = 0) -> int:
    """Return the tax on the year's income so far. other_fen: what else the law lets be taken off, as insurance."""
    taxable = income_fen * (WHOLE_BP - table.cost_bp) - (table.monthly_fen * months + other_fen) * WHOLE_BP
    return _by_brackets(table.brackets, taxable)


def payment_fen(table: PaymentTax, income_fen: int) -> int:
    """Return the tax on one payment, or on the continuing income of a month so far."""
    if income_fen <= table.small_upto_fen:
        return _by_brackets(table.brackets, (income_fen - table.small_cost_fen) * WHOLE_BP)
    return _by_brackets(table.brackets, income_fen * (WHOLE_BP - table.cost_bp))


def due_fen(so_far_fen: int, withheld_fen: int) -> int:
    """Return what is withheld now of the tax so far. What was withheld is its running maximum: nothing comes back."""
    return max(0, so_far_fen - withheld_fen)


def _by_brackets(brackets: Brackets, taxable: int) -> int:
    """Return the tax in whole fen. taxable: in ten-thousandths of a fen, so that nothing is rounded before."""
    if taxable <= 0:
        return 0
    row = next(row for row in brackets if row.upto_fen is None or taxable <= row.upto_fen * WHOLE_BP)
    return rounded(taxable * row.rate_bp - row.quick_fen * WHOLE_BP * WHOLE_BP, WHOLE_BP * WHOLE_BP)
