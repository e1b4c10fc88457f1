"""Two versions of the pay rules side by side: 5.00 an order under the newest, 5.01 under one that is made up."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import msgspec
import pytest

from engines import MemoryEngine
from lxr.chaincode.governance import Approve, Propose
from lxr.chaincode.parameter_definitions import PAY_RULES
from lxr.chaincode.parameter_refusals import ParameterInvalid
from lxr.chaincode.parameters import parameters
from lxr.chaincode.refusals import NotAParty
from lxr.chaincode.runs import earned
from lxr.chaincode.types import canonical
from madeuprules import MADE_UP, another_version
from parties import ANNA, aug
from town import Town

NEWEST: Final = MADE_UP - 1
FIRST, SECOND, THIRD = (f"E001-202608{day}" for day in (12, 19, 26))
"""The runs of the weeks that begin on the 3rd, the 10th and the 17th."""


@pytest.fixture
def town(bench: Town) -> Iterator[Town]:
    with another_version():
        bench.deposit(100_000)
        yield bench


def proposed(town: Town, number: int, version: Any, day: date) -> None:
    fields = {"proposal": f"PUNION-{number}", "name": PAY_RULES, "source": "release 2"}
    town.do(Propose, "union/admin", value=msgspec.Raw(canonical(version)), effective_from=day, **fields)


def governed(town: Town, number: int, version: int, day: date) -> None:
    proposed(town, number, version, day)
    town.do(Approve, "regulator/admin", **town.approval(f"PUNION-{number}"))


def corrected(town: Town, day: date, orders: int) -> None:
    town.correct(day, {ANNA: orders})
    town.confirm(ANNA, day)
    town.certify(ANNA, day)


def versions(town: Town) -> list[int]:
    """By which each of Anna's weeks is priced."""
    return [earned.decode(value).rules for _, value in town.engine.scan("earned/E001/0/")]


