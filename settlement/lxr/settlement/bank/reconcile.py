"""Reconciliation: the bank's statements against the ledger, line by line, order by order, and in total.

What was imported is not believed again. The files are read anew, the facts of every line are compared with those that
were booked, field by field, and what a line was booked as must follow from the file's facts, from its order, and from
what bank and union have said of it. Every booking, attested deposit and paid order is looked for in the files.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from lxr.chaincode.cashout_records import PaymentOrderState, cash_outs, payment_orders
from lxr.chaincode.clock import clocks
from lxr.chaincode.custody_records import (
    Statement,
    attestations,
    backings,
    bookings,
    custodies,
    statements,
)
from lxr.chaincode.days import day_of
from lxr.chaincode.employers import employers
from lxr.chaincode.period import months
from lxr.node.client import Client
from lxr.settlement.bank import model
from lxr.settlement.bank.breaks import Break, broken
from lxr.settlement.bank.formats.tables.layout import Layout
from lxr.settlement.bank.given_files import GivenFile, read_given
from lxr.settlement.bank.line_breaks import Books, Wrong, line_break, or_none, with_parts
from lxr.settlement.bank.statement_lines import NONE
from lxr.settlement.bank.under_way import OpenItem, is_late, late, under_way
from lxr.settlement.keys import BookingKey


class Reconciliation(Struct, frozen=True, forbid_unknown_fields=True):
    """lines: in the statements given. matched: those without a break. The totals are the ledger's.

    open: what is under way and not late, which is no break.
    """

    lines: int
    matched: int
    breaks: tuple[Break, ...]
    open: tuple[OpenItem, ...]
    supply_fen: int
    reserve_fen: int
    in_transit_fen: int
    shortfall_fen: int


def reconcile(
    client: Client, custody: str, statement_paths: Iterable[Path], layout: Layout | None = None
) -> Reconciliation:
    """Reconcile the statements since the last closed month, or earlier ones too; all must be given, in any order.

    They are of any kind that can be imported; layout: of the user's own, by which tables are read. What is downloaded
    twice counts once. Whatever is wrong with a file is a break. Refuses: Unknown.
    """
    with client.ledger.snapshot():
        ledger = _read_ledger(client, custody)
        items = under_way(client, ledger)
    files, faults = read_given(ledger, statement_paths, layout)
    first = min([ledger.reconciled + 1, *(file.place for file in files if file.place is not None)])
    given = [(file, part) for each in files for file, line in each.told for part in with_parts(ledger, line)]
    breaks = [
        *faults,
        *_statements(ledger, files, first),
        *(found for file, line in given if (found := line_break(ledger, file.name, file.place, line)) is not None),
        *_bookings(ledger, {line.key for _, line in given}, first),
        *_deposits(ledger),
        *_orders(ledger),
        *late(items, ledger),
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
        open=tuple(each for each in items if not is_late(each, ledger)),
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


# Statements


def _statements(ledger: Books, files: Sequence[GivenFile], first: int) -> Iterator[Break]:
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


def _differs(there: Statement, file: GivenFile) -> Break:
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


def _deposits(ledger: Books) -> Iterator[Break]:
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
        lines = said.get(key) or bears.get(key, [])  # the line that bears its reference may be another's
        found = [(booking.party, booking.line.amount_fen) for booking in lines]
        undone = [fen for (_, fen), booking in zip(found, lines, strict=True) if booking.kind == "undone"]
        borne_out = found == [(deposit.employer, deposit.amount_fen)] or undone == [deposit.amount_fen]
        if deposit.state == "confirmed" and not borne_out:
            yield broken("not_on_statement", key, deposit.amount_fen, "confirmed", lines=len(found))


def _orders(ledger: Books) -> Iterator[Break]:
    """Orders that are paid or came back without their line, or with one too many."""
    paid: dict[str | None, list[str]] = defaultdict(list)
    returned: dict[str | None, list[str]] = defaultdict(list)
    for key, booking in ledger.booked.items():
        if booking.kind in ("payout", "return"):
            (paid if booking.kind == "payout" else returned)[booking.party].append(key)
    for number, order in ledger.orders.items():
        settled = order.state in (PaymentOrderState.SETTLED, PaymentOrderState.RETURNED)
        if paid.get(number, []) != ([order.booking] if settled else []):
            by: Wrong = ("paid", {"booking": order.booking}) if order.booking else ("not_paid", {})
            lines = ", ".join(paid.get(number, ())) or NONE
            yield broken("not_on_statement", number, order.amount_fen, by[0], state=order.state, lines=lines, **by[1])
        if len(returned.get(number, ())) != (order.state is PaymentOrderState.RETURNED):
            lines = ", ".join(returned.get(number, ())) or NONE
            yield broken("not_on_statement", number, order.amount_fen, "returned_by", state=order.state, lines=lines)
