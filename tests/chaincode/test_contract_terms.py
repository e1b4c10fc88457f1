from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from lxr.chaincode.accession import AccedeToTerms
from lxr.chaincode.employers import AddEmployer, employers
from lxr.chaincode.parameter_refusals import ParameterMissing
from lxr.chaincode.pay_rules import RULES_MAX, Allowance, Guarantee, PerUnit, Tiers
from lxr.chaincode.pay_rules import Step as StepUp
from lxr.chaincode.paydays import Daily, Monthly, OnCompletion
from lxr.chaincode.refusals import (
    DayInPast,
    DuplicateRow,
    EmployerNotActive,
    Exists,
    HashDiffers,
    NotYours,
    NumberForeign,
    SignatureWrong,
    TermsInvalid,
    TermsNotInForce,
    TooFarAhead,
    TooLarge,
    Unknown,
    VersionStale,
    WorkerNotActive,
    WrongState,
)
from lxr.chaincode.registration import AddWorkers
from lxr.chaincode.run_opening import OpenRun
from lxr.chaincode.run_pricing import PriceShards
from lxr.chaincode.status_changes import SetEmployer, SetWorker
from lxr.chaincode.statuses import Status
from lxr.chaincode.terms import (
    AcceptTerms,
    ActivateTerms,
    EndTerms,
    ProposeTerms,
    TermsDocument,
    VersionState,
    terms_heads,
)
from lxr.chaincode.types import digest
from lxr.chaincode.workday import NewRow, SubmitSheet
from lxr.chaincode.workers import membership_on, workers
from lxr.token.refusal import Refusal
from parties import ANNA, BO, DORA, NOVA, aug, numbered, sep
from termsdocuments import terms_document
from town import Town

PER_ORDER = PerUnit("orders", 500)


def states(town: Town, terms: str = "TE001-1") -> list[VersionState]:
    return [version.state for version in town.get(terms_heads, terms).versions]


def amendment(**changes: Any) -> dict[str, Any]:
    document = terms_document(**{"rules": (PerUnit("orders", 600),), **changes})
    return {"employer": "E001", "terms": "TE001-1", "version": 2, "document": document}


def test_terms_go_from_proposed_to_ended(town: Town) -> None:
    document = terms_document(pay_class="cleaners")
    seen = []
    for kind, fields in (
        (ProposeTerms, {"employer": "E001", "document": document, "version": 1}),
        (AcceptTerms, {"digest": digest(document), "version": 1}),
        (ActivateTerms, {"digest": digest(document), "version": 1}),
        (EndTerms, {"employer": "E001", "ends": aug(9), "reason": "season over"}),
    ):
        seen.append(town.do(kind, terms="TE001-9", **fields).state)
    assert ["proposed", "accepted", "active", "ended"] == seen


def test_an_amendment_takes_the_place_of_the_version_before_it(town: Town) -> None:
    town.do(ProposeTerms, **amendment())
    assert [VersionState.ACTIVE, VersionState.PROPOSED] == states(town)
    town.do(AcceptTerms, terms="TE001-1", version=2, digest=digest(amendment()["document"]))
    town.do(ActivateTerms, terms="TE001-1", version=2, digest=digest(amendment()["document"]))
    assert [VersionState.AMENDED, VersionState.ACTIVE] == states(town)


def test_an_amendment_binds_each_worker_from_their_own_signature(town: Town) -> None:
    town.deposit(10**6)
    town.go(aug(4))
    town.terms_active("TE001-1", amendment()["document"], version=2)
    town.join("TE001-1", ANNA, version=2, from_day=aug(5))
    for day in (aug(4), aug(5)):
        town.certified(day, {ANNA: 10, BO: 10})
    assert {ANNA: 5000 + 6000, BO: 5000 + 5000} == town.paid("E001-20260812")


@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        (Exists, {"version": 1}),
        (VersionStale, {"version": 3}),
        (NotYours, {"document": terms_document("E002")}),
        (NotYours, {"terms": "TE002-2", "version": 2}),
        (TermsInvalid, {"document": terms_document(payday=Monthly(15))}),
        (TermsInvalid, {"document": terms_document(pay_class="cleaners")}),
        (TermsInvalid, {"document": terms_document(effective_from=aug(1), effective_to=date(2025, 8, 1))}),
        (TermsInvalid, {"document": terms_document(effective_from=date(2025, 8, 1))}),
        (
            TermsInvalid,
            {"terms": "TE001-3", "version": 1, "document": terms_document(effective_from=date(1999, 12, 31))},
        ),
        (TermsInvalid, {"document": terms_document(rules=(PER_ORDER, PER_ORDER))}),
        (TermsInvalid, {"document": terms_document(rules=(Tiers("orders", "period", (StepUp(1, 1),)),))}),
        (
            TermsInvalid,
            {"document": terms_document(rules=(Guarantee(2299, "period"),), minimum_wage_place="510100-1")},
        ),
        (ParameterMissing, {"document": terms_document(minimum_wage_place="110000")}),
    ],
)
def test_terms_that_cannot_be_right_are_refused(town: Town, refusal: type[Refusal], changes: dict[str, Any]) -> None:
    town.refused(refusal, ProposeTerms, **{**amendment(), **changes})


