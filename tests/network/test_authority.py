import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lxr.chaincode.caller import ORGANISATIONS
from lxr.network.authority import ATTRIBUTES_OID, Authority
from lxr.network.keyfile import KeyFault, new_key, write_certificate, write_key

FROM = datetime(2025, 1, 1, tzinfo=UTC)
TO = datetime(2027, 1, 1, tzinfo=UTC)
EMPLOYER = Authority.create("employer", FROM, TO)
UNION = Authority.create("union", FROM, TO)


def client(role: str = "signer", employer: str | None = "E001") -> x509.Certificate:
    return EMPLOYER.issue(f"{role}@{employer}", role, employer, new_key().public_key(), FROM, TO)


@pytest.mark.parametrize(
    ("authority", "role", "employer", "attributes"),
    [
        (UNION, "treasurer", None, b'{"attrs":{"lxr.role":"treasurer"}}'),
        (EMPLOYER, "treasurer", "E001", b'{"attrs":{"lxr.employer":"E001","lxr.role":"treasurer"}}'),
        (EMPLOYER, "admin", None, b'{"attrs":{"lxr.role":"admin"}}'),
    ],
)
def test_role_and_employer_number_travel_where_fabrics_own_ca_puts_them(
    authority: Authority, role: str, employer: str | None, attributes: bytes
) -> None:
    certificate = authority.issue("x", role, employer, new_key().public_key(), FROM, TO)
    extension = certificate.extensions.get_extension_for_oid(ATTRIBUTES_OID)
    assert isinstance(extension.value, x509.UnrecognizedExtension)
    assert attributes == extension.value.value
    assert ["attrs"] == list(json.loads(attributes))
    assert not extension.critical


def test_a_clients_certificate_has_the_extensions_of_an_end_entity() -> None:
    certificate = client()
    extensions = certificate.extensions
    root_identifier = EMPLOYER.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert (False, True) == (constraints.value.ca, constraints.critical)
    assert (True, False, True) == (usage.value.digital_signature, usage.value.key_cert_sign, usage.critical)
    assert (
        root_identifier.digest == extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    )
    public_key = certificate.public_key()
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    expected = x509.SubjectKeyIdentifier.from_public_key(public_key)
    assert expected == extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert x509.Version.v3 == certificate.version


def test_a_root_may_issue_certificates_but_no_further_authority() -> None:
    constraints = EMPLOYER.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    usage = EMPLOYER.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (True, 0) == (constraints.ca, constraints.path_length)
    assert (True, False) == (usage.key_cert_sign, usage.digital_signature)
    EMPLOYER.certificate.verify_directly_issued_by(EMPLOYER.certificate)


def test_the_subject_is_common_name_client_organisation() -> None:
    subject = client().subject
    assert [
        (NameOID.COMMON_NAME, "signer@E001"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "client"),
        (NameOID.ORGANIZATION_NAME, "employer"),
    ] == [(attribute.oid, attribute.value) for attribute in subject]


@pytest.mark.parametrize(("role", "unit"), [("admin", "admin"), ("treasurer", "client"), ("auditor", "client")])
def test_only_an_admin_is_one_to_fabric_too(role: str, unit: str) -> None:
    subject = UNION.issue("x", role, None, new_key().public_key(), FROM, TO).subject
    assert [unit] == [each.value for each in subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)]


def test_a_nodes_certificate_bears_no_role_in_the_contract() -> None:
    certificate = UNION.issue_plain("peer@union", "peer", new_key().public_key(), FROM, TO)
    certificate.verify_directly_issued_by(UNION.certificate)
    assert ATTRIBUTES_OID not in {extension.oid for extension in certificate.extensions}


def test_serial_numbers_are_not_repeated() -> None:
    assert 20 == len({client().serial_number for _ in range(20)})


SHANGHAI = timezone(timedelta(hours=8))
P256 = new_key().public_key()
P384 = ec.generate_private_key(ec.SECP384R1()).public_key()


@pytest.mark.parametrize(
    ("name", "role", "employer", "key", "not_before", "not_after", "fault"),
    [
        ("x", "owner", None, P256, FROM, TO, "no role 'owner'"),
        ("x", "signer", "E001", P256, FROM, TO, "bears no employer number"),
        ("x", "admin", None, P384, FROM, TO, "not an EC P-256 key"),
        ("", "admin", None, P256, FROM, TO, "common name"),
        ("x" * 65, "admin", None, P256, FROM, TO, "common name"),
        ("x", "admin", None, P256, TO, FROM, "cannot end"),
        ("x", "admin", None, P256, FROM.replace(tzinfo=None), TO, "time zone"),
        ("x", "admin", None, P256, FROM - timedelta(seconds=1), TO, "beyond those of its authority"),
        ("x", "admin", None, P256, FROM, TO + timedelta(seconds=1), "beyond those of its authority"),
        ("x", "admin", None, P256, FROM.replace(tzinfo=SHANGHAI), TO, "beyond those of its authority"),
    ],
)
def test_what_may_not_be_issued_is_refused_in_one_line(
    name: str,
    role: str,
    employer: str | None,
    key: ec.EllipticCurvePublicKey,
    not_before: datetime,
    not_after: datetime,
    fault: str,
) -> None:
    with pytest.raises(KeyFault, match=fault) as caught:
        UNION.issue(name, role, employer, key, not_before, not_after)
    assert "\n" not in str(caught.value)


def test_an_unknown_organisation_has_no_authority() -> None:
    with pytest.raises(KeyFault, match="no organisation 'court'"):
        Authority.create("court", FROM, TO)


@pytest.mark.parametrize("org", ORGANISATIONS)
def test_an_authority_saved_and_loaded_issues_under_the_same_root(org: str, tmp_path: Path) -> None:
    Authority.create(org, FROM, TO).save(tmp_path, b"open sesame")
    loaded = Authority.load(tmp_path, b"open sesame")
    assert org == loaded.org
    certificate = loaded.issue("x", "admin", None, P256, FROM, TO)
    root = x509.load_pem_x509_certificate((tmp_path / "ca.crt").read_bytes())
    certificate.verify_directly_issued_by(root)


def test_the_authority_of_connections_lies_beside_that_of_identities_under_another_name(tmp_path: Path) -> None:
    UNION.save(tmp_path, b"open sesame")
    Authority.create("union", FROM, TO, "tlsca").save(tmp_path, b"open sesame", "tlsca")
    tls = Authority.load(tmp_path, b"open sesame", "tlsca")
    assert {"ca.crt", "ca.key", "tlsca.crt", "tlsca.key"} == {path.name for path in tmp_path.iterdir()}
    assert "CN=tlsca@union,O=union" == ",".join(part.rfc4514_string() for part in tls.certificate.subject.rdns)
    assert UNION.certificate == Authority.load(tmp_path, b"open sesame").certificate


def test_a_clients_certificate_is_no_authority(tmp_path: Path) -> None:
    key = new_key()
    write_key(tmp_path / "ca.key", key, b"open sesame")
    write_certificate(tmp_path / "ca.crt", UNION.issue("x", "admin", None, key.public_key(), FROM, TO))
    with pytest.raises(KeyFault, match="not the root certificate"):
        Authority.load(tmp_path, b"open sesame")
