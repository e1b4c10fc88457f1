"""Audit: believe nothing that the ledger says of itself; compute everything again, say yes or name the first fault."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import Final

from msgspec import Struct

from lxr.chaincode.checkpoint import Finding, checkpoints
from lxr.chaincode.contract import Call
from lxr.chaincode.founding import geneses
from lxr.chaincode.ledger_refusals import ContractMissing
from lxr.chaincode.restoration import restorations
from lxr.node.blocks import NO_HASH, Block, Header, Transaction, hash_of
from lxr.node.contracts import Contract, Succession, founder, in_force
from lxr.node.headers import header_over, tree_of
from lxr.node.invariants import check, supply_and_reserve
from lxr.node.log import NO_BLOCKS, Node
from lxr.node.parallel_verifier import ParallelVerifier, Verifying
from lxr.node.port import Ledger, LedgerFault
from lxr.node.progress import Progress
from lxr.node.said import Fault, Said
from lxr.token.refusal import Refusal


class Restored(Struct, frozen=True):
    """Where a ledger goes on from a backup of its first `height` blocks, by word of two organisations or more.

    tx_ids: of the transactions by which each of them said so, all in the next block: others for each time that a ledger
    is restored. signed: the organisations, in the same order.
    """

    height: int
    tx_ids: tuple[str, ...]
    signed: tuple[str, ...]


Comparison = Callable[[Sequence[Finding], Sequence[Restored]], Said | None]
"""What else is known of a ledger: how the findings, one for each block, contradict it; None: they do not."""


class WrongCheckpoint(Struct, frozen=True):
    """What an organisation signed, and this audit did not find: a fault of whoever signed, not of the ledger.

    block: in which the signature stands. early: it names a height that was not reached then. found: at the height
    that it names; None if the ledger has not reached it. differs: the fields that are not as they were found.
    """

    height: int
    organisation: str
    signer: str
    block: int
    early: bool
    differs: tuple[str, ...]
    signed: Finding
    found: Finding | None


class MisplacedRestoration(Struct, frozen=True):
    """What an organisation signed about a backup, and does not stand where it says: it takes nothing back.

    height, block_hash: of the backup that it names. block: in which the signature stands, where `found` is the hash of
    the block before it. It would stand in block `height`, after the block of that hash.
    """

    height: int
    organisation: str
    block: int
    tx_id: str
    block_hash: str
    found: str


class AuditReport(Struct, frozen=True):
    """ok: everything was recomputed and agrees. fault: otherwise, the first entry that does not.

    height: how many blocks, from the first on, were found good; the figures are those after them. block_hash, root: of
    the last of them, ledger: the hash of the first; zeros if there is none.
    wrong_checkpoints: by height and organisation; they do not make an audit say no. None were looked at where it does.
    restored: where memory of later blocks is worth nothing. misplaced_restorations: in the order of the ledger; they do
    not make an audit say no either.
    """

    ok: bool
    height: int
    ledger: str
    block_hash: str
    root: str
    transactions: int
    supply_fen: int
    reserve_fen: int
    fault: Said | None
    wrong_checkpoints: tuple[WrongCheckpoint, ...] = ()
    restored: tuple[Restored, ...] = ()
    misplaced_restorations: tuple[MisplacedRestoration, ...] = ()


def audit(ledger: Ledger, progress: Progress | None = None, against: Sequence[Comparison] = ()) -> AuditReport:
    """Check every hash, certificate, signature, execution and record of the ledger as it is now.

    against: what a ledger that is sound in itself is compared with, for it may be cut off or built anew. A ledger that
    has been tampered with, or whose file is damaged, is a report that is not ok; nothing is raised for it.
    """
    with ParallelVerifier() as second:
        report = _audit(ledger, second.by, progress, against)
        if second.all_good():
            return report
    return _audit(ledger, None, progress, against)  # whoever signed wrongly is found where the contract meets it


def _audit(
    ledger: Ledger, verify: Verifying | None, progress: Progress | None, against: Sequence[Comparison]
) -> AuditReport:
    auditor = _Auditor(verify)
    try:
        with ledger.snapshot():
            height = ledger.height()
            for block, data in ledger.proven_blocks():
                auditor.check_block(block, data)
                if progress is not None:
                    progress(len(auditor.findings), height)
            auditor.compare(against)
            auditor.check_state(ledger)
    except (_Bad, LedgerFault, ContractMissing) as fault:
        return auditor.report(fault.said if isinstance(fault, Fault) else Said("{fault}", fault=fault))
    return auditor.report(None)


class _Bad(Fault):
    """The first entry that does not agree, and how."""


class _State:
    """The auditor's own state, by table."""

    def __init__(self) -> None:
        self._tables: Final[dict[str, dict[str, bytes]]] = defaultdict(dict)

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        return [self._tables[_table(key)].get(key) for key in keys]

    def put(self, writes: Sequence[tuple[str, bytes]]) -> None:
        for key, value in writes:
            self._tables[_table(key)][key] = value

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        tables = [self._tables[_table(prefix)]] if "/" in prefix else list(self._tables.values())
        return iter(sorted(row for table in tables for row in table.items() if row[0].startswith(prefix)))


