from datetime import date, timedelta
from typing import Any

import pytest

from lxr.chaincode.parameter_refusals import ParameterMissing
from lxr.chaincode.refusals import (
    DateInFuture,
    DayStillOpen,
    DuplicateRow,
    EmployerNotActive,
    Exists,
    MeasureUnknown,
    NotAcceded,
    NothingChanges,
    TermsNotInForce,
    Unknown,
    VersionStale,
    WorkerElsewhere,
    WorkerNotActive,
)
from lxr.chaincode.rows import RowState
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.sheet_certification import CertifiedShard, CertifySheets
from lxr.chaincode.status_changes import SetEmployer, SetWorker
from lxr.chaincode.statuses import Status
from lxr.chaincode.terms import EndTerms
from lxr.chaincode.workday import CloseDay, CorrectSheet, DayClosed, NewRow, SubmitSheet, Submitted, submissions
from lxr.token.refusal import Refusal
from parties import ANNA, BO, CLEO, DORA, NOVA, aug
from scenario.work import new_rows
from town import Town


def submission(rows: dict[str, Any] | None = None, /, **changes: Any) -> dict[str, Any]:
    fields = {"employer": "E001", "day": aug(3), "shard": 0, "rows": new_rows(rows or {ANNA: 10})}
    return {**fields, **changes}


@pytest.mark.parametrize(
    ("day", "hour", "minute", "second", "late"),
    [
        (aug(3), 12, 0, 0, False),
        (aug(3), 23, 59, 59, False),
        (aug(4), 0, 0, 0, True),
        (aug(9), 12, 0, 0, True),
    ],
)
def test_a_sheet_is_late_from_midnight_in_shanghai(
    town: Town, day: date, hour: int, minute: int, second: int, late: bool
) -> None:
    town.go(day, hour, minute, second)
    assert [Submitted(version=1, rows=1, late=late)] == town.work(aug(3), {ANNA: 10})
    assert late is town.sheet(aug(3)).late


def test_after_the_close_of_its_day_a_sheet_is_late_though_midnight_is_not_over(town: Town) -> None:
    town.go(aug(3), 23, 59)
    assert not town.work(aug(3), {ANNA: 10})[0].late
    town.do(CloseDay, day=aug(3))
    assert town.work(aug(3), {CLEO: 10})[0].late
    assert town.correct(aug(3), {ANNA: 11}).late
    assert not town.sheet(aug(3)).late  # the sheet itself came in time, only its correction did not


def test_a_day_is_closed_once_and_not_before_2359(town: Town) -> None:
    town.go(aug(3), 23, 58, 59)
    town.refused(DayStillOpen, CloseDay, day=aug(3))
    town.go(aug(3), 23, 59)
    assert DayClosed(aug(3)) == town.do(CloseDay, day=aug(3))
    town.refused(Exists, CloseDay, day=aug(3))


def test_each_version_stays_on_the_ledger_with_its_signer_and_its_reason(town: Town) -> None:
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10, BO: 4})
    town.correct(aug(3), {ANNA: 12})
    first, second = (town.get(submissions, *town.place(ANNA, aug(3)), version) for version in (1, 2))
    assert ({ANNA: {"orders": 10}, BO: {"orders": 4}}, None) == (dict(first.content.each()), first.reason)
    assert ({ANNA: {"orders": 12}}, "recount") == (dict(second.content.each()), second.reason)
    assert ("employer/signer/E001",) * 2 == (first.by, second.by)
    assert ((2, 12), (1, 4)) == tuple(
        (row.version, row.measures["orders"]) for row in (town.row(aug(3)), town.row(aug(3), BO))
    )


def test_working_time_can_be_recorded_under_any_terms(town: Town) -> None:
    town.go(aug(3))
    assert 1 == town.work(aug(3), {ANNA: {"orders": 3, "minutes": 50}})[0].version


def test_a_row_without_any_measure_says_that_nobody_worked(town: Town) -> None:
    town.certified(aug(3), {ANNA: {}, BO: 2})
    town.deposit(10_000)
    assert {ANNA: 0, BO: 1000} == town.paid("E001-20260812")


@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        (Unknown, {"shard": 9}),
        (DateInFuture, {"day": aug(4)}),
        (DuplicateRow, {"rows": (NewRow(ANNA, {"orders": 1}), NewRow(ANNA, {"orders": 2}))}),
        (Unknown, {"rows": new_rows({"W000000000999": 1})}),
        (WorkerElsewhere, {"rows": new_rows({CLEO: 1})}),
        (WorkerElsewhere, {"rows": new_rows({DORA: 1})}),
        (NotAcceded, {"rows": new_rows({NOVA: 1})}),
        (MeasureUnknown, {"rows": new_rows({ANNA: {"orders": 1, "kilometres": 8}})}),
        (NotAcceded, {"day": date(2026, 7, 31)}),
        (ParameterMissing, {"day": date(2025, 12, 31)}),
    ],
)
def test_a_sheet_that_cannot_be_right_is_refused(town: Town, refusal: type[Refusal], changes: dict[str, Any]) -> None:
    town.go(aug(3))
    town.refused(refusal, SubmitSheet, **submission(**changes))


