"""The bank's word: LXR is made only against a booked credit, destroyed only against a booked payout.

Source: 非银行支付机构监督管理条例 art. 24 (converted at once and at equal value). A booking reference mints once.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from lxr_chaincode.books import read_journal, write_journal
from lxr_chaincode.cashout_records import CashOut, CashOutState, Order, OrderState, cash_outs, orders
from lxr_chaincode.command import Command, handles
from lxr_chaincode.custody_records import (
    Booking,
    Custodian,
    Custody,
    Statement,
    bookings,
    custodians,
    custodies,
    reversal_digest,
    statements,
)
from lxr_chaincode.days import day_of
from lxr_chaincode.refusals import (
    BookingDiffers,
    DateInFuture,
    DuplicateRow,
    Exists,
    HashDiffers,
    OrderDiffers,
    StatementDoesNotAdd,
    StatementGap,
    Unknown,
    WrongState,
)
from lxr_chaincode.registry import employers
from lxr_chaincode.types import BookingRef, CashOutNo, CustodyNo, Digest, EmployerNo, EndToEnd, Number, Record, Text
from lxr_chaincode.world import World
from lxr_token.accounts import Kind, Reason, account
from lxr_token.fen import Fen, SomeFen
from lxr_token.journal import Journal

MAX_ENTRIES = 300
"""The most statement lines in one command."""


class DepositLine(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="deposit"):
    """A credit. employer: whose money it is, None while that is not known."""

    booking: BookingRef
    amount_fen: SomeFen
    employer: EmployerNo | None


class PayoutLine(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="payout"):
    """A debit that paid an order."""

    booking: BookingRef
    amount_fen: SomeFen
    order: EndToEnd


class ReturnLine(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="return"):
    """A credit that brings a paid order back. reason: the bank's code."""

    booking: BookingRef
    amount_fen: SomeFen
    order: EndToEnd
    reason: Text


class StrayLine(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="stray"):
    """A debit that no order explains: money that backed LXR is gone, and payouts stop."""

    booking: BookingRef
    amount_fen: SomeFen


class MadeGoodLine(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="made_good"):
    """A credit that makes a shortfall good; it mints nothing."""

    booking: BookingRef
    amount_fen: SomeFen


Line = DepositLine | PayoutLine | ReturnLine | StrayLine | MadeGoodLine


class OpenCustody(Command, frozen=True, kw_only=True, tag="custody.open"):
    """Register an empty custody account."""

    custody: CustodyNo


class AttestDeposit(Command, frozen=True, kw_only=True, tag="custody.attest_deposit"):
    """Attest a credit ahead of its statement: the same amount of LXR comes into being."""

    custody: CustodyNo
    booking: BookingRef
    employer_no: EmployerNo | None
    amount_fen: SomeFen


class AssignDeposit(Command, frozen=True, kw_only=True, tag="custody.assign_deposit"):
    """Say whose a deposit is that was not known."""

    custody: CustodyNo
    booking: BookingRef
    employer_no: EmployerNo


class ReverseDeposit(Command, frozen=True, kw_only=True, tag="custody.reverse_deposit"):
    """Say that an attested deposit was none. The union must agree."""

    custody: CustodyNo
    booking: BookingRef
    reason: Text


class AgreeReversal(Command, frozen=True, kw_only=True, tag="custody.agree_reversal"):
    """Undo a wrong attestation; what was spent of it is a shortfall, which stops payouts. digest: `reversal_digest`."""

    custody: CustodyNo
    booking: BookingRef
    digest: Digest


class BookStatement(Command, frozen=True, kw_only=True, tag="custody.book_statement"):
    """Book lines of a statement, from number `first` (0-based) on. The last lines complete it."""

    custody: CustodyNo
    sequence: Number
    day: date
    opening_fen: Fen
    closing_fen: Fen
    entries: Annotated[int, Meta(ge=0, le=1_000_000)]
    file_digest: Digest
    first: Annotated[int, Meta(ge=0, le=1_000_000)]
    lines: Annotated[tuple[Line, ...], Meta(max_length=MAX_ENTRIES)]


