"""The governed calendar: the rest days of each year, and working days counted by it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from .parameters import Parameter, parameters, value_on
from .pricing import REST_DAY, STATUTORY_HOLIDAY, WORKING_DAY
from .world import Reads, World, reading_many


def rest_days(calendars: dict[int, Parameter | None]) -> Callable[[int], frozenset[date]]:
    """The governed calendar as the payday rules ask for it. The function refuses: ParameterMissing."""

    def of_year(year: int) -> frozenset[date]:
        return frozenset(value_on(calendars.get(year), f"calendar.{year}", date(year, 1, 1)))

    return of_year


def read_calendars(world: World, day: date) -> dict[int, Parameter | None]:
    """The calendars of a day's year and its neighbours."""
    years = (day.year - 1, day.year, day.year + 1)
    return dict(zip(years, world.get_many(parameters, [(f"calendar.{year}",) for year in years]), strict=True))


def working_day_after(day: date, count: int, calendars: dict[int, Parameter | None]) -> date:
    """The working day that comes as the count-th after the day. Refuses: ParameterMissing."""
    of_year = rest_days(calendars)
    while count:
        day += timedelta(days=1)
        count -= day not in of_year(day.year)
    return day


def reading_kinds(days: Iterable[date]) -> Reads[dict[date, int]]:
    """Come to what each of the days is: a statutory holiday, else a rest day, else a working day.

    Refuses: ParameterMissing.
    """
    wanted = sorted(set(days))
    years = sorted({day.year for day in wanted})
    names = [f"{family}.{year}" for family in ("calendar", "holidays") for year in years]
    found = yield from reading_many(parameters, [(name,) for name in names])
    there = dict(zip(names, found, strict=True))
    return {day: _kind(day, there) for day in wanted}


def _kind(day: date, there: Mapping[str, Parameter | None]) -> int:
    calendar, holidays = f"calendar.{day.year}", f"holidays.{day.year}"
    if day in value_on(there[holidays], holidays, day):
        return STATUTORY_HOLIDAY
    return REST_DAY if day in value_on(there[calendar], calendar, date(day.year, 1, 1)) else WORKING_DAY
