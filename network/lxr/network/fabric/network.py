"""A Fabric network on this machine: bringing it up, in whatever state it is, and taking it down."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from lxr.network.consortium import Consortium
from lxr.network.fabric import processes
from lxr.network.fabric.admins import admins
from lxr.network.fabric.binaries import Fabric
from lxr.network.fabric.builder import write_builder
from lxr.network.fabric.channel import make_genesis_block
from lxr.network.fabric.connection import connection
from lxr.network.fabric.deploy import Deployer
from lxr.network.fabric.environment import command_of, environment_of
from lxr.network.fabric.faults import NetworkFault
from lxr.network.fabric.nodes import Node, NodeKind, described, node_named, nodes_of
from lxr.network.fabric.package import write_package
from lxr.network.fabric.service import write_service_config
from lxr.network.fabric.status import NodeStatus, status

__all__ = ["STEPS", "NodeStatus", "down", "log_path", "restart", "status", "up"]

STEPS: Final = ("genesis block", "nodes", "channel", "contract", "endorsement")
"""What `up` goes through, in this order."""
_STOPPED_IN_TURN: Final[tuple[NodeKind, ...]] = ("contract", "peer", "orderer")
Item = TypeVar("Item")


def up(
    consortium: Consortium, passphrase: bytes, fabric: Fabric, progress: Callable[[str], None] = lambda _: None
) -> None:
    """Bring the network to where every organisation endorses, from wherever it is: new, half up, down, or up already.

    progress: is told each of STEPS as it begins.
    Raises NetworkFault: a node or a tool fails, a port is taken; KeyFault: wrong passphrase, a key or file is missing.
    """
    from lxr.network.fabric.endorsement import wait_until_endorsing  # gRPC is slow to load

    with admins(consortium, passphrase) as admin:
        progress("genesis block")
        make_genesis_block(consortium, fabric)
        package_ids = _configure(consortium)
        progress("nodes")
        nodes = nodes_of(consortium)
        _at_once(lambda node: _start(node, consortium, fabric), nodes)
        _at_once(lambda node: _wait_or_start(node, consortium, fabric), nodes)
        progress("channel")
        deployers = [Deployer(consortium, fabric, organisation, msp) for organisation, msp in admin.items()]
        orderers = described(consortium).orderers
        _at_once(Deployer.join_orderer, [each for each in deployers if each.organisation in orderers])
        _at_once(Deployer.join_peer, deployers)
        progress("contract")
        _at_once(Deployer.install, deployers)
        if not deployers[0].is_committed():
            _at_once(lambda each: each.approve(package_ids[each.organisation]), deployers)
            deployers[0].commit()
        progress("endorsement")
        _at_once(wait_until_endorsing, [connection(consortium, each.organisation) for each in deployers])


def down(consortium: Consortium) -> None:
    """Stop every node that runs. What they hold stays. Raises NetworkFault: an embedded consortium."""
    nodes = nodes_of(consortium)
    for kind in _STOPPED_IN_TURN:
        processes.stop(node for node in nodes if node.kind == kind)


def restart(consortium: Consortium, fabric: Fabric, name: str) -> None:
    """Stop one node, if it runs, and start it. Raises NetworkFault: no such node, or it does not start."""
    node = node_named(consortium, name)
    processes.stop([node])
    _start(node, consortium, fabric)
    _wait(node, consortium)


def log_path(consortium: Consortium, name: str) -> Path:
    """Where the node's log is. Raises NetworkFault: no such node."""
    return node_named(consortium, name).log


def _configure(consortium: Consortium) -> dict[str, str]:
    """Write what nodes are started with; organisation → id of its package."""
    package_ids: dict[str, str] = {}
    for node in nodes_of(consortium):
        if node.kind == "contract":
            package_ids[node.organisation] = write_package(node, consortium)
            write_service_config(node, consortium, package_ids[node.organisation])
        elif node.kind == "peer":
            write_builder(node)
    return package_ids


def _start(node: Node, consortium: Consortium, fabric: Fabric) -> None:
    processes.start(node, command_of(node, fabric), environment_of(node, consortium, fabric))


def _wait(node: Node, consortium: Consortium) -> None:
    processes.wait_until_serving(node, consortium.org_dir(node.organisation) / "tlsca.crt")


def _wait_or_start(node: Node, consortium: Consortium, fabric: Fabric) -> None:
    """Wait until it serves. A node that was about to end when it was looked at is started once it has ended."""
    try:
        _wait(node, consortium)
    except NetworkFault:
        if processes.pid_of(node) is not None:
            raise
        _start(node, consortium, fabric)
        _wait(node, consortium)


def _at_once(work: Callable[[Item], None], items: Iterable[Item]) -> None:
    """Do the work on all items side by side; raises what the first of them raises, after all have ended."""
    with ThreadPoolExecutor() as pool:
        for future in [pool.submit(work, item) for item in items]:
            future.result()
