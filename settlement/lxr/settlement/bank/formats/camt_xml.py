"""The elements of a camt message by their names, and the few values in them that are read strictly."""

from datetime import date
from typing import Final

from lxml import etree

from lxr.node.said import Said
from lxr.settlement.bank.formats.lexical import BLANKS, day_of_text, fen_of, flag_of
from lxr.settlement.bank.formats.strict import StrictFault, StrictRule
from lxr.settlement.bank.formats.texts import CURRENCY, Place, shown

Element = etree._Element
Children = dict[str, list[Element]]
_SCHEMA_INSTANCE: Final = "{http://www.w3.org/2001/XMLSchema-instance}"


def children(element: Element) -> Children:
    """Return the children in the element's own namespace, by name; what a bank adds in another one says nothing."""
    tag = element.tag
    cut = tag.find("}") + 1
    namespace = tag[:cut]
    found: Children = {}
    for child in element:
        name = child.tag
        if name.startswith(namespace):
            name = name[cut:]
            if name in found:
                found[name].append(child)
            else:
                found[name] = [child]
    return found


def within(element: Element, path: str) -> Element | None:
    """Return the first element at a path of names, None where there is none."""
    found: Element | None = element
    for name in path.split("/"):
        assert found is not None
        there = children(found).get(name)
        if there is None:
            return None
        found = there[0]
    return found


def once(among: Children, name: str, place: Place) -> Element | None:
    """Return the one child of a name. Raises StrictFault: there are several."""
    found = among.get(name)
    if found is None:
        return None
    if len(found) > 1:
        raise StrictFault("once", place.below(name), "is given more than once", "one")
    return found[0]


def trimmed(element: Element | None) -> str:
    """Return an element's text without blanks at its ends; nothing where there is none."""
    return "" if element is None else (element.text or "").strip(BLANKS)


def strict(element: Element | None, place: Place, rule: StrictRule) -> str:
    """Return the text of what moves money. Raises StrictFault: it is missing, or has elements in it."""
    if element is None:
        raise StrictFault(rule, place, "missing")
    if len(element):
        raise StrictFault(rule, place, "has elements in it", "a text")
    return (element.text or "").strip(BLANKS)


def amount_fen(element: Element | None, place: Place, most_fen: int) -> int:
    """Return an amount in CNY. Raises StrictFault: another currency, below zero, of parts of a fen, or too much."""
    text = strict(element, place, "amount")
    assert element is not None
    if element.get("Ccy") != CURRENCY or len(element.attrib) != 1:
        _refuse_currency(element, place)
    fen = fen_of(text)
    if fen is None or fen > most_fen:
        raise StrictFault(
            "amount",
            place,
            Said("has {shown}", shown=shown(text)),
            "yuan in whole fen, not below zero, below 10 trillion",
        )
    return fen


def _refuse_currency(element: Element, place: Place) -> None:
    given = [name for name in element.attrib if not str(name).startswith(_SCHEMA_INSTANCE)]
    currency = str(element.get("Ccy", "not given"))
    if currency != CURRENCY or given != ["Ccy"]:
        raise StrictFault(
            "currency",
            place,
            Said("currency is {shown}", shown=shown(currency)),
            Said("the attribute Ccy={currency} alone", currency=CURRENCY),
        )


def is_credit(element: Element | None, place: Place) -> bool:
    """Return whether a CdtDbtInd says that money came in. Raises StrictFault: it says neither."""
    text = strict(element, place, "sign")
    if text not in ("CRDT", "DBIT"):
        raise StrictFault("sign", place, Said("has {shown}", shown=shown(text)), "CRDT or DBIT")
    return text == "CRDT"


def flag(element: Element, place: Place, rule: StrictRule) -> bool:
    """Return what a boolean says. Raises StrictFault: it is none."""
    text = strict(element, place, rule)
    found = flag_of(text)
    if found is None:
        raise StrictFault(rule, place, Said("has {shown}", shown=shown(text)), "`true`, `false`, `1` or `0`")
    return found


def day(element: Element, place: Place) -> date:
    """Return the day of a date, or of a date and time. Raises StrictFault: there is none."""
    among = children(element)
    name = "Dt" if "Dt" in among else "DtTm"
    found = once(among, name, place)
    text = strict(found, place.below(name), "date")
    said = day_of_text(text)
    if said is None:
        raise StrictFault(
            "date",
            place.below(name),
            Said("has {shown}", shown=shown(text)),
            "a date or a time of the calendar",
        )
    return said
