"""Deposits: the bank attests what came into custody, and for whom."""

import re
from typing import TYPE_CHECKING, Final

import msgspec

from lxr_chaincode.custody import AgreeReversal, AttestDeposit, CustodyAnswer
from lxr_chaincode.custody_records import bookings, reversal_digest
from lxr_node.client import Client

if TYPE_CHECKING:
    from lxr_settlement.bankfiles.camt053 import Entry

_ID: Final = re.compile(r"(E[0-9]{3,6})D[0-9A-Z]*", re.ASCII)
_NAMED: Final = re.compile(r"(?<![0-9A-Za-z])E[0-9]{3,6}(?![0-9A-Za-z])", re.ASCII)


def attest_deposit(teller: Client, custody: str, booking: str, employer: str | None, amount_fen: int) -> CustodyAnswer:
    """Attest a credit ahead of its statement, by the bank's booking reference. employer None: not known whose it is.

    The same again does nothing. Refuses: as AttestDeposit; SameIdOtherBody for another amount or employer.
    """
    command = AttestDeposit(
        request_id=f"deposit:{custody}:{booking}",
        custody=custody,
        booking=booking,
        employer_no=employer,
        amount_fen=amount_fen,
    )
    return msgspec.convert(teller.submit(command), CustodyAnswer)


def agree_reversal(treasurer: Client, custody: str, booking: str) -> CustodyAnswer:
    """Agree to the reversal that the bank proposes, as it stands on the ledger. Refuses: as AgreeReversal."""
    content = reversal_digest(custody, booking, treasurer.need(bookings, custody, booking))
    command = AgreeReversal(request_id=f"agree:{booking}", custody=custody, booking=booking, digest=content)
    return msgspec.convert(treasurer.submit(command), CustodyAnswer)


def employer_of(entry: "Entry") -> str | None:
    """The employer that a credit names, by its end-to-end id or as the only one in its remittance."""
    if (match := _ID.fullmatch(entry.end_to_end_id or "")) is not None:
        return match[1]
    named = set(_NAMED.findall(entry.remittance))
    return named.pop() if len(named) == 1 else None
