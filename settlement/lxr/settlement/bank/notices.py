"""What the bank tells during the day (camt.052, camt.054): shown and never booked, for it has no balances.

A credit whose payer names itself can be attested by the teller ahead of its statement, as any other deposit; the
statement then confirms it, or says that it is missing.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from msgspec import Struct

from lxr.chaincode.custody_records import attestations, bookings
from lxr.chaincode.employers import employers
from lxr.node.client import Client
from lxr.settlement.bank.formats.texts import DERIVED
from lxr.settlement.bank.model import Entry
from lxr.settlement.bank.statement_files import read_notices
from lxr.settlement.bank.statement_lines import canonical, facts_of


class NoticeLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A booked entry of a notice. message: camt.052 or camt.054. booking: the bank's reference in the ledger's form.

    employer: whose deposit it likely is, by the payer's own words. known: whether the ledger has it already, attested
    or on a statement.
    """

    file: str
    message: str
    day: date
    booking: str
    credit: bool
    amount_fen: int
    employer: str | None
    known: bool

    @property
    def can_be_attested(self) -> bool:
        """Whether the teller may attest it as a deposit: the ledger has not got it, and its reference is the bank's."""
        return self.employer is not None and not self.known and not self.booking.startswith(DERIVED)


def shown(client: Client, custody: str, paths: Iterable[Path]) -> tuple[NoticeLine, ...]:
    """Return the entries of notices, in the files' order. Raises InputFault: a file is unsound or has no notice."""
    return tuple(
        _line(client, custody, file, notice.message, entry)
        for file, notice in read_notices(paths, custody)
        for entry in notice.entries
    )


def _line(client: Client, custody: str, file: str, message: str, entry: Entry) -> NoticeLine:
    line = facts_of(entry, canonical(entry.bank_ref))
    place = custody, line.day, line.booking
    payer = line.payer if line.payer is not None and client.get(employers, line.payer) is not None else None
    known = client.get(bookings, *place) is not None or client.get(attestations, *place) is not None
    return NoticeLine(file, message, line.day, line.booking, line.credit, line.amount_fen, payer, known)
