"""What a waiting line of a statement is: the bank says it, the union agrees, and the line ends where it belongs.

An order, a payer, the bank's fee or interest, an earlier line that it undoes, an attested deposit: `lines.Target`. A
debit that takes an employer's money is agreed to by that employer too. A line of several things is split into parts
first.
"""

import re
from datetime import date
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ..token.accounts import Reason
from .bank_refusals import LineDiffers
from .books import balances
from .caller import EMPLOYER, UNION
from .cashout_records import CashOut, PaymentOrder, PaymentOrderState, payment_orders
from .command import Command, handles
from .custody import CustodyAnswer, answer_of
from .custody_records import (
    IN_TRANSIT,
    PLATFORM,
    Attestation,
    Backing,
    Booking,
    Custody,
    Proposal,
    Transit,
    UnmatchedDebits,
    assignment_digest,
    attestations,
    backings,
    bookings,
    parts_of,
    transits,
    unmatched_debits,
)
from .employers import employers
from .lines import NO_REASON, Line, Target, not_attested, not_undone, refuse_target
from .payment_orders import find_orders, refuse_order
from .refusals import AlreadySigned, HashDiffers, Unknown, WrongState
from .reserve import BANK, FEE, Reserve, owner_of, pending_redemption_account, read_transit
from .types import CustodyNo, Digest, EmployerNo, LineRef
from .world import World

_KEY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})/([0-9A-Z._-]{1,35}(?:~[1-9][0-9]?){0,4})", re.ASCII)
_DEPTH: Final = 4
"""How often a part can be split again, see `LineRef`."""


class AssignLine(Command, frozen=True, kw_only=True, tag="custody.assign_line"):
    """Say what a waiting line is. The same bank may say otherwise until it is agreed to."""

    custody: CustodyNo
    day: date
    booking: LineRef
    target: Target


class AgreeLine(Command, frozen=True, kw_only=True, tag="custody.agree_line"):
    """Agree to what the bank says of a waiting line. digest: see `assignment_digest`."""

    custody: CustodyNo
    day: date
    booking: LineRef
    digest: Digest


class ConsentLine(Command, frozen=True, kw_only=True, tag="custody.consent_line"):
    """Agree, as the employer whose money it takes. digest: see `assignment_digest`."""

    employer: EmployerNo
    custody: CustodyNo
    day: date
    booking: LineRef
    digest: Digest


class LineAnswer(CustodyAnswer, frozen=True):
    """The custody account after the command. kind: what the line now is."""

    kind: str


class _Other(Struct, frozen=True):
    """What a target names, as the ledger has it: an order, another line, or an attested deposit.

    bears: the id of an order that the debit bears which is explained. borne: that order. unmatched_debits: how many
    that bear it wait. payer_known: the line's payer is an employer of the ledger. platform_fen: what the platform has
    of its own.
    """

    order: tuple[PaymentOrder, CashOut] | None = None
    borne: tuple[PaymentOrder, CashOut] | None = None
    line: Booking | None = None
    line_key: tuple[str, date, str] | None = None
    deposit: Attestation | None = None
    payer_known: bool = False
    platform_fen: int = 0
    bears: str | None = None
    unmatched_debits: int = 0


@handles(AssignLine, "bank/teller")
def assign_line(world: World, command: AssignLine) -> LineAnswer:
    """Propose. Refuses: Unknown, WrongState, LineDiffers, PaymentOrderDiffers."""
    # READ
    place = command.custody, command.day, command.booking
    booking = world.need(bookings, *place)
    other = _read_other(world, command.custody, booking, command.target)
    reserve = _read_reserve(world, command.custody, booking, command.target, other)
    # REFUSE
    _refuse(reserve, command.custody, booking, command.target, other)
    # COMPUTE
    charged = _charged(booking.line, command.target, other)
    proposal = Proposal(command.target, world.caller.person, other.payer_known, charged)
    said = replace(booking, proposal=proposal)
    _claim(reserve, booking, said)
    # WRITE: from here on it must succeed
    reserve.write(world, "custody.assign_line")
    world.put(bookings, said, *place)
    return _answer(command.custody, reserve.custody, said)