def test_a_pay_period_is_priced_by_the_version_in_force_on_its_first_day_for_ever(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.go(aug(9))
    governed(town, 1, MADE_UP, aug(10))
    town.certified(aug(10), {ANNA: 10})
    assert {ANNA: 5000} == town.paid(FIRST)  # begun before, and priced when the second version is in force
    corrected(town, aug(3), 12)
    assert {ANNA: 1000 + 5010} == town.paid(SECOND)
    corrected(town, aug(3), 13)
    corrected(town, aug(10), 13)
    town.certified(aug(23), {ANNA: 10})
    assert {ANNA: 500 + 1503 + 5010} == town.paid(THIRD)
    assert [NEWEST, MADE_UP, MADE_UP] == versions(town)


@pytest.mark.parametrize(("day", "week"), [(aug(10), 5010), (aug(11), 5000), (aug(16), 5000)])
def test_a_version_that_comes_into_force_within_a_period_waits_for_the_next(town: Town, day: date, week: int) -> None:
    governed(town, 1, MADE_UP, day)
    for work in (aug(10), aug(17)):
        town.certified(work, {ANNA: 10})
    assert {ANNA: week} == town.paid(SECOND)
    assert {ANNA: 5010} == town.paid(THIRD)


def test_a_run_that_was_taken_back_is_priced_again_by_the_same_version(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    governed(town, 1, MADE_UP, aug(10))
    town.paid(FIRST)
    town.reversed(FIRST)
    assert [NEWEST] == versions(town)
    assert {ANNA: 5000} == town.paid(f"{FIRST}-2")


def test_a_later_run_goes_by_the_version_that_the_period_names_whatever_the_parameter_says(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.paid(FIRST)
    governed(town, 1, MADE_UP, aug(20))
    key = parameters.key(PAY_RULES)
    state = dict(town.engine.scan(""))
    state[key] = state[key].replace(b'"2026-08-20"', b'"2026-08-01"').replace(b'"2026-08-19"', b'"2026-07-31"')
    other = Town(MemoryEngine(state), "other")
    other.at_ms = town.at_ms
    corrected(other, aug(3), 12)
    other.certified(aug(10), {ANNA: 10})
    assert {ANNA: 1000 + 5010} == other.paid(SECOND)
    assert [NEWEST, MADE_UP] == versions(other)


@pytest.mark.parametrize("day", [aug(1), aug(10), aug(19)])
def test_no_version_of_the_pay_rules_comes_into_force_for_a_day_that_has_begun(town: Town, day: date) -> None:
    governed(town, 1, MADE_UP, aug(10))
    town.go(aug(19))
    proposed(town, 2, MADE_UP, day)
    refusal = town.refused(ParameterInvalid, Approve, "regulator/admin", **town.approval("PUNION-2"))
    assert {"case": "not_ahead", "parameter": PAY_RULES, "today": "2026-08-19"} == refusal.facts


def test_no_version_of_the_pay_rules_comes_back(town: Town) -> None:
    """Terms may have rules that an earlier one does not know."""
    governed(town, 1, MADE_UP, aug(10))
    for number, version in ((2, NEWEST), (3, 1)):
        proposed(town, number, version, aug(20))
        refusal = town.refused(ParameterInvalid, Approve, "regulator/admin", **town.approval(f"PUNION-{number}"))
        assert {"case": "falls", "parameter": PAY_RULES, "given": version, "most": MADE_UP} == refusal.facts


@pytest.mark.parametrize("value", ["0", str(MADE_UP + 1), "1.0", "true", '"1"', "null", "[1]"])
def test_no_version_is_proposed_that_the_contract_does_not_have(town: Town, value: str) -> None:
    fields = {"name": PAY_RULES, "value": msgspec.Raw(value.encode()), "effective_from": aug(10), "source": "x"}
    town.refused(ParameterInvalid, Propose, "union/admin", proposal="PUNION-1", **fields)


def test_the_pay_rules_change_by_the_word_of_union_and_regulator(bench: Town) -> None:
    fields = {"name": PAY_RULES, "effective_from": aug(10), "source": "x"}
    for organisation in ("bank", "employer"):
        number = {"proposal": f"P{organisation.upper()}-1", "value": msgspec.Raw(canonical(NEWEST))}
        bench.refused(NotAParty, Propose, f"{organisation}/admin", **fields, **number)
    released = {"proposal": "PUNION-1", "value": msgspec.Raw(canonical(MADE_UP))}
    bench.refused(ParameterInvalid, Propose, "union/admin", **fields, **released)
    governed(bench, 1, NEWEST, aug(10))


@pytest.mark.parametrize(("from_day", "state"), [(aug(4), "certified"), (aug(3), "disputed")])
def test_how_much_a_decision_can_bring_is_reckoned_by_the_version_of_its_period(
    town: Town, from_day: date, state: str
) -> None:
    """Two orders more bring 10.00 under the first version, and 10.02 under the second."""
    limit = {"name": "review.decision_fen", "value": msgspec.Raw(b"1001"), "source": "x"}
    town.do(Propose, "union/admin", proposal="PUNION-9", effective_from=aug(1), **limit)
    town.do(Approve, "regulator/admin", **town.approval("PUNION-9"))
    governed(town, 1, MADE_UP, from_day)
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10})
    town.dispute(ANNA, aug(3), 12)
    assert state == town.decide(ANNA, aug(3), 12).state


def test_no_version_of_the_pay_rules_comes_back_by_the_end_of_a_later_one(bench: Town) -> None:
    """On a ledger of contract 0.4.0 nothing lies under the value that ends, so its last day would bring version 1 back,
    by which no period of terms with a contract type can be priced.
    """
    earlier = Town(
        MemoryEngine({key: value for key, value in bench.engine.scan("") if key != parameters.key(PAY_RULES)})
    )
    earlier.at_ms = bench.at_ms
    fields = {"name": PAY_RULES, "value": msgspec.Raw(canonical(2)), "effective_from": aug(10), "source": "x"}
    earlier.do(Propose, "union/admin", proposal="PUNION-1", effective_to=aug(16), **fields)
    refusal = earlier.refused(ParameterInvalid, Approve, "regulator/admin", **earlier.approval("PUNION-1"))
    assert {"case": "falls", "parameter": PAY_RULES, "given": 1, "most": 2} == refusal.facts
    governed(earlier, 2, 2, aug(10))
