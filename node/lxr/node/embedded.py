"""The embedded ledger: one SQLite file, no server, one operator. The contract and its bounds are those of Fabric."""

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from lxr.chaincode.envelope import Envelope, encode_envelope
from lxr.chaincode.founding import Genesis, geneses
from lxr.chaincode.merkle import root_of
from lxr.chaincode.refusals import NotAllowed
from lxr.node.blockfile import BlockFile, make_block_file
from lxr.node.blocks import Block, Transaction, data_hash
from lxr.node.contracts import Contract, Succession, contract, founder, refuse_lacking, version_in_force
from lxr.node.disk import sync_directory
from lxr.node.genesis import genesis_of, genesis_record
from lxr.node.headers import header_after
from lxr.node.node_clock import refuse_clock
from lxr.node.overlay import read_over
from lxr.node.parallel_leaves import ParallelLeaves
from lxr.node.parallel_verifier import ParallelVerifier, Verifying
from lxr.node.port import Clock, Committed, LedgerFault
from lxr.node.said import Said
from lxr.node.version import contract_version
from lxr.token.refusal import Refusal

if TYPE_CHECKING:
    from lxr.chaincode.contract import Accepted, Call

Roots = Callable[[], Mapping[str, str]]
"""Organisation → its root certificate (PEM), as this node knows them, not as the ledger says."""

_Admitted = tuple[Contract, "Call | Refusal"]
"""What a contract has made of an envelope."""
_Waiting = tuple[Envelope, _Admitted]

MAX_BLOCK_TRANSACTIONS: Final = 500
BLOCK_FULL_BYTES: Final = 8_000_000
"""A block that holds this much takes no further transaction."""


def system_clock() -> int:
    """Return the present in unix milliseconds, UTC."""
    return time.time_ns() // 1_000_000


class EmbeddedLedger(BlockFile):
    """A Ledger (see `lxr.node.port`). Several processes may have one open; they take turns, block by block."""

    def __init__(self, path: Path, clock: Clock, roots: Roots | None = None) -> None:
        self._clock: Final = clock
        self._roots: Final = roots
        self._leaves: Final = ParallelLeaves()
        super().__init__(path)

    def close(self) -> None:
        """See `Ledger.close`."""
        self._leaves.close()
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
        under, genesis = self._in_force(), genesis_record(self)
        waiting = [(envelope, _admitted(under, envelope, genesis)) for envelope in envelopes]
        with ParallelVerifier() as second:
            while waiting:
                with self.writing():
                    draft, answers = self._filled(waiting, second.by, copying=copying)
                    if not second.all_good():  # some signature is bad: who signed wrongly is found without help
                        draft, answers = self._filled(waiting, None, copying=copying)
                    draft.append()
                waiting = waiting[len(answers) :]
                yield from answers

    def _filled(
        self, waiting: Iterable[_Waiting], verify: Verifying | None, *, copying: bool
    ) -> tuple["_Draft", list[Committed | Refusal]]:
        """A block of as many of those that wait as it has room for, in their order, and what is answered to them."""
        draft = _Draft(self, self._leaves)
        answers: list[Committed | Refusal] = []
        for envelope, admitted in waiting:
            if draft.full:
                break
            answers.append(self._answer(draft, envelope, admitted, verify, copying=copying))
        return draft, answers

    def _in_force(self) -> Contract:
        return contract(version_in_force(self) or contract_version())

    def _answer(
        self, draft: "_Draft", envelope: Envelope, admitted: _Admitted, verify: Verifying | None, *, copying: bool
    ) -> Committed | Refusal:
        under, call = admitted
        if under.version != draft.version:  # another has come into force meanwhile
            under, call = _admitted(contract(draft.version), envelope, genesis_record(self))
        if isinstance(call, Refusal):
            return call
        first = draft.find(call.tx_id)
        if first is not None:
            return first
        try:
            if not self.genesis.rehearsal:
                refuse_clock(call.at_ms, self._clock())
            refuse_lacking(under, call)
            accepted = under.execute(draft, call, verify and verify(under))
            if not copying and any(key == geneses.key() for key, _ in accepted.writes):
                raise NotAllowed(caller=str(call.caller), command="governance.found_copy")
        except Refusal as refusal:
            return refusal
        if accepted.replay is None:
            return draft.add(envelope, call, accepted)
        first = draft.find(accepted.replay)
        if first is None:
            raise LedgerFault(
                "{path}: damaged: transaction {replay} is missing", path=self.path, replay=accepted.replay
            )
        return first


class _Draft:
    """A block in the making: the state below it, and what its own transactions have written so far."""

    def __init__(self, file: BlockFile, leaves: ParallelLeaves) -> None:
        self._file: Final = file
        self._previous: Final = file.tip()
        self._number: Final = 0 if self._previous is None else self._previous.number + 1
        self._transactions: Final[dict[str, Transaction]] = {}
        self._written: Final[dict[str, bytes]] = {}
        self._bytes = 0
        self._succession: Final = Succession(version_in_force(file))
        self._leaves: Final = leaves
        leaves.start_block(self._number)

    @property
    def version(self) -> str:
        """Of the contract under which the next transaction runs."""
        assert self._succession.version is not None
        return self._succession.version

    @property
    def full(self) -> bool:
        return len(self._transactions) >= MAX_BLOCK_TRANSACTIONS or self._bytes >= BLOCK_FULL_BYTES

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        return read_over(self._written, self._file.read, keys)

    def find(self, tx_id: str) -> Committed | None:
        """Return an earlier transaction, in this block or below."""
        if tx_id in self._transactions:
            return Committed(tx_id, self._number, self._transactions[tx_id].result, replay=True)
        located = self._file.transaction(tx_id)
        if located is None:
            return None
        return Committed(tx_id, located.block, located.transaction.result, replay=True)

    def add(self, envelope: Envelope, call: "Call", accepted: "Accepted") -> Committed:
        transaction = Transaction(call.tx_id, envelope, True, accepted.writes, accepted.result)
        self._transactions[call.tx_id] = transaction
        self._leaves.add(self._succession.next(transaction), transaction)
        self._written.update(accepted.writes)
        self._bytes += len(encode_envelope(envelope)) + sum(len(key) + len(value) for key, value in accepted.writes)
        return Committed(call.tx_id, self._number, accepted.result, replay=False)

    def append(self) -> None:
        """Write the block; nothing, if nothing was accepted."""
        transactions = tuple(self._transactions.values())
        if transactions:
            self._file.append_transactions(self._number, transactions, self._written)  # while leaves are still computed
            log = self._file.log()
            header = header_after(self._previous, log, transactions, root_of(self._leaves.leaves()))
            self._file.append_header(header, log)


def _admitted(under: Contract, envelope: Envelope, genesis: bytes) -> _Admitted:
    try:
        return under, under.admit(envelope, genesis)
    except Refusal as refusal:
        return under, refusal


def _write_founding(path: Path, founding: Envelope, under: Contract, call: "Call") -> None:
    with closing(BlockFile(path)) as file, closing(ParallelLeaves()) as leaves, file.writing():
        draft = _Draft(file, leaves)
        draft.add(founding, call, under.execute(draft, call))
        draft.append()
