"""What was agreed to is a floor: it falls by the worker's signature, the decision of the worker's dispute, or an award.

工资支付暂行规定 arts. 15, 16. A worker agrees by signature, or by silence through the time to answer.
"""

from collections.abc import Callable
from typing import Any

import pytest

from lxr.chaincode.decisions import Decide
from lxr.chaincode.pay_rules import Guarantee, PerTime, PerUnit
from lxr.chaincode.paydays import OnCompletion
from lxr.chaincode.refusals import FiguresDiffer
from lxr.chaincode.rows import Content, RowState
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.workday_answers import Objection, OpenDispute
from parties import ANNA, BO, aug, signature
from preparedtown import prepared_once
from termsdocuments import terms_document
from town import Town

RUN, NEXT, LATER = "E001-20260812", "E001-20260819", "E001-20260826"
TEN = Content({"orders": 10}, 1)


def signed(town: Town) -> None:
    town.confirm(ANNA, aug(3))


def certified(town: Town) -> None:
    town.confirm(ANNA, aug(3))
    town.certify(ANNA, aug(3))


def silent(town: Town) -> None:
    town.go(aug(6), 0)  # two whole days after the 3rd


def silent_and_certified(town: Town) -> None:
    town.certify(ANNA, aug(3))
    town.go(aug(6), 0)


def decided(town: Town) -> None:
    town.dispute(ANNA, aug(3), 12)
    town.decide(ANNA, aug(3), 10)


AGREED = [signed, certified, silent, silent_and_certified, decided]
Steps = tuple[int | dict[str, int], ...]
STEPS: list[Steps] = [(4,), (0,), (11, 0), (4, 7, 0), (12, 11, 1), ({"orders": 9, "minutes": 500},)]


def ten_orders(town: Town) -> Town:
    """Ten orders of Anna's on the 3rd, and money for them."""
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10})
    town.deposit(100_000)
    return town


@prepared_once
def worked(town: Town) -> Town:
    return ten_orders(town)


def keeps(town: Town, agree: Callable[[Town], None], steps: Steps) -> None:
    """What was agreed to is paid, once, after these corrections."""
    agree(town)
    for said in steps:
        town.correct(aug(3), {ANNA: said})
        town.certify(ANNA, aug(3))
    town.go(aug(12))
    assert {ANNA: 5000} == town.paid(RUN)
    assert town.line(RUN).parts[0].agreed
    assert {} == town.paid(NEXT)


@pytest.mark.parametrize("agree", AGREED)
@pytest.mark.parametrize("steps", STEPS)
def test_no_correction_lowers_what_was_agreed_to_in_however_many_steps(
    bench: Town, agree: Callable[[Town], None], steps: Steps
) -> None:
    keeps(ten_orders(bench), agree, steps)


@pytest.mark.parametrize("agree", AGREED)
def test_no_correction_lowers_what_was_agreed_to_on_any_ledger(worked: Town, agree: Callable[[Town], None]) -> None:
    keeps(worked, agree, (4, 7, 0))


@pytest.mark.parametrize("agree", AGREED)
def test_more_than_was_agreed_to_is_paid_as_it_is_certified(worked: Town, agree: Callable[[Town], None]) -> None:
    agree(worked)
    worked.correct(aug(3), {ANNA: 12})
    worked.certify(ANNA, aug(3))
    assert {ANNA: 6000} == worked.paid(RUN)


@pytest.mark.parametrize("certify", [False, True])
def test_what_nobody_has_answered_yet_can_be_corrected_and_the_time_to_answer_begins_again(
    worked: Town, certify: bool
) -> None:
    worked.go(aug(5), 23, 59, 59)
    if certify:
        worked.certify(ANNA, aug(3))
    worked.correct(aug(3), {ANNA: 4})
    assert None is worked.row(aug(3)).agreed
    worked.go(aug(7), 23, 59, 59)
    worked.correct(aug(3), {ANNA: 3})
    assert None is worked.row(aug(3)).agreed
    worked.go(aug(10), 0)
    worked.correct(aug(3), {ANNA: 2})
    assert Content({"orders": 3}, 3) == worked.row(aug(3)).agreed


def test_a_correction_of_one_row_gives_no_other_more_time(worked: Town) -> None:
    worked.go(aug(5))
    worked.correct(aug(3), {BO: 1})
    worked.go(aug(6), 0)
    worked.correct(aug(3), {ANNA: 4})
    assert TEN == worked.row(aug(3)).agreed


