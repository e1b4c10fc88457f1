from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from lxr.chaincode.governance import Propose
from lxr.chaincode.leaves import Leaf
from lxr.chaincode.merkle import ProofFault
from lxr.chaincode.receipt import Receipt, Shown, open_receipt
from lxr.chaincode.types import canonical
from lxr.node.client import Client
from lxr.node.port import LedgerFault, Located
from lxr.node.receipts import Receipts, recomputed_root


@pytest.fixture
def chain(admin: Client, propose: Callable[..., Propose]) -> Client:
    """Blocks of 1, 1, 3 and 6 transactions."""
    for numbers in ([1], [2, 3, 4], range(5, 11)):
        admin.submit_many([propose(number) for number in numbers])
    return admin


def located(chain: Client) -> Iterator[Located]:
    for block in chain.ledger.blocks():
        for transaction in block.transactions:
            found = chain.ledger.transaction(transaction.tx_id)
            assert found is not None
            yield found


def of_proposals(key: str, _: str) -> bool:
    return key.startswith("proposal/")


def test_every_transaction_is_proved_under_the_root_of_every_height_with_its_place(chain: Client) -> None:
    blocks = list(chain.ledger.blocks())
    assert [1, 1, 3, 6] == [len(block.transactions) for block in blocks]
    for height in range(1, len(blocks) + 1):
        receipts, root = Receipts(chain.ledger, height), blocks[height - 1].header.root
        assert root == recomputed_root(chain.ledger, height)
        for each in located(chain):
            if each.block < height:
                for wanted in (of_proposals, lambda *_: True, lambda *_: False):
                    receipt = receipts.of(each, wanted)
                    act, proved = open_receipt(receipt, height)
                    assert (root, each.transaction.tx_id, each.block, each.position) == (
                        proved,
                        act.tx_id,
                        act.block,
                        act.position,
                    )
                    assert receipt == msgspec.json.decode(canonical(receipt), type=Receipt)


def test_a_receipt_shows_the_act_and_what_was_wanted_and_of_the_rest_nothing(chain: Client) -> None:
    *_, last = located(chain)
    receipt = Receipts(chain.ledger, 4).of(last, of_proposals)
    keys = [key for key, _ in last.transaction.writes]
    assert ["", *filter(lambda key: key.startswith("proposal/"), keys)] == [each.leaf.key for each in receipt.shown]
    assert (False, 1 + len(keys)) == (receipt.complete, receipt.leaves)
    assert Receipts(chain.ledger, 4).of(last, lambda *_: True).complete
    assert last.transaction.envelope.seed.hex().encode() not in canonical(receipt)
    request = next(key for key in keys if key.startswith("request/"))
    assert request.encode() not in canonical(receipt)


def test_a_receipt_with_anything_changed_proves_nothing(chain: Client) -> None:
    (found,) = [each for each in located(chain) if (each.block, each.position) == (2, 1)]
    root = next(chain.ledger.blocks(3)).header.root
    receipt = Receipts(chain.ledger, 4).of(found, of_proposals)
    assert root == open_receipt(receipt, 4)[1]
    other = "ab" * 32
    act, written = receipt.shown

    def shown(each: Shown, **changes: Any) -> Shown:
        return Shown(each.place, msgspec.structs.replace(each.leaf, **changes))

    for change in (
        {"shown": (act,)},
        {"shown": (written,)},
        {"shown": (written, act)},
        {"shown": (act, written, written)},
        {"shown": (act, written, Shown(written.place + 1, written.leaf))},
        {"shown": (act, Shown(written.place + 1, written.leaf))},
        {"shown": (act, shown(written, value=written.leaf.value.replace("2300", "9900")))},
        {"shown": (act, shown(written, key="proposal/P99"))},
        {"shown": (act, shown(written, of="W7K2M9QXT4B1Z"))},
        {"shown": (act, shown(written, salt=other))},
        {"shown": (shown(act, value=act.leaf.value.replace('"valid":true', '"valid":false')), written)},
        {"shown": (shown(act, value=act.leaf.value.replace('"position":1', '"position":2')), written)},
        {"shown": (shown(act, value=act.leaf.value.replace('"block":2', '"block":1')), written)},
        {"shown": (shown(act, value="{}"), written)},
        {"leaves": 1},
        {"hidden": receipt.hidden[1:]},
        {"hidden": (*receipt.hidden, other)},
        {"hidden": (other, *receipt.hidden[1:])},
        {"transactions": 1},
        {"transactions": 2},
        {"in_block": receipt.in_block[1:]},
        {"in_block": (other, *receipt.in_block[1:])},
        {"in_log": receipt.in_log[1:]},
        {"in_log": (*receipt.in_log, other)},
        {"in_log": (other, *receipt.in_log[1:])},
    ):
        forged = msgspec.structs.replace(receipt, **change)
        try:
            assert root != open_receipt(forged, 4)[1], change
        except ProofFault:
            continue
    for height in (1, 2, 3, 5, 8, 10**15):
        try:
            assert root != open_receipt(receipt, height)[1] or height == 3
        except ProofFault:
            continue


def test_a_leaf_cannot_be_taken_for_one_of_another_name() -> None:
    leaves = [
        Leaf("a", "", "00" * 32, "{}"),
        Leaf("a", "{}", "00" * 32, ""),
        Leaf("", "a", "00" * 32, "{}"),
        Leaf("a{}", "", "00" * 32, ""),
        Leaf("", "", "00" * 32, "a{}"),
    ]
    assert len(leaves) == len({leaf.hash for leaf in leaves})


def test_a_damaged_log_makes_no_receipts(chain: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    found = next(located(chain))
    monkeypatch.setattr(chain.ledger, "log_node", lambda *_: bytes(32))
    with pytest.raises(LedgerFault, match="its log does not lead to the root"):
        Receipts(chain.ledger, 4).of(found, of_proposals)
