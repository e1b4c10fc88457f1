"""A Fabric network for tests: four organisations on this machine, from the real binaries.

    with fabric_network(tmp_path / "net") as consortium: ...         # up, and down again at the end
    House(tmp_path, on_fabric(tmp_path / "net"))                     # see `consortium.House`; close it, then take_down

Where the binaries are missing a test is skipped, and says what to install; with LXR_REQUIRE_FABRIC set it fails.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from consortium import NAME, PASSPHRASE, Maker
from lxr_network.authority import ORGANISATIONS
from lxr_network.consortium import Consortium
from lxr_network.fabric import network
from lxr_network.fabric.binaries import Fabric, find_fabric
from lxr_network.fabric.connection import connection
from lxr_network.fabric.description import Ordering, describe
from lxr_network.fabric.faults import NetworkFault
from lxr_network.fabric.founding import found_fabric
from lxr_network.fabric.ports import free_base_port
from lxr_node.envelope import Envelope
from lxr_node.fabric.ledger import FabricLedger
from lxr_node.port import Clock, Ledger
from lxr_token.refusal import Refusal

VALID_FROM, VALID_TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2056, 1, 1, tzinfo=UTC)
BLOCK_MS: Final = 10
"""Short: tests wait for one transaction after the other."""


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
    directory: Path, *, ordering: Ordering = "bft", rehearsal: bool = True, block_ms: int = BLOCK_MS
) -> Iterator[Consortium]:
    """A new network, brought up; taken down at the end."""
    fabric = needed_fabric()
    description = describe(ORGANISATIONS, ordering=ordering, base_port=free_base_port(), block_ms=block_ms)
    made = found_fabric(directory, NAME, rehearsal, PASSPHRASE, VALID_FROM, VALID_TO, description)
    try:
        network.up(made, PASSPHRASE, fabric)
        yield made
    finally:
        network.down(made)


def ledger_of(consortium: Consortium, organisation: str = "union") -> FabricLedger:
    """The ledger as that organisation's node has it."""
    copy = consortium.nodes_dir(organisation) / "ledger.db"
    return FabricLedger(connection(consortium, organisation), copy, consortium.roots())


def on_network(consortium: Consortium) -> Maker:
    """Makes a House on a network that is up and whose ledger is not founded yet."""

    def make(_: Path) -> tuple[Consortium, Callable[[Envelope, Clock], Ledger]]:
        return consortium, lambda founding, _: founded(consortium, founding)

    return make


def founded(consortium: Consortium, founding: Envelope) -> FabricLedger:
    """The union's ledger, once it is founded."""
    ledger = ledger_of(consortium)
    (answer,) = ledger.submit([founding])
    if isinstance(answer, Refusal):
        raise answer
    return ledger
