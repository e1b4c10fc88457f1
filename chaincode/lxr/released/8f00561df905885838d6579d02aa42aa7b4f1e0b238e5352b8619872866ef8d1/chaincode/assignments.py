"""What a waiting line of a statement is: the bank says it, the union agrees, and the line ends where it belongs.

An order, a payer, the bank's fee or interest, an earlier line that it undoes, an attested deposit: `lines.Target`. A
debit that takes an employer's money is agreed to by that employer too. A line of several things is split into parts
first. What a target names, and why a line may not be it, is in `assignment_targets`; what it then does to money, orders
and other lines, in `assignment_effects`.
"""

from datetime import date

from msgspec.structs import replace

from .assignment_effects import claim, end_line, unmatched_left
from .assignment_targets import charged_employer, read_other, read_reserve, refuse_unfit_target
from .bank_refusals import LineDiffers
from .caller import EMPLOYER, UNION
from .cashout_records import payment_orders
from .command import Command, handles
from .custody import CustodyAnswer, answer_of
from .custody_records import (
    Booking,
    Custody,
    Proposal,
    Transit,
    UnmatchedDebits,
    assignment_digest,
    attestations,
    bookings,
    parts_of,
    transits,
    unmatched_debits,
)
from .lines import Target
from .refusals import AlreadySigned, HashDiffers, WrongState
from .reserve import read_transit
from .things import Standing, Thing
from .types import CustodyNo, Digest, EmployerNo, LineRef
from .world import World


class LineAnswer(CustodyAnswer, frozen=True):
    """The custody account after the command. kind: what the line now is."""

    kind: str


class AssignLine(Command[LineAnswer], frozen=True, kw_only=True, tag="custody.assign_line"):
    """Say what a waiting line is. The same bank may say otherwise until it is agreed to."""

    custody: CustodyNo
    day: date
    booking: LineRef
    target: Target


class AgreeLine(Command[LineAnswer], frozen=True, kw_only=True, tag="custody.agree_line"):
    """Agree to what the bank says of a waiting line. digest: see `assignment_digest`."""

    custody: CustodyNo
    day: date
    booking: LineRef
    digest: Digest


class ConsentLine(Command[LineAnswer], frozen=True, kw_only=True, tag="custody.consent_line"):
    """Agree, as the employer whose money it takes. digest: see `assignment_digest`."""

    employer: EmployerNo
    custody: CustodyNo
    day: date
    booking: LineRef
    digest: Digest


@handles(AssignLine, "bank/teller")
def assign_line(world: World, command: AssignLine) -> LineAnswer:
    """Record what the bank says of a line. Refuses: Unknown, WrongState, LineDiffers, PaymentOrderDiffers."""
    # READ
    place = command.custody, command.day, command.booking
    booking = world.need(bookings, *place)
    other = read_other(world, command.custody, booking, command.target)
    reserve = read_reserve(world, command.custody, booking, command.target, other)
    # REFUSE
    refuse_unfit_target(reserve, command.custody, booking, command.target, other)
    # COMPUTE
    charged = charged_employer(booking.line, command.target, other)
    proposal = Proposal(command.target, world.caller.person, other.payer_known, charged)
    said = replace(booking, proposal=proposal)
    claim(reserve, booking, said)
    # WRITE: from here on it must succeed
    reserve.write(world, "custody.assign_line")
    world.put(bookings, said, *place)
    return _answer(command.custody, reserve.custody, said)


@handles(AgreeLine, "union/treasurer")
def agree_line(world: World, command: AgreeLine) -> LineAnswer:
    """Agree for the union.

    Refuses: Unknown, WrongState, HashDiffers, AlreadySigned, LineDiffers, PaymentOrderDiffers.
    """
    return _sign(world, command, UNION, None)


@handles(ConsentLine, "employer/signer")
def consent_line(world: World, command: ConsentLine) -> LineAnswer:
    """Agree for the employer whose money the line takes.

    Refuses: Unknown, WrongState, HashDiffers, AlreadySigned, LineDiffers, PaymentOrderDiffers.
    """
    return _sign(world, command, EMPLOYER, command.employer)


def _sign(world: World, command: AgreeLine | ConsentLine, who: str, employer: str | None) -> LineAnswer:
    """Add one organisation's word; once all who must have agreed, the line ends. employer: who consents."""
    # READ
    place = command.custody, command.day, command.booking
    booking = world.need(bookings, *place)
    proposal = booking.proposal
    if proposal is None:
        raise WrongState(what=Thing.LINE, number=booking.line.key, state=booking.kind, needed=(Standing.ASSIGNED,))
    target = proposal.target
    other = read_other(world, command.custody, booking, target)
    transit = read_transit(world, command.custody)
    charged = charged_employer(booking.line, target, other)
    reserve = read_reserve(world, command.custody, booking, target, other)
    # REFUSE
    if command.digest != assignment_digest(command.custody, booking, target):
        raise HashDiffers(what=Thing.LINE, number=booking.line.key)
    if who in proposal.agreed:
        raise AlreadySigned(organisation=who, what=Thing.LINE, number=booking.line.key)
    if employer is not None and employer != charged:
        raise LineDiffers(case="consent", line=booking.line.key, employer=employer)
    refuse_unfit_target(reserve, command.custody, booking, target, other)
    # COMPUTE
    agreed = (*proposal.agreed, who)
    signed = replace(booking, proposal=replace(proposal, agreed=agreed, charged=charged))
    if not {UNION, *([EMPLOYER] if charged else [])} <= set(agreed):
        claim(reserve, booking, signed)
        # WRITE: from here on it must succeed
        reserve.write(world, "custody.agree_line")
        world.put(bookings, signed, *place)
        return _answer(command.custody, reserve.custody, signed)
    booked, moved, line, deposit = end_line(reserve, signed, target, other)
    claim(reserve, booking, booked)
    if other.line is not None and line is not None:
        claim(reserve, other.line, line)
    parts = parts_of(booking, target)
    # WRITE: from here on it must succeed
    reserve.write(world, "custody.agree_line")
    world.put(bookings, booked, *place)
    for part in parts:
        world.put(bookings, part, command.custody, part.line.day, part.line.booking)
    for number, order in moved.items():
        world.put(payment_orders, order, number)
    if other.bears is not None:
        world.put(unmatched_debits, UnmatchedDebits(unmatched_left(booking, other, line, parts)), other.bears)
    if line is not None and other.line_key is not None:
        world.put(bookings, line, *other.line_key)
    if deposit is not None and other.line_key is not None:
        world.put(attestations, deposit, *other.line_key)
        left = tuple(each for each in transit.deposits if (each.day, each.booking) != other.line_key[1:])
        world.put(transits, Transit(left), command.custody)
    return _answer(command.custody, reserve.custody, booked)


def _answer(number: str, custody: Custody, booking: Booking) -> LineAnswer:
    """Return the answer to a command on one line."""
    said = answer_of(number, custody)
    return LineAnswer(
        said.custody, said.supply_fen, said.closing_fen, said.shortfall_fen, said.unmatched_fen, booking.kind
    )
