"""Reconciliation: the bank's statements against the ledger, line by line, order by order, and in total.

What was imported is not believed again. The files are read anew, the facts of every line are compared with those that
were booked, field by field, and what a line was booked as must follow from the file's facts, from its order, and from
what bank and union have said of it. Every booking, attested deposit and paid order is looked for in the files.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode.carried import WITH_THE_BANK
from lxr.chaincode.cashout_records import CashOut, PaymentOrderState, cash_outs, payment_orders
from lxr.chaincode.clock import clocks
from lxr.chaincode.custody_records import (
    Attestation,
    Statement,
    attestations,
    backings,
    bookings,
    custodies,
    statements,
)
from lxr.chaincode.days import day_of
from lxr.chaincode.employers import employers
from lxr.chaincode.lines import Line
from lxr.chaincode.parameters import parameters
from lxr.chaincode.period import months
from lxr.chaincode.refusals import ParameterMissing
from lxr.chaincode.statements import opening_line
from lxr.chaincode.working_days import working_day_after
from lxr.node.client import Client
from lxr.node.kept import Kept
from lxr.settlement.bank import model
from lxr.settlement.bank.breaks import Break, broken
from lxr.settlement.bank.line_breaks import Books, Wrong, line_break, or_none, with_parts
from lxr.settlement.bank.statement_files import OtherAccount, Passed, read_each
from lxr.settlement.bank.statement_lines import (
    NONE,
    Identity,
    difference,
    identity_of,
    identity_there,
    lines_of,
)
from lxr.settlement.errors import InputFault
from lxr.settlement.keys import BookingKey

OUTSTANDING_DAYS: Final = 3
"""An order that the bank has had for more days than this, up to today, and that is on no statement and not rejected, is
a break. Redemption is due on the next working day; three days let a weekend pass."""


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
    """A statement's file. place: which statement of the ledger it is, or is meant to be. same: both say the same.

    retold: other files with the same lines, of which some have other facts.
    """

    name: str
    statement: model.Statement
    lines: tuple[Line, ...]
    identity: Identity
    place: int | None = None
    same: bool = False
    retold: "tuple[_File, ...]" = ()


def reconcile(client: Client, custody: str, statement_paths: Iterable[Path]) -> Reconciliation:
    """Reconcile the statements since the last closed month, or earlier ones too; all must be given, in any order.

    A file downloaded twice counts once. Whatever is wrong with a file is a break. Refuses: Unknown.
    """
    with client.ledger.snapshot():
        ledger = _read_ledger(client, custody)
        due = _due(client, ledger)
    read, faults = _read_files(custody, statement_paths)
    files = _place(ledger, read)
    first = min([ledger.reconciled + 1, *(file.place for file in files if file.place is not None)])
    told = (each for file in files for each in _told(file))
    given = [(file, part) for file, line in told for part in with_parts(ledger, line)]
    breaks = [
        *faults,
        *_statements(ledger, files, first),
        *(found for file, line in given if (found := line_break(ledger, file.name, file.place, line)) is not None),
        *_bookings(ledger, {line.key for _, line in given}, first),
        *_deposits(ledger, due),
        *_orders(ledger),
        *(
            broken("short", owner, part.shortfall_fen, "short")
            for owner, part in ledger.backings.items()
            if part.shortfall_fen
        ),
    ]
    count = sum(len(file.lines) for file in files)
    wrong = {each.reference.partition("~")[0] for each in breaks}
    account = ledger.account
    return Reconciliation(
        lines=count,
        matched=sum(line.key not in wrong for file in files for line in file.lines),
        breaks=tuple(breaks),
        supply_fen=account.supply_fen,
        reserve_fen=account.closing_fen,
        in_transit_fen=account.in_transit_fen,
        shortfall_fen=account.shortfall_fen,
    )


def _read_ledger(client: Client, custody: str) -> Books:
    account = client.need(custodies, custody)
    heads = {key[0]: head for key, head in client.scan(cash_outs) if head.custody == custody}
    month = client.get(months, account.last_period) if account.last_period else None
    return Books(
        custody=custody,
        account=account,
        statements={int(key[1]): there for key, there in client.scan(statements, custody)},
        booked={booking.line.key: booking for _, booking in client.scan(bookings, custody)},
        attested={"/".join(key[1:]): deposit for key, deposit in client.scan(attestations, custody)},
        orders={key[0]: order for key, order in client.scan(payment_orders) if order.cashout in heads},
        heads=heads,
        employers={key[0] for key, _ in client.scan(employers)},
        backings={key[0]: part for key, part in client.scan(backings)},
        today=_today(client),
        reconciled=month.statement if month else 0,
    )


def _today(client: Client) -> date:
    """Return the day that it is by whichever is later, the client's clock or the ledger's: many a reader has none."""
    clock = client.get(clocks)
    return day_of(max(client.now_ms(), clock.at_ms if clock is not None else 0))


def _due(client: Client, ledger: Books) -> dict[str, date]:
    """Return the days, up to today, on which the statements of deposits in transit were due: the next working days.

    Where the calendar is not governed yet, the next day: a break is better early than never.
    """
    days = {key: BookingKey.read(key).day for key, each in ledger.attested.items() if _waits(each)}
    years = sorted({year for day in days.values() for year in (day.year, day.year + 1)})
    found = client.get_each(parameters, [(f"calendar.{year}",) for year in years])
    calendars = dict(zip(years, found, strict=True))
    due: dict[str, date] = {}
    for key, day in days.items():
        try:
            due[key] = working_day_after(day, 1, calendars)
        except ParameterMissing:
            due[key] = day + timedelta(days=1)
    return {key: day for key, day in due.items() if day < ledger.today}


def _waits(deposit: Attestation) -> bool:
    return deposit.state == "attested"


# Files


def _read_files(custody: str, paths: Iterable[Path]) -> tuple[list[_File], list[Break]]:
    """Return the statements, each once, in the order of their days and numbers, and what is wrong with the other files.

    Of files with the same lines the ledger says which one was booked, so none of them hides another.
    """
    files: dict[Identity, _File] = {}
    breaks: list[Break] = []
    for found in read_each(sorted(paths), custody):
        match found:
            case Passed():
                continue
            case OtherAccount():
                breaks.append(broken("file", found.file, 0, "account", account=found.account))
                continue
            case InputFault():
                breaks.append(broken("file", found.file, 0, "unsound", problem=Kept.of(found.said)))
                continue
        statement, name = found.statement, found.source.name
        try:
            lines = lines_of(statement, name)
        except InputFault as fault:
            breaks.append(broken("file", name, 0, "unsound", problem=Kept.of(fault.said)))
            continue
        file = _File(name, statement, lines, identity_of(statement, lines))
        first = files.setdefault(file.identity, file)
        if all(each.lines != lines for each in (first, *first.retold)):
            files[file.identity] = replace(first, retold=(*first.retold, file))
            line, differs = next(
                (a.key, other) for a, b in zip(lines, first.lines, strict=True) if (other := difference(a, b))
            )
            facts: dict[str, str | Kept] = {"first": first.name, "line": line, "differs": Kept.of(differs)}
            breaks.append(broken("file", name, 0, "retold", **facts))
    return sorted(files.values(), key=lambda file: (file.statement.date, file.statement.sequence or 0)), breaks


def _place(ledger: Books, files: Sequence[_File]) -> list[_File]:
    """Return the files with their places on the ledger, in that order: first what says the same, then by the day."""
    left = dict(ledger.statements)
    placed: dict[int, _File] = {}
    for same in (True, False):
        for number, file in enumerate(files):
            if number in placed:
                continue
            fits = (
                place
                for place, there in left.items()
                if (
                    place <= ledger.account.statements and identity_there(there) == file.identity
                    if same
                    else there.day == file.statement.date
                )
            )
            place = min(fits, default=None)
            if place is not None:
                del left[place]
                placed[number] = replace(file, place=place, same=same)
    found = [placed.get(number, file) for number, file in enumerate(files)]
    return sorted(found, key=lambda file: (file.statement.date, file.place or len(ledger.statements) + 1))


def _told(file: _File) -> Iterator[tuple[_File, Line]]:
    """Yield the file's lines, and those that other files of the statement tell otherwise."""
    for line in _lines(file):
        yield file, line
    for other in file.retold:
        for line, first in zip(other.lines, file.lines, strict=True):
            if line != first:
                yield replace(file, name=other.name), line


