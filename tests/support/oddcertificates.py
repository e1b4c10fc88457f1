"""Certificates that an organisation's own authority has signed, and that no authority of this project would issue.

Each is made of DER by hand, so that no library refuses to make it or corrects it on the way.
"""

import base64
import json
from collections.abc import Iterator
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lxr.chaincode import p256
from lxr.chaincode.certificate import pem_of
from lxr.network.authority import Authority

ADMITTED: Final = None
UNREADABLE, FOREIGN, NO_CLIENT = "unreadable", "foreign", "not_a_clients"
EXTENSION, ROLE, ORGANISATION = "extension", "no_role", "no_organisation"
PERSON: Final = "no_person"
DEEP: Final = (2, 15, 16, 17, 100, 300, 986, 1_000, 2_500)
"""Levels of nesting: on both sides of our bound, and of those of interpreters."""

SHA256_WITH_ECDSA: Final = bytes.fromhex("06082a8648ce3d040302")
SHA384_WITH_ECDSA: Final = bytes.fromhex("06082a8648ce3d040303")
ATTRIBUTES, CONSTRAINTS, USAGE = bytes.fromhex("2a030405060708 01"), b"\x55\x1d\x13", b"\x55\x1d\x0f"
CRITICAL: Final = b"\x01\x01\xff"
UTF8, PRINTABLE, BMP = 0x0C, 0x13, 0x1E


def der(tag: int, *content: bytes) -> bytes:
    """One element of DER."""
    data = b"".join(content)
    size = len(data).to_bytes(4).lstrip(b"\0")
    return bytes([tag]) + (bytes([len(data)]) if len(data) < 128 else bytes([128 + len(size)]) + size) + data


def extension(name: bytes, value: bytes, critical: bytes = b"") -> bytes:
    return der(0x30, der(0x06, name), critical, der(0x04, value))


def subject(
    *organisations: bytes, tag: int = UTF8, people: tuple[bytes, ...] = (b"someone",), people_tag: int = UTF8
) -> bytes:
    named = [der(0x30, der(0x06, b"\x55\x04\x03"), der(people_tag, each)) for each in people]
    parts = [der(0x30, der(0x06, b"\x55\x04\x0a"), der(tag, each)) for each in organisations]
    return der(0x30, *[der(0x31, part) for part in (*named, *parts)])


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


VERSION: Final = bytes.fromhex("a003020102")
SERIAL: Final = bytes.fromhex("020107")
VALIDITY: Final = der(0x30, der(0x17, b"260101000000Z"), der(0x17, b"280101000000Z"))
NO_AUTHORITY: Final = extension(CONSTRAINTS, b"\x30\x00", CRITICAL)
SIGNS: Final = extension(USAGE, bytes.fromhex("03020780"), CRITICAL)
ROLE_ATTRIBUTE: Final = b'{"attrs":{"lxr.role":"operator"}}'
OPERATOR: Final = extension(ATTRIBUTES, ROLE_ATTRIBUTE)


