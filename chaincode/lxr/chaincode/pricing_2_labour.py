"""Version 2 of the pay rules: what only labour contracts have: the monthly wage and minimum wage, and overtime.

A month has 21.75 paid days, a day eight hours (人社部发〔2025〕2号). Paid days are working days and statutory
holidays. A working day is there where anything was done on it, or where it was paid leave; a holiday on which
the terms bind is there without work. A version's part of the month is that of its paid days. Where none of them
is missed, that part of the month's amount is paid. Else the days that are missed are taken off it at a 21.75th
each, or those that are there are paid at a 21.75th, whichever is more, and never more than a month's amount: a month
can have more or fewer paid days than 21.75. Of a shorter period the days that are there are paid. The monthly
minimum wage is for the same part of a month.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from ..token.fen import rounded
from .pay_rules import MINUTES, MonthlyWage, Overtime, PerTime, PieceOvertime, Rule, piece_rate
from .pricing import REST_DAY, STATUTORY_HOLIDAY, WORKING_DAY, Attendance, Work
from .pricing_2_days import Days, Lines

QUARTER_DAYS: Final = 87
"""21.75 days, in quarters of a day."""
DAY_MINUTES: Final = 480
PERCENT: Final = {WORKING_DAY: 150, REST_DAY: 200, STATUTORY_HOLIDAY: 300}
"""What overtime is paid at (劳动法 art. 44)."""


class _Part(Struct, frozen=True):
    """One version of the terms, and each worker's paid days under it."""

    key: int
    attendance: Attendance
    wage_fen: int
    present: list[int]


class Labour:
    """The paid days of workers under all versions that are labour contracts."""

    def __init__(self, versions: list[tuple[Work, Days]], workers: int) -> None:
        self._workers: Final = range(workers)
        self._parts: Final = [
            _Part(
                some.rules_key,
                some.attendance,
                sum(rule.amount_fen for rule in some.rules if isinstance(rule, MonthlyWage)),
                _present(days, some.attendance.holidays),
            )
            for some, days in versions
            if some.attendance is not None
        ]
        self.last_key: Final = self._parts[-1].key if self._parts else None

    def monthly_wage(self, rules_key: int) -> Lines:
        """Pay a version's part of the month's pay, which is rounded once: so much of it as its days at its wage are."""
        present = next(part.present for part in self._parts if part.key == rules_key)
        amounts_fen = [
            self._wage_up_to(rules_key, worker) - self._wage_up_to(rules_key - 1, worker) for worker in self._workers
        ]
        return present, amounts_fen

    def minimum_fen(self, worker: int, pay_fen: int) -> tuple[int, int, int]:
        """Return a worker's monthly minimum wage for the days that were there, what pay misses to it, and the days."""
        if not self._parts:
            return 0, 0, 0
        needed_fen = rounded(*self._worth([part.attendance.minimum_fen for part in self._parts], worker))
        return needed_fen, max(0, needed_fen - pay_fen), sum(part.present[worker] for part in self._parts)

    def _wage_up_to(self, rules_key: int, worker: int) -> int:
        numerator, denominator = self._worth([part.wage_fen for part in self._parts], worker)
        weights = {part.key: part.wage_fen * part.present[worker] for part in self._parts}
        total = sum(weights.values())
        if not total:
            return 0
        share = sum(weight for key, weight in weights.items() if key <= rules_key)
        return rounded(numerator * share, denominator * total)

    def _worth(self, of_month_fen: list[int], worker: int) -> tuple[int, int]:
        """What amounts of a month, one for each version, come to for the days that a worker was there: a fraction."""
        paid_days, monthly = self._parts[0].attendance.paid_days, self._parts[0].attendance.monthly
        bound = whole = missed = there = 0
        for part, amount_fen in zip(self._parts, of_month_fen, strict=True):
            days = part.present[worker]
            bound += part.attendance.bound_days
            whole += amount_fen * part.attendance.bound_days
            missed += amount_fen * (part.attendance.bound_days - days)
            there += amount_fen * days
        if not there:
            return 0, 1
        less_missed = QUARTER_DAYS * whole - 4 * paid_days * missed if monthly else 0
        found = max(less_missed, 4 * paid_days * there)
        return min(found * bound, QUARTER_DAYS * paid_days * whole), QUARTER_DAYS * paid_days * bound


def overtime(rules: tuple[Rule, ...], rule: Overtime, days: Days) -> Lines:
    """Pay working time beyond the normal on working days, and all of it on others."""
    amount_fen = next((each.amount_fen for each in rules if isinstance(each, MonthlyWage)), None)
    if amount_fen is not None:
        rate, less = (4 * amount_fen, QUARTER_DAYS * DAY_MINUTES), 0
    else:
        by_time = next(each for each in rules if isinstance(each, PerTime) and each.measure == MINUTES)
        rate, less = (by_time.rate_fen, by_time.per_minutes), 100
    return _beyond(days, MINUTES, rule.normal_minutes, rate, less)


def piece_overtime(rules: tuple[Rule, ...], rule: PieceOvertime, days: Days) -> Lines:
    """Pay units beyond the quota on working days, and all of them on others."""
    rate = piece_rate(rules, rule.measure)
    assert rate is not None
    return _beyond(days, rule.measure, rule.quota, rate, 100)


def at_most_a_day_fen(of_month_fen: int) -> int:
    """What one more day can add at most to what a month's amount comes to: the first one, with which the statutory
    holidays come, less than a half, for a month has 17 paid days or more and four of these holidays or fewer; each
    after it a 21.75th."""
    return of_month_fen // 2 + 1


def at_most_overtime_fen(rules: Iterable[Rule], minutes: int) -> int:
    """What so many minutes bring as overtime at most."""
    total_fen = 0
    for rule in rules:
        if isinstance(rule, MonthlyWage):
            total_fen += 12 * rule.amount_fen * minutes // (QUARTER_DAYS * DAY_MINUTES) + 1
        elif isinstance(rule, PerTime) and rule.measure == MINUTES:
            total_fen += 2 * rule.rate_fen * minutes // rule.per_minutes + 1
    return total_fen


def _present(days: Days, holidays: int) -> list[int]:
    """Each worker's paid days: working days on which anything was done, or which were leave, and the holidays."""
    return [
        holidays + sum([there for there, kind in zip(own, days.kinds, strict=True) if kind == WORKING_DAY])
        for own in days.with_work()
    ]


def _beyond(days: Days, measure: str, normal: int, rate: tuple[int, int], less: int) -> Lines:
    """Pay the units beyond the normal ones of a working day, and all those of other days, by the day.

    rate: fen for so many units. less: the percentage that another rule has paid already.
    """
    rate_fen, per = rate
    quantities, amounts_fen = [], []
    for own in days.column(measure):
        beyond = [
            max(0, units - normal) if kind == WORKING_DAY else units
            for units, kind in zip(own, days.kinds, strict=True)
        ]
        lines_fen = [
            rounded(units * rate_fen * (PERCENT[kind] - less), 100 * per)
            for units, kind in zip(beyond, days.kinds, strict=True)
        ]
        quantities.append(sum(beyond))
        amounts_fen.append(sum(lines_fen))
    return quantities, amounts_fen
