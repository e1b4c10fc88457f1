"""Deposits that the bank attests ahead of their statement: LXR for a credit of today, until its line confirms it.

One person of the bank attests, and the employer can fund its paydays. A second one cosigns, and until the statement of
that day is due payouts may take it. On no statement that covers its day it is missing: see `Reserve.miss`.
"""

from datetime import date

from msgspec.structs import replace

from ..token.accounts import Reason
from .command import Command, handles
from .custody import CustodyAnswer, answer_of
from .custody_records import (
    IN_TRANSIT,
    IN_TRANSIT_MAX,
    Attestation,
    InTransit,
    Transit,
    attestation_digest,
    attestations,
    bookings,
    custodies,
    transits,
)
from .days import day_of
from .employers import employers
from .lines import LineFen
from .refusals import (
    DateInFuture,
    DepositMissing,
    Exists,
    HashDiffers,
    SamePerson,
    TooLarge,
    WrongState,
)
from .reserve import Reserve, of_employer, read_transit
from .things import Standing, Thing
from .types import BookingRef, CustodyNo, Digest, EmployerNo, Text
from .world import World


class AttestDeposit(Command[CustodyAnswer], frozen=True, kw_only=True, tag="custody.attest_deposit"):
    """Attest a credit ahead of its statement: the same amount of LXR comes into being. day: the booking day."""

    custody: CustodyNo
    day: date
    booking: BookingRef
    employer_no: EmployerNo
    amount_fen: LineFen


class CosignDeposit(Command[CustodyAnswer], frozen=True, kw_only=True, tag="custody.cosign_deposit"):
    """Sign, as another person of the bank, what was attested. digest: see `attestation_digest`."""

    custody: CustodyNo
    day: date
    booking: BookingRef
    digest: Digest


class ReverseDeposit(Command[CustodyAnswer], frozen=True, kw_only=True, tag="custody.reverse_deposit"):
    """Say that an attested deposit was none. The union must agree."""

    custody: CustodyNo
    day: date
    booking: BookingRef
    reason: Text


class AgreeReversal(Command[CustodyAnswer], frozen=True, kw_only=True, tag="custody.agree_reversal"):
    """Undo a wrong attestation; what was spent of it is its employer's shortfall. digest: see `attestation_digest`."""

    custody: CustodyNo
    day: date
    booking: BookingRef
    digest: Digest


@handles(AttestDeposit, "bank/teller")
def attest_deposit(world: World, command: AttestDeposit) -> CustodyAnswer:
    """Mint against a credit. Refuses: Unknown, Exists, DateInFuture, DepositMissing, TooLarge, AmountTooLarge."""
    # READ
    place = command.custody, command.day, command.booking
    there, line = world.get(attestations, *place), world.get(bookings, *place)
    world.need(employers, command.employer_no)
    transit = read_transit(world, command.custody)
    reserve = Reserve(world, command.custody, [command.employer_no])
    # REFUSE
    today, closing_day = day_of(world.at_ms), reserve.custody.closing_day
    if there is not None or line is not None:
        raise Exists(what=Thing.BOOKING, number=f"{command.day}/{command.booking}")
    if command.day > today:
        raise DateInFuture(day=command.day.isoformat(), today=today.isoformat())
    if closing_day is not None and command.day <= closing_day:
        raise DepositMissing(day=command.day.isoformat(), closing_day=closing_day.isoformat())
    if len(transit.deposits) >= IN_TRANSIT_MAX:
        raise TooLarge(case="deposits", limit=IN_TRANSIT_MAX)
    # COMPUTE
    payer, _ = of_employer(command.employer_no)
    reserve.mint(payer, Reason.DEPOSIT, command.amount_fen)
    reserve.add(command.employer_no, in_transit_fen=command.amount_fen)
    new = InTransit(command.day, command.booking, command.employer_no, command.amount_fen, False, False)
    # WRITE: from here on it must succeed
    reserve.write(world, "custody.attest_deposit")
    attestation = Attestation(command.employer_no, command.amount_fen, world.caller.person)
    world.put(attestations, attestation, *place)
    world.put(transits, Transit((*transit.deposits, new)), command.custody)
    return answer_of(command.custody, reserve.custody)


