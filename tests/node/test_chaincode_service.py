import multiprocessing
import os
import platform
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from msgspec.structs import asdict, replace

import releases
from consortium import approval
from fakepeer import Done, FakePeer, Running, make_tls, running, sample, write_config
from lxr.chaincode.admission import admit, admit_founding
from lxr.chaincode.clock import PAST_MS_MAX
from lxr.chaincode.contract import Call, execute
from lxr.chaincode.envelope import Envelope, encode_envelope
from lxr.chaincode.founding import EMBEDDED, Found, geneses
from lxr.chaincode.governance import Propose
from lxr.chaincode.ledger_refusals import ClockOff, ContractMissing
from lxr.chaincode.refusals import CertificateRefused, Exists, MalformedCommand
from lxr.chaincode.types import digest
from lxr.network.consortium import Consortium
from lxr.node import contracts
from lxr.node.fabric.answers import (
    ACCEPTED,
    FAILED,
    REFUSED,
    REPLAYED,
    Replayed,
    decode_refusal,
    decode_replayed,
    encode_keys,
)
from lxr.node.fabric.service.config import ConfigFault, read_config
from lxr.node.fabric.service.decide import Answer, Trust, decide
from lxr.node.fabric.service.metrics import OUTCOMES
from lxr.node.fabric.service.service import Service, ServiceFault
from lxr.node.fabric.service.versions import decode_versions, versions_here
from lxr.node.node_clock import AHEAD_MS_MAX
from lxr.node.version import contract_version
from lxr.token.refusal import Refusal
from waiting import PATIENCE_S, eventually

AT_MS = 1_788_220_800_000
ZEROS = "0" * 64
Sealed = Callable[..., Envelope]
Proposes = Callable[..., Propose]
Founds = Callable[..., Found]


class State(dict[str, bytes]):
    """A Reader."""

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        return [self.get(key) for key in keys]


@pytest.fixture(scope="module")
def trust(consortium: Consortium) -> Trust:
    return Trust(consortium.roots(), True, EMBEDDED, "7" * 64)


@pytest.fixture(scope="module")
def contract(trust: Trust, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("service"), trust, lambda: AT_MS) as service:
        yield service


@pytest.fixture
def peer(contract: Running, sealed: Sealed, founded: Founds) -> Iterator[FakePeer]:
    """One on whose channel the ledger is founded."""
    with contract.peer() as connected:
        connected.commit(connected.invoke(b"submit", encode_envelope(sealed(founded()))))
        yield connected
        assert [] == connected.overlaps


def submit(peer: FakePeer, envelope: Envelope) -> Done:
    return peer.commit(peer.invoke(b"submit", encode_envelope(envelope)))


def refusal_in(done: Done | Answer) -> Refusal:
    assert REFUSED == done.status
    refusal = decode_refusal(done.message)
    assert refusal is not None
    return refusal


def test_a_founding_and_what_follows_write_exactly_what_the_contract_gives(
    contract: Running, sealed: Sealed, founded: Founds, propose: Proposes
) -> None:
    envelopes = [
        sealed(founded()),
        sealed(propose(1)),
        sealed(approval(propose(1), "approve-1"), "regulator"),
    ]
    state = State()

    def admitted(envelope: Envelope) -> Call:
        (genesis,) = state.get_many([geneses.key()])
        return admit(envelope, geneses.decode(genesis)) if genesis else admit_founding(envelope)[0]

    with contract.peer() as peer:
        for envelope, name in zip(
            envelopes, ["governance.found", "governance.propose", "governance.approve"], strict=True
        ):
            expected = execute(state, admitted(envelope))
            state.update(expected.writes)
            done = submit(peer, envelope)
            assert (ACCEPTED, "", expected.result) == (done.status, done.message, done.payload)
            assert expected.writes == tuple(sorted(done.writes.items()))
            assert (name, envelope.tx_id.encode()) == done.event
        assert state == peer.state


def test_a_refusal_carries_its_code_and_facts_and_writes_nothing(
    peer: FakePeer, sealed: Sealed, propose: Proposes
) -> None:
    submit(peer, sealed(propose(1)))
    done = submit(peer, sealed(propose(2, proposal="PUNION-1")))
    refusal = refusal_in(done)
    assert isinstance(refusal, Exists)
    assert {"what", "number"} == set(refusal.facts)
    assert ({}, None) == (done.writes, done.event)


