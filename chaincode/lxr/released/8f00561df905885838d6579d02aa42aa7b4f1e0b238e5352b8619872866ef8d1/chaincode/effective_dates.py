"""Effective dates: from which day on something new may hold, neither in the past nor far in the future."""

from datetime import date, timedelta
from typing import Final

from .refusals import DayInPast, TooFarAhead

AHEAD_DAYS_MAX: Final = 366
"""How far ahead a status, a membership or the end of terms can begin."""


def refuse_begun(day: date, today: date) -> None:
    """Refuse a day that has begun, today included. Refuses: DayInPast.

    Whoever worked was employed then, whether the work is certified yet or not: no status reaches back, nor over the
    hours of today that are over. So what holds on a day that has begun holds on it for ever, and what was claimed or
    disputed can be decided.
    """
    if day <= today:
        raise DayInPast(day=day.isoformat(), earliest=(today + timedelta(days=1)).isoformat())


def refuse_far(day: date, today: date) -> None:
    """Refuse a day so far ahead that its year must be a slip, which would bind for ever. Refuses: TooFarAhead."""
    if day > today + timedelta(days=AHEAD_DAYS_MAX):
        raise TooFarAhead(day=day.isoformat(), today=today.isoformat())
