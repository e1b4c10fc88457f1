from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from math import floor

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lxr.chaincode.pay_rules import (
    DAYS_MAX,
    QUANTITY_MAX,
    RATE_MAX_FEN,
    RULES_MAX,
    Allowance,
    Bonus,
    FixedPerDay,
    Guarantee,
    PerTime,
    PerUnit,
    Rule,
    Scope,
    Step,
    Tiers,
    label,
    measures_of,
    rule_faults,
)
from lxr.chaincode.pricing import Item, Priced, Work
from lxr.chaincode.pricing_1 import at_most_fen, price
from lxr.chaincode.refusals import TermsInvalid
from lxr.token.fen import FEN_MAX
from pricedwork import minima, quantities, row, some_rows, some_rules, work

FIRST = date(2026, 9, 1)
TIERS = (Step(0, 400), Step(20, 500), Step(40, 650))


def priced(rules: tuple[Rule, ...], rows: Sequence[dict[str, int]], minimum_hourly_fen: int | None = None) -> Priced:
    (found,) = price([work(rules, rows, hourly_fen=minimum_hourly_fen)], 1)
    return found


def paid(*rules: Rule, rows: Sequence[dict[str, int]], minimum_hourly_fen: int | None = None) -> dict[str, int]:
    return {item.rule: item.amount_fen for item in priced(rules, rows, minimum_hourly_fen).items}


def orders(*counts: int) -> list[dict[str, int]]:
    return [{"orders": count} for count in counts]


def minutes(*counts: int) -> list[dict[str, int]]:
    return [{"minutes": count} for count in counts]


@pytest.mark.parametrize(
    ("rule", "rows", "quantity", "amount_fen"),
    [
        (PerUnit("orders", 450), orders(31, 0, 2), 33, 14_850),
        (PerTime(38, 1), minutes(7, 5), 12, 456),
        (PerTime(2350, 60), minutes(90), 90, 3525),
        # 30 minutes at 19.99 yuan an hour are 999.5 fen: half a fen goes up, on each day by itself.
        (PerTime(1999, 60), minutes(30), 30, 1000),
        (PerTime(1999, 60), minutes(30, 30), 60, 2000),
        (PerTime(29, 60), minutes(1), 1, 0),
        (PerTime(30, 60), minutes(1), 1, 1),
        (PerTime(600, 60, "waiting"), [{"waiting": 15, "minutes": 60}], 15, 150),
        # 20 x 400, exactly at the step; one more earns the second rate; 20 x 400 + 20 x 500 + 1 x 650.
        (Tiers("orders", "day", TIERS), orders(19), 19, 7600),
        (Tiers("orders", "day", TIERS), orders(20), 20, 8000),
        (Tiers("orders", "day", TIERS), orders(21), 21, 8500),
        (Tiers("orders", "day", TIERS), orders(40), 40, 18_000),
        (Tiers("orders", "day", TIERS), orders(41), 41, 18_650),
        # By the day each day starts at the first step, over the period the days add up.
        (Tiers("orders", "day", TIERS), orders(20, 21), 41, 16_500),
        (Tiers("orders", "period", TIERS), orders(20, 21), 41, 18_650),
        (FixedPerDay(12_000), orders(1, 0, 50), 2, 24_000),
        (Allowance("meal", 1500, "day"), orders(1, 0, 50), 2, 3000),
        (Allowance("phone", 5000, "period"), orders(1, 0, 50), 1, 5000),
        (Bonus("orders", "day", 30, 2000), orders(29, 30, 31), 2, 4000),
        (Bonus("orders", "period", 90, 10_000), orders(29, 30, 31), 1, 10_000),
    ],
)
def test_each_rule_pays_what_it_says(
    rule: Rule, rows: Sequence[dict[str, int]], quantity: int, amount_fen: int
) -> None:
    assert (Item(1, label(rule), quantity, amount_fen),) == priced((rule,), rows).items


@pytest.mark.parametrize(
    "rule",
    [
        PerUnit("orders", 450),
        Tiers("orders", "period", TIERS),
        FixedPerDay(12_000),
        Allowance("meal", 1500, "period"),
        Bonus("orders", "period", 1, 10_000),
        Guarantee(2300, "period"),
    ],
)
def test_without_work_no_rule_has_an_item(rule: Rule) -> None:
    assert Priced((), 0, 0, 0) == priced((rule,), [{"orders": 0}, {}], 2300)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        # Floor 20.00 an hour, two hours a day: 40.00. Piece pay 50.00 and 25.00: the second day misses 15.00,
        # the period (75.00 of 80.00) misses 5.00.
        ("day", Item(1, "guarantee", 120, 1500)),
        ("period", Item(1, "guarantee", 240, 500)),
    ],
)
def test_a_guarantee_compares_each_day_or_the_period(scope: Scope, expected: Item) -> None:
    rules: tuple[Rule, ...] = (Guarantee(2000, scope), PerUnit("orders", 500))
    rows = [{"orders": 10, "minutes": 120}, {"orders": 5, "minutes": 120}]
    assert expected == priced(rules, rows).items[-1]


