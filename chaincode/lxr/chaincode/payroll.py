"""Payday: open a run, price it some shards at a time, fund it at once, pay it some shards at a time, sweep the rest.

A transaction of some shards writes only their keys, so 10,000 workers of one employer do not queue for its balance.
"""

from datetime import date
from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.structs import replace

from ..token.accounts import PLATFORM_ACCOUNTS, AccountKind, Reason, account
from ..token.journal import Journal, Posting
from . import paydays
from .books import OfShard, read_journal, reading_journal, write_balances, write_entry, write_journal
from .cashout_records import CashOutState, cash_outs
from .command import Command, handles
from .custody_records import Backing, backings
from .days import day_of
from .deductions import with_orders
from .employers import Directory, Employer, directories, employers
from .headcount import need_headcount
from .payroll_lines import Pricing, price_lines, reading_pricing, sum_totals
from .refusals import (
    DayStillOpen,
    DuplicateRow,
    Exists,
    MalformedCommand,
    NotAPayday,
    NotCovered,
    PayoutsStopped,
    ShardNotReady,
    TooLarge,
    Unknown,
    WorkerElsewhere,
    WrongState,
)
from .reserve import Reserve, custody_number
from .runs import (
    RUN_MOVES,
    Arrears,
    Deductions,
    PayLine,
    PayLines,
    Run,
    RunPart,
    RunShard,
    RunState,
    ShardState,
    Totals,
    arrears,
    deduction_orders,
    deductions,
    earned,
    pay_lines,
    run_shards,
    runs,
)
from .shard_heads import ShardHead, shard_heads
from .shards import LeftOut, Shards, each_shard
from .statuses import Status, status_on
from .terms import documents, terms_heads
from .types import EmployerNo, Record, RunNo, WorkerNo
from .workers import workers
from .working_days import read_calendars, rest_days
from .world import Reads, World, reading, reading_both, reading_many, reading_needed

OPEN_RUNS_MAX: Final = 100
"""The most runs that one employer has open; each sweep reads them all, and so does the end of a month."""


class OpenRun(Command, frozen=True, kw_only=True, tag="payroll.open"):
    """Open the run of a payday, for all of the employer's terms that pay on it.

    workers: a final run, on any day, for these alone, whose employment has ended (工资支付暂行规定 art. 9).
    """

    employer: EmployerNo
    run: RunNo
    payday: date
    workers: Annotated[tuple[WorkerNo, ...], Meta(max_length=100)] = ()


class PriceShards(Command, frozen=True, kw_only=True, tag="payroll.price"):
    """Take every certified row of some shards that no run has taken, up to the cut-off and whatever its date."""

    run: RunNo
    shards: Shards


class FundRun(Command, frozen=True, kw_only=True, tag="payroll.fund"):
    """Move the run's total from the employer's account at once, or record the arrears. Wages come before fees."""

    run: RunNo


class PayShards(Command, frozen=True, kw_only=True, tag="payroll.pay"):
    """Credit the workers of some shards, each from its shard's account."""

    run: RunNo
    shards: Shards


class SweepRun(Command, frozen=True, kw_only=True, tag="payroll.sweep"):
    """End a paid run whose cash-out has left: fee, tax and insurance go where they belong."""

    run: RunNo


class RunAnswer(Record, frozen=True):
    """Where the run now stands. short_fen: what the employer's account lacks for wages; fee_owed_fen: for the fee."""

    run: RunNo
    state: RunState
    shards: int
    totals: Totals = Totals()
    short_fen: int = 0
    fee_owed_fen: int = 0


class ShardAnswer(Record, frozen=True):
    """Where the shard now stands, its sums, and how many rows are not in them, or not as claimed: see RunShard."""

    run: RunNo
    shard: int
    state: ShardState
    totals: Totals
    waiting: int = 0
    disputed: int = 0
    contested: int = 0


class ShardAnswers(Record, frozen=True):
    """Where the shards now stand, in their order, and those for which nothing was done."""

    shards: tuple[ShardAnswer, ...]
    left_out: tuple[LeftOut, ...] = ()


