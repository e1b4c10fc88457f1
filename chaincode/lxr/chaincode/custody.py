"""The bank's statements: LXR is destroyed only against a booked payout, and every line of them ends somewhere.

Source: 非银行支付机构监督管理条例 art. 24 (converted at once and at equal value). A line mints once.
"""

from datetime import date
from typing import Annotated, Final

from msgspec import Meta
from msgspec.structs import replace

from ..token.fen import SignedFen
from .bank_refusals import BookingDiffers, PaymentOrderDiffers, StatementDoesNotAdd, StatementGap
from .cashout_records import (
    CashOut,
    CashOutState,
    PaymentOrder,
    PaymentOrderState,
    cash_outs,
    payment_orders,
)
from .command import Command, handles
from .custody_records import (
    IN_TRANSIT,
    OPENING,
    START,
    Attestation,
    Booking,
    Custodian,
    Custody,
    InTransit,
    Statement,
    Transit,
    UnmatchedDebits,
    attestations,
    bookings,
    content_of,
    custodians,
    custodies,
    statements,
    transits,
    unmatched_debits,
)
from .days import day_of
from .employers import employers
from .lines import NO_REASON, Line, classify, confirms
from .refusals import DateInFuture, DuplicateRow, Exists, Unknown
from .reserve import Reserve, owner_of, pending_redemption_account, read_transit
from .types import CashOutNo, CustodyNo, EndToEnd, Number, ReasonCode, Record
from .world import World

BankNumber = Annotated[int, Meta(ge=0, le=10**18)]
"""The bank's own number of a statement: it may count statements, or days, begin anew, or not be there."""
MAX_ENTRIES: Final = 300
"""The most statement lines in one command."""

Orders = dict[str, tuple[PaymentOrder, CashOut]]


class OpenCustody(Command, frozen=True, kw_only=True, tag="custody.open"):
    """Register the custody account."""

    custody: CustodyNo


class BookStatement(Command, frozen=True, kw_only=True, tag="custody.book_statement"):
    """Book lines of a statement, from number `first` (0-based) on: debits first, then by day and reference.

    statement: by the ledger's count, from 1; number: the bank's own, where it has one. The last lines complete it.
    """

    custody: CustodyNo
    statement: Number
    number: BankNumber | None
    day: date
    opening_fen: SignedFen
    closing_fen: SignedFen
    entries: Annotated[int, Meta(ge=0, le=1_000_000)]
    first: Annotated[int, Meta(ge=0, le=1_000_000)]
    lines: Annotated[tuple[Line, ...], Meta(max_length=MAX_ENTRIES)]


class RejectPaymentOrders(Command, frozen=True, kw_only=True, tag="custody.reject_payment_orders"):
    """Say which orders the bank did not execute, and why: their money is the workers' again."""

    custody: CustodyNo
    cashout: CashOutNo
    rejections: Annotated[tuple[tuple[EndToEnd, ReasonCode], ...], Meta(min_length=1, max_length=MAX_ENTRIES)]


class CustodyAnswer(Record, frozen=True):
    """The custody account after the command."""

    custody: CustodyNo
    supply_fen: int
    closing_fen: int
    shortfall_fen: int
    unmatched_fen: int


@handles(OpenCustody, "bank/teller")
def open_custody(world: World, command: OpenCustody) -> CustodyAnswer:
    """Open the ledger's one custody account; employers apart have ledgers apart. Refuses: Exists."""
    # READ
    there = world.get(custodians)
    # REFUSE
    if there is not None:
        raise Exists(what="custody account", number=there.custody)
    # WRITE: from here on it must succeed
    custody = Custody(since=day_of(world.at_ms))
    world.put(custodians, Custodian(command.custody))
    world.put(custodies, custody, command.custody)
    return answer_of(command.custody, custody)