def test_a_guarantee_counts_all_piece_pay_and_nothing_else() -> None:
    rows = [{"orders": 3, "parcels": 2, "minutes": 60}]
    base: tuple[Rule, ...] = (
        PerUnit("orders", 100),
        Tiers("parcels", "day", (Step(0, 50),)),
        PerTime(300, 60),
        Guarantee(2000, "day"),
    )
    assert paid(*base, rows=rows)["guarantee"] == 2000 - 300 - 100 - 300
    extra: tuple[Rule, ...] = (FixedPerDay(900), Bonus("orders", "day", 1, 900), Allowance("meal", 900, "day"))
    assert paid(*extra, *base, rows=rows)["guarantee"] == 1300


def test_a_guarantee_alone_pays_its_floor_rounded_half_up_each_day() -> None:
    assert paid(Guarantee(1999, "day"), rows=minutes(30, 30)) == {"guarantee": 2000}
    assert paid(Guarantee(1999, "period"), rows=minutes(30, 30)) == {"guarantee": 1999}


@pytest.mark.parametrize(
    ("rules", "rows", "expected"),
    [
        # 23.00 an hour for 480 minutes is 184.00.
        (
            (PerUnit("orders", 500),),
            [{"orders": 30, "minutes": 480}],
            {"per_unit:orders": 15_000, "minimum_wage": 3400},
        ),
        # Exactly the minimum: nothing to add. One fen less: one fen.
        ((FixedPerDay(18_400),), minutes(480), {"fixed_per_day": 18_400}),
        ((FixedPerDay(18_399),), minutes(480), {"fixed_per_day": 18_399, "minimum_wage": 1}),
        # A good day carries a bad one: the minimum is held against the period.
        ((PerUnit("orders", 100),), [{"orders": 46, "minutes": 60}, {"minutes": 60}], {"per_unit:orders": 4600}),
        # An allowance does not count.
        (
            (FixedPerDay(18_000), Allowance("meal", 2000, "day")),
            minutes(480),
            {"fixed_per_day": 18_000, "allowance:meal": 2000, "minimum_wage": 400},
        ),
        # 2300 x 1 / 60 = 38.33 and 2300 x 3 / 60 = 115: rounded once, on the period.
        ((PerUnit("orders", 1),), minutes(1), {"minimum_wage": 38}),
        ((PerUnit("orders", 1),), minutes(1, 1, 1), {"minimum_wage": 115}),
        # No minutes, no hours to hold it against.
        ((PerUnit("orders", 1),), orders(5), {"per_unit:orders": 5}),
    ],
)
def test_the_minimum_wage_tops_up_the_pay_of_the_period(
    rules: tuple[Rule, ...], rows: Sequence[dict[str, int]], expected: dict[str, int]
) -> None:
    assert expected == paid(*rules, rows=rows, minimum_hourly_fen=2300)
    found = priced(rules, rows, 2300)
    assert expected.get("minimum_wage", 0) == found.below_minimum_fen
    assert sum(expected.values()) == found.total_fen


def test_an_amendment_cuts_the_period_and_the_minimum_wage_with_it() -> None:
    old: tuple[Rule, ...] = (Bonus("orders", "period", 30, 1000), PerUnit("orders", 100))
    new: tuple[Rule, ...] = (Bonus("orders", "period", 30, 1000), PerUnit("orders", 110))
    before = work(old, [{"orders": 20, "minutes": 60}, {"orders": 9, "minutes": 60}], rules_key=1, hourly_fen=2300)
    after = work(new, [{"orders": 10, "minutes": 60}], rules_key=2, hourly_fen=2300)
    expected = (
        Item(1, "per_unit:orders", 29, 2900),
        Item(2, "per_unit:orders", 10, 1100),
        Item(1, "minimum_wage", 120, 1700),
        Item(2, "minimum_wage", 60, 1200),
    )
    assert [Priced(expected, 6900, 180, 2900, 6900)] == price([after, before], 1)
    good = work(new, [{"orders": 900, "minutes": 60}], rules_key=2)
    (found,) = price([good, before], 1)
    assert Item(1, "minimum_wage", 120, 1700) == found.items[-1]  # neither its pay nor that it has none counts before


def test_each_days_minutes_count_at_the_minimum_wage_of_that_day() -> None:
    rows = [{"minutes": 60}, {"minutes": 90}, {"minutes": 0}]
    some = Work(1, (PerUnit("orders", 1),), work((), rows).columns, (2300, 2100, 100))
    (found,) = price([some], 1)
    assert (Item(1, "minimum_wage", 150, 2300 + 3150),) == found.items