class _Auditor:
    """What has been recomputed so far. findings: one for each good block."""

    def __init__(self, verify: Verifying | None) -> None:
        self.findings: Final[list[Finding]] = []
        self._state: Final = _State()
        self._verify: Final = verify
        self._tip: Header | None = None
        self._log = NO_BLOCKS
        self._succession: Final = Succession()
        self._nodes: Final[list[Node]] = []
        self._transactions = 0
        self._signed_in: Final[dict[str, int]] = {}
        """The block of the last signature on each checkpoint, by its key."""
        self._restored_in: Final[dict[str, list[tuple[int, str, str]]]] = defaultdict(list)
        """Of each transaction that signs a restoration, its block, id and organisation, by the restoration's key."""

    def check_block(self, block: Block, data: str) -> None:
        number = len(self.findings)
        for position, transaction in enumerate(block.transactions):
            place = Said(
                "block {number}, transaction {position} ({tx_id})",
                number=number,
                position=position,
                tx_id=transaction.envelope.tx_id,
            )
            try:
                self._check_transaction(transaction, place)
            except Refusal as refusal:
                raise _Bad("{place}: {refusal}", place=place, refusal=refusal) from None
        tree = tree_of(number, block.transactions, self._succession)
        expected = header_over(self._tip, self._log, data, tree)
        _compare(block.header, expected, number)
        self._tip = expected
        self._log, nodes = self._log.with_block(bytes.fromhex(expected.tree))
        self._nodes.extend(nodes)
        self._transactions += len(block.transactions)
        supply_fen, reserve_fen = supply_and_reserve(self._state.scan)
        self.findings.append(Finding(number + 1, hash_of(expected), expected.root, supply_fen, reserve_fen))

    def compare(self, against: Sequence[Comparison]) -> None:
        """Nothing that is known of the ledger contradicts it."""
        if not self.findings:
            raise _Bad("the ledger has no blocks")
        restored = self.restored()
        for comparison in against:
            if (difference := comparison(self.findings, restored)) is not None:
                raise _Bad(difference)

    def restored(self) -> tuple[Restored, ...]:
        """Return the restorations that stand where they say, by word of two organisations, by height."""
        found = []
        for key, signed in self._restored_in.items():
            _, height, block_hash = key.split("/")
            there = [each for each in signed if self._stands(each[0], int(height), block_hash)]
            if len(there) > 1:
                _, tx_ids, organisations = zip(*there, strict=True)
                found.append(Restored(int(height), tx_ids, organisations))
        return tuple(sorted(found, key=lambda each: each.height))

    def misplaced_restorations(self) -> Iterator[MisplacedRestoration]:
        """Those that stand elsewhere than they say."""
        for key, signed in self._restored_in.items():
            _, height, block_hash = key.split("/")
            for block, tx_id, organisation in signed:
                if not self._stands(block, int(height), block_hash):
                    found = self._hash_before(block)
                    yield MisplacedRestoration(int(height), organisation, block, tx_id, block_hash, found)

    def _stands(self, block: int, height: int, block_hash: str) -> bool:
        return (height, block_hash) == (block, self._hash_before(block))

    def _hash_before(self, block: int) -> str:
        return self.findings[block - 1].block_hash if block else NO_HASH

    def check_state(self, ledger: Ledger) -> None:
        """Check that the ledger's table of state is ours, its medium is sound, and the invariants hold."""
        for there, ours in zip_longest(ledger.scan(""), self._state.scan("")):
            if there != ours:
                key = min(row[0] for row in (there, ours) if row is not None)
                raise _Bad("state: the value under key {key} is not what the transactions wrote", key=repr(key))
        for kept, recomputed in zip_longest(ledger.log_nodes(), sorted(self._nodes)):
            if kept != recomputed:
                level, place, _ = min(node for node in (kept, recomputed) if node is not None)
                raise _Bad("log: node {place} at level {level} is not what the blocks make", place=place, level=level)
        for broken in (ledger.storage_fault(), *check(self._state.scan)):
            if broken is not None:
                raise _Bad(broken)

    def wrong_checkpoints(self) -> Iterator[WrongCheckpoint]:
        """Those in force that say something else than was found."""
        signed = [(key, checkpoints.decode(value)) for key, value in self._state.scan(f"{checkpoints.name}/")]
        for key, checkpoint in sorted(signed, key=lambda each: (each[1].finding.height, each[0])):
            finding, block = checkpoint.finding, self._signed_in[key]
            found = self.findings[finding.height - 1] if finding.height <= len(self.findings) else None
            early = finding.height > block
            if early or finding != found:
                yield WrongCheckpoint(
                    height=finding.height,
                    organisation=key.rpartition("/")[2],
                    signer=checkpoint.signer,
                    block=block,
                    early=early,
                    differs=() if found is None else _differing(finding, found),
                    signed=finding,
                    found=found,
                )

    def report(self, fault: Said | None) -> AuditReport:
        last = self.findings[-1] if self.findings else None
        return AuditReport(
            ok=fault is None,
            height=len(self.findings),
            ledger=self.findings[0].block_hash if last else NO_HASH,
            block_hash=last.block_hash if last else NO_HASH,
            root=last.root if last else NO_HASH,
            transactions=self._transactions,
            supply_fen=last.supply_fen if last else 0,
            reserve_fen=last.reserve_fen if last else 0,
            fault=fault,
            wrong_checkpoints=tuple(self.wrong_checkpoints()) if fault is None else (),
            restored=self.restored() if fault is None else (),
            misplaced_restorations=(
                tuple(sorted(self.misplaced_restorations(), key=lambda each: each.block)) if fault is None else ()
            ),
        )

    def _check_transaction(self, transaction: Transaction, place: Said) -> None:
        if transaction.tx_id != transaction.envelope.tx_id:
            raise _Bad("{place}: is stored under the id {tx_id}", place=place, tx_id=repr(transaction.tx_id))
        if not transaction.valid:
            if transaction.writes or transaction.result:
                raise _Bad("{place}: is not valid, and yet has written", place=place)
            return
        under, call = self._admitted(transaction)
        accepted = under.execute(self._state, call, self._verify and self._verify(under))
        if accepted.replay is not None:
            raise _Bad("{place}: repeats transaction {replay}", place=place, replay=accepted.replay)
        for there, ours in zip_longest(transaction.writes, accepted.writes):
            if there != ours:
                key = min(row[0] for row in (there, ours) if row is not None)
                raise _Bad(
                    "{place}: what it wrote under key {key} is not what the contract writes", place=place, key=repr(key)
                )
        if transaction.result != accepted.result:
            raise _Bad("{place}: its result is not the contract's", place=place)
        self._state.put(accepted.writes)
        number = len(self.findings)
        for key, _ in accepted.writes:
            if _table(key) == checkpoints.name:
                self._signed_in[key] = number
            elif _table(key) == restorations.name:
                self._restored_in[key].append((number, transaction.tx_id, call.caller.organisation))

    def _admitted(self, transaction: Transaction) -> tuple[Contract, Call]:
        (genesis,) = self._state.get_many([geneses.key()])
        under = in_force(self._state)
        if genesis is None or under is None:
            under, call, _ = founder(transaction.envelope)
            return under, call
        return under, under.admit(transaction.envelope, genesis)


def _table(key: str) -> str:
    return key.partition("/")[0]


def _compare(there: Header, ours: Header, number: int) -> None:
    for field in _differing(there, ours):
        raise _Bad(
            "block {number}: its header has {field} {there}, recomputed {found}",
            number=number,
            field=field,
            there=getattr(there, field),
            found=getattr(ours, field),
        )


def _differing(there: Header | Finding, ours: Header | Finding) -> tuple[str, ...]:
    return tuple(name for name in ours.__struct_fields__ if getattr(there, name) != getattr(ours, name))
