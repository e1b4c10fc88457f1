"""Any command of the contract, as hostile officers would give it: mostly about what is on the ledger, sometimes not.

    hand = Hand(town, random, ("union", "bank"))
    hand.given(SetPayee)                         # caller, command, and whether workers' signatures in it are theirs

Workers sign what is so: see the methods of Hand that say so. For the rest the officers sign with a key of their own, or
bring what a worker signed for another ledger. Workers whom they register themselves sign whatever they like.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import Any, Final, TypeVar

import msgspec

from busytown import ANEW, CREW, worked
from lxr.chaincode.accession import AccedeToTerms, Accession, SignedAccession
from lxr.chaincode.assignments import AgreeLine, AssignLine, ConsentLine
from lxr.chaincode.attestations import AgreeReversal, AttestDeposit, CosignDeposit, ReverseDeposit
from lxr.chaincode.awards import ApproveAward, StateAward, awards
from lxr.chaincode.caller import EMPLOYER
from lxr.chaincode.carry_over import CarryOver, RegisterProof
from lxr.chaincode.cashout import CancelCashOut, OpenCashOut
from lxr.chaincode.cashout_holds import HoldShards, ReleaseShards
from lxr.chaincode.cashout_records import CashOutState, cash_outs, payment_orders
from lxr.chaincode.checkpoint import Finding, SignCheckpoint
from lxr.chaincode.clock import MoveClock
from lxr.chaincode.closing_register import CloseRegister
from lxr.chaincode.command import HANDLERS, AnyCommand, Void, requests
from lxr.chaincode.contests import ContestRow
from lxr.chaincode.custody import OpenCustody
from lxr.chaincode.custody_records import PLATFORM, Attestation, Booking, attestations, bookings, custodies
from lxr.chaincode.days import day_of
from lxr.chaincode.decisions import Decide, ReplyToDispute, ReviewDecision
from lxr.chaincode.deductions import ApproveDeduction, CancelDeduction, OrderDeduction, deduction_digest
from lxr.chaincode.employers import AddEmployer, employers
from lxr.chaincode.founding import EMBEDDED, Found, FoundCopy
from lxr.chaincode.governance import OWN_PROPOSALS, Approve, Propose, ProposeRule
from lxr.chaincode.instruction import AcceptCashOut, ApproveCashOut, InstructCashOut
from lxr.chaincode.lines import Line, Target
from lxr.chaincode.parameters import proposals
from lxr.chaincode.pay_rules import PerUnit
from lxr.chaincode.paydays import Monthly, Weekly
from lxr.chaincode.payees import PayeeChange, SetPayee
from lxr.chaincode.period import ClosePeriod, Countersign, MonthContent, months
from lxr.chaincode.persons import ErasePerson, PersonState, ShowPerson, UnblockPerson, persons
from lxr.chaincode.recovery import (
    ApproveRecovery,
    CancelRecovery,
    ProposeRecovery,
    RecoveryEnd,
    WithdrawRecovery,
    plan_of,
)
from lxr.chaincode.registration import AddWorkers
from lxr.chaincode.reinstatement import ApproveReinstatement, ProposeReinstatement, reinstatements
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.restoration import Restore, restorations
from lxr.chaincode.reversal import CloseReversal, ReverseRun, UnwindShard
from lxr.chaincode.revocation import Revoke
from lxr.chaincode.rows import SIGNED, Row, RowState, row_digest
from lxr.chaincode.rule_basis import Basis, Confidence, Retro
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.run_opening import OpenRun
from lxr.chaincode.run_payment import PayShards
from lxr.chaincode.run_pricing import PriceShards
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.runs import DeductionOrder, RunState, ShardState, deduction_orders, earned, run_shards, runs
from lxr.chaincode.sheet_certification import CertifySheets
from lxr.chaincode.statements import BookStatement
from lxr.chaincode.status_changes import SetEmployer, SetWorker
from lxr.chaincode.statuses import Status
from lxr.chaincode.terms import (
    AcceptTerms,
    ActivateTerms,
    EndTerms,
    ProposeTerms,
    TermsDocument,
    documents,
    terms_heads,
)
from lxr.chaincode.types import Record, canonical, digest
from lxr.chaincode.upgrade import ProposeContract, StateContract, SwitchContract, contract_digest, proposed_contracts
from lxr.chaincode.workday import CloseDay, CorrectSheet, NewRow, SubmitSheet
from lxr.chaincode.workday_answers import (
    Answer,
    Confirm,
    Confirmation,
    Objection,
    OpenDispute,
    SignedRow,
    Withdraw,
    Withdrawal,
)
from lxr.chaincode.worker_keys import ApproveKey, KeyVeto, NewKey, ProposeKey, VetoKey, key_change_digest
from lxr.chaincode.workers import Worker, key_on, workers
from lxr.chaincode.world import Table
from madeuprules import MADE_UP
from parties import CUSTODY, SHARDS, numbered, payout, public_key, signature
from scenario.money import place_of
from termsdocuments import terms_document
from town import Town
from watched import Place, Watched, all_rows, found, listed, open_items, sheet_of

R = TypeVar("R", bound=Record)
T = TypeVar("T")
Fields = dict[str, Any]

PEOPLE: Final = ("", " as Zhao", " as Qian", " as Sun")
"""Who bears a role: whom it is named after, or one of three with certificates of all roles."""
THEIRS: Final = "a key of the officers"
"""The name of a key that is no worker's."""
NOTHING: Final = "0" * 64
"""A digest of nothing."""
OTHER_LEDGER: Final = "1" * 64


NOT_CARRIED: Final = frozenset({FoundCopy})
"""What nodes take from nobody: `test_nobody_gives_a_ledger_that_goes_on_another_id`."""


class Nothing(Exception):
    """There is nothing on the ledger that such a command could be about."""


