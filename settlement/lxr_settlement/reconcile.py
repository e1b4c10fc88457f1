"""Reconciliation: the bank's statements against the ledger, line by line, order by order, and in total.

What was imported is not believed again: the files are read anew, and every line is looked for on the ledger, every
booking and every paid order in the files.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

from msgspec import Struct

from lxr_chaincode.cashout_records import CashOut, CashOutState, Order, OrderState, cash_outs, orders
from lxr_chaincode.custody_records import Booking, Custody, bookings, custodies, statements
from lxr_chaincode.days import day_of
from lxr_node.client import Client
from lxr_settlement.bank_desk import ORDER
from lxr_settlement.bankfiles import camt053, texts
from lxr_settlement.bankfiles.camt053 import Entry, Statement
from lxr_settlement.bankfiles.files import read_bounded
from lxr_settlement.deposits import employer_of
from lxr_settlement.errors import InputFault

OUTSTANDING_DAYS: Final = 3
"""An order that the bank has had for more days than this, up to the last statement, and that is on none of them and
not rejected, is a break. Redemption is due on the next working day; three days let a weekend pass."""

Kind = Literal[
    "file",  # a file that is no sound statement of this account, or not the one that was imported
    "sequence",  # a statement is missing, given twice, or not on the ledger yet
    "balance",  # opening, closing or totals do not follow
    "not_booked",  # a line that is on no ledger
    "amount",  # a line and its booking have different amounts
    "kind",  # a line is booked as what it is not, or with another statement
    "reference",  # a line and its booking name different orders, employers or reasons
    "not_on_statement",  # a booking, or an order that is paid or came back, without its line
    "stray",  # a debit that no order explains, while the shortfall is not made good
    "suspense",  # a credit of nobody that is known
    "outstanding",  # an order that the bank has had for too long
]


class Break(Struct, frozen=True, forbid_unknown_fields=True):
    """A line, a booking or an order without its match. reference: of the bank, the order or the file."""

    kind: Kind
    reference: str
    amount_fen: int
    detail: str


class Reconciliation(Struct, frozen=True, forbid_unknown_fields=True):
    """lines: in the statements given. matched: those without a break. The totals are the ledger's."""

    lines: int
    matched: int
    breaks: tuple[Break, ...]
    supply_fen: int
    reserve_fen: int
    in_transit_fen: int
    shortfall_fen: int


class _File(Struct, frozen=True):
    name: str
    digest: str
    statement: Statement


def reconcile(client: Client, custody: str, statement_paths: Iterable[Path]) -> Reconciliation:
    """Reconcile the statements from the first given up to the ledger's last; none between may be missing.

    What was booked with earlier statements is taken as reconciled with those. Whatever is wrong with a file is a
    break too. Refuses: Unknown.
    """
    account = client.need(custodies, custody)
    files, faults = _read(custody, statement_paths)
    first = files[0].statement.sequence if files else 1
    booked = {key[1]: booking for key, booking in client.scan(bookings, custody)}
    lines = {entry.bank_ref: (file, entry) for file in files for entry in file.statement.entries}
    line_breaks = [
        found
        for file in files
        for entry in file.statement.entries
        if (found := _line(client, account, file.statement, entry, booked.get(entry.bank_ref))) is not None
    ]
    breaks = [
        *faults,
        *_sequence(account, files, first),
        *_balances(client, custody, account, files, booked),
        *line_breaks,
        *_repeated(files),
        *_bookings(booked, lines.keys(), first),
        *_orders(client, custody, account, booked, lines.keys(), first),
    ]
    count = sum(len(file.statement.entries) for file in files)
    return Reconciliation(
        lines=count,
        matched=count - len(line_breaks),
        breaks=tuple(breaks),
        supply_fen=account.supply_fen,
        reserve_fen=account.closing_fen,
        in_transit_fen=account.in_transit_fen,
        shortfall_fen=account.shortfall_fen,
    )


