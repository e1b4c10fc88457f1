from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from lxr.chaincode.decisions import Decide
from lxr.chaincode.refusals import (
    DateInFuture,
    DuplicateRow,
    FiguresDiffer,
    MeasureUnknown,
    NotAcceded,
    RowChanged,
    RowFrozen,
    RowNotAnswerable,
    SignatureWrong,
    TermsNotInForce,
    TooLarge,
    Unknown,
    VersionStale,
    WorkerElsewhere,
)
from lxr.chaincode.rows import Row, RowState, row_digest
from lxr.chaincode.status_changes import SetWorker
from lxr.chaincode.statuses import Status
from lxr.chaincode.terms import EndTerms
from lxr.chaincode.workday import CorrectSheet, Submitted
from lxr.chaincode.workday_answers import (
    Answer,
    Confirm,
    Confirmation,
    Confirmed,
    DisputeAnswer,
    OpenDispute,
    SignedRow,
    Withdraw,
)
from lxr.token.refusal import Refusal
from parties import ANNA, BO, CLEO, DORA, NOVA, aug, signature
from preparedtown import prepared_once
from scenario.work import new_rows
from town import Town

SHARD = {"employer": "E001", "shard": 0}


@prepared_once
def worked(town: Town) -> Town:
    """Anna and Bo have rows on the 3rd and the 4th."""
    town.go(aug(4))
    for day in (aug(3), aug(4)):
        town.work(day, {ANNA: 10, BO: 4})
    return town


def test_one_signature_confirms_all_rows_that_it_covers(worked: Town) -> None:
    worked.confirm(ANNA, aug(3), aug(4))
    states = [worked.row(day, worker).state for worker in (ANNA, BO) for day in (aug(3), aug(4))]
    assert [RowState.CONFIRMED] * 2 + [RowState.SUBMITTED] * 2 == states


def test_several_workers_answer_in_one_command(worked: Town) -> None:
    answers = (worked.answer(ANNA, aug(3)), worked.answer(BO, aug(3), aug(4)))
    assert Confirmed(3) == worked.do(Confirm, **SHARD, answers=answers)


def test_a_signature_is_good_for_its_own_rows_and_key_only(worked: Town) -> None:
    good = worked.answer(ANNA, aug(3))
    worked.refused(SignatureWrong, Confirm, **SHARD, answers=(worked.answer(ANNA, aug(3), signed_by=BO),))
    other_day = replace(good, rows=worked.answer(ANNA, aug(4)).rows)
    worked.refused(SignatureWrong, Confirm, **SHARD, answers=(other_day,))
    other_worker = replace(worked.answer(BO, aug(3)), signature=good.signature)
    worked.refused(SignatureWrong, Confirm, **SHARD, answers=(other_worker,))
    elsewhere = signature(ANNA, Confirmation("another ledger", ANNA, good.rows))
    worked.refused(SignatureWrong, Confirm, **SHARD, answers=(replace(good, signature=elsewhere),))


def test_a_signature_over_a_row_that_has_changed_is_refused(worked: Town) -> None:
    answer = worked.answer(ANNA, aug(3), aug(4))
    worked.correct(aug(3), {ANNA: 9})
    worked.refused(RowChanged, Confirm, **SHARD, answers=(answer,))
    assert RowState.SUBMITTED is worked.row(aug(4)).state  # not even the row that is as it was


def test_a_signature_stays_good_for_a_row_that_a_correction_left_alone(worked: Town) -> None:
    answer = worked.answer(ANNA, aug(3))
    worked.correct(aug(3), {BO: 9})
    assert Confirmed(1) == worked.do(Confirm, **SHARD, answers=(answer,))


def test_an_answer_that_cannot_be_right_is_refused(worked: Town) -> None:
    answer = worked.answer(ANNA, aug(3))
    worked.refused(DuplicateRow, Confirm, **SHARD, answers=(answer, answer))
    worked.refused(WorkerElsewhere, Confirm, employer="E001", shard=1, answers=(answer,))
    worked.refused(WorkerElsewhere, Confirm, employer="E002", shard=0, answers=(answer,))
    worked.confirm(ANNA, aug(3))
    worked.refused(RowNotAnswerable, Confirm, **SHARD, answers=(answer,))


@pytest.mark.parametrize(("worker", "day"), [(ANNA, aug(5)), (NOVA, aug(3))])
def test_a_row_or_a_sheet_that_is_not_there_cannot_be_confirmed(worked: Town, worker: str, day: Any) -> None:
    rows = (SignedRow(day, row_digest("E001", day, worker, Row({"orders": 10}, 1, RowState.SUBMITTED))),)
    answer = Answer(worker, rows, signature(worker, Confirmation(worked.ledger_id, worker, rows)))
    worked.refused(Unknown, Confirm, **SHARD, answers=(answer,))


def test_one_command_confirms_at_most_62_days(worked: Town) -> None:
    days = [aug(3) + timedelta(days=number) for number in range(64)]
    answers = tuple(
        Answer(worker, tuple(SignedRow(day, "0" * 64) for day in some), bytes(8))
        for worker, some in ((ANNA, days[:32]), (BO, days[32:]))
    )
    worked.refused(TooLarge, Confirm, **SHARD, answers=answers)


