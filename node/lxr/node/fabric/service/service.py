"""The contract as a service of its own next to a peer ("chaincode as a service"): the peer connects, and asks.

Run: python -m lxr.node.fabric.service.service CONFIG.toml
"""

import logging
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from socket import SO_REUSEADDR, SOL_SOCKET, socket
from threading import Event, Thread
from types import FrameType
from typing import Final

import grpc
import msgspec
from fabric_protos.peer.chaincode_shim_pb2 import ChaincodeMessage

from lxr.chaincode.decoding import place_of
from lxr.chaincode.refusals import MalformedCommand
from lxr.chaincode.things import Part
from lxr.node.embedded import system_clock
from lxr.node.fabric.answers import (
    ACCEPTED,
    REFUSED,
    REPLAYED,
    SUBMIT,
    decode_keys,
    encode_page,
    encode_values,
)
from lxr.node.fabric.service import metrics
from lxr.node.fabric.service.config import ConfigFault, ServiceConfig, read_config
from lxr.node.fabric.service.decide import Answer, answered, failed
from lxr.node.fabric.service.metrics import Metrics, MetricsServer
from lxr.node.fabric.service.stream import MAX_MESSAGE_BYTES, Message, ProtocolFault, Stream, Transaction
from lxr.node.fabric.service.versions import Versions, encode_versions, versions_here
from lxr.node.fabric.service.workers import Pool, Task
from lxr.node.port import Clock
from lxr.node.said import Fault

GRACE_SECONDS: Final = 5
"""How long transactions in flight may take to end when the service is told to stop."""
MAX_STREAMS: Final = 8
"""A peer opens one; more are of several peers, or of one that came back before its old stream was found dead."""
_QUERY_THREADS: Final = 8
_OUTCOMES: Final = {REFUSED: metrics.REFUSED, REPLAYED: metrics.REPLAYED}
_OPTIONS: Final = (
    ("grpc.so_reuseport", 0),  # or a second service would share the port without a word
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.http2.max_ping_strikes", 0),  # the peer's pings would end a quiet stream
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
)
_log: Final = logging.getLogger("lxr.node.fabric.service.service")


class ServiceFault(Fault):
    """The service cannot be started, and why, in one line."""


