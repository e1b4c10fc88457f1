"""How the facts of a refusal are said, by their names. Those that are not here are said as they are."""

from collections.abc import Callable, Mapping
from typing import Final

from lxr.settlement.bank.formats.texts import yuan
from lxr.settlement.messages.catalogue import Language, word
from lxr.token.refusal import Fact

Say = Callable[[str | int, Mapping[str, Fact], Language], str]
"""Says one fact, given all of its refusal."""


def say_of(name: str) -> Say:
    """Return how the facts of a name are said."""
    return _yuan if name == "fen" or name.endswith("_fen") else _SAID.get(name, _as_it_is)


def _as_it_is(fact: str | int, _: Mapping[str, Fact], language: Language) -> str:
    return word("list", "none", language) if fact == "-" else str(fact)


def _yuan(fact: str | int, _: Mapping[str, Fact], language: Language) -> str:
    return word("list", "money", language).format(yuan(fact)) if isinstance(fact, int) else str(fact)


def _of_sort(sort: str) -> Say:
    return lambda fact, _, language: word(sort, str(fact), language)


def _state(fact: str | int, facts: Mapping[str, Fact], language: Language) -> str:
    """Return a state, as it is said of what the refusal speaks of."""
    of = facts.get("what", "cashout" if "cashout" in facts else "")
    return word("state", str(fact), language, of=str(of))


def _caller(caller: str | int, _facts: Mapping[str, Fact], language: Language) -> str:
    """Return a caller, as union/operator or employer/signer/E001."""
    organisation, _, rest = str(caller).partition("/")
    role, _, employer = rest.partition("/")
    said = (
        word("caller", "employer", language).format(employer)
        if employer
        else word("organisation", organisation, language)
    )
    return word("caller", "of", language).format(said, word("role", role, language)) if role else said


def _account(name: str | int, _facts: Mapping[str, Fact], language: Language) -> str:
    """Return an account, as employer:E001, or the record that holds a sum, as wages/E001/3."""
    table, slash, key = str(name).partition("/")
    if slash and table != "account":
        return f"{word('what', table, language)} {key}"
    kind, _, whose = (key or table).partition(":")
    said = word("account", kind, language)
    return said if said == kind else said.format(whose)  # what is no word of ours is no form for others


def _rule(label: str | int, _facts: Mapping[str, Fact], language: Language) -> str:
    """Return the label of a pay rule, as bonus:orders:day:30."""
    rule, *parts = str(label).split(":")
    said = word("rule", rule, language)
    if said == rule:  # as above
        return said
    words = (
        f"{int(part):,}" if part.isdecimal() else word("measure", word("span", part, language), language)
        for part in parts
    )
    try:
        return said.format(*words, one=word("unit", parts[0] if parts else "", language))
    except IndexError:
        return str(label)


def _parameter(name: str | int, _facts: Mapping[str, Fact], language: Language) -> str:
    """The name of a parameter, as minimum_wage.510100: it stays beside its words, for it is what commands take."""
    family, _, _ = str(name).partition(".")
    said = word("parameter", family, language)
    return str(name) if said == family else word("list", "named", language).format(name, said)


_SAID: Final[Mapping[str, Say]] = {
    "account": _account,
    "source": _account,
    "target": _account,
    "booked": _of_sort("kind"),
    "caller": _caller,
    "command": _of_sort("command"),
    "contract_type": _of_sort("contract_type"),
    "figure": _of_sort("figure"),
    "fault": _of_sort("fault"),
    "flaw": _of_sort("flaw"),
    "have": _of_sort("organisation"),
    "income_class": _of_sort("income_class"),
    "issuer": _of_sort("organisation"),
    "kind": _of_sort("kind"),
    "known": _of_sort("measure"),
    "measure": _of_sort("measure"),
    "named": _of_sort("organisation"),
    "needed": _state,
    "organisation": _of_sort("organisation"),
    "owner": _of_sort("owner"),
    "parameter": _parameter,
    "part": _of_sort("part"),
    "reason": _of_sort("reason"),
    "rule": _rule,
    "scope": _of_sort("scope"),
    "state": _state,
    "what": _of_sort("what"),
    "withholding_agent": _of_sort("withholding_agent"),
    "difference": _of_sort("value"),
    "given": _of_sort("value"),
    "proof": _of_sort("proof"),
    "there": _of_sort("value"),
}