def _lines(file: _File) -> tuple[Line, ...]:
    """Return the file's lines, and where it is the ledger's first the balance that it opens with."""
    if file.place != 1 or not file.statement.opening_fen:
        return file.lines
    return (opening_line(file.statement.date, file.statement.opening_fen), *file.lines)


def _statements(ledger: Books, files: Sequence[_File], first: int) -> Iterator[Break]:
    there = {file.place for file in files}
    for place in range(first, len(ledger.statements) + 1):
        if place not in there:
            day = ledger.statements[place].day.isoformat()
            yield broken("sequence", f"statement {place}", 0, "not_given", day=day)
    for file in files:
        if file.place is None:
            yield broken("sequence", file.name, 0, "not_on_ledger")
        elif file.place > ledger.account.statements:
            yield broken("sequence", file.name, 0, "in_part")
        elif not file.same:
            yield _differs(ledger.statements[file.place], file)
    for before, after in pairwise(files):
        if (numbers := _left_out(before.statement, after.statement)) is not None:
            yield broken("sequence", after.name, 0, "left_out", before=numbers[0], number=numbers[1])
        gap_fen = after.statement.opening_fen - before.statement.closing_fen
        if gap_fen:
            sums = {"opening_fen": after.statement.opening_fen, "closing_fen": before.statement.closing_fen}
            yield broken("balance", after.name, gap_fen, "gap", before=before.name, **sums)
    account = ledger.account
    if account.supply_fen != account.backing_fen:
        sums = {"supply_fen": account.supply_fen, "backing_fen": account.backing_fen}
        yield broken("balance", ledger.custody, account.supply_fen - account.backing_fen, "supply", **sums)