def test_silence_agrees_to_more_and_never_to_less(worked: Town) -> None:
    signed(worked)
    for day, said, agreed in ((6, 12, 10), (9, 4, 12), (12, 3, 12)):
        worked.go(aug(day))
        worked.correct(aug(3), {ANNA: said})
        kept = worked.row(aug(3)).agreed
        assert kept is not None
        assert {"orders": agreed} == kept.measures


def test_pay_waits_for_nobodys_silence_and_terms_on_completion_give_time_to_answer_too(town: Town) -> None:
    town.terms_active("TE001-3", terms_document(payday=OnCompletion(), pay_class="task"))
    town.join("TE001-3", ANNA, from_day=aug(4))
    town.go(aug(4))
    town.work(aug(4), {ANNA: 10})
    town.certify(ANNA, aug(4))
    town.deposit(100_000)
    assert {ANNA: 5000} == town.paid("E001-20260804")
    assert (RowState.UNANSWERED, None) == (town.row(aug(4)).state, town.row(aug(4)).agreed)
    town.dispute(ANNA, aug(4), 20)
    town.decide(ANNA, aug(4), 20)
    assert {ANNA: 5000} == town.paid("E001-20260804-2")


def test_less_counts_once_the_worker_signs_it_and_what_was_paid_is_a_claim(worked: Town) -> None:
    certified(worked)
    assert {ANNA: 5000} == worked.paid(RUN)
    worked.correct(aug(3), {ANNA: 4})
    worked.certify(ANNA, aug(3))
    assert {} == worked.paid(NEXT)
    worked.confirm(ANNA, aug(3))
    assert {ANNA: 0} == worked.paid(LATER)
    assert {ANNA: 3000} == worked.get(shard_heads, "E001", 0).overpaid


@pytest.mark.parametrize("union", [10, 12, 14])
def test_the_union_decides_between_what_was_agreed_to_and_the_claim(worked: Town, union: int) -> None:
    silent_and_certified(worked)
    worked.dispute(ANNA, aug(3), 14)
    worked.correct(aug(3), {ANNA: 11})
    assert {ANNA: 5500} == worked.paid(RUN)
    worked.decide(ANNA, aug(3), union)
    assert {ANNA: max(0, 500 * union - 5500)} == worked.paid(NEXT)
    assert None is worked.row(aug(3)).agreed


def test_the_union_does_not_decide_below_what_was_agreed_to(worked: Town) -> None:
    certified(worked)
    worked.correct(aug(3), {ANNA: 4})
    worked.dispute(ANNA, aug(3), 12)
    fields = {"employer": "E001", "shard": 0, "worker": ANNA, "day": aug(3), "reason": "the log"}
    fields["digest"] = worked.row_digest("E001", aug(3), ANNA)
    worked.refused(FiguresDiffer, Decide, **fields, measures={"orders": 9})
    worked.refused(FiguresDiffer, Decide, **fields, measures={"orders": 13})
    assert {ANNA: 5000} == worked.paid(RUN)
    worked.decide(ANNA, aug(3), 10)
    assert {ANNA: 0} == worked.paid(NEXT)


def test_the_union_does_not_decide_the_least_of_both_sides(worked: Town) -> None:
    """Ten orders and no time, or 30 orders less the time: neither side says 10 orders and less time."""
    worked.correct(aug(3), {ANNA: {"orders": 10, "minutes": 400}})
    silent_and_certified(worked)
    worked.do(OpenDispute, **claimed(worked, {"orders": 30, "minutes": 100}))
    worked.reply(ANNA, aug(3))
    fields = {"employer": "E001", "shard": 0, "worker": ANNA, "day": aug(3), "reason": "the log"}
    fields["digest"] = worked.row_digest("E001", aug(3), ANNA)
    worked.refused(FiguresDiffer, Decide, **fields, measures={"orders": 10, "minutes": 100})
    worked.refused(FiguresDiffer, Decide, **fields, measures={"orders": 29, "minutes": 399})
    worked.do(Decide, **fields, measures={"orders": 12, "minutes": 400})


def claimed(town: Town, measures: dict[str, int]) -> dict[str, Any]:
    """The fields of an OpenDispute of Anna's row of the 3rd."""
    there = town.row_digest("E001", aug(3), ANNA)
    message = Objection(town.ledger_id, ANNA, aug(3), there, measures, "more than that", 1)
    signed = signature(ANNA, message)
    return town.objection(ANNA, aug(3), 0, claimed=measures, signature=signed)


