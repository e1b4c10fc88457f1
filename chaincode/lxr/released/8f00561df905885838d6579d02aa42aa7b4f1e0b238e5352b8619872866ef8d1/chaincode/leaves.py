"""The leaves of one transaction: what it was, and each part of each record that it wrote, salted.

A salt is HMAC-SHA256 of the leaf's name under the envelope's seed, so whoever is shown leaves, or the signed payload,
and not the seed, can neither read nor guess another leaf. Leaves come in one order: the act, then the records by key,
of each the common part and then the others by number (see `lxr.chaincode.parts`).
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from ..token.refusal import Refusal
from .caller import caller_of
from .envelope import Envelope, open_payload, tag_of
from .merkle import root_of
from .nesting import refuse_nested
from .parts import COMMON
from .types import Digest, Record, canonical
from .world import TABLES, WORKERS_KEPT

ACT: Final = ""
"""The key of the first leaf; no record has it."""
_LEAF: Final = b"\x02"
_MALFORMED: Final = (ValueError, LookupError, TypeError, AttributeError, AssertionError, Refusal)
"""What damaged or hostile bytes raise where they are taken apart."""


class Signing(Record, frozen=True):
    """Who signed a command, and when. command: its tag. at_ms: unix ms. signature: DER, in hexadecimal."""

    at_ms: int
    command: str
    organisation: str
    role: str
    employer: str | None
    certificate_serial: str
    signature: Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){0,72}\Z")]


class ActRecord(Record, frozen=True):
    """The first leaf of a transaction: where it stands, and who signed it.

    signing: None where the transaction is not valid: then nobody has checked what its payload says.
    """

    block: Annotated[int, Meta(ge=0, lt=1 << 62)]
    position: Annotated[int, Meta(ge=0, lt=1 << 31)]
    tx_id: Digest
    valid: bool
    signing: Signing | None


class Leaf(Record, frozen=True):
    """One leaf with what its hash needs. of: whose part of the record under the key. value: JSON."""

    key: str
    of: str
    salt: Digest
    value: str

    @property
    def hash(self) -> bytes:
        """The leaf's hash."""
        name = _sized(self.key) + _sized(self.of)
        return hashlib.sha256(_LEAF + bytes.fromhex(self.salt) + name + self.value.encode()).digest()


class Placed(Struct, frozen=True):
    """A transaction at its place of the ledger. writes: sorted by key. valid: see `ActRecord`."""

    block: int
    position: int
    tx_id: str
    valid: bool
    envelope: Envelope
    writes: tuple[tuple[str, bytes], ...]


def act_of(placed: Placed) -> ActRecord:
    """Return what the first leaf of a transaction says."""
    _, act = _opened(placed)
    return act


def leaves_of(placed: Placed) -> list[Leaf]:
    """Return the leaves of a transaction."""
    seed, act = _opened(placed)
    salts = _Salts(seed)
    return [
        Leaf(key, of, salts.of(_sized(key) + _sized(of)).hex(), value.decode(errors="replace"))
        for key, parts in _records(act, placed)
        for of, value in parts.items()
    ]


def leaf_hashes(placed: Placed) -> list[bytes]:
    """Return the hashes of the leaves of a transaction."""
    seed, act = _opened(placed)
    salt_of, sha256 = _Salts(seed).of, hashlib.sha256
    hashes = []
    for key, parts in _records(act, placed):
        first = _sized(key)
        for of, value in parts.items():
            name = first + _number(of)
            hashes.append(sha256(_LEAF + salt_of(name) + name + value).digest())
    return hashes


def parts_of(writes: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield the key and the parts, by number, of each of these records; what is no record of its table is one part."""
    for key, value in writes:
        table = TABLES.get(key.partition("/")[0])
        parts = {COMMON: value}
        if table is not None:
            with suppress(*_MALFORMED):
                refuse_nested(value)  # or the depth of this or that node's stack would decide
                parts = table.split(value)
        yield key, parts


def transaction_leaf(root: bytes) -> bytes:
    """Return the leaf, in the block's tree, of the transaction whose own tree has that root."""
    return hashlib.sha256(b"\x03" + root).digest()


def block_leaf(root: bytes) -> bytes:
    """Return the log's leaf for a block whose tree has that root."""
    return hashlib.sha256(b"\x00" + root).digest()


def transaction_root(placed: Placed) -> bytes:
    """Return the root over the leaves of a transaction."""
    return root_of(leaf_hashes(placed))


def _records(act: ActRecord, placed: Placed) -> Iterator[tuple[str, dict[str, bytes]]]:
    yield ACT, {COMMON: canonical(act)}
    yield from parts_of(placed.writes)


def _opened(placed: Placed) -> tuple[bytes, ActRecord]:
    """The seed of the salts, and the act. Nothing is taken out of a payload that was not admitted: no root may hang on
    how this or that node reads what is malformed."""
    act = ActRecord(placed.block, placed.position, placed.tx_id, placed.valid, None)
    if not placed.valid:
        return b"", act
    try:
        payload = open_payload(placed.envelope)
        caller = caller_of(payload.certificate)
        signing = Signing(
            at_ms=payload.at_ms,
            command=tag_of(payload.command),
            organisation=caller.organisation,
            role=caller.role,
            employer=caller.employer,
            certificate_serial=caller.serial,
            signature=placed.envelope.signature.hex(),
        )
        canonical(signing)
    except _MALFORMED:
        return b"", act
    return placed.envelope.seed, msgspec.structs.replace(act, signing=signing)


class _Salts:
    """HMAC-SHA256 under one seed (RFC 2104), whose two blocks of key are hashed once: a third of what hmac.digest
    takes, and a payday has tens of thousands of leaves."""

    def __init__(self, seed: bytes) -> None:
        key = seed.ljust(hashlib.sha256().block_size, b"\x00")
        self._inner: Final = hashlib.sha256(bytes(byte ^ 0x36 for byte in key))
        self._outer: Final = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))

    def of(self, name: bytes) -> bytes:
        """The salt of the leaf of that name."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(name)
        outer.update(inner.digest())
        return outer.digest()


def _sized(text: str) -> bytes:
    """The text with its length before it. A leaf's name is the key and the number, each so."""
    data = text.encode()
    return len(data).to_bytes(4, "big") + data


_number: Final = lru_cache(WORKERS_KEPT)(_sized)
"""The same of a number, which comes again and again."""