def _left_out(before: model.Statement, after: model.Statement) -> tuple[int, int] | None:
    """Between which of the bank's numbers some are left out, though the balances join. Numbers may count days."""
    if before.sequence is None or after.sequence is None:
        return None
    more = after.sequence - before.sequence
    if more <= 1 or more == (after.date - before.date).days:
        return None
    return before.sequence, after.sequence


def _differs(there: Statement, file: _File) -> Break:
    """How a file differs from the ledger's statement of its day."""
    given, lines = file.statement, len(file.lines)
    figures = given.sequence, given.opening_fen, given.closing_fen, lines
    if figures == (there.number, there.opening_fen, there.closing_fen, there.entries):
        return broken("file", file.name, 0, "lines")
    return broken(
        "file",
        file.name,
        0,
        "figures",
        number=or_none(given.sequence),
        opening_fen=given.opening_fen,
        closing_fen=given.closing_fen,
        lines=lines,
        there_number=or_none(there.number),
        there_opening_fen=there.opening_fen,
        there_closing_fen=there.closing_fen,
        there_lines=there.entries,
    )


# Lines


def _bookings(ledger: Books, lines: set[str], first: int) -> Iterator[Break]:
    """Bookings without a line, and lines that wait, of whatever statement."""
    last_day = ledger.account.closing_day
    for key, booking in ledger.booked.items():
        if booking.statement >= first and key not in lines:
            facts: dict[str, str | int] = {"statement": booking.statement, "kind": booking.kind}
            yield broken("not_on_statement", key, booking.line.amount_fen, "without_line", **facts)
        if booking.kind == "waiting":
            days = max(0, (last_day - booking.line.day).days) if last_day else 0
            case = "credit_waits" if booking.line.credit else "debit_waits"
            yield broken("waiting", key, booking.waiting_fen, case, days=days)


