"""Private keys at rest: PKCS#8 PEM, encrypted with a passphrase, readable by their owner only."""

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from lxr.node import disk
from lxr.node.inputs import PEM_BYTES_MAX, Unread, open_input, read_input
from lxr.node.said import Fault, Said
from lxr.node.sealing import Identity

if TYPE_CHECKING:
    from cryptography import x509

_PASSPHRASE_BYTES_MAX: Final = 1023  # OpenSSL reads no more


class KeyFault(Fault):
    """What is wrong with a key, a certificate or the directory that holds them, in one line without the passphrase."""


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def write_key(path: Path, key: ec.EllipticCurvePrivateKey, passphrase: bytes) -> None:
    """Encrypt the key into a new file with mode 0600.

    passphrase: 1..1023 bytes. Raises KeyFault: passphrase out of range, a key is already there, file not writable.
    """
    _check_passphrase(path, passphrase)
    if path.exists():
        raise KeyFault("{path}: a key is already there; it is not overwritten", path=path)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
    write_atomically(path, pem)


def read_key(path: Path, passphrase: bytes) -> ec.EllipticCurvePrivateKey:
    """Raise KeyFault: file missing, open to group or others, not encrypted, wrong passphrase, not EC P-256."""
    _check_passphrase(path, passphrase)
    pem = read_owned(path)
    if b"-----BEGIN ENCRYPTED PRIVATE KEY-----" not in pem:
        raise KeyFault("{path}: not an encrypted private key; expected PKCS#8 PEM", path=path)
    try:
        key = load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFault("{path}: wrong passphrase, or the file is damaged", path=path) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyFault("{path}: not an EC P-256 key", path=path)
    return key


def read_identity(certificate_path: Path, key_path: Path, passphrase: bytes) -> Identity:
    """Return a certificate and its key.

    Raises KeyFault as `read_key` does, and where the two do not belong together.
    """
    certificate = read_certificate(certificate_path)
    key = read_key(key_path, passphrase)
    if certificate.public_key() != key.public_key():
        raise KeyFault(
            "{certificate_path}: this certificate belongs to another key than {key_path}",
            certificate_path=certificate_path,
            key_path=key_path,
        )
    return Identity(certificate_pem=certificate.public_bytes(Encoding.PEM).decode(), private_key=key)


def read_certificate(path: Path) -> "x509.Certificate":
    """Raise KeyFault: file missing or not readable, not a certificate over an EC P-256 key."""
    from cryptography import x509  # slow to load, and not needed to read a ledger

    try:
        certificate = x509.load_pem_x509_certificate(_read(path))
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise KeyFault("{path}: not an X.509 certificate as PEM", path=path) from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyFault("{path}: not a certificate over an EC P-256 key", path=path)
    return certificate


def write_certificate(path: Path, certificate: "x509.Certificate") -> None:
    write_atomically(path, certificate.public_bytes(Encoding.PEM))


def write_atomically(path: Path, data: bytes) -> None:
    """All of the file or nothing of it, on disk when this returns, mode 0600. Raises KeyFault: not writable."""
    try:
        disk.write_atomically(path, data)
    except OSError as error:
        raise KeyFault("{path}: {why}", path=path, why=_why(error)) from None


def read_owned(path: Path) -> bytes:
    """Return what only its owner may read. Raises KeyFault: file missing, open to group or others."""
    try:
        with open_input(path, PEM_BYTES_MAX) as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise KeyFault(
                    "{path}: mode {mode} lets others at this key; expected 0600", path=path, mode=f"{mode:04o}"
                )
            return file.read(PEM_BYTES_MAX)
    except Unread as fault:
        raise _unread(path, fault) from None
    except OSError as error:
        raise KeyFault("{path}: {why}", path=path, why=_why(error)) from None


def _read(path: Path) -> bytes:
    try:
        return read_input(path, PEM_BYTES_MAX)
    except Unread as fault:
        raise _unread(path, fault) from None


def _unread(path: Path, fault: Unread) -> KeyFault:
    return KeyFault("{path}: {why}", path=path, why=Said("no such file") if fault.missing else fault)


def _check_passphrase(path: Path, passphrase: bytes) -> None:
    if not 1 <= len(passphrase) <= _PASSPHRASE_BYTES_MAX:
        raise KeyFault(
            "{path}: the passphrase is empty or too long; expected 1..{passphrase_bytes_max} bytes",
            path=path,
            passphrase_bytes_max=_PASSPHRASE_BYTES_MAX,
        )


def _why(error: OSError) -> str:
    return "no such file" if isinstance(error, FileNotFoundError) else (error.strerror or type(error).__name__)
