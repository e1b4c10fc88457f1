"""The port: what every ledger offers, whatever runs it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from msgspec import Struct

from lxr.chaincode.envelope import Envelope
from lxr.node.blocks import Block, Transaction
from lxr.node.log import Node
from lxr.node.said import Fault, Said
from lxr.token.refusal import Refusal

Clock = Callable[[], int]
"""The present in unix milliseconds, UTC."""


NOT_FOUNDED: Final = "the ledger is not founded yet: lxr init founds it"


class LedgerFault(Fault):
    """The ledger cannot be used, and why, in one line: missing, not a ledger, damaged, busy."""


class OutcomeUnknown(LedgerFault):
    """The transaction was sent, and nobody says what became of it: it may be on the ledger, or get there yet."""

    def __init__(self, tx_id: str, why: object) -> None:
        super().__init__("the outcome of transaction {tx_id} is unknown: {why}", tx_id=tx_id, why=why)
        self.tx_id: Final = tx_id


class Committed(Struct, frozen=True):
    """A transaction on the ledger. result: canonical JSON. replay: it was there before, nothing was done twice."""

    tx_id: str
    block: int
    result: bytes
    replay: bool


class Located(Struct, frozen=True):
    """A transaction and where it stands."""

    block: int
    position: int
    transaction: Transaction


class Ledger(Protocol):
    """An append-only chain of blocks, and the state that they lead to. Every method raises LedgerFault."""

    def submit(self, envelopes: Sequence[Envelope]) -> list[Committed | Refusal]:
        """Execute in order; each is accepted or refused on its own. An answer is given once it is durable.

        The same envelope again, or another with the same request id and command, is a replay: the first result.
        If anything but a Refusal escapes, blocks made earlier in the same call may stand: ask by request id.
        """

    def submit_apart(self, envelopes: Sequence[Envelope]) -> Iterator[Committed | Refusal]:
        """Execute what, as the caller knows, does not touch one another: in whatever order, the answers in this one.

        An answer is given once it and those before it are durable. Else as `submit`.
        """

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the values under the keys, in their order and of one moment; None where there is none."""

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """All keys that begin so, with their values, sorted by key, of one moment."""

    def height(self) -> int:
        """How many blocks there are: the last one has number height - 1."""

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """Return the blocks from that number on."""

    def proven_blocks(self) -> Iterator[tuple[Block, str]]:
        """All blocks as an audit reads them, each with the hash of its data, computed anew.

        What the medium keeps besides (Fabric: signatures of orderers and endorsers, its verdicts) was checked; what the
        contract did was not, that is the audit's part. LedgerFault names the first entry that does not hold.
        """

    def log_node(self, level: int, place: int) -> bytes:
        """One kept node of the log over the blocks, see `lxr.node.log`."""

    def log_nodes(self) -> Iterator[Node]:
        """All kept nodes of the log, by level and place, of one moment."""

    def transaction(self, tx_id: str) -> Located | None:
        """One valid transaction, or None if the ledger does not hold it."""

    def snapshot(self) -> AbstractContextManager[None]:
        """While open, all reads show the ledger as it was at the first of them. Nothing can be submitted meanwhile."""

    def storage_fault(self) -> Said | None:
        """Return what is wrong with the medium under the ledger, beneath all blocks and state; None if nothing is."""

    def close(self) -> None:
        """Give back what the ledger holds open."""
