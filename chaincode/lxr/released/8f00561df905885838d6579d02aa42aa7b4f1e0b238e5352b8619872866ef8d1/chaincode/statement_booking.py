"""How a statement is booked: its lines are read with all that the ledger knows of them, refused or booked, and written.

What makes a statement right is in `statements`; what each kind of line does is in `line_booking`.
"""

from .command import handles
from .custody import CustodyAnswer, answer_of
from .custody_records import attestations, bookings, custodies, statements, unmatched_debits
from .days import day_of
from .employers import employers
from .line_booking import Known, LineBooking, key_of
from .payment_orders import find_orders
from .refusals import DateInFuture
from .reserve import Reserve, owner_of, pending_redemption_account, read_transit
from .statements import BookStatement, closed_with, opening_line, refuse_gap, refuse_lines, with_lines
from .world import World


@handles(BookStatement, "bank/teller")
def book_statement(world: World, command: BookStatement) -> CustodyAnswer:
    """Book lines of a statement; with the last ones, deposits that it should have and has not are missing.

    Refuses: Unknown, DateInFuture, StatementGap, StatementDoesNotAdd, DuplicateRow, BookingDiffers, AmountTooLarge.
    """
    # READ
    custody = world.need(custodies, command.custody)
    begun = world.get(statements, command.custody, command.statement)
    booked = world.get_many(bookings, [key_of(command.custody, line) for line in command.lines])
    known = _read_known(world, command)
    reserve = _read_reserve(world, command, known)
    # REFUSE
    today = day_of(world.at_ms)
    if command.day > today:
        raise DateInFuture(day=command.day.isoformat(), today=today.isoformat())
    refuse_gap(custody, begun, command)
    refuse_lines(begun, booked, command)
    # COMPUTE; what only shows when lines are booked is refused here: a reference twice, a sum too large or not right
    statement = with_lines(begun, command)
    lines = LineBooking(reserve, known, command.custody, command.statement)
    if custody.statements == 0 and begun is None and command.opening_fen:
        lines.book(opening_line(command.day, command.opening_fen))
    for line in command.lines:
        lines.book(line)
    if command.completes:
        lines.miss()
        reserve.custody = closed_with(reserve.custody, statement, command)
    # WRITE: from here on it must succeed
    reserve.write(world, "custody.book_statement")
    lines.write(world)
    world.put(statements, statement, command.custody, command.statement)
    return answer_of(command.custody, reserve.custody)


def _read_known(world: World, command: BookStatement) -> Known:
    """Read what the ledger knows of the lines: attested deposits, payers, orders, debits that wait for their order."""
    keys = [key_of(command.custody, line) for line in command.lines]
    attested = zip(keys, world.get_many(attestations, keys), strict=True)
    transit = read_transit(world, command.custody)
    payers = sorted({line.payer for line in command.lines if line.payer is not None})
    there = zip(payers, world.get_many(employers, [(payer,) for payer in payers]), strict=True)
    borne = sorted({line.order for line in command.lines if line.order is not None})
    orders = find_orders(world, borne)
    waiting = zip(borne, world.get_many(unmatched_debits, [(number,) for number in borne]), strict=True)
    due = [each for each in transit.deposits if command.completes and not each.missing and each.day <= command.day]
    found = world.get_many(attestations, [key_of(command.custody, each) for each in due])
    awaited = {each: attestation for each, attestation in zip(due, found, strict=True) if attestation is not None}
    assert len(awaited) == len(due)
    return Known(
        attested={key: attestation for key, attestation in attested if attestation is not None},
        employers=frozenset(payer for payer, employer in there if employer is not None),
        orders=orders,
        unmatched={number: waits.count if waits else 0 for number, waits in waiting},
        transit=transit,
        due=awaited,
    )


def _read_reserve(world: World, command: BookStatement, known: Known) -> Reserve:
    """Read the money that the lines may move: of their payers and orders, and of attested deposits."""
    orders = known.orders
    owners = {owner_of(cash_out) for _, cash_out in orders.values()} | known.employers
    owners |= {each.employer for each in known.attested.values()} | {each.employer for each in known.due}
    credited = {line.order for line in command.lines if line.credit}
    back = [order for number, (order, _) in orders.items() if number in credited or order.worker is None]
    accounts = [pending_redemption_account(order) for order, _ in orders.values()]
    return Reserve(world, command.custody, owners, accounts, back)
