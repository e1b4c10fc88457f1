"""What somebody who owns a copy of a ledger can do with it: write something else, and make every hash fit."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from lxr.node.blockfile import BlockFile, make_block_file
from lxr.node.blocks import Header, Transaction
from lxr.node.contracts import Succession
from lxr.node.embedded import EmbeddedLedger
from lxr.node.headers import header_after, tree_of
from lxr.node.port import Ledger
from lxr.node.version import contract_version


def forged_ledger(ledger: Ledger, path: Path, change: Callable[[str, bytes], bytes]) -> EmbeddedLedger:
    """The ledger with other values written, in a new file; every root, header and node of the log is made to fit."""
    blocks = (
        tuple(
            msgspec.structs.replace(each, writes=tuple((key, change(key, value)) for key, value in each.writes))
            for each in block.transactions
        )
        for block in ledger.blocks()
    )
    write_forged(path, blocks)
    return EmbeddedLedger.open(path)


def write_forged(path: Path, blocks: Iterable[Sequence[Transaction]]) -> None:
    """A new file with these transactions in blocks; every root, header and node of the log, and the state, fit."""
    make_block_file(path)
    file = BlockFile(path)
    previous: Header | None = None
    succession = Succession(contract_version())
    for transactions in blocks:
        log = file.log()
        previous = header_after(previous, log, transactions, tree_of(log.size, transactions, succession))
        state = {key: value for each in transactions for key, value in each.writes}
        with file.writing():
            file.append(previous, log, transactions, state)
    file.close()
