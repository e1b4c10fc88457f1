"""A ledger answers, and its blocks are the same, with one process or two, and whatever becomes of the second."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import count
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from consortium import House, approval, rehearsal
from lxr.chaincode.envelope import Envelope
from lxr.chaincode.founding import Found, FoundCopy
from lxr.chaincode.governance import Propose
from lxr.chaincode.upgrade import ProposeContract, ProposedContract, StateContract, contract_digest
from lxr.chaincode.workday_answers import Confirm
from lxr.node import draft, parallel_execution, second_process
from lxr.node.audit import audit
from lxr.node.blocks import Header
from lxr.node.contracts import contract
from lxr.node.embedded import EmbeddedLedger
from lxr.node.parallel_execution import _executed, _Work
from lxr.node.port import Committed
from lxr.node.second_process import SecondProcess
from lxr.node.version import contract_version
from lxr.settlement.pay.many_paydays import paydays
from lxr.token.refusal import Refusal
from quick import examples
from rebuilding import rebuild
from treasury import PAYDAY, instructed
from waiting import PATIENCE_S

AT_MS: Final = 1_788_220_800_000
NEVER: Final = 1 << 40
"""More bytes than any block has: so no second process starts."""
Sealed = Callable[..., Envelope]
Proposes = Callable[..., Propose]


@pytest.fixture(autouse=True)
def _always(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second process has its part in every block of two, however small that is and however slowly it starts."""
    monkeypatch.setattr(parallel_execution, "ALONE_BYTES", 0)
    monkeypatch.setattr(second_process, "START_WAIT_S", PATIENCE_S)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """The positions for which leaves were computed, of what was executed before its turn and stood."""
    found: list[int | None] = []
    take = EmbeddedLedger._taken

    def noting(ledger: EmbeddedLedger, block: draft.Draft, envelope: Envelope, done: draft.Executed) -> object:
        found.append(done.position if done.leaf else None)
        return take(ledger, block, envelope, done)

    monkeypatch.setattr(EmbeddedLedger, "_taken", noting)
    return found


@pytest.fixture
def alone(tmp_path: Path, ledger: EmbeddedLedger) -> Iterator[EmbeddedLedger]:
    """The same ledger again, on which one process does everything."""
    (founding,) = next(ledger.blocks()).transactions
    made = EmbeddedLedger.create(tmp_path / "alone.db", founding.envelope, lambda: AT_MS)
    yield made
    made.close()


def answers(ledger: EmbeddedLedger, envelopes: Sequence[Envelope]) -> list[object]:
    found = ledger.submit(envelopes)
    return [(type(each), each.code, each.facts) if isinstance(each, Refusal) else each for each in found]


def answers_alone(ledger: EmbeddedLedger, envelopes: Sequence[Envelope]) -> list[object]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parallel_execution, "ALONE_BYTES", NEVER)
        return answers(ledger, envelopes)


def headers(ledger: EmbeddedLedger) -> list[Header]:
    return [each.header for each in ledger.blocks()]


def second(ledger: EmbeddedLedger) -> subprocess.Popen[bytes]:
    process = ledger._ahead._second._process
    assert process is not None
    return process


class Pair:
    """Two ledgers that are given the same, one with two processes and one alone."""

    def __init__(self, place: Path, founding: Envelope) -> None:
        self.two: Final = EmbeddedLedger.create(place / "two.db", founding, lambda: AT_MS)
        self.one: Final = EmbeddedLedger.create(place / "one.db", founding, lambda: AT_MS)
        self.numbers: Final = count()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, founded: Callable[..., Found], sealed: Sealed) -> Iterator[Pair]:
    made = Pair(tmp_path_factory.mktemp("pair"), sealed(founded()))
    yield made
    assert audit(made.two).ok
    made.two.close()
    made.one.close()


step: Final = st.tuples(st.sampled_from(["propose", "approve", "again", "other body", "forged"]), st.integers(0, 3))


@settings(deadline=None, max_examples=examples(40))
@given(calls=st.lists(st.lists(step, min_size=1, max_size=12), min_size=1, max_size=3), full=st.integers(3_000, 30_000))
def test_two_processes_answer_what_one_does_and_make_the_same_blocks(
    pair: Pair, sealed: Sealed, propose: Proposes, calls: list[list[tuple[str, int]]], full: int
) -> None:
    numbers = [next(pair.numbers) for _ in range(4)]
    proposed = {number: sealed(propose(number)) for number in numbers}

    def envelope(what: str, number: int) -> Envelope:
        match what:
            case "approve":
                return sealed(approval(propose(number), f"approve-{number}"), "regulator")
            case "again":
                return sealed(propose(number))
            case "other body":
                return sealed(propose(number, source="another"))
            case "forged":
                other = numbers[(numbers.index(number) + 1) % len(numbers)]
                return replace(proposed[number], signature=proposed[other].signature)
            case _:
                return proposed[number]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(draft, "BLOCK_FULL_BYTES", full)
        patched.setattr(parallel_execution, "ALONE_BYTES", 0)
        patched.setattr(second_process, "START_WAIT_S", PATIENCE_S)
        for call in calls:
            envelopes = [envelope(what, numbers[which]) for what, which in call]
            assert answers_alone(pair.one, envelopes) == answers(pair.two, envelopes)
    assert headers(pair.one) == headers(pair.two)
    assert not pair.two._ahead._second.lost


