"""Every leaf of a whole played month: it makes its record again, and tells of no worker and no order but its own."""

import re
from collections.abc import Iterator

import pytest

from commandline import Month
from lxr.chaincode.cashout_records import payment_orders
from lxr.chaincode.leaves import ACT, leaf_hashes, leaves_of
from lxr.chaincode.parts import COMMON
from lxr.chaincode.types import canonical
from lxr.chaincode.world import TABLES
from lxr.node.blocks import Transaction
from lxr.node.embedded import EmbeddedLedger
from placing import placed

NUMBER = re.compile("W[0-9A-HJKMNP-TV-Z]{12}|LX[0-9]{6}(?:WG|HS)[A-Z0-9]{13}")
"""A worker's, or a payment order's."""
OF_ONE = {"payment_order", "deduction", "booking", "request"}
"""Tables whose records are about one worker or one order without having it in their key."""
PLAYED = {
    *("account", "attestation", "backing", "booking", "came_back", "cashout", "cashout_shard", "cashout_tag"),
    *(
        "checkpoint",
        "clock",
        "close",
        "contract",
        "custodian",
        "custody",
        "directory",
        "document",
        "earned",
        "employer",
        "entry",
    ),
    *(
        "genesis",
        "headcount",
        "lines",
        "payment_order",
        "parameter",
        "payee_commitments",
        "period",
        "proposal",
        "request",
        "run",
    ),
    *("run_shard", "shard", "sheet", "statement", "submission", "terms", "transit", "wages", "worker"),
}


@pytest.fixture(scope="module")
def ledger(month: Month) -> Iterator[EmbeddedLedger]:
    opened = EmbeddedLedger.open(month.done[-1].copy / "ledger.db")
    yield opened
    opened.close()


def transactions(ledger: EmbeddedLedger) -> Iterator[tuple[int, int, Transaction]]:
    for block in ledger.blocks():
        for position, transaction in enumerate(block.transactions):
            yield block.header.number, position, transaction


def test_every_record_of_a_month_is_made_again_of_its_parts(ledger: EmbeddedLedger) -> None:
    played = set()
    for _, _, transaction in transactions(ledger):
        for key, value in transaction.writes:
            table = TABLES[key.partition("/")[0]]
            played.add(table.name)
            parts = table.split(value)
            assert table.decode(value) == table.join(parts)
            assert value == canonical(table.join(parts))
    assert PLAYED == played


def test_no_leaf_of_a_month_tells_of_anybody_but_its_own_worker_or_order(ledger: EmbeddedLedger) -> None:
    seen = 0
    accounts = {
        key[len("payment_order/") :]: payment_orders.decode(value).account.partition(":")[2]
        for key, value in ledger.scan("payment_order/")
    }
    for block, position, transaction in transactions(ledger):
        leaves = leaves_of(placed(block, position, transaction))
        assert [leaf.hash for leaf in leaves] == leaf_hashes(placed(block, position, transaction))
        assert len(leaves) == len({(leaf.key, leaf.of) for leaf in leaves}) == len({leaf.salt for leaf in leaves})
        for leaf in leaves:
            told = set(NUMBER.findall(leaf.value))
            if leaf.key.startswith("payment_order/"):  # which of its worker's payments it is made instead of
                told -= {each for each in told if accounts.get(each) == accounts[leaf.key[len("payment_order/") :]]}
            if leaf.of != COMMON:
                assert told <= {leaf.of}
            elif leaf.key == ACT:
                assert not told
            elif leaf.key.partition("/")[0] in OF_ONE:
                assert len(told) <= 1
            elif leaf.key.startswith("came_back/"):  # a worker's own payments, which its key names
                assert {leaf.key.partition(":")[2]} >= {accounts[number] for number in told}
            else:
                assert told <= set(NUMBER.findall(leaf.key))
            seen += bool(leaf.of)
    assert seen > 50
