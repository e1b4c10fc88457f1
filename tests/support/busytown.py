"""A town in the middle of its work: every kind of record stands there, at every stage that a command can find it at.

Its weeks are priced by the first version of the pay rules and by one that is made up (`madeuprules`), turn by turn.
"""

from datetime import date
from functools import cache
from typing import Final

import msgspec

from lxr.chaincode.assignments import AgreeLine, AssignLine
from lxr.chaincode.attestations import ReverseDeposit
from lxr.chaincode.awards import StateAward
from lxr.chaincode.caller import BANK, ORGANISATIONS, REGULATOR, UNION
from lxr.chaincode.cashout import OpenCashOut
from lxr.chaincode.cashout_records import payment_orders
from lxr.chaincode.checkpoint import Finding, SignCheckpoint
from lxr.chaincode.contests import ContestRow
from lxr.chaincode.custody_records import PLATFORM, custodies
from lxr.chaincode.decisions import Decide
from lxr.chaincode.deductions import CancelDeduction, OrderDeduction
from lxr.chaincode.employers import AddEmployer
from lxr.chaincode.governance import Approve, Propose
from lxr.chaincode.instruction import InstructCashOut
from lxr.chaincode.lines import Target
from lxr.chaincode.pay_rule_versions import RULES
from lxr.chaincode.period import ClosePeriod
from lxr.chaincode.recovery import ApproveRecovery, ProposeRecovery
from lxr.chaincode.registration import AddWorkers
from lxr.chaincode.reinstatement import ProposeReinstatement
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.restoration import Restore
from lxr.chaincode.reversal import ReverseRun, UnwindShard
from lxr.chaincode.run_payment import PayShards
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.status_changes import SetEmployer, SetWorker
from lxr.chaincode.statuses import Status
from lxr.chaincode.terms import ProposeTerms
from lxr.chaincode.types import canonical, digest
from lxr.chaincode.upgrade import ProposeContract, StateContract, contract_digest, proposed_contracts
from lxr.chaincode.workday import CloseDay
from lxr.chaincode.worker_keys import ProposeKey
from madeuprules import MADE_UP
from parties import ANNA, BO, CLEO, CUSTODY, DORA, NOVA, SHARDS, aug, numbered, sep
from scenario.money import credit, debit, place_of
from termsdocuments import terms_document
from town import Town
from watched import History, State, Watched

EVE: Final = numbered("Eve")
"""Of E001; her employment was ended by mistake."""
CREW: Final = (ANNA, BO, CLEO, DORA, NOVA, EVE)
"""Those who work there and sign what is so, and nothing else."""
ANEW: Final = "Cleo anew"
"""The name of the key that Cleo has in the place of the one she lost."""
SECOND_ROLE_FEN: Final = 6_000
ORDERED: Final = ("DE001-1", "DE001-2", "DE002-4")
"""Deductions that are right; DE001-1 is approved."""
REVERSED: Final = (aug(19), "WRONG")
"""A deposit that the bank has said was none."""
FEE, UNDOING, UNDONE = (aug(3), "B13"), (aug(14), "B16"), (aug(13), "B17")
ASSIGNED: Final = {FEE: Target("platform", PLATFORM), UNDOING: Target("line", f"{UNDONE[0]}/{UNDONE[1]}")}
"""Lines of which the bank has said what they are: its fee, which the union has not agreed to; and one that takes a
credit of E001 back, to which the union has agreed, and E001 has not."""
REVIEW_FEN: Final = 2_000
CONTEST_DAYS: Final = 4
PAY_RULES: Final = ((aug(11), MADE_UP),)
"""From which day on which version is in force: from a Tuesday on another one, which the next week is priced by."""
PLAN, COURT_ORDER = "RE001-1", "RE001-2"
"""Recoveries that are right: by Cleo's plan, and by a court's order that is not approved."""
PROPOSED: Final = (
    (UNION, "PUNION-CLOSE", "workday.close", 1400),
    (UNION, "PUNION-PAYEE", "payee.tax", digest("the tax office's new account")),
    (REGULATOR, "PREGULATOR-WAGE", "minimum_wage.510100-1", 2500),
)
"""Values that are right, of which one organisation has said so: by whom, number, name and value."""
REINSTATED: Final = {EVE: UNION, "E003": REGULATOR, "E004": UNION}
"""Who was ended by mistake, of which one organisation has said so."""
DECIDED: Final = (ANNA, aug(12))
"""A row of which the union has decided what was worked, which waits for the regulator's word."""
AWARDED: Final = (CLEO, aug(13))
"""A row that says more than was worked, of which the employer has stated an award that is right."""
CONTESTED: Final = (BO, aug(11))
"""A row that the employer contests; what it brings is held."""
Busy = tuple[State, History, int]
"""State, what it came from, and the time."""


