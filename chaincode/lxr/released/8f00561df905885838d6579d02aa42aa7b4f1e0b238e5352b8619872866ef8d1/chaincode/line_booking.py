"""How the lines of a statement are booked: one after the other, each as the kind of line that it is.

LXR is destroyed only against a booked payout, and every line ends somewhere: what is not certain waits.
Source: 非银行支付机构监督管理条例 art. 24 (converted at once and at equal value). A line mints once.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from .cashout_records import PaymentOrder, PaymentOrderState, payment_orders
from .custody_records import (
    IN_TRANSIT,
    Attestation,
    Booking,
    InTransit,
    Transit,
    UnmatchedDebits,
    attestations,
    bookings,
    transits,
    unmatched_debits,
)
from .lines import NO_REASON, Line, classify, confirms
from .payment_orders import Orders
from .refusals import DuplicateRow
from .reserve import Reserve, owner_of
from .world import World

Key = tuple[str, date, str]
"""Custody account, booking day, reference: under it stands a line's booking, and what was attested of the line."""


def key_of(custody: str, line: Line | InTransit) -> Key:
    """Return the key of a line, or of a deposit that was attested ahead of its line."""
    return custody, line.day, line.booking


class Known(Struct, frozen=True):
    """What the ledger knows of some lines before they are booked.

    attested: the attestations under the keys of the lines. employers: the payers that are employers of the ledger.
    orders: those that the lines bear. unmatched: by the id of an order, how many debits that bear it wait. transit:
    all attested deposits that are on no statement. due: of those, what the statement should have once it is complete.
    """

    attested: Mapping[Key, Attestation]
    employers: frozenset[str]
    orders: Orders
    unmatched: Mapping[str, int]
    transit: Transit
    due: Mapping[InTransit, Attestation]


class LineBooking:
    """The lines of one command, booked one after the other: each finds its order as the lines before it left it."""

    def __init__(self, reserve: Reserve, known: Known, custody: str, statement: int) -> None:
        """Begin with no line booked. statement: by the ledger's count."""
        self._reserve: Final = reserve
        self._known: Final = known
        self._custody: Final = custody
        self._statement: Final = statement
        self._bookings: Final[dict[Key, Booking]] = {}
        self._orders: Final = dict(known.orders)
        self._unmatched: Final = dict(known.unmatched)
        self._confirmed: Final[dict[Key, Attestation]] = {}
        self._missing: Final[dict[InTransit, Attestation]] = {}

    def book(self, line: Line) -> None:
        """Book one line. Refuses: DuplicateRow (a debit and a credit of one reference), AmountTooLarge."""
        key = key_of(self._custody, line)
        if key in self._bookings:
            raise DuplicateRow(case="booking", booking=line.booking, day=line.day.isoformat())
        self._reserve.add(balance_fen=line.signed_fen)
        self._bookings[key] = self._booked(line)

    def miss(self) -> None:
        """Mark as missing the deposits that the statement, which is complete, should have and has not."""
        for deposit, attestation in self._known.due.items():
            if key_of(self._custody, deposit) not in self._confirmed:
                self._missing[deposit] = self._reserve.miss(attestation)

    def write(self, world: World) -> None:
        """Write the bookings, and all that they changed but the reserve."""
        for key, booking in self._bookings.items():
            world.put(bookings, booking, *key)
        for number, found in self._orders.items():
            if found != self._known.orders[number]:
                world.put(payment_orders, found[0], number)
        for number, count in self._unmatched.items():
            if count != self._known.unmatched[number]:
                world.put(unmatched_debits, UnmatchedDebits(count), number)
        for key, attestation in self._confirmed.items():
            world.put(attestations, attestation, *key)
        for deposit, attestation in self._missing.items():
            world.put(attestations, attestation, *key_of(self._custody, deposit))
        if self._confirmed or self._missing:
            world.put(transits, self._transit(), self._custody)

    def _transit(self) -> Transit:
        """Return the attested deposits that are still on no statement."""
        return Transit(
            tuple(
                replace(each, missing=each.missing or each in self._missing)
                for each in self._known.transit.deposits
                if key_of(self._custody, each) not in self._confirmed
            )
        )

    # What a line is

    def _booked(self, line: Line) -> Booking:
        """Return the booking of a line, by what was attested of it, else by its own facts and its order's."""
        attested = self._awaited(line)
        if attested is not None and confirms(line, attested.employer, attested.amount_fen):
            return self._confirm(line, attested)
        number = line.order or ""
        order, cash_out = self._orders.get(number, (None, None))
        payer_known = line.payer in self._known.employers
        match classify(line, order, cash_out, payer_known, self._unmatched.get(number, 0)):
            case ("deposit", str(employer)):
                return self._deposit(line, employer)
            case ("payout", str(paid)):
                return self._pay(line, paid)
            case ("return", str(returned)):
                return self._give_back(line, returned)
            case ("waiting", None):
                return self._wait(line)
            case other:
                raise AssertionError(other)

    def _awaited(self, line: Line) -> Attestation | None:
        """Return what was attested under the line's day and reference, where it is on no statement yet."""
        attested = self._known.attested.get(key_of(self._custody, line))
        return attested if attested is not None and attested.state in IN_TRANSIT else None

    def _confirm(self, line: Line, attested: Attestation) -> Booking:
        """Book the line of an attested deposit, whose LXR are there already."""
        self._reserve.confirm(attested)
        confirmed = replace(attested, state="confirmed", reversal=None, blocked_fen=0)
        self._confirmed[key_of(self._custody, line)] = confirmed
        return Booking(line, self._statement, "deposit", attested.employer)

    def _deposit(self, line: Line, employer: str) -> Booking:
        """Book a credit whose payer names itself: the employer has its LXR."""
        self._reserve.deposit(employer, line.amount_fen)
        return Booking(line, self._statement, "deposit", employer)

    def _pay(self, line: Line, number: str) -> Booking:
        """Book a debit that pays an order: the LXR that it held are destroyed."""
        order, cash_out = self._orders[number]
        self._reserve.pay(order, owner_of(cash_out))
        self._move(number, replace(order, state=PaymentOrderState.SETTLED, booking=line.key))
        return Booking(line, self._statement, "payout", number)

    def _give_back(self, line: Line, number: str) -> Booking:
        """Book a credit that brings a paid order back: its LXR are there again."""
        order, cash_out = self._orders[number]
        self._reserve.give_back(number, order, owner_of(cash_out))
        self._move(number, replace(order, state=PaymentOrderState.RETURNED, reason=line.returned or NO_REASON))
        return Booking(line, self._statement, "return", number)

    def _wait(self, line: Line) -> Booking:
        """Book a line of which it is not certain what it is, until bank and union say."""
        if line.credit:
            self._reserve.suspend(line.amount_fen)
        else:
            self._reserve.add(unmatched_fen=line.amount_fen)
            if line.order is not None:
                self._unmatched[line.order] += 1
        return Booking(line, self._statement, "waiting", waiting_fen=line.amount_fen)

    def _move(self, number: str, order: PaymentOrder) -> None:
        """Set an order as this line leaves it, for the lines after it."""
        _, cash_out = self._orders[number]
        self._orders[number] = order, cash_out
