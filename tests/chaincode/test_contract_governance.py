from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines import MemoryEngine
from lxr.chaincode.command import AnyCommand
from lxr.chaincode.founding import EMBEDDED, Found
from lxr.chaincode.governance import Approve, Propose, Signed
from lxr.chaincode.ledger_refusals import AlreadyFounded
from lxr.chaincode.parameter_refusals import ParameterInvalid, ParameterMissing, ParameterUnknown
from lxr.chaincode.parameters import (
    VALUES_MAX,
    Value,
    parameters,
    proposals,
    value_on,
    with_value,
)
from lxr.chaincode.refusals import (
    AlreadySigned,
    Exists,
    MalformedCommand,
    NotAParty,
    TermsInvalid,
    TooLarge,
    Unknown,
    WrongState,
)
from lxr.chaincode.revocation import Revoke
from lxr.chaincode.sheet_certification import CertifySheets
from lxr.chaincode.terms import ProposeTerms
from lxr.chaincode.types import canonical
from lxr.chaincode.workday import CloseDay, SubmitSheet
from lxr.chaincode.workday_answers import OpenDispute
from lxr.token.refusal import Refusal
from parties import ANNA, aug, sep
from scenario.work import new_rows
from termsdocuments import terms_document
from town import Town

KEPT = {"channel": EMBEDDED, "genesis_block": "7" * 64}
WAGE = "minimum_wage.510100-1"


def proposal(number: int, value: Any = 2400, **changes: Any) -> dict[str, Any]:
    fields = {
        "proposal": f"PUNION-{number}",
        "name": WAGE,
        "value": msgspec.Raw(canonical(value)),
        "effective_from": sep(1),
        "source": "川人社规〔2026〕9号",
    }
    return {**fields, **changes}


def approved(town: Town, number: int, value: Any, **changes: Any) -> None:
    town.do(Propose, "union/admin", **proposal(number, value, **changes))
    town.do(Approve, "regulator/admin", **town.approval(f"PUNION-{number}"))


def test_a_ledger_is_founded_once(town: Town) -> None:
    fields = {**KEPT, "rehearsal": True, "roots": {}, "contract": "0" * 64}
    town.refused(AlreadyFounded, Found, consortium="another", **fields)


def test_a_founding_names_the_roots_of_all_four_organisations() -> None:
    empty = Town(MemoryEngine({}))
    roots = {"union": "pem", "bank": "pem", "employer": "pem"}
    fields = {**KEPT, "consortium": "洛小茸", "rehearsal": True, "contract": "0" * 64}
    empty.refused(TermsInvalid, Found, **fields, roots=roots)
    empty.do(Found, **fields, roots={**roots, "regulator": "pem"})


def test_a_value_is_in_force_with_the_last_signature_and_from_its_day(town: Town) -> None:
    assert Signed("PUNION-1", ("union",), "open") == town.do(Propose, "union/admin", **proposal(1))
    assert 2300 == value_on(town.get(parameters, WAGE), WAGE, sep(1))
    assert "approved" == town.do(Approve, "regulator/admin", **town.approval("PUNION-1")).state
    record = town.get(parameters, WAGE)
    assert [2300, 2400] == [value_on(record, WAGE, day) for day in (aug(31), sep(1))]


def test_the_number_of_a_proposal_names_the_organisation_that_proposes(town: Town) -> None:
    refusal = town.refused(MalformedCommand, Propose, "regulator/admin", **proposal(1))
    assert {"case": "proposal_number", "proposal": "PUNION-1", "prefix": "PREGULATOR-"} == refusal.facts
    town.do(Propose, "regulator/admin", **proposal(1, proposal="PREGULATOR-1"))
    town.do(Propose, "union/admin", **proposal(1))


def test_of_values_that_cover_a_day_the_one_approved_last_is_in_force(town: Town) -> None:
    for number, value, last in ((1, 2400, None), (2, 2500, sep(2)), (3, 2600, sep(1))):
        town.do(Propose, "union/admin", **proposal(number, value, effective_to=last))
        town.do(Approve, "regulator/admin", **town.approval(f"PUNION-{number}"))
    record = town.get(parameters, WAGE)
    assert [2300, 2600, 2500, 2400] == [value_on(record, WAGE, day) for day in (aug(31), sep(1), sep(2), sep(3))]


