"""X.509 certificates (RFC 5280), read by rules of this project: alike on every node, whatever its libraries let pass.

One form is taken: PEM as every tool writes it, DER, version 3, ECDSA with SHA-256, a P-256 key.
"""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

SERIAL_MAX: Final = 2**160 - 1
_BEGIN: Final = "-----BEGIN CERTIFICATE-----\n"
_END: Final = "-----END CERTIFICATE-----\n"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_BOOLEAN, _INTEGER, _BIT_STRING, _OCTET_STRING, _OID = 0x01, 0x02, 0x03, 0x04, 0x06
_UTF8_STRING, _PRINTABLE_STRING, _UTC_TIME, _GENERALIZED_TIME = 0x0C, 0x13, 0x17, 0x18
_SEQUENCE, _SET, _VERSION, _EXTENSIONS = 0x30, 0x31, 0xA0, 0xA3
_VERSION_3: Final = bytes.fromhex("020102")
_ECDSA_SHA256: Final = bytes.fromhex("06082a8648ce3d040302")
_P256: Final = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")


class Flaw(StrEnum):
    """Why a certificate is not of the form that is taken here."""

    BREAKS_OFF = "breaks_off"
    DATES = "dates"
    """Not whole seconds of UTC."""
    EXTENSION_FORM = "extension_form"
    EXTENSION_TWICE = "extension_twice"
    FORM = "form"
    """Another element than is expected here."""
    IDENTIFIER_FORM = "identifier_form"
    IDENTIFIER_LENGTH = "identifier_length"
    KEY_COMPRESSED = "key_compressed"
    """Not in the uncompressed form."""
    LENGTH = "length"
    NAME_NOT_UTF8 = "name_not_utf8"
    NOT_ECDSA_SHA256 = "not_ecdsa_sha256"
    NOT_PEM = "not_pem"
    """Not one certificate as PEM, in lines of 64 characters, and nothing else."""
    NOT_VERSION_3 = "not_version_3"
    NO_P256_KEY = "no_p256_key"
    SERIAL = "serial"
    """None that can be revoked: positive, of at most 20 bytes."""
    SIGNATURE_BITS = "signature_bits"
    """Not of whole bytes."""
    SURPLUS = "surplus"
    """More than is expected here."""


class Unreadable(ValueError):
    """Not a certificate of the form that is taken here, and why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(str(flaw))
        self.flaw: Final = flaw


class Extension(Struct, frozen=True):
    """value: as the certificate holds it, not looked into."""

    critical: bool
    value: bytes


class Certificate(Struct, frozen=True):
    """What counts of a certificate.

    signed: the bytes that the issuer's signature is over. serial: 1..SERIAL_MAX. issuer, subject: names in DER. names:
    the subject's attributes, object identifier in dots and text. not_before_ms, not_after_ms: unix ms. point: the key,
    65 bytes, not yet known to be on the curve. extensions: by object identifier in dots.
    """

    signed: bytes
    signature: bytes
    serial: int
    issuer: bytes
    subject: bytes
    names: tuple[tuple[str, str], ...]
    not_before_ms: int
    not_after_ms: int
    point: bytes
    extensions: dict[str, Extension]

    def named(self, attribute: str) -> tuple[str, ...]:
        """What the subject says under an object identifier."""
        return tuple(text for name, text in self.names if name == attribute)


def read_certificate(pem: str) -> Certificate:
    """The certificate in this text. Whether to trust it is the node's to check. Raises Unreadable."""
    whole = _Reader(_der(pem))
    outer = _Reader(whole.take(_SEQUENCE))
    whole.end()
    signed = outer.take_whole(_SEQUENCE)
    if outer.take(_SEQUENCE) != _ECDSA_SHA256:
        raise Unreadable(Flaw.NOT_ECDSA_SHA256)
    signature = outer.take(_BIT_STRING)
    outer.end()
    inner = _Reader(_Reader(signed).take(_SEQUENCE))
    if inner.take(_VERSION) != _VERSION_3:
        raise Unreadable(Flaw.NOT_VERSION_3)
    serial = _serial(inner.take(_INTEGER))
    if inner.take(_SEQUENCE) != _ECDSA_SHA256:
        raise Unreadable(Flaw.NOT_ECDSA_SHA256)
    issuer = inner.take_whole(_SEQUENCE)
    validity = _Reader(inner.take(_SEQUENCE))
    not_before_ms, not_after_ms = _moment(validity), _moment(validity)
    validity.end()
    subject = inner.take_whole(_SEQUENCE)
    point = _point(_Reader(inner.take(_SEQUENCE)))
    extensions = _extensions(_Reader(inner.take(_EXTENSIONS)))
    inner.end()
    if signature[:1] != b"\0":
        raise Unreadable(Flaw.SIGNATURE_BITS)
    names = tuple(_names(_Reader(_Reader(subject).take(_SEQUENCE))))
    return Certificate(
        signed, signature[1:], serial, issuer, subject, names, not_before_ms, not_after_ms, point, extensions
    )


def pem_of(der: bytes) -> str:
    """The one text of a certificate: base64 in lines of 64 characters (RFC 7468, strict)."""
    text = base64.b64encode(der).decode("ascii")
    lines = "".join(f"{text[at : at + 64]}\n" for at in range(0, len(text), 64))
    return f"{_BEGIN}{lines}{_END}"


