"""Lines that are likely an employer's deposit, or the bank's own fee or interest."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from lxr.chaincode.custody_records import PLATFORM, Booking
from lxr.chaincode.lines import Target
from lxr.node.said import Said
from lxr.settlement.bank.matching.evidence import Evidence, Side
from lxr.settlement.bank.matching.known import Candidate, Known, is_whole
from lxr.settlement.bank.model import Entry, OfTheBank
from lxr.settlement.bank.statement_lines import plain

_WORDS: Final[dict[str, OfTheBank]] = {
    **dict.fromkeys(
        ("手续费", "账户管理费", "帐户管理费", "账户维护费", "转账手续费", "代发手续费", "网银服务费"), "fee"
    ),
    **dict.fromkeys(("结息", "利息", "利息收入", "存款利息", "活期结息", "批量结息"), "interest"),
}
"""What banks without codes write as all that they say of a line, in whatever place, to or from no other account."""


def of_employers(known: Known, evidence: Evidence) -> Iterator[tuple[str, Candidate]]:
    """Yield credits of which nobody is named, from the account and name of an employer's earlier deposits.

    Where a deposit of this employer and amount is attested and was on no statement, the line is likely that one's: a
    second deposit beside it would make money twice.
    """
    payers: dict[Side, set[str]] = defaultdict(set)
    for booking in known.booked.values():
        side = evidence.side(booking) if booking.kind == "deposit" else None
        if side is not None and side.name and booking.party is not None:
            payers[side].add(booking.party)
    for booking in known.waiting(credit=True):
        side = evidence.side(booking) if known.names_nobody(booking) else None
        for employer in sorted(payers.get(side, ()) if side is not None else ()):
            yield from _of_employer(known, booking, employer)


def _of_employer(known: Known, booking: Booking, employer: str) -> Iterator[tuple[str, Candidate]]:
    key, attested = booking.line.key, False
    for each in known.in_transit:
        if (each.employer, each.amount_fen) == (employer, booking.waiting_fen) and is_whole(booking):
            name = f"{each.day}/{each.booking}"
            attested |= each.missing
            why = Said("from the account and name of earlier deposits, as this one was attested")
            yield key, Candidate(Target("deposit", name), why, (name,))
    if not attested:
        yield key, Candidate(Target("employer", employer), Said("from the account and name of earlier deposits"), ())


def of_the_bank(known: Known, evidence: Evidence) -> Iterator[tuple[str, Candidate]]:
    """Yield debits that are the bank's fee or interest by its own code or word, and credits that are its interest."""
    for credit in (False, True):
        for booking in known.waiting(credit=credit):
            entry = evidence.of(booking)
            if entry is None or not (known.names_nobody(booking) if credit else not booking.line.may_be_return):
                continue
            coded = entry.of_the_bank
            said = coded or _said(entry)
            if said is None or (credit and said == "fee"):
                continue
            why = Said("the bank's code says that it is its fee or interest")
            if coded is None:
                why = Said("the bank's own word says that it is its fee or interest")
            payers_word = credit and coded is None and not plain(entry.bank_text)
            yield booking.line.key, Candidate(Target("platform", PLATFORM), why, (), sure=not payers_word)


def _said(entry: Entry) -> OfTheBank | None:
    words = {plain(entry.bank_text), plain(entry.remittance)} - {""}
    alone = not plain(entry.counterparty_account) and not plain(entry.counterparty_name) and len(words) == 1
    return _WORDS.get(words.pop()) if alone else None