def test_however_many_values_are_approved_a_parameter_holds_those_that_are_in_force(town: Town) -> None:
    for number in range(1, 31):
        approved(town, number, 2400 + number % 2)
    record = town.get(parameters, WAGE)
    assert (2, [2300, 2400]) == (len(record.values), [value_on(record, WAGE, day) for day in (aug(31), sep(1))])
    assert 30 == record.approved - 1


CALENDAR = tuple(date(2026, 1, 1) + timedelta(days=day) for day in range(366))


def test_no_parameter_takes_so_many_values_that_the_next_one_cannot_be_approved(bench: Town) -> None:
    """The longest values that there are, each on a day of its own."""
    longest = {"name": "calendar.2026", "source": "😀" * 200}
    for number in range(1, VALUES_MAX - 1):
        day = date(2027, 1, 1) + timedelta(days=number)
        approved(bench, number, CALENDAR, **longest, effective_from=day, effective_to=day)
    assert VALUES_MAX == len(bench.get(parameters, "calendar.2026").values)  # with what there was before and after
    bench.do(Propose, "union/admin", **proposal(500, CALENDAR, **longest, effective_from=date(2040, 1, 1)))
    bench.refused(TooLarge, Approve, "regulator/admin", **bench.approval("PUNION-500"))
    approved(bench, 501, CALENDAR[:-1], **longest, effective_from=date(2026, 1, 1))
    assert 1 == len(bench.get(parameters, "calendar.2026").values)


_DAYS = st.integers(1, 13).map(aug) | st.sampled_from((date.min, date.max))
_SPANS = st.tuples(_DAYS, st.none() | _DAYS).filter(lambda span: span[1] is None or span[0] <= span[1])


@given(spans=st.lists(_SPANS, max_size=12))
def test_on_each_day_the_value_that_was_approved_last_for_it_is_in_force_and_no_day_has_two(
    spans: list[tuple[date, date | None]],
) -> None:
    values: tuple[Value, ...] = ()
    for number, (first, last) in enumerate(spans, start=1):
        values = with_value(values, Value(msgspec.Raw(b"%d" % number), first, last, "x", f"P{number}"))
    assert len(values) <= 2 * len(spans)
    for day in (date.min, *(date(2026, 7, 31) + timedelta(days=day) for day in range(15)), date.max):
        covering = [number for number, (first, last) in enumerate(spans, 1) if first <= day <= (last or date.max)]
        found = [value for value in values if value.effective_from <= day <= (value.effective_to or date.max)]
        assert [f"P{number}" for number in covering[-1:]] == [value.proposal for value in found]


@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        (ParameterUnknown, {"name": "overtime.rate"}),
        (ParameterUnknown, {"name": "workday.clsoe"}),
        (ParameterUnknown, {"name": "minimum_wage.chengdu"}),
        (ParameterInvalid, {"value": msgspec.Raw(b"0")}),
        (ParameterInvalid, {"value": msgspec.Raw(b"2400.0")}),
        (ParameterInvalid, {"value": msgspec.Raw(b'"2400"')}),
        (ParameterInvalid, {"value": msgspec.Raw(b"true")}),
        (ParameterInvalid, {"effective_to": aug(31)}),
        (ParameterInvalid, {"name": "calendar.2026", "value": msgspec.Raw(b'["2026-02-30"]')}),
        (ParameterInvalid, {"name": "workday.close", "value": msgspec.Raw(b"1441")}),
        (NotAParty, {"name": "payee.fee", "value": msgspec.Raw(canonical("0" * 64))}),
    ],
)
def test_a_proposal_that_cannot_be_right_is_refused(
    town: Town, refusal: type[Refusal], changes: dict[str, Any]
) -> None:
    town.refused(refusal, Propose, "regulator/admin", **proposal(1, proposal="PREGULATOR-1", **changes))


def test_an_organisation_signs_a_proposal_once_and_only_where_it_is_a_party(town: Town) -> None:
    town.do(Propose, "union/admin", **proposal(1))
    town.refused(Exists, Propose, "union/admin", **proposal(1))
    town.refused(AlreadySigned, Approve, "union/admin", **town.approval("PUNION-1"))
    for outsider in ("bank/admin", "employer/admin"):
        town.refused(NotAParty, Approve, outsider, **town.approval("PUNION-1"))
    town.refused(Unknown, Approve, "regulator/admin", proposal="PUNION-2", digest="0" * 64)
    town.do(Approve, "regulator/admin", **town.approval("PUNION-1"))
    town.refused(WrongState, Approve, "regulator/admin", **town.approval("PUNION-1"))
    assert ("union", "regulator") == town.get(proposals, "PUNION-1").signed


