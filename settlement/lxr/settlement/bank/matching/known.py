"""What the ledger knows when waiting lines are matched: lines, orders and deposits; and what a line may be."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from lxr.chaincode.cashout_records import (
    CashOut,
    CashOutState,
    PaymentOrder,
    PaymentOrderState,
    cash_outs,
    payment_orders,
)
from lxr.chaincode.custody_records import Booking, InTransit, Transit, bookings, transits
from lxr.chaincode.employers import employers
from lxr.chaincode.lines import Target
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement.keys import BookingKey


class Candidate(Struct, frozen=True, forbid_unknown_fields=True):
    """What a line may be, and why. takes: the orders, lines and deposits that no other line may take then.

    sure: enough to be chosen where it is the only one.
    """

    target: Target
    why: Said
    takes: tuple[str, ...]
    sure: bool = True


class Known(Struct, frozen=True):
    """Of one custody account. booked: all lines by their keys. heads: the cash-outs that the bank has accepted.

    orders: of these cash-outs. in_transit: deposits that are attested and on no statement.
    """

    custody: str
    booked: dict[str, Booking]
    orders: dict[str, PaymentOrder]
    heads: dict[str, CashOut]
    in_transit: tuple[InTransit, ...]
    employers: frozenset[str]

    def waiting(self, *, credit: bool) -> Iterator[Booking]:
        """Yield the lines of one direction that wait, by day and reference."""
        for booking in self.booked.values():
            if booking.kind == "waiting" and booking.line.credit is credit:
                yield booking

    def orders_of(self, amount_fen: int, state: PaymentOrderState) -> Iterator[tuple[str, PaymentOrder]]:
        """Yield the orders of exactly this amount that are in that state."""
        for number, order in self.orders.items():
            if order.amount_fen == amount_fen and order.state is state:
                yield number, order

    def paid_on(self, order: PaymentOrder) -> date | None:
        """Return the booking day of the line that paid an order."""
        return None if order.booking is None else BookingKey.read(order.booking).day

    def names_nobody(self, booking: Booking) -> bool:
        """Return whether a credit's words name no employer of the ledger, and nothing says that it came back."""
        line = booking.line
        return line.credit and not line.may_be_return and line.payer not in self.employers


def is_whole(booking: Booking) -> bool:
    """Return whether nothing of a waiting line was given back: else the rest is no order's, and no deposit's."""
    return booking.waiting_fen == booking.line.amount_fen


def read_known(client: Client, custody: str) -> Known:
    """Return what the ledger knows, all of one moment."""
    with client.ledger.snapshot():
        booked = {booking.line.key: booking for _, booking in client.scan(bookings, custody)}
        if not any(booking.kind == "waiting" for booking in booked.values()):
            return Known(custody, booked, {}, {}, (), frozenset())
        heads = {
            number: head
            for (number,), head in client.scan(cash_outs)
            if (head.custody, head.state) == (custody, CashOutState.ACCEPTED)
        }
        return Known(
            custody,
            booked,
            {key[0]: order for key, order in client.scan(payment_orders) if order.cashout in heads},
            heads,
            (client.get(transits, custody) or Transit()).deposits,
            frozenset(key[0] for key, _ in client.scan(employers)),
        )
