"""What a worker's days of one pay period are worth under the terms that bind each day.

A line is one rule on one day, or one rule counted over the period. Each line is rounded to whole fen, half up, and
lines are summed; a sum is never rounded.
"""

from collections.abc import Iterable, Mapping, Sequence
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


class Work(Struct, frozen=True, forbid_unknown_fields=True):
    """One worker's days under one version of the terms (rules_key).

    columns: by measure, the quantity of each of these days, 0 on a day without it.
    """

    rules_key: int
    rules: tuple[Rule, ...]
    columns: Mapping[str, Sequence[int]]


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


def price(work: Iterable[Work], minimum_hourly_fen: int | None, last_key: int) -> Priced:
    """Price the work of ONE worker under ONE terms in ONE pay period; at most one for each version, in any order.

    A rule over the period counts the days of one version: an amendment cuts the period. minimum_hourly_fen is the
    hourly minimum wage of the place of work (人社厅发〔2023〕50号), 1..RATE_MAX_FEN: what the pay of the whole period,
    allowances left out (最低工资规定 art. 12), misses to it is added as an item under last_key, the version of the
    last day with a row. The rules must be free of faults (`rule_faults`) and the quantities within 0..QUANTITY_MAX;
    nothing is refused.
    """
    assert minimum_hourly_fen is None or 1 <= minimum_hourly_fen <= RATE_MAX_FEN
    items: list[Item] = []
    pay_fen = allowances_fen = minutes = 0
    for some in sorted(work, key=lambda some: some.rules_key):
        columns = _Columns(some.columns)
        minutes += columns.total(MINUTES)
        for rule, name in _plan(some.rules):
            quantity, amount_fen = columns.line_totals(rule)
            if isinstance(rule, Allowance):
                allowances_fen += amount_fen
            else:
                pay_fen += amount_fen
            if quantity > 0:
                items.append(Item(some.rules_key, name, quantity, amount_fen))

    below_fen = 0 if minimum_hourly_fen is None else _missing_fen(minimum_hourly_fen, minutes, pay_fen)
    if below_fen > 0:
        items.append(Item(last_key, MINIMUM_WAGE, minutes, below_fen))
    total_fen = pay_fen + allowances_fen + below_fen
    assert total_fen == sum([item.amount_fen for item in items])
    assert 0 <= total_fen <= FEN_MAX
    return Priced(tuple(items), total_fen, minutes, below_fen)


@lru_cache(maxsize=1024)
def _plan(rules: tuple[Rule, ...]) -> tuple[tuple[Rule, str], ...]:
    """The rules with their labels, the guarantee last: it needs the piece pay of the others."""
    assert rule_faults(rules) is None
    return tuple((rule, label(rule)) for rule in sorted(rules, key=lambda rule: isinstance(rule, Guarantee)))


class _Columns:
    """The days of one version of the terms, and the piece pay found so far."""

    def __init__(self, columns: Mapping[str, Sequence[int]]) -> None:
        self._columns: Final = columns
        self._none: Final = (0,) * max(map(len, columns.values()), default=0)
        self._piece_lines_fen: Final[list[list[int]]] = []
        assert len(self._none) <= DAYS_MAX
        assert all(len(column) == len(self._none) for column in columns.values())

    def total(self, measure: str) -> int:
        """The quantity of all days, 0..DAYS_MAX * QUANTITY_MAX."""
        total = sum(self._columns.get(measure, ()))
        assert 0 <= total <= DAYS_MAX * QUANTITY_MAX
        return total

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

    def _totals(self, measure: str, scope: Scope) -> Sequence[int]:
        """The quantity of each day, or of the period as the only entry."""
        return self._columns.get(measure, self._none) if scope == "day" else [self.total(measure)]

    def _days_with_work(self) -> int:
        return sum([any(day) for day in zip(*self._columns.values(), strict=True)])

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
