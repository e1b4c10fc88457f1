"""The embedded ledger: one SQLite file, no server, one operator. The contract and its bounds are those of Fabric."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from lxr.chaincode.envelope import Envelope
from lxr.chaincode.founding import Genesis, geneses
from lxr.chaincode.refusals import NotAllowed
from lxr.node.blockfile import BlockFile, make_block_file
from lxr.node.blocks import Block, Transaction, data_hash
from lxr.node.contracts import Contract, contract, founder, refuse_lacking
from lxr.node.disk import sync_directory
from lxr.node.draft import Draft, Executed
from lxr.node.genesis import genesis_of, genesis_record
from lxr.node.node_clock import refuse_clock
from lxr.node.parallel_execution import ParallelExecution
from lxr.node.port import Clock, Committed, LedgerFault
from lxr.node.said import Said
from lxr.token.refusal import Refusal

if TYPE_CHECKING:
    from lxr.chaincode.contract import Call

Roots = Callable[[], Mapping[str, str]]
"""Organisation → its root certificate (PEM), as this node knows them, not as the ledger says."""


def system_clock() -> int:
    """Return the present in unix milliseconds, UTC."""
    return time.time_ns() // 1_000_000


class EmbeddedLedger(BlockFile):
    """A Ledger (see `lxr.node.port`). Several processes may have one open; they take turns, block by block."""

    def __init__(self, path: Path, clock: Clock, roots: Roots | None = None) -> None:
        self._clock: Final = clock
        self._roots: Final = roots
        self._ahead: Final = ParallelExecution(self, path)
        super().__init__(path)

    def close(self) -> None:
        """See `Ledger.close`."""
        self._ahead.close()
        super().close()

    @classmethod
    def create(cls, path: Path, founding: Envelope, clock: Clock = system_clock) -> Self:
        """Return a new ledger whose first block holds exactly the founding: the file appears as a whole or not at all.

        Raises LedgerFault: a file is there already, not writable. Refuses: as `submit`.
        """
        under, call, said = founder(founding)
        if not said.rehearsal:
            refuse_clock(call.at_ms, clock())
        for there in (path, path.with_name(f"{path.name}-wal")):  # a log left over would be played into the new file
            if there.exists():
                raise LedgerFault("{there}: exists already", there=there)
        try:
            with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as beside:
                building = Path(beside) / path.name
                make_block_file(building)
                _write_founding(building, founding, under, call)
                os.link(building, path)  # unlike a rename it never replaces a file
                sync_directory(path.parent)
        except OSError as fault:
            raise LedgerFault("{path}: cannot be created: {fault}", path=path, fault=fault) from None
        return cls(path, clock)

    @classmethod
    def open(cls, path: Path, clock: Clock = system_clock, roots: Roots | None = None) -> Self:
        """Raise LedgerFault: no such file, not a ledger, damaged."""
        return cls(path, clock, roots)

    @cached_property
    def genesis(self) -> Genesis:
        """What never changes: the ledger's id, the consortium's name, whether it is a rehearsal, the roots."""
        return genesis_of(self)

    def proven_blocks(self) -> Iterator[tuple[Block, str]]:
        """See `Ledger.proven_blocks`: no block is empty, the first is the founding alone, all that stands is valid."""
        for block in self.blocks():
            number, count = block.header.number, len(block.transactions)
            if count == 0 or (number == 0 and count != 1):
                raise LedgerFault("block {number}: holds {count} transactions", number=number, count=count)
            for position, transaction in enumerate(block.transactions):
                if not transaction.valid:
                    raise LedgerFault(
                        "block {number}, transaction {position}: is marked as not valid",
                        number=number,
                        position=position,
                    )
            yield block, data_hash(transaction.envelope for transaction in block.transactions)

    def storage_fault(self) -> Said | None:
        """See `Ledger.storage_fault`: of the file, and of the founding, where this node's own roots are given."""
        if self._roots is not None and self.genesis.roots != self._roots():
            return Said("the ledger was founded with other root certificates than this node knows")
        return super().storage_fault()

    def submit(self, envelopes: Sequence[Envelope]) -> list[Committed | Refusal]:
        """See `Ledger.submit`."""
        return list(self._submit(envelopes, copying=False))

    def submit_apart(self, envelopes: Sequence[Envelope]) -> Iterator[Committed | Refusal]:
        """See `Ledger.submit_apart`: one after the other, block by block."""
        return self._submit(envelopes, copying=False)

    def found_copy(self, founding: Envelope) -> None:
        """Give this file, which is a copy of a ledger, an id of its own: FoundCopy. Refuses: as `submit`."""
        (answer,) = self._submit([founding], copying=True)
        if isinstance(answer, Refusal):
            raise answer
        del self.genesis  # it has another id now

    def _submit(self, envelopes: Sequence[Envelope], *, copying: bool) -> Iterator[Committed | Refusal]:
        waiting = envelopes
        while waiting:
            with self.writing():
                draft = Draft(self)
                answers = self._filled(draft, waiting, copying=copying)
                draft.append()
            waiting = waiting[len(answers) :]
            yield from answers

    def _filled(self, draft: Draft, waiting: Sequence[Envelope], *, copying: bool) -> list[Committed | Refusal]:
        """Fill a block with as many of those that wait as it has room for, in their order; return the answers."""
        genesis = genesis_record(self)
        answers: list[Committed | Refusal] = []
        self._ahead.start_block(waiting)
        for place, envelope in enumerate(waiting):
            if not draft.room:
                break
            done = self._ahead.executed(place, draft)
            if done is None:
                answers.append(self._in_turn(draft, envelope, genesis, copying=copying))
            else:
                answers.append(self._taken(draft, envelope, done))
        return answers

    def _in_turn(self, draft: Draft, envelope: Envelope, genesis: bytes, *, copying: bool) -> Committed | Refusal:
        """Execute an envelope after the transactions that are in the block. genesis: the founding's record."""
        under = contract(draft.version)
        try:
            call = under.admit(envelope, genesis)
            first = draft.find(call.tx_id)
            if first is not None:
                return first
            self._refuse_clock(call.at_ms)
            refuse_lacking(under, call)
            accepted = under.execute(draft, call)
            if not copying and any(key == geneses.key() for key, _ in accepted.writes):
                raise NotAllowed(caller=str(call.caller), command="governance.found_copy")
        except Refusal as refusal:
            return refusal
        if accepted.replay is None:
            return draft.add(Transaction(call.tx_id, envelope, True, accepted.writes, accepted.result))
        first = draft.find(accepted.replay)
        if first is None:
            raise LedgerFault(
                "{path}: damaged: transaction {replay} is missing", path=self.path, replay=accepted.replay
            )
        return first

    def _taken(self, draft: Draft, envelope: Envelope, done: Executed) -> Committed | Refusal:
        """Put what was executed before its turn into the block."""
        first = draft.find(done.tx_id)
        if first is not None:
            return first
        try:
            self._refuse_clock(done.at_ms)
        except Refusal as refusal:
            return refusal
        return draft.add(done.transaction(envelope), done.leaf if done.position == draft.count else None)

    def _refuse_clock(self, at_ms: int) -> None:
        if not self.genesis.rehearsal:
            refuse_clock(at_ms, self._clock())


def _write_founding(path: Path, founding: Envelope, under: Contract, call: "Call") -> None:
    with closing(BlockFile(path)) as file, file.writing():
        draft = Draft(file)
        accepted = under.execute(draft, call)
        draft.add(Transaction(call.tx_id, founding, True, accepted.writes, accepted.result))
        draft.append()
