"""The time that --at names in a rehearsal: it moves the ledger's clock there, which never goes back."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from commandline import Lxr, refused
from lxr.cli.screen import Screen
from lxr.cli.session import Session

USAGE = 2


def clock_of(lxr: Lxr) -> datetime:
    """The ledger's clock, in Chengdu."""
    with Session(directory=lxr.directory, screen=Screen(as_json=False)) as desk:
        return desk.now


def played(lxr: Lxr, moment: datetime) -> Lxr:
    return replace(lxr, at=f"{moment:%Y-%m-%dT%H:%M}")


@pytest.fixture
def lxr(tmp_path: Path) -> Lxr:
    """Founded at the first day that its parameters cover, as the README does it."""
    lxr = Lxr(tmp_path / "new")
    lxr.json("init", lxr.directory, "--rehearsal")
    return lxr


def test_a_time_more_than_400_days_ahead_of_the_ledgers_clock_is_a_usage_fault_and_moves_nothing(lxr: Lxr) -> None:
    now = datetime.fromisoformat("2026-07-30T10:00+08:00")
    played(lxr, now).json("employer", "add", "E001")
    for words in (("employer", "add", "E002"), ("union", "close-day", "2026-08-02")):
        said = refused(replace(lxr, at="2035-08-03T20:00"), USAGE, *words)
        assert "--at: 2035-08-03T20:00 is more than 400 days ahead of the ledger's clock, 2026-07-30T10:00" in said
        assert "give 2027-09-03T10:00 or earlier" in said
    last = now + timedelta(days=400)
    refused(played(lxr, last + timedelta(minutes=1)), USAGE, "employer", "add", "E002")
    assert now == clock_of(lxr)
    played(lxr, last).json("employer", "add", "E002")
    assert last == clock_of(lxr)


def test_the_first_time_that_is_played_after_the_founding_may_be_any(lxr: Lxr) -> None:
    assert 2025 == clock_of(lxr).year
    replace(lxr, at="2026-07-30T10:00").json("employer", "add", "E001")
    assert 2026 == clock_of(lxr).year
