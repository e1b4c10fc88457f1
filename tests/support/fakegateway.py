"""A consortium of peers in this process that speak Fabric's gateway and deliver services over real gRPC and TLS.

    with consortium() as made:                 # union, employer, bank, regulator; three must endorse
        sender = made.sender()                 # its clock is made.clock: sleeping only moves it
        sender.send(order("1", opens=["a"]))
        made["bank"].contract = altered        # another contract at one organisation
        made["bank"].sees = 3                  # behind: it knows the first three blocks only
        made["union"].script["Submit"] = [lost()]  # what happens at the next calls, one each

The contract (`decide`) is tiny: an order needs some keys to exist, opens others, bumps counters.
"""

import hashlib
import ipaddress
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from fabric_protos.common import common_pb2, ledger_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.orderer import ab_pb2
from fabric_protos.peer import (
    chaincode_event_pb2,
    chaincode_pb2,
    events_pb2,
    proposal_pb2,
    proposal_response_pb2,
    transaction_pb2,
)
from google.protobuf import any_pb2
from msgspec import Struct

from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.certificates import verify_signature
from lxr.chaincode.envelope import Envelope, decode_envelope
from lxr.chaincode.refusals import Unknown
from lxr.network.authority import Authority
from lxr.network.keyfile import new_key
from lxr.node.fabric.answers import (
    READ,
    REFUSED,
    REPLAYED,
    SUBMIT,
    decode_keys,
    encode_refusal,
    encode_replayed,
    encode_values,
)
from lxr.node.fabric.client.sending import Sender
from lxr.node.fabric.connection import Connection, Peer, Transport

CHANNEL, CHAINCODE = "lxr", "lxr"
VALID: Final = transaction_pb2.VALID


class Accepts(Struct, frozen=True):
    """writes and result of an order; reads is what it looked at."""

    reads: frozenset[str]
    writes: Mapping[str, bytes]
    result: bytes


class Says(Struct, frozen=True):
    """Any other answer of a contract."""

    status: int
    message: str


Read = Callable[[str], bytes | None]
Contract = Callable[[Read, Envelope], Accepts | Says]


def order(request: str, *, needs: Sequence[str] = (), opens: Sequence[str] = (), bumps: Sequence[str] = ()) -> Envelope:
    """Refused while a key that it needs does not exist; opens keys; adds one to the numbers under keys."""
    body = {"request": request, "needs": sorted(needs), "opens": sorted(opens), "bumps": sorted(bumps)}
    return Envelope(json.dumps(body).encode(), b"not looked at")


def decide(read: Read, envelope: Envelope) -> Accepts | Says:
    """The contract. The result tells the counters, so that it shows the order in which transactions were executed."""
    body = json.loads(envelope.payload)
    request = f"request/{body['request']}"
    first = read(request)
    if first is not None:
        return Says(REPLAYED, encode_replayed(first.decode()))
    for key in body["needs"]:
        if read(key) is None:
            return Says(REFUSED, encode_refusal(Unknown(what="key", number=key)))
    counted = {key: int(read(key) or 0) + 1 for key in body["bumps"]}
    writes = {key: str(number).encode() for key, number in counted.items()}
    writes |= dict.fromkeys(body["opens"], b"1") | {request: envelope.tx_id.encode()}
    looked_at = frozenset({request, *body["needs"], *body["bumps"]})
    return Accepts(looked_at, writes, json.dumps(counted).encode())


def refuse_all(_: Read, __: Envelope) -> Says:
    """An altered contract."""
    return Says(REFUSED, encode_refusal(Unknown(what="key", number="anything")))


def accept_all(read: Read, envelope: Envelope) -> Accepts | Says:
    """An altered contract, which asks for nothing."""
    body = json.loads(envelope.payload)
    return decide(read, order(body["request"], opens=body["opens"], bumps=body["bumps"]))


def pay_double(read: Read, envelope: Envelope) -> Accepts | Says:
    """An altered contract, which writes something else."""
    answer = decide(read, envelope)
    return (
        Accepts(answer.reads, {**answer.writes, "more": b"1"}, answer.result) if isinstance(answer, Accepts) else answer
    )


class Fault(Struct, frozen=True):
    """A call fails with this status. done: only after it has taken effect, so that the answer is lost."""

    code: grpc.StatusCode
    text: str = ""
    details: tuple[tuple[str, str], ...] = ()
    done: bool = False


class Garbage(Struct, frozen=True):
    """A call is answered with these bytes."""

    data: bytes = b"\xff\xff\xff"


