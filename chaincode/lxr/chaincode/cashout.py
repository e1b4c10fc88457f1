"""Cash-out: LXR leaves as money. Opened for a scope, held some shards at a time; `instruction` has the bank's file.

A wage is paid when the bank confirms the credit (保障农民工工资支付条例 art. 11); the bank's word comes in `statement_booking`
and `rejections`.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from ..token.accounts import PLATFORM_ACCOUNTS, AccountKind, Reason, account
from ..token.journal import Journal, Posting
from .bank_refusals import PaymentOrderDiffers
from .books import OfShard, reading_journal, write_balances, write_entry
from .cashout_records import (
    CASH_OUT_MOVES,
    PAYMENT_ORDER_MOVES,
    SCOPES,
    CameBack,
    CashOut,
    CashOutShard,
    CashOutState,
    PaymentOrder,
    PaymentOrderState,
    Scope,
    Tagged,
    came_back,
    cash_out_shards,
    cash_outs,
    end_to_end,
    payment_orders,
    tag_of,
    tags,
)
from .command import Command, handles
from .custody_records import Backing, Custody, backings, custodies
from .days import day_of
from .headcount import need_headcount
from .parameters import parameters, value_on
from .payees import payee_commitments
from .payroll import need_run, need_shards
from .refusals import Exists, ShardNotReady, TermsInvalid, WorkerElsewhere, WrongState
from .reserve import AGAIN, owner_of
from .runs import RunShard, RunState, ShardState, pay_lines, run_shards, runs
from .shard_heads import shard_heads
from .shards import LeftOut, Shards, each_shard
from .types import CashOutNo, CustodyNo, EmployerNo, EndToEnd, Record, RunNo, WorkerNo
from .workers import workers
from .world import Reads, World, reading, reading_both, reading_many, reading_needed


class OpenCashOut(Command, frozen=True, kw_only=True, tag="cashout.open"):
    """Open a cash-out. scope run: `run`, paid. workers: `workers` of `employer`. all: `employer`. house: nothing more.

    A run's wages leave by its own cash-out; workers, all: what the bank did not pay out, or sent back. retry_of: the
    returned or rejected order that this one takes the place of.
    """

    cashout: CashOutNo
    custody: CustodyNo
    scope: Scope
    employer: EmployerNo | None = None
    run: RunNo | None = None
    workers: Annotated[tuple[WorkerNo, ...], Meta(max_length=100)] = ()
    retry_of: EndToEnd | None = None


class HoldShards(Command, frozen=True, kw_only=True, tag="cashout.hold"):
    """Hold the wages, or balances, of some shards for the bank, one order each."""

    cashout: CashOutNo
    shards: Shards


class CancelCashOut(Command, frozen=True, kw_only=True, tag="cashout.cancel"):
    """Cancel a cash-out that the bank has not accepted yet; its shards are then released."""

    cashout: CashOutNo


class ReleaseShards(Command, frozen=True, kw_only=True, tag="cashout.release"):
    """Give a cancelled cash-out's holds of some shards back."""

    cashout: CashOutNo
    shards: Shards


class CashOutAnswer(Record, frozen=True):
    """Where the cash-out now stands."""

    cashout: CashOutNo
    state: CashOutState
    shards: tuple[int, ...]


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


@handles(OpenCashOut, "union/treasurer")
def open_cash_out(world: World, command: OpenCashOut) -> CashOutAnswer:
    """Open a cash-out.

    Refuses: Exists, Unknown, TermsInvalid, WrongState, ShardNotReady, WorkerElsewhere, PaymentOrderDiffers.
    """
    # READ
    there = world.get(cash_outs, command.cashout)
    tag = tag_of(command.cashout)
    tagged = world.get(tags, tag)
    world.need(custodies, command.custody)
    run = need_run(world, command.run, RunState.FUNDED, RunState.SWEPT) if command.run else None
    if run is not None:
        need_shards(world, str(command.run), run, ShardState.PAID)
    employer_no = run.employer if run else command.employer
    headcount = need_headcount(world, employer_no) if employer_no else None
    crew = world.get_many(workers, [(number,) for number in command.workers])
    retried = world.need(payment_orders, command.retry_of) if command.retry_of else None
    # REFUSE
    if there is not None:
        raise Exists(what="cash-out", number=command.cashout)
    if tagged is not None:  # of a million cash-outs two may have one by chance: the next number will do
        raise Exists(what="tag of cash-out", number=tagged.cashout)
    named = run is not None, bool(command.workers), headcount is not None
    if named != SCOPES[command.scope] or command.employer not in (None, employer_no):
        raise TermsInvalid(problem=f"a cash-out of scope {command.scope} does not name just what it is for")
    if run is not None and run.cashout is not None:
        raise Exists(what="cash-out of run", number=str(command.run))
    for number, worker in zip(command.workers, crew, strict=True):
        if worker is None or worker.employer != employer_no:
            raise WorkerElsewhere(worker=number, shard="-", employer=str(employer_no))
    if retried is not None:
        if retried.state not in (PaymentOrderState.RETURNED, PaymentOrderState.REJECTED):
            raise PaymentOrderDiffers(case="not_back", order=str(command.retry_of), state=retried.state)
        if retried.worker not in command.workers:
            raise PaymentOrderDiffers(case="other_worker", order=str(command.retry_of))
        if retried.retried_by is not None:
            raise Exists(what="cash-out of order", number=str(command.retry_of))
    # COMPUTE
    shards: tuple[int, ...] = (0,)
    if command.scope == "workers":
        shards = tuple(sorted({worker.shard for worker in crew if worker is not None}))
    elif run is not None:
        shards = tuple(range(run.shards))
    elif headcount is not None:
        shards = tuple(range(headcount.shards))
    cash_out = CashOut(
        scope=command.scope,
        custody=command.custody,
        employer=employer_no,
        run=command.run,
        workers=command.workers,
        shards=shards,
        state=CashOutState.OPEN,
        opened_ms=world.at_ms,
        opened_by=world.caller.person,
        retry_of=command.retry_of,
    )
    # WRITE: from here on it must succeed
    world.put(cash_outs, cash_out, command.cashout)
    world.put(tags, Tagged(command.cashout), tag)
    if run is not None:
        world.put(runs, replace(run, cashout=command.cashout), str(command.run))
    if retried is not None:
        world.put(payment_orders, replace(retried, retried_by=command.cashout), str(command.retry_of))
    return CashOutAnswer(command.cashout, cash_out.state, shards)


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
    """Refuses: ShardNotReady, Unknown, ParameterMissing."""
    done, paid = yield from reading_both(reading(cash_out_shards, number, shard), _reading_paid(cash_out, shard))
    if done is not None or shard not in cash_out.shards:
        state = "held" if done else "not part of it"
        raise ShardNotReady(shard=shard, what=number, state=state, needed="not held")
    if paid is not None and paid.cashout is not None:  # cancelled, and not released yet
        held_by = f"held by {paid.cashout}"
        raise ShardNotReady(shard=shard, what=str(cash_out.run), state=held_by, needed="released")
    wanted = yield from _reading_wanted(cash_out, shard, day)
    journal, back = yield from reading_both(
        _reading_money(number, cash_out, shard, wanted), _reading_back(wanted if paid is None else ())
    )
    return _Unheld(paid, wanted, journal, back)