@dataclass(frozen=True)
class Given:
    """genuine: every worker's signature in the command was made by that worker for this ledger."""

    caller: str
    command: AnyCommand
    genuine: bool


class Hand:
    """The officers of some organisations. Of the employers, those of E001."""

    def __init__(self, town: Town, random: Random, organisations: Sequence[str]) -> None:
        assert isinstance(town.engine, Watched)
        self.town: Final = town
        self.random: Final = random
        self.organisations: Final = organisations
        self.state: Final = town.engine.state
        self.ledger = town.ledger_id
        self.genuine = True
        self.role = ""

    def kinds(self) -> list[type[AnyCommand]]:
        """The commands that the officers' roles may give."""
        return [kind for kind in COMMANDS if any(map(self._ours, HANDLERS[kind].callers))]

    def given(self, kind: type[AnyCommand]) -> Given:
        """A command of that kind. Raises Nothing."""
        roles = [role for role in sorted(HANDLERS[kind].callers) if self._ours(role)]
        self.role = self.one(roles)
        self.ledger = OTHER_LEDGER if self.rarely() else self.town.ledger_id
        self.genuine = True
        fields = COMMANDS[kind](self)
        command = kind(request_id=f"any-{self.number(10**9):010d}", **fields)
        return Given(self.bearer(self.role), command, self.genuine)

    def bearer(self, role: str) -> str:
        """Somebody who bears that role."""
        of_one = "/E001" if role in ("employer/signer", "employer/treasurer") else ""
        return role + of_one + self.one(PEOPLE)

    def _ours(self, role: str) -> bool:
        return role.split("/")[0] in self.organisations

    # Choices

    @property
    def today(self) -> date:
        return day_of(self.town.at_ms)

    def one(self, some: Sequence[T]) -> T:
        """One of them. Raises Nothing: there is none."""
        if not some:
            raise Nothing
        return some[self.random.randrange(len(some))]

    def number(self, most: int) -> int:
        """1 to most."""
        return 1 + self.random.randrange(most)

    def rarely(self) -> bool:
        """One time in sixteen."""
        return self.random.randrange(16) == 15

    def day(self, back: int, ahead: int = 0) -> date:
        """A day not long ago, or soon."""
        return self.today + timedelta(days=self.random.randrange(-back, ahead + 1))

    def fen(self) -> int:
        return self.one((1, 300, 2_000, 7_000, 30_000))

    def digest(self, right: str) -> str:
        """What it should be, and rarely of something else."""
        return digest("something else") if self.rarely() else right

    def key(self, table: Table[R], wanted: Callable[[R], bool] = lambda _: True) -> list[str]:
        """The parts of the key of a record, mostly of one that is wanted."""
        there = sorted((parts, wanted(record)) for parts, record in listed(self.state, table))
        if not self.rarely():
            there = [each for each in there if each[1]] or there
        return self.one(there)[0]

    def record(self, table: Table[R], *parts: Any) -> R:
        record = found(self.state, table, *parts)
        if record is None:
            raise Nothing
        return record

    def new(self, prefix: str, table: Table[Any]) -> str:
        """A number that is free, or rarely one that is taken."""
        return self.key(table)[-1] if self.rarely() else f"{prefix}{self.number(10**6)}"

    # What stands there

    def employer(self) -> str:
        """Ours if there is one of ours, else any."""
        if EMPLOYER in self.organisations and not self.rarely():
            return "E001"
        return self.one(("E001", "E001", "E002", "E003"))

    def worker(self, employer: str | None = None) -> str:
        some = [parts[0] for parts, each in listed(self.state, workers) if employer in (None, each.employer)]
        return self.one(sorted(some))

    def place(self, wanted: Callable[[Row], bool] = lambda _: True) -> tuple[str, Place, Row]:
        """Employer, worker, day and content of a row, mostly of our own employer and one that is wanted."""
        rows = sorted(all_rows(self.state), key=lambda row: (row[1][1], row[1][0]))
        if EMPLOYER in self.organisations and not self.rarely():
            rows = [row for row in rows if row[0] == "E001"]
        if not self.rarely():
            rows = [row for row in rows if wanted(row[2])] or rows
        return self.one(rows)

    def shard(self, worker: str) -> int:
        return self.record(workers, worker).shard

    def run(self, *states: RunState) -> str:
        return self.key(runs, lambda run: not states or run.state in states)[0]

    # What workers sign

    def signed(self, worker: str, message: Record, willing: bool) -> bytes:
        """The worker's signature if the worker is willing; else the officers', or the worker's for another ledger."""
        honest = worker in CREW
        name = _name_of(self.record(workers, worker), worker, self.today)
        if honest and name != THEIRS and not willing:
            name = THEIRS
            self.genuine = False
        if getattr(message, "ledger", "") == OTHER_LEDGER:
            self.genuine = False
        return signature(name, message)

    def content(self, place: Place, row: Row | None = None) -> dict[str, int]:
        """What the officers write into a row: what was worked, more, less, what is claimed, or what was agreed."""
        so = worked(*place)
        measures = {"orders": self.one((so, so, so + 3, so - 2, 0))}
        if row is not None and row.dispute is not None and self.random.randrange(3) == 0:
            measures = dict(row.dispute.claimed)
        return {**measures, "minutes": 60} if self.rarely() else measures

    def document(self, employer: str) -> TermsDocument:
        """Terms by the order, at some rate."""
        document = terms_document(employer, rules=(PerUnit("orders", self.one((500, 450, 600))),))
        return msgspec.structs.replace(
            document,
            effective_from=self.day(20, 10),
            answer_days=self.one((2, 1, 5)),
            most_per_day={"orders": self.one((10**6, 20))},
            text_digest=digest(f"agreement {self.number(9)}"),
        )


_points: Final = lru_cache(64)(public_key)


