"""The leaves of a block's transactions, computed by a second process while this one executes those that follow.

A leaf hangs on nothing but its transaction and that one's place. So it comes out the same wherever it is computed, and
what the second process does not come to, or owes when it is lost, is computed here.
"""

from collections import deque
from typing import Final

import msgspec

from lxr.node.blocks import Transaction
from lxr.node.contracts import Contract, contract
from lxr.node.headers import leaf_of
from lxr.node.second_process import SecondProcess, serve

ALONE_BYTES: Final = 1_000_000
"""A block whose transactions write less has all its leaves computed here, and starts no process."""
BATCH_BYTES: Final = 32_768
"""Transactions are given together until they write as much: a large one by itself."""
_LEAF_BYTES: Final = 32

_Placed = tuple[str, int, int, Transaction]
"""A transaction with the version of its contract, its block's number and its position there."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[_Placed]).decode


class ParallelLeaves:
    """Of one block after the other. The second process starts with the first block that is large, and stays."""

    def __init__(self) -> None:
        self._second: Final = SecondProcess(__name__)
        self._begin()

    def close(self) -> None:
        """End the second process."""
        self._second.close()

    def start_block(self, number: int) -> None:
        """Take the transactions of the block with that number from here on; one that was not finished is forgotten."""
        self._begin(number)

    def add(self, under: Contract, transaction: Transaction) -> None:
        """Take the next transaction of the block. under: its contract."""
        self._batch.append((under.version, self._number, self._count, transaction))
        self._count += 1
        size = sum(len(value) for _, value in transaction.writes)
        self._batch_bytes += size
        self._block_bytes += size
        if self._batch_bytes >= BATCH_BYTES:
            self._close_batch()
            self._take_answers()
            if self._second.started or self._block_bytes >= ALONE_BYTES:
                while self._waiting and self._gave(self._waiting[0]):
                    self._waiting.popleft()

    def leaves(self) -> list[bytes]:
        """Return the leaves of all transactions of the block, in their order. Refuses: ContractMissing.

        For the second process this does not wait: on a busy machine it may be long.
        """
        self._close_batch()
        while batch := self._last_missing():
            self._keep(batch, _computed(batch))
        return [self._found[position] for position in range(self._count)]

    def _begin(self, number: int = 0) -> None:
        self._number = number
        self._count = self._block_bytes = self._batch_bytes = 0
        self._batch: list[_Placed] = []
        self._waiting: deque[list[_Placed]] = deque()
        self._given: deque[list[_Placed]] = deque([] for _ in range(self._second.waiting))
        """What the second process owes; without transactions where that is wanted no more."""
        self._found: dict[int, bytes] = {}

    def _close_batch(self) -> None:
        if self._batch:
            self._waiting.append(self._batch)
        self._batch, self._batch_bytes = [], 0

    def _gave(self, batch: list[_Placed]) -> bool:
        if not self._second.takes() or not self._second.give(_encode(batch)):
            return False
        self._given.append(batch)
        return True

    def _last_missing(self) -> list[_Placed]:
        """Transactions whose leaves are to be computed here: those that the second process would come to last."""
        if self._waiting:
            return self._waiting.pop()
        self._take_answers()
        for place in reversed(range(len(self._given))):
            if batch := self._given[place]:
                self._given[place] = []
                return batch
        return []

    def _take_answers(self) -> None:
        while self._second.has_answered():
            batch, answer = self._given[0], self._second.answer()
            if answer is None:
                break
            self._given.popleft()
            if batch:
                self._keep(batch, [answer[start : start + _LEAF_BYTES] for start in range(0, len(answer), _LEAF_BYTES)])

    def _keep(self, batch: list[_Placed], leaves: list[bytes]) -> None:
        self._found.update((position, leaf) for (_, _, position, _), leaf in zip(batch, leaves, strict=True))


def _computed(batch: list[_Placed]) -> list[bytes]:
    return [leaf_of(contract(version), number, position, each) for version, number, position, each in batch]


def _work(batch: bytes) -> bytes:
    return b"".join(_computed(_decode(batch)))


if __name__ == "__main__":
    serve(_work)