@handles(BookStatement, "bank/teller")
def book_statement(world: World, command: BookStatement) -> CustodyAnswer:
    """Book lines of a statement; with the last ones, deposits that it should have and has not are missing.

    Refuses: Unknown, DateInFuture, StatementGap, StatementDoesNotAdd, DuplicateRow, BookingDiffers, AmountTooLarge.
    """
    # READ
    custody = world.need(custodies, command.custody)
    there = world.get(statements, command.custody, command.statement)
    keys = [(command.custody, line.day, line.booking) for line in command.lines]
    booked = world.get_many(bookings, keys)
    attested = dict(zip(keys, world.get_many(attestations, keys), strict=True))
    transit = read_transit(world, command.custody)
    payers = sorted({line.payer for line in command.lines if line.payer is not None})
    known = {
        payer
        for payer, employer in zip(payers, world.get_many(employers, [(payer,) for payer in payers]), strict=True)
        if employer is not None
    }
    bearing = sorted({line.order for line in command.lines if line.order is not None})
    found = find_orders(world, bearing)
    unmatched = {
        number: there.count if there else 0
        for number, there in zip(
            bearing, world.get_many(unmatched_debits, [(number,) for number in bearing]), strict=True
        )
    }
    before = dict(unmatched)
    ends = command.first + len(command.lines) == command.entries
    due = [each for each in transit.deposits if ends and not each.missing and each.day <= command.day]
    late = dict(zip(due, world.get_many(attestations, [_key(command.custody, each) for each in due]), strict=True))
    owners = {owner_of(cash_out) for _, cash_out in found.values()} | known
    owners |= {each.employer for each in attested.values() if each} | {each.employer for each in due}
    returning = {line.order for line in command.lines if line.credit}
    back = [order for number, (order, _) in found.items() if number in returning or order.worker is None]
    reserve = Reserve(
        world, command.custody, owners, [pending_redemption_account(order) for order, _ in found.values()], back
    )
    # REFUSE and COMPUTE
    today = day_of(world.at_ms)
    if command.day > today:
        raise DateInFuture(day=command.day.isoformat(), today=today.isoformat())
    statement = _continue(custody, there, command)
    _refuse_lines(command, there, booked)
    new: dict[tuple[str, date, str], Booking] = {}
    confirmed: dict[tuple[str, date, str], Attestation] = {}
    moved: dict[str, PaymentOrder] = {}
    if there is None and custody.statements == 0 and command.opening_fen:
        opening = opening_line(command.day, command.opening_fen)
        reserve.add(balance_fen=command.opening_fen)
        new[command.custody, command.day, OPENING] = _wait(reserve, opening, command.statement)
    for key, line in zip(keys, command.lines, strict=True):
        if key in new:  # a debit and a credit of one reference, or the opening balance's
            raise DuplicateRow(worker=f"booking {line.booking}", day=line.day.isoformat())
        deposit = attested[key]
        reserve.add(balance_fen=line.signed_fen)
        waits = deposit is not None and deposit.state in IN_TRANSIT
        if deposit is not None and waits and confirms(line, deposit.employer, deposit.amount_fen):
            reserve.confirm(deposit)
            confirmed[key] = replace(deposit, state="confirmed", reversal=None, blocked_fen=0)
            new[key] = Booking(line, command.statement, "deposit", deposit.employer)
        else:
            new[key] = _book(reserve, line, command.statement, found, moved, known, unmatched)
    kept = [each for each in transit.deposits if _key(command.custody, each) not in confirmed]
    missed = {}
    for each, deposit in late.items():
        assert deposit is not None
        if _key(command.custody, each) not in confirmed:
            missed[each] = reserve.miss(deposit)
    if ends:
        reserve.custody = _complete(command, statement, reserve.custody)
    # WRITE: from here on it must succeed
    reserve.write(world, "custody.book_statement")
    for key, booking in new.items():
        world.put(bookings, booking, *key)
    for number, order in moved.items():
        world.put(payment_orders, order, number)
    for number, count in unmatched.items():
        if count != before[number]:
            world.put(unmatched_debits, UnmatchedDebits(count), number)
    for key, deposit in confirmed.items():
        world.put(attestations, deposit, *key)
    for each, deposit in missed.items():
        world.put(attestations, deposit, *_key(command.custody, each))
    if confirmed or missed:
        now = tuple(replace(each, missing=each.missing or each in missed) for each in kept)
        world.put(transits, Transit(now), command.custody)
    world.put(statements, statement, command.custody, command.statement)
    return answer_of(command.custody, reserve.custody)


