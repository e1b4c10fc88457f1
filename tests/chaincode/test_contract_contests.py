"""An employer contests a row instead of correcting it away: its money is held until an award or the deadline.

An award that employer and regulator sign is the one way to less than was agreed to without the worker's word.
"""

from datetime import date

from lxr.chaincode.awards import ApproveAward, StateAward
from lxr.chaincode.contests import ContestRow
from lxr.chaincode.refusals import (
    Exists,
    FiguresDiffer,
    MeasureBeyondTerms,
    MeasureUnknown,
    NotAllowed,
    NotYours,
    RowChanged,
    Unknown,
)
from lxr.chaincode.rows import RowState
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.runs import arrears, runs
from lxr.chaincode.shard_heads import shard_heads
from parties import ANNA, BO, aug
from preparedtown import prepared_once
from town import Town

RUN, NEXT, LATER, LAST = "E001-20260812", "E001-20260819", "E001-20260826", "E001-20261014"
HELD = "contested:E001.0"


@prepared_once
def agreed(town: Town) -> Town:
    """Anna's ten orders on the 3rd and four on the 4th, Bo's six, all signed and certified."""
    town.go(aug(3))
    town.certified(aug(3), {ANNA: 10, BO: 6})
    town.go(aug(4))
    town.certified(aug(4), {ANNA: 4})
    town.deposit(100_000)
    town.go(aug(5))
    return town


def test_what_is_contested_is_funded_and_held_and_nothing_else(agreed: Town) -> None:
    answer = agreed.do(ContestRow, **agreed.contest(ANNA, aug(3)))
    assert ("certified", date(2026, 10, 4)) == (answer.state, answer.decide_by)
    before_fen = agreed.fen("employer:E001")
    assert {ANNA: 2000, BO: 3000} == agreed.paid(RUN)
    assert 5000 == agreed.fen(HELD)
    (part,) = agreed.line(RUN).parts
    assert (2000, 5000, 5000) == (agreed.fen(f"worker:{ANNA}"), part.held_fen, part.kept_back_fen)
    fee_fen = agreed.get(runs, RUN).totals.fee_fen
    assert before_fen - 10_000 - fee_fen == agreed.fen("employer:E001")
    assert 100 == fee_fen  # two percent of what is paid


def test_what_is_admitted_of_a_contested_row_is_paid(agreed: Town) -> None:
    agreed.do(ContestRow, **agreed.contest(ANNA, aug(3), 8))
    assert {ANNA: 6000, BO: 3000} == agreed.paid(RUN)
    assert 1000 == agreed.fen(HELD)


def test_without_an_award_by_the_deadline_the_hold_is_paid(agreed: Town) -> None:
    agreed.do(ContestRow, **agreed.contest(ANNA, aug(3)))
    agreed.paid(RUN)
    employer_fen = agreed.fen("employer:E001")
    assert {} == agreed.paid(NEXT)  # nothing changes while it is open
    assert {ANNA: 5000} == agreed.paid(LAST)  # the deadline is the 4th of October
    assert (0, 7000) == (agreed.fen(HELD), agreed.fen(f"worker:{ANNA}"))
    assert employer_fen - 100 == agreed.fen("employer:E001")  # the fee on it; the wage was there


def test_on_the_day_of_the_deadline_it_is_still_held(agreed: Town) -> None:
    agreed.go(aug(15))
    assert date(2026, 10, 14) == agreed.do(ContestRow, **agreed.contest(ANNA, aug(3))).decide_by
    agreed.paid(LAST)
    assert 5000 == agreed.fen(HELD)
    agreed.paid("E001-20261021")
    assert 0 == agreed.fen(HELD)


def test_an_award_in_the_employers_favour_gives_the_hold_back(agreed: Town) -> None:
    agreed.do(ContestRow, **agreed.contest(ANNA, aug(3)))
    agreed.paid(RUN)
    employer_fen = agreed.fen("employer:E001")
    agreed.do(StateAward, **agreed.award(ANNA, aug(3), 4))
    agreed.do(ApproveAward, **agreed.award_approval(ANNA, aug(3)))
    assert (RowState.CERTIFIED, {"orders": 4}) == (agreed.row(aug(3)).state, agreed.row(aug(3)).measures)
    assert {ANNA: 2000} == agreed.paid(NEXT)
    assert (0, employer_fen + 3000 - 40) == (agreed.fen(HELD), agreed.fen("employer:E001"))


def test_an_award_in_the_workers_favour_pays_the_hold_at_the_next_payday(agreed: Town) -> None:
    agreed.do(ContestRow, **agreed.contest(ANNA, aug(3)))
    agreed.paid(RUN)
    agreed.do(StateAward, **agreed.award(ANNA, aug(3), 10))
    agreed.do(ApproveAward, **agreed.award_approval(ANNA, aug(3)))
    assert {ANNA: 5000} == agreed.paid(NEXT)
    assert 0 == agreed.fen(HELD)


