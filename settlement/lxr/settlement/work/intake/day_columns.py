"""Which column of a wide sheet holds which day of the month."""

from collections.abc import Container, Sequence
from datetime import date

from msgspec import Struct

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.day_headings import DayHeading, begins_like_day, day_heading
from lxr.settlement.work.intake.export import Export


class DayColumns(Struct, frozen=True):
    """Where a day's cells are. day: None for one that the month has not. places: of each part; None: no such column.

    names: of the columns, as the file calls them.
    """

    number: int
    day: date | None
    places: tuple[int | None, ...]
    names: tuple[str, ...]


def day_columns(export: Export, parts: Sequence[str], month: date | None) -> tuple[DayColumns, ...]:
    """Return the columns of an export's days, in their order. month: the one that is stated; None: the export's own.

    Raises InputFault: no month is known, or another than the export's; a heading that is of another month, has another
    weekday than its day, or is there twice; one among the days that begins like a day that no other column has.
    """
    found = [
        (place, heading)
        for place, path in enumerate(export.header.paths)
        if (heading := day_heading(path, tuple(parts))) is not None
    ]
    first = _month(export, [heading for _, heading in found], month)
    days: dict[int, list[int | None]] = {}
    for place, heading in found:
        name = export.header.names[place]
        _refuse_other_day(export, name, heading, first)
        places = days.setdefault(heading.day, [None] * len(parts))
        if places[heading.part] is not None:
            raise _fault(export, name, "is there twice", "each day once")
        places[heading.part] = place
    _refuse_unread_day(export, [place for place, _ in found], days)
    columns: list[DayColumns] = []
    for number, places in days.items():
        names = tuple("" if place is None else export.header.names[place] for place in places)
        if None in places:
            missing = parts[places.index(None)]
            raise _fault(
                export, next(filter(None, names)), Said("is without {part}", part=missing), "each part of a day"
            )
        columns.append(DayColumns(number, _date(first, number), tuple(places), names))
    return tuple(columns)


def _month(export: Export, headings: Sequence[DayHeading], stated: date | None) -> date:
    """Return the first day of the month. The headings' own years and months count before what stands above them."""
    own = {f"{heading.year}-{heading.month:02d}" for heading in headings if heading.year and heading.month}
    known = own or set(export.months)
    if stated is None and len(known) == 1:
        return date.fromisoformat(f"{min(known)}-01")
    if stated is None:
        problem = Said("the sheet names {months}", months=", ".join(sorted(known))) if known else "the sheet names none"
        expected = "one month like 2026-08: above the header, as `month` in the mapping, or by --month"
        raise InputFault(file=export.place, field="month", problem=problem, expected=expected)
    if known and f"{stated:%Y-%m}" not in known:
        raise InputFault(
            file=export.place,
            field="month",
            problem=Said("is {month}, but the sheet names {months}", month=f"{stated:%Y-%m}", months=", ".join(known)),
            expected="the month of the sheet",
        )
    return stated.replace(day=1)


def _refuse_other_day(export: Export, name: str, heading: DayHeading, first: date) -> None:
    if heading.month not in (None, first.month) or heading.year not in (None, first.year):
        raise _fault(export, name, "is of another month", Said("a day of {month}", month=f"{first:%Y-%m}"))
    day = _date(first, heading.day)
    if heading.weekday is not None and day is not None and day.weekday() != heading.weekday:
        problem = Said("is no such weekday in {month}", month=f"{first:%Y-%m}")
        raise _fault(export, name, problem, "the month of the sheet, in which the weekdays fit")


def _refuse_unread_day(export: Export, places: Sequence[int], days: Container[int]) -> None:
    """Raise InputFault: a column among or next to those of days may be a day's, whose work would be left out."""
    if not places:
        return
    last = len(export.header.paths) - 1
    for place in range(max(0, places[0] - 1), min(last, places[-1] + 1) + 1):
        day = begins_like_day(export.header.paths[place])
        if place not in places and day is not None and 1 <= day <= 31 and day not in days:
            expected = "a day alone or with its weekday, or another heading"
            raise _fault(export, export.header.names[place], "may be a day's, and is not read as one", expected)


def _date(first: date, number: int) -> date | None:
    try:
        return first.replace(day=number)
    except ValueError:
        return None


def _fault(export: Export, name: str, problem: str | Said, expected: str | Said) -> InputFault:
    return InputFault(file=export.place, row=export.header.first, field=name, problem=problem, expected=expected)