def _read(custody: str, paths: Iterable[Path]) -> tuple[list[_File], list[Break]]:
    """The statements in order of their numbers, each number once, and what is wrong with the other files."""
    files: dict[int, _File] = {}
    breaks: list[Break] = []
    for path in sorted(paths):
        try:
            data = read_bounded(path, texts.BYTES_MAX)
            statement = camt053.read(data, path.name)
        except InputFault as fault:
            breaks.append(Break("file", path.name, 0, str(fault)))
            continue
        if statement.account != custody:
            breaks.append(Break("file", path.name, 0, f"a statement of account {statement.account}"))
        elif statement.sequence in files:
            other = files[statement.sequence].name
            breaks.append(Break("sequence", path.name, 0, f"statement {statement.sequence} is also in {other}"))
        else:
            files[statement.sequence] = _File(path.name, sha256(data).hexdigest(), statement)
    return [files[sequence] for sequence in sorted(files)], breaks


def _sequence(account: Custody, files: Sequence[_File], first: int) -> Iterator[Break]:
    given = {file.statement.sequence for file in files}
    for sequence in range(first, max([account.sequence, *given]) + 1):
        if sequence not in given:
            yield Break("sequence", f"statement {sequence}", 0, "it is not among the files")
        elif sequence > account.sequence:
            yield Break("sequence", f"statement {sequence}", 0, "it is not on the ledger, or not all of it")


def _balances(
    client: Client, custody: str, account: Custody, files: Sequence[_File], booked: dict[str, Booking]
) -> Iterator[Break]:
    for file in files:
        given, there = file.statement, client.get(statements, custody, file.statement.sequence)
        if there is None:
            continue
        if there.file_digest != file.digest:
            yield Break("file", file.name, 0, "it is not the file that was imported under this number")
        for name, ours, theirs in (
            ("opens with", there.opening_fen, given.opening_fen),
            ("closes with", there.closing_fen, given.closing_fen),
        ):
            if ours != theirs:
                detail = f"it {name} {theirs} fen, on the ledger with {ours}"
                yield Break("balance", file.name, theirs - ours, detail)
        if (there.day, there.entries) != (given.date, len(given.entries)):
            detail = f"{len(given.entries)} lines of {given.date}, on the ledger {there.entries} of {there.day}"
            yield Break("balance", file.name, 0, detail)
    for before, after in pairwise(file.statement for file in files):
        if after.sequence == before.sequence + 1 and after.opening_fen != before.closing_fen:
            detail = f"it opens with {after.opening_fen} fen, the one before closes with {before.closing_fen}"
            reference, amount_fen = f"statement {after.sequence}", after.opening_fen - before.closing_fen
            yield Break("balance", reference, amount_fen, detail)
    in_transit_fen = sum(
        booking.amount_fen for booking in booked.values() if booking.statement is None and booking.state != "reversed"
    )
    if in_transit_fen != account.in_transit_fen:
        detail = f"deposits on no statement sum to {in_transit_fen} fen, the ledger has {account.in_transit_fen}"
        yield Break("balance", custody, in_transit_fen - account.in_transit_fen, detail)
    half = client.get(statements, custody, account.sequence + 1)
    pending_fen = half.credits_fen - half.debits_fen if half else 0
    backing_fen = account.closing_fen + pending_fen + account.in_transit_fen + account.shortfall_fen
    if account.supply_fen != backing_fen:
        detail = f"{account.supply_fen} fen of LXR exist, {backing_fen} are backed or known to be short"
        yield Break("balance", custody, account.supply_fen - backing_fen, detail)


def _line(
    client: Client, account: Custody, statement: Statement, entry: Entry, booking: Booking | None
) -> Break | None:
    """What is wrong with a statement's line, if anything is: the first thing found."""

    def found(kind: Kind, detail: str) -> Break:
        return Break(kind, entry.bank_ref, entry.amount_fen, f"statement {statement.sequence}: {detail}")

    if booking is None or booking.statement is None:
        return found("not_booked", "the line is not booked on the ledger")
    if booking.amount_fen != entry.amount_fen:
        return found("amount", f"{entry.amount_fen} fen, booked as {booking.amount_fen}")
    if booking.statement != statement.sequence:
        return found("kind", f"booked with statement {booking.statement}")
    if entry.credit == (booking.kind in ("payout", "stray")):
        return found("kind", f"a {'credit' if entry.credit else 'debit'}, booked as {booking.kind}")
    if booking.kind in ("payout", "return") and booking.party != entry.end_to_end_id:
        return found("reference", f"it names {entry.end_to_end_id}, booked for order {booking.party}")
    if booking.kind == "return" and entry.return_reason not in (None, booking.reason):
        return found("reference", f"it came back for {entry.return_reason}, booked for {booking.reason}")
    if booking.kind == "deposit" and booking.party is None:
        return found("suspense", "nobody knows whose it is; assign it")
    if booking.kind == "deposit" and (named := employer_of(entry)) not in (None, booking.party):
        return found("reference", f"it names {named}, booked for {booking.party}")
    if booking.kind == "stray" and account.shortfall_fen:
        return found("stray", f"no order explains it, and {account.shortfall_fen} fen are not made good")
    if booking.kind == "stray" and _awaited(client, entry):
        return found("reference", f"booked as stray, but order {entry.end_to_end_id} awaits it")
    return None


