"""What a mapping comes to: without comments, and without an order that means nothing; and how two of them differ."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from lxr.chaincode.types import canonical
from lxr.node.said import Said
from lxr.settlement.work.intake.mapping import Mapping

NOTHING: Final = Said("nothing")


Scalar = str | int | bool | None
Item = Scalar | dict[str, Scalar | tuple[str, ...]]
Setting = Scalar | tuple[Item, ...] | dict[str, Scalar]
"""What a key of a mapping can hold, no deeper than a mapping is."""


class MappingContent(Struct, frozen=True, forbid_unknown_fields=True):
    """What decides how rows are read. keys: as `columns.worker`. measures: by name, each with its keys."""

    keys: dict[str, Setting]
    measures: dict[str, dict[str, Setting]]


def content_of(mapping: Mapping) -> MappingContent:
    """Return what a mapping comes to. `[terms]` is left out: no row hangs on it."""
    tree: dict[str, Any] = _plain(msgspec.to_builtins(mapping))
    tree.pop("terms", None)
    measures = {measure.pop("name"): measure for measure in tree.pop("measure")}
    columns = {f"columns.{key}": value for key, value in tree.pop("columns").items()}
    return msgspec.convert({"keys": columns | tree, "measures": measures}, MappingContent)


def differences(before: MappingContent, after: MappingContent) -> tuple[Said, ...]:
    """Return what changed, key by key, for people; nothing where both read alike."""
    return (*_of_keys(before.keys, after.keys), *_of_measures(before, after))


def _of_keys(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Said]:
    for key, old, new in _changed(before, after):
        yield Said("the mapping: {key} {before} → {after}", key=key, before=old, after=new)


def _of_measures(before: MappingContent, after: MappingContent) -> Iterator[Said]:
    for name in sorted(before.measures.keys() | after.measures.keys()):
        if name not in before.measures:
            yield Said("measure {name} is new: {content}", name=name, content=_text(after.measures[name]))
        elif name not in after.measures:
            yield Said("measure {name} is gone: {content}", name=name, content=_text(before.measures[name]))
        else:
            for key, old, new in _changed(before.measures[name], after.measures[name]):
                yield Said("measure {name}: {key} {before} → {after}", name=name, key=key, before=old, after=new)


def _changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, str | Said, str | Said]]:
    for key in sorted(before.keys() | after.keys()):
        old, new = (_text(side[key]) if key in side else NOTHING for side in (before, after))
        if old != new:
            yield key, old, new


def _text(value: Any) -> str:
    return canonical(value).decode()


def _plain(value: Any) -> Any:
    """Leave out what says nothing, and put lists in one order: of no list of a mapping does the order mean anything."""
    if isinstance(value, dict):
        plain = {key: _plain(each) for key, each in value.items()}
        return {key: each for key, each in plain.items() if each is not None and each not in ([], {})}
    if isinstance(value, list | tuple):
        return sorted(map(_plain, value), key=canonical)
    return value
