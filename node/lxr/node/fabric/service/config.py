"""The file that tells a contract service who it is, where it listens and whom it trusts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from msgspec import Meta, Struct

from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.types import Digest
from lxr.node.fabric.service.decide import Trust
from lxr.node.inputs import PEM_BYTES_MAX, TOML_BYTES_MAX, Unread, read_input, toml_tree
from lxr.node.said import Fault, Said

_Address = Annotated[str, Meta(pattern=r"^[^:\s]+:\d{1,5}\Z")]
_Text = Annotated[str, Meta(min_length=1, max_length=1_000)]
_PORT_MAX: Final = 65_535


class ConfigFault(Fault):
    """The file cannot be used, and why, in one line that names it."""

    def __init__(self, path: Path, text: str, **facts: object) -> None:
        super().__init__("{path}: {problem}", path=path, problem=Said(text, **facts))


class Address(Struct, frozen=True):
    """Where to listen. port: 0 for any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class ServiceConfig(Struct, frozen=True):
    """What the file says, with all that it names read in. Certificates and key are PEM.

    package_id: of the chaincode as it is installed on the peer. client_roots: who issues the certificates with which
    peers may connect. metrics: None for no metrics. workers: processes that run the contract, 0 for one a core.
    """

    package_id: str
    organisation: str
    listen: Address
    metrics: Address | None
    tls_certificate: bytes
    tls_key: bytes
    client_roots: bytes
    trust: Trust
    workers: int


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    package_id: _Text
    organisation: _Text
    listen: _Address
    tls_certificate: _Text
    tls_key: _Text
    client_roots: Annotated[tuple[_Text, ...], Meta(min_length=1)]
    roots: dict[str, _Text]
    rehearsal: bool
    channel: _Text
    genesis_block: Digest
    workers: Annotated[int, Meta(ge=0, le=256)]
    metrics: _Address | None = None


def read_config(path: Path) -> ServiceConfig:
    """Return the configuration in a TOML file; the paths in it are relative to its own folder. Raises ConfigFault."""
    try:
        file = msgspec.convert(toml_tree(_read(path, path, TOML_BYTES_MAX)), _File)
    except (Unread, msgspec.ValidationError) as fault:
        raise ConfigFault(path, str(fault)) from None
    if sorted(file.roots) != sorted(ORGANISATIONS):
        raise ConfigFault(path, "roots: expected one of each: {names}", names=", ".join(ORGANISATIONS))
    if file.organisation not in ORGANISATIONS:
        raise ConfigFault(path, "organisation: expected one of {names}", names=", ".join(ORGANISATIONS))
    certificate = _certificates(path, [file.tls_certificate])
    return ServiceConfig(
        package_id=file.package_id,
        organisation=file.organisation,
        listen=_address(path, "listen", file.listen),
        metrics=None if file.metrics is None else _address(path, "metrics", file.metrics),
        tls_certificate=certificate,
        tls_key=_key(path, file.tls_key, certificate),
        client_roots=_certificates(path, file.client_roots),
        trust=Trust(
            {org: _certificates(path, [name]).decode() for org, name in file.roots.items()},
            file.rehearsal,
            file.channel,
            file.genesis_block,
        ),
        workers=file.workers,
    )


def _address(path: Path, field: str, text: str) -> Address:
    host, _, port = text.rpartition(":")
    if int(port) > _PORT_MAX:
        raise ConfigFault(
            path, "{field}: expected a port up to {port_max}, not {port}", field=field, port_max=_PORT_MAX, port=port
        )
    return Address(host, int(port))


def _read(path: Path, name: Path, most: int) -> bytes:
    try:
        return read_input(name, most)
    except Unread as fault:
        raise ConfigFault(path, "{name}: {fault}", name=name, fault=fault) from None


def _certificates(path: Path, names: Sequence[str]) -> bytes:
    """In one form, whatever else stands in the files."""
    found: list[x509.Certificate] = []
    for name in names:
        try:
            found += x509.load_pem_x509_certificates(_read(path, path.parent / name, PEM_BYTES_MAX))
        except ValueError:
            raise ConfigFault(path, "{name}: expected an X.509 certificate as PEM", name=name) from None
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in found)


def _key(path: Path, name: str, certificate: bytes) -> bytes:
    pem = _read(path, path.parent / name, PEM_BYTES_MAX)
    try:
        public = load_pem_private_key(pem, None).public_key()
    except (ValueError, TypeError):
        raise ConfigFault(path, "{name}: expected a private key as PEM, without a passphrase", name=name) from None
    if public != x509.load_pem_x509_certificate(certificate).public_key():
        raise ConfigFault(path, "{name}: not the key of the TLS certificate", name=name)
    return pem
