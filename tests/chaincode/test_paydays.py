from collections.abc import Iterator
from datetime import date, timedelta

import msgspec
import pytest

from lxr.chaincode.paydays import (
    Daily,
    Monthly,
    OnCompletion,
    PaydayRule,
    Period,
    TwiceAMonth,
    Weekly,
    cut_off,
    due_date,
    payday,
    period_of,
)

DAY = timedelta(days=1)


def every_day(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


HOLIDAYS = {
    day
    for first, last in [
        (date(2026, 1, 1), date(2026, 1, 3)),
        (date(2026, 2, 15), date(2026, 2, 23)),
        (date(2026, 4, 4), date(2026, 4, 6)),
        (date(2026, 5, 1), date(2026, 5, 5)),
        (date(2026, 6, 19), date(2026, 6, 21)),
        (date(2026, 9, 25), date(2026, 9, 27)),
        (date(2026, 10, 1), date(2026, 10, 7)),
        (date(2027, 1, 1), date(2027, 1, 3)),
    ]
    for day in every_day(first, last)
}
WORKING_WEEKENDS = {
    date(2026, 1, 4),
    date(2026, 2, 14),
    date(2026, 2, 28),
    date(2026, 5, 9),
    date(2026, 9, 20),
    date(2026, 10, 10),
}


def rest_days(year: int) -> frozenset[date]:
    weekends = {day for day in every_day(date(year, 1, 1), date(year, 12, 31)) if day.isoweekday() > 5}
    return frozenset((weekends | {day for day in HOLIDAYS if day.year == year}) - WORKING_WEEKENDS)


def only_2026(year: int) -> frozenset[date]:
    if year != 2026:
        raise LookupError(f"no calendar for {year}")
    return rest_days(year)


@pytest.mark.parametrize(
    ("rule", "day", "start", "end"),
    [
        (Daily(), "2026-09-30", "2026-09-30", "2026-09-30"),
        (OnCompletion(), "2026-09-30", "2026-09-30", "2026-09-30"),
        (Weekly(5), "2026-09-28", "2026-09-28", "2026-10-04"),
        (Weekly(5), "2026-10-04", "2026-09-28", "2026-10-04"),
        (Weekly(5), "2026-12-31", "2026-12-28", "2027-01-03"),
        (TwiceAMonth(20, 5), "2026-09-15", "2026-09-01", "2026-09-15"),
        (TwiceAMonth(20, 5), "2026-09-16", "2026-09-16", "2026-09-30"),
        (TwiceAMonth(20, 5), "2028-02-16", "2028-02-16", "2028-02-29"),
        (TwiceAMonth(20, 5), "2026-12-31", "2026-12-16", "2026-12-31"),
        (Monthly(10), "2026-02-01", "2026-02-01", "2026-02-28"),
        (Monthly(10), "2026-12-31", "2026-12-01", "2026-12-31"),
    ],
)
def test_a_day_lies_in_its_period(rule: PaydayRule, day: str, start: str, end: str) -> None:
    expected = Period(date.fromisoformat(start), date.fromisoformat(end))
    assert expected == period_of(rule, date.fromisoformat(day))


@pytest.mark.parametrize(
    ("rule", "worked", "due", "paid"),
    [
        # A working day is left alone.
        (Monthly(10), "2026-08-31", "2026-09-10", "2026-09-10"),
        # National Day, 1 to 7 October: the Sunday of the week before it moves to 30 September.
        (Weekly(7), "2026-09-21", "2026-10-04", "2026-09-30"),
        # The 5th moves before the holiday as far as it can: September ends on the 30th, so to 1 October.
        (Monthly(5), "2026-09-30", "2026-10-05", "2026-10-01"),
        (TwiceAMonth(20, 5), "2026-09-30", "2026-10-05", "2026-10-01"),
        # The 8th is a working day after it.
        (Monthly(8), "2026-09-30", "2026-10-08", "2026-10-08"),
        # Spring Festival, 15 to 23 February: back to Saturday 14th, a working day this year.
        (Monthly(20), "2026-01-31", "2026-02-20", "2026-02-14"),
        (TwiceAMonth(20, 5), "2026-02-01", "2026-02-20", "2026-02-16"),
        # Saturday the 10th of October is a working day, the 10th of January 2027 a Sunday.
        (Monthly(10), "2026-09-30", "2026-10-10", "2026-10-10"),
        (Monthly(10), "2026-12-31", "2027-01-10", "2027-01-08"),
        # Paid daily, Friday is paid on Saturday and Saturday on Sunday: no day before is free.
        (Daily(), "2026-09-11", "2026-09-12", "2026-09-12"),
        (Daily(), "2026-09-12", "2026-09-13", "2026-09-13"),
        # New Year, 1 to 3 January: no working day after the end of December, so the 1st.
        (Monthly(3), "2026-12-15", "2027-01-03", "2027-01-01"),
        # A week's payday may move into the old year.
        (Weekly(6), "2026-12-27", "2027-01-02", "2026-12-31"),
        (Daily(), "2026-12-31", "2027-01-01", "2027-01-01"),
    ],
)
def test_a_payday_on_a_rest_day_moves_before_it_but_never_into_its_period(
    rule: PaydayRule, worked: str, due: str, paid: str
) -> None:
    period = period_of(rule, date.fromisoformat(worked))
    assert date.fromisoformat(due) == due_date(rule, period)
    assert date.fromisoformat(paid) == payday(rule, period, rest_days)


def test_on_completion_every_day_is_a_payday_and_takes_its_own_work() -> None:
    day = date(2026, 10, 1)
    period = period_of(OnCompletion(), day)
    assert due_date(OnCompletion(), period) is None
    assert payday(OnCompletion(), period, rest_days) is None
    assert day == cut_off(OnCompletion(), day, rest_days)


def test_two_periods_with_one_payday_are_cut_off_at_the_later_end() -> None:
    assert date(2026, 9, 15) == cut_off(TwiceAMonth(22, 22), date(2026, 9, 22), rest_days)


def test_a_year_without_a_calendar_is_let_through_only_when_it_is_needed() -> None:
    december = period_of(Monthly(10), date(2026, 12, 1))
    with pytest.raises(LookupError, match="no calendar for 2027"):
        payday(Monthly(10), december, only_2026)
    assert date(2026, 11, 30) == cut_off(Monthly(10), date(2026, 12, 10), only_2026)


RULES: list[PaydayRule] = [
    Daily(),
    *(Weekly(weekday) for weekday in range(1, 8)),
    *(TwiceAMonth(first, second) for first in (16, 20, 28) for second in (1, 5, 15, 16, 28)),
    *(Monthly(day) for day in range(1, 29)),
]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_cut_off_is_the_inverse_of_payday_on_every_day_of_two_years(rule: PaydayRule) -> None:
    calendar = {year: rest_days(year) for year in range(2025, 2029)}
    periods = {
        period_of(rule, day).end: period_of(rule, day) for day in every_day(date(2025, 11, 1), date(2027, 12, 31))
    }
    ends = {payday(rule, period, calendar.__getitem__): end for end, period in sorted(periods.items())}
    for day in every_day(date(2026, 1, 1), date(2027, 12, 31)):
        assert ends.get(day) == cut_off(rule, day, calendar.__getitem__), day


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_periods_cover_every_day_once_and_are_paid_after_they_end_and_within_a_month(rule: PaydayRule) -> None:
    for day in every_day(date(2026, 1, 1), date(2027, 12, 31)):
        period = period_of(rule, day)
        assert period.start <= day <= period.end
        assert period == period_of(rule, period.start) == period_of(rule, period.end)
        due, paid = due_date(rule, period), payday(rule, period, rest_days)
        assert due is not None
        assert paid is not None
        assert period.end < paid <= due <= period.end + timedelta(days=28)


@pytest.mark.parametrize(
    "text",
    [
        '{"payday":"weekly","weekday":0}',
        '{"payday":"twice_a_month","first_day":15,"second_day":5}',
        '{"payday":"monthly","day":29}',
        '{"payday":"monthly","day":10,"same_month":true}',
        '{"payday":"yearly"}',
    ],
)
def test_a_payday_rule_outside_its_bounds_is_refused_on_decoding(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=PaydayRule)
