"""A mapping as the text of its file, with a comment above what an employer's office may want to know."""

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from lxr.node.said import Said
from lxr.settlement.work.intake.mapping import Mapping
from lxr.settlement.work.mapping_assistant.comments import COMMENTS

Speak = Callable[[Said], str]
"""Says a sentence in the reader's language."""
_PLAIN_KEYS: Final = ("zone", "sheet", "header_row", "header_rows", "blank", "date_format")


def toml_text(mapping: Mapping, above: Iterable[Said] = (), speak: Speak = str) -> str:
    """Return the text, which reads back as the mapping. above: what is said at the head of the file."""
    lines = [f"# {speak(each)}" for each in above]
    tree: dict[str, Any] = _kept(mapping)
    for key in _PLAIN_KEYS:
        if key in tree:
            lines += ["", *_comment(key, speak), f"{key} = {_value(tree[key])}"]
    lines += ["", "[columns]"]
    for key, value in tree["columns"].items():
        lines += [*_comment(f"columns.{key}", speak), f"{key} = {_value(value)}"]
    if replaced := tree.get("if_blank"):
        lines += ["", *_comment("if_blank", speak), "[if_blank]"]
        lines += [f"{_value(column)} = {_value(other)}" for column, other in replaced.items()]
    for only in tree.get("only", ()):
        lines += ["", *_condition("only", only, speak)]
    for measure in tree["measure"]:
        lines += ["", *_comment(f"measure.{measure['fold']}", speak), "[[measure]]"]
        inner = {key: measure.pop(key) for key in ("also", "only") if key in measure}
        ordered = {"name": measure.pop("name"), **measure}
        for key, value in ordered.items():
            lines += [*_comment(f"measure.{key}", speak), f"{key} = {_value(value)}"]
        for span in inner.get("also", ()):
            lines += ["[[measure.also]]", *(f"{key} = {_value(value)}" for key, value in span.items())]
        for only in inner.get("only", ()):
            lines += _condition("measure.only", only, speak)
    return "\n".join(lines) + "\n"


def _condition(table: str, only: dict[str, Any], speak: Speak) -> list[str]:
    sort = next(key for key in ("values", "hours", "filled") if key in only)
    return [
        *_comment(f"only.{sort}", speak),
        f"[[{table}]]",
        *(f"{key} = {_value(value)}" for key, value in only.items()),
    ]


def _comment(key: str, speak: Speak) -> list[str]:
    said = COMMENTS.get(key)
    return [] if said is None else [f"# {speak(said)}"]


def _kept(value: Any) -> Any:
    """Return the tables of a mapping, without what is as it would be if nobody said it."""
    if isinstance(value, msgspec.Struct):
        found: dict[str, Any] = {}
        if tag := value.__struct_config__.tag:
            found["fold"] = tag
        for field in msgspec.structs.fields(value):
            held = getattr(value, field.name)
            default = field.default if field.default is not msgspec.NODEFAULT else None
            if held is None or held == default or held in ((), {}):
                continue
            found[field.encode_name] = _kept(held)
        return found
    if isinstance(value, tuple):
        return [_kept(each) for each in value]
    return dict(value) if isinstance(value, dict) else value


def _value(value: Any) -> str:
    """Return a text, a number or a list as TOML writes it, which is as JSON does but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
