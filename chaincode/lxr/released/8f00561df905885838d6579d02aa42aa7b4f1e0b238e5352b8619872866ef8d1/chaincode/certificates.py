"""Who signed: checks of certificates and signatures, the same on every node and in audit. No clock, no files."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec

from . import p256
from .caller import ATTRIBUTES
from .certificate import Certificate, Unreadable, read_certificate
from .refusals import CertificateRefused

_CERTIFICATES_KEPT: Final = 4096

_BASIC_CONSTRAINTS: Final = "2.5.29.19"
_KEY_USAGE: Final = "2.5.29.15"
_KNOWN: Final = {
    _BASIC_CONSTRAINTS: True,
    _KEY_USAGE: True,
    "2.5.29.14": False,  # subject key identifier
    "2.5.29.35": False,  # authority key identifier
    "2.5.29.17": False,  # subject alternative name, which Fabric's own CA adds
    ATTRIBUTES: False,
}
"""The extensions that an officer's certificate may have, and whether each is critical."""
_NO_AUTHORITY: Final = b"\x30\x00"
_BIT_STRING: Final = 0x03
_DIGITAL_SIGNATURE: Final = 0x80


class _Issued(NamedTuple):
    organisation: str
    not_before_ms: int
    not_after_ms: int


def check_certificate(pem: str, roots: Mapping[str, str], at_ms: int) -> str:
    """The organisation whose root issued this client certificate, which is valid at `at_ms`.

    roots: organisation → its root certificate (PEM). at_ms: unix milliseconds, UTC; both ends of the validity count
    as valid (RFC 5280, 4.1.2.5), so one millisecond after `notAfter` is expired.
    Refuses: CertificateRefused (not readable; foreign; not a client's; no P-256 key; not yet valid; expired).
    """
    issued = _issued(pem, tuple(sorted(roots.items())))
    if at_ms < issued.not_before_ms:
        raise CertificateRefused(case="not_yet_valid")
    if at_ms > issued.not_after_ms:
        raise CertificateRefused(case="expired")
    return issued.organisation


def verify_signature(pem: str, signature: bytes, message: bytes) -> bool:
    """True where the certificate's key made this signature (ECDSA, SHA-256, DER, low-S) over this message.

    Says nothing of who issued the certificate: see `check_certificate`.
    Refuses: CertificateRefused (it is not readable, or holds no P-256 key).
    """
    key, numbers = _public_key(pem), p256.numbers_of(signature)
    # With (r, s) also (r, order - s) is a signature of the same message; as Fabric does, only the lower one counts, so
    # that nobody can make a second form of a signature.
    if numbers is None or numbers[1] > p256.ORDER // 2:
        return False
    return p256.verify(key, signature, hashlib.sha256(message).digest())


@lru_cache(maxsize=_CERTIFICATES_KEPT)
def check_extensions(pem: str) -> None:
    """Refuses: CertificateRefused, for an extension that an officer's certificate may not have, or not as it has it."""
    for name, extension in _read(pem).extensions.items():
        if name not in _KNOWN:
            raise CertificateRefused(case="extension_unknown", extension=name)
        if extension.critical != _KNOWN[name]:
            case = "extension_critical" if _KNOWN[name] else "extension_not_critical"
            raise CertificateRefused(case=case, extension=name)


@lru_cache(maxsize=_CERTIFICATES_KEPT)
def _issued(pem: str, roots: tuple[tuple[str, str], ...]) -> _Issued:
    """All that does not depend on time: one verification for thousands of transactions by one certificate."""
    certificate = _read(pem)
    organisation = next((org for org, root in roots if _is_issued_by(certificate, root)), None)
    if organisation is None:
        raise CertificateRefused(case="foreign")
    if not _is_end_entity(certificate):
        raise CertificateRefused(case="not_a_clients")
    _public_key(pem)
    return _Issued(organisation, certificate.not_before_ms, certificate.not_after_ms)


@lru_cache(maxsize=_CERTIFICATES_KEPT)
def _public_key(pem: str) -> ec.EllipticCurvePublicKey:
    key = p256.public_key(_read(pem).point)
    if key is None:
        raise CertificateRefused(case="no_key")
    return key


@lru_cache(maxsize=_CERTIFICATES_KEPT)
def _read(pem: str) -> Certificate:
    try:
        return read_certificate(pem)
    except Unreadable as fault:
        raise CertificateRefused(case="unreadable", flaw=fault.flaw) from None


def _is_issued_by(certificate: Certificate, root: str) -> bool:
    if certificate.issuer != _read(root).subject:
        return False
    return p256.verify(_public_key(root), certificate.signature, hashlib.sha256(certificate.signed).digest())


def _is_end_entity(certificate: Certificate) -> bool:
    constraints = certificate.extensions.get(_BASIC_CONSTRAINTS)
    usage = certificate.extensions.get(_KEY_USAGE)
    if constraints is None or usage is None or constraints.value != _NO_AUTHORITY:
        return False
    tag, size, unused, uses = usage.value[:4] if len(usage.value) in (4, 5) else bytes(4)
    well_formed = tag == _BIT_STRING and size == len(usage.value) - 2 and unused < 8
    return well_formed and uses & _DIGITAL_SIGNATURE != 0