@handles(AgreeLine, "union/treasurer")
def agree_line(world: World, command: AgreeLine) -> LineAnswer:
    """Agree. Refuses: Unknown, WrongState, HashDiffers, AlreadySigned, LineDiffers, PaymentOrderDiffers."""
    return _sign(world, command, UNION, None)


@handles(ConsentLine, "employer/signer")
def consent_line(world: World, command: ConsentLine) -> LineAnswer:
    """Agree. Refuses: Unknown, WrongState, HashDiffers, AlreadySigned, LineDiffers, PaymentOrderDiffers."""
    return _sign(world, command, EMPLOYER, command.employer)


def _sign(world: World, command: AgreeLine | ConsentLine, who: str, employer: str | None) -> LineAnswer:
    # READ
    place = command.custody, command.day, command.booking
    booking = world.need(bookings, *place)
    proposal = booking.proposal
    if proposal is None:
        raise WrongState(what="line", number=booking.line.key, state=booking.kind, needed="said what it is by the bank")
    target = proposal.target
    other = _read_other(world, command.custody, booking, target)
    transit = read_transit(world, command.custody)
    charged = _charged(booking.line, target, other)
    reserve = _read_reserve(world, command.custody, booking, target, other)
    # REFUSE
    if command.digest != assignment_digest(command.custody, booking, target):
        raise HashDiffers(what=f"line {booking.line.key}")
    if who in proposal.agreed:
        raise AlreadySigned(organisation=who, what=f"line {booking.line.key}")
    if employer is not None and employer != charged:
        raise LineDiffers(case="consent", line=booking.line.key, employer=employer)
    _refuse(reserve, command.custody, booking, target, other)
    # COMPUTE
    agreed = (*proposal.agreed, who)
    signed = replace(booking, proposal=replace(proposal, agreed=agreed, charged=charged))
    if not {UNION, *([EMPLOYER] if charged else [])} <= set(agreed):
        _claim(reserve, booking, signed)
        # WRITE: from here on it must succeed
        reserve.write(world, "custody.agree_line")
        world.put(bookings, signed, *place)
        return _answer(command.custody, reserve.custody, signed)
    booked, moved, line, deposit = _end(reserve, signed, target, other)
    _claim(reserve, booking, booked)
    if other.line is not None and line is not None:
        _claim(reserve, other.line, line)
    parts = parts_of(booking, target)
    # WRITE: from here on it must succeed
    reserve.write(world, "custody.agree_line")
    world.put(bookings, booked, *place)
    for part in parts:
        world.put(bookings, part, command.custody, part.line.day, part.line.booking)
    for number, order in moved.items():
        world.put(payment_orders, order, number)
    if other.bears is not None:
        world.put(unmatched_debits, UnmatchedDebits(_unmatched_left(booking, other, line, parts)), other.bears)
    if line is not None and other.line_key is not None:
        world.put(bookings, line, *other.line_key)
    if deposit is not None and other.line_key is not None:
        world.put(attestations, deposit, *other.line_key)
        left = tuple(each for each in transit.deposits if (each.day, each.booking) != other.line_key[1:])
        world.put(transits, Transit(left), command.custody)
    return _answer(command.custody, reserve.custody, booked)


