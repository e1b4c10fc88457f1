"""What a signed command may hold: everything in it has an end that does not hang on an interpreter or a library."""

from collections.abc import Iterator
from typing import Any

import msgspec.inspect as types
import pytest

from lxr_chaincode import contract  # noqa: F401  (registers all commands)
from lxr_chaincode.command import HANDLERS
from lxr_chaincode.governance import DEFINITIONS

SIGNED = {str(command.__struct_config__.tag): command for command in HANDLERS}
VALUES = {f"parameter {family}": definition.value for family, definition in DEFINITIONS.items()}
"""What governance.propose brings as raw JSON is decoded as one of these."""
BOUNDED = types.BoolType | types.NoneType | types.DateType | types.EnumType | types.LiteralType | types.RawType


@pytest.mark.parametrize("name", [*SIGNED, *VALUES])
def test_whatever_stands_in_a_signed_command_is_bounded(name: str) -> None:
    assert [] == list(unbounded(types.type_info({**SIGNED, **VALUES}[name]), name))


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
