"""How a paid run ends: what waits for platform, tax office and insurance goes where it belongs."""

from msgspec.structs import replace

from ..token.accounts import PLATFORM_ACCOUNTS, AccountKind, Reason, account
from .cashout_records import CashOutState, cash_outs
from .command import Command, handles
from .employers import employers
from .payroll import RunAnswer, need_run, need_shards, short_runs, without_run
from .refusals import NotCovered, PayoutsStopped, WrongState
from .reserve import Reserve, custody_number
from .runs import RUN_MOVES, RunState, ShardState, runs
from .things import Standing, Thing
from .types import RunNo
from .world import World


class SweepRun(Command[RunAnswer], frozen=True, kw_only=True, tag="payroll.sweep"):
    """End a paid run whose cash-out has left: fee, tax and insurance go where they belong."""

    run: RunNo


@handles(SweepRun, "union/treasurer")
def sweep_run(world: World, command: SweepRun) -> RunAnswer:
    """Sweep a run, and sweep it again for a fee of which the employer's account did not hold all, as often as it takes.

    While another run of the employer is short, the account is for its wages.
    Refuses: Unknown, WrongState, ShardNotReady, PayoutsStopped, NotCovered: what is swept is on the bank's statements.
    """
    # READ
    run = need_run(world, command.run, RunState.FUNDED, RunState.SWEPT)
    need_shards(world, command.run, run, ShardState.PAID)
    employer = world.need(employers, run.employer)
    short = short_runs(world, employer, command.run)
    cash_out = world.get(cash_outs, run.cashout) if run.cashout else None
    held = {kind: account(AccountKind.HELD, f"{command.run}.{kind}") for kind in PLATFORM_ACCOUNTS}
    payer = account(AccountKind.EMPLOYER, run.employer)
    targets = {kind: account(kind, "union") for kind in held}
    reserve = Reserve(world, custody_number(world), [run.employer], [*held.values(), *targets.values()])
    mine, journal = reserve.part(run.employer), reserve.journal
    # REFUSE
    if run.state is RunState.SWEPT and not run.fee_owed_fen:
        raise WrongState(what=Thing.RUN, number=command.run, state=run.state, needed=(RunState.FUNDED,))
    if run.state is RunState.SWEPT and short:
        raise WrongState(what=Thing.RUN, number=short[0], state=RunState.SHORT, needed=(RunState.FUNDED,))
    state = cash_out.state if cash_out else Standing.NOT_OPENED
    if run.totals.net_fen and state != CashOutState.ACCEPTED:  # no other cash-out takes a run's wages
        raise WrongState(what=Thing.CASHOUT_OF_RUN, number=command.run, state=state, needed=(CashOutState.ACCEPTED,))
    # COMPUTE
    for kind, source in held.items():
        journal.move(source, targets[kind], Reason.SWEEP, journal.balance_fen(source))
    fee_fen = 0 if short else min(run.fee_owed_fen, max(0, journal.balance_fen(payer) - mine.shortfall_fen))
    journal.move(payer, targets[AccountKind.FEE], Reason.SWEEP, fee_fen)
    swept_fen = sum(posting.amount_fen for posting in journal.postings)
    # What the bank's statements do not confirm must all be unspent: then each fen that is swept has money behind it.
    lacking_fen = mine.in_transit_fen + mine.shortfall_fen + mine.claimed_fen - journal.balance_fen(payer)
    if swept_fen and mine.shortfall_fen:  # what is there is for its workers' wages first
        raise PayoutsStopped(owner=run.employer, shortfall_fen=mine.shortfall_fen)
    if swept_fen and lacking_fen > 0:
        raise NotCovered(owner=run.employer, have_fen=max(0, swept_fen - lacking_fen), need_fen=swept_fen)
    reserve.pass_on(run.employer, swept_fen)
    swept = replace(run, state=RunState.SWEPT, fee_owed_fen=run.fee_owed_fen - fee_fen)
    # WRITE: from here on it must succeed
    assert RunState.SWEPT in RUN_MOVES[run.state]
    reserve.write(world, "payroll.sweep")
    world.put(runs, swept, command.run)
    world.put(employers, without_run(employer, command.run), run.employer)
    return RunAnswer(command.run, swept.state, run.shards, run.totals, fee_owed_fen=swept.fee_owed_fen)