def _read_other(world: World, custody: str, booking: Booking, target: Target) -> _Other:
    """Refuses: Unknown, LineDiffers: no day and reference."""
    payer = booking.line.payer
    known = payer is not None and world.get(employers, payer) is not None
    other = _Other(payer_known=known)
    if target.what in ("line", "deposit"):
        key = custody, *_place(target)
        if target.what == "line":
            other = replace(other, line=world.need(bookings, *key), line_key=key)
        else:
            other = replace(other, deposit=world.need(attestations, *key), line_key=key)
    elif target.what != "parts" and (not target.number or "/" in target.number):
        raise Unknown(what=target.what, number=target.number)
    elif target.what == "order":
        found = find_orders(world, [target.number])
        if target.number not in found:
            raise Unknown(what="order", number=target.number)
        platform = world.get(backings, PLATFORM) or Backing()
        income = world.get_many(balances, [(BANK,), (FEE,)])  # taxes and contributions are others'
        income_fen = sum(balance.fen for balance in income if balance is not None)
        free_fen = max(0, min(income_fen, platform.confirmed_fen - platform.pending_fen))
        other = replace(other, order=found[target.number], platform_fen=free_fen)
    elif target.what == "employer":
        world.need(employers, target.number)
    debit = booking.line if not booking.line.credit else other.line.line if other.line is not None else None
    if debit is not None and debit.order is not None:
        borne = find_orders(world, [debit.order]).get(debit.order)
        there = world.get(unmatched_debits, debit.order) or UnmatchedDebits()
        other = replace(other, bears=debit.order, borne=borne, unmatched_debits=there.count)
    return other


def _read_reserve(world: World, custody: str, booking: Booking, target: Target, other: _Other) -> Reserve:
    """Read the money at the bank that the line, or what was said of it before, can move."""
    owners = {_charged(booking.line, target, other), *_charges(booking)}
    if target.what == "employer":
        owners.add(target.number)
    if other.line is not None:
        owners |= _charges(other.line)
        owners |= {other.line.party} if other.line.kind == "refund" else set()
    if other.deposit is not None:
        owners.add(other.deposit.employer)
    pairs = [pair for pair in (other.order, other.borne) if pair is not None]
    owners |= {owner_of(cash_out) for _, cash_out in pairs}
    back = [order for order, _ in pairs]
    named = {owner for owner in owners if owner is not None}
    return Reserve(world, custody, named, sorted({pending_redemption_account(order) for order in back}), back)


def _charges(booking: Booking) -> set[str | None]:
    return {booking.proposal.charged} if booking.proposal is not None else set()


def _claim(reserve: Reserve, before: Booking, after: Booking) -> None:
    """Count what waits and is said to take an employer's money, for that employer, as it was and as it is now."""
    for booking, sign in ((before, -1), (after, 1)):
        if booking.kind == "waiting" and booking.proposal is not None and booking.proposal.charged is not None:
            reserve.add(booking.proposal.charged, claimed_fen=sign * booking.waiting_fen)


def _unmatched_left(booking: Booking, other: _Other, line: Booking | None, parts: tuple[Booking, ...]) -> int:
    """How many debits wait that bear the order's id, once the line has ended. line: the earlier one that it undoes."""
    if not booking.line.credit:
        return other.unmatched_debits - 1 + len(parts)
    ended = other.line is not None and other.line.kind == "waiting" and line is not None and line.kind != "waiting"
    return other.unmatched_debits - ended


def _charged(line: Line, target: Target, other: _Other) -> str | None:
    """The employer whose money a debit takes."""
    if not line.credit and target.what == "employer":
        return target.number
    return other.line.party if other.line is not None and other.line.kind == "deposit" else None


def _place(target: Target) -> tuple[date, str]:
    """The day and the reference that a target names, in their one form. Refuses: LineDiffers."""
    match = _KEY.fullmatch(target.number)
    try:
        if match is not None:
            return date.fromisoformat(match[1]), match[2]
    except ValueError:
        pass
    raise LineDiffers(case="number", number=target.number)