def lost() -> Fault:
    """The call takes effect, its answer gets lost."""
    return Fault(grpc.StatusCode.UNAVAILABLE, "connection reset", done=True)


class StillClock:
    """Time passes only while somebody sleeps. at_sleep is called after each sleep."""

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self._now_s = 1000.0
        self.at_sleep: Callable[[], None] = lambda: None

    def now(self) -> float:
        return self._now_s

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now_s += max(seconds, 0.01)
        self.at_sleep()


class Chain:
    """What the orderers and all ledgers share. submitted: how often each Fabric transaction id came in."""

    def __init__(self, endorsements: int) -> None:
        self.grown: Final = threading.Condition()
        self.blocks: Final[list[Any]] = []
        self.outcomes: Final[dict[str, tuple[int, int]]] = {}
        self.submitted: Final[Counter[str]] = Counter()
        self.events: Final[list[Any]] = []
        self.accepts_orders = True
        self._endorsements: Final = endorsements
        self._history: Final[defaultdict[str, list[tuple[int, bytes]]]] = defaultdict(list)
        self._append(b"the channel's configuration", "", VALID)

    def get(self, key: str, height: int | None = None) -> tuple[int, bytes] | None:
        """The number of the block that wrote a key last, below a height, and the value."""
        written = [each for each in self._history[key] if height is None or each[0] < height]
        return written[-1] if written else None

    def write(self, **values: str) -> None:
        """A block by somebody else."""
        with self.grown:
            self._append(b"by somebody else", f"other {len(self.blocks)}", VALID)
            for key, value in values.items():
                self._history[key].append((len(self.blocks) - 1, value.encode()))

    def order(self, envelope: Any) -> None:
        """Validate a transaction as Fabric does, in a block of its own."""
        payload = common_pb2.Payload.FromString(envelope.payload)
        header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
        assert _signed(payload.header.signature_header, envelope.signature, envelope.payload)
        action = transaction_pb2.ChaincodeActionPayload.FromString(
            transaction_pb2.Transaction.FromString(payload.data).actions[0].payload
        ).action
        content = proposal_response_pb2.ProposalResponsePayload.FromString(action.proposal_response_payload)
        done = proposal_pb2.ChaincodeAction.FromString(content.extension)
        keys = kv_rwset_pb2.KVRWSet.FromString(rwset_pb2.TxReadWriteSet.FromString(done.results).ns_rwset[1].rwset)
        with self.grown:
            self.submitted[header.tx_id] += 1
            if not self.accepts_orders:
                return
            code = self._validate(header.tx_id, keys, len(action.endorsements))
            number = self._append(envelope.SerializeToString(), header.tx_id, code)
            if code == VALID:
                for write in keys.writes:
                    self._history[write.key].append((number, write.value))
                event = chaincode_event_pb2.ChaincodeEvent(
                    chaincode_id=CHAINCODE, tx_id=header.tx_id, event_name="order", payload=done.response.payload
                )
                self.events.append((number, event))

    def _validate(self, tx_id: str, keys: Any, endorsements: int) -> int:
        code: int
        if tx_id in self.outcomes:
            code = transaction_pb2.DUPLICATE_TXID
        elif endorsements < self._endorsements:
            code = transaction_pb2.ENDORSEMENT_POLICY_FAILURE
        elif any(_version(self.get(read.key)) != _version_read(read) for read in keys.reads):
            code = transaction_pb2.MVCC_READ_CONFLICT
        else:
            code = VALID
        return code

    def _append(self, data: bytes, tx_id: str, code: int) -> int:
        with self.grown:
            number = len(self.blocks)
            self.blocks.append(
                common_pb2.Block(header=common_pb2.BlockHeader(number=number), data=common_pb2.BlockData(data=[data]))
            )
            self.outcomes.setdefault(tx_id, (code, number))
            self.grown.notify_all()
        return number


