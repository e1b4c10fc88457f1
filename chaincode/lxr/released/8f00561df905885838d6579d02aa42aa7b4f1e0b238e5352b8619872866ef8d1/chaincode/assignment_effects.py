"""What a waiting line does once bank and union have said what it is: to money, orders and other lines."""

from msgspec.structs import replace

from ..token.accounts import Reason
from .assignment_targets import Other
from .cashout_records import PaymentOrder, PaymentOrderState
from .custody_records import Attestation, Booking
from .lines import NO_REASON, Line, Target
from .reserve import Reserve, owner_of


def claim(reserve: Reserve, before: Booking, after: Booking) -> None:
    """Count what waits and is said to take an employer's money, for that employer, as it was and as it is now."""
    for booking, sign in ((before, -1), (after, 1)):
        if booking.kind == "waiting" and booking.proposal is not None and booking.proposal.charged is not None:
            reserve.add(booking.proposal.charged, claimed_fen=sign * booking.waiting_fen)


def unmatched_left(booking: Booking, other: Other, line: Booking | None, parts: tuple[Booking, ...]) -> int:
    """Return how many debits that bear the order's id wait once the line has ended. line: the one that it undoes."""
    if not booking.line.credit:
        return other.unmatched_debits - 1 + len(parts)
    ended = other.line is not None and other.line.kind == "waiting" and line is not None and line.kind != "waiting"
    return other.unmatched_debits - ended


def end_line(
    reserve: Reserve, booking: Booking, target: Target, other: Other
) -> tuple[Booking, dict[str, PaymentOrder], Booking | None, Attestation | None]:
    """Book the line as what it is. Return the line, and the orders, the other line or the deposit that it changes."""
    line, fen = booking.line, booking.waiting_fen
    booked = replace(booking, waiting_fen=0, by_hand=True, party=target.number)
    if target.what == "parts":
        return replace(booked, kind="parts", party=None), {}, None, None
    if not line.credit:
        reserve.add(unmatched_fen=-fen)
    if other.order is not None:
        order, cash_out = other.order
        owner = owner_of(cash_out)
        if line.credit:
            reserve.give_back(target.number, order, owner, suspended_fen=fen)
            reserve.charge(order.amount_fen - fen)
            back = replace(order, state=PaymentOrderState.RETURNED, reason=line.returned or NO_REASON)
            return replace(booked, kind="return"), {target.number: back}, None, None
        if order.state is PaymentOrderState.REJECTED:
            reserve.pay_after_all(target.number, order, owner)
        else:
            reserve.pay(order, owner)
        reserve.charge(fen - order.amount_fen)
        paid = replace(order, state=PaymentOrderState.SETTLED, booking=line.key, reason=None)
        return replace(booked, kind="payout"), {target.number: paid}, None, None
    if other.deposit is not None:
        reserve.undo_credit(fen)  # its LXR were made when it was attested
        reserve.confirm(other.deposit)
        confirmed = replace(other.deposit, state="confirmed", reversal=None, blocked_fen=0)
        return replace(booked, kind="deposit", party=other.deposit.employer), {}, None, confirmed
    if other.line is not None:
        moved, there = _undo(reserve, line, fen, other.line, other)
        return replace(booked, kind="undone"), moved, there, None
    if target.what == "employer" and not line.credit:
        reserve.take_back(target.number, fen, Reason.CREDIT_UNDONE)
        return replace(booked, kind="refund"), {}, None, None
    if target.what == "employer":
        reserve.deposit(target.number, fen, suspended=True)
        return replace(booked, kind="deposit"), {}, None, None
    if line.credit:
        reserve.interest(fen)
    else:
        reserve.charge(fen)
    return replace(booked, kind="platform"), {}, None, None


def _undo(
    reserve: Reserve, line: Line, fen: int, there: Booking, other: Other
) -> tuple[dict[str, PaymentOrder], Booking]:
    """Undo an earlier line. Return the order that was returned, by number, and the earlier line."""
    moved: dict[str, PaymentOrder] = {}
    if there.kind == "platform":
        reserve.interest(fen) if line.credit else reserve.charge(fen)
    elif there.kind == "refund":
        assert there.party is not None
        reserve.deposit(there.party, fen, suspended=True)
    elif line.credit:  # money that had gone is back
        reserve.undo_credit(fen)
        reserve.add(unmatched_fen=-fen)
        if left_fen := there.waiting_fen - fen:
            given_back_fen = there.given_back_fen + fen
            return moved, replace(there, waiting_fen=left_fen, given_back_fen=given_back_fen, proposal=None)
    elif there.kind == "waiting":
        reserve.undo_credit(fen)
    elif there.kind == "deposit":
        assert there.party is not None
        reserve.take_back(there.party, fen, Reason.DEPOSIT_REVERSED)  # it never was
    else:  # a return: the wage has arrived after all
        assert other.borne is not None
        assert there.party is not None
        order, cash_out = other.borne
        reserve.pay_after_all(there.party, order, owner_of(cash_out))
        moved[there.party] = replace(order, state=PaymentOrderState.SETTLED, reason=None)
    proposal = None if there.kind == "waiting" else there.proposal  # of what it was, for who looks later
    undone = replace(there, kind="undone", party=line.key, waiting_fen=0, proposal=proposal, by_hand=True)
    return moved, undone
