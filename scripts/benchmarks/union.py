"""The union's side of a ledger that is there already, on the payday."""

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from consortium import NEW_YEAR, PASSPHRASE
from lxr.chaincode.command import Command
from lxr.chaincode.days import moment
from lxr.chaincode.governance import Propose
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.types import Record
from lxr.network.consortium import Consortium
from lxr.node.client import Client
from lxr.node.port import Ledger
from lxr.node.sealing import Identity
from lxr.token.refusal import Refusal
from treasury import PAYDAY


def payday_ms() -> int:
    """Return noon of the payday: the time of all that is measured."""
    return moment(PAYDAY, 720)


A = TypeVar("A", bound=Record)


class Treasurer(Client):
    """Notes when the funding of runs begins and ends: what comes before is pricing, and after it paying."""

    def __init__(self, *signing: Any) -> None:
        """As `Client`."""
        super().__init__(*signing)
        self.funding: Final[list[tuple[float, float]]] = []

    def submit_apart(self, commands: Sequence[Command[A]]) -> Iterator[A | Refusal]:
        """See `Client.submit_apart`."""
        began = time.perf_counter()
        yield from super().submit_apart(commands)
        if any(isinstance(command, FundRun) for command in commands):
            self.funding.append((began, time.perf_counter()))


class Union:
    """The union's clients on a ledger."""

    def __init__(self, consortium: Consortium, ledger: Ledger) -> None:
        self.ledger: Final = ledger
        self._consortium: Final = consortium
        self._requests = 0
        self.operator: Final = Client(ledger, *self._signing("operator"), payday_ms)
        self.treasurer: Final = Treasurer(ledger, *self._signing("treasurer"), payday_ms)
        self.admin: Final = Client(ledger, *self._signing("admin"), payday_ms)

    def identity(self, role: str) -> Identity:
        """Return the certificate and key of a role."""
        return self._consortium.identity("union", role, passphrase=PASSPHRASE)

    def proposals(self, count: int) -> list[Propose]:
        """Return small commands of the admin that have nothing to do with one another."""
        made = []
        for _ in range(count):
            self._requests += 1
            made.append(
                Propose(
                    request_id=f"bench-{self._requests:06}",
                    proposal=f"PUNION-BENCH-{self._requests:06}",
                    name="minimum_wage.510100-1",
                    value=msgspec.Raw(b"2300"),
                    effective_from=NEW_YEAR,
                    source="to measure",
                )
            )
        return made

    def _signing(self, role: str) -> tuple[str, ec.EllipticCurvePrivateKey]:
        identity = self.identity(role)
        return identity.certificate_pem, identity.private_key
