"""A small town for the contract suite: one employer with three workers, another with one, on any ledger.

    town.go(aug(3))                               # the time of everything that follows: noon of that day in Chengdu
    town.do(CloseDay, day=aug(2))                 # as the first role that may give the command, under a new request id
    town.refused(NotAllowed, CloseDay, "bank/teller", day=aug(2))
    town.certified(aug(3), {ANNA: 10, BO: 4})      # worked, confirmed by the workers, certified
    town.paid("E001-20260812")                    # priced, funded and paid, for all shards

`do` also gives the command a second time and asserts the same answer and no change; `refused` asserts that nothing was
written. After each accepted command the contract's invariants hold.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, Final, TypeVar

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engines import A, Engine
from lxr.chaincode.accession import AccedeToTerms, Accession, SignedAccession
from lxr.chaincode.assignments import AgreeLine, AssignLine, LineAnswer
from lxr.chaincode.attestations import AttestDeposit, CosignDeposit
from lxr.chaincode.awards import award_digest, awards
from lxr.chaincode.books import balances, wages
from lxr.chaincode.cashout import OpenCashOut
from lxr.chaincode.cashout_holds import HoldShards
from lxr.chaincode.cashout_records import CashOutShard, Debtor, cash_out_shards, cash_outs
from lxr.chaincode.command import HANDLERS, AnyCommand, Command
from lxr.chaincode.custody import CustodyAnswer
from lxr.chaincode.custody_records import (
    Transit,
    assignment_digest,
    attestation_digest,
    attestations,
    bookings,
    custodies,
    transits,
)
from lxr.chaincode.days import day_of, moment
from lxr.chaincode.decisions import Decide, ReplyToDispute, decision_digest
from lxr.chaincode.deductions import ApproveDeduction, OrderDeduction, deduction_digest
from lxr.chaincode.employers import AddEmployer
from lxr.chaincode.founding import geneses
from lxr.chaincode.instruction import AcceptCashOut, ApproveCashOut, InstructCashOut, StatedFile, instruction_digest
from lxr.chaincode.lines import Line, Target
from lxr.chaincode.parameters import proposal_digest, proposals
from lxr.chaincode.pay_rules import PerUnit, Rule, measures_of, times_of
from lxr.chaincode.paydays import PaydayRule, Weekly
from lxr.chaincode.payroll import RunAnswer
from lxr.chaincode.recovery import ProposeRecovery, RecoveryEnd, plan_of
from lxr.chaincode.registration import AddWorkers, NewWorker, Registration, worker_number
from lxr.chaincode.reinstatement import reinstatement_digest, reinstatements
from lxr.chaincode.reversal import CloseReversal, ReverseRun, UnwindShard
from lxr.chaincode.rows import Row, RowState, row_digest
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.run_opening import OpenRun
from lxr.chaincode.run_payment import PayShards
from lxr.chaincode.run_pricing import PriceShards
from lxr.chaincode.runs import PayLine, deduction_orders, pay_lines, run_shards, runs
from lxr.chaincode.sheet import Sheet, sheets
from lxr.chaincode.sheet_certification import CertifiedShard, CertifySheets, SeenShard, SeenSheet
from lxr.chaincode.statements import BookStatement
from lxr.chaincode.terms import AcceptTerms, ActivateTerms, ProposeTerms, TermsDocument, documents, terms_heads
from lxr.chaincode.types import Record, canonical, digest
from lxr.chaincode.workday import CorrectSheet, NewRow, SubmitSheet, Submitted
from lxr.chaincode.workday_answers import (
    Answer,
    Confirm,
    Confirmation,
    DisputeAnswer,
    Objection,
    OpenDispute,
    SignedRow,
    Withdraw,
    Withdrawal,
)
from lxr.chaincode.worker_keys import KeyVeto, NewKey, key_change_digest
from lxr.chaincode.workers import workers
from lxr.chaincode.world import Part, Table
from lxr.node.invariants import check
from lxr.token.accounts import AccountKind
from lxr.token.refusal import Refusal

R = TypeVar("R", bound=Record)
F = TypeVar("F", bound=Refusal)

CUSTODY: Final = "6222000000000001"
SHARD_SIZE: Final = 3
SHARDS: Final = 2
"""How many workers of an employer share a shard, and how many shards those of E001 fill at first."""
Place = tuple[date, str]
"""The booking day and the reference of a line of the bank's."""


