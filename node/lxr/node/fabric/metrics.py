"""What the contract service counts, in Prometheus' text format (exposition format 0.0.4)."""

import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Final

from msgspec.structs import asdict

from lxr.node.fabric.versions import Versions

ACCEPTED, REFUSED, REPLAYED, FAILED, READ = "accepted", "refused", "replayed", "failed", "read"
OUTCOMES: Final = (ACCEPTED, REFUSED, REPLAYED, FAILED, READ)
"""READ: a query was answered."""
BUCKETS_MS: Final = (2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000)
_CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts since the service began. For every thread."""

    def __init__(self, versions: Versions) -> None:
        self._versions: Final = versions
        self._lock: Final = Lock()
        self._started_ms: Final = time.time_ns() // 1_000_000
        self._outcomes: Final = dict.fromkeys(OUTCOMES, 0)
        self._buckets: Final = dict.fromkeys(BUCKETS_MS, 0)
        self._spent_ns = 0
        self._in_flight = 0
        self._reads = 0
        self._keys_read = 0
        self._restarts = 0

    def began(self) -> None:
        """A transaction came."""
        with self._lock:
            self._in_flight += 1

    def ended(self, outcome: str, spent_ns: int, reads: int, keys_read: int) -> None:
        """It was answered. reads: requests to the peer, for keys_read keys in all."""
        with self._lock:
            self._in_flight -= 1
            self._outcomes[outcome] += 1
            self._spent_ns += spent_ns
            self._reads += reads
            self._keys_read += keys_read
            for limit_ms in BUCKETS_MS:
                self._buckets[limit_ms] += spent_ns <= limit_ms * 1_000_000

    def restarted(self) -> None:
        """A worker had died and was replaced."""
        with self._lock:
            self._restarts += 1

    def text(self) -> str:
        """All of it, one line each."""
        with self._lock:
            return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        build = ",".join(f'{name}="{value}"' for name, value in asdict(self._versions).items())
        yield from _head("lxr_build_info", "gauge", "What this node runs.")
        yield f"lxr_build_info{{{build}}} 1"
        answered = sum(self._outcomes.values())
        yield from _head("lxr_contract_transactions_total", "counter", "Transactions answered, by outcome.")
        for outcome, count in self._outcomes.items():
            yield f'lxr_contract_transactions_total{{outcome="{outcome}"}} {count}'
        yield from _single("lxr_contract_in_flight", "gauge", "Transactions not answered yet.", self._in_flight)
        yield from _single("lxr_contract_reads_total", "counter", "Requests for state to the peer.", self._reads)
        yield from _single("lxr_contract_keys_read_total", "counter", "Keys read.", self._keys_read)
        yield from _head("lxr_contract_seconds", "histogram", "From a transaction's coming to its answer.")
        for limit_ms, count in self._buckets.items():
            yield f'lxr_contract_seconds_bucket{{le="{_seconds(limit_ms * 1_000_000)}"}} {count}'
        yield f'lxr_contract_seconds_bucket{{le="+Inf"}} {answered}'
        yield f"lxr_contract_seconds_sum {_seconds(self._spent_ns)}"
        yield f"lxr_contract_seconds_count {answered}"
        yield from _single("lxr_contract_worker_restarts_total", "counter", "Workers that died.", self._restarts)
        started = _seconds(self._started_ms * 1_000_000)
        yield from _head("process_start_time_seconds", "gauge", "When the service began, unix time.")
        yield f"process_start_time_seconds {started}"


class MetricsServer:
    """`GET /metrics` on an address of its own, until `close`. Raises OSError: the address cannot be used."""

    def __init__(self, host: str, port: int, text: Callable[[], str]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = self.path == "/metrics"
                body = text().encode() if found else b""
                self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
                self.send_header("Content-Type", _CONTENT_TYPE)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Being asked is not worth a line."""

        self._server: Final = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self.port: Final[int] = self._server.server_address[1]
        self._thread: Final = Thread(target=self._server.serve_forever, args=(0.1,), name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Give the address back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _head(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {kind}"


def _single(name: str, kind: str, meaning: str, value: int) -> Iterator[str]:
    yield from _head(name, kind, meaning)
    yield f"{name} {value}"


def _seconds(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return f"{seconds}.{rest:09d}".rstrip("0").rstrip(".")
