"""Lines that are likely the payment of one order, or its return: by the order's id, or by amount and account."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from lxr.chaincode.cashout_records import PaymentOrder, PaymentOrderState
from lxr.chaincode.custody_records import Booking
from lxr.chaincode.lines import Target
from lxr.node.said import Said
from lxr.settlement.bank.matching.evidence import Evidence, Side
from lxr.settlement.bank.matching.known import Candidate, Known, is_whole
from lxr.settlement.bank.matching.payees import HeldFiles

LISTED_MAX: Final = 10
_STATE: Final = {False: PaymentOrderState.HELD, True: PaymentOrderState.SETTLED}
"""What an order must be, that a debit pays or a credit brings back, by whether it is a credit."""


def by_id(known: Known) -> Iterator[tuple[str, Candidate]]:
    """Yield lines that bear the id of an order which they can pay, or bring back, by now."""
    for credit in (False, True):
        for booking in known.waiting(credit=credit):
            number, order = booking.line.order, known.orders.get(booking.line.order or "")
            if number is None or order is None or not is_whole(booking) or order.amount_fen != booking.waiting_fen:
                continue
            if (why := _why_by_id(booking, order)) is not None:
                yield booking.line.key, Candidate(Target("order", number), why, (number,))


def _why_by_id(booking: Booking, order: PaymentOrder) -> Said | None:
    if booking.line.credit:
        settled = order.state is PaymentOrderState.SETTLED
        return Said("bears the id of the order, which is paid") if settled else None
    if booking.line.returned is not None:
        return None
    if order.state is PaymentOrderState.REJECTED and order.retried_by is None:
        return Said("bears the id of the order, of which the bank had said that it was not executed")
    held = order.state is PaymentOrderState.HELD
    return Said("bears the id of the order, which the bank holds") if held else None


def by_account(
    known: Known, evidence: Evidence, files: HeldFiles | None, *, credit: bool
) -> Iterator[tuple[str, Candidate]]:
    """Yield debits that bear no id, and credits that say no more than that they came back, by amount and account.

    Nothing is paid before the day for which the bank was told to pay it, and nothing comes back before it was paid.
    """
    if files is None:
        return
    lines = [booking for booking in known.waiting(credit=credit) if _bears_no_id(booking) and evidence.side(booking)]
    amounts = {booking.line.amount_fen for booking in lines}
    alike = {
        number: order
        for number, order in known.orders.items()
        if order.amount_fen in amounts and order.state is _STATE[credit]
    }
    there: dict[tuple[int, str], list[tuple[str, Side]]] = defaultdict(list)
    for number, payee in files.payees(alike, known.heads).items():
        if number in alike:
            there[alike[number].amount_fen, payee.account].append((number, payee))
    for booking in lines:
        side = evidence.side(booking)
        assert side is not None
        for number, payee in there[booking.line.amount_fen, side.account]:
            if side.fits(payee) and _in_time(known, booking, alike[number]):
                why = Said("this amount to the account of the order, which the bank holds")
                if credit:
                    why = Said("came back, of this amount, from the account of the order, which is paid")
                yield booking.line.key, Candidate(Target("order", number), why, (number,))


def by_amount(known: Known, evidence: Evidence) -> Iterator[tuple[str, Candidate]]:
    """Yield lines of which the bank says no account, by their amount alone: people see what fits; nothing is chosen.

    An amount that more than LISTED_MAX orders have says nothing.
    """
    for credit in (False, True):
        for booking in known.waiting(credit=credit):
            if not _bears_no_id(booking) or evidence.of(booking) is None or evidence.side(booking) is not None:
                continue
            orders = known.orders_of(booking.line.amount_fen, _STATE[credit])
            fitting = [number for number, order in orders if _in_time(known, booking, order)]
            why = Said("the amount of the order, which the bank holds; no account is told")
            if credit:
                why = Said("came back, and is the amount of the order, which is paid; no account is told")
            for number in fitting if len(fitting) <= LISTED_MAX else ():
                yield booking.line.key, Candidate(Target("order", number), why, (), sure=False)


def _bears_no_id(booking: Booking) -> bool:
    line = booking.line
    says_so = line.may_be_return if line.credit else line.returned is None
    return line.order is None and says_so and is_whole(booking)


def _in_time(known: Known, booking: Booking, order: PaymentOrder) -> bool:
    paid_on = known.paid_on(order)
    from_day = paid_on if booking.line.credit else known.heads[order.cashout].execution_date
    return from_day is not None and from_day <= booking.line.day
