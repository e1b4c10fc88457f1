"""What the bank says that a waiting line is, as the ledger has it, and why the line cannot be it."""

import re
from datetime import date
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from .bank_refusals import LineDiffers
from .books import balances
from .cashout_records import CashOut, PaymentOrder, PaymentOrderState
from .custody_records import (
    IN_TRANSIT,
    PLATFORM,
    Attestation,
    Backing,
    Booking,
    UnmatchedDebits,
    attestations,
    backings,
    bookings,
    unmatched_debits,
)
from .employers import employers
from .lines import Line, Target, not_attested, not_undone, refuse_target
from .payment_orders import find_orders, refuse_order
from .refusals import Unknown, WrongState
from .reserve import BANK, FEE, Reserve, owner_of, pending_redemption_account
from .things import Standing, Thing
from .world import World

_THINGS: Final = {"order": Thing.PAYMENT_ORDER, "employer": Thing.EMPLOYER, "platform": Thing.PLATFORM}
"""What a target is called where there is none of its number."""
_KEY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})/([0-9A-Z._-]{1,35}(?:~[1-9][0-9]?){0,4})", re.ASCII)
_DEPTH: Final = 4
"""How often a part can be split again, see `LineRef`."""


class Other(Struct, frozen=True):
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


def read_other(world: World, custody: str, booking: Booking, target: Target) -> Other:
    """Read what a target names. Refuses: Unknown, LineDiffers (no day and reference)."""
    payer = booking.line.payer
    known = payer is not None and world.get(employers, payer) is not None
    other = Other(payer_known=known)
    if target.what in ("line", "deposit"):
        key = custody, *_place(target)
        if target.what == "line":
            other = replace(other, line=world.need(bookings, *key), line_key=key)
        else:
            other = replace(other, deposit=world.need(attestations, *key), line_key=key)
    elif target.what != "parts" and (not target.number or "/" in target.number):
        raise Unknown(what=_THINGS[target.what], number=target.number)
    elif target.what == "order":
        found = find_orders(world, [target.number])
        if target.number not in found:
            raise Unknown(what=Thing.PAYMENT_ORDER, number=target.number)
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


def read_reserve(world: World, custody: str, booking: Booking, target: Target, other: Other) -> Reserve:
    """Read the money at the bank that the line, or what was said of it before, can move."""
    owners = {charged_employer(booking.line, target, other), *_charges(booking)}
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
    """Return the employer whose money the bank says that a line takes, if any."""
    return {booking.proposal.charged} if booking.proposal is not None else set()


def charged_employer(line: Line, target: Target, other: Other) -> str | None:
    """Return the employer whose money a debit takes; None: it takes no employer's."""
    if not line.credit and target.what == "employer":
        return target.number
    return other.line.party if other.line is not None and other.line.kind == "deposit" else None


def _place(target: Target) -> tuple[date, str]:
    """Return the day and the reference that a target names, in their one form. Refuses: LineDiffers."""
    match = _KEY.fullmatch(target.number)
    try:
        if match is not None:
            return date.fromisoformat(match[1]), match[2]
    except ValueError:
        pass
    raise LineDiffers(case="number", number=target.number)


def refuse_unfit_target(reserve: Reserve, custody: str, booking: Booking, target: Target, other: Other) -> None:
    """Refuse a target that the line cannot be, as things stand.

    Refuses: WrongState, LineDiffers, PaymentOrderDiffers.
    """
    line, fen = booking.line, booking.waiting_fen
    if booking.kind != "waiting":
        raise WrongState(what=Thing.LINE, number=line.key, state=booking.kind, needed=(Standing.WAITING,))
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
            raise WrongState(
                what=Thing.DEPOSIT, number=target.number, state=other.deposit.state, needed=(Standing.IN_TRANSIT,)
            )
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
    """Refuse parts that are not what waits of the line, or parts of one thing. Refuses: LineDiffers."""
    parts_fen = target.parts_fen
    if target.what != "parts" and parts_fen:
        raise LineDiffers(case="one_thing", line=line.key)
    if target.what == "parts" and (target.number or len(parts_fen) < 2):
        raise LineDiffers(case="parts", line=line.key)
    if parts_fen and sum(parts_fen) != fen:
        raise LineDiffers(case="parts_fen", line=line.key, parts_fen=sum(parts_fen), waiting_fen=fen)
    if parts_fen and line.booking.count("~") == _DEPTH:
        raise LineDiffers(case="split_often", line=line.key, most=_DEPTH)


def _is_there(reserve: Reserve, line: Line, there: Booking, other: Other) -> bool:
    """Return whether a debit can take a return back: it bears the order's id, and the payment was not made again."""
    if other.borne is None or line.order is None or line.order != there.party:
        return False
    order, _ = other.borne
    fits = order.amount_fen == line.amount_fen
    return fits and _can_be_paid_after_all(reserve, line.order, order, PaymentOrderState.RETURNED)


def _can_be_paid_after_all(reserve: Reserve, number: str, order: PaymentOrder, state: PaymentOrderState) -> bool:
    """Return whether an order in that state can turn out to be paid: its money has not left its account again."""
    return order.state is state and order.retried_by is None and reserve.is_back(number, order)
