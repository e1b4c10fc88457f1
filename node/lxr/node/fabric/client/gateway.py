"""One peer: its Gateway service, which endorses and sends, and its Deliver service, which gives blocks."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import grpc
from fabric_protos.common import common_pb2, ledger_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.peer import events_pb2, transaction_pb2
from google.protobuf.message import DecodeError
from msgspec import Struct

from lxr.node.fabric.client.faults import Ambiguous, Failed, Unreachable, asking_fault, is_ordered, sending_fault
from lxr.node.fabric.client.prepared import Prepared, read_prepared, submit_request
from lxr.node.fabric.client.proposals import (
    Proposal,
    commit_status_request,
    events_request,
    propose,
    seek_envelope,
    signed_proposal,
)
from lxr.node.fabric.connection import Connection, Peer
from lxr.node.said import Said

_MESSAGE_BYTES_MAX: Final = 2**27
_CHANNEL_OPTIONS: Final = (
    ("grpc.max_receive_message_length", _MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", _MESSAGE_BYTES_MAX),
    ("grpc.keepalive_time_ms", 90_000),  # a peer ends connections that ping more than once a minute
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 5_000),  # also how long one attempt may take
    ("grpc.max_reconnect_backoff_ms", 5_000),
)
_CALL_S: Final = 30.0
_CATCH_UP_S: Final = 600.0
"""As long as the blocks that are there already may take; what came by then need not be fetched again."""


class CommitStatus(Struct, frozen=True):
    """code: of Fabric's TxValidationCode: VALID, MVCC_READ_CONFLICT …"""

    code: str
    block: int


class Event(Struct, frozen=True):
    """A chaincode event of a valid transaction."""

    block: int
    fabric_tx_id: str
    name: str
    payload: bytes