class RejectOrders(Command, frozen=True, kw_only=True, tag="custody.reject_orders"):
    """Say which orders the bank did not execute, and why: their money is the workers' again."""

    custody: CustodyNo
    cashout: CashOutNo
    rejections: Annotated[tuple[tuple[EndToEnd, Text], ...], Meta(min_length=1, max_length=MAX_ENTRIES)]


class CustodyAnswer(Record, frozen=True):
    """The custody account after the command."""

    custody: CustodyNo
    supply_fen: int
    closing_fen: int
    shortfall_fen: int


@handles(OpenCustody, "bank/teller")
def open_custody(world: World, command: OpenCustody) -> CustodyAnswer:
    """Open the ledger's one custody account; employers apart have ledgers apart. Refuses: Exists."""
    # READ
    there = world.get(custodians)
    # REFUSE
    if there is not None:
        raise Exists(what="custody account", number=there.custody)
    # WRITE: from here on it must succeed
    world.put(custodians, Custodian(command.custody))
    return _write(world, command.custody, Custody())


@handles(AttestDeposit, "bank/teller")
def attest_deposit(world: World, command: AttestDeposit) -> CustodyAnswer:
    """Mint against a credit. Refuses: Unknown, Exists, AmountTooLarge."""
    # READ
    custody = world.need(custodies, command.custody)
    there = world.get(bookings, command.custody, command.booking)
    if command.employer_no is not None:
        world.need(employers, command.employer_no)
    source, target = _outside(command.custody), _owner(command.employer_no)
    journal = read_journal(world, [target])
    # REFUSE
    if there is not None:
        raise Exists(what="booking", number=command.booking)
    journal.move(source, target, Reason.DEPOSIT, command.amount_fen)
    # WRITE: from here on it must succeed
    write_journal(world, journal, "custody.attest_deposit")
    booking = Booking("deposit", command.amount_fen, command.employer_no, None)
    world.put(bookings, booking, command.custody, command.booking)
    minted = replace(
        custody,
        minted_fen=custody.minted_fen + command.amount_fen,
        in_transit_fen=custody.in_transit_fen + command.amount_fen,
    )
    return _write(world, command.custody, minted)


@handles(AssignDeposit, "bank/teller")
def assign_deposit(world: World, command: AssignDeposit) -> CustodyAnswer:
    """Assign. Refuses: Unknown, WrongState."""
    # READ
    custody = world.need(custodies, command.custody)
    booking = world.need(bookings, command.custody, command.booking)
    world.need(employers, command.employer_no)
    source, target = account(Kind.SUSPENSE, "bank"), account(Kind.EMPLOYER, command.employer_no)
    journal = read_journal(world, [source, target])
    # REFUSE
    if booking.kind != "deposit" or booking.party is not None or booking.state != "booked":
        state = f"{booking.state} {booking.kind} of {booking.party}"
        raise WrongState(what="booking", number=command.booking, state=state, needed="a deposit of nobody")
    journal.move(source, target, Reason.DEPOSIT_ASSIGNED, booking.amount_fen)
    # WRITE: from here on it must succeed
    write_journal(world, journal, "custody.assign_deposit")
    world.put(bookings, replace(booking, party=command.employer_no), command.custody, command.booking)
    return _answer(command.custody, custody)


@handles(ReverseDeposit, "bank/teller")
def reverse_deposit(world: World, command: ReverseDeposit) -> CustodyAnswer:
    """Propose a reversal. Refuses: Unknown, WrongState (on a statement, it is real)."""
    # READ
    custody = world.need(custodies, command.custody)
    booking = world.need(bookings, command.custody, command.booking)
    # REFUSE
    if booking.kind != "deposit" or booking.state != "booked" or booking.statement is not None:
        state = f"{booking.state} {booking.kind}, statement {booking.statement}"
        raise WrongState(what="booking", number=command.booking, state=state, needed="a deposit on no statement")
    # WRITE: from here on it must succeed
    proposed = replace(booking, state="reversal_proposed", reason=command.reason)
    world.put(bookings, proposed, command.custody, command.booking)
    return _answer(command.custody, custody)


