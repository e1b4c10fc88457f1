"""Payments and statements as they are, whatever file they come from or go into: see `formats`."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct


class Party(Struct, frozen=True, forbid_unknown_fields=True):
    """The holder of the account that pays: legal name (1..140 characters) and its bank's CNAPS code (12 digits)."""

    name: str
    bank: str


class Transfer(Struct, frozen=True, forbid_unknown_fields=True):
    """One payment of an order.

    end_to_end_id: 1..30 of A-Z 0-9, unique in the order, never used again, shown on the statement.
    amount_fen: 1..AMOUNT_MAX_FEN. creditor_bank: CNAPS code, 12 digits. purpose: ISO code, 4 characters.
    remittance: 0..140 characters on one line.
    """

    end_to_end_id: str
    amount_fen: int
    creditor_name: str
    creditor_account: str
    creditor_bank: str
    purpose: str
    remittance: str


class PaymentFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Payments from one account on one day.

    created_at: with an offset of whole minutes. transfers: 1..TRANSFERS_MAX. batch_booking: the bank is asked to book
    one total of all of them, where otherwise each is a line of the statement, with its end-to-end id.
    """

    message_id: str
    created_at: datetime
    execution_date: date
    debtor: Party
    debtor_account: str
    transfers: tuple[Transfer, ...]
    batch_booking: bool = False

    @property
    def total_fen(self) -> int:
        return sum(transfer.amount_fen for transfer in self.transfers)


OfTheBank = Literal["fee", "interest"]
"""What is of the bank's own: what it charges, what it pays for the money that lies there."""


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One booked entry.

    amount_fen: 1..AMOUNT_MAX_FEN. credit: money came in. reversal: the bank takes back an entry of its own.
    bank_ref: the bank's booking reference (AcctSvcrRef), unique among those of its day. end_to_end_id: the payer's,
    None when the payer gave none; instruction_id (InstrId), payment_id (PmtInfId), message_id (MsgId): of the order to
    pay it, likewise.
    The counterparty is the other side of the payment, of the original payment when it came back; its name, its account
    and the remittance are empty when the bank gives none. return_reason: the ISO code (AC04, ...) when the entry is a
    payment that came back, else None. bank_text: what the bank says of it in its own words, with RRTN where it is coded
    as a payment that came back and bears no reason.
    """

    amount_fen: int
    credit: bool
    reversal: bool
    booking_date: date
    value_date: date
    bank_ref: str
    end_to_end_id: str | None
    counterparty_name: str
    counterparty_account: str
    return_reason: str | None
    remittance: str
    instruction_id: str | None = None
    payment_id: str | None = None
    bank_text: str = ""
    message_id: str | None = None
    of_the_bank: OfTheBank | None = None

    @property
    def signed_fen(self) -> int:
        return self.amount_fen if self.credit else -self.amount_fen


class Statement(Struct, frozen=True, forbid_unknown_fields=True):
    """One account up to the end of one day. Balances: -AMOUNT_MAX_FEN..AMOUNT_MAX_FEN, below zero where overdrawn.

    sequence: the bank's number, one more each statement, which may begin anew; None where the bank gives none.
    """

    statement_id: str
    sequence: int | None
    account: str
    date: date
    opening_fen: int
    closing_fen: int
    entries: tuple[Entry, ...]


class Page(Struct, frozen=True, forbid_unknown_fields=True):
    """One of several pages of a statement: number from 1, last where no other follows.

    openings_fen, closings: what it says that statement or page opens and closes with, and on which day; the statement's
    own first, as far as the page says so. unnumbered: of each reference that the bank did not give, what is said of its
    entry, which is counted on among the pages.
    """

    statement_id: str
    sequence: int | None
    account: str
    number: int
    last: bool
    openings_fen: tuple[int, ...]
    closings: tuple[tuple[int, date], ...]
    entries: tuple[Entry, ...]
    unnumbered: dict[str, str] = {}


Unbooked = Literal["PDNG", "FUTR", "INFO", "zero", "account", "notice"]
"""What a file has beside booked entries: pending, future and informational ones, entries of 0.00, statements of other
accounts, notices of the day without balances."""
NAMED_MAX = 100
"""So many of what was passed over are named; all are counted."""


class PassedOver(Struct, frozen=True, forbid_unknown_fields=True):
    """What of one kind was passed over in a file. names: references, or accounts; at most NAMED_MAX."""

    what: Unbooked
    count: int
    names: tuple[str, ...]


class Notice(Struct, frozen=True, forbid_unknown_fields=True):
    """What the bank tells of an account during the day, without balances. message: camt.052 or camt.054."""

    message: str
    account: str
    entries: tuple[Entry, ...]


class StatementFile(Struct, frozen=True, forbid_unknown_fields=True):
    """What a file says of one account: whole statements and pages, in the file's order, and what was passed over."""

    statements: tuple[Statement, ...] = ()
    pages: tuple[Page, ...] = ()
    notices: tuple[Notice, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
