"""A row that is decided or corrected to nothing takes with it what hangs on it, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pytest

from lxr.chaincode.contract_types import ContractType
from lxr.chaincode.decisions import Decide
from lxr.chaincode.pay_rules import Allowance, Guarantee, MonthlyWage, Overtime, PassThrough, PerTime, PerUnit, Rule
from lxr.chaincode.paydays import Monthly, PaydayRule, Weekly
from lxr.chaincode.refusals import FiguresDiffer
from lxr.chaincode.runs import runs
from parties import NOVA, aug, sep
from termsdocuments import terms_document
from town import Town

Measures = dict[str, int]
ORDERS, MEAL = PerUnit("orders", 500), Allowance("meal", 800, "day")
NOTHING: Measures = {}
WEEKLY = Weekly(3)


def decided(town: Town, day: date, measures: Measures, row: Measures) -> None:
    """The worker disputes her own row, and the union decides as she says."""
    town.work(day, {NOVA: row})
    town.dispute(NOVA, day, measures)
    town.decide(NOVA, day, measures)


def decided_for_the_employer(town: Town, day: date, measures: Measures, row: Measures) -> None:
    """The worker says that she has worked, and the union decides for what the employer sent."""
    town.work(day, {NOVA: measures})
    town.dispute(NOVA, day, row)
    town.decide(NOVA, day, measures)


def corrected(town: Town, day: date, measures: Measures, row: Measures) -> None:
    """The employer corrects the row, and the worker signs it."""
    town.work(day, {NOVA: row})
    town.correct(day, {NOVA: measures})
    town.confirm(NOVA, day)
    town.certify(NOVA, day)


@dataclass(frozen=True)
class Case:
    """Terms, a day that stays and one that is set to `measures`; the wage then, in fen, and without that."""

    rules: tuple[Rule, ...]
    kept: Measures
    row: Measures
    measures: Measures
    then_fen: int
    else_fen: int
    kind: ContractType = ContractType.PLATFORM_MANAGED
    payday: PaydayRule = WEEKLY
    days: tuple[date, date] = (aug(3), aug(4))
    run: str = "E001-20260812"


def guaranteed(measures: Measures, then_fen: int, scope: Literal["day", "period"] = "day") -> Case:
    """30 orders in eight hours stay: 150.00, at 25.00 an hour 200.00; ten in four hours are set to something else."""
    rules = (ORDERS, MEAL, Guarantee(2_500, scope))
    return Case(rules, {"orders": 30, "minutes": 480}, {"orders": 10, "minutes": 240}, measures, then_fen, 316_00)


MINIMUM = Case((PerUnit("orders", 100), MEAL), {"orders": 30, "minutes": 480}, {"orders": 10, "minutes": 240}, {}, 0, 0)
"""At a yuan for each order the minimum wage of 23.00 an hour counts: 184.00 for eight hours, 276.00 for twelve."""
CASES = {
    "guarantee of the day": guaranteed(NOTHING, 208_00),
    "guarantee of the period": guaranteed(NOTHING, 208_00, "period"),
    "no orders in the same hours": guaranteed({"minutes": 240}, 316_00),
    "the same orders in no time": guaranteed({"orders": 10}, 266_00),
    "minimum wage": Case(*(MINIMUM.rules, MINIMUM.kept, MINIMUM.row, NOTHING), 192_00, 292_00),
    "overtime": Case(
        *((PerTime(3_000, 60), Overtime(480)), {"minutes": 600}, {"minutes": 60}, NOTHING, 330_00, 390_00),
        kind=ContractType.LABOUR,
        days=(aug(3), aug(8)),
    ),
    "overtime alone": Case(
        *((PerTime(3_000, 60), Overtime(480)), {"minutes": 600}, {"minutes": 600}, {"minutes": 480}, 570_00, 660_00),
        kind=ContractType.LABOUR,
    ),
    "day of a monthly wage": Case(
        *((MonthlyWage(435_000), Overtime(480)), {"minutes": 480}, {"minutes": 540}, NOTHING, 400_00, 637_50),
        kind=ContractType.LABOUR,
        payday=Monthly(15),
        days=(sep(1), sep(2)),
        run="E001-20261015",
    ),
    "tips": Case(
        *((ORDERS, PassThrough("tips")), {"orders": 30, "minutes": 60}, {"tips": 777, "minutes": 60}, NOTHING),
        *(150_00, 157_77),
    ),
}
WAYS = (decided, decided_for_the_employer, corrected)


def begun(town: Town, case: Case) -> None:
    """The terms are joined, the first day is certified, and it is the second one."""
    paper = terms_document("E001", case.payday, case.rules, case.kind, minimum_wage_place="510100-1")
    town.terms_active("TE001-9", paper)
    town.join("TE001-9", NOVA, from_day=aug(2))
    town.deposit(10**7)
    town.certified(case.days[0], {NOVA: case.kept})
    town.go(case.days[1])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CASES)
def test_what_hangs_on_a_row_that_is_set_to_nothing_is_not_paid_and_bears_no_fee(
    town: Town, name: str, way: Callable[[Town, date, Measures, Measures], None]
) -> None:
    case = CASES[name]
    begun(town, case)
    way(town, case.days[1], case.measures, case.row)
    assert {NOVA: case.then_fen} == town.paid(case.run)
    assert case.then_fen * 200 // 10_000 == town.get(runs, case.run).totals.fee_fen


@pytest.mark.parametrize("name", CASES)
def test_a_row_that_the_worker_signed_is_paid_though_it_is_corrected_to_nothing(town: Town, name: str) -> None:
    case = CASES[name]
    begun(town, case)
    town.certified(case.days[1], {NOVA: case.row})
    town.correct(case.days[1], {NOVA: case.measures})
    town.certify(NOVA, case.days[1])
    assert {NOVA: case.else_fen} == town.paid(case.run)


def test_the_union_decides_no_row_to_nothing_that_neither_side_calls_nothing(town: Town) -> None:
    case = CASES["guarantee of the day"]
    begun(town, case)
    town.work(aug(4), {NOVA: case.row})
    town.dispute(NOVA, aug(4), {"orders": 12, "minutes": 240})
    town.reply(NOVA, aug(4))
    town.refused(FiguresDiffer, Decide, **town.decision(NOVA, aug(4), NOTHING))
