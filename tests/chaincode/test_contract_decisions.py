"""A dispute is decided once the employer was heard, and not by the union alone where much is at stake.

保障农民工工资支付条例 art. 50: the party that keeps the records and shows none loses.
"""

from lxr.chaincode.decisions import Decide, ReplyToDispute, ReviewDecision
from lxr.chaincode.refusals import (
    EmployerNotHeard,
    Exists,
    FiguresDiffer,
    HashDiffers,
    NotAllowed,
    NotYours,
    RowNotAnswerable,
    Unknown,
    VersionStale,
    WrongState,
)
from lxr.chaincode.rows import RowState
from parties import ANNA, aug
from preparedtown import prepared_once
from termsdocuments import terms_document
from town import Town

RUN, NEXT = "E001-20260812", "E001-20260819"
FRIDAY, MONDAY, WEDNESDAY, THURSDAY = aug(7), aug(10), aug(12), aug(13)
MUCH = 10 + 200
"""Orders of 5 yuan: 1,000 yuan more than the ten that the employer says, from where on the regulator signs too."""


def claimed(town: Town, orders: int) -> Town:
    """Ten orders of Anna's on the 3rd, a Monday; on Friday she claims more."""
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10})
    town.certify(ANNA, aug(3))
    town.deposit(10_000_000)
    town.go(FRIDAY)
    town.dispute(ANNA, aug(3), orders)
    return town


@prepared_once
def disputed(town: Town) -> Town:
    """She claims twelve."""
    return claimed(town, 12)


@prepared_once
def much(town: Town) -> Town:
    """She claims so much that the regulator signs too."""
    return claimed(town, 500)


def test_a_dispute_waits_for_the_employers_word_three_working_days_and_no_longer(disputed: Town) -> None:
    disputed.go(WEDNESDAY, 23, 59, 59)
    refusal = disputed.refused(EmployerNotHeard, Decide, **disputed.decision(ANNA, aug(3), 12))
    assert "2026-08-12" == refusal.facts["until"]  # a weekend lies between
    disputed.go(THURSDAY, 0)
    answer = disputed.do(Decide, **disputed.decision(ANNA, aug(3), 12))
    assert "certified" == answer.state


def test_rest_days_of_the_calendar_are_no_working_days(town: Town) -> None:
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10})
    town.dispute(ANNA, aug(3), 12)
    town.go(aug(6), 23, 59, 59)
    town.refused(EmployerNotHeard, Decide, **town.decision(ANNA, aug(3), 12))
    town.go(aug(7), 0)
    town.do(Decide, **town.decision(ANNA, aug(3), 12))


def test_once_the_employer_has_replied_or_corrected_the_union_decides(disputed: Town) -> None:
    disputed.reply(ANNA, aug(3))
    assert "certified" == disputed.do(Decide, **disputed.decision(ANNA, aug(3), 11)).state


def test_a_correction_that_admits_more_is_a_word_too(disputed: Town) -> None:
    disputed.correct(aug(3), {ANNA: 11})
    assert "certified" == disputed.do(Decide, **disputed.decision(ANNA, aug(3), 12)).state


def test_only_the_employer_replies_to_a_dispute_once_and_to_the_one_that_there_is(disputed: Town) -> None:
    fields = {**disputed.of_row(ANNA, aug(3)), "number": 1, "reason": "no"}
    disputed.refused(NotAllowed, ReplyToDispute, "union/operator", **fields)
    disputed.refused(NotYours, ReplyToDispute, "employer/signer/E002", **fields)
    disputed.refused(VersionStale, ReplyToDispute, **{**fields, "number": 2})
    disputed.refused(Unknown, ReplyToDispute, **{**fields, "day": aug(4)})
    disputed.do(ReplyToDispute, **fields)
    disputed.refused(Exists, ReplyToDispute, **fields)
    disputed.decide(ANNA, aug(3), 12)
    disputed.refused(RowNotAnswerable, ReplyToDispute, **fields)


def test_union_and_worker_do_not_take_much_against_the_employers_word(much: Town) -> None:
    answer = much.decide(ANNA, aug(3), MUCH)
    assert ("disputed", aug(13)) == (
        answer.state,
        answer.stands_from,
    )  # the 12th is the third working day
    again = much.do(Decide, **much.decision(ANNA, aug(3), MUCH))
    assert answer == again
    much.go(WEDNESDAY, 12)
    assert {ANNA: 5000} == much.paid(RUN)  # what the employer admits
    much.do(ReviewDecision, **much.review(ANNA, aug(3), upholds=False))
    assert RowState.DISPUTED is much.row(aug(3)).state
    none = {**much.of_row(ANNA, aug(3)), "digest": "0" * 64, "upholds": True, "reason": "none"}
    much.refused(WrongState, ReviewDecision, **none)
    assert "disputed" == much.do(Decide, **much.decision(ANNA, aug(3), MUCH)).state  # and it waits anew


