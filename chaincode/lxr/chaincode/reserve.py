"""The money at the bank as one command changes it: custody account, whose part it is, and LXR, always together.

Every fen of the custody account is somebody's: an employer's or the platform's (`Backing.confirmed_fen`), nobody's yet
(suspense), less debits that nobody knows (`Custody.unmatched_fen`). LXR without money behind it is an owner's
shortfall, which its next credit replenishes before it makes LXR.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from ..token.accounts import AccountKind, Reason, account
from ..token.journal import Journal
from .books import read_journal, write_journal
from .cashout_records import CameBack, CashOut, PaymentOrder, came_back
from .custody_records import (
    PLATFORM,
    Attestation,
    Backing,
    Custody,
    InTransit,
    Transit,
    backings,
    custodians,
    custodies,
    statements,
    transits,
)
from .parameter_refusals import ParameterMissing
from .parameters import Parameter
from .refusals import NotCovered, PayoutsStopped
from .types import Record
from .working_days import read_calendars, working_day_after
from .world import World

R = TypeVar("R", bound=Record)

SUSPENSE: Final = account(AccountKind.SUSPENSE, "bank")
BANK: Final = account(AccountKind.BANK, "union")
FEE: Final = account(AccountKind.FEE, "union")


AGAIN: Final = ("workers", "all")
"""The scopes of cash-outs by which wages leave that came back."""


def owner_of(cash_out: CashOut) -> str:
    """Return whose money a cash-out takes: the employer, or the platform."""
    return cash_out.employer or PLATFORM


def pending_redemption_account(order: PaymentOrder) -> str:
    """Return the account that holds an order's money until the bank has paid it."""
    return account(AccountKind.PENDING_REDEMPTION, f"{order.cashout}.{order.shard}")


def of_employer(employer: str) -> tuple[str, str]:
    """Return the accounts of an employer that its deposits move."""
    return account(AccountKind.EMPLOYER, employer), account(AccountKind.BLOCKED, employer)


