"""Fabric's requests to a peer, built and signed by the transport identity."""

import hashlib
import secrets
import time
from collections.abc import Sequence
from typing import Any, Final

from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.orderer import ab_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from msgspec import Struct

from lxr.node.fabric.connection import Connection, Transport
from lxr.node.sealing import sign

_NONCE_BYTES: Final = 24
_LAST_BLOCK: Final = 2**64 - 1


class Proposal(Struct, frozen=True):
    """A call of a chaincode, which peers may endorse. content: a Fabric Proposal; signature: of the transport.

    The headers and the input are those that the transaction made from it must have too.
    """

    fabric_tx_id: str
    channel_header: bytes
    signature_header: bytes
    input: bytes
    content: bytes
    signature: bytes


def propose(
    connection: Connection, function: str, args: Sequence[bytes] = (), *, chaincode: str | None = None
) -> Proposal:
    """Return a new proposal: with each one comes another Fabric transaction id.

    chaincode: None is the connection's own.

    Its timestamp is the present and only of the wire: the contract goes by the time in the LXR envelope.
    """
    called = chaincode_pb2.ChaincodeID(name=chaincode or connection.chaincode)
    identity = creator(connection.transport)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    fabric_tx_id = hashlib.sha256(nonce + identity).hexdigest()
    extension = proposal_pb2.ChaincodeHeaderExtension(chaincode_id=called).SerializeToString()
    channel_header = _channel_header(
        connection, common_pb2.ENDORSER_TRANSACTION, tx_id=fabric_tx_id, extension=extension
    )
    signature_header = common_pb2.SignatureHeader(creator=identity, nonce=nonce).SerializeToString()
    arguments = chaincode_pb2.ChaincodeInput(args=[function.encode(), *args])
    spec = chaincode_pb2.ChaincodeSpec(chaincode_id=called, input=arguments)
    invocation = chaincode_pb2.ChaincodeInvocationSpec(chaincode_spec=spec).SerializeToString()
    content = proposal_pb2.Proposal(
        header=_header(channel_header, signature_header).SerializeToString(),
        payload=proposal_pb2.ChaincodeProposalPayload(input=invocation).SerializeToString(),
    ).SerializeToString()
    signature = sign(connection.transport.private_key, content)
    return Proposal(fabric_tx_id, channel_header, signature_header, invocation, content, signature)


def signed_proposal(proposal: Proposal) -> Any:
    """As a Fabric SignedProposal."""
    return proposal_pb2.SignedProposal(proposal_bytes=proposal.content, signature=proposal.signature)


def commit_status_request(connection: Connection, fabric_tx_id: str) -> bytes:
    """Return a gateway SignedCommitStatusRequest."""
    request = gateway_pb2.CommitStatusRequest(
        transaction_id=fabric_tx_id, channel_id=connection.channel, identity=creator(connection.transport)
    ).SerializeToString()
    signature = sign(connection.transport.private_key, request)
    signed: bytes = gateway_pb2.SignedCommitStatusRequest(request=request, signature=signature).SerializeToString()
    return signed


def events_request(connection: Connection, start_block: int, after: str) -> bytes:
    """Return a gateway SignedChaincodeEventsRequest. after: a Fabric transaction id, or empty."""
    request = gateway_pb2.ChaincodeEventsRequest(
        channel_id=connection.channel,
        chaincode_id=connection.chaincode,
        identity=creator(connection.transport),
        start_position=_position(start_block),
        after_transaction_id=after,
    ).SerializeToString()
    signature = sign(connection.transport.private_key, request)
    signed: bytes = gateway_pb2.SignedChaincodeEventsRequest(request=request, signature=signature).SerializeToString()
    return signed


def seek_envelope(connection: Connection, start: int, stop: int | None, *, wait: bool) -> bytes:
    """Return a signed envelope that asks for the blocks start..stop.

    stop: None for no end. wait: also for those to come.
    """
    behavior = ab_pb2.SeekInfo.BLOCK_UNTIL_READY if wait else ab_pb2.SeekInfo.FAIL_IF_NOT_READY
    last = _LAST_BLOCK if stop is None else stop
    seek = ab_pb2.SeekInfo(start=_position(start), stop=_position(last), behavior=behavior)
    signature_header = common_pb2.SignatureHeader(
        creator=creator(connection.transport), nonce=secrets.token_bytes(_NONCE_BYTES)
    ).SerializeToString()
    channel_header = _channel_header(connection, common_pb2.DELIVER_SEEK_INFO)
    payload = common_pb2.Payload(
        header=_header(channel_header, signature_header), data=seek.SerializeToString()
    ).SerializeToString()
    signature = sign(connection.transport.private_key, payload)
    envelope: bytes = common_pb2.Envelope(payload=payload, signature=signature).SerializeToString()
    return envelope


def creator(transport: Transport) -> bytes:
    """Return the transport identity as a Fabric SerializedIdentity."""
    identity: bytes = identities_pb2.SerializedIdentity(
        mspid=transport.organisation, id_bytes=transport.certificate_pem.encode()
    ).SerializeToString()
    return identity


def _channel_header(connection: Connection, kind: int, **fields: Any) -> bytes:
    timestamp = Timestamp()
    timestamp.FromNanoseconds(time.time_ns())
    header: bytes = common_pb2.ChannelHeader(
        type=kind, channel_id=connection.channel, timestamp=timestamp, **fields
    ).SerializeToString()
    return header


def _header(channel_header: bytes, signature_header: bytes) -> Any:
    return common_pb2.Header(channel_header=channel_header, signature_header=signature_header)


def _position(number: int) -> Any:
    return ab_pb2.SeekPosition(specified=ab_pb2.SeekSpecified(number=number))
