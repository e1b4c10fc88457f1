"""A town that is settled once, to be copied for each test."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from consortium import PASSPHRASE, VALID_FROM, VALID_TO, House
from engines import LedgerEngine
from lxr.node.sealing import Identity
from town import Town


@dataclass(frozen=True)
class Template:
    """The house in whose directory the town's ledger lies, and what is on it."""

    house: House
    state: dict[str, bytes]

    def identity(self, caller: str) -> Identity:
        """See `House.bearer`."""
        return self.house.bearer(caller)


def settled(directory: Path) -> Template:
    """Found a consortium in a directory and settle the town on its ledger, which is closed then."""
    house = House(directory)
    for employer in ("E001", "E002"):
        house.consortium.enrol_employer(employer, PASSPHRASE, VALID_FROM, VALID_TO)
    made = Template(house, {})
    Town(LedgerEngine(house.ledger, cache(made.identity)), "settling").settle()
    made.state.update(house.ledger.scan(""))
    house.close()
    return made