@given(st.data())
def test_more_units_on_a_day_never_bring_more_than_is_said(data: st.DataObject) -> None:
    rules, rows = data.draw(some_rules), data.draw(some_rows)
    more, minimum = data.draw(row), data.draw(minima)
    raised = [{name: rows[0][name] + more[name] for name in rows[0]}, *rows[1:]]
    brings_fen = priced(rules, raised, minimum).total_fen - priced(rules, rows, minimum).total_fen
    # each line of the day and the two top-ups over it may round up by itself
    rounding_fen = len(rules) + 2
    most_fen = at_most_fen(rules, more, minimum or 0, is_first=not any(rows[0].values()))
    assert brings_fen <= most_fen + rounding_fen


def test_the_largest_pay_stays_within_the_bound() -> None:
    names = "abcdefghijklmnopqrstuvwxyz"
    rules = tuple(PerUnit(names[n], RATE_MAX_FEN) for n in range(RULES_MAX - 1))
    row = dict.fromkeys([*names, "minutes"], QUANTITY_MAX)
    total_fen = priced((*rules, Guarantee(RATE_MAX_FEN, "period")), [row] * DAYS_MAX, RATE_MAX_FEN).total_fen
    assert (RULES_MAX - 1) * RATE_MAX_FEN * QUANTITY_MAX * DAYS_MAX == total_fen
    assert total_fen <= FEN_MAX


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ((), TermsInvalid(case="no_rules")),
        ((FixedPerDay(1),) * (RULES_MAX + 1), TermsInvalid(case="rules", count=21, limit=20)),
        ((Guarantee(2300, "day"), Guarantee(2400, "period")), TermsInvalid(case="rule_twice", rule="guarantee")),
        (
            (PerUnit("orders", 1), PerUnit("orders", 2)),
            TermsInvalid(case="rule_twice", rule="per_unit:orders"),
        ),
        ((Tiers("orders", "day", ()),), TermsInvalid(case="first_step", rule="tiers:orders:day")),
        ((Tiers("orders", "day", (Step(1, 5),)),), TermsInvalid(case="first_step", rule="tiers:orders:day")),
        (
            (Tiers("orders", "day", (Step(0, 5), Step(9, 6), Step(9, 7))),),
            TermsInvalid(case="steps", rule="tiers:orders:day", above=9, before=9),
        ),
        (
            (Guarantee(2300, "day"), Tiers("orders", "period", TIERS)),
            TermsInvalid(case="day_guarantee"),
        ),
        ((Guarantee(2300, "period"), Tiers("orders", "day", TIERS), Tiers("orders", "period", TIERS)), None),
        ((Bonus("orders", "day", 30, 1000), Bonus("orders", "day", 40, 2000), FixedPerDay(1)), None),
    ],
)
def test_faulty_rules_are_named(rules: tuple[Rule, ...], fault: TermsInvalid | None) -> None:
    assert str(fault) == str(rule_faults(rules))


def test_the_measures_of_rules_are_those_they_count() -> None:
    rules = (PerTime(2000, 60), Bonus("orders", "day", 3, 5), FixedPerDay(5), Allowance("meal", 5, "day"))
    assert {"minutes", "orders"} == measures_of(rules)


@pytest.mark.parametrize(
    "text",
    [
        '{"rule":"per_unit","measure":"Orders","rate_fen":5}',
        '{"rule":"per_unit","measure":"orders\\n","rate_fen":5}',
        '{"rule":"per_unit","measure":"orders","rate_fen":0}',
        '{"rule":"per_unit","measure":"orders","rate_fen":5.0e-1}',
        '{"rule":"per_unit","measure":"orders","rate_fen":1000001}',
        '{"rule":"per_unit","measure":"orders","rate_fen":5,"note":""}',
        '{"rule":"per_time","rate_fen":5,"per_minutes":30}',
        '{"rule":"tiers","measure":"orders","scope":"day","steps":[]}',
        '{"rule":"tiers","measure":"orders","scope":"week","steps":[{"above":0,"rate_fen":1}]}',
        '{"rule":"bonus","measure":"orders","scope":"day","threshold":0,"amount_fen":5}',
        '{"rule":"commission"}',
    ],
)
def test_a_rule_outside_its_bounds_is_refused_on_decoding(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Rule)


@given(some_rules, some_rows, minima, st.data())
def test_the_order_of_days_does_not_matter(
    rules: tuple[Rule, ...], rows: list[dict[str, int]], minimum: int | None, data: st.DataObject
) -> None:
    assert priced(rules, rows, minimum) == priced(rules, data.draw(st.permutations(rows)), minimum)


