"""A transaction at a place of a ledger, as the contract takes it for its leaves."""

from lxr.chaincode.leaves import Placed
from lxr.node.blocks import Transaction


def placed(block: int, position: int, transaction: Transaction) -> Placed:
    return Placed(block, position, transaction.tx_id, transaction.valid, transaction.envelope, transaction.writes)