def worked(worker: str, day: date) -> int:
    """How many orders the worker did on that day."""
    return 4 + (sum(worker.encode()) + 5 * day.toordinal()) % 7


def busy(settled: State) -> Busy:
    """The town on 20 August, noon, from what `Town.settle` made."""
    return _busy(tuple(settled.items()))


@cache
def _busy(settled: tuple[tuple[str, bytes], ...]) -> Busy:
    engine = Watched(_opened_in_june(dict(settled)), History())
    town = Town(engine, "busy")
    live(town)
    return dict(engine.state), engine.history, town.at_ms


def live(town: Town) -> None:
    """Bring a settled town to 20 August, noon."""
    _found_people(town)
    _bring_money(town)
    _work_and_pay_a_week(town)
    _work_on(town)
    _leave_second_words_open(town)
    town.go(aug(20))


def _opened_in_june(settled: State) -> State:
    """With a custody account that is older than the town: a month is closed, and another one can be."""
    custody = msgspec.structs.replace(custodies.decode(settled[custodies.key(CUSTODY)]), since=date(2026, 6, 30))
    return {**settled, custodies.key(CUSTODY): canonical(custody)}


def _found_people(town: Town) -> None:
    town.do(AddWorkers, employer="E001", workers=(town.new_worker(EVE),))
    town.join("TE001-1", EVE)
    for employer in ("E003", "E004"):
        town.do(AddEmployer, employer=employer)
    town.go(aug(2))
    for number, name, value, day in (
        ("PUNION-LIMIT", "cashout.second_role_fen", SECOND_ROLE_FEN, aug(1)),
        ("PUNION-REVIEW", "review.decision_fen", REVIEW_FEN, aug(1)),
        ("PUNION-CONTEST", "contest.decide_days", CONTEST_DAYS, aug(1)),
        *((f"PUNION-RULES-{day.day}", "pay.rules", version, day) for day, version in PAY_RULES if version in RULES),
    ):
        _propose(town, UNION, number, name, value, day)
        town.do(Approve, "regulator/admin", **town.approval(number))


def _propose(town: Town, organisation: str, number: str, name: str, value: object, day: date) -> None:
    fields = {"name": name, "value": msgspec.Raw(canonical(value)), "effective_from": day, "source": "an order"}
    town.do(Propose, f"{organisation}/admin", proposal=number, **fields)


def _bring_money(town: Town) -> None:
    for booking, employer, amount_fen in (("B1", "E001", 90_000), ("B2", "E002", 40_000)):
        town.deposit(amount_fen, employer, booking)
    town.book(aug(3), *town.in_transit(), credit(aug(3), "B4", 1_000), credit(aug(3), "B15", 2_000))
    town.assigned((aug(3), "B4"), "employer", "E002")
    town.assigned((aug(3), "B15"), "platform", PLATFORM)
    if town.get(custodies, CUSTODY).since.month == 6:
        town.do(ClosePeriod, period="2026-06", custody=CUSTODY)
    town.book(aug(3), credit(aug(3), "B3", 5_000), debit(*FEE, 100), credit(aug(3), "B14", 300, returned="AC04"))


def _attested(town: Town, day: date, *crew: str) -> None:
    town.certified(day, {worker: worked(worker, day) for worker in crew})