def test_a_whole_months_blocks_are_the_same_with_one_process_and_with_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: list[int | None]
) -> None:
    with rehearsal(tmp_path / "month") as house:
        path, ledger = house.consortium.ledger_path, house.ledger
        assert isinstance(ledger, EmbeddedLedger)
        assert ledger._ahead._second.takes()
        taken.clear()
        _month(house)
        made = headers(ledger)
        assert audit(ledger).ok
    assert any(position is not None for position in taken)
    monkeypatch.setattr(parallel_execution, "ALONE_BYTES", NEVER)
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


@pytest.mark.parametrize("bad", [None, 0, 5], ids=["all good", "the first", "the last"])
def test_a_workers_bad_signature_is_found_by_either_process(tmp_path: Path, bad: int | None) -> None:
    """Answers of six workers in six commands; one is signed with another's key."""
    with rehearsal(tmp_path) as house:
        team, day = house.employ(workers=6, shards=6), house.clock.go(date(2026, 8, 3))
        house.work(day, team.rows(orders=20, minutes=480))
        if bad is not None:
            team.keys[sorted(team.workers.values())[bad]] = ec.derive_private_key(7, ec.SECP256R1())
        found = [type(answer).__name__ for answer in house.answers_to(Confirm, house.confirmations(team.all, day))]
        wrong = int(bad is not None)
        assert (wrong, 6 - wrong) == (found.count("SignatureWrong"), found.count("Confirmed"))
        assert audit(house.ledger).ok


def test_what_does_not_hang_on_one_another_is_executed_before_its_turn(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes, taken: list[int | None]
) -> None:
    ledger.submit([sealed(propose(number)) for number in range(40)])
    assert taken
    assert audit(ledger).ok


def test_what_follows_something_refused_stands_at_another_place_with_the_leaf_of_that(
    ledger: EmbeddedLedger, alone: EmbeddedLedger, sealed: Sealed, propose: Proposes
) -> None:
    envelopes = [sealed(propose(number), at_ms=AT_MS + (number % 3 == 2) * 10**9) for number in range(30)]
    assert answers_alone(alone, envelopes) == answers(ledger, envelopes)
    assert headers(alone) == headers(ledger)


def test_what_changes_the_rules_or_is_refused_or_done_already_is_left_for_its_turn(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes
) -> None:
    under = contract(contract_version())
    copy = FoundCopy(request_id="copy-1--", copied=ledger.genesis.ledger, genesis_block="9" * 64)
    named = ProposeContract(request_id="named-1--", version="0" * 64, not_before_ms=AT_MS, source="release notes")
    seen = contract_digest(ProposedContract(named.version, contract_version(), AT_MS, named.source))
    word = StateContract(request_id="stated-1", version=named.version, proposed_by="union", digest=seen)
    assert [Committed] * 2 == [type(each) for each in ledger.submit([sealed(propose(1)), sealed(named)])]
    for left in (sealed(copy), sealed(word, role="witness"), sealed(propose(1)), sealed(propose(2), ledger="0" * 64)):
        assert _executed(ledger, under, left) is None
    assert _executed(ledger, under, sealed(propose(2))) is not None


def test_a_copy_is_not_founded_before_its_turn(ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes) -> None:
    copy = FoundCopy(request_id="copy-1--", copied=ledger.genesis.ledger, genesis_block="9" * 64)
    *done, refused = ledger.submit([*(sealed(propose(number)) for number in range(5)), sealed(copy)])
    assert all(isinstance(each, Committed) for each in done)
    assert isinstance(refused, Refusal)


@pytest.mark.parametrize("height", [0, 1])
def test_what_is_asked_of_another_block_than_the_last_comes_to_nothing(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes, height: int
) -> None:
    """It was written meanwhile, or another file lies there now."""
    ledger.submit([sealed(propose(1))])
    last = [each.hash for each in ledger.blocks()][height]
    work = _Work(str(ledger.path), last, contract_version(), 2, 0, sealed(propose(2)))
    answer = parallel_execution._work(parallel_execution._encode(work))
    parallel_execution._opened.cache_clear()
    assert (height == 1) == (answer != b"")


