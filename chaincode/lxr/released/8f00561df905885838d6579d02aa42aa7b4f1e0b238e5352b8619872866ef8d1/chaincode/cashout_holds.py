"""What a cash-out holds for the bank, one payment order for each wage or balance, and how it is given back."""

from collections.abc import Iterable
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from ..token.accounts import PLATFORM_ACCOUNTS, AccountKind, Reason, account
from ..token.journal import Journal, Posting
from .books import OfShard, reading_journal, write_balances, write_entry
from .cashout import need_cash_out
from .cashout_records import (
    PAYMENT_ORDER_MOVES,
    CameBack,
    CashOut,
    CashOutShard,
    CashOutState,
    PaymentOrder,
    PaymentOrderState,
    came_back,
    cash_out_shards,
    end_to_end,
    payment_orders,
)
from .command import Command, handles
from .days import day_of
from .parameters import parameters, value_on
from .payees import payee_commitments
from .refusals import ShardNotReady
from .runs import RunShard, pay_lines, run_shards
from .shard_heads import shard_heads
from .shards import LeftOut, Shards, each_shard
from .things import Standing
from .types import CashOutNo, Record
from .world import Reads, World, reading, reading_both, reading_many, reading_needed


class Held(Record, frozen=True):
    """What was held, or released."""

    cashout: CashOutNo
    shard: int
    orders: int
    total_fen: int


class HeldShards(Record, frozen=True):
    """What was held, or released, by shard, and the shards in which nothing was."""

    shards: tuple[Held, ...]
    left_out: tuple[LeftOut, ...] = ()


class HoldShards(Command[HeldShards], frozen=True, kw_only=True, tag="cashout.hold"):
    """Hold the wages, or balances, of some shards for the bank, one order each."""

    cashout: CashOutNo
    shards: Shards


class ReleaseShards(Command[HeldShards], frozen=True, kw_only=True, tag="cashout.release"):
    """Give a cancelled cash-out's holds of some shards back."""

    cashout: CashOutNo
    shards: Shards


class _Unheld(Struct, frozen=True):
    """Everything that is read for a shard before it is held."""

    paid: RunShard | None
    wanted: dict[str, tuple[str, int | None]]
    journal: Journal
    back: dict[str, CameBack]


@handles(HoldShards, "union/treasurer")
def hold_shards(world: World, command: HoldShards) -> HeldShards:
    """Hold some shards.

    Refuses: MalformedCommand, Unknown, WrongState; of a shard, which is left out: Unknown, ShardNotReady,
    ParameterMissing, AmountTooLarge.
    """
    # READ
    cash_out = need_cash_out(world, command.cashout, CashOutState.OPEN)
    # and by shard, of all at once: READ, REFUSE, COMPUTE and WRITE
    postings: list[Posting] = []
    answers, left_out = each_shard(
        world,
        command.shards,
        lambda shard: _reading_unheld(command.cashout, cash_out, shard, day_of(world.at_ms)),
        lambda shard, unheld: _hold(world, command.cashout, cash_out, shard, unheld, postings),
    )
    write_entry(world, postings, "cashout.hold")
    return HeldShards(answers, left_out)


def _reading_unheld(number: str, cash_out: CashOut, shard: int, day: date) -> Reads[_Unheld]:
    """Come to what is read for a shard before it is held. Refuses: ShardNotReady, Unknown, ParameterMissing."""
    done, paid = yield from reading_both(reading(cash_out_shards, number, shard), _reading_paid(cash_out, shard))
    if done is not None or shard not in cash_out.shards:
        state = Standing.HELD if done else Standing.NOT_PART
        raise ShardNotReady(case="state", shard=shard, number=number, state=state, needed=(Standing.NOT_HELD,))
    if paid is not None and paid.cashout is not None:  # cancelled, and not released yet
        raise ShardNotReady(case="held", shard=shard, number=str(cash_out.run), cashout=paid.cashout)
    wanted = yield from _reading_wanted(cash_out, shard, day)
    journal, back = yield from reading_both(
        _reading_money(number, cash_out, shard, wanted), _reading_back(wanted if paid is None else ())
    )
    return _Unheld(paid, wanted, journal, back)