_NAMES: Final[dict[str, str]] = {}
"""By number, the name whose account a worker is registered with."""


def payout(name: str) -> str:
    """The commitment to the bank account of that name, or of the worker of that number."""
    return digest(f"bank account of {_NAMES.get(name, name)}")


def numbered(name: str | int, employer: str = "E001") -> str:
    """The number of the worker who is registered by that employer with the account of that name."""
    number = worker_number(employer, payout(f"{name}"), None)
    _NAMES[number] = f"{name}"
    return number


ANNA, BO, NOVA, CLEO = map(numbered, (7, 9, 18, 12))
DORA: Final = numbered("Dora", "E002")
"""Anna and Bo are in shard 0 of E001, Cleo in shard 1; Dora is with E002; Nova is with E001 and has joined no terms."""


def aug(day: int) -> date:
    """A day of August 2026; the 3rd is a Monday."""
    return date(2026, 8, day)


def sep(day: int) -> date:
    """A day of September 2026."""
    return date(2026, 9, day)


def key_of(name: str) -> ec.EllipticCurvePrivateKey:
    """The private key that belongs to this name in every test."""
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(name.encode()).digest()) >> 1, ec.SECP256R1())


def public_key(name: str) -> str:
    """The public key that belongs to this name."""
    return key_of(name).public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint).hex()


def signature(name: str, message: Record) -> bytes:
    """Signed with the key of this name."""
    return key_of(name).sign(canonical(message), ec.ECDSA(SHA256()))


def terms_document(
    employer: str = "E001",
    payday: PaydayRule | None = None,
    rules: tuple[Rule, ...] = (PerUnit("orders", 500),),
    **changes: Any,
) -> TermsDocument:
    """5.00 an order, Monday to Sunday paid on Wednesday, fee 2 %, no minimum wage; but for what is given."""
    document = TermsDocument(
        employer=employer,
        pay_class="riders",
        effective_from=aug(1),
        effective_to=None,
        payday=payday or Weekly(3),
        rules=rules,
        service_fee_bp=200,
        most_per_day={measure: 1440 if measure in times_of(rules) else 10**6 for measure in measures_of(rules)},
        minimum_wage_place=None,
        answer_days=2,
        text_digest=digest("the agreement"),
    )
    return msgspec.structs.replace(document, **changes)


def stated_files(cashout: str, held: Sequence[CashOutShard], groups: Sequence[int]) -> tuple[StatedFile, ...]:
    """The bank's files of what is held, each of so many shards; of one payment at least, as any file is."""
    files, shards = [], list(held)
    for place, size in enumerate(groups, 1):
        theirs, shards = shards[:size], shards[size:]
        count, total_fen = sum(len(each.orders) for each in theirs), sum(each.total_fen for each in theirs)
        name = f"F{place}-{cashout}"
        files.append(StatedFile(name, digest(name), max(size, 1), max(count, 1), total_fen))
    return tuple(files)


