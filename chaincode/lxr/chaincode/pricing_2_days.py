"""Version 2 of the pay rules: rules that count each day by itself."""

from collections.abc import Callable, Mapping
from operator import add
from typing import Final

from ..token.fen import rounded
from .pay_rules import (
    DAYS_MAX,
    QUANTITY_MAX,
    RATE_MAX_FEN,
    Allowance,
    Bonus,
    FixedPerDay,
    Guarantee,
    Holiday,
    PassThrough,
    PerTime,
    PerUnit,
    Rule,
    Share,
    Step,
    Tiers,
)
from .pricing import STATUTORY_HOLIDAY, Columns

Lines = tuple[list[int], list[int]]
"""Each worker's quantity and fen of one rule."""


class Days:
    """Workers' days under one version of the terms, and the piece pay found so far. kinds: what each day is."""

    def __init__(self, columns: Mapping[str, Columns], workers: int, kinds: tuple[int, ...]) -> None:
        lengths = {len(own) for column in columns.values() for own in column}
        assert len(lengths) <= 1
        assert max(lengths, default=0) <= DAYS_MAX
        assert all(len(column) == workers for column in columns.values())
        assert not (kinds and lengths) or lengths == {len(kinds)}
        self.kinds: Final = kinds
        self._columns: Final = columns
        self._none: Final = ((0,) * max(lengths, default=len(kinds)),) * workers
        self._piece_lines_fen: Final[list[Columns]] = [self._none]
        self.piece_fen = [0] * workers

    def column(self, measure: str) -> Columns:
        """Each worker's quantities, day by day."""
        return self._columns.get(measure, self._none)

    def totals(self, measure: str) -> list[int]:
        """Each worker's quantity of all days, 0..DAYS_MAX * QUANTITY_MAX."""
        totals = list(map(sum, self.column(measure)))
        assert all(0 <= total <= DAYS_MAX * QUANTITY_MAX for total in totals)
        return totals

    def at_rates(self, measure: str, rates_fen: tuple[int, ...]) -> list[int]:
        """Each worker's quantity of all days, each day's times its own rate, 1..RATE_MAX_FEN."""
        assert all(1 <= rate_fen <= RATE_MAX_FEN for rate_fen in rates_fen)
        if measure not in self._columns:  # rows without any measure have no days that could be counted
            return [0] * len(self._none)
        if len(set(rates_fen)) == 1:
            return [total * rates_fen[0] for total in self.totals(measure)]
        return [
            sum([got * rate_fen for got, rate_fen in zip(own, rates_fen, strict=True)]) for own in self.column(measure)
        ]

    def with_work(self) -> list[list[bool]]:
        """Of each worker, day by day, whether any measure is above 0."""
        by_worker = zip(self._none, *self._columns.values(), strict=True)
        return [[any(day) for day in zip(*own, strict=True)] for own in by_worker]

    def line_totals(self, rule: Rule) -> Lines:
        """Each worker's quantity and fen of one rule. Numbers are the inner loop: a payday prices millions of them."""
        match rule:
            case PerUnit(rate_fen=rate_fen, per=1):
                units = self.column(rule.measure)
                return self._piece(units, [[quantity * rate_fen for quantity in own] for own in units])
            case PerUnit(rate_fen=rate_fen, per=per) | PerTime(rate_fen=rate_fen, per_minutes=per):
                return self._piece_of(rule.measure, lambda quantity: rounded(quantity * rate_fen, per))
            case Tiers():
                return self._piece_of(rule.measure, lambda quantity: tiered_fen(rule.steps, quantity))
            case Share():
                return self._piece_of(
                    rule.measure, lambda quantity: rounded(quantity * rule.unit_fen * rule.share_bp, 10_000)
                )
            case PassThrough():
                given = self.totals(rule.measure)
                return given, given
            case Holiday():
                return self._on_holidays(rule)
            case FixedPerDay() | Allowance():
                days = list(map(sum, self.with_work()))
                return days, [count * rule.amount_fen for count in days]
            case Bonus():
                times = [sum([quantity >= rule.threshold for quantity in own]) for own in self.column(rule.measure)]
                return times, [count * rule.amount_fen for count in times]
            case Guarantee():
                return self._guaranteed(rule)
        raise AssertionError(rule)

    def add_piece_pay(self, amounts_fen: list[int]) -> None:
        """Count what a rule over the period brings as piece pay."""
        self.piece_fen = list(map(add, self.piece_fen, amounts_fen))

    def _piece_of(self, measure: str, line_fen: Callable[[int], int]) -> Lines:
        units = self.column(measure)
        return self._piece(units, [[line_fen(quantity) for quantity in own] for own in units])

    def _piece(self, quantities: Columns, lines_fen: Columns) -> Lines:
        amounts_fen = list(map(sum, lines_fen))
        self._piece_lines_fen.append(lines_fen)
        self.add_piece_pay(amounts_fen)
        return list(map(sum, quantities)), amounts_fen

    def _on_holidays(self, rule: Holiday) -> Lines:
        places = [place for place, kind in enumerate(self.kinds) if kind == STATUTORY_HOLIDAY]
        units = [[own[place] for place in places] for own in self.column(rule.measure)]
        lines_fen = [[rounded(quantity * rule.rate_fen, rule.per) for quantity in own] for own in units]
        return list(map(sum, units)), list(map(sum, lines_fen))

    def _guaranteed(self, rule: Guarantee) -> Lines:
        by_worker = zip(*self._piece_lines_fen, strict=True)
        piece_fen = [list(map(sum, zip(*lines_fen, strict=True))) for lines_fen in by_worker]
        topped_up, amounts_fen = [], []
        for own, own_piece_fen in zip(self.column(rule.measure), piece_fen, strict=True):
            missing_fen = [
                short_fen(rule.floor_fen_per_hour * minutes, earned_fen)
                for minutes, earned_fen in zip(own, own_piece_fen, strict=True)
            ]
            topped_up.append(sum([minutes for minutes, fen in zip(own, missing_fen, strict=True) if fen > 0]))
            amounts_fen.append(sum(missing_fen))
        return topped_up, amounts_fen


def tiered_fen(steps: tuple[Step, ...], quantity: int) -> int:
    """From the top step down: what lies above a step is paid there, the rest further below."""
    pay_fen = 0
    for step in reversed(steps):
        if quantity > step.above:
            pay_fen += (quantity - step.above) * step.rate_fen
            quantity = step.above
    return pay_fen


def short_fen(needed: int, earned_fen: int) -> int:
    """What earned_fen, already whole fen, misses to what is needed: minutes times fen per hour."""
    return rounded(max(0, needed - 60 * earned_fen), 60)