def _hold(world: World, number: str, cash_out: CashOut, shard: int, unheld: _Unheld, postings: list[Posting]) -> Held:
    """Hold one shard: an order for each wage or balance. Refuses: AmountTooLarge."""
    paid, journal, pending = unheld.paid, unheld.journal, _pending_redemption(number, shard)
    day = day_of(world.at_ms)
    # COMPUTE
    held: dict[str, PaymentOrder] = {}
    for place, (name, (payee_commitment, wage_fen)) in enumerate(unheld.wanted.items()):
        amount_fen = journal.balance_fen(name) if wage_fen is None else wage_fen
        if amount_fen:
            journal.move(name, pending, Reason.CASH_OUT, amount_fen)
            again = unheld.back.get(name, CameBack()).orders
            held[end_to_end(number, name, day, shard, place)] = PaymentOrder(
                number, shard, name, payee_commitment, amount_fen, PaymentOrderState.HELD, instead_of=again
            )
    total_fen = sum(order.amount_fen for order in held.values())
    assert total_fen == journal.balance_fen(pending)
    assert paid is None or total_fen == paid.totals.net_fen
    # WRITE: from here on it must succeed
    write_balances(world, journal, _crew(cash_out, shard))
    for order_number, order in held.items():
        world.put(payment_orders, order, order_number)
        if order.instead_of and order.worker is not None:  # the platform's stay open until they are paid
            world.put(came_back, CameBack(), order.account)
    record = CashOutShard(tuple(held), world.caller.person, total_fen)
    world.put(cash_out_shards, record, number, shard)
    if paid is not None:
        world.put(run_shards, replace(paid, cashout=number), str(cash_out.run), shard)
    postings += journal.postings
    return Held(number, shard, len(held), total_fen)


def _reading_paid(cash_out: CashOut, shard: int) -> Reads[RunShard | None]:
    """Come to the shard of the run whose wages leave; None where they are not a run's."""
    found = yield from reading_many(run_shards, [(cash_out.run, shard)] if cash_out.run else ())
    return found[0] if found else None


def _pending_redemption(number: str, shard: int) -> str:
    """Return the account that holds the money of a shard until the bank has paid it."""
    return account(AccountKind.PENDING_REDEMPTION, f"{number}.{shard}")


class _Unreleased(Struct, frozen=True):
    """Everything that is read for a shard before it is released."""

    paid: RunShard | None
    record: CashOutShard
    held: dict[str, PaymentOrder]
    journal: Journal
    back: dict[str, CameBack]


@handles(ReleaseShards, "union/treasurer")
def release_shards(world: World, command: ReleaseShards) -> HeldShards:
    """Release some shards of a cancelled cash-out.

    Refuses: MalformedCommand, Unknown, WrongState; of a shard, which is left out: Unknown, ShardNotReady.
    """
    # READ
    cash_out = need_cash_out(world, command.cashout, CashOutState.CANCELLED)
    # and by shard, of all at once: READ, REFUSE, COMPUTE and WRITE
    postings: list[Posting] = []
    answers, left_out = each_shard(
        world,
        command.shards,
        lambda shard: _reading_unreleased(command.cashout, cash_out, shard),
        lambda shard, unreleased: _release(world, command.cashout, cash_out, shard, unreleased, postings),
    )
    write_entry(world, postings, "cashout.release")
    return HeldShards(answers, left_out)


def _reading_unreleased(number: str, cash_out: CashOut, shard: int) -> Reads[_Unreleased]:
    """Come to what is read for a shard before it is released. Refuses: Unknown, ShardNotReady."""
    record, paid = yield from reading_both(
        reading_needed(cash_out_shards, number, shard), _reading_paid(cash_out, shard)
    )
    if record.released:
        raise ShardNotReady(case="state", shard=shard, number=number, state=Standing.RELEASED, needed=(Standing.HELD,))
    found = yield from reading_many(payment_orders, [(each,) for each in record.orders])
    held = {each: order for each, order in zip(record.orders, found, strict=True) if order is not None}
    journal, back = yield from reading_both(
        _reading_money(number, cash_out, shard, [order.account for order in held.values()]),
        _reading_back([order.account for order in held.values() if order.instead_of]),
    )
    return _Unreleased(paid, record, held, journal, back)


