"""An upgrade of the contract in the middle of a payday, on a network of four of which one installs the release late."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import msgspec
import pytest

import releases
from consortium import House, rehearsal
from fabricnet import audit_faults, fabric_network, ledger_of, on_network, until, until_level
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.envelope import Envelope
from lxr.chaincode.ledger_refusals import TooFewNodes
from lxr.chaincode.parameters import proposals
from lxr.node import contracts
from lxr.node.client import Client
from lxr.node.contracts import version_in_force
from lxr.node.dry_run import DryRun
from lxr.node.fabric.ledger import FabricLedger
from lxr.node.invariants import check
from lxr.node.port import Committed, LedgerFault
from lxr.node.version import contract_version
from lxr.settlement import shard_groups
from lxr.settlement.ledger import parameters, upgrade
from lxr.settlement.ledger.parameters import Seed
from lxr.settlement.ledger.upgrade import Pending
from lxr.settlement.pay import payday
from lxr.token.refusal import Refusal
from treasury import DAY_FEN, PAYDAY, left_by_a_payday, worked_and_paid_into

pytestmark = pytest.mark.fabric

WORKERS: Final = 400
SHARDS: Final = 8
DAYS: Final = 2
EMPLOYER: Final = "E001"
BYTES: Final = 15_000
"""In place of `GROUP_BYTES`, so that these workers are several transactions."""
LATE: Final = "regulator"
OTHER_WRITES: Final = {"chaincode/governance.py": ('        "open",\n', '        "new",\n')}
"""The next contract has another word for an open proposal, so it is seen which one runs."""


@dataclass
class Network:
    """A network on whose machines the next release lies, installed nowhere."""

    house: House
    version: str
    packages: Path

    def client(self, organisation: str, role: str) -> Client:
        return self.house.client(organisation, role)

    def proposal(self) -> Pending:
        return upgrade.chosen(self.house.operator, self.version, None)

    def word_of_an_open_proposal(self, number: int) -> str:
        """How the contract in force calls it."""
        seed = Seed("minimum_wage.510100-1", 2300 + number, date(2027, 1, number), "a new order")
        return self.house.operator.need(proposals, parameters.propose(self.client("union", "admin"), seed)).state


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """Its contract's version, which this process has too, and its packages."""
    version = releases.made(tmp_path, OTHER_WRITES)
    releases.released(tmp_path, version, monkeypatch)
    yield version, releases.next_release(tmp_path, version)
    contracts.contract.cache_clear()


@pytest.fixture
def network(tmp_path: Path, next_release: tuple[str, Path]) -> Iterator[Network]:
    with fabric_network(tmp_path / "net") as consortium:
        house = House(tmp_path, on_network(consortium))
        yield Network(house, *next_release)
        house.close()


class Switching(DryRun):
    """A real ledger, on which the switch is sent when the first block of a stage's transactions is there."""

    def __init__(self, network: Network, beside: ThreadPoolExecutor) -> None:
        super().__init__(network.house.ledger)
        self.switched: Future[str] | None = None
        self._real: Final = network.house.ledger
        self._consortium: Final = network.house.consortium
        self._version: Final = network.version
        self._admin: Final = network.client("bank", "admin")
        self._beside: Final = beside

    def submit(self, envelopes: Sequence[Envelope]) -> list[Committed | Refusal]:
        return self._real.submit(envelopes)

    def submit_apart(self, envelopes: Sequence[Envelope]) -> Iterator[Committed | Refusal]:
        if self.switched is None and self._is_pricing(envelopes):
            self.switched = self._beside.submit(self._switch, self._real.height())
        yield from self._real.submit_apart(envelopes)

    def _is_pricing(self, envelopes: Sequence[Envelope]) -> bool:
        tags = {msgspec.json.decode(each.payload)["command"]["command"] for each in envelopes}
        return tags == {"payroll.price"} and len(envelopes) > 1

    def _switch(self, height: int) -> str:
        ledger = ledger_of(self._consortium, "bank")
        try:
            until("the first block of it", lambda: ledger.height() > height)
            admin = self._admin.on(ledger)
            return upgrade.switch(admin, upgrade.chosen(admin, self._version, None))
        finally:
            ledger.close()


def test_a_payday_goes_on_over_a_switch_and_a_late_node_comes_after(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard_groups, "GROUP_BYTES", BYTES)
    with rehearsal(tmp_path / "calm") as calm:
        worked_and_paid_into(calm, WORKERS, SHARDS, DAYS)
        expected = payday.payday(calm.treasurer, calm.operator, EMPLOYER, PAYDAY)
        left = left_by_a_payday(calm.ledger)
    house, version = network.house, network.version
    assert WORKERS * DAYS * DAY_FEN == expected.totals.net_fen
    worked_and_paid_into(house, WORKERS, SHARDS, DAYS)

    # Two have it: it can never come into force.
    releases.install(house.consortium, ("union", "employer"), network.packages)
    upgrade.propose(network.client("union", "admin"), version, house.clock(), "release 0.5.0")
    for organisation in ("union", "bank"):
        with pytest.raises(LedgerFault, match=rf"ContractMissing.contract={version}"):
            upgrade.state(network.client(organisation, "witness"), network.proposal(), has=True)
    with pytest.raises((LedgerFault, TooFewNodes)):
        upgrade.switch(network.client("union", "admin"), network.proposal())
    assert contract_version() == version_in_force(house.ledger)
    assert "open" == network.word_of_an_open_proposal(1)

    # Three have it: the switch falls into the pricing of a payday.
    releases.install(house.consortium, ("bank",), network.packages)
    for organisation in ("union", "employer", "bank"):
        upgrade.state(network.client(organisation, "witness"), network.proposal(), has=True)
    with ThreadPoolExecutor(1) as beside:
        ledger = Switching(network, beside)
        report = payday.payday(house.treasurer.on(ledger), house.operator.on(ledger), EMPLOYER, PAYDAY)
        assert ledger.switched is not None
        assert contract_version() == ledger.switched.result()
    assert version == version_in_force(house.ledger)
    assert expected == report
    assert left == left_by_a_payday(house.ledger)
    assert "new" == network.word_of_an_open_proposal(2)
    ledger_there = house.ledger
    assert isinstance(ledger_there, FabricLedger)
    assert all(LATE not in signed for signed in ledger_there.endorsers(3))

    # The fourth comes after, and all agree on every transaction.
    releases.install(house.consortium, (LATE,), network.packages)
    assert "new" == network.word_of_an_open_proposal(3)
    assert [] == check(house.ledger.scan)
    until_level(house.consortium)
    assert dict.fromkeys(ORGANISATIONS) == audit_faults(house.consortium)
