"""A peer for tests of the contract service: the real protocol over real gRPC and TLS, the state in a dictionary.

    with running(tmp_path, trust, lambda: AT_MS, workers=1) as contract, contract.peer() as peer:
        done = peer.invoke(b"submit", encode_envelope(envelope))   # response, event, writes; nothing is committed
        peer.commit(done)                                          # now later transactions see it

`contract.peer(batches=(READS, WRITES))` offers batches of those sizes, `batches=None` none, as an old peer.
`peer.requests` lists the type and the number of keys of each request; `peer.fail_on` names a type to be answered with
ERROR; `peer.hold` holds back every response while it is set, and `peer.held` is set once one waits. A second request
of a transaction that has one outstanding already is noted in `peer.overlaps`.
"""

import random
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any, Final, Self
from urllib.request import urlopen

import grpc
import tomli_w
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from fabric_protos.ledger.queryresult.kv_query_result_pb2 import KV
from fabric_protos.peer import chaincode_shim_pb2 as shim
from fabric_protos.peer.chaincode_pb2 import ChaincodeAdditionalParams, ChaincodeID, ChaincodeInput
from fabric_protos.peer.chaincode_shim_pb2_grpc import ChaincodeStub
from fabric_protos.peer.proposal_response_pb2 import Response
from prometheus_client.parser import text_string_to_metric_families

from lxr.node.fabric.service.config import ServiceConfig, read_config
from lxr.node.fabric.service.decide import Trust
from lxr.node.fabric.service.service import Service
from lxr.node.port import Clock
from waiting import PATIENCE_S

M: Final = shim.ChaincodeMessage
PACKAGE_ID: Final = "lxr_1:abcdef"
CHANNEL: Final = "lxr"
PAGE: Final = 3
"""As many results of a range scan the peer gives at once."""


@dataclass(frozen=True)
class Done:
    """What a transaction came to. event: name and payload. type: of the last message."""

    type: int
    status: int
    message: str
    payload: bytes
    event: tuple[str, bytes] | None
    writes: dict[str, bytes]


@dataclass
class _Simulation:
    state: dict[str, bytes]
    result: "Future[Done]" = field(default_factory=Future)
    writes: dict[str, bytes] = field(default_factory=dict)
    scans: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)
    busy: bool = False


