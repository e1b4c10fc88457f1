"""What the contract service counts, for Prometheus to collect."""

from http.server import ThreadingHTTPServer
from threading import Thread
from typing import Final

from msgspec.structs import asdict
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    MetricsHandler,
    ProcessCollector,
    disable_created_metrics,
)

from lxr.node.fabric.service.versions import Versions

ACCEPTED, REFUSED, REPLAYED, FAILED, READ = "accepted", "refused", "replayed", "failed", "read"
OUTCOMES: Final = (ACCEPTED, REFUSED, REPLAYED, FAILED, READ)
"""READ: a query was answered."""
BUCKETS_SECONDS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

disable_created_metrics()  # type: ignore[no-untyped-call]  # all count from process_start_time_seconds on


class Metrics:
    """Counts since the service began. For every thread."""

    def __init__(self, versions: Versions) -> None:
        self.registry: Final = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        Info("lxr_build", "What this node runs.", registry=self.registry).info(_labels(versions))
        answered = self._counter("transactions", "Transactions answered, by outcome.", "outcome")
        self._outcomes: Final = {outcome: answered.labels(outcome) for outcome in OUTCOMES}
        self._in_flight: Final = Gauge(
            "lxr_contract_in_flight", "Transactions not answered yet.", registry=self.registry
        )
        self._reads: Final = self._counter("reads", "Requests for state to the peer.")
        self._keys_read: Final = self._counter("keys_read", "Keys read.")
        self._restarts: Final = self._counter("worker_restarts", "Workers that died.")
        self._spent: Final = Histogram(
            "lxr_contract_seconds",
            "From a transaction's coming to its answer.",
            buckets=BUCKETS_SECONDS,
            registry=self.registry,
        )

    def began(self) -> None:
        """Count a transaction that came."""
        self._in_flight.inc()

    def ended(self, outcome: str, spent_ns: int, reads: int, keys_read: int) -> None:
        """Count that it was answered. reads: requests to the peer, for keys_read keys in all."""
        self._in_flight.dec()
        self._outcomes[outcome].inc()
        self._reads.inc(reads)
        self._keys_read.inc(keys_read)
        self._spent.observe(spent_ns / 1_000_000_000)

    def restarted(self) -> None:
        """Count a worker that had died and was replaced."""
        self._restarts.inc()

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"lxr_contract_{name}", meaning, labels, registry=self.registry)


class MetricsServer:
    """Answers `GET /metrics` on an address of its own, until `close`. Raises OSError: the address cannot be used."""

    def __init__(self, host: str, port: int, registry: CollectorRegistry) -> None:
        self._server: Final = ThreadingHTTPServer((host, port), MetricsHandler.factory(registry))
        self._server.daemon_threads = True
        self.port: Final[int] = self._server.server_address[1]
        self._thread: Final = Thread(target=self._server.serve_forever, args=(0.1,), name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Give the address back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _labels(versions: Versions) -> dict[str, str]:
    """Give one label to each version; several contracts stand in one, with commas."""
    return {name: value if isinstance(value, str) else ",".join(value) for name, value in asdict(versions).items()}
