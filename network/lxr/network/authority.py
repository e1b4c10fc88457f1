"""An organisation's certificate authority: the root that the certificates of its people and nodes hang from."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from lxr.chaincode.caller import ORGANISATIONS
from lxr.network.keyfile import KeyFault, new_key, read_certificate, read_identity, write_certificate, write_key

ROLES: Final = ("operator", "treasurer", "preparer", "signer", "teller", "auditor", "witness", "admin")
AuthorityKind = Literal["ca", "tlsca"]
"""What an authority is for: identities, which sign, or TLS certificates, which only open connections."""
ATTRIBUTES_OID: Final = x509.ObjectIdentifier("1.2.3.4.5.6.7.8.1")  # where Fabric's own CA puts attributes

_USES_NONE: Final = {
    "digital_signature": False,
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "key_cert_sign": False,
    "crl_sign": False,
    "encipher_only": False,
    "decipher_only": False,
}


@dataclass(frozen=True, slots=True)
class Authority:
    """A self-signed root (ECDSA P-256, X.509 v3) with its key; it issues end entities' certificates, no further CAs."""

    org: str
    certificate: x509.Certificate
    private_key: ec.EllipticCurvePrivateKey

    @classmethod
    def create(cls, org: str, not_before: datetime, not_after: datetime, kind: AuthorityKind = "ca") -> Self:
        """Return a new root with a new key.

        Raises KeyFault: unknown organisation, dates without time zone or out of order.
        """
        if org not in ORGANISATIONS:
            raise KeyFault(
                "no organisation {org}; expected one of {names}", org=repr(org), names=", ".join(ORGANISATIONS)
            )
        key = new_key()
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, f"{kind}@{org}"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, org),
            ]
        )
        builder = _builder(name, name, key.public_key(), not_before, not_after)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        uses = x509.KeyUsage(**(_USES_NONE | {"key_cert_sign": True, "crl_sign": True}))
        return cls(org, builder.add_extension(uses, critical=True).sign(key, SHA256()), key)

    @classmethod
    def load(cls, directory: Path, passphrase: bytes, kind: AuthorityKind = "ca") -> Self:
        """Read ca.crt and ca.key. Raises KeyFault: missing, wrong passphrase, not a pair, not an authority's."""
        path = directory / f"{kind}.crt"
        identity = read_identity(path, directory / f"{kind}.key", passphrase)
        certificate = read_certificate(path)
        names = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        org = names[0].value if names else None
        if not isinstance(org, str) or org not in ORGANISATIONS or certificate.subject != certificate.issuer:
            raise KeyFault("{path}: not the root certificate of an organisation", path=path)
        return cls(org, certificate, identity.private_key)

    def save(self, directory: Path, passphrase: bytes, kind: AuthorityKind = "ca") -> None:
        """Write ca.key (encrypted), then ca.crt. Raises KeyFault as `write_key` does."""
        write_key(directory / f"{kind}.key", self.private_key, passphrase)
        write_certificate(directory / f"{kind}.crt", self.certificate)

    def issue(
        self,
        common_name: str,
        role: str,
        employer: str | None,
        public_key: ec.EllipticCurvePublicKey,
        not_before: datetime,
        not_after: datetime,
    ) -> x509.Certificate:
        """Return a client's certificate that carries its role and, for an employer's client, the employer number.

        common_name: 1..64 characters. Raises KeyFault: unknown role, an employer number outside the employer
        organisation, key not P-256, dates without time zone, out of order or outside those of this authority.
        """
        if role not in ROLES:
            raise KeyFault("no role {role}; expected one of {names}", role=repr(role), names=", ".join(ROLES))
        if employer is not None and self.org != "employer":
            raise KeyFault(
                "a client of {org} bears no employer number; only the employer organisation's do", org=self.org
            )
        attributes = x509.UnrecognizedExtension(ATTRIBUTES_OID, _attributes(role, employer))
        # The organisational unit is what Fabric goes by: its admins may install a contract and change the channel.
        unit = "admin" if role == "admin" else "client"
        return self.issue_plain(common_name, unit, public_key, not_before, not_after, attributes)

    def issue_plain(
        self,
        common_name: str,
        unit: str,
        public_key: ec.EllipticCurvePublicKey,
        not_before: datetime,
        not_after: datetime,
        *extensions: x509.ExtensionType,
    ) -> x509.Certificate:
        """Return an end entity's certificate without a role in the contract, such as a node's.

        unit: what it is for Fabric.

        Raises KeyFault: as `issue` does.
        """
        if not isinstance(public_key.curve, ec.SECP256R1):
            raise KeyFault("the key of {common_name} is not an EC P-256 key", common_name=common_name)
        subject = _subject(common_name, unit, self.org)
        builder = _builder(subject, self.certificate.subject, public_key, not_before, not_after)
        root = self.certificate
        if not_before < root.not_valid_before_utc or not_after.replace(microsecond=0) > root.not_valid_after_utc:
            span = f"{root.not_valid_before_utc:%Y-%m-%d}..{root.not_valid_after_utc:%Y-%m-%d}"
            raise KeyFault(
                "the dates of {common_name} go beyond those of its authority, which is valid {span}",
                common_name=common_name,
                span=span,
            )
        identifier = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        end_entity = x509.BasicConstraints(ca=False, path_length=None)
        signs = x509.KeyUsage(**(_USES_NONE | {"digital_signature": True}))
        builder = builder.add_extension(end_entity, critical=True).add_extension(signs, critical=True)
        for extension in (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), *extensions):
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self.private_key, SHA256())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, not_before: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    if not_before.tzinfo is None or not_after.tzinfo is None:
        raise KeyFault("the dates of a certificate need a time zone")
    if not not_before < not_after:
        raise KeyFault(
            "a certificate cannot end ({not_after}) before it begins ({not_before})",
            not_after=f"{not_after:%Y-%m-%d}",
            not_before=f"{not_before:%Y-%m-%d}",
        )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _subject(common_name: str, unit: str, org: str) -> x509.Name:
    try:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, common_name),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, org),
            ]
        )
    except ValueError:
        raise KeyFault(
            "the common name {common_name} is empty or too long; expected 1..64 characters",
            common_name=repr(common_name),
        ) from None


def _attributes(role: str, employer: str | None) -> bytes:
    attributes = {"lxr.role": role} | ({} if employer is None else {"lxr.employer": employer})
    return json.dumps({"attrs": attributes}, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
