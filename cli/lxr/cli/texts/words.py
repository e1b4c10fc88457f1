"""The contract's own words for kinds and states, in the chosen language."""

from lxr.cli.texts.language import LANGUAGE
from lxr.settlement.messages.catalogue import word


def kind(code: str) -> str:
    """Return the word for the kind of a statement's line, or of an open item."""
    return word("kind", code, LANGUAGE)


def state(code: str, of: str = "") -> str:
    """Return the word for a state, as it is said of that sort of record; a text that is no state stays as it is."""
    return word("state", code, LANGUAGE, of=of)
