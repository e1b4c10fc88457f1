"""The bank's desk: what a statement and a list of rejections say, put on the ledger in the bank's own name."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final, NoReturn

from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode import custody_records
from lxr.chaincode.cashout_records import (
    CashOutState,
    PaymentOrder,
    PaymentOrderState,
    cash_outs,
    payment_orders,
)
from lxr.chaincode.custody import MAX_ENTRIES
from lxr.chaincode.custody_records import Booking, Custody, bookings, custodies, statements
from lxr.chaincode.lines import Line, LineKind
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.statements import BookStatement
from lxr.node.client import Client
from lxr.node.progress import Progress
from lxr.node.said import Said
from lxr.settlement import request_ids
from lxr.settlement.bank.cashout import message_of
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.model import Statement
from lxr.settlement.bank.payment_forms import STANDARD, PaymentForm
from lxr.settlement.bank.rejection_files import rejections_in
from lxr.settlement.bank.statement_files import Given, read_one
from lxr.settlement.bank.statement_lines import content, difference, identity_of, identity_there, key_of, lines_of
from lxr.settlement.errors import InputFault
from lxr.settlement.lookups import submit_own
from lxr.settlement.permissions import gives

ORDER: Final = re.compile(r"[A-Z0-9]{10,30}", re.ASCII)
"""What an end-to-end id must be to name an order."""


class Sum(Struct, frozen=True, forbid_unknown_fields=True):
    """How many lines of one kind, and their sum."""

    count: int = 0
    amount_fen: int = 0


class End(Struct, frozen=True):
    """Where statements that follow each other end. day: of the last one. file: its name, None for the ledger's."""

    day: date | None
    closing_fen: int
    file: str | None = None


class ImportReport(Struct, frozen=True, forbid_unknown_fields=True):
    """A statement as it stands on the ledger. statement: by the ledger's count; number: the bank's own.

    kinds: its lines by kind. waiting: those of which nobody knows yet what they are, as 2026-09-16/B1.
    """

    custody: str
    statement: int
    number: int | None
    day: date
    opening_fen: int
    closing_fen: int
    entries: int
    kinds: dict[LineKind, Sum]
    waiting: tuple[str, ...]


