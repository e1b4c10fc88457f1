"""The one right header for transactions after a block: each transaction's leaves are its own contract's."""

from collections.abc import Sequence

from lxr.chaincode.leaves import transaction_leaf
from lxr.chaincode.merkle import root_of
from lxr.node.blocks import NO_HASH, Header, Transaction, data_hash, hash_of
from lxr.node.contracts import Succession
from lxr.node.log import Log


def transaction_leaves(number: int, transactions: Sequence[Transaction], succession: Succession) -> list[bytes]:
    """Return the leaves of the tree of the block with that number, one for each of its transactions.

    succession: as it is before the block; it moves on. Refuses: ContractMissing.
    """
    return [
        transaction_leaf(root_of(succession.next(transaction).leaf_hashes(number, position, transaction)))
        for position, transaction in enumerate(transactions)
    ]


def header_after(
    previous: Header | None, log: Log, transactions: Sequence[Transaction], succession: Succession
) -> Header:
    """Return the header for these transactions after that block; None: they are the first block. log: before it."""
    data = data_hash(transaction.envelope for transaction in transactions)
    return header_over(previous, log, data, transactions, succession)


def header_over(
    previous: Header | None, log: Log, data: str, transactions: Sequence[Transaction], succession: Succession
) -> Header:
    """Return the same, where the medium says what the hash of its data is."""
    number = 0 if previous is None else previous.number + 1
    assert log.size == number
    tree = root_of(transaction_leaves(number, transactions, succession))
    after, _ = log.with_block(tree)
    return Header(
        number=number,
        previous=NO_HASH if previous is None else hash_of(previous),
        data=data,
        tree=tree.hex(),
        root=after.root.hex(),
    )
