"""The leaves of one transaction: what it was, and each part of each record that it wrote, salted.

A salt is HMAC-SHA256 of the leaf's name under the envelope's seed, so whoever is shown leaves, or the signed payload,
and not the seed, can neither read nor guess another leaf. Leaves come in one order: the act, then the records by key,
of each the common part and then the others by number (see `lxr.chaincode.parts`).
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from lxr.chaincode.caller import caller_of
from lxr.chaincode.nesting import refuse_nested
from lxr.chaincode.parts import COMMON
from lxr.chaincode.types import Digest, Record, canonical
from lxr.chaincode.world import TABLES, WORKERS_KEPT
from lxr.node.envelope import open_payload, tag_of
from lxr.node.merkle import root_of
from lxr.token.refusal import Refusal

if TYPE_CHECKING:
    from lxr.node.blocks import Transaction

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


def act_of(block: int, position: int, transaction: "Transaction") -> ActRecord:
    """Return what the first leaf of a transaction at that place of the ledger says."""
    _, act = _opened(block, position, transaction)
    return act


def leaves_of(block: int, position: int, transaction: "Transaction") -> list[Leaf]:
    """Return the leaves of a transaction at that place of the ledger."""
    seed, act = _opened(block, position, transaction)
    salts = _Salts(seed)
    return [
        Leaf(key, of, salts.of(_sized(key) + _sized(of)).hex(), value.decode(errors="replace"))
        for key, parts in _records(act, transaction)
        for of, value in parts.items()
    ]


def leaf_hashes(block: int, position: int, transaction: "Transaction") -> list[bytes]:
    """Return the hashes of the leaves of a transaction at that place of the ledger."""
    seed, act = _opened(block, position, transaction)
    salt_of, sha256 = _Salts(seed).of, hashlib.sha256
    hashes = []
    for key, parts in _records(act, transaction):
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


def transaction_root(block: int, position: int, transaction: "Transaction") -> bytes:
    """Return the root over the leaves of a transaction at that place of the ledger."""
    return root_of(leaf_hashes(block, position, transaction))


def _records(act: ActRecord, transaction: "Transaction") -> Iterator[tuple[str, dict[str, bytes]]]:
    yield ACT, {COMMON: canonical(act)}
    yield from parts_of(transaction.writes)


def _opened(block: int, position: int, transaction: "Transaction") -> tuple[bytes, ActRecord]:
    """The seed of the salts, and the act. Nothing is taken out of a payload that was not admitted: no root may hang on
    how this or that node reads what is malformed."""
    act = ActRecord(block, position, transaction.tx_id, transaction.valid, None)
    if not transaction.valid:
        return b"", act
    try:
        payload = open_payload(transaction.envelope)
        caller = caller_of(payload.certificate)
        signing = Signing(
            at_ms=payload.at_ms,
            command=tag_of(payload.command),
            organisation=caller.organisation,
            role=caller.role,
            employer=caller.employer,
            certificate_serial=caller.serial,
            signature=transaction.envelope.signature.hex(),
        )
        canonical(signing)
    except _MALFORMED:
        return b"", act
    return transaction.envelope.seed, msgspec.structs.replace(act, signing=signing)


class _Salts:
    """HMAC-SHA256 under one seed (RFC 2104), whose two blocks of key are made once: a third of what hmac.digest takes,
    and a payday has tens of thousands of leaves."""

    def __init__(self, seed: bytes) -> None:
        key = seed.ljust(hashlib.sha256().block_size, b"\x00")
        self._inner: Final = bytes(byte ^ 0x36 for byte in key)
        self._outer: Final = bytes(byte ^ 0x5C for byte in key)

    def of(self, name: bytes) -> bytes:
        """The salt of the leaf of that name."""
        return hashlib.sha256(self._outer + hashlib.sha256(self._inner + name).digest()).digest()


def _sized(text: str) -> bytes:
    """The text with its length before it. A leaf's name is the key and the number, each so."""
    data = text.encode()
    return len(data).to_bytes(4, "big") + data


_number: Final = lru_cache(WORKERS_KEPT)(_sized)
"""The same of a number, which comes again and again."""
