from collections.abc import Callable

import msgspec
import pytest

from lxr_chaincode.governance import Propose
from lxr_chaincode.types import canonical
from lxr_node.client import Client
from lxr_node.receipts import Receipt, receipt_for, verify_receipt


@pytest.fixture
def chain(admin: Client, propose: Callable[..., Propose]) -> Client:
    """Blocks of 1, 1, 3 and 6 transactions."""
    for numbers in ([1], [2, 3, 4], range(5, 11)):
        admin.submit_many([propose(number) for number in numbers])
    return admin


def test_every_transaction_is_proved_under_the_root_of_every_height(chain: Client) -> None:
    blocks = list(chain.ledger.blocks())
    assert [1, 1, 3, 6] == [len(block.transactions) for block in blocks]
    for number, block in enumerate(blocks):
        for transaction in block.transactions:
            for height in range(number + 1, len(blocks) + 1):
                receipt = receipt_for(chain.ledger, transaction.tx_id, height)
                assert receipt is not None
                assert blocks[height - 1].header.root == verify_receipt(receipt)
                assert receipt == msgspec.json.decode(canonical(receipt), type=Receipt)


def test_there_is_no_receipt_before_the_transaction_or_for_none(chain: Client) -> None:
    block = list(chain.ledger.blocks())[2]
    assert receipt_for(chain.ledger, block.transactions[0].tx_id, 2) is None
    assert receipt_for(chain.ledger, "00" * 32, 4) is None


def test_a_receipt_with_anything_changed_proves_nothing(chain: Client) -> None:
    block = list(chain.ledger.blocks())[2]
    receipt = receipt_for(chain.ledger, block.transactions[1].tx_id, 4)
    assert receipt is not None
    other = "ab" * 32
    written, *rest = receipt.writes
    dearer = msgspec.structs.replace(written, value=written.value.replace("2300", "9900"))
    elsewhere = msgspec.structs.replace(written, key="proposal/P99")
    step, *steps = receipt.path
    for change in (
        {"tx_id": other},
        {"valid": False},
        {"writes": tuple(rest)},
        {"writes": (dearer, *rest)},
        {"writes": (elsewhere, *rest)},
        {"path": tuple(steps)},
        {"path": (msgspec.structs.replace(step, left=not step.left), *steps)},
        {"previous": other},
        {"later": ()},
        {"later": (other,)},
    ):
        assert verify_receipt(receipt) != verify_receipt(msgspec.structs.replace(receipt, **change))