def test_the_regulator_upholds_what_it_has_seen(much: Town) -> None:
    much.decide(ANNA, aug(3), MUCH)
    much.refused(HashDiffers, ReviewDecision, **much.review(ANNA, aug(3), upholds=True, digest="0" * 64))
    for other in ("union/admin", "bank/admin", "regulator/auditor"):
        much.refused(NotAllowed, ReviewDecision, other, **much.review(ANNA, aug(3), upholds=True))
    much.do(ReviewDecision, **much.review(ANNA, aug(3), upholds=True))
    assert (RowState.CERTIFIED, {"orders": MUCH}) == (much.row(aug(3)).state, much.row(aug(3)).measures)
    assert {ANNA: 500 * MUCH} == much.paid(RUN)


def test_the_regulators_silence_lets_a_decision_stand_after_three_working_days(much: Town) -> None:
    much.decide(ANNA, aug(3), MUCH)
    much.go(WEDNESDAY, 23, 59, 59)
    assert "disputed" == much.do(Decide, **much.decision(ANNA, aug(3), MUCH)).state
    much.go(THURSDAY, 0)
    assert "disputed" == much.do(Decide, **much.decision(ANNA, aug(3), MUCH + 1)).state  # another waits again
    much.go(aug(18), 23, 59, 59)
    assert "disputed" == much.do(Decide, **much.decision(ANNA, aug(3), MUCH + 1)).state
    much.go(aug(19), 0)
    answer = much.do(Decide, **much.decision(ANNA, aug(3), MUCH + 1))
    assert ("certified", False) == (answer.state, answer.late)


def test_a_decision_made_in_time_is_not_late_for_having_waited(much: Town) -> None:
    much.decide(ANNA, aug(3), MUCH)
    much.go(aug(30))
    answer = much.do(Decide, **much.decision(ANNA, aug(3), MUCH))
    assert ("certified", False) == (answer.state, answer.late)


def test_less_than_the_governed_sum_or_against_an_employer_that_says_nothing_the_union_decides_alone(
    much: Town,
) -> None:
    much.go(THURSDAY)
    assert "certified" == much.do(Decide, **much.decision(ANNA, aug(3), 500)).state
    much.work(aug(5), {ANNA: 10})
    much.dispute(ANNA, aug(5), MUCH)
    assert "certified" == much.decide(ANNA, aug(5), MUCH - 1).state


def test_the_regulators_word_is_about_the_row_that_it_has_seen_too(much: Town) -> None:
    much.decide(ANNA, aug(3), MUCH)
    seen = much.review(ANNA, aug(3), upholds=True)
    much.correct(aug(3), {ANNA: MUCH + 5})
    much.refused(HashDiffers, ReviewDecision, **seen)
    assert {ANNA: 500 * (MUCH + 5)} == much.paid(RUN)


def test_a_correction_does_not_begin_the_regulators_time_anew(much: Town) -> None:
    much.decide(ANNA, aug(3), MUCH)
    much.go(MONDAY)
    much.correct(aug(3), {ANNA: 11})
    much.go(THURSDAY)
    assert "certified" == much.do(Decide, **much.decision(ANNA, aug(3), MUCH)).state


def test_what_a_decision_can_bring_counts_the_minimum_wage_too(town: Town) -> None:
    """164 orders more are 820.00 yuan; 470 minutes at 23.00 an hour 180.17."""
    town.go(aug(3))
    town.terms_active("TE001-7", terms_document(minimum_wage_place="510100-1"))
    town.join("TE001-7", ANNA, from_day=aug(4))
    town.go(aug(5))
    town.work(aug(5), {ANNA: 10})
    town.dispute(ANNA, aug(5), {"orders": 174, "minutes": 470})
    assert "disputed" == town.decide(ANNA, aug(5), {"orders": 174, "minutes": 470}).state
    assert "certified" == town.decide(ANNA, aug(5), {"orders": 174, "minutes": 469}).state


def test_the_regulator_does_not_uphold_less_than_the_employer_admits_meanwhile(town: Town) -> None:
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10})
    town.dispute(ANNA, aug(3), 500)
    town.decide(ANNA, aug(3), MUCH)
    town.correct(aug(3), {ANNA: MUCH + 5})
    town.refused(FiguresDiffer, ReviewDecision, **town.review(ANNA, aug(3), upholds=True))
    town.do(ReviewDecision, **town.review(ANNA, aug(3), upholds=False))
