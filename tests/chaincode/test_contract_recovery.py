"""What was overpaid is recovered from later pay by the worker's signed plan or by a court's order, and not otherwise.

劳动法 art. 50, 工资支付暂行规定 arts. 15, 16.
"""

from typing import Any

import pytest
from msgspec.structs import replace

from lxr.chaincode.awards import ApproveAward, StateAward
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.deductions import OPEN_MAX, ApproveDeduction, OrderDeduction, deduction_digest
from lxr.chaincode.pay_rules import Allowance, PerUnit
from lxr.chaincode.recovery import (
    ApproveRecovery,
    CancelRecovery,
    ProposeRecovery,
    RecoveryPlan,
    WithdrawRecovery,
)
from lxr.chaincode.refusals import (
    Exists,
    FiguresDiffer,
    HashDiffers,
    MalformedCommand,
    NotAllowed,
    NotAParty,
    NotYours,
    NumberForeign,
    SignatureWrong,
    TooLarge,
    Unknown,
    WrongState,
)
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.runs import (
    DeductionOrder,
    DeductionState,
    WorkerEarned,
    arrears,
    deduction_orders,
    deductions,
    earned,
    runs,
)
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.worker_keys import ApproveKey, ProposeKey
from lxr.chaincode.workers import workers
from parties import ANNA, BO, DORA, aug, signature
from preparedtown import prepared_once
from termsdocuments import terms_document
from town import Town

RUN, NEXT, LATER, LAST = "E001-20260812", "E001-20260819", "E001-20260826", "E001-20260902"
PLAN, OTHER = "RE001-1", "RE001-2"


def order(town: Town, number: str = PLAN) -> DeductionOrder:
    return town.get(deduction_orders, number)


def period(town: Town, worker: str = ANNA) -> WorkerEarned:
    return town.get(earned, "E001", 0, "TE001-1", aug(3)).workers[worker]


def overpaid(town: Town) -> dict[str, int]:
    return town.get(shard_heads, "E001", 0).overpaid


def kept(town: Town, run: str, worker: str = ANNA) -> list[tuple[str, str, int]]:
    return [(each.order, each.kind, each.fen) for each in town.line(run, worker).deductions]


def redone(town: Town, orders: int, worker: str = ANNA) -> None:
    """The row of the 3rd is corrected, confirmed and certified."""
    town.correct(aug(3), {worker: orders})
    town.confirm(worker, aug(3))
    town.certify(worker, aug(3))


def planned(town: Town, amount_fen: int = 4000, /, number: str = PLAN, **changes: Any) -> None:
    town.do(ProposeRecovery, **town.recovery(number, amount_fen, **changes))


@prepared_once
def owing(town: Town) -> Town:
    """Anna was paid 40.00 too much in the first week of August; 50.00 for the 17th and 60.00 for the 24th are due."""
    town.certified(aug(3), {ANNA: 10, BO: 4})
    town.deposit(100_000)
    town.paid(RUN)
    redone(town, 2)
    town.paid(NEXT)
    assert (WorkerEarned(5000, 4000, period(town).rows), {ANNA: 4000}) == (period(town), overpaid(town))
    town.certified(aug(17), {ANNA: 10, BO: 1})
    town.certified(aug(24), {ANNA: 12})
    return town


def test_a_signed_plan_takes_its_share_of_each_line_and_the_claim_shrinks_with_it(owing: Town) -> None:
    planned(owing, 2000)
    had_fen = owing.fen("employer:E001")
    assert {ANNA: 4000, BO: 500} == owing.paid(LATER)  # 20 % of 50.00
    assert [(PLAN, "overpaid", 1000)] == kept(owing, LATER)
    assert (4000, 3000, {ANNA: 3000}) == (period(owing).fen, period(owing).over_fen, overpaid(owing))
    assert had_fen - 4000 - 500 - 110 == owing.fen("employer:E001")  # the fee is on what was due
    totals = owing.get(runs, LATER).totals
    assert (5500, 4500, 1000) == (totals.gross_fen, totals.net_fen, totals.recovered_fen)
    assert {ANNA: 6000 - 1000} == owing.paid(LAST)  # what is left of the plan, though 20 % were 12.00
    assert (2000, {ANNA: 2000}, {}) == (
        order(owing).taken_fen,
        overpaid(owing),
        owing.get(deductions, "E001", 0).workers,
    )


