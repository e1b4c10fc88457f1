"""Version 2 of the pay rules: against hand-made figures, against version 1 where both say the same, as properties."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from lxr.chaincode import pricing_1
from lxr.chaincode.pay_rules import (
    Allowance,
    Bonus,
    Guarantee,
    Holiday,
    MonthlyWage,
    Overtime,
    PassThrough,
    PerTime,
    PerUnit,
    PieceOvertime,
    Rule,
    Share,
    Step,
    Tiers,
    label,
    rule_faults,
)
from lxr.chaincode.pricing import REST_DAY, STATUTORY_HOLIDAY, WORKING_DAY, Attendance, Priced, Work
from lxr.chaincode.pricing_2 import at_most_fen, price
from lxr.chaincode.refusals import TermsInvalid
from lxr.settlement.ledger.parameters import founding_values
from pricedwork import minima, some_rows, some_rules, work

VALUES: Final = {seed.name: seed.value for seed in founding_values()}
DAY: Final = timedelta(days=1)
Rows = Sequence[dict[str, int]]


def kind(day: date) -> int:
    """What the day is by the calendar that a ledger is founded with."""
    if day in VALUES[f"holidays.{day.year}"]:
        return STATUTORY_HOLIDAY
    return REST_DAY if day in VALUES[f"calendar.{day.year}"] else WORKING_DAY


def month(year: int, number: int) -> list[date]:
    first = date(year, number, 1)
    return [first + DAY * offset for offset in range(31) if (first + DAY * offset).month == number]


def worked(
    rules: tuple[Rule, ...],
    rows: dict[date, dict[str, int]],
    *,
    minimum_fen: int = 0,
    bound: Sequence[date] | None = None,
    key: int = 1,
    monthly: bool = True,
) -> Work:
    """The days with rows, under a labour contract. bound: the days on which it binds, all of the month if None."""
    days = sorted(rows)
    whole = month(days[0].year, days[0].month)
    kinds = [kind(day) for day in whole]
    attendance = Attendance(
        paid_days=sum(each != REST_DAY for each in kinds),
        bound_days=sum(kind(day) != REST_DAY for day in (whole if bound is None else bound)),
        holidays=sum(kind(day) == STATUTORY_HOLIDAY for day in (whole if bound is None else bound)),
        monthly=monthly,
        minimum_fen=minimum_fen,
    )
    names = {name for row in rows.values() for name in row}
    columns = {name: [[rows[day].get(name, 0) for day in days]] for name in names}
    return Work(key, rules, columns, (), tuple(map(kind, days)), attendance)


def paid(*some: Work) -> dict[str, int]:
    (found,) = price(some, 1)
    return sums(found)


def sums(found: Priced) -> dict[str, int]:
    amounts: dict[str, int] = {}
    for item in found.items:
        amounts[item.rule] = amounts.get(item.rule, 0) + item.amount_fen
    return amounts


def working_days(year: int, number: int) -> list[date]:
    return [day for day in month(year, number) if kind(day) == WORKING_DAY]


WAGE: Final = (MonthlyWage(522_000, "leave"), Overtime(480))


def test_february_2026_has_the_overtime_of_its_worked_example() -> None:
    """5,220.00 a month are 30.00 an hour: 2 h at 150 % on the make-up Saturday, 8 h at 200 %, 8 h at 300 %."""
    rows = {day: {"minutes": 480} for day in working_days(2026, 2)}
    rows |= {date(2026, 2, 14): {"minutes": 600}}
    assert {"monthly_wage": 522_000, "overtime": 9_000} == paid(worked(WAGE, rows))
    rows |= {date(2026, 2, 15): {"minutes": 480}}
    assert 9_000 + 48_000 == paid(worked(WAGE, rows))["overtime"]
    rows |= {date(2026, 2, 16): {"minutes": 480}}
    assert 9_000 + 48_000 + 72_000 == paid(worked(WAGE, rows))["overtime"]


@pytest.mark.parametrize(
    ("year", "number", "missed", "amount_fen"),
    [
        (2026, 2, 0, 522_000),
        (2026, 2, 1, 522_000 - 24_000),
        (2026, 7, 0, 522_000),
        (2026, 7, 1, 522_000),  # 23 working days: 22 of them are worth more than a month
        (2026, 7, 2, 21 * 24_000),
        (2026, 7, 22, 24_000),
        (2026, 2, 2, 522_000 - 2 * 24_000),
        (2026, 6, 2, 20 * 24_000),
    ],
)
def test_a_missed_day_costs_a_21_75th_or_the_days_that_are_there_are_paid(
    year: int, number: int, missed: int, amount_fen: int
) -> None:
    days = working_days(year, number)
    rows = {day: {"minutes": 480} for day in days[missed:]}
    assert amount_fen == paid(worked(WAGE, rows))["monthly_wage"]


def test_paid_leave_is_no_missed_day_and_statutory_holidays_are_paid_only_while_the_terms_bind() -> None:
    days = working_days(2026, 2)
    rows = {day: {"minutes": 480} for day in days[1:]} | {days[0]: {"leave": 1}}
    assert 522_000 == paid(worked(WAGE, rows))["monthly_wage"]
    left = [day for day in days if day < date(2026, 2, 16)]
    rows = {day: {"minutes": 480} for day in left}
    assert 522_000 * len(left) // (len(days) + 4) == paid(worked(WAGE, rows, bound=left))["monthly_wage"]
    missed = len(days) - len(left)
    assert 522_000 - missed * 24_000 == paid(worked(WAGE, rows))["monthly_wage"]


def test_a_raise_within_the_month_pays_each_day_by_its_own_wage_and_the_month_is_whole() -> None:
    days = working_days(2026, 6)
    old, new = days[:10], [*days[10:], date(2026, 6, 19)]
    more = (MonthlyWage(626_400), Overtime(480))
    first = worked(WAGE, {day: {"minutes": 480} for day in old}, bound=old)
    rows = {day: {"minutes": 480} for day in days[10:]}
    raised = sums(price([first, worked(more, rows, bound=new, key=2)], 1)[0])
    whole = len(days) + 1
    assert {"monthly_wage": (522_000 * 10 + 626_400 * (whole - 10) + whole // 2) // whole} == raised
    assert {"monthly_wage": 522_000} == sums(price([first, worked(WAGE, rows, bound=new, key=2)], 1)[0])


def test_overtime_by_the_hour_adds_what_the_rate_has_not_paid() -> None:
    rules = (PerTime(3_000, 60), Overtime(480))
    rows = {date(2026, 6, 18): {"minutes": 540}, date(2026, 6, 19): {"minutes": 60}, date(2026, 6, 20): {"minutes": 60}}
    assert {"per_time:minutes": 33_000, "overtime": 1_500 + 6_000 + 3_000} == paid(worked(rules, rows))


def test_pieces_beyond_the_quota_and_on_days_off_are_paid_at_150_200_and_300_percent() -> None:
    rules = (PerUnit("orders", 100), PieceOvertime("orders", 40))
    rows = {date(2026, 6, 18): {"orders": 50}, date(2026, 6, 19): {"orders": 10}, date(2026, 6, 20): {"orders": 10}}
    assert {"per_unit:orders": 7_000, "piece_overtime:orders": 500 + 2_000 + 1_000} == paid(worked(rules, rows))


def test_overtime_is_left_out_of_the_minimum_wage_test() -> None:
    rules = (PerUnit("orders", 100), PieceOvertime("orders", 1))
    rows = {day: {"orders": 50} for day in working_days(2026, 6)}
    whole = len(rows) + 1
    amounts = paid(worked(rules, rows, minimum_fen=233_000))
    assert 233_000 - 50 * 100 * len(rows) == amounts["monthly_minimum_wage"]
    assert whole == next(
        item.quantity
        for item in price([worked(rules, rows, minimum_fen=233_000)], 1)[0].items
        if "minimum" in item.rule
    )


def test_the_monthly_minimum_is_for_the_days_that_were_there() -> None:
    rules = (PerUnit("orders", 100), PieceOvertime("orders", 1))
    days = working_days(2026, 6)
    rows = {day: {"orders": 1} for day in days[1:]}
    needed_fen = (233_000 * 4 * len(days) + 43) // 87  # 21 days of 22: they are worth more than a month less one day
    assert needed_fen - 100 * len(rows) == paid(worked(rules, rows, minimum_fen=233_000))["monthly_minimum_wage"]


@pytest.mark.parametrize(
    ("rule", "quantity", "amount_fen"),
    [
        (PerUnit("tasks", 350, 100), 7, 25),  # 24.5, half up
        (PerUnit("metres", 120, 1000), 12_345, 1_481),
        (Share("value", 250, 1), 99_99, 250),
        (Share("value", 250, 100), 99, 248),
        (PassThrough("tips"), 1_234, 1_234),
    ],
)
def test_rates_for_many_units_shares_and_tips_round_the_day_once(rule: Rule, quantity: int, amount_fen: int) -> None:
    measure = next(iter(label(rule).split(":")[1:]))
    assert {label(rule): amount_fen} == paid(work((rule,), [{measure: quantity}]))


def test_tips_are_outside_guarantee_and_minimum_wage() -> None:
    rules = (PerUnit("orders", 100), PassThrough("tips"), Guarantee(2_500, "period"))
    rows = [{"orders": 1, "tips": 9_999, "minutes": 60}]
    assert {"per_unit:orders": 100, "pass_through:tips": 9_999, "guarantee": 2_400} == paid(work(rules, rows))
    assert 2_200 == paid(work(rules[:2], rows, hourly_fen=2_300))["minimum_wage"]


def test_a_holiday_supplement_is_for_statutory_holidays_alone_and_no_part_of_the_minimum() -> None:
    rules = (PerUnit("orders", 500), Holiday("orders", 200, 1))
    day = replace(
        work(rules, [{"orders": 3, "minutes": 60}] * 2, hourly_fen=2_300), kinds=(STATUTORY_HOLIDAY, REST_DAY)
    )
    assert {"per_unit:orders": 3_000, "holiday:orders": 600, "minimum_wage": 1_600} == paid(day)


CUTS: Final[list[tuple[tuple[Rule, ...], tuple[Rule, ...], Rows, Rows, int]]] = [
    ((Allowance("phone", 100, "period"),), (Allowance("phone", 100, "period"),), [{"orders": 1}], [{"orders": 1}], 100),
    ((Allowance("phone", 100, "period"),), (Allowance("phone", 150, "period"),), [{"orders": 1}], [{"orders": 1}], 150),
    ((Allowance("phone", 150, "period"),), (Allowance("phone", 100, "period"),), [{"orders": 1}], [{"orders": 1}], 150),
    ((Allowance("phone", 100, "period"),), (Allowance("phone", 100, "period"),), [{"orders": 1}], [{"orders": 0}], 100),
    ((Bonus("orders", "period", 10, 70),), (Bonus("orders", "period", 10, 70),), [{"orders": 6}], [{"orders": 6}], 70),
    ((Bonus("orders", "period", 5, 70),), (Bonus("orders", "period", 5, 70),), [{"orders": 6}], [{"orders": 6}], 70),
    ((Bonus("orders", "period", 20, 70),), (Bonus("orders", "period", 9, 70),), [{"orders": 6}], [{"orders": 3}], 70),
    ((Bonus("orders", "period", 5, 70),), (Bonus("orders", "period", 9, 90),), [{"orders": 6}], [{"orders": 3}], 90),
    (
        (Tiers("orders", "period", (Step(0, 1), Step(10, 100))),),
        (Tiers("orders", "period", (Step(0, 2), Step(10, 200))),),
        [{"orders": 8}],
        [{"orders": 4}],
        8 + 2 * 2 + 2 * 200,
    ),
    (
        (PerUnit("orders", 100), Guarantee(6_000, "period")),
        (PerUnit("orders", 200), Guarantee(6_000, "period")),
        [{"orders": 1, "minutes": 10}],
        [{"orders": 10, "minutes": 10}],
        100 + 2_000,
    ),
]


@pytest.mark.parametrize(("old", "new", "before", "after", "total_fen"), CUTS)
def test_rules_over_the_period_stay_whole_across_an_amendment(
    old: tuple[Rule, ...], new: tuple[Rule, ...], before: Rows, after: Rows, total_fen: int
) -> None:
    assert total_fen == sum(paid(work(old, before, 1), work(new, after, 2)).values())


@given(some_rules, some_rows, minima)
def test_without_an_amendment_it_gives_what_the_first_version_gives(
    rules: tuple[Rule, ...], rows: list[dict[str, int]], minimum: int | None
) -> None:
    given_work = work(rules, rows, hourly_fen=minimum)
    assert pricing_1.price([given_work], 1) == price([given_work], 1)


@given(some_rules, some_rows, minima, st.data())
def test_an_amendment_that_changes_nothing_changes_no_pay(
    rules: tuple[Rule, ...], rows: list[dict[str, int]], minimum: int | None, data: st.DataObject
) -> None:
    assume(len(rows) > 1)  # a version without a row is not priced
    cut = data.draw(st.integers(1, len(rows) - 1))
    (whole,) = price([work(rules, rows, 1, minimum)], 1)
    (parts,) = price([work(rules, rows[:cut], 1, minimum), work(rules, rows[cut:], 2, minimum)], 1)
    assert sums(whole) == sums(parts)


measured = st.integers(0, 70)
labour_row = st.fixed_dictionaries(
    {
        "orders": measured,
        "minutes": st.integers(0, 900),
        "tips": measured,
        "value": measured,
        "leave": st.integers(0, 1),
    }
)
LABOUR_RULES: Final[tuple[Rule, ...]] = (
    MonthlyWage(522_000, "leave"),
    Overtime(480),
    Overtime(420),
    PerTime(3_000, 60),
    PerUnit("orders", 35, 100),
    PieceOvertime("orders", 20),
    PassThrough("tips"),
    Share("value", 333, 100),
    Holiday("orders", 200, 1),
    Guarantee(2_500, "period"),
    Bonus("orders", "period", 100, 5_000),
    Allowance("heat", 1_000, "day"),
)
labour_rules: st.SearchStrategy[tuple[Rule, ...]] = (
    st.lists(st.sampled_from(LABOUR_RULES), min_size=1, max_size=7, unique_by=label)
    .map(tuple)
    .filter(lambda rules: rule_faults(rules) is None)
)
some_days = st.dictionaries(st.sampled_from(month(2026, 2)), labour_row, min_size=1, max_size=8)


@given(labour_rules, some_days, st.sampled_from(["orders", "minutes", "tips", "value", "leave"]), measured, st.data())
def test_more_work_never_pays_less_and_no_more_than_was_said_at_most(
    rules: tuple[Rule, ...], rows: dict[date, dict[str, int]], measure: str, more: int, data: st.DataObject
) -> None:
    day = data.draw(st.sampled_from(month(2026, 2)))
    before = rows.get(day, {})
    longer = {**rows, day: {**before, measure: before.get(measure, 0) + more}}
    (less,), (now,) = price([worked(rules, rows)], 1), price([worked(rules, longer)], 1)
    most_fen = at_most_fen(rules, {measure: more} if more else {}, 0, is_first=not any(before.values()))
    assert 0 <= now.total_fen - less.total_fen <= most_fen + 1


def cut_parts(
    old: tuple[Rule, ...], new: tuple[Rule, ...], rows: dict[date, dict[str, int]], cut: int, minimum_fen: int = 0
) -> list[Work]:
    """February's rows, up to the cut under the one version, and from then on under the other."""
    whole = month(2026, 2)
    return [
        worked(rules, some, minimum_fen=minimum_fen, bound=[day for day in whole if (day.day <= cut) == first], key=key)
        for rules, key, first in ((old, 1, True), (new, 2, False))
        if (some := {day: row for day, row in rows.items() if (day.day <= cut) == first})
    ]


