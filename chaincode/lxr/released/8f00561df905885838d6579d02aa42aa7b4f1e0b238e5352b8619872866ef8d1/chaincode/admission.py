"""What is checked of an envelope before the contract sees it: the same when it is submitted and in every audit."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from .caller import Caller, Unnamed, caller_of
from .certificates import check_certificate, check_extensions, verify_signature
from .checkpoint_signers import SignerFault, signers_of
from .contract import Call, decode_command
from .envelope import Envelope, Payload, open_payload
from .founding import Found, Genesis
from .ledger_refusals import OtherLedger
from .refusals import CertificateRefused, MalformedCommand
from .succession_refusals import PredecessorUnproven
from .types import digest

CLOSING_SIGNERS: Final = 3
"""How many of the four organisations must have signed the closing checkpoint of a ledger that another follows."""


def admit(envelope: Envelope, genesis: Genesis) -> Call:
    """The call in an envelope, once its certificate and signature are found good at the transaction's own time.

    genesis: of the ledger that it must be signed for; a founding is signed for the one that it makes. Refuses:
    MalformedCommand, TooLarge, OtherLedger, CertificateRefused.
    """
    payload = _open_whole(envelope)
    _refuse_other_ledger(payload, (genesis.ledger,))
    return _admit(envelope, payload, genesis.roots)


def admit_shown(envelope: Envelope, ledgers: Sequence[str] | None, roots: Mapping[str, str]) -> Call:
    """As `admit`, of an envelope that is shown without its seed, to prove who signed what.

    ledgers: the ids for which it may be signed, a ledger's own and those it was copied from; None where something else
    says which ledger it is about. roots: organisation → its root certificate (PEM).
    """
    payload = open_payload(envelope)
    if ledgers is not None:
        _refuse_other_ledger(payload, ledgers)
    return _admit(envelope, payload, roots)


def _open_whole(envelope: Envelope) -> Payload:
    payload = open_payload(envelope)
    if hashlib.sha256(envelope.seed).hexdigest() != payload.seed_digest:
        raise MalformedCommand(case="other_seed")
    return payload


def _refuse_other_ledger(payload: Payload, ledgers: Sequence[str]) -> None:
    given = payload.ledger or _founded_by(payload)
    if given not in ledgers:
        raise OtherLedger(given=given or "-", here=tuple(ledgers))


def _founded_by(payload: Payload) -> str | None:
    command = decode_command(bytes(payload.command))
    return digest(command) if isinstance(command, Found) else None


def _admit(envelope: Envelope, payload: Payload, roots: Mapping[str, str]) -> Call:
    organisation = check_certificate(payload.certificate, roots, payload.at_ms)
    check_extensions(payload.certificate)
    signed = verify_signature(payload.certificate, envelope.signature, envelope.payload)
    caller = _caller(payload.certificate)
    if caller.organisation != organisation:
        raise CertificateRefused(case="issuer", named=caller.organisation, issuer=organisation)
    if not signed:
        raise CertificateRefused(case="signature")
    return Call(envelope.tx_id, payload.at_ms, caller, bytes(payload.command))


def admit_founding(envelope: Envelope) -> tuple[Call, Found]:
    """The founding of a ledger, which brings its own roots and makes its id.

    Refuses: MalformedCommand, OtherLedger, PredecessorUnproven, and as `admit`.
    """
    payload = _open_whole(envelope)
    command = decode_command(bytes(payload.command))
    if not isinstance(command, Found):
        raise MalformedCommand(case="no_founding")
    if payload.ledger is not None:
        raise OtherLedger(given=payload.ledger, here=())
    call = _admit(envelope, payload, command.roots)
    _refuse_unproven_predecessor(command)
    return call, command


def _refuse_unproven_predecessor(command: Found) -> None:
    """Refuse a predecessor whose closing checkpoint too few have signed. Refuses: PredecessorUnproven.

    They are the same organisations, by the same authorities: the founder alone cannot make up what was before.
    """
    predecessor = command.predecessor
    if predecessor is None:
        if command.closing_signed:
            raise PredecessorUnproven(case="none")
        return
    envelopes = [each.as_envelope for each in command.closing_signed]
    try:
        signers = signers_of(envelopes, predecessor.closing, (predecessor.ledger,), command.roots, admit_shown)
    except SignerFault as fault:
        raise PredecessorUnproven(case="signature", number=fault.number, fault=fault.fault) from None
    if len(signers) < CLOSING_SIGNERS:
        raise PredecessorUnproven(case="few", number=len(signers), needed=CLOSING_SIGNERS)


def _caller(certificate_pem: str) -> Caller:
    try:
        return caller_of(certificate_pem)
    except Unnamed as fault:
        raise CertificateRefused(case=fault.case) from None
