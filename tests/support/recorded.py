"""Ledgers that releases leave: told once (`story`), kept packed, and lived with by every later release.

recorded = Recorded.tell(directory)           # a consortium with a ledger that has every kind of command
recorded.lives_on(tmp_path)                   # audited, upgraded, gone on with, audited, backed up and restored
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final, Self

from consortium import PASSPHRASE, VALID_FROM, VALID_TO, House
from lxr.chaincode.clock import clocks
from lxr.chaincode.days import day_of
from lxr.node.audit import audit
from lxr.node.backup import back_up
from lxr.node.contracts import version_in_force
from lxr.node.embedded import EmbeddedLedger
from lxr.node.port import Ledger
from lxr.node.restore import restore
from lxr.node.version import contract_version
from story import StoryEngine, go_on, tell

EMPLOYERS: Final = ("E001", "E002", "E003", "E004")


@dataclass
class Recorded:
    """A consortium, its ledger, and the certificates of everybody who acts in the story."""

    house: House
    engine: StoryEngine

    @classmethod
    def tell(cls, directory: Path) -> Self:
        """Make one anew."""
        house = House(directory)
        for employer in EMPLOYERS:
            house.consortium.enrol_employer(employer, PASSPHRASE, VALID_FROM, VALID_TO)
        engine = StoryEngine(house.ledger, cache(house.bearer))
        tell(engine)
        return cls(house, engine)

    def lives_on(self, directory: Path) -> None:
        """Do with it what a later release's users do, and find nothing wrong."""
        ledger = self.house.ledger
        sound(ledger)
        self._upgraded()
        sound(ledger)
        assert 15 < len(go_on(self.engine, self._now_ms(), 1, 600))
        sound(ledger)
        file = directory / "recorded.tar"
        home = self.house.consortium.directory
        assert isinstance(ledger, EmbeddedLedger)
        back_up(home, ledger, file, "recorded")
        restore(file, directory / "restored", lambda _, again: sound(again))

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


def sound(ledger: Ledger) -> None:
    """Audit it."""
    report = audit(ledger)
    assert (True, None) == (report.ok, report.fault)
