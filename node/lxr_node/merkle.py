"""The chained Merkle root: which transactions a ledger holds, valid or not, and what each of them wrote."""

import hashlib
from collections.abc import Sequence
from typing import Final

from lxr_chaincode.types import Digest, Record
from lxr_chaincode.world import writes_digest

START: Final = bytes(32)
"""The chained root before the first block, and the root over a block without transactions of ours."""


class Step(Record, frozen=True):
    """One sibling on the way from a leaf to the root. left: the sibling stands on the left."""

    left: bool
    sibling: Digest


def leaf(tx_id: str, valid: bool, writes: Sequence[tuple[str, bytes]]) -> bytes:
    """The leaf of one transaction. writes: sorted by key."""
    return hashlib.sha256(b"\x00" + bytes.fromhex(tx_id) + bytes([valid]) + writes_digest(writes)).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The root over one block's leaves; without leaves, zeros. A node without a sibling is carried up as it is."""
    if not leaves:
        return START
    level = list(leaves)
    while len(level) > 1:
        level = _parents(level)
    return level[0]


def path(leaves: Sequence[bytes], index: int) -> tuple[Step, ...]:
    """The siblings that lead from the leaf at `index` to the root, from below."""
    assert 0 <= index < len(leaves)
    steps = []
    level = list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            steps.append(Step(sibling < index, level[sibling].hex()))
        level, index = _parents(level), index // 2
    return tuple(steps)


def root_from(start: bytes, steps: Sequence[Step]) -> bytes:
    """The root to which this path leads from that leaf."""
    node = start
    for step in steps:
        sibling = bytes.fromhex(step.sibling)
        node = _inner(sibling, node) if step.left else _inner(node, sibling)
    return node


def chain(previous: bytes, block_root: bytes) -> bytes:
    """The chained root after a block, from the one before it and the block's own."""
    return hashlib.sha256(b"\x02" + previous + block_root).digest()


def _inner(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _parents(level: list[bytes]) -> list[bytes]:
    paired = [_inner(level[index], level[index + 1]) for index in range(0, len(level) - 1, 2)]
    return paired + level[len(level) - len(level) % 2 :]
