"""What can go wrong in a call to a peer's gateway: a closed list, so that each has its treatment."""

import re
from typing import Any, Final, cast

import grpc
from fabric_protos.gateway import gateway_pb2
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from lxr.node.port import LedgerFault


class GatewayFault(LedgerFault):
    """A call to a gateway without a result, in one line."""


class Unreachable(GatewayFault):
    """No answer, and nothing was done or repeating is safe: down, too slow, too busy, or without enough endorsers."""


class Ambiguous(GatewayFault):
    """No answer to a transaction that was sent: it may be on the ledger, or get there yet."""


class Mismatch(GatewayFault):
    """Organisations endorse one proposal with different results: one lags behind, or its contract is another."""


class Failed(GatewayFault):
    """An answer that repeating does not change: access denied, too large, or bytes that cannot be read."""


class ChaincodeSaid(GatewayFault):
    """The contract of an organisation answered without accepting. status: from 400 on (`lxr.node.fabric.answers`)."""

    def __init__(self, status: int, message: str, organisation: str, address: str) -> None:
        super().__init__(f"{organisation} ({address}) answers {status}: {message}")
        self.status: Final = status
        self.message: Final = message
        self.organisation: Final = organisation
        self.address: Final = address


# What the gateway writes (Fabric, internal/pkg/gateway: responseStatus and processEndorsement).
_SAID: Final = re.compile(r"chaincode response (\d+), (.*)", re.DOTALL)
_MISMATCH: Final = "ProposalResponsePayloads do not match"

_DEFINITE: Final = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,  # a message beyond the limits of gRPC; a busy gateway says UNKNOWN
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.DATA_LOSS,
    grpc.StatusCode.UNAUTHENTICATED,
}
# Discovery that does not know enough peers yet, under codes that are otherwise definite.
_PASSING: Final = re.compile(r"no combination of peers|failed to select a set of endorsers|no peers available")
# A peer that looked at the proposal itself and does not take it, under codes that otherwise pass.
_LASTING: Final = re.compile(r"error validating proposal|access denied")
# An orderer that looked at the transaction and does not take it, whoever sends it and how often.
_NOT_ORDERED: Final = re.compile(
    r"unsuccessful response from orderer: status=(BAD_REQUEST|FORBIDDEN|NOT_FOUND|REQUEST_ENTITY_TOO_LARGE)"
)
# An orderer to which a transaction came last: it has had it from the others, and in a block. The gateway passes over
# "request already exists", and takes this for a failure.
_ORDERED: Final = "status=SERVICE_UNAVAILABLE, info=failed to submit request: request already processed"


def asking_fault(error: grpc.RpcError, peer: str) -> GatewayFault:
    """Return what an error says of a call that changes nothing: Unreachable, Mismatch, ChaincodeSaid or Failed."""
    code, details = _code(error), _details(error)
    problem = _line(error, peer, details)
    if any(_MISMATCH in detail.message for detail in details):
        return Mismatch(problem)
    for detail in details:
        if said := _SAID.search(detail.message):
            return ChaincodeSaid(int(said[1]), said[2], detail.msp_id, detail.address)
    definite = code in _DEFINITE and not _PASSING.search(problem)
    return Failed(problem) if definite or _LASTING.search(problem) else Unreachable(problem)


def sending_fault(error: grpc.RpcError, peer: str) -> Ambiguous | Failed:
    """Return what an error says of sending a transaction: Failed only where it cannot have been ordered."""
    details = _details(error)
    problem = _line(error, peer, details)
    texts = [detail.message for detail in details] or [problem]
    if _code(error) in _DEFINITE or all(_NOT_ORDERED.search(text) for text in texts):
        return Failed(problem)
    return Ambiguous(problem)


def is_ordered(error: grpc.RpcError) -> bool:
    """Whether what stopped a transaction's sending is only that it is ordered: all orderers that object say so."""
    details = _details(error)
    return bool(details) and all(_ORDERED in detail.message for detail in details)


def _call(error: grpc.RpcError) -> grpc.Call:
    """Every error that a call raises is the call too, which its type does not say."""
    return cast("grpc.Call", error)


def _code(error: grpc.RpcError) -> grpc.StatusCode:
    return _call(error).code()


def _line(error: grpc.RpcError, peer: str, details: list[Any]) -> str:
    told = "".join(f"; {detail.msp_id} ({detail.address}): {detail.message}" for detail in details)
    return f"peer of {peer}: {_code(error).name}: {_call(error).details()}{told}"


def _details(error: grpc.RpcError) -> list[Any]:
    """Return the gateway's ErrorDetail messages; those that cannot be read are left out."""
    metadata: Any = _call(error).trailing_metadata()
    found = []
    for key, value in metadata or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            try:
                wrapped = [any_pb2.Any.FromString(each) for each in _RpcStatus.FromString(value).details]
                found += [
                    gateway_pb2.ErrorDetail.FromString(each.value)
                    for each in wrapped
                    if each.type_url.endswith("/gateway.ErrorDetail")
                ]
            except DecodeError:
                continue
    return found


def _rpc_status() -> Any:
    """google.rpc.Status, of which only the details matter; no package that is needed otherwise brings it."""
    field = descriptor_pb2.FieldDescriptorProto(
        name="details",
        number=3,
        type=descriptor_pb2.FieldDescriptorProto.TYPE_BYTES,  # on the wire as the messages that they are
        label=descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED,
    )
    message = descriptor_pb2.DescriptorProto(name="Status", field=[field])
    file = descriptor_pb2.FileDescriptorProto(name="status.proto", package="lxr.rpc", message_type=[message])
    pool: Any = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("lxr.rpc.Status"))


_RpcStatus: Final = _rpc_status()