def _work_and_pay_a_week(town: Town) -> None:
    for crew in ((ANNA, BO), (CLEO,), (DORA,)):
        _attested(town, aug(3), *crew)
    for worker in (BO, CLEO):
        town.certified(aug(4), {worker: worked(worker, aug(4)) + 3})
    town.do(CloseDay, day=aug(3))
    town.go(aug(5))
    town.deducted("DE001-1", 2_000, ANNA)
    town.priced("E001-20260805")
    town.do(ReverseRun, run="E001-20260805", reason="of no work")
    for shard in range(SHARDS):
        town.do(UnwindShard, run="E001-20260805", shard=shard)
    town.paid("E001-20260812")
    town.paid("E002-20260812")
    town.instructed("C1", scope="run", run="E001-20260812")
    anna, bo = _order(town, "C1", ANNA), _order(town, "C1", BO)
    town.go(aug(13))
    town.deposit(400, "E003", "LOST")
    paid = debit(aug(13), "B5", *anna), debit(aug(13), "B6", *bo)
    town.book(aug(13), *paid, credit(*UNDONE, 700, "E001"), credit(aug(13), "LOST", 399))
    back = [
        credit(aug(14), booking, fen, order=order, returned="AC04")
        for booking, (fen, order) in (("B7", anna), ("B8", bo))
    ]
    town.book(aug(14), *back, debit(*UNDOING, 700))
    town.do(SweepRun, run="E001-20260812")
    town.held("C2", scope="platform")
    town.do(InstructCashOut, **town.instruction("C2"))
    town.held("C3", scope="workers", employer="E001", workers=(ANNA,), retry_of=anna[1])
    town.instructed("C4", scope="run", run="E002-20260812")
    town.do(OpenCashOut, cashout="C5", custody=CUSTODY, scope="all", employer="E001")
    _, cleo = _order(town, "C1", CLEO)
    town.do(RejectPaymentOrders, custody=CUSTODY, cashout="C1", rejections=((cleo, "AC01"),))
    town.held("C6", scope="workers", employer="E001", workers=(CLEO,), retry_of=cleo)
    town.leave("C6", accepted=False)


def _order(town: Town, cashout: str, worker: str) -> tuple[int, str]:
    """What a payment to the worker pays, and its number."""
    found = {town.get(payment_orders, number).account: number for number in town.orders(cashout)}
    number = found[f"worker:{worker}"]
    return town.get(payment_orders, number).amount_fen, number


def _work_on(town: Town) -> None:
    """Rows at every stage: agreed, certified and unanswered, signed and uncertified, submitted, disputed."""
    town.go(aug(16))
    _attested(town, aug(10), ANNA)
    _attested(town, aug(10), DORA)
    for day, worker in ((aug(10), CLEO), (aug(11), BO)):
        town.work(day, {worker: worked(worker, day)})
        town.certify(worker, day)
    town.work(aug(12), {ANNA: 1, BO: worked(BO, aug(12))})
    town.dispute(ANNA, aug(12), worked(ANNA, aug(12)))
    town.work(aug(12), {DORA: 1})
    town.dispute(DORA, aug(12), worked(DORA, aug(12)))
    town.work(aug(13), {ANNA: worked(ANNA, aug(13))})
    town.confirm(ANNA, aug(13))
    town.work(aug(14), {CLEO: 2})
    town.dispute(BO, aug(15), worked(BO, aug(15)))
    town.work(aug(14), {BO: 1})
    town.dispute(BO, aug(14), worked(BO, aug(14)))
    town.go(aug(16), 13)
    town.correct(aug(14), {BO: worked(BO, aug(14)) + 1})
    for worker in (BO, CLEO):  # the employer has found that it had counted too much, and they say so
        _corrected(town, aug(4), worker)
    town.certified(aug(13), {CLEO: worked(CLEO, aug(13)) + 3})
    town.reply(*DECIDED)
    town.reply(DORA, aug(12))
    town.go(aug(18))
    town.do(Decide, **town.decision(*DECIDED, worked(*DECIDED)))
    town.do(ContestRow, **town.contest(*CONTESTED, 1))
    for day, worker in ((aug(17), ANNA), (aug(17), CLEO), (aug(18), CLEO), (aug(18), DORA)):
        _attested(town, day, worker)
    town.work(aug(18), {BO: worked(BO, aug(18)), ANNA: 3})
    town.funded("E001-20260819")
    town.do(PayShards, run="E001-20260819", shards=(0,))
    town.priced("E002-20260819")
    _attested(town, aug(16), BO)
    town.paid("E001-20260819-B")
    town.do(ReverseRun, run="E001-20260819-B", reason="wrong rate")