def test_a_replay_names_the_first_transaction_and_is_not_endorsed(
    peer: FakePeer, sealed: Sealed, propose: Proposes
) -> None:
    first = sealed(propose(1))
    submit(peer, first)
    for again in (first, sealed(propose(1))):
        done = submit(peer, again)
        assert (REPLAYED, Replayed(first.tx_id)) == (done.status, decode_replayed(done.message))
        assert ({}, None) == (done.writes, done.event)


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ((), "case=no_function"),
        ((b"destroy", b"x"), "case=no_function"),
        ((b"submit",), "case=no_function"),
        ((b"submit", b"x", b"y"), "case=no_function"),
        ((b"\xff",), "case=no_function"),
        ((b"submit", b""), "part=envelope"),
        ((b"submit", b"\x93\xc4\x02{}\xc4\x01x\xc4\x00"), "part=payload"),
        ((b"submit", os.urandom(1000)), "part=envelope"),
        ((b"read", b"garbage"), "part=argument"),
        ((b"scan", b"\xff", b""), "part=argument"),
        ((b"scan", b""), "case=no_function"),
        ((b"versions", b"x"), "case=no_function"),
    ],
)
def test_what_is_no_call_is_refused_as_malformed(peer: FakePeer, args: tuple[bytes, ...], problem: str) -> None:
    refusal = refusal_in(peer.invoke(*args))
    assert isinstance(refusal, MalformedCommand)
    assert problem in str(refusal)


def test_a_bug_is_told_in_one_line_that_quotes_nothing(
    peer: FakePeer, sealed: Sealed, propose: Proposes, caplog: pytest.LogCaptureFixture
) -> None:
    peer.state[geneses.key()] = b"secret"
    done = submit(peer, sealed(propose(1)))
    assert (FAILED, {}, None) == (done.status, done.writes, done.event)
    assert done.message.startswith("a bug: DecodeError at interface.py:")
    assert "\n" not in done.message
    assert "secret" not in done.message
    assert eventually(lambda: bool(caplog.records))  # the answer is given before it is logged
    assert [done.message] == [record.args[1] for record in caplog.records if isinstance(record.args, tuple)]


def test_only_the_founding_that_this_node_was_told_of_begins_a_ledger(
    trust: Trust, sealed: Sealed, founded: Founds, propose: Proposes
) -> None:
    def answer(command: object, told: Trust = trust) -> Refusal:
        return refusal_in(decide(State(), told, AT_MS, encode_envelope(sealed(command))))

    others = {**trust.roots, "bank": trust.roots["regulator"]}
    for refusal, kind, problem in (
        (answer(propose(1)), MalformedCommand, "case=no_founding"),
        (answer(founded(), replace(trust, roots=others)), CertificateRefused, "case=other_roots"),
        (answer(founded(), replace(trust, rehearsal=False)), MalformedCommand, "case=rehearsal"),
        (answer(replace(founded(), genesis_block=ZEROS)), MalformedCommand, "case=other_channel"),
        (answer(replace(founded(), channel="other")), MalformedCommand, "case=other_channel"),
        (answer(founded(rehearsal=False)), MalformedCommand, "case=no_rehearsal"),
        (answer(founded(version=ZEROS)), ContractMissing, ZEROS),
    ):
        assert kind is type(refusal)
        assert problem in str(refusal)


def test_no_ledger_is_founded_under_an_earlier_contract_than_its_nodes_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trust: Trust, sealed: Sealed, founded: Founds
) -> None:
    """Else the union alone could choose one with a fault that is known, and every node would have it."""
    earlier = releases.made(
        tmp_path, {"chaincode/founding.py": ('"""Founding of a ledger', '"""The founding of a ledger')}
    )
    releases.released(tmp_path, earlier, monkeypatch)
    refusal = refusal_in(decide(State(), trust, AT_MS, encode_envelope(sealed(founded(version=earlier)))))
    assert MalformedCommand is type(refusal)
    assert {"case": "other_contract", "contract": earlier, "newest": contract_version()} == refusal.facts
    contracts.contract.cache_clear()


