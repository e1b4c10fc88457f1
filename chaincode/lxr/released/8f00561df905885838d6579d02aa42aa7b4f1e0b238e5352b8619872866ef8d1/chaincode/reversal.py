"""A run taken back as a whole, while none of its money has left: shard by shard, then at once to the employer.

Its wages leave by its own cash-out only, so while there is none they are all on the workers' accounts, and each gives
back what this run has credited and nothing else. What it set aside for contested rows goes back to the employer, what
it released of that is set aside again. The rows are open again for the next run.
"""

from msgspec.structs import replace

from ..token.accounts import PLATFORM_ACCOUNTS, AccountKind, Reason, account
from .books import OfShard, read_journal, write_journal
from .cashout_records import cash_outs
from .command import Command, handles
from .deductions import with_orders
from .employers import employers
from .payroll import RunAnswer, ShardAnswer, contested_account, need_run, reading_shard, without_run
from .refusals import CashOutHasLeft, ShardNotReady
from .reserve import Reserve, custody_number
from .runs import (
    NOTHING_EARNED,
    RUN_MOVES,
    SHARD_MOVES,
    DeductionOrder,
    RunState,
    ShardState,
    WorkerEarned,
    deduction_orders,
    deductions,
    earned,
    pay_lines,
    run_shards,
    runs,
    set_earned,
    with_less,
)
from .shard_heads import OpenDay, shard_heads, with_days
from .taken import dated, joined, without
from .types import RunNo, Shard, Text
from .world import World


class ReverseRun(Command[RunAnswer], frozen=True, kw_only=True, tag="reversal.open"):
    """Begin to take a run back. A cash-out that is only held must be cancelled first."""

    run: RunNo
    reason: Text


class UnwindShard(Command[ShardAnswer], frozen=True, kw_only=True, tag="reversal.unwind"):
    """Take a shard's pay back into the run's account, and open its rows for the next run."""

    run: RunNo
    shard: Shard


class CloseReversal(Command[RunAnswer], frozen=True, kw_only=True, tag="reversal.close"):
    """Give the run's money back to the employer."""

    run: RunNo


@handles(ReverseRun, "union/treasurer")
def reverse_run(world: World, command: ReverseRun) -> RunAnswer:
    """Begin a reversal. Refuses: Unknown, WrongState, CashOutHasLeft."""
    # READ
    run = need_run(world, command.run, *(state for state, moves in RUN_MOVES.items() if RunState.REVERSING in moves))
    cash_out = world.get(cash_outs, run.cashout) if run.cashout else None
    # REFUSE
    if cash_out is not None:
        raise CashOutHasLeft(run=command.run, cashout=str(run.cashout), state=cash_out.state)
    # WRITE: from here on it must succeed
    world.put(runs, replace(run, state=RunState.REVERSING, reason=command.reason), command.run)
    return RunAnswer(command.run, RunState.REVERSING, run.shards, run.totals)


