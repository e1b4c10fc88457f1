"""Cash-out: LXR leaves as money. One is opened for a scope, or cancelled; `cashout_holds` has what it takes.

`instruction` has the bank's file. A wage is paid when the bank confirms the credit, see `statement_booking`. Source:
保障农民工工资支付条例 art. 11.
"""

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from .bank_refusals import PaymentOrderDiffers
from .cashout_records import (
    CASH_OUT_MOVES,
    SCOPES,
    CashOut,
    CashOutState,
    PaymentOrderState,
    Scope,
    Tagged,
    cash_outs,
    payment_orders,
    tag_of,
    tags,
)
from .command import Command, handles
from .custody_records import Backing, Custody, backings, custodies
from .headcount import need_headcount
from .payroll import need_run, need_shards
from .refusals import Exists, TermsInvalid, WorkerElsewhere, WrongState
from .reserve import AGAIN, owner_of
from .runs import RunState, ShardState, runs
from .things import Thing
from .types import CashOutNo, CustodyNo, EmployerNo, EndToEnd, Record, RunNo, WorkerNo
from .workers import workers
from .world import World


class CashOutAnswer(Record, frozen=True):
    """Where the cash-out now stands."""

    cashout: CashOutNo
    state: CashOutState
    shards: tuple[int, ...]


class OpenCashOut(Command[CashOutAnswer], frozen=True, kw_only=True, tag="cashout.open"):
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


class CancelCashOut(Command[CashOutAnswer], frozen=True, kw_only=True, tag="cashout.cancel"):
    """Cancel a cash-out that the bank has not accepted yet; its shards are then released."""

    cashout: CashOutNo


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
        raise Exists(what=Thing.CASHOUT, number=command.cashout)
    if tagged is not None:  # of a million cash-outs two may have one by chance: the next number will do
        raise Exists(what=Thing.CASHOUT_TAG, number=tagged.cashout)
    named = run is not None, bool(command.workers), headcount is not None
    if named != SCOPES[command.scope] or command.employer not in (None, employer_no):
        raise TermsInvalid(case="scope", scope=command.scope)
    if run is not None and run.cashout is not None:
        raise Exists(what=Thing.CASHOUT_OF_RUN, number=str(command.run))
    for number, worker in zip(command.workers, crew, strict=True):
        if worker is None or worker.employer != employer_no:
            raise WorkerElsewhere(case="employer", worker=number, employer=str(employer_no))
    if retried is not None:
        if retried.state not in (PaymentOrderState.RETURNED, PaymentOrderState.REJECTED):
            raise PaymentOrderDiffers(case="not_back", order=str(command.retry_of), state=retried.state)
        if retried.worker not in command.workers:
            raise PaymentOrderDiffers(case="other_worker", order=str(command.retry_of))
        if retried.retried_by is not None:
            raise Exists(what=Thing.CASHOUT_OF_ORDER, number=str(command.retry_of))
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


@handles(CancelCashOut, "union/treasurer")
def cancel_cash_out(world: World, command: CancelCashOut) -> CashOutAnswer:
    """Cancel a cash-out that the bank has not accepted. Refuses: Unknown, WrongState."""
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


def need_cash_out(world: World, number: str, *states: CashOutState) -> CashOut:
    """Return the cash-out, which must be in one of these states. Refuses: Unknown, WrongState."""
    cash_out = world.need(cash_outs, number)
    if cash_out.state not in states:
        raise WrongState(what=Thing.CASHOUT, number=number, state=cash_out.state, needed=states)
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