def _refuse(reserve: Reserve, custody: str, booking: Booking, target: Target, other: _Other) -> None:
    """Refuses: WrongState, LineDiffers, PaymentOrderDiffers: the line is not what the target says, as things stand."""
    line, fen = booking.line, booking.waiting_fen
    if booking.kind != "waiting":
        raise WrongState(what="line", number=line.key, state=booking.kind, needed="waiting")
    refuse_target(line, target, other.payer_known)
    _refuse_parts(line, fen, target)
    if target.what == "platform" and target.number != PLATFORM:
        raise LineDiffers(case="platform", number=target.number)
    if other.order is not None:
        order, cash_out = other.order
        if fen != line.amount_fen:
            raise LineDiffers(case="in_part", line=line.key)
        # What the bank kept of a return, or took on top of a payment, is its fee, which the platform bears.
        if order.amount_fen < fen if line.credit else order.amount_fen > fen:
            sums = {"line_fen": fen, "order_fen": order.amount_fen}
            raise LineDiffers(case="order_fen", line=line.key, order=target.number, **sums)
        if line.credit and order.amount_fen - fen > other.platform_fen:  # or others' money would make the wage whole
            sums = {"line_fen": fen, "order_fen": order.amount_fen, "platform_fen": other.platform_fen}
            raise LineDiffers(case="kept", line=line.key, order=target.number, **sums)
        needed = PaymentOrderState.SETTLED if line.credit else PaymentOrderState.HELD
        if not line.credit and _can_be_paid_after_all(reserve, target.number, order, PaymentOrderState.REJECTED):
            needed = PaymentOrderState.REJECTED
        refuse_order(target.number, order, cash_out, custody, needed, order.amount_fen)
    if other.deposit is not None:
        if other.deposit.state not in IN_TRANSIT:
            raise WrongState(what="deposit", number=target.number, state=other.deposit.state, needed="on no statement")
        deposit = other.deposit
        if (refusal := not_attested(line, deposit.employer, deposit.amount_fen, other.payer_known)) is not None:
            raise refusal
    if other.line is not None:
        there = other.line
        if (refusal := not_undone(line, there.line, fen, there.standing_fen)) is not None:
            raise refusal
        kinds = ("waiting", "platform", "refund") if line.credit else ("waiting", "platform", "deposit", "return")
        in_part = line.credit and there.kind == "waiting" and there.standing_fen >= fen
        if there.kind not in kinds or not (in_part or there.standing_fen == fen):
            sums = {"line_fen": fen, "other_fen": there.line.amount_fen, "waiting_fen": there.waiting_fen}
            raise LineDiffers(case="other", line=line.key, other=there.line.key, kind=there.kind, **sums)
        if there.kind == "return" and not _is_there(reserve, line, there, other):
            raise LineDiffers(case="return_gone", line=line.key, other=there.line.key)


def _refuse_parts(line: Line, fen: int, target: Target) -> None:
    """Refuses: LineDiffers: parts that are not what waits of the line, or parts of one thing."""
    parts_fen = target.parts_fen
    if target.what != "parts" and parts_fen:
        raise LineDiffers(case="one_thing", line=line.key)
    if target.what == "parts" and (target.number or len(parts_fen) < 2):
        raise LineDiffers(case="parts", line=line.key)
    if parts_fen and sum(parts_fen) != fen:
        raise LineDiffers(case="parts_fen", line=line.key, parts_fen=sum(parts_fen), waiting_fen=fen)
    if parts_fen and line.booking.count("~") == _DEPTH:
        raise LineDiffers(case="split_often", line=line.key, most=_DEPTH)


def _is_there(reserve: Reserve, line: Line, there: Booking, other: _Other) -> bool:
    """Whether a debit can take a return back: it bears the order's id, and the payment was not made again."""
    if other.borne is None or line.order is None or line.order != there.party:
        return False
    order, _ = other.borne
    fits = order.amount_fen == line.amount_fen
    return fits and _can_be_paid_after_all(reserve, line.order, order, PaymentOrderState.RETURNED)


def _can_be_paid_after_all(reserve: Reserve, number: str, order: PaymentOrder, state: PaymentOrderState) -> bool:
    """Whether an order that is in that state can turn out to be paid: its money has not left its account again."""
    return order.state is state and order.retried_by is None and reserve.is_back(number, order)


