"""Payday from the treasury's side: one call opens a run or takes it up where it broke off, and carries it to its end.

What is done is read from the ledger, and every command bears an id that follows from what it does. So the same call
again, after Ctrl-C or a crash, finishes the job and does nothing twice.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from itertools import count

from msgspec import Struct

from lxr.chaincode.cashout import OpenCashOut
from lxr.chaincode.cashout_records import CashOutState, cash_outs
from lxr.chaincode.custody_records import custodies
from lxr.chaincode.days import day_of
from lxr.chaincode.pay_rules import DAYS_MAX
from lxr.chaincode.refusals import HashDiffers, NotCovered
from lxr.chaincode.reversal import CloseReversal, ReverseRun, UnwindShard
from lxr.chaincode.rows import WAITING, RowState
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.run_opening import OpenRun
from lxr.chaincode.run_payment import PayShards
from lxr.chaincode.run_pricing import PriceShards
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.run_totals import run_totals
from lxr.chaincode.runs import (
    Run,
    RunPart,
    RunShard,
    RunState,
    ShardState,
    Totals,
    arrears,
    run_shards,
    runs,
)
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.sheet import sheets, waits
from lxr.node.client import Client
from lxr.node.progress import Progress
from lxr.node.said import Said
from lxr.settlement import request_ids
from lxr.settlement.bank.cashout import (
    CashOutReport,
    cancel,
    cash_out_status,
    holding,
    opening,
    usable_number,
)
from lxr.settlement.errors import InputFault
from lxr.settlement.lookups import TREASURER, own, shards_of, submit_own, unused_request
from lxr.settlement.pay.deductions import DeductionView, deductions_of
from lxr.settlement.permissions import gives
from lxr.settlement.shard_groups import PAID_BYTES, PRICED_BYTES, work_through
from lxr.settlement.waves import Waves, alone, sending
from lxr.settlement.work import answers
from lxr.token.refusal import Refusal

REVERSIBLE = (RunState.OPEN, RunState.SHORT, RunState.FUNDED)


class PendingRow(Struct, frozen=True, forbid_unknown_fields=True):
    """A row that the run has not taken, or of which it has taken what the employer admits. state: why.

    held_until: until when the rest is held, where the employer contests it.
    """

    worker: str
    day: date
    state: RowState
    held_until: date | None = None


class PaydayReport(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the run now stands. short: the employer's account lacks short_fen for the wages; nothing was paid.

    paid: workers credited. fee_owed_fen: what of the fee the account did not hold; it stops no wage. open_rows: what
    waits, by day; it holds nothing else back.
    """

    run: str
    employer: str
    payday: date
    state: RunState
    totals: Totals
    paid: int
    short_fen: int
    fee_owed_fen: int
    cash_out: CashOutReport | None
    open_rows: tuple[PendingRow, ...] = ()


class ShardStatus(Struct, frozen=True, forbid_unknown_fields=True):
    """One shard's progress and sums. state None: not priced yet."""

    shard: int
    state: ShardState | None
    totals: Totals
    waiting: int = 0
    disputed: int = 0
    contested: int = 0


class RunStatus(Struct, frozen=True, forbid_unknown_fields=True):
    """A run as the ledger has it. short_fen: what the account lacked when funding was last tried.

    deductions: the employer's open orders, of which the run takes those that were approved before it was opened.
    """

    run: str
    employer: str
    payday: date
    state: RunState
    parts: tuple[RunPart, ...]
    workers: tuple[str, ...]
    shards: tuple[ShardStatus, ...]
    totals: Totals
    short_fen: int
    fee_owed_fen: int
    cashout: str | None
    cashout_state: CashOutState | None
    deductions: tuple[DeductionView, ...]
    reason: str | None


