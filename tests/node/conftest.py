from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec
import pytest

from lxr.chaincode.command import AnyCommand
from lxr.chaincode.days import day_of
from lxr.chaincode.envelope import Envelope
from lxr.chaincode.founding import EMBEDDED, Found
from lxr.chaincode.governance import Propose
from lxr.chaincode.types import digest
from lxr.network.consortium import Consortium
from lxr.network.consortium import found as found_consortium
from lxr.node.client import Client
from lxr.node.embedded import EmbeddedLedger
from lxr.node.sealing import Identity, seal
from lxr.node.version import contract_version

PASSPHRASE = b"open sesame"
FROM, TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
AT_MS = 1_788_220_800_000
"""2026-09-01"""


@pytest.fixture(scope="session")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return found_consortium(tmp_path_factory.mktemp("consortium") / "c", "洛小茸", True, PASSPHRASE, FROM, TO)


@pytest.fixture(scope="session")
def identity(consortium: Consortium) -> Callable[[str, str], Identity]:
    return cache(lambda org, role: consortium.identity(org, role, passphrase=PASSPHRASE))


@pytest.fixture(scope="session")
def sealed(identity: Callable[[str, str], Identity], founded: Callable[..., Found]) -> Callable[..., Envelope]:
    """A command in an envelope of the union's admin, or of another's, for the ledger that `founded` founds."""
    ledger_id = digest(founded())

    def seal_as(
        command: AnyCommand, org: str = "union", role: str = "admin", at_ms: int = AT_MS, ledger: str = ledger_id
    ) -> Envelope:
        who = identity(org, role)
        return seal(
            command, None if isinstance(command, Found) else ledger, who.certificate_pem, who.private_key, at_ms
        )

    return seal_as


@pytest.fixture(scope="session")
def founded(consortium: Consortium) -> Callable[..., Found]:
    def command(*, rehearsal: bool = True, version: str | None = None) -> Found:
        return Found(
            request_id="founding",
            channel=EMBEDDED,
            genesis_block="7" * 64,
            consortium="洛小茸",
            rehearsal=rehearsal,
            roots=consortium.roots(),
            contract=version or contract_version(),
        )

    return command


@pytest.fixture
def ledger(tmp_path: Path, founded: Callable[..., Found], sealed: Callable[..., Envelope]) -> Iterator[EmbeddedLedger]:
    made = EmbeddedLedger.create(tmp_path / "ledger.db", sealed(founded()), lambda: AT_MS)
    yield made
    made.close()


@pytest.fixture
def admin(ledger: EmbeddedLedger, identity: Callable[[str, str], Identity]) -> Client:
    who = identity("union", "admin")
    return Client(ledger, who.certificate_pem, who.private_key, lambda: AT_MS)


@pytest.fixture(scope="session")
def propose() -> Callable[..., Propose]:
    """The proposal PUNION-<number>: any simple command. What is given replaces its fields."""

    def command(number: int, **fields: object) -> Propose:
        proposal = Propose(
            request_id=f"request-{number}",
            proposal=f"PUNION-{number}",
            name="minimum_wage.510100-1",
            value=msgspec.Raw(b"2300"),
            effective_from=day_of(AT_MS),
            source="川府规〔2025〕4号",
        )
        return msgspec.structs.replace(proposal, **fields)

    return command