class FakePeer:
    """One organisation's peer with its contract. calls: how often each method of its gateway was called.

    script: by method, what happens at the next calls instead. sees: how many blocks it knows, None for all.
    """

    def __init__(self, organisation: str, chain: Chain, peers: "dict[str, FakePeer]", endorsements: int) -> None:
        self.organisation: Final = organisation
        self.contract: Contract = decide
        self.script: Final[defaultdict[str, list[Fault | Garbage]]] = defaultdict(list)
        self.always: Final[dict[str, Fault | Garbage]] = {}
        self.calls: Final[Counter[str]] = Counter()
        self.sees: int | None = None
        self.down = False
        self._chain: Final = chain
        self._peers: Final = peers
        self._endorsements: Final = endorsements
        self._server: Final = grpc.server(ThreadPoolExecutor(32))
        unary = {
            "Evaluate": self._evaluate,
            "Endorse": self._endorse,
            "Submit": self._submit,
            "CommitStatus": self._status,
        }
        methods: dict[str, Any] = {
            name: grpc.unary_unary_rpc_method_handler(self._scripted(name, do)) for name, do in unary.items()
        }
        methods["ChaincodeEvents"] = grpc.unary_stream_rpc_method_handler(self._events)
        deliver: dict[str, Any] = {"Deliver": grpc.stream_stream_rpc_method_handler(self._deliver)}
        self._server.add_generic_rpc_handlers(
            (
                grpc.method_handlers_generic_handler("gateway.Gateway", methods),
                grpc.method_handlers_generic_handler("protos.Deliver", deliver),
            )
        )
        root, key, certificate = tls()
        port = self._server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)]))
        self.peer: Final = Peer(organisation, f"127.0.0.1:{port}", root)
        self._server.start()

    def stop(self) -> None:
        """It is down, for clients and for other peers."""
        self.down = True
        self._server.stop(None).wait()

    def execute(self, proposal: Any) -> tuple[bytes | None, str]:
        """The payload that this peer endorses, or None and what it says instead."""
        content = proposal_pb2.Proposal.FromString(proposal.proposal_bytes)
        header = common_pb2.Header.FromString(content.header)
        assert _signed(header.signature_header, proposal.signature, proposal.proposal_bytes)
        function, argument = _input(content)[1]
        assert SUBMIT == function.decode()
        answer = self.contract(self._read, decode_envelope(argument))
        if isinstance(answer, Says):
            return None, f"chaincode response {answer.status}, {answer.message}"
        keys = kv_rwset_pb2.KVRWSet(
            reads=[kv_rwset_pb2.KVRead(key=key, version=self._version(key)) for key in sorted(answer.reads)],
            writes=[kv_rwset_pb2.KVWrite(key=key, value=value) for key, value in sorted(answer.writes.items())],
        )
        results = rwset_pb2.TxReadWriteSet(
            ns_rwset=[
                rwset_pb2.NsReadWriteSet(namespace="_lifecycle"),
                rwset_pb2.NsReadWriteSet(namespace=CHAINCODE, rwset=keys.SerializeToString()),
            ]
        )
        action = proposal_pb2.ChaincodeAction(
            results=results.SerializeToString(),
            response=proposal_response_pb2.Response(status=200, payload=answer.result),
        )
        payload: bytes = proposal_response_pb2.ProposalResponsePayload(
            proposal_hash=hashlib.sha256(proposal.proposal_bytes).digest(), extension=action.SerializeToString()
        ).SerializeToString()
        return payload, ""

    def _read(self, key: str) -> bytes | None:
        found = self._chain.get(key, self.sees)
        return None if found is None else found[1]

    def _version(self, key: str) -> Any:
        found = self._chain.get(key, self.sees)
        return None if found is None else kv_rwset_pb2.Version(block_num=found[0])

    def _scripted(self, name: str, do: Callable[[bytes, Any], bytes]) -> Callable[[bytes, grpc.ServicerContext], bytes]:
        def handle(request: bytes, context: grpc.ServicerContext) -> bytes:
            self.calls[name] += 1
            event = self.script[name].pop(0) if self.script[name] else self.always.get(name)
            if isinstance(event, Garbage):
                return event.data
            if event is not None and not event.done:
                _abort(context, event.code, event.text, event.details)
            answer = do(request, context)
            if event is not None:
                _abort(context, event.code, event.text, event.details)
            return answer

        return handle

    def _endorse(self, data: bytes, context: grpc.ServicerContext) -> bytes:
        """As the gateway plans it: the organisations asked for, or itself and then enough others of one mind."""
        request = gateway_pb2.EndorseRequest.FromString(data)
        proposal = request.proposed_transaction
        asked = list(request.endorsing_organizations)
        needed = len(asked) or self._endorsements
        payload: bytes | None = None
        endorsers: list[str] = []
        details: list[tuple[str, str]] = []
        if any(self._peers[each].down for each in asked):
            _abort(context, grpc.StatusCode.UNAVAILABLE, "failed to find any endorsing peers for org(s)")
        others = [each for each in self._peers if each != self.organisation and not self._peers[each].down]
        for organisation in asked or [self.organisation, *others]:
            endorsed, said = self._peers[organisation].execute(proposal)
            payload = payload or endorsed
            if endorsed is None:
                details.append((organisation, said))
                if not endorsers and not asked:
                    _abort(context, grpc.StatusCode.ABORTED, "failed to endorse transaction", details)
            elif endorsed != payload:
                details.append((organisation, "ProposalResponsePayloads do not match"))
            elif len(endorsers) < needed:
                endorsers.append(organisation)
        if len(endorsers) < needed:
            _abort(context, grpc.StatusCode.ABORTED, "failed to collect enough transaction endorsements", details)
        content = proposal_pb2.Proposal.FromString(proposal.proposal_bytes)
        header = common_pb2.Header.FromString(content.header)
        endorsements = [
            proposal_response_pb2.Endorsement(
                endorser=identities_pb2.SerializedIdentity(mspid=organisation).SerializeToString()
            )
            for organisation in endorsers
        ]
        action = transaction_pb2.ChaincodeActionPayload(
            chaincode_proposal_payload=content.payload,
            action=transaction_pb2.ChaincodeEndorsedAction(
                proposal_response_payload=payload, endorsements=endorsements
            ),
        )
        transaction = transaction_pb2.Transaction(
            actions=[
                transaction_pb2.TransactionAction(header=header.signature_header, payload=action.SerializeToString())
            ]
        )
        prepared = common_pb2.Payload(header=header, data=transaction.SerializeToString()).SerializeToString()
        response: bytes = gateway_pb2.EndorseResponse(
            prepared_transaction=common_pb2.Envelope(payload=prepared)
        ).SerializeToString()
        return response

    def _evaluate(self, data: bytes, context: grpc.ServicerContext) -> bytes:
        request = gateway_pb2.EvaluateRequest.FromString(data)
        called, (function, argument) = _input(
            proposal_pb2.Proposal.FromString(request.proposed_transaction.proposal_bytes)
        )
        if called == "qscc":
            assert (b"GetChainInfo", CHANNEL.encode()) == (function, argument)
            height = len(self._chain.blocks) if self.sees is None else self.sees
            answer = ledger_pb2.BlockchainInfo(height=height).SerializeToString()
        elif function.decode() == READ:
            answer = encode_values([self._read(key) for key in decode_keys(argument)])
        else:
            details = ((self.organisation, "chaincode response 500, no such function"),)
            _abort(context, grpc.StatusCode.UNKNOWN, "evaluate call to endorser returned error", details)
        result = proposal_response_pb2.Response(status=200, payload=answer)
        response: bytes = gateway_pb2.EvaluateResponse(result=result).SerializeToString()
        return response

    def _submit(self, data: bytes, _: grpc.ServicerContext) -> bytes:
        self._chain.order(gateway_pb2.SubmitRequest.FromString(data).prepared_transaction)
        return b""

    def _status(self, data: bytes, context: grpc.ServicerContext) -> bytes:
        signed = gateway_pb2.SignedCommitStatusRequest.FromString(data)
        request = gateway_pb2.CommitStatusRequest.FromString(signed.request)
        identity = identities_pb2.SerializedIdentity.FromString(request.identity)
        assert verify_signature(identity.id_bytes.decode(), signed.signature, signed.request)
        with self._chain.grown:
            if request.transaction_id not in self._chain.outcomes:
                _abort(context, grpc.StatusCode.DEADLINE_EXCEEDED, "not committed yet")
            code, number = self._chain.outcomes[request.transaction_id]
        response: bytes = gateway_pb2.CommitStatusResponse(result=code, block_number=number).SerializeToString()
        return response

    def _deliver(self, requests: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
        envelope = common_pb2.Envelope.FromString(next(requests))
        payload = common_pb2.Payload.FromString(envelope.payload)
        assert _signed(payload.header.signature_header, envelope.signature, envelope.payload)
        seek = ab_pb2.SeekInfo.FromString(payload.data)
        number = seek.start.specified.number
        for event in self.script["Deliver"]:
            assert isinstance(event, Garbage)
            yield event.data
        while number <= seek.stop.specified.number:
            with self._chain.grown:
                if number >= len(self._chain.blocks) and seek.behavior == ab_pb2.SeekInfo.FAIL_IF_NOT_READY:
                    yield events_pb2.DeliverResponse(status=common_pb2.NOT_FOUND).SerializeToString()
                    return
                while number >= len(self._chain.blocks):
                    if not context.is_active():
                        return
                    self._chain.grown.wait(0.02)
                block = self._chain.blocks[number]
            yield events_pb2.DeliverResponse(block=block).SerializeToString()
            number += 1
        yield events_pb2.DeliverResponse(status=common_pb2.SUCCESS).SerializeToString()

    def _events(self, data: bytes, _: grpc.ServicerContext) -> Iterator[bytes]:
        signed = gateway_pb2.SignedChaincodeEventsRequest.FromString(data)
        request = gateway_pb2.ChaincodeEventsRequest.FromString(signed.request)
        passed = not request.after_transaction_id
        for number, event in self._chain.events:
            if passed and number >= request.start_position.specified.number:
                response = gateway_pb2.ChaincodeEventsResponse(block_number=number, events=[event])
                yield response.SerializeToString()
            passed = passed or event.tx_id == request.after_transaction_id


class FakeConsortium:
    """Peers by organisation, over one chain."""

    def __init__(self, endorsements: int, organisations: Sequence[str]) -> None:
        self.chain: Final = Chain(endorsements)
        self.clock: Final = StillClock()
        self.peers: Final[dict[str, FakePeer]] = {}
        for organisation in organisations:
            self.peers[organisation] = FakePeer(organisation, self.chain, self.peers, endorsements)
        self.connection: Final = Connection(
            CHANNEL, CHAINCODE, endorsements, transport(), tuple(peer.peer for peer in self.peers.values()), b""
        )
        self._senders: Final[list[Sender]] = []

    def __getitem__(self, organisation: str) -> FakePeer:
        return self.peers[organisation]

    def sender(self) -> Sender:
        """The union's, with the still clock."""
        made = Sender(self.connection, clock=self.clock.now, sleep=self.clock.sleep, jitter=lambda: 1.0)
        self._senders.append(made)
        return made

    def close(self) -> None:
        for sender in self._senders:
            sender.close()
        for peer in self.peers.values():
            peer.stop()


@contextmanager
def consortium(endorsements: int = 3, organisations: Sequence[str] = ORGANISATIONS) -> Iterator[FakeConsortium]:
    """Of these organisations; one's own is the first."""
    made = FakeConsortium(endorsements, organisations)
    try:
        yield made
    finally:
        made.close()


@cache
def tls() -> tuple[bytes, bytes, bytes]:
    """A root, and the key and certificate of a server at 127.0.0.1, all PEM."""
    authority = Authority.create("union", *_span(), "tlsca")
    key = new_key()
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = authority.issue_plain("peer", "peer", key.public_key(), *_span(), names)
    plain = serialization.NoEncryption()
    return (
        authority.certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain),
        certificate.public_bytes(serialization.Encoding.PEM),
    )


