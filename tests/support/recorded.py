"""Ledgers that releases leave: told once (`story`), kept packed, and lived with by every later release.

recorded = Recorded.tell(directory)           # a consortium with a ledger that has every kind of command
recorded.pack(file)                           # scripts/record does this for a release, on both ledgers
recorded = Recorded.unpacked(file, directory)
recorded.lives_on(tmp_path)                   # audited, upgraded, gone on with, audited, backed up and restored
"""

import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final, Self

from consortium import NAME, PASSPHRASE, House, Made, Maker
from fabricnet import ledger_of, needed_fabric, on_network
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.clock import clocks
from lxr.chaincode.days import day_of
from lxr.network.consortium import open_consortium
from lxr.network.fabric import network
from lxr.network.fabric.description import describe
from lxr.network.fabric.founding import found_fabric
from lxr.node.audit import audit
from lxr.node.backup import back_up
from lxr.node.contracts import version_in_force
from lxr.node.embedded import EmbeddedLedger
from lxr.node.port import Ledger
from lxr.node.restore import restore
from lxr.node.version import contract_version
from story import StoryEngine, go_on, tell

RELEASES: Final = Path(__file__).parents[1] / "recorded"
"""A folder for each release, with embedded.tar.xz and fabric.tar.xz."""
EMPLOYERS: Final = ("E001", "E002", "E003", "E004")
FROM, TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
"""The dates of the certificates: Fabric lives by the real clock, and what is recorded now is started in years."""
PORT: Final = 21_100
"""Fixed, since the orderer's address stands in the channel: below those that systems give out by themselves."""
TRIES: Final = 600
TRIES_ON_FABRIC: Final = 150


@dataclass
class Recorded:
    """A consortium, its ledger, and the certificates of everybody who acts in the story."""

    house: House
    engine: StoryEngine

    @classmethod
    def tell(cls, directory: Path, make: Maker | None = None) -> Self:
        """Make one anew, on the embedded ledger unless another is given."""
        house = House(directory, make)
        for employer in EMPLOYERS:
            house.consortium.enrol_employer(employer, PASSPHRASE, FROM, house.consortium.validity("employer")[1])
        recorded = cls.of(house)
        tell(recorded.engine)
        return recorded

    @classmethod
    def of(cls, house: House) -> Self:
        """One that is open."""
        return cls(house, StoryEngine(house.ledger, cache(house.bearer)))

    @classmethod
    def unpacked(cls, file: Path, directory: Path) -> Self:
        """One that was packed; of a network the nodes are started."""
        with tarfile.open(file) as archive:
            archive.extractall(directory, filter="data")
        consortium = open_consortium(directory)
        if consortium.fabric is None:
            return cls.of(House.reopened(consortium, EmbeddedLedger.open(consortium.ledger_path)))
        network.up(consortium, PASSPHRASE, needed_fabric())
        return cls.of(House.reopened(consortium, ledger_of(consortium)))

    def pack(self, file: Path) -> None:
        """Close it, and keep what it is made of: keys, and the ledger's file or the nodes' data."""
        self.close()
        home = self.house.consortium.directory
        kept = [path for path in sorted(home.rglob("*")) if path.is_file() and _is_kept(path.relative_to(home))]
        file.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(file, "w:xz", preset=9) as archive:
            for path in kept:
                archive.add(path, path.relative_to(home))

    def lives_on(self, directory: Path) -> None:
        """Do with it what a later release's users do, and find nothing wrong."""
        ledger = self.house.ledger
        sound(ledger)
        self._upgraded()
        sound(ledger)
        embedded = isinstance(ledger, EmbeddedLedger)
        assert 10 < len(go_on(self.engine, self._now_ms(), 1, TRIES if embedded else TRIES_ON_FABRIC))
        sound(ledger)
        file = directory / "recorded.tar"
        back_up(self.house.consortium.directory, ledger, file, "recorded")
        restore(file, directory / "restored", _again)

    def close(self) -> None:
        """Give back what is open, and stop the nodes."""
        self.house.close()
        if self.house.consortium.fabric is not None:
            network.down(self.house.consortium)

    def _upgraded(self) -> None:
        """Bring the newest contract into force, where it is not."""
        newest = contract_version()
        if version_in_force(self.house.ledger) != newest:
            self.house.clock.go(day_of(self._now_ms()) + timedelta(days=1))
            self.house.switch_contract(newest)
        assert newest == version_in_force(self.house.ledger)
        self.engine.refresh()

    def _now_ms(self) -> int:
        return self.house.operator.need(clocks).at_ms


def lasting_network(directory: Path) -> Made:
    """Make a network of one orderer whose certificates outlive the release, brought up."""
    description = describe(ORGANISATIONS, ordering="raft", base_port=PORT)
    made = found_fabric(directory / "net", NAME, True, PASSPHRASE, FROM, TO, description)
    network.up(made, PASSPHRASE, needed_fabric())
    return on_network(made)(directory)


def sound(ledger: Ledger) -> None:
    """Audit it."""
    report = audit(ledger)
    assert (True, None) == (report.ok, report.fault)


def _again(_: Path, ledger: Ledger) -> None:
    sound(ledger)


def _is_kept(path: Path) -> bool:
    """Leave out what is made again: a network's copies of its ledger, logs.

    Not the peers' data: who has approved the contract is known to each organisation's own peer alone.
    """
    made_again = path.parts[0] == "nodes" and path.name in ("ledger.db", "log", "pid")
    return not made_again and path.suffix not in (".db-wal", ".db-shm")