@handles(CosignDeposit, "bank/teller", "bank/admin")
def cosign_deposit(world: World, command: CosignDeposit) -> CustodyAnswer:
    """Cosign. Refuses: Unknown, WrongState, HashDiffers, SamePerson."""
    # READ
    place = command.custody, command.day, command.booking
    custody = world.need(custodies, command.custody)
    deposit = world.need(attestations, *place)
    transit = read_transit(world, command.custody)
    # REFUSE
    number = f"{command.day}/{command.booking}"
    if deposit.state != "attested" or deposit.reversal is not None or deposit.cosigned_by is not None:
        said = Standing.COSIGNED if deposit.cosigned_by else Standing.REVERSAL_PROPOSED if deposit.reversal else None
        raise WrongState(
            what=Thing.DEPOSIT, number=number, state=said or deposit.state, needed=(Standing.ATTESTED_ONCE,)
        )
    if command.digest != attestation_digest(*place, deposit):
        raise HashDiffers(what=Thing.DEPOSIT, number=number)
    if world.caller.person == deposit.attested_by:
        raise SamePerson(person=world.caller.person, what=Thing.DEPOSIT, number=number)
    # WRITE: from here on it must succeed
    world.put(attestations, replace(deposit, cosigned_by=world.caller.person), *place)
    now = tuple(
        replace(each, cosigned=each.cosigned or (each.day, each.booking) == place[1:]) for each in transit.deposits
    )
    world.put(transits, Transit(now), command.custody)
    return answer_of(command.custody, custody)


@handles(ReverseDeposit, "bank/teller")
def reverse_deposit(world: World, command: ReverseDeposit) -> CustodyAnswer:
    """Propose a reversal; no payout takes the deposit any more. Refuses: Unknown, WrongState (on a statement)."""
    # READ
    place = command.custody, command.day, command.booking
    custody = world.need(custodies, command.custody)
    deposit = world.need(attestations, *place)
    transit = read_transit(world, command.custody)
    # REFUSE
    if deposit.state not in IN_TRANSIT or deposit.reversal is not None:
        state = deposit.state if deposit.reversal is None else Standing.REVERSAL_PROPOSED
        number = f"{command.day}/{command.booking}"
        raise WrongState(what=Thing.DEPOSIT, number=number, state=state, needed=(Standing.IN_TRANSIT,))
    # WRITE: from here on it must succeed
    world.put(attestations, replace(deposit, reversal=command.reason), *place)
    now = tuple(
        replace(each, cosigned=each.cosigned and (each.day, each.booking) != place[1:]) for each in transit.deposits
    )
    world.put(transits, Transit(now), command.custody)
    return answer_of(command.custody, custody)


@handles(AgreeReversal, "union/treasurer")
def agree_reversal(world: World, command: AgreeReversal) -> CustodyAnswer:
    """Reverse. Refuses: Unknown, WrongState, HashDiffers."""
    # READ
    place = command.custody, command.day, command.booking
    deposit = world.need(attestations, *place)
    transit = read_transit(world, command.custody)
    reserve = Reserve(world, command.custody, [deposit.employer])
    # REFUSE
    number = f"{command.day}/{command.booking}"
    if deposit.state not in IN_TRANSIT or deposit.reversal is None:
        raise WrongState(what=Thing.DEPOSIT, number=number, state=deposit.state, needed=(Standing.REVERSAL_PROPOSED,))
    if command.digest != attestation_digest(*place, deposit):
        raise HashDiffers(what=Thing.DEPOSIT, number=number)
    # COMPUTE
    undone = reserve.reverse(deposit)
    left = tuple(each for each in transit.deposits if (each.day, each.booking) != place[1:])
    # WRITE: from here on it must succeed
    reserve.write(world, "custody.agree_reversal")
    world.put(attestations, undone, *place)
    world.put(transits, Transit(left), command.custody)
    return answer_of(command.custody, reserve.custody)
