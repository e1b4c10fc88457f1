"""Whether one type reads all that another wrote, by their JSON schemas."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

Schema = Mapping[str, Any]

LEAST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
MOST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def refused_by(new: type, old: type) -> list[str]:
    """Return where the new type refuses, or loses, what the old one may have written; nothing where it reads it all."""
    (new_schema,), new_parts = msgspec.json.schema_components([new])
    (old_schema,), old_parts = msgspec.json.schema_components([old])
    return sorted(set(_Comparison(new_parts, old_parts).faults(new_schema, old_schema, "$", ())))


class _Comparison:
    def __init__(self, new: Mapping[str, Any], old: Mapping[str, Any]) -> None:
        self._new: Final = new
        self._old: Final = old

    def faults(self, new: Schema, old: Schema, place: str, within: tuple[object, ...]) -> Iterator[str]:
        new, old = _resolved(new, self._new), _resolved(old, self._old)
        if (id(new), id(old)) in within or new == {} or (new == old and not _refers(new)):
            return
        within = (*within, (id(new), id(old)))
        if "anyOf" in old or "anyOf" in new:
            for option in old.get("anyOf", [old]):
                if not any(not list(self.faults(each, option, place, within)) for each in new.get("anyOf", [new])):
                    yield f"{place}: {_kind(option)} is not read"
            return
        if "enum" in old or "const" in old:
            values = old.get("enum", [old.get("const")])
            allowed = new.get("enum", [new["const"]] if "const" in new else values)
            for value in values:
                if value not in allowed:
                    yield f"{place}: {value!r} is not read"
            return
        if new.get("type") != old.get("type"):
            yield f"{place}: {_kind(old)} is not read"
            return
        yield from self._bounds(new, old, place)
        yield from self._fields(new, old, place, within)
        yield from self._items(new, old, place, within)

    def _bounds(self, new: Schema, old: Schema, place: str) -> Iterator[str]:
        for name in LEAST:
            if name in new and (name not in old or new[name] > old[name]):
                yield f"{place}: {name} is {new[name]}"
        for name in MOST:
            if name in new and (name not in old or new[name] < old[name]):
                yield f"{place}: {name} is {new[name]}"
        if "pattern" in new and new["pattern"] != old.get("pattern"):
            yield f"{place}: another pattern"

    def _fields(self, new: Schema, old: Schema, place: str, within: tuple[object, ...]) -> Iterator[str]:
        there, before = new.get("properties", {}), old.get("properties", {})
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield f"{place}.{name}: it is needed, and was not always written"
        for name, field in before.items():
            if name in there:
                yield from self.faults(there[name], field, f"{place}.{name}", within)
            else:
                yield f"{place}.{name}: it is lost"
        if isinstance(values := old.get("additionalProperties"), dict):
            yield from self.faults(new.get("additionalProperties", {}), values, f"{place}.*", within)

    def _items(self, new: Schema, old: Schema, place: str, within: tuple[object, ...]) -> Iterator[str]:
        there, before = new.get("prefixItems", []), old.get("prefixItems", [])
        for number, item in enumerate(before):
            if number < len(there):
                yield from self.faults(there[number], item, f"{place}[{number}]", within)
            else:
                yield f"{place}[{number}]: it is lost"
        if isinstance(items := old.get("items"), dict):
            yield from self.faults(new.get("items") or {}, items, f"{place}[]", within)


def _resolved(schema: Schema, parts: Mapping[str, Any]) -> Schema:
    while "$ref" in schema:
        schema = parts[schema["$ref"].rpartition("/")[2]]
    return schema


def _refers(schema: object) -> bool:
    match schema:
        case dict():
            return "$ref" in schema or any(map(_refers, schema.values()))
        case list():
            return any(map(_refers, schema))
        case _:
            return False


def _kind(schema: Schema) -> str:
    return str(schema.get("type", "what was written there"))
