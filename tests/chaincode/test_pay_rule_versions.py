"""What each version of the pay rules gives, pinned: ledgers are priced by it for as long as they live."""

import hashlib
from typing import Final

import pytest

from lxr.chaincode.pay_rule_versions import RULES
from lxr.chaincode.pay_rules import Allowance, Bonus, FixedPerDay, Guarantee, PerTime, PerUnit, Rule, Step, Tiers
from lxr.chaincode.pricing import Work
from lxr.chaincode.types import digest
from madeuprules import MADE_UP, another_version

RELEASED: Final = {
    1: "6ed045b03896ec029b2e3aa89346cbe9f134d38f3caed4ea3878b0aebaed7eaf",
}
"""By version, the digest of what it gives. A line is added with a version, and none is ever changed."""

STEPS: Final = (Step(0, 33), Step(20, 47), Step(45, 61))
PIECES: Final[tuple[Rule, ...]] = (
    PerUnit("parcels", 17),
    PerTime(1999, 60),
    PerTime(7, 1, "waiting"),
    Tiers("orders", "day", STEPS),
    FixedPerDay(310),
    Allowance("meal", 150, "day"),
    Allowance("phone", 990, "period"),
    Bonus("orders", "day", 30, 200),
    Bonus("orders", "period", 400, 1_700),
)
TERMS: Final[tuple[tuple[Rule, ...], ...]] = (
    (*PIECES, Guarantee(2_333, "day")),
    (*PIECES, Tiers("parcels", "period", STEPS), Guarantee(3_217, "period")),
    (PerUnit("orders", 41), Guarantee(1_907, "day", "waiting")),
    (PerTime(1_801, 60), Allowance("meal", 150, "day")),
)
"""Every kind of rule, some of them beside a guarantee that binds on about half of the days."""
MOST: Final = {"orders": 60, "parcels": 40, "waiting": 90, "minutes": 600}
WORKERS, DAYS = 40, 15


def drawn(most: int, *place: object) -> int:
    """A number below most, the same on every machine; 0 one time in five, as on a day without work."""
    found = int.from_bytes(hashlib.sha256(repr(place).encode()).digest())
    return 0 if found % 5 == 0 else found // 5 % most


def work(key: int, rules: tuple[Rule, ...], *, hourly: bool) -> Work:
    columns = {
        measure: [[drawn(most, key, measure, worker, day) for day in range(DAYS)] for worker in range(WORKERS)]
        for measure, most in MOST.items()
    }
    return Work(key, rules, columns, tuple(2_111 + 7 * (day // 5) for day in range(DAYS)) if hourly else ())


def given(version: int) -> str:
    """The digest of what the version says of all this work."""
    rules = RULES[version]
    said: list[object] = []
    for terms in TERMS:
        for hourly in (False, True):
            said += rules.price([work(1, terms, hourly=hourly), work(2, TERMS[0], hourly=hourly)], WORKERS)
        for worker in range(WORKERS):
            more = {measure: drawn(most, "more", measure, worker) for measure, most in MOST.items()}
            said += [rules.at_most_fen(terms, more, 2_111, is_first=first) for first in (False, True)]
    return digest(said)


@pytest.mark.parametrize("version", RELEASED)
def test_a_version_prices_as_it_always_did(version: int) -> None:
    assert RELEASED[version] == given(version)


def test_what_is_pinned_tells_two_versions_apart() -> None:
    with another_version():
        assert given(1) == RELEASED[1] != given(MADE_UP)