@handles(AgreeReversal, "union/treasurer")
def agree_reversal(world: World, command: AgreeReversal) -> CustodyAnswer:
    """Reverse. Refuses: Unknown, WrongState, HashDiffers."""
    # READ
    custody = world.need(custodies, command.custody)
    booking = world.need(bookings, command.custody, command.booking)
    source = _owner(booking.party)
    journal = read_journal(world, [source])
    # REFUSE
    if booking.state != "reversal_proposed":
        raise WrongState(what="booking", number=command.booking, state=booking.state, needed="reversal_proposed")
    if command.digest != reversal_digest(command.custody, command.booking, booking):
        raise HashDiffers(what=f"booking {command.booking}")
    # COMPUTE
    burned_fen = min(journal.balance_fen(source), booking.amount_fen)
    journal.move(source, _outside(command.custody), Reason.DEPOSIT_REVERSED, burned_fen)
    # WRITE: from here on it must succeed
    write_journal(world, journal, "custody.agree_reversal")
    undone = replace(booking, state="reversed", undone_fen=burned_fen)
    world.put(bookings, undone, command.custody, command.booking)
    reversed_custody = replace(
        custody,
        burned_fen=custody.burned_fen + burned_fen,
        in_transit_fen=custody.in_transit_fen - booking.amount_fen,
        shortfall_fen=custody.shortfall_fen + booking.amount_fen - burned_fen,
    )
    return _write(world, command.custody, reversed_custody)


@handles(BookStatement, "bank/teller")
def book_statement(world: World, command: BookStatement) -> CustodyAnswer:
    """Book lines of a statement.

    Refuses: Unknown, DateInFuture, StatementGap, StatementDoesNotAdd, DuplicateRow, BookingDiffers, OrderDiffers,
    AmountTooLarge.
    """
    # READ
    custody = world.need(custodies, command.custody)
    statement = world.get(statements, command.custody, command.sequence)
    refs = [line.booking for line in command.lines]
    there = dict(zip(refs, world.get_many(bookings, [(command.custody, ref) for ref in refs]), strict=True))
    paid = _read_orders(world, [line.order for line in command.lines if isinstance(line, PayoutLine | ReturnLine)])
    owners = sorted({line.employer for line in command.lines if isinstance(line, DepositLine) and line.employer})
    for number, employer in zip(owners, world.get_many(employers, [(number,) for number in owners]), strict=True):
        if employer is None:
            raise Unknown(what="employer", number=number)
    names = [name for order, _ in paid.values() for name in (order.comes_back_to, _redeeming(order))]
    journal = read_journal(world, [*names, _owner(None), *(_owner(number) for number in owners)])
    # REFUSE and COMPUTE
    today = day_of(world.at_ms)
    if command.day > today:
        raise DateInFuture(day=command.day.isoformat(), today=today.isoformat())
    statement = _continue(custody, statement, command)
    if len(there) != len(refs):
        twice = next(ref for index, ref in enumerate(refs) if ref in refs[:index])
        raise DuplicateRow(worker=f"booking {twice}", day=command.day.isoformat())
    booked: dict[str, Booking] = {}
    moved: dict[str, Order] = {}
    for line in command.lines:
        custody = _book(line, command, custody, there[line.booking], paid, moved, journal, booked)
    credit_fen = sum(line.amount_fen for line in command.lines if not isinstance(line, PayoutLine | StrayLine))
    debit_fen = sum(line.amount_fen for line in command.lines) - credit_fen
    statement = replace(
        statement,
        done=statement.done + len(command.lines),
        credits_fen=statement.credits_fen + credit_fen,
        debits_fen=statement.debits_fen + debit_fen,
    )
    if statement.done == statement.entries:
        custody = _complete(command, statement, custody)
    # WRITE: from here on it must succeed
    write_journal(world, journal, "custody.book_statement")
    for ref, booking in booked.items():
        world.put(bookings, booking, command.custody, ref)
    for number, order in moved.items():
        world.put(orders, order, number)
    world.put(statements, statement, command.custody, command.sequence)
    return _write(world, command.custody, custody)