def _hold(world: World, number: str, cash_out: CashOut, shard: int, unheld: _Unheld, postings: list[Posting]) -> Held:
    """Refuses: AmountTooLarge."""
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
    """The account that holds what a shard of the cash-out holds for redemption."""
    return account(AccountKind.PENDING_REDEMPTION, f"{number}.{shard}")


@handles(CancelCashOut, "union/treasurer")
def cancel_cash_out(world: World, command: CancelCashOut) -> CashOutAnswer:
    """Cancel. Refuses: Unknown, WrongState."""
    # READ
    states = [state for state, moves in CASH_OUT_MOVES.items() if CashOutState.CANCELLED in moves]
    cash_out = need_cash_out(world, command.cashout, *states)
    custody = world.need(custodies, cash_out.custody)
    part = world.get(backings, owner_of(cash_out)) or Backing()
    run = world.need(runs, cash_out.run) if cash_out.run else None
    retried = world.need(payment_orders, cash_out.retry_of) if cash_out.retry_of else None
    # WRITE: from here on it must succeed
    assert CashOutState.CANCELLED in CASH_OUT_MOVES[cash_out.state]
    world.put(cash_outs, replace(cash_out, state=CashOutState.CANCELLED), command.cashout)
    if cash_out.state is CashOutState.INSTRUCTED:
        custody, part = with_pending(cash_out, custody, part, -cash_out.total_fen)
        world.put(custodies, custody, cash_out.custody)
        world.put(backings, part, owner_of(cash_out))
    if run is not None:
        world.put(runs, replace(run, cashout=None), str(cash_out.run))
    if retried is not None:
        world.put(payment_orders, replace(retried, retried_by=None), str(cash_out.retry_of))
    return CashOutAnswer(command.cashout, CashOutState.CANCELLED, cash_out.shards)


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
    """Refuses: Unknown, ShardNotReady."""
    record, paid = yield from reading_both(
        reading_needed(cash_out_shards, number, shard), _reading_paid(cash_out, shard)
    )
    if record.released:
        raise ShardNotReady(shard=shard, what=number, state="released", needed="held")
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
    """Refuses: AmountTooLarge."""
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
    """Whose wages a shard of the cash-out takes: only a run's are taken from where runs have credited them."""
    return None if cash_out.run is None else OfShard(str(cash_out.employer), shard)


def _reading_money(number: str, cash_out: CashOut, shard: int, names: Iterable[str]) -> Reads[Journal]:
    """Come to a journal over what is held of the shard, and the accounts of those names."""
    crew = _crew(cash_out, shard)
    return reading_journal([_pending_redemption(number, shard), *(names if crew is None else ())], crew)


def need_cash_out(world: World, number: str, *states: CashOutState) -> CashOut:
    """The cash-out, in one of these states. Refuses: Unknown, WrongState."""
    cash_out = world.need(cash_outs, number)
    if cash_out.state not in states:
        raise WrongState(what="cash-out", number=number, state=cash_out.state, needed=" or ".join(states))
    return cash_out


def with_pending(cash_out: CashOut, custody: Custody, part: Backing, fen: int) -> tuple[Custody, Backing]:
    """Return the custody account, and its owner's part, with so much more on its way to payees, or less."""
    again_fen = fen if cash_out.scope in AGAIN else 0  # that had come back, and leaves again
    account_now = replace(
        custody,
        instructed_fen=custody.instructed_fen + fen,
        came_back_fen=custody.came_back_fen - again_fen,
    )
    pending_fen, came_back_fen = part.pending_fen + fen, part.came_back_fen - again_fen
    return account_now, replace(part, pending_fen=pending_fen, came_back_fen=came_back_fen)


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