@handles(RejectPaymentOrders, "bank/teller")
def reject_payment_orders(world: World, command: RejectPaymentOrders) -> CustodyAnswer:
    """Reject orders. Refuses: Unknown, PaymentOrderDiffers."""
    # READ
    numbers = [number for number, _ in command.rejections]
    found = find_orders(world, numbers)
    for number in numbers:
        if number not in found:
            raise Unknown(what="order", number=number)
    back = [order for order, _ in found.values()]
    owners = {owner_of(cash_out) for _, cash_out in found.values()}
    reserve = Reserve(world, command.custody, owners, [pending_redemption_account(order) for order in back], back)
    # REFUSE
    moved: dict[str, PaymentOrder] = {}
    for number, reason in command.rejections:
        order, cash_out = found[number]
        if order.cashout != command.cashout:
            raise PaymentOrderDiffers(case="cashout", order=number, cashout=order.cashout, given=command.cashout)
        if number in moved:
            raise PaymentOrderDiffers(case="twice", order=number)
        refuse_order(number, order, cash_out, command.custody, PaymentOrderState.HELD, order.amount_fen)
        reserve.release(number, order, owner_of(cash_out))
        moved[number] = replace(order, state=PaymentOrderState.REJECTED, reason=reason)
    # WRITE: from here on it must succeed
    reserve.write(world, "custody.reject_payment_orders")
    for number, order in moved.items():
        world.put(payment_orders, order, number)
    return answer_of(command.custody, reserve.custody)


def find_orders(world: World, numbers: list[str]) -> Orders:
    """Return the orders among these numbers, with their cash-outs."""
    wanted = sorted(set(numbers))
    found = dict(zip(wanted, world.get_many(payment_orders, [(number,) for number in wanted]), strict=True))
    heads = sorted({order.cashout for order in found.values() if order is not None})
    cash = dict(zip(heads, world.get_many(cash_outs, [(head,) for head in heads]), strict=True))
    return {
        number: (order, head)
        for number, order in found.items()
        if order is not None and (head := cash[order.cashout]) is not None
    }


def refuse_order(
    number: str, order: PaymentOrder, cash_out: CashOut, custody: str, needed: PaymentOrderState, amount_fen: int
) -> None:
    """Refuses: PaymentOrderDiffers."""
    if cash_out.custody != custody:
        raise PaymentOrderDiffers(case="custody", order=number, custody=cash_out.custody, given=custody)
    if cash_out.state is not CashOutState.ACCEPTED:
        raise PaymentOrderDiffers(case="not_accepted", order=number, cashout=order.cashout, state=cash_out.state)
    if order.state is not needed:
        case = "not_held" if needed is PaymentOrderState.HELD else "not_settled"
        raise PaymentOrderDiffers(case=case, order=number, state=order.state)
    if order.amount_fen != amount_fen:
        raise PaymentOrderDiffers(case="amount", order=number, amount_fen=order.amount_fen, given_fen=amount_fen)


def answer_of(number: str, custody: Custody) -> CustodyAnswer:
    """Return what a command on money at the bank answers."""
    return CustodyAnswer(number, custody.supply_fen, custody.closing_fen, custody.shortfall_fen, custody.unmatched_fen)


def opening_line(day: date, opening_fen: int) -> Line:
    """Return the balance that the first statement opens with, as a line: a debit where the account is overdrawn."""
    return Line(day, OPENING, opening_fen > 0, abs(opening_fen))


def _book(
    reserve: Reserve,
    line: Line,
    statement: int,
    found: Orders,
    moved: dict[str, PaymentOrder],
    known: set[str],
    unmatched: dict[str, int],
) -> Booking:
    """Book one line by its facts and by the order that it bears, as earlier lines have left it."""
    order, cash_out = found.get(line.order or "", (None, None))
    if order is not None:
        order = moved.get(line.order or "", order)
    kind, party = classify(line, order, cash_out, line.payer in known, unmatched.get(line.order or "", 0))
    if kind == "waiting":
        if line.order is not None and not line.credit:
            unmatched[line.order] += 1
        return _wait(reserve, line, statement)
    assert party is not None
    if kind == "deposit":
        reserve.deposit(party, line.amount_fen)
    else:
        assert order is not None
        assert cash_out is not None
        if kind == "payout":
            reserve.pay(order, owner_of(cash_out))
            moved[party] = replace(order, state=PaymentOrderState.SETTLED, booking=line.key)
        else:
            reserve.give_back(party, order, owner_of(cash_out))
            moved[party] = replace(order, state=PaymentOrderState.RETURNED, reason=line.returned or NO_REASON)
    return Booking(line, statement, kind, party)