@handles(OpenRun, "union/treasurer")
def open_run(world: World, command: OpenRun) -> RunAnswer:
    """Open a run.

    Refuses: MalformedCommand, Unknown, Exists, DuplicateRow, TooLarge (finish or reverse one of those that are open),
    ParameterMissing, NotAPayday, DayStillOpen, WrongState, WorkerElsewhere.
    """
    # READ and REFUSE what does not need the rest
    number = f"{command.employer}-{command.payday:%Y%m%d}"
    if command.run != number and not command.run.startswith(f"{number}-"):
        raise MalformedCommand(problem=f"run {command.run} must be {number}, or {number}- and a number of its own")
    employer = world.need(employers, command.employer)
    shards = need_headcount(world, command.employer).shards
    there = world.get(runs, command.run)
    heads = world.get_many(terms_heads, [(terms,) for terms in employer.terms])
    papers = world.get_many(documents, [(terms, 1) for terms in employer.terms])
    calendars = read_calendars(world, command.payday)
    leaving = world.get_many(workers, [(number,) for number in command.workers])
    directory = world.get(directories) or Directory(())
    # REFUSE
    if there is not None:
        raise Exists(what="run", number=command.run)
    if len(employer.open_runs) >= OPEN_RUNS_MAX:
        raise TooLarge(what=f"runs of {command.employer} that are open", limit=OPEN_RUNS_MAX)
    today = day_of(world.at_ms)
    if len(set(command.workers)) < len(command.workers):
        twice = next(number for number in command.workers if command.workers.count(number) > 1)
        raise DuplicateRow(worker=twice, day=command.payday.isoformat())
    for number, worker in zip(command.workers, leaving, strict=True):
        if worker is None or worker.employer != command.employer:
            raise WorkerElsewhere(worker=number, shard="-", employer=command.employer)
        status = status_on(worker.statuses, today)
        if status is not Status.ENDED:
            raise WrongState(what="worker", number=number, state=status, needed=Status.ENDED)
    parts = []
    for terms, head, document in zip(employer.terms, heads, papers, strict=True):
        assert head is not None
        assert document is not None
        if command.workers:
            cut_off: date | None = command.payday
        elif head.ends is not None and head.ends < command.payday <= today:
            cut_off = head.ends  # when terms have ended, all wages are due at once
        else:
            cut_off = paydays.cut_off(document.payday, command.payday, rest_days(calendars))
        if cut_off is not None:
            parts.append(RunPart(terms, cut_off))
    if not parts:
        raise NotAPayday(day=command.payday.isoformat(), employer=command.employer)
    if command.workers and command.payday != today:
        raise NotAPayday(day=command.payday.isoformat(), employer=command.employer)
    for part in parts:
        if part.cut_off >= today and (part.cut_off != command.payday or command.payday > today):
            raise DayStillOpen(day=part.cut_off.isoformat())
    # WRITE: from here on it must succeed
    run = Run(command.employer, command.payday, tuple(parts), command.workers, shards, RunState.OPEN, world.at_ms)
    world.put(runs, run, command.run)
    world.put(employers, replace(employer, open_runs=(*employer.open_runs, command.run)), command.employer)
    if command.employer not in directory.employers:
        world.put(directories, Directory((*directory.employers, command.employer)))
    return RunAnswer(command.run, run.state, run.shards)


class _Unpriced(Struct, frozen=True):
    """Everything that is read for a shard before it is priced."""

    pricing: Pricing
    open_orders: Deductions | None


@handles(PriceShards, "union/treasurer")
def price_shards(world: World, command: PriceShards) -> ShardAnswers:
    """Price some shards.

    Refuses: MalformedCommand, Unknown, WrongState; of a shard, which is left out: Unknown, ShardNotReady,
    ParameterMissing, AmountTooLarge.
    """
    # READ
    run = need_run(world, command.run, RunState.OPEN)
    # and by shard, of all at once: READ, REFUSE, COMPUTE and WRITE
    answers, left_out = each_shard(
        world,
        command.shards,
        lambda shard: _reading_unpriced(command.run, run, shard),
        lambda shard, unpriced: _price(world, command.run, shard, unpriced),
    )
    return ShardAnswers(answers, left_out)


def _reading_unpriced(number: str, run: Run, shard: int) -> Reads[_Unpriced]:
    """Refuses: Unknown, ShardNotReady."""
    if shard >= run.shards:  # it was opened after the run, which neither funds nor pays it
        raise Unknown(what="shard", number=f"{number}/{shard}")
    head, (done, open_orders) = yield from reading_both(
        reading_needed(shard_heads, run.employer, shard),
        reading_both(reading(run_shards, number, shard), reading(deductions, run.employer, shard)),
    )
    if done is not None:
        raise ShardNotReady(shard=shard, what=number, state=done.state, needed="not priced")
    run = yield from _reading_with_ended(run, head)
    pricing = yield from reading_pricing(number, run, shard, head, open_orders)
    return _Unpriced(pricing, open_orders)