class Reserve:
    """The custody account, the parts of owners and the LXR of one transaction, after what was done so far."""

    def __init__(
        self,
        world: World,
        number: str,
        owners: Iterable[str],
        accounts: Iterable[str] = (),
        back: Iterable[PaymentOrder] = (),
    ) -> None:
        """Read them. Refuses: Unknown.

        owners: whose parts may change. accounts: other LXR accounts than theirs. back: orders that may come back, or
        whose return may be taken back.
        """
        wanted = sorted({PLATFORM, *owners})
        own = [name for owner in wanted if owner != PLATFORM for name in of_employer(owner)]
        self._number: Final = number
        self._outside: Final = account(AccountKind.OUT, number)
        self.custody: Custody = world.need(custodies, number)
        self._custody_before: Final = self.custody
        found = world.get_many(backings, [(owner,) for owner in wanted])
        self._before: Final = {owner: record or Backing() for owner, record in zip(wanted, found, strict=True)}
        self._backings: Final = dict(self._before)
        places = sorted({order.comes_back_to for order in back})
        self.journal: Final[Journal] = read_journal(world, [SUSPENSE, BANK, FEE, *own, *accounts, *places])
        there = world.get_many(came_back, [(place,) for place in places])
        self._back_before: Final = {place: record or CameBack() for place, record in zip(places, there, strict=True)}
        self._back: Final = dict(self._back_before)

    def part(self, owner: str) -> Backing:
        """Return an owner's part as it now stands."""
        return self._backings[owner]

    def add(self, owner: str | None = None, **deltas: int) -> None:
        """Add to figures of the custody account, and to those of an owner's part that it has too."""
        if owner is not None:
            mine = {name: fen for name, fen in deltas.items() if name in Backing.__struct_fields__}
            self._backings[owner] = _added(self._backings[owner], mine)
        shared = {name: fen for name, fen in deltas.items() if name in Custody.__struct_fields__}
        self.custody = _added(self.custody, shared)

    def mint(self, target: str, reason: Reason, amount_fen: int) -> None:
        """Make LXR."""
        self.journal.move(self._outside, target, reason, amount_fen)
        if reason is Reason.RETURNED:
            self.add(returned_fen=amount_fen)
        else:
            self.add(minted_fen=amount_fen)

    def burn(self, source: str, reason: Reason, amount_fen: int) -> None:
        """Destroy LXR."""
        self.journal.move(source, self._outside, reason, amount_fen)
        if reason is Reason.DEPOSIT_REVERSED or source == SUSPENSE:  # it never was, or was nobody's
            self.add(minted_fen=-amount_fen)
        else:
            self.add(burned_fen=amount_fen)

    # What lines do

    def deposit(self, employer: str, amount_fen: int, *, suspended: bool = False) -> None:
        """Credit an employer: its shortfall first, the rest makes LXR. suspended: the money waits in suspense."""
        self._credit(employer, account(AccountKind.EMPLOYER, employer), amount_fen, suspended)

    def interest(self, amount_fen: int) -> None:
        """Credit the platform with money that waits in suspense."""
        self._credit(PLATFORM, BANK, amount_fen, True)

    def _credit(self, owner: str, target: str, amount_fen: int, suspended: bool) -> None:
        back_fen = min(self.part(owner).shortfall_fen, amount_fen)
        if suspended:
            self.burn(SUSPENSE, Reason.CREDIT_UNDONE, back_fen)
            self.journal.move(SUSPENSE, target, Reason.DEPOSIT_ASSIGNED, amount_fen - back_fen)
        else:
            self.mint(target, Reason.DEPOSIT, amount_fen - back_fen)
        self.add(owner, confirmed_fen=amount_fen, shortfall_fen=-back_fen)

    def suspend(self, amount_fen: int) -> None:
        """Credit nobody yet."""
        self.mint(SUSPENSE, Reason.DEPOSIT, amount_fen)

    def confirm(self, deposit: Attestation) -> None:
        """Credit an attested deposit whose LXR are there already, also where it was missing until now."""
        employer, blocked = of_employer(deposit.employer)
        if deposit.state == "attested":
            self.add(deposit.employer, confirmed_fen=deposit.amount_fen, in_transit_fen=-deposit.amount_fen)
            self.settle(deposit.employer)
            return
        self.journal.move(blocked, employer, Reason.DEPOSIT_FOUND, deposit.blocked_fen)
        spent_fen = deposit.amount_fen - deposit.blocked_fen
        back_fen = min(self.part(deposit.employer).shortfall_fen, spent_fen)
        self.mint(employer, Reason.DEPOSIT, spent_fen - back_fen)  # what other credits have replenished meanwhile
        self.add(
            deposit.employer,
            confirmed_fen=deposit.amount_fen,
            blocked_fen=-deposit.blocked_fen,
            shortfall_fen=-back_fen,
        )
        self.settle(deposit.employer)

    def settle(self, owner: str) -> None:
        """Replenish an owner's shortfall with what it has unspent: those LXR have no money behind them."""
        sources = (BANK, FEE) if owner == PLATFORM else of_employer(owner)[:1]
        for source in sources:
            back_fen = min(self.part(owner).shortfall_fen, self.journal.balance_fen(source))
            self.burn(source, Reason.BANK_FEE if owner == PLATFORM else Reason.DEPOSIT_REVERSED, back_fen)
            self.add(owner, shortfall_fen=-back_fen)

    def miss(self, deposit: Attestation) -> Attestation:
        """Block what is unspent of a deposit that its statement does not have; the rest is the employer's shortfall."""
        employer, blocked = of_employer(deposit.employer)
        blocked_fen = min(self.journal.balance_fen(employer), deposit.amount_fen)
        self.journal.move(employer, blocked, Reason.DEPOSIT_BLOCKED, blocked_fen)
        self.add(
            deposit.employer,
            in_transit_fen=-deposit.amount_fen,
            blocked_fen=blocked_fen,
            shortfall_fen=deposit.amount_fen - blocked_fen,
        )
        return replace(deposit, state="missing", blocked_fen=blocked_fen)

    def reverse(self, deposit: Attestation) -> Attestation:
        """Destroy what is unspent of a deposit that never was; the rest is the employer's shortfall."""
        employer, blocked = of_employer(deposit.employer)
        if deposit.state == "missing":
            self.burn(blocked, Reason.DEPOSIT_REVERSED, deposit.blocked_fen)
            self.add(deposit.employer, blocked_fen=-deposit.blocked_fen)
        else:
            burned_fen = min(self.journal.balance_fen(employer), deposit.amount_fen)
            self.burn(employer, Reason.DEPOSIT_REVERSED, burned_fen)
            self.add(
                deposit.employer,
                in_transit_fen=-deposit.amount_fen,
                shortfall_fen=deposit.amount_fen - burned_fen,
            )
        return replace(deposit, state="reversed", blocked_fen=0)

    def pay(self, order: PaymentOrder, owner: str) -> None:
        """Debit an order. The platform's payments that it is made instead of are made."""
        if order.worker is None and order.instead_of:
            self._leave(order.account, order.instead_of)
        self.burn(pending_redemption_account(order), Reason.PAID_OUT, order.amount_fen)
        self.add(
            owner,
            confirmed_fen=-order.amount_fen,
            pending_fen=-order.amount_fen,
            instructed_fen=-order.amount_fen,
        )

    def is_back(self, number: str, order: PaymentOrder) -> bool:
        """Return whether an order came back, or was not executed, and its money is there."""
        place = order.comes_back_to
        return number in self._back[place].orders and order.amount_fen <= self.journal.balance_fen(place)

    def give_back(self, number: str, order: PaymentOrder, owner: str, *, suspended_fen: int = 0) -> None:
        """Credit an order that came back whole. suspended_fen: what of it waits in suspense."""
        self.journal.move(SUSPENSE, order.comes_back_to, Reason.RETURNED, suspended_fen)
        self.mint(order.comes_back_to, Reason.RETURNED, order.amount_fen - suspended_fen)
        self.add(owner, confirmed_fen=order.amount_fen)
        self._came_back(number, order, owner)

    def release(self, number: str, order: PaymentOrder, owner: str) -> None:
        """Give an order's money back that the bank has not paid."""
        self.journal.move(
            pending_redemption_account(order), order.comes_back_to, Reason.CASH_OUT_RELEASED, order.amount_fen
        )
        self.add(owner, pending_fen=-order.amount_fen, instructed_fen=-order.amount_fen)
        self._came_back(number, order, owner)

    def _came_back(self, number: str, order: PaymentOrder, owner: str) -> None:
        place = order.comes_back_to
        self._leave(place, order.instead_of)
        self._back[place] = CameBack((*self._back[place].orders, number))
        if order.worker is not None:
            self.add(owner, came_back_fen=order.amount_fen)
        else:
            self.settle(owner)

    def _leave(self, place: str, numbers: Collection[str]) -> None:
        self._back[place] = CameBack(tuple(each for each in self._back[place].orders if each not in numbers))

    def charge(self, amount_fen: int) -> None:
        """Debit the platform with what the bank has taken: of interest, of service fees; the rest is its shortfall."""
        rest_fen = amount_fen
        for source in (BANK, FEE):
            part_fen = min(self.journal.balance_fen(source), rest_fen)
            self.burn(source, Reason.BANK_FEE, part_fen)
            rest_fen -= part_fen
        self.add(PLATFORM, confirmed_fen=-amount_fen, shortfall_fen=rest_fen)

    def pass_on(self, employer: str, amount_fen: int) -> None:
        """Give the platform the part of an employer whose LXR it has."""
        self.add(employer, confirmed_fen=-amount_fen)
        self.add(PLATFORM, confirmed_fen=amount_fen)
        self.settle(PLATFORM)

    def take_back(self, employer: str, amount_fen: int, reason: Reason) -> None:
        """Debit an employer with what has left of its own money; what is spent of it is its shortfall."""
        source, _ = of_employer(employer)
        burned_fen = min(self.journal.balance_fen(source), amount_fen)
        self.burn(source, reason, burned_fen)
        self.add(employer, confirmed_fen=-amount_fen, shortfall_fen=amount_fen - burned_fen)

    def pay_after_all(self, number: str, order: PaymentOrder, owner: str) -> None:
        """Debit an order that had come back, or was not executed as the bank said, and has arrived. See `is_back`."""
        place = order.comes_back_to
        self._leave(place, (number,))
        self.burn(place, Reason.CREDIT_UNDONE, order.amount_fen)
        self.add(owner, confirmed_fen=-order.amount_fen)
        if order.worker is not None:
            self.add(owner, came_back_fen=-order.amount_fen)

    def undo_credit(self, amount_fen: int) -> None:
        """Destroy money that waits in suspense: it gives back a debit, or a debit took it back."""
        self.burn(SUSPENSE, Reason.CREDIT_UNDONE, amount_fen)

    def write(self, world: World, command: str) -> None:
        """Write all that changed. Asserts that supply and backing are equal."""
        custody = self.custody
        assert custody.supply_fen == custody.backing_fen
        write_journal(world, self.journal, command)
        if custody != self._custody_before:
            world.put(custodies, custody, self._number)
        for owner, record in self._backings.items():
            if record != self._before[owner]:
                world.put(backings, record, owner)
        for place, listed in self._back.items():
            if listed != self._back_before[place]:
                world.put(came_back, listed, place)


