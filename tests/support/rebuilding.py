"""What whoever holds an embedded ledger's file can do without any officer's key: build it anew of its envelopes."""

from collections.abc import Callable
from pathlib import Path

from lxr.chaincode.envelope import open_payload, tag_of
from lxr.node.embedded import EmbeddedLedger
from lxr.token.refusal import Refusal

Keep = Callable[[int, str], bool]
"""Whether a transaction stays, by the number of its block and the tag of its command."""


def rebuild(path: Path, keep: Keep) -> None:
    """Make the ledger anew of the envelopes that stay, in their order and blocks; every one of them is accepted."""
    ledger = EmbeddedLedger.open(path)
    blocks = [[each.envelope for each in block.transactions] for block in ledger.blocks()]
    ledger.close()
    new = path.with_name("rebuilt.db")
    made = EmbeddedLedger.create(new, blocks[0][0])
    for number, envelopes in enumerate(blocks[1:], start=1):
        staying = [each for each in envelopes if keep(number, tag_of(open_payload(each).command))]
        assert [] == [answer for answer in made.submit(staying) if isinstance(answer, Refusal)]
    made.close()
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    new.rename(path)
