"""The nodes of a Fabric network, and where each has its files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from lxr.network.consortium import Consortium
from lxr.network.fabric.description import HOST, FabricDescription, Nodes
from lxr.network.fabric.faults import NetworkFault

NodeKind = Literal["orderer", "contract", "peer"]
KINDS: Final[tuple[NodeKind, ...]] = ("orderer", "contract", "peer")


@dataclass(frozen=True, slots=True)
class Node:
    """One process of one organisation. directory: absolute. host, port: where it serves the others."""

    organisation: str
    kind: NodeKind
    directory: Path
    at: Nodes

    @property
    def name(self) -> str:
        return f"{self.organisation}-{self.kind}"

    @property
    def host(self) -> str:
        return HOST if self.kind == "contract" else self.at.host

    @property
    def port(self) -> int:
        port: int = getattr(self.at, self.kind)
        return port

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def ports(self) -> dict[str, tuple[str, int]]:
        """Each port that it listens on, by its name in consortium.toml, with the host."""
        inner = [name for name in Nodes.__struct_fields__ if name.startswith(f"{self.kind}_")]
        return {self.kind: (self.host, self.port)} | {name: (HOST, getattr(self.at, name)) for name in inner}

    @property
    def msp(self) -> Path:
        return self.directory / "msp"

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def log(self) -> Path:
        return self.directory / "log"

    @property
    def tls_certificate(self) -> Path:
        return self.directory / "tls.crt"

    @property
    def tls_key(self) -> Path:
        return self.directory / "tls.key"

    @property
    def client(self) -> Path:
        """Where the certificate and key lie (tls.crt, tls.key) that open a connection to it: as the peer does to its
        contract, as an admin does to an orderer."""
        return self.directory / "client"


def described(consortium: Consortium) -> FabricDescription:
    """Raise NetworkFault: the consortium is an embedded one, which has no nodes."""
    if consortium.fabric is None:
        raise NetworkFault("{directory}: an embedded consortium; it has no network", directory=consortium.directory)
    return consortium.fabric


def nodes_of(consortium: Consortium) -> tuple[Node, ...]:
    """Every node, in the order in which they are started. Raises NetworkFault: an embedded consortium."""
    fabric = described(consortium)
    return tuple(
        Node(organisation, kind, consortium.nodes_dir(organisation).resolve() / kind, at)
        for kind in KINDS
        for organisation, at in fabric.nodes.items()
        if kind != "orderer" or organisation in fabric.orderers
    )


def node_named(consortium: Consortium, name: str) -> Node:
    """Return the node of that name. Raises NetworkFault: no such node, an embedded consortium."""
    nodes = {node.name: node for node in nodes_of(consortium)}
    if name not in nodes:
        # Who names an organisation means one of its nodes, and its peer most often.
        names = sorted(nodes, key=lambda each: (each != f"{name}-peer", nodes[each].organisation != name))
        raise NetworkFault("no node {name}; expected one of {names}", name=repr(name), names=", ".join(names))
    return nodes[name]
