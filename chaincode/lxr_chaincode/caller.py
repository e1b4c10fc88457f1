"""Who calls: read from the certificate that signed the transaction."""

import json
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier
from msgspec import Struct

ATTRIBUTES: Final = ObjectIdentifier("1.2.3.4.5.6.7.8.1")
"""The extension in which Fabric's own CA carries attributes: JSON {"attrs": {name: value}}."""

UNION: Final = "union"
EMPLOYER: Final = "employer"
BANK: Final = "bank"
REGULATOR: Final = "regulator"
ORGANISATIONS: Final = (UNION, EMPLOYER, BANK, REGULATOR)


class Caller(Struct, frozen=True):
    """organisation: one of the four. employer: the only employer it may act for, if it is an employer's.

    serial: the certificate's, in hexadecimal; by it, and by nothing that could be encoded in two ways, it is revoked.
    """

    organisation: str
    role: str
    employer: str | None
    serial: str

    def __str__(self) -> str:
        return f"{self.organisation}/{self.role}" + (f"/{self.employer}" if self.employer else "")


@lru_cache(maxsize=4096)
def caller_of(certificate_pem: str) -> Caller:
    """The caller that a certificate names. Whether to trust the certificate is the node's to check.

    Raises ValueError if it names no organisation or role.
    """
    certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    names = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    try:
        extension = certificate.extensions.get_extension_for_oid(ATTRIBUTES).value
    except x509.ExtensionNotFound:
        raise ValueError("the certificate names no role") from None
    assert isinstance(extension, x509.UnrecognizedExtension)
    attributes = json.loads(extension.value)["attrs"]
    if len(names) != 1 or names[0].value not in ORGANISATIONS:
        raise ValueError("the certificate names no organisation of this consortium")
    return Caller(
        organisation=str(names[0].value),
        role=attributes["lxr.role"],
        employer=attributes.get("lxr.employer"),
        serial=format(certificate.serial_number, "x"),
    )
