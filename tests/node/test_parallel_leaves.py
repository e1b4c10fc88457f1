"""Leaves are the same whether one process computes them or two, and whatever becomes of the second."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consortium import House, rehearsal
from lxr.chaincode.envelope import Envelope
from lxr.chaincode.parameters import Propose
from lxr.node import parallel_leaves, second_process
from lxr.node.audit import audit
from lxr.node.blocks import Header, Transaction
from lxr.node.client import Client
from lxr.node.contracts import Succession, contract
from lxr.node.embedded import EmbeddedLedger
from lxr.node.headers import transaction_leaves
from lxr.node.parallel_leaves import ParallelLeaves
from lxr.node.version import contract_version
from lxr.settlement.pay.many_paydays import paydays
from rebuilding import rebuild
from treasury import PAYDAY, instructed
from waiting import PATIENCE_S

NUMBER: Final = 7
"""Of the block."""
ENVELOPE: Final = Envelope(b"{}", b"", b"")
PAYSLIPS: Final = b'{"lines":{"W1":{"net_fen":1}}}'


@pytest.fixture(autouse=True)
def _always(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second process has its part in every block, however small that is and however slowly it starts."""
    monkeypatch.setattr(parallel_leaves, "ALONE_BYTES", 0)
    monkeypatch.setattr(parallel_leaves, "BATCH_BYTES", 1)
    monkeypatch.setattr(second_process, "START_WAIT_S", PATIENCE_S)


@pytest.fixture
def leaves() -> Iterator[ParallelLeaves]:
    made = ParallelLeaves()
    yield made
    made.close()


def block(count: int, size: int = 1) -> list[Transaction]:
    """So many transactions, each with so many records."""
    return [
        Transaction(f"{at:064x}", ENVELOPE, True, tuple((f"lines/R{n}", PAYSLIPS) for n in range(size)), b"{}")
        for at in range(count)
    ]


def here(transactions: list[Transaction]) -> list[bytes]:
    return transaction_leaves(NUMBER, transactions, Succession(contract_version()))


def taken(leaves: ParallelLeaves, transactions: list[Transaction]) -> None:
    leaves.start_block(NUMBER)
    for each in transactions:
        leaves.add(contract(contract_version()), each)


def second(leaves: ParallelLeaves) -> subprocess.Popen[bytes]:
    process = leaves._second._process
    assert process is not None
    return process


def answered(leaves: ParallelLeaves) -> None:
    """The second process has done something."""
    until_s = time.monotonic() + PATIENCE_S
    while not leaves._second.has_answered():
        assert time.monotonic() < until_s
        time.sleep(0.001)


@pytest.fixture(scope="module")
def shared() -> Iterator[ParallelLeaves]:
    made = ParallelLeaves()
    yield made
    made.close()


key: Final = st.sampled_from(["lines/E001/0", "run/E001-20260915", "request/union.admin/r", "sheet/E/d/0", "other"])
value: Final = st.one_of(st.sampled_from([PAYSLIPS, b"{}", b"", b'{"a":', b"[" * 40]), st.binary(max_size=40))
transaction: Final = st.builds(
    Transaction,
    st.sampled_from(["0" * 64, "f" * 64]),
    st.builds(Envelope, st.binary(max_size=9), st.binary(max_size=9), st.binary(max_size=9)),
    st.booleans(),
    st.lists(st.tuples(key, value), max_size=4).map(tuple),
    st.just(b"{}"),
)


@settings(deadline=None, max_examples=60)
@given(made=st.lists(transaction, max_size=12), batch_bytes=st.integers(1, 100))
def test_two_processes_compute_what_one_does_of_any_transactions(
    shared: ParallelLeaves, made: list[Transaction], batch_bytes: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parallel_leaves, "ALONE_BYTES", 0)
        patched.setattr(parallel_leaves, "BATCH_BYTES", batch_bytes)
        patched.setattr(second_process, "START_WAIT_S", PATIENCE_S)
        taken(shared, made)
        assert here(made) == shared.leaves()
        assert not shared._second.lost


def test_a_whole_months_blocks_have_the_same_headers_with_one_process_and_with_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rehearsal(tmp_path / "month") as house:
        _month(house)
        path, made = house.consortium.ledger_path, headers(house.ledger)
        assert isinstance(house.ledger, EmbeddedLedger)
        assert second(house.ledger._leaves).poll() is None
        assert audit(house.ledger).ok
    monkeypatch.setattr(parallel_leaves, "ALONE_BYTES", 1 << 40)
    rebuild(path, lambda *_: True)
    ledger = EmbeddedLedger.open(path)
    assert made == headers(ledger)
    ledger.close()


