"""Members: who the signers of a Fabric channel are, and whether a signature is theirs."""

import base64
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from fabric_protos.msp import identities_pb2
from msgspec import Struct

from lxr.chaincode.certificate import pem_of, read_certificate
from lxr.chaincode.certificates import check_certificate, verify_signature
from lxr.chaincode.refusals import CertificateRefused
from lxr.node.fabric.blocks.entries import Unsound, parse
from lxr.node.said import Said

PEER: Final = "peer"
ORDERER: Final = "orderer"
UNITS: Final = frozenset({"client", PEER, ORDERER, "admin"})
"""What a member is, by the organizational unit of its certificate (Fabric's NodeOUs)."""

_UNIT: Final = "2.5.4.11"
_MEMBERS_KEPT: Final = 4096
_MEMBER_KEPT_BYTES: Final = 8192


class Member(Struct, frozen=True):
    """One whose certificate the root of its organisation issued. unit: of UNITS."""

    organisation: str
    unit: str
    certificate_pem: str
    serial: int


def member(identity: bytes, roots: Mapping[str, str]) -> Member:
    """Whose serialized identity this is. roots: organisation, which is its MSP too → its root certificate (PEM).

    Of the certificate's dates nothing is asked: an audit comes later than they end. Raises Unsound.
    """
    # Fabric lets anything stand around a certificate: what is long would only fill the memory.
    find = _member if len(identity) <= _MEMBER_KEPT_BYTES else _member.__wrapped__
    return find(identity, tuple(sorted(roots.items())))


def has_signed(signer: Member, signature: bytes, message: bytes) -> bool:
    """Return whether this is the member's signature over the message: ECDSA, SHA-256, low-S."""
    return verify_signature(signer.certificate_pem, _without_tail(signature), message)


@lru_cache(maxsize=_MEMBERS_KEPT)
def _member(identity: bytes, roots: tuple[tuple[str, str], ...]) -> Member:
    serialized = parse(identities_pb2.SerializedIdentity, identity)
    organisation = serialized.mspid
    root = dict(roots).get(organisation)
    if root is None:
        raise Unsound("{organisation} is no organisation of this ledger", organisation=repr(organisation))
    try:
        pem = pem_of(_der(serialized.id_bytes))
        certificate = read_certificate(pem)
        check_certificate(pem, {organisation: root}, certificate.not_before_ms)
    except (ValueError, CertificateRefused) as fault:
        reason = fault if isinstance(fault, CertificateRefused) else Said("the certificate is not readable")
        raise Unsound("an identity of {organisation}: {reason}", organisation=organisation, reason=reason) from None
    units = [name for name in certificate.named(_UNIT) if name in UNITS]
    if len(units) != 1:
        raise Unsound(
            "an identity of {organisation}: the certificate is not of one of {names}",
            organisation=organisation,
            names=", ".join(sorted(UNITS)),
        )
    return Member(organisation, units[0], pem, certificate.serial)


def _der(pem: bytes) -> bytes:
    """Return the first PEM block, whatever stands around it: as Fabric reads identities. Raises ValueError."""
    _, _, begun = pem.partition(b"-----BEGIN ")
    _, _, lines = begun.partition(b"\n")
    block, _, _ = lines.partition(b"-----END ")
    _, _, encoded = block.rpartition(b"\n\n")  # headers end with an empty line
    return base64.b64decode(b"".join(encoded.split()), validate=True)


def _without_tail(signature: bytes) -> bytes:
    """Return the signature without what may follow r and s, which Go, and so Fabric, passes over (encoding/asn1).

    Whoever sends a transaction could add it to an endorsement that is good: what peers take must not fail in audit.
    """
    try:
        start, end = _element(signature, 0, len(signature), 0x30)
        _, r_end = _element(signature, start, end, 0x02)
        _, s_end = _element(signature, r_end, end, 0x02)
        return bytes((0x30, s_end - start)) + signature[start:s_end]
    except (IndexError, ValueError):
        return signature


def _element(data: bytes, at: int, limit: int, tag: int) -> tuple[int, int]:
    """Where the content of the DER element at this place begins and ends. Raises IndexError, ValueError."""
    size, start = data[at + 1], at + 2
    if size & 0x80:
        width = size & 0x7F
        size = int.from_bytes(data[start : start + width])
        start += width
        if width != (size.bit_length() + 7) // 8 or size < 0x80:
            raise ValueError("the length is not encoded as DER asks")
    if data[at] != tag or start + size > limit:
        raise ValueError("not the element expected")
    return start, start + size
