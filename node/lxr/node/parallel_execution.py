"""Transactions of a block that are executed before their turn, by a second process and meanwhile by this one.

What a transaction comes to hangs on itself, its contract and what it reads alone. So it is the same wherever it is
executed, on the state below its block too, if none before it in the block has written what it reads. What does not
stand, is refused, has not come, or is owed when the second process is lost, is executed here in its turn.
"""

from collections import deque
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode.envelope import Envelope
from lxr.chaincode.founding import geneses
from lxr.node.blockfile import BlockFile
from lxr.node.blocks import hash_of
from lxr.node.contracts import Contract, contract
from lxr.node.draft import Draft, Executed
from lxr.node.genesis import genesis_record
from lxr.node.headers import leaf_of
from lxr.node.second_process import SecondProcess, serve
from lxr.node.version import contract_version
from lxr.token.refusal import Refusal

ALONE_BYTES: Final = 150_000
"""Envelopes that are to hold and write less, going by those that are in the block, start no process."""
WINDOW: Final = 6
"""So many are in work at once: the one whose turn it is, and those after it."""
LEAVES_LEFT: Final = 4
"""So many leaves are left for the time in which nothing else is to be done."""
WAIT_S: Final = 0.5
"""How long an answer is waited for. One that stands still costs that once: it takes nothing until it has answered."""


class _Work(Struct, frozen=True):
    """An envelope, to be executed on the file where its last block is that one, for that place of the next block."""

    path: str
    last: str
    version: str
    number: int
    position: int
    envelope: Envelope


_NOTHING: Final = b""
_encode: Final = msgspec.msgpack.Encoder().encode
_decode_work: Final = msgspec.msgpack.Decoder(_Work).decode
_decode_executed: Final = msgspec.msgpack.Decoder(Executed).decode


class ParallelExecution:
    """Of one block after the other. The second process starts where there is much to do, and stays."""

    def __init__(self, file: BlockFile, path: Path) -> None:
        """path: of the file, which need not be open yet."""
        self._file: Final = file
        self._path: Final = str(path.absolute())
        self._second: Final = SecondProcess(__name__)
        self.start_block(())

    def close(self) -> None:
        """End the second process."""
        self._second.close()

    def start_block(self, waiting: Sequence[Envelope]) -> None:
        """Take the envelopes for the next block. What is left of the one before is forgotten."""
        self._waiting = waiting
        self._next = 0
        """The place of the first envelope that neither process has taken."""
        self._owed: deque[int | None] = deque([None] * self._second.waiting)
        """The places of what the second process owes; None where that is wanted no more."""
        self._found: dict[int, Executed] = {}

    def executed(self, place: int, draft: Draft) -> Executed | None:
        """Return what the envelope at that place comes to, if that stands; None: execute it now.

        Asked for one place after the other. Where the second process owes it, and nothing else is to be done, this
        waits for it, but not for long. Refuses: ContractMissing.
        """
        while self._second.started and draft.without_leaf > LEAVES_LEFT:
            draft.compute_leaf()
        self._next = max(self._next, place + 1)
        self._give(place, draft)
        while place in self._owed:
            if self._has_taken_answer(0):
                self._give(place, draft)
            elif self._next < self._end(place, draft):
                self._execute_next(draft.version)
            elif not draft.compute_leaf() and not self._has_taken_answer(WAIT_S):
                self._owed = deque(None if owed == place else owed for owed in self._owed)
        done = self._found.pop(place, None)
        if done is not None and not draft.stands(done):
            self.start_block(())  # those that follow mostly hang on one another too
            done = None
        return done

    def _end(self, place: int, draft: Draft) -> int:
        """Before which place envelopes are executed while it is that one's turn."""
        return min(len(self._waiting), place + min(draft.room, WINDOW))

    def _execute_next(self, version: str) -> None:
        done = _executed(self._file, contract(version), self._waiting[self._next])
        if done is not None:
            self._found[self._next] = done
        self._next += 1

    def _give(self, place: int, draft: Draft) -> None:
        """Give the second process what it takes."""
        if not self._second.started and draft.bytes * len(self._waiting) <= ALONE_BYTES * draft.count:
            return
        while self._next < self._end(place, draft) and self._second.takes():
            position = draft.count + self._next - place  # unless one before it is refused
            work = _Work(self._path, draft.below, draft.version, draft.number, position, self._waiting[self._next])
            if not self._second.give(_encode(work)):
                break
            self._owed.append(self._next)
            self._next += 1
        if self._second.lost:
            self._owed.clear()

    def _has_taken_answer(self, wait_s: float) -> bool:
        """Take the next answer if it comes within that time, or know that none comes any more; False: neither."""
        if not self._second.has_answered(wait_s):
            return False
        answer = self._second.answer()
        if answer is None:
            self._owed.clear()
            return True
        place = self._owed.popleft()
        if place is not None and answer != _NOTHING:
            self._found[place] = _decode_executed(answer)
        return True


class _Reading:
    """The state below a block, and what of it was read."""

    def __init__(self, file: BlockFile) -> None:
        self._file: Final = file
        self.keys: Final[list[str]] = []

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        self.keys.extend(keys)
        return self._file.read(keys)


def _executed(file: BlockFile, under: Contract, envelope: Envelope) -> Executed | None:
    """Return what an envelope comes to on the state of the file; None: that is to be said in its turn."""
    reading = _Reading(file)
    try:
        call = under.admit(envelope, genesis_record(file))
        accepted = under.execute(reading, call)
    except Refusal:
        return None
    changes_rules = under.brings(call) is not None or any(key == geneses.key() for key, _ in accepted.writes)
    if changes_rules or accepted.replay is not None:
        return None
    read = (geneses.key(), *reading.keys)
    return Executed(under.version, call.tx_id, call.at_ms, read, accepted.writes, accepted.result)


@cache
def _opened(path: str) -> BlockFile:
    return BlockFile(Path(path))


def _work(data: bytes) -> bytes:
    work = _decode_work(data)
    file, under = _opened(work.path), contract(work.version)
    with file.snapshot():
        tip = file.tip()
        if tip is None or hash_of(tip) != work.last:  # the block was written meanwhile
            return _NOTHING
        done = _executed(file, under, work.envelope)
    if done is None:
        return _NOTHING
    leaf = leaf_of(under, work.number, work.position, done.transaction(work.envelope))
    return _encode(replace(done, position=work.position, leaf=leaf))


if __name__ == "__main__":
    contract(contract_version())  # all commands are slow to load: it is ready once it has them
    serve(_work)
