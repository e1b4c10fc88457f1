"""Certificates and plain keys of an organisation's nodes: identities from its authority, TLS from its TLS authority."""

from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from msgspec import Struct

from lxr.network.authority import Authority
from lxr.network.keyfile import new_key, write_atomically, write_certificate

Unit = Literal["peer", "orderer", "client"]
"""What an identity is for Fabric: an endorser, an orderer, or one who sends proposals."""


class Issuer(Struct, frozen=True):
    """An organisation's two authorities, and the dates of what they issue."""

    identities: Authority
    tls: Authority
    not_before: datetime
    not_after: datetime

    def identity(self, certificate_path: Path, key_path: Path, common_name: str, unit: Unit) -> None:
        """Who a node is when it signs. Raises KeyFault: as `Authority.issue` does, files not writable."""
        key = new_key()
        dates = (self.not_before, self.not_after)
        certificate = self.identities.issue_plain(common_name, unit, key.public_key(), *dates)
        _write(certificate_path, certificate, key_path, key)

    def connection(self, directory: Path, common_name: str, host: str | None = None) -> None:
        """tls.crt and tls.key of one that others connect to at this host or, without one, of one that connects.

        Raises KeyFault: as `Authority.issue` does, files not writable.
        """
        key = new_key()
        uses: list[x509.ExtensionType] = [x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])]
        if host is not None:  # an orderer connects to the other orderers with the certificate that it serves with
            both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            names = [_name(each) for each in dict.fromkeys((host, "localhost", "127.0.0.1"))]
            uses = [x509.ExtendedKeyUsage(both), x509.SubjectAlternativeName(names)]
        certificate = self.tls.issue_plain(common_name, "tls", key.public_key(), self.not_before, self.not_after, *uses)
        _write(directory / "tls.crt", certificate, directory / "tls.key", key)


def _write(
    certificate_path: Path, certificate: x509.Certificate, key_path: Path, key: ec.EllipticCurvePrivateKey
) -> None:
    write_plain_key(key_path, key)
    write_certificate(certificate_path, certificate)


def write_plain_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """PKCS#8 PEM, not encrypted, mode 0600. Raises KeyFault: not writable."""
    write_atomically(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
