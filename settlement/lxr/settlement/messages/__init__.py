"""What the system says to people: sentences and words in each language, from gettext catalogues.

Whatever is told below the edges is a code and facts. The catalogues have a sentence for each code, in which its facts
stand, and a word for each code that a fact can be. Money is in yuan in all of them.
"""

from collections.abc import Mapping
from string import Formatter

from lxr.settlement.messages.catalogue import Language, template, word
from lxr.settlement.messages.facts import say_of
from lxr.token.refusal import Fact, Refusal


def render(refusal: Refusal, language: Language) -> str:
    """Return a refusal as one line for whoever reads that language."""
    key = key_of(type(refusal), str(refusal.facts.get("case", "")))
    return sentence(template(key, language), refusal.facts, language)


def key_of(refusal: type[Refusal], case: str) -> str:
    """Return under which key the catalogues have a refusal, or one of its cases."""
    return f"{refusal.__name__}/{case}" if case else refusal.__name__


def sentence(text: str, facts: Mapping[str, Fact], language: Language) -> str:
    """Return a sentence with its facts in words: codes as the catalogue has them, money in yuan, all else as it is."""
    return text.format(**{name: _said(name, facts, language) for name in fact_names(text)})


def fact_names(text: str) -> set[str]:
    """Return the names of the facts that stand in a sentence."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _said(name: str, facts: Mapping[str, Fact], language: Language) -> str:
    fact, say = facts[name], say_of(name)
    each = fact if isinstance(fact, tuple) else (fact,)
    words = [say(one, facts, language) for one in each]
    if not words:
        return word("list", "none", language)
    return word("list", "or" if name == "needed" else "and", language).join(words)