def test_without_a_plan_or_an_approved_order_of_a_court_nothing_is_taken(owing: Town) -> None:
    owing.do(ProposeRecovery, **owing.court_order(PLAN, 4000))
    approval = owing.recovery_approval(PLAN)
    for organisation in ORGANISATIONS:
        if organisation != "regulator":
            owing.refused(NotAllowed, ApproveRecovery, f"{organisation}/admin", **approval)
    for caller in ("union/treasurer", "union/operator", "employer/signer/E001", "regulator/auditor"):
        owing.refused(NotAllowed, ApproveRecovery, caller, **approval)
    owing.refused(
        MalformedCommand, ApproveDeduction, employer="E001", order=approval["recovery"], digest=approval["digest"]
    )
    assert {ANNA: 5000, BO: 500} == owing.paid(LATER)
    assert (0, {ANNA: 4000}) == (order(owing).taken_fen, overpaid(owing))


def test_a_plan_is_good_by_the_workers_signature_over_all_of_it_alone(owing: Town) -> None:
    good = owing.recovery(PLAN, 4000)
    changes: tuple[dict[str, Any], ...] = (
        {"recovery": OTHER},
        {"amount_fen": 3999},
        {"most_fen": 10**6 + 1},
        {"share_bp": 1999},
        {"basis": "another"},
        {"document": "0" * 64},
    )
    for change in changes:
        owing.refused(SignatureWrong, ProposeRecovery, **{**good, **change})
    message = {name: good[name] for name in RecoveryPlan.__struct_fields__ if name in good}
    plan = RecoveryPlan(ledger=owing.ledger_id, **message)
    elsewhere = RecoveryPlan(ledger="0" * 64, **message)
    for signed in (signature(BO, plan), signature(ANNA, elsewhere), signature("E001", plan)):
        owing.refused(SignatureWrong, ProposeRecovery, **{**good, "signature": signed})
    owing.do(ProposeRecovery, **{**good, "signature": signature(ANNA, plan)})
    owing.refused(Exists, ProposeRecovery, **good)
    owing.refused(Exists, ProposeRecovery, **owing.court_order(PLAN, 1))


def test_a_plan_for_another_period_or_terms_than_was_signed_is_refused(owing: Town) -> None:
    owing.paid(LATER)
    owing.correct(aug(17), {ANNA: 2})
    owing.confirm(ANNA, aug(17))
    owing.certify(ANNA, aug(17))
    owing.paid(LAST)
    assert {ANNA: 8000} == overpaid(owing)
    owing.refused(SignatureWrong, ProposeRecovery, **{**owing.recovery(PLAN, 4000), "start": aug(17)})
    owing.do(ProposeRecovery, **owing.recovery(PLAN, 4000, start=aug(17)))


def test_a_plan_is_signed_by_the_key_in_force(owing: Town) -> None:
    owing.do(ProposeKey, **owing.new_key(ANNA, "new phone"))
    owing.do(ApproveKey, **owing.key_change(ANNA))
    good = owing.get(workers, ANNA).new_key
    assert good is not None
    assert good.good_from is not None
    owing.go(good.good_from)
    owing.refused(SignatureWrong, ProposeRecovery, **owing.recovery(PLAN, 4000))


@pytest.mark.parametrize("by_court", [False, True], ids=["plan", "court"])
def test_no_more_is_ordered_than_was_overpaid_and_by_the_employer_that_is_owed_alone(
    owing: Town, by_court: bool
) -> None:
    fields = owing.court_order if by_court else owing.recovery
    refusal = owing.refused(FiguresDiffer, ProposeRecovery, **fields(PLAN, 4001))
    assert (4000, 4001) == (refusal.facts["there_fen"], refusal.facts["given_fen"])
    owing.refused(FiguresDiffer, ProposeRecovery, **fields(PLAN, 1, BO))
    owing.refused(FiguresDiffer, ProposeRecovery, **fields(PLAN, 1, start=aug(4)))
    owing.refused(FiguresDiffer, ProposeRecovery, **fields(PLAN, 1, terms="TE001-9"))
    owing.refused(NotYours, ProposeRecovery, **fields(PLAN, 1, DORA))
    owing.refused(NotYours, ProposeRecovery, **fields("RE002-1", 1, employer="E002"))
    owing.refused(NotYours, ProposeRecovery, "employer/signer/E002", **fields(PLAN, 1))
    owing.refused(NumberForeign, ProposeRecovery, **fields("RE002-1", 1))
    owing.refused(Unknown, ProposeRecovery, **fields(PLAN, 1, "W000000000999"))
    owing.refused(MalformedCommand, ProposeRecovery, **{**fields(PLAN, 1), "recovery": "DE001-1"})


