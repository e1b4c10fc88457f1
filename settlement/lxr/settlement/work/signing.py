"""The worker's side: what a worker signs with the key that only they hold, ready to be sent by the union.

ledger: the ledger's id, which stands in every message. The union only ever sees what is returned here.
The same message signed again is the same signature (RFC 6979), so the same request can be sent twice.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lxr.chaincode.accession import Accession, SignedAccession
from lxr.chaincode.payees import PayeeChange, SetPayee
from lxr.chaincode.recovery import ProposeRecovery, RecoveryEnd, WithdrawRecovery, plan_of
from lxr.chaincode.registration import NewWorker, Registration
from lxr.chaincode.types import Record, canonical
from lxr.chaincode.workday_answers import (
    Answer,
    Confirmation,
    Objection,
    OpenDispute,
    SignedRow,
    Withdraw,
    Withdrawal,
)
from lxr.chaincode.worker_keys import KeyVeto, NewKey, ProposeKey, VetoKey
from lxr.settlement import request_ids

PrivateKey = ec.EllipticCurvePrivateKey


def public_key_of(private_key: PrivateKey) -> str:
    """Return the key as the ledger knows it: the compressed P-256 point, in hexadecimal."""
    return private_key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint).hex()


def sign_registration(
    private_key: PrivateKey, ledger: str, worker: str, employer: str, payee_commitment: str
) -> NewWorker:
    """To be registered. payee_commitment: the commitment to the worker's bank account."""
    public_key = public_key_of(private_key)
    message = Registration(ledger, worker, employer, public_key, payee_commitment)
    return NewWorker(worker, public_key, payee_commitment, _sign(private_key, message))


def sign_accession(
    private_key: PrivateKey,
    ledger: str,
    worker: str,
    terms: str,
    version: int,
    digest: str,
    from_day: date,
    number: int,
) -> SignedAccession:
    """To join a version of terms from a day on. digest: of the very document that the worker has read.

    number: one more than the worker's memberships so far.
    """
    message = Accession(ledger, worker, terms, version, digest, from_day, number)
    return SignedAccession(worker, from_day, _sign(private_key, message))


def sign_confirmation(private_key: PrivateKey, ledger: str, worker: str, rows: Sequence[SignedRow]) -> Answer:
    """To confirm rows, 1..62, each of another day."""
    message = Confirmation(ledger, worker, tuple(rows))
    return Answer(worker, message.rows, _sign(private_key, message))


def sign_objection(
    private_key: PrivateKey,
    ledger: str,
    *,
    employer: str,
    shard: int,
    worker: str,
    day: date,
    digest: str | None,
    claimed: Mapping[str, int],
    reason: str,
    number: int,
) -> OpenDispute:
    """To dispute a row by its digest or, with None, to claim a missing one. number: one more than disputes so far."""
    message = Objection(ledger, worker, day, digest, dict(claimed), reason, number)
    return OpenDispute(
        request_id=request_ids.dispute(worker, day, number),
        employer=employer,
        shard=shard,
        worker=worker,
        day=day,
        digest=digest,
        claimed=message.claimed,
        reason=reason,
        number=number,
        signature=_sign(private_key, message),
    )


def sign_withdrawal(
    private_key: PrivateKey,
    ledger: str,
    *,
    employer: str,
    shard: int,
    worker: str,
    day: date,
    digest: str,
    number: int,
) -> Withdraw:
    """To take a dispute back and let the row stand, as its digest says. number: the row's disputes so far."""
    message = Withdrawal(ledger, worker, day, digest, number)
    return Withdraw(
        request_id=request_ids.withdrawal(worker, day, number),
        employer=employer,
        shard=shard,
        worker=worker,
        day=day,
        number=number,
        signature=_sign(private_key, message),
    )


def sign_payee(private_key: PrivateKey, ledger: str, worker: str, payee_commitment: str, number: int) -> SetPayee:
    """To be paid to another account. payee_commitment: that to it. number: one more than changes so far."""
    message = PayeeChange(ledger, worker, payee_commitment, number)
    return SetPayee(
        request_id=request_ids.payee(worker, number),
        worker=worker,
        payee_commitment=payee_commitment,
        number=number,
        signature=_sign(private_key, message),
    )


def sign_new_key(private_key: PrivateKey, ledger: str, worker: str, reason: str) -> ProposeKey:
    """To take a lost key's place: the new key signs, so that nobody proposes one that is none."""
    point = public_key_of(private_key)
    return ProposeKey(
        request_id=request_ids.new_key(worker, point),
        worker=worker,
        public_key=point,
        reason=reason,
        signature=_sign(private_key, NewKey(ledger, worker, point)),
    )


def sign_veto(private_key: PrivateKey, ledger: str, worker: str, change: str) -> VetoKey:
    """To keep the key in force against a change, by its digest."""
    signature = _sign(private_key, KeyVeto(ledger, worker, change))
    return VetoKey(request_id=request_ids.key_veto(worker, change), worker=worker, digest=change, signature=signature)


def sign_plan(private_key: PrivateKey, ledger: str, command: ProposeRecovery) -> bytes:
    """To let what was overpaid be recovered as the command says."""
    return _sign(private_key, plan_of(command, ledger))


def sign_recovery_end(
    private_key: PrivateKey, ledger: str, worker: str, recovery: str, digest: str
) -> WithdrawRecovery:
    """To end a plan, by its digest."""
    signature = _sign(private_key, RecoveryEnd(ledger, worker, recovery, digest))
    return WithdrawRecovery(
        request_id=request_ids.recovery_withdrawal(recovery), recovery=recovery, signature=signature
    )


def _sign(private_key: PrivateKey, message: Record) -> bytes:
    return private_key.sign(canonical(message), ec.ECDSA(SHA256(), deterministic_signing=True))
