"""Who calls: read from the certificate that signed the transaction."""

from functools import lru_cache
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct, field

from .certificate import read_certificate
from .nesting import refuse_nested
from .refusals import MalformedCommand
from .types import EmployerNo, canonical

ATTRIBUTES: Final = "1.2.3.4.5.6.7.8.1"
"""The extension in which Fabric's own CA carries attributes: JSON {"attrs": {name: value}}."""
MAX_ATTRIBUTES_BYTES: Final = 1_000
PERSON_MAX: Final = 64
"""Characters of a common name (X.520)."""
_COMMON_NAME, _ORGANISATION = "2.5.4.3", "2.5.4.10"

Person = Annotated[str, Meta(min_length=1, max_length=PERSON_MAX)]
"""Who bears a certificate: its common name, which the organisation's authority gives to one person, also in a renewed
certificate and in those of other roles."""

UNION: Final = "union"
EMPLOYER: Final = "employer"
BANK: Final = "bank"
REGULATOR: Final = "regulator"
ORGANISATIONS: Final = (UNION, EMPLOYER, BANK, REGULATOR)
ADMINS: Final = tuple(f"{organisation}/admin" for organisation in ORGANISATIONS)


class Caller(Struct, frozen=True):
    """organisation: one of the four. employer: the only employer it may act for, if it is an employer's.

    serial: the certificate's, in hexadecimal; by it, and by nothing that could be encoded in two ways, it is revoked.
    person: who it is, in the organisation; "" where only the serial is known.
    """

    organisation: str
    role: str
    employer: str | None
    serial: str
    person: str = ""

    def __str__(self) -> str:
        return f"{self.organisation}/{self.role}" + (f"/{self.employer}" if self.employer else "")


_Said = Annotated[str, Meta(max_length=200)]


class _Attributes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """In order of name, as Fabric's own CA writes them. Those of hf. it adds by itself; they say nothing here."""

    affiliation: _Said | None = field(default=None, name="hf.Affiliation")
    enrollment_id: _Said | None = field(default=None, name="hf.EnrollmentID")
    type: _Said | None = field(default=None, name="hf.Type")
    employer: EmployerNo | None = field(default=None, name="lxr.employer")
    role: Annotated[str, Meta(pattern=r"^[a-z]{1,20}\Z")] = field(name="lxr.role")


class _Extension(Struct, frozen=True, forbid_unknown_fields=True):
    attrs: _Attributes


_decode: Final = msgspec.json.Decoder(_Extension).decode


class Unnamed(ValueError):
    """A certificate that names no caller. case: what it does not name, a case of CertificateRefused."""

    def __init__(self, case: str) -> None:
        super().__init__(case)
        self.case: Final = case


@lru_cache(maxsize=4096)
def caller_of(certificate_pem: str) -> Caller:
    """The caller that a certificate names. Whether to trust the certificate is the node's to check.

    Raises ValueError: Unreadable, where it cannot be read; Unnamed, where it names no organisation, role or person.
    """
    certificate = read_certificate(certificate_pem)
    names = certificate.named(_ORGANISATION)
    if len(names) != 1 or names[0] not in ORGANISATIONS:
        raise Unnamed("no_organisation")
    people = certificate.named(_COMMON_NAME)
    if len(people) != 1 or not 1 <= len(people[0]) <= PERSON_MAX:
        raise Unnamed("no_person")
    attributes = _attributes(certificate.extensions[ATTRIBUTES].value if ATTRIBUTES in certificate.extensions else b"")
    return Caller(names[0], attributes.role, attributes.employer, format(certificate.serial, "x"), people[0])


def _attributes(data: bytes) -> _Attributes:
    """What stands in the extension, in its one encoding: whatever decoder reads it, it says the same."""
    if len(data) > MAX_ATTRIBUTES_BYTES:
        raise Unnamed("no_role")
    try:
        refuse_nested(data)
        found = _decode(data)
        if canonical(found) != data:
            raise Unnamed("no_role")
    except (msgspec.MsgspecError, UnicodeError, MalformedCommand):
        raise Unnamed("no_role") from None
    return found.attrs
