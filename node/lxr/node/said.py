"""What is said to people: a sentence, in English the key of its translations, and the facts that stand in it.

Nothing below the edges puts words together. Whoever tells a fault to somebody renders it in their language:
`lxr.settlement.messages`.
"""

import re
from collections.abc import Mapping
from typing import Final

from lxr.chaincode.unseen import UNSEEN

_LONGEST: Final = 300
UNSHOWN: Final = re.compile(rf"[{UNSEEN}\ud800-\udfff]")
"""What reaches no screen as it is: what nobody sees, and halves of characters."""


def visible(text: str) -> str:
    """Return the text with line breaks, and characters that move the cursor or turn the text, shown by their codes."""
    return UNSHOWN.sub(lambda unseen: repr(unseen[0])[1:-1], text)


def on_one_line(text: str, most: int = _LONGEST) -> str:
    """Return what somebody else wrote, as it may stand on a screen: so many characters of it, and all of them seen."""
    return visible(text if len(text) <= most else f"{text[:most]}…")


class Name(str):
    """A file's name, as long as it is: made of `on_one_line` already."""


class Said:
    """A sentence with its facts: sentences and faults in their turn, or what is said as it is in every language."""

    def __init__(self, text: str, /, **facts: object) -> None:
        """Say a sentence. text: in English, with the names of its facts in braces."""
        self.text: Final = text
        self.facts: Final[Mapping[str, object]] = {name: _fact(fact) for name, fact in facts.items()}

    @classmethod
    def of(cls, text: "str | Said") -> "Said":
        """Return a sentence without facts, or what is one already."""
        return text if isinstance(text, Said) else cls(on_one_line(text))

    def __str__(self) -> str:
        return (
            self.text.format(**{name: _shown(fact) for name, fact in self.facts.items()}) if self.facts else self.text
        )

    def __repr__(self) -> str:
        return f"Said({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Said) and (self.text, self.facts) == (other.text, other.facts)

    def __hash__(self) -> int:
        return hash(self.text)


class Fault(Exception):
    """What a person can mend, in one line."""

    def __init__(self, text: str | Said, /, **facts: object) -> None:
        self.said: Final = text if isinstance(text, Said) else Said(text, **facts)
        super().__init__(" ".join(str(self.said).split()))


def add_note(fault: BaseException, said: Said) -> None:
    """Add a sentence to what is told of a fault or refusal."""
    fault.add_note(str(said))
    fault.said_notes = [*notes_of(fault), said]  # type: ignore[attr-defined]


def notes_of(fault: BaseException) -> list[Said]:
    """Return what was added."""
    return list(getattr(fault, "said_notes", ()))


def _shown(fact: object) -> object:
    """Return what another one's fault says may be an input's own words."""
    return on_one_line(str(fact)) if isinstance(fact, BaseException) and not isinstance(fact, Fault) else fact


def _fact(fact: object) -> object:
    """What somebody else wrote on one line; of a fault of the system what it is, for where it is the sentence says."""
    if isinstance(fact, OSError):
        return Said(fact.strerror or type(fact).__name__)
    return on_one_line(fact) if isinstance(fact, str) and not isinstance(fact, Name) else fact
