"""Deposits: the bank attests what came into custody, and for whom, ahead of the statement that has it."""

from datetime import date
from typing import NamedTuple

from lxr.chaincode.attestations import AgreeReversal, AttestDeposit, CosignDeposit, ReverseDeposit
from lxr.chaincode.custody import CustodyAnswer
from lxr.chaincode.custody_records import IN_TRANSIT, attestation_digest, attestations, bookings
from lxr.node.client import Client
from lxr.settlement import request_ids
from lxr.settlement.lookups import submit_own
from lxr.settlement.permissions import gives


@gives(AttestDeposit)
def attest_deposit(
    teller: Client, custody: str, day: date, booking: str, employer: str, amount_fen: int
) -> CustodyAnswer:
    """Attest a credit of a booking day ahead of its statement, by the bank's reference in its one form.

    The same again does nothing. Refuses: as AttestDeposit; SameIdOtherBody for another amount or employer.
    """
    command = AttestDeposit(
        request_id=request_ids.deposit(custody, day, booking),
        custody=custody,
        day=day,
        booking=booking,
        employer_no=employer,
        amount_fen=amount_fen,
    )
    return submit_own(teller, command)


class Known(NamedTuple):
    """A credit that the ledger knows. waits: it is attested, and no statement has it yet."""

    day: date
    amount_fen: int
    employer: str | None
    waits: bool


def known(client: Client, custody: str, booking: str) -> tuple[Known, ...]:
    """Return the credits of a reference, attested or on a statement, by day: banks use a reference again another day.

    An attestation that was reversed is none.
    """
    found: dict[str, Known] = {}
    for (_, day, reference), there in client.scan(bookings, custody):
        if reference == booking and there.line.credit:
            found[day] = Known(there.line.day, there.line.amount_fen, there.party, waits=False)
    for (_, day, reference), deposit in client.scan(attestations, custody):
        if reference == booking and deposit.state != "reversed":
            waits = deposit.state in IN_TRANSIT
            found[day] = Known(date.fromisoformat(day), deposit.amount_fen, deposit.employer, waits=waits)
    return tuple(found[day] for day in sorted(found))


@gives(CosignDeposit)
def cosign_deposit(second: Client, custody: str, day: date, booking: str) -> CustodyAnswer:
    """Sign as another person of the bank what was attested: payouts may take it today. Refuses: as CosignDeposit."""
    content = attestation_digest(custody, day, booking, second.need(attestations, custody, day, booking))
    command = CosignDeposit(
        request_id=request_ids.cosignature(custody, day, booking),
        custody=custody,
        day=day,
        booking=booking,
        digest=content,
    )
    return submit_own(second, command)


@gives(ReverseDeposit)
def reverse_deposit(teller: Client, custody: str, day: date, booking: str, reason: str) -> CustodyAnswer:
    """Propose to undo an attestation. Refuses: as ReverseDeposit."""
    command = ReverseDeposit(
        request_id=request_ids.deposit_reversal(custody, day, booking),
        custody=custody,
        day=day,
        booking=booking,
        reason=reason,
    )
    return submit_own(teller, command)


@gives(AgreeReversal)
def agree_reversal(treasurer: Client, custody: str, day: date, booking: str) -> CustodyAnswer:
    """Agree to the reversal that the bank proposes, as it stands on the ledger. Refuses: as AgreeReversal."""
    content = attestation_digest(custody, day, booking, treasurer.need(attestations, custody, day, booking))
    command = AgreeReversal(
        request_id=request_ids.reversal_agreement(custody, day, booking),
        custody=custody,
        day=day,
        booking=booking,
        digest=content,
    )
    return submit_own(treasurer, command)