class Gateway:
    """A connection to one peer, opened by the first call. Threads may share it. Faults: those of `.faults`."""

    def __init__(self, connection: Connection, peer: Peer) -> None:
        self.organisation: Final = peer.organisation
        self._connection: Final = connection
        self._name: Final = f"{peer.organisation} ({peer.address})"
        self._channel: Final = grpc.secure_channel(
            peer.address, grpc.ssl_channel_credentials(peer.tls_root_pem), options=_CHANNEL_OPTIONS
        )

    def evaluate(self, function: str, args: Sequence[bytes] = (), organisations: Sequence[str] = ()) -> bytes:
        """The answer of our chaincode at one of these organisations; with none, where the gateway likes, it first.

        Raises Unreachable, ChaincodeSaid, Failed.
        """
        return self._evaluate(propose(self._connection, function, args), organisations)

    def endorse(self, proposal: Proposal, organisations: Sequence[str] = ()) -> Prepared:
        """Return the transaction, once enough organisations have endorsed it, or all of these.

        Raises Unreachable, Mismatch, ChaincodeSaid, Failed.
        """
        request = gateway_pb2.EndorseRequest(
            transaction_id=proposal.fabric_tx_id,
            channel_id=self._connection.channel,
            proposed_transaction=signed_proposal(proposal),
            endorsing_organizations=organisations,
        )
        return read_prepared(self._connection, proposal, self._ask("Endorse", request), self._name)

    def submit(self, prepared: Prepared) -> None:
        """Hand it to the orderers. It may be submitted again, here and elsewhere. Raises Ambiguous, Failed."""
        try:
            self._call("Submit", submit_request(self._connection, prepared), _CALL_S)
        except grpc.RpcError as error:
            if not is_ordered(error):
                raise sending_fault(error, self._name) from None

    def commit_status(self, fabric_tx_id: str, wait_s: float = _CALL_S) -> CommitStatus:
        """Its first outcome, at once if it has one and else as soon. Raises Ambiguous, where there is no answer."""
        request = commit_status_request(self._connection, fabric_tx_id)
        try:
            response = gateway_pb2.CommitStatusResponse.FromString(self._call("CommitStatus", request, wait_s))
        except grpc.RpcError as error:
            raise Ambiguous(str(asking_fault(error, self._name))) from None
        except DecodeError:
            raise Ambiguous("peer of {name}: its commit status cannot be read", name=self._name) from None
        if response.block_number == 0:  # which holds no transaction: the message is empty, and would read as VALID
            raise Ambiguous("peer of {name}: its commit status names no block", name=self._name)
        name = _name(transaction_pb2.TxValidationCode, response.result)
        return CommitStatus(name, response.block_number)

    def height(self) -> int:
        """How many blocks this peer has. Raises Unreachable, Failed."""
        proposal = propose(self._connection, "GetChainInfo", [self._connection.channel.encode()], chaincode="qscc")
        answer = self._evaluate(proposal, [self.organisation])
        try:
            height: int = ledger_pb2.BlockchainInfo.FromString(answer).height
        except DecodeError:
            raise self._unreadable("height") from None
        return height

    def blocks(self, start: int, stop: int | None = None, *, wait: bool = False) -> Iterator[Any]:
        """Yield the blocks (Fabric common.Block) from number start to stop, both included; stop=None: without end.

        wait: also those that do not exist yet; otherwise it ends with the newest one. Raises Unreachable, Failed.
        """
        assert stop is None or start <= stop
        deliver: grpc.StreamStreamMultiCallable[bytes, bytes] = self._channel.stream_stream("/protos.Deliver/Deliver")
        request = seek_envelope(self._connection, start, stop, wait=wait)
        call = deliver(iter([request]), timeout=None if wait else _CATCH_UP_S)
        number = start
        try:
            for data in call:
                response = events_pb2.DeliverResponse.FromString(data)
                if response.WhichOneof("Type") != "block":
                    self._delivered(response, number, start, wait)
                    return
                if response.block.header.number != number:
                    raise Failed(
                        "peer of {name}: block {number} instead of {awaited}",
                        name=self._name,
                        number=response.block.header.number,
                        awaited=number,
                    )
                yield response.block
                number += 1
        except grpc.RpcError as error:
            raise asking_fault(error, self._name) from None
        except DecodeError:
            raise self._unreadable(Said("block {number}", number=number)) from None
        finally:
            call.cancel()
        raise Unreachable("peer of {name}: the blocks broke off before number {number}", name=self._name, number=number)

    def events(self, start_block: int, after: str = "") -> Iterator[Event]:
        """Yield the events of our chaincode from that block on, and all that will come.

        after: only those behind this Fabric transaction, which must be on the ledger. Raises Unreachable, Failed.
        """
        stream: grpc.UnaryStreamMultiCallable[bytes, bytes] = self._channel.unary_stream(
            "/gateway.Gateway/ChaincodeEvents"
        )
        call = stream(events_request(self._connection, start_block, after))
        try:
            for data in call:
                response = gateway_pb2.ChaincodeEventsResponse.FromString(data)
                for event in response.events:
                    yield Event(response.block_number, event.tx_id, event.event_name, event.payload)
        except grpc.RpcError as error:
            raise asking_fault(error, self._name) from None
        except DecodeError:
            raise self._unreadable("event") from None
        finally:
            call.cancel()
        raise Unreachable("peer of {name}: the events broke off", name=self._name)

    def close(self) -> None:
        """End the connection; calls that are under way end as Unreachable or Ambiguous."""
        self._channel.close()

    def _evaluate(self, proposal: Proposal, organisations: Sequence[str]) -> bytes:
        request = gateway_pb2.EvaluateRequest(
            transaction_id=proposal.fabric_tx_id,
            channel_id=self._connection.channel,
            proposed_transaction=signed_proposal(proposal),
            target_organizations=organisations,
        )
        try:
            answer: bytes = gateway_pb2.EvaluateResponse.FromString(self._ask("Evaluate", request)).result.payload
        except DecodeError:
            raise self._unreadable("answer") from None
        return answer

    def _ask(self, method: str, request: Any) -> bytes:
        try:
            return self._call(method, request.SerializeToString(), _CALL_S)
        except grpc.RpcError as error:
            raise asking_fault(error, self._name) from None

    def _call(self, method: str, request: bytes, timeout_s: float) -> bytes:
        """Bytes in and out: what cannot be read is found where it can be told."""
        call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(f"/gateway.Gateway/{method}")
        return call(request, timeout=timeout_s)

    def _delivered(self, response: Any, number: int, start: int, wait: bool) -> None:
        """The status after the last block: nothing where it is a good end."""
        status = _name(common_pb2.Status, response.status)
        beyond_newest = status == "NOT_FOUND" and (start > 0 or number > start)  # without block 0 there is no channel
        if status == "SUCCESS" or (beyond_newest and not wait):
            return
        passing = beyond_newest or status == "SERVICE_UNAVAILABLE"
        raise (Unreachable if passing else Failed)(
            f"peer of {self._name}: {status} instead of block {number} of channel {self._connection.channel}"
        )

    def _unreadable(self, what: str | Said) -> Failed:
        return Failed("peer of {name}: its {what} cannot be read", name=self._name, what=Said.of(what))


def _name(enum: Any, number: int) -> str:
    """As Fabric writes it; a number that Fabric does not know has none."""
    known = enum.DESCRIPTOR.values_by_number
    return known[number].name if number in known else f"code {number}"