class Service:
    """The service, from when it is made until `stop`. Raises ServiceFault: an address cannot be used.

    port, metrics_port: where it listens, also where the configuration leaves that open.
    """

    def __init__(self, config: ServiceConfig, clock: Clock = system_clock) -> None:
        self._config: Final = config
        self._versions: Final = versions_here()  # of the code that was just loaded, not of what lies there later
        self._metrics: Final = Metrics(self._versions)
        self._streams: Final[set[Stream]] = set()
        self._stopping = False
        self._server: Final = grpc.server(
            ThreadPoolExecutor(MAX_STREAMS, "stream"), options=_OPTIONS, maximum_concurrent_rpcs=MAX_STREAMS
        )
        connect = grpc.stream_stream_rpc_method_handler(
            self._connect,
            request_deserializer=ChaincodeMessage.FromString,
            response_serializer=ChaincodeMessage.SerializeToString,
        )
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("protos.Chaincode", {"Connect": connect}),)
        )
        self.port: Final = self._bind()
        self._metrics_server: Final = self._serve_metrics()
        self.metrics_port: Final = None if self._metrics_server is None else self._metrics_server.port
        self._queries: Final = ThreadPoolExecutor(_QUERY_THREADS, "query")
        self._pool: Final = Pool(config.workers, config.trust, clock, self._metrics.restarted)
        self._server.start()
        _log.info("contract of %s listens on %s:%d", config.organisation, config.listen.host, self.port)

    def stop(self) -> None:
        """Take no further transaction, finish those in flight while GRACE_SECONDS last, and end."""
        _log.info("stopping")
        self._stopping = True
        stopped = self._server.stop(GRACE_SECONDS + 1)
        give_up = time.monotonic() + GRACE_SECONDS
        while any(stream.busy for stream in list(self._streams)) and time.monotonic() < give_up:
            time.sleep(0.01)
        for stream in list(self._streams):
            stream.end()
        stopped.wait()
        self._pool.close()
        self._queries.shutdown()
        if self._metrics_server is not None:
            self._metrics_server.close()
        _log.info("stopped")

    def _bind(self) -> int:
        config = self._config
        credentials = grpc.ssl_server_credentials(
            [(config.tls_key, config.tls_certificate)], config.client_roots, require_client_auth=True
        )
        try:
            with socket() as probe:  # gRPC itself does not say why it cannot
                probe.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
                probe.bind((config.listen.host, config.listen.port))
            return self._server.add_secure_port(str(config.listen), credentials)
        except OSError as fault:
            raise ServiceFault("cannot listen on {listen}: {fault}", listen=config.listen, fault=fault) from None

    def _serve_metrics(self) -> MetricsServer | None:
        address = self._config.metrics
        if address is None:
            return None
        try:
            return MetricsServer(address.host, address.port, self._metrics.registry)
        except OSError as fault:
            self._server.stop(None)
            raise ServiceFault(
                "cannot listen on {address} for metrics: {fault}", address=address, fault=fault
            ) from None

    def _connect(self, requests: Iterator[Message], context: grpc.ServicerContext) -> Iterator[Message]:
        stream = Stream(self._config.package_id, self._begin)
        self._streams.add(stream)
        Thread(target=_listen, args=(stream, requests), name="listen", daemon=True).start()
        _log.info("a peer connected: %s", context.peer())
        try:
            yield from stream.messages()
        finally:
            stream.end()
            self._streams.discard(stream)
            _log.info("the stream ended: %s", context.peer())

    def _begin(self, transaction: Transaction) -> None:
        self._metrics.began()
        end = partial(self._end, transaction, time.monotonic_ns())
        if self._stopping:
            end(metrics.FAILED, failed("the node is stopping"))
        elif len(transaction.args) == 2 and transaction.args[0] == SUBMIT.encode():
            self._pool.submit(Task(transaction, transaction.args[1], partial(end, metrics.ACCEPTED)))
        else:
            self._queries.submit(lambda: end(metrics.READ, answered(lambda: _query(transaction, self._versions))))

    def _end(self, transaction: Transaction, begun_ns: int, good: str, answer: Answer) -> None:
        """good: the outcome if the answer is a good one."""
        told = transaction.complete(answer)
        outcome = good if told.status == ACCEPTED else _OUTCOMES.get(told.status, metrics.FAILED)
        if outcome == metrics.FAILED:
            _log.warning("transaction %s failed: %s", transaction.tx_id[:16], told.message)
        spent_ns = time.monotonic_ns() - begun_ns
        self._metrics.ended(outcome, spent_ns, transaction.reads, transaction.keys_read)


def _listen(stream: Stream, requests: Iterator[Message]) -> None:
    try:
        for message in requests:
            stream.handle(message)
    except grpc.RpcError:
        pass  # it broke: the end is the same
    except ProtocolFault as fault:
        _log.warning("the stream is closed: %s", fault)
        stream.send(ChaincodeMessage(type=ChaincodeMessage.ERROR, payload=str(fault).encode()))
    finally:
        stream.end()


def _query(transaction: Transaction, versions: Versions) -> Answer:
    """`read`, `scan` and `versions`, which write nothing. Refuses: MalformedCommand."""
    try:
        match transaction.args:
            case (b"read", keys):
                return Answer(ACCEPTED, payload=encode_values(transaction.get_many(decode_keys(keys))))
            case (b"scan", prefix, after):
                return Answer(ACCEPTED, payload=encode_page(transaction.page(prefix.decode(), after.decode())))
            case (b"versions",):
                return Answer(ACCEPTED, payload=encode_versions(versions))
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise MalformedCommand(part=Part.ARGUMENT, **place_of(fault)) from None
    raise MalformedCommand(case="no_function")


def main(arguments: list[str]) -> int:
    """Run until SIGTERM or SIGINT. Gives 0; 1 where it cannot listen; 2 where the configuration is wrong."""
    if len(arguments) != 1:
        print("usage: python -m lxr.node.fabric.service.service CONFIG.toml", file=sys.stderr)
        return 2
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    told = Event()

    def stop(_: int, __: FrameType | None) -> None:
        told.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        service = Service(read_config(Path(arguments[0])))
    except ConfigFault as fault:
        print(fault, file=sys.stderr)
        return 2
    except ServiceFault as fault:
        print(fault, file=sys.stderr)
        return 1
    told.wait()
    service.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
