"""Lines that likely undo an earlier one: the same sum the other way, and the same other side or the bank's own mark."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from lxr.chaincode.cashout_records import PaymentOrderState
from lxr.chaincode.custody_records import Booking
from lxr.chaincode.lines import REVERSAL, LineKind, Target, not_undone
from lxr.node.said import Said
from lxr.settlement.bank.matching.evidence import Evidence
from lxr.settlement.bank.matching.known import Candidate, Known

_KINDS: Final[dict[bool, tuple[LineKind, ...]]] = {
    True: ("waiting", "platform", "refund"),
    False: ("waiting", "platform", "deposit", "return"),
}
"""What a credit, and what a debit, can undo."""


def undoing(known: Known, evidence: Evidence) -> Iterator[tuple[str, Candidate]]:
    """Yield lines with the earlier lines that they may undo."""
    earlier: dict[tuple[bool, int], list[Booking]] = defaultdict(list)
    for booking in known.booked.values():
        if booking.kind in _KINDS[not booking.line.credit]:
            earlier[booking.line.credit, booking.standing_fen].append(booking)
    for credit in (False, True):
        for booking in known.waiting(credit=credit):
            for other in earlier[not credit, booking.waiting_fen]:
                why = _why(known, evidence, booking, other)
                if why is not None:
                    key = other.line.key
                    yield booking.line.key, Candidate(Target("line", key), why, (key,))


def _why(known: Known, evidence: Evidence, booking: Booking, other: Booking) -> Said | None:
    line, there = booking.line, other.line
    if not _comes_after(booking, other):
        return None
    if not_undone(line, there, booking.waiting_fen, other.standing_fen) is not None:
        return None
    if other.kind == "return":
        back = _can_be_taken_back(known, booking, other)
        return Said("bears the id of the order whose money the earlier line had brought back") if back else None
    side, before = evidence.side(booking), evidence.side(other)
    if side is not None and before is not None:
        if not side.fits(before) or (other.kind != "waiting" and line.returned is None):
            return None  # what is booked is not undone by money that only goes to the same account
        return Said("the same amount, account and name as the earlier line, the other way")
    if line.returned == REVERSAL:
        return Said("the bank marks it as undoing an entry, and the earlier line has its amount")
    return None


def _comes_after(booking: Booking, other: Booking) -> bool:
    """Whether a line is the later of two; of one day the credit is, for debits stand first."""
    return (booking.line.day, booking.statement, booking.line.credit) > (
        other.line.day,
        other.statement,
        other.line.credit,
    )


def _can_be_taken_back(known: Known, booking: Booking, other: Booking) -> bool:
    order = known.orders.get(other.party or "")
    returned = order is not None and order.state is PaymentOrderState.RETURNED and order.retried_by is None
    return returned and booking.line.order == other.party and booking.line.amount_fen == other.line.amount_fen