def test_a_certificate_is_revoked_once(town: Town) -> None:
    town.do(Revoke, "bank/admin", serial="1", reason="key lost")
    town.refused(Exists, Revoke, "bank/admin", serial="1", reason="key lost")


@pytest.mark.parametrize(("value", "effective_from"), [(2299, sep(1)), (1, aug(1)), (2299, sep(10))])
def test_a_minimum_wage_is_not_lowered_for_days_that_have_come(town: Town, value: int, effective_from: date) -> None:
    """What was paid by it would be too much. From a day to come it can be lowered, and raised from any."""
    town.go(sep(10))
    town.do(Propose, "union/admin", **proposal(1, value, effective_from=effective_from))
    town.refused(ParameterInvalid, Approve, "regulator/admin", **town.approval("PUNION-1"))
    approved(town, 2, value, effective_from=sep(11))
    approved(town, 3, 2500, effective_from=aug(1))


@pytest.mark.parametrize("name", ["calendar.2026", "holidays.2026"])
def test_no_rest_day_or_holiday_that_has_begun_is_taken_off_its_list(town: Town, name: str) -> None:
    """Overtime of that day would be worth less than when it was worked. Days to come can still be changed."""
    listed = value_on(town.get(parameters, name), name, date(2026, 1, 1))
    begun = min(day for day in listed if day > aug(7))
    town.go(begun)
    for number, first in ((1, date(2026, 1, 1)), (2, begun)):
        less = tuple(day for day in listed if day != begun)
        town.do(Propose, "union/admin", **proposal(number, less, name=name, effective_from=first))
        refusal = town.refused(ParameterInvalid, Approve, "regulator/admin", **town.approval(f"PUNION-{number}"))
        assert {"case": "day_begun", "parameter": name, "day": begun.isoformat()} == refusal.facts
    until_now = tuple(day for day in listed if day <= begun)
    approved(town, 3, until_now, name=name, effective_from=date(2026, 1, 1))


def test_the_least_time_to_answer_never_falls(town: Town) -> None:
    name = {"name": "answer.days"}
    approved(town, 1, 3, **name)
    town.do(Propose, "union/admin", **proposal(2, 2, **name, effective_from=sep(30)))
    town.refused(ParameterInvalid, Approve, "regulator/admin", **town.approval("PUNION-2"))
    town.do(ProposeTerms, employer="E001", terms="TE001-9", version=1, document=terms_document(answer_days=2))
    town.go(sep(1))
    document = terms_document(answer_days=2, effective_from=sep(1))
    town.refused(TermsInvalid, ProposeTerms, employer="E001", terms="TE001-8", version=1, document=document)


PROPOSED = {"employer": "E001", "terms": "TE001-9", "version": 1, "document": terms_document()}


@pytest.mark.parametrize(
    ("name", "kind", "fields"),
    [
        ("workday.close", CloseDay, {"day": aug(3)}),
        ("workday.close", SubmitSheet, {"employer": "E001", "day": aug(3), "shard": 0, "rows": new_rows({ANNA: 1})}),
        ("dispute.decide_days", OpenDispute, None),
        (
            "answer.days",
            ProposeTerms,
            {"employer": "E001", "terms": "TE001-9", "version": 1, "document": terms_document()},
        ),
    ],
)
def test_without_a_value_in_force_a_command_stops_and_names_the_parameter(
    bench: Town, name: str, kind: type[AnyCommand], fields: dict[str, Any] | None
) -> None:
    bench.go(aug(4))
    bench.work(aug(4), {ANNA: 10})
    state = {key: value for key, value in bench.engine.scan("") if key != f"parameter/{name}"}
    poor = Town(MemoryEngine(state), "poor")
    poor.go(aug(9))
    fields = fields if fields is not None else poor.objection(ANNA, aug(4), 12)
    if kind is CertifySheets:
        fields = {**fields, "shards": poor.seen_shards(ANNA, aug(4))}
    assert name == poor.refused(ParameterMissing, kind, **fields).facts["parameter"]


def test_a_calendar_lists_the_rest_days_of_its_year(town: Town) -> None:
    rest = value_on(town.get(parameters, "calendar.2026"), "calendar.2026", date(2026, 1, 1))
    assert (True, False) == (aug(1) in rest, aug(3) in rest)
