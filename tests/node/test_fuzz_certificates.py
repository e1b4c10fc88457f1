"""Certificates, signatures and key files by the thousand that are none: the documented fault, in one line.

The worst certificate is one that an organisation's own authority has signed: so what is spoiled here is signed again.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import assume, example, given
from hypothesis import strategies as st

from corpora import Entry, corpus
from lxr.chaincode.admission import admit
from lxr.chaincode.caller import ATTRIBUTES
from lxr.chaincode.certificate import pem_of as text_of
from lxr.chaincode.certificates import check_certificate, verify_signature
from lxr.chaincode.command import Void
from lxr.chaincode.founding import EMBEDDED, Genesis
from lxr.chaincode.refusals import CertificateRefused
from lxr.network.authority import Authority
from lxr.network.keyfile import KeyFault, new_key, read_certificate, read_key, write_key
from lxr.node.sealing import seal, sign
from lxr.token.refusal import Refusal
from mutations import ODD, fuzz, mangled_bytes, mangled_json, one_line

pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

FROM, TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
AT_MS = 1_788_220_800_000
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
UNION, OTHER = Authority.create("union", FROM, TO), Authority.create("union", FROM, TO)
KEY = new_key()
CERTIFICATE = UNION.issue("operator@union", "operator", None, KEY.public_key(), FROM, TO)
COMMAND = Void(request_id="request-1", voided="request-2")
CORPUS = corpus(Path(__file__).parent / "corpus_certificates.json")
CLIENT = x509.BasicConstraints(ca=False, path_length=None)
SIGNS = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
RSA_KEY, ED_KEY = rsa.generate_private_key(65537, 2048), ed25519.Ed25519PrivateKey.generate()
KEYS = (KEY, RSA_KEY, ED_KEY, *(ec.generate_private_key(curve()) for curve in (ec.SECP384R1, ec.SECP256K1)))


def pem_of(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


VERSION_3 = bytes.fromhex("a003020102")
PEM = pem_of(CERTIFICATE)
GENESIS = Genesis("7" * 64, "洛小茸", True, {"union": pem_of(UNION.certificate)}, AT_MS, EMBEDDED, "6" * 64)


def der(tag: int, content: bytes) -> bytes:
    """One element of DER."""
    size = len(content).to_bytes(4).lstrip(b"\0")
    return bytes([tag]) + (bytes([len(content)]) if len(content) < 128 else bytes([128 + len(size)]) + size) + content


def signed_again(body: bytes) -> str:
    """A certificate of these bytes that the authority's own key has signed. Its frame is that of a good PEM."""
    algorithm = der(0x30, bytes.fromhex("06082a8648ce3d040302"))
    signature = UNION.private_key.sign(body, ec.ECDSA(SHA256()))
    whole = der(0x30, body + algorithm + der(0x03, b"\0" + signature))
    return text_of(whole)


def refused_or_admitted(pem: str) -> list[str]:
    """The line of the refusal, if it is refused."""
    envelope = seal(COMMAND, GENESIS.ledger, pem, KEY, AT_MS)
    with one_line(Refusal) as said:
        call = admit(envelope, GENESIS)
        assert "union" == call.caller.organisation
        assert call.caller.employer is None or call.caller.employer.startswith("E")
    return said


@fuzz(600)
@given(mangled_bytes(CERTIFICATE.tbs_certificate_bytes))
def test_a_spoiled_certificate_that_its_authority_has_signed_is_refused_in_one_line(body: bytes) -> None:
    refused_or_admitted(signed_again(body))


@fuzz(500)
@given(mangled_bytes(PEM.encode()))
def test_a_certificate_spoiled_as_it_was_sent_is_never_another_one(data: bytes) -> None:
    pem = data.decode("utf-8", "surrogateescape")
    with one_line(CertificateRefused):
        assert "union" == check_certificate(pem, GENESIS.roots, AT_MS)
        assert CERTIFICATE == x509.load_pem_x509_certificate(data)


names = st.sampled_from((x509.NameOID.ORGANIZATION_NAME, x509.NameOID.COMMON_NAME, x509.NameOID.COUNTRY_NAME))
words = st.sampled_from(("union", "bank", "union\n", "UNION", "CN", "é", "x" * 60))
attributes = st.one_of(
    st.none(),
    mangled_json({"attrs": {"lxr.role": "operator"}}),
    mangled_json({"attrs": {"lxr.role": "signer", "lxr.employer": "E001"}}),
    st.builds(lambda odd: json.dumps({"attrs": {"lxr.role": odd, "lxr.employer": odd}}).encode(), st.sampled_from(ODD)),
    st.sampled_from((b"", b"[" * 3000, b'{"attrs":' * 600, b"\xff", b"null", b"1" * 5000)),
)


