"""Dated rules of law: what ships says what it says, and union and regulator each sign what their own copy says."""

import tomllib
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from consortium import House, rehearsal
from lxr.chaincode.contract_types import IncomeClass
from lxr.chaincode.governance import ProposeRule
from lxr.chaincode.income_tax import GapReading
from lxr.chaincode.parameter_definitions import RULE_TABLES
from lxr.chaincode.parameters import parameters, value_on
from lxr.chaincode.rule_values import Contribution
from lxr.node.audit import audit
from lxr.settlement.errors import InputFault
from lxr.settlement.lookups import submit_own
from lxr.settlement.messages import tell
from lxr.settlement.messages.catalogue import translated
from lxr.settlement.rules.governed import Standing, approve_rows, due, listed, propose_row, propose_rows
from lxr.settlement.rules.rule_file import RuleRow, read_rules, shipped_rules
from lxr.settlement.tax.quote import Method, quote
from lxr.token.fen import rounded

CASES: dict[str, list[dict[str, Any]]] = tomllib.loads(
    files("lxr.settlement").joinpath("data/rules/cases.toml").read_text(encoding="utf-8")
)
SHIPPED = shipped_rules()
CLASSES = {"service": IncomeClass.SERVICE, "wages": IncomeClass.WAGES}


_numbers = count(1)


def _other_number(row: RuleRow) -> ProposeRule:
    """The same row, under a number that nobody's own copy gives it."""
    number = f"PUNION-X{next(_numbers)}"
    return ProposeRule(
        request_id=f"propose:{number}",
        proposal=number,
        name=row.name,
        value=row.stated().value,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
        source=row.source,
        basis=row.basis,
    )


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


@pytest.mark.parametrize("case", CASES["tax"], ids=lambda case: f"{case['rule']} {case['income_fen'][0]}")
def test_a_shipped_tax_table_gives_what_its_worked_case_says(case: dict[str, Any]) -> None:
    family, _, income_class = case["rule"].split(".")
    method, first = Method(family.removeprefix("tax_")), date.fromisoformat(f"{case['from']}-01")
    assert tuple(case["tax_fen"]) == quote(SHIPPED, CLASSES[income_class], method, first, case["income_fen"]).tax_fen


@pytest.mark.parametrize("case", CASES["share"], ids=lambda case: f"{case['rule']} {case['base_fen']}")
def test_a_shipped_contribution_gives_what_its_worked_case_says(case: dict[str, Any]) -> None:
    (row,) = [
        row
        for row in SHIPPED
        if row.name == case["rule"]
        and row.known
        and row.effective_from <= case["day"] <= (row.effective_to or date.max)
    ]
    assert isinstance(row.value, Contribution)
    shares = row.value.employer_ppm, row.value.worker_ppm
    assert (case["employer_fen"], case["worker_fen"]) == tuple(rounded(case["base_fen"] * ppm, 10**6) for ppm in shares)


def test_every_rule_that_the_contract_knows_ships_with_a_value_or_a_question() -> None:
    assert RULE_TABLES.keys() == {row.name.partition(".")[0] for row in SHIPPED}
    asked = [row.question for row in SHIPPED if row.question]
    assert len(asked) == sum(not row.known for row in SHIPPED) > 5
    assert all(translated(question, "zh") != question for question in asked)


def test_what_nobody_could_verify_stops_and_is_named() -> None:
    incomes = [1_000_000, 0, 1_000_000]
    with pytest.raises(InputFault, match=r"tax_gap.cn.service, field 2026-03: has no value"):
        quote(SHIPPED, IncomeClass.SERVICE, Method.CUMULATIVE, date(2026, 1, 1), incomes)
    named = quote(SHIPPED, IncomeClass.SERVICE, Method.CUMULATIVE, date(2026, 1, 1), incomes, GapReading.SINCE_GAP)
    assert (9000, 0, 24_000) == named.tax_fen
    with pytest.raises(InputFault, match=r"tax_cumulative.cn.service, field 2025-09: has no value"):
        quote(SHIPPED, IncomeClass.SERVICE, Method.CUMULATIVE, date(2025, 9, 1), [1])


