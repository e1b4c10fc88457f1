"""The money of a month by the writes of a ledger's blocks alone, whatever the custody account's own record says."""

from typing import Final

from lxr.chaincode.books import balances, entries
from lxr.chaincode.carried import Item
from lxr.chaincode.cashout_records import CashOut, PaymentOrder, cash_outs, payment_orders
from lxr.chaincode.custody_records import Attestation, Booking, attestations, bookings, custodies, statements
from lxr.chaincode.period import Figures
from lxr.chaincode.reserve import SUSPENSE
from lxr.settlement.ledger.open_items import RETURNED, line_items, order_items, returned_items
from lxr.token.accounts import AccountKind, Reason, kind_of
from lxr.token.journal import Posting


class MoneyOfBlocks:
    """The figures of the custody account, and what is open of its money, up to the write that was seen last."""

    def __init__(self) -> None:
        self.custody = ""
        self._posted: Final = _Posted()
        self._bank: Final = _Bank()
        self._payments: Final = _Payments()

    @property
    def statement(self) -> int:
        """Return the place of the bank's last statement among all of them."""
        return self._bank.statement

    def see(self, table: str, rest: str, value: bytes) -> None:
        """Take one write of a block into account."""
        if table == custodies.name:
            self.custody = rest  # there is one to a ledger
        for part in (self._posted, self._bank, self._payments):
            part.see(table, rest, value)

    def items(self) -> tuple[Item, ...]:
        """Return the payments, wages that came back and lines that a close names, singly or summed up."""
        return (*self._payments.items(), *line_items(self._bank.waiting()))

    def figures(self) -> Figures:
        """Return the figures now. LXR without money behind it is the shortfall."""
        posted, bank = self._posted, self._bank
        covered_fen = bank.reserve_fen() + bank.in_transit_fen() + posted.blocked_fen + bank.unmatched_fen()
        return Figures(
            supply_fen=posted.supply_fen(),
            reserve_fen=bank.reserve_fen(),
            in_transit_fen=bank.in_transit_fen(),
            blocked_fen=posted.blocked_fen,
            shortfall_fen=posted.supply_fen() - covered_fen,
            unmatched_fen=bank.unmatched_fen(),
            minted_fen=posted.minted_fen,
            burned_fen=posted.burned_fen,
            returned_fen=posted.returned_fen,
        )


class _Posted:
    """What the postings come to: the LXR that came into being and went, and what is blocked of it."""

    def __init__(self) -> None:
        self.minted_fen = self.burned_fen = self.returned_fen = self.blocked_fen = 0

    def supply_fen(self) -> int:
        return self.minted_fen + self.returned_fen - self.burned_fen

    def see(self, table: str, _rest: str, value: bytes) -> None:
        if table == entries.name:
            for posting in entries.decode(value).postings:
                self._add(posting)

    def _add(self, posting: Posting) -> None:
        source, target = kind_of(posting.source), kind_of(posting.target)
        if source is AccountKind.OUT:
            self._came(posting)
        if target is AccountKind.OUT:
            self._went(posting)
        self.blocked_fen += posting.amount_fen * ((target is AccountKind.BLOCKED) - (source is AccountKind.BLOCKED))

    def _came(self, posting: Posting) -> None:
        if posting.reason is Reason.RETURNED:
            self.returned_fen += posting.amount_fen
        else:
            self.minted_fen += posting.amount_fen

    def _went(self, posting: Posting) -> None:
        never_was = posting.reason is Reason.DEPOSIT_REVERSED or posting.source == SUSPENSE
        if never_was:
            self.minted_fen -= posting.amount_fen
        else:
            self.burned_fen += posting.amount_fen


class _Bank:
    """What is at the bank: the lines that are booked, and the deposits that no statement has yet."""

    def __init__(self) -> None:
        self.statement = 0
        self._booked: Final[dict[str, Booking]] = {}
        self._attested: Final[dict[str, Attestation]] = {}

    def see(self, table: str, rest: str, value: bytes) -> None:
        if table == statements.name:
            self.statement = int(rest.partition("/")[2])  # they come in sequence
        elif table == bookings.name:
            self._booked[rest] = bookings.decode(value)
        elif table == attestations.name:
            self._attested[rest] = attestations.decode(value)

    def waiting(self) -> list[Booking]:
        """Return the lines of which something waits for who says what it is."""
        return [booking for booking in self._booked.values() if booking.waiting_fen]

    def reserve_fen(self) -> int:
        return sum(booking.signed_fen for booking in self._booked.values())

    def in_transit_fen(self) -> int:
        return sum(deposit.amount_fen for deposit in self._attested.values() if deposit.state == "attested")

    def unmatched_fen(self) -> int:
        return sum(booking.waiting_fen for booking in self.waiting() if not booking.line.credit)


class _Payments:
    """What the bank is to pay out, and wages that came back from it."""

    def __init__(self) -> None:
        self._orders: Final[dict[str, PaymentOrder]] = {}
        self._heads: Final[dict[str, CashOut]] = {}
        self._came_back_fen: Final[dict[str, int]] = {}
        """By worker."""

    def see(self, table: str, rest: str, value: bytes) -> None:
        if table == payment_orders.name:
            self._orders[rest] = payment_orders.decode(value)
        elif table == cash_outs.name:
            self._heads[rest] = cash_outs.decode(value)
        elif table == balances.name and rest.startswith(RETURNED):
            self._came_back_fen[rest.removeprefix(RETURNED)] = balances.decode(value).fen

    def items(self) -> tuple[Item, ...]:
        return (*order_items(self._orders, self._heads), *returned_items(self._came_back_fen))
