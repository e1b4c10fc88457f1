"""What a statement's line is: one classification for whoever reads a statement, for the contract and for its auditors.

A reader of files takes the facts of a `Line` from the file alone. What the line is follows from these facts and from
what the ledger knows; what is not certain waits until bank and union say what it is. A credit that may be a payment
that came back (it bears one of our order ids, a return's code, a reversal indicator, or our own remittance text) is
never a deposit, and only the payer's own words name a payer.
"""

import re
from datetime import date
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from .bank_refusals import LineDiffers
from .cashout_records import CashOut, CashOutState, PaymentOrder, PaymentOrderState
from .types import EmployerNo, EndToEnd, LineRef, Record, Text

LineKind = Literal["deposit", "payout", "return", "platform", "refund", "undone", "parts", "waiting"]
"""A payer's credit; a debit that pays an order; a credit that brings a paid order back; the bank's fee or interest; a
debit that gives an employer back what is its own; a credit and a debit that undo each other; a line of several things,
each of which is a line of its own; not known yet."""
REVERSAL: Final = "reversal"
"""The mark by which a bank takes back an entry of its own."""
LINE_FEN_MAX: Final = 10**12
"""10 billion yuan: no one payment is more, and so none leaves no room for others (`FEN_MAX`)."""
LineFen = Annotated[int, Meta(ge=1, le=LINE_FEN_MAX)]
PARTS_MAX: Final = 99
"""The most parts of a line; a part can be split again."""
_CODE: Final = re.compile(r"[A-Z]{2}[0-9]{2}", re.ASCII)
"""A return's code, as ISO 20022 has them."""
NO_REASON: Final = "no_reason"
"""Why an order came back where the bank does not say."""


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """The facts of one booked entry, from the file alone.

    day: the booking day. order: an id of ours that it bears. returned: the code of a return, or what else says that it
    takes an entry back. own_text: its text repeats what we wrote into our own orders. payer: the employer that the
    payer's own words name.
    """

    day: date
    booking: LineRef
    credit: bool
    amount_fen: LineFen
    order: EndToEnd | None = None
    returned: Text | None = None
    own_text: bool = False
    payer: EmployerNo | None = None

    @property
    def signed_fen(self) -> int:
        """The amount, below zero where money went."""
        return self.amount_fen if self.credit else -self.amount_fen

    @property
    def key(self) -> str:
        """Day and reference, as 2026-09-16/B1: no other line has both."""
        return f"{self.day}/{self.booking}"

    @property
    def place(self) -> tuple[bool, date, str]:
        """Where it stands among the lines of its statement: debits first, by day and reference."""
        return self.credit, self.day, self.booking

    @property
    def may_be_return(self) -> bool:
        """Whether it bears a mark of a payment that came back, or of the bank's undoing an entry."""
        return self.returned is not None or self.own_text or self.order is not None


class Target(Record, frozen=True):
    """What the bank says a waiting line is.

    order: the payment of an order, or its return. employer: the employer's deposit, or what it gets back of its own.
    platform: the bank's fee or interest. line: it undoes an earlier line, as 2026-09-16/B1, of the other direction.
    deposit: the line of a deposit that was attested under another day or reference. parts: several things, each of its
    own amount in parts_fen, and named by no number.
    """

    what: Literal["order", "employer", "platform", "line", "deposit", "parts"]
    number: Annotated[str, Meta(pattern=r"^[0-9A-Za-z._/~-]{0,60}\Z")]
    parts_fen: Annotated[tuple[LineFen, ...], Meta(max_length=PARTS_MAX)] = ()


def classify(
    line: Line, order: PaymentOrder | None, cash_out: CashOut | None, payer_known: bool, unmatched_debits: int = 0
) -> tuple[LineKind, str | None]:
    """Return what a line is, and its order or employer.

    order, cash_out: of `line.order`, None where the ledger has none. payer_known: it is an employer of the ledger.
    unmatched_debits: how many debits that bear that id wait; a credit that bears it may be one of theirs.
    """
    accepted = cash_out is not None and cash_out.state is CashOutState.ACCEPTED
    fits = order is not None and accepted and order.amount_fen == line.amount_fen
    if not line.credit:
        pays = fits and order is not None and order.state is PaymentOrderState.HELD and line.returned is None
        return ("payout", line.order) if pays else ("waiting", None)
    if line.may_be_return:
        comes_back = fits and order is not None and order.state is PaymentOrderState.SETTLED and not unmatched_debits
        return ("return", line.order) if comes_back else ("waiting", None)
    return ("deposit", line.payer) if payer_known else ("waiting", None)


def confirms(line: Line, employer: str, amount_fen: int) -> bool:
    """Return whether a line is the deposit that was attested under its day and reference, by its payer's own words."""
    return line.credit and not line.may_be_return and line.amount_fen == amount_fen and line.payer == employer


def objection(line: Line, target: Target, payer_known: bool) -> LineDiffers | None:
    """Return why a line cannot be what the target says, by its own facts; None where it can.

    payer_known: its payer is an employer of the ledger; any other name is a slip, and says nothing.
    """
    if line.order is not None and target.what == "order" and target.number != line.order:
        return LineDiffers(case="order", line=line.key, order=line.order, number=target.number)
    if target.what == "parts":
        return None
    if not line.credit:
        return LineDiffers(case="debit", line=line.key) if target.what == "deposit" else None
    if line.may_be_return and target.what not in ("order", "line"):
        return LineDiffers(case="marks", line=line.key)
    named = line.payer if payer_known else None
    if named is not None and (target.what, target.number) != ("employer", named) and target.what != "deposit":
        return LineDiffers(case="payer", line=line.key, payer=named)
    return None


def not_undone(line: Line, other: Line, line_fen: int, other_fen: int) -> LineDiffers | None:
    """Return why two lines cannot undo each other, by their own facts; None where they can, whichever came first.

    What bears the marks of a returned wage goes together with a payment of ours only, and what bears its order's id
    with that order's. A mark or a word of the bank's alone goes together with a line of the same sum. line_fen,
    other_fen: what of them was not given back yet.
    """
    if line.credit == other.credit:
        return LineDiffers(case="direction", line=line.key, other=other.key)
    back, out = (line, other) if line.credit else (other, line)
    if back.order is not None and back.order != out.order:
        return LineDiffers(case="undone_order", credit=back.key, debit=out.key, order=back.order)
    if not back.may_be_return or out.own_text or out.order is not None:
        return None
    if back.own_text or _CODE.fullmatch(back.returned or ""):
        return LineDiffers(case="undone_marks", credit=back.key, debit=out.key)
    if line_fen == other_fen:
        return None
    back_fen, out_fen = (line_fen, other_fen) if line.credit else (other_fen, line_fen)
    sums = {"credit_fen": back_fen, "debit_fen": out_fen}
    return LineDiffers(case="undone_fen", credit=back.key, debit=out.key, **sums)


def not_attested(line: Line, employer: str, amount_fen: int, payer_known: bool) -> LineDiffers | None:
    """Return why a line cannot be a deposit that was attested under another day or reference; None where it can."""
    if line.amount_fen != amount_fen:
        return LineDiffers(case="attested", line=line.key, line_fen=line.amount_fen, attested_fen=amount_fen)
    if payer_known and line.payer is not None and line.payer != employer:
        return LineDiffers(case="payer", line=line.key, payer=line.payer)
    return None


def refuse_target(line: Line, target: Target, payer_known: bool) -> None:
    """Refuses: LineDiffers, where the line's own facts say otherwise."""
    if (refusal := objection(line, target, payer_known)) is not None:
        raise refusal
