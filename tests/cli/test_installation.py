"""What commands, pages and clocks share: opened once, by any thread, with nothing of a terminal in it."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Final

import pytest

from consortium import PASSPHRASE, rehearsal
from lxr.cli.installation import Installation
from lxr.network.keyfile import KeyFault
from lxr.settlement.bank import cashout
from lxr.settlement.errors import PeopleFault
from lxr.settlement.people import employers
from treasury import paid

TERMINALS: Final = ("typer", "click", "lxr.cli.screen", "lxr.cli.texts.language", "lxr.cli.session", "lxr.cli.ends")
WAIT_S: Final = 60


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Three workers of E001 are paid; the store of persons is gone."""
    with rehearsal(tmp_path) as house:
        paid(house, house.employ(3))
        house.consortium.store_path.unlink()
        return house.consortium.directory


def test_a_payday_is_read_and_its_cash_out_cancelled_without_a_terminal(directory: Path) -> None:
    with Installation(directory, lambda: PASSPHRASE) as parts:
        assert parts.consortium.rehearsal
        report = cashout.cancel(parts.client("union", "treasurer"), "CE001-20260915")
        assert ("cancelled", 3) == (report.state, report.orders)
        assert parts.custody() is not None
        with pytest.raises(PeopleFault, match="the store of persons is gone"):
            parts.people()


def test_many_threads_open_each_part_once(directory: Path) -> None:
    asked, start = [], Barrier(8)

    def passphrase() -> bytes:
        asked.append(1)
        return PASSPHRASE

    with Installation(directory, passphrase) as parts, ThreadPoolExecutor(8) as pool:

        def look(number: int) -> tuple[int, ...]:
            start.wait(WAIT_S)
            client = parts.client("union", "operator")
            employers.register(client, f"E{100 + number}")
            return id(client), id(parts.ledger()), id(parts.made_people())

        seen = {each.result(WAIT_S) for each in [pool.submit(look, number) for number in range(8)]}
        assert 1 == len(seen)
        assert 2 == len(asked)  # one key, one store


def test_a_wrong_passphrase_is_told_to_whoever_asks_and_a_good_one_opens(directory: Path) -> None:
    said = iter([b"wrong", PASSPHRASE])
    with Installation(directory, lambda: next(said)) as parts:
        with pytest.raises(KeyFault):
            parts.client("union", "operator")
        assert "union" == parts.client("union", "operator").organisation


def test_the_present_is_given_the_ledgers_own_in_a_rehearsal_or_the_machines(directory: Path) -> None:
    with Installation(directory, lambda: PASSPHRASE, clock=lambda: 7) as parts:
        assert 7 == parts.clock()
    with Installation(directory, lambda: PASSPHRASE) as parts:
        there = parts.ledgers_clock()
        assert there is not None
        assert there.at_ms == parts.clock()


def test_nothing_of_terminals_is_loaded_with_it() -> None:
    code = "import sys, lxr.cli.installation; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert [] == [each for each in TERMINALS if each in loaded]