def read_transit(world: World, custody: str) -> Transit:
    """Return the deposits that are attested and on no statement."""
    return world.get(transits, custody) or Transit()


class Cover:
    """What payouts may take today: the parts of owners on statements, and what two persons of the bank have signed."""

    def __init__(self, world: World, cash_out: CashOut, today: date) -> None:
        """Read it, for a cash-out. Refuses: Unknown."""
        number, owner = cash_out.custody, owner_of(cash_out)
        self.custody: Final = world.need(custodies, number)
        self._again: Final = cash_out.scope in AGAIN
        self.part: Final = world.get(backings, owner) or Backing()
        self._owner: Final = owner
        in_part = world.get(statements, number, self.custody.statements + 1)
        brought_fen = in_part.credits_fen if in_part else 0
        first_fen = max(0, in_part.opening_fen) if in_part and self.custody.statements == 0 else 0
        self._unclosed_fen: Final = brought_fen + first_fen
        signed = [each for each in read_transit(world, number).deposits if each.cosigned and not each.missing]
        calendars = read_calendars(world, today) if signed else {}
        live = [each for each in signed if _is_live(each, today, calendars)]
        self._signed_fen: Final = sum(each.amount_fen for each in live)
        self._own_signed_fen: Final = sum(each.amount_fen for each in live if each.employer == owner)

    def refuse(self, amount_fen: int, *, pending: bool = False) -> None:
        """pending: it is among what is on its way. Refuses: PayoutsStopped, NotCovered."""
        custody, part = self.custody, self.part
        counted_fen = amount_fen if pending else 0
        if part.shortfall_fen:
            raise PayoutsStopped(owner=self._owner, shortfall_fen=part.shortfall_fen)
        all_fen = custody.balance_fen + self._signed_fen - custody.instructed_fen + counted_fen
        own_fen = part.confirmed_fen + self._own_signed_fen - part.pending_fen - part.claimed_fen + counted_fen
        if not self._again:  # what came back of other wages is theirs
            own_fen -= part.came_back_fen
        if self._owner == PLATFORM:  # wages come first where nobody knows a debit
            own_fen -= custody.unmatched_fen
        # What a statement brings covers nothing until it is whole and adds up: whoever's it is, nobody pays of it.
        have_fen = max(0, min(all_fen, own_fen) - self._unclosed_fen)
        if amount_fen > have_fen:
            raise NotCovered(owner=self._owner, have_fen=have_fen, need_fen=amount_fen)


def custody_number(world: World) -> str:
    """Return the number of the ledger's custody account. Refuses: Unknown."""
    return world.need(custodians).custody


def _is_live(deposit: InTransit, today: date, calendars: Mapping[int, Parameter | None]) -> bool:
    """Whether the statement of a deposit's day is not due yet: it is on the next working day.

    Where the calendar is not governed yet nobody knows that day, and the deposit covers nothing.
    """
    try:
        return today <= working_day_after(deposit.day, 1, dict(calendars))
    except ParameterMissing:
        return False


def _added(record: R, deltas: Mapping[str, int]) -> R:
    changes: dict[str, Any] = {name: getattr(record, name) + fen for name, fen in deltas.items() if fen}
    return replace(record, **changes) if changes else record
