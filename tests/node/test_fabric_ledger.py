"""The ledger's own copy beside the blocks that peers give, which here come without a network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fabricblocks import CHAINCODE, CHANNEL, ROOTS, Chain, carrying
from fakegateway import transport
from lxr.node.fabric.client.gateway import Gateway
from lxr.node.fabric.connection import Connection, Peer
from lxr.node.fabric.ledger import FabricLedger
from lxr.node.port import LedgerFault


def test_an_audit_of_a_peer_that_lags_behind_ones_copy_says_so_and_blames_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = Chain()
    chain.send(carrying("first", {"a": b"1"}))
    chain.send(carrying("second", {"a": b"2"}))
    there = {"union": 3, "bank": 3}

    def blocks(self: Gateway, start: int, stop: int | None = None) -> Iterator[Any]:
        end = there[self.organisation] if stop is None else min(stop + 1, there[self.organisation])
        return iter(chain.blocks[start:end])

    monkeypatch.setattr(Gateway, "blocks", blocks)
    peers = tuple(Peer(organisation, "127.0.0.1:1", b"") for organisation in there)
    first = chain.blocks[0].SerializeToString()
    ledger = FabricLedger(Connection(CHANNEL, CHAINCODE, 3, transport(), peers, first), tmp_path / "copy.db", ROOTS)
    assert 3 == len(list(ledger.proven_blocks()))
    there["union"] = 2
    with pytest.raises(LedgerFault, match="2 of 3 blocks"):
        list(ledger.proven_blocks())
    ledger.close()


def test_of_nodes_that_cannot_be_asked_what_they_run_it_is_said_why(tmp_path: Path) -> None:
    peers = tuple(Peer(organisation, "127.0.0.1:1", b"") for organisation in ("union", "bank"))
    ledger = FabricLedger(Connection(CHANNEL, CHAINCODE, 3, transport(), peers, b""), tmp_path / "copy.db", ROOTS)
    told = ledger.versions()
    assert ["union", "bank"] == list(told)
    assert [] == [said for name, said in told.items() if f"peer of {name} (127.0.0.1:1)" not in str(said)]
    ledger.close()