@given(labour_rules, labour_rules, some_days, st.integers(1, 27), st.sampled_from(month(2026, 2)), measured, st.data())
def test_more_work_never_pays_less_wherever_an_amendment_cuts_the_month(
    old: tuple[Rule, ...],
    new: tuple[Rule, ...],
    rows: dict[date, dict[str, int]],
    cut: int,
    day: date,
    more: int,
    data: st.DataObject,
) -> None:
    measure = data.draw(st.sampled_from(["orders", "minutes", "tips", "value", "leave"]))
    before = rows.get(day, {})
    longer = {**rows, day: {**before, measure: before.get(measure, 0) + more}}
    (less,), (now,) = (
        price(cut_parts(old, new, rows, cut, 233_000), 1),
        price(cut_parts(old, new, longer, cut, 233_000), 1),
    )
    assert less.total_fen <= now.total_fen


@given(some_rules, some_rules, some_rows, minima, st.data())
def test_more_work_never_pays_less_under_two_versions(
    old: tuple[Rule, ...], new: tuple[Rule, ...], rows: list[dict[str, int]], minimum: int | None, data: st.DataObject
) -> None:
    assume(len(rows) > 1)
    cut, chosen = data.draw(st.integers(1, len(rows) - 1)), data.draw(st.integers(0, len(rows) - 1))
    measure = data.draw(st.sampled_from(["orders", "parcels", "minutes"]))
    longer = [{**row, measure: row[measure] + 7} if n == chosen else row for n, row in enumerate(rows)]
    totals = [
        price([work(old, some[:cut], 1, minimum), work(new, some[cut:], 2, minimum)], 1)[0].total_fen
        for some in (rows, longer)
    ]
    assert totals[0] <= totals[1]