def _release(
    world: World, number: str, cash_out: CashOut, shard: int, unreleased: _Unreleased, postings: list[Posting]
) -> Held:
    """Give one shard's holds back, and cancel its orders. Refuses: AmountTooLarge."""
    held, journal, paid = unreleased.held, unreleased.journal, unreleased.paid
    # COMPUTE
    for order in held.values():
        journal.move(_pending_redemption(number, shard), order.account, Reason.CASH_OUT_RELEASED, order.amount_fen)
    # WRITE: from here on it must succeed
    write_balances(world, journal, _crew(cash_out, shard))
    for order_number, order in held.items():
        assert PaymentOrderState.CANCELLED in PAYMENT_ORDER_MOVES[order.state]
        world.put(payment_orders, replace(order, state=PaymentOrderState.CANCELLED), order_number)
        if order.instead_of and order.worker is not None:
            again = (*unreleased.back[order.account].orders, *order.instead_of)
            world.put(came_back, CameBack(again), order.account)
    world.put(cash_out_shards, replace(unreleased.record, released=True), number, shard)
    if paid is not None:
        world.put(run_shards, replace(paid, cashout=None), str(cash_out.run), shard)
    postings += journal.postings
    return Held(number, shard, len(held), unreleased.record.total_fen)


def _crew(cash_out: CashOut, shard: int) -> OfShard | None:
    """Return the workers whose wages a shard takes; None: not a run's, so nothing is where runs credit wages."""
    return None if cash_out.run is None else OfShard(str(cash_out.employer), shard)


def _reading_money(number: str, cash_out: CashOut, shard: int, names: Iterable[str]) -> Reads[Journal]:
    """Come to a journal over what is held of the shard, and the accounts of those names."""
    crew = _crew(cash_out, shard)
    return reading_journal([_pending_redemption(number, shard), *(names if crew is None else ())], crew)


def _reading_back(names: Iterable[str]) -> Reads[dict[str, CameBack]]:
    """Come, by account, to the orders that came back to it and are there."""
    there = list(names)
    found = yield from reading_many(came_back, [(name,) for name in there])
    return {name: record or CameBack() for name, record in zip(there, found, strict=True)}


def _reading_wanted(cash_out: CashOut, shard: int, day: date) -> Reads[dict[str, tuple[str, int | None]]]:
    """Come, by LXR account, to the commitment to pay to, and the wage to pay (None: the whole balance).

    Refuses: Unknown, ParameterMissing.
    """
    if cash_out.scope == "platform":
        names = [f"payee.{kind}" for kind in PLATFORM_ACCOUNTS]
        found = yield from reading_many(parameters, [(name,) for name in names])
        return {
            account(kind, "union"): (value_on(parameter, name, day), None)
            for kind, name, parameter in zip(PLATFORM_ACCOUNTS, names, found, strict=True)
            if parameter is not None
        }
    assert cash_out.employer is not None
    wages: dict[str, int | None]
    reading_crew = reading_needed(payee_commitments, cash_out.employer, shard)
    if cash_out.run is not None:
        kind = AccountKind.WORKER
        crew, lines = yield from reading_both(reading_crew, reading_needed(pay_lines, cash_out.run, shard))
        wages = {number: line.net_fen for number, line in lines.lines.items()}
    else:
        kind = AccountKind.RETURNED
        crew, head = yield from reading_both(reading_crew, reading_needed(shard_heads, cash_out.employer, shard))
        wages = {number: None for number in head.workers if cash_out.scope == "all" or number in cash_out.workers}
    return {account(kind, number): (crew.of[number], fen) for number, fen in wages.items()}