def _wait(reserve: Reserve, line: Line, statement: int) -> Booking:
    """Book a line of which it is not certain what it is."""
    if line.credit:
        reserve.suspend(line.amount_fen)
    else:
        reserve.add(unmatched_fen=line.amount_fen)
    return Booking(line, statement, "waiting", waiting_fen=line.amount_fen)


def _key(custody: str, deposit: InTransit) -> tuple[str, date, str]:
    return custody, deposit.day, deposit.booking


def _refuse_lines(command: BookStatement, statement: Statement | None, booked: list[Booking | None]) -> None:
    """Refuses: DuplicateRow, DateInFuture, BookingDiffers."""
    before = statement.last if statement else None
    for line in command.lines:
        if before is not None and before >= line.place:
            raise DuplicateRow(worker=f"booking {line.booking}", day=line.day.isoformat())
        before = line.place
    for line, there in zip(command.lines, booked, strict=True):
        if line.day > command.day:
            raise DateInFuture(day=line.day.isoformat(), today=command.day.isoformat())
        if there is not None:
            facts = {"there": there.statement, "kind": there.kind, "amount_fen": there.line.amount_fen}
            raise BookingDiffers(case="booked", booking=line.key, statement=command.statement, **facts)
        if line.booking == OPENING:
            raise BookingDiffers(case="opening", booking=line.key)
        if "~" in line.booking:
            raise BookingDiffers(case="part", booking=line.key)


def _continue(custody: Custody, there: Statement | None, command: BookStatement) -> Statement:
    """The statement with these lines. Refuses: StatementGap, DateInFuture."""

    def refuse(case: str, **facts: str | int) -> None:
        raise StatementGap(case=case, sequence=command.statement, custody=command.custody, **facts)

    if command.statement != custody.statements + 1:
        refuse("number", next=custody.statements + 1)
    if custody.closing_day is not None:
        late = command.day < custody.closing_day
        if late and command.closing_fen != command.opening_fen:  # one that changes no balance can come late
            refuse("day", day=command.day.isoformat(), closing_day=custody.closing_day.isoformat())
        if command.opening_fen != custody.closing_fen and not late:
            refuse("opening", opening_fen=command.opening_fen, closing_fen=custody.closing_fen)
    latest = max((line.day for line in command.lines), default=None)
    if there is not None and there.latest is not None:
        latest = max(there.latest, latest or there.latest)
        if command.day < there.latest:
            raise DateInFuture(day=there.latest.isoformat(), today=command.day.isoformat())
    if there is not None and there.opening_fen != command.opening_fen:
        refuse("first_lines", opening_fen=command.opening_fen, booked_fen=there.opening_fen)
    done = there.done if there else 0
    if command.first != done:
        refuse("line", done=done, first=command.first)
    if done + len(command.lines) > command.entries:
        refuse("lines", entries=command.entries)
    content = there.content if there else START
    for line in command.lines:
        content = content_of(content, line)
    credit_fen = sum(line.amount_fen for line in command.lines if line.credit)
    debit_fen = sum(line.amount_fen for line in command.lines) - credit_fen
    # Until the last line is booked the header can be mended; that everything adds up is checked with that line.
    return Statement(
        day=command.day,
        number=command.number,
        content=content,
        last=command.lines[-1].place if command.lines else there.last if there else None,
        latest=latest,
        opening_fen=command.opening_fen,
        closing_fen=command.closing_fen,
        entries=command.entries,
        done=done + len(command.lines),
        credits_fen=credit_fen + (there.credits_fen if there else 0),
        debits_fen=debit_fen + (there.debits_fen if there else 0),
    )


def _complete(command: BookStatement, statement: Statement, custody: Custody) -> Custody:
    """The custody account with a complete statement. Refuses: StatementDoesNotAdd."""
    closing_fen = statement.opening_fen + statement.credits_fen - statement.debits_fen
    if closing_fen != statement.closing_fen:
        sums = {"sum_fen": closing_fen, "closing_fen": statement.closing_fen}
        raise StatementDoesNotAdd(sequence=command.statement, custody=command.custody, **sums)
    if custody.closing_day is not None and command.day < custody.closing_day:
        assert custody.balance_fen == custody.closing_fen
        return replace(custody, statements=command.statement)
    assert custody.balance_fen == closing_fen
    return replace(
        custody,
        statements=command.statement,
        number=statement.number,
        closing_fen=closing_fen,
        closing_day=command.day,
    )