class SweepReport(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the run stands. uncovered_fen: what the bank's statements do not show yet of fee, tax and insurance.

    Then nothing was swept, and no wage waits for it.
    """

    run: str
    state: RunState
    fee_owed_fen: int
    uncovered_fen: int = 0


class ReversalReport(Struct, frozen=True, forbid_unknown_fields=True):
    """can: the run can be taken back, and was. Otherwise the reasons why not, and nothing was changed."""

    run: str
    can: bool
    reasons: tuple[Said, ...]
    state: RunState
    totals: Totals


def run_number(employer: str, payday: date, client: Client, workers: Iterable[str] = ()) -> str:
    """Return the run that a payday now means: E001-20260915, with -2, -3 … once an earlier one is finished.

    An earlier one is finished when it is reversed, or paid with its money on the way to the bank; another is due when
    rows up to its cut-off are open again, which were late, corrected, or unwound. workers: of a final run; a second
    one for the same workers and day follows only a reversed one.
    """
    crew = tuple(sorted(set(workers)))
    last: tuple[str, Run] | None = None
    for attempt in count(1):
        number = f"{employer}-{payday:%Y%m%d}" + (f"-{attempt}" if attempt > 1 else "")
        run = client.get(runs, number)
        if run is None:
            break
        if run.workers == crew:
            last = number, run
    if last is not None and not (_finished(client, *last) and _rows_open(client, last[1])):
        return last[0]
    return number


@gives(OpenRun)
def payday(
    treasurer: Client,
    operator: Client,
    employer: str,
    day: date,
    *,
    workers: Iterable[str] = (),
    cash_out: bool = True,
    custody: str | None = None,
    progress: Progress | None = None,
) -> PaydayReport:
    """Carry the run of that day as far as it goes: certify, price, fund, pay, and hold its cash-out.

    workers: a final run, on any day, for these alone, whose employment has ended. cash_out: hold the wages for the
    bank at once. custody: the account they leave from; not needed where there is one. A run that is short is an
    outcome: call again after a deposit. Refuses: as OpenRun, CertifySheets and PriceShards.
    """
    work = paying(
        treasurer, operator, employer, day, workers=workers, cash_out=cash_out, custody=custody, progress=progress
    )
    return alone(work)


def paying(
    treasurer: Client,
    operator: Client,
    employer: str,
    day: date,
    *,
    workers: Iterable[str] = (),
    cash_out: bool = True,
    custody: str | None = None,
    progress: Progress | None = None,
) -> Waves[PaydayReport]:
    """Do as `payday`, side by side with other work."""
    crew = tuple(sorted(set(workers)))
    number = run_number(employer, day, treasurer, crew)
    if treasurer.get(runs, number) is None:
        command = OpenRun(request_id=request_ids.run(number), employer=employer, run=number, payday=day, workers=crew)
        yield from sending(treasurer, command)
    return (yield from _resuming(treasurer, operator, number, cash_out, custody, progress))


@gives(FundRun)
def resume(
    treasurer: Client,
    operator: Client,
    run: str,
    *,
    cash_out: bool = True,
    custody: str | None = None,
    progress: Progress | None = None,
) -> PaydayReport:
    """Carry a run as far as it goes, from where it stands. Refuses: Unknown; as `payday`."""
    return alone(_resuming(treasurer, operator, run, cash_out, custody, progress))


def _resuming(
    treasurer: Client, operator: Client, run: str, cash_out: bool, custody: str | None, progress: Progress | None
) -> Waves[PaydayReport]:
    found = treasurer.need(runs, run)
    if found.state is RunState.OPEN:
        yield from _certify(treasurer, operator, run, found)
        yield from _price(treasurer, run, found, progress)
    if found.state in (RunState.OPEN, RunState.SHORT):
        request = unused_request(treasurer, TREASURER, request_ids.funding(run))
        yield from sending(treasurer, FundRun(request_id=request, run=run))
        found = treasurer.need(runs, run)
    if found.state is RunState.FUNDED:
        yield from _pay(treasurer, run, found, progress)
        if cash_out and found.totals.net_fen:
            yield from _hold(treasurer, run, found, custody, _stage(progress, found, 2))
    return _report(treasurer, run)


@gives(ReverseRun)
def reverse(treasurer: Client, run: str, reason: str) -> ReversalReport:
    """Take a whole run back, if its money has not left.

    A cash-out that the bank has not accepted is cancelled and released. Begun once, the same call again finishes it,
    whatever the reason given then. Refuses: Unknown.
    """
    found = treasurer.need(runs, run)
    reasons = _objections(treasurer, run, found)
    if reasons:
        return ReversalReport(run, False, reasons, found.state, found.totals)
    if found.state in REVERSIBLE:
        for number in _cash_outs_held(treasurer, run):
            cancel(treasurer, number)
        submit_own(treasurer, ReverseRun(request_id=request_ids.reversal(run), run=run, reason=reason))
    if found.state is not RunState.REVERSED:
        waiting = _shards(treasurer, run, found, ShardState.PRICED, ShardState.PAID)
        unwound = [UnwindShard(request_id=request_ids.unwinding(run, shard), run=run, shard=shard) for shard in waiting]
        for answer in treasurer.submit_many(own(treasurer, unwound)):
            if isinstance(answer, Refusal):
                raise answer
        submit_own(treasurer, CloseReversal(request_id=request_ids.reversal_end(run), run=run))
    return ReversalReport(run, True, (), treasurer.need(runs, run).state, found.totals)


@gives(SweepRun)
def sweep(treasurer: Client, run: str) -> SweepReport:
    """Finish a run whose cash-out the bank has accepted: fee, tax and insurance go to the platform's accounts.

    Money that no statement shows yet is an outcome: call again after the next one; and so is a fee of which the
    employer's account does not hold all. Refuses: as SweepRun.
    """
    found = treasurer.need(runs, run)
    if found.state is RunState.SWEPT and not found.fee_owed_fen:
        return SweepReport(run, found.state, 0)
    attempt = unused_request(treasurer, TREASURER, request_ids.sweep(run))
    try:
        said = submit_own(treasurer, SweepRun(request_id=attempt, run=run))
    except NotCovered as refusal:
        need_fen, have_fen = refusal.facts["need_fen"], refusal.facts["have_fen"]
        assert isinstance(need_fen, int)
        assert isinstance(have_fen, int)
        uncovered_fen = need_fen - have_fen
        return SweepReport(run, found.state, found.fee_owed_fen, uncovered_fen)
    return SweepReport(run, said.state, said.fee_owed_fen)


def run_status(client: Client, run: str) -> RunStatus:
    """Return the run with every shard. Refuses: Unknown."""
    found = client.need(runs, run)
    shards = client.get_each(run_shards, [(run, shard) for shard in range(found.shards)])
    owed = client.get(arrears, run) if found.state is RunState.SHORT else None
    head = client.get(cash_outs, found.cashout) if found.cashout else None
    return RunStatus(
        run=run,
        employer=found.employer,
        payday=found.payday,
        state=found.state,
        parts=found.parts,
        workers=found.workers,
        shards=tuple(
            ShardStatus(shard, record.state, record.totals, record.waiting, record.disputed, record.contested)
            if record
            else ShardStatus(shard, None, Totals())
            for shard, record in enumerate(shards)
        ),
        totals=run_totals(record.totals for record in shards if record is not None),
        short_fen=owed.needed_fen - owed.had_fen if owed else 0,
        fee_owed_fen=found.fee_owed_fen,
        cashout=found.cashout,
        cashout_state=head.state if head else None,
        deductions=deductions_of(client, employer=found.employer),
        reason=found.reason,
    )


def _report(client: Client, run: str) -> PaydayReport:
    status = run_status(client, run)
    return PaydayReport(
        run=run,
        employer=status.employer,
        payday=status.payday,
        state=status.state,
        totals=status.totals,
        paid=sum(shard.totals.lines for shard in status.shards if shard.state is ShardState.PAID),
        short_fen=status.short_fen,
        fee_owed_fen=status.fee_owed_fen,
        cash_out=cash_out_status(client, status.cashout) if status.cashout else None,
        open_rows=_open_rows(client, status),
    )


def _open_rows(client: Client, status: RunStatus) -> tuple[PendingRow, ...]:
    """Return what waits as the ledger is now, in the shards in which something waited when they were priced."""
    found: list[PendingRow] = []
    today = day_of(client.need(runs, status.run).opened_ms)
    days = {part.cut_off - timedelta(days=back) for part in status.parts for back in range(DAYS_MAX)}
    shards = [shard.shard for shard in status.shards if shard.waiting or shard.disputed or shard.contested]
    places = [(status.employer, day, shard) for day in sorted(days) for shard in shards]
    for (_, day, _), sheet in zip(places, client.get_each(sheets, places), strict=True):
        for worker, row in sheet.rows() if sheet else ():
            held = row.contest is not None and row.contest.holds(today)
            if not held and row.state not in (*WAITING, RowState.DISPUTED):
                continue
            if not status.workers or worker in status.workers:
                until = row.contest.decide_by if held and row.contest else None
                found.append(PendingRow(worker, day, row.state, until))
    return tuple(found)


def _price(treasurer: Client, run: str, found: Run, progress: Progress | None) -> Waves[None]:
    return work_through(
        treasurer,
        found.employer,
        lambda: _shards(treasurer, run, found, None),
        PRICED_BYTES,
        request_ids.pricing(run),
        lambda request, shards: PriceShards(request_id=request, run=run, shards=shards),
        _stage(progress, found, 0),
    )


def _pay(treasurer: Client, run: str, found: Run, progress: Progress | None) -> Waves[None]:
    return work_through(
        treasurer,
        found.employer,
        lambda: _shards(treasurer, run, found, ShardState.PRICED),
        PAID_BYTES,
        request_ids.payment(run),
        lambda request, shards: PayShards(request_id=request, run=run, shards=shards),
        _stage(progress, found, 1),
    )


def _certify(treasurer: Client, operator: Client, run: str, found: Run) -> Waves[None]:
    """Certify every row that the run will take and that has no word of the union yet."""
    days: set[date] = set()
    for shard in _shards(treasurer, run, found, None):
        head = treasurer.need(shard_heads, found.employer, shard)
        due = sorted({open_day.day for open_day in head.days if open_day.day <= found.cut_off(open_day.terms)})
        values = treasurer.ledger.read([sheets.key(found.employer, day, shard) for day in due])
        for day, value in zip(due, values, strict=True):
            if value is not None and waits(value) and (not found.workers or _waits_of(value, found.workers)):
                days.add(day)
    with suppress(HashDiffers):  # rows that are being corrected wait, and the report names them
        yield from answers.certifying(operator, found.employer, sorted(days))


def _waits_of(value: bytes, workers: Sequence[str]) -> bool:
    """Whether the union's word is missing on the row of one of these workers, in the sheet with these bytes."""
    return any(worker in workers for worker, _ in sheets.decode(value).rows(*WAITING))


def _hold(
    treasurer: Client, run: str, found: Run, custody: str | None, progress: Progress | None
) -> Waves[CashOutReport]:
    if found.cashout is not None:
        return (yield from holding(treasurer, found.cashout, progress))
    accounts = [custody] if custody else [key[0] for key, _ in treasurer.scan(custodies)]
    if len(accounts) != 1:
        problem = Said("there are {count} custody accounts", count=len(accounts))
        raise InputFault(
            file=Said("run {run}", run=run), field="custody", problem=problem, expected="the one to pay from"
        )
    number = usable_number(treasurer, f"C{run}")
    command = OpenCashOut(
        request_id=request_ids.cash_out(number), cashout=number, custody=accounts[0], scope="run", run=run
    )
    return (yield from opening(treasurer, command, progress))


def _objections(client: Client, run: str, found: Run) -> tuple[Said, ...]:
    """Why the run cannot be taken back as a whole."""
    if found.state is RunState.SWEPT:
        return (Said("run {run} is swept: its money has gone where it belongs", run=run),)
    if found.state not in REVERSIBLE:
        return ()  # it has begun, and was looked at then
    head = client.get(cash_outs, found.cashout) if found.cashout else None
    if head is not None and head.state is CashOutState.ACCEPTED:
        return (Said("its cash-out {cashout} is {state}: the money has left", cashout=found.cashout, state=head.state),)
    return ()


def _cash_outs_held(client: Client, run: str) -> list[str]:
    """The run's cash-outs with holds that can be given back: not accepted, or those whose cancelling broke off."""
    return [
        key[0] for key, head in client.scan(cash_outs) if head.run == run and head.state is not CashOutState.ACCEPTED
    ]


def _finished(client: Client, number: str, run: Run) -> bool:
    if run.state is not RunState.FUNDED:
        return run.state in (RunState.SWEPT, RunState.REVERSED)
    head = client.get(cash_outs, run.cashout) if run.cashout else None
    has_left = run.totals.net_fen == 0 or (head is not None and head.state is CashOutState.ACCEPTED)
    return has_left and len(_shards(client, number, run, ShardState.PAID)) == run.shards


def _rows_open(client: Client, run: Run) -> bool:
    if run.workers:
        return run.state is RunState.REVERSED
    heads = client.get_each(shard_heads, [(run.employer, shard) for shard in shards_of(client, run.employer)])
    return any(
        open_day.day <= run.cut_off(open_day.terms) for head in heads if head is not None for open_day in head.days
    )


def _shards(client: Client, number: str, run: Run, *states: ShardState | None) -> list[int]:
    """Return the run's shards in one of these states; None: not priced yet."""
    found: Sequence[RunShard | None] = client.get_each(run_shards, [(number, shard) for shard in range(run.shards)])
    return [shard for shard, record in enumerate(found) if (record.state if record else None) in states]


def _stage(progress: Progress | None, run: Run, stage: int) -> Progress | None:
    """One of three stages, each as long as the run has shards, of which those that do not wait are done."""
    if progress is None:
        return None
    return lambda done, waiting: progress((stage + 1) * run.shards - waiting + done, 3 * run.shards)