def test_no_employer_takes_the_number_of_anothers_next_terms(town: Town) -> None:
    fields = {"terms": "TE001-2027", "version": 1}
    squatting = {"employer": "E002", "document": terms_document("E002")}
    town.refused(NumberForeign, ProposeTerms, **fields, **squatting)
    town.refused(NumberForeign, ProposeTerms, **{**fields, "terms": "TE0012-2027"}, **squatting)
    town.do(ProposeTerms, **fields, employer="E001", document=terms_document())


def test_a_guarantee_at_the_minimum_wage_is_enough(town: Town) -> None:
    rules = (PER_ORDER, Allowance("meal", 1500, "day"), Guarantee(2300, "period"))
    town.do(ProposeTerms, **amendment(rules=rules, minimum_wage_place="510100-1"))


def test_a_suspended_employer_proposes_nothing_and_an_unknown_one_neither(bench: Town) -> None:
    bench.do(SetEmployer, employer="E001", status=Status.SUSPENDED, from_day=aug(2), reason="no licence")
    bench.go(aug(2))
    bench.refused(EmployerNotActive, ProposeTerms, **amendment())
    bench.refused(Unknown, ProposeTerms, **{**amendment(), "employer": "E003", "document": terms_document("E003")})


def test_an_amendment_that_nobody_joined_yet_gives_way_to_the_next(town: Town) -> None:
    town.do(ProposeTerms, **amendment())
    town.terms_active("TE001-1", terms_document(rules=(PerUnit("orders", 700),)), version=3)
    assert [VersionState.AMENDED, VersionState.ENDED, VersionState.ACTIVE] == states(town)
    good = digest(amendment()["document"])
    town.refused(WrongState, AcceptTerms, terms="TE001-1", version=2, digest=good)


def test_terms_that_have_ended_are_not_amended(town: Town) -> None:
    town.do(EndTerms, "union/operator", employer="E002", terms="TE002-2", ends=aug(9), reason="season over")
    fields = {"employer": "E002", "terms": "TE002-2", "version": 2, "document": terms_document("E002")}
    town.refused(WrongState, ProposeTerms, **fields)


def test_no_number_of_proposals_keeps_an_employer_from_new_terms(bench: Town) -> None:
    for number in range(2, 60):
        fields = {"terms": f"TE001-{number}", "version": 1, "document": terms_document()}
        bench.do(ProposeTerms, employer="E001", **fields)
    bench.terms_active("TE001-99", terms_document())
    assert ("TE001-1", "TE001-99") == bench.get(employers, "E001").terms


def test_an_employer_has_at_most_50_terms_at_a_time_and_those_that_ended_make_room(bench: Town) -> None:
    for number in range(2, 51):
        bench.terms_active(f"TE001-{number}", terms_document())
    fields = {"employer": "E001", "terms": "TE001-51", "version": 1, "document": terms_document()}
    bench.do(ProposeTerms, **fields)
    bench.do(AcceptTerms, terms="TE001-51", version=1, digest=digest(terms_document()))
    bench.do(EndTerms, employer="E001", terms="TE001-1", ends=aug(3), reason="season over")
    bench.go(aug(3))
    opening = {"terms": "TE001-51", "version": 1, "digest": digest(terms_document())}
    bench.refused(TooLarge, ActivateTerms, **opening)  # they cover today still
    bench.certified(aug(3), {ANNA: 10})
    bench.go(aug(4))
    bench.do(ActivateTerms, **opening)
    listed = bench.get(employers, "E001").terms
    assert (50, False, True) == (len(listed), "TE001-1" in listed, "TE001-51" in listed)
    bench.terms_active("TE001-50", replace(terms_document(), rules=(PerUnit("orders", 600),)), version=2)
    bench.deposit(10**6)
    assert {ANNA: 5000} == bench.paid("E001-20260812")  # what was worked under those that ended is due all the same
    bench.correct(aug(3), {ANNA: 11})
    bench.certify(ANNA, aug(3))
    assert {ANNA: 500} == bench.paid("E001-20260819")


