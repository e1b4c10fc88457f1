"""The form in which a fault is told: one line in the chosen language, an exit code, and facts for scripts."""

from typing import Any, NamedTuple

from lxr.cli.texts.language import LANGUAGE
from lxr.node.said import Said, visible


class Told(NamedTuple):
    """A fault as it is told. kind: its name, and facts: what else is known of it, for scripts."""

    exit_code: int
    kind: str
    line: str
    facts: dict[str, Any]


def one_line(message: str) -> str:
    """Return the message without breaks, and with nothing in it that moves the cursor or turns letters."""
    return visible(" ".join(message.split()))


def told(exit_code: int, kind: str, line: str, facts: dict[str, Any] | None = None) -> Told:
    """Return a fault as it is told, on one line."""
    return Told(exit_code, kind, one_line(line), facts or {})


def in_words(what: Said | BaseException) -> str:
    """Return a sentence, a fault or a refusal, in the chosen language."""
    from lxr.settlement.messages import say, tell  # brings what a wrong option does not need

    return say(what, LANGUAGE) if isinstance(what, Said) else tell(what, LANGUAGE)
