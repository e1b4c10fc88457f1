"""Sentences as files keep them, to be said in the language of whoever reads them."""

from collections.abc import Collection
from string import Formatter

from msgspec import Struct

from lxr.node.said import Said


class Plain(Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence whose facts are numbers and texts."""

    text: str
    facts: dict[str, int | str] = {}

    def __post_init__(self) -> None:
        _refuse_other_braces(self.text, self.facts)

    @classmethod
    def of(cls, said: Said) -> "Plain":
        """Return the sentence with its facts, those that are neither numbers nor texts as English texts."""
        return cls(said.text, {name: fact if isinstance(fact, int) else str(fact) for name, fact in said.facts.items()})

    @property
    def said(self) -> Said:
        """The sentence."""
        return Said(self.text, **self.facts)

    def __str__(self) -> str:
        return str(self.said)


class Kept(Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence as files keep it: see `Said`."""

    text: str
    facts: dict[str, "int | str | Kept"] = {}

    def __post_init__(self) -> None:
        _refuse_other_braces(self.text, self.facts)

    @classmethod
    def of(cls, said: Said) -> "Kept":
        """Return the sentence with its facts, as far as they are sentences, numbers or texts; the rest as texts."""
        return cls(said.text, {name: _kept(fact) for name, fact in said.facts.items()})

    def __str__(self) -> str:
        return str(self.said)

    @property
    def said(self) -> Said:
        """The sentence."""
        facts = {name: fact.said if isinstance(fact, Kept) else fact for name, fact in self.facts.items()}
        return Said(self.text, **facts)


def _kept(fact: object) -> int | str | Kept:
    said = getattr(fact, "said", fact)
    return Kept.of(said) if isinstance(said, Said) else said if isinstance(said, int) else str(said)


def _refuse_other_braces(text: str, facts: Collection[str]) -> None:
    """Raise ValueError: there is more in a sentence's braces than the names of its facts.

    A file is somebody else's word: `{fact:999999999}` would fill the memory of whoever reads it.
    """
    if not facts:  # said as it is
        return
    for _, name, form, conversion in Formatter().parse(text):
        if name is not None and (form or conversion or name not in facts or not name.isidentifier()):
            raise ValueError("a sentence has more in its braces than the names of its facts")