def test_what_was_paid_before_it_was_contested_is_not_taken_back_and_an_award_makes_it_a_claim(agreed: Town) -> None:
    agreed.paid(RUN)
    agreed.do(ContestRow, **agreed.contest(ANNA, aug(3)))
    assert {} == agreed.paid(NEXT)
    assert (0, 7000) == (agreed.fen(HELD), agreed.fen(f"worker:{ANNA}"))
    agreed.do(StateAward, **agreed.award(ANNA, aug(3), 4))
    agreed.do(ApproveAward, **agreed.award_approval(ANNA, aug(3)))
    assert {ANNA: 0} == agreed.paid(LATER)
    assert {ANNA: 3000} == agreed.get(shard_heads, "E001", 0).overpaid


def test_a_row_is_contested_once_whatever_it_says_afterwards(agreed: Town) -> None:
    agreed.do(ContestRow, **agreed.contest(ANNA, aug(3)))
    agreed.refused(Exists, ContestRow, **agreed.contest(ANNA, aug(3)))
    agreed.do(StateAward, **agreed.award(ANNA, aug(3), 8))
    agreed.do(ApproveAward, **agreed.award_approval(ANNA, aug(3)))
    agreed.refused(Exists, ContestRow, **agreed.contest(ANNA, aug(3)))
    agreed.correct(aug(3), {ANNA: 9})
    agreed.refused(Exists, ContestRow, **agreed.contest(ANNA, aug(3)))


def test_a_contest_lowers_no_floor_and_a_correction_under_it_holds_no_more(agreed: Town) -> None:
    agreed.do(ContestRow, **agreed.contest(ANNA, aug(3)))
    agreed.correct(aug(3), {ANNA: 0})
    agreed.certify(ANNA, aug(3))
    assert {ANNA: 2000, BO: 3000} == agreed.paid(RUN)
    assert 5000 == agreed.fen(HELD)
    assert {ANNA: 5000} == agreed.paid(LAST)


def test_only_the_employer_contests_its_own_rows_as_they_stand(agreed: Town) -> None:
    fields = agreed.contest(ANNA, aug(3))
    agreed.refused(NotAllowed, ContestRow, "union/operator", **fields)
    agreed.refused(NotYours, ContestRow, "employer/signer/E002", **fields)
    agreed.refused(RowChanged, ContestRow, **{**fields, "digest": "0" * 64})
    agreed.refused(FiguresDiffer, ContestRow, **{**fields, "admits": {"orders": 11}})
    agreed.refused(Unknown, ContestRow, **{**fields, "day": aug(5)})


def test_nobody_but_employer_and_regulator_together_lowers_what_was_agreed_to_by_an_award(agreed: Town) -> None:
    fields = agreed.award(ANNA, aug(3), 4)
    for other in ("union/operator", "union/admin", "regulator/admin", "bank/admin"):
        agreed.refused(NotAllowed, StateAward, other, **fields)
    agreed.refused(NotYours, StateAward, "employer/signer/E002", **fields)
    agreed.refused(MeasureUnknown, StateAward, **{**fields, "measures": {"kilometres": 4}})
    agreed.refused(MeasureBeyondTerms, StateAward, **{**fields, "measures": {"minutes": 1441}})
    agreed.refused(RowChanged, StateAward, **{**fields, "row": "0" * 64})
    agreed.do(StateAward, **fields)
    approval = agreed.award_approval(ANNA, aug(3))
    for other in ("union/admin", "union/operator", "employer/signer/E001", "bank/admin", "regulator/auditor"):
        agreed.refused(NotAllowed, ApproveAward, other, **approval)
    agreed.correct(aug(3), {ANNA: 12})
    agreed.refused(RowChanged, ApproveAward, **approval)  # it was stated about another content
    assert {ANNA: 7000, BO: 3000} == agreed.paid(RUN)


def test_a_row_that_is_disputed_and_contested_holds_what_is_not_admitted(town: Town) -> None:
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10})
    town.certify(ANNA, aug(3))
    town.deposit(100_000)
    town.dispute(ANNA, aug(3), 12)
    town.do(ContestRow, **town.contest(ANNA, aug(3), 6))
    assert {ANNA: 3000} == town.paid(RUN)
    assert 2000 == town.fen(HELD)
    town.decide(ANNA, aug(3), 12)
    assert {ANNA: 0} == town.paid(NEXT)
    assert 3000 == town.fen(HELD)
    assert {ANNA: 3000} == town.paid(LAST)


def test_what_a_run_has_set_aside_goes_back_when_it_is_taken_back(agreed: Town) -> None:
    before_fen = agreed.fen("employer:E001")
    agreed.do(ContestRow, **agreed.contest(ANNA, aug(3)))
    agreed.paid(RUN)
    agreed.reversed(RUN)
    assert (0, before_fen) == (agreed.fen(HELD), agreed.fen("employer:E001"))
    assert {ANNA: 2000, BO: 3000} == agreed.paid(f"{RUN}-2")
    assert 5000 == agreed.fen(HELD)


