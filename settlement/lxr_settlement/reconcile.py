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

from lxr_chaincode.bank_refusals import LineDiffers
from lxr_chaincode.caller import UNION
from lxr_chaincode.carried import WITH_THE_BANK
from lxr_chaincode.cashout_records import CashOut, Order, OrderState, cash_outs, orders
from lxr_chaincode.clock import clocks
from lxr_chaincode.custody import opening_line
from lxr_chaincode.custody_records import (
    PLATFORM,
    Attestation,
    Backing,
    Booking,
    Custody,
    Statement,
    attestations,
    backings,
    bookings,
    custodies,
    parts_of,
    statements,
)
from lxr_chaincode.days import day_of
from lxr_chaincode.governance import parameters
from lxr_chaincode.lines import Line, Target, classify, confirms, not_attested, not_undone, objection
from lxr_chaincode.period import months
from lxr_chaincode.refusals import ParameterMissing
from lxr_chaincode.registry import employers
from lxr_chaincode.working_days import working_day_after
from lxr_node.client import Client
from lxr_settlement.bank_desk import says_the_same
from lxr_settlement.bankfiles import camt053, texts
from lxr_settlement.bankfiles.files import read_bounded
from lxr_settlement.breaks import NONE, Break, Kind, broken
from lxr_settlement.errors import InputFault
from lxr_settlement.statement_lines import content, difference, lines_of

OUTSTANDING_DAYS: Final = 3
"""An order that the bank has had for more days than this, up to today, and that is on no statement and not rejected, is
a break. Redemption is due on the next working day; three days let a weekend pass."""

_FACTS: Final[dict[str, Kind]] = {
    "amount_fen": "amount",
    "credit": "kind",
    "order": "reference",
    "returned": "reference",
    "own_text": "reference",
    "payer": "reference",
}
"""The facts of a line, beside its day and reference, and which break it is where they differ."""
assert {"day", "booking", *_FACTS} == set(Line.__struct_fields__)


class Reconciliation(Struct, frozen=True, forbid_unknown_fields=True):
    """lines: in the statements given. matched: those without a break. The totals are the ledger's."""

    lines: int
    matched: int
    breaks: tuple[Break, ...]
    supply_fen: int
    reserve_fen: int
    in_transit_fen: int
    shortfall_fen: int


class _Ledger(Struct, frozen=True):
    """What the ledger says, all of one moment. The bookings, attestations and orders by their names."""

    custody: str
    account: Custody
    statements: dict[int, Statement]
    booked: dict[str, Booking]
    attested: dict[str, Attestation]
    orders: dict[str, Order]
    heads: dict[str, CashOut]
    employers: set[str]
    backings: dict[str, Backing]
    today: date
    reconciled: int
    """How many statements are in closed months."""