def _name_of(record: Worker, worker: str, day: date) -> str:
    """The name of the key that is the worker's on that day."""
    point = key_on(record, day)
    return next(name for name in (worker, ANEW, THEIRS) if _points(name) == point)


def taken_over(record: Worker, worker: str, day: date) -> bool:
    """Whether the officers hold the key that is the worker's on that day."""
    return _name_of(record, worker, day) == THEIRS


# The clerk's commands: registry, keys, statuses


def _add_workers(hand: Hand) -> Fields:
    employer = hand.employer()
    number = numbered(f"puppet {hand.number(30)}", employer)
    unsigned = hand.rarely()
    new = hand.town.new_worker(number, employer, signed_by=THEIRS if unsigned else None)
    hand.genuine = not unsigned
    return {"employer": employer, "workers": (new,)}


def _close_register(hand: Hand) -> Fields:
    employer = hand.employer()
    return {"employer": employer, "shards": (hand.random.randrange(3),)}


def _carry_over(hand: Hand) -> Fields:
    """No ledger of chance follows another: whatever is shown is made up."""
    worker = {
        "public_key": public_key(THEIRS),
        "payee_commitment": payout("account of the officers"),
        "statuses": (),
        "accessions": (),
    }
    register = {"rehearsal": True, "closed_from": hand.today, "workers": {hand.worker(): worker}}
    proof = RegisterProof(
        shard=0,
        value=canonical(register).decode(),
        salt=digest("salt"),
        place=1,
        act="{}",
        act_salt=digest("salt"),
        leaves=2,
        hidden=(),
        transactions=1,
        in_block=(),
        in_log=(),
    )
    return {"employer": hand.employer(), "registers": (proof,)}


def _status(hand: Hand) -> Fields:
    fields = {"status": hand.one(list(Status)), "from_day": hand.day(2, 6), "reason": "season over"}
    return {**fields, "from_day": hand.today + timedelta(days=1)} if hand.random.randrange(2) else fields


def _set_payout(hand: Hand) -> Fields:
    """A worker is willing to be paid to an account of their own."""
    worker = hand.worker()
    own = bool(hand.random.randrange(2))
    account = payout(f"{worker} second" if own else "account of the officers")
    number = hand.record(workers, worker).payee_changes + 1
    signed = hand.signed(worker, PayeeChange(hand.ledger, worker, account, number), own)
    return {"worker": worker, "payee_commitment": account, "number": number, "signature": signed}


def _propose_key(hand: Hand) -> Fields:
    worker = hand.worker()
    point = public_key(THEIRS)
    return {
        "worker": worker,
        "public_key": point,
        "reason": "phone lost",
        "signature": signature(THEIRS, NewKey(hand.ledger, worker, point)),
    }


def _key_change(hand: Hand) -> tuple[str, str]:
    (worker,) = hand.key(workers, lambda record: record.new_key is not None)
    record = hand.record(workers, worker)
    if record.new_key is None:
        return worker, NOTHING
    return worker, hand.digest(key_change_digest(worker, record))


def _approve_key(hand: Hand) -> Fields:
    worker, change = _key_change(hand)
    return {"worker": worker, "digest": change}


def _veto_key(hand: Hand) -> Fields:
    """A worker is willing to keep the key that they have, also where they asked for another."""
    worker, change = _key_change(hand)
    signed = hand.signed(worker, KeyVeto(hand.ledger, worker, change), True)
    return {"worker": worker, "digest": change, "signature": signed}


def _ended(hand: Hand) -> str:
    (worker,) = hand.key(workers, lambda record: bool(record.statuses) and record.statuses[-1].status == "ended")
    (employer,) = hand.key(employers, lambda record: bool(record.statuses) and record.statuses[-1].status == "ended")
    return hand.one((worker, employer))


def _blocked(hand: Hand) -> str:
    return hand.key(persons, lambda record: record.state is PersonState.BLOCKED)[0]


def _approve_reinstatement(hand: Hand) -> Fields:
    (ended,) = hand.key(reinstatements)
    return {"ended": ended, "digest": hand.digest(hand.town.reinstatement(ended)["digest"])}


# Terms


def _propose_terms(hand: Hand) -> Fields:
    employer = hand.employer()
    terms = hand.one(("TE001-1", "TE001-1", f"TE001-{hand.number(5)}", "TE002-2", "TE002-3"))
    head = found(hand.state, terms_heads, terms)
    version = (len(head.versions) if head else 0) + 1
    document = hand.document("E002" if hand.rarely() else employer)
    if head is not None:
        last = hand.record(documents, terms, version - 1)
        document = msgspec.structs.replace(
            document, payday=last.payday, effective_from=max(last.effective_from, document.effective_from)
        )
    else:
        document = msgspec.structs.replace(document, payday=hand.one((Weekly(3), Monthly(15))))
    return {"employer": employer, "terms": terms, "version": version, "document": document}


def _version(state: str) -> Callable[[Hand], Fields]:
    """The last version of some terms, mostly where it is in that state."""

    def made(hand: Hand) -> Fields:
        (terms,) = hand.key(terms_heads, lambda head: head.versions[-1].state == state)
        versions = hand.record(terms_heads, terms).versions
        number = len(versions) if not hand.rarely() else hand.number(len(versions))
        return {"terms": terms, "version": number, "digest": hand.digest(versions[number - 1].digest)}

    return made


