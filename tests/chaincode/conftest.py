"""The town of the contract suite. Another ledger joins the suite by another name in ENGINES."""

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from engines import LedgerEngine, MemoryEngine
from fabricengine import FabricEngine, replaced_services
from fabricnet import fabric_network
from lxr.chaincode.caller import ORGANISATIONS
from lxr.node.embedded import EmbeddedLedger
from parties import ANNA, BO, CLEO, aug
from preparedtown import prepared_once
from settledtown import Template, settled
from town import Town

ENGINES: Final = ("embedded", pytest.param("fabric", marks=pytest.mark.fabric))


RESETTABLE: Final = Path(__file__).parents[1] / "support" / "resettable_service.py"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return settled(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def fabric(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FabricEngine]:
    """A network whose contract services can be reset."""
    with (
        fabric_network(tmp_path_factory.mktemp("fabric") / "net") as consortium,
        replaced_services(consortium, RESETTABLE, ORGANISATIONS),
    ):
        engine = FabricEngine(consortium, cache(template.identity))
        yield engine
        engine.close()


@pytest.fixture(params=ENGINES)
def town(request: pytest.FixtureRequest, template: Template, tmp_path: Path) -> Iterator[Town]:
    if request.param == "fabric":
        engine: FabricEngine = request.getfixturevalue("fabric")
        engine.reset(template.state)
        yield Town(engine)
        return
    path = tmp_path / "ledger.db"
    shutil.copyfile(template.house.consortium.ledger_path, path)
    ledger = EmbeddedLedger.open(path, lambda: 0)
    yield Town(LedgerEngine(ledger, cache(template.identity)))
    ledger.close()


@pytest.fixture
def bench(template: Template) -> Town:
    """The same town over a dictionary, for tests that are about the contract's own entrance."""
    return Town(MemoryEngine(template.state))


@prepared_once
def week(town: Town) -> Town:
    """A week of work is certified: Anna 10 + 12 orders, Bo 4, Cleo 7; next Monday Anna 1 more. 1,000 yuan are there."""
    town.certified(aug(3), {ANNA: 10, BO: 4})
    town.certified(aug(9), {ANNA: 12})
    town.certified(aug(9), {CLEO: 7})
    town.certified(aug(10), {ANNA: 1})
    town.deposit(100_000)
    return town
