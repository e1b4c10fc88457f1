"""The amount and direction of an entry, out of one column or two."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from lxr.settlement.bank.formats.tables.cells import fen_of
from lxr.settlement.bank.formats.tables.layout import Amounts
from lxr.settlement.bank.statement_lines import plain
from lxr.settlement.work.intake.cells import CellFault, reads


class Amount(NamedTuple):
    """signed_fen: below zero where money went. red_letter: it takes an earlier entry back."""

    signed_fen: int
    red_letter: bool


def has_word(cell: str, words: tuple[str, ...]) -> bool:
    """Return whether a cell is one of these words, in whatever width and case."""
    return plain(cell) in _plain(words)


@cache  # the same words for each of a table's rows
def _plain(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(plain, words))


def amount_of(amounts: Amounts, blank: tuple[str, ...], cell: Callable[[str], str]) -> Amount:
    """Return the amount in the cells of a row; 0 where one says 0. Raises CellFault: none, two, below zero, no flag."""
    found = {column: fen_of(column, cell(column), blank) for column in amounts.columns}
    moved = {column: fen for column, fen in found.items() if fen}
    (first, *_) = amounts.columns
    if not moved:
        if all(fen is None for fen in found.values()):
            raise CellFault(first, "is blank", "an amount in yuan, like 1234.56")
        return Amount(0, False)
    if len(moved) > 1:
        raise CellFault(first, "is there beside an amount of the other direction", "one amount for each entry")
    ((column, fen),) = moved.items()
    if fen < 0 and amounts.negative == "refused":
        raise CellFault(
            column, reads(cell(column)), "an amount above zero, or what one below means in a layout of your own"
        )
    credit = column == amounts.credit
    if amounts.flag is not None:
        flagged = _flag(amounts, amounts.flag, cell(amounts.flag))
        if column == amounts.amount:
            credit = flagged
        elif flagged != credit:
            raise CellFault(amounts.flag, reads(cell(amounts.flag)), "the direction of the column that has the amount")
    return Amount(fen if credit else -fen, fen < 0)


def _flag(amounts: Amounts, column: str, cell: str) -> bool:
    """Whether the flag says that money came."""
    for words, credit in ((amounts.debit_flags, False), (amounts.credit_flags, True)):
        if has_word(cell, words):
            return credit
    raise CellFault(column, reads(cell), ", ".join((*amounts.debit_flags, *amounts.credit_flags)))
