"""The bank's desk: what a statement and a list of rejections say, put on the ledger in the bank's own name."""

import re
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from lxr_chaincode.cashout_records import CashOutState, Order, OrderState, cash_outs, orders
from lxr_chaincode.custody import (
    MAX_ENTRIES,
    BookStatement,
    DepositLine,
    Line,
    MadeGoodLine,
    PayoutLine,
    RejectOrders,
    ReturnLine,
    StrayLine,
)
from lxr_chaincode.custody_records import Booking, Custody, bookings, custodies, statements
from lxr_chaincode.registry import employers
from lxr_node.client import Client
from lxr_settlement.bankfiles import camt053, texts
from lxr_settlement.bankfiles.camt053 import Entry, Statement
from lxr_settlement.bankfiles.files import read_bounded
from lxr_settlement.bankfiles.simulator import Rejection
from lxr_settlement.cashout import Progress
from lxr_settlement.deposits import employer_of
from lxr_settlement.errors import InputFault

MADE_GOOD: Final = "MADE GOOD"
"""What the remittance of a credit says that makes a shortfall good."""
REVERSAL: Final = "reversal"
"""The reason of a return that the bank gives none for: it took its own debit back."""
_REJECTIONS_BYTES_MAX: Final = 16 * 1024 * 1024
_BOOKING: Final = texts.rule(r"[0-9A-Za-z-]{1,35}", "1 to 35 of 0-9 A-Z a-z -")
ORDER: Final = re.compile(r"[A-Z0-9]{10,30}", re.ASCII)
"""What an end-to-end id must be to name an order."""

Kind = Literal["deposit", "payout", "return", "stray", "made_good"]


class Sum(Struct, frozen=True, forbid_unknown_fields=True):
    """How many lines of one kind, and their sum."""

    count: int = 0
    amount_fen: int = 0


class ImportReport(Struct, frozen=True, forbid_unknown_fields=True):
    """A statement as it stands on the ledger. kinds: its lines by kind.

    strays: booking references of debits that no order explains. suspense: of credits of nobody that is known.
    """

    custody: str
    sequence: int
    day: date
    opening_fen: int
    closing_fen: int
    entries: int
    kinds: dict[Kind, Sum]
    strays: tuple[str, ...]
    suspense: tuple[str, ...]


def import_statement(teller: Client, custody: str, path: Path, *, progress: Progress | None = None) -> ImportReport:
    """Book a camt.053 on the ledger, from where it broke off; one that is there already is only reported.

    Raises InputFault: a file that is no sound statement, of another account, out of sequence, with other content than
    the ledger has under its number, or with a booking reference that the ledger cannot keep or already has.
    Refuses: as BookStatement.
    """
    data = read_bounded(path, texts.BYTES_MAX)
    statement = camt053.read(data, path.name)
    digest = sha256(data).hexdigest()
    account = teller.need(custodies, custody)
    done = _done(teller, custody, account, statement, digest, path.name)
    if done is not None:
        lines = _Reading(teller, custody, account, statement, path.name).lines(done)
        for start in range(0, max(len(lines), 1), MAX_ENTRIES):
            command = BookStatement(
                request_id=f"statement:{custody}:{statement.sequence}:{done + start}",
                custody=custody,
                sequence=statement.sequence,
                day=statement.date,
                opening_fen=statement.opening_fen,
                closing_fen=statement.closing_fen,
                entries=len(statement.entries),
                file_digest=digest,
                first=done + start,
                lines=tuple(lines[start : start + MAX_ENTRIES]),
            )
            teller.submit(command)
            if progress is not None:
                progress(done + start + len(command.lines), len(statement.entries))
    return _report(teller, custody, statement)


def reject(teller: Client, custody: str, path: Path) -> int:
    """Book the bank's rejections of payouts; how many were not booked before.

    A rejection counts for an order only if it is of the very message that the cash-out was instructed with: a second
    file with the same orders is rejected too, and says nothing of the first. Raises InputFault: no such list.
    """
    try:
        listed = msgspec.json.decode(read_bounded(path, _REJECTIONS_BYTES_MAX), type=list[Rejection])
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise InputFault(file=path.name, problem=str(fault), expected="the bank's list of rejections") from None
    numbers = [rejection.end_to_end_id for rejection in listed if ORDER.fullmatch(rejection.end_to_end_id)]
    found = _orders(teller, numbers)
    waiting: dict[str, dict[str, str]] = {}
    for rejection in listed:
        order = found.get(rejection.end_to_end_id)
        if order is None or order.state is not OrderState.HELD:
            continue
        head = teller.need(cash_outs, order.cashout)
        if (head.state, head.message_id, head.custody) == (CashOutState.INSTRUCTED, rejection.message_id, custody):
            waiting.setdefault(order.cashout, {})[rejection.end_to_end_id] = rejection.reason
    for cashout, reasons in waiting.items():
        pairs = tuple(reasons.items())
        for start in range(0, len(pairs), MAX_ENTRIES):
            some = pairs[start : start + MAX_ENTRIES]
            which = sha256(msgspec.json.encode(some)).hexdigest()[:16]
            command = RejectOrders(
                request_id=f"reject:{cashout}:{which}", custody=custody, cashout=cashout, rejections=some
            )
            teller.submit(command)
    return sum(len(reasons) for reasons in waiting.values())