@given(labour_rules, labour_rules, some_days, st.sampled_from([0, 100_000, 233_000]), st.integers(1, 27))
def test_a_labour_contracts_month_is_topped_up_to_the_minimum_wherever_an_amendment_cuts_it(
    old: tuple[Rule, ...], new: tuple[Rule, ...], rows: dict[date, dict[str, int]], minimum_fen: int, cut: int
) -> None:
    (found,) = price(cut_parts(old, new, rows, cut, minimum_fen), 1)
    beside = ("overtime", "piece_overtime:", "pass_through:", "holiday:", "allowance:")
    counted = sum(item.amount_fen for item in found.items if not item.rule.startswith(beside))
    assert found.minimum_fen <= counted
    assert found.total_fen == sum(item.amount_fen for item in found.items)


@pytest.mark.parametrize(
    ("rules", "case"),
    [
        ((PassThrough("tips"), PerUnit("tips", 1)), "money_measure"),
        ((Share("value", 1, 1), PassThrough("value")), "money_measure"),
        ((Share("minutes", 1, 1),), "money_measure"),
        ((PerUnit("orders", 1), Overtime(480)), "overtime_base"),
        ((PerTime(100, 60, "night"), Overtime(480)), "overtime_base"),
        ((PerUnit("orders", 1), PieceOvertime("parcels", 1)), "overtime_base"),
    ],
)
def test_rules_that_contradict_each_other_are_refused(rules: tuple[Rule, ...], case: str) -> None:
    fault = rule_faults(rules)
    assert isinstance(fault, TermsInvalid)
    assert case == fault.facts["case"]


def test_what_a_guarantee_brings_counts_towards_no_other_contracts_minimum_wage() -> None:
    """200.00 guaranteed for ten hours without a minimum wage leave that of the ten hours after the amendment due."""
    rows = [{"minutes": 600}]
    before = work((PerUnit("orders", 1), Guarantee(2_000, "period")), rows)
    after = work((PerUnit("orders", 1),), rows, 2, 2_000)
    assert {"guarantee": 20_000, "minimum_wage": 20_000} == paid(before, after)
    labour = worked((PerUnit("orders", 1),), {date(2026, 9, 16): {"minutes": 600}}, minimum_fen=249_000, key=2)
    hourly = work((PerUnit("orders", 1), Guarantee(2_000, "period")), rows, 1, 2_000)
    alone = paid(labour)["monthly_minimum_wage"]
    assert {"guarantee": 20_000, "monthly_minimum_wage": alone} == paid(hourly, labour)
