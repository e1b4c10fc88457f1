"""What makes signatures of officers: an identity, and commands put into envelopes."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from lxr.chaincode import p256
from lxr.chaincode.command import AnyCommand
from lxr.chaincode.envelope import Envelope, Payload
from lxr.chaincode.types import canonical

_ECDSA: Final = ec.ECDSA(SHA256())


@dataclass(frozen=True, slots=True)
class Identity:
    """One who can sign: an organisation's client with its certificate (PEM) and the P-256 key that belongs to it."""

    certificate_pem: str
    private_key: ec.EllipticCurvePrivateKey


def sign(private_key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """ECDSA over SHA-256 with a P-256 key: DER, low-S."""
    assert isinstance(private_key.curve, ec.SECP256R1)
    r, s = decode_dss_signature(private_key.sign(message, _ECDSA))
    return encode_dss_signature(r, min(s, p256.ORDER - s))


def seal(
    command: AnyCommand,
    ledger: str | None,
    certificate_pem: str,
    private_key: ec.EllipticCurvePrivateKey,
    at_ms: int,
) -> Envelope:
    """Put a command into an envelope signed for one ledger. Two envelopes of one command are two transaction ids.

    ledger: its id; None for a founding.
    """
    seed = secrets.token_bytes(32)
    signed = Payload(ledger, hashlib.sha256(seed).hexdigest(), at_ms, certificate_pem, msgspec.Raw(canonical(command)))
    payload = canonical(signed)
    return Envelope(payload, sign(private_key, payload), seed)
