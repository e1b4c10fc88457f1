"""What the union does with a person whom it keeps off the ledger: blocked, shown for a reason, or erased.

Nothing of the person is here. Who asks to be forgotten is blocked while the longest retention that applies runs, and
erased after it: 个人信息保护法 art. 47. Which one applies follows from what the ledger holds of the worker.
"""

from datetime import date
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from ..token.accounts import AccountKind, account
from .books import Wages, balances, wages
from .command import Command, handles
from .days import day_of
from .employers import employers
from .parameters import parameter_on
from .paydays import period_of
from .refusals import DateInFuture, MoneyLeft, NothingChanges, WorkLeft, WrongState
from .runs import RunState, earned, pay_lines, runs
from .shard_heads import shard_heads
from .sheet import sheets
from .statuses import Status, status_on
from .taken import dated
from .terms import documents
from .things import Thing
from .types import Record, Text, WorkerNo
from .workers import Worker, membership_on, workers
from .world import Table, World

PAYROLL: Final = "retention.payroll_years"
"""Of whoever worked under terms: 保障农民工工资支付条例 art. 15, 3 years."""
MONEY: Final = ("retention.aml_years", "retention.voucher_years")
"""Of whoever was paid: 反洗钱法 art. 34, 10 years; 会计档案管理办法, vouchers, 30 years."""


class PersonState(StrEnum):
    """Where the union's data of a person stand."""

    OPEN = "in_use"
    BLOCKED = "blocked"
    ERASED = "erased"


PERSON_MOVES: Final = {
    PersonState.OPEN: {PersonState.BLOCKED, PersonState.ERASED},
    PersonState.BLOCKED: {PersonState.OPEN, PersonState.BLOCKED, PersonState.ERASED},
    PersonState.ERASED: set[PersonState](),
}
assert PERSON_MOVES.keys() == set(PersonState)


class PersonRecord(Record, frozen=True):
    """last_day: on which anything was last done with the worker, as the union says; never before the employment's end.

    until: the last day on which they must be kept; None: no retention applies. shown: how many times while blocked.
    turns: how many commands have changed this.
    """

    state: PersonState
    reason: str
    last_day: date
    until: date | None
    shown: int = 0
    turns: int = 1


class PersonAnswer(Record, frozen=True):
    """How it then stands."""

    worker: WorkerNo
    state: PersonState
    until: date | None


class ErasePerson(Command[PersonAnswer], frozen=True, kw_only=True, tag="person.erase"):
    """Erase a person, or block them while a retention runs. last_day: see `PersonRecord`."""

    worker: WorkerNo
    last_day: date
    reason: Text


class ShowPerson(Command[PersonAnswer], frozen=True, kw_only=True, tag="person.show"):
    """Say that the data of a blocked person are looked at, and why."""

    worker: WorkerNo
    reason: Text


class UnblockPerson(Command[PersonAnswer], frozen=True, kw_only=True, tag="person.unblock"):
    """Use a blocked person's data again, and say why."""

    worker: WorkerNo
    reason: Text


persons: Final = Table("person", PersonRecord)


@handles(ErasePerson, "union/operator")
def erase_person(world: World, command: ErasePerson) -> PersonAnswer:
    """Erase or block a person whose employment has ended and who has no money here.

    Refuses: Unknown, WrongState, DateInFuture, MoneyLeft, WorkLeft, ParameterMissing, NothingChanges.
    """
    # READ
    worker = world.need(workers, command.worker)
    there = world.get(persons, command.worker)
    today = day_of(world.at_ms)
    returned = world.get(balances, account(AccountKind.RETURNED, command.worker))
    paid_fen = (world.get(wages, worker.employer, worker.shard) or Wages()).fen.get(command.worker)
    years = [parameter_on(world, name, today) for name in retentions_of(worker, paid_fen)]
    unpaid = _unpaid_day(world, command.worker, worker)
    unfinished = _unfinished_run(world, command.worker, worker)
    # REFUSE
    if there is not None and there.state is PersonState.ERASED:
        raise WrongState(what=Thing.PERSON, number=command.worker, state=there.state, needed=(PersonState.BLOCKED,))
    status = status_on(worker.statuses, today)
    if status is not Status.ENDED:
        raise WrongState(what=Thing.WORKER, number=command.worker, state=status, needed=(Status.ENDED,))
    if command.last_day > today:
        raise DateInFuture(day=command.last_day.isoformat(), today=today.isoformat())
    left_fen = (paid_fen or 0) + (returned.fen if returned else 0)
    if left_fen:
        raise MoneyLeft(worker=command.worker, fen=left_fen)
    if unpaid is not None:
        raise WorkLeft(worker=command.worker, day=unpaid.isoformat())
    # COMPUTE
    last_day = max(command.last_day, worker.statuses[-1].day)
    until = max((kept_until(last_day, each) for each in years), default=None)
    state = PersonState.BLOCKED if until is not None and today <= until else PersonState.ERASED
    before = there or PersonRecord(PersonState.OPEN, command.reason, last_day, None, turns=0)
    if (before.state, before.last_day, before.until) == (state, last_day, until):
        raise NothingChanges(what=Thing.PERSON, number=command.worker)
    if state is PersonState.ERASED and unfinished is not None:
        run, run_state = unfinished
        raise WrongState(what=Thing.RUN, number=run, state=run_state, needed=(RunState.SWEPT,))
    after = PersonRecord(state, command.reason, last_day, until, before.shown, before.turns + 1)
    # WRITE: from here on it must succeed
    assert state in PERSON_MOVES[before.state]
    world.put(persons, after, command.worker)
    if state is PersonState.ERASED:
        world.put(workers, replace(worker, erased=True), command.worker)
    return PersonAnswer(command.worker, state, until)


