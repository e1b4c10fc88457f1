"""Blocks of a Fabric channel: which of our transactions each carries, valid or not, and what they wrote."""

import hashlib
from collections.abc import Iterable
from typing import Final

from fabric_protos.common import common_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import transaction_pb2
from google.protobuf.message import DecodeError
from msgspec import Struct

from lxr.chaincode.envelope import Envelope
from lxr.node.blocks import header_bytes
from lxr.node.fabric.blocks.entries import Call, ProposalResponse, Unsound, parse
from lxr.node.fabric.blocks.opened import VALID, Opened, open_block
from lxr.node.port import LedgerFault

_CODES: Final[dict[int, str]] = {number: name for name, number in transaction_pb2.TxValidationCode.items()}


class Carried(Struct, frozen=True):
    """One transaction of ours in a Fabric block. position: in that block, from 0.

    code: the name of Fabric's validation code. writes: sorted by key; they and the result are empty unless valid.
    endorsers: the organisations whose endorsements it bears, sorted; `decode_block` has not checked them.
    """

    position: int
    fabric_tx_id: str
    envelope: Envelope
    valid: bool
    code: str
    writes: tuple[tuple[str, bytes], ...]
    result: bytes
    endorsers: tuple[str, ...]


class FabricBlock(Struct, frozen=True):
    """A block's header, Fabric's own hash of it in hexadecimal, and the transactions of ours under it, in order."""

    number: int
    previous_hash: bytes
    data_hash: bytes
    hash: str
    carried: tuple[Carried, ...]


def decode_block(block: common_pb2.Block, channel: str, chaincode: str) -> FabricBlock:
    """What a block holds for us, as the peer that gave it says: nothing is verified (see `verify.BlockVerifier`).

    Left out is what is not ours: configurations, other chaincodes, calls of other functions, and invalid entries
    without an envelope. Raises LedgerFault: bytes that cannot be read; a valid entry that writes into our namespace
    without an envelope, deletes a key, or writes metadata or private data.
    """
    return assemble(block, open_block(block, channel, chaincode))


def assemble(block: common_pb2.Block, opened: Iterable[Opened]) -> FabricBlock:
    """Return the block of which these are the entries."""
    header = block.header
    return FabricBlock(
        number=header.number,
        previous_hash=header.previous_hash,
        data_hash=header.data_hash,
        hash=hash_of_header(header.number, header.previous_hash, header.data_hash).hex(),
        carried=tuple(carried for one in opened if (carried := _carried(one)) is not None),
    )


def hash_of_header(number: int, previous: bytes, data: bytes) -> bytes:
    """Fabric's hash of a block: SHA-256 over `header_bytes`."""
    return hashlib.sha256(header_bytes(number, previous, data)).digest()


def hash_of_first(block: bytes) -> str:
    """Return the hash of a channel's first block (Fabric common.Block), in hexadecimal.

    Raises LedgerFault: unreadable.
    """
    try:
        first = common_pb2.Block.FromString(block)
    except DecodeError:
        raise LedgerFault("the channel's first block cannot be read from where it is kept") from None
    return hash_of_header(first.header.number, first.header.previous_hash, first.header.data_hash).hex()


def data_hash_of(block: common_pb2.Block) -> bytes:
    """SHA-256 over all entries, joined (protoutil, ComputeBlockDataHash)."""
    return hashlib.sha256(b"".join(block.data.data)).digest()


def code_name(code: int) -> str:
    """Return the name of one of Fabric's validation codes."""
    return _CODES.get(code, f"code {code}")


def _carried(opened: Opened) -> Carried | None:
    if opened.envelope is None or opened.call is None or opened.entry is None:
        return None
    outcome = opened.outcome if opened.code == VALID else None
    return Carried(
        position=opened.position,
        fabric_tx_id=opened.entry.tx_id,
        envelope=opened.envelope,
        valid=opened.code == VALID,
        code=code_name(opened.code),
        writes=_writes(outcome, opened.call.chaincode) if outcome else (),
        result=outcome.result if outcome else b"",
        endorsers=_organisations(opened.call),
    )


def _writes(outcome: ProposalResponse, chaincode: str) -> tuple[tuple[str, bytes], ...]:
    ours = (namespace for namespace in outcome.namespaces if namespace.name == chaincode)
    return tuple(sorted((key, value) for namespace in ours for key, value in namespace.writes if value is not None))


def _organisations(call: Call) -> tuple[str, ...]:
    named = set()
    for endorser, _ in call.endorsements:
        try:
            named.add(parse(identities_pb2.SerializedIdentity, endorser).mspid)
        except Unsound:
            continue  # clients put endorsements together; Fabric passes over what is none
    return tuple(sorted(named))