@cache
def transport() -> Transport:
    """The union's."""
    key = new_key()
    certificate = Authority.create("union", *_span()).issue_plain("client", "client", key.public_key(), *_span())
    return Transport("union", certificate.public_bytes(serialization.Encoding.PEM).decode(), key)


@cache
def _span() -> tuple[datetime, datetime]:
    today = datetime.now(UTC)
    return today - timedelta(days=1), today + timedelta(days=1)


def _input(content: Any) -> tuple[str, tuple[bytes, ...]]:
    invocation = proposal_pb2.ChaincodeProposalPayload.FromString(content.payload).input
    spec = chaincode_pb2.ChaincodeInvocationSpec.FromString(invocation).chaincode_spec
    return spec.chaincode_id.name, tuple(spec.input.args)


def _signed(signature_header: bytes, signature: bytes, message: bytes) -> bool:
    header = common_pb2.SignatureHeader.FromString(signature_header)
    identity = identities_pb2.SerializedIdentity.FromString(header.creator)
    return identity.mspid == "union" and verify_signature(identity.id_bytes.decode(), signature, message)


def _version(found: tuple[int, bytes] | None) -> int | None:
    return None if found is None else found[0]


def _version_read(read: Any) -> int | None:
    return read.version.block_num if read.HasField("version") else None


def _abort(
    context: grpc.ServicerContext, code: grpc.StatusCode, text: str, details: Sequence[tuple[str, str]] = ()
) -> None:
    """details: organisations and messages, sent as Fabric's gateway does: in a google.rpc.Status, written by hand."""
    number: int = code.value[0]
    status = b"\x08" + bytes([number]) + b"\x12" + _sized(text.encode())
    for organisation, message in details:
        detail = gateway_pb2.ErrorDetail(address=f"{organisation}:7051", msp_id=organisation, message=message)
        wrapped = any_pb2.Any()
        wrapped.Pack(detail)
        status += b"\x1a" + _sized(wrapped.SerializeToString())
    context.set_trailing_metadata((("grpc-status-details-bin", status),))
    context.abort(code, text)


def _sized(data: bytes) -> bytes:
    """Behind its length as a varint."""
    length, size = len(data), b""
    while length > 127:
        size += bytes([length & 127 | 128])
        length >>= 7
    return size + bytes([length]) + data
