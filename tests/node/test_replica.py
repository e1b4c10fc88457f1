"""A node's copy of blocks and state, filled from blocks that are made in memory."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fabricblocks import CHAINCODE, CHANNEL, Chain, carrying, envelope
from lxr.node.fabric.blocks.blocks import FabricBlock, decode_block
from lxr.node.fabric.blocks.replica import Replica
from lxr.node.port import LedgerFault

MVCC_READ_CONFLICT = 11


def blocks_of(chain: Chain) -> list[FabricBlock]:
    return [decode_block(block, CHANNEL, CHAINCODE) for block in chain.blocks]


@pytest.fixture
def chain() -> Chain:
    """The configuration; a valid transaction; one that lost a race beside a valid one; the loser once more."""
    made = Chain()
    made.send(carrying("first", {"a": b"1", "b": b"1"}))
    lost = carrying("second", {"b": b"2"})
    made.send(lost, carrying("third", {"c": b"3"}), codes=bytes([MVCC_READ_CONFLICT, 0]))
    made.send(carrying("second", {"b": b"2"}))
    return made


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[Replica]:
    with closing(Replica.open(tmp_path / "copy.db")) as made:
        yield made


def test_a_copy_has_the_blocks_hashes_of_fabric_and_the_state_that_valid_transactions_left(
    chain: Chain, replica: Replica
) -> None:
    replica.add(blocks_of(chain))
    assert [block.hash for block in blocks_of(chain)] == [block.hash for block in replica.blocks()]
    assert [("a", b"1"), ("b", b"2"), ("c", b"3")] == list(replica.scan(""))


def test_a_transaction_that_lost_a_race_is_kept_and_found_only_where_it_is_valid(
    chain: Chain, replica: Replica
) -> None:
    replica.add(blocks_of(chain))
    *_, third, _ = replica.blocks()
    assert [(False, ()), (True, (("c", b"3"),))] == [(each.valid, each.writes) for each in third.transactions]
    found = replica.transaction(envelope("second").tx_id)
    assert found is not None
    assert (3, 0, True) == (found.block, found.position, found.transaction.valid)


def test_blocks_that_are_there_already_are_passed_over_and_two_may_follow_into_one_file(
    chain: Chain, replica: Replica
) -> None:
    replica.add(blocks_of(chain)[:2])
    with closing(Replica.open(replica.path)) as other:
        other.add(blocks_of(chain))
    before = list(replica.blocks())
    replica.add(blocks_of(chain))
    assert (4, before) == (replica.height(), list(replica.blocks()))


@pytest.mark.parametrize("start", [1, 3])
def test_blocks_that_do_not_follow_on_what_is_there_are_refused_and_leave_it(
    chain: Chain, replica: Replica, start: int
) -> None:
    replica.add(blocks_of(chain)[:1])
    other = Chain()
    other.blocks[0].header.data_hash = bytes(32)
    other.send(carrying("first", {"a": b"2"}))
    blocks = blocks_of(other)[1:] if start == 1 else blocks_of(chain)[start:]
    with pytest.raises(LedgerFault, match=f"block {start} of the peer does not follow .* remove the copy"):
        replica.add(blocks)
    assert 1 == replica.height()


def test_a_copy_cut_off_while_it_is_made_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "connect", lambda *_, **__: (_ for _ in ()).throw(sqlite3.OperationalError("full")))
    with pytest.raises(LedgerFault, match="full"):
        Replica.open(tmp_path / "copy.db")
    assert [] == list(tmp_path.iterdir())
