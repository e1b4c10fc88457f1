import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lxr_node.merkle import START, chain, leaf, merkle_root, path, root_from

leaves_and_index = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40).flatmap(
    lambda leaves: st.tuples(st.just(leaves), st.integers(0, len(leaves) - 1))
)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


A, B, C, D, E = (bytes([number]) * 32 for number in range(5))


@pytest.mark.parametrize(
    ("leaves", "expected"),
    [
        ([A], A),
        ([A, B], sha(b"\x01" + A + B)),
        ([A, B, C], sha(b"\x01" + sha(b"\x01" + A + B) + C)),
        ([A, B, C, D, E], sha(b"\x01" + sha(b"\x01" + sha(b"\x01" + A + B) + sha(b"\x01" + C + D)) + E)),
    ],
)
def test_an_odd_node_is_carried_up_unchanged(leaves: list[bytes], expected: bytes) -> None:
    assert expected == merkle_root(leaves)


def test_a_leaf_and_a_chained_root_are_the_written_formulas() -> None:
    tx_id = "ab" * 32
    writes = sha((3).to_bytes(4, "big") + b"a/b" + (2).to_bytes(4, "big") + b"{}")
    assert sha(b"\x00" + bytes.fromhex(tx_id) + b"\x01" + writes) == leaf(tx_id, True, [("a/b", b"{}")])
    assert sha(b"\x02" + START + A) == chain(START, A)


@given(leaves_and_index)
def test_every_path_leads_to_the_root(case: tuple[list[bytes], int]) -> None:
    leaves, index = case
    assert merkle_root(leaves) == root_from(leaves[index], path(leaves, index))


@given(leaves_and_index, st.binary(min_size=32, max_size=32))
def test_no_other_leaf_takes_a_path_to_the_root(case: tuple[list[bytes], int], other: bytes) -> None:
    leaves, index = case
    assert (other == leaves[index]) == (merkle_root(leaves) == root_from(other, path(leaves, index)))


@given(leaves_and_index, st.binary(min_size=32, max_size=32))
def test_a_changed_added_or_swapped_leaf_changes_the_root(case: tuple[list[bytes], int], other: bytes) -> None:
    leaves, index = case
    root = merkle_root(leaves)
    changed = [*leaves[:index], other, *leaves[index + 1 :]]
    assert (changed == leaves) == (root == merkle_root(changed))
    assert root != merkle_root([*leaves, other])
    turned = leaves[::-1]
    assert (turned == leaves) == (root == merkle_root(turned))


def test_a_transaction_that_is_not_valid_has_another_leaf() -> None:
    assert leaf("00" * 32, True, []) != leaf("00" * 32, False, [])
