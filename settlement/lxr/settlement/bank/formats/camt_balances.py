"""What a camt statement opens and closes with: OPBD and CLBD. Every other balance is passed over, whatever it is.

Where OPBD is missing, the closing balance of the day before is in its place: PRCD, or the earlier one of two CLBD.
"""

from datetime import date
from typing import Final

from msgspec import Struct

from lxr.node.said import Said
from lxr.settlement.bank.formats.camt_xml import Children, amount_fen, children, day, is_credit, once, trimmed, within
from lxr.settlement.bank.formats.lexical import day_of_text
from lxr.settlement.bank.formats.strict import StrictFault
from lxr.settlement.bank.formats.texts import AMOUNT_MAX_FEN, Place

_INTERIM: Final = "INTM"
"""The sub-type of a page's balances."""


class Balances(Struct, frozen=True):
    """openings_fen, closings: the statement's own first, then the page's; below zero where overdrawn."""

    openings_fen: tuple[int, ...]
    closings: tuple[tuple[int, date], ...]


def day_of_balances(among: Children) -> date | None:
    """Return the day of the closing balance, as far as it is to be read yet."""
    for balance in among.get("Bal", ()):
        if _code(children(balance)) == "CLBD":
            found = within(balance, "Dt/Dt")
            text = trimmed(found if found is not None else within(balance, "Dt/DtTm"))
            return day_of_text(text)
    return None


def read_balances(among: Children, place: Place) -> Balances:
    """Return the balances of a statement or page. Raises StrictFault: one is given twice, or says nothing clear."""
    found: dict[tuple[str, bool], list[tuple[date, int]]] = {}
    below = place.below("Bal")
    for balance in among.get("Bal", ()):
        parts = children(balance)
        code = _code(parts)
        if code not in ("OPBD", "CLBD", "PRCD"):
            continue
        interim = trimmed(within(parts["Tp"][0], "SubTp/Cd")) == _INTERIM
        fen = amount_fen(once(parts, "Amt", below), below.below("Amt"), AMOUNT_MAX_FEN)
        credit = is_credit(once(parts, "CdtDbtInd", below), below.below("CdtDbtInd"))
        dated = once(parts, "Dt", below)
        if dated is None:
            raise StrictFault("date", below.below("Dt"), "missing", "the balance's day")
        found.setdefault((code, interim), []).append((day(dated, below.below("Dt")), fen if credit else -fen))
    opened = [each for interim in (False, True) for each in found.get(("OPBD", interim), ())]
    if not opened:
        opened = found.get(("PRCD", False), []) + found.get(("PRCD", True), [])
        closed = sorted(found.get(("CLBD", False), []))
        if not opened and len(closed) == 2 and closed[0][0] < closed[1][0]:
            opened, found["CLBD", False] = closed[:1], closed[1:]
        if len(opened) > 1:
            raise StrictFault("balance", below, Said("{kind} is given twice", kind="PRCD"), "one of each")
    for (code, _), balances in found.items():
        if len(balances) > 1 and code != "PRCD":
            raise StrictFault("balance", below, Said("{kind} is given twice", kind=code), "one of each")
    closed = [each for interim in (False, True) for each in found.get(("CLBD", interim), ())]
    return Balances(tuple(fen for _, fen in opened), tuple((fen, on) for on, fen in closed))


def _code(balance: Children) -> str:
    """Return what a balance is by its code; nothing where the bank has a word of its own for it."""
    if "Tp" not in balance:
        return ""
    return trimmed(within(balance["Tp"][0], "CdOrPrtry/Cd"))
