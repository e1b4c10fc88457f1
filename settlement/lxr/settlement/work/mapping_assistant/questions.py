"""What only a person can say of an export, and what a person has said."""

import re
from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.cells import shown

Code = Literal[
    "sheet",
    "header_row",
    "worker",
    "employer",
    "id",
    "date",
    "start",
    "end",
    "date_format",
    "month",
    "under_days",
    "value",
    "hours",
    "measure",
    "unit",
    "number",
    "round",
    "overnight",
    "longest",
    "empty_rows",
    "if_blank",
    "zone",
]
_OF_MEASURE: Final = re.compile(r"([a-z_]{1,24}):")
NONE: Final = "none"
"""The answer that says: no such column, or no such measure."""
FAULT: Final = "fault"
"""The answer that says: a row like that is a fault."""
SEEN_MAX: Final = 5
"""So many examples of what the file holds stand beside a question."""
COUNTS: Final = "counts"
NOT_COUNTED: Final = "not-counted"


class Key(Struct, frozen=True):
    """What an answer is about: of `value`, a column and what it holds; of a measure, its name."""

    code: Code
    about: str = ""
    value: str = ""


class Choice(Struct, frozen=True):
    """One of the answers that there are. said: what it means."""

    answer: str
    said: Said


class Question(Struct, frozen=True):
    """What is asked, and what was seen of it. choices: the answers that there are; without any, a word is asked for."""

    key: Key
    asked: Said
    choices: tuple[Choice, ...] = ()
    seen: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """How the command line takes the answer, with `…` in its place."""
        key = self.key
        if key.code == "value":
            return f"--counts {key.about}={key.value}"
        return f"{option_of(key)} {key.about}=…" if key.about else f"{option_of(key)} …"


class Unanswered(Exception):
    """A question whose answer is needed before anything else can be asked."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.key)
        self.question: Final = question


class Answers:
    """Answers by what they are about. One about nothing in particular counts for all that have none of their own."""

    def __init__(self, given: Mapping[Key, str]) -> None:
        self._given: Final = dict(given)
        self._used: Final[set[Key]] = set()

    def of(self, code: Code, about: str = "", value: str = "") -> str | None:
        """Return an answer; None: there is none."""
        for key in (Key(code, about, value), Key(code)):
            if key in self._given:
                self._used.add(key)
                return self._given[key]
        return None

    def of_exactly(self, code: Code, about: str) -> str | None:
        """Return an answer about one thing; None: there is none, or one about all."""
        key = Key(code, about)
        if key in self._given:
            self._used.add(key)
        return self._given.get(key)

    def every(self, code: Code, measure: str | None = None, *, used: bool = True) -> dict[Key, str]:
        """Return all answers of a kind. measure: those alone that are about it; an empty name: about none.

        used: they are; else each is asked for by itself.
        """
        found = {
            key: answer
            for key, answer in self._given.items()
            if key.code == code and measure in (None, _measure_in(key.about))
        }
        if used:
            self._used.update(found)
        return found

    def ask(self, question: Question) -> str:
        """Return the answer to a question. Raises Unanswered, and InputFault for one that is none of the choices."""
        key = question.key
        answer = self.of(key.code, key.about, key.value)
        if answer is None:
            raise Unanswered(question)
        if question.choices and answer not in (choices := [each.answer for each in question.choices]):
            names = ", ".join(choices)
            raise InputFault(
                file=question.option,
                problem=Said("reads {cell}", cell=shown(answer)),
                expected=Said("one of: {names}", names=names),
            )
        return answer

    def refuse_unused(self, place: str) -> None:
        """Raise InputFault for an answer to what nobody asked: a column or a measure of another name, mostly."""
        for key in self._given:
            if key not in self._used:
                about = ", ".join(filter(None, (key.about, key.value)))
                raise InputFault(
                    file=place,
                    field=option_of(key),
                    problem=Said("says something of {about}, which the mapping does not ask", about=about)
                    if about
                    else Said("is not asked of this file"),
                    expected="columns, values and measures as the file has them",
                )


def _measure_in(about: str) -> str:
    """Return the measure in front of a column's name: night_orders in night_orders:接单时间."""
    found = _OF_MEASURE.match(about)
    return found[1] if found else ""


_OPTIONS: Final[dict[Code, str]] = {"value": "--counts | --not-counted | --fault"}


def option_of(key: Key) -> str:
    """Return the option that answers a question."""
    return _OPTIONS.get(key.code, f"--{key.code.replace('_', '-')}")


def number_in(answer: str, most: int, key: Key, *, expected: Said) -> int:
    """Return the whole number that an answer is, 1 to most. Raises InputFault: it is none."""
    if not answer.isascii() or not answer.isdecimal() or not 1 <= int(answer[:6]) <= most:
        raise InputFault(file=option_of(key), problem=Said("reads {cell}", cell=shown(answer)), expected=expected)
    return int(answer)
