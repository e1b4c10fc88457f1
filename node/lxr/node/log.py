"""The append-only log over a ledger's blocks: RFC 9162's tree, whose leaves are the blocks' own roots.

Kept are the roots of its perfect subtrees, which never change: node (level, place) stands over the 2^level leaves from
place × 2^level on. A block adds two of them on average, and a proof reads as many as the number of blocks has bits.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from lxr.chaincode.leaves import block_leaf
from lxr.chaincode.merkle import EMPTY, parent

Node = tuple[int, int, bytes]
"""Level, place, and hash of a perfect subtree."""
NodeAt = Callable[[int, int], bytes]
"""The hash of the perfect subtree at a level and place."""


class Log(Struct, frozen=True):
    """The log so far. peaks: the roots of its largest perfect subtrees, left to right, one for each bit of size."""

    size: int
    peaks: tuple[bytes, ...]

    @property
    def root(self) -> bytes:
        """The log's root."""
        if not self.peaks:
            return EMPTY
        *lefts, root = self.peaks
        for left in reversed(lefts):
            root = parent(left, root)
        return root

    def with_block(self, tree: bytes) -> tuple["Log", list[Node]]:
        """Return the log with one block more, and the perfect subtrees that are complete with it. tree: its root."""
        level, node = 0, block_leaf(tree)
        nodes, peaks = [(0, self.size, node)], list(self.peaks)
        while self.size >> level & 1:
            node = parent(peaks.pop(), node)
            level += 1
            nodes.append((level, self.size >> level, node))
        return Log(self.size + 1, (*peaks, node)), nodes


NO_BLOCKS: Final = Log(0, ())


def log_at(size: int, node_at: NodeAt) -> Log:
    """Return the log of that many blocks, out of its kept nodes."""
    levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
    return Log(size, tuple(node_at(level, (size >> level + 1) * 2) for level in levels))


def span_root(node_at: NodeAt, start: int, end: int) -> bytes:
    """Return the root over a span of the log's leaves that is a subtree of it, as merkle.Span says."""
    if (end - start) & (end - start - 1) == 0:
        level = (end - start).bit_length() - 1
        return node_at(level, start >> level)
    middle = start + (1 << (end - start - 1).bit_length() - 1)
    return parent(span_root(node_at, start, middle), span_root(node_at, middle, end))
