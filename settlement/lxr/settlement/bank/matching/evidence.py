"""What the statements' files say of lines that the ledger has: who the other side is, and what the bank calls them.

A file counts only where its line has the day, reference, direction and amount of the ledger's.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from lxr.chaincode.custody_records import Booking
from lxr.settlement.bank.matching.known import Known
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.bank.statement_lines import key_of, plain

PART: Final = "~"
"""Between a line's reference and the number of a part of it."""


class Side(Struct, frozen=True):
    """The other side of a payment: its account and name, in the form in which they are compared."""

    account: str
    name: str

    def fits(self, other: "Side") -> bool:
        """Return whether both are one account, under one name as far as both are named."""
        same = self.account != "" and self.account == other.account
        return same and (not self.name or not other.name or self.name == other.name)


class Evidence(Struct, frozen=True):
    """What files say, by the key of the line."""

    entries: Mapping[str, Entry]

    def of(self, booking: Booking) -> Entry | None:
        """Return what a file says of a line; None: no file has it, or it is a part, which people have told apart."""
        return self.entries.get(booking.line.key)

    def side(self, booking: Booking) -> Side | None:
        """Return the other side of a line; None: no file says its account."""
        entry = self.of(booking)
        if entry is None or not plain(entry.counterparty_account):
            return None
        return side_of(entry.counterparty_account, entry.counterparty_name)


def side_of(account: str, name: str) -> Side:
    """Return the other side that an account and a name are."""
    return Side(plain(account).replace("-", ""), plain(name))


def whole(key: str) -> str:
    """Return the key of the line that a key names a part of."""
    return key.partition(PART)[0]


def read_evidence(known: Known, statements: Iterable[Statement]) -> Evidence:
    """Return what the entries of statements say of the ledger's lines that wait, or that are deposits."""
    wanted = {whole(key) for key, booking in known.booked.items() if booking.kind in ("waiting", "deposit")}
    entries: dict[str, Entry] = {}
    for statement in statements:
        for entry in statement.entries:
            key = key_of(entry)
            if key in wanted and entry.signed_fen == known.booked[key].line.signed_fen:
                entries[key] = entry
    return Evidence(entries)