def test_a_dispute_freezes_its_row_alone_and_says_until_when_the_union_decides(worked: Town) -> None:
    answer = worked.dispute(ANNA, aug(3), 12)
    assert DisputeAnswer(ANNA, aug(3), RowState.DISPUTED, decide_by=aug(11)) == answer
    states = [worked.row(day, worker).state for worker in (ANNA, BO) for day in (aug(3), aug(4))]
    assert [RowState.DISPUTED] + [RowState.SUBMITTED] * 3 == states
    assert {"orders": 10} == worked.row(aug(3)).measures


def test_a_row_that_was_certified_unanswered_can_still_be_confirmed_or_disputed(worked: Town) -> None:
    worked.go(aug(6))
    worked.certify(ANNA, aug(3), aug(4))
    worked.confirm(ANNA, aug(3))
    worked.dispute(ANNA, aug(4), 12)
    assert (RowState.CERTIFIED, RowState.DISPUTED) == (worked.row(aug(3)).state, worked.row(aug(4)).state)


@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        (WorkerElsewhere, {"worker": CLEO}),
        (Unknown, {"worker": "W000000000999"}),
        (NotAcceded, {"worker": NOVA}),
        (DateInFuture, {"day": aug(5)}),
        (Unknown, {"day": aug(2)}),
        (MeasureUnknown, {"claimed": {"kilometres": 8}}),
        (RowChanged, {"digest": "0" * 64}),
        (RowNotAnswerable, {"digest": None}),
        (VersionStale, {"number": 2}),
        (SignatureWrong, {"claimed": {"orders": 13}}),
        (SignatureWrong, {"reason": "another reason"}),
        (SignatureWrong, {"signature": bytes(70)}),
    ],
)
def test_a_dispute_that_cannot_be_right_is_refused(
    worked: Town, refusal: type[Refusal], changes: dict[str, Any]
) -> None:
    worked.refused(refusal, OpenDispute, **worked.objection(ANNA, aug(3), 12, **changes))


def test_a_row_that_is_confirmed_or_already_disputed_cannot_be_disputed(worked: Town) -> None:
    worked.confirm(ANNA, aug(3))
    worked.refused(RowNotAnswerable, OpenDispute, **worked.objection(ANNA, aug(3), 12))
    worked.dispute(ANNA, aug(4), 12)
    worked.refused(RowNotAnswerable, OpenDispute, **worked.objection(ANNA, aug(4), 13))


def test_a_worker_who_was_suspended_since_can_still_dispute_what_was_said(worked: Town) -> None:
    worked.do(SetWorker, worker=ANNA, status=Status.SUSPENDED, from_day=aug(5), reason="asked for it")
    worked.go(aug(5))
    worked.dispute(ANNA, aug(4), 12)


def test_a_signature_from_before_a_dispute_is_no_answer_after_it(worked: Town) -> None:
    old = worked.answer(ANNA, aug(3))
    worked.dispute(ANNA, aug(3), 12)
    worked.correct(aug(3), {ANNA: 12})
    worked.correct(aug(3), {ANNA: 10})
    worked.refused(RowChanged, Confirm, **SHARD, answers=(old,))


def test_a_day_that_the_terms_do_not_cover_is_not_claimed(worked: Town) -> None:
    worked.do(EndTerms, employer="E001", terms="TE001-1", ends=aug(4), reason="season over")
    worked.go(aug(5))
    worked.refused(TermsNotInForce, OpenDispute, **worked.objection(ANNA, aug(5), 12))


def test_a_claim_for_a_missing_row_is_confirmed_by_the_sheet_that_says_the_same(town: Town) -> None:
    town.go(aug(4))
    town.dispute(ANNA, aug(3), 10)
    town.dispute(BO, aug(3), 6)
    assert (0, True) == (town.sheet(aug(3)).version, town.row(aug(3)).dispute is not None)
    town.work(aug(3), {ANNA: 10, BO: 4})
    assert (RowState.CONFIRMED, RowState.DISPUTED) == (town.row(aug(3)).state, town.row(aug(3), BO).state)
    assert ({"orders": 4}, 1) == (town.row(aug(3), BO).measures, town.sheet(aug(3)).version)


def test_a_claim_on_a_sheet_without_the_worker_is_confirmed_by_a_correction(town: Town) -> None:
    town.go(aug(4))
    town.work(aug(3), {BO: 4})
    town.dispute(ANNA, aug(3), 10)
    town.correct(aug(3), {ANNA: 10})
    assert RowState.CONFIRMED is town.row(aug(3)).state


def test_a_sheet_is_taken_after_a_claim_of_its_day_was_decided(town: Town) -> None:
    day = town.go(aug(3))
    town.dispute(ANNA, day, 12)
    town.decide(ANNA, day, 12)
    town.go(aug(4), 1)
    assert [Submitted(version=2, rows=1, late=True)] == town.work(day, {BO: 5})
    assert RowState.CERTIFIED is town.row(day, ANNA).state