MEASURES = tuple(letter * 24 for letter in "abcdefghijk")


def long_terms(version: int) -> TermsDocument:
    """Twenty rules with the longest names, and amounts that fill the shard's total."""
    tiers = tuple(Tiers(measure, "period", (StepUp(0, 7000 - version),)) for measure in MEASURES)
    per_unit = tuple(PerUnit(measure, 7000 - version) for measure in MEASURES[: RULES_MAX - len(tiers)])
    return terms_document("E003", Monthly(15), (*tiers, *per_unit), answer_days=1)


def test_a_month_of_as_many_rules_as_can_bind_200_workers_is_priced(bench: Town) -> None:
    crew = tuple(numbered(number, "E003") for number in range(3000, 3200))
    bench.do(AddEmployer, employer="E003")
    bench.do(AddWorkers, employer="E003", workers=tuple(bench.new_worker(worker, "E003") for worker in crew))
    for version in (1, 2, 3):
        bench.terms_active("TE003-1", long_terms(version), version=version)
        if version < 3:
            bench.join("TE003-1", *crew, version=version, from_day=(aug(1), aug(16))[version - 1])
    for day in (aug(16), aug(31), sep(14)):
        join = bench.joining(crew[0], "TE003-1", 3, day)
        bench.refused(TooLarge, AccedeToTerms, terms="TE003-1", version=3, accessions=(join,))
    bench.join("TE003-1", crew[0], version=3, from_day=sep(15))
    rows = tuple(NewRow(worker, dict.fromkeys(MEASURES, 10**6)) for worker in crew)
    days = [aug(day) for day in range(1, 32)]
    bench.go(aug(31), 23)
    for day in days:
        bench.do(SubmitSheet, employer="E003", day=day, shard=0, rows=rows)
    bench.certify(crew[0], *days)
    bench.go(sep(15))
    bench.do(OpenRun, employer="E003", run="E003-20260915", payday=sep(15))
    (priced,) = bench.do(PriceShards, run="E003-20260915", shards=(0,)).shards
    assert 200 == priced.totals.lines


def test_the_first_terms_bind_a_year_back_at_most_so_that_no_sheets_of_old_days_fill_a_shard(town: Town) -> None:
    town.terms_active("TE001-3", terms_document(effective_from=date(2000, 1, 1)))
    for day in (date(2000, 1, 1), date(2025, 7, 30)):
        join = town.joining(NOVA, "TE001-3", 1, day)
        town.refused(VersionStale, AccedeToTerms, terms="TE001-3", version=1, accessions=(join,))
    town.join("TE001-3", NOVA, from_day=date(2025, 7, 31))


def test_an_old_signature_joins_nothing_again(town: Town) -> None:
    town.terms_active("TE001-3", terms_document(pay_class="night"))
    back = town.joining(ANNA, "TE001-1", 1, aug(3))
    town.join("TE001-3", ANNA, from_day=aug(2))
    town.refused(SignatureWrong, AccedeToTerms, terms="TE001-1", version=1, accessions=(back,))
    town.join("TE001-1", ANNA, from_day=aug(3))


def test_a_membership_and_an_end_of_terms_begin_within_a_year(town: Town) -> None:
    day = date(2027, 8, 3)
    town.refused(
        TooFarAhead, AccedeToTerms, terms="TE001-1", version=1, accessions=(town.joining(NOVA, "TE001-1", 1, day),)
    )
    town.refused(TooFarAhead, EndTerms, employer="E001", terms="TE001-1", ends=day, reason="season over")


def test_the_union_accepts_the_very_document_and_opens_what_it_accepted(town: Town) -> None:
    town.do(ProposeTerms, **amendment())
    good = digest(amendment()["document"])
    town.refused(HashDiffers, AcceptTerms, terms="TE001-1", version=2, digest=digest(terms_document()))
    town.refused(VersionStale, AcceptTerms, terms="TE001-1", version=3, digest=good)
    town.refused(WrongState, AcceptTerms, terms="TE001-1", version=1, digest=good)
    town.refused(Unknown, AcceptTerms, terms="TE001-9", version=1, digest=good)
    town.refused(WrongState, ActivateTerms, terms="TE001-1", version=2, digest=good)
    town.refused(VersionStale, ActivateTerms, terms="TE001-1", version=3, digest=good)
    town.refused(Unknown, ActivateTerms, terms="TE001-9", version=1, digest=good)
    town.do(AcceptTerms, terms="TE001-1", version=2, digest=good)
    town.refused(HashDiffers, ActivateTerms, terms="TE001-1", version=2, digest=digest(terms_document()))


