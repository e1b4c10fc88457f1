"""What reconciliation finds, as whole sentences."""

from typing import Final, Literal

from msgspec import Struct

from lxr.chaincode.bank_refusals import LineDiffers
from lxr.node.kept import Kept
from lxr.node.said import Said
from lxr.settlement.messages import say

BreakKind = Literal[
    "file",  # a file that is no sound statement of this account, or says other than the ledger's statement of its day
    "sequence",  # a statement is on the ledger without its file, or in no part or not whole on the ledger
    "balance",  # a statement does not open with what the one before closes with, or the ledger's totals differ
    "not_booked",  # a line that is on no ledger
    "amount",  # a line and its booking have different amounts
    "kind",  # a line is booked as what it is not, or with another statement
    "reference",  # a line and its booking name different orders or payers, or another mark of a return
    "not_on_statement",  # a booking, or an order that is paid or came back, without its line
    "waiting",  # a line of which nobody knows what it is
    "missing",  # an attested deposit that the statement of its day does not have
    "in_transit",  # an attested deposit whose statement is due and has not come
    "short",  # an owner whose LXR have no money behind them
    "outstanding",  # an order that the bank has had for too long
    "held",  # a cash-out that was due at the bank, which does not have it
]
_LINE: Final = "line_"
"""Begins the cases in which the line differs from what it was booked as, as the contract would refuse it."""
CASES: Final[dict[str, str]] = {
    "unsound": "{problem}",
    "account": "it is a statement of account {account}",
    "not_given": "it is of {day}, and not among the files",
    "not_on_ledger": "it is not on the ledger",
    "in_part": "it is not on the ledger with all its lines",
    "figures": (
        "it has number {number} and {lines} lines, opens with {opening_fen} and closes with "
        "{closing_fen}; on the ledger it has number {there_number} and {there_lines} lines, opens with "
        "{there_opening_fen} and closes with {there_closing_fen}"
    ),
    "lines": "it has other lines than that statement on the ledger",
    "retold": "it has the lines of {first}, but of {line} {differs}",
    "left_out": "its number is {number}, the one before is {before}: some statement is left out",
    "gap": "it opens with {opening_fen}, and {before} closes with {closing_fen}",
    "supply": "{supply_fen} of LXR exist, {backing_fen} are backed or known not to be",
    "not_booked": "{file}: the line is not on the ledger",
    "amount_fen": "{file}: the line is of {given_fen}, on the ledger of {there_fen}",
    "credit": "{file}: the line is a {given}, on the ledger a {there}",
    "order": "{file}: the order that the line names is {given}, on the ledger {there}",
    "returned": "{file}: the line's mark of a return is {given}, on the ledger {there}",
    "own_text": "{file}: whether the line repeats our own text: {given}, on the ledger {there}",
    "payer": "{file}: the payer that the line names is {given}, on the ledger {there}",
    "statement": "{file}: it is booked with statement {statement}",
    "by_rule": "{file}: it is booked as {kind} of {party}, and by its facts it is {what} of {owner}",
    "by_rule_waits": "{file}: it is booked as {kind} of {party}, and by its facts it waits",
    "nobody_undoes": "{file}: it is booked as {kind}, and no line says that it undoes it",
    "not_agreed": "{file}: it is booked as {kind}, and the union has not agreed",
    "parts_leave": "{file}: it is booked as several things, whose parts leave {rest_fen} of it out",
    "no_line": "{file}: it is booked as the undoing of {number}, and there is no such line",
    "not_confirmed": "{file}: it is booked as the line of deposit {number}, and no such deposit is confirmed",
    "said_otherwise": (
        "{file}: it is booked as {kind} of {party}, and bank and union have said that it is that of {number}"
    ),
    "line": "{file}: it is booked as {booked}, and {differs}",
    "without_line": "it is booked with statement {statement} as {kind}, and no file has it",
    "credit_waits": "a credit of {days} days before the last statement; nobody knows what it is",
    "debit_waits": "a debit of {days} days before the last statement; nobody knows what it is",
    "missing": (
        "{employer}'s, attested, {days} days before the last statement and on none; {blocked_fen} are "
        "unspent and blocked"
    ),
    "due": "{employer}'s, attested; its statement was due on {day}",
    "confirmed": "it is confirmed, and the lines that confirm it are {lines} in number",
    "paid": "it is {state} by line {booking}; lines that pay it: {lines}",
    "not_paid": "it is {state}; lines that pay it: {lines}",
    "returned_by": "it is {state}; lines that return it: {lines}",
    "short": "LXR without money behind them",
    "outstanding": "the bank has it since {since}; up to {today} it is neither paid, returned nor rejected",
    "held": "held since {since}, was due at the bank on {due}, and the bank does not have it",
    "not_accepted": (
        "the bank has it since {since} and has not accepted it; up to {today} it is neither paid, returned nor rejected"
    ),
}
"""The sentence of each case, in which its facts stand."""


class Break(Struct, frozen=True, forbid_unknown_fields=True):
    """What does not match. reference: a line or deposit, as 2026-09-16/B1, an order, an owner, a statement, a file.

    detail: in English, made of the case and its facts.
    """

    kind: BreakKind
    reference: str
    amount_fen: int
    detail: str
    case: str
    facts: dict[str, str | int | Kept]

    @property
    def said(self) -> Said:
        """What does not match, as a sentence."""
        return _said(self.case, self.facts)


def broken(kind: BreakKind, reference: str, amount_fen: int, case: str, /, **facts: str | int | Kept) -> Break:
    """Return the break of a case, with all facts that stand in its sentence."""
    return Break(kind, reference, amount_fen, say(_said(case, facts), "en"), case, facts)


def _said(case: str, facts: dict[str, str | int | Kept]) -> Said:
    if not case.startswith(_LINE):
        return Kept(CASES[case], facts).said
    own = {name: fact for name, fact in facts.items() if name not in ("file", "booked") and not isinstance(fact, Kept)}
    differs = LineDiffers(case=case.removeprefix(_LINE), **own)
    return Said(CASES["line"], file=facts["file"], booked=facts["booked"], differs=differs)