@handles(UnwindShard, "union/treasurer")
def unwind_shard(world: World, command: UnwindShard) -> ShardAnswer:
    """Unwind a shard.

    Refuses: Unknown, WrongState, ShardNotReady (also while a cancelled cash-out holds it).
    """
    # READ
    run = need_run(world, command.run, RunState.REVERSING)
    shard = world.read(reading_shard(command.run, command.shard, ShardState.PRICED, ShardState.PAID))
    if shard.cashout is not None:
        raise ShardNotReady(case="held", shard=command.shard, number=command.run, cashout=shard.cashout)
    lines = world.need(pay_lines, command.run, command.shard).lines
    head = world.need(shard_heads, run.employer, command.shard)
    open_orders = world.get(deductions, run.employer, command.shard)
    taken = sorted({deduction.order for line in lines.values() for deduction in line.deductions})
    orders = dict(zip(taken, world.get_many(deduction_orders, [(order,) for order in taken]), strict=True))
    recoveries = [order.recovery for order in orders.values() if order and order.recovery]
    paid = {(part.terms, part.start) for line in lines.values() for part in line.parts}
    slots = sorted(paid.union((recovery.terms, recovery.start) for recovery in recoveries))
    found = world.get_many(earned, [(run.employer, command.shard, *slot) for slot in slots])
    target = account(AccountKind.RUN, f"{command.run}.{command.shard}")
    payer, contested = account(AccountKind.EMPLOYER, run.employer), contested_account(run.employer, command.shard)
    crew = OfShard(run.employer, command.shard)
    journal = read_journal(world, [target, payer, contested], crew)
    # COMPUTE
    if shard.state is ShardState.PAID:
        for number, line in lines.items():
            journal.move(account(AccountKind.WORKER, number), target, Reason.UNPAY, line.net_fen)
    before = {slot: record for slot, record in zip(slots, found, strict=True) if record is not None}
    now = {slot: dict(record.workers) for slot, record in before.items()}
    overpaid = dict(head.overpaid)
    returned: dict[str, DeductionOrder] = {}
    days: list[OpenDay] = []
    for number, line in lines.items():
        for deduction in line.deductions:  # a cancelled order gets its sum back too, and stays cancelled
            order = orders[deduction.order]
            assert order is not None
            returned[deduction.order] = replace(order, taken_fen=order.taken_fen - deduction.fen)
            if order.recovery is not None:
                period = now[order.recovery.terms, order.recovery.start]
                set_earned(period, overpaid, number, with_less(period.get(number, NOTHING_EARNED), -deduction.fen))
        for part in line.parts:
            slot = part.terms, part.start
            was = now[slot].get(number, NOTHING_EARNED)
            rows = without(joined(was.rows, part.dropped), part.taken)
            brought_fen = was.fen - part.due_fen
            held_fen = -part.held_fen
            if run.funded and held_fen > 0:  # what else was released is the employer's again
                held_fen = min(held_fen, part.due_fen, journal.balance_fen(target))
                journal.move(target, contested, Reason.UNFUND, held_fen)
            elif run.funded:  # what a later run has released is no longer held
                held_fen = -min(part.held_fen, was.held_fen)
                journal.move(contested, payer, Reason.UNFUND, -held_fen)
            held_by = None if was.held_by == command.run else was.held_by
            over_fen = max(0, min(was.over_fen - part.over_fen, brought_fen))
            left = WorkerEarned(brought_fen, over_fen, rows, was.held_fen + held_fen, held_by)
            set_earned(now[slot], overpaid, number, left)
            open_rows = joined(part.taken, part.dropped) or was.rows
            days += [OpenDay(part.terms, day) for day, _ in dated(open_rows, part.start)]
    # WRITE: from here on it must succeed
    assert ShardState.UNDONE in SHARD_MOVES[shard.state]
    write_journal(world, journal, "reversal.unwind", crew)
    world.put(run_shards, replace(shard, state=ShardState.UNDONE), command.run, command.shard)
    world.put(shard_heads, with_days(replace(head, overpaid=overpaid), days), run.employer, command.shard)
    for (terms, start), workers in now.items():
        world.put(earned, replace(before[terms, start], workers=workers), run.employer, command.shard, terms, start)
    for order_number, order in returned.items():
        world.put(deduction_orders, order, order_number)
    if returned:
        world.put(deductions, with_orders(open_orders, returned), run.employer, command.shard)
    return ShardAnswer(command.run, command.shard, ShardState.UNDONE, shard.totals)


@handles(CloseReversal, "union/treasurer")
def close_reversal(world: World, command: CloseReversal) -> RunAnswer:
    """End a reversal. Refuses: Unknown, WrongState, ShardNotReady."""
    # READ
    run = need_run(world, command.run, RunState.REVERSING)
    employer = world.need(employers, run.employer)
    priced = world.get_many(run_shards, [(command.run, shard) for shard in range(run.shards)])
    for shard, record in enumerate(priced):  # a shard that was never priced has nothing to take back
        if record is not None and record.state is not ShardState.UNDONE:
            raise ShardNotReady(
                case="state", shard=shard, number=command.run, state=record.state, needed=(ShardState.UNDONE,)
            )
    target = account(AccountKind.EMPLOYER, run.employer)
    sources = [account(AccountKind.RUN, f"{command.run}.{shard}") for shard in range(run.shards)]
    sources += [account(AccountKind.HELD, f"{command.run}.{kind}") for kind in PLATFORM_ACCOUNTS]
    reserve = Reserve(world, custody_number(world), [run.employer], sources)
    journal = reserve.journal
    # COMPUTE
    returned_fen = sum(journal.balance_fen(source) for source in sources)
    for source in sources:
        journal.move(source, target, Reason.UNFUND, journal.balance_fen(source))
    reserve.settle(run.employer)
    # WRITE: from here on it must succeed
    reserve.write(world, "reversal.close")
    world.put(runs, replace(run, state=RunState.REVERSED, fee_owed_fen=0, returned_fen=returned_fen), command.run)
    world.put(employers, without_run(employer, command.run), run.employer)
    return RunAnswer(command.run, RunState.REVERSED, run.shards, run.totals)
