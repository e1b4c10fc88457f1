"""Lines of statements that wait: what is known of them, and what bank, union and employer say that they are."""

from collections.abc import Callable
from datetime import date

from msgspec import Struct

from lxr.chaincode.assignments import AgreeLine, AssignLine, ConsentLine
from lxr.chaincode.caller import EMPLOYER, UNION
from lxr.chaincode.command import AnyCommand
from lxr.chaincode.custody_records import Booking, Proposal, assignment_digest, bookings, custodies
from lxr.chaincode.lines import Target
from lxr.chaincode.refusals import WrongState
from lxr.chaincode.things import Standing, Thing
from lxr.chaincode.types import digest
from lxr.node.client import Client
from lxr.settlement import request_ids
from lxr.settlement.lookups import submit_own, unused_request
from lxr.settlement.permissions import gives


class WaitingLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A line of which it is not certain what it is. line: as 2026-09-16/B1; the other facts: see `lines.Line`.

    amount_fen: what of it waits. age_days: up to the last statement. proposal: what the bank says of it.
    """

    line: str
    day: date
    booking: str
    credit: bool
    amount_fen: int
    age_days: int
    order: str | None
    returned: str | None
    own_text: bool
    payer: str | None
    proposal: Proposal | None


def waiting(client: Client, custody: str) -> tuple[WaitingLine, ...]:
    """Return the lines that wait, by day and reference. Refuses: Unknown."""
    last_day = client.need(custodies, custody).closing_day
    there = [booking for _, booking in client.scan(bookings, custody) if booking.kind == "waiting"]
    return tuple(
        WaitingLine(
            line=line.key,
            day=line.day,
            booking=line.booking,
            credit=line.credit,
            amount_fen=booking.waiting_fen,
            age_days=max(0, (last_day - line.day).days) if last_day else 0,
            order=line.order,
            returned=line.returned,
            own_text=line.own_text,
            payer=line.payer,
            proposal=booking.proposal,
        )
        for line, booking in ((booking.line, booking) for booking in there)
    )


@gives(AssignLine)
def assign(teller: Client, custody: str, day: date, booking: str, target: Target) -> Booking:
    """Say as the bank what a line is; the line as it then stands. The same again does nothing, another is said anew.

    Refuses: as AssignLine.
    """

    def said(there: Booking) -> bool:
        return there.proposal is not None and there.proposal.target == target

    def command(request_id: str) -> AnyCommand:
        return AssignLine(request_id=request_id, custody=custody, day=day, booking=booking, target=target)

    return _once(teller, (custody, day, booking), "assign", digest(target), said, command)


Show = Callable[[Booking], None]
"""Shows whoever signs the line and what the bank says of it. Exactly that is signed, whatever is said meanwhile."""


def _not_shown(booking: Booking) -> None:
    """Show nobody anything."""


@gives(AgreeLine)
def agree(treasurer: Client, custody: str, day: date, booking: str, show: Show = _not_shown) -> Booking:
    """Agree as the union to what the bank says of a line; the line as it then stands. The same again does nothing.

    Refuses: as AgreeLine.
    """
    content = _content(treasurer, custody, day, booking, show)

    def command(request_id: str) -> AnyCommand:
        return AgreeLine(request_id=request_id, custody=custody, day=day, booking=booking, digest=content)

    return _once(treasurer, (custody, day, booking), "agree", content, _agreed(UNION), command)


@gives(ConsentLine)
def consent(signer: Client, employer: str, custody: str, day: date, booking: str, show: Show = _not_shown) -> Booking:
    """Agree as the employer whose credit a line takes back; the line as it then stands. The same again does nothing.

    Refuses: as ConsentLine.
    """
    content = _content(signer, custody, day, booking, show)

    def command(request_id: str) -> AnyCommand:
        return ConsentLine(
            request_id=request_id, employer=employer, custody=custody, day=day, booking=booking, digest=content
        )

    return _once(signer, (custody, day, booking), "consent", content, _agreed(EMPLOYER), command)


def _content(client: Client, custody: str, day: date, booking: str, show: Show) -> str:
    """Return what is signed of a line as it stands, once that is shown.

    Refuses: Unknown, WrongState (the bank has not said what it is).
    """
    there = client.need(bookings, custody, day, booking)
    if there.proposal is None:
        needed = Standing.ASSIGNED if there.kind == "waiting" else Standing.WAITING
        raise WrongState(what=Thing.LINE, number=there.line.key, state=there.kind, needed=(needed,))
    show(there)
    return assignment_digest(custody, there, there.proposal.target)


def _agreed(organisation: str) -> Callable[[Booking], bool]:
    return lambda there: there.proposal is not None and organisation in there.proposal.agreed


def _once(
    client: Client,
    place: tuple[str, date, str],
    what: str,
    content: str,
    done: Callable[[Booking], bool],
    command: Callable[[str], AnyCommand],
) -> Booking:
    """Submit a command, unless it has been done.

    Its request id follows from its content, so that a call that broke off is taken up. Where the bank has said
    something else since, and this again, that id is spent and would answer without doing anything.
    """
    custody, day, booking = place
    if not done(client.need(bookings, *place)):
        request = request_ids.line(what, custody, day, booking, content)
        submit_own(client, command(unused_request(client, client.scope, request)))
    return client.need(bookings, *place)
