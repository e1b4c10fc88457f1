"""When work is paid: pay periods, their paydays, and which work a payday takes.

Wages are paid at least monthly, and by the week, day or hour where that is the cycle (劳动法 art. 50; 工资支付暂行规定
art. 7; 保障农民工工资支付条例 art. 13); a one-off task on completion (工资支付暂行规定 art. 8).
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, Final

from msgspec import Meta, Struct

RestDays = Callable[[int], frozenset[date]]
"""The rest days and holidays of a year, from the governed calendar. It may raise for a year that it does not know."""

_DAY: Final = timedelta(days=1)
_MID_MONTH: Final = 15


class _Rule(Struct, frozen=True, forbid_unknown_fields=True, tag_field="payday"):
    pass


class Daily(_Rule, frozen=True, tag="daily"):
    """Each day is paid on the next."""


class Weekly(_Rule, frozen=True, tag="weekly"):
    """Monday to Sunday is paid on the first such weekday after it. weekday: 1 Monday .. 7 Sunday."""

    weekday: Annotated[int, Meta(ge=1, le=7)]


class TwiceAMonth(_Rule, frozen=True, tag="twice_a_month"):
    """Days 1-15 are paid on first_day of the same month, the others on second_day of the next.

    Fits the 15 days that part-time work may wait at most (劳动合同法 art. 72).
    """

    first_day: Annotated[int, Meta(ge=_MID_MONTH + 1, le=28)]
    second_day: Annotated[int, Meta(ge=1, le=28)]


class Monthly(_Rule, frozen=True, tag="monthly"):
    """A calendar month is paid on this day of the next: the longest cycle allowed (劳动法 art. 50)."""

    day: Annotated[int, Meta(ge=1, le=28)]


class OnCompletion(_Rule, frozen=True, tag="on_completion"):
    """Each day's work may be paid on any day from that day on (工资支付暂行规定 art. 8)."""


PaydayRule = Daily | Weekly | TwiceAMonth | Monthly | OnCompletion


class Period(Struct, frozen=True, forbid_unknown_fields=True):
    """The days from start to end, both included."""

    start: date
    end: date

    def days(self) -> list[date]:
        """Return all its days."""
        return [self.start + timedelta(days=offset) for offset in range((self.end - self.start).days + 1)]


def period_of(rule: PaydayRule, day: date) -> Period:
    """The pay period that the day lies in."""
    match rule:
        case Daily() | OnCompletion():
            return Period(day, day)
        case Weekly():
            monday = day - timedelta(days=day.weekday())
            return Period(monday, monday + timedelta(days=6))
        case TwiceAMonth():
            if day.day <= _MID_MONTH:
                return Period(day.replace(day=1), day.replace(day=_MID_MONTH))
            return Period(day.replace(day=_MID_MONTH + 1), _next_month(day) - _DAY)
        case Monthly():
            return Period(day.replace(day=1), _next_month(day) - _DAY)


def due_date(rule: PaydayRule, period: Period) -> date | None:
    """The payday of the period as the terms name it, whether a working day or not. None: any day."""
    match rule:
        case Daily():
            return period.end + _DAY
        case Weekly():
            return period.end + timedelta(days=rule.weekday)
        case TwiceAMonth():
            if period.end.day == _MID_MONTH:
                return period.end.replace(day=rule.first_day)
            return _next_month(period.end).replace(day=rule.second_day)
        case Monthly():
            return _next_month(period.end).replace(day=rule.day)
        case OnCompletion():
            return None


def payday(rule: PaydayRule, period: Period, rest_days: RestDays) -> date | None:
    """The day on which the period is paid: due_date, or the last working day before it if that is a rest day.

    Source: 保障农民工工资支付条例 art. 14; 工资支付暂行规定 art. 7. It is never earlier than the day after the period,
    because the last day's work is not known before that day is closed. If every day from there to the due date is a
    rest day, the payday is the day after the period: the earliest on which all the work can be paid, and a ledger
    credits on rest days too. None: any day. Raises what rest_days raises for a year without a calendar.
    """
    due = due_date(rule, period)
    if due is None:
        return None
    earliest = period.end + _DAY
    while due > earliest and due in rest_days(due.year):
        due -= _DAY
    return due


def cut_off(rule: PaydayRule, on: date, rest_days: RestDays) -> date | None:
    """The last day whose work is paid on this date: the end of the latest period with this payday, or None.

    On completion every date is a payday, and takes its own work too. Raises what rest_days raises.
    """
    if isinstance(rule, OnCompletion):
        return on
    period = period_of(rule, on)
    for _ in range(2):  # with two paydays a month, the second half may be paid after the next first half has ended
        period = period_of(rule, period.start - _DAY)
        if payday(rule, period, rest_days) == on:
            return period.end
    return None


def _next_month(day: date) -> date:
    """The first day of the month after this day's."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
