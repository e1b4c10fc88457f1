"""One network for all of these tests: what a test kills, stops or replaces runs again after it."""

from collections.abc import Iterator

import pytest

from consortium import PASSPHRASE, House
from fabricnet import fabric_network, needed_fabric, on_network, until_level
from lxr.network.fabric import network


@pytest.fixture(scope="session")
def founded_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    directory = tmp_path_factory.mktemp("fabric")
    with fabric_network(directory / "net") as consortium:
        made = House(directory, on_network(consortium))
        yield made
        made.close()


@pytest.fixture
def house(founded_house: House) -> Iterator[House]:
    """The union's house on the network. Each test employs workers of its own."""
    yield founded_house
    consortium = founded_house.consortium
    if not all(node.running for node in network.status(consortium)):
        network.up(consortium, PASSPHRASE, needed_fabric())
    until_level(consortium)
