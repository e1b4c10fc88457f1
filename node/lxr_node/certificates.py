"""Who signed: checks of certificates and signatures, the same on every node and in audit. No clock, no files."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# The order of the P-256 group (FIPS 186-5, SP 800-186). With (r, s) also (r, order - s) is a signature of the same
# message; as Fabric does, only the lower one counts, so that nobody can make a second form of a signature.
_P256_ORDER: Final = 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551
_CERTIFICATES_KEPT: Final = 4096
_ECDSA: Final = ec.ECDSA(SHA256())


class CertificateFault(Exception):
    """A certificate that may not sign here, and why, in one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason: Final = reason


@dataclass(frozen=True, slots=True)
class Identity:
    """One who can sign: an organisation's client with its certificate (PEM) and the P-256 key that belongs to it."""

    certificate_pem: str
    private_key: ec.EllipticCurvePrivateKey


class _Issued(NamedTuple):
    organisation: str
    not_before_ms: int
    not_after_ms: int


def check_certificate(pem: str, roots: Mapping[str, str], at_ms: int) -> str:
    """The organisation whose root issued this client certificate, which is valid at `at_ms`.

    roots: organisation → its root certificate (PEM). at_ms: unix milliseconds, UTC; both ends of the validity count
    as valid (RFC 5280, 4.1.2.5), so one millisecond after `notAfter` is expired.
    Raises CertificateFault: not readable; foreign; not a client's certificate; no P-256 key; not yet valid; expired.
    """
    issued = _issued(pem, tuple(sorted(roots.items())))
    if at_ms < issued.not_before_ms:
        raise CertificateFault("the certificate is not yet valid at this time")
    if at_ms > issued.not_after_ms:
        raise CertificateFault("the certificate has expired at this time")
    return issued.organisation


def sign(private_key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """ECDSA over SHA-256 with a P-256 key: DER, low-S."""
    assert isinstance(private_key.curve, ec.SECP256R1)
    r, s = decode_dss_signature(private_key.sign(message, _ECDSA))
    return encode_dss_signature(r, min(s, _P256_ORDER - s))


def verify_signature(pem: str, signature: bytes, message: bytes) -> bool:
    """True where the certificate's key made this signature (ECDSA, SHA-256, DER, low-S) over this message.

    Says nothing of who issued the certificate: see `check_certificate`.
    Raises CertificateFault: the certificate is not readable or holds no P-256 key.
    """
    key = _public_key(pem)
    try:
        r, s = decode_dss_signature(signature)
        if s > _P256_ORDER // 2 or encode_dss_signature(r, s) != signature:
            return False
        key.verify(signature, message, _ECDSA)
    except (ValueError, InvalidSignature):
        return False
    return True


@lru_cache(maxsize=_CERTIFICATES_KEPT)
def _issued(pem: str, roots: tuple[tuple[str, str], ...]) -> _Issued:
    """All that does not depend on time: one verification for thousands of transactions by one certificate."""
    certificate = _parse(pem)
    organisation = next((org for org, root in roots if _is_issued_by(certificate, _parse(root))), None)
    if organisation is None:
        raise CertificateFault("the certificate is foreign: no organisation of this ledger issued it")
    if not _is_end_entity(certificate):
        raise CertificateFault("the certificate is an authority's or says no use: only a client's may sign here")
    _public_key(pem)
    return _Issued(
        organisation, _milliseconds(certificate.not_valid_before_utc), _milliseconds(certificate.not_valid_after_utc)
    )


@lru_cache(maxsize=_CERTIFICATES_KEPT)
def _public_key(pem: str) -> ec.EllipticCurvePublicKey:
    certificate = _parse(pem)
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CertificateFault("the certificate holds no EC P-256 key")
    return key


def _parse(pem: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except (ValueError, x509.InvalidVersion):
        raise CertificateFault("the certificate is not readable: expected one X.509 certificate as PEM") from None


def _is_issued_by(certificate: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(root)  # the issuer's name, then the signature
        return isinstance(certificate.signature_hash_algorithm, SHA256)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False


def _is_end_entity(certificate: x509.Certificate) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False
    return not constraints.ca and usage.digital_signature


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
