"""One ledger in a server's threads: readers see whole blocks, writers take turns, and no connection is left behind."""

import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Final, TypeVar

import pytest

from lxr.chaincode.governance import Propose
from lxr.node.audit import audit
from lxr.node.client import Client
from lxr.node.embedded import EmbeddedLedger
from lxr.node.port import LedgerFault
from lxr.token.refusal import Refusal

R = TypeVar("R")
WAIT_S: Final = 30
EACH: Final = 20
Proposes = Callable[..., Propose]


def in_thread(work: Callable[[], R]) -> R:
    """What comes of it in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result(WAIT_S)


def opened(path: Path) -> int:
    """How many files this process has open on the ledger."""
    gc.collect()
    links = [each for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    return sum(str(each.readlink()) == str(path) for each in links if each.exists())


def test_a_thread_reads_what_stands_while_another_one_writes(admin: Client, propose: Proposes) -> None:
    ledger = admin.ledger
    assert isinstance(ledger, EmbeddedLedger)
    begun, done = Event(), Event()

    def write() -> None:
        with ledger.writing():
            begun.set()
            assert done.wait(WAIT_S)

    writer = Thread(target=write)
    writer.start()
    assert begun.wait(WAIT_S)
    assert (1, 1) == (ledger.height(), len(list(ledger.blocks())))
    assert 1 == in_thread(ledger.height)
    done.set()
    writer.join(WAIT_S)
    in_thread(lambda: admin.submit(propose(1)))
    assert 2 == ledger.height()


def test_two_threads_write_and_a_third_reads_whole_blocks_all_the_while(admin: Client, propose: Proposes) -> None:
    ledger, start, over = admin.ledger, Barrier(3), Event()

    def write(first: int) -> int:
        start.wait(WAIT_S)
        answers = [admin.submit_many([propose(number)])[0] for number in range(first, first + EACH)]
        return sum(not isinstance(answer, Refusal) for answer in answers)

    def read() -> int:
        start.wait(WAIT_S)
        looks = 0
        while not over.is_set():
            with ledger.snapshot():
                height = ledger.height()
                assert height == len(list(ledger.blocks()))
                there = [key for key, _ in ledger.scan("proposal/")]
                assert height == 1 + len(there)  # each was a block of its own
            looks += 1
        return looks

    with ThreadPoolExecutor(3) as pool:
        reading = pool.submit(read)
        writing = [pool.submit(write, first) for first in (1, 1 + EACH)]
        assert [EACH, EACH] == [each.result(WAIT_S) for each in writing]
        over.set()
        assert reading.result(WAIT_S) > 0
    report = audit(ledger)
    assert (True, 1 + 2 * EACH) == (report.ok, ledger.height())


def test_of_one_request_in_two_threads_one_is_done_and_both_have_its_answer(admin: Client, propose: Proposes) -> None:
    start = Barrier(4)

    def ask() -> object:
        start.wait(WAIT_S)
        return admin.submit(propose(1))

    with ThreadPoolExecutor(4) as pool:
        answers = [each.result(WAIT_S) for each in [pool.submit(ask) for _ in range(4)]]
    assert [answers[0]] * 4 == answers
    assert 2 == admin.ledger.height()


def test_a_snapshot_is_its_threads_own(admin: Client, propose: Proposes) -> None:
    with admin.ledger.snapshot():
        assert 1 == admin.ledger.height()
        in_thread(lambda: admin.submit(propose(1)))
        assert (1, 2) == (admin.ledger.height(), in_thread(admin.ledger.height))
    assert 2 == admin.ledger.height()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux tells what is open")
def test_threads_that_end_leave_nothing_open(ledger: EmbeddedLedger) -> None:
    before = opened(ledger.path)
    for _ in range(20):
        assert 1 == in_thread(ledger.height)
    # SQLite keeps one for the next: closing any descriptor would give up the locks of all, as POSIX has it
    assert before + 1 >= opened(ledger.path)


def test_a_ledger_is_closed_in_every_thread_and_opened_in_none(ledger: EmbeddedLedger) -> None:
    begun, closed = Event(), Event()

    def read() -> None:
        ledger.height()
        begun.set()
        assert closed.wait(WAIT_S)
        ledger.height()

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        assert begun.wait(WAIT_S)
        ledger.close()
        closed.set()
        with pytest.raises(LedgerFault, match="closed"):
            reading.result(WAIT_S)
    with pytest.raises(LedgerFault, match=r"ledger\.db: is closed$"):
        in_thread(ledger.height)
    with pytest.raises(LedgerFault, match="closed"):
        ledger.height()
