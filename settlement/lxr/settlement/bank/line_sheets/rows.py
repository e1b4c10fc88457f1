"""What every sheet of waiting lines shows of a line, and that it still is what the ledger says when it comes back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from lxr.chaincode.custody_records import Booking
from lxr.node.said import Said
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.line_sheets.columns import Column
from lxr.settlement.bank.line_sheets.reading import SheetRow
from lxr.settlement.bank.line_sheets.writing import Cell
from lxr.settlement.bank.line_words import direction_words, marks_words, target_words
from lxr.settlement.bank.matching.evidence import Evidence, whole
from lxr.settlement.bank.proposals import LineProposal
from lxr.settlement.bank.statement_lines import plain
from lxr.settlement.errors import InputFault
from lxr.settlement.keys import BookingKey
from lxr.settlement.messages import say
from lxr.settlement.messages.bilingual import Words

EXPECTED: Final = "what the ledger says: export the sheet anew"


def shown(
    booking: Booking, until: date | None, evidence: Evidence, proposal: LineProposal | None
) -> dict[Column, Cell]:
    """Return what a row shows of a waiting line. until: the day of the last statement."""
    line = booking.line
    entry = evidence.entries.get(whole(line.key))
    row: dict[Column, Cell] = {
        **_facts(booking),
        "yuan": booking.waiting_fen,
        "days": max(0, (until - line.day).days) if until else 0,
    }
    if entry is not None:
        row["name"], row["account"] = entry.counterparty_name, entry.counterparty_account
        row["text"] = f"{entry.bank_text} {entry.remittance}".strip()
    if proposal is not None:
        targets = [target_words(each.target, credit=line.credit) for each in proposal.candidates]
        row["proposal"] = _one_of(targets)
        row["why"] = _one_of([Words(say(each.why, "en"), say(each.why, "zh")) for each in proposal.candidates])
    return row


def by_line(rows: Iterable[SheetRow]) -> tuple[dict[str, SheetRow], list[InputFault]]:
    """Return the rows by the lines that they are about, and what is wrong with others: each of two of one line."""
    found: dict[str, list[SheetRow]] = defaultdict(list)
    faults = []
    for row in rows:
        try:
            found[str(key_in(row))].append(row)
        except InputFault as fault:
            faults.append(fault)
    for key, those in found.items():
        if len(those) > 1:
            numbers = ", ".join(str(row.number) for row in those)
            problem = Said("{key} stands in rows {numbers}", key=key, numbers=numbers)
            faults += [row.cell_fault("line", problem, "once") for row in those]
    return {key: those[0] for key, those in found.items() if len(those) == 1}, faults


def key_in(row: SheetRow) -> BookingKey:
    """Return the line that a row is about. Raises InputFault: it names none."""
    try:
        return BookingKey.read(plain(row["line"]))
    except ValueError:
        raise row.cell_fault("line", "names no line", "a day and a reference like 2026-09-16/B1") from None


def refuse_other_facts(row: SheetRow, booking: Booking, amount_fen: int, *, said: bool) -> None:
    """Raise InputFault: a row shows something else of a line than the ledger has. amount_fen: what of it counts.

    said: whether what the bank says of it is compared too.
    """
    facts = _facts(booking)
    for column in ("day", "direction", "marks", *(("said",) if said else ())):
        fact, cell = facts[column], plain(row[column])
        if cell not in ({plain(fact.en), plain(fact.zh)} if isinstance(fact, Words) else {plain(str(fact))}):
            raise row.cell_fault(column, "differs from the ledger", EXPECTED)
    if fen_in(row, "yuan") != amount_fen:
        there = Said("{yuan}, as the ledger says: export the sheet anew", yuan=texts.yuan(amount_fen))
        raise row.cell_fault("yuan", "differs from the ledger", there)


def fen_in(row: SheetRow, column: Column) -> int:
    """Return an amount in a cell. Raises InputFault: it holds none."""
    return fen_of(row, column, row[column])


def fen_of(row: SheetRow, column: Column, text: str) -> int:
    """Return an amount in yuan as fen. Raises InputFault: it is none."""
    given = plain(text).replace(",", "")
    whole, _, part = given.partition(".")
    given = whole + (f".{part[:2]}{part[2:].rstrip('0')}" if part else "")
    if texts.YUAN.pattern.fullmatch(given) is None:
        raise row.cell_fault(column, "is no amount", "yuan with at most two decimals, like 1,234.50")
    return texts.fen_of(given)


def _facts(booking: Booking) -> Mapping[Column, str | Words]:
    """Return what the ledger knows of a line, and a row shows in words."""
    line, proposal = booking.line, booking.proposal
    return {
        "line": line.key,
        "day": line.day.isoformat(),
        "direction": direction_words(credit=line.credit),
        "marks": marks_words(line),
        "said": "" if proposal is None else target_words(proposal.target, credit=line.credit),
    }


def _one_of(each: list[Words]) -> Words:
    """Say one of several things that a line may be."""
    return Words(" / ".join(one.en for one in each), " / ".join(one.zh for one in each))
