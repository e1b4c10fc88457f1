"""How a run is funded: the employer's account pays all of it at once, or its arrears begin."""

from msgspec.structs import replace

from ..token.accounts import PLATFORM_ACCOUNTS, AccountKind, Reason, account
from .books import read_journal, write_journal
from .command import Command, handles
from .custody_records import Backing, backings
from .employers import employers
from .payroll import RunAnswer, contested_account, need_run, need_shards, shard_account, short_runs
from .run_totals import run_totals
from .runs import RUN_MOVES, Arrears, RunState, ShardState, arrears, runs
from .types import RunNo
from .world import World


class FundRun(Command[RunAnswer], frozen=True, kw_only=True, tag="payroll.fund"):
    """Move the run's total from the employer's account at once, or record the arrears. Wages come before fees."""

    run: RunNo


@handles(FundRun, "union/treasurer")
def fund_run(world: World, command: FundRun) -> RunAnswer:
    """Fund a run. That the wages are not there is an outcome, not a refusal: it opens the arrears.

    Refuses: Unknown, WrongState, ShardNotReady.
    """
    # READ
    run = need_run(world, command.run, RunState.OPEN, RunState.SHORT)
    shards = need_shards(world, command.run, run, ShardState.PRICED)
    owed = world.get(arrears, command.run)
    others_short = short_runs(world, world.need(employers, run.employer), command.run)
    mine = world.get(backings, run.employer) or Backing()
    payer = account(AccountKind.EMPLOYER, run.employer)
    targets = [shard_account(command.run, shard) for shard in range(run.shards)]
    contested = [contested_account(run.employer, shard) for shard in range(run.shards)]
    held = {kind: account(AccountKind.HELD, f"{command.run}.{kind}") for kind in PLATFORM_ACCOUNTS}
    journal = read_journal(world, [payer, *targets, *contested, *held.values()])
    # COMPUTE
    totals = run_totals(shard.totals for shard in shards)
    need_fen = totals.gross_fen - totals.recovered_fen + totals.hold_fen
    assert need_fen == totals.net_fen + totals.tax_fen + totals.insurance_fen + totals.hold_fen
    # What has come back to the account while it has a shortfall pays nobody.
    have_fen = max(0, journal.balance_fen(payer) - mine.shortfall_fen) + totals.release_fen
    short_fen = max(0, need_fen - have_fen)
    fee_fen = 0 if short_fen or others_short else min(totals.fee_fen, have_fen - need_fen)
    state = RunState.SHORT if short_fen else RunState.FUNDED
    if not short_fen:
        for target, hold, shard in zip(targets, contested, shards, strict=True):
            released_fen = min(shard.totals.release_fen, shard.totals.net_fen)
            journal.move(hold, target, Reason.FUND, released_fen)
            journal.move(hold, payer, Reason.UNFUND, shard.totals.release_fen - released_fen)
        for target, hold, shard in zip(targets, contested, shards, strict=True):
            journal.move(payer, target, Reason.FUND, shard.totals.net_fen - journal.balance_fen(target))
            journal.move(payer, hold, Reason.FUND, shard.totals.hold_fen)
        journal.move(payer, held[AccountKind.TAX], Reason.FUND, totals.tax_fen)
        journal.move(payer, held[AccountKind.INSURANCE], Reason.FUND, totals.insurance_fen)
        journal.move(payer, held[AccountKind.FEE], Reason.FUND, fee_fen)
    fee_owed_fen = 0 if short_fen else totals.fee_fen - fee_fen
    # WRITE: from here on it must succeed
    assert state in RUN_MOVES[run.state]
    write_journal(world, journal, "payroll.fund")
    funded = replace(run, state=state, totals=totals, fee_owed_fen=fee_owed_fen, funded=not short_fen)
    world.put(runs, funded, command.run)
    if short_fen:
        since_ms = owed.since_ms if owed else world.at_ms
        world.put(arrears, Arrears(run.employer, need_fen, have_fen, since_ms), command.run)
    elif owed is not None:
        world.put(arrears, replace(owed, cured_ms=world.at_ms), command.run)
    return RunAnswer(command.run, state, run.shards, totals, short_fen, fee_owed_fen)
