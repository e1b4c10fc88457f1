from typing import Any

import pytest
from msgspec.structs import replace

from lxr.chaincode.deductions import ApproveDeduction, CancelDeduction, OrderDeduction, deduction_digest
from lxr.chaincode.refusals import (
    Exists,
    HashDiffers,
    NotAllowed,
    NotYours,
    NumberForeign,
    Unknown,
    WrongState,
)
from lxr.chaincode.runs import DeductionOrder, DeductionState, deduction_orders, deductions
from lxr.chaincode.status_changes import SetWorker
from lxr.chaincode.statuses import Status
from parties import ANNA, BO, CLEO, DORA, aug
from town import Town

RUN, NEXT, LATER = "E001-20260812", "E001-20260819", "E001-20260826"


def order(town: Town, number: str = "DE001-1") -> DeductionOrder:
    return town.get(deduction_orders, number)


def test_deductions_are_kept_back_in_the_order_of_their_numbers_and_never_below_zero(week: Town) -> None:
    week.deducted("DE001-2", 10_000, kind="insurance")
    week.deducted("DE001-1", 1300)
    assert {ANNA: 0, BO: 2000, CLEO: 3500} == week.paid(RUN)
    kept = [(deduction.order, deduction.fen) for deduction in week.line(RUN).deductions]
    assert [("DE001-1", 1300), ("DE001-2", 9700)] == kept
    assert (1300, 9700) == (order(week, "DE001-1").taken_fen, order(week, "DE001-2").taken_fen)
    assert (1300, 9700) == (week.fen(f"held:{RUN}.tax"), week.fen(f"held:{RUN}.insurance"))
    assert {ANNA: 200} == week.paid(NEXT)  # 500 less the last 300 of D2
    assert {} == week.get(deductions, "E001", 0).workers
    week.certified(aug(17), {ANNA: 1})
    assert {ANNA: 500} == week.paid(LATER)


def test_what_the_treasurer_orders_alone_takes_nothing_from_anybody(week: Town) -> None:
    for number in ("DE001-1", "DE001-2", "DE001-3"):
        week.do(OrderDeduction, **week.deduction(number, 10**7))
        week.refused(NotAllowed, ApproveDeduction, "union/treasurer", **week.deduction_approval(number))
    assert 11_000 == week.paid(RUN)[ANNA]
    assert [0, 0, 0] == [order(week, number).taken_fen for number in ("DE001-1", "DE001-2", "DE001-3")]


def test_a_deduction_is_approved_by_its_own_employers_signer_for_the_content_that_it_names(week: Town) -> None:
    week.refused(Unknown, ApproveDeduction, employer="E001", order="DE001-1", digest="0" * 64)
    week.refused(Unknown, OrderDeduction, **week.deduction("DE001-1", 5, "W000000000999"))
    week.do(OrderDeduction, **week.deduction("DE001-1", 1300))
    week.refused(Exists, OrderDeduction, **week.deduction("DE001-1", 5))
    good = week.deduction_approval("DE001-1")
    week.refused(NotAllowed, ApproveDeduction, "employer/treasurer/E001", **good)
    week.refused(NotYours, ApproveDeduction, "employer/signer/E002", **good)
    week.refused(NotYours, ApproveDeduction, **{**good, "employer": "E002"})
    changes: tuple[dict[str, Any], ...] = (
        {"employer": "E002"},
        {"worker": BO},
        {"kind": "insurance"},
        {"amount_fen": 1301},
        {"basis": "another"},
        {"document": "0" * 64},
    )
    others = [deduction_digest("DE001-1", replace(order(week), **change)) for change in changes]
    for other in (*others, deduction_digest("DE001-2", order(week))):
        week.refused(HashDiffers, ApproveDeduction, **{**good, "digest": other})
    week.do(ApproveDeduction, **good)
    week.refused(WrongState, ApproveDeduction, **good)