class Maker:
    """Makes certificates of one key by one authority."""

    def __init__(self, authority: Authority, key: ec.EllipticCurvePublicKey) -> None:
        self._authority: Final = authority
        self._issuer: Final = authority.certificate.subject.public_bytes()
        self._subject: Final = subject(authority.org.encode())
        self.spki: Final = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        numbers = key.public_numbers()
        self.point: Final = numbers.x.to_bytes(32) + numbers.y.to_bytes(32)
        self.compressed: Final = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    def body(
        self,
        *extensions: bytes,
        version: bytes = VERSION,
        serial: bytes = SERIAL,
        algorithm: bytes = SHA256_WITH_ECDSA,
        validity: bytes = VALIDITY,
        subject: bytes | None = None,
        spki: bytes | None = None,
        after: bytes = b"",
    ) -> bytes:
        """What an issuer signs. extensions: those of a good certificate, if none are given."""
        listed = der(0xA3, der(0x30, *(extensions or (NO_AUTHORITY, SIGNS, OPERATOR))))
        head = version + serial + der(0x30, algorithm) + self._issuer + validity
        return der(0x30, head, subject or self._subject, spki or self.spki, listed, after)

    def signed(
        self, body: bytes, *, algorithm: bytes = SHA256_WITH_ECDSA, high: bool = False, tail: bytes = b""
    ) -> bytes:
        hashed = SHA384() if algorithm == SHA384_WITH_ECDSA else SHA256()
        r, s = decode_dss_signature(self._authority.private_key.sign(body, ec.ECDSA(hashed)))
        if high != (s > p256.ORDER // 2):
            s = p256.ORDER - s
        return der(0x30, body, der(0x30, algorithm), der(0x03, b"\0" + encode_dss_signature(r, s) + tail))

    def attributes(self, data: bytes) -> str:
        return pem_of(self.signed(self.body(NO_AUTHORITY, SIGNS, extension(ATTRIBUTES, data))))


def odd_certificates(authority: Authority, key: ec.EllipticCurvePublicKey) -> Iterator[tuple[str, str, str | None]]:
    """Why each is odd, its text, and what the refusal says; ADMITTED: it is a good one."""
    make = Maker(authority, key)
    good = make.signed(make.body())
    yield "the plainest", pem_of(good), ADMITTED
    yield from _texts(good)
    for why, body, answer in _bodies(make):
        yield why, pem_of(make.signed(body)), answer
    for why, data, answer in _attributes():
        yield f"attributes: {why}", make.attributes(data), answer
    yield "a signature of the higher s", pem_of(make.signed(make.body(), high=True)), ADMITTED
    yield "a signature with a tail", pem_of(make.signed(make.body(), tail=b"\0")), FOREIGN
    yield (
        "a signature over another algorithm",
        pem_of(make.signed(make.body(algorithm=SHA384_WITH_ECDSA), algorithm=SHA384_WITH_ECDSA)),
        UNREADABLE,
    )
    yield "two algorithms", pem_of(make.signed(make.body(algorithm=SHA384_WITH_ECDSA))), UNREADABLE
    null = SHA256_WITH_ECDSA + b"\x05\x00"
    yield "an algorithm with parameters", pem_of(make.signed(make.body(algorithm=null), algorithm=null)), UNREADABLE
    yield "bytes after it", pem_of(good + b"\0"), UNREADABLE
    yield "a length that has no end", pem_of(b"\x30\x80" + good[4:] + b"\0\0"), UNREADABLE
    yield "a length in more bytes than it needs", pem_of(b"\x30\x83\0" + good[2:]), UNREADABLE


def _texts(good: bytes) -> Iterator[tuple[str, str, str | None]]:
    text = pem_of(good)
    wide = base64.b64encode(good).decode()
    frame = "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n"
    last = text.splitlines()[-2]
    for why, pem in (
        ("lines that end as in Windows", text.replace("\n", "\r\n")),
        ("lines of 76", f"{frame[0]}{base64.encodebytes(good).decode()}{frame[1]}"),
        ("one line", f"{frame[0]}{wide}\n{frame[1]}"),
        ("text before", f"a certificate\n{text}"),
        ("text after", f"{text}a certificate\n"),
        ("an empty line after", f"{text}\n"),
        ("two of them", text + text),
        ("no end of line", text[:-1]),
        ("a frame in small letters", text.replace("BEGIN CERTIFICATE", "begin certificate")),
        ("an older name of the frame", text.replace(" CERTIFICATE", " X509 CERTIFICATE")),
        ("spaces at the end of a line", text.replace("\n", " \n", 2)),
        ("a header", text.replace("\n", "\nname: value\n\n", 1)),
        ("a byte order mark", f"\ufeff{text}"),
        ("padding twice", text.replace(last, f"{last}====")),
        ("letters that are like Latin ones", text.replace("M", "М", 1)),
    ):
        yield why, pem, UNREADABLE


def _bodies(make: Maker) -> Iterator[tuple[str, bytes, str | None]]:
    good = NO_AUTHORITY, SIGNS, OPERATOR
    unknown, usage_of_key = bytes.fromhex("2a0304"), b"\x55\x1d\x25"
    alternative_name = extension(b"\x55\x1d\x11", bytes.fromhex("3003820161"))
    yield "another name for it", make.body(*good, alternative_name), ADMITTED
    yield "another name for it that cannot be read", make.body(*good, extension(b"\x55\x1d\x11", b"\xff")), ADMITTED
    yield "an unknown extension", make.body(*good, extension(unknown, b"x")), EXTENSION
    yield "an unknown critical extension", make.body(*good, extension(unknown, b"x", CRITICAL)), EXTENSION
    yield "an extended key usage", make.body(*good, extension(usage_of_key, b"\x30\x00")), EXTENSION
    yield "an extension twice", make.body(*good, SIGNS), UNREADABLE
    yield "two roles", make.body(*good, extension(ATTRIBUTES, b'{"attrs":{"lxr.role":"admin"}}')), UNREADABLE
    yield (
        "critical attributes",
        make.body(NO_AUTHORITY, SIGNS, extension(ATTRIBUTES, ROLE_ATTRIBUTE, CRITICAL)),
        EXTENSION,
    )
    not_critical = b"\x01\x01\x00"
    yield (
        "a default that is written",
        make.body(*good[:2], extension(ATTRIBUTES, ROLE_ATTRIBUTE, not_critical)),
        UNREADABLE,
    )
    yield "true as one", make.body(extension(CONSTRAINTS, b"\x30\x00", b"\x01\x01\x01"), SIGNS, OPERATOR), UNREADABLE
    yield "no role", make.body(NO_AUTHORITY, SIGNS), ROLE
    yield "no constraints", make.body(SIGNS, OPERATOR), NO_CLIENT
    yield (
        "constraints that are not critical",
        make.body(extension(CONSTRAINTS, b"\x30\x00"), SIGNS, OPERATOR),
        EXTENSION,
    )
    for why, value in (
        ("an authority's", "30030101ff"),
        ("false that is written", "3003010100"),
        ("a tail", "30000000"),
    ):
        constraints = extension(CONSTRAINTS, bytes.fromhex(value), CRITICAL)
        yield f"constraints: {why}", make.body(constraints, SIGNS, OPERATOR), NO_CLIENT
    for why, value in (("no signatures", "03020640"), ("nothing", "030100"), ("no bits", ""), ("a tail", "0302078000")):
        usage = extension(USAGE, bytes.fromhex(value), CRITICAL)
        yield f"usage: {why}", make.body(NO_AUTHORITY, usage, OPERATOR), NO_CLIENT
    yield "version 1", make.body(version=b""), UNREADABLE
    yield "version 2", make.body(version=bytes.fromhex("a003020101")), UNREADABLE
    for serial, answer in (
        ("01", ADMITTED),
        ("7f" + "ff" * 19, ADMITTED),
        ("00" + "ff" * 20, ADMITTED),
        ("00", UNREADABLE),
        ("", UNREADABLE),
        ("ff", UNREADABLE),
        ("0001", UNREADABLE),
        ("01" + "ff" * 20, UNREADABLE),
    ):
        yield f"serial number {serial}", make.body(serial=der(0x02, bytes.fromhex(serial))), answer
    ends = der(0x17, b"280101000000Z")
    for begins, answer in (
        (der(0x18, b"20260101000000Z"), ADMITTED),
        (der(0x17, b"260101000060Z"), UNREADABLE),
        (der(0x17, b"2601010000Z"), UNREADABLE),
        (der(0x17, b"260101000000+0800"), UNREADABLE),
        (der(0x17, b"260230000000Z"), UNREADABLE),
        (der(0x18, b"20260101000000.5Z"), UNREADABLE),
        (der(0x17, b"2601010 0000Z"), UNREADABLE),
    ):
        yield f"a date {begins[2:]!r}", make.body(validity=der(0x30, begins, ends)), answer
    algorithm = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
    off = make.point[:-1] + bytes([make.point[-1] ^ 1])
    for why, key, answer in (
        ("compressed", make.compressed, UNREADABLE),
        ("a hybrid form", bytes([6 + make.point[-1] % 2]) + make.point, UNREADABLE),
        ("not on the curve", b"\x04" + off, "no_key"),
        ("nothing", b"\0", UNREADABLE),
    ):
        yield f"a key: {why}", make.body(spki=der(0x30, algorithm, der(0x03, b"\0", key))), answer
    other = ec.generate_private_key(ec.SECP384R1()).public_key()
    spki = other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    yield "a key of another curve", make.body(spki=spki), "no_p256_key"
    yield "bytes after the extensions", make.body(after=b"\x05\x00"), UNREADABLE
    for why, name, answer in (
        ("as Go writes it", subject(b"union", tag=PRINTABLE), ADMITTED),
        ("none", subject(), ORGANISATION),
        ("twice", subject(b"union", b"union"), ORGANISATION),
        ("two", subject(b"union", b"bank"), ORGANISATION),
        ("another's", subject(b"bank"), "case=issuer, issuer=union, named=bank"),
        ("in large letters", subject(b"UNION"), ORGANISATION),
        ("with a space", subject(b"union "), ORGANISATION),
        ("in full-width letters", subject("ｕｎｉｏｎ".encode()), ORGANISATION),
        ("in 16 bits", subject("union".encode("utf-16-be"), tag=BMP), ORGANISATION),
        ("not UTF-8", subject(b"union\xff"), UNREADABLE),
    ):
        yield f"organisation: {why}", make.body(subject=name), answer
    for why, people, tag, answer in (
        ("in printable letters", (b"someone",), PRINTABLE, ADMITTED),
        ("of 64 characters", ("罗".encode() * 64,), UTF8, ADMITTED),
        ("of 65 characters", (b"x" * 65,), UTF8, PERSON),
        ("empty", (b"",), UTF8, PERSON),
        ("none", (), UTF8, PERSON),
        ("two", (b"someone", b"somebody"), UTF8, PERSON),
        ("twice", (b"someone", b"someone"), UTF8, PERSON),
        ("in 16 bits", ("someone".encode("utf-16-be"),), BMP, PERSON),
    ):
        body = make.body(subject=subject(b"union", people=people, people_tag=tag))
        yield f"person: {why}", body, answer


def _attributes() -> Iterator[tuple[str, bytes, str | None]]:
    fabric = {"hf.Affiliation": "", "hf.EnrollmentID": "someone", "hf.Type": "client", "lxr.role": "operator"}
    yield "as Fabric's own CA", json.dumps({"attrs": fabric}, separators=(",", ":")).encode(), ADMITTED
    for levels in DEEP:
        yield f"a role nested {levels} deep", b'{"attrs":{"lxr.role":' + nested(levels) + b"}}", ROLE
        yield f"a stranger nested {levels} deep", b'{"attrs":{"lxr.role":"operator","x":' + nested(levels) + b"}}", ROLE
        yield f"beside it, nested {levels} deep", b'{"attrs":{"lxr.role":"operator"},"x":' + nested(levels) + b"}", ROLE
        yield f"nested {levels} deep", nested(levels), ROLE
    for why, data in (
        ("nothing", b""),
        ("a space", b'{"attrs": {"lxr.role":"operator"}}'),
        ("a line after", b'{"attrs":{"lxr.role":"operator"}}\n'),
        ("a role twice", b'{"attrs":{"lxr.role":"admin","lxr.role":"operator"}}'),
        ("all twice", b'{"attrs":{"lxr.role":"admin"},"attrs":{"lxr.role":"operator"}}'),
        ("a letter as its number", b'{"attrs":{"lxr.role":"o\\u0070erator"}}'),
        ("half a letter", b'{"attrs":{"hf.Type":"\\ud800","lxr.role":"operator"}}'),
        ("not UTF-8", b'{"attrs":{"hf.Type":"\xff","lxr.role":"operator"}}'),
        ("a byte order mark", b"\xef\xbb\xbf" + ROLE_ATTRIBUTE),
        ("another order", b'{"attrs":{"lxr.role":"operator","hf.Type":"client"}}'),
        ("an unknown name", b'{"attrs":{"lxr.role":"operator","lxr.rule":"admin"}}'),
        ("an unknown name of Fabric's", b'{"attrs":{"hf.Registrar.Roles":"*","lxr.role":"operator"}}'),
        ("no employer that is written", b'{"attrs":{"lxr.employer":null,"lxr.role":"operator"}}'),
        ("an employer in full-width digits", '{"attrs":{"lxr.employer":"E００１","lxr.role":"signer"}}'.encode()),
        ("a role with a line's end", b'{"attrs":{"lxr.role":"operator\\n"}}'),
        ("a number of many digits", b'{"attrs":{"lxr.role":' + b"9" * 900 + b"}}"),
        ("too long", b'{"attrs":{"hf.Type":"' + b"x" * 1_000 + b'","lxr.role":"operator"}}'),
    ):
        yield why, data, ROLE
