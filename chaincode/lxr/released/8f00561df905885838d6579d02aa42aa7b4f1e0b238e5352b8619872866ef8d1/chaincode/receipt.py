"""Receipts: proof, without a ledger, of some leaves of one transaction under the root of the log at a height."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from .leaves import ACT, ActRecord, Leaf, block_leaf, transaction_leaf
from .merkle import ProofFault, ProofFlaw, root_by_cover, root_by_inclusion
from .parts import COMMON
from .types import Digest, Record

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
        raise ProofFault(ProofFlaw.FIRST_HIDDEN)
    if places != sorted(set(places)) or len(names) != len(places):
        raise ProofFault(ProofFlaw.LEAVES_ORDER)
    try:
        act = _decode_act(first.value)
    except msgspec.MsgspecError:
        raise ProofFault(ProofFlaw.NO_ACT) from None
    hashes = {shown.place: shown.leaf.hash for shown in receipt.shown}
    leaf = transaction_leaf(root_by_cover(receipt.leaves, hashes, _bytes(receipt.hidden)))
    tree = root_by_inclusion(leaf, act.position, receipt.transactions, _bytes(receipt.in_block))
    return act, root_by_inclusion(block_leaf(tree), act.block, height, _bytes(receipt.in_log)).hex()


def _bytes(hashes: tuple[Digest, ...]) -> list[bytes]:
    return [bytes.fromhex(each) for each in hashes]
