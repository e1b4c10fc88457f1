"""What a mapping measures: guessed from columns, or as answers and terms say; units and roundings are asked."""

import re
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Final, get_args

from msgspec import Struct

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.cells import CellFault, shown, unguarded
from lxr.settlement.work.intake.dates import DateRules
from lxr.settlement.work.intake.durations import DurationUnit
from lxr.settlement.work.intake.mapping import (
    DAY_MINUTES,
    Count,
    Duration,
    Measure,
    MergedMinutes,
    Only,
    Span,
    Sum,
)
from lxr.settlement.work.intake.numbers import Rounding, read_quantity
from lxr.settlement.work.intake.times import read_moment
from lxr.settlement.work.mapping_assistant.looks import BLANKS, SOME_DAY, Look, held_in
from lxr.settlement.work.mapping_assistant.picking import stated_or_only
from lxr.settlement.work.mapping_assistant.questions import (
    FAULT,
    NONE,
    SEEN_MAX,
    Answers,
    Choice,
    Code,
    Key,
    Question,
    Unanswered,
    number_in,
)
from lxr.settlement.work.mapping_assistant.table import Column, Rows, Table
from lxr.settlement.work.mapping_assistant.words import unit_in, unit_of

Conditions = Callable[[str, Rows], tuple[Only, ...]]
_NAME: Final = re.compile(r"[a-z_]{1,24}")
SKIP: Final = "skip"
NEXT_DAY: Final = "next_day"
COUNTED: Final = frozenset({"单", "件", "次", "趟", "个", "票", "orders", "pcs"})
"""Words behind a number that change nothing of it."""
UP_OR_HALF_UP: Final = (
    Choice("up", Said("up to the next whole number, in the worker's favour")),
    Choice("half_up", Said("to the nearest whole number, a half up")),
)


class Way(Struct, frozen=True):
    """How something is measured. kind: count, sum, duration or times. columns: of times, starts and ends in turn."""

    kind: str
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.kind != "times":
            return ":".join((self.kind, *self.columns))
        pairs = zip(self.columns[::2], self.columns[1::2], strict=True)
        return f"times:{','.join(f'{start}>{end}' for start, end in pairs)}"