@fuzz(600)
@given(
    st.lists(st.tuples(names, words), min_size=1, max_size=3),
    attributes,
    st.sampled_from(KEYS),
    st.sampled_from((UNION, OTHER)),
    st.lists(st.sampled_from((CLIENT, SIGNS, x509.BasicConstraints(ca=True, path_length=0))), unique=True, max_size=3),
    st.sampled_from((FROM, FROM - timedelta(days=9999), TO)),
    st.sampled_from((1, 7, 2**159 - 1)),
)
def test_a_certificate_of_any_form_is_refused_in_one_line_or_names_its_own_organisation(
    subject: list[tuple[x509.ObjectIdentifier, str]],
    attribute: bytes | None,
    key: ec.EllipticCurvePrivateKey,
    authority: Authority,
    extensions: list[x509.ExtensionType],
    not_before: datetime,
    serial: int,
) -> None:
    assume(2 > sum(isinstance(extension, x509.BasicConstraints) for extension in extensions))
    builder = (
        x509.CertificateBuilder()
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(not_before)
        .not_valid_after(TO + timedelta(days=1))
    )
    try:
        name = x509.Name([x509.NameAttribute(oid, word) for oid, word in subject])
    except ValueError:
        return
    builder = builder.subject_name(name)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    if attribute is not None and len(attribute) < 5000:
        builder = builder.add_extension(
            x509.UnrecognizedExtension(x509.ObjectIdentifier(ATTRIBUTES), attribute), critical=False
        )
    try:
        pem = pem_of(builder.sign(authority.private_key, SHA256()))
    except ValueError:  # a word that the name's own alphabet has not
        return
    said = refused_or_admitted(pem)
    if key is not KEY or authority is OTHER or not_before == TO or CLIENT not in extensions or attribute is None:
        assert 1 == len(said)


@pytest.mark.parametrize(
    ("serial", "admitted"),
    [("01", True), ("7f" + "ff" * 19, True), ("00", False), ("ff", False), ("7f" + "ff" * 20, False)],
    ids=["one", "twenty bytes", "zero", "negative", "too long"],
)
def test_a_certificate_whose_serial_number_could_not_be_revoked_is_refused(serial: str, admitted: bool) -> None:
    body = CERTIFICATE.tbs_certificate_bytes
    own = der(0x02, CERTIFICATE.serial_number.to_bytes(CERTIFICATE.serial_number.bit_length() // 8 + 1))
    fields = body[body.index(own) - len(VERSION_3) :]
    assert fields.startswith(VERSION_3 + own)
    said = refused_or_admitted(signed_again(der(0x30, fields.replace(own, der(0x02, bytes.fromhex(serial)), 1))))
    assert [] == said if admitted else "SERIAL" in said[0].upper()


MESSAGE = b"a row of work"
GOOD = sign(KEY, MESSAGE)
R, S = decode_dss_signature(GOOD)


@fuzz(600)
@given(
    mangled_bytes(GOOD)
    | st.binary(max_size=100)
    | st.builds(encode_dss_signature, st.integers(0, P256_ORDER + 2), st.integers(0, P256_ORDER + 2))
)
@example(encode_dss_signature(R, P256_ORDER - S))
@example(GOOD + b"\0")
@example(b"")
@example(sign(KEY, b"another"))
@example(encode_dss_signature(0, 0))
def test_nothing_but_the_signature_itself_is_good(signature: bytes) -> None:
    assert verify_signature(PEM, signature, MESSAGE) == (signature == GOOD)


@pytest.mark.parametrize("given_", CORPUS, ids=lambda each: each.why)
def test_what_is_known_to_be_dangerous_is_refused_in_one_line(given_: Entry) -> None:
    pem = given_.data.decode("utf-8", "surrogateescape")
    with one_line(CertificateRefused) as said:
        check_certificate(pem, GENESIS.roots, AT_MS)
    assert [True] == [given_.said in line for line in said]


@pytest.mark.parametrize(
    "attribute", [b"[" * 3000, b'{"attrs":' * 500, b"1" * 5000, b"{}", b'{"attrs":{"lxr.role":[]}}']
)
def test_a_role_that_cannot_be_read_is_refused(attribute: bytes) -> None:
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(ATTRIBUTES), attribute)
    made = UNION.issue_plain("someone", "client", KEY.public_key(), FROM, TO, extension)
    assert 1 == len(refused_or_admitted(pem_of(made)))


PASSPHRASE = b"open sesame"


def test_a_spoiled_key_file_is_a_fault_in_one_line_that_does_not_show_the_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    write_key(path, KEY, PASSPHRASE)
    good = path.read_bytes()

    @fuzz(300)
    @given(mangled_bytes(good))
    def read(data: bytes) -> None:
        path.write_bytes(data)
        with one_line(KeyFault) as said:
            assert KEY.private_numbers() == read_key(path, PASSPHRASE).private_numbers()
        assert [] == [line for line in said if PASSPHRASE.decode() in line]

    read()


def test_a_spoiled_certificate_file_is_a_fault_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.crt"

    @fuzz(500)
    @given(mangled_bytes(PEM.encode()))
    def read(data: bytes) -> None:
        path.write_bytes(data)
        with one_line(KeyFault):
            read_certificate(path)

    read()
