"""Ctrl-C in the middle: the command stops with one line, the same command again finishes, and nothing is done twice."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

import crews
from commandline import PASSPHRASE, Lxr
from waiting import PATIENCE_S, eventually

WORKERS, DAYS = 40, 31
SUBMIT = ("employer", "batch", "submit", "E001", "E001.json")
PAYDAY = ("union", "payday", "E001", "2026-09-15")
INSTRUCT = ("union", "cashout", "instruct", "CE001-20260915")
APPROVE = ("union", "cashout", "approve", "CE001-20260915")
AUTHORISE = ("--as", "union/admin", *APPROVE)  # it is more than 100,000 yuan
ACCEPT = ("bank", "cashout", "accept", INSTRUCT[-1])
LXR = """
import sys
from lxr.cli import main
class Told:
    def find_spec(self, name, *_):
        if name == "lxr.cli.output":  # the first that it loads once it can be stopped
            print("begins", flush=True)
sys.meta_path.insert(0, Told())
sys.argv[0] = "lxr"
main.main()
"""
"""The command, which says when it can be stopped."""


@dataclass(frozen=True)
class Crew:
    """A month of work of one employer, prepared but not submitted, and the same submitted, and paid."""

    prepared: Lxr
    submitted: Lxr
    paid: Lxr


def copied(lxr: Lxr, place: Path, at: str) -> Lxr:
    shutil.copytree(lxr.directory, place)
    return Lxr(place, at)


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Crew:
    base = tmp_path_factory.mktemp("crew")
    lxr = crews.prepared(base, crews.Crew(WORKERS, 10, date(2026, 8, 1), DAYS, "300000"))
    prepared = Lxr(lxr.directory, "2026-08-31T20:00")
    submitted = copied(prepared, base / "submitted", "2026-08-31T20:00")
    assert WORKERS * DAYS == submitted.json(*SUBMIT[:-1], submitted.directory / "E001.json")["rows"]
    paid = copied(submitted, base / "paid", "2026-09-15T10:00")
    paid.json(*PAYDAY)
    return Crew(prepared, Lxr(submitted.directory, "2026-09-15T10:00"), paid)


def heed_interrupts() -> None:
    """A runner in the background may ignore Ctrl-C, and hand that on."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupted(lxr: Lxr, words: tuple[str, ...], blocks: int) -> tuple[int, str]:
    """The real command, stopped once it has added so many blocks (0: while it starts); exit code and last line."""
    height, _ = lxr.tip()
    given = [str(lxr.directory / word) if word.endswith(".json") else word for word in words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LXR_")}
    environment |= {"LXR_PASSPHRASE": PASSPHRASE, "LXR_DIR": str(lxr.directory), "LXR_AT": str(lxr.at)}
    process = subprocess.Popen(
        [sys.executable, "-c", LXR, *given],
        env=environment | {"LXR_LANG": "en"},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )
    assert process.stdout is not None
    assert "begins\n" == process.stdout.readline()
    assert eventually(lambda: process.poll() is not None or lxr.tip()[0] >= height + blocks)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in said, said
    return process.returncode, said


def faults_in(said: str) -> int:
    """How many lines tell of a fault: on a slow machine lines of progress stand before them."""
    return sum(line.startswith("lxr: ") for line in said.splitlines())


def stopped_or_done(blocks: int) -> set[tuple[int, int]]:
    """The exit codes and lines of what was stopped after so many blocks; what was left may be done before it heeds."""
    return {(3, 1)} if blocks == 0 else {(3, 1), (0, 0)}


def figures(lxr: Lxr) -> Iterator[object]:
    """All that money and work have come to, without what differs from play to play."""
    yield lxr.json("employer", "batch", "status", "E001", "--month", "2026-08")["days"]
    yield lxr.json("employer", "statement", "E001")["closing_fen"]
    shown = lxr.json("ledger", "show")
    yield shown["height"], shown["supply_fen"], shown["reserve_fen"]
    yield [lxr.json("worker", "balance", f"E001/R{number:04}")["closing_fen"] for number in (0, WORKERS - 1)]


@pytest.mark.parametrize("blocks", [0, 2])
def test_a_batch_that_was_stopped_is_finished_by_the_same_command(crew: Crew, tmp_path: Path, blocks: int) -> None:
    lxr = copied(crew.prepared, tmp_path / "stopped", "2026-08-31T20:00")
    code, said = interrupted(lxr, SUBMIT, blocks)
    assert (code, faults_in(said)) in stopped_or_done(blocks), said
    again = lxr.json(*SUBMIT[:-1], lxr.directory / "E001.json")
    assert (0, WORKERS * DAYS) == (again["rejected"], len(again["outcomes"]))
    assert {"accepted", "late", "already there"} >= {row["outcome"] for row in again["outcomes"]}
    undisturbed = Lxr(crew.submitted.directory, lxr.at)
    assert list(figures(undisturbed))[:2] == list(figures(lxr))[:2]
    assert True is lxr.json("ledger", "audit")["ok"]


@pytest.mark.parametrize("blocks", [0, 1, 3])
def test_a_payday_that_was_stopped_is_finished_by_the_same_command(crew: Crew, tmp_path: Path, blocks: int) -> None:
    lxr = copied(crew.submitted, tmp_path / "stopped", "2026-09-15T10:00")
    code, said = interrupted(lxr, PAYDAY, blocks)
    assert (code, faults_in(said)) in stopped_or_done(blocks), said
    assert WORKERS == lxr.json(*PAYDAY)["paid"]
    tip = lxr.tip()
    assert WORKERS == lxr.json(*PAYDAY)["paid"]
    assert tip == lxr.tip()
    assert list(figures(crew.paid)) == list(figures(lxr))
    assert True is lxr.json("ledger", "audit")["ok"]


def test_a_cash_out_that_was_stopped_is_instructed_once(crew: Crew, tmp_path: Path) -> None:
    lxr = copied(crew.paid, tmp_path / "stopped", "2026-09-15T11:00")
    for words in (INSTRUCT, APPROVE, AUTHORISE):
        code, said = interrupted(lxr, words, 1)
        assert code in (0, 3), said  # what is left to do after the block is done at once
        assert (WORKERS, words == AUTHORISE) == ((done := lxr.json(*words))["count"], done["state"] == "instructed")
    assert interrupted(lxr, ACCEPT, 1)[0] in (0, 3)
    lxr.json(*ACCEPT)
    lxr.json("bank", "simulate")
    lxr.json("bank", "statement", "import")
    assert {"settled"} == {order["state"] for order in lxr.json("union", "cashout", "show", INSTRUCT[-1])["orders"]}
    assert [] == lxr.json("union", "reconcile")["breaks"]
