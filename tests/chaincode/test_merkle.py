"""Against the definitions of RFC 9162 §2.1, written down once more as they stand there."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lxr.chaincode.merkle import (
    ProofFault,
    consistency_path,
    cover,
    inclusion_path,
    is_consistent,
    repeated_root,
    root_by_cover,
    root_by_inclusion,
    root_of,
)
from lxr.node.log import NO_BLOCKS, Log, Node, log_at, span_root

MOST = 70


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


LEAVES = [sha(b"leaf %d" % number) for number in range(MOST)]
OTHER = sha(b"another")


def largest_power_below(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def naive_root(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = largest_power_below(len(leaves))
    return sha(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:]))


def naive_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if index < k:
        return [*naive_path(index, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(index - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(first: int, leaves: Sequence[bytes], whole: bool) -> list[bytes]:
    if first == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = largest_power_below(len(leaves))
    if first <= k:
        return [*naive_subproof(first, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_subproof(first - k, leaves[k:], False), naive_root(leaves[:k])]


class Grown:
    """The log of blocks whose own roots are `trees`, by its kept nodes."""

    def __init__(self, trees: Sequence[bytes]) -> None:
        self.logs: list[Log] = [NO_BLOCKS]
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.reads = 0
        for tree in trees:
            log, nodes = self.logs[-1].with_block(tree)
            self.logs.append(log)
            self.keep(nodes)

    def keep(self, nodes: list[Node]) -> None:
        for level, place, node in nodes:
            assert (level, place) not in self.nodes  # what is kept never changes
            self.nodes[level, place] = node

    def at(self, level: int, place: int) -> bytes:
        self.reads += 1
        return self.nodes[level, place]

    def span(self, start: int, end: int) -> bytes:
        return span_root(self.at, start, end)


TREES = [sha(b"block %d" % number) for number in range(MOST)]
BLOCK_LEAVES = [sha(b"\x00" + tree) for tree in TREES]
GROWN = Grown(TREES)


@pytest.mark.parametrize("size", range(MOST + 1))
def test_the_root_is_that_of_the_rfc(size: int) -> None:
    assert naive_root(LEAVES[:size]) == root_of(LEAVES[:size])
    assert naive_root(BLOCK_LEAVES[:size]) == GROWN.logs[size].root
    assert GROWN.logs[size] == log_at(size, GROWN.at)
    assert naive_root([OTHER] * size) == repeated_root(OTHER, size)


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_every_leaf_is_proved_included_and_no_other_leaf_index_or_path(size: int) -> None:
    root = naive_root(BLOCK_LEAVES[:size])
    for index in range(size):
        path = inclusion_path(GROWN.span, index, size)
        leaf = BLOCK_LEAVES[index]
        assert naive_path(index, BLOCK_LEAVES[:size]) == list(path)
        assert root == root_by_inclusion(leaf, index, size, path)
        assert root != root_by_inclusion(OTHER, index, size, path)
        for there in range(len(path)):
            assert root != root_by_inclusion(leaf, index, size, [*path[:there], OTHER, *path[there + 1 :]])
        for wrong in (path[:-1], (*path, OTHER)):
            if wrong != path:
                with pytest.raises(ProofFault):
                    root_by_inclusion(leaf, index, size, wrong)
        for elsewhere in (index - 1, index + 1, index ^ 2, size):
            try:
                assert root != root_by_inclusion(leaf, elsewhere, size, path)
            except ProofFault:
                continue


@pytest.mark.parametrize("second", range(1, MOST + 1))
def test_every_earlier_log_is_proved_to_have_grown_into_the_later_and_no_other(second: int) -> None:
    for first in range(1, second + 1):
        path = consistency_path(GROWN.span, first, second)
        roots = GROWN.logs[first].root, GROWN.logs[second].root
        assert naive_subproof(first, BLOCK_LEAVES[:second], True) == list(path)
        assert is_consistent(first, second, roots, path)
        assert not is_consistent(first, second, (OTHER, roots[1]), path)
        assert not is_consistent(first, second, (roots[0], OTHER), path)
        assert not is_consistent(first, second, roots, (*path, OTHER))
        if path:
            assert not is_consistent(first, second, roots, path[:-1])
            assert not is_consistent(first, second, roots, (OTHER, *path[1:]))
        if first < second:
            assert not is_consistent(second, first, roots[::-1], path)
            rewritten = Grown([OTHER, *TREES[1:first]]).logs[first].root
            assert not is_consistent(first, second, (rewritten, roots[1]), path)
    assert not is_consistent(0, second, (sha(b""), GROWN.logs[second].root), ())


def test_a_block_and_a_proof_cost_as_many_nodes_as_the_height_has_bits() -> None:
    trees = [sha(b"%d" % number) for number in range(5_000)]
    grown = Grown(trees)
    assert len(grown.nodes) < 2 * len(trees)
    for index in (0, 1, 2_047, 2_048, 4_999):
        grown.reads = 0
        inclusion_path(grown.span, index, len(trees))
        assert grown.reads <= 2 * len(trees).bit_length()
        grown.reads = 0
        consistency_path(grown.span, index + 1, len(trees))
        assert grown.reads <= 2 * len(trees).bit_length()


some_leaves = st.integers(1, MOST).flatmap(
    lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1), min_size=1))
)


@given(some_leaves)
def test_some_leaves_and_the_cover_of_the_rest_make_the_root(case: tuple[int, set[int]]) -> None:
    size, numbers = case
    leaves = LEAVES[:size]
    shown = {number: leaves[number] for number in numbers}
    hidden = cover(leaves, sorted(numbers))
    assert naive_root(leaves) == root_by_cover(size, shown, hidden)
    assert len(hidden) <= len(numbers) * size.bit_length()
    number = min(numbers)
    assert naive_root(leaves) != root_by_cover(size, {**shown, number: OTHER}, hidden)
    with pytest.raises(ProofFault):
        root_by_cover(size, shown, (*hidden, OTHER))
    if hidden:
        with pytest.raises(ProofFault):
            root_by_cover(size, shown, hidden[:-1])
        assert naive_root(leaves) != root_by_cover(size, shown, (OTHER, *hidden[1:]))


@pytest.mark.parametrize("numbers", [[], [-1], [5], [2**70]])
def test_a_leaf_that_a_tree_does_not_have_proves_nothing(numbers: list[int]) -> None:
    with pytest.raises(ProofFault):
        root_by_cover(5, dict.fromkeys(numbers, OTHER), ())


def test_a_tree_of_a_size_beyond_all_bounds_is_still_a_proof_of_few_steps() -> None:
    with pytest.raises(ProofFault):
        root_by_cover(2**500, {0: OTHER}, [OTHER] * 499)
    root_by_cover(2**500, {0: OTHER}, [OTHER] * 500)
