"""What consortium.toml says of a Fabric network: its channel, how it orders and endorses, where each node listens."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from lxr.network.keyfile import KeyFault

Ordering = Literal["bft", "raft"]
Port = Annotated[int, Meta(ge=1, le=65535)]

CHANNEL: Final = "lxr"
CHAINCODE: Final = "lxr"
HOST: Final = "127.0.0.1"
BASE_PORT: Final = 7050
_ONE_MACHINE: Final[Mapping[str, str]] = MappingProxyType({})
_PORTS_OF_AN_ORGANISATION: Final = 10
PORTS_OF_A_CONSORTIUM: Final = 4 * _PORTS_OF_AN_ORGANISATION
"""So that union's nodes are at 7050.., employer's at 7060.., and a port tells whose it is."""


class Nodes(Struct, frozen=True, forbid_unknown_fields=True):
    """Where one organisation's nodes listen. host: as the others reach it. workers: contract processes, 0: one a core.

    peer and orderer listen on host; all else on the loopback, for what runs beside them only.
    """

    host: Annotated[str, Meta(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$")]
    orderer: Port
    peer: Port
    peer_chaincode: Port
    peer_operations: Port
    orderer_admin: Port
    orderer_operations: Port
    contract: Port
    contract_metrics: Port
    workers: Annotated[int, Meta(ge=0, le=256)] = 1


PORTS: Final = tuple(name for name in Nodes.__struct_fields__ if name not in ("host", "workers"))


class FabricDescription(Struct, frozen=True, forbid_unknown_fields=True):
    """endorsements: how many organisations must sign a transaction. block_ms: how long a block waits to fill."""

    channel: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9.-]{0,248}$")]
    chaincode: Annotated[str, Meta(pattern=r"^[A-Za-z0-9]+([_-][A-Za-z0-9]+)*$", max_length=64)]
    ordering: Ordering
    endorsements: Annotated[int, Meta(ge=1, le=4)]
    block_ms: Annotated[int, Meta(ge=1, le=60_000)]
    nodes: dict[str, Nodes]

    @property
    def orderers(self) -> tuple[str, ...]:
        """The organisations that run an orderer: with raft the first alone, whose word the others then take."""
        return tuple(self.nodes) if self.ordering == "bft" else tuple(self.nodes)[:1]

    def fault(self, organisations: tuple[str, ...]) -> str | None:
        """Return what one field's bounds cannot say: the first thing wrong between several of them, in one line."""
        if tuple(self.nodes) != organisations:
            return f"field fabric.nodes; expected {', '.join(organisations)}, in this order"
        taken: dict[int, str] = {}
        for organisation, nodes in self.nodes.items():
            for name in PORTS:
                field, port = f"fabric.nodes.{organisation}.{name}", getattr(nodes, name)
                if port in taken:  # on another host too: hosts may be names of one machine
                    return f"field {field}; {port} is {taken[port]}'s already, expected another port"
                taken[port] = field
        return None


def describe(
    organisations: tuple[str, ...],
    *,
    ordering: Ordering = "bft",
    endorsements: int = 3,
    block_ms: int = 50,
    base_port: int = BASE_PORT,
    hosts: Mapping[str, str] = _ONE_MACHINE,
    workers: int = 1,
) -> FabricDescription:
    """Return a network whose organisations have ten ports each, from the base on, in order.

    hosts: an organisation's host as the others reach it, where it is not this machine alone.
    Raises KeyFault: a value out of range.
    """
    nodes: dict[str, dict[str, str | int]] = {}
    for index, organisation in enumerate(organisations):
        first_port = base_port + index * _PORTS_OF_AN_ORGANISATION
        ports = {name: first_port + offset for offset, name in enumerate(PORTS)}
        nodes[organisation] = {"host": hosts.get(organisation, HOST), **ports, "workers": workers}
    described = {
        "channel": CHANNEL,
        "chaincode": CHAINCODE,
        "ordering": ordering,
        "endorsements": endorsements,
        "block_ms": block_ms,
        "nodes": nodes,
    }
    try:
        return msgspec.convert(described, FabricDescription)
    except msgspec.ValidationError as error:
        raise KeyFault("the network cannot be so: {error}", error=error) from None