def test_a_claim_stays_open_where_the_sheet_leaves_the_worker_out(town: Town) -> None:
    town.go(aug(4))
    town.dispute(ANNA, aug(3), 10)
    town.work(aug(3), {BO: 4})
    assert RowState.DISPUTED is town.row(aug(3)).state
    town.decide(ANNA, aug(3), 9)
    assert ({"orders": 9}, 2) == (town.row(aug(3)).measures, town.row(aug(3)).version)


def test_a_correction_that_meets_the_dispute_ends_it_and_any_other_only_admits_more(worked: Town) -> None:
    worked.dispute(ANNA, aug(3), 12)
    worked.dispute(ANNA, aug(4), 12)
    worked.correct(aug(3), {ANNA: 12})
    worked.correct(aug(4), {ANNA: 11})
    assert (RowState.CONFIRMED, RowState.DISPUTED) == (worked.row(aug(3)).state, worked.row(aug(4)).state)
    fields = {"employer": "E001", "day": aug(4), "shard": 0, "version": 2, "reason": "recount"}
    worked.refused(RowFrozen, CorrectSheet, **fields, rows=new_rows({ANNA: 10}))
    worked.refused(RowFrozen, CorrectSheet, **fields, rows=new_rows({ANNA: {"orders": 10, "minutes": 900}}))
    worked.correct(aug(4), {ANNA: 12})
    worked.correct(aug(4), {ANNA: 11})
    worked.dispute(ANNA, aug(4), 12)  # the second one of this row
    assert 2 == worked.row(aug(4)).disputes


def test_a_withdrawn_dispute_lets_the_row_stand_as_confirmed(worked: Town) -> None:
    worked.dispute(ANNA, aug(3), 12)
    worked.withdraw(ANNA, aug(3))
    row = worked.row(aug(3))
    assert (RowState.CONFIRMED, None, {"orders": 10}) == (row.state, row.dispute, row.measures)


def test_only_the_worker_withdraws_and_only_the_dispute_that_is_open(worked: Town) -> None:
    worked.refused(RowNotAnswerable, Withdraw, **worked.withdrawal(ANNA, aug(3)))
    worked.refused(Unknown, Withdraw, **worked.withdrawal(ANNA, aug(5)))
    worked.refused(Unknown, Withdraw, **worked.withdrawal(NOVA, aug(3)))
    worked.dispute(ANNA, aug(3), 12)
    worked.refused(VersionStale, Withdraw, **worked.withdrawal(ANNA, aug(3), 2))
    worked.refused(WorkerElsewhere, Withdraw, **{**worked.withdrawal(ANNA, aug(3)), "shard": 1})
    forged = worked.withdrawal(BO, aug(3))["signature"]
    worked.refused(SignatureWrong, Withdraw, **{**worked.withdrawal(ANNA, aug(3)), "signature": forged})


@pytest.mark.parametrize(("orders", "version"), [(10, 1), (11, 2)])
def test_a_decision_is_the_content_and_attested(worked: Town, orders: int, version: int) -> None:
    worked.dispute(ANNA, aug(3), 12)
    worked.decide(ANNA, aug(3), orders)
    row = worked.row(aug(3))
    expected = RowState.CERTIFIED, {"orders": orders}, "the platform's log", None, version
    assert expected == (row.state, row.measures, row.decided, row.dispute, row.version)
    worked.refused(RowNotAnswerable, OpenDispute, **worked.objection(ANNA, aug(3), 12))


def test_a_decision_after_its_deadline_is_marked_late(worked: Town) -> None:
    worked.dispute(ANNA, aug(3), 12)
    worked.dispute(BO, aug(3), 12)
    worked.go(aug(11), 23, 59, 59)
    assert not worked.decide(ANNA, aug(3), 12).late
    worked.go(aug(12), 0)
    assert worked.decide(BO, aug(3), 12).late


@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        (RowNotAnswerable, {"worker": BO}),
        (RowChanged, {"digest": "0" * 64}),
        (NotAcceded, {"worker": NOVA}),
        (WorkerElsewhere, {"worker": DORA}),
        (Unknown, {"day": aug(2)}),
        (MeasureUnknown, {"measures": {"kilometres": 8}}),
        (FiguresDiffer, {"measures": {"orders": 13}}),
        (FiguresDiffer, {"measures": {"orders": 9}}),
        (FiguresDiffer, {"measures": {}}),
        (FiguresDiffer, {"measures": {"orders": 12, "minutes": 1}}),
    ],
)
def test_only_an_open_dispute_is_decided_between_what_the_two_sides_say(
    worked: Town, refusal: type[Refusal], changes: dict[str, Any]
) -> None:
    worked.dispute(ANNA, aug(3), 12)
    day, worker = changes.get("day", aug(3)), changes.get("worker", ANNA)
    there = worked.row_digest("E001", day, worker) if (worker, day) in ((ANNA, aug(3)), (BO, aug(3))) else "0" * 64
    fields = {**SHARD, "worker": ANNA, "day": day, "digest": there, "measures": {"orders": 12}, "reason": "log"}
    worked.refused(refusal, Decide, **{**fields, **changes})