class _File(Struct, frozen=True):
    """A statement's file. place: which statement of the ledger it is, or is meant to be. same: both say the same.

    retold: other files with the same lines, of which some have other facts.
    """

    name: str
    statement: camt053.Statement
    lines: tuple[Line, ...]
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
    given = [(file, part) for file, line in told for part in _with_parts(ledger, line)]
    breaks = [
        *faults,
        *_statements(ledger, files, first),
        *(found for file, line in given if (found := _line(ledger, file, line)) is not None),
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


def _read_ledger(client: Client, custody: str) -> _Ledger:
    account = client.need(custodies, custody)
    heads = {key[0]: head for key, head in client.scan(cash_outs) if head.custody == custody}
    month = client.get(months, account.last_period) if account.last_period else None
    return _Ledger(
        custody=custody,
        account=account,
        statements={int(key[1]): there for key, there in client.scan(statements, custody)},
        booked={booking.line.key: booking for _, booking in client.scan(bookings, custody)},
        attested={"/".join(key[1:]): deposit for key, deposit in client.scan(attestations, custody)},
        orders={key[0]: order for key, order in client.scan(orders) if order.cashout in heads},
        heads=heads,
        employers={key[0] for key, _ in client.scan(employers)},
        backings={key[0]: part for key, part in client.scan(backings)},
        today=_today(client),
        reconciled=month.statement if month else 0,
    )


def _today(client: Client) -> date:
    """The day that it is by whichever is later, the client's clock or the ledger's: many a reader has none."""
    clock = client.get(clocks)
    return day_of(max(client.now_ms(), clock.at_ms if clock is not None else 0))


def _due(client: Client, ledger: _Ledger) -> dict[str, date]:
    """The days, up to today, on which the statements of deposits in transit were due: the next working days.

    Where the calendar is not governed yet, the next day: a break is better early than never.
    """
    days = {key: date.fromisoformat(key.split("/")[0]) for key, each in ledger.attested.items() if _waits(each)}
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
    """The statements, each once, in the order of their days and numbers, and what is wrong with the other files.

    Of files with the same lines the ledger says which one was booked, so none of them hides another.
    """
    files: dict[tuple[object, ...], _File] = {}
    breaks: list[Break] = []
    for path in sorted(paths):
        try:
            statement = camt053.read(read_bounded(path, texts.BYTES_MAX), path.name)
            lines = lines_of(statement, path.name)
        except InputFault as fault:
            breaks.append(broken("file", path.name, 0, "unsound", problem=str(fault)))
            continue
        if statement.account != custody:
            breaks.append(broken("file", path.name, 0, "account", account=statement.account))
            continue
        balances = statement.opening_fen, statement.closing_fen
        said = statement.date, statement.sequence, *balances, content(lines)
        file = _File(path.name, statement, lines)
        first = files.setdefault(said, file)
        if all(each.lines != lines for each in (first, *first.retold)):
            files[said] = replace(first, retold=(*first.retold, file))
            line, differs = next(
                (a.key, found) for a, b in zip(lines, first.lines, strict=True) if (found := difference(a, b))
            )
            facts = {"first": first.name, "line": line, "difference": differs}
            breaks.append(broken("file", path.name, 0, "retold", **facts))
    return sorted(files.values(), key=lambda file: (file.statement.date, file.statement.sequence or 0)), breaks


def _place(ledger: _Ledger, files: Sequence[_File]) -> list[_File]:
    """The files with their places on the ledger, in that order: first what says the same, then by the day."""
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
                    place <= ledger.account.statements and says_the_same(there, file.statement, file.lines)
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
    """The file's lines, and those that other files of the statement tell otherwise."""
    for line in _lines(file):
        yield file, line
    for other in file.retold:
        for line, first in zip(other.lines, file.lines, strict=True):
            if line != first:
                yield replace(file, name=other.name), line


def _lines(file: _File) -> tuple[Line, ...]:
    """The file's lines, and where it is the ledger's first the balance that it opens with."""
    if file.place != 1 or not file.statement.opening_fen:
        return file.lines
    return (opening_line(file.statement.date, file.statement.opening_fen), *file.lines)


def _statements(ledger: _Ledger, files: Sequence[_File], first: int) -> Iterator[Break]:
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


def _left_out(before: camt053.Statement, after: camt053.Statement) -> tuple[int, int] | None:
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
        number=_or_none(given.sequence),
        opening_fen=given.opening_fen,
        closing_fen=given.closing_fen,
        lines=lines,
        there_number=_or_none(there.number),
        there_opening_fen=there.opening_fen,
        there_closing_fen=there.closing_fen,
        there_lines=there.entries,
    )


def _or_none(fact: str | int | None) -> str | int:
    return NONE if fact is None else fact


# Lines


def _line(ledger: _Ledger, file: _File, line: Line) -> Break | None:
    """What is wrong with a line of a file, if anything is: the first thing found."""

    def found(kind: Kind, case: str, /, **facts: str | int) -> Break:
        return broken(kind, line.key, line.amount_fen, case, file=file.name, **facts)

    booking = ledger.booked.get(line.key)
    if booking is None:
        return found("not_booked", "not_booked")
    for name, kind in _FACTS.items():
        theirs, ours = getattr(line, name), getattr(booking.line, name)
        if theirs != ours:
            return found(kind, name, given=_word(name, theirs), there=_word(name, ours))
    if booking.statement != file.place:
        return found("kind", "statement", statement=booking.statement)
    wrong = _by_hand(ledger, line, booking) if booking.by_hand else _by_rule(ledger, line, booking)
    if isinstance(wrong, LineDiffers):
        case = f"line_{wrong.facts['case']}"
        return found("kind", case, booked=booking.kind, **{k: v for k, v in wrong.facts.items() if k != "case"})
    return None if wrong is None else found("kind", wrong[0], **wrong[1])


def _with_parts(ledger: _Ledger, line: Line) -> Iterator[Line]:
    """A line of a file, and after it the parts that bank and union have said that it has."""
    yield line
    booking = ledger.booked.get(line.key)
    if booking is not None and booking.kind == "parts" and booking.proposal is not None:
        for part in parts_of(replace(booking, line=line), booking.proposal.target):
            yield from _with_parts(ledger, part.line)


def _word(name: str, fact: object) -> str | int:
    """A fact of a line, as it is said."""
    if isinstance(fact, bool):
        words = ("credit", "debit") if name == "credit" else ("yes", "no")
        return words[0 if fact else 1]
    return fact if isinstance(fact, (str, int)) else NONE


Wrong = tuple[str, dict[str, str | int]]
"""A case, and its facts."""