def test_the_regulator_signs_what_its_own_copy_says_and_names_what_differs(house: House) -> None:
    union, regulator = house.client("union", "admin"), house.client("regulator", "admin")
    known = [row for row in SHIPPED if row.known]
    tampered = [
        replace(row, value=replace(row.value, worker_ppm=70_000)) if row.name == "pension.510000.employee" else row
        for row in known
    ]
    given = propose_rows(union, tampered)
    later = [row for row in known if row.name == "injury.510000.employee"][1:]
    assert (len(known) - 1, 1) == (len(given.done), given.waiting)
    signed = approve_rows(regulator, SHIPPED)
    assert (len(known) - 2, 1) == (len(signed.done), len(signed.differing))
    assert house.operator.get(parameters, "pension.510000.employee") is None
    assert 1 == len(propose_rows(union, later).done)
    assert 1 == len(approve_rows(regulator, SHIPPED).done)
    assert audit(house.ledger).ok


def test_the_same_file_again_proposes_nothing(house: House) -> None:
    union, regulator = house.client("union", "admin"), house.client("regulator", "admin")
    rows = [row for row in SHIPPED if row.name.startswith("tax_")]
    first, again = propose_rows(union, rows), propose_rows(union, rows)
    assert (4, 0, 4, 1) == (len(first.done), len(again.done), again.before, again.unknown)
    approve_rows(regulator, rows)
    third = propose_rows(union, rows)
    assert (0, 4) == (len(third.done), third.before)
    assert {Standing.SIGNED, Standing.UNKNOWN} == {
        each.standing for each in listed(house.operator, rows) if each.name.startswith("tax_")
    }


def test_a_successor_ends_what_had_no_end_and_both_are_still_what_their_rows_say(house: House) -> None:
    union, regulator = house.client("union", "admin"), house.client("regulator", "admin")
    first = next(row for row in SHIPPED if row.name == "tax_agent_fee.cn.all")
    then = replace(
        first, effective_from=date(2027, 1, 1), document="the next law", value=replace(first.value, share_bp=100)
    )
    for _ in range(2):
        propose_rows(union, [first, then])
        approve_rows(regulator, [first, then])
    record = house.operator.need(parameters, first.name)
    found = [value_on(record, first.name, day).share_bp for day in (date(2026, 12, 31), date(2027, 1, 1))]
    assert ([200, 100], 0) == (found, len(propose_rows(union, [first, then]).done))


def test_a_month_with_a_value_of_its_own_is_no_reason_to_propose_the_rest_again(house: House) -> None:
    union, regulator = house.client("union", "admin"), house.client("regulator", "admin")
    always = next(row for row in SHIPPED if row.name == "tax_agent_fee.cn.all")
    june = {"effective_from": date(2026, 6, 1), "effective_to": date(2026, 6, 30), "document": "a notice for June"}
    rows = [always, replace(always, **june, value=replace(always.value, share_bp=100))]
    for _ in range(2):
        propose_rows(union, rows)
        approve_rows(regulator, rows)
    record = house.operator.need(parameters, always.name)
    days = (date(2026, 5, 31), date(2026, 6, 1), date(2026, 7, 1))
    assert [200, 100, 200] == [value_on(record, always.name, day).share_bp for day in days]
    again = propose_rows(union, rows)
    assert (0, 2) == (len(again.done), again.before)


def test_what_expires_is_due_until_what_follows_is_known(house: House) -> None:
    rows = [row for row in SHIPPED if row.name == "unemployment.510000.employee"]
    union, regulator = house.client("union", "admin"), house.client("regulator", "admin")
    propose_rows(union, rows)
    assert {(Standing.PROPOSED, date(2026, 12, 31)), (Standing.UNKNOWN, None)} == {
        (each.listed.standing, each.expires) for each in due(house.operator, rows, date(2026, 12, 1))
    }
    approve_rows(regulator, rows)
    assert [date(2026, 12, 31), None] == [each.expires for each in due(house.operator, rows, date(2026, 12, 1))]
    assert [None] == [each.expires for each in due(house.operator, rows, date(2026, 9, 1))]
    follows = replace(rows[0], effective_from=date(2027, 1, 1), effective_to=None, document="the next notice")
    propose_rows(union, [follows])
    approve_rows(regulator, [follows])
    assert () == due(house.operator, rows, date(2026, 12, 1))


def test_a_second_proposal_of_the_same_row_keeps_no_other_row_from_being_signed(house: House) -> None:
    union, regulator = house.client("union", "admin"), house.client("regulator", "admin")
    rows = [row for row in SHIPPED if row.name in ("late_charge.cn.employee", "pension.510000.flexible")]
    for row in (rows[0], replace(rows[0], source="another page"), rows[1]):
        propose_row(union, row)
    both = [*rows, replace(rows[0], source="another page")]
    signed = approve_rows(regulator, both)
    assert (2, 1, ()) == (len(signed.done), len(signed.refused), signed.differing)
    again = approve_rows(regulator, both)
    assert (0, 2, 1) == (len(again.done), again.before, len(again.refused))


