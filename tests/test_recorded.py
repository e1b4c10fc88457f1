"""Ledgers that releases leave recorded, with every kind of command: every later release lives on with them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import consortium
import releases
from lxr.chaincode.command import HANDLERS
from lxr.node import contracts
from lxr.node.contracts import version_in_force
from lxr.released import RELEASES
from recorded import RELEASES as RECORDED
from recorded import Recorded
from story import UNTOLD, tag_of, tags

LEDGERS: Final = ("embedded", pytest.param("fabric", marks=pytest.mark.fabric))


@pytest.fixture(params=sorted(RELEASES))
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=LEDGERS)
def left(request: pytest.FixtureRequest, release: str, tmp_path: Path) -> Iterator[Recorded]:
    """What the release has left."""
    recorded = Recorded.unpacked(RECORDED / release / f"{request.param}.tar.xz", tmp_path / "left")
    yield recorded
    recorded.close()


def test_each_release_has_left_both_its_ledgers() -> None:
    there = {path.parent.name: {each.name for each in path.parent.iterdir()} for path in RECORDED.glob("*/*")}
    assert {each: {"embedded.tar.xz", "fabric.tar.xz"} for each in RELEASES} == there


def test_what_a_release_has_left_is_audited_upgraded_gone_on_with_and_restored(
    left: Recorded, release: str, tmp_path: Path
) -> None:
    assert RELEASES[release] == version_in_force(left.house.ledger)
    left.lives_on(tmp_path)


@pytest.mark.slow
def test_a_ledger_that_is_told_now_has_every_kind_of_command_and_the_next_release_lives_on_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = releases.made(tmp_path, releases.A_COMMENT)
    releases.released(tmp_path, earlier, monkeypatch)
    monkeypatch.setattr(consortium, "contract_version", lambda: earlier)
    recorded = Recorded.tell(tmp_path)
    assert {tag_of(kind) for kind in HANDLERS.keys() - UNTOLD} == set(tags(recorded.house.ledger))
    assert earlier == version_in_force(recorded.house.ledger)
    recorded.lives_on(tmp_path)
    recorded.close()
    contracts.contract.cache_clear()