def _month(house: House) -> None:
    """Two employers from registration to a cash-out that the bank has accepted."""
    teams = [house.employ(3, employer=number, shards=2) for number in ("E001", "E002")]
    day = house.clock.go(date(2026, 8, 3))
    for team in teams:
        house.work(day, team.rows(orders=20, minutes=480))
        house.confirm(team.all, day)
    house.clock.go(PAYDAY)
    for team in teams:
        house.deposit(10_000_000, team.employer)
    paydays(house.treasurer, house.operator, [team.employer for team in teams], PAYDAY)
    instructed(house, "CE001-20260915")


def headers(ledger: object) -> list[Header]:
    assert isinstance(ledger, EmbeddedLedger)
    return [each.header for each in ledger.blocks()]


def test_a_small_block_starts_no_process(
    ledger: EmbeddedLedger, admin: Client, propose: Callable[..., Propose]
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parallel_leaves, "ALONE_BYTES", 1_000_000)
        admin.submit_many([propose(number) for number in range(200)])
    assert ledger._leaves._second._process is None


def test_once_it_is_there_it_takes_part_in_smaller_blocks(
    leaves: ParallelLeaves, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken(leaves, block(1))
    monkeypatch.setattr(parallel_leaves, "ALONE_BYTES", 1 << 40)
    taken(leaves, block(3))
    assert leaves._second.waiting
    assert here(block(3)) == leaves.leaves()


@pytest.mark.parametrize("at", [1, 2, 5])
def test_what_a_process_that_died_owes_is_computed_here(leaves: ParallelLeaves, at: int) -> None:
    made = block(6, size=500)
    leaves.start_block(NUMBER)
    for number, each in enumerate(made):
        if number == at:
            second(leaves).kill()
            second(leaves).wait()
        leaves.add(contract(contract_version()), each)
    assert here(made) == leaves.leaves()
    assert leaves._second.lost
    taken(leaves, block(3))  # from here on without it
    assert here(block(3)) == leaves.leaves()


def test_nothing_waits_for_a_process_that_hangs(leaves: ParallelLeaves) -> None:
    taken(leaves, block(1))
    second(leaves).send_signal(signal.SIGSTOP)
    for count in (2, 5):
        taken(leaves, block(count, size=3))
        assert here(block(count, size=3)) == leaves.leaves()


def test_one_that_hangs_and_takes_nothing_is_lost_in_the_end(
    leaves: ParallelLeaves, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_process, "GIVEN_UP_S", 0.01)
    taken(leaves, block(1))
    second(leaves).send_signal(signal.SIGSTOP)
    made = block(3, size=40_000)
    taken(leaves, made)
    assert here(made) == leaves.leaves()
    assert leaves._second.lost


def test_answers_to_a_block_that_was_given_up_are_not_taken_for_the_next_ones(leaves: ParallelLeaves) -> None:
    taken(leaves, block(4, size=300))
    taken(leaves, block(4, size=2))
    answered(leaves)
    assert here(block(4, size=2)) == leaves.leaves()


@pytest.mark.parametrize("script", [None, "#!/bin/sh\nexec sleep 600\n", "#!/bin/sh\nexit 1\n", "#!/bin/sh\necho x\n"])
def test_a_process_that_cannot_start_or_never_gets_ready_is_done_without(
    leaves: ParallelLeaves, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None
) -> None:
    monkeypatch.setattr(second_process, "START_WAIT_S", 0)
    python = tmp_path / "python"
    if script is not None:
        python.write_text(script)
        python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    for _ in range(3):
        taken(leaves, block(3))
        assert here(block(3)) == leaves.leaves()


def test_a_process_of_another_release_computes_nothing(leaves: ParallelLeaves, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_process, "contract_version", lambda: "f" * 64)
    taken(leaves, block(2))
    assert leaves._second.lost
    assert here(block(2)) == leaves.leaves()


ORPHAN: Final = """
import os, sys
from lxr.node import second_process
from lxr.node.second_process import SecondProcess

second_process.START_WAIT_S = 600
second = SecondProcess("lxr.node.parallel_leaves")
assert second.takes()
print(second._process.pid, flush=True)
sys.stdin.read()
"""


def test_it_ends_with_the_process_that_started_it_however_that_ends() -> None:
    command = [sys.executable, "-c", ORPHAN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        pid = int(first.stdout.readline())
        first.kill()
    until_s = time.monotonic() + PATIENCE_S
    while _lives(pid):
        assert time.monotonic() < until_s
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_closing_the_ledger_ends_it(ledger: EmbeddedLedger, admin: Client, propose: Callable[..., Propose]) -> None:
    admin.submit(propose(1))
    process = second(ledger._leaves)
    assert process.poll() is None
    ledger.close()
    assert process.returncode is not None