def test_a_row_is_signed_once_however_often_it_is_proposed(house: House) -> None:
    union, regulator = house.client("union", "admin"), house.client("regulator", "admin")
    row = next(each for each in SHIPPED if each.name == "late_charge.cn.employee")
    own = replace(row, replaces=row.document)
    propose_row(union, row)
    approve_rows(regulator, [row])
    for _ in range(2):
        submit_own(union, _other_number(own))
    signed = approve_rows(regulator, [row, own])
    assert (1, 1, 1) == (len(signed.done), len(signed.again), signed.before)


def test_an_expiry_is_due_while_only_a_proposal_follows_and_where_an_older_value_applies_again(house: House) -> None:
    union, regulator = house.client("union", "admin"), house.client("regulator", "admin")
    always = next(row for row in SHIPPED if row.name == "tax_agent_fee.cn.all")
    june = {"effective_from": date(2026, 6, 1), "effective_to": date(2026, 6, 30), "document": "a notice for June"}
    exception = replace(always, **june, value=replace(always.value, share_bp=100))
    for _ in range(2):
        propose_rows(union, [always, exception])
        approve_rows(regulator, [always, exception])
    later = replace(
        exception,
        effective_from=date(2026, 7, 1),
        effective_to=None,
        document="a notice for July",
        replaces=always.document,
    )
    propose_row(union, later)
    told = due(house.operator, [], date(2026, 6, 15))
    assert [date(2026, 6, 30), None] == [each.expires for each in told]
    approve_rows(regulator, [later])
    assert [] == [each for each in due(house.operator, [], date(2026, 6, 15)) if each.expires]


def test_a_row_whose_source_was_reworded_keeps_no_later_row_back(house: House) -> None:
    union, regulator = house.client("union", "admin"), house.client("regulator", "admin")
    first, then = [row for row in SHIPPED if row.name == "injury.510000.employee"]
    propose_rows(union, [first])
    approve_rows(regulator, [first])
    given = propose_rows(union, [replace(first, source="reworded"), then])
    assert (1, 0, 1) == (len(given.done), given.waiting, len(given.refused))


ROW = """[[rule]]
name = "late_charge.cn.employee"
effective_from = 2011-07-01
document = "社会保险法 art. 86"
source = "the text"
confidence = "P"
retro = "none"
value = { ppm = 500 }
"""
NEXT = ROW.replace("art. 86", "art. 87")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("late_charge", "late_fee", "row 1, field late_fee.cn.employee: there is no parameter"),
        ("late_charge.cn.employee", "answer.days", "is no rule of law"),
        ("ppm = 500", "ppm = 5.0", "row 1, field late_charge.cn.employee: Expected `int`"),
        ("ppm = 500", "ppm = 1_000_001", "row 1"),
        ('"P"', '"?"', "does not fit its confidence"),
        ("value = { ppm = 500 }", "", "does not fit its confidence"),
        ("value = { ppm = 500 }", 'question = "x"', "does not fit its confidence"),
        ('"P"', '"X"', "rule[0].confidence"),
        ("2011-07-01", "2011-07-32", "TOML"),
        ('retro = "none"', 'retro = "none"\neffective_to = 2010-01-01', "ends before it begins"),
        ("retro =", "retros =", "rule[0]"),
    ],
)
def test_a_malformed_file_is_one_line_that_names_the_row(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(ROW.replace(old, new), encoding="utf-8")
    with pytest.raises(InputFault) as fault:
        read_rules(path)
    assert said in tell(fault.value, "en")
    assert "\n" not in tell(fault.value, "en")


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (ROW, "has a value from 社会保险法 art. 86 already"),
        (NEXT, "has a value on 2011-07-01 already"),
        (
            ROW.replace("art. 86", "art. 87").replace("2011", "2009") + "effective_to = 2010-06-30\n",
            "no value from 2010-07-01",
        ),
    ],
)
def test_rows_that_overlap_or_leave_a_gap_are_refused_with_the_day(tmp_path: Path, second: str, said: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(ROW + second, encoding="utf-8")
    with pytest.raises(InputFault) as fault:
        read_rules(path)
    assert said in tell(fault.value, "en")
    assert "row 2" in tell(fault.value, "en")