def _price(world: World, number: str, shard: int, unpriced: _Unpriced) -> ShardAnswer:
    """Refuses: ParameterMissing, AmountTooLarge."""
    pricing = unpriced.pricing
    employer = pricing.run.employer
    # REFUSE and COMPUTE
    priced = price_lines(pricing)
    # WRITE: only an amount can be refused now
    record = RunShard(
        ShardState.PRICED,
        priced.totals,
        sum(pricing.waiting.values()),
        pricing.disputed,
        sum(pricing.contested.values()),
    )
    world.put(run_shards, record, number, shard)
    world.put(pay_lines, PayLines(priced.lines), number, shard)
    if priced.head != pricing.head:
        world.put(shard_heads, priced.head, employer, shard)
    for (terms, start), brought in priced.earned.items():
        world.put(earned, brought, employer, shard, terms, start)
    for order_number, order in priced.orders.items():
        world.put(deduction_orders, order, order_number)
    if priced.orders:
        world.put(deductions, with_orders(unpriced.open_orders, priced.orders), employer, shard)
    return ShardAnswer(number, shard, record.state, priced.totals, record.waiting, record.disputed, record.contested)


@handles(FundRun, "union/treasurer")
def fund_run(world: World, command: FundRun) -> RunAnswer:
    """Fund a run. That the wages are not there is an outcome, not a refusal: it opens the arrears.

    Refuses: Unknown, WrongState, ShardNotReady.
    """
    # READ
    run = need_run(world, command.run, RunState.OPEN, RunState.SHORT)
    shards = need_shards(world, command.run, run, ShardState.PRICED)
    owed = world.get(arrears, command.run)
    others_short = _short_runs(world, world.need(employers, run.employer), command.run)
    mine = world.get(backings, run.employer) or Backing()
    payer = account(AccountKind.EMPLOYER, run.employer)
    targets = [_account_of(command.run, shard) for shard in range(run.shards)]
    contested = [contested_account(run.employer, shard) for shard in range(run.shards)]
    held = {kind: account(AccountKind.HELD, f"{command.run}.{kind}") for kind in PLATFORM_ACCOUNTS}
    journal = read_journal(world, [payer, *targets, *contested, *held.values()])
    # COMPUTE
    totals = sum_totals(shard.totals for shard in shards)
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


class _Unpaid(Struct, frozen=True):
    """Everything that is read for a shard before it is paid."""

    record: RunShard
    lines: dict[str, PayLine]
    journal: Journal


@handles(PayShards, "union/treasurer")
def pay_shards(world: World, command: PayShards) -> ShardAnswers:
    """Pay some shards.

    Refuses: MalformedCommand, Unknown, WrongState; of a shard, which is left out: ShardNotReady, AmountTooLarge.
    """
    # READ
    run = need_run(world, command.run, RunState.FUNDED)
    # and by shard, of all at once: READ, REFUSE, COMPUTE and WRITE
    postings: list[Posting] = []
    answers, left_out = each_shard(
        world,
        command.shards,
        lambda shard: _reading_unpaid(command.run, OfShard(run.employer, shard)),
        lambda shard, unpaid: _pay(world, command.run, OfShard(run.employer, shard), unpaid, postings),
    )
    write_entry(world, postings, "payroll.pay")
    return ShardAnswers(answers, left_out)


def _reading_unpaid(number: str, crew: OfShard) -> Reads[_Unpaid]:
    """Refuses: ShardNotReady, Unknown."""
    (record, found), journal = yield from reading_both(
        reading_both(
            reading_shard(number, crew.shard, ShardState.PRICED), reading_needed(pay_lines, number, crew.shard)
        ),
        reading_journal([_account_of(number, crew.shard)], crew),
    )
    return _Unpaid(record, found.lines, journal)


def _pay(world: World, number: str, crew: OfShard, unpaid: _Unpaid, postings: list[Posting]) -> ShardAnswer:
    """Refuses: AmountTooLarge."""
    shard = crew.shard
    source, journal = _account_of(number, shard), unpaid.journal
    # COMPUTE
    for worker, line in unpaid.lines.items():
        journal.move(source, account(AccountKind.WORKER, worker), Reason.PAY, line.net_fen)
    assert journal.balance_fen(source) == 0
    # WRITE: from here on it must succeed
    write_balances(world, journal, crew)
    world.put(run_shards, replace(unpaid.record, state=ShardState.PAID), number, shard)
    postings += journal.postings
    return ShardAnswer(number, shard, ShardState.PAID, unpaid.record.totals)


