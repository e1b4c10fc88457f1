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

from engines import A, MemoryEngine, person_of
from lxr.chaincode.assignments import AgreeLine, AssignLine, ConsentLine
from lxr.chaincode.attestations import AttestDeposit, CosignDeposit
from lxr.chaincode.awards import ApproveAward, StateAward
from lxr.chaincode.books import balances
from lxr.chaincode.carried import Item
from lxr.chaincode.cashout import OpenCashOut
from lxr.chaincode.cashout_holds import HoldShards
from lxr.chaincode.cashout_records import CashOutState, PaymentOrderState, cash_out_shards, cash_outs, payment_orders
from lxr.chaincode.command import AnyCommand, Command
from lxr.chaincode.contests import ContestRow
from lxr.chaincode.custody_records import attestations, backings, bookings
from lxr.chaincode.days import day_of
from lxr.chaincode.decisions import Decide, ReplyToDispute, ReviewDecision
from lxr.chaincode.employers import employers
from lxr.chaincode.governance import Approve, Propose, ProposeRule
from lxr.chaincode.instruction import AcceptCashOut, ApproveCashOut, InstructCashOut
from lxr.chaincode.lines import Target
from lxr.chaincode.parameters import parameters
from lxr.chaincode.recovery import ApproveRecovery, ProposeRecovery
from lxr.chaincode.rows import Row, RowState
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.runs import earned, runs
from lxr.chaincode.sheet import Sheet, sheets
from lxr.chaincode.sheet_certification import CertifySheets
from lxr.chaincode.taken import dated
from lxr.chaincode.terms import TermsDocument, documents
from lxr.chaincode.types import Record
from lxr.chaincode.workday import CorrectSheet, SubmitSheet
from lxr.chaincode.workday_answers import Confirm, OpenDispute, Withdraw
from lxr.chaincode.workers import membership_on, workers
from lxr.chaincode.world import Table
from lxr.token.accounts import PLATFORM_ACCOUNTS

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