def _corrected(town: Town, day: date, worker: str) -> None:
    """Corrected to what was worked, which the worker signs."""
    town.correct(day, {worker: worked(worker, day)})
    town.confirm(worker, day)
    town.certify(worker, day)


def _leave_second_words_open(town: Town) -> None:
    town.go(aug(19), 20)
    for number, worker in (("DE001-2", BO), ("DE001-3", CLEO), ("DE002-4", DORA)):
        town.do(OrderDeduction, **town.deduction(number, 700, worker))
    town.do(CancelDeduction, order="DE001-3", reason="paid otherwise")
    town.do(ProposeRecovery, **town.recovery(PLAN, 1_000, CLEO))
    town.do(ProposeRecovery, **town.court_order(COURT_ORDER, 1_500, BO, share_bp=10_000))
    town.do(ProposeRecovery, **town.court_order("RE001-3", 1_500, CLEO, share_bp=10_000))  # with the plan too much
    town.do(ApproveRecovery, **town.recovery_approval("RE001-3"))
    town.do(StateAward, **town.award(*AWARDED, worked(*AWARDED)))
    cheaper = terms_document(rules=(msgspec.structs.replace(terms_document().rules[0], rate_fen=450),))
    town.do(ProposeTerms, employer="E001", terms="TE001-1", version=2, document=cheaper)
    town.do(ProposeKey, **town.new_key(CLEO, ANEW))
    for organisation, number, name, value in PROPOSED:
        _propose(town, organisation, number, name, value, sep(1))
    # for days that have begun, so it is never in force
    _propose(town, UNION, "PUNION-BACK", "pay.rules", max(RULES), aug(1))
    town.deposit(3_000, "E001", "B9", cosigned=True)
    town.deposit(2_500, "E002", "B10")
    town.deposit(700, "E001", REVERSED[1])
    town.do(ReverseDeposit, **place_of(REVERSED), reason="booked twice")
    for line, target in ASSIGNED.items():
        town.do(AssignLine, **place_of(line), target=target)
    town.do(AgreeLine, **town.agreement(UNDOING))
    for ended, organisation in REINSTATED.items():
        fields = {"status": Status.ENDED, "from_day": aug(20), "reason": "by mistake"}
        town.do(SetWorker, worker=ended, **fields) if ended == EVE else town.do(SetEmployer, employer=ended, **fields)
        role = "operator" if organisation == UNION else "admin"
        town.do(ProposeReinstatement, f"{organisation}/{role}", ended=ended, reason="a slip")
    version = digest("the next contract")
    town.do(ProposeContract, "bank/admin", version=version, not_before_ms=town.at_ms, source="a release")
    for organisation in ORGANISATIONS[1:] if type(town.engine) is Watched else ():  # no node has it
        seen = contract_digest(town.get(proposed_contracts, BANK))
        town.do(StateContract, f"{organisation}/witness", version=version, proposed_by=BANK, digest=seen)
    town.do(Restore, "regulator/admin", height=9, block_hash=digest("block 8"), reason="disk lost")
    finding = Finding(7, digest("block 6"), digest("root 6"), 0, 0)
    town.do(SignCheckpoint, "regulator/auditor", finding=finding)
    town.do(SignCheckpoint, "bank/auditor", finding=finding)