def _account_of(number: str, shard: int) -> str:
    """The account from which a shard of the run is paid."""
    return account(AccountKind.RUN, f"{number}.{shard}")


@handles(SweepRun, "union/treasurer")
def sweep_run(world: World, command: SweepRun) -> RunAnswer:
    """Sweep a run; again, for a fee of which the employer's account did not hold all, as often as it takes.

    While another run of the employer is short, the account is for its wages.
    Refuses: Unknown, WrongState, ShardNotReady, PayoutsStopped, NotCovered: what is swept is on the bank's statements.
    """
    # READ
    run = need_run(world, command.run, RunState.FUNDED, RunState.SWEPT)
    need_shards(world, command.run, run, ShardState.PAID)
    employer = world.need(employers, run.employer)
    short = _short_runs(world, employer, command.run)
    cash_out = world.get(cash_outs, run.cashout) if run.cashout else None
    held = {kind: account(AccountKind.HELD, f"{command.run}.{kind}") for kind in PLATFORM_ACCOUNTS}
    payer = account(AccountKind.EMPLOYER, run.employer)
    targets = {kind: account(kind, "union") for kind in held}
    reserve = Reserve(world, custody_number(world), [run.employer], [*held.values(), *targets.values()])
    mine, journal = reserve.part(run.employer), reserve.journal
    # REFUSE
    if run.state is RunState.SWEPT and not run.fee_owed_fen:
        raise WrongState(what="run", number=command.run, state=run.state, needed=RunState.FUNDED)
    if run.state is RunState.SWEPT and short:
        raise WrongState(what="run", number=short[0], state=RunState.SHORT, needed=RunState.FUNDED)
    state = cash_out.state if cash_out else "not opened"
    if run.totals.net_fen and state != CashOutState.ACCEPTED:  # no other cash-out takes a run's wages
        raise WrongState(what="the cash-out of run", number=command.run, state=state, needed=CashOutState.ACCEPTED)
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


def _short_runs(world: World, employer: Employer, but: str) -> list[str]:
    """The employer's other runs that lack wages: while there are some, its account is for these."""
    others = [number for number in employer.open_runs if number != but]
    found = world.get_many(runs, [(number,) for number in others])
    return [number for number, other in zip(others, found, strict=True) if other and other.state is RunState.SHORT]


def contested_account(employer: str, shard: int) -> str:
    """The account that holds what contested rows of the shard bring."""
    return account(AccountKind.CONTESTED, f"{employer}.{shard}")


def _reading_with_ended(run: Run, head: ShardHead) -> Reads[Run]:
    """Come to the run with ended terms too that made room for others: what is open under them is due."""
    others = sorted({open_day.terms for open_day in (*head.days, *head.later)} - {part.terms for part in run.parts})
    heads = yield from reading_many(terms_heads, [(terms,) for terms in others])
    ends = [
        (terms, found.ends)
        for terms, found in zip(others, heads, strict=True)
        if found is not None and found.ends is not None
    ]
    return replace(run, parts=(*run.parts, *(RunPart(terms, last) for terms, last in ends if last < run.payday)))


def without_run(employer: Employer, run: str) -> Employer:
    """The employer with that run no longer open."""
    return replace(employer, open_runs=tuple(number for number in employer.open_runs if number != run))


def need_run(world: World, number: str, *states: RunState) -> Run:
    """The run, in one of these states. Refuses: Unknown, WrongState."""
    run = world.need(runs, number)
    if run.state not in states:
        raise WrongState(what="run", number=number, state=run.state, needed=" or ".join(states))
    return run


def reading_shard(number: str, shard: int, *states: ShardState) -> Reads[RunShard]:
    """Come to the shard, in one of these states. Refuses: ShardNotReady."""
    record = yield from reading(run_shards, number, shard)
    if record is None or record.state not in states:
        state = record.state if record else "not priced"
        raise ShardNotReady(shard=shard, what=number, state=state, needed=" or ".join(states))
    return record


def need_shards(world: World, number: str, run: Run, *states: ShardState) -> list[RunShard]:
    """All shards of the run, each in one of these states. Refuses: ShardNotReady."""
    found = world.get_many(run_shards, [(number, shard) for shard in range(run.shards)])
    for shard, record in enumerate(found):
        if record is None or record.state not in states:
            state = record.state if record else "not priced"
            raise ShardNotReady(shard=shard, what=number, state=state, needed=" or ".join(states))
    return [record for record in found if record is not None]
