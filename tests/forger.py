"""What somebody who owns a copy of a ledger can do with it: write something else, and make every hash fit."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from lxr_node.blockfile import BlockFile, make_block_file
from lxr_node.blocks import Header, header_after
from lxr_node.embedded import EmbeddedLedger
from lxr_node.port import Ledger


def forged_ledger(ledger: Ledger, path: Path, change: Callable[[str, bytes], bytes]) -> EmbeddedLedger:
    """The ledger with other values written, in a new file; every root, header and node of the log is made to fit."""
    make_block_file(path)
    file = BlockFile(path)
    previous: Header | None = None
    for block in ledger.blocks():
        transactions = tuple(
            msgspec.structs.replace(each, writes=tuple((key, change(key, value)) for key, value in each.writes))
            for each in block.transactions
        )
        previous = header_after(previous, file.log(), transactions)
        with file.writing():
            file.append(previous, transactions, {key: value for each in transactions for key, value in each.writes})
    file.close()
    return EmbeddedLedger.open(path)
