"""Receipts: proof, without a ledger, of some leaves of one transaction under the root of the log at a height."""

from collections.abc import Callable
from itertools import islice
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from lxr.chaincode.leaves import ACT, ActRecord, Leaf, transaction_leaf
from lxr.chaincode.merkle import (
    ProofFault,
    consistency_path,
    cover,
    inclusion_path,
    root_by_cover,
    root_by_inclusion,
    root_of,
)
from lxr.chaincode.parts import COMMON
from lxr.chaincode.types import Digest, Record
from lxr.node.contracts import Succession, contract_at
from lxr.node.headers import transaction_leaves
from lxr.node.log import NO_BLOCKS, leaf_of, span_root
from lxr.node.port import Ledger, LedgerFault, Located

Count = Annotated[int, Meta(ge=1, lt=1 << 31)]
Path = Annotated[tuple[Digest, ...], Meta(max_length=64)]


class Shown(Record, frozen=True):
    """A leaf, and its place among those of its transaction."""

    place: Annotated[int, Meta(ge=0, lt=1 << 31)]
    leaf: Leaf


class Receipt(Record, frozen=True):
    """shown: by place, the act first. leaves: how many the transaction has. hidden: see `merkle.cover`.

    Where nothing is hidden, the number of leaves is proven; otherwise it is but told, for what is hidden has no size.

    transactions: how many the block has. in_block: from the transaction to the block's root. in_log: from there to the
    log's root. Block and position are those that the act tells.
    """

    leaves: Count
    shown: Annotated[tuple[Shown, ...], Meta(min_length=1)]
    hidden: tuple[Digest, ...]
    transactions: Count
    in_block: Path
    in_log: Path

    @property
    def complete(self) -> bool:
        """Whether every leaf of the transaction is shown."""
        return len(self.shown) == self.leaves


_decode_act: Final = msgspec.json.Decoder(ActRecord).decode


def open_receipt(receipt: Receipt, height: int) -> tuple[ActRecord, str]:
    """Return what the act says, and the root, in hexadecimal, of a log of that height under which the receipt holds.

    Whoever has that root from somebody whom they trust knows that all leaves shown are true. Raises ProofFault: it
    does not hold under any.
    """
    first, places = receipt.shown[0].leaf, [shown.place for shown in receipt.shown]
    names = {(shown.leaf.key, shown.leaf.of) for shown in receipt.shown}
    if (places[0], first.key, first.of) != (0, ACT, COMMON):
        raise ProofFault("the first leaf is not shown")
    if places != sorted(set(places)) or len(names) != len(places):
        raise ProofFault("leaves are shown twice, or not in their order")
    try:
        act = _decode_act(first.value)
    except msgspec.DecodeError as fault:
        raise ProofFault(f"the first leaf is no act: {fault}") from None
    hashes = {shown.place: shown.leaf.hash for shown in receipt.shown}
    leaf = transaction_leaf(root_by_cover(receipt.leaves, hashes, _bytes(receipt.hidden)))
    tree = root_by_inclusion(leaf, act.position, receipt.transactions, _bytes(receipt.in_block))
    return act, root_by_inclusion(leaf_of(tree), act.block, height, _bytes(receipt.in_log)).hex()


class Receipts:
    """Makes receipts under the root of the first `height` blocks of a ledger."""

    def __init__(self, ledger: Ledger, height: int) -> None:
        self._ledger: Final = ledger
        self._height: Final = height
        self._blocks: Final[dict[int, list[bytes]]] = {}

    def of(self, located: Located, wanted: Callable[[str, str], bool]) -> Receipt:
        """The receipt of a transaction in these blocks. wanted: by key and number, the leaves to show beside the act.

        Raises LedgerFault: the ledger's log is damaged.
        """
        block, position = located.block, located.position
        assert block < self._height
        leaves = contract_at(self._ledger, block, position).leaves(block, position, located.transaction)
        places = [place for place, leaf in enumerate(leaves) if place == 0 or wanted(leaf.key, leaf.of)]
        trees = self._leaves_of(block)
        receipt = Receipt(
            leaves=len(leaves),
            shown=tuple(Shown(place, leaves[place]) for place in places),
            hidden=_hex(cover([leaf.hash for leaf in leaves], places)),
            transactions=len(trees),
            in_block=_hex(inclusion_path(lambda start, end: root_of(trees[start:end]), position, len(trees))),
            in_log=_hex(inclusion_path(self._span, block, self._height)),
        )
        if open_receipt(receipt, self._height)[1] != self._root():
            raise LedgerFault(
                f"block {block}: its log does not lead to the root in the header of block {self._height - 1}"
            )
        return receipt

    def before(self, block: int) -> tuple[Digest, ...]:
        """The proof that the log of these blocks has grown out of that of the blocks before that one."""
        return _hex(consistency_path(self._span, block, self._height)) if block else ()

    def _leaves_of(self, number: int) -> list[bytes]:
        if number not in self._blocks:
            before = Succession(contract_at(self._ledger, number, 0).version)
            self._blocks[number] = transaction_leaves(number, next(self._ledger.blocks(number)).transactions, before)
        return self._blocks[number]

    def _span(self, start: int, end: int) -> bytes:
        return span_root(self._ledger.log_node, start, end)

    def _root(self) -> str:
        return next(self._ledger.blocks(self._height - 1)).header.root


def recomputed_root(ledger: Ledger, height: int) -> str:
    """Return the root, in hexadecimal, that the first `height` blocks make, whatever their headers and the log say."""
    log, succession = NO_BLOCKS, Succession()
    for block in islice(ledger.blocks(), height):
        log, _ = log.with_block(root_of(transaction_leaves(log.size, block.transactions, succession)))
    return log.root.hex()


def _bytes(hashes: tuple[Digest, ...]) -> list[bytes]:
    return [bytes.fromhex(each) for each in hashes]


def _hex(hashes: tuple[bytes, ...]) -> tuple[str, ...]:
    return tuple(each.hex() for each in hashes)
