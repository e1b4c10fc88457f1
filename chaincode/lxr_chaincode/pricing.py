"""What a worker's days of one pay period are worth under the terms that bind each day.

A line is one rule on one day, or one rule counted over the period. Each line is rounded to whole fen, half up, and
lines are summed; a sum is never rounded.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from msgspec import Struct

from lxr_chaincode.pay_rules import (
    DAYS_MAX,
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
from lxr_token.fen import FEN_MAX, rounded

MINUTES: Final = "minutes"
"""The measure that a minimum wage is held against."""
MINIMUM_WAGE: Final = "minimum_wage"
"""The label of the item that tops pay up to the legal minimum."""


class WorkedDay(Struct, frozen=True, forbid_unknown_fields=True):
    """One worker's work on one date, and the version of the terms (rules_key) that binds the worker on it."""

    date: date
    rules_key: int
    rules: tuple[Rule, ...]
    measures: Mapping[str, int]


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule over the period. quantity: units, minutes, days or times, whichever the rule pays for."""

    rules_key: int
    rule: str
    quantity: int
    amount_fen: int


class Priced(Struct, frozen=True, forbid_unknown_fields=True):
    """The pay of one worker for one period. Items come by rules_key, then as in the terms, top-ups last."""

    items: tuple[Item, ...]
    total_fen: int
    minutes: int
    below_minimum_fen: int
    """What the rules alone missed to the legal minimum. It is in the total, as an item."""


def price(days: Sequence[WorkedDay], minimum_hourly_fen: int | None) -> Priced:
    """Price the days of ONE worker, ONE terms and ONE pay period; at most one per date, in any order.

    A rule over the period counts the days of one rules_key: an amendment cuts the period. minimum_hourly_fen is the
    hourly minimum wage of the place of work (人社厅发〔2023〕50号), 1..RATE_MAX_FEN: what the pay of the whole period,
    allowances left out (最低工资规定 art. 12), misses to it is added as an item under the last day's rules_key.
    The rules must be free of faults (`rule_faults`) and the measures within 0..QUANTITY_MAX; nothing is refused.
    """
    assert len(days) <= DAYS_MAX
    assert len({day.date for day in days}) == len(days)
    assert minimum_hourly_fen is None or 1 <= minimum_hourly_fen <= RATE_MAX_FEN
    versions: dict[int, list[WorkedDay]] = {}
    for day in days:
        versions.setdefault(day.rules_key, []).append(day)

    items: list[Item] = []
    pay_fen = allowances_fen = 0
    for rules_key in sorted(versions):
        rules = versions[rules_key][0].rules
        work = _Work(versions[rules_key])
        for rule, name in _plan(rules):
            quantity, amount_fen = work.line_totals(rule)
            if isinstance(rule, Allowance):
                allowances_fen += amount_fen
            else:
                pay_fen += amount_fen
            if quantity > 0:
                items.append(Item(rules_key, name, quantity, amount_fen))

    minutes = sum([day.measures.get(MINUTES, 0) for day in days])
    below_fen = 0 if minimum_hourly_fen is None else _missing_fen(minimum_hourly_fen, minutes, pay_fen)
    if below_fen > 0:
        last = max(days, key=lambda day: day.date)
        items.append(Item(last.rules_key, MINIMUM_WAGE, minutes, below_fen))
    total_fen = pay_fen + allowances_fen + below_fen
    assert total_fen == sum([item.amount_fen for item in items])
    assert 0 <= total_fen <= FEN_MAX
    return Priced(tuple(items), total_fen, minutes, below_fen)


@lru_cache(maxsize=1024)
def _plan(rules: tuple[Rule, ...]) -> tuple[tuple[Rule, str], ...]:
    """The rules with their labels, the guarantee last: it needs the piece pay of the others."""
    assert rule_faults(rules) is None
    return tuple((rule, label(rule)) for rule in sorted(rules, key=lambda rule: isinstance(rule, Guarantee)))


class _Work:
    """The days of one version of the terms, as a column per measure, and the piece pay found so far."""

    def __init__(self, days: list[WorkedDay]) -> None:
        rules = days[0].rules
        assert all(day.rules is rules or day.rules == rules for day in days)
        self._measures: Final = [day.measures for day in days]
        self._piece_lines_fen: Final[list[list[int]]] = []

    def line_totals(self, rule: Rule) -> tuple[int, int]:
        """Quantity and fen of one rule. Columns are the inner loop: a payday prices hundreds of thousands of lines."""
        match rule:
            case PerUnit():
                units = self._totals(rule.measure, "day")
                return sum(units), self._piece([quantity * rule.rate_fen for quantity in units])
            case PerTime():
                minutes = self._totals(rule.measure, "day")
                lines_fen = [rounded(quantity * rule.rate_fen, rule.per_minutes) for quantity in minutes]
                return sum(minutes), self._piece(lines_fen)
            case Tiers():
                units = self._totals(rule.measure, rule.scope)
                return sum(units), self._piece([_tiered_fen(rule.steps, quantity) for quantity in units])
            case FixedPerDay():
                days = self._days_with_work()
                return days, days * rule.amount_fen
            case Allowance():
                times = self._days_with_work() if rule.scope == "day" else min(1, self._days_with_work())
                return times, times * rule.amount_fen
            case Bonus():
                times = sum([quantity >= rule.threshold for quantity in self._totals(rule.measure, rule.scope)])
                return times, times * rule.amount_fen
            case Guarantee():
                return self._guaranteed(rule)

    def _totals(self, measure: str, scope: Scope) -> list[int]:
        """The quantity of each day, or of the period as the only entry."""
        column = [measures.get(measure, 0) for measures in self._measures]
        assert min(column) >= 0
        assert max(column) <= QUANTITY_MAX
        return column if scope == "day" else [sum(column)]

    def _days_with_work(self) -> int:
        return sum([max(measures.values(), default=0) > 0 for measures in self._measures])

    def _piece(self, lines_fen: list[int]) -> int:
        self._piece_lines_fen.append(lines_fen)
        return sum(lines_fen)

    def _guaranteed(self, rule: Guarantee) -> tuple[int, int]:
        minutes = self._totals(rule.measure, rule.scope)
        if rule.scope == "period":
            piece_fen = [sum(map(sum, self._piece_lines_fen))]
        else:
            piece_fen = [sum(lines) for lines in zip(*self._piece_lines_fen, strict=True)] or [0] * len(minutes)
        missing_fen = [
            _missing_fen(rule.floor_fen_per_hour, worked, earned_fen)
            for worked, earned_fen in zip(minutes, piece_fen, strict=True)
        ]
        topped_up = sum([worked for worked, amount_fen in zip(minutes, missing_fen, strict=True) if amount_fen > 0])
        return topped_up, sum(missing_fen)


def _tiered_fen(steps: tuple[Step, ...], quantity: int) -> int:
    """From the top step down: what lies above a step is paid there, the rest further below."""
    pay_fen = 0
    for step in reversed(steps):
        if quantity > step.above:
            pay_fen += (quantity - step.above) * step.rate_fen
            quantity = step.above
    return pay_fen


def _missing_fen(hourly_fen: int, minutes: int, earned_fen: int) -> int:
    """What earned_fen, already whole fen, misses to the hourly rate for these minutes."""
    return rounded(max(0, hourly_fen * minutes - 60 * earned_fen), 60)