def _der(pem: str) -> bytes:
    if not (pem.isascii() and pem.startswith(_BEGIN) and pem.endswith(_END)):
        raise Unreadable(Flaw.NOT_PEM)
    try:
        der = base64.b64decode(pem[len(_BEGIN) : -len(_END)])
    except ValueError:
        raise Unreadable(Flaw.NOT_PEM) from None
    if pem_of(der) != pem:  # whatever the decoder passed over
        raise Unreadable(Flaw.NOT_PEM)
    return der


class _Reader:
    """The elements of DER in some bytes, one after the other. Raises Unreadable."""

    def __init__(self, data: bytes) -> None:
        self._data: Final = data
        self._at = 0

    @property
    def more(self) -> bool:
        return self._at < len(self._data)

    def next_is(self, tag: int) -> bool:
        return self.more and self._data[self._at] == tag

    def take(self, tag: int) -> bytes:
        """The content of the next element, which must have this tag."""
        data, start = self._data, self._at + 2
        if start > len(data) or data[self._at] != tag:
            raise Unreadable(Flaw.FORM)
        size = data[self._at + 1]
        if size & 0x80:
            width = size & 0x7F
            size = int.from_bytes(data[start : start + width])
            start += width
            if size < 0x80 or width != (size.bit_length() + 7) // 8:
                raise Unreadable(Flaw.LENGTH)
        if start + size > len(data):
            raise Unreadable(Flaw.BREAKS_OFF)
        self._at = start + size
        return data[start : self._at]

    def take_whole(self, tag: int) -> bytes:
        """The next element with its tag and length."""
        start = self._at
        self.take(tag)
        return self._data[start : self._at]

    def skip(self) -> None:
        """Pass over the next element, whatever it is."""
        if self.more:
            self.take(self._data[self._at])

    def end(self) -> None:
        if self.more:
            raise Unreadable(Flaw.SURPLUS)


def _serial(content: bytes) -> int:
    number = int.from_bytes(content, signed=True)
    shortest = (number.bit_length() + 8) // 8
    if not 1 <= number <= SERIAL_MAX or len(content) != shortest:
        raise Unreadable(Flaw.SERIAL)
    return number


def _moment(reader: _Reader) -> int:
    short = reader.next_is(_UTC_TIME)
    content = reader.take(_UTC_TIME if short else _GENERALIZED_TIME)
    if len(content) != (13 if short else 15) or content[-1:] != b"Z":
        raise Unreadable(Flaw.DATES)
    if any(digit not in b"0123456789" for digit in content[:-1]):
        raise Unreadable(Flaw.DATES)
    digits = content.decode("ascii")
    if short:
        digits = ("19" if digits[0] >= "5" else "20") + digits
    year, rest = int(digits[:4]), [int(digits[at : at + 2]) for at in range(4, 14, 2)]
    try:
        moment = datetime(year, rest[0], rest[1], rest[2], rest[3], rest[4], tzinfo=UTC)
    except ValueError:
        raise Unreadable(Flaw.DATES) from None
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _point(reader: _Reader) -> bytes:
    if reader.take_whole(_SEQUENCE) != _P256:
        raise Unreadable(Flaw.NO_P256_KEY)
    bits = reader.take(_BIT_STRING)
    reader.end()
    if len(bits) != 66 or bits[:2] != b"\0\x04":
        raise Unreadable(Flaw.KEY_COMPRESSED)
    return bits[1:]


def _names(reader: _Reader) -> Iterator[tuple[str, str]]:
    """Those that are UTF-8 or printable ASCII; others say nothing here."""
    while reader.more:
        together = _Reader(reader.take(_SET))
        while together.more:
            attribute = _Reader(together.take(_SEQUENCE))
            name = _dotted(attribute.take(_OID))
            if attribute.next_is(_UTF8_STRING) or attribute.next_is(_PRINTABLE_STRING):
                text = attribute.take(_UTF8_STRING if attribute.next_is(_UTF8_STRING) else _PRINTABLE_STRING)
                try:
                    yield name, text.decode("utf-8")
                except UnicodeDecodeError:
                    raise Unreadable(Flaw.NAME_NOT_UTF8) from None
            else:
                attribute.skip()
            attribute.end()


def _extensions(reader: _Reader) -> dict[str, Extension]:
    found: dict[str, Extension] = {}
    listed = _Reader(reader.take(_SEQUENCE))
    reader.end()
    while listed.more:
        one = _Reader(listed.take(_SEQUENCE))
        name = _dotted(one.take(_OID))
        critical = one.next_is(_BOOLEAN)
        if critical and one.take(_BOOLEAN) != b"\xff":
            raise Unreadable(Flaw.EXTENSION_FORM)
        value = one.take(_OCTET_STRING)
        one.end()
        if name in found:
            raise Unreadable(Flaw.EXTENSION_TWICE)
        found[name] = Extension(critical, value)
    return found


def _dotted(content: bytes) -> str:
    """An object identifier as people write it (X.690, 8.19). One way of bytes, one of dots."""
    if not 1 <= len(content) <= 40 or content[-1] & 0x80:
        raise Unreadable(Flaw.IDENTIFIER_LENGTH)
    numbers, number, begins = [0], 0, True
    for byte in content:
        if begins and byte == 0x80:
            raise Unreadable(Flaw.IDENTIFIER_FORM)
        number = number << 7 | byte & 0x7F
        begins = not byte & 0x80
        if begins:
            numbers.append(number)
            number = 0
    first = min(numbers[1] // 40, 2)
    numbers[:2] = [first, numbers[1] - 40 * first]
    return ".".join(map(str, numbers))
