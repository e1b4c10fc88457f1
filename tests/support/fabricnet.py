"""A Fabric network for tests: four organisations on this machine, from the real binaries.

    with fabric_network(tmp_path / "net") as consortium: ...         # up, and down again at the end
    House(tmp_path, on_fabric(tmp_path / "net"))                     # see `consortium.House`; close it, then take_down

Where the binaries are missing a test is skipped, and says what to install; with LXR_REQUIRE_FABRIC set it fails.
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import pytest

from consortium import NAME, PASSPHRASE, Maker, Origin
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.envelope import Envelope
from lxr.network.consortium import Consortium
from lxr.network.fabric import network, processes
from lxr.network.fabric.binaries import Fabric, find_fabric
from lxr.network.fabric.channel import first_block_hash
from lxr.network.fabric.connection import connection
from lxr.network.fabric.description import HOST, Ordering, describe
from lxr.network.fabric.faults import NetworkFault
from lxr.network.fabric.founding import found_fabric
from lxr.network.fabric.nodes import described, node_named
from lxr.network.fabric.ports import free_base_port
from lxr.node.audit import audit
from lxr.node.fabric.answers import SCAN, decode_page
from lxr.node.fabric.client.gateway import Gateway
from lxr.node.fabric.ledger import FabricLedger
from lxr.node.port import Clock, Ledger
from lxr.token.refusal import Refusal
from waiting import PATIENCE_S, eventually

VALID_FROM, VALID_TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2056, 1, 1, tzinfo=UTC)
BLOCK_MS: Final = 10
"""Short: tests wait for one transaction after the other."""
_POLL_S: Final = 0.02


def needed_fabric() -> Fabric:
    """The binaries; without them the test is skipped, or fails where they are required."""
    try:
        return find_fabric()
    except NetworkFault as fault:
        if os.environ.get("LXR_REQUIRE_FABRIC"):
            pytest.fail(str(fault))
        pytest.skip(str(fault))


@contextmanager
def fabric_network(
    directory: Path,
    *,
    name: str = NAME,
    passphrase: bytes = PASSPHRASE,
    ordering: Ordering = "bft",
    rehearsal: bool = True,
    block_ms: int = BLOCK_MS,
) -> Iterator[Consortium]:
    """A new network, brought up; taken down at the end."""
    fabric = needed_fabric()
    description = describe(ORGANISATIONS, ordering=ordering, base_port=free_base_port(), block_ms=block_ms)
    made = found_fabric(directory, name, rehearsal, passphrase, VALID_FROM, VALID_TO, description)
    try:
        network.up(made, passphrase, fabric)
        yield made
    finally:
        network.down(made)


def ledger_of(consortium: Consortium, organisation: str = "union") -> FabricLedger:
    """The ledger as that organisation's node has it."""
    copy = consortium.nodes_dir(organisation) / "ledger.db"
    return FabricLedger(connection(consortium, organisation), copy, consortium.roots())


def on_network(consortium: Consortium) -> Maker:
    """Makes a House on a network that is up and whose ledger is not founded yet."""

    def make(_: Path) -> tuple[Consortium, Origin, Callable[[Envelope, Clock], Ledger]]:
        origin = described(consortium).channel, first_block_hash(consortium)
        return consortium, origin, lambda founding, _: founded(consortium, founding)

    return make


def founded(consortium: Consortium, founding: Envelope) -> FabricLedger:
    """The union's ledger, once it is founded."""
    ledger = ledger_of(consortium)
    (answer,) = ledger.submit([founding])
    if isinstance(answer, Refusal):
        raise answer
    return ledger


def until(what: str, there: Callable[[], bool]) -> None:
    """Wait for it."""
    assert eventually(there), f"{what}: not after {PATIENCE_S:.0f} s"


def kill(consortium: Consortium, *names: str) -> None:
    """End these nodes as a power cut does."""
    nodes = [node_named(consortium, name) for name in names]
    for node in nodes:
        pid = processes.pid_of(node)
        assert pid is not None, f"{node.name} does not run"
        os.kill(pid, signal.SIGKILL)
    until(f"the end of {', '.join(names)}", lambda: all(processes.pid_of(node) is None for node in nodes))


def restart(consortium: Consortium, *names: str) -> None:
    """Start these nodes again."""
    for name in names:
        network.restart(consortium, needed_fabric(), name)


def leader(consortium: Consortium) -> str:
    """The organisation whose orderer leads the others, as it says itself."""
    for node in network.status(consortium):
        if node.kind == "orderer" and node.running:
            port = node_named(consortium, node.name).at.orderer_operations
            channel = described_channel(consortium)
            if gauge(port, f'consensus_BFT_is_leader{{channel="{channel}"}}') == 1:
                return node.organisation
    raise AssertionError("no orderer says that it leads")


def described_channel(consortium: Consortium) -> str:
    assert consortium.fabric is not None
    return consortium.fabric.channel


def gauge(port: int, name: str) -> float | None:
    """A figure of a node's metrics."""
    asked = HTTPConnection(HOST, port, timeout=5)
    try:
        asked.request("GET", "/metrics")
        lines = asked.getresponse().read().decode().splitlines()
    finally:
        asked.close()
    return next((float(line.split()[-1]) for line in lines if line.startswith(f"{name} ")), None)


def heights(consortium: Consortium) -> dict[str, int | None]:
    """How many blocks each organisation's peer has; None where it does not run."""
    return {node.organisation: node.height for node in network.status(consortium) if node.kind == "peer"}


def until_level(consortium: Consortium, *ledgers: Ledger) -> None:
    """Wait until every peer, and each of these ledgers, has all blocks."""
    until("the same height at every peer", lambda: len({*heights(consortium).values()}) == 1)
    height = max(there or 0 for there in heights(consortium).values())
    until(f"{height} blocks", lambda: all(ledger.height() >= height for ledger in ledgers))


def peer_state(consortium: Consortium, organisation: str) -> dict[str, bytes]:
    """The state on which that organisation's peer executes."""
    speaking = connection(consortium, organisation)
    gateway, state, after = Gateway(speaking, speaking.peers[0]), dict[str, bytes](), ""
    try:
        while page := decode_page(gateway.evaluate(SCAN, [b"", after.encode()], [organisation])):
            state.update(page)
            after = page[-1][0]
    finally:
        gateway.close()
    return state


def audit_faults(consortium: Consortium, organisations: Sequence[str] = ORGANISATIONS) -> dict[str, str | None]:
    """What an audit by each organisation's own node finds; None where it says yes."""
    faults: dict[str, str | None] = {}
    for organisation in organisations:
        ledger = ledger_of(consortium, organisation)
        try:
            fault = audit(ledger).fault
            faults[organisation] = None if fault is None else str(fault)
        finally:
            ledger.close()
    return faults
