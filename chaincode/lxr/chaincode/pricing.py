"""What is priced, and what comes out: workers' days under terms, and their pay for one period.

How the one becomes the other, each version of the pay rules says, see `pay_rule_versions`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from .pay_rules import Rule
from .types import Record

MINIMUM_WAGE: Final = "minimum_wage"
"""The label of the item that tops pay up to the hourly minimum; its quantity is minutes."""
MONTHLY_MINIMUM: Final = "monthly_minimum_wage"
"""The label of the item that tops pay up to the monthly minimum; its quantity is days."""
WORKING_DAY: Final = 0
REST_DAY: Final = 1
STATUTORY_HOLIDAY: Final = 2
"""What a day is by the governed calendar."""
Columns = Sequence[Sequence[int]]
"""For each worker, a number for each day, or a single one for the period."""


class Attendance(Struct, frozen=True, forbid_unknown_fields=True):
    """What a labour contract's period is held against. Paid days are working days and statutory holidays.

    paid_days: of the whole period. bound_days: those of them on which the version binds the workers and they are
    employed; holidays: those of these that are statutory holidays. monthly: the period is a calendar month.
    minimum_fen: the monthly minimum wage.
    """

    paid_days: int
    bound_days: int
    holidays: int
    monthly: bool
    minimum_fen: int


class Work(Struct, frozen=True, forbid_unknown_fields=True):
    """Workers' days under one version of the terms (rules_key). columns: by measure; 0 on a day without it.

    hourly_fen: each day's minimum wage, 1..RATE_MAX_FEN; empty where the version names no place. kinds: what each day
    is; empty where no rule asks. attendance: of labour contracts only. Version 1 of the pay rules knows neither.
    """

    rules_key: int
    rules: tuple[Rule, ...]
    columns: Mapping[str, Columns]
    hourly_fen: tuple[int, ...] = ()
    kinds: tuple[int, ...] = ()
    attendance: Attendance | None = None


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
    minimum_fen: int = 0
    """The legal minimum of all the minutes; 0 where no version names a place."""
