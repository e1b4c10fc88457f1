"""What is wrong with a line of a statement's file: its facts, and what it was booked as.

What a line was booked as must follow from the file's facts, from its order, and from what bank and union have said.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode.bank_refusals import LineDiffers
from lxr.chaincode.caller import UNION
from lxr.chaincode.cashout_records import CashOut, PaymentOrder, PaymentOrderState
from lxr.chaincode.custody_records import (
    PLATFORM,
    Attestation,
    Backing,
    Booking,
    Custody,
    Statement,
    parts_of,
)
from lxr.chaincode.lines import Line, Target, classify, confirms, not_attested, not_undone, objection
from lxr.settlement.bank.breaks import Break, BreakKind, broken
from lxr.settlement.bank.statement_lines import NONE, said_of

Wrong = tuple[str, dict[str, str | int]]
"""A case, and its facts."""
_FACTS: Final[dict[str, BreakKind]] = {
    "amount_fen": "amount",
    "credit": "kind",
    "order": "reference",
    "returned": "reference",
    "own_text": "reference",
    "payer": "reference",
}
"""The facts of a line, beside its day and reference, and which break it is where they differ."""
assert {"day", "booking", *_FACTS} == set(Line.__struct_fields__)


class Books(Struct, frozen=True):
    """What the ledger says, all of one moment. The bookings, attestations and orders by their names."""

    custody: str
    account: Custody
    statements: dict[int, Statement]
    booked: dict[str, Booking]
    attested: dict[str, Attestation]
    orders: dict[str, PaymentOrder]
    heads: dict[str, CashOut]
    employers: set[str]
    backings: dict[str, Backing]
    today: date
    reconciled: int
    """How many statements are in closed months."""


def line_break(ledger: Books, file: str, place: int | None, line: Line) -> Break | None:
    """Return what is wrong with a line of a file, the first thing found; None where nothing is.

    place: which statement of the ledger the file is.
    """

    def found(kind: BreakKind, case: str, /, **facts: str | int) -> Break:
        return broken(kind, line.key, line.amount_fen, case, file=file, **facts)

    booking = ledger.booked.get(line.key)
    if booking is None:
        return found("not_booked", "not_booked")
    for name, kind in _FACTS.items():
        theirs, ours = getattr(line, name), getattr(booking.line, name)
        if theirs != ours and name == "amount_fen":
            return found(kind, name, given_fen=line.amount_fen, there_fen=booking.line.amount_fen)
        if theirs != ours:
            return found(kind, name, given=said_of(name, theirs), there=said_of(name, ours))
    if booking.statement != place:
        return found("kind", "statement", statement=booking.statement)
    wrong = _by_hand(ledger, line, booking) if booking.by_hand else _by_rule(ledger, line, booking)
    if isinstance(wrong, LineDiffers):
        case = f"line_{wrong.facts['case']}"
        facts = {name: fact for name, fact in wrong.facts.items() if name != "case" and not isinstance(fact, tuple)}
        return found("kind", case, booked=booking.kind, **facts)
    return None if wrong is None else found("kind", wrong[0], **wrong[1])


def with_parts(ledger: Books, line: Line) -> Iterator[Line]:
    """Yield a line of a file, and after it the parts that bank and union have said that it has."""
    yield line
    booking = ledger.booked.get(line.key)
    if booking is not None and booking.kind == "parts" and booking.proposal is not None:
        for part in parts_of(replace(booking, line=line), booking.proposal.target):
            yield from with_parts(ledger, part.line)


def _by_rule(ledger: Books, line: Line, booking: Booking) -> Wrong | None:
    """Return what is wrong with what a line was booked as by its facts alone; that a line waits is another break."""
    if booking.kind == "waiting":
        return None
    order = ledger.orders.get(line.order or "")
    if order is not None:  # as it was before this line
        order = replace(order, state=PaymentOrderState.SETTLED if line.credit else PaymentOrderState.HELD)
    head = ledger.heads[order.cashout] if order is not None else None
    what: tuple[str, str | None] = classify(line, order, head, line.payer in ledger.employers)
    deposit = ledger.attested.get(line.key)
    if deposit is not None and deposit.state == "confirmed" and confirms(line, deposit.employer, deposit.amount_fen):
        what = "deposit", deposit.employer
    if what == (booking.kind, booking.party):
        return None
    booked: dict[str, str | int] = {"kind": booking.kind, "party": or_none(booking.party)}
    if what[1] is None:
        return "by_rule_waits", booked
    return "by_rule", {**booked, "what": what[0], "owner": what[1]}


def _by_hand(ledger: Books, line: Line, booking: Booking) -> Wrong | LineDiffers | None:
    """Return what is wrong with what bank and union have said that a line is."""
    proposal = booking.proposal
    if proposal is None or (booking.kind == "undone" and proposal.target.what != "line"):  # a later line undoes it
        other = ledger.booked.get(booking.party or "")
        says = other.proposal if other is not None and other.kind == "undone" else None
        fits = booking.kind == "undone" and says is not None and says.target == Target("line", line.key)
        return None if fits else ("nobody_undoes", {"kind": booking.kind})
    target = proposal.target
    if UNION not in proposal.agreed:
        return "not_agreed", {"kind": booking.kind}
    known = proposal.payer_known
    wrong: Wrong | LineDiffers | None = objection(line, target, known)
    number: dict[str, str | int] = {"number": target.number}
    party: str | None = target.number
    kind = "deposit"
    if target.what == "order":
        kind = "return" if line.credit else "payout"
    elif target.what == "employer":
        kind = "deposit" if line.credit else "refund"
    elif target.what == "platform":
        kind, party = "platform", PLATFORM
    elif target.what == "parts":
        kind, party = "parts", None
        rest_fen = line.amount_fen - booking.split_fen - _given_back_fen(ledger, line)
        wrong = ("parts_leave", {"rest_fen": rest_fen}) if rest_fen else None
    elif target.what == "line":
        kind, other = "undone", ledger.booked.get(target.number)
        if other is None:
            wrong = wrong or ("no_line", number)
        else:
            wrong = wrong or not_undone(line, other.line, booking.standing_fen, other.standing_fen)
    elif target.what == "deposit":
        deposit = ledger.attested.get(target.number)
        party = deposit.employer if deposit else None
        if deposit is None or deposit.state != "confirmed":
            wrong = wrong or ("not_confirmed", number)
        else:
            wrong = wrong or not_attested(line, deposit.employer, deposit.amount_fen, known)
    if wrong is None and (kind, party) != (booking.kind, booking.party):
        return "said_otherwise", {"kind": booking.kind, "party": or_none(booking.party), **number}
    return wrong


def _given_back_fen(ledger: Books, line: Line) -> int:
    """Return what later lines have undone of a line while it waited."""
    target = Target("line", line.key)
    undone = (each for each in ledger.booked.values() if each.kind == "undone" and each.proposal is not None)
    return sum(each.line.amount_fen for each in undone if each.proposal and each.proposal.target == target)


def or_none(fact: str | int | None) -> str | int:
    """Return a fact, or the word for none."""
    return NONE if fact is None else fact