class FakePeer:
    """A peer that is connected from when it is entered.

    tls: the folder of the server's `make_tls`. own: that with its own certificate, if it is another; certificate:
    False for none.
    """

    def __init__(
        self,
        address: str,
        tls: Path,
        *,
        batches: tuple[int, int] | None = (1000, 1000),
        own: Path | None = None,
        certificate: bool = True,
    ) -> None:
        self.state: Final[dict[str, bytes]] = {}
        self.requests: Final[list[tuple[str, int]]] = []
        self.overlaps: Final[list[str]] = []
        self.fail_on: str | None = None
        self.hold: Final = Event()
        self.held: Final = Event()
        self.registered: Final[Future[str]] = Future()
        self.ended: Final = Event()
        self.messages: Final[list[int]] = []
        self.jitter_ms = 0
        self._batches: Final = batches
        self._simulations: Final[dict[str, _Simulation]] = {}
        self._lock: Final = Lock()
        self._numbers: Final = count(1)
        self._random: Final = random.Random(7)
        self._outgoing: Final[SimpleQueue[Any]] = SimpleQueue()
        self._answering: Final = ThreadPoolExecutor(8)
        pair = [((own or tls) / name).read_bytes() if certificate else None for name in ("client.key", "client.crt")]
        self._channel: Final = grpc.secure_channel(
            address,
            grpc.ssl_channel_credentials((tls / "ca.crt").read_bytes(), *pair),
            options=(("grpc.max_receive_message_length", 1 << 27), ("grpc.max_send_message_length", 1 << 27)),
        )

    def __enter__(self) -> Self:
        self._call = ChaincodeStub(self._channel).Connect(iter(self._outgoing.get, None))
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hold.clear()
        self.disconnect()
        self._thread.join(PATIENCE_S)
        self._answering.shutdown()
        self._channel.close()

    def disconnect(self) -> None:
        """Break the stream off."""
        self._call.cancel()
        self._outgoing.put(None)

    def begin(self, *args: bytes, tx_id: str | None = None) -> "Future[Done]":
        """Send a transaction; its result comes later."""
        self.registered.result(PATIENCE_S)
        tx_id = tx_id or f"{next(self._numbers):064x}"
        simulation = _Simulation(dict(self.state))
        self._simulations[tx_id] = simulation
        payload = ChaincodeInput(args=args).SerializeToString()
        self.send(M(type=M.TRANSACTION, payload=payload, txid=tx_id, channel_id=CHANNEL))
        return simulation.result

    def invoke(self, *args: bytes) -> Done:
        """Send a transaction and wait for its result."""
        return self.begin(*args).result(PATIENCE_S)

    def commit(self, done: Done) -> Done:
        """Let later transactions see what this one wrote."""
        self.state.update(done.writes)
        return done

    def send(self, message: Any) -> None:
        """Any message."""
        self._outgoing.put(message)

    def _listen(self) -> None:
        try:
            for message in self._call:
                self.messages.append(message.type)
                self._take(message)
        except grpc.RpcError as fault:
            if not self.registered.done():
                self.registered.set_exception(fault)
        for simulation in list(self._simulations.values()):
            if not simulation.result.done():
                simulation.result.set_exception(ConnectionError("chaincode stream terminated"))
        self.ended.set()

    def _take(self, message: Any) -> None:
        if message.type == M.REGISTER:
            self.send(M(type=M.REGISTERED))
            self.send(M(type=M.READY, payload=self._parameters()))
            self.registered.set_result(ChaincodeID.FromString(message.payload).name)
        elif message.type in (M.KEEPALIVE, M.ERROR):
            pass
        elif message.type == M.COMPLETED:
            self._complete(message)
        else:
            simulation = self._simulations[message.txid]
            with self._lock:
                if simulation.busy:
                    self.overlaps.append(message.txid)
                simulation.busy = True
            self._answering.submit(self._respond, message, simulation)

    def _parameters(self) -> bytes:
        if self._batches is None:
            return b""
        reads, writes = self._batches
        offered = ChaincodeAdditionalParams(
            use_write_batch=True,
            max_size_write_batch=writes,
            use_get_multiple_keys=True,
            max_size_get_multiple_keys=reads,
        )
        encoded: bytes = offered.SerializeToString()
        return encoded

    def _complete(self, message: Any) -> None:
        simulation = self._simulations[message.txid]
        if simulation.busy:
            self.overlaps.append(message.txid)
        response = Response.FromString(message.payload)
        event = None
        if message.HasField("chaincode_event"):
            event = message.chaincode_event.event_name, message.chaincode_event.payload
        done = Done(message.type, response.status, response.message, response.payload, event, simulation.writes)
        simulation.result.set_result(done)

    def _respond(self, message: Any, simulation: _Simulation) -> None:
        while self.hold.is_set():
            self.held.set()
            time.sleep(0.005)
        time.sleep(self._random.randint(0, self.jitter_ms) / 1000)
        name = M.Type.Name(message.type)
        if name == self.fail_on:
            kind, payload = M.ERROR, f"{name} failed:\n no ledger context".encode()
        else:
            kind, payload = M.RESPONSE, self._answer(name, message.payload, simulation)
        with self._lock:
            simulation.busy = False
        self.send(M(type=kind, payload=payload, txid=message.txid, channel_id=message.channel_id))

    def _answer(self, name: str, payload: bytes, simulation: _Simulation) -> bytes:
        keys = 1
        answer: Any = None
        match name:
            case "GET_STATE":
                answer = simulation.state.get(shim.GetState.FromString(payload).key, b"")
            case "GET_STATE_MULTIPLE":
                asked = shim.GetStateMultiple.FromString(payload).keys
                keys = len(asked)
                answer = shim.GetStateMultipleResult(values=[simulation.state.get(key, b"") for key in asked])
            case "PUT_STATE":
                put = shim.PutState.FromString(payload)
                simulation.writes[put.key] = put.value
            case "WRITE_BATCH_STATE":
                records = shim.WriteBatchState.FromString(payload).rec
                keys = len(records)
                assert {shim.WriteRecord.PUT_STATE} == {record.type for record in records}
                simulation.writes.update((record.key, record.value) for record in records)
            case "GET_STATE_BY_RANGE":
                bounds = shim.GetStateByRange.FromString(payload)
                found = sorted(item for item in simulation.state.items() if bounds.startKey <= item[0])
                simulation.scans["q"] = [item for item in found if not bounds.endKey or item[0] < bounds.endKey]
                answer = _next(simulation)
            case "QUERY_STATE_NEXT":
                assert "q" == shim.QueryStateNext.FromString(payload).id
                answer = _next(simulation)
            case "QUERY_STATE_CLOSE":
                del simulation.scans[shim.QueryStateClose.FromString(payload).id]
                answer = shim.QueryResponse(has_more=False, id="q")
        with self._lock:
            self.requests.append((name, keys))
        encoded: bytes = b"" if answer is None else answer if isinstance(answer, bytes) else answer.SerializeToString()
        return encoded