@handles(RejectOrders, "bank/teller")
def reject_orders(world: World, command: RejectOrders) -> CustodyAnswer:
    """Reject orders. Refuses: Unknown, OrderDiffers."""
    # READ
    custody = world.need(custodies, command.custody)
    paid = _read_orders(world, [number for number, _ in command.rejections])
    names = [name for order, _ in paid.values() for name in (order.comes_back_to, _redeeming(order))]
    journal = read_journal(world, names)
    # REFUSE
    moved: dict[str, Order] = {}
    for number, reason in command.rejections:
        order, cash_out = paid[number]
        if order.cashout != command.cashout or number in moved:
            raise OrderDiffers(order=number, there=f"in {order.cashout}", given=f"in {command.cashout}")
        _refuse_order(number, order, cash_out, command.custody, OrderState.HELD, order.amount_fen)
        journal.move(_redeeming(order), order.comes_back_to, Reason.CASH_OUT_RELEASED, order.amount_fen)
        moved[number] = replace(order, state=OrderState.REJECTED, reason=reason)
    total_fen = sum(order.amount_fen for order in moved.values())
    # WRITE: from here on it must succeed
    write_journal(world, journal, "custody.reject_orders")
    for number, order in moved.items():
        world.put(orders, order, number)
    return _write(world, command.custody, replace(custody, instructed_fen=custody.instructed_fen - total_fen))


Paid = dict[str, tuple[Order, CashOut]]


def _book(
    line: Line,
    command: BookStatement,
    custody: Custody,
    there: Booking | None,
    paid: Paid,
    moved: dict[str, Order],
    journal: Journal,
    booked: dict[str, Booking],
) -> Custody:
    """Book one line; the custody account after it."""
    kind, party, reason = _facts(line)
    if there is not None and there.state != "reversed":  # a reversed attestation was wrong, the statement's line is not
        given = f"{kind} of {line.amount_fen} fen for {party}"
        facts = f"{there.kind} of {there.amount_fen} fen for {there.party}"
        same = (there.kind, there.amount_fen, there.party) == (kind, line.amount_fen, party)
        if not same or there.statement is not None:
            place = f", {there.state}, statement {there.statement}"
            raise BookingDiffers(booking=line.booking, there=facts + place, given=given)
        # On a statement it is real, also where its reversal had been proposed.
        booked[line.booking] = replace(there, statement=command.sequence, state="booked", reason=None)
        return replace(custody, in_transit_fen=custody.in_transit_fen - line.amount_fen)
    booked[line.booking] = Booking(kind, line.amount_fen, party, command.sequence, reason=reason)
    outside = _outside(command.custody)
    match line:
        case DepositLine():
            # What was spent of a deposit before its reversal is minted already: the credit backs it after all.
            spent_fen = there.amount_fen - there.undone_fen if there is not None else 0
            back_fen = min(spent_fen, custody.shortfall_fen, line.amount_fen)
            journal.move(outside, _owner(line.employer), Reason.DEPOSIT, line.amount_fen - back_fen)
            return replace(
                custody,
                minted_fen=custody.minted_fen + line.amount_fen - back_fen,
                shortfall_fen=custody.shortfall_fen - back_fen,
            )
        case PayoutLine():
            order, cash_out = paid[line.order]
            order = moved.get(line.order, order)
            _refuse_order(line.order, order, cash_out, command.custody, OrderState.HELD, line.amount_fen)
            journal.move(_redeeming(order), outside, Reason.PAID_OUT, line.amount_fen)
            moved[line.order] = replace(order, state=OrderState.SETTLED, booking=line.booking)
            return replace(
                custody,
                burned_fen=custody.burned_fen + line.amount_fen,
                instructed_fen=custody.instructed_fen - line.amount_fen,
            )
        case ReturnLine():
            order, cash_out = paid[line.order]
            order = moved.get(line.order, order)
            _refuse_order(line.order, order, cash_out, command.custody, OrderState.SETTLED, line.amount_fen)
            journal.move(outside, order.comes_back_to, Reason.RETURNED, line.amount_fen)
            moved[line.order] = replace(order, state=OrderState.RETURNED, reason=line.reason)
            return replace(custody, returned_fen=custody.returned_fen + line.amount_fen)
        case StrayLine():
            return replace(custody, shortfall_fen=custody.shortfall_fen + line.amount_fen)
        case MadeGoodLine():
            if line.amount_fen > custody.shortfall_fen:
                given = f"{line.amount_fen} fen made good"
                raise BookingDiffers(booking=line.booking, there=f"short of {custody.shortfall_fen} fen", given=given)
            return replace(custody, shortfall_fen=custody.shortfall_fen - line.amount_fen)