def test_less_counts_when_the_worker_withdraws_the_dispute(worked: Town) -> None:
    certified(worked)
    worked.correct(aug(3), {ANNA: 4})
    worked.dispute(ANNA, aug(3), 12)
    worked.withdraw(ANNA, aug(3))
    worked.certify(ANNA, aug(3))
    assert {ANNA: 2000} == worked.paid(RUN)


def test_content_counts_as_a_whole_and_no_measure_makes_up_for_another(town: Town) -> None:
    """8.00 an hour guaranteed: 10 orders in 300 minutes are worth 50.00, 2 in 480 are topped up to 64.00."""
    rules = (PerUnit("orders", 500), PerTime(1, 60), Guarantee(800, "day"))
    town.terms_active("TE001-3", terms_document(rules=rules, pay_class="guaranteed"))
    town.join("TE001-3", ANNA, from_day=aug(3))
    town.go(aug(3))
    town.work(aug(3), {ANNA: {"orders": 10, "minutes": 300}})
    certified(town)
    town.deposit(100_000)
    town.correct(aug(3), {ANNA: {"orders": 2, "minutes": 480}})
    town.certify(ANNA, aug(3))
    assert {ANNA: 6400} == town.paid(RUN)
    town.correct(aug(3), {ANNA: {"orders": 2, "minutes": 60}})
    town.certify(ANNA, aug(3))
    assert {ANNA: 0} == town.paid(NEXT)
    (part,) = town.line(NEXT).parts
    assert (5005, 1395, True) == (part.earned_fen, part.over_fen, part.agreed)


@pytest.mark.parametrize(
    ("raised_on", "first", "then"),
    [
        (8, 15_000, None),  # silent for two whole days when the run is opened on the 12th
        (9, 15_000, None),
        (10, 10_000, 5000),  # still to be answered then; the next run counts it
    ],
)
def test_silence_over_one_row_counts_where_another_was_lowered_in_this_run_or_the_next(
    worked: Town, raised_on: int, first: int, then: int | None
) -> None:
    """Ten each on the 3rd and the 4th; the 4th is raised to 20, the 3rd lowered to 0: 10 and 20 are the floors."""
    certified(worked)
    worked.go(aug(4))
    worked.certified(aug(4), {ANNA: 10})
    worked.go(aug(raised_on))
    worked.correct(aug(4), {ANNA: 20})
    worked.certify(ANNA, aug(4))
    worked.correct(aug(3), {ANNA: 0})
    worked.certify(ANNA, aug(3))
    assert {ANNA: first} == worked.paid(RUN)
    assert ({ANNA: then} if then else {}) == worked.paid(NEXT)
    assert {} == worked.paid(LATER)


def test_a_dispute_takes_nothing_from_what_was_certified_before_it(worked: Town) -> None:
    worked.certify(ANNA, aug(3))
    worked.go(aug(4))
    worked.correct(aug(3), {ANNA: 0})
    worked.dispute(ANNA, aug(3), 12)
    assert {ANNA: 5000} == worked.paid(RUN)
    worked.correct(aug(3), {ANNA: 11})
    assert {ANNA: 500} == worked.paid(NEXT)
    worked.withdraw(ANNA, aug(3))
    assert RowState.CONFIRMED is worked.row(aug(3)).state


def test_an_empty_row_moves_no_minimum_wage_or_version_of_other_days(town: Town) -> None:
    """600 minutes on each of two days at 23.00 an hour; then a version without a minimum wage, and an empty row."""
    rules = (PerUnit("orders", 1),)
    town.terms_active("TE001-3", terms_document(rules=rules, minimum_wage_place="510100-1", pay_class="place"))
    town.join("TE001-3", ANNA, from_day=aug(4))
    town.deposit(1_000_000)
    for day in (4, 5):
        town.go(aug(day))
        town.certified(aug(day), {ANNA: {"orders": 1, "minutes": 600}})
    town.go(aug(7))
    town.terms_active("TE001-3", terms_document(rules=(PerUnit("orders", 600),), pay_class="place"), 2)
    town.join("TE001-3", ANNA, version=2, from_day=aug(8))
    town.go(aug(8))
    town.work(aug(8), {ANNA: {}})
    town.certify(ANNA, aug(8))
    assert {ANNA: 46_000} == town.paid(RUN)
    assert 46_000 * 200 == town.line(RUN).fee