@gives(BookStatement)
def import_statement(
    teller: Client, custody: str, path: Path, *, unaccepted: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Book the statement of a file that has one: see `import_given`. Raises InputFault: it has several."""
    given = read_one(path, custody)
    return import_given(teller, custody, given, unaccepted=unaccepted, progress=progress)


@gives(BookStatement)
def import_given(
    teller: Client, custody: str, given: Given, *, unaccepted: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Book a statement on the ledger, from where it broke off; one that is there, to the word, is only reported.

    unaccepted: debits for a cash-out that the bank has not accepted wait, for bank and union to say what they are.
    Raises InputFault: a statement that does not follow the last one, whose lines are on the ledger with other content
    or other facts, with a reference that the ledger cannot keep or already has, or that pays orders of a cash-out that
    the bank has not accepted, unless they may wait.
    Refuses: as BookStatement.
    """
    statement, name = given.statement, given.source.name
    lines = lines_of(statement, name)
    account = teller.need(custodies, custody)
    place = find_statement(teller, custody, account, statement, lines)
    if place is not None:
        _refuse_retold(teller, custody, statement, lines, name)
    else:
        place = account.statements + 1
        done = _done(teller, custody, account, statement, lines, name)
        if not unaccepted:
            _refuse_not_accepted(teller, lines, name)
        for start in range(done, max(len(lines), done + 1), MAX_ENTRIES):
            command = BookStatement(
                request_id="",
                custody=custody,
                statement=place,
                number=statement.sequence,
                day=statement.date,
                opening_fen=statement.opening_fen,
                closing_fen=statement.closing_fen,
                entries=len(lines),
                first=start,
                lines=lines[start : start + MAX_ENTRIES],
            )
            # by its content: whoever books the same at the same moment has done it, and no other is taken for it
            request = request_ids.statement(custody, place, start, command)
            submit_own(teller, replace(command, request_id=request))
            if progress is not None:
                progress(start + len(command.lines), len(lines))
    return _report(teller, custody, place, statement, lines)


def refuse_gap(end: End, statement: Statement, file: str) -> None:
    """Raise InputFault: the statement is of an earlier day, or does not open with what the last one closed with.

    One that changes no balance can come late.
    """

    def fault(problem: str | Said, expected: str | Said) -> InputFault:
        return InputFault(file=file, problem=problem, expected=expected)

    late = end.day is not None and statement.date < end.day
    if late and statement.opening_fen != statement.closing_fen:
        problem = Said("a statement of {date} that is not on the ledger with this content", date=statement.date)
        raise fault(problem, Said("one of {day} or later", day=end.day))
    if statement.opening_fen != end.closing_fen and not late:
        closed = texts.yuan(end.closing_fen)
        raise fault(
            Said("it opens with {yuan}", yuan=texts.yuan(statement.opening_fen)),
            Said("{yuan}, with which the last one closed", yuan=closed)
            if end.file is None
            else Said("{yuan}, with which {file} closes", yuan=closed, file=end.file),
        )


def begins(half: custody_records.Statement, lines: tuple[Line, ...]) -> bool:
    """Return whether lines begin with those of a statement that is booked in part."""
    return half.done <= len(lines) and content(lines[: half.done]) == half.content


def refuse_other(file: str) -> NoReturn:
    """Raise InputFault: the file does not begin with the lines of the statement that is booked in part."""
    problem = "its first lines are on the ledger with other content"
    raise InputFault(file=file, problem=problem, expected="the file whose import broke off")


def find_statement(
    client: Client, custody: str, account: Custody, statement: Statement, lines: tuple[Line, ...]
) -> int | None:
    """Return which complete statement on the ledger says the same, whatever its file is called and says of itself.

    None: there is none.
    """
    identity = identity_of(statement, lines)
    for (_, place), there in client.scan(statements, custody):
        if int(place) <= account.statements and identity_there(there) == identity:
            return int(place)
    return None


@gives(RejectPaymentOrders)
def reject(
    teller: Client,
    custody: str,
    path: Path,
    inbox: Path | None = None,
    form: PaymentForm = STANDARD,
    message_id: str | None = None,
) -> int:
    """Book the bank's rejections of payouts; how many were not booked before.

    A rejection counts for an order only if it is of the very message that was instructed to pay it: another file with
    the same order is rejected too, and says nothing of that one. inbox, form, message_id, raised: as `rejections_in`.
    """
    listed = rejections_in(teller, custody, path, inbox, form, message_id)
    numbers = [rejection.end_to_end_id for rejection in listed if ORDER.fullmatch(rejection.end_to_end_id)]
    found = _orders(teller, numbers)
    waiting: dict[str, dict[str, str]] = {}
    for rejection in listed:
        order = found.get(rejection.end_to_end_id)
        if order is None or order.state is not PaymentOrderState.HELD:
            continue
        head = teller.need(cash_outs, order.cashout)
        of_its_file = message_of(head, order.shard) == rejection.message_id
        if of_its_file and (head.state, head.custody) == (CashOutState.ACCEPTED, custody):
            waiting.setdefault(order.cashout, {})[rejection.end_to_end_id] = rejection.reason
    for cashout, reasons in waiting.items():
        pairs = tuple(reasons.items())
        for start in range(0, len(pairs), MAX_ENTRIES):
            some = pairs[start : start + MAX_ENTRIES]
            command = RejectPaymentOrders(
                request_id=request_ids.rejection(cashout, some),
                custody=custody,
                cashout=cashout,
                rejections=some,
            )
            submit_own(teller, command)
    return sum(len(reasons) for reasons in waiting.values())


def _done(
    client: Client, custody: str, account: Custody, statement: Statement, lines: tuple[Line, ...], file: str
) -> int:
    """How many of the statement's lines are on the ledger. Raises InputFault: it is not the next one."""
    if account.closing_day is not None:
        refuse_gap(End(account.closing_day, account.closing_fen), statement, file)
    half = client.get(statements, custody, account.statements + 1)
    if half is None:
        return 0
    if not begins(half, lines):
        refuse_other(file)
    _refuse_retold(client, custody, statement, lines[: half.done], file)
    return half.done


def _refuse_retold(client: Client, custody: str, statement: Statement, lines: tuple[Line, ...], file: str) -> None:
    """Raise InputFault: a line is booked with other facts than the file gives, though its sum is the same."""
    for line, booking in zip(lines, bookings_of(client, custody, lines), strict=True):
        assert booking is not None
        differs = difference(line, booking.line)
        if differs is not None:
            places = enumerate(statement.entries, 1)
            row = next(row for row, each in places if line.key == key_of(each))
            raise InputFault(
                file=file,
                row=row,
                problem=Said("{differs}, with which {key} is booked", differs=differs, key=line.key),
                expected="the file as it was booked",
            )


def _refuse_not_accepted(client: Client, lines: tuple[Line, ...], file: str) -> None:
    """Raise InputFault: the bank pays what it has not accepted."""
    found = _orders(client, [line.order for line in lines if line.order is not None and not line.credit])
    for cashout in sorted({order.cashout for order in found.values() if order.state is PaymentOrderState.HELD}):
        if client.need(cash_outs, cashout).state is CashOutState.INSTRUCTED:
            problem = Said("it pays orders of cash-out {cashout}, which the bank has not accepted", cashout=cashout)
            raise InputFault(
                file=file, problem=problem, expected=Said("lxr bank cashout accept {cashout}", cashout=cashout)
            )


def _report(client: Client, custody: str, place: int, statement: Statement, lines: Sequence[Line]) -> ImportReport:
    kinds: dict[LineKind, Sum] = {}
    waiting = []
    for line, booking in zip(lines, bookings_of(client, custody, lines), strict=True):
        assert booking is not None
        before = kinds.get(booking.kind, Sum())
        kinds[booking.kind] = Sum(before.count + 1, before.amount_fen + line.amount_fen)
        if booking.kind == "waiting":
            waiting.append(line.key)
    return ImportReport(
        custody=custody,
        statement=place,
        number=statement.sequence,
        day=statement.date,
        opening_fen=statement.opening_fen,
        closing_fen=statement.closing_fen,
        entries=len(lines),
        kinds=kinds,
        waiting=tuple(waiting),
    )


def bookings_of(client: Client, custody: str, lines: Sequence[Line]) -> list[Booking | None]:
    """Return what the lines are booked as."""
    return list(client.get_each(bookings, [(custody, line.day, line.booking) for line in lines]))


def _orders(client: Client, numbers: Sequence[str]) -> dict[str, PaymentOrder]:
    """Return the orders among these numbers."""
    wanted = sorted(set(numbers))
    found = client.get_each(payment_orders, [(number,) for number in wanted])
    return {number: order for number, order in zip(wanted, found, strict=True) if order is not None}
