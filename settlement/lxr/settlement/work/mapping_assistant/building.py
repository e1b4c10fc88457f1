"""From a sample and answers to a mapping: what the file shows is taken, and what means money is asked."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.cells import shown, unguarded
from lxr.settlement.work.intake.dates import DateFormat
from lxr.settlement.work.intake.day_headings import day_heading
from lxr.settlement.work.intake.header import find_header
from lxr.settlement.work.intake.mapping import Columns, Mapping, Measure, Only, mapping_of
from lxr.settlement.work.mapping_assistant.looks import look_at
from lxr.settlement.work.mapping_assistant.measuring import Measuring
from lxr.settlement.work.mapping_assistant.picking import stated_or_only
from lxr.settlement.work.mapping_assistant.questions import (
    COUNTS,
    FAULT,
    NONE,
    NOT_COUNTED,
    Answers,
    Choice,
    Code,
    Key,
    Question,
    Unanswered,
)
from lxr.settlement.work.mapping_assistant.sample import Sample
from lxr.settlement.work.mapping_assistant.table import Column, Rows, Table
from lxr.settlement.work.mapping_assistant.toml_text import toml_text
from lxr.settlement.work.mapping_assistant.words import is_undone

VALUES_ASKED_MAX: Final = 40
"""A column with more different values is no status."""
AT_OPENING: Final[tuple[Code, ...]] = ("sheet", "header_row")
"""Answers that were used when the file was opened."""
SHANGHAI: Final = "Asia/Shanghai"


class Built(Struct, frozen=True):
    """A mapping. left_out: measures that were seen and the terms have not. month: of days whose month no file names."""

    mapping: Mapping
    left_out: tuple[str, ...]
    month: date | None


def build(sample: Sample, answers: Answers, names: Sequence[str] | None) -> Built | Question:
    """Return the mapping, or else the next question. names: of the terms' measures; None: they are not known.

    Raises InputFault for an answer that does not fit the file.
    """
    try:
        return _Builder(sample, answers, names).built()
    except Unanswered as open_question:
        return open_question.question


class _Builder:
    def __init__(self, sample: Sample, answers: Answers, names: Sequence[str] | None) -> None:
        self._sample: Final = sample
        self._answers: Final = answers
        self._names: Final = names
        self._table: Final = Table(sample, self._parts())

    def built(self) -> Built:
        """Raises Unanswered and InputFault."""
        table = self._table
        worker = self._worker()
        employer = self._employer()
        whole_id = self._id(worker)
        only = self._conditions("", table.rows)
        rows = self._that_count(table.rows, only)
        measuring = Measuring(table, self._answers, rows, self._names, self._conditions, with_id=whole_id is not None)
        day = None if table.parts else self._date()
        start = None if table.parts or day is not None else measuring.start()
        measures = measuring.measures()
        filled, if_blank = measuring.empty_cells(measures, start)
        used_times = [name for measure in measures for name in measure.times()]
        try:
            mapping = self._mapping(
                Columns(
                    worker=worker,
                    employer=employer,
                    id=whole_id,
                    date=day,
                    start=None if start is None else start.name,
                    days=table.parts or None,
                ),
                measures,
                (*only, *((Only(filled=filled),) if filled else ())),
                if_blank,
                self._date_format(day, start, used_times),
            )
        except ValueError as fault:
            raise InputFault(file=self._sample.place, problem=Said("{fault}", fault=fault)) from None
        month = self._month() if table.parts else None
        for code in AT_OPENING:
            self._answers.of(code)
        self._answers.refuse_unused(self._sample.place)
        return Built(mapping, measuring.left_out, month)

    def _mapping(
        self,
        columns: Columns,
        measures: tuple[Measure, ...],
        only: tuple[Only, ...],
        if_blank: dict[str, str],
        date_format: DateFormat | None,
    ) -> Mapping:
        """Return the mapping as its file reads back, so that none is written that does not."""
        used = {*columns.columns(), *(name for measure in measures for name in measure.columns()), *if_blank.values()}
        header = self._sample.header
        depth = sum(header.first <= row <= header.last for row, _ in self._sample.head)
        mapping = Mapping(
            zone=self._answers.of("zone") or SHANGHAI,
            columns=columns,
            measures=measures,
            only=only,
            sheet=self._sample.form.sheet,
            header_rows=None if depth == 1 else depth,
            blank=self._blanks({*used, *self._table.parts}),
            if_blank=if_blank,
            date_format=date_format,
        )
        found = find_header(self._sample.place, self._sample.head, mapping.form, self._sample.spans)
        if found.names != header.names:
            mapping = replace(mapping, header_row=header.first)
        return mapping_of(toml_text(mapping).encode(), self._sample.place)

    # Who, when and which

    def _worker(self) -> str:
        found = self._table.having("worker", lambda look: look.filled > 0)
        asked = Said("Which column has the employer's own number of the worker?")
        return self._one_of("worker", asked, found).name

    def _employer(self) -> str | None:
        if (answer := self._answers.of("employer")) is not None:
            return None if answer == NONE else self._table.column("--employer", answer).name
        found = self._table.having("employer", lambda look: len(look.values) > 1)
        if not found:
            return None
        seen = self._table.look(found[0]).examples
        asked = Said("{column} has several values. Does it name the employer of each row?", column=found[0].name)
        choices = (*map(_named, found), Choice(NONE, Said("no column: all rows are one employer's")))
        raise Unanswered(Question(Key("employer"), asked, choices, seen))

    def _id(self, worker: str) -> str | None:
        if (answer := self._answers.of("id")) is not None:
            return None if answer == NONE else self._table.column("--id", answer).name
        if self._table.parts:
            return None
        found = [
            column
            for column in self._table.having("id", lambda look: look.filled > 0)
            if column.name != worker and self._table.look(column).is_unique
        ]
        if not found:
            return None
        numbers = list(self._table.look(found[0]).values)
        if numbers == [str(nth) for nth, _ in enumerate(numbers, 1)]:  # of rows, perhaps, as every file has them
            choices = (_named(found[0]), Choice(NONE, Said("no column: its numbers are those of rows")))
            asked = Said(
                "{column} counts from 1. Are these numbers of tasks, of which no other file has one?",
                column=found[0].name,
            )
            raise Unanswered(Question(Key("id"), asked, choices, self._table.look(found[0]).examples))
        return found[0].name

    def _date(self) -> str | None:
        """The day's column; None: the day is that of the start."""
        if (answer := self._answers.of("date")) is not None:
            return None if answer == NONE else self._table.column("--date", answer).name
        found = self._table.having("date", lambda look: look.is_date and not look.is_dated) or self._table.having(
            "date", lambda look: look.is_date
        )
        if not found and self._table.having("start", lambda look: look.is_dated):
            return None
        if not found:
            found = tuple(each for each in self._table.columns if self._table.look(each).is_date)
            found = tuple(each for each in found if not self._table.look(each).is_number) or found
        if not found and any(self._table.look(each).is_dated for each in self._table.columns):
            return None
        return self._one_of("date", Said("Which column has the day?"), found).name

    def _one_of(self, code: Code, asked: Said, found: Sequence[Column]) -> Column:
        return stated_or_only(self._table, self._answers, Question(Key(code), asked), found, _named)

    def _date_format(self, day: str | None, start: Column | None, times: Sequence[str]) -> DateFormat | None:
        names = dict.fromkeys(name for name in (day, start.name if start else None, *times) if name)
        columns = [self._table.column("--date", name) for name in names]
        columns = [each for each in columns if each.name == day or self._table.look(each).is_dated]
        read: dict[DateFormat | None, int] = {}
        for column in columns:
            look = self._table.look(column)
            for each, count in (look.dates if column.name == day else look.times).items():
                read[each] = read.get(each, 0) + count
        if not read or max(read.values()) == read[None]:
            return None
        best = [each for each, count in read.items() if count == max(read.values()) and each is not None]
        if len(best) == 1:
            return best[0]
        seen = self._table.look(columns[0]).examples
        choices = tuple(Choice(str(each), Said("{order}: day, month and year", order=each)) for each in best)
        asked = Said("In which order are the dates of {column} written?", column=columns[0].name)
        answer = self._answers.ask(Question(Key("date_format"), asked, choices, seen))
        return next(each for each in best if each == answer)

    def _parts(self) -> tuple[tuple[str, str], ...]:
        """What stands under each day, with the name that the mapping has for it."""
        below = tuple(dict.fromkeys(part for _, part in self._sample.days))
        if below != ("",):
            return tuple((part, part) for part in below)
        cells = [row[place] for _, row in self._sample.rows for place, _ in self._sample.days]
        return (("", self._under_days(cells)),)

    def _under_days(self, cells: Sequence[str]) -> str:
        look = look_at(cells, None)
        names = {"hours": "工时", "orders": "单数", "codes": "班次"}
        if not self._in_chinese():
            names = {"hours": "hours", "orders": "orders", "codes": "shift"}
        if look.durations * 2 > look.filled:
            return names["hours"]
        if not look.is_number:
            return names["codes"]
        choices = (
            Choice("hours", Said("how long somebody worked")),
            Choice("orders", Said("how many orders or pieces were done")),
            Choice("codes", Said("a code for a shift")),
        )
        seen = look.examples
        asked = Said("What are the numbers under each day?")
        return names[self._answers.ask(Question(Key("under_days"), asked, choices, seen))]

    def _month(self) -> date | None:
        """Return the month of days that stand without it; None: the headings name it, or what is above them."""
        paths = [self._sample.header.paths[place] for place, _ in self._sample.days]
        headings = [day_heading(path, self._table.parts) for path in paths]
        if all(each and each.year and each.month for each in headings) or len(self._sample.months) == 1:
            return None
        seen = tuple(sorted(self._sample.months))
        asked = Said("Of which month is this file? It names none, or several: each file then needs --month.")
        answer = self._answers.ask(Question(Key("month"), asked, (), seen))
        try:
            return date.fromisoformat(f"{answer}-01")
        except ValueError:
            problem = Said("reads {cell}", cell=shown(answer))
            raise InputFault(file="--month", problem=problem, expected="a month like 2026-08") from None

    def _in_chinese(self) -> bool:
        return any("\u4e00" <= character <= "\u9fff" for name in self._sample.header.names for character in name)

    # What counts

    def _conditions(self, measure: str, rows: Rows) -> tuple[Only, ...]:
        """Return the conditions of a measure, or those of all where it has no name. rows: those that count so far."""
        prefix = f"{measure}:" if measure else ""
        stated = dict.fromkeys(key.about.removeprefix(prefix) for key in self._answers.every("value", measure))
        columns = [self._table.column(f"--counts {name}", name) for name in stated]
        if not measure:
            columns += [each for each in self._table.having("status") if each not in columns]
            columns += [each for each in self._undone() if each not in columns]
            columns += [each for each in self._codes() if each not in columns]
        conditions = [self._values(prefix, column, rows) for column in columns]
        for key in self._answers.every("hours", measure, used=False):
            name = key.about.removeprefix(prefix)
            if measure or self._table.has(name):  # else it is about a measure's own minutes
                column = self._table.column("--hours", name)
                conditions.append(Only(column=column.name, hours=self._answers.of_exactly("hours", key.about)))
        return tuple(each for each in conditions if each is not None)

    def _undone(self) -> tuple[Column, ...]:
        """Return columns of few values, filled in most rows, of which one says that the work was not done."""
        looks = [(each, self._table.look(each)) for each in self._table.having("other")]
        return tuple(
            column
            for column, look in looks
            if len(look.values) <= VALUES_ASKED_MAX
            and 2 * look.filled > len(self._table.rows)
            and any(map(is_undone, look.values))
        )

    def _codes(self) -> tuple[Column, ...]:
        """Return what stands under the days where that is a code."""
        under = [each for each in self._table.columns if each.name in self._table.parts]
        looks = [(each, self._table.look(each)) for each in under]
        return tuple(each for each, look in looks if not (look.is_duration or look.is_number or look.is_time))

    def _values(self, prefix: str, column: Column, rows: Rows) -> Only | None:
        """Ask of each value whether its rows count."""
        about = f"{prefix}{column.name}"
        if self._answers.of("value", about, "*") == COUNTS:
            return None
        held: dict[str, int] = {}
        for row in rows:
            value = unguarded(row[column.place])
            held[value] = held.get(value, 0) + 1
        if len(held) > VALUES_ASKED_MAX:
            problem = Said("holds {count} different values", count=len(held))
            raise InputFault(
                file=self._sample.place,
                field=column.name,
                problem=problem,
                expected=Said("a column of few values, or `--counts {about}=*`: all rows count", about=about),
            )
        stated = {key.value: answer for key, answer in self._answers.every("value").items() if key.about == about}
        counted: list[str] = [value for value, answer in stated.items() if answer == COUNTS]
        others: list[str] = [value for value, answer in stated.items() if answer == NOT_COUNTED]
        for value, count in held.items():
            if value in stated:
                continue
            choices = (
                Choice(COUNTS, Said("the rows count")),
                Choice(NOT_COUNTED, Said("the rows are known not to count")),
                Choice(FAULT, Said("the rows are faults until somebody has looked at them")),
            )
            asked = Said(
                "{column} reads {cell} in {count} rows. Do they count?", column=about, cell=repr(value), count=count
            )
            seen = tuple(list(held)[:VALUES_ASKED_MAX])
            answer = self._answers.ask(Question(Key("value", about, value), asked, choices, seen))
            if answer != FAULT:
                (counted if answer == COUNTS else others).append(value)
        if not counted:
            raise InputFault(
                file=self._sample.place,
                field=column.name,
                problem="no value counts",
                expected=Said("at least one, by --counts {about}=…", about=about),
            )
        return Only(column=column.name, values=tuple(counted), not_counted=tuple(others) or None)

    def _that_count(self, rows: Rows, only: Sequence[Only]) -> Rows:
        places = [
            (self._table.column("", each.columns()[0]).place, set(each.values or ())) for each in only if each.values
        ]
        return [row for row in rows if all(unguarded(row[place]) in values for place, values in places)]

    def _blanks(self, used: Iterable[str]) -> tuple[str, ...]:
        looks = [self._table.look(column) for column in self._table.columns if column.name in set(used)]
        return tuple(sorted({word for look in looks for word in look.blanks}))


def _named(column: Column) -> Choice:
    return Choice(column.name, Said("the column {column}", column=column.name))
