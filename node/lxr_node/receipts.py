"""Receipts: proof, without a ledger, that one transaction wrote what it did below a chained root that others signed."""

from itertools import islice
from typing import Annotated

from msgspec import Meta

from lxr_chaincode.types import Digest, Record
from lxr_node.merkle import START, Step, chain, leaf, merkle_root, path, root_from
from lxr_node.port import Ledger


class Written(Record, frozen=True):
    """One key that the transaction wrote, and the value: the record's JSON."""

    key: str
    value: str


class Receipt(Record, frozen=True):
    """writes: all that the transaction wrote, by key. path: from the transaction to its block's Merkle root.

    previous: the chained root before that block. later: the Merkle roots of the blocks after it, up to the height that
    a checkpoint names; the block's number is the checkpoint's height - 1 - len(later).
    """

    tx_id: Digest
    valid: bool
    writes: tuple[Written, ...]
    path: Annotated[tuple[Step, ...], Meta(max_length=64)]
    previous: Digest
    later: tuple[Digest, ...]


def verify_receipt(receipt: Receipt) -> str:
    """The chained root, in hexadecimal, under which this receipt holds: it must be the one in a signed checkpoint."""
    writes = [(written.key, written.value.encode()) for written in receipt.writes]
    block_root = root_from(leaf(receipt.tx_id, receipt.valid, writes), receipt.path)
    root = chain(bytes.fromhex(receipt.previous), block_root)
    for later in receipt.later:
        root = chain(root, bytes.fromhex(later))
    return root.hex()


def receipt_for(ledger: Ledger, tx_id: str, height: int) -> Receipt | None:
    """The receipt of a transaction under the root of the first `height` blocks; None if it is not in them.

    Raises LedgerFault.
    """
    located = ledger.transaction(tx_id)
    if located is None or located.block >= height:
        return None
    previous = next(ledger.blocks(located.block - 1)).header.root if located.block else START.hex()
    blocks = islice(ledger.blocks(located.block), height - located.block)
    leaves = [[transaction.leaf() for transaction in block.transactions] for block in blocks]
    transaction = located.transaction
    return Receipt(
        tx_id,
        transaction.valid,
        tuple(Written(key, value.decode()) for key, value in transaction.writes),
        path(leaves[0], located.position),
        previous,
        tuple(merkle_root(block).hex() for block in leaves[1:]),
    )
