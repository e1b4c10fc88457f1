"""The entries of a Fabric block, taken apart: who signed what, which call it was, and what its endorsers answered."""

import hashlib
from typing import Any, Final

from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2, proposal_response_pb2, transaction_pb2
from google.protobuf.message import DecodeError
from msgspec import Struct

from lxr.node.said import Fault

CONFIG: Final = 1
ENDORSED: Final = 3
"""The kinds of entries (common.HeaderType) that a channel of Fabric 3 can hold."""

Version = tuple[int, int]
"""The transaction that wrote a key last: its block, and its position in it."""


class Unsound(Fault):
    """What is wrong with a part of a block, in one line that does not say where."""


class Entry(Struct, frozen=True):
    """One entry. tx_id: as its header has it. signature: of `creator`, over `payload`. data: what was sent."""

    payload: bytes
    signature: bytes
    kind: int
    channel: str
    tx_id: str
    creator: bytes
    nonce: bytes
    channel_header: bytes
    extension: bytes
    data: bytes

    @property
    def true_tx_id(self) -> str:
        """The id that Fabric asks it to have (protoutil, ComputeTxID)."""
        return hashlib.sha256(self.nonce + self.creator).hexdigest()


class Call(Struct, frozen=True):
    """A call of a chaincode. proposal_hash: recomputed. response: the bytes that the endorsers signed.

    endorsements: the endorser's identity and its signature over the response and that identity.
    """

    chaincode: str
    args: tuple[bytes, ...]
    proposal_hash: bytes
    response: bytes
    endorsements: tuple[tuple[bytes, bytes], ...]


class Namespace(Struct, frozen=True):
    """What a call did to the keys of one chaincode. reads: with the version found. writes: None deletes.

    ranges: it also read ranges of keys. extras: it also touched metadata of keys, or private data.
    """

    name: str
    reads: tuple[tuple[str, Version | None], ...]
    writes: tuple[tuple[str, bytes | None], ...]
    ranges: bool
    extras: bool


class ProposalResponse(Struct, frozen=True):
    """What the endorsers answered. proposal_hash: of the call that they say they answered."""

    proposal_hash: bytes
    status: int
    result: bytes
    namespaces: tuple[Namespace, ...]


def parse(message: Any, data: bytes) -> Any:
    """Return the message of that Protocol Buffers class in these bytes. Raises Unsound."""
    try:
        return message.FromString(data)
    except DecodeError:
        raise Unsound("its bytes are no {name}", name=message.DESCRIPTOR.name) from None


def open_entry(data: bytes) -> Entry:
    """Return the entry in these bytes. Raises Unsound."""
    envelope = parse(common_pb2.Envelope, data)
    payload = parse(common_pb2.Payload, envelope.payload)
    channel_header = parse(common_pb2.ChannelHeader, payload.header.channel_header)
    signature_header = parse(common_pb2.SignatureHeader, payload.header.signature_header)
    return Entry(
        payload=envelope.payload,
        signature=envelope.signature,
        kind=channel_header.type,
        channel=channel_header.channel_id,
        tx_id=channel_header.tx_id,
        creator=signature_header.creator,
        nonce=signature_header.nonce,
        channel_header=payload.header.channel_header,
        extension=channel_header.extension,
        data=payload.data,
    )


def is_configuration(data: bytes) -> bool:
    """Whether this is a readable entry with a channel's configuration."""
    try:
        return open_entry(data).kind == CONFIG
    except Unsound:
        return False


def check_framing(data: bytes) -> None:
    """Raise Unsound where other entries, joined, could give the same bytes.

    A block's data hash covers its entries joined, and not where each of them ends: so each must be encoded in the one
    way there is. Fabric excepts a configuration that stands alone: a channel's first bears no signature (protoutil,
    VerifyTransactionsAreWellFormed).
    """
    envelope = parse(common_pb2.Envelope, data)
    if not envelope.payload or not envelope.signature:
        raise Unsound("it has no payload or no signature")
    if envelope.SerializeToString(deterministic=True) != data:
        raise Unsound("it is not encoded as an entry of a block is")


def open_call(entry: Entry) -> Call:
    """Return the call in an endorsed entry. Raises Unsound."""
    actions = parse(transaction_pb2.Transaction, entry.data).actions
    if len(actions) != 1:
        raise Unsound("it has {count} actions, expected 1", count=len(actions))
    (action,) = actions
    header = parse(common_pb2.SignatureHeader, action.header)
    if not header.nonce or not header.creator:
        raise Unsound("its action has no nonce or no creator")
    payload = parse(transaction_pb2.ChaincodeActionPayload, action.payload)
    extension = parse(proposal_pb2.ChaincodeHeaderExtension, entry.extension)
    proposal = parse(proposal_pb2.ChaincodeProposalPayload, payload.chaincode_proposal_payload)
    invocation = parse(chaincode_pb2.ChaincodeInvocationSpec, proposal.input)
    hashed = entry.channel_header + action.header + payload.chaincode_proposal_payload
    return Call(
        chaincode=extension.chaincode_id.name,
        args=tuple(invocation.chaincode_spec.input.args),
        proposal_hash=hashlib.sha256(hashed).digest(),
        response=payload.action.proposal_response_payload,
        endorsements=tuple((given.endorser, given.signature) for given in payload.action.endorsements),
    )


def open_outcome(response: bytes) -> ProposalResponse:
    """Return what the endorsers of a call signed. Raises Unsound."""
    signed = parse(proposal_response_pb2.ProposalResponsePayload, response)
    action = parse(proposal_pb2.ChaincodeAction, signed.extension)
    namespaces = parse(rwset_pb2.TxReadWriteSet, action.results).ns_rwset
    if len({namespace.namespace for namespace in namespaces}) != len(namespaces):
        raise Unsound("it names a namespace twice")
    return ProposalResponse(
        proposal_hash=signed.proposal_hash,
        status=action.response.status,
        result=action.response.payload,
        namespaces=tuple(_open_namespace(namespace) for namespace in namespaces),
    )


def _open_namespace(namespace: Any) -> Namespace:
    keys = parse(kv_rwset_pb2.KVRWSet, namespace.rwset)
    return Namespace(
        name=namespace.namespace,
        reads=tuple(
            (read.key, (read.version.block_num, read.version.tx_num) if read.HasField("version") else None)
            for read in keys.reads
        ),
        # Fabric takes an empty value for a deletion (rwsetutil, IsKVWriteDelete).
        writes=tuple(
            (write.key, write.value if write.value and not write.is_delete else None) for write in keys.writes
        ),
        ranges=bool(keys.range_queries_info),
        extras=bool(keys.metadata_writes or namespace.collection_hashed_rwset),
    )
