"""The bank's statements as they come to the ledger: each continues the last one, in order, and adds up.

A statement of many lines comes in several commands. What each line becomes is in `line_booking`.
"""

from datetime import date
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from ..token.fen import SignedFen
from .bank_refusals import BookingDiffers, StatementDoesNotAdd, StatementGap
from .command import Command
from .custody import MAX_ENTRIES, CustodyAnswer
from .custody_records import OPENING, Booking, Custody, Statement, content_of
from .lines import Line
from .refusals import DateInFuture, DuplicateRow
from .types import CustodyNo, Number

BankNumber = Annotated[int, Meta(ge=0, le=10**18)]
"""The bank's own number of a statement: it may count statements, or days, begin anew, or not be there."""


class BookStatement(Command[CustodyAnswer], frozen=True, kw_only=True, tag="custody.book_statement"):
    """Book lines of a statement, from number `first` (0-based) on: debits first, then by day and reference.

    statement: by the ledger's count, from 1; number: the bank's own, where it has one. The last lines complete it.
    """

    custody: CustodyNo
    statement: Number
    number: BankNumber | None
    day: date
    opening_fen: SignedFen
    closing_fen: SignedFen
    entries: Annotated[int, Meta(ge=0, le=1_000_000)]
    first: Annotated[int, Meta(ge=0, le=1_000_000)]
    lines: Annotated[tuple[Line, ...], Meta(max_length=MAX_ENTRIES)]

    @property
    def completes(self) -> bool:
        """Whether these lines are the last ones of the statement."""
        return self.first + len(self.lines) == self.entries


def opening_line(day: date, opening_fen: int) -> Line:
    """Return the balance that the first statement opens with, as a line: a debit where the account is overdrawn."""
    return Line(day, OPENING, opening_fen > 0, abs(opening_fen))


def refuse_gap(custody: Custody, begun: Statement | None, command: BookStatement) -> None:
    """Refuse lines that do not continue the last statement, or the part of this one that has begun.

    begun: what earlier commands booked of this statement. Refuses: StatementGap, DateInFuture.
    """

    def gap(case: str, **facts: str | int) -> StatementGap:
        return StatementGap(case=case, sequence=command.statement, custody=command.custody, **facts)

    if command.statement != custody.statements + 1:
        raise gap("number", next=custody.statements + 1)
    if custody.closing_day is not None:
        late = command.day < custody.closing_day
        if late and command.closing_fen != command.opening_fen:  # one that changes no balance can come late
            raise gap("day", day=command.day.isoformat(), closing_day=custody.closing_day.isoformat())
        if command.opening_fen != custody.closing_fen and not late:
            raise gap("opening", opening_fen=command.opening_fen, closing_fen=custody.closing_fen)
    if begun is not None and begun.latest is not None and command.day < begun.latest:
        raise DateInFuture(day=begun.latest.isoformat(), today=command.day.isoformat())
    if begun is not None and begun.opening_fen != command.opening_fen:
        raise gap("first_lines", opening_fen=command.opening_fen, booked_fen=begun.opening_fen)
    done = begun.done if begun else 0
    if command.first != done:
        raise gap("line", done=done, first=command.first)
    if done + len(command.lines) > command.entries:
        raise gap("lines", entries=command.entries)


def refuse_lines(begun: Statement | None, booked: list[Booking | None], command: BookStatement) -> None:
    """Refuse lines that are out of order, later than their statement, there already, or named as no bank's line is.

    booked: what the ledger has under the day and reference of each line. Refuses: DuplicateRow, DateInFuture,
    BookingDiffers.
    """
    before = begun.last if begun else None
    for line in command.lines:
        if before is not None and before >= line.place:
            raise DuplicateRow(case="booking", booking=line.booking, day=line.day.isoformat())
        before = line.place
    for line, there in zip(command.lines, booked, strict=True):
        if line.day > command.day:
            raise DateInFuture(day=line.day.isoformat(), today=command.day.isoformat())
        if there is not None:
            facts = {"there": there.statement, "kind": there.kind, "amount_fen": there.line.amount_fen}
            raise BookingDiffers(case="booked", booking=line.key, statement=command.statement, **facts)
        if line.booking == OPENING:
            raise BookingDiffers(case="opening", booking=line.key)
        if "~" in line.booking:
            raise BookingDiffers(case="part", booking=line.key)


def with_lines(begun: Statement | None, command: BookStatement) -> Statement:
    """Return the statement with the command's lines.

    Until the last line is booked the header can be mended; that everything adds up is checked with that line.
    """
    before = begun or Statement(command.day, command.number)
    content = before.content
    for line in command.lines:
        content = content_of(content, line)
    days = [line.day for line in command.lines] + ([before.latest] if before.latest else [])
    return Statement(
        day=command.day,
        number=command.number,
        content=content,
        last=command.lines[-1].place if command.lines else before.last,
        latest=max(days, default=None),
        opening_fen=command.opening_fen,
        closing_fen=command.closing_fen,
        entries=command.entries,
        done=before.done + len(command.lines),
        credits_fen=before.credits_fen + sum(line.amount_fen for line in command.lines if line.credit),
        debits_fen=before.debits_fen + sum(line.amount_fen for line in command.lines if not line.credit),
    )


def closed_with(custody: Custody, statement: Statement, command: BookStatement) -> Custody:
    """Return the custody account after a complete statement. Refuses: StatementDoesNotAdd."""
    closing_fen = statement.opening_fen + statement.credits_fen - statement.debits_fen
    if closing_fen != statement.closing_fen:
        sums = {"sum_fen": closing_fen, "closing_fen": statement.closing_fen}
        raise StatementDoesNotAdd(sequence=command.statement, custody=command.custody, **sums)
    if custody.closing_day is not None and command.day < custody.closing_day:
        assert custody.balance_fen == custody.closing_fen
        return replace(custody, statements=command.statement)
    assert custody.balance_fen == closing_fen
    return replace(
        custody,
        statements=command.statement,
        number=statement.number,
        closing_fen=closing_fen,
        closing_day=command.day,
    )
