"""Envelopes that no client of this project would send, each with an officer's signature over what is odd."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from corpora import corpus
from lxr.chaincode.envelope import Envelope, Payload, encode_envelope
from lxr.chaincode.types import canonical
from lxr.node.sealing import Identity, sign
from oddcertificates import DEEP, nested

NODE: Final = Path(__file__).parents[1] / "node"
SEED: Final = bytes(range(32))
VOID: Final = b'{"command":"request.void","request_id":"request-1","voided":"request-2"}'
PROPOSE: Final = (
    b'{"command":"governance.propose","request_id":"request-1","proposal":"PUNION-1","name":"workday.close","value":%s,'
    b'"effective_from":"2026-09-01","effective_to":null,"source":"for tests"}'
)
REVOKE: Final = b'{"command":"governance.revoke","request_id":"request-1","serial":"abc","reason":"%s"}'
VERSION: Final = b'{"command":"terms.accept","request_id":"request-1","employer":"E001","terms":"TE001-1","version":%s}'
FOLLOWS: Final = b'"request_id":"request-1"'


def odd_commands() -> Iterator[tuple[str, bytes]]:
    """Why each is odd, and its bytes. None of them may be taken; of the good ones see above."""
    yield "a space", VOID.replace(b":", b": ", 1)
    yield "a line before", b"\n" + VOID
    yield "a line after", VOID + b"\n"
    yield "a NUL after", VOID + b"\0"
    yield "a byte order mark", b"\xef\xbb\xbf" + VOID
    yield "UTF-16", VOID.decode().encode("utf-16")
    yield "a key twice, alike", VOID.replace(FOLLOWS, FOLLOWS + b"," + FOLLOWS)
    yield "a key twice, the first another", VOID.replace(FOLLOWS, b'"request_id":"request-9",' + FOLLOWS)
    yield "the kind twice", VOID.replace(b'"command"', b'"command":"governance.approve","command"', 1)
    yield "the kind last", b"{" + VOID.split(b",", 1)[1][:-1] + b',"command":"request.void"}'
    yield "another order", b'{"command":"request.void","voided":"request-2","request_id":"request-1"}'
    yield "a letter as its number", VOID.replace(b"request-2", b"\\u0072equest-2")
    yield "a slash that is escaped", VOID.replace(b"request-2", b"request\\/2")
    yield "half a letter", REVOKE % b"\\ud800"
    yield "two halves the wrong way", REVOKE % b"\\udc00\\ud800"
    yield "two halves of one letter", REVOKE % b"\\ud83d\\ude00"
    yield "half a letter in UTF-8", REVOKE % b"\xed\xa0\x80"
    yield "overlong UTF-8", REVOKE % b"\xc0\x80"
    yield "a letter beyond Unicode", REVOKE % b"\xf4\x90\x80\x80"
    yield "a raw control character", REVOKE % b"a\tb"
    yield "a control character that is escaped", REVOKE % b"a\\nb\\u0001"
    yield "what clears the screen", REVOKE % b"a\\u001b[2J"
    yield "what clears the screen in one letter", REVOKE % "a\x9b2J".encode()
    yield "what breaks the line", REVOKE % "a\u2028b".encode()
    yield "what turns the order of letters", REVOKE % "a\u202eb".encode()
    yield "201 characters", REVOKE % ("é" * 201).encode()
    yield "full-width digits", VOID.replace(b"request-2", "request-２".encode())
    yield "a trailing comma", VOID[:-1] + b",}"
    yield "a comment", VOID[:-1] + b"/**/}"
    yield "brackets that do not match", VOID[:-1] + b"]"
    yield "a quote that does not end", VOID[:-2]
    yield "a backslash outside", b"\\" + VOID
    for number in (b"-0", b"1.0", b"1e0", b"1E0", b"01", b"+1", b"0x1", b"NaN", b"Infinity", b"1_0", b"true", b'"1"'):
        yield f"a number as {number.decode()}", PROPOSE % number
    for digits in (19, 20, 40, 4_299, 4_301, 100_000):
        yield f"a number of {digits} digits", PROPOSE % (b"9" * digits)
        yield f"a version of {digits} digits", VERSION % (b"9" * digits)
    yield "a value with a space", PROPOSE % b" 1439"
    yield "a value that is twice", PROPOSE % b'1,"value":2'
    yield "a date in another form", (PROPOSE % b"1439").replace(b"2026-09-01", b"20260901")
    yield "a date with a time", (PROPOSE % b"1439").replace(b"2026-09-01", b"2026-09-01T00:00:00Z")
    yield "a day that does not exist", (PROPOSE % b"1439").replace(b"2026-09-01", b"2026-02-30")
    yield "a default that is left out", (PROPOSE % b"1439").replace(b'"effective_to":null,', b"")
    for levels in DEEP:
        yield f"a value nested {levels} deep", PROPOSE % nested(levels)
        yield f"nothing but nesting, {levels} deep", nested(levels)
        yield f"a field that is not known, nested {levels} deep", VOID[:-1] + b',"x":' + nested(levels) + b"}"
        yield f"objects {levels} deep", PROPOSE % (b'{"a":' * levels + b"0" + b"}" * levels)
        yield f"a reason nested {levels} deep", (REVOKE % b"").replace(b'""', nested(levels))
        yield f"deep after an escape, {levels}", (REVOKE % b'\\\\\\"[').replace(b"}", b',"x":' + nested(levels) + b"}")
    yield "nested without end", PROPOSE % (b"[" * 100_000)
    yield "nested, each in its list", PROPOSE % (b"[" + nested(2_000) * 20 + b"]")
    for entry in corpus(NODE / "corpus_transactions.json"):
        yield entry.why, entry.data


def good_commands() -> Iterator[tuple[str, bytes]]:
    """What looks dangerous, and is in its one form: taken, or refused for what it says."""
    yield "brackets in a string", REVOKE % (b"[" * 200)
    yield "quotes and brackets in a string", REVOKE % (b'\\"[\\\\' * 50)
    yield "letters of every kind", REVOKE % "é洛\ue000\U0001f600\u0378".encode()
    yield "a letter that is newer than some releases", REVOKE % "\U0001fae9\U00011f00".encode()


def odd_payloads(good: bytes) -> Iterator[tuple[str, bytes]]:
    """The same of what is around a command. good: a payload that is not odd."""
    at = b'"at_ms":'
    yield "payload: a space", good.replace(b":", b": ", 1)
    yield "payload: a line after", good + b"\n"
    yield "payload: the time twice", good.replace(at, at + b"1788220800001," + at)
    yield "payload: the time as a float", good.replace(b',"certificate"', b'.0,"certificate"', 1)
    yield "payload: the time with an exponent", good.replace(b',"certificate"', b'e0,"certificate"', 1)
    yield "payload: a newline as its number", good.replace(b"\\n", b"\\u000a", 1)
    yield "payload: a command twice", good.replace(b'"command":', b'"command":{},"command":', 1)
    yield "payload: not UTF-8", good.replace(b"\\n", b"\xff", 1)
    for levels in DEEP:
        yield f"payload: a field that is not known, nested {levels} deep", good[:-1] + b',"x":' + nested(levels) + b"}"
        yield (
            f"payload: a certificate nested {levels} deep",
            good.replace(b'"-----', nested(levels) + b',"x":"-----', 1),
        )


def odd_envelopes(good: Envelope) -> Iterator[tuple[str, bytes]]:
    """The same of MessagePack around payload, signature and seed."""
    pack = msgspec.msgpack.encode
    payload, signature, seed = (pack(part) for part in (good.payload, good.signature, good.seed))
    yield "envelope: text in place of bytes", b"\x93" + pack("{}") + signature + seed
    yield "envelope: a longer length", b"\x93\xc6" + len(good.payload).to_bytes(4) + good.payload + signature + seed
    yield "envelope: a map", pack({"payload": good.payload, "signature": good.signature, "seed": good.seed})
    yield "envelope: a fourth part", b"\x94" + payload + signature + seed + b"\xc0"
    yield "envelope: no seed", b"\x92" + payload + signature
    yield "envelope: an empty seed", encode_envelope(replace(good, seed=b""))
    yield "envelope: another seed", encode_envelope(replace(good, seed=bytes(32)))
    yield "envelope: a longer seed", b"\x93" + payload + signature + pack(good.seed + b"\0")
    yield "envelope: bytes after it", encode_envelope(good) + b"\0"
    for levels in DEEP:
        yield f"envelope: a seed nested {levels} deep", b"\x93" + payload + signature + b"\x91" * levels + b"\xc0"
        yield f"envelope: a payload nested {levels} deep", b"\x93" + b"\x91" * levels + b"\xc0" + signature + seed
    yield "envelope: a signature with a tail", encode_envelope(replace(good, signature=good.signature + b"\0"))
    yield "envelope: no signature", encode_envelope(replace(good, signature=b""))
    yield "envelope: a number in more bytes", encode_envelope(replace(good, signature=_padded(good.signature)))


def hostile(
    who: Identity, at_ms: int, certificates: Iterable[tuple[str, str, str | None]], ledger: str
) -> Iterator[tuple[str, bytes]]:
    """All of them by name, encoded and signed. certificates: odd ones over the officer's key."""

    def signed(payload: bytes) -> bytes:
        return encode_envelope(Envelope(payload, sign(who.private_key, payload), SEED))

    sealed = _sealer(who.certificate_pem, at_ms, ledger)
    for why, body in (*odd_commands(), *good_commands()):
        yield why, signed(sealed(body))
    for why, payload in odd_payloads(sealed(VOID)):
        yield why, signed(payload)
    yield from odd_envelopes(Envelope(sealed(VOID), sign(who.private_key, sealed(VOID)), SEED))
    for why, pem, _ in certificates:
        if pem.isascii():
            yield f"certificate: {why}", signed(_sealer(pem, at_ms, ledger)(VOID))
    for entry in corpus(NODE / "corpus_certificates.json"):
        text = entry.data.decode("utf-8", "replace")
        yield f"certificate: {entry.why}", signed(_sealer(text, at_ms, ledger)(VOID))


def _sealer(pem: str, at_ms: int, ledger: str) -> Callable[[bytes], bytes]:
    frame = canonical(Payload(ledger, hashlib.sha256(SEED).hexdigest(), at_ms, pem, msgspec.Raw(b"0")))
    return lambda body: frame.replace(b'"command":0', b'"command":' + body, 1)


def _padded(signature: bytes) -> bytes:
    size = signature[3]
    number = b"\x02" + bytes([size + 1]) + b"\0" + signature[4 : 4 + size]
    return b"\x30" + bytes([signature[1] + 1]) + number + signature[4 + size :]
