"""What the system says to people: sentences and words in each language, from gettext catalogues.

Whatever is told below the edges is a code and facts. The catalogues have a sentence for each code, in which its facts
stand, and a word for each code that a fact can be. Money is in yuan in all of them.
"""

from collections.abc import Mapping
from string import Formatter
from typing import Any

import msgspec

from lxr.node.said import Fault, Said, notes_of, on_one_line
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.messages.catalogue import Language, template, translated, word
from lxr.settlement.messages.facts import say_of
from lxr.settlement.messages.validation import of_validation
from lxr.token.refusal import Fact, Refusal


def render(refusal: Refusal, language: Language) -> str:
    """Return a refusal as one line for whoever reads that language."""
    key = key_of(type(refusal), str(refusal.facts.get("case", "")))
    return sentence(template(key, language), refusal.facts, language)


def key_of(refusal: type[Refusal], case: str) -> str:
    """Return under which key the catalogues have a refusal, or one of its cases."""
    return f"{refusal.__name__}/{case}" if case else refusal.__name__


def say(said: Said, language: Language) -> str:
    """Return a sentence, and the sentences, faults and refusals in it, for whoever reads that language."""
    text = said.text if language == "en" else translated(said.text, language)
    if not said.facts:
        return text
    return text.format(**{name: _said(name, said.facts, language) for name in fact_names(text)})


def tell(fault: BaseException, language: Language) -> str:
    """Return a fault or refusal as one line, with what was added to it."""
    line = _in_words(fault, language)
    return word("list", "more", language).join([line, *(say(note, language) for note in notes_of(fault))])


def in_words(name: str, fact: str | int, language: Language) -> str:
    """Return a fact as it is said under its name: `in_words("reason", "cash_out", "zh")` is 提现."""
    return say_of(name)(fact, {}, language)


def sentence(text: str, facts: Mapping[str, Fact], language: Language) -> str:
    """Return a sentence with its facts in words: codes as the catalogue has them, money in yuan, all else as it is."""
    return text.format(**{name: _said(name, facts, language) for name in fact_names(text)})


def fact_names(text: str) -> set[str]:
    """Return the names of the facts that stand in a sentence."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _said(name: str, facts: Mapping[str, Any], language: Language) -> str:
    fact, as_named = facts[name], say_of(name)
    each = fact if isinstance(fact, tuple) else (fact,)
    words = [as_named(one, facts, language) if isinstance(one, str | int) else _in_words(one, language) for one in each]
    if not words:
        return word("list", "none", language)
    return word("list", "or" if name == "needed" else "and", language).join(words)


def _in_words(fact: object, language: Language) -> str:
    """What stands in a sentence and is no code: a sentence, a fault, or something that is said by its own text."""
    match fact:
        case Said():
            return say(fact, language)
        case Fault():
            return say(fact.said, language)
        case Refusal():
            return render(fact, language)
        case Words():
            return fact.in_language(language)
        case msgspec.ValidationError():
            return say(of_validation(fact), language)
    return on_one_line(str(fact)) if isinstance(fact, BaseException) else str(fact)
