"""The form in which a fault is told: one line in the chosen language, an exit code, and facts for scripts."""

from typing import Any, NamedTuple

from lxr.cli.texts.chinese import in_chinese
from lxr.cli.texts.language import LANGUAGE
from lxr.settlement.errors import visible
from lxr.token.refusal import Refusal


class Told(NamedTuple):
    """A fault as it is told. kind: its name, and facts: what else is known of it, for scripts."""

    exit_code: int
    kind: str
    line: str
    facts: dict[str, Any]


def one_line(message: str) -> str:
    """The message without breaks, and with nothing in it that moves the cursor or turns letters."""
    return visible(" ".join(message.split()))


def told(exit_code: int, kind: str, line: str, facts: dict[str, Any] | None = None) -> Told:
    """A fault as it is told, on one line."""
    return Told(exit_code, kind, one_line(line), facts or {})


def in_language(line: str) -> str:
    """A line that is English below the command line, in the chosen language."""
    return in_chinese(line) if LANGUAGE == "zh" else line


def with_cause(fault: BaseException, line: str) -> str:
    """A line that tells of a fault, with the refusal that it quotes, if it does, in the chosen language."""
    cause = fault.__cause__
    if not isinstance(cause, Refusal):
        return line
    from lxr.settlement.messages import render  # brings what a wrong option does not need

    return line.replace(str(cause), render(cause, LANGUAGE))