def test_what_a_run_has_released_is_set_aside_again_when_it_is_taken_back(agreed: Town) -> None:
    agreed.do(ContestRow, **agreed.contest(ANNA, aug(3)))
    agreed.paid(RUN)
    agreed.paid(LAST)
    agreed.reversed(LAST)
    assert (5000, 2000) == (agreed.fen(HELD), agreed.fen(f"worker:{ANNA}"))
    assert {ANNA: 5000} == agreed.paid(f"{LAST}-2")
    assert 0 == agreed.fen(HELD)


def test_a_run_can_be_taken_back_after_a_later_one_has_paid_what_it_set_aside(agreed: Town) -> None:
    agreed.do(ContestRow, **agreed.contest(ANNA, aug(3)))
    agreed.paid(RUN)
    agreed.paid(LAST)
    agreed.instructed("C001", scope="run", run=LAST)
    employer_fen = agreed.fen("employer:E001")
    agreed.reversed(RUN)  # its wages go back; what it set aside has been paid
    assert (0, employer_fen + 2000 + 3000 + 100) == (agreed.fen(HELD), agreed.fen("employer:E001"))
    assert {ANNA: 2000, BO: 3000} == agreed.paid("E001-20261021")


def test_a_run_that_lowers_a_hold_and_was_never_funded_leaves_nothing_behind(agreed: Town) -> None:
    agreed.do(ContestRow, **agreed.contest(ANNA, aug(3)))
    agreed.paid(RUN)
    agreed.do(StateAward, **agreed.award(ANNA, aug(3), 4))
    agreed.do(ApproveAward, **agreed.award_approval(ANNA, aug(3)))
    agreed.priced(NEXT)
    agreed.reversed(NEXT)
    assert 5000 == agreed.fen(HELD)
    assert {ANNA: 2000} == agreed.paid(LATER)
    assert 0 == agreed.fen(HELD)


def test_two_runs_are_taken_back_after_an_award_the_later_one_first(agreed: Town) -> None:
    before_fen = agreed.fen("employer:E001")
    agreed.do(ContestRow, **agreed.contest(ANNA, aug(3)))
    agreed.paid(RUN)
    agreed.do(StateAward, **agreed.award(ANNA, aug(3), 4))
    agreed.do(ApproveAward, **agreed.award_approval(ANNA, aug(3)))
    agreed.paid(NEXT)
    agreed.reversed(NEXT)
    agreed.reversed(RUN)
    assert (0, before_fen) == (agreed.fen(HELD), agreed.fen("employer:E001"))
    assert {ANNA: 4000, BO: 3000} == agreed.paid(LATER)


def test_no_run_pays_what_another_has_not_set_aside_yet_with_the_money_for_somebody_else(town: Town) -> None:
    """Anna's hold is priced and not funded; Bo's is there. Anna's waits for its own run, and the rest of her pay does
    not."""
    town.go(aug(3))
    town.certified(aug(3), {ANNA: 10, BO: 40})
    town.do(ContestRow, **town.contest(ANNA, aug(3)))
    assert "short" == town.funded(RUN).state
    town.go(aug(14))
    town.certified(aug(14), {BO: 12})
    town.do(ContestRow, **town.contest(BO, aug(14)))
    town.deposit(6000)
    assert {BO: 0} == town.paid(NEXT)
    assert 6000 == town.fen(HELD)
    town.go(aug(20))
    town.certified(aug(4), {ANNA: 1})
    town.deposit(1000)
    assert {ANNA: 500, BO: 6000} == town.paid("E001-20261014")  # after both deadlines
    town.deposit(100_000)
    assert "funded" == town.do(FundRun, run=RUN).state
    assert 5000 == town.fen(HELD)
    assert {ANNA: 5000} == town.paid("E001-20261021")
    assert 0 == town.fen(HELD)


def test_wages_that_are_contested_are_missing_too_where_the_employer_is_short(town: Town) -> None:
    town.go(aug(3))
    town.certified(aug(3), {ANNA: 10, BO: 6})
    town.do(ContestRow, **town.contest(ANNA, aug(3)))
    town.deposit(7999)
    assert ("short", 1) == (town.funded(RUN).state, town.get(arrears, RUN).needed_fen - 7999)
    town.deposit(1)
    assert "funded" == town.do(FundRun, run=RUN).state
    assert (5000, 0) == (town.fen(HELD), town.fen("employer:E001"))


def test_contesting_what_was_paid_holds_nothing_of_what_was_not(agreed: Town) -> None:
    agreed.paid(RUN)
    agreed.do(ContestRow, **agreed.contest(ANNA, aug(3)))
    agreed.go(aug(13))
    agreed.certified(aug(5), {ANNA: 6})
    assert {ANNA: 3000} == agreed.paid(NEXT)
    assert 0 == agreed.fen(HELD)


def test_what_an_award_has_set_is_not_contested_any_more(agreed: Town) -> None:
    agreed.do(StateAward, **agreed.award(ANNA, aug(3), 8))
    agreed.do(ApproveAward, **agreed.award_approval(ANNA, aug(3)))
    agreed.refused(Exists, ContestRow, **agreed.contest(ANNA, aug(3)))