def _end(
    reserve: Reserve, booking: Booking, target: Target, other: _Other
) -> tuple[Booking, dict[str, PaymentOrder], Booking | None, Attestation | None]:
    """Book the line as what it is; the line, and the orders, other line or deposit that it changes."""
    line, fen = booking.line, booking.waiting_fen
    booked = replace(booking, waiting_fen=0, by_hand=True, party=target.number)
    if target.what == "parts":
        return replace(booked, kind="parts", party=None), {}, None, None
    if not line.credit:
        reserve.add(unmatched_fen=-fen)
    if other.order is not None:
        order, cash_out = other.order
        owner = owner_of(cash_out)
        if line.credit:
            reserve.give_back(target.number, order, owner, suspended_fen=fen)
            reserve.charge(order.amount_fen - fen)
            back = replace(order, state=PaymentOrderState.RETURNED, reason=line.returned or NO_REASON)
            return replace(booked, kind="return"), {target.number: back}, None, None
        if order.state is PaymentOrderState.REJECTED:
            reserve.pay_after_all(target.number, order, owner)
        else:
            reserve.pay(order, owner)
        reserve.charge(fen - order.amount_fen)
        paid = replace(order, state=PaymentOrderState.SETTLED, booking=line.key, reason=None)
        return replace(booked, kind="payout"), {target.number: paid}, None, None
    if other.deposit is not None:
        reserve.undo_credit(fen)  # its LXR were made when it was attested
        reserve.confirm(other.deposit)
        confirmed = replace(other.deposit, state="confirmed", reversal=None, blocked_fen=0)
        return replace(booked, kind="deposit", party=other.deposit.employer), {}, None, confirmed
    if other.line is not None:
        moved, there = _undo(reserve, line, fen, other.line, other)
        return replace(booked, kind="undone"), moved, there, None
    if target.what == "employer" and not line.credit:
        reserve.take_back(target.number, fen, Reason.CREDIT_UNDONE)
        return replace(booked, kind="refund"), {}, None, None
    if target.what == "employer":
        reserve.deposit(target.number, fen, suspended=True)
        return replace(booked, kind="deposit"), {}, None, None
    if line.credit:
        reserve.interest(fen)
    else:
        reserve.charge(fen)
    return replace(booked, kind="platform"), {}, None, None


def _undo(
    reserve: Reserve, line: Line, fen: int, there: Booking, other: _Other
) -> tuple[dict[str, PaymentOrder], Booking]:
    """Undo an earlier line; the order that was returned, and the earlier line."""
    moved: dict[str, PaymentOrder] = {}
    if there.kind == "platform":
        reserve.interest(fen) if line.credit else reserve.charge(fen)
    elif there.kind == "refund":
        assert there.party is not None
        reserve.deposit(there.party, fen, suspended=True)
    elif line.credit:  # money that had gone is back
        reserve.undo_credit(fen)
        reserve.add(unmatched_fen=-fen)
        if left_fen := there.waiting_fen - fen:
            given_back_fen = there.given_back_fen + fen
            return moved, replace(there, waiting_fen=left_fen, given_back_fen=given_back_fen, proposal=None)
    elif there.kind == "waiting":
        reserve.undo_credit(fen)
    elif there.kind == "deposit":
        assert there.party is not None
        reserve.take_back(there.party, fen, Reason.DEPOSIT_REVERSED)  # it never was
    else:  # a return: the wage has arrived after all
        assert other.borne is not None
        assert there.party is not None
        order, cash_out = other.borne
        reserve.pay_after_all(there.party, order, owner_of(cash_out))
        moved[there.party] = replace(order, state=PaymentOrderState.SETTLED, reason=None)
    proposal = None if there.kind == "waiting" else there.proposal  # of what it was, for who looks later
    undone = replace(there, kind="undone", party=line.key, waiting_fen=0, proposal=proposal, by_hand=True)
    return moved, undone


def _answer(number: str, custody: Custody, booking: Booking) -> LineAnswer:
    said = answer_of(number, custody)
    return LineAnswer(
        said.custody, said.supply_fen, said.closing_fen, said.shortfall_fen, said.unmatched_fen, booking.kind
    )
