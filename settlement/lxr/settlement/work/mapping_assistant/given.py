"""Answers as words: `COLUMN=ANSWER`, `NAME=ANSWER`, or an answer alone, which counts for all."""

from collections.abc import Mapping, Sequence

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.cells import shown
from lxr.settlement.work.mapping_assistant.questions import COUNTS, Code, Key, option_of

Given = dict[Key, str]


def given_by(
    *,
    one: Mapping[Code, str | None],
    each: Mapping[Code, Sequence[str] | None],
    values: Mapping[str, Sequence[str] | None],
) -> Given:
    """Return the answers. one: that are about the file. each: about a measure or a column. values: by their answer.

    Raises InputFault for a word without `=` where one is needed, and for a value that is answered twice.
    """
    given: Given = {Key(code): word for code, word in one.items() if word is not None}
    for code, words in each.items():
        for word in words or ():
            about, equals, answer = word.partition("=") if code == "measure" else word.rpartition("=")
            if not equals and code in ("measure", "hours", "if_blank", "unit"):
                raise _no_equals(option_of(Key(code)), word)
            given[Key(code, about)] = answer
    for answer, words in values.items():
        for word in words or ():
            about, equals, listed = word.partition("=")
            if not equals:
                raise _no_equals(f"--{answer}", word)
            for value in listed.split(","):
                key = Key("value", about, value.strip())
                if given.setdefault(key, answer) != answer or (key.value == "*" and answer != COUNTS):
                    problem = Said("says of {value} what another option says otherwise", value=shown(value))
                    raise InputFault(file=f"--{answer}", problem=problem, expected="one answer for each value")
    return given


def _no_equals(option: str, word: str) -> InputFault:
    return InputFault(file=option, problem=Said("reads {cell}", cell=shown(word)), expected="a name, = and an answer")
