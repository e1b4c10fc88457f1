"""Prepared transactions: what a gateway made of a proposal and its endorsements, read and signed."""

from collections.abc import Mapping
from typing import Any

from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import proposal_pb2, proposal_response_pb2, transaction_pb2
from google.protobuf.message import DecodeError
from msgspec import Struct

from lxr.node.fabric.answers import ACCEPTED
from lxr.node.fabric.client.faults import Failed
from lxr.node.fabric.client.proposals import Proposal
from lxr.node.fabric.connection import Connection
from lxr.node.sealing import sign

Version = tuple[int, int] | None
"""Block and position of the transaction that wrote a value; None where there was no value."""


class Prepared(Struct, frozen=True):
    """An endorsed transaction, signed by the transport: sent again it is the same one, and counts once.

    endorsed: the bytes that every endorser signed (ProposalResponsePayload). result: the contract's answer.
    versions: of each key of our chaincode that was read. writes: its keys that will be written.
    endorsers: the organisations that signed.
    """

    fabric_tx_id: str
    payload: bytes
    signature: bytes
    endorsed: bytes
    result: bytes
    versions: Mapping[str, Version]
    writes: frozenset[str]
    endorsers: tuple[str, ...]

    @property
    def reads(self) -> frozenset[str]:
        """The keys that were read."""
        return frozenset(self.versions)


def read_prepared(connection: Connection, proposal: Proposal, response: bytes, peer: str) -> Prepared:
    """From a gateway's EndorseResponse. Raises Failed: unreadable, or not made from this proposal."""
    try:
        payload = gateway_pb2.EndorseResponse.FromString(response).prepared_transaction.payload
        endorsed = _endorsed_action(payload, proposal)
        content = proposal_response_pb2.ProposalResponsePayload.FromString(endorsed.proposal_response_payload)
        action = proposal_pb2.ChaincodeAction.FromString(content.extension)
        versions, writes = _keys(action.results, connection.chaincode)
        endorsers = tuple(
            identities_pb2.SerializedIdentity.FromString(endorsement.endorser).mspid
            for endorsement in endorsed.endorsements
        )
    except DecodeError:
        raise Failed("peer of {peer}: the transaction that it prepared cannot be read", peer=peer) from None
    except _OtherProposal:
        raise Failed(
            "peer of {peer}: the transaction that it prepared is not the one that was proposed", peer=peer
        ) from None
    if action.response.status != ACCEPTED:
        raise Failed(
            "peer of {peer}: the transaction that it prepared has status {status}",
            peer=peer,
            status=action.response.status,
        )
    return Prepared(
        fabric_tx_id=proposal.fabric_tx_id,
        payload=payload,
        signature=sign(connection.transport.private_key, payload),
        endorsed=endorsed.proposal_response_payload,
        result=action.response.payload,
        versions=versions,
        writes=writes,
        endorsers=endorsers,
    )


def submit_request(connection: Connection, prepared: Prepared) -> bytes:
    """Return a gateway SubmitRequest."""
    request: bytes = gateway_pb2.SubmitRequest(
        transaction_id=prepared.fabric_tx_id,
        channel_id=connection.channel,
        prepared_transaction=common_pb2.Envelope(payload=prepared.payload, signature=prepared.signature),
    ).SerializeToString()
    return request


class _OtherProposal(Exception):
    pass


def _endorsed_action(payload: bytes, proposal: Proposal) -> Any:
    """Return the one ChaincodeEndorsedAction.

    The gateway may be another organisation's: nothing else gets our signature.
    """
    content = common_pb2.Payload.FromString(payload)
    actions = transaction_pb2.Transaction.FromString(content.data).actions
    if len(actions) != 1:
        raise _OtherProposal
    action = transaction_pb2.ChaincodeActionPayload.FromString(actions[0].payload)
    called = proposal_pb2.ChaincodeProposalPayload.FromString(action.chaincode_proposal_payload)
    here = (content.header.channel_header, content.header.signature_header, actions[0].header, called.input)
    if here != (proposal.channel_header, proposal.signature_header, proposal.signature_header, proposal.input):
        raise _OtherProposal
    return action.action


def _keys(results: bytes, chaincode: str) -> tuple[dict[str, Version], frozenset[str]]:
    versions: dict[str, Version] = {}
    writes: set[str] = set()
    for part in rwset_pb2.TxReadWriteSet.FromString(results).ns_rwset:
        if part.namespace == chaincode:
            keys = kv_rwset_pb2.KVRWSet.FromString(part.rwset)
            for read in keys.reads:
                version = read.version
                versions[read.key] = (version.block_num, version.tx_num) if read.HasField("version") else None
            writes.update(write.key for write in keys.writes)
    return versions, frozenset(writes)
