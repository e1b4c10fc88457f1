"""What msgspec finds wrong with a file's structure, as a sentence: it has English texts only, and no codes for them."""

import re
from typing import Final

import msgspec

from lxr.node.said import Said

_PLACE: Final = re.compile(r"(?P<problem>.*?)(?: - at `(?P<place>.*)`)?", re.DOTALL)
_TYPES: Final = re.compile(r"Expected `(?P<expected>[^`]*)`, got `(?P<there>[^`]*)`")
_FIELD: Final = re.compile(r"Object (?:missing required|contains unknown) field `(?P<field>[^`]*)`")
_BOUND: Final = re.compile(r"Expected `(?P<expected>[^`]*)` (?P<bound>.*)")


def of_validation(error: msgspec.ValidationError) -> Said:
    """Return what is wrong, and where in the file. What is in none of the forms stays as msgspec says it."""
    found = _PLACE.fullmatch(str(error))
    assert found is not None  # it fits any text
    problem = _problem(found["problem"])
    return problem if found["place"] is None else Said("{problem}, at {place}", problem=problem, place=found["place"])


def _problem(text: str) -> Said:
    if types := _TYPES.fullmatch(text):
        return Said("is of type {there}, not {expected}", there=types["there"], expected=types["expected"])
    if field := _FIELD.fullmatch(text):
        name = field["field"]
        return (
            Said("field {field} is missing", field=name)
            if "missing" in text
            else Said("field {field} is unknown", field=name)
        )
    if bound := _BOUND.fullmatch(text):
        return Said("is no {expected} {bound}", expected=bound["expected"], bound=bound["bound"])
    return Said("{text}", text=text)