def open_items(state: State, period: str, at_ms: int) -> tuple[Item, ...]:
    """What is open at the bank, of wages and of rows. Written without the contract."""
    items = [
        Item("shortfall", owner, part.shortfall_fen) for (owner,), part in listed(state, backings) if part.shortfall_fen
    ]
    items += [
        Item("line", f"{day}/{booking}", line.waiting_fen)
        for (_, day, booking), line in listed(state, bookings)
        if line.kind == "waiting"
    ]
    items += [
        Item("deposit", f"{day}/{booking}", deposit.amount_fen)
        for (_, day, booking), deposit in listed(state, attestations)
        if deposit.state in ("attested", "missing")
    ]
    with_bank = CashOutState.INSTRUCTED, CashOutState.ACCEPTED
    heads = {parts[0]: head for parts, head in listed(state, cash_outs)}
    items += [
        Item("order", number, order.amount_fen)
        for (number,), order in listed(state, payment_orders)
        if order.state is PaymentOrderState.HELD and heads[order.cashout].state in with_bank
    ]
    for (number, _), shard in listed(state, cash_out_shards):
        held = heads[number].scope in ("workers", "all") and heads[number].state not in with_bank
        if held and shard.total_fen and not shard.released:
            items.append(Item("cashout", number, shard.total_fen))
    items += [
        Item("returned", name.partition(":")[2], balance.fen)
        for (name,), balance in listed(state, balances)
        if name.startswith("returned:") and balance.fen
    ]
    live = [
        (number, order)
        for (number,), order in listed(state, payment_orders)
        if order.state is not PaymentOrderState.CANCELLED
    ]
    again = {number for _, order in live for number in order.instead_of}
    back = PaymentOrderState.RETURNED, PaymentOrderState.REJECTED
    items += [
        Item("returned", number, order.amount_fen)
        for number, order in live
        if order.worker is None and order.state in back and number not in again
    ]
    year, month = map(int, period.split("-"))
    after = f"{year + month // 12:04}{month % 12 + 1:02}01"
    items += [
        Item("run", run, 0)
        for _, employer in listed(state, employers)
        for run in employer.open_runs
        if run.split("-")[1] < after
    ]
    items += [
        Item("row", f"{employer}/{day}/{worker}", 0)
        for employer, (worker, day), row in all_rows(state)
        if row.state is RowState.DISPUTED or (row.contest is not None and row.contest.holds(day_of(at_ms)))
    ]
    summed: dict[tuple[str, str], Item] = {}
    for item in items:  # a cash-out's shards are one item
        before = summed.get((item.kind, item.name))
        summed[item.kind, item.name] = Item(
            item.kind, item.name, item.amount_fen + (before.amount_fen if before else 0)
        )
    return tuple(summed[place] for place in sorted(summed))


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
    command: AnyCommand
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
    stated last, and by whom. accepted: by cash-out, the digest of the file that the bank holds. attesters: by day and
    reference of a deposit, whoever of the bank has signed it. said: by line, what the bank says it is, and the roles,
    with the employer's number, that have agreed to it since. swept_fen: by employer, what became the platform's.
    taken_back_fen: by employer, of its deposits.
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
    accepted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    attesters: dict[str, set[str]] = field(default_factory=dict)
    said: dict[str, tuple[Target, set[str]]] = field(default_factory=dict)
    swept_fen: dict[str, int] = field(default_factory=dict)
    taken_back_fen: dict[str, int] = field(default_factory=dict)

    def copy(self) -> "History":
        """One that goes on by itself."""
        return deepcopy(self)

    def learn(self, step: Step) -> None:
        """Take in one more step."""
        for _, place, old, new in step.rows():
            self._learn_row(step, place, old, new)
        self._learn_money(step)
        match step.command:
            case OpenCashOut(cashout=number) | HoldShards(cashout=number) | InstructCashOut(cashout=number):
                self.makers.setdefault(number, set()).add(step.person)
            case ApproveCashOut(cashout=number):
                self.checkers.setdefault(number, set()).add((step.person, step.role))
            case Propose(proposal=number) | ProposeRule(proposal=number) | Approve(proposal=number):
                self.signed.setdefault(number, set()).add(step.organisation)
            case ProposeRecovery(recovery=number, signature=signature):
                by_worker = {WORKER} if signature is not None and step.genuine else set[str]()
                self.signed[number] = {step.organisation, *by_worker}
            case ApproveRecovery(recovery=number):
                self.signed[number].add(step.organisation)
            case StateAward(worker=worker, day=day, measures=measures):
                self.stated[worker, day] = step.caller.split(" as ")[0], measures

    def _learn_money(self, step: Step) -> None:
        match step.command:
            case AcceptCashOut(cashout=number, files=content):
                assert number not in self.accepted
                self.accepted[number] = content if step.role == "bank/teller" else ()
            case AttestDeposit(day=day, booking=booking):
                self.attesters[f"{day}/{booking}"] = {step.person}
            case CosignDeposit(day=day, booking=booking):
                self.attesters[f"{day}/{booking}"].add(step.person)
            case AssignLine(day=day, booking=booking, target=target):
                self.said[f"{day}/{booking}"] = target, set()
            case AgreeLine(day=day, booking=booking) | ConsentLine(day=day, booking=booking):
                self.said[f"{day}/{booking}"][1].add(step.caller.split(" as ")[0])
                for _, old, new in step.changed(bookings):
                    if old is not None and old.kind == "deposit" != new.kind:
                        before_fen = self.taken_back_fen.get(old.party or "", 0)
                        self.taken_back_fen[old.party or ""] = before_fen + old.line.amount_fen
            case SweepRun(run=run):
                employer = found(step.before, runs, run)
                rises = [
                    new.fen - (old.fen if old else 0)
                    for (name,), old, new in step.changed(balances)
                    if name.partition(":")[0] in PLATFORM_ACCOUNTS
                ]
                if employer is not None:
                    self.swept_fen[employer.employer] = self.swept_fen.get(employer.employer, 0) + sum(rises)

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
            case CertifySheets():
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

    def submit(self, caller: str, command: Command[A], at_ms: int, *, genuine: bool = True) -> A:
        before = dict(self._state)
        answer = super().submit(caller, command, at_ms)
        step = Step(before, dict(self._state), caller, command, at_ms, self.history, genuine)
        if step.keys:  # a command that is given again changes nothing
            self.last = step
            self.history.learn(step)
        return answer
