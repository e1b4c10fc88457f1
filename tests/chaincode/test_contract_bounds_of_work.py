"""Nothing that the terms and the employment do not bear comes onto a sheet, by whichever command."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines import MemoryEngine
from lxr.chaincode.command import AnyCommand
from lxr.chaincode.decisions import Decide
from lxr.chaincode.pay_rules import Guarantee, PerTime, PerUnit
from lxr.chaincode.refusals import (
    DayInPast,
    EmployerNotActive,
    MeasureBeyondTerms,
    NotAcceded,
    TermsInvalid,
    TermsNotInForce,
    WorkerNotActive,
)
from lxr.chaincode.status_changes import SetEmployer, SetWorker
from lxr.chaincode.statuses import Status
from lxr.chaincode.terms import EndTerms, ProposeTerms
from lxr.chaincode.workday import CorrectSheet, SubmitSheet
from lxr.chaincode.workday_answers import OpenDispute
from lxr.token.refusal import Refusal
from parties import BO, NOVA, aug
from scenario.work import new_rows
from termsdocuments import terms_document
from town import Town

MOST = {"orders": 40, "minutes": 600}
Saying = Callable[[Town, dict[str, int]], tuple[type[AnyCommand], dict[str, Any]]]


def submitting(_: Town, said: dict[str, int]) -> tuple[type[AnyCommand], dict[str, Any]]:
    return SubmitSheet, {"employer": "E001", "day": aug(5), "shard": 0, "rows": new_rows({NOVA: said})}


def correcting(_: Town, said: dict[str, int]) -> tuple[type[AnyCommand], dict[str, Any]]:
    fields = {"employer": "E001", "day": aug(4), "shard": 0, "version": 1, "reason": "recount"}
    return CorrectSheet, {**fields, "rows": new_rows({NOVA: said})}


def disputing(town: Town, said: dict[str, int]) -> tuple[type[AnyCommand], dict[str, Any]]:
    return OpenDispute, town.objection(NOVA, aug(4), said)


def claiming(town: Town, said: dict[str, int]) -> tuple[type[AnyCommand], dict[str, Any]]:
    return OpenDispute, town.objection(NOVA, aug(5), said)


ENTRANCES = (submitting, correcting, disputing, claiming)


@pytest.fixture
def bounded(bench: Town) -> Town:
    """Nova's terms know 40 orders and 600 minutes a day; there is a row of the 4th and none of the 5th."""
    rules = (PerUnit("orders", 500), Guarantee(2500, "day"))
    bench.terms_active("TE001-3", terms_document(rules=rules, most_per_day=MOST, pay_class="bounded"))
    bench.join("TE001-3", NOVA)
    bench.go(aug(5))
    bench.work(aug(4), {NOVA: {"orders": 1, "minutes": 30}})
    return bench


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("measure", sorted(MOST))
def test_no_more_units_of_a_measure_come_onto_a_day_than_the_terms_know(
    bounded: Town, entrance: Saying, measure: str
) -> None:
    state = dict(bounded.engine.scan(""))

    @given(over=st.integers(-MOST[measure], 10**6 - MOST[measure]))
    def check(over: int) -> None:
        town = Town(MemoryEngine(state), f"{over}")
        town.at_ms = bounded.at_ms
        kind, fields = entrance(town, {measure: MOST[measure] + over})
        if over <= 0:
            town.do(kind, **fields)
            return
        refusal = town.refused(MeasureBeyondTerms, kind, **fields)
        facts = {"worker": NOVA, "measure": measure, "given": MOST[measure] + over, "most": MOST[measure]}
        assert facts == refusal.facts

    check()


@pytest.mark.parametrize("entrance", [correcting, submitting])
def test_working_time_that_is_only_recorded_is_never_more_than_the_day_has(bench: Town, entrance: Saying) -> None:
    bench.join("TE001-1", NOVA)
    bench.go(aug(5))
    bench.work(aug(4), {NOVA: {"orders": 1}})
    kind, fields = entrance(bench, {"minutes": 1441})
    bench.refused(MeasureBeyondTerms, kind, **fields)
    kind, fields = entrance(bench, {"minutes": 1440})
    bench.do(kind, **fields)


def test_the_union_decides_nothing_beyond_the_terms_because_neither_side_can_say_it(bounded: Town) -> None:
    bounded.dispute(NOVA, aug(4), 40)
    bounded.reply(NOVA, aug(4))
    there = bounded.row_digest("E001", aug(4), NOVA)
    fields = {"employer": "E001", "shard": 0, "worker": NOVA, "day": aug(4), "digest": there, "reason": "log"}
    bounded.refused(MeasureBeyondTerms, Decide, **fields, measures={"orders": 41})
    bounded.do(Decide, **fields, measures={"orders": 40})