class Town:
    """One ledger, and short ways to bring it into a state."""

    def __init__(self, engine: Engine, requests: str = "town") -> None:
        self.engine: Final = engine
        self.at_ms = moment(aug(1), 720)
        self._prefix: Final = requests
        self.requests = 0

    @cached_property
    def ledger_id(self) -> str:
        """What everything is signed for."""
        return self.get(geneses).ledger

    def settle(self) -> None:
        """Employers, workers and terms, on a ledger that has been founded with its parameters and custody account."""
        for employer, crew in (("E001", (ANNA, BO, NOVA, CLEO)), ("E002", (DORA,))):
            self.do(AddEmployer, employer=employer, shard_size=SHARD_SIZE)
            self.do(
                AddWorkers,
                employer=employer,
                workers=tuple(self.new_worker(worker, employer) for worker in crew),
            )
        self.terms_active("TE001-1", terms_document())
        self.join("TE001-1", ANNA, BO, CLEO)
        self.terms_active("TE002-2", terms_document("E002"))
        self.join("TE002-2", DORA)

    # Time and commands

    def go(self, day: date, hour: int = 12, minute: int = 0, second: int = 0) -> date:
        """Set the time. Gives the day back."""
        self.at_ms = moment(day, hour * 60 + minute) + second * 1000
        return day

    def do(self, kind: type[Command[A]], caller: str | None = None, /, **fields: Any) -> A:
        """Give a command, and once more: the same answer, and nothing is done twice."""
        command, who = self._made(kind, fields), caller or _default(kind, fields)
        answer = self.engine.submit(who, command, self.at_ms)
        state = dict(self.engine.scan(""))
        assert answer == self.engine.submit(who, command, self.at_ms)
        assert state == dict(self.engine.scan(""))
        # of what was read, and in its order: on a network each scan is a journey
        assert check(lambda prefix: (item for item in state.items() if item[0].startswith(prefix))) == []
        return answer

    def refused(self, refusal: type[F], kind: type[AnyCommand], caller: str | None = None, /, **fields: Any) -> F:
        """Give a command that must be refused so; nothing is written."""
        command = self._made(kind, fields)
        before = dict(self.engine.scan(""))
        with pytest.raises(refusal) as caught:
            self.engine.submit(caller or _default(kind, fields), command, self.at_ms)
        assert type(caught.value) is refusal
        assert before == dict(self.engine.scan(""))
        return caught.value

    def _made(self, kind: type[Command[A]], fields: Mapping[str, Any]) -> Command[A]:
        self.requests += 1
        return kind(**{"request_id": f"{self._prefix}-{self.requests:06d}", **fields})

    # What is on the ledger

    def get(self, table: Table[R], *parts: Part) -> R:
        """One record that must be there."""
        value = self.engine.read(table.key(*parts))
        assert value is not None, table.key(*parts)
        return table.decode(value)

    def fen(self, account: str) -> int:
        """What an account holds."""
        kind, _, number = account.partition(":")
        if kind == AccountKind.WORKER:
            worker = self.get(workers, number)
            crew = self.engine.read(wages.key(worker.employer, worker.shard))
            return 0 if crew is None else wages.decode(crew).fen.get(number, 0)
        value = self.engine.read(balances.key(account))
        return 0 if value is None else balances.decode(value).fen

    def sheet(self, day: date, worker: str = ANNA) -> Sheet:
        """The worker's sheet of that day."""
        return self.get(sheets, *self.place(worker, day))

    def row(self, day: date, worker: str = ANNA) -> Row:
        """The worker's row of that day."""
        row = self.sheet(day, worker).row(worker)
        assert row is not None
        return row

    def line(self, run: str, worker: str = ANNA) -> PayLine:
        """The worker's pay line."""
        return self.get(pay_lines, run, self.get(workers, worker).shard).lines[worker]

    def nets(self, run: str) -> dict[str, int]:
        """Net pay by worker."""
        found = (pay_lines.decode(value) for _, value in self.engine.scan(f"lines/{run}/"))
        return {worker: line.net_fen for record in found for worker, line in record.lines.items()}

    def place(self, worker: str, day: date) -> tuple[str, date, int]:
        """Employer, day and shard of the worker's sheet."""
        record = self.get(workers, worker)
        return record.employer, day, record.shard

    def new_worker(self, number: str, employer: str = "E001", *, signed_by: str | None = None) -> NewWorker:
        """A registration for this ledger, signed by the worker or by somebody else."""
        message = Registration(self.ledger_id, number, employer, public_key(number), payout(number))
        return NewWorker(number, public_key(number), payout(number), signature(signed_by or number, message))

    # Terms

    def terms_active(self, terms: str, document: TermsDocument, version: int = 1) -> None:
        """Proposed, accepted, and open for joining."""
        employer = document.employer
        self.do(ProposeTerms, employer=employer, terms=terms, version=version, document=document)
        self.do(AcceptTerms, terms=terms, version=version, digest=digest(document))
        self.do(ActivateTerms, terms=terms, version=version, digest=digest(document))

    def join(self, terms: str, *crew: str, version: int = 1, from_day: date | None = None) -> None:
        """Workers join a version, from the first day of the terms or another."""
        day = from_day or self.get(documents, terms, version).effective_from
        joins = tuple(self.joining(worker, terms, version, day) for worker in crew)
        self.do(AccedeToTerms, terms=terms, version=version, accessions=joins)

    def joining(
        self, worker: str, terms: str, version: int, day: date, *, signed_by: str | None = None
    ) -> SignedAccession:
        """A signed Join."""
        there = self.get(terms_heads, terms).versions[version - 1].digest
        number = len(self.get(workers, worker).memberships) + 1
        message = Accession(self.ledger_id, worker, terms, version, there, day, number)
        return SignedAccession(worker, day, signature(signed_by or worker, message))

    # Work

    def work(self, day: date, rows: Mapping[str, int | dict[str, int]]) -> Submitted:
        """Submit the sheet of the workers' shard: orders, or measures, by worker."""
        employer, _, shard = self.place(next(iter(rows)), day)
        return self.do(SubmitSheet, employer=employer, day=day, shard=shard, rows=new_rows(rows))

    def correct(self, day: date, rows: Mapping[str, int | dict[str, int]]) -> Submitted:
        """Correct the sheet as it stands."""
        first = next(iter(rows))
        employer, _, shard = self.place(first, day)
        version = self.sheet(day, first).version
        return self.do(
            CorrectSheet,
            employer=employer,
            day=day,
            shard=shard,
            version=version,
            rows=new_rows(rows),
            reason="recount",
        )

    def answer(self, worker: str, *days: date, signed_by: str | None = None) -> Answer:
        """A signed confirmation of the worker's rows as they stand."""
        employer = self.get(workers, worker).employer
        rows = tuple(SignedRow(day, self.row_digest(employer, day, worker)) for day in days)
        return Answer(worker, rows, signature(signed_by or worker, Confirmation(self.ledger_id, worker, rows)))

    def row_digest(self, employer: str, day: date, worker: str) -> str:
        """The digest of a row as it stands."""
        return row_digest(employer, day, worker, self.row(day, worker))

    def confirm(self, worker: str, *days: date) -> None:
        """The worker confirms rows as they stand."""
        employer, _, shard = self.place(worker, days[0])
        self.do(Confirm, employer=employer, shard=shard, answers=(self.answer(worker, *days),))

    def objection(self, worker: str, day: date, said: int | dict[str, int], /, **changes: Any) -> dict[str, Any]:
        """The fields of a signed OpenDispute: orders, or measures. What changes give replaces what was signed."""
        claimed = {"orders": said} if isinstance(said, int) else said
        employer, _, shard = self.place(worker, day)
        value = self.engine.read(sheets.key(employer, day, shard))
        row = sheets.decode(value).row(worker) if value else None
        number = (row.disputes if row else 0) + 1
        there = self.row_digest(employer, day, worker) if row else None
        message = Objection(self.ledger_id, worker, day, there, claimed, "more than that", number)
        fields = {
            "employer": employer,
            "shard": shard,
            "worker": worker,
            "day": day,
            "digest": there,
            "claimed": claimed,
            "reason": "more than that",
            "number": number,
            "signature": signature(worker, message),
        }
        return {**fields, **changes}

    def dispute(self, worker: str, day: date, said: int | dict[str, int]) -> DisputeAnswer:
        """The worker disputes a row, or claims one that is missing."""
        return self.do(OpenDispute, **self.objection(worker, day, said))

    def withdrawal(self, worker: str, day: date, number: int = 1) -> dict[str, Any]:
        """The fields of a signed Withdraw."""
        employer, _, shard = self.place(worker, day)
        value = self.engine.read(sheets.key(employer, day, shard))
        row = sheets.decode(value).row(worker) if value else None
        stands = row_digest(employer, day, worker, row or Row({}, 0, RowState.SUBMITTED))
        signed = signature(worker, Withdrawal(self.ledger_id, worker, day, stands, number))
        return {
            "employer": employer,
            "shard": shard,
            "worker": worker,
            "day": day,
            "number": number,
            "signature": signed,
        }

    def withdraw(self, worker: str, day: date, number: int = 1) -> DisputeAnswer:
        """The worker withdraws a dispute."""
        return self.do(Withdraw, **self.withdrawal(worker, day, number))

    def of_row(self, worker: str, day: date) -> dict[str, Any]:
        """The fields that say which row a command is about."""
        employer, _, shard = self.place(worker, day)
        return {"employer": employer, "shard": shard, "worker": worker, "day": day}

    def reply(self, worker: str, day: date) -> DisputeAnswer:
        """The employer's word against a dispute."""
        number = self.row(day, worker).disputes
        return self.do(ReplyToDispute, **self.of_row(worker, day), number=number, reason="the log ends there")

    def decision(self, worker: str, day: date, said: int | dict[str, int], /, **changes: Any) -> dict[str, Any]:
        """The fields of the union's decision."""
        there = self.row_digest(self.place(worker, day)[0], day, worker)
        measures = {"orders": said} if isinstance(said, int) else said
        fields = {"digest": there, "measures": measures, "reason": "the platform's log"}
        return self.of_row(worker, day) | fields | changes

    def decide(self, worker: str, day: date, said: int | dict[str, int]) -> DisputeAnswer:
        """The employer says its word, if it has not yet, and the union decides a dispute."""
        dispute = self.row(day, worker).dispute
        if dispute is not None and dispute.reply is None:
            self.reply(worker, day)
        return self.do(Decide, **self.decision(worker, day, said))

    def review(self, worker: str, day: date, *, upholds: bool, **changes: Any) -> dict[str, Any]:
        """The fields of the regulator's word on a decision."""
        dispute = self.row(day, worker).dispute
        assert dispute is not None
        assert dispute.decision is not None
        signed = decision_digest(self.row_digest(self.place(worker, day)[0], day, worker), dispute.decision)
        return self.of_row(worker, day) | {"digest": signed, "upholds": upholds, "reason": "we saw the log"} | changes

    def contest(self, worker: str, day: date, admits: int = 0, /, **changes: Any) -> dict[str, Any]:
        """The fields of the employer's contest of a row."""
        there = self.row_digest(self.place(worker, day)[0], day, worker)
        fields = {"digest": there, "admits": {"orders": admits} if admits else {}, "reason": "one order sent twice"}
        return self.of_row(worker, day) | fields | changes

    def award(self, worker: str, day: date, orders: int, /, **changes: Any) -> dict[str, Any]:
        """The fields of the employer's statement of an award."""
        there = self.row_digest(self.place(worker, day)[0], day, worker)
        fields = {"row": there, "measures": {"orders": orders}, "document": "ab" * 32, "reason": "award 2026-117"}
        return self.of_row(worker, day) | fields | changes

    def award_approval(self, worker: str, day: date) -> dict[str, Any]:
        """The fields of the regulator's approval of an award."""
        employer = self.place(worker, day)[0]
        signed = award_digest(employer, day, worker, self.get(awards, employer, day, worker))
        return self.of_row(worker, day) | {"digest": signed}

    def certify(self, worker: str, *days: date, **fields: Any) -> CertifiedShard:
        """The union certifies the worker's shard."""
        fields = {"shards": self.seen_shards(worker, *days)} | fields
        (certified,) = self.do(CertifySheets, employer=self.place(worker, days[0])[0], **fields).shards
        return certified

    def seen_shards(self, worker: str, *days: date) -> tuple[SeenShard, ...]:
        """The worker's shard with these sheets as they stand."""
        _, _, shard = self.place(worker, days[0])
        return (SeenShard(shard, self.seen(worker, *days)),)

    def seen(self, worker: str, *days: date) -> tuple[SeenSheet, ...]:
        """The sheets of the worker's shard as they stand, as the union signs them; zeros of one that is missing."""
        values = {day: self.engine.read(sheets.key(*self.place(worker, day))) for day in days}
        return tuple(
            SeenSheet(day, digest(sheets.decode(value)) if value else "0" * 64) for day, value in values.items()
        )

    def approval(self, proposal: str) -> dict[str, str]:
        """The fields of an Approve of what is proposed."""
        return {"proposal": proposal, "digest": proposal_digest(self.get(proposals, proposal))}

    def key_change(self, worker: str) -> dict[str, str]:
        """The fields of an ApproveKey of the key that is proposed."""
        return {"worker": worker, "digest": key_change_digest(worker, self.get(workers, worker))}

    def new_key(self, worker: str, name: str, *, signed_by: str | None = None) -> dict[str, Any]:
        """The fields of a ProposeKey of the key of that name."""
        point = public_key(name)
        signed = signature(signed_by or name, NewKey(self.ledger_id, worker, point))
        return {"worker": worker, "public_key": point, "reason": "phone lost", "signature": signed}

    def veto(self, worker: str, *, signed_by: str | None = None) -> dict[str, Any]:
        """The fields of a VetoKey of the key that is proposed."""
        change = self.key_change(worker)
        message = KeyVeto(self.ledger_id, worker, change["digest"])
        return {**change, "signature": signature(signed_by or worker, message)}

    def reinstatement(self, number: str) -> dict[str, str]:
        """The fields of an ApproveReinstatement of what is proposed."""
        return {"ended": number, "digest": reinstatement_digest(number, self.get(reinstatements, number))}

    def signed_deposit(self, deposit: Place) -> dict[str, Any]:
        """The fields of a CosignDeposit, or of an AgreeReversal, of an attested deposit as it stands."""
        content = attestation_digest(CUSTODY, *deposit, self.get(attestations, CUSTODY, *deposit))
        return {**place_of(deposit), "digest": content}

    def agreement(self, line: Place) -> dict[str, Any]:
        """The fields of an AgreeLine, or of a ConsentLine, of what the bank says of a line."""
        booking = self.get(bookings, CUSTODY, *line)
        assert booking.proposal is not None
        return {**place_of(line), "digest": assignment_digest(CUSTODY, booking, booking.proposal.target)}

    def assigned(self, line: Place, what: str, number: str) -> LineAnswer:
        """Bank and union say what a waiting line is. Gives back the union's answer."""
        self.do(AssignLine, **place_of(line), target=msgspec.convert({"what": what, "number": number}, Target))
        return self.do(AgreeLine, **self.agreement(line))

    def split(self, line: Place, *parts_fen: int) -> LineAnswer:
        """Bank and union say that a waiting line is several things. Gives back the union's answer."""
        self.do(AssignLine, **place_of(line), target=Target("parts", "", parts_fen))
        return self.do(AgreeLine, **self.agreement(line))

    def certified(self, day: date, rows: Mapping[str, int | dict[str, int]]) -> None:
        """Worked on that day, confirmed and certified; of one shard. The time goes to that day unless it is later."""
        self.at_ms = max(self.at_ms, moment(day, 720))
        self.work(day, rows)
        for worker in rows:
            self.confirm(worker, day)
        self.certify(next(iter(rows)), day)

    # Money

    def deduction(self, order: str, amount_fen: int, worker: str = ANNA, **changes: Any) -> dict[str, Any]:
        """The fields of an OrderDeduction."""
        fields = {"order": order, "worker": worker, "kind": "tax", "amount_fen": amount_fen}
        return {**fields, "basis": "个人所得税法 art. 9", "document": digest("the notice"), **changes}

    def deduction_approval(self, order: str) -> dict[str, Any]:
        """The fields of an ApproveDeduction of an order as it stands."""
        record = self.get(deduction_orders, order)
        return {"employer": record.employer, "order": order, "digest": deduction_digest(order, record)}

    def deducted(self, order: str, amount_fen: int, worker: str = ANNA, **changes: Any) -> None:
        """Order a deduction and approve it; runs that are opened on a later day take it."""
        self.do(OrderDeduction, **self.deduction(order, amount_fen, worker, **changes))
        self.do(ApproveDeduction, **self.deduction_approval(order))

    def recovery(self, number: str, amount_fen: int, worker: str = ANNA, /, **changes: Any) -> dict[str, Any]:
        """The fields of a ProposeRecovery that the worker signed: of the week of the 3rd, at most 20 % of a line."""
        fields: dict[str, Any] = {"recovery": number, "worker": worker, "amount_fen": amount_fen, "start": aug(3)}
        fields |= {"employer": "E001", "terms": "TE001-1", "most_fen": 10**6, "share_bp": 2000}
        fields |= {"basis": "agreed with the worker", "document": digest("the agreement"), **changes}
        message = plan_of(ProposeRecovery(request_id="recovery", **fields), self.ledger_id)
        return {**fields, "signature": signature(worker, message)}

    def court_order(self, number: str, amount_fen: int, worker: str = ANNA, /, **changes: Any) -> dict[str, Any]:
        """The fields of a ProposeRecovery by a court's order."""
        return {**self.recovery(number, amount_fen, worker, **changes), "signature": None}

    def recovery_approval(self, number: str) -> dict[str, str]:
        """The fields of an ApproveRecovery of an order as it stands."""
        return {"recovery": number, "digest": deduction_digest(number, self.get(deduction_orders, number))}

    def recovery_end(self, number: str, *, signed_by: str | None = None, **changes: Any) -> dict[str, Any]:
        """The fields of a WithdrawRecovery by the worker."""
        order = self.get(deduction_orders, number)
        message = RecoveryEnd(self.ledger_id, order.worker, number, deduction_digest(number, order))
        signed = signature(signed_by or order.worker, msgspec.structs.replace(message, **changes))
        return {"recovery": number, "signature": signed}

    def deposit(
        self, amount_fen: int, employer: str = "E001", booking: str | None = None, *, cosigned: bool = False
    ) -> Place:
        """The bank attests a credit of the day, or books it where a statement has been there. Its day and reference."""
        place = day_of(self.at_ms), booking or f"D{self.requests}"
        closing_day = self.get(custodies, CUSTODY).closing_day
        if closing_day is not None and place[0] <= closing_day:
            self.book(closing_day, credit(*place, amount_fen, employer))
            return place
        self.do(AttestDeposit, **place_of(place), employer_no=employer, amount_fen=amount_fen)
        if cosigned:
            self.do(CosignDeposit, "bank/admin", **self.signed_deposit(place))
        return place

    def in_transit(self) -> tuple[Line, ...]:
        """The lines of all deposits that are attested and not missing, as the statement of their day has them."""
        value = self.engine.read(transits.key(CUSTODY))
        deposits = (transits.decode(value) if value else Transit()).deposits
        return tuple(
            Line(each.day, each.booking, True, each.amount_fen, payer=each.employer)
            for each in deposits
            if not each.missing
        )

    def confirmed(self) -> None:
        """The bank's statement of today has all that it attested, if there is any such."""
        if lines := self.in_transit():
            self.book(day_of(self.at_ms), *lines)

    def opened(self, run: str, **fields: Any) -> RunAnswer:
        """Open the run of its number's payday. The time goes to that day, unless it is later."""
        employer, payday = run.split("-")[0], date.fromisoformat(run.split("-")[1])
        self.at_ms = max(self.at_ms, moment(payday, 720))
        return self.do(OpenRun, employer=employer, run=run, payday=payday, **fields)

    def priced(self, run: str, **fields: Any) -> dict[str, int]:
        """Open a run and price all its shards. Gives back net pay by worker."""
        self.opened(run, **fields)
        return self.do_priced(run)

    def do_priced(self, run: str) -> dict[str, int]:
        """Price all shards of a run that is open. Gives back net pay by worker."""
        for shard in range(self.get(runs, run).shards):
            self.do(PriceShards, run=run, shards=(shard,))
        return self.nets(run)

    def funded(self, run: str, **fields: Any) -> RunAnswer:
        """Open, price and fund a run."""
        self.priced(run, **fields)
        return self.do(FundRun, run=run)

    def paid(self, run: str, **fields: Any) -> dict[str, int]:
        """Open, price, fund and pay a run. Gives back net pay by worker."""
        self.funded(run, **fields)
        for shard in range(self.get(runs, run).shards):
            self.do(PayShards, run=run, shards=(shard,))
        return self.nets(run)

    def reversed(self, run: str) -> None:
        """Take a run back."""
        self.do(ReverseRun, run=run, reason="wrong rate")
        for shard in range(self.get(runs, run).shards):
            if self.engine.read(run_shards.key(run, shard)) is not None:
                self.do(UnwindShard, run=run, shard=shard)
        self.do(CloseReversal, run=run)

    def held(self, cashout: str, **fields: Any) -> list[str]:
        """Open a cash-out and hold all its shards. Gives back its orders."""
        self.do(OpenCashOut, cashout=cashout, custody=CUSTODY, **fields)
        for shard in self.get(cash_outs, cashout).shards:
            self.do(HoldShards, cashout=cashout, shards=(shard,))
        return self.orders(cashout)

    def orders(self, cashout: str) -> list[str]:
        """The orders of a cash-out that is held."""
        shards = self.get(cash_outs, cashout).shards
        return [order for shard in shards for order in self.get(cash_out_shards, cashout, shard).orders]

    def instruction(self, cashout: str, **changes: Any) -> dict[str, Any]:
        """The fields of the InstructCashOut that fits the holds."""
        held = [
            self.get(cash_out_shards, cashout, shard)
            for shard in self.get(cash_outs, cashout).shards
            if self.engine.read(cash_out_shards.key(cashout, shard)) is not None
        ]
        fields = {
            "cashout": cashout,
            "files": stated_files(cashout, held, (len(held),)),
            "prepared_ms": self.at_ms // 1000 * 1000,
            "execution_date": day_of(self.at_ms),
            "debtor": Debtor("成都灵活就业工会", "102100099996"),
        }
        return {**fields, **changes}

    def cash_out_approval(self, cashout: str) -> dict[str, str]:
        """The fields of an ApproveCashOut of what is prepared."""
        return {"cashout": cashout, "digest": instruction_digest(cashout, self.get(cash_outs, cashout))}

    def leave(self, cashout: str, *, accepted: bool = True) -> None:
        """Prepare and approve a cash-out that is held, by all whom it takes; the bank accepts it.

        What was deposited is on a statement before.
        """
        self.confirmed()
        self.do(InstructCashOut, **self.instruction(cashout))
        self.do(ApproveCashOut, "union/operator", **self.cash_out_approval(cashout))
        if self.get(cash_outs, cashout).second_role:
            self.do(ApproveCashOut, "union/admin", **self.cash_out_approval(cashout))
        if accepted:
            self.do(AcceptCashOut, **self.acceptance(cashout))

    def acceptance(self, cashout: str) -> dict[str, Any]:
        """The fields of an AcceptCashOut of the file that was approved."""
        return {"cashout": cashout, "files": tuple(file.digest for file in self.get(cash_outs, cashout).files)}

    def instructed(self, cashout: str, **fields: Any) -> list[str]:
        """Open, hold, prepare and approve a cash-out, which the bank accepts. Gives back its orders."""
        numbers = self.held(cashout, **fields)
        self.leave(cashout)
        return numbers

    def statement(self, day: date, /, *lines: Line, **changes: Any) -> dict[str, Any]:
        """The fields of a BookStatement that follows the last one and adds up. The time goes to its day or is later."""
        self.at_ms = max(self.at_ms, moment(day, 720))
        custody = self.get(custodies, CUSTODY)
        opening_fen = changes.get("opening_fen", custody.closing_fen)
        fields = {
            "custody": CUSTODY,
            "statement": custody.statements + 1,
            "number": custody.statements + 1,
            "day": day,
            "opening_fen": opening_fen,
            "closing_fen": opening_fen + sum(line.signed_fen for line in lines),
            "entries": len(lines),
            "first": 0,
            "lines": tuple(sorted(lines, key=lambda line: line.place)),
        }
        return {**fields, **changes}

    def book(self, day: date, /, *lines: Line, **changes: Any) -> CustodyAnswer:
        """The bank books a whole statement."""
        return self.do(BookStatement, **self.statement(day, *lines, **changes))


def credit(day: date, booking: str, amount_fen: int, payer: str | None = None, **facts: Any) -> Line:
    """A credit on a statement: by default of nobody, without a mark."""
    return Line(day, booking, True, amount_fen, payer=payer, **facts)


def debit(day: date, booking: str, amount_fen: int, order: str | None = None, **facts: Any) -> Line:
    """A debit on a statement: by default without an order."""
    return Line(day, booking, False, amount_fen, order=order, **facts)


def place_of(line: Place) -> dict[str, Any]:
    """The fields that say which line of the bank's a command is about."""
    day, booking = line
    return {"custody": CUSTODY, "day": day, "booking": booking}


def new_rows(rows: Mapping[str, int | dict[str, int]]) -> tuple[NewRow, ...]:
    """Rows by worker: orders, or measures."""
    return tuple(NewRow(worker, {"orders": said} if isinstance(said, int) else said) for worker, said in rows.items())


def _default(kind: type[AnyCommand], fields: Mapping[str, Any]) -> str:
    caller = sorted(HANDLERS[kind].callers)[0]
    return f"{caller}/{fields['employer']}" if caller == "employer/signer" else caller
