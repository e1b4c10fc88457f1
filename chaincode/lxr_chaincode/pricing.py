"""What a worker's days of one pay period are worth under the terms that bind each day.

A line is one rule on one day, or one rule counted over the period. Each line is rounded to whole fen, half up, and
lines are summed; a sum is never rounded.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import add
from typing import Final

from msgspec import Struct

from lxr_chaincode.pay_rules import (
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
from lxr_chaincode.types import Record
from lxr_token.fen import FEN_MAX, rounded

MINIMUM_WAGE: Final = "minimum_wage"
"""The label of the item that tops pay up to the legal minimum."""


Columns = Sequence[Sequence[int]]
"""For each worker, a number for each day, or a single one for the period."""


class Work(Struct, frozen=True, forbid_unknown_fields=True):
    """Workers' days under one version of the terms (rules_key). columns: by measure; 0 on a day without it."""

    rules_key: int
    rules: tuple[Rule, ...]
    columns: Mapping[str, Columns]


class Minimum(Struct, frozen=True, forbid_unknown_fields=True):
    """An hourly minimum wage, 1..RATE_MAX_FEN, or none, and the version of the terms on the worker's last day."""

    hourly_fen: int | None
    rules_key: int


class Item(Record, frozen=True, array_like=True):
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


def price(work: Iterable[Work], minimums: Sequence[Minimum]) -> list[Priced]:
    """Price the work of workers under ONE terms in ONE pay period; each version comes at most once, in any order.

    A rule over the period counts the days of one version: an amendment cuts the period. minimums: for each worker, the
    hourly minimum wage (人社厅发〔2023〕50号): what the pay of the whole period, allowances left out (最低工资规定
    art. 12), misses to it is added as an item under the version of the worker's last day with a row. The rules must be
    free of faults (`rule_faults`) and the quantities within 0..QUANTITY_MAX; nothing is refused.
    """
    items: list[list[Item]] = [[] for _ in minimums]
    pay_fen, allowances_fen, minutes = [0] * len(minimums), [0] * len(minimums), [0] * len(minimums)
    for some in sorted(work, key=lambda some: some.rules_key):
        days = _Days(some.columns, len(minimums))
        minutes = list(map(add, minutes, days.totals(MINUTES)))
        for rule, name in _plan(some.rules):
            sums_fen = allowances_fen if isinstance(rule, Allowance) else pay_fen
            for place, (quantity, amount_fen) in enumerate(zip(*days.line_totals(rule), strict=True)):
                if quantity > 0:
                    sums_fen[place] += amount_fen
                    items[place].append(Item(some.rules_key, name, quantity, amount_fen))
    return list(map(_priced, items, pay_fen, allowances_fen, minutes, minimums))


def _priced(items: list[Item], pay_fen: int, allowances_fen: int, minutes: int, minimum: Minimum) -> Priced:
    below_fen = 0
    if minimum.hourly_fen is not None:
        assert 1 <= minimum.hourly_fen <= RATE_MAX_FEN
        below_fen = _missing_fen(minimum.hourly_fen, minutes, pay_fen)
    if below_fen > 0:
        items.append(Item(minimum.rules_key, MINIMUM_WAGE, minutes, below_fen))
    total_fen = pay_fen + allowances_fen + below_fen
    assert total_fen == sum([item.amount_fen for item in items])
    assert 0 <= total_fen <= FEN_MAX
    return Priced(tuple(items), total_fen, minutes, below_fen)


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
                _missing_fen(rule.floor_fen_per_hour, minutes, earned_fen)
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


def _missing_fen(hourly_fen: int, minutes: int, earned_fen: int) -> int:
    """What earned_fen, already whole fen, misses to the hourly rate for these minutes."""
    return rounded(max(0, hourly_fen * minutes - 60 * earned_fen), 60)