def test_a_plan_takes_no_larger_share_than_is_governed_and_a_court_says_its_own(owing: Town) -> None:
    owing.refused(FiguresDiffer, ProposeRecovery, **owing.recovery(PLAN, 4000, share_bp=2001))
    owing.do(ProposeRecovery, **owing.court_order(PLAN, 4000, share_bp=5000))
    owing.do(ApproveRecovery, **owing.recovery_approval(PLAN))
    assert 2500 == owing.paid(LATER)[ANNA]


def test_a_courts_order_is_approved_by_the_digest_of_all_of_it(owing: Town) -> None:
    owing.refused(Unknown, ApproveRecovery, recovery=PLAN, digest="0" * 64)
    variants: tuple[dict[str, Any], ...] = (
        {"most_fen": 999},
        {"share_bp": 1999},
        {"start": aug(10)},
        {"terms": "TE001-9"},
    )
    owing.do(ProposeRecovery, **owing.court_order(PLAN, 3000))
    there = order(owing)
    assert there.recovery is not None
    others = [
        *(replace(there, recovery=replace(there.recovery, **change)) for change in variants),
        *(replace(there, **change) for change in ({"basis": "another"}, {"document": "0" * 64}, {"amount_fen": 2999})),
    ]
    for other in others:
        owing.refused(HashDiffers, ApproveRecovery, recovery=PLAN, digest=deduction_digest(PLAN, other))
    approval = owing.recovery_approval(PLAN)
    owing.do(ApproveRecovery, **approval)
    owing.refused(WrongState, ApproveRecovery, **approval)
    planned(owing, 1000, number="RE001-9")
    owing.refused(WrongState, ApproveRecovery, **owing.recovery_approval("RE001-9"))


@pytest.mark.parametrize("by_court", [False, True], ids=["plan", "court"])
@pytest.mark.parametrize("opened_first", [True, False], ids=["opened before", "opened on the same day"])
def test_no_run_takes_what_became_good_on_the_day_of_its_opening_or_later(
    owing: Town, by_court: bool, opened_first: bool
) -> None:
    if by_court:
        owing.do(ProposeRecovery, **owing.court_order(PLAN, 4000))
    owing.go(aug(26), 0, 1)
    if opened_first:
        owing.opened(LATER)
        owing.go(aug(27), 23, 59)
    if by_court:
        owing.do(ApproveRecovery, **owing.recovery_approval(PLAN))
    else:
        planned(owing)
    if not opened_first:
        owing.go(aug(26), 23, 59)
        owing.opened(LATER)
    assert 5000 == owing.do_priced(LATER)[ANNA]
    assert 6000 - 1200 == owing.priced(LAST)[ANNA]


def test_all_recoveries_of_a_line_together_take_its_share_and_no_more_than_is_overpaid(owing: Town) -> None:
    planned(owing, 700)
    planned(owing, 4000, number=OTHER)
    assert 4000 == owing.paid(LATER)[ANNA]
    assert [(PLAN, "overpaid", 700), (OTHER, "overpaid", 300)] == kept(owing, LATER)
    owing.do(ProposeRecovery, **owing.court_order("RE001-3", 3000, share_bp=10_000))
    owing.do(ApproveRecovery, **owing.recovery_approval("RE001-3"))
    assert 3000 == owing.paid(LAST)[ANNA]
    assert [(OTHER, "overpaid", 1200), ("RE001-3", "overpaid", 1800)] == kept(owing, LAST)
    assert ({}, 1000, 0) == (overpaid(owing), period(owing).fen, period(owing).over_fen)


def test_a_plan_takes_the_most_that_it_names_and_rounds_its_share_down(owing: Town) -> None:
    planned(owing, 4000, most_fen=333)
    assert 5000 - 333 == owing.paid(LATER)[ANNA]
    planned(owing, 3000, number=OTHER, share_bp=1)
    owing.do(CancelRecovery, "employer/signer/E001", recovery=PLAN, reason="another plan")
    owing.correct(aug(24), {ANNA: 13})
    owing.confirm(ANNA, aug(24))
    owing.certify(ANNA, aug(24))
    assert 6500 == owing.paid(LAST)[ANNA]  # 0.65 of a fen


def test_tax_and_insurance_come_first(owing: Town) -> None:
    owing.deducted("DE001-1", 4500)
    planned(owing)
    assert 0 == owing.paid(LATER)[ANNA]
    assert [("DE001-1", "tax", 4500), (PLAN, "overpaid", 500)] == kept(owing, LATER)