@handles(ShowPerson, *(f"union/{role}" for role in ("operator", "treasurer", "admin")))
def show_person(world: World, command: ShowPerson) -> PersonAnswer:
    """Count a look at a blocked person. Refuses: WrongState."""
    # READ
    there = _need_blocked(world, command.worker)
    # WRITE: from here on it must succeed
    world.put(persons, replace(there, shown=there.shown + 1, turns=there.turns + 1), command.worker)
    return PersonAnswer(command.worker, there.state, there.until)


@handles(UnblockPerson, "union/operator")
def unblock_person(world: World, command: UnblockPerson) -> PersonAnswer:
    """Let a blocked person's data be used again. Refuses: WrongState."""
    # READ
    there = _need_blocked(world, command.worker)
    # WRITE: from here on it must succeed
    assert PersonState.OPEN in PERSON_MOVES[there.state]
    opened = replace(there, state=PersonState.OPEN, reason=command.reason, turns=there.turns + 1)
    world.put(persons, opened, command.worker)
    return PersonAnswer(command.worker, opened.state, opened.until)


def retentions_of(worker: Worker, paid_fen: int | None) -> tuple[str, ...]:
    """Return the parameters of the retentions that apply. paid_fen: what wages are here; None: none ever were."""
    worked = (PAYROLL,) if worker.memberships else ()
    return (*worked, *MONEY) if paid_fen is not None else worked


def kept_until(last_day: date, years: int) -> date:
    """Return the last day of a retention, which begins with the year after (会计档案管理办法 art. 14)."""
    return date(last_day.year + years, 12, 31)


def refuse_blocked(there: PersonRecord | None, number: str) -> None:
    """Refuses: WrongState, where the union may not use the person's data, so that nothing can be paid."""
    if there is not None and there.state is not PersonState.OPEN:
        raise WrongState(what=Thing.PERSON, number=number, state=there.state, needed=(PersonState.OPEN,))


def _unpaid_day(world: World, number: str, worker: Worker) -> date | None:
    """The first day of which no run has taken the worker's row as it stands, or has set its pay aside."""
    head = world.need(shard_heads, worker.employer, worker.shard)
    open_days = sorted({each.day for each in (*head.days, *head.later)})
    found = world.get_many(sheets, [(worker.employer, day, worker.shard) for day in open_days])
    rows = {day: sheet.row(number) for day, sheet in zip(open_days, found, strict=True) if sheet is not None}
    bound = {day: membership_on(worker.memberships, day) for day, row in rows.items() if row is not None}
    keys = sorted({(each.terms, each.version) for each in bound.values() if each is not None})
    papers = dict(zip(keys, world.get_many(documents, keys), strict=True))
    slots: dict[date, tuple[str, date]] = {}
    for day, membership in bound.items():
        assert membership is not None  # no row is taken without
        paper = papers[membership.terms, membership.version]
        assert paper is not None
        slots[day] = (membership.terms, period_of(paper.payday, day).start)
    wanted = sorted(set(slots.values()))
    records = world.get_many(earned, [(worker.employer, worker.shard, *slot) for slot in wanted])
    brought = {slot: record.workers.get(number) for slot, record in zip(wanted, records, strict=True) if record}
    for day, slot in slots.items():
        row, there = rows[day], brought.get(slot)
        assert row is not None
        taken = set(dated(there.rows, slot[1])) if there else set[tuple[date, int]]()
        if there is None or there.held_fen or (day, row.version) not in taken:
            return day
    return None


def _unfinished_run(world: World, number: str, worker: Worker) -> tuple[str, RunState] | None:
    """The first run with a line of the worker's that can still be paid, or taken back and so be owed once more."""
    employer = world.need(employers, worker.employer)
    open_runs = sorted(employer.open_runs)
    found = world.get_many(runs, [(run,) for run in open_runs])
    lines = world.get_many(pay_lines, [(run, worker.shard) for run in open_runs])
    for run, record, there in zip(open_runs, found, lines, strict=True):
        if record is not None and record.state is not RunState.SWEPT and there is not None and number in there.lines:
            return run, record.state
    return None


def _need_blocked(world: World, number: str) -> PersonRecord:
    there = world.get(persons, number)
    if there is None or there.state is not PersonState.BLOCKED:
        state = there.state if there else PersonState.OPEN
        raise WrongState(what=Thing.PERSON, number=number, state=state, needed=(PersonState.BLOCKED,))
    return there