def test_a_sheet_is_submitted_once_then_corrected(town: Town) -> None:
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10})
    town.refused(Exists, SubmitSheet, **submission({BO: 4}))
    assert 2 == town.correct(aug(3), {BO: 4}).version


def test_correcting_needs_the_version_that_stands_and_a_change_in_every_row(town: Town) -> None:
    town.go(aug(3))
    town.refused(VersionStale, CorrectSheet, **submission(version=1, reason="recount"))
    town.work(aug(3), {ANNA: 10, BO: 4})
    town.refused(VersionStale, CorrectSheet, **submission({ANNA: 9}, version=2, reason="recount"))
    town.refused(NothingChanges, CorrectSheet, **submission({ANNA: 9, BO: 4}, version=1, reason="recount"))


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.ENDED])
def test_from_its_day_on_a_suspension_lets_nothing_new_be_earned(town: Town, status: Status) -> None:
    town.do(SetWorker, worker=ANNA, status=status, from_day=aug(4), reason="asked for it")
    town.do(SetEmployer, employer="E001", status=status, from_day=aug(5), reason="no licence")
    town.go(aug(5))
    town.work(aug(3), {ANNA: 10})
    town.refused(WorkerNotActive, SubmitSheet, **submission(day=aug(4)))
    town.refused(EmployerNotActive, SubmitSheet, **submission({BO: 1}, day=aug(5)))


def test_terms_that_have_ended_cover_no_later_day(town: Town) -> None:
    town.do(EndTerms, "union/operator", employer="E001", terms="TE001-1", ends=aug(3), reason="season over")
    town.go(aug(4))
    town.work(aug(3), {ANNA: 10})
    town.refused(TermsNotInForce, SubmitSheet, **submission(day=aug(4)))


def test_correcting_a_row_keeps_the_confirmations_of_the_others(town: Town) -> None:
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10, BO: 4})
    town.confirm(ANNA, aug(3))
    town.confirm(BO, aug(3))
    town.correct(aug(3), {BO: 5})
    assert (RowState.CONFIRMED, RowState.SUBMITTED) == (town.row(aug(3)).state, town.row(aug(3), BO).state)
    assert [CertifiedShard(0, answered=1, unanswered=1)] == town.certify(ANNA, aug(3))


def test_the_unions_word_makes_rows_payable_answered_or_not(town: Town) -> None:
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10, BO: 4})
    town.confirm(ANNA, aug(3))
    assert [CertifiedShard(0, answered=1, unanswered=1)] == town.certify(ANNA, aug(3))
    assert (RowState.CERTIFIED, RowState.UNANSWERED) == (town.row(aug(3)).state, town.row(aug(3), BO).state)
    town.refused(NothingChanges, CertifySheets, employer="E001", shards=town.seen_shards(ANNA, aug(3)))


def test_certifying_names_a_sheet_that_is_missing(town: Town) -> None:
    town.go(aug(3))
    town.refused(Unknown, CertifySheets, employer="E001", shards=town.seen_shards(ANNA, aug(3)))


def test_a_correction_of_a_certified_row_needs_a_new_word_and_the_earlier_one_holds_meanwhile(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.correct(aug(3), {ANNA: 12})
    assert RowState.SUBMITTED is town.row(aug(3)).state
    town.deposit(100_000)
    assert {ANNA: 5000} == town.paid("E001-20260812")
    town.certify(ANNA, aug(3))
    assert {ANNA: 1000} == town.paid("E001-20260819")


def test_the_head_lists_each_day_once_whatever_happens_on_it(town: Town) -> None:
    for day in (aug(4), aug(3)):
        town.go(max(day, aug(4)))
        town.work(day, {ANNA: 10, BO: 4})
    town.correct(aug(3), {BO: 5})
    head = town.get(shard_heads, "E001", 0)
    assert [("TE001-1", aug(3)), ("TE001-1", aug(4))] == [(open_day.terms, open_day.day) for open_day in head.days]


def test_two_weeks_of_one_shard_are_attested_at_once(town: Town) -> None:
    days = [aug(3) + timedelta(days=number) for number in range(14)]
    for day in days:
        town.go(day)
        town.work(day, {ANNA: 10})
    town.confirm(ANNA, *days)
    assert [CertifiedShard(0, answered=14, unanswered=0)] == town.certify(ANNA, *days)