def test_a_line_leaves_the_minimum_wage_whatever_a_court_takes(town: Town) -> None:
    rules = (PerUnit("orders", 500), Allowance("heat", 700, "day"))
    town.terms_active("TE001-7", terms_document(rules=rules, minimum_wage_place="510100-1"))
    town.join("TE001-7", BO, from_day=aug(10))
    town.certified(aug(10), {BO: {"orders": 10, "minutes": 60}})
    town.deposit(100_000)
    town.paid(NEXT)
    town.correct(aug(10), {BO: {"orders": 5, "minutes": 60}})
    town.confirm(BO, aug(10))
    town.certify(BO, aug(10))
    town.paid(LATER)
    assert {BO: 2500} == overpaid(town)
    town.do(ProposeRecovery, **town.court_order(PLAN, 2500, BO, terms="TE001-7", start=aug(10), share_bp=10_000))
    town.do(ApproveRecovery, **town.recovery_approval(PLAN))
    town.certified(aug(24), {BO: {"orders": 5, "minutes": 60}})  # 25.00 and 7.00; the minimum wage is 23.00 an hour
    assert 2300 + 700 == town.paid(LAST)[BO]


def test_what_rows_are_worth_again_is_due_again_and_recovered_no_more(owing: Town) -> None:
    planned(owing)
    owing.paid(LATER)
    redone(owing, 9)
    assert {ANNA: 6000 + 500} == owing.paid(LAST)  # worth 45.00, of which 40.00 are left: nothing is overpaid
    assert ({}, 4500, 0, 1000) == (overpaid(owing), period(owing).fen, period(owing).over_fen, order(owing).taken_fen)
    redone(owing, 2)
    owing.certified(aug(31), {ANNA: 100})
    assert {ANNA: 50_000 - 3000} == owing.paid("E001-20260909")  # what is left of the plan; 35.00 are overpaid now


@pytest.mark.parametrize("until", ["priced", "paid"])
def test_a_run_taken_back_gives_back_what_it_recovered(owing: Town, until: str) -> None:
    planned(owing)
    before = (order(owing), period(owing), overpaid(owing), owing.fen("employer:E001"))
    listed = owing.get(deductions, "E001", 0)
    owing.priced(LATER) if until == "priced" else owing.paid(LATER)
    assert 1000 == order(owing).taken_fen
    owing.reversed(LATER)
    assert before == (order(owing), period(owing), overpaid(owing), owing.fen("employer:E001"))
    assert listed == owing.get(deductions, "E001", 0)
    assert 4000 == owing.paid(f"{LATER}-2")[ANNA]