def test_few_small_transactions_start_no_process(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel_execution, "ALONE_BYTES", 150_000)
    ledger.submit([sealed(propose(number)) for number in range(50)])
    assert ledger._ahead._second._process is None


def test_once_it_is_there_it_takes_part_in_smaller_blocks(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.submit([sealed(propose(number)) for number in range(3)])
    monkeypatch.setattr(parallel_execution, "ALONE_BYTES", NEVER)
    gave: list[bytes] = []
    monkeypatch.setattr(SecondProcess, "give", lambda _, work: gave.append(work))  # and has not got it
    ledger.submit([sealed(propose(number)) for number in range(3, 6)])
    assert gave


@pytest.mark.parametrize("after", [0, 1, 3])
def test_what_a_process_that_died_owes_is_done_here(
    ledger: EmbeddedLedger,
    alone: EmbeddedLedger,
    sealed: Sealed,
    propose: Proposes,
    monkeypatch: pytest.MonkeyPatch,
    after: int,
) -> None:
    give, gave = SecondProcess.give, count()

    def dying(process: SecondProcess, work: bytes) -> bool:
        if next(gave) == after:
            second(ledger).kill()
            second(ledger).wait()
        return give(process, work)

    monkeypatch.setattr(SecondProcess, "give", dying)
    envelopes = [sealed(propose(number)) for number in range(12)]
    for some in (envelopes[:8], envelopes[8:]):
        assert answers_alone(alone, some) == answers(ledger, some)
    assert ledger._ahead._second.lost
    assert headers(alone) == headers(ledger)


def test_a_process_that_hangs_is_done_without_and_what_it_says_later_is_not_taken_for_something_else(
    ledger: EmbeddedLedger, alone: EmbeddedLedger, sealed: Sealed, propose: Proposes
) -> None:
    envelopes = [sealed(propose(number)) for number in range(24)]
    for start, sent in ((0, None), (6, signal.SIGSTOP), (12, signal.SIGCONT), (18, None)):
        if sent is not None:
            second(ledger).send_signal(sent)
        some = envelopes[start : start + 6]
        assert answers_alone(alone, some) == answers(ledger, some)
    assert headers(alone) == headers(ledger)


def test_one_that_hangs_and_takes_nothing_is_lost_in_the_end() -> None:
    hanging = SecondProcess("lxr.node.parallel_execution")
    assert hanging.takes()
    assert hanging._process is not None
    assert hanging._socket is not None
    hanging._process.send_signal(signal.SIGSTOP)
    hanging._socket.settimeout(0.01)
    assert not hanging.give(bytes(10_000_000))
    assert hanging.lost


def test_a_block_that_was_given_up_leaves_nothing_for_the_next_one(
    ledger: EmbeddedLedger, alone: EmbeddedLedger, sealed: Sealed, propose: Proposes
) -> None:
    envelopes = [sealed(propose(number)) for number in range(16)]
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(draft.Draft, "append", lambda _: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            ledger.submit(envelopes[:8])
    assert answers_alone(alone, envelopes[8:]) == answers(ledger, envelopes[8:])
    assert headers(alone) == headers(ledger)


@pytest.mark.parametrize("script", [None, "#!/bin/sh\nexec sleep 600\n", "#!/bin/sh\nexit 1\n", "#!/bin/sh\necho x\n"])
def test_a_process_that_cannot_start_or_never_gets_ready_is_done_without(
    ledger: EmbeddedLedger,
    sealed: Sealed,
    propose: Proposes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str | None,
) -> None:
    monkeypatch.setattr(second_process, "START_WAIT_S", 0)
    python = tmp_path / "python"
    if script is not None:
        python.write_text(script)
        python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    for start in (0, 4, 8):
        found = ledger.submit([sealed(propose(number)) for number in range(start, start + 4)])
        assert [Committed] * 4 == [type(each) for each in found]
    assert audit(ledger).ok


def test_a_process_of_another_release_executes_nothing(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_process, "contract_version", lambda: "f" * 64)
    found = ledger.submit([sealed(propose(number)) for number in range(4)])
    assert [Committed] * 4 == [type(each) for each in found]
    assert ledger._ahead._second.lost


ORPHAN: Final = """
import os, sys
from lxr.node import second_process
from lxr.node.second_process import SecondProcess

second_process.START_WAIT_S = 600
second = SecondProcess("lxr.node.parallel_execution")
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


def test_closing_the_ledger_ends_it_and_folds_the_log_into_the_file(
    ledger: EmbeddedLedger, sealed: Sealed, propose: Proposes
) -> None:
    ledger.submit([sealed(propose(number)) for number in range(4)])
    process = second(ledger)
    assert process.poll() is None
    ledger.close()
    assert process.returncode is not None
    assert not ledger.path.with_name(f"{ledger.path.name}-wal").exists()
