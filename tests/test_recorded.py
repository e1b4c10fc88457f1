"""A ledger that a release leaves recorded has every kind of command, and every later release lives on with it."""

from pathlib import Path

import pytest

import consortium
import releases
from lxr.chaincode.command import HANDLERS
from lxr.node import contracts
from lxr.node.contracts import version_in_force
from recorded import Recorded
from story import UNTOLD, tag_of, tags


def test_a_ledger_of_an_earlier_contract_with_every_kind_of_command_is_audited_upgraded_gone_on_with_and_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = releases.made(tmp_path, releases.A_COMMENT)
    releases.released(tmp_path, earlier, monkeypatch)
    monkeypatch.setattr(consortium, "contract_version", lambda: earlier)
    recorded = Recorded.tell(tmp_path)
    assert {tag_of(kind) for kind in HANDLERS.keys() - UNTOLD} == set(tags(recorded.house.ledger))
    assert earlier == version_in_force(recorded.house.ledger)
    recorded.lives_on(tmp_path)
    recorded.house.close()
    contracts.contract.cache_clear()
