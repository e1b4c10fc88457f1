"""The hash tree of RFC 9162 (Certificate Transparency) §2.1: its root, and what proves a part of it.

A tree splits its leaves at the largest power of two that leaves some over. Where leaves are hashed is told in `leaves`,
`blocks` and `log`; here they are hashes already.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

EMPTY: Final = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""

Span = Callable[[int, int], bytes]
"""The root over the leaves from the first number up to, without, the second: at least one."""


class ProofFlaw(StrEnum):
    """How a proof does not fit the tree that it is said to be of."""

    FIRST_HIDDEN = "first_hidden"
    """The first leaf of the transaction is not shown."""
    HIDDEN_MISSING = "hidden_missing"
    """A hidden part of the tree is missing."""
    HIDDEN_SURPLUS = "hidden_surplus"
    """There are more hidden parts than the tree has."""
    LEAVES_ORDER = "leaves_order"
    """Leaves are shown twice, or not in their order."""
    NO_ACT = "no_act"
    """The first leaf is no act."""
    NO_SUCH_LEAF = "no_such_leaf"
    """A leaf is shown that the tree does not have, or none."""
    PATH_LONG = "path_long"
    PATH_SHORT = "path_short"


class ProofFault(Exception):
    """A proof does not fit the tree that it is said to be of."""

    def __init__(self, flaw: ProofFlaw) -> None:
        super().__init__(str(flaw))
        self.flaw: Final = flaw


def parent(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over these leaf hashes. A node without a sibling is carried up as it is."""
    if not leaves:
        return EMPTY
    sha256, level = hashlib.sha256, list(leaves)
    while len(level) > 1:
        last = level[-1:] if len(level) % 2 else []
        pairs = iter(level)  # drawn from twice for each pair, the odd one at the end left over
        level = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)] + last
    return level[0]


def repeated_root(leaf: bytes, size: int) -> bytes:
    """Return the root over `size` leaves that are all this one, in as many steps as the size has bits."""
    root, perfect = EMPTY, leaf
    first = True
    while size:
        if size & 1:
            root, first = (perfect if first else parent(perfect, root)), False
        size, perfect = size >> 1, parent(perfect, perfect)
    return root


def inclusion_path(span: Span, index: int, size: int) -> tuple[bytes, ...]:
    """Return PATH(index, D[size]) of RFC 9162 §2.1.3.1: the siblings from the leaf up."""
    assert 0 <= index < size
    found = []
    start, end = 0, size
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            found.append(span(middle, end))
            end = middle
        else:
            found.append(span(start, middle))
            start = middle
    return tuple(reversed(found))


def root_by_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root to which the path leads from the leaf: RFC 9162 §2.1.3.2. Raises ProofFault: it is no path of
    that leaf in a tree of that size."""
    if not 0 <= index < size:
        raise ProofFault(ProofFlaw.NO_SUCH_LEAF)
    here, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofFault(ProofFlaw.PATH_LONG)
        if here & 1 or here == last:
            root = parent(sibling, root)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            root = parent(root, sibling)
        here, last = here >> 1, last >> 1
    if last:
        raise ProofFault(ProofFlaw.PATH_SHORT)
    return root


def consistency_path(span: Span, first: int, second: int) -> tuple[bytes, ...]:
    """Return PROOF(first, D[second]) of RFC 9162 §2.1.4.1: that the first leaves of the larger tree are the smaller."""
    assert 0 < first <= second
    found = []
    start, end, whole = 0, second, True
    while first != end:
        middle = _middle(start, end)
        if first <= middle:
            found.append(span(middle, end))
            end = middle
        else:
            found.append(span(start, middle))
            start, whole = middle, False
    if not whole:
        found.append(span(start, end))
    return tuple(reversed(found))


def is_consistent(first: int, second: int, roots: tuple[bytes, bytes], path: Sequence[bytes]) -> bool:
    """Whether the path proves that the tree of `first` leaves became that of `second` by adding: RFC 9162 §2.1.4.2.

    roots: of both trees, the smaller first.
    """
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and roots[0] == roots[1]
    if not path:
        return False
    steps = [roots[0], *path] if first & (first - 1) == 0 else list(path)
    here, last = first - 1, second - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    smaller = larger = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            smaller, larger = parent(step, smaller), parent(step, larger)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            larger = parent(larger, step)
        here, last = here >> 1, last >> 1
    return last == 0 and (smaller, larger) == roots


def cover(leaves: Sequence[bytes], shown: Sequence[int]) -> tuple[bytes, ...]:
    """Return the roots of the largest subtrees without a shown leaf, from left to right.

    leaves: all of them. shown: ascending numbers of some of them, one at least.
    """
    found: list[bytes] = []

    def go(start: int, end: int, inside: Sequence[int]) -> None:
        if not inside:
            found.append(root_of(leaves[start:end]))
        elif end - start > 1:
            middle = _middle(start, end)
            go(start, middle, [each for each in inside if each < middle])
            go(middle, end, [each for each in inside if each >= middle])

    go(0, len(leaves), shown)
    return tuple(found)


def root_by_cover(size: int, shown: Mapping[int, bytes], hidden: Sequence[bytes]) -> bytes:
    """Return the root of a tree of which some leaves are shown, and of the rest what `cover` gives.

    Raises ProofFault: these do not make a tree of that size.
    """
    if not shown or not all(0 <= index < size for index in shown):
        raise ProofFault(ProofFlaw.NO_SUCH_LEAF)
    rest = iter(hidden)

    def go(start: int, end: int, inside: Sequence[int]) -> bytes:
        if not inside:
            return _next(rest)
        if end - start == 1:
            return shown[start]
        middle = _middle(start, end)
        left = go(start, middle, [each for each in inside if each < middle])
        return parent(left, go(middle, end, [each for each in inside if each >= middle]))

    root = go(0, size, sorted(shown))
    if next(rest, None) is not None:
        raise ProofFault(ProofFlaw.HIDDEN_SURPLUS)
    return root


def _next(rest: Iterator[bytes]) -> bytes:
    found = next(rest, None)
    if found is None:
        raise ProofFault(ProofFlaw.HIDDEN_MISSING)
    return found


def _middle(start: int, end: int) -> int:
    return start + (1 << (end - start - 1).bit_length() - 1)