class Measuring:
    """Asks what is needed of measures, and makes them. left_out: what was guessed and the terms do not have."""

    def __init__(
        self,
        table: Table,
        answers: Answers,
        rows: Rows,
        names: Sequence[str] | None,
        conditions: Conditions,
        *,
        with_id: bool,
    ) -> None:
        """rows: those that count. names: of the terms' measures. with_id: each row is a task of its own."""
        self._table: Final = table
        self._answers: Final = answers
        self._rows: Final = rows
        self._names: Final = names
        self._conditions: Final = conditions
        self._with_id: Final = with_id
        self.left_out: tuple[str, ...] = ()

    def start(self) -> Column:
        """Return the column of the time that says a task's day. Raises Unanswered."""
        if self._answers.of("start") is None and (pairs := self._spans):
            return pairs[0][0]
        starts = self._table.having("start", lambda look: look.is_dated)
        dated = starts or tuple(each for each in self._table.columns if self._table.look(each).is_dated)
        return self._one_of("start", Said("At which time does a task begin? It says the task's day."), dated)

    def measures(self) -> tuple[Measure, ...]:
        """Return them. Raises Unanswered and InputFault."""
        stated = {key.about: answer for key, answer in self._answers.every("measure").items()}
        if self._names is not None:
            wanted = tuple(dict.fromkeys((*self._names, *stated)))
        elif stated:
            wanted = tuple(stated)
        else:
            wanted = tuple(self._guesses)
        guesses = self._guesses if set(wanted) - set(stated) else {}
        self.left_out = tuple(name for name in guesses if name not in wanted)
        made = [self._measure(name, self._way(name, stated.get(name), guesses.get(name, ()))) for name in wanted]
        found = tuple(measure for measure in made if measure is not None)
        if not found:
            raise InputFault(
                file="--measure", problem="nothing is measured", expected="at least one measure, like `orders=count`"
            )
        return found

    @cached_property
    def _guesses(self) -> dict[str, tuple[Way, ...]]:
        """The ways in which each measure of the usual names can be taken. Raises Unanswered."""
        minutes = [
            Way("duration", (each.name,)) for each in self._table.having("duration", lambda look: look.is_duration)
        ]
        if pairs := self._spans:
            minutes.append(Way("times", tuple(column.name for pair in pairs for column in pair)))
        metres = [Way("sum", (each.name,)) for each in self._table.having("distance", lambda look: look.is_number)]
        orders = [Way("sum", (each.name,)) for each in self._table.having("quantity", lambda look: look.is_number)]
        if self._with_id and not orders:
            orders = [Way("count")]
        found = {"orders": orders, "minutes": minutes, "metres": metres}
        if not any(found.values()):
            found = {"shifts" if self._table.parts else "tasks": [Way("count")]}
        return {name: tuple(ways) for name, ways in found.items() if ways}

    def _way(self, name: str, stated: str | None, guesses: Sequence[Way]) -> Way | None:
        if not _NAME.fullmatch(name):
            raise InputFault(
                file="--measure",
                problem=Said("reads {cell}", cell=shown(name)),
                expected="a name of a-z and _, as in the terms",
            )
        if stated is not None:
            return None if stated == NONE else self._read(name, stated)
        if len(guesses) == 1:
            return guesses[0]
        every = guesses or self._any_way()
        choices = tuple(Choice(str(way), _said(way)) for way in every)
        asked = Said("How is {name} measured in this file?", name=name)
        none = Choice(NONE, Said("this file has nothing of it"))
        raise Unanswered(Question(Key("measure", name), asked, (*choices, none)))

    def _any_way(self) -> tuple[Way, ...]:
        """Return every way in which anything can be measured."""
        known = {way: None for ways in self._guesses.values() for way in ways}
        numbers = [each for each in self._table.columns if self._table.look(each).is_number and each.role != "id"]
        return tuple(dict.fromkeys((Way("count"), *known, *(Way("sum", (each.name,)) for each in numbers))))

    def _read(self, name: str, text: str) -> Way:
        """Return the way that a person wrote: count, sum:COLUMN, duration:COLUMN, times:START>END."""
        kind, _, rest = text.partition(":")
        option = f"--measure {name}"
        columns: tuple[str, ...] = ()
        if kind in ("sum", "duration") and rest:
            columns = (self._table.column(option, rest).name,)
        elif kind == "times":
            ends = [part for pair in rest.split(",") for part in pair.split(">")]
            if all(ends) and len(ends) == 2 * len(rest.split(",")):
                columns = tuple(self._table.column(option, part).name for part in ends)
        if (kind, bool(columns)) not in {("count", False), ("sum", True), ("duration", True), ("times", True)}:
            raise InputFault(
                file=option,
                problem=Said("reads {cell}", cell=shown(text)),
                expected="`count`, `sum:COLUMN`, `duration:COLUMN`, `times:START>END` or `none`",
            )
        return Way(kind, columns)

    @cached_property
    def _spans(self) -> tuple[tuple[Column, Column], ...]:
        """Starts with their ends: of several, those with the same digits in their names. Raises Unanswered."""
        starts = self._table.having("start", lambda look: look.is_time)
        ends = self._table.having("end", lambda look: look.is_time)
        return self._paired(starts, ends) if starts and ends else ()

    def _paired(self, starts: Sequence[Column], ends: Sequence[Column]) -> tuple[tuple[Column, Column], ...]:
        stated = self._answers.of("start") or self._answers.of("end")
        begins, finishes = ({_digits(each.name): each for each in columns} for columns in (starts, ends))
        if not stated and len(begins) == len(starts) == len(ends) and begins.keys() == finishes.keys():
            return tuple((begins[digits], finishes[digits]) for digits in sorted(begins))
        asked = Said("At which time does a task begin? It says the task's day."), Said("At which time does a task end?")
        return ((self._one_of("start", asked[0], starts), self._one_of("end", asked[1], ends)),)

    def _one_of(self, code: Code, asked: Said, found: Sequence[Column]) -> Column:
        return stated_or_only(self._table, self._answers, Question(Key(code), asked), found, self._shown)

    def _shown(self, column: Column) -> Choice:
        seen = ", ".join(self._table.look(column).examples[:2])
        return Choice(column.name, Said("the column {column}: {seen}", column=column.name, seen=seen))

    # Each measure

    def _measure(self, name: str, way: Way | None) -> Measure | None:
        if way is None:
            return None
        only = self._conditions(name, self._rows)
        match way.kind:
            case "count":
                return Count(name, only)
            case "sum":
                return self._sum(name, self._table.column("--measure", way.columns[0]), only)
            case "duration":
                column = self._table.column("--measure", way.columns[0])
                number = self._number(column)
                return Duration(name, column.name, self._round(name), number, self._longest(name), only)
        spans = [Span(*pair) for pair in zip(way.columns[::2], way.columns[1::2], strict=True)]
        hours = self._answers.of_exactly("hours", name)
        return MergedMinutes(
            name,
            spans[0].start,
            spans[0].end,
            self._round(name),
            NEXT_DAY if self._overnight(name, spans) else None,
            self._longest(name),
            hours,
            tuple(spans[1:]),
            only,
        )

    def _round(self, name: str) -> Rounding:
        asked = Said("How is a day's total of {name} rounded?", name=name)
        answer = self._answers.ask(Question(Key("round", name), asked, UP_OR_HALF_UP))
        return next(each for each in get_args(Rounding) if each == answer)

    def _longest(self, name: str) -> int:
        answer = self._answers.of("longest", name)
        if answer is None:
            return DAY_MINUTES
        expected = Said("minutes, 1 to {most}", most=DAY_MINUTES)
        return number_in(answer, DAY_MINUTES, Key("longest"), expected=expected)

    def _number(self, column: Column) -> DurationUnit | None:
        look = self._table.look(column, self._rows)
        if not look.numbers.get("") and self._answers.of("number", column.name) is None:
            return None
        heading = unit_in(column.name)
        units: tuple[DurationUnit, ...] = get_args(DurationUnit)
        if heading in units and self._answers.of("number", column.name) is None:
            return heading
        choices = (
            Choice("hours", Said("hours: 1.5 is an hour and a half")),
            Choice("minutes", Said("minutes: 90 is an hour and a half")),
            Choice("seconds", Said("seconds: 5400 is an hour and a half")),
        )
        asked = Said("What does a plain number in {column} count?", column=column.name)
        seen = tuple(each for each in look.values if each.replace(".", "").isdecimal())[:SEEN_MAX]
        answer = self._answers.ask(Question(Key("number", column.name), asked, choices, seen))
        return next(each for each in units if each == answer)

    def _overnight(self, name: str, spans: Iterable[Span]) -> bool:
        """Whether an end before its start is on the next day. Asked where there is one, of times without dates."""
        seen = [text for span in spans for text in self._backwards(span)]
        if not seen and self._answers.of("overnight", name) is None:
            return False
        choices = (
            Choice(NEXT_DAY, Said("it is on the next day")),
            Choice(FAULT, Said("it is a fault: nobody works past midnight")),
        )
        asked = Said("{count} rows end before they begin. Is such an end on the next day?", count=len(seen))
        question = Question(Key("overnight", name), asked, choices, tuple(seen[:SEEN_MAX]))
        return self._answers.ask(question) == NEXT_DAY

    def _backwards(self, span: Span) -> Iterable[str]:
        start, end = (self._table.column("--measure", name).place for name in (span.start, span.end))
        for row in self._rows:
            try:
                begins = read_moment("", row[start], None, DateRules(), SOME_DAY)
                ends = read_moment("", row[end], None, DateRules(), SOME_DAY)
            except CellFault:
                continue
            if begins.alone and ends.alone and ends.at <= begins.at:
                yield f"{row[start]}–{row[end]}"

    def _sum(self, name: str, column: Column, only: tuple[Only, ...]) -> Sum:
        look = self._table.look(column, self._rows)
        words = [word for word in look.numbers if word]
        distances = {word: unit for word in words if (unit := unit_of(word)) in ("km", "m")}
        if column.role == "distance" or distances or self._answers.of("unit", column.name) is not None:
            unit = self._unit(column, look, set(distances.values()))
            units = tuple(word for word, each in distances.items() if each == unit)
            above, below = _factor(name, unit)
        else:
            units, above, below = tuple(word for word in words if word in COUNTED), 1, 1
        whole = not any(value.denominator > 1 for value in self._quantities(column, above, below, units))
        rounding = None if whole and self._answers.of_exactly("round", name) is None else self._round(name)
        return Sum(name, column.name, above, below, units, rounding, only)

    def _unit(self, column: Column, look: Look, seen: set[str]) -> str:
        """Return km or m: what the cells say, else the heading, else a person."""
        if self._answers.of("unit", column.name) is None:
            if len(seen) == 1 and not look.numbers.get(""):
                return min(seen)
            heading = unit_in(column.name)
            if heading in ("km", "m") and seen <= {heading}:
                return heading
        choices = (Choice("km", Said("kilometres")), Choice("m", Said("metres")))
        asked = Said(
            "In which unit are the numbers of {column}? Cells with another unit are faults.", column=column.name
        )
        return self._answers.ask(Question(Key("unit", column.name), asked, choices, look.examples))

    def _quantities(self, column: Column, above: int, below: int, units: tuple[str, ...]) -> Iterable[Fraction]:
        for cell in held_in(row[column.place] for row in self._rows):
            try:
                yield Fraction(read_quantity("", cell, above, below, units, whole=False))
            except CellFault:
                continue

    # Empty cells

    def empty_cells(self, measures: Iterable[Measure], first: Column | None) -> tuple[tuple[str, ...], dict[str, str]]:
        """Return the columns of which one must be filled for a row to count, and what counts in place of empty times.

        first: the column of the day's time. Raises Unanswered.
        """
        made = tuple(measures)
        names = tuple(dict.fromkeys(name for measure in made for name in measure.columns()))
        columns = [self._table.column("", name) for name in names]
        empty = [row for row in self._rows if columns and not any(_filled(row, each) for each in columns)]
        filled: tuple[str, ...] = ()
        if empty and not self._table.parts:
            filled = names if self._empty_rows(names, len(empty)) else ()
        stated = {key.about: answer for key, answer in self._answers.every("if_blank").items()}
        in_place_of = {
            self._table.column("--if-blank", name).name: self._table.column("--if-blank", other).name
            for name, other in stated.items()
            if other != FAULT
        }
        spans = [span for measure in made if isinstance(measure, MergedMinutes) for span in measure.spans]
        times = {name for span in spans for name in span.columns()}
        for span in spans:
            for name, beside in ((span.start, span.end), (span.end, span.start)):
                if name not in stated and (other := self._instead(name, beside, times)):
                    in_place_of[name] = other
        own = first is not None and first.name not in times and first.name not in stated
        if first is not None and own and (other := self._instead(first.name, None, times | {first.name})):
            in_place_of[first.name] = other
        return filled, in_place_of

    def _empty_rows(self, names: Sequence[str], count: int) -> bool:
        choices = (
            Choice(SKIP, Said("the rows are no work: rest days, for example")),
            Choice(FAULT, Said("the rows are faults until somebody has looked at them")),
        )
        asked = Said(
            "In {count} rows none of {columns} holds anything. What are they?", count=count, columns=", ".join(names)
        )
        return self._answers.ask(Question(Key("empty_rows"), asked, choices)) == SKIP

    def _instead(self, name: str, beside: str | None, used: set[str]) -> str | None:
        """Ask which column counts where a time is empty. beside: the other end, which such rows have."""
        column = self._table.column("", name)
        other_end = None if beside is None else self._table.column("", beside)
        rows = [
            row for row in self._rows if not _filled(row, column) and (other_end is None or _filled(row, other_end))
        ]
        others = [
            each
            for each in self._table.having(column.role, lambda look: look.is_time)
            if each.name not in used and all(_filled(row, each) for row in rows)
        ]
        if not rows or not others:
            return None
        choices = (
            *map(self._shown, others),
            Choice(FAULT, Said("the rows are faults until somebody has looked at them")),
        )
        asked = Said("{column} is empty in {count} rows. Which column counts there?", column=name, count=len(rows))
        answer = self._answers.ask(Question(Key("if_blank", name), asked, choices))
        return None if answer == FAULT else answer


def _filled(row: tuple[str, ...], column: Column) -> bool:
    text = unguarded(row[column.place])
    return bool(text) and text not in BLANKS


def _digits(name: str) -> str:
    return "".join(character for character in name if character.isdecimal())


def _factor(name: str, unit: str) -> tuple[int, int]:
    """Return by what a distance is multiplied and divided: a measure is in metres, but for one called kilometres."""
    if name in ("km", "kilometres", "kilometers"):
        return (1, 1) if unit == "km" else (1, 1000)
    return (1000, 1) if unit == "km" else (1, 1)


def _said(way: Way) -> Said:
    match way.kind:
        case "count":
            return Said("how many rows there are")
        case "sum":
            return Said("the sum of {column}", column=way.columns[0])
        case "duration":
            return Said("the time that {column} says", column=way.columns[0])
    starts, ends = ", ".join(way.columns[::2]), ", ".join(way.columns[1::2])
    return Said("the time from {starts} to {ends}", starts=starts, ends=ends)
