"""Receipts made from a ledger: see `lxr.chaincode.receipt`."""

from collections.abc import Callable
from itertools import islice
from typing import Final

from lxr.chaincode.merkle import consistency_path, cover, inclusion_path, root_of
from lxr.chaincode.receipt import Receipt, Shown, open_receipt
from lxr.chaincode.types import Digest
from lxr.node.contracts import Succession, contract_at
from lxr.node.headers import transaction_leaves, tree_of
from lxr.node.log import NO_BLOCKS, span_root
from lxr.node.port import Ledger, LedgerFault, Located


class Receipts:
    """Makes receipts under the root of the first `height` blocks of a ledger."""

    def __init__(self, ledger: Ledger, height: int) -> None:
        self._ledger: Final = ledger
        self._height: Final = height
        self._blocks: Final[dict[int, list[bytes]]] = {}

    def of(self, located: Located, wanted: Callable[[str, str], bool]) -> Receipt:
        """Return the receipt of a transaction in these blocks.

        wanted: by key and number, the leaves to show beside the act.

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
                "block {block}: its log does not lead to the root in the header of block {height}",
                block=block,
                height=self._height - 1,
            )
        return receipt

    def before(self, block: int) -> tuple[Digest, ...]:
        """Return the proof that the log of these blocks has grown out of that of the blocks before that one."""
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
        log, _ = log.with_block(tree_of(log.size, block.transactions, succession))
    return log.root.hex()


def _hex(hashes: tuple[bytes, ...]) -> tuple[str, ...]:
    return tuple(each.hex() for each in hashes)