def _by_rule(ledger: _Ledger, line: Line, booking: Booking) -> Wrong | None:
    """What is wrong with what a line was booked as by its facts alone; that a line waits is another break."""
    if booking.kind == "waiting":
        return None
    order = ledger.orders.get(line.order or "")
    if order is not None:  # as it was before this line
        order = replace(order, state=OrderState.SETTLED if line.credit else OrderState.HELD)
    head = ledger.heads[order.cashout] if order is not None else None
    what: tuple[str, str | None] = classify(line, order, head, line.payer in ledger.employers)
    deposit = ledger.attested.get(line.key)
    if deposit is not None and deposit.state == "confirmed" and confirms(line, deposit.employer, deposit.amount_fen):
        what = "deposit", deposit.employer
    if what == (booking.kind, booking.party):
        return None
    booked: dict[str, str | int] = {"kind": booking.kind, "party": _or_none(booking.party)}
    if what[1] is None:
        return "by_rule_waits", booked
    return "by_rule", {**booked, "what": what[0], "owner": what[1]}


def _by_hand(ledger: _Ledger, line: Line, booking: Booking) -> Wrong | LineDiffers | None:
    """What is wrong with what bank and union have said that a line is."""
    proposal = booking.proposal
    if proposal is None or (booking.kind == "undone" and proposal.target.what != "line"):  # a later line undoes it
        other = ledger.booked.get(booking.party or "")
        says = other.proposal if other is not None and other.kind == "undone" else None
        fits = booking.kind == "undone" and says is not None and says.target == Target("line", line.key)
        return None if fits else ("nobody_undoes", {"kind": booking.kind})
    target = proposal.target
    if UNION not in proposal.agreed:
        return "not_agreed", {"kind": booking.kind}
    known = proposal.payer_known
    wrong: Wrong | LineDiffers | None = objection(line, target, known)
    number: dict[str, str | int] = {"number": target.number}
    party: str | None = target.number
    kind = "deposit"
    if target.what == "order":
        kind = "return" if line.credit else "payout"
    elif target.what == "employer":
        kind = "deposit" if line.credit else "refund"
    elif target.what == "platform":
        kind, party = "platform", PLATFORM
    elif target.what == "parts":
        kind, party = "parts", None
        rest_fen = line.amount_fen - booking.split_fen - _given_back_fen(ledger, line)
        wrong = ("parts_leave", {"rest_fen": rest_fen}) if rest_fen else None
    elif target.what == "line":
        kind, other = "undone", ledger.booked.get(target.number)
        wrong = wrong or (("no_line", number) if other is None else not_undone(line, other.line))
    elif target.what == "deposit":
        deposit = ledger.attested.get(target.number)
        party = deposit.employer if deposit else None
        if deposit is None or deposit.state != "confirmed":
            wrong = wrong or ("not_confirmed", number)
        else:
            wrong = wrong or not_attested(line, deposit.employer, deposit.amount_fen, known)
    if wrong is None and (kind, party) != (booking.kind, booking.party):
        return "said_otherwise", {"kind": booking.kind, "party": _or_none(booking.party), **number}
    return wrong


def _given_back_fen(ledger: _Ledger, line: Line) -> int:
    """What later lines have undone of a line while it waited."""
    target = Target("line", line.key)
    undone = (each for each in ledger.booked.values() if each.kind == "undone" and each.proposal is not None)
    return sum(each.line.amount_fen for each in undone if each.proposal and each.proposal.target == target)


def _bookings(ledger: _Ledger, lines: set[str], first: int) -> Iterator[Break]:
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


def _deposits(ledger: _Ledger, due: dict[str, date]) -> Iterator[Break]:
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
            days = (last_day - date.fromisoformat(key.split("/")[0])).days
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


def _orders(ledger: _Ledger) -> Iterator[Break]:
    """Orders that are paid or came back without their line, or with one too many, and those that are overdue."""
    paid: dict[str | None, list[str]] = defaultdict(list)
    returned: dict[str | None, list[str]] = defaultdict(list)
    for key, booking in ledger.booked.items():
        if booking.kind in ("payout", "return"):
            (paid if booking.kind == "payout" else returned)[booking.party].append(key)
    overdue = {number: _overdue(head, ledger.today) for number, head in ledger.heads.items()}
    for number, order in ledger.orders.items():
        settled = order.state in (OrderState.SETTLED, OrderState.RETURNED)
        if paid[number] != ([order.booking] if settled else []):
            by: Wrong = ("paid", {"booking": order.booking}) if order.booking else ("not_paid", {})
            lines = ", ".join(paid[number]) or NONE
            yield broken("not_on_statement", number, order.amount_fen, by[0], state=order.state, lines=lines, **by[1])
        if len(returned[number]) != (order.state is OrderState.RETURNED):
            lines = ", ".join(returned[number]) or NONE
            yield broken("not_on_statement", number, order.amount_fen, "returned_by", state=order.state, lines=lines)
        late = overdue[order.cashout] if order.state is OrderState.HELD else None
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
