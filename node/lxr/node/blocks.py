"""Blocks: headers that chain, and the transactions under them. Their hash is the one that Fabric gives its blocks."""

import hashlib
from collections.abc import Iterable
from typing import Annotated, Final

from msgspec import Meta, Struct

from lxr.chaincode.envelope import Envelope, encode_envelope
from lxr.chaincode.types import Digest, Record

NO_HASH: Final = bytes(32).hex()
"""Where a hash is told, and there is nothing to hash: of the block before the first one."""


class Header(Record, frozen=True):
    """number: from 0. previous: hash of the block before it, zeros for the first. data: hash of what it holds.

    tree: the root over its transactions. root: of the log over the trees of all blocks up to this one. Fabric's blocks
    have neither, so they are not in their hash.
    """

    number: Annotated[int, Meta(ge=0)]
    previous: Digest
    data: Digest
    tree: Digest
    root: Digest


class Transaction(Struct, frozen=True):
    """One transaction on the ledger. writes: sorted by key. result: the contract's answer, canonical JSON.

    valid: always True on the embedded ledger. Fabric keeps those that lost a race, which wrote nothing and have no
    result; the same envelope can stand in several of them, and in one that is valid.
    """

    tx_id: str
    envelope: Envelope
    valid: bool
    writes: tuple[tuple[str, bytes], ...]
    result: bytes


class Block(Struct, frozen=True):
    """A header with its transactions, in order."""

    header: Header
    transactions: tuple[Transaction, ...]

    @property
    def hash(self) -> str:
        """The hash by which the next block names this one, in hexadecimal."""
        return hash_of(self.header)


def hash_of(header: Header) -> str:
    """SHA-256 over `header_bytes`, in hexadecimal."""
    previous = bytes.fromhex(header.previous) if header.number else b""
    return hashlib.sha256(header_bytes(header.number, previous, bytes.fromhex(header.data))).hexdigest()


def header_bytes(number: int, previous: bytes, data: bytes) -> bytes:
    """ASN.1 DER of SEQUENCE { INTEGER, OCTET STRING, OCTET STRING }: what Fabric hashes, and its orderers sign."""
    integer = number.to_bytes(number.bit_length() // 8 + 1)
    return _der(0x30, _der(0x02, integer) + _der(0x04, previous) + _der(0x04, data))


def data_hash(envelopes: Iterable[Envelope]) -> str:
    """SHA-256 over the envelopes' bytes, each with its length (4 bytes, big-endian) before it."""
    state = hashlib.sha256()
    for envelope in envelopes:
        data = encode_envelope(envelope)
        state.update(len(data).to_bytes(4, "big") + data)
    return state.hexdigest()


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)  # only what somebody made up is as long
    return bytes((tag, 0x80 | len(length))) + length + content
