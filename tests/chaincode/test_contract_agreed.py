"""What the worker or the union has agreed to counts until one of them agrees to less (工资支付暂行规定 art. 15)."""

import pytest

from lxr_chaincode.payroll import PriceShard
from lxr_chaincode.refusals import AnswerWindowOpen, NothingChanges, RowsNotAttested
from lxr_chaincode.sheet import Agreed, RowState
from lxr_chaincode.workday import AttestSheets
from town import ANNA, Town, aug

RUN, NEXT, LATER = "E001-20260812", "E001-20260819", "E001-20260826"


def agreed(town: Town, how: str) -> None:
    """A row of 10 orders on the 3rd that somebody agreed to."""
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10})
    if how == "presumed":
        town.go(aug(5))
        town.attest(ANNA, aug(3), presume=True)
        return
    town.confirm(ANNA, aug(3))
    if how == "attested":
        town.attest(ANNA, aug(3))


@pytest.mark.parametrize("how", ["confirmed", "attested", "presumed"])
def test_less_than_was_agreed_is_not_paid_on_the_employers_word(town: Town, how: str) -> None:
    agreed(town, how)
    town.deposit(100_000)
    town.correct(aug(3), {ANNA: 4})
    assert Agreed({"orders": 10}, 1) == town.row(aug(3)).agreed
    town.go(aug(12))
    town.refused(NothingChanges, AttestSheets, employer="E001", shard=0, sheets=town.seen(ANNA, aug(3)), presume=True)
    assert {ANNA: 5000} == town.paid(RUN)


def test_less_counts_once_the_worker_confirms_it(town: Town) -> None:
    agreed(town, "attested")
    town.deposit(100_000)
    town.correct(aug(3), {ANNA: 4})
    assert {ANNA: 5000} == town.paid(RUN)
    town.confirm(ANNA, aug(3))
    town.attest(ANNA, aug(3))
    assert {ANNA: 0} == town.paid(NEXT)
    assert (3000, {"orders": 4}) == (town.line(NEXT).carry_fen, town.row(aug(3)).counted.measures)


@pytest.mark.parametrize(("decided", "carry_fen"), [(10, 0), (7, 1500), (4, 3000)])
def test_less_counts_as_far_as_the_union_decides(town: Town, decided: int, carry_fen: int) -> None:
    agreed(town, "attested")
    town.deposit(100_000)
    town.correct(aug(3), {ANNA: 4})
    town.dispute(ANNA, aug(3), 10)
    assert {ANNA: 5000} == town.paid(RUN)
    town.decide(ANNA, aug(3), decided)
    town.paid(NEXT)
    assert carry_fen == town.line(NEXT).carry_fen
    assert None is town.row(aug(3)).agreed


def test_less_counts_when_the_worker_withdraws_the_dispute(town: Town) -> None:
    agreed(town, "attested")
    town.correct(aug(3), {ANNA: 4})
    town.dispute(ANNA, aug(3), 10)
    town.withdraw(ANNA, aug(3))
    assert (RowState.CONFIRMED, {"orders": 4}) == (town.row(aug(3)).state, town.row(aug(3)).counted.measures)


def test_a_presumed_row_that_is_disputed_is_not_lowered_on_the_employers_word(town: Town) -> None:
    agreed(town, "presumed")
    town.dispute(ANNA, aug(3), 14)
    town.correct(aug(3), {ANNA: 4})
    assert Agreed({"orders": 10}, 1) == town.row(aug(3)).agreed


def test_what_was_never_agreed_to_can_be_lowered(town: Town) -> None:
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10})
    town.correct(aug(3), {ANNA: 4})
    assert None is town.row(aug(3)).agreed


@pytest.mark.parametrize(
    ("orders", "kept"),
    [
        ({"orders": 11}, None),
        ({"orders": 10, "minutes": 5}, None),
        ({"orders": 9, "minutes": 500}, Agreed({"orders": 10}, 1)),
        ({}, Agreed({"orders": 10}, 1)),
    ],
)
def test_more_needs_no_agreement_and_no_measure_makes_up_for_another(
    town: Town, orders: dict[str, int], kept: Agreed | None
) -> None:
    agreed(town, "attested")
    town.correct(aug(3), {ANNA: orders})
    assert kept == town.row(aug(3)).agreed


def test_what_was_agreed_is_kept_through_one_correction_after_another(town: Town) -> None:
    agreed(town, "attested")
    for orders in (4, 7):
        town.correct(aug(3), {ANNA: orders})
        assert Agreed({"orders": 10}, 1) == town.row(aug(3)).agreed
    town.correct(aug(3), {ANNA: 12})
    assert None is town.row(aug(3)).agreed
    town.opened(RUN)
    town.refused(RowsNotAttested, PriceShard, run=RUN, shard=0)
    town.at_ms -= 8 * 86_400_000
    town.refused(AnswerWindowOpen, AttestSheets, employer="E001", shard=0, sheets=town.seen(ANNA, aug(3)), presume=True)
