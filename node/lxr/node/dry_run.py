"""A ledger on which nothing stays: commands run through the same contract over the real state, then are forgotten."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Final

from lxr.chaincode.envelope import Envelope
from lxr.node.blocks import Block
from lxr.node.contracts import in_force
from lxr.node.genesis import genesis_record
from lxr.node.log import Node
from lxr.node.overlay import read_over
from lxr.node.port import Committed, Ledger, Located
from lxr.node.said import Said
from lxr.token.refusal import Refusal


class DryRun:
    """A Ledger (see `lxr.node.port`) over another one, which it only reads. Blocks are those of the real one."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger: Final = ledger
        self._written: Final[dict[str, bytes]] = {}

    def submit(self, envelopes: Sequence[Envelope]) -> list[Committed | Refusal]:
        """See `Ledger.submit`; what is accepted is seen by later reads of this dry run alone."""
        return [self._answer(envelope) for envelope in envelopes]

    def submit_apart(self, envelopes: Sequence[Envelope]) -> Iterator[Committed | Refusal]:
        """See `Ledger.submit_apart`."""
        return iter(self.submit(envelopes))

    def _answer(self, envelope: Envelope) -> Committed | Refusal:
        try:
            genesis = genesis_record(self)
            under = in_force(self)
            assert under is not None  # a founding says it
            call = under.admit(envelope, genesis)
            accepted = under.execute(self, call)
        except Refusal as refusal:
            return refusal
        self._written.update(accepted.writes)
        return Committed(call.tx_id, self._ledger.height(), accepted.result, replay=accepted.replay is not None)

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the values as this dry run has left them: what the contract reads."""
        return self.read(keys)

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """See `Ledger.read`."""
        return read_over(self._written, self._ledger.read, keys)

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """See `Ledger.scan`."""
        merged = dict(self._ledger.scan(prefix))
        merged.update((key, value) for key, value in self._written.items() if key.startswith(prefix))
        return iter(sorted(merged.items()))

    def height(self) -> int:
        """See `Ledger.height`."""
        return self._ledger.height()

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """See `Ledger.blocks`."""
        return self._ledger.blocks(start)

    def proven_blocks(self) -> Iterator[tuple[Block, str]]:
        """See `Ledger.proven_blocks`."""
        return self._ledger.proven_blocks()

    def log_node(self, level: int, place: int) -> bytes:
        """See `Ledger.log_node`."""
        return self._ledger.log_node(level, place)

    def log_nodes(self) -> Iterator[Node]:
        """See `Ledger.log_nodes`."""
        return self._ledger.log_nodes()

    def transaction(self, tx_id: str) -> Located | None:
        """See `Ledger.transaction`."""
        return self._ledger.transaction(tx_id)

    def snapshot(self) -> AbstractContextManager[None]:
        """See `Ledger.snapshot`."""
        return self._ledger.snapshot()

    def storage_fault(self) -> Said | None:
        """See `Ledger.storage_fault`."""
        return self._ledger.storage_fault()

    def close(self) -> None:
        """Forget what was tried; the ledger beneath stays open."""
        self._written.clear()
