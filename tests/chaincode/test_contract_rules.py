"""Rules of law on the ledger: each value names its document, no day is left out, and the past stays what it was."""

from datetime import date
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from lxr.chaincode.days import moment
from lxr.chaincode.governance import Approve, Propose, ProposeRule
from lxr.chaincode.income_tax import Bracket, CumulativeTax
from lxr.chaincode.parameter_refusals import ParameterInvalid, ParameterMissing, ParameterUnknown
from lxr.chaincode.parameters import parameters, value_known, value_on
from lxr.chaincode.refusals import HashDiffers, NotAParty
from lxr.chaincode.rule_basis import Basis
from lxr.chaincode.types import canonical
from town import Town

NAME = "unemployment.510100.employee"
OLD, NEW = {"employer_ppm": 6000, "worker_ppm": 4000}, {"employer_ppm": 10_000, "worker_ppm": 5000}
YEAR = {"effective_from": date(2026, 1, 1), "effective_to": date(2026, 12, 31)}
NEXT = {"effective_from": date(2027, 1, 1)}
BASIS = {"number": "川人社规〔2024〕7号", "published_at": date(2024, 12, 20), "confidence": "S", "retro": "none"}


def rule(number: int, value: Any = OLD, basis: dict[str, Any] | None = None, /, **changes: Any) -> dict[str, Any]:
    fields = {
        "proposal": f"PUNION-{number}",
        "name": NAME,
        "value": msgspec.Raw(canonical(value)),
        **YEAR,
        "source": "a calculator that cites it",
        **changes,
    }
    return {**fields, "basis": msgspec.convert({**BASIS, **(basis or {})}, Basis)}


def signed(town: Town, number: int, *args: Any, **changes: Any) -> None:
    town.do(ProposeRule, "union/admin", **rule(number, *args, **changes))
    town.do(Approve, "regulator/admin", **town.approval(f"PUNION-{number}"))


def worker_ppm(town: Town, day: date, at_ms: int | None = None) -> int:
    record = town.get(parameters, NAME)
    found = value_on(record, NAME, day) if at_ms is None else value_known(record, NAME, day, at_ms)
    return int(found.worker_ppm)


def test_a_rule_that_union_and_regulator_have_not_both_signed_stops_what_needs_it(town: Town) -> None:
    town.do(ProposeRule, "union/admin", **rule(1))
    with pytest.raises(ParameterMissing) as refusal:
        value_on(None, NAME, date(2026, 8, 1))
    assert {"parameter": NAME, "day": "2026-08-01"} == refusal.value.facts
    assert f"parameter/{NAME}" not in dict(town.engine.scan("parameter/"))
    town.refused(NotAParty, Approve, "bank/admin", **town.approval("PUNION-1"))
    town.do(Approve, "regulator/admin", **town.approval("PUNION-1"))
    assert 4000 == worker_ppm(town, date(2026, 8, 1))


def test_after_its_last_day_a_rule_stops_what_needs_it(town: Town) -> None:
    signed(town, 1)
    assert 4000 == worker_ppm(town, date(2026, 12, 31))
    with pytest.raises(ParameterMissing):
        worker_ppm(town, date(2027, 1, 1))


def test_a_past_month_comes_to_the_same_by_what_was_known_when_it_was_computed(town: Town) -> None:
    signed(town, 1)
    known = town.at_ms
    town.at_ms += 86_400_000
    signed(town, 2, NEW, {"number": "川人社规〔2026〕9号", "replaces": BASIS["number"]})
    assert (4000, 5000) == (worker_ppm(town, date(2026, 8, 1), known), worker_ppm(town, date(2026, 8, 1), town.at_ms))
    assert 5000 == worker_ppm(town, date(2026, 8, 1))
    with pytest.raises(ParameterMissing):
        worker_ppm(town, date(2026, 8, 1), known - 1)


def test_what_a_signature_approves_is_the_value_with_its_document(town: Town) -> None:
    town.do(ProposeRule, "union/admin", **rule(1))
    town.do(ProposeRule, "union/admin", **rule(2, OLD, {"confidence": "P"}))
    digest = town.approval("PUNION-2")["digest"]
    town.refused(HashDiffers, Approve, "regulator/admin", **{**town.approval("PUNION-1"), "digest": digest})


AMONG: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("document_used", {}, {**NEXT, "effective_to": None}),
    ("overlaps", {"number": "another"}, {"effective_from": date(2026, 12, 31), "effective_to": None}),
    ("overlaps", {"number": "another"}, {"effective_from": date(2025, 1, 1), "effective_to": None}),
    ("overlaps", {"number": "another"}, {}),
    ("nothing_replaced", {"number": "another", "replaces": "a third"}, {}),
    ("nothing_replaced", {"number": "another", "replaces": BASIS["number"]}, {**NEXT, "effective_to": None}),
    ("gap", {"number": "another"}, {"effective_from": date(2027, 1, 2), "effective_to": None}),
    ("gap", {"number": "another"}, {"effective_from": date(2025, 1, 1), "effective_to": date(2025, 12, 30)}),
]


