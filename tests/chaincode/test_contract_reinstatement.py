"""A status does not reach back, and an ending made by mistake is undone by two organisations, never by one."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engines import MemoryEngine
from lxr.chaincode.employers import employers
from lxr.chaincode.refusals import (
    AlreadySigned,
    DayInPast,
    HashDiffers,
    NotAllowed,
    NotAParty,
    NotYours,
    TooFarAhead,
    Unknown,
    WorkerNotActive,
    WrongState,
)
from lxr.chaincode.reinstatement import ApproveReinstatement, ProposeReinstatement
from lxr.chaincode.status_changes import SetEmployer, SetWorker
from lxr.chaincode.statuses import Status, status_on
from lxr.chaincode.terms import EndTerms
from lxr.chaincode.workday import SubmitSheet
from lxr.chaincode.workers import workers
from parties import ANNA, aug
from scenario.work import new_rows
from town import Town

ACTIVE, SUSPENDED, ENDED = Status
WHO = ((SetWorker, {"worker": ANNA}), (SetEmployer, {"employer": "E001"}))


@pytest.mark.parametrize(("kind", "who"), WHO)
@pytest.mark.parametrize("status", [SUSPENDED, ENDED])
def test_no_status_reaches_back_over_days_that_were_worked(
    bench: Town, kind: Any, who: dict[str, str], status: Status
) -> None:
    bench.certified(aug(3), {ANNA: 10})
    bench.go(aug(6))
    state = dict(bench.engine.scan(""))

    @given(day=st.dates(date(1900, 1, 1), date(2030, 1, 1)))
    @example(aug(6))
    @example(aug(7))
    def check(day: date) -> None:
        town = Town(MemoryEngine(state), f"{day}")
        town.at_ms = bench.at_ms
        fields = {**who, "status": status, "from_day": day, "reason": "x"}
        if not aug(7) <= day <= aug(6) + timedelta(days=366):
            town.refused(DayInPast if day < aug(7) else TooFarAhead, kind, **fields)
            return
        town.do(kind, **fields)
        town.correct(aug(3), {ANNA: 11})  # the day stays the employment's
        town.work(aug(6), {ANNA: 5})  # and so does today

    check()


def test_terms_that_are_ended_cover_the_whole_day_on_which_they_are_ended(bench: Town) -> None:
    bench.go(aug(6), 8)
    bench.refused(DayInPast, EndTerms, employer="E001", terms="TE001-1", ends=aug(5), reason="season over")
    bench.do(EndTerms, employer="E001", terms="TE001-1", ends=aug(6), reason="season over")
    bench.go(aug(7))
    bench.work(aug(6), {ANNA: 10})


@pytest.mark.parametrize(
    ("kind", "who", "first", "second"),
    [
        (SetWorker, {"worker": ANNA}, "union/operator", "employer/signer/E001"),
        (SetWorker, {"worker": ANNA}, "employer/signer/E001", "union/operator"),
        (SetEmployer, {"employer": "E001"}, "union/operator", "regulator/admin"),
        (SetEmployer, {"employer": "E001"}, "regulator/admin", "union/operator"),
    ],
)
@pytest.mark.parametrize("before", [ACTIVE, SUSPENDED])
def test_an_ending_made_by_mistake_is_undone_from_its_day_on_by_two_organisations(
    bench: Town, kind: Any, who: dict[str, str], first: str, second: str, before: Status
) -> None:
    (number,) = who.values()
    bench.work(aug(1), {ANNA: 10})
    if before is SUSPENDED:
        bench.do(kind, **who, status=SUSPENDED, from_day=aug(2), reason="ill")
    bench.do(kind, **who, status=ENDED, from_day=aug(4), reason="a slip")
    bench.go(aug(6))
    bench.do(ProposeReinstatement, first, ended=number, reason="another was meant")
    bench.refused(AlreadySigned, ApproveReinstatement, first, **bench.reinstatement(number))
    bench.refused(HashDiffers, ApproveReinstatement, second, ended=number, digest="0" * 64)
    bench.do(ApproveReinstatement, second, **bench.reinstatement(number))
    record = bench.get(workers, number) if kind is SetWorker else bench.get(employers, number)
    assert {before} == {status_on(record.statuses, aug(day)) for day in (4, 5, 6, 20)}
    bench.refused(WrongState, ApproveReinstatement, second, **bench.reinstatement(number))
    bench.do(kind, **who, status=ENDED, from_day=aug(7), reason="now in earnest")
    bench.refused(HashDiffers, ApproveReinstatement, second, **bench.reinstatement(number))  # of the ending before


def test_an_ending_is_undone_by_nobody_else(town: Town) -> None:
    town.refused(WrongState, ProposeReinstatement, "union/operator", ended=ANNA, reason="x")
    town.refused(Unknown, ProposeReinstatement, "union/operator", ended="W000000000999", reason="x")
    town.refused(Unknown, ApproveReinstatement, "union/operator", ended=ANNA, digest="0" * 64)
    for kind, who in WHO:
        town.do(kind, **who, status=ENDED, from_day=aug(4), reason="a slip")
    town.refused(NotYours, ProposeReinstatement, "employer/signer/E002", ended=ANNA, reason="x")
    town.refused(NotAParty, ProposeReinstatement, "regulator/admin", ended=ANNA, reason="x")
    town.refused(NotAParty, ProposeReinstatement, "employer/signer/E001", ended="E001", reason="x")
    town.refused(NotAllowed, ProposeReinstatement, "bank/admin", ended="E001", reason="x")


def test_after_an_ending_was_undone_its_days_are_worked_days_again(town: Town) -> None:
    town.do(SetWorker, worker=ANNA, status=ENDED, from_day=aug(2), reason="a slip")
    town.go(aug(2))
    fields = {"employer": "E001", "day": aug(2), "shard": 0, "rows": new_rows({ANNA: 11})}
    town.refused(WorkerNotActive, SubmitSheet, **fields)
    town.do(ProposeReinstatement, "union/operator", ended=ANNA, reason="another was meant")
    town.do(ApproveReinstatement, "employer/signer/E001", **town.reinstatement(ANNA))
    town.do(SubmitSheet, **fields)
