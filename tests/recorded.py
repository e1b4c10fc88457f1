"""Ledgers that releases leave: told once (`story`), kept packed, and lived with by every later release.

recorded = Recorded.tell(directory)           # a consortium with a ledger that has every kind of command
recorded.lives_on(tmp_path)                   # audited, upgraded, gone on with, audited, backed up and restored
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Self

from consortium import PASSPHRASE, VALID_FROM, VALID_TO, House
from engines import person_of
from lxr.chaincode.clock import clocks
from lxr.node.audit import audit
from lxr.node.backup import back_up
from lxr.node.client import Client
from lxr.node.contracts import version_in_force
from lxr.node.embedded import EmbeddedLedger
from lxr.node.port import Ledger
from lxr.node.restore import restore
from lxr.node.sealing import Identity
from lxr.node.version import contract_version
from lxr.settlement import upgrade
from story import StoryEngine, go_on, tell

EMPLOYERS: Final = ("E001", "E002", "E003", "E004")
WITNESSES: Final = ("union", "bank", "regulator")


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
        engine = StoryEngine(house.ledger, cache(bearers(house)))
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
        if version_in_force(self.house.ledger) == newest:
            return
        upgrade.propose(self._client("union", "admin"), newest, self._now_ms(), "the newest release")
        for organisation in WITNESSES:
            upgrade.state(self._client(organisation, "witness"), self._proposed(newest), has=True)
        upgrade.switch(self._client("bank", "admin"), self._proposed(newest))
        assert newest == version_in_force(self.house.ledger)
        self.engine.refresh()

    def _proposed(self, version: str) -> upgrade.Pending:
        return upgrade.chosen(self.house.operator, version, None)

    def _client(self, organisation: str, role: str) -> Client:
        who = self.house.identity(organisation, role)
        return Client(self.house.ledger, who.certificate_pem, who.private_key, self._now_ms)

    def _now_ms(self) -> int:
        return self.house.operator.need(clocks).at_ms


def bearers(house: House) -> Callable[[str], Identity]:
    """The certificate and key of 'union/operator' or 'employer/signer/E001', or another one of a named person."""

    def identity(caller: str) -> Identity:
        bearer, person = person_of(caller)
        organisation, role, *employer = bearer.split("/")
        if bearer != caller:
            return house.issued(organisation, role, person)
        return house.identity(organisation, role, employer[0] if employer else None)

    return identity


def sound(ledger: Ledger) -> None:
    """Audit it."""
    report = audit(ledger)
    assert (True, None) == (report.ok, report.fault)