def _accede_to_terms(hand: Hand) -> Fields:
    """A worker is willing to join terms that pay no less than those that are known, and by the week."""
    worker = hand.worker()
    record = hand.record(workers, worker)
    active = [
        (parts[0], number, version)
        for parts, head in sorted(listed(hand.state, terms_heads), key=lambda each: each[0])
        for number, version in enumerate(head.versions, 1)
        if head.employer == record.employer and (version.state == "active" or hand.rarely())
    ]
    terms, number, version = hand.one(active)
    document = hand.record(documents, terms, number)
    (rule,) = document.rules
    willing = isinstance(rule, PerUnit) and rule.rate_fen >= 500 and document.payday == Weekly(3)
    day = max(document.effective_from, hand.day(1, 2))
    message = Accession(hand.ledger, worker, terms, number, version.digest, day, len(record.memberships) + 1)
    return {
        "terms": terms,
        "version": number,
        "accessions": (SignedAccession(worker, day, hand.signed(worker, message, willing)),),
    }


def _end_terms(hand: Hand) -> Fields:
    (terms,) = hand.key(terms_heads)
    employer = hand.record(terms_heads, terms).employer
    return {"employer": employer, "terms": terms, "ends": hand.day(2, 9), "reason": "season over"}


# Work


def _new_row(hand: Hand, worker: str, day: date) -> NewRow:
    value = hand.state.get(f"sheet/{hand.record(workers, worker).employer}/{day}/{hand.shard(worker)}")
    row = sheet_of(value).row(worker) if value else None
    return NewRow(worker, hand.content((worker, day), row))


def _submit(hand: Hand) -> Fields:
    employer, day = hand.employer(), hand.day(20)
    worker = hand.worker(employer)
    rows = (_new_row(hand, worker, day),)
    return {"employer": employer, "day": day, "shard": hand.shard(worker), "rows": rows}


def _correct(hand: Hand) -> Fields:
    """Correct rows that the worker signed or disputes, or that have been corrected since, more often than others."""
    wanted: Callable[[Row], bool] = hand.one(
        (
            lambda _: True,
            lambda row: row.state in SIGNED,
            lambda row: row.agreed is not None,
            lambda row: row.state is RowState.DISPUTED,
        )
    )
    employer, (worker, day), row = hand.place(wanted)
    sheet = hand.town.sheet(day, worker)
    new = _new_row(hand, hand.worker(employer) if hand.rarely() else worker, day)
    if new.measures == row.measures:
        new = NewRow(new.worker, {"orders": row.measures.get("orders", 0) + hand.one((1, -1, 4))})
        new = NewRow(new.worker, {"orders": max(0, new.measures["orders"])})
    version = (sheet.version + hand.rarely()) or 1
    shard = hand.shard(worker)
    return {"employer": employer, "day": day, "shard": shard, "version": version, "rows": (new,), "reason": "recount"}


def _certify(hand: Hand) -> Fields:
    employer, (worker, day), _ = hand.place(lambda row: row.state in (RowState.SUBMITTED, RowState.CONFIRMED))
    return {"employer": employer, "shards": hand.town.seen_shards(worker, day)}


def _confirm(hand: Hand) -> Fields:
    """A worker is willing to confirm what is not less than the work."""
    employer, place, row = hand.place(lambda row: row.state in (RowState.SUBMITTED, RowState.UNANSWERED))
    worker, day = place
    rows = (SignedRow(day, hand.digest(row_digest(employer, day, worker, row))),)
    willing = row.measures.get("orders", 0) >= worked(*place)
    signed = hand.signed(worker, Confirmation(hand.ledger, worker, rows), willing)
    return {"employer": employer, "shard": hand.shard(worker), "answers": (Answer(worker, rows, signed),)}


def _dispute(hand: Hand) -> Fields:
    """A worker is willing to dispute what is less than the work, or missing, and claims the work."""
    if hand.random.randrange(2):
        worker, day = hand.worker(), hand.day(12)
        employer = hand.record(workers, worker).employer
        value = hand.state.get(f"sheet/{employer}/{day}/{hand.shard(worker)}")
        row = sheet_of(value).row(worker) if value else None
    else:
        employer, (worker, day), row = hand.place(lambda row: row.state in (RowState.SUBMITTED, RowState.UNANSWERED))
    so = worked(worker, day)
    claimed = {"orders": so if worker in CREW else so + 5}
    there = row_digest(employer, day, worker, row) if row else None
    number = (row.disputes if row else 0) + 1
    message = Objection(hand.ledger, worker, day, there, claimed, "more than that", number)
    willing = row is None or row.measures.get("orders", 0) < so
    return {
        "employer": employer,
        "shard": hand.shard(worker),
        "worker": worker,
        "day": day,
        "digest": there,
        "claimed": claimed,
        "reason": "more than that",
        "number": number,
        "signature": hand.signed(worker, message, willing),
    }


def _withdraw(hand: Hand) -> Fields:
    """A worker is willing to withdraw where the row is no longer less than the work."""
    employer, place, row = hand.place(lambda row: row.state is RowState.DISPUTED)
    worker, day = place
    stands, number = row_digest(employer, day, worker, row), max(1, row.disputes)
    willing = row.measures.get("orders", 0) >= worked(*place)
    signed = hand.signed(worker, Withdrawal(hand.ledger, worker, day, stands, number), willing)
    fields = {"employer": employer, "shard": hand.shard(worker), "worker": worker, "day": day}
    return {**fields, "number": number, "signature": signed}


def _reply(hand: Hand) -> Fields:
    _, place, row = hand.place(lambda row: row.dispute is not None and row.dispute.reply is None)
    return {**hand.town.of_row(*place), "number": max(1, row.disputes - hand.rarely()), "reason": "the log ends there"}


def _decide(hand: Hand) -> Fields:
    """Decide, also the same as before."""
    _, place, row = hand.place(lambda row: row.state is RowState.DISPUTED)
    waits = row.dispute.decision if row.dispute else None
    decided = hand.one((hand.content(place, row), row.measures, waits.measures if waits else row.measures))
    fields = hand.town.decision(*place, decided)
    return {**fields, "digest": hand.digest(fields["digest"])}


