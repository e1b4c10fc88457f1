"""The one right header for transactions after a block: each transaction's leaves are its own contract's."""

from collections.abc import Sequence

from lxr.chaincode.leaves import transaction_leaf
from lxr.chaincode.merkle import root_of
from lxr.node.blocks import NO_HASH, Header, Transaction, data_hash, hash_of
from lxr.node.contracts import Contract, Succession
from lxr.node.log import Log


def leaf_of(under: Contract, number: int, position: int, transaction: Transaction) -> bytes:
    """Return the leaf, in the tree of the block with that number, of the transaction at that position.

    under: the contract under which it ran.
    """
    return transaction_leaf(root_of(under.leaf_hashes(number, position, transaction)))


def transaction_leaves(number: int, transactions: Sequence[Transaction], succession: Succession) -> list[bytes]:
    """Return the leaves of the tree of the block with that number, one for each of its transactions.

    succession: as it is before the block; it moves on. Refuses: ContractMissing.
    """
    return [
        leaf_of(succession.next(transaction), number, position, transaction)
        for position, transaction in enumerate(transactions)
    ]


def tree_of(number: int, transactions: Sequence[Transaction], succession: Succession) -> bytes:
    """Return the root over `transaction_leaves`."""
    return root_of(transaction_leaves(number, transactions, succession))


def header_after(previous: Header | None, log: Log, transactions: Sequence[Transaction], tree: bytes) -> Header:
    """Return the header for these transactions after that block; None: they are the first block.

    log: before it. tree: the root over their leaves.
    """
    return header_over(previous, log, data_hash(transaction.envelope for transaction in transactions), tree)


def header_over(previous: Header | None, log: Log, data: str, tree: bytes) -> Header:
    """Return the same, where the medium says what the hash of its data is."""
    number = 0 if previous is None else previous.number + 1
    assert log.size == number
    after, _ = log.with_block(tree)
    return Header(
        number=number,
        previous=NO_HASH if previous is None else hash_of(previous),
        data=data,
        tree=tree.hex(),
        root=after.root.hex(),
    )