def _next(simulation: _Simulation) -> Any:
    rest = simulation.scans["q"]
    results = [
        shim.QueryResultBytes(resultBytes=KV(namespace="lxr", key=key, value=value).SerializeToString())
        for key, value in rest[:PAGE]
    ]
    simulation.scans["q"] = rest[PAGE:]
    if not rest[PAGE:]:
        del simulation.scans["q"]
    return shim.QueryResponse(results=results, has_more=bool(rest[PAGE:]), id="q")


def make_tls(folder: Path) -> Path:
    """An authority (ca.crt), and a certificate and key each for server and client, in that folder."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"tlsca {secrets.token_hex(8)}")])
    (folder / "ca.crt").write_bytes(_certificate(issuer, issuer, authority, authority, is_authority=True))
    for name in ("server", "client"):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        (folder / f"{name}.crt").write_bytes(_certificate(subject, issuer, key, authority, is_authority=False))
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.key").write_bytes(pem)
    return folder


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    authority: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> bytes:
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(authority, SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)


def write_config(folder: Path, trust: Trust, **changes: object) -> Path:
    """A service's configuration with everything that it names, in that folder."""
    make_tls(folder / "tls")
    for organisation, pem in trust.roots.items():
        (folder / f"{organisation}.crt").write_text(pem)
    settings: dict[str, object] = {
        "package_id": PACKAGE_ID,
        "organisation": "union",
        "listen": "127.0.0.1:0",
        "metrics": "127.0.0.1:0",
        "tls_certificate": "tls/server.crt",
        "tls_key": "tls/server.key",
        "client_roots": ["tls/ca.crt"],
        "rehearsal": trust.rehearsal,
        "channel": trust.channel,
        "genesis_block": trust.genesis_block,
        "workers": 1,
        "roots": {organisation: f"{organisation}.crt" for organisation in trust.roots},
    } | changes
    path = folder / "service.toml"
    path.write_text(tomli_w.dumps(settings))
    return path


@dataclass(frozen=True)
class Running:
    """A service in this process, and the TLS of those who may connect to it."""

    service: Service
    config: ServiceConfig
    tls: Path

    @property
    def address(self) -> str:
        return f"localhost:{self.service.port}"

    def figures(self) -> dict[str, float]:
        """Return what its metrics address gives, by `sample`."""
        with urlopen(f"http://127.0.0.1:{self.service.metrics_port}/metrics", timeout=PATIENCE_S) as response:
            families = text_string_to_metric_families(response.read().decode())
        return {sample(each.name, **each.labels): each.value for family in families for each in family.samples}

    def peer(self, *, batches: tuple[int, int] | None = (1000, 1000)) -> FakePeer:
        """Another peer, with a state of its own."""
        return FakePeer(self.address, self.tls, batches=batches)


def sample(name: str, **labels: str) -> str:
    """Name a figure with its labels, in the order of their names."""
    return name + "".join(f" {label}={value}" for label, value in sorted(labels.items()))


@contextmanager
def running(folder: Path, trust: Trust, clock: Clock, **changes: object) -> Iterator[Running]:
    """A service until the block ends."""
    config = read_config(write_config(folder, trust, **changes))
    service = Service(config, clock)
    try:
        yield Running(service, config, folder / "tls")
    finally:
        service.stop()
