"""A block in the making: the state below it, and what its own transactions have written so far."""

from collections import deque
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from lxr.chaincode.envelope import Envelope, encode_envelope
from lxr.chaincode.merkle import root_of
from lxr.node.blockfile import BlockFile
from lxr.node.blocks import NO_HASH, Transaction, hash_of
from lxr.node.contracts import Contract, Succession, version_in_force
from lxr.node.headers import header_after, leaf_of
from lxr.node.overlay import read_over
from lxr.node.port import Committed

MAX_BLOCK_TRANSACTIONS: Final = 500
BLOCK_FULL_BYTES: Final = 8_000_000
"""A block that holds this much takes no further transaction."""


class Executed(Struct, frozen=True):
    """What an envelope comes to on the state below a block, under the contract of that version.

    read: keys. leaf: that of the transaction at that position of the block, where it was computed with it.
    """

    version: str
    tx_id: str
    at_ms: int
    read: tuple[str, ...]
    writes: tuple[tuple[str, bytes], ...]
    result: bytes
    position: int = 0
    leaf: bytes | None = None

    def transaction(self, envelope: Envelope) -> Transaction:
        """Return the transaction of that envelope."""
        return Transaction(self.tx_id, envelope, True, self.writes, self.result)


class Draft:
    """Made, filled and appended inside `BlockFile.writing` only."""

    def __init__(self, file: BlockFile) -> None:
        self._file: Final = file
        self._previous: Final = file.tip()
        self.number: Final = 0 if self._previous is None else self._previous.number + 1
        self.below: Final = NO_HASH if self._previous is None else hash_of(self._previous)
        """The hash of the block below it."""
        self.bytes = 0
        """What it holds."""
        self._succession: Final = Succession(version_in_force(file))
        self._transactions: Final[list[Transaction]] = []
        self._places: Final[dict[str, int]] = {}
        self._written: Final[dict[str, bytes]] = {}
        self._leaves: Final[dict[int, bytes]] = {}
        self._without_leaf: Final[deque[tuple[int, Contract]]] = deque()

    @property
    def version(self) -> str:
        """Of the contract under which the next transaction runs."""
        assert self._succession.version is not None
        return self._succession.version

    @property
    def count(self) -> int:
        """How many transactions it holds."""
        return len(self._transactions)

    @property
    def room(self) -> int:
        """How many further transactions it takes, as large as those that it holds are on average; 0: it is full."""
        if self.bytes >= BLOCK_FULL_BYTES:
            return 0
        most = MAX_BLOCK_TRANSACTIONS - self.count
        return min(most, 1 + (BLOCK_FULL_BYTES - self.bytes) * self.count // self.bytes) if self.count else most

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the values under the keys, in their order, as its transactions leave them."""
        return read_over(self._written, self._file.read, keys)

    def stands(self, done: Executed) -> bool:
        """Whether what was executed on the state below comes to the same after the transactions of this block."""
        return done.version == self.version and self._written.keys().isdisjoint(done.read)

    def find(self, tx_id: str) -> Committed | None:
        """Return an earlier transaction, in this block or below."""
        if tx_id in self._places:
            return Committed(tx_id, self.number, self._transactions[self._places[tx_id]].result, replay=True)
        located = self._file.transaction(tx_id)
        if located is None:
            return None
        return Committed(tx_id, located.block, located.transaction.result, replay=True)

    def add(self, made: Transaction, leaf: bytes | None = None) -> Committed:
        """Add a transaction. leaf: its own at this place, where that is known."""
        place, under = self.count, self._succession.next(made)
        if leaf is None:
            self._without_leaf.append((place, under))
        else:
            self._leaves[place] = leaf
        self._transactions.append(made)
        self._places[made.tx_id] = place
        self._written.update(made.writes)
        self.bytes += len(encode_envelope(made.envelope)) + sum(len(key) + len(value) for key, value in made.writes)
        return Committed(made.tx_id, self.number, made.result, replay=False)

    @property
    def without_leaf(self) -> int:
        """How many of its transactions lack their leaf."""
        return len(self._without_leaf)

    def compute_leaf(self) -> bool:
        """Compute the leaf of one transaction that lacks it; False: none does."""
        if not self._without_leaf:
            return False
        place, under = self._without_leaf.popleft()
        self._leaves[place] = leaf_of(under, self.number, place, self._transactions[place])
        return True

    def append(self) -> None:
        """Write the block; nothing, if nothing was accepted."""
        if not self._transactions:
            return
        while self.compute_leaf():
            pass
        log, tree = self._file.log(), root_of([self._leaves[place] for place in range(self.count)])
        header = header_after(self._previous, log, self._transactions, tree)
        self._file.append(header, log, self._transactions, self._written)