@pytest.mark.parametrize(("case", "basis", "days"), AMONG, ids=lambda each: each if isinstance(each, str) else None)
def test_a_rule_leaves_no_day_out_and_says_no_day_anew(
    town: Town, case: str, basis: dict[str, Any], days: dict[str, Any]
) -> None:
    signed(town, 1)
    refusal = town.refused(ParameterInvalid, ProposeRule, "union/admin", **rule(2, NEW, basis, **days))
    assert case == refusal.facts["case"]


def test_of_two_proposals_for_the_same_days_one_can_be_signed(town: Town) -> None:
    for number in (1, 2):
        town.do(ProposeRule, "union/admin", **rule(number, OLD, {"number": f"no. {number}"}))
    town.do(Approve, "regulator/admin", **town.approval("PUNION-2"))
    refusal = town.refused(ParameterInvalid, Approve, "regulator/admin", **town.approval("PUNION-1"))
    assert "overlaps" == refusal.facts["case"]


def test_a_value_without_an_end_goes_on_until_another_begins(town: Town) -> None:
    signed(town, 1, effective_to=None)
    signed(town, 2, NEW, {"number": "another"}, **NEXT, effective_to=None)
    found = [
        worker_ppm(town, day) for day in (date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1), date(2040, 1, 1))
    ]
    assert [4000, 4000, 5000, 5000] == found


def test_a_mistyped_value_can_be_put_right_from_the_same_document(town: Town) -> None:
    signed(town, 1, NEW)
    signed(town, 2, OLD, {"replaces": BASIS["number"]})
    assert 4000 == worker_ppm(town, date(2026, 8, 1))


@pytest.mark.parametrize(("first", "last"), [(date(2026, 1, 1), date.max), (date.min, date.max), (date.max, date.max)])
def test_the_first_and_the_last_day_that_there_are_are_days_like_others(town: Town, first: date, last: date) -> None:
    signed(town, 1, effective_from=first, effective_to=last)
    signed(town, 2, NEW, {"replaces": BASIS["number"]}, effective_from=first, effective_to=last)
    assert [5000, 5000] == [worker_ppm(town, day) for day in (first, last)]


BY_YEAR = CumulativeTax(2000, 500_000, (Bracket(3_600_000, 300, 0),))
TAX = {"name": "tax_cumulative.cn.service", "effective_to": None}
WITHOUT = [
    ("no_rule", {}, {"name": "answer.days"}),
    ("field_missing", {"worker_ppm": 4000}, {}),
    ("misfit", {"employer_ppm": 6000, "worker_ppm": 1_000_001}, {}),
    ("ends_first", OLD, {"effective_to": date(2025, 12, 31)}),
    ("until", OLD, {"basis": {"retro": "optional"}}),
    ("until", OLD, {"basis": {"optional_until": date(2026, 12, 31)}}),
    ("range", {"lower_fen": 2, "upper_fen": 1}, {"name": "contribution_base.510000.employee"}),
    ("range", {"least_bp": 2, "most_bp": 1}, {"name": "housing_fund.510100.employee"}),
    ("brackets", BY_YEAR, TAX),
    ("brackets", replace(BY_YEAR, brackets=(*BY_YEAR.brackets, Bracket(None, 1000, 252_001))), TAX),
]


@pytest.mark.parametrize(("case", "value", "changes"), WITHOUT)
def test_a_rule_that_contradicts_itself_is_refused(town: Town, case: str, value: Any, changes: dict[str, Any]) -> None:
    fields = rule(1, value, changes.get("basis"), **changes)
    refusal = town.refused(ParameterInvalid, ProposeRule, "union/admin", **fields)
    assert case == refusal.facts["case"]


@pytest.mark.parametrize("name", ["unemployment.cn.employee", "unemployment.510100.flexible", "tax_cumulative.cn.all"])
def test_there_are_only_the_rules_that_the_contract_knows(town: Town, name: str) -> None:
    town.refused(ParameterUnknown, ProposeRule, "union/admin", **rule(1, name=name))


def test_no_rule_of_law_comes_without_its_document(town: Town) -> None:
    fields = {key: value for key, value in rule(1).items() if key != "basis"}
    refusal = town.refused(ParameterInvalid, Propose, "union/admin", **fields)
    assert "no_document" == refusal.facts["case"]


def test_what_is_known_goes_by_the_time_of_the_last_signature(town: Town) -> None:
    town.do(ProposeRule, "union/admin", **rule(1))
    town.at_ms = moment(date(2027, 1, 5))
    town.do(Approve, "regulator/admin", **town.approval("PUNION-1"))
    (value,) = town.get(parameters, NAME).known
    assert town.at_ms == value.known_ms
