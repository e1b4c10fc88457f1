"""A node's own copy of blocks and state, which follows its peer: reads need no network and are of one moment."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from lxr.node.blockfile import BlockFile, make_block_file
from lxr.node.blocks import Block, Header, Transaction
from lxr.node.contracts import Succession, version_in_force
from lxr.node.fabric.blocks.blocks import FabricBlock
from lxr.node.headers import header_over, tree_of
from lxr.node.log import Log
from lxr.node.port import LedgerFault


class Replica(BlockFile):
    """Several processes may follow into one file; a block is added once."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the file at this place, made if there is none. Raises LedgerFault."""
        if not path.exists():
            try:
                with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as beside:
                    building = Path(beside) / path.name
                    make_block_file(building)
                    os.link(building, path)
            except FileExistsError:
                pass  # another process was faster
            except OSError as fault:
                raise LedgerFault("{path}: cannot be created: {fault}", path=path, fault=fault) from None
        return cls(path)

    def add(self, blocks: Sequence[FabricBlock]) -> None:
        """Add those of the blocks that are not there yet. Raises LedgerFault: they are not of the same chain."""
        with self.writing():
            tip, log, succession = self.tip(), self.log(), Succession(version_in_force(self))
            for block in blocks:
                if tip is not None and block.number <= tip.number:
                    continue
                added = as_block(tip, log, block, succession)
                if added.header.number != block.number or added.hash != block.hash:
                    raise LedgerFault(
                        "{path}: block {number} of the peer does not follow on this copy's last block: remove "
                        "the copy, and it is made again",
                        path=self.path,
                        number=block.number,
                    )
                state = {
                    key: value for transaction in added.transactions for key, value in transaction.writes
                }  # what is not valid has written nothing
                self.append(added.header, log, added.transactions, state)
                tip, (log, _) = added.header, log.with_block(bytes.fromhex(added.header.tree))


def as_block(previous: Header | None, log: Log, block: FabricBlock, succession: Succession) -> Block:
    """Return a block of Fabric's as every ledger shows its blocks: the transactions that carry an envelope of ours.

    log: over the blocks before it. succession: before it; it moves on.
    """
    transactions = tuple(
        Transaction(each.envelope.tx_id, each.envelope, each.valid, each.writes, each.result) for each in block.carried
    )
    tree = tree_of(log.size, transactions, succession)
    return Block(header_over(previous, log, block.data_hash.hex(), tree), transactions)