@pytest.mark.parametrize("opened_first", [True, False], ids=["opened before", "opened on the same day"])
def test_no_run_takes_a_deduction_that_was_approved_on_the_day_of_its_opening_or_later(
    week: Town, opened_first: bool
) -> None:
    week.go(aug(12), 0, 1)
    if opened_first:
        week.opened(RUN)
        week.go(aug(13), 23, 59)
        week.deducted("DE001-1", 1300)
        assert 11_000 == week.do_priced(RUN)[ANNA]
    else:
        week.deducted("DE001-1", 1300)
        week.go(aug(12), 23, 59)
        assert 11_000 == week.priced(RUN)[ANNA]
    assert {ANNA: 0} == week.priced(NEXT)
    assert 500 == order(week).taken_fen


def test_a_deduction_that_was_approved_in_the_last_minute_of_the_day_before_is_taken(week: Town) -> None:
    week.go(aug(11), 23, 59)
    week.deducted("DE001-1", 1300)
    week.go(aug(12), 0, 0)
    assert 9700 == week.priced(RUN)[ANNA]


def test_a_final_run_takes_what_was_approved_before_its_day(week: Town) -> None:
    week.deducted("DE001-1", 1300)
    week.do(SetWorker, worker=ANNA, status=Status.ENDED, from_day=aug(11), reason="moved away")
    week.go(aug(11))
    assert {ANNA: 11_500 - 1300} == week.priced("E001-20260811", workers=(ANNA,))


@pytest.mark.parametrize("amount_fen", [8000, 11_000, 20_000])
def test_a_cancelled_deduction_stays_cancelled_when_a_run_that_took_of_it_is_taken_back(
    week: Town, amount_fen: int
) -> None:
    week.refused(Unknown, CancelDeduction, order="DE001-1", reason="wrong person")
    week.deducted("DE001-1", amount_fen)
    taken_fen = min(amount_fen, 11_000)
    assert 11_000 - taken_fen == week.paid(RUN)[ANNA]
    week.do(CancelDeduction, order="DE001-1", reason="wrong person")
    assert (DeductionState.CANCELLED, taken_fen) == (order(week).state, order(week).taken_fen)
    week.refused(WrongState, CancelDeduction, order="DE001-1", reason="wrong person")
    week.refused(WrongState, ApproveDeduction, **week.deduction_approval("DE001-1"))
    week.reversed(RUN)
    assert (DeductionState.CANCELLED, 0) == (order(week).state, order(week).taken_fen)
    assert 11_000 == week.paid(f"{RUN}-2")[ANNA]


def test_a_deduction_that_a_run_took_whole_is_open_again_when_the_run_is_taken_back(week: Town) -> None:
    week.deducted("DE001-1", 1300)
    before = order(week)
    week.paid(RUN)
    assert (1300, {}) == (order(week).taken_fen, week.get(deductions, "E001", 0).workers)
    week.reversed(RUN)
    assert (before, {ANNA: ("DE001-1",)}) == (order(week), week.get(deductions, "E001", 0).workers)
    assert 9700 == week.paid(f"{RUN}-2")[ANNA]


def test_the_number_of_a_deduction_names_the_employer_whose_worker_it_is_about(week: Town) -> None:
    refusal = week.refused(NumberForeign, OrderDeduction, **week.deduction("DE001-1", 1300, DORA))
    assert {"what": "deduction", "number": "DE001-1", "employer": "E002"} == refusal.facts
    week.do(OrderDeduction, **week.deduction("DE002-1", 1300, DORA))


def test_a_proposed_deduction_can_be_cancelled_and_is_then_never_approved(week: Town) -> None:
    week.do(OrderDeduction, **week.deduction("DE001-1", 1300, BO))
    week.do(CancelDeduction, order="DE001-1", reason="wrong person")
    week.refused(WrongState, ApproveDeduction, **week.deduction_approval("DE001-1"))
    assert ("wrong person", None) == (order(week).reason, order(week).approved_ms)