def _done(client: Client, custody: str, account: Custody, statement: Statement, digest: str, file: str) -> int | None:
    """How many of the statement's lines are on the ledger; None: it is complete."""

    def fault(problem: str, expected: str) -> InputFault:
        return InputFault(file=file, problem=problem, expected=expected)

    if statement.account != custody:
        raise fault(f"a statement of account {statement.account}", f"account {custody}")
    if statement.sequence > account.sequence + 1:
        raise fault(f"statement {statement.sequence} is out of sequence", f"statement {account.sequence + 1}")
    there = client.get(statements, custody, statement.sequence)
    if there is None:
        return 0
    if there.file_digest != digest:
        problem = f"statement {statement.sequence} of {there.day} is on the ledger with other content"
        raise fault(problem, f"the file of digest {there.file_digest}")
    return None if statement.sequence <= account.sequence else there.done


class _Reading:
    """What the entries of a statement are, given the ledger and the entries before them."""

    def __init__(self, client: Client, custody: str, account: Custody, statement: Statement, file: str) -> None:
        self._client: Final = client
        self._custody: Final = custody
        self._entries: Final = statement.entries
        self._file: Final = file
        self._shortfall_fen = account.shortfall_fen
        self._attested: dict[str, Booking] = {}
        self._orders: dict[str, Order] = {}
        self._employers = set[str]()

    def lines(self, first: int) -> list[Line]:
        """The lines from that entry on. Raises InputFault before anything is booked."""
        rest = self._entries[first:]
        for row, entry in enumerate(rest, first + 1):
            place = texts.Place(self._file, "AcctSvcrRef", row)
            place.obey(entry.bank_ref, _BOOKING)
        refs = [entry.bank_ref for entry in rest]
        for row, (ref, there) in enumerate(_bookings(self._client, self._custody, refs), first + 1):
            if there is not None and there.statement is not None:
                place = texts.Place(self._file, "AcctSvcrRef", row)
                raise place.fault(f"{ref} was booked with statement {there.statement}", "a reference used once")
            if there is not None and there.state != "reversed":
                self._attested[ref] = there
        self._orders = self._payable([entry.end_to_end_id or "" for entry in rest])
        named = sorted({number for entry in rest if (number := employer_of(entry)) is not None})
        known = self._client.get_each(employers, [(number,) for number in named])
        self._employers = {number for number, record in zip(named, known, strict=True) if record is not None}
        return [self._credit(entry) if entry.credit else self._debit(entry) for entry in rest]

    def _debit(self, entry: Entry) -> Line:
        number = entry.end_to_end_id or ""
        order = self._orders.get(number)
        fits = order is not None and (order.state, order.amount_fen) == (OrderState.HELD, entry.amount_fen)
        if order is None or not fits or entry.reversal:
            self._shortfall_fen += entry.amount_fen
            return StrayLine(entry.bank_ref, entry.amount_fen)
        self._orders[number] = replace(order, state=OrderState.SETTLED)
        return PayoutLine(entry.bank_ref, entry.amount_fen, number)

    def _credit(self, entry: Entry) -> Line:
        ref, amount_fen, number = entry.bank_ref, entry.amount_fen, entry.end_to_end_id or ""
        if (attested := self._attested.get(ref)) is not None:
            return DepositLine(ref, amount_fen, attested.party)
        order = self._orders.get(number)
        came_back = entry.return_reason is not None or entry.reversal
        if came_back and order is not None and (order.state, order.amount_fen) == (OrderState.SETTLED, amount_fen):
            self._orders[number] = replace(order, state=OrderState.RETURNED)
            return ReturnLine(ref, amount_fen, number, entry.return_reason or REVERSAL)
        if amount_fen <= self._shortfall_fen and (entry.reversal or MADE_GOOD in entry.remittance.upper()):
            self._shortfall_fen -= amount_fen
            return MadeGoodLine(ref, amount_fen)
        employer = employer_of(entry)
        return DepositLine(ref, amount_fen, employer if employer in self._employers else None)

    def _payable(self, numbers: Sequence[str]) -> dict[str, Order]:
        """The orders that this account was instructed to pay, by end-to-end id."""
        found = _orders(self._client, [number for number in numbers if ORDER.fullmatch(number)])
        named = sorted({order.cashout for order in found.values()})
        heads = dict(zip(named, self._client.get_each(cash_outs, [(number,) for number in named]), strict=True))
        return {
            number: order
            for number, order in found.items()
            if (head := heads[order.cashout]) is not None
            and (head.state, head.custody) == (CashOutState.INSTRUCTED, self._custody)
        }


def _report(client: Client, custody: str, statement: Statement) -> ImportReport:
    kinds: dict[Kind, Sum] = {}
    strays, suspense = [], []
    for ref, booking in _bookings(client, custody, [entry.bank_ref for entry in statement.entries]):
        assert booking is not None
        before = kinds.get(booking.kind, Sum())
        kinds[booking.kind] = Sum(before.count + 1, before.amount_fen + booking.amount_fen)
        if booking.kind == "stray":
            strays.append(ref)
        if booking.kind == "deposit" and booking.party is None:
            suspense.append(ref)
    return ImportReport(
        custody=custody,
        sequence=statement.sequence,
        day=statement.date,
        opening_fen=statement.opening_fen,
        closing_fen=statement.closing_fen,
        entries=len(statement.entries),
        kinds=kinds,
        strays=tuple(strays),
        suspense=tuple(suspense),
    )


def _bookings(client: Client, custody: str, refs: Sequence[str]) -> list[tuple[str, Booking | None]]:
    return list(zip(refs, client.get_each(bookings, [(custody, ref) for ref in refs]), strict=True))


def _orders(client: Client, numbers: Sequence[str]) -> dict[str, Order]:
    """The orders among these numbers."""
    wanted = sorted(set(numbers))
    found = client.get_each(orders, [(number,) for number in wanted])
    return {number: order for number, order in zip(wanted, found, strict=True) if order is not None}
