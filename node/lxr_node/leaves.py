"""The leaves of one transaction: what it was, and each part of each record that it wrote, salted.

A salt is HMAC-SHA256 of the leaf's name under the seed in the signed payload, so whoever is shown one leaf, and not the
payload, can neither read nor guess another. Leaves come in one order: the act, then the records by key, of each the
common part and then the others by number (see `lxr_chaincode.parts`).
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Struct

from lxr_chaincode.caller import caller_of
from lxr_chaincode.parts import COMMON
from lxr_chaincode.types import Digest, Record, canonical
from lxr_chaincode.world import TABLES
from lxr_node.envelope import open_payload
from lxr_node.merkle import root_of
from lxr_token.refusal import Refusal

if TYPE_CHECKING:
    from lxr_node.blocks import Transaction

ACT: Final = ""
"""The key of the first leaf; no record has it."""
_SHOWN: Final = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, Refusal)
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
        return _hash(bytes.fromhex(self.salt), _name(self.key, self.of), self.value.encode())


def act_of(block: int, position: int, transaction: "Transaction") -> ActRecord:
    """Return what the first leaf of a transaction at that place of the ledger says."""
    _, act = _opened(block, position, transaction)
    return act


def leaves_of(block: int, position: int, transaction: "Transaction") -> list[Leaf]:
    """Return the leaves of a transaction at that place of the ledger."""
    seed, act = _opened(block, position, transaction)
    return [
        Leaf(key, of, _salt(seed, _name(key, of)).hex(), value.decode(errors="replace"))
        for key, of, value in _parts(act, transaction)
    ]


def leaf_hashes(block: int, position: int, transaction: "Transaction") -> list[bytes]:
    """Return the hashes of the leaves of a transaction at that place of the ledger."""
    seed, act = _opened(block, position, transaction)
    hashes = []
    for key, of, value in _parts(act, transaction):
        name = _name(key, of)
        hashes.append(_hash(_salt(seed, name), name, value))
    return hashes


def parts_of(writes: Mapping[str, bytes]) -> Iterator[tuple[str, str, bytes]]:
    """Yield key, number and value of each part of these records; what is no record of its table is one part."""
    for key, value in writes.items():
        table = TABLES.get(key.partition("/")[0])
        try:
            parts = {COMMON: value} if table is None else table.split(value)
        except _SHOWN:
            parts = {COMMON: value}
        for of, part in parts.items():
            yield key, of, part


def transaction_leaf(root: bytes) -> bytes:
    """Return the leaf, in the block's tree, of the transaction whose own tree has that root."""
    return hashlib.sha256(b"\x03" + root).digest()


def transaction_root(block: int, position: int, transaction: "Transaction") -> bytes:
    """Return the root over the leaves of a transaction at that place of the ledger."""
    return root_of(leaf_hashes(block, position, transaction))


def _parts(act: ActRecord, transaction: "Transaction") -> Iterator[tuple[str, str, bytes]]:
    yield ACT, COMMON, canonical(act)
    yield from parts_of(dict(transaction.writes))


class _Tag(Struct, frozen=True):
    command: str


_tag: Final = msgspec.json.Decoder(_Tag).decode


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
            command=_tag(bytes(payload.command)).command,
            organisation=caller.organisation,
            role=caller.role,
            employer=caller.employer,
            certificate_serial=caller.serial,
            signature=transaction.envelope.signature.hex(),
        )
        canonical(signing)
    except _SHOWN:
        return b"", act
    return bytes.fromhex(payload.seed), msgspec.structs.replace(act, signing=signing)


def _name(key: str, of: str) -> bytes:
    """A leaf's name: key and number, each with its length before it."""
    first, second = key.encode(), of.encode()
    return len(first).to_bytes(4, "big") + first + len(second).to_bytes(4, "big") + second


def _salt(seed: bytes, name: bytes) -> bytes:
    return hmac.digest(seed, name, "sha256")


def _hash(salt: bytes, name: bytes, value: bytes) -> bytes:
    return hashlib.sha256(b"\x02" + salt + name + value).digest()