def _awaited(client: Client, entry: Entry) -> bool:
    """Whether an order waits for this very debit."""
    number = entry.end_to_end_id or ""
    order = client.get(orders, number) if ORDER.fullmatch(number) else None
    return order is not None and (order.state, order.amount_fen) == (OrderState.HELD, entry.amount_fen)


def _repeated(files: Sequence[_File]) -> Iterator[Break]:
    """Lines whose reference stood on an earlier statement already."""
    seen: dict[str, int] = {}
    for file in files:
        for entry in file.statement.entries:
            if entry.bank_ref in seen:
                detail = f"on statement {file.statement.sequence}, and on {seen[entry.bank_ref]} before"
                yield Break("kind", entry.bank_ref, entry.amount_fen, detail)
            seen.setdefault(entry.bank_ref, file.statement.sequence)


def _bookings(booked: dict[str, Booking], lines: Iterable[str], first: int) -> Iterator[Break]:
    there = set(lines)
    for ref, booking in booked.items():
        if booking.statement is not None and booking.statement >= first and ref not in there:
            detail = f"a {booking.kind} booked with statement {booking.statement}, which does not have it"
            yield Break("not_on_statement", ref, booking.amount_fen, detail)


def _orders(
    client: Client, custody: str, account: Custody, booked: dict[str, Booking], lines: Iterable[str], first: int
) -> Iterator[Break]:
    """Every order that this account pays: paid and returned ones have their lines, the others are not overdue."""
    heads = {key[0]: head for key, head in client.scan(cash_outs) if head.custody == custody}
    there = set(lines)
    returned = {booking.party for booking in booked.values() if booking.kind == "return"}
    overdue: dict[str, str | None] = {}
    for key, order in client.scan(orders):
        (number,) = key
        head = heads.get(order.cashout)
        if head is None or head.state is not CashOutState.INSTRUCTED:
            continue
        if order.state in (OrderState.SETTLED, OrderState.RETURNED):
            yield from _settled(number, order, booked, there, first)
            if order.state is OrderState.RETURNED and number not in returned:
                yield Break("not_on_statement", number, order.amount_fen, "it came back, but no booking says so")
        if order.state is OrderState.HELD:
            if order.cashout not in overdue:
                overdue[order.cashout] = _overdue(head, account.closing_day)
            if (detail := overdue[order.cashout]) is not None:
                yield Break("outstanding", number, order.amount_fen, detail)


def _settled(number: str, order: Order, booked: dict[str, Booking], lines: set[str], first: int) -> Iterator[Break]:
    booking = booked.get(order.booking or "")
    if booking is None or (booking.kind, booking.party, booking.amount_fen) != ("payout", number, order.amount_fen):
        yield Break("not_on_statement", number, order.amount_fen, f"paid by {order.booking}, which is not its booking")
    elif booking.statement is None or (booking.statement >= first and order.booking not in lines):
        yield Break("not_on_statement", number, order.amount_fen, f"paid by {order.booking}, which is on no statement")


def _overdue(head: CashOut, last_day: date | None) -> str | None:
    """Whether the bank has had the cash-out's orders for too long, and since when."""
    assert head.instructed_ms is not None
    since = day_of(head.instructed_ms)
    if last_day is None or (last_day - since).days <= OUTSTANDING_DAYS:
        return None
    return f"the bank has it since {since}; up to {last_day} it is neither paid, returned nor rejected"
