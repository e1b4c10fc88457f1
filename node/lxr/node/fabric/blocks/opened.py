"""A block of a Fabric channel, opened: its entries in order, and what can be read of each."""

from typing import Any, Final

from fabric_protos.common import common_pb2
from msgspec import Struct

from lxr.chaincode.envelope import Envelope, decode_envelope
from lxr.chaincode.refusals import MalformedCommand
from lxr.node.fabric.answers import SUBMIT
from lxr.node.fabric.blocks.entries import (
    ENDORSED,
    Call,
    Entry,
    ProposalResponse,
    Unsound,
    check_framing,
    is_configuration,
    open_call,
    open_entry,
    open_outcome,
)
from lxr.node.port import LedgerFault

VALID: Final = 0
"""Fabric's validation code (peer.TxValidationCode) of an entry that counts."""


class Opened(Struct, frozen=True):
    """One entry of a block. Of one that is not valid, what can be read: clients can have anything ordered."""

    position: int
    code: int
    entry: Entry | None
    call: Call | None
    outcome: ProposalResponse | None
    envelope: Envelope | None


def open_block(block: common_pb2.Block, channel: str, chaincode: str) -> tuple[Opened, ...]:
    """All entries of a block. Raises LedgerFault as `decode_block` does."""
    place = f"block {block.header.number}"
    entries = block.data.data
    codes = _validation_codes(block)
    if not entries or len(codes) != len(entries):
        raise LedgerFault(
            "{place}: it has {count} transactions and {codes} validation codes",
            place=place,
            count=len(entries),
            codes=len(codes),
        )
    configuration = len(entries) == 1 and is_configuration(entries[0])
    opened = []
    for position, (data, code) in enumerate(zip(entries, codes, strict=True)):
        try:
            if not configuration:
                check_framing(data)
            opened.append(_open(position, code, data, channel, chaincode, configuration=configuration))
        except Unsound as fault:
            raise LedgerFault(
                "{place}, transaction {position}: {fault}", place=place, position=position, fault=fault
            ) from None
    return tuple(opened)


def check_writes(outcome: ProposalResponse, chaincode: str, *, carries: bool) -> None:
    """Raise Unsound where a call did to our namespace what the contract never does."""
    for ours in outcome.namespaces:
        if ours.name != chaincode:
            continue
        if ours.extras:
            raise Unsound("it touches private data or metadata of {chaincode}", chaincode=chaincode)
        if ours.writes and not carries:
            raise Unsound("it writes into {chaincode}, and carries no envelope", chaincode=chaincode)
        keys = [key for key, _ in ours.writes]
        if len(set(keys)) != len(keys):
            raise Unsound("it writes a key twice")
        deleted = next((key for key, value in ours.writes if value is None), None)
        if deleted is not None:
            raise Unsound("it deletes the key {deleted}", deleted=repr(deleted))


def _validation_codes(block: common_pb2.Block) -> bytes:
    metadata: Any = block.metadata.metadata
    codes: bytes = metadata[common_pb2.TRANSACTIONS_FILTER] if len(metadata) > common_pb2.TRANSACTIONS_FILTER else b""
    # Peers take the first block as it is, and mark nothing in it.
    return codes or (bytes(len(block.data.data)) if block.header.number == 0 else b"")


def _open(position: int, code: int, data: bytes, channel: str, chaincode: str, *, configuration: bool) -> Opened:
    entry = call = outcome = envelope = None
    try:
        entry = open_entry(data)
        if entry.channel != channel:
            raise Unsound("it is of channel {channel}", channel=repr(entry.channel))
        if entry.kind == ENDORSED:
            call = open_call(entry)
            envelope = _envelope(call) if call.chaincode == chaincode else None
            outcome = open_outcome(call.response)
            if code == VALID:
                check_writes(outcome, chaincode, carries=envelope is not None)
        elif code == VALID and not configuration:
            raise Unsound("it is marked valid, and is of kind {kind}, which cannot stand there", kind=entry.kind)
    except Unsound:
        if code == VALID:
            raise
    return Opened(position, code, entry, call, outcome, envelope)


def _envelope(call: Call) -> Envelope | None:
    if len(call.args) != 2 or call.args[0] != SUBMIT.encode():
        return None
    try:
        return decode_envelope(call.args[1])
    except MalformedCommand:
        return None