@given(some_rules, some_rules, some_rows, minima)
def test_the_order_of_versions_does_not_matter(
    old: tuple[Rule, ...], new: tuple[Rule, ...], rows: list[dict[str, int]], minimum: int | None
) -> None:
    cut = len(rows) // 2
    parts = work(old, rows[:cut], 1, minimum), work(new, rows[cut:], 2, minimum)
    assert price(parts, 1) == price(reversed(parts), 1)


@given(some_rules, st.lists(st.tuples(row, row, row), min_size=1, max_size=6), minima)
def test_workers_are_priced_together_as_each_alone(
    rules: tuple[Rule, ...], days: list[tuple[dict[str, int], ...]], minimum: int | None
) -> None:
    crew = list(zip(*days, strict=True))
    columns = {name: [[row[name] for row in own] for own in crew] for name in ("orders", "parcels", "minutes")}
    expected = [priced(rules, own, minimum) for own in crew]
    hourly_fen = (minimum,) * len(days) if minimum else ()
    assert expected == price([Work(1, rules, columns, hourly_fen)], len(crew))


@given(some_rules, some_rows, minima)
def test_a_day_without_a_row_is_a_day_without_work(
    rules: tuple[Rule, ...], rows: list[dict[str, int]], minimum: int | None
) -> None:
    assert priced(rules, rows, minimum) == priced(rules, [*rows, {}], minimum)


@given(some_rules, some_rows, minima, st.sampled_from(["orders", "parcels", "minutes"]), quantities, st.data())
def test_more_work_never_pays_less(
    rules: tuple[Rule, ...],
    rows: list[dict[str, int]],
    minimum: int | None,
    measure: str,
    more: int,
    data: st.DataObject,
) -> None:
    chosen = data.draw(st.integers(0, len(rows) - 1))
    longer = [{**row, measure: row[measure] + more} if n == chosen else row for n, row in enumerate(rows)]
    assert priced(rules, rows, minimum).total_fen <= priced(rules, longer, minimum).total_fen


def exact_lines(rule: Rule, piece: Sequence[Rule], rows: Sequence[dict[str, int]]) -> list[Fraction]:
    """The lines of a rule in exact fen, unit by unit. A guarantee takes rounded piece lines: they are what is paid."""
    if getattr(rule, "scope", "day") == "period":
        table = [{name: sum(row[name] for row in rows) for name in ("orders", "parcels", "minutes")}]
    else:
        table = list(rows)
    match rule:
        case PerUnit():
            return [Fraction(row[rule.measure] * rule.rate_fen) for row in table]
        case PerTime():
            return [Fraction(row[rule.measure] * rule.rate_fen, rule.per_minutes) for row in table]
        case Tiers():
            return [
                Fraction(
                    sum(
                        next(step.rate_fen for step in reversed(rule.steps) if step.above < unit)
                        for unit in range(1, row[rule.measure] + 1)
                    )
                )
                for row in table
            ]
        case FixedPerDay() | Allowance():
            return [Fraction(rule.amount_fen if any(row.values()) else 0) for row in table]
        case Bonus():
            return [Fraction(rule.amount_fen if row[rule.measure] >= rule.threshold else 0) for row in table]
        case Guarantee():
            parts = [list(rows)] if rule.scope == "period" else [[row] for row in rows]
            return [
                max(
                    Fraction(0),
                    Fraction(rule.floor_fen_per_hour * sum(row["minutes"] for row in part), 60)
                    - sum(half_up(line) for each in piece for line in exact_lines(each, (), part)),
                )
                for part in parts
            ]
    raise AssertionError(rule)


def half_up(exact: Fraction) -> int:
    return floor(exact + Fraction(1, 2))


@given(some_rules, some_rows, minima)
def test_every_item_is_its_exact_lines_each_rounded_half_up(
    rules: tuple[Rule, ...], rows: list[dict[str, int]], minimum: int | None
) -> None:
    piece = [rule for rule in rules if isinstance(rule, PerUnit | PerTime | Tiers)]
    amounts = paid(*rules, rows=rows, minimum_hourly_fen=minimum)
    pay_fen = 0
    for rule in rules:
        lines = exact_lines(rule, piece, rows)
        amount_fen = amounts.pop(label(rule), 0)
        assert sum(map(half_up, lines)) == amount_fen
        assert abs(amount_fen - sum(lines, Fraction(0))) <= Fraction(len(lines), 2)  # half a fen a line at most
        pay_fen += 0 if isinstance(rule, Allowance) else amount_fen
    least = Fraction((minimum or 0) * sum(row["minutes"] for row in rows), 60)
    assert max(0, half_up(least) - pay_fen) == amounts.pop("minimum_wage", 0)
    assert not amounts