# Deposits and orders


def _deposits(ledger: Books, due: dict[str, date]) -> Iterator[Break]:
    """Attested deposits that no statement has, or that a line does not confirm."""
    said = defaultdict(list)
    bears = {}
    for key, booking in ledger.booked.items():
        if booking.kind in ("deposit", "undone"):
            target = booking.proposal.target if booking.proposal else None
            if target is not None and target.what == "deposit":
                said[target.number].append(booking)
            else:
                bears[key] = [booking]
    last_day = ledger.account.closing_day
    for key, deposit in ledger.attested.items():
        if deposit.state == "missing":
            assert last_day is not None
            days = (last_day - BookingKey.read(key).day).days
            sums = {"days": days, "blocked_fen": deposit.blocked_fen}
            yield broken("missing", key, deposit.amount_fen, "missing", employer=deposit.employer, **sums)
        if key in due:
            day = due[key].isoformat()
            yield broken("in_transit", key, deposit.amount_fen, "due", employer=deposit.employer, day=day)
        lines = said.get(key) or bears.get(key, [])  # the line that bears its reference may be another's
        found = [(booking.party, booking.line.amount_fen) for booking in lines]
        undone = [fen for (_, fen), booking in zip(found, lines, strict=True) if booking.kind == "undone"]
        borne_out = found == [(deposit.employer, deposit.amount_fen)] or undone == [deposit.amount_fen]
        if deposit.state == "confirmed" and not borne_out:
            yield broken("not_on_statement", key, deposit.amount_fen, "confirmed", lines=len(found))


def _orders(ledger: Books) -> Iterator[Break]:
    """Orders that are paid or came back without their line, or with one too many, and those that are overdue."""
    paid: dict[str | None, list[str]] = defaultdict(list)
    returned: dict[str | None, list[str]] = defaultdict(list)
    for key, booking in ledger.booked.items():
        if booking.kind in ("payout", "return"):
            (paid if booking.kind == "payout" else returned)[booking.party].append(key)
    overdue = {number: _overdue(head, ledger.today) for number, head in ledger.heads.items()}
    for number, order in ledger.orders.items():
        settled = order.state in (PaymentOrderState.SETTLED, PaymentOrderState.RETURNED)
        if paid[number] != ([order.booking] if settled else []):
            by: Wrong = ("paid", {"booking": order.booking}) if order.booking else ("not_paid", {})
            lines = ", ".join(paid[number]) or NONE
            yield broken("not_on_statement", number, order.amount_fen, by[0], state=order.state, lines=lines, **by[1])
        if len(returned[number]) != (order.state is PaymentOrderState.RETURNED):
            lines = ", ".join(returned[number]) or NONE
            yield broken("not_on_statement", number, order.amount_fen, "returned_by", state=order.state, lines=lines)
        late = overdue[order.cashout] if order.state is PaymentOrderState.HELD else None
        if late is not None:
            yield broken("outstanding", number, order.amount_fen, late[0], **late[1])


def _overdue(head: CashOut, today: date) -> Wrong | None:
    """Whether the bank has had the cash-out's orders for too long by today, whatever it brings, and since when."""
    if head.state not in WITH_THE_BANK:
        return None
    assert head.instructed_ms is not None
    since = day_of(head.instructed_ms)
    if (today - since).days <= OUTSTANDING_DAYS:
        return None
    case = "outstanding" if head.accepted_ms is not None else "not_accepted"
    return case, {"since": since.isoformat(), "today": today.isoformat()}