def test_a_run_that_found_the_claim_and_recovered_of_it_leaves_no_claim_when_it_is_taken_back(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.deposit(100_000)
    town.paid(RUN)
    redone(town, 6)
    town.paid(NEXT)
    planned(town, 2000)
    redone(town, 2)
    town.certified(aug(17), {ANNA: 20})
    assert 10_000 - 2000 == town.paid(LATER)[ANNA]
    assert (3000, {ANNA: 2000}) == (period(town).fen, overpaid(town))
    town.reversed(LATER)
    assert (5000, {ANNA: 2000}) == (period(town).fen, overpaid(town))


def test_the_run_that_overpaid_can_be_taken_back_after_part_of_it_was_recovered(owing: Town) -> None:
    planned(owing)
    owing.paid(LATER)
    owing.reversed(RUN)  # takes 50.00 back of which 10.00 were recovered
    assert (-1000, 0, {}) == (period(owing).fen, period(owing).over_fen, overpaid(owing))
    assert 6000 + 1000 + 1000 == owing.paid(LAST)[ANNA]  # the week is worth 10.00, and 10.00 of the 17th were kept back
    assert (1000, {}) == (period(owing).fen, overpaid(owing))
    owing.reversed(LATER)
    assert (2000, {ANNA: 1000}) == (period(owing).fen, overpaid(owing))


def test_of_a_period_of_which_all_was_taken_back_nothing_is_overpaid(owing: Town) -> None:
    planned(owing)
    owing.paid(LATER)
    owing.reversed(RUN)
    owing.reversed(LATER)
    assert {} == overpaid(owing)
    assert 1000 + 5000 + 6000 == owing.paid(LAST)[ANNA]


def test_a_cancelled_or_withdrawn_recovery_takes_nothing_more_and_stays_so_when_a_run_is_taken_back(
    owing: Town,
) -> None:
    planned(owing)
    owing.paid(LATER)
    owing.do(CancelRecovery, "employer/signer/E001", recovery=PLAN, reason="let off")
    for command, fields in (
        (CancelRecovery, {"recovery": PLAN, "reason": "again"}),
        (WithdrawRecovery, owing.recovery_end(PLAN)),
        (ApproveRecovery, owing.recovery_approval(PLAN)),
    ):
        owing.refused(WrongState, command, "employer/signer/E001" if command is CancelRecovery else None, **fields)
    assert {ANNA: 6000} == owing.priced(LAST)
    owing.reversed(LATER)
    assert (DeductionState.CANCELLED, 0, {ANNA: 4000}) == (order(owing).state, order(owing).taken_fen, overpaid(owing))
    assert {ANNA: 5000, BO: 500} == owing.priced(f"{LATER}-2")


def test_a_plan_is_withdrawn_by_the_workers_signature_and_cancelled_by_the_employer_alone(owing: Town) -> None:
    planned(owing)
    cancel = {"recovery": PLAN, "reason": "not right"}
    owing.refused(NotYours, CancelRecovery, "employer/signer/E002", **cancel)
    owing.refused(NotAParty, CancelRecovery, "regulator/admin", **cancel)
    for caller in ("union/operator", "union/treasurer", "bank/admin"):
        owing.refused(NotAllowed, CancelRecovery, caller, **cancel)
    for wrong in ({"signed_by": BO}, {"ledger": "0" * 64}, {"recovery": OTHER}, {"digest": "0" * 64}):
        owing.refused(SignatureWrong, WithdrawRecovery, **owing.recovery_end(PLAN, **wrong))
    owing.refused(Unknown, WithdrawRecovery, **{**owing.recovery_end(PLAN), "recovery": OTHER})
    owing.do(WithdrawRecovery, "union/operator", **owing.recovery_end(PLAN))
    assert DeductionState.CANCELLED is order(owing).state
    assert {ANNA: 5000, BO: 500} == owing.priced(LATER)


def test_a_courts_order_is_ended_by_the_employer_or_the_regulator_and_not_by_the_worker(owing: Town) -> None:
    for number in (PLAN, OTHER):
        owing.do(ProposeRecovery, **owing.court_order(number, 4000))
    owing.do(ApproveRecovery, **owing.recovery_approval(PLAN))
    owing.refused(WrongState, WithdrawRecovery, **owing.recovery_end(PLAN))
    owing.do(CancelRecovery, "regulator/admin", recovery=PLAN, reason="the award was set aside")
    owing.do(CancelRecovery, "employer/signer/E001", recovery=OTHER, reason="let off")
    owing.refused(WrongState, ApproveRecovery, **owing.recovery_approval(OTHER))
    assert {ANNA: 5000, BO: 500} == owing.priced(LATER)


def test_a_run_is_short_of_what_it_pays_out_and_not_of_what_it_recovers(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.deposit(5100)
    town.paid(RUN)
    redone(town, 2)
    town.paid(NEXT)
    planned(town)
    town.certified(aug(17), {ANNA: 10})
    town.deposit(3999)
    funded = town.funded(LATER)
    assert ("short", 1) == (funded.state, funded.short_fen)
    assert (4000, 3999) == (town.get(arrears, LATER).needed_fen, town.get(arrears, LATER).had_fen)
    town.deposit(1)
    assert "funded" == town.do(FundRun, run=LATER).state


def test_what_was_recovered_comes_back_without_a_fee_where_the_overpaying_run_is_taken_back_and_nothing_is_due(
    town: Town,
) -> None:
    town.go(aug(10))
    town.certified(aug(3), {ANNA: 10})
    town.certified(aug(10), {ANNA: 10})
    town.deposit(1_000_000)
    town.paid("E001-20260812")
    town.do(StateAward, **town.award(ANNA, aug(3), 0, measures={}))
    town.do(ApproveAward, **town.award_approval(ANNA, aug(3)))
    town.go(aug(13))
    town.paid("E001-20260812-2")
    town.do(ProposeRecovery, **town.recovery(PLAN, 5000, ANNA))
    assert {ANNA: 4000} == town.paid("E001-20260819")
    town.reversed("E001-20260812")
    assert {ANNA: 1000} == town.paid(LATER)
    assert 0 == town.line(LATER).fee


def test_no_worker_has_so_many_open_orders_that_a_shard_cannot_be_priced(owing: Town) -> None:
    for number in range(1, OPEN_MAX + 1):
        owing.do(ProposeRecovery, **owing.recovery(f"RE001-{number}", 1, ANNA))
    owing.refused(TooLarge, ProposeRecovery, **owing.recovery("RE001-99", 1, ANNA))
    owing.do(OrderDeduction, **owing.deduction("DE001-1", 1, ANNA))
    owing.refused(TooLarge, ApproveDeduction, **owing.deduction_approval("DE001-1"))
    owing.do(CancelRecovery, "employer/signer/E001", recovery="RE001-1", reason="enough")
    owing.do(ApproveDeduction, **owing.deduction_approval("DE001-1"))
