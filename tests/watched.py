"""A ledger in memory that keeps what each command changed, and what was agreed to, told without the contract.

    engine = Watched(state, History())
    Town(engine).do(CloseDay, day=aug(3))
    engine.last                                   # the Step: state before and after, who, what, when

Who signed what, and which content was agreed to by whom or by silence, is kept here a second time.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Any, Final, TypeVar

import msgspec

from engines import MemoryEngine, person_of
from lxr_chaincode.awards import ApproveAward, StateAward
from lxr_chaincode.cashout import HoldShard, OpenCashOut
from lxr_chaincode.command import Command
from lxr_chaincode.contests import ContestRow
from lxr_chaincode.days import day_of
from lxr_chaincode.decisions import Decide, ReplyToDispute, ReviewDecision
from lxr_chaincode.governance import Approve, Propose, parameters
from lxr_chaincode.instruction import ApproveCashOut, InstructCashOut
from lxr_chaincode.recovery import ApproveRecovery, ProposeRecovery
from lxr_chaincode.registry import membership_on, workers
from lxr_chaincode.runs import earned
from lxr_chaincode.sheet import Row, RowState, Sheet, sheets
from lxr_chaincode.taken import dated
from lxr_chaincode.terms import TermsDocument, documents
from lxr_chaincode.types import Record
from lxr_chaincode.workday import AttestSheets, CorrectSheet, SubmitSheet
from lxr_chaincode.workday_answers import Confirm, OpenDispute, Withdraw
from lxr_chaincode.world import Table

R = TypeVar("R", bound=Record)
State = Mapping[str, bytes]
Place = tuple[str, date]
"""A worker and a day."""
Measures = Mapping[str, int]

WORKER: Final = "worker"
"""Who signs a plan to give back what was overpaid."""
sheet_of: Final = lru_cache(4096)(sheets.decode)
"""Sheets are read far more often than they change."""


def found(state: State, table: Table[R], *parts: Any) -> R | None:
    """One record of the state."""
    value = state.get(table.key(*parts))
    return None if value is None else table.decode(value)


def listed(state: State, table: Table[R]) -> Iterator[tuple[list[str], R]]:
    """All records of a table, with the parts of their keys."""
    prefix = f"{table.name}/"
    for key, value in state.items():
        if key.startswith(prefix):
            yield key.split("/")[1:], table.decode(value)


def all_rows(state: State) -> Iterator[tuple[str, Place, Row]]:
    """All rows, with their employer."""
    for key, value in state.items():
        if key.startswith("sheet/"):
            _, employer, day, _ = key.split("/")
            for worker, row in sheet_of(value).rows():
                yield employer, (worker, date.fromisoformat(day)), row


def bound_by(state: State, worker: str, day: date) -> TermsDocument | None:
    """The document that binds the worker on that day."""
    record = found(state, workers, worker)
    membership = membership_on(record.memberships, day) if record else None
    return found(state, documents, membership.terms, membership.version) if membership else None


def value_on(state: State, name: str, day: date) -> Any:
    """The value of a parameter on that day, or None."""
    parameter = found(state, parameters, name)
    for value in parameter.values if parameter else ():
        if value.effective_from <= day and (value.effective_to is None or day <= value.effective_to):
            return msgspec.json.decode(value.value)
    return None


def working_days_later(state: State, day: date, count: int) -> date:
    """The working day that comes as the count-th after the day."""
    while count:
        day += timedelta(days=1)
        count -= day.isoformat() not in value_on(state, f"calendar.{day.year}", date(day.year, 1, 1))
    return day


def keeps(measures: Measures, other: Measures) -> bool:
    """Whether of each measure there is at least as much as in the other."""
    return all(measures.get(name, 0) >= quantity for name, quantity in other.items())


@dataclass(frozen=True)
class Step:
    """An accepted command: who gave it, when, and the state before and after it.

    history: with this command. genuine: every worker's signature in it was made by that worker for this ledger.
    """

    before: State
    after: State
    caller: str
    command: Command
    at_ms: int
    history: "History"
    genuine: bool = True

    @property
    def today(self) -> date:
        return day_of(self.at_ms)

    @property
    def organisation(self) -> str:
        return self.caller.split("/")[0]

    @property
    def role(self) -> str:
        """With its organisation."""
        return "/".join(person_of(self.caller)[0].split("/")[:2])

    @property
    def person(self) -> str:
        return person_of(self.caller)[1]

    @cached_property
    def keys(self) -> list[str]:
        """Of the records that changed or are new."""
        return [key for key, value in self.after.items() if self.before.get(key) is not value]

    def touches(self, *tables: str) -> bool:
        """Whether a record of one of these tables changed."""
        return any(key.partition("/")[0] in tables for key in self.keys)

    def changed(self, table: Table[R]) -> Iterator[tuple[list[str], R | None, R]]:
        """The records of a table that changed: the parts of their keys, what was there, and what is."""
        for key in self.keys:
            name, *parts = key.split("/")
            if name == table.name:
                old = self.before.get(key)
                yield parts, None if old is None else table.decode(old), table.decode(self.after[key])

    def rows(self) -> Iterator[tuple[str, Place, Row | None, Row]]:
        """The rows that changed, with their employer: what was there, and what is."""
        for (employer, day, _), old, new in self.changed(sheets):
            for worker, row in new.rows():
                before = (old or Sheet()).row(worker)
                if before != row:
                    yield employer, (worker, date.fromisoformat(day)), before, row


def _is_taken(state: State, place: Place, row: Row | None) -> bool:
    """Whether a run that stands has taken what a row says."""
    assert row is not None
    versions = {said.version for said in (row.payable, row.agreed) if said is not None}
    worker, day = place
    return any(
        (day, version) in dated(record.workers[worker].rows, date.fromisoformat(start))
        for (_, _, _, start), record in listed(state, earned)
        if worker in record.workers
        for version in versions
    )


@dataclass
class History:
    """What the ledger has come to, told from the commands alone.

    floors: the content that was agreed to. pending: what a worker signed before the union did. since: when the content
    came. payable: the rows that the union has certified once. makers, checkers: by cash-out, who had a hand in it, and
    who approved it in which role. signed: by proposal of a value, or recovery, the organisations, and WORKER.
    disputed: when, unix ms. heard: where the employer has said its word on it. decisions: what the union
    has decided that waits for the regulator, why, and from when it stands alone. contested: what the employer admits,
    and the last day on which the rest is held; no day any more once there is an award. stated: the award that was
    stated last, and by whom.
    """

    floors: dict[Place, Measures] = field(default_factory=dict)
    pending: dict[Place, Measures] = field(default_factory=dict)
    since: dict[Place, date] = field(default_factory=dict)
    payable: set[Place] = field(default_factory=set)
    makers: dict[str, set[str]] = field(default_factory=dict)
    checkers: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    signed: dict[str, set[str]] = field(default_factory=dict)
    disputed: dict[Place, int] = field(default_factory=dict)
    heard: set[Place] = field(default_factory=set)
    decisions: dict[Place, tuple[Measures, str, date]] = field(default_factory=dict)
    contested: dict[Place, tuple[Measures, date]] = field(default_factory=dict)
    stated: dict[Place, tuple[str, Measures]] = field(default_factory=dict)

    def copy(self) -> "History":
        """One that goes on by itself."""
        return deepcopy(self)

    def learn(self, step: Step) -> None:
        """Take in one more step."""
        for _, place, old, new in step.rows():
            self._learn_row(step, place, old, new)
        match step.command:
            case OpenCashOut(cashout=number) | HoldShard(cashout=number) | InstructCashOut(cashout=number):
                self.makers.setdefault(number, set()).add(step.person)
            case ApproveCashOut(cashout=number):
                self.checkers.setdefault(number, set()).add((step.person, step.role))
            case Propose(proposal=number) | Approve(proposal=number):
                self.signed.setdefault(number, set()).add(step.organisation)
            case ProposeRecovery(recovery=number, signature=signature):
                by_worker = {WORKER} if signature is not None and step.genuine else set[str]()
                self.signed[number] = {step.organisation, *by_worker}
            case ApproveRecovery(recovery=number):
                self.signed[number].add(step.organisation)
            case StateAward(worker=worker, day=day, measures=measures):
                self.stated[worker, day] = step.caller.split(" as ")[0], measures

    def floor_on(self, state: State, day: date, place: Place, row: Row, said: Measures) -> Measures:
        """What is agreed to of a row that a run of that day pays, or what it says."""
        floor = self.floors.get(place)
        if row.state is RowState.UNANSWERED and self._is_silent(state, day, place) and keeps(row.measures, floor or {}):
            return row.measures
        return said if floor is None else floor

    def _learn_row(self, step: Step, place: Place, old: Row | None, new: Row) -> None:
        match step.command:
            case SubmitSheet() | CorrectSheet():
                if place in self.pending:
                    self.floors[place] = self.pending.pop(place)
                else:
                    self._silent(step, place, old)
                if old is not None and old.dispute is not None and old.dispute.claimed == new.measures:
                    self.pending[place] = new.measures
                self.since[place] = step.today
                if old is not None and old.dispute is not None:
                    self.heard.add(place)
            case ReplyToDispute():
                self.heard.add(place)
            case OpenDispute():
                self._silent(step, place, old)
                self.disputed[place] = step.at_ms
                self.heard.discard(place)
                self.decisions.pop(place, None)
            case Confirm() if old is not None and old.state is RowState.UNANSWERED:
                self.floors[place] = new.measures
            case Confirm() | Withdraw():
                self.pending[place] = new.measures
            case AttestSheets():
                self.payable.add(place)
                if place in self.pending:
                    self.floors[place] = self.pending.pop(place)
            case ContestRow(admits=admits):
                days = value_on(step.before, "contest.decide_days", step.today)
                until = date.min if _is_taken(step.before, place, old) else step.today + timedelta(days=days)
                self.contested[place] = admits, until
            case Decide(measures=measures, reason=reason) if new.dispute is not None:
                stands_from = working_days_later(step.before, step.today, 3) + timedelta(days=1)
                if self.decisions.get(place, ())[:2] != (measures, reason):
                    self.decisions[place] = measures, reason, stands_from
            case ReviewDecision() if new.dispute is not None:
                self.decisions.pop(place)
            case Decide() | ReviewDecision() | ApproveAward():
                self.payable.add(place)
                self.floors[place] = new.measures
                self.pending.pop(place, None)
                if isinstance(step.command, ApproveAward) and place in self.contested:
                    self.contested[place] = {}, date.min

    def _silent(self, step: Step, place: Place, old: Row | None) -> None:
        """Silence through the time to answer agrees to what takes nothing away."""
        if old is None or old.state not in (RowState.SUBMITTED, RowState.UNANSWERED):
            return
        if self._is_silent(step.before, step.today, place) and keeps(old.measures, self.floors.get(place, {})):
            self.floors[place] = old.measures

    def _is_silent(self, state: State, day: date, place: Place) -> bool:
        """Whether the time to answer the content of a row was over before that day."""
        document = bound_by(state, *place)
        assert document is not None
        return day > self.since[place] + timedelta(days=document.answer_days)


class Watched(MemoryEngine):
    """The contract over a dictionary; see Step and History."""

    def __init__(self, state: State, history: History) -> None:
        super().__init__(state)
        self.history: Final = history
        self.last: Step | None = None
        self._transactions = 1000 * len(state)  # no id of a transaction comes again

    @property
    def state(self) -> dict[str, bytes]:
        """What is on the ledger, in no order."""
        return self._state

    def submit(self, caller: str, command: Command, at_ms: int, *, genuine: bool = True) -> dict[str, Any]:
        before = dict(self._state)
        answer = super().submit(caller, command, at_ms)
        step = Step(before, dict(self._state), caller, command, at_ms, self.history, genuine)
        if step.keys:  # a command that is given again changes nothing
            self.last = step
            self.history.learn(step)
        return answer