def _facts(
    line: Line,
) -> tuple[Literal["deposit", "payout", "return", "stray", "made_good"], str | None, str | None]:
    match line:
        case DepositLine():
            return "deposit", line.employer, None
        case PayoutLine():
            return "payout", line.order, None
        case ReturnLine():
            return "return", line.order, line.reason
        case StrayLine():
            return "stray", None, None
        case MadeGoodLine():
            return "made_good", None, None


def _continue(custody: Custody, statement: Statement | None, command: BookStatement) -> Statement:
    """The statement as it stands before these lines. Refuses: StatementGap."""

    def refuse(problem: str) -> None:
        raise StatementGap(sequence=command.sequence, custody=command.custody, problem=problem)

    if command.sequence != custody.sequence + 1:
        refuse(f"the next one is number {custody.sequence + 1}")
    if command.opening_fen != custody.closing_fen:
        refuse(f"it opens with {command.opening_fen} fen, the last one closed with {custody.closing_fen}")
    if custody.closing_day is not None and command.day <= custody.closing_day:
        refuse(f"it is of {command.day}, the last one of {custody.closing_day}")
    head = Statement(command.day, command.file_digest, command.opening_fen, command.closing_fen, command.entries)
    if statement is None:
        statement = head
    # Until the last line is booked the header can be mended; that everything adds up is checked with that line.
    statement = replace(head, done=statement.done, credits_fen=statement.credits_fen, debits_fen=statement.debits_fen)
    if command.first != statement.done:
        refuse(f"lines up to {statement.done} are booked, these begin at {command.first}")
    if statement.done + len(command.lines) > statement.entries:
        refuse(f"there are more lines than {statement.entries}")
    return statement


def _complete(command: BookStatement, statement: Statement, custody: Custody) -> Custody:
    """The custody account with a complete statement. Refuses: StatementDoesNotAdd."""
    closing_fen = statement.opening_fen + statement.credits_fen - statement.debits_fen
    if closing_fen != statement.closing_fen:
        problem = f"opening and entries give {closing_fen} fen, it closes with {statement.closing_fen}"
        raise StatementDoesNotAdd(sequence=command.sequence, custody=command.custody, problem=problem)
    after = replace(custody, sequence=command.sequence, closing_fen=closing_fen, closing_day=command.day)
    assert after.supply_fen == after.closing_fen + after.in_transit_fen + after.shortfall_fen
    return after


def _read_orders(world: World, numbers: list[str]) -> Paid:
    """Orders with their cash-outs. Refuses: Unknown."""
    found = world.get_many(orders, [(number,) for number in numbers])
    for number, order in zip(numbers, found, strict=True):
        if order is None:
            raise Unknown(what="order", number=number)
    known = {number: order for number, order in zip(numbers, found, strict=True) if order is not None}
    heads = sorted({order.cashout for order in known.values()})
    cash = dict(zip(heads, world.get_many(cash_outs, [(head,) for head in heads]), strict=True))
    return {number: (order, head) for number, order in known.items() if (head := cash[order.cashout]) is not None}


def _refuse_order(
    number: str, order: Order, cash_out: CashOut, custody: str, needed: OrderState, amount_fen: int
) -> None:
    """Refuses: OrderDiffers."""
    there = f"{order.state}, {order.amount_fen} fen, custody {cash_out.custody}, cash-out {cash_out.state}"
    given = f"{needed}, {amount_fen} fen, custody {custody}, cash-out {CashOutState.INSTRUCTED}"
    if there != given:
        raise OrderDiffers(order=number, there=there, given=given)


def _redeeming(order: Order) -> str:
    return account(Kind.REDEEMING, f"{order.cashout}.{order.shard}")


def _outside(custody: str) -> str:
    return account(Kind.OUT, custody)


def _owner(employer: str | None) -> str:
    return account(Kind.EMPLOYER, employer) if employer else account(Kind.SUSPENSE, "bank")


def _write(world: World, number: str, custody: Custody) -> CustodyAnswer:
    world.put(custodies, custody, number)
    return _answer(number, custody)


def _answer(number: str, custody: Custody) -> CustodyAnswer:
    return CustodyAnswer(number, custody.supply_fen, custody.closing_fen, custody.shortfall_fen)
