"""How the nodes of a network are."""

from http.client import HTTPConnection, HTTPException
from typing import Final

from msgspec import Struct

from lxr.network.consortium import Consortium
from lxr.network.fabric import process_table, processes
from lxr.network.fabric.description import HOST
from lxr.network.fabric.nodes import Node, NodeKind, described, nodes_of

_METRICS_S: Final = 2


class NodeStatus(Struct, frozen=True):
    """How a node is. memory_bytes: resident. height: the blocks that a peer has. None where there is none to say."""

    name: str
    kind: NodeKind
    organisation: str
    address: str
    pid: int | None
    memory_bytes: int | None
    height: int | None

    @property
    def running(self) -> bool:
        return self.pid is not None


def status(consortium: Consortium) -> list[NodeStatus]:
    """Every node, in the order in which they are started. Raises NetworkFault: an embedded consortium."""
    return [_status(node, described(consortium).channel) for node in nodes_of(consortium)]


def _status(node: Node, channel: str) -> NodeStatus:
    pid = processes.pid_of(node)
    memory_bytes = None if pid is None else process_table.memory_bytes(pid)
    height = None if pid is None or node.kind != "peer" else _height(node, channel)
    return NodeStatus(node.name, node.kind, node.organisation, node.address, pid, memory_bytes, height)


def _height(peer: Node, channel: str) -> int | None:
    """From the peer's metrics, which anyone on this machine may read: no key is needed."""
    connection = HTTPConnection(HOST, peer.at.peer_operations, timeout=_METRICS_S)
    try:
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    gauge = f'ledger_blockchain_height{{channel="{channel}"}}'
    heights = [value for name, _, value in (line.partition(" ") for line in lines) if name == gauge]
    return int(float(heights[0])) if heights else None