def test_a_join_that_cannot_be_right_is_refused(town: Town) -> None:
    def refused(refusal: type[Refusal], *joins: Any, terms: str = "TE001-1", version: int = 1) -> None:
        town.refused(refusal, AccedeToTerms, terms=terms, version=version, accessions=joins)

    good = town.joining(NOVA, "TE001-1", 1, aug(1))
    refused(DuplicateRow, good, good)
    refused(NotYours, town.joining(DORA, "TE001-1", 1, aug(1)))
    refused(NotYours, replace(good, worker="W000000000999"))
    refused(SignatureWrong, town.joining(NOVA, "TE001-1", 1, aug(1), signed_by=ANNA))
    refused(SignatureWrong, town.joining(NOVA, "TE002-2", 1, aug(1)))
    refused(TermsNotInForce, town.joining(NOVA, "TE001-1", 1, date(2026, 7, 31)))
    refused(Unknown, good, terms="TE001-9")
    refused(Unknown, good, version=2)
    town.do(SetWorker, worker=NOVA, status=Status.SUSPENDED, from_day=aug(2), reason="asked for it")
    refused(WorkerNotActive, town.joining(NOVA, "TE001-1", 1, aug(2)))
    town.do(ProposeTerms, **amendment())
    refused(WrongState, town.joining(NOVA, "TE001-1", 2, aug(1)), version=2)


def test_what_was_worked_before_a_signature_stays_under_what_was_signed_before(town: Town) -> None:
    town.go(aug(5))
    town.terms_active("TE001-1", amendment()["document"], version=2)
    for day in (aug(4), aug(5)):  # also what was worked this morning
        join = town.joining(ANNA, "TE001-1", 2, day)
        town.refused(VersionStale, AccedeToTerms, terms="TE001-1", version=2, accessions=(join,))
    town.join("TE001-1", ANNA, version=2, from_day=aug(9))
    town.refused(
        VersionStale, AccedeToTerms, terms="TE001-1", version=2, accessions=(town.joining(ANNA, "TE001-1", 2, aug(8)),)
    )
    worker = town.get(workers, ANNA)
    found = [membership_on(worker.memberships, day) for day in (aug(1), aug(8), aug(9))]
    assert [1, 1, 2] == [bound.version for bound in found if bound]


def test_other_terms_bind_from_the_day_after_the_signature_because_a_day_has_one_pay(town: Town) -> None:
    town.terms_active("TE001-3", terms_document(payday=Daily(), rules=(PerUnit("orders", 900),), pay_class="night"))
    town.certified(aug(5), {ANNA: 10})
    town.refused(
        VersionStale, AccedeToTerms, terms="TE001-3", version=1, accessions=(town.joining(ANNA, "TE001-3", 1, aug(5)),)
    )
    town.join("TE001-3", ANNA, from_day=aug(6))
    town.certified(aug(6), {ANNA: 10})
    town.deposit(10**6)
    assert {ANNA: 9000} == town.paid("E001-20260807")
    assert {ANNA: 5000} == town.paid("E001-20260812")


def test_terms_end_today_or_later_once_and_by_their_own_employer_or_the_union(town: Town) -> None:
    town.go(aug(5))
    fields = {"terms": "TE001-1", "reason": "season over"}
    town.refused(DayInPast, EndTerms, employer="E001", ends=aug(4), **fields)
    town.refused(NotYours, EndTerms, employer="E002", ends=aug(5), **fields)
    town.refused(Unknown, EndTerms, employer="E001", ends=aug(5), terms="TE001-9", reason="-")
    town.do(EndTerms, employer="E001", ends=aug(5), **fields)
    town.refused(WrongState, EndTerms, "union/operator", employer="E001", ends=aug(6), **fields)
    town.refused(
        WrongState, AccedeToTerms, terms="TE001-1", version=1, accessions=(town.joining(NOVA, "TE001-1", 1, aug(5)),)
    )


def test_terms_on_completion_pay_a_day_on_the_day(town: Town) -> None:
    town.terms_active("TE001-3", terms_document(payday=OnCompletion(), pay_class="tasks"))
    town.join("TE001-3", NOVA)
    town.deposit(10**6)
    town.certified(aug(5), {NOVA: 10})
    assert {NOVA: 5000} == town.paid("E001-20260805")