@pytest.mark.parametrize("off_ms", [PAST_MS_MAX + 1_000, -AHEAD_MS_MAX - 1_000])
def test_outside_a_rehearsal_a_time_far_from_this_nodes_clock_is_refused(
    trust: Trust, sealed: Sealed, founded: Founds, propose: Proposes, off_ms: int
) -> None:
    real, state, command = replace(trust, rehearsal=False), State(), founded(rehearsal=False)
    founding = encode_envelope(sealed(command))
    assert isinstance(refusal_in(decide(state, real, AT_MS + off_ms, founding)), ClockOff)
    state.update(decide(state, real, AT_MS, founding).writes)
    proposal = encode_envelope(sealed(propose(1), ledger=digest(command)))
    refusal = refusal_in(decide(state, real, AT_MS + off_ms, proposal))
    assert {"seconds": -off_ms // 1000} == refusal.facts
    assert ACCEPTED == decide(state, real, AT_MS + off_ms // 2, proposal).status


def test_in_a_rehearsal_any_time_will_do(
    peer: FakePeer, trust: Trust, sealed: Sealed, founded: Founds, propose: Proposes
) -> None:
    later = AT_MS + 90 * 86_400_000
    assert ACCEPTED == decide(State(), trust, later, encode_envelope(sealed(founded()))).status
    assert ACCEPTED == submit(peer, sealed(propose(1), at_ms=later)).status


def test_under_a_contract_that_is_not_here_nothing_is_endorsed(
    peer: FakePeer, sealed: Sealed, propose: Proposes
) -> None:
    peer.state["contract"] = peer.state["contract"].replace(contract_version().encode(), ZEROS.encode())
    refusal = refusal_in(submit(peer, sealed(propose(1))))
    assert isinstance(refusal, ContractMissing)
    assert {"contract": ZEROS} == refusal.facts


def restarts(contract: Running) -> float:
    return contract.figures()["lxr_contract_worker_restarts_total"]


@pytest.fixture
def pooled(trust: Trust, tmp_path: Path) -> Iterator[Running]:
    """A service with two worker processes."""
    with running(tmp_path, trust, lambda: AT_MS, workers=2) as service:
        yield service


def kill_workers() -> None:
    workers = multiprocessing.active_children()
    assert 2 == len(workers)
    for worker in workers:
        worker.kill()
        worker.join(PATIENCE_S)


def test_a_worker_that_is_killed_fails_its_transaction_and_is_replaced(
    pooled: Running, sealed: Sealed, founded: Founds, propose: Proposes
) -> None:
    with pooled.peer() as peer:
        submit(peer, sealed(founded()))
        peer.hold.set()
        struck = peer.begin(b"submit", encode_envelope(sealed(propose(1))))
        assert peer.held.wait(PATIENCE_S)
        kill_workers()
        peer.hold.clear()
        done = struck.result(PATIENCE_S)
        assert (FAILED, {}) == (done.status, done.writes)
        assert "the process that ran the contract has died" in done.message
        for number in range(2, 6):
            assert ACCEPTED == submit(peer, sealed(propose(number))).status
        assert restarts(pooled) in (1, 2)  # the idle one is replaced when it gets its next transaction


def test_a_worker_that_died_while_idle_costs_no_transaction(
    pooled: Running, sealed: Sealed, founded: Founds, propose: Proposes
) -> None:
    with pooled.peer() as peer:
        submit(peer, sealed(founded()))
        kill_workers()
        assert ACCEPTED == submit(peer, sealed(propose(1))).status


def test_where_one_process_is_enough_there_is_no_other(peer: FakePeer, sealed: Sealed, propose: Proposes) -> None:
    assert [] == multiprocessing.active_children()
    assert ACCEPTED == submit(peer, sealed(propose(1))).status


def test_a_peer_without_a_certificate_or_with_one_of_another_authority_is_not_let_in(
    contract: Running, tmp_path: Path
) -> None:
    for peer in (
        FakePeer(contract.address, contract.tls, certificate=False),
        FakePeer(contract.address, contract.tls, own=make_tls(tmp_path)),
    ):
        with peer, pytest.raises(grpc.RpcError) as caught:
            peer.registered.result(PATIENCE_S)
        assert isinstance(caught.value, grpc.Call)
        assert grpc.StatusCode.UNAVAILABLE == caught.value.code()


def test_it_says_what_it_runs(peer: FakePeer) -> None:
    done = peer.invoke(b"versions")
    assert (ACCEPTED, {}, None) == (done.status, done.writes, done.event)
    said = decode_versions(done.payload)
    assert (contract_version(), platform.python_version()) == (said.contract, said.python)
    assert said == versions_here()


def test_it_counts_what_it_answered_how_and_how_long_it_took(
    trust: Trust, tmp_path: Path, sealed: Sealed, founded: Founds
) -> None:
    with running(tmp_path, trust, lambda: AT_MS) as contract, contract.peer() as peer:
        submit(peer, sealed(founded()))
        submit(peer, sealed(founded()))
        peer.invoke(b"read", encode_keys(["a", "b"]))
        peer.invoke(b"unknown")
        peer.invoke(b"read", encode_keys([""]))
        assert eventually(lambda: 5 == contract.figures()["lxr_contract_seconds_count"])
        counted = contract.figures()
    build = {name: v if isinstance(v, str) else ",".join(v) for name, v in asdict(versions_here()).items()}
    expected = {
        **{sample("lxr_contract_transactions_total", outcome=outcome): 1.0 for outcome in OUTCOMES},
        "lxr_contract_in_flight": 0.0,
        sample("lxr_contract_seconds_bucket", le="30.0"): 5.0,
        sample("lxr_contract_seconds_bucket", le="+Inf"): 5.0,
        "lxr_contract_worker_restarts_total": 0.0,
        sample("lxr_build_info", **build): 1.0,
        # founding and replay: genesis, clock, version, revocation and request at once; read: its two keys
        "lxr_contract_reads_total": 3.0,
        "lxr_contract_keys_read_total": 12.0,
    }
    assert expected == {name: counted.get(name) for name in expected}
    assert counted["lxr_contract_seconds_sum"] > 0
    assert counted["process_start_time_seconds"] > 0
    assert not [name for name in counted if "_created" in name]


class Process:
    """The service as a process of its own. log: its lines so far."""

    def __init__(self, config: Path) -> None:
        command = [sys.executable, "-m", "lxr.node.fabric.service.service", str(config)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.log: list[str] = []
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.log += iter(self.process.stderr.readline, "")

    def wait(self) -> tuple[int, list[str]]:
        code = self.process.wait(PATIENCE_S)
        self._reading.join(PATIENCE_S)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code, self.log


@contextmanager
def process(config: Path) -> Iterator[Process]:
    started = Process(config)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.process.kill()
            started.wait()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize(("told", "workers"), [(signal.SIGTERM, 1), (signal.SIGTERM, 2), (signal.SIGINT, 2)])
def test_told_to_stop_it_finishes_what_is_in_flight_takes_nothing_more_and_leaves_no_process(
    trust: Trust, tmp_path: Path, sealed: Sealed, founded: Founds, told: signal.Signals, workers: int
) -> None:
    with process(write_config(tmp_path, trust, workers=workers)) as service:
        assert eventually(lambda: any("listens on" in line for line in service.log))
        address = f"localhost:{service.log[0].rsplit(':', 1)[1].strip()}"
        with FakePeer(address, tmp_path / "tls") as peer:
            peer.hold.set()
            in_flight = peer.begin(b"submit", encode_envelope(sealed(founded())))
            assert peer.held.wait(PATIENCE_S)
            others = children(service.process.pid)
            assert bool(others) == (workers > 1)
            os.kill(service.process.pid, told)
            for other in others:  # a signal to the whole group reaches them too
                os.kill(other, told)
            assert eventually(lambda: any("stopping" in line for line in service.log))
            late = peer.invoke(b"submit", encode_envelope(sealed(founded())))
            assert (FAILED, "the node is stopping") == (late.status, late.message)
            peer.hold.clear()
            assert ACCEPTED == in_flight.result(PATIENCE_S).status
            assert peer.ended.wait(PATIENCE_S)
        code, log = service.wait()
        assert 0 == code
        assert log[-1].endswith("INFO stopped\n")
        assert eventually(lambda: not any(map(runs, others)))
    assert [] == [line for line in log if "Found" in line or "governance" in line or "Traceback" in line]


def test_workers_end_when_the_service_is_killed(trust: Trust, tmp_path: Path) -> None:
    with process(write_config(tmp_path, trust, workers=2)) as service:
        assert eventually(lambda: any("listens on" in line for line in service.log))
        workers = children(service.process.pid)
        assert 2 <= len(workers)  # and the tracker that Python starts beside them
        service.process.kill()
        service.wait()
        assert eventually(lambda: not any(map(runs, workers)))


def test_a_wrong_file_or_a_port_in_use_is_one_line_and_a_code_of_its_own(trust: Trust, tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"
    with process(missing) as service:
        assert (2, [f"{missing}: {missing}: cannot be read: No such file or directory\n"]) == service.wait()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with process(write_config(tmp_path, trust, listen=address)) as service:
            assert (1, [f"cannot listen on {address}: Address already in use\n"]) == service.wait()
        config = read_config(write_config(tmp_path, trust, metrics=address))
        with pytest.raises(ServiceFault, match=f"cannot listen on {address} for metrics: Address already in use"):
            Service(config)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"listen": "localhost"}, r"Expected `str` matching regex .* - at `\$.listen`"),
        ({"listen": "localhost:70000"}, "listen: expected a port up to 65535, not 70000"),
        ({"workers": -1}, r"Expected `int` >= 0 - at `\$.workers`"),
        ({"rehearsal": 1}, r"Expected `bool`, got `int` - at `\$.rehearsal`"),
        ({"metricks": "x"}, "unknown field `metricks`"),
        ({"organisation": "press"}, "organisation: expected one of union, employer, bank, regulator"),
        ({"client_roots": []}, "client_roots"),
        ({"tls_certificate": "none.crt"}, "none.crt: cannot be read: No such file"),
        ({"tls_certificate": "/dev/zero"}, "/dev/zero: is no file, and may have no end; expected a file or a pipe"),
        ({"tls_key": "long.key"}, "long.key: more than 65536 bytes; expected a smaller file"),
        ({"tls_certificate": "tls/server.key"}, "tls/server.key: expected an X.509 certificate as PEM"),
        ({"tls_key": "tls/server.crt"}, "tls/server.crt: expected a private key as PEM, without a passphrase"),
        ({"tls_key": "tls/client.key"}, "tls/client.key: not the key of the TLS certificate"),
    ],
)
def test_a_wrong_configuration_names_the_field_and_what_was_expected(
    trust: Trust, tmp_path: Path, changes: dict[str, object], problem: str
) -> None:
    (tmp_path / "long.key").write_bytes(bytes(65_537))
    path = write_config(tmp_path, trust, **changes)
    with pytest.raises(ConfigFault, match=problem) as caught:
        read_config(path)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"#" * (1 << 20) + b"\n", "more than 1048576 bytes"),
        (b"x = " + b"[" * 50_000, "is not TOML: it is nested too deeply"),
        (b"a" + b".a" * 50_000 + b" = 1", "has a key with more than 16 dots"),
        (b"\xff", "is not UTF-8"),
        (b"x =", "is not TOML"),
    ],
)
def test_a_configuration_that_is_too_much_is_refused_before_it_costs_time(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "service.toml").write_bytes(content)
    with pytest.raises(ConfigFault, match=said):
        read_config(tmp_path / "service.toml")


def test_a_configuration_without_all_four_roots_is_refused(trust: Trust, tmp_path: Path) -> None:
    roots = {name: pem for name, pem in trust.roots.items() if name != "bank"}
    with pytest.raises(ConfigFault, match="roots: expected one of each: union, employer, bank, regulator"):
        read_config(write_config(tmp_path, replace(trust, roots=roots)))


def test_a_configuration_is_read_with_all_that_it_names_and_may_do_without_metrics(
    trust: Trust, tmp_path: Path
) -> None:
    path = write_config(tmp_path, trust, workers=0)
    path.write_text("\n".join(line for line in path.read_text().splitlines() if not line.startswith("metrics")))
    config = read_config(path)
    assert (trust, None, 0) == (config.trust, config.metrics, config.workers)
    assert (tmp_path / "tls" / "ca.crt").read_bytes() == config.client_roots
