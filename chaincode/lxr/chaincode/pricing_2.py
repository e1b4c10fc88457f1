"""Version 2 of the pay rules: what a worker's days of one pay period are worth under the terms that bind each day.

Periods are priced by it for as long as their ledgers live, so what it gives never changes. A line is one rule on one
day, or one rule counted over the period. Each line is rounded to whole fen, half up, and lines are summed; a sum is
never rounded.

What counts over the period, the minimum wage too, counts it whole where an amendment cuts it: see `pricing_2_period`.
What is a labour contract's alone: see `pricing_2_labour`.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from operator import add

from ..token.fen import FEN_MAX, rounded
from .pay_rules import (
    BESIDE_MINIMUM,
    MINUTES,
    Allowance,
    Bonus,
    FixedPerDay,
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
    Tiers,
    label,
    piece_rate,
    rule_faults,
)
from .pricing import MINIMUM_WAGE, MONTHLY_MINIMUM, Item, Priced, Work
from .pricing_2_days import Days, short_fen
from .pricing_2_labour import Labour, at_most_a_day_fen, at_most_overtime_fen, overtime, piece_overtime
from .pricing_2_period import Period


def price(work: Iterable[Work], workers: int) -> list[Priced]:
    """Price the work of so many workers under ONE terms in ONE pay period; each version comes at most once, in any
    order.

    The rules must be free of faults (`rule_faults`) and the quantities within 0..QUANTITY_MAX; nothing is refused.
    """
    ordered = sorted(work, key=lambda some: some.rules_key)
    versions = [(some, Days(some.columns, workers, some.kinds)) for some in ordered]
    period, labour = Period(versions, workers), Labour(versions, workers)
    items: list[list[Item]] = [[] for _ in range(workers)]
    hourly_pay_fen, needed, minutes = [0] * workers, [0] * workers, [0] * workers
    monthly_pay_fen = [0] * workers
    hourly_key = None
    for some, days in versions:
        period.begin(some, days)
        pay_fen = [0] * workers
        for rule, name in _plan(some.rules):
            counts = not name.startswith(BESIDE_MINIMUM)
            found = _line_totals(rule, some, days, period, labour)
            for place, (quantity, amount_fen) in enumerate(zip(*found, strict=True)):
                if quantity > 0:
                    pay_fen[place] += amount_fen * counts
                    items[place].append(Item(some.rules_key, name, quantity, amount_fen))
        minutes = list(map(add, minutes, days.totals(MINUTES)))
        if some.hourly_fen:
            hourly_key = some.rules_key
            needed = list(map(add, needed, days.at_rates(MINUTES, some.hourly_fen)))
            hourly_pay_fen = list(map(add, hourly_pay_fen, pay_fen))
        if some.attendance is not None:
            monthly_pay_fen = list(map(add, monthly_pay_fen, pay_fen))
    top_ups: list[list[Item]] = [[] for _ in range(workers)]
    minimum_fen = [rounded(each, 60) for each in needed]
    hours = _hourly_minutes(versions, workers)
    for place in range(workers):
        if hourly_key is not None and (below_fen := short_fen(needed[place], hourly_pay_fen[place])):
            top_ups[place].append(Item(hourly_key, MINIMUM_WAGE, hours[place], below_fen))
        found_fen, below_fen, present = labour.minimum_fen(place, monthly_pay_fen[place])
        minimum_fen[place] += found_fen
        if below_fen:
            assert labour.last_key is not None
            top_ups[place].append(Item(labour.last_key, MONTHLY_MINIMUM, present, below_fen))
    return list(map(_priced, items, top_ups, minutes, minimum_fen))


def at_most_fen(
    rules: Iterable[Rule], more: Mapping[str, int], hourly_fen: int, *, is_first: bool, monthly_fen: int = 0
) -> int:
    """What more units on one day can bring at most, whatever else the period holds.

    hourly_fen, monthly_fen: the minimum wages by which pay is topped up, 0 for none. is_first: without them the day has
    no work.
    """
    rules = tuple(rules)
    minutes = more.get(MINUTES, 0)
    total_fen = rounded(hourly_fen * minutes, 60)
    if monthly_fen and is_first:
        total_fen += at_most_a_day_fen(monthly_fen)
    for rule in rules:
        match rule:
            case PerUnit():
                total_fen += _up(more.get(rule.measure, 0) * rule.rate_fen, rule.per)
            case PerTime():
                total_fen += _up(more.get(rule.measure, 0) * rule.rate_fen, rule.per_minutes)
            case Tiers():
                total_fen += more.get(rule.measure, 0) * max(step.rate_fen for step in rule.steps)
            case FixedPerDay() | Allowance():
                total_fen += rule.amount_fen * (is_first and any(more.values()))
            case Bonus():
                total_fen += rule.amount_fen * (more.get(rule.measure, 0) > 0)
            case Guarantee():
                total_fen += _up(rule.floor_fen_per_hour * more.get(rule.measure, 0), 60)
            case Share():
                total_fen += _up(more.get(rule.measure, 0) * rule.unit_fen * rule.share_bp, 10_000)
            case PassThrough():
                total_fen += more.get(rule.measure, 0)
            case Holiday():
                total_fen += _up(more.get(rule.measure, 0) * rule.rate_fen, rule.per)
            case MonthlyWage():
                total_fen += at_most_a_day_fen(rule.amount_fen) * (is_first and any(more.values()))
            case Overtime():
                total_fen += at_most_overtime_fen(rules, minutes)
            case PieceOvertime():
                rate_fen, per = piece_rate(rules, rule.measure) or (0, 1)
                total_fen += _up(2 * more.get(rule.measure, 0) * rate_fen, per)
    return total_fen


def _up(numerator: int, denominator: int) -> int:
    """Round up: no line of whatever rounding is more."""
    return -(-numerator // denominator)


def _line_totals(rule: Rule, some: Work, days: Days, period: Period, labour: Labour) -> tuple[list[int], list[int]]:
    """Each worker's quantity and fen of one rule under one version of the terms."""
    match rule:
        case Tiers(scope="period"):
            return period.tiered(rule, days)
        case Bonus(scope="period"):
            return period.bonus(rule)
        case Allowance(scope="period"):
            return period.allowance(rule, days)
        case Guarantee(scope="period"):
            return period.guaranteed(rule, days)
        case MonthlyWage():
            return labour.monthly_wage(some.rules_key)
        case Overtime():
            return overtime(some.rules, rule, days)
        case PieceOvertime():
            return piece_overtime(some.rules, rule, days)
        case _:
            return days.line_totals(rule)


def _hourly_minutes(versions: list[tuple[Work, Days]], workers: int) -> list[int]:
    """Each worker's minutes under those versions that have an hourly minimum wage."""
    found = [0] * workers
    for some, days in versions:
        if some.hourly_fen:
            found = list(map(add, found, days.totals(MINUTES)))
    return found


def _priced(items: list[Item], top_ups: list[Item], minutes: int, minimum_fen: int) -> Priced:
    total_fen = sum([item.amount_fen for item in (*items, *top_ups)])
    assert 0 <= total_fen <= FEN_MAX
    below_fen = sum([item.amount_fen for item in top_ups])
    return Priced((*items, *top_ups), total_fen, minutes, below_fen, minimum_fen)


@lru_cache(maxsize=1024)
def _plan(rules: tuple[Rule, ...]) -> tuple[tuple[Rule, str], ...]:
    """The rules with their labels, the guarantee last: it needs the piece pay of the others."""
    assert rule_faults(rules) is None
    return tuple((rule, label(rule)) for rule in sorted(rules, key=lambda rule: isinstance(rule, Guarantee)))
