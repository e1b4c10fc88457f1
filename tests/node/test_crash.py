"""A node is killed at a random moment, or shares its file with others: no answer is lost, no block is half there."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lxr.chaincode.envelope import Envelope, encode_envelope
from lxr.chaincode.founding import Found
from lxr.chaincode.governance import Propose
from lxr.chaincode.parameters import proposals
from lxr.node.audit import audit
from lxr.node.client import Client
from lxr.node.embedded import EmbeddedLedger

BATCH = 3

SUBMIT = """
import sys
from pathlib import Path
from lxr.node.embedded import EmbeddedLedger
from lxr.chaincode.envelope import decode_envelope

ledger = EmbeddedLedger.open(Path(sys.argv[1]))
envelopes = [decode_envelope(bytes.fromhex(line)) for line in sys.stdin]
for start in range(0, len(envelopes), 3):
    for answer in ledger.submit(envelopes[start : start + 3]):
        print(answer.tx_id, flush=True)
"""

WITH_SECOND = (
    """
from lxr.node import parallel_execution, second_process

parallel_execution.ALONE_BYTES = 0
second_process.START_WAIT_S = 600
"""
    + SUBMIT
)
"""The same, and a second process has its part in every block."""

CREATE = """
import sys
from pathlib import Path
from lxr.node.embedded import EmbeddedLedger
from lxr.chaincode.envelope import decode_envelope

founding = decode_envelope(bytes.fromhex(sys.stdin.read()))
for number in range(1000):
    EmbeddedLedger.create(Path(sys.argv[1]) / f"{number}.db", founding)
    print(f"{number:<100}", flush=True)
"""


def start(script: str, argument: Path, envelopes: list[Envelope]) -> subprocess.Popen[str]:
    """A process that gives its answers, a hundred ahead of who reads them: so it is never done before it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(argument)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pipesize=4096,
    )
    assert process.stdin is not None
    process.stdin.write("\n".join(encode_envelope(envelope).hex() for envelope in envelopes))
    process.stdin.close()
    return process


def kill_after_some_answers(process: subprocess.Popen[str], seed: int) -> list[str]:
    """What it answered until it was killed, somewhere in its work."""
    chance = random.Random(seed)
    assert process.stdout is not None
    answered = [process.stdout.readline().strip() for _ in range(chance.randrange(1, 20))]
    time.sleep(chance.random() * 0.02)
    process.send_signal(signal.SIGKILL)
    answered += process.stdout.read().split()
    process.stdout.close()
    assert -signal.SIGKILL == process.wait()
    return answered


@pytest.mark.parametrize("script", [SUBMIT, WITH_SECOND], ids=["alone", "with a second process"])
@pytest.mark.parametrize("seed", range(5))
def test_after_kill_9_every_answer_stands_and_every_block_is_whole(
    ledger: EmbeddedLedger, sealed: Callable[..., Envelope], propose: Callable[..., Propose], seed: int, script: str
) -> None:
    envelopes = [sealed(propose(number)) for number in range(900)]
    answered = kill_after_some_answers(start(script, ledger.path, envelopes), seed)
    ledger.close()
    again = EmbeddedLedger.open(ledger.path)
    report = audit(again)
    assert report.ok, report.fault
    assert report.height < 1 + len(envelopes) // BATCH, "it was killed too late to show anything"
    assert {1, BATCH} == {len(block.transactions) for block in again.blocks()}
    assert all(again.transaction(tx_id) for tx_id in answered)
    assert len(answered) <= report.transactions - 1 <= len(answered) + BATCH
    again.close()


@pytest.mark.parametrize("seed", range(3))
def test_after_kill_9_a_new_ledger_is_whole_or_not_there(
    tmp_path: Path, founded: Callable[..., Found], sealed: Callable[..., Envelope], seed: int
) -> None:
    created = kill_after_some_answers(start(CREATE, tmp_path, [sealed(founded())]), seed)
    there = sorted(tmp_path.glob("[0-9]*.db"))
    assert len(created) <= len(there) <= len(created) + 1
    for path in there:
        ledger = EmbeddedLedger.open(path)
        report = audit(ledger)
        assert (True, 1) == (report.ok, report.height)
        ledger.close()


@pytest.mark.parametrize("script", [SUBMIT, WITH_SECOND], ids=["alone", "with a second process"])
def test_two_processes_and_this_one_take_turns_and_nothing_is_lost(
    ledger: EmbeddedLedger, admin: Client, sealed: Callable[..., Envelope], propose: Callable[..., Propose], script: str
) -> None:
    shares = [[sealed(propose(number)) for number in range(first, first + 90)] for first in (0, 1000)]
    processes = [start(script, ledger.path, share) for share in shares]
    for number in range(2000, 2030):
        admin.submit(propose(number))
    for process, share in zip(processes, shares, strict=True):
        assert process.stdout is not None
        assert [envelope.tx_id for envelope in share] == process.stdout.read().split()
        process.stdout.close()
        assert 0 == process.wait()
    report = audit(ledger)
    assert report.ok, report.fault
    assert (1 + 30 + 60, 1 + 30 + 180) == (report.height, report.transactions)
    assert 210 == len(list(admin.scan(proposals)))
