from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from lxr.chaincode import certificates
from lxr.chaincode.certificates import check_certificate, verify_signature
from lxr.chaincode.refusals import CertificateRefused
from lxr.network.authority import Authority
from lxr.network.keyfile import new_key
from lxr.node.sealing import sign

FROM = datetime(2025, 1, 1, tzinfo=UTC)
TO = datetime(2027, 1, 1, tzinfo=UTC)
FROM_MS = 1_735_689_600_000
TO_MS = 1_798_761_600_000
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

UNION = Authority.create("union", FROM, TO)
BANK = Authority.create("bank", FROM, TO)


def pem_of(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


ROOTS = {"union": pem_of(UNION.certificate), "bank": pem_of(BANK.certificate)}
KEY = new_key()
TREASURER = pem_of(UNION.issue("treasurer@union", "treasurer", None, KEY.public_key(), FROM, TO))


def by_hand(
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey,
    *extensions: x509.ExtensionType,
    algorithm: SHA256 | SHA384 | None = None,
) -> str:
    """A certificate that the union's own key signed, of a form that its authority would not issue."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]))
        .issuer_name(UNION.certificate.subject)
        .public_key(key)
        .serial_number(7)
        .not_valid_before(FROM)
        .not_valid_after(TO)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return pem_of(builder.sign(UNION.private_key, algorithm or SHA256()))


def usage(*, digital_signature: bool) -> x509.KeyUsage:
    return x509.KeyUsage(digital_signature, False, False, False, False, False, False, False, False)


CLIENT = x509.BasicConstraints(ca=False, path_length=None)
SIGNS = usage(digital_signature=True)


@pytest.mark.parametrize("authority", [UNION, BANK], ids=lambda authority: authority.org)
def test_a_certificate_names_the_organisation_whose_root_issued_it(authority: Authority) -> None:
    pem = pem_of(authority.issue("a", "auditor", None, KEY.public_key(), FROM, TO))
    assert authority.org == check_certificate(pem, ROOTS, FROM_MS)


@pytest.mark.parametrize(
    ("at_ms", "fault"),
    [
        (FROM_MS - 1, "not_yet_valid"),
        (FROM_MS, None),
        (TO_MS, None),
        (TO_MS + 1, "expired"),
    ],
)
def test_validity_begins_and_ends_at_the_right_millisecond(at_ms: int, fault: str | None) -> None:
    if fault is None:
        assert "union" == check_certificate(TREASURER, ROOTS, at_ms)
    else:
        with pytest.raises(CertificateRefused, match=fault):
            check_certificate(TREASURER, ROOTS, at_ms)


def test_a_foreign_authority_with_the_same_subject_name_is_refused() -> None:
    impostor = Authority.create("union", FROM, TO)
    assert UNION.certificate.subject == impostor.certificate.subject
    pem = pem_of(impostor.issue("treasurer@union", "treasurer", None, KEY.public_key(), FROM, TO))
    with pytest.raises(CertificateRefused, match="foreign"):
        check_certificate(pem, ROOTS, FROM_MS)


def test_a_certificate_is_foreign_where_its_root_is_not_among_the_roots() -> None:
    with pytest.raises(CertificateRefused, match="foreign"):
        check_certificate(TREASURER, {"bank": ROOTS["bank"]}, FROM_MS)


def test_the_right_key_under_another_issuer_name_is_foreign() -> None:
    renamed = Authority("bank", BANK.certificate, UNION.private_key)
    pem = pem_of(renamed.issue("a", "auditor", None, KEY.public_key(), FROM, TO))
    with pytest.raises(CertificateRefused, match="foreign"):
        check_certificate(pem, ROOTS, FROM_MS)


@pytest.mark.parametrize(
    ("pem", "fault"),
    [
        (ROOTS["union"], "not_a_clients"),
        (by_hand(KEY.public_key(), x509.BasicConstraints(ca=True, path_length=None), SIGNS), "not_a_clients"),
        (by_hand(KEY.public_key(), SIGNS), "not_a_clients"),
        (by_hand(KEY.public_key(), CLIENT), "not_a_clients"),
        (by_hand(KEY.public_key(), CLIENT, usage(digital_signature=False)), "not_a_clients"),
        (by_hand(KEY.public_key(), CLIENT, SIGNS, algorithm=SHA384()), "not_ecdsa_sha256"),
        (by_hand(ec.generate_private_key(ec.SECP384R1()).public_key(), CLIENT, SIGNS), "no_p256_key"),
        (by_hand(rsa.generate_private_key(65537, 2048).public_key(), CLIENT, SIGNS), "no_p256_key"),
        (by_hand(ed25519.Ed25519PrivateKey.generate().public_key(), CLIENT, SIGNS), "no_p256_key"),
        ("", "unreadable"),
        ("\udc80", "unreadable"),
        (TREASURER.replace("MII", "MIA", 1), "unreadable"),
        (TREASURER[: len(TREASURER) // 2], "unreadable"),
    ],
)
def test_what_is_no_clients_certificate_is_refused_with_its_reason(pem: str, fault: str) -> None:
    with pytest.raises(CertificateRefused, match=fault):
        check_certificate(pem, ROOTS, FROM_MS)


def test_a_certificate_changed_in_one_byte_is_refused() -> None:
    der = bytearray(x509.load_pem_x509_certificate(TREASURER.encode()).public_bytes(Encoding.DER))
    der[der.index(b"treasurer@union")] ^= 1
    with pytest.raises(CertificateRefused, match="foreign"):
        check_certificate(pem_of(x509.load_der_x509_certificate(bytes(der))), ROOTS, FROM_MS)


def test_thousands_of_checks_of_one_certificate_cost_one_verification_but_each_compares_the_dates() -> None:
    certificates._issued.cache_clear()
    for at_ms in range(FROM_MS, FROM_MS + 2_000):
        check_certificate(TREASURER, ROOTS, at_ms)
    assert 1 == certificates._issued.cache_info().misses
    with pytest.raises(CertificateRefused, match="expired"):
        check_certificate(TREASURER, ROOTS, TO_MS + 1)
    assert 1 == certificates._issued.cache_info().misses


def test_a_cached_certificate_is_still_foreign_to_other_roots() -> None:
    check_certificate(TREASURER, ROOTS, FROM_MS)
    other = Authority.create("union", FROM - timedelta(days=1), TO)
    with pytest.raises(CertificateRefused, match="foreign"):
        check_certificate(TREASURER, {"union": pem_of(other.certificate)}, FROM_MS)


def test_a_signature_verifies_and_is_low_s() -> None:
    for number in range(64):
        message = b"row %d" % number
        signature = sign(KEY, message)
        assert decode_dss_signature(signature)[1] <= P256_ORDER // 2
        assert verify_signature(TREASURER, signature, message)


def test_the_high_s_form_of_a_good_signature_is_refused() -> None:
    r, s = decode_dss_signature(sign(KEY, b"pay"))
    high = encode_dss_signature(r, P256_ORDER - s)
    KEY.public_key().verify(high, b"pay", ec.ECDSA(SHA256()))  # plain ECDSA takes it
    assert not verify_signature(TREASURER, high, b"pay")


SIGNED = sign(KEY, b"pay")


@pytest.mark.parametrize(
    ("signature", "message"),
    [
        (SIGNED, b"pay more"),
        (sign(new_key(), b"pay"), b"pay"),
        (b"", b"pay"),
        (b"\x00" * 70, b"pay"),
        (SIGNED + b"\x00", b"pay"),
        (SIGNED[:-1], b"pay"),
        (encode_dss_signature(0, 0), b"pay"),
        (bytes.fromhex("3006 020101 0201ff"), b"pay"),
        (encode_dss_signature(P256_ORDER + 1, 1), b"pay"),
    ],
    ids=["message", "key", "nothing", "zeros", "byte more", "byte less", "r and s 0", "s below 0", "r too large"],
)
def test_a_signature_of_another_message_key_or_form_is_refused(signature: bytes, message: bytes) -> None:
    assert not verify_signature(TREASURER, signature, message)


def test_a_signature_is_not_looked_at_where_the_certificate_is_none() -> None:
    with pytest.raises(CertificateRefused, match="unreadable"):
        verify_signature("no certificate", SIGNED, b"pay")
