"""What a signed command may hold: everything in it has an end that does not hang on an interpreter or a library."""

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import msgspec.inspect as types
import pytest

from lxr.chaincode import contract  # noqa: F401  (registers all commands)
from lxr.chaincode.command import HANDLERS
from lxr.chaincode.parameter_definitions import DEFINITIONS
from lxr.chaincode.types import Text

SIGNED = {str(command.__struct_config__.tag): command for command in HANDLERS}
VALUES = {f"parameter {family}": definition.value for family, definition in DEFINITIONS.items()}
"""What governance.propose brings as raw JSON is decoded as one of these."""
HIDING = ("Cc", "Cf", "Zl", "Zp")
"""Unicode's categories of controls, format characters, ends of lines and of paragraphs."""
BOUNDED = types.BoolType | types.NoneType | types.DateType | types.EnumType | types.LiteralType | types.RawType


@pytest.mark.parametrize("name", [*SIGNED, *VALUES])
def test_whatever_stands_in_a_signed_command_is_bounded(name: str) -> None:
    assert [] == list(unbounded(types.type_info({**SIGNED, **VALUES}[name]), name))


@cache
def unseen() -> tuple[str, ...]:
    every = map(chr, range(sys.maxunicode + 1))
    return tuple(letter for letter in every if unicodedata.category(letter) in HIDING)


@pytest.mark.parametrize("name", [*SIGNED, *VALUES])
def test_no_text_in_a_signed_command_hides_or_turns_what_is_read(name: str) -> None:
    taken = [place for place, text in texts(types.type_info({**SIGNED, **VALUES}[name]), name) if hides(text)]
    assert ([f"{name}.roots key", f"{name}.roots[]"] if name == "governance.found" else []) == taken


@pytest.mark.parametrize("seen", ["a", "多付工资，见第3条", "\ue000", "\U0003134a", "☺️👍🏽🇨🇳", "ا", "e\u0301"])
def test_a_reason_may_be_in_any_letters(seen: str) -> None:
    assert seen == msgspec.convert(seen, Text)


def hides(text: types.StrType) -> bool:
    pattern = text.pattern
    return pattern is None or any(re.search(pattern, f"x{letter}y") for letter in unseen())


def texts(what: Any, place: str) -> Iterator[tuple[str, types.StrType]]:
    """The texts in a type, at any depth, with their places."""
    match what:
        case types.StrType():
            yield place, what
        case types.ListType() | types.VarTupleType():
            yield from texts(what.item_type, f"{place}[]")
        case types.DictType():
            yield from texts(what.key_type, f"{place} key")
            yield from texts(what.value_type, f"{place}[]")
        case types.TupleType():
            for index, item in enumerate(what.item_types):
                yield from texts(item, f"{place}[{index}]")
        case types.UnionType():
            for one in what.types:
                yield from texts(one, place)
        case types.StructType():
            for field in what.fields:
                yield from texts(field.type, f"{place}.{field.name}")
        case types.Metadata():
            yield from texts(what.type, place)


def unbounded(what: types.Type, place: str) -> Iterator[str]:
    """The places in a type, at any depth, where a number, a text or a collection has no bound."""
    match what:
        case types.IntType():
            if None in (_either(what.ge, what.gt), _either(what.le, what.lt)):
                yield place
        case types.StrType() | types.BytesType():
            if what.max_length is None and getattr(what, "pattern", None) is None:
                yield place
        case types.ListType() | types.VarTupleType():
            if what.max_length is None:
                yield place
            yield from unbounded(what.item_type, f"{place}[]")
        case types.DictType():
            if what.max_length is None:
                yield place
            yield from unbounded(what.key_type, f"{place} key")
            yield from unbounded(what.value_type, f"{place}[]")
        case types.TupleType():
            for index, item in enumerate(what.item_types):
                yield from unbounded(item, f"{place}[{index}]")
        case types.UnionType():
            for one in what.types:
                yield from unbounded(one, place)
        case types.StructType():
            for field in what.fields:
                yield from unbounded(field.type, f"{place}.{field.name}")
        case types.Metadata():
            yield from unbounded(what.type, place)
        case _:
            if not isinstance(what, BOUNDED):
                yield f"{place} is {what}"


def _either(first: Any, second: Any) -> Any:
    return second if first is None else first
