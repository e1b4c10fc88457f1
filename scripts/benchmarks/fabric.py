"""Measures a Fabric network, from nothing, beside the embedded ledger under the same work."""

import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks import machine, report
from benchmarks.probe import SIDE_BY_SIDE, THREADS, Probe
from benchmarks.report import Measured
from benchmarks.workload import Figures, Phase, Size, everything, percentile, proposals, timed
from consortium import NAME, PASSPHRASE, House
from fabricnet import VALID_FROM, VALID_TO, on_network
from lxr_chaincode.governance import geneses
from lxr_network.authority import ORGANISATIONS
from lxr_network.consortium import Consortium
from lxr_network.fabric import network
from lxr_network.fabric.binaries import Fabric, find_fabric
from lxr_network.fabric.connection import connection
from lxr_network.fabric.description import FabricDescription, Ordering, describe
from lxr_network.fabric.founding import found_fabric
from lxr_network.fabric.ports import free_base_port
from lxr_node.envelope import seal
from lxr_node.fabric.answers import READ, encode_keys
from lxr_node.fabric.ledger import FabricLedger
from lxr_node.fabric.sending import Sender, Sent

CONCURRENT: Final = 640
READS: Final = 100
PHASES: Final = 15


def measure(size: Size, ordering: Ordering, block_ms: int, processes: int, console: Console) -> Measured:
    """Both ledgers. Raises NetworkFault: there is no Fabric, or it does not come up."""
    fabric = find_fabric()
    conditions = machine.conditions() | {
        "Fabric": fabric.version,
        "ordering": ordering,
        "block_ms": block_ms,
        "contract processes per organisation": processes,
        "workers": f"{size.workers} in {size.shards} shards, {size.days} days each",
    }
    description = describe(
        ORGANISATIONS, ordering=ordering, block_ms=block_ms, workers=processes, base_port=free_base_port()
    )
    with tempfile.TemporaryDirectory() as place, report.phases(console, PHASES) as shown:
        on_fabric: Figures = {}
        embedded: Figures = {}
        _embedded(Path(place), size, lambda name: shown(f"embedded: {name}"), embedded)
        _fabric(Path(place) / "net", fabric, description, size, lambda name: shown(f"Fabric: {name}"), on_fabric)
    return Measured(conditions, {"Fabric": on_fabric, "embedded": embedded})


def _embedded(place: Path, size: Size, phase: Phase, figures: Figures) -> None:
    house = House(place)
    try:
        everything(house, size, phase, figures)
    finally:
        house.close()


def _fabric(
    place: Path, fabric: Fabric, description: FabricDescription, size: Size, phase: Phase, figures: Figures
) -> None:
    with timed() as took:
        consortium = found_fabric(place, NAME, True, PASSPHRASE, VALID_FROM, VALID_TO, description)
    founded_s = took.s
    try:
        with phase("network up"), timed() as took:
            network.up(consortium, PASSPHRASE, fabric)
        figures["network up, from nothing (s)"] = founded_s + took.s
        _on(consortium, place, size, phase, figures)
    finally:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave nodes behind
        network.down(consortium)
        signal.signal(signal.SIGINT, before)


def _on(consortium: Consortium, place: Path, size: Size, phase: Phase, figures: Figures) -> None:
    house = House(place, on_network(consortium))
    sender = Sender(connection(consortium, "union"))
    try:
        probe = Probe(consortium, house, phase, figures)
        with probe.stopwatch.on():
            everything(house, size, probe.phase, figures)
            with probe.phase(SIDE_BY_SIDE):
                figures.update(_side_by_side(house, sender))
        with phase("reading"):
            figures.update(_reading(house, sender))
        figures.update({f"memory of one {kind} (MiB)": mib for kind, mib in machine.memory_mib(probe.pids).items()})
        assert isinstance(house.ledger, FabricLedger)
        senders = (sender, house.ledger._sender)  # the ledger shows only a part of what its sender counts
        figures["conflicts"] = sum(each.conflicts for each in senders)
        figures["retries"] = sum(each.retries for each in senders)
        figures["failovers"] = sum(each.peers.failovers for each in senders)
    finally:
        sender.close()
        house.close()


def _side_by_side(house: House, sender: Sender) -> Figures:
    admin = house.identity("union", "admin")
    envelopes = [
        seal(each, house.ledger_id, admin.certificate_pem, admin.private_key, house.clock())
        for each in proposals(house, CONCURRENT)
    ]
    with ThreadPoolExecutor(THREADS) as pool, timed() as took:
        outcomes = list(pool.map(sender.send, envelopes))
    assert all(isinstance(each, Sent) for each in outcomes)
    return {f"{SIDE_BY_SIDE} (1/s)": CONCURRENT / took.s}


def _reading(house: House, sender: Sender) -> Figures:
    """One key, asked of the contract at the own peer, and of the node's own copy."""
    gateway, key = sender.peers.of("union"), geneses.key()
    asked_s, read_s = [], []
    for _ in range(READS):
        with timed() as took:
            gateway.evaluate(READ, [encode_keys([key])], ["union"])
        asked_s.append(took.s)
        with timed() as took:
            house.ledger.read([key])
        read_s.append(took.s)
    return {
        "reading a key: from the contract (evaluate), p50 (ms)": percentile(asked_s, 50),
        "reading a key: from the node's copy, p50 (ms)": percentile(read_s, 50),
    }
