"""Deposits: the bank attests what came into custody, and for whom, ahead of the statement that has it."""

from datetime import date

import msgspec

from lxr_chaincode.attestations import AgreeReversal, AttestDeposit, CosignDeposit, ReverseDeposit
from lxr_chaincode.custody import CustodyAnswer
from lxr_chaincode.custody_records import attestation_digest, attestations, transits
from lxr_node.client import Client
from lxr_settlement.lookups import own_request


def attest_deposit(
    teller: Client, custody: str, day: date, booking: str, employer: str, amount_fen: int
) -> CustodyAnswer:
    """Attest a credit of a booking day ahead of its statement, by the bank's reference in its one form.

    The same again does nothing. Refuses: as AttestDeposit; SameIdOtherBody for another amount or employer.
    """
    command = AttestDeposit(
        request_id=own_request(teller, f"deposit:{custody}:{day}:{booking}"),
        custody=custody,
        day=day,
        booking=booking,
        employer_no=employer,
        amount_fen=amount_fen,
    )
    return msgspec.convert(teller.submit(command), CustodyAnswer)


def attested_day(client: Client, custody: str, booking: str, employer: str, amount_fen: int) -> date | None:
    """Return the day for which this very deposit is attested and waits: given again later it is the same one."""
    transit = client.get(transits, custody)
    same = (booking, employer, amount_fen)
    days = [
        each.day
        for each in (transit.deposits if transit else ())
        if (each.booking, each.employer, each.amount_fen) == same
    ]
    return max(days, default=None)


def cosign_deposit(second: Client, custody: str, day: date, booking: str) -> CustodyAnswer:
    """Sign as another person of the bank what was attested: payouts may take it today. Refuses: as CosignDeposit."""
    content = attestation_digest(custody, day, booking, second.need(attestations, custody, day, booking))
    command = CosignDeposit(
        request_id=own_request(second, f"cosign:{custody}:{day}:{booking}"),
        custody=custody,
        day=day,
        booking=booking,
        digest=content,
    )
    return msgspec.convert(second.submit(command), CustodyAnswer)


def reverse_deposit(teller: Client, custody: str, day: date, booking: str, reason: str) -> CustodyAnswer:
    """Propose to undo an attestation. Refuses: as ReverseDeposit."""
    command = ReverseDeposit(
        request_id=own_request(teller, f"reverse:{custody}:{day}:{booking}"),
        custody=custody,
        day=day,
        booking=booking,
        reason=reason,
    )
    return msgspec.convert(teller.submit(command), CustodyAnswer)


def agree_reversal(treasurer: Client, custody: str, day: date, booking: str) -> CustodyAnswer:
    """Agree to the reversal that the bank proposes, as it stands on the ledger. Refuses: as AgreeReversal."""
    content = attestation_digest(custody, day, booking, treasurer.need(attestations, custody, day, booking))
    command = AgreeReversal(
        request_id=own_request(treasurer, f"agree:{custody}:{day}:{booking}"),
        custody=custody,
        day=day,
        booking=booking,
        digest=content,
    )
    return msgspec.convert(treasurer.submit(command), CustodyAnswer)
