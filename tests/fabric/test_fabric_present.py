"""A network that is no rehearsal: it lives in the present."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import msgspec
import pytest

from consortium import PASSPHRASE
from fabricnet import fabric_network, ledger_of
from lxr.chaincode.governance import Propose
from lxr.chaincode.ledger_refusals import ClockOff
from lxr.cli.app import run
from lxr.network.consortium import Consortium
from lxr.node.client import Client
from lxr.node.embedded import system_clock
from lxr.node.genesis import genesis_of

pytestmark = pytest.mark.fabric
ELEVEN_MINUTES_MS, TWO_MINUTES_MS = 660_000, 120_000


@pytest.fixture
def present(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Consortium]:
    monkeypatch.setenv("LXR_PASSPHRASE", PASSPHRASE.decode())
    with fabric_network(tmp_path / "net", rehearsal=False) as consortium:
        yield consortium


def test_a_network_in_use_is_founded_now_and_refuses_what_is_a_minute_ahead_or_ten_behind(
    present: Consortium, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = str(present.directory)
    assert 2 == run(["--at", "2026-08-03", "init", directory])
    assert "only a rehearsal can" in capsys.readouterr().err
    assert 0 == run(["init", directory])
    admin = present.identity("union", "admin", passphrase=PASSPHRASE)
    command = Propose(
        request_id="minimum-wage",
        proposal="PUNION-1",
        name="minimum_wage.510100-1",
        value=msgspec.Raw(b"2300"),
        effective_from=date(2026, 1, 1),
        source="a test",
    )
    with closing(ledger_of(present)) as ledger:

        def at(off_ms: int) -> Client:
            return Client(ledger, admin.certificate_pem, admin.private_key, lambda: system_clock() + off_ms)

        assert not genesis_of(ledger).rehearsal
        for off_ms in (-ELEVEN_MINUTES_MS, TWO_MINUTES_MS):
            with pytest.raises(ClockOff):
                at(off_ms).submit(command)
        before = ledger.height()
        at(0).submit(command)
        assert before + 1 == ledger.height()
    assert 0 == run(["--ledger", f"fabric:{directory}", "--as", "regulator/auditor", "ledger", "audit"])
