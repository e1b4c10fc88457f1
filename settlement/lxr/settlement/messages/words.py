"""The words of the catalogues in both languages, for what is handed over to readers of either."""

from collections.abc import Iterable

from lxr.settlement.messages import in_words
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.messages.catalogue import word


def words_of(sort: str, code: str, of: str = "") -> Words:
    """Return the words for a code, see `catalogue.word`."""
    return Words(word(sort, code, "en", of), word(sort, code, "zh", of))


def organisations_words(names: Iterable[str]) -> Words:
    """Say several organisations, or persons of them, in their order."""
    said = [fact_words("caller", name) for name in names]
    return Words(", ".join(each.en for each in said), "、".join(each.zh for each in said))


def fact_words(name: str, fact: str | int) -> Words:
    """Return a fact as it is said under its name, see `in_words`."""
    return Words(in_words(name, fact, "en"), in_words(name, fact, "zh"))