@pytest.mark.parametrize(
    "most",
    [
        {},
        {"orders": 40},
        {"minutes": 600},
        {"orders": 40, "minutes": 600, "metres": 1},
        {"orders": 40, "minutes": 1441},
    ],
)
def test_terms_know_the_most_of_each_of_their_measures_and_no_day_has_more_than_1440_minutes(
    bench: Town, most: dict[str, int]
) -> None:
    rules = (PerUnit("orders", 500), PerTime(38, 1))
    fields = {"employer": "E001", "terms": "TE001-3", "version": 1}
    bench.refused(TermsInvalid, ProposeTerms, **fields, document=terms_document(rules=rules, most_per_day=most))
    bench.do(ProposeTerms, **fields, document=terms_document(rules=rules, most_per_day={**MOST, "minutes": 1440}))


def test_waiting_time_is_time_too(bench: Town) -> None:
    document = terms_document(rules=(PerTime(600, 60, "waiting"),), most_per_day={"waiting": 1441})
    bench.refused(TermsInvalid, ProposeTerms, employer="E001", terms="TE001-3", version=1, document=document)


def ended(town: Town) -> None:
    town.do(SetWorker, worker=NOVA, status=Status.ENDED, from_day=aug(5), reason="left")


def suspended(town: Town) -> None:
    town.do(SetWorker, worker=NOVA, status=Status.SUSPENDED, from_day=aug(5), reason="asked for it")


def closed(town: Town) -> None:
    town.do(SetEmployer, employer="E001", status=Status.ENDED, from_day=aug(5), reason="no licence")


def season_over(town: Town) -> None:
    town.do(EndTerms, employer="E001", terms="TE001-3", ends=aug(4), reason="season over")


@pytest.mark.parametrize("entrance", [submitting, claiming])
@pytest.mark.parametrize(
    ("end", "refusal"),
    [
        (ended, WorkerNotActive),
        (suspended, WorkerNotActive),
        (closed, EmployerNotActive),
        (season_over, TermsNotInForce),
    ],
)
def test_no_work_comes_in_for_a_day_after_the_end_of_the_employment(
    bounded: Town, entrance: Saying, end: Callable[[Town], None], refusal: type[Refusal]
) -> None:
    bounded.go(aug(4))
    end(bounded)
    bounded.go(aug(5))
    kind, fields = entrance(bounded, {"orders": 1})
    bounded.refused(refusal, kind, **fields)


def decided(town: Town) -> None:
    town.decide(NOVA, aug(4), 3)


def admitted(town: Town) -> None:
    town.work(aug(4), {NOVA: 3})


def withdrawn(town: Town) -> None:
    town.withdraw(NOVA, aug(4))


@pytest.mark.parametrize("end", [ended, suspended, closed, season_over])
@pytest.mark.parametrize("answer", [decided, admitted, withdrawn])
def test_a_claim_of_the_last_day_is_decided_admitted_or_withdrawn_after_it(
    bench: Town, end: Callable[[Town], None], answer: Callable[[Town], None]
) -> None:
    bench.terms_active("TE001-3", terms_document(pay_class="bounded"))
    bench.join("TE001-3", NOVA)
    bench.go(aug(4), 20)
    bench.dispute(NOVA, aug(4), 3)
    for kind, who in ((SetWorker, {"worker": NOVA}), (SetEmployer, {"employer": "E001"})):
        bench.refused(DayInPast, kind, **who, status=Status.ENDED, from_day=aug(4), reason="left")
    end(bench)
    bench.go(aug(9))
    answer(bench)


@pytest.mark.parametrize("entrance", [submitting, claiming])
def test_no_work_comes_in_for_a_day_before_the_worker_has_joined_terms(bench: Town, entrance: Saying) -> None:
    bench.join("TE001-1", NOVA, from_day=aug(6))
    bench.go(aug(6))
    kind, fields = entrance(bench, {"orders": 1})
    bench.refused(NotAcceded, kind, **fields)


def test_what_was_said_before_the_end_is_still_answered_and_decided(bounded: Town) -> None:
    bounded.dispute(NOVA, aug(4), 2)
    bounded.do(SetWorker, worker=NOVA, status=Status.ENDED, from_day=aug(6), reason="left")
    bounded.go(aug(6))
    bounded.work(aug(5), {NOVA: 3})
    bounded.dispute(NOVA, aug(5), 4)
    bounded.decide(NOVA, aug(5), 4)
    bounded.decide(NOVA, aug(4), 2)
    assert BO not in bounded.sheet(aug(5), NOVA).content.workers
