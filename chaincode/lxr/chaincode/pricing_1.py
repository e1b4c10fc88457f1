"""Version 1 of the pay rules: what a worker's days of one pay period are worth under the terms that bind each day.

Periods are priced by it for as long as their ledgers live, so what it gives never changes. A line is one rule on one
day, or one rule counted over the period. Each line is rounded to whole fen, half up, and lines are summed; a sum is
never rounded.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from operator import add
from typing import Final

from ..token.fen import FEN_MAX, rounded
from .pay_rules import (
    DAYS_MAX,
    MINUTES,
    QUANTITY_MAX,
    RATE_MAX_FEN,
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
    rule_faults,
)
from .pricing import MINIMUM_WAGE, Columns, Item, Priced, Work


def price(work: Iterable[Work], workers: int) -> list[Priced]:
    """Price the work of so many workers under ONE terms in ONE pay period; each version comes at most once, in any
    order.

    A rule over the period counts the days of one version: an amendment cuts the period. So does the minimum wage
    (人社厅发〔2023〕50号): what the pay of a version's days, allowances left out (最低工资规定 art. 12), misses to each
    day's minutes at that day's rate is added as an item. The rules must be free of faults (`rule_faults`) and the
    quantities within 0..QUANTITY_MAX; nothing is refused.
    """
    items: list[list[Item]] = [[] for _ in range(workers)]
    top_ups: list[list[Item]] = [[] for _ in range(workers)]
    minutes, minimum_fen = [0] * workers, [0] * workers
    for some in sorted(work, key=lambda some: some.rules_key):
        days = _Days(some.columns, workers)
        own_minutes = days.totals(MINUTES)
        minutes = list(map(add, minutes, own_minutes))
        pay_fen = [0] * workers
        for rule, name in _plan(some.rules):
            counts = not isinstance(rule, Allowance)
            for place, (quantity, amount_fen) in enumerate(zip(*days.line_totals(rule), strict=True)):
                if quantity > 0:
                    pay_fen[place] += amount_fen * counts
                    items[place].append(Item(some.rules_key, name, quantity, amount_fen))
        if some.hourly_fen:
            for place, needed in enumerate(days.at_rates(MINUTES, some.hourly_fen)):
                minimum_fen[place] += rounded(needed, 60)
                below_fen = _short_fen(needed, pay_fen[place])
                if below_fen:
                    top_ups[place].append(Item(some.rules_key, MINIMUM_WAGE, own_minutes[place], below_fen))
    return list(map(_priced, items, top_ups, minutes, minimum_fen))


def at_most_fen(
    rules: Iterable[Rule], more: Mapping[str, int], hourly_fen: int, *, is_first: bool, monthly_fen: int = 0
) -> int:
    """What more units on one day can bring at most, whatever else the period holds.

    hourly_fen: the day's minimum wage, 0 for none. is_first: without them the day has no work. monthly_fen: no terms
    that this version prices have a monthly minimum wage.
    """
    assert monthly_fen == 0
    minutes = more.get(MINUTES, 0)
    total_fen = rounded(hourly_fen * minutes, 60)
    for rule in rules:
        match rule:
            case PerUnit():
                total_fen += more.get(rule.measure, 0) * rule.rate_fen
            case PerTime():
                total_fen += rounded(more.get(rule.measure, 0) * rule.rate_fen, rule.per_minutes)
            case Tiers():
                total_fen += more.get(rule.measure, 0) * max(step.rate_fen for step in rule.steps)
            case FixedPerDay() | Allowance():
                total_fen += rule.amount_fen * (is_first and any(more.values()))
            case Bonus():
                total_fen += rule.amount_fen * (more.get(rule.measure, 0) > 0)
            case Guarantee():
                total_fen += rounded(rule.floor_fen_per_hour * more.get(rule.measure, 0), 60)
    return total_fen


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


class _Days:
    """Workers' days under one version of the terms, and the piece pay found so far."""

    def __init__(self, columns: Mapping[str, Columns], workers: int) -> None:
        lengths = {len(own) for column in columns.values() for own in column}
        assert len(lengths) <= 1
        assert max(lengths, default=0) <= DAYS_MAX
        assert all(len(column) == workers for column in columns.values())
        self._columns: Final = columns
        self._none: Final = ((0,) * max(lengths, default=0),) * workers
        self._piece_lines_fen: Final[list[Columns]] = [self._none]
        self._piece_fen = [0] * workers

    def totals(self, measure: str) -> list[int]:
        """Each worker's quantity of all days, 0..DAYS_MAX * QUANTITY_MAX."""
        totals = list(map(sum, self._columns.get(measure, self._none)))
        assert all(0 <= total <= DAYS_MAX * QUANTITY_MAX for total in totals)
        return totals

    def at_rates(self, measure: str, rates_fen: tuple[int, ...]) -> list[int]:
        """Each worker's quantity of all days, each day's times its own rate, 1..RATE_MAX_FEN."""
        assert all(1 <= rate_fen <= RATE_MAX_FEN for rate_fen in rates_fen)
        if measure not in self._columns:  # rows without any measure have no days that could be counted
            return [0] * len(self._none)
        if len(set(rates_fen)) == 1:
            return [total * rates_fen[0] for total in self.totals(measure)]
        columns = self._columns.get(measure, self._none)
        return [sum([got * rate_fen for got, rate_fen in zip(own, rates_fen, strict=True)]) for own in columns]

    def line_totals(self, rule: Rule) -> tuple[list[int], list[int]]:
        """Each worker's quantity and fen of one rule. Numbers are the inner loop: a payday prices millions of them."""
        match rule:
            case PerUnit():
                units = self._quantities(rule.measure, "day")
                return self._piece(units, [[quantity * rule.rate_fen for quantity in own] for own in units])
            case PerTime():
                minutes, rate_fen, per = self._quantities(rule.measure, "day"), rule.rate_fen, rule.per_minutes
                return self._piece(
                    minutes, [[rounded(quantity * rate_fen, per) for quantity in own] for own in minutes]
                )
            case Tiers():
                units = self._quantities(rule.measure, rule.scope)
                return self._piece(units, [[_tiered_fen(rule.steps, quantity) for quantity in own] for own in units])
            case FixedPerDay():
                days = self._days_with_work()
                return days, [count * rule.amount_fen for count in days]
            case Allowance():
                days = self._days_with_work()
                times = days if rule.scope == "day" else [min(1, count) for count in days]
                return times, [count * rule.amount_fen for count in times]
            case Bonus():
                reached = self._quantities(rule.measure, rule.scope)
                times = [sum([quantity >= rule.threshold for quantity in own]) for own in reached]
                return times, [count * rule.amount_fen for count in times]
            case Guarantee():
                return self._guaranteed(rule)
            case _:
                raise AssertionError(rule)

    def _quantities(self, measure: str, scope: Scope) -> Columns:
        if scope == "period":
            return [(total,) for total in self.totals(measure)]
        return self._columns.get(measure, self._none)

    def _days_with_work(self) -> list[int]:
        by_worker = zip(self._none, *self._columns.values(), strict=True)
        return [sum(map(any, zip(*own, strict=True))) for own in by_worker]

    def _piece(self, quantities: Columns, lines_fen: Columns) -> tuple[list[int], list[int]]:
        amounts_fen = list(map(sum, lines_fen))
        self._piece_lines_fen.append(lines_fen)
        self._piece_fen = list(map(add, self._piece_fen, amounts_fen))
        return list(map(sum, quantities)), amounts_fen

    def _guaranteed(self, rule: Guarantee) -> tuple[list[int], list[int]]:
        worked = self._quantities(rule.measure, rule.scope)
        piece_fen: Columns = [(amount_fen,) for amount_fen in self._piece_fen]
        if rule.scope == "day":
            by_worker = zip(*self._piece_lines_fen, strict=True)
            piece_fen = [list(map(sum, zip(*lines_fen, strict=True))) for lines_fen in by_worker]
        topped_up, amounts_fen = [], []
        for own, own_piece_fen in zip(worked, piece_fen, strict=True):
            missing_fen = [
                _short_fen(rule.floor_fen_per_hour * minutes, earned_fen)
                for minutes, earned_fen in zip(own, own_piece_fen, strict=True)
            ]
            topped_up.append(sum([minutes for minutes, fen in zip(own, missing_fen, strict=True) if fen > 0]))
            amounts_fen.append(sum(missing_fen))
        return topped_up, amounts_fen


def _tiered_fen(steps: tuple[Step, ...], quantity: int) -> int:
    """From the top step down: what lies above a step is paid there, the rest further below."""
    pay_fen = 0
    for step in reversed(steps):
        if quantity > step.above:
            pay_fen += (quantity - step.above) * step.rate_fen
            quantity = step.above
    return pay_fen


def _short_fen(needed: int, earned_fen: int) -> int:
    """What earned_fen, already whole fen, misses to what is needed: minutes times fen per hour."""
    return rounded(max(0, needed - 60 * earned_fen), 60)
