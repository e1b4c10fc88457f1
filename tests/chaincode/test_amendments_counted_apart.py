"""A month that an amendment cuts, counted apart from how the contract prices it: what is over it stays whole."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import pytest

from lxr.chaincode.contract_types import ContractType
from lxr.chaincode.pay_rules import Allowance, Bonus, Guarantee, PassThrough, PerUnit, Rule, Step, Tiers
from lxr.chaincode.paydays import Monthly
from lxr.chaincode.runs import runs
from parties import ANNA, BO, NOVA, aug
from termsdocuments import terms_document
from town import Town

CHENGDU, HOURLY_FEN = "510100-1", 2_300
CUT = aug(16)
"""The first day of the second version."""

Row = dict[str, int]


@dataclass(frozen=True)
class Version:
    """What a version of the terms pays, in fen. steps: from how many parcels of the month on, and for each."""

    order: int
    steps: tuple[tuple[int, int], ...]
    bonus: int
    phone: int
    meal: int
    floor: int | None

    def rules(self) -> tuple[Rule, ...]:
        return (
            PerUnit("orders", self.order, 100),
            Tiers("parcels", "period", tuple(Step(above, rate) for above, rate in self.steps)),
            Bonus("orders", "period", 1_000, self.bonus),
            Bonus("parcels", "day", 50, 1_000),
            Allowance("phone", self.phone, "period"),
            Allowance("meal", self.meal, "day"),
            PassThrough("tips"),
            *(() if self.floor is None else (Guarantee(self.floor, "period"),)),
        )


FIRST = Version(1_111, ((0, 50), (60, 70), (90, 90)), 10_000, 3_000, 800, 2_400)
LATER = Version(1_333, ((0, 60), (80, 80)), 15_000, 5_000, 900, 2_900)
LESS = Version(999, ((0, 40), (100, 45)), 6_000, 2_000, 700, 2_500)
BARE = (Version(111, FIRST.steps, 10_000, 3_000, 800, None), Version(133, LATER.steps, 15_000, 5_000, 900, None))
"""So little that the minimum wage tops it up."""

DAYS = (aug(3), aug(5), aug(8), aug(12), aug(15), aug(16), aug(18), aug(23), aug(31))
WORK: dict[str, tuple[tuple[int, int, int, int], ...]] = {
    ANNA: tuple((333, 17 * n % 60, 150 + n, 481 - 7 * n) for n in range(1, 10)),
    BO: tuple((107 + n, 55 - n, 0, 601 + n) for n in range(1, 10)),
    NOVA: tuple((31 * n % 17, n, n, 59 * n + 1) if n % 3 else (0, 0, 0, 0) for n in range(1, 10)),
}
"""Orders, parcels, tips and minutes of each day: a bonus reached before the cut, after it, and never."""


def row(worker: str, number: int) -> Row:
    return dict(zip(("orders", "parcels", "tips", "minutes"), WORK[worker][number], strict=True))


def fen(exact: Fraction) -> int:
    return int((exact + Fraction(1, 2)) // 1)


def step_rate(version: Version, place: int) -> int:
    """What the unit after so many is paid."""
    return [rate for above, rate in version.steps if above <= place][-1]


def counted(worker: str, first: Version, second: Version) -> tuple[int, int]:
    """A worker's month, and what of it bears the fee."""
    versions = {day: first if day < CUT else second for day in DAYS}
    rows = {day: row(worker, number) for number, day in enumerate(DAYS) if any(row(worker, number).values())}
    piece = sum(fen(Fraction(versions[day].order * each["orders"], 100)) for day, each in rows.items())
    parcels = [day for day, each in rows.items() for _ in range(each["parcels"])]
    piece += sum(step_rate(versions[day], place) for place, day in enumerate(parcels))
    floor = sum((Fraction((versions[day].floor or 0) * each["minutes"], 60) for day, each in rows.items()), Fraction())
    paid = piece + max(0, fen(floor - piece)) + sum(1_000 for each in rows.values() if each["parcels"] >= 50)
    bonus, orders = 0, 0
    for day, each in rows.items():
        orders += each["orders"]
        bonus = max(bonus, versions[day].bonus if orders >= 1_000 else 0)
    paid += bonus
    minimum = Fraction(HOURLY_FEN * sum(each["minutes"] for each in rows.values()), 60)
    base = paid + max(0, fen(minimum - paid)) + max(versions[day].phone for day in rows)
    base += sum(versions[day].meal for day in rows)
    return base + sum(each["tips"] for each in rows.values()), base


@pytest.mark.parametrize("versions", [(FIRST, LATER), (FIRST, LESS), BARE], ids=["more", "less", "below the minimum"])
def test_a_month_that_an_amendment_cuts_is_paid_as_it_is_counted_apart(
    town: Town, versions: tuple[Version, Version]
) -> None:
    crew = (ANNA, BO, NOVA)
    for number, (version, begins) in enumerate(zip(versions, (date(2026, 8, 1), CUT), strict=True), start=1):
        paper = terms_document(
            payday=Monthly(15),
            rules=version.rules(),
            kind=ContractType.PLATFORM_MANAGED,
            effective_from=begins,
            minimum_wage_place=CHENGDU,
            service_fee_bp=175,
        )
        town.terms_active("TE001-9", paper, version=number)
        for worker in crew:
            town.join("TE001-9", worker, version=number, from_day=max(begins, aug(2)))
    town.deposit(10**7)
    for number, day in enumerate(DAYS):
        town.certified(day, {worker: row(worker, number) for worker in crew})
    expected = {worker: counted(worker, *versions) for worker in crew}
    assert {worker: wage for worker, (wage, _) in expected.items()} == town.paid("E001-20260915")
    fee = fen(Fraction(175 * sum(base for _, base in expected.values()), 10_000))
    assert fee == town.get(runs, "E001-20260915").totals.fee_fen