def _review(hand: Hand) -> Fields:
    _, place, row = hand.place(lambda row: row.dispute is not None and row.dispute.decision is not None)
    if row.dispute is None or row.dispute.decision is None:
        raise Nothing
    fields = hand.town.review(*place, upholds=hand.one((True, False)))
    return {**fields, "digest": hand.digest(fields["digest"])}


def _contest(hand: Hand) -> Fields:
    """Contest a row, rarely one that was contested before, and admit some of it, or rarely more."""
    _, place, row = hand.place(lambda row: row.contest is None)
    admits = hand.one((0, row.measures.get("orders", 0) // 2)) + hand.rarely()
    fields = hand.town.contest(*place, admits)
    return {**fields, "digest": hand.digest(fields["digest"])}


def _state_award(hand: Hand) -> Fields:
    anything = bool(hand.random.randrange(2))
    _, place, row = hand.place(lambda row: anything or row.state in SIGNED or row.contest is not None)
    fields = hand.town.award(*place, 0)
    return {**fields, "row": hand.digest(fields["row"]), "measures": hand.content(place, row)}


def _approve_award(hand: Hand) -> Fields:
    _, day, worker = hand.key(awards)
    fields = hand.town.award_approval(worker, date.fromisoformat(day))
    return {**fields, "digest": hand.digest(fields["digest"])}


# Pay


def _order_deduction(hand: Hand) -> Fields:
    worker = hand.worker()
    number = hand.new(f"D{hand.record(workers, worker).employer}-X", deduction_orders)
    return hand.town.deduction(number, hand.fen(), worker, kind=hand.one(("tax", "insurance")))


def _approve_deduction(hand: Hand) -> Fields:
    (number,) = hand.key(deduction_orders, lambda order: order.state == "proposed" and order.recovery is None)
    fields = hand.town.deduction_approval(number)
    employer = fields["employer"] if hand.rarely() else "E001"
    return {**fields, "employer": employer, "digest": hand.digest(fields["digest"])}


def _propose_recovery(hand: Hand) -> Fields:
    """What was overpaid, or less, or rarely more. A worker is willing to sign for no more than they were overpaid."""
    overpaid = [
        (parts, worker, record.over_fen)
        for parts, period in listed(hand.state, earned)
        for worker, record in period.workers.items()
        if record.over_fen
    ]
    (employer, _, terms, start), worker, over_fen = hand.one(sorted(overpaid))
    amount_fen = hand.one((over_fen, 1, over_fen // 2 or 1)) + hand.rarely()
    fields: Fields = {
        "employer": hand.employer() if hand.rarely() else employer,
        "recovery": hand.new(f"R{employer}-X", deduction_orders),
        "worker": worker,
        "terms": terms,
        "start": date.fromisoformat(start),
        "amount_fen": amount_fen,
        "most_fen": hand.one((1_000_000, 200)),
        "share_bp": hand.one((2_000, 500, 10_000)),
        "basis": "agreed with the worker",
        "document": digest(f"agreement {hand.number(9)}"),
    }
    if hand.random.randrange(2):
        return fields
    plan = plan_of(ProposeRecovery(request_id="plan", **fields), hand.ledger)
    return {**fields, "signature": hand.signed(worker, plan, amount_fen <= over_fen)}


def _recovery(hand: Hand, wanted: Callable[[DeductionOrder], bool]) -> str:
    (number,) = hand.key(deduction_orders, lambda order: order.recovery is not None and wanted(order))
    return number


def _approve_recovery(hand: Hand) -> Fields:
    number = _recovery(hand, lambda order: order.state == "proposed")
    there = deduction_digest(number, hand.record(deduction_orders, number))
    return {"recovery": number, "digest": hand.digest(there)}


def _withdraw_recovery(hand: Hand) -> Fields:
    """A worker is willing to end a plan."""
    number = _recovery(hand, lambda order: order.state == "approved")
    order = hand.record(deduction_orders, number)
    end = RecoveryEnd(hand.ledger, order.worker, number, deduction_digest(number, order))
    return {"recovery": number, "signature": hand.signed(order.worker, end, True)}


def _open_run(hand: Hand) -> Fields:
    employer = hand.employer()
    payday = hand.today - timedelta(days=(hand.today.weekday() - 2) % 7 + 7 * hand.random.randrange(2))
    crew: tuple[str, ...] = ()
    if hand.random.randrange(4) == 0:
        payday, crew = hand.today, (hand.worker(employer),)
    return {
        "employer": employer,
        "run": f"{employer}-{payday:%Y%m%d}-{hand.number(9999)}",
        "payday": payday,
        "workers": crew,
    }


def _run(*states: RunState) -> Callable[[Hand], Fields]:
    """The fields of a command that is about a run in one of these states."""
    return lambda hand: {"run": hand.run(*states)}


def _shards_of_run(
    state: RunState, *wanted: ShardState | None, command: type[AnyCommand] | None = None
) -> Callable[[Hand], Fields]:
    """The fields of a command that is about shards of a run in that state; None: a shard that is not priced."""

    def made(hand: Hand) -> Fields:
        places = [
            (parts[0], shard)
            for parts, run in sorted(listed(hand.state, runs), key=lambda each: each[0])
            for shard in range(run.shards)
            if run.state is state and _shard_state(hand, parts[0], shard) in wanted
        ]
        run, shard = (hand.run(), hand.random.randrange(SHARDS)) if hand.rarely() or not places else hand.one(places)
        if command is UnwindShard:
            return {"run": run, "shard": shard}
        others = [other for number, other in places if number == run and hand.random.randrange(2)]
        return {"run": run, "shards": tuple(sorted({shard, *others}))}

    return made


def _some_shards(hand: Hand) -> tuple[int, ...]:
    return tuple(sorted({hand.random.randrange(SHARDS) for _ in range(2)}))


def _shard_state(hand: Hand, run: str, shard: int) -> ShardState | None:
    record = found(hand.state, run_shards, run, shard)
    return record.state if record else None


# Cash-out


def _open_cash_out(hand: Hand) -> Fields:
    scope = hand.one(("run", "workers", "all", "platform"))
    fields: Fields = {"cashout": hand.new("CX", cash_outs), "custody": CUSTODY, "scope": scope}
    if scope == "run":
        fields["run"] = hand.run()
    elif scope != "platform":
        fields["employer"] = hand.employer()
    if scope == "workers":
        fields["workers"] = (hand.worker(fields["employer"]),)
        if hand.random.randrange(2):
            (number,) = hand.key(payment_orders, lambda order: order.state in ("returned", "rejected"))
            fields["retry_of"] = number
            worker = hand.record(payment_orders, number).account.partition(":")[2]
            fields["employer"], fields["workers"] = hand.record(workers, worker).employer, (worker,)
    return fields


def _cash_out(hand: Hand, *states: CashOutState) -> str:
    (number,) = hand.key(cash_outs, lambda cash_out: cash_out.state in states)
    return number


def _instruct(hand: Hand) -> Fields:
    fields = hand.town.instruction(_cash_out(hand, CashOutState.OPEN))
    first, *others = fields["files"]
    total_fen, content = first.total_fen + hand.rarely(), digest(hand.number(99))
    first = msgspec.structs.replace(first, total_fen=total_fen, digest=content)
    return {**fields, "files": (first, *others)}


def _approve_cash_out(hand: Hand) -> Fields:
    fields = hand.town.cash_out_approval(_cash_out(hand, CashOutState.PREPARED))
    return {**fields, "digest": hand.digest(fields["digest"])}


# The bank


def _attest_deposit(hand: Hand) -> Fields:
    place = hand.day(6, 1) if hand.rarely() else hand.today, hand.new("BX", bookings)
    employer = hand.one(("E001", "E002", "E003"))
    return {**place_of(place), "employer_no": employer, "amount_fen": hand.fen()}


def _deposit(hand: Hand, wanted: Callable[[Attestation], bool]) -> tuple[date, str]:
    _, day, booking = hand.key(attestations, wanted)
    return date.fromisoformat(day), booking


def _sign_deposit(wanted: Callable[[Attestation], bool]) -> Callable[[Hand], Fields]:
    """The fields of a command that signs an attested deposit."""

    def made(hand: Hand) -> Fields:
        fields = hand.town.signed_deposit(_deposit(hand, wanted))
        return {**fields, "digest": hand.digest(fields["digest"])}

    return made


def _booked(hand: Hand, wanted: Callable[[Booking], bool]) -> tuple[date, str]:
    _, day, booking = hand.key(bookings, wanted)
    return date.fromisoformat(day), booking


def _order(hand: Hand, state: str) -> str:
    """A payment in that state that the bank has."""
    out = {parts[0] for parts, each in listed(hand.state, cash_outs) if each.state == "accepted"}
    (number,) = hand.key(payment_orders, lambda order: order.state == state and order.cashout in out)
    return number


def _line(hand: Hand, day: date) -> Line:
    """A deposit that is awaited, a payment, one that comes back, or anything."""
    booking, amount_fen = hand.new("BX", bookings), hand.fen()
    kind = hand.one(("deposit", "payout", "payout", "return", "any", "any"))
    if kind == "deposit":
        ahead = [
            Line(date.fromisoformat(on), reference, True, each.amount_fen + hand.rarely(), payer=each.employer)
            for (_, on, reference), each in sorted(listed(hand.state, attestations), key=lambda each: each[0])
            if each.state == "attested"
        ]
        new = Line(day, booking, True, amount_fen, payer=hand.one(("E001", "E002", "E999", None)))
        return hand.one([*ahead, new])
    if kind == "any":
        earlier = [each.line.amount_fen for _, each in sorted(listed(hand.state, bookings), key=lambda each: each[0])]
        amount_fen = hand.one((amount_fen, hand.one(earlier)))  # a line that undoes another is of its sum
        facts: Fields = {
            "returned": hand.one((None, "AC04")),
            "own_text": hand.rarely(),
            "payer": hand.one((None, "E001")),
        }
        return Line(day, booking, bool(hand.random.randrange(2)), amount_fen, **facts)
    number = _order(hand, "held" if kind == "payout" else "settled")
    amount_fen = hand.record(payment_orders, number).amount_fen + hand.rarely()
    returned = "AC04" if kind == "return" else None
    return Line(day, booking, kind == "return", amount_fen, order=number, returned=returned)


def _book(hand: Hand) -> Fields:
    at_ms = hand.town.at_ms
    custody = hand.record(custodies, CUSTODY)
    following = (custody.closing_day or hand.today) + timedelta(days=1)
    day = hand.one((following, hand.today))
    lines = {line.key: line for line in (_line(hand, day) for _ in range(hand.random.randrange(3)))}
    number = hand.one((None, custody.statements + 1, 1 + hand.rarely()))
    fields = hand.town.statement(day, *lines.values(), number=number)
    hand.town.at_ms = at_ms
    return fields


def _assign_line(hand: Hand) -> Fields:
    """Say anything of a waiting line, mostly what its direction and sum allow."""
    place = _booked(hand, lambda booking: booking.kind == "waiting")
    booking = hand.record(bookings, CUSTODY, *place)
    line, fen = booking.line, booking.waiting_fen
    targets = [Target("platform", PLATFORM)]
    targets += [Target("employer", number) for number in ("E001", "E002")]
    targets += [Target("parts", "", (fen - 1, 1 + hand.rarely()))] if fen > 1 else []
    targets += [
        Target("line", each.line.key)
        for _, each in sorted(listed(hand.state, bookings), key=lambda each: each[0])
        if each.line.credit != line.credit and each.line.amount_fen == fen
    ]
    targets += [
        Target("deposit", f"{day}/{reference}")
        for (_, day, reference), each in sorted(listed(hand.state, attestations), key=lambda each: each[0])
        if line.credit and each.amount_fen == fen
    ]
    if hand.random.randrange(3) == 0:
        targets = [Target("order", _order(hand, "settled" if line.credit else "held"))]
    return {**place_of(place), "target": hand.one(targets)}


def _agree_line(hand: Hand) -> Fields:
    """Agree to what was said of a line that waits."""

    def wanted(booking: Booking) -> bool:
        return booking.kind == "waiting" and booking.proposal is not None

    place = _booked(hand, wanted)
    if hand.record(bookings, CUSTODY, *place).proposal is None:
        return {**place_of(place), "digest": NOTHING}
    fields = hand.town.agreement(place)
    return {**fields, "digest": hand.digest(fields["digest"])}


def _reject(hand: Hand) -> Fields:
    number = _order(hand, "held")
    cashout = hand.record(payment_orders, number).cashout
    return {"custody": CUSTODY, "cashout": cashout, "rejections": ((number, "AC01"),)}


def _accept(hand: Hand) -> Fields:
    fields = hand.town.acceptance(_cash_out(hand, CashOutState.INSTRUCTED))
    return {**fields, "files": tuple(map(hand.digest, fields["files"] or (NOTHING,)))}


def _close_period(hand: Hand) -> Fields:
    """Close a month with all that is open, or rarely without some of it or with something else."""
    period = hand.one(("2026-06", "2026-07", "2026-07", "2026-08", "2026-09"))
    items = list(open_items(hand.state, period, hand.town.at_ms))
    if hand.rarely() and items:
        items.remove(hand.one(items))
    if hand.rarely() and items:
        items.append(msgspec.structs.replace(hand.one(items), name=hand.one(("E001", "C1", "2026-08-03/B1"))))
    return {"period": period, "custody": CUSTODY, "carried": tuple(items)}


def _countersign(hand: Hand) -> Fields:
    (period,) = hand.key(months)
    month = hand.record(months, period)
    content = MonthContent(period, month.custody, month.figures, month.statement, month.carried)
    return {"period": period, "figures": month.figures, "digest": hand.digest(digest(content))}


# Governance


VALUES: Final = (
    ("calendar.2026", ((), ("2026-08-24", "2026-08-25"))),
    ("minimum_wage.510100-1", (2000, 2300, 2500)),
    ("workday.close", (0, 1400, 1439)),
    ("answer.days", (0, 1, 2)),
    ("dispute.decide_days", (1, 7, 60)),
    ("worker.key_days", (1, 3, 4)),
    ("contest.decide_days", (1, 4)),
    ("review.decision_fen", (1, 2_000, 10**6)),
    ("recovery.share_bp", (500, 2_000, 10_000)),
    ("retention.payroll_years", (0, 3)),
    ("retention.voucher_years", (0, 30)),
    ("pay.rules", (MADE_UP - 1, MADE_UP)),
    ("payee.fee", (digest("account of the officers"),)),
    ("ledger.closed", (0, 0, 1)),
    ("cashout.second_role_fen", (1, 10**9)),
)


CONTRACTS: Final = (digest("another contract"), digest("a third one"))


def _propose(hand: Hand) -> Fields:
    name, values = hand.one(VALUES)
    own = OWN_PROPOSALS[hand.one(tuple(OWN_PROPOSALS)) if hand.rarely() else hand.role.split("/")[0]]
    return {
        "proposal": hand.new(f"{own}X", proposals),
        "name": name,
        "value": msgspec.Raw(canonical(hand.one(values))),
        "effective_from": hand.day(30, 30),
        "source": "an order",
    }


def _propose_rule(hand: Hand) -> Fields:
    basis = Basis(hand.one(("No. 1", "No. 2")), None, Confidence.CITED, Retro.NONE)
    return {
        **_propose(hand),
        "name": "late_charge.cn.employee",
        "value": msgspec.Raw(canonical({"ppm": hand.one((500, 1_000_001))})),
        "basis": msgspec.structs.replace(basis, replaces="No. 1") if hand.rarely() else basis,
    }


def _approve(hand: Hand) -> Fields:
    (number,) = hand.key(proposals, lambda proposal: proposal.state == "open")
    fields = hand.town.approval(number)
    return {**fields, "digest": hand.digest(fields["digest"])}


def _restore(hand: Hand) -> Fields:
    if hand.random.randrange(2):
        height, block = hand.key(restorations)
        reason = hand.record(restorations, height, block).reason
        return {"height": int(height), "block_hash": block, "reason": reason}
    return {"height": hand.number(40), "block_hash": digest("a block"), "reason": "disk lost"}


def _revoke(hand: Hand) -> Fields:
    """Any certificate, also of those who are not asked; one's own seldom, or nothing would go on."""
    theirs = ("union/treasurer", "bank/teller", "regulator/admin", "employer/signer/E002")
    others = [caller for caller in theirs if not caller.startswith(tuple(hand.organisations))]
    return {"serial": hand.town.engine.serial(hand.one([*others, "nobody"])), "reason": "stolen"}


def _found(_: Hand) -> Fields:
    roots = dict.fromkeys(("union", "employer", "bank", "regulator"), "root")
    fields = {"channel": EMBEDDED, "genesis_block": NOTHING, "consortium": "x", "rehearsal": True}
    return {**fields, "roots": roots, "contract": NOTHING}


def _propose_contract(hand: Hand) -> Fields:
    return {
        "version": hand.one(CONTRACTS),
        "not_before_ms": hand.town.at_ms + hand.one((0, 10**8)),
        "source": "release",
    }


def _of_contract(hand: Hand) -> Fields:
    """A proposal as it stands, or of another digest."""
    (organisation,) = hand.key(proposed_contracts)
    proposed = hand.record(proposed_contracts, organisation)
    right = contract_digest(proposed)
    return {"version": proposed.version, "proposed_by": organisation, "digest": hand.digest(right)}


def _state_contract(hand: Hand) -> Fields:
    return {**_of_contract(hand), "has": not hand.rarely()}


def _sign_checkpoint(hand: Hand) -> Fields:
    finding = Finding(hand.one((7, hand.number(40))), digest("a block"), digest(hand.number(9)), 0, 0)
    return {"finding": finding, "reason": hand.one((None, "a slip"))}


COMMANDS: Final[dict[type[AnyCommand], Callable[[Hand], Fields]]] = {
    Void: lambda hand: {"voided": hand.one((hand.key(requests)[-1], f"any-{hand.number(10**9):010d}"))},
    MoveClock: lambda _: {},
    Found: _found,
    Restore: _restore,
    ProposeContract: _propose_contract,
    StateContract: _state_contract,
    SwitchContract: _of_contract,
    Propose: _propose,
    ProposeRule: _propose_rule,
    Approve: _approve,
    Revoke: _revoke,
    AddEmployer: lambda hand: {"employer": f"E{100 + hand.number(9)}" if not hand.rarely() else "E002"},
    AddWorkers: _add_workers,
    CloseRegister: _close_register,
    CarryOver: _carry_over,
    SetEmployer: lambda hand: {"employer": hand.employer(), **_status(hand)},
    SetWorker: lambda hand: {"worker": hand.worker(), **_status(hand)},
    SetPayee: _set_payout,
    OrderDeduction: _order_deduction,
    ApproveDeduction: _approve_deduction,
    CancelDeduction: lambda hand: {
        "order": hand.key(deduction_orders, lambda order: order.recovery is None)[0],
        "reason": "paid otherwise",
    },
    ProposeRecovery: _propose_recovery,
    ApproveRecovery: _approve_recovery,
    CancelRecovery: lambda hand: {"recovery": _recovery(hand, lambda _: True), "reason": "let off"},
    WithdrawRecovery: _withdraw_recovery,
    ProposeTerms: _propose_terms,
    AcceptTerms: _version("proposed"),
    ActivateTerms: _version("accepted"),
    AccedeToTerms: _accede_to_terms,
    EndTerms: _end_terms,
    OpenRun: _open_run,
    PriceShards: _shards_of_run(RunState.OPEN, None),
    FundRun: _run(RunState.OPEN, RunState.SHORT),
    PayShards: _shards_of_run(RunState.FUNDED, ShardState.PRICED),
    SweepRun: _run(RunState.FUNDED, RunState.SWEPT),
    OpenCashOut: _open_cash_out,
    HoldShards: lambda hand: {
        "cashout": _cash_out(hand, CashOutState.OPEN),
        "shards": _some_shards(hand),
    },
    CancelCashOut: lambda hand: {
        "cashout": _cash_out(hand, CashOutState.OPEN, CashOutState.PREPARED, CashOutState.INSTRUCTED)
    },
    ReleaseShards: lambda hand: {
        "cashout": _cash_out(hand, CashOutState.CANCELLED),
        "shards": _some_shards(hand),
    },
    SignCheckpoint: _sign_checkpoint,
    OpenCustody: lambda hand: {"custody": hand.one((CUSTODY, "6222000000000002"))},
    AttestDeposit: _attest_deposit,
    CosignDeposit: _sign_deposit(lambda deposit: deposit.cosigned_by is None),
    ReverseDeposit: lambda hand: {
        **place_of(_deposit(hand, lambda deposit: deposit.state in ("attested", "missing"))),
        "reason": "booked twice",
    },
    AgreeReversal: _sign_deposit(lambda deposit: deposit.reversal is not None),
    BookStatement: _book,
    RejectPaymentOrders: _reject,
    AssignLine: _assign_line,
    AgreeLine: _agree_line,
    ConsentLine: lambda hand: {"employer": hand.employer(), **_agree_line(hand)},
    InstructCashOut: _instruct,
    ApproveCashOut: _approve_cash_out,
    AcceptCashOut: _accept,
    ClosePeriod: _close_period,
    Countersign: _countersign,
    ProposeReinstatement: lambda hand: {"ended": _ended(hand), "reason": "a slip"},
    ApproveReinstatement: _approve_reinstatement,
    ErasePerson: lambda hand: {
        "worker": hand.key(workers, lambda each: bool(each.statuses) and each.statuses[-1].status == "ended")[0],
        "last_day": hand.day(30),
        "reason": "asked to",
    },
    ShowPerson: lambda hand: {"worker": _blocked(hand), "reason": "a court asks"},
    UnblockPerson: lambda hand: {"worker": _blocked(hand), "reason": "money came"},
    CloseDay: lambda hand: {"day": hand.day(20)},
    SubmitSheet: _submit,
    CorrectSheet: _correct,
    CertifySheets: _certify,
    ReverseRun: lambda hand: {"run": hand.run(RunState.FUNDED, RunState.SHORT), "reason": "wrong rate"},
    UnwindShard: _shards_of_run(RunState.REVERSING, ShardState.PRICED, ShardState.PAID, command=UnwindShard),
    CloseReversal: _run(RunState.REVERSING),
    Confirm: _confirm,
    OpenDispute: _dispute,
    Withdraw: _withdraw,
    ReplyToDispute: _reply,
    Decide: _decide,
    ReviewDecision: _review,
    ContestRow: _contest,
    StateAward: _state_award,
    ApproveAward: _approve_award,
    ProposeKey: _propose_key,
    ApproveKey: _approve_key,
    VetoKey: _veto_key,
}
