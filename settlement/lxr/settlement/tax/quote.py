"""What would be withheld of a person's income, month by month, by the dated tables."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from lxr.chaincode.contract_types import IncomeClass
from lxr.chaincode.income_tax import (
    MONTHS,
    CumulativeTax,
    GapReading,
    PaymentTax,
    TaxedMonth,
    counted,
    cumulative_fen,
    due_fen,
    payment_fen,
)
from lxr.settlement.errors import InputFault
from lxr.settlement.rules.rule_file import RuleRow

MONTHS_MAX: Final = 60
"""The most months of one quote."""


class Method(StrEnum):
    """How tax is withheld: of the year so far, or of each month's payment alone."""

    CUMULATIVE = "cumulative"
    PAYMENT = "payment"


class Quote(Struct, frozen=True):
    """What is withheld of each month, in fen, and the rows by which."""

    tax_fen: tuple[int, ...]
    rows: tuple[RuleRow, ...]


def quote(
    rows: Sequence[RuleRow],
    income_class: IncomeClass,
    method: Method,
    first: date,
    incomes_fen: Sequence[int],
    gap: GapReading | None = None,
) -> Quote:
    """Return what one agent withholds who pays those incomes from that month on, one month after another.

    gap: what counts after a month without income, where nobody has signed how the law is read.
    Raises InputFault: a rule that has no value on those days, named with its question.
    """
    name = f"tax_{method}.cn.{income_class}"
    months: dict[int, TaxedMonth] = {}
    found: list[int] = []
    used: list[RuleRow] = []
    for offset, income_fen in enumerate(incomes_fen):
        month = (first.month - 1 + offset) % MONTHS + 1
        day = date(first.year + (first.month - 1 + offset) // MONTHS, month, 1)
        if month == 1:
            months.clear()
        row = _row_on(rows, name, day)
        used += [row] if row not in used else []
        months[month] = TaxedMonth(income_fen, 0)
        fen = _tax_fen(row.value, months, month, gap) if income_fen else 0
        if fen is None:
            raise _unknown(rows, f"tax_gap.cn.{income_class}", day)
        months[month] = TaxedMonth(income_fen, fen)
        found.append(fen)
    return Quote(tuple(found), tuple(used))


def _tax_fen(table: Any, months: dict[int, TaxedMonth], month: int, gap: GapReading | None) -> int | None:
    """Return what is withheld of the month, or None where nobody has said how its gap is read."""
    match table:
        case PaymentTax():
            return payment_fen(table, months[month].income_fen)
        case CumulativeTax():
            year = counted(months, month, gap)
            if year is None:
                return None
            return due_fen(cumulative_fen(table, year.income_fen, year.months), year.withheld_fen)
    raise AssertionError(table)


def _row_on(rows: Sequence[RuleRow], name: str, day: date) -> RuleRow:
    for row in rows:
        if row.name == name and row.known and row.effective_from <= day and day <= (row.effective_to or date.max):
            return row
    raise _unknown(rows, name, day)


def _unknown(rows: Sequence[RuleRow], name: str, day: date) -> InputFault:
    """Return the fault of a rule without a value on that day, with what is to be found out, where that is known."""
    question = next((row.question for row in rows if row.name == name and row.question), None)
    return InputFault(file=name, field=f"{day:%Y-%m}", problem="has no value in this month", expected=question or "")
