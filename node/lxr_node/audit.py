"""Audit: believe nothing that the ledger says of itself; compute everything again, say yes or name the first fault."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import Final

from msgspec import Struct

from lxr_chaincode.checkpoint import Finding, checkpoints
from lxr_chaincode.contract import Call, execute
from lxr_chaincode.governance import geneses
from lxr_chaincode.invariants import check, supply_and_reserve
from lxr_chaincode.refusals import OtherVersion
from lxr_chaincode.world import Verify, verify
from lxr_node.admission import admit, admit_founding, refuse_version
from lxr_node.blocks import NO_HASH, Block, Header, Transaction, hash_of, header_over
from lxr_node.log import NO_BLOCKS, Node
from lxr_node.port import Ledger, LedgerFault
from lxr_node.second_core import SecondCore
from lxr_node.version import contract_version
from lxr_token.refusal import Refusal


class AuditReport(Struct, frozen=True):
    """ok: everything was recomputed and agrees. fault: otherwise, the first entry that does not.

    height: how many blocks, from the first on, were found good; the figures are those after them. block_hash, root: of
    the last of them, zeros if there is none.
    """

    ok: bool
    height: int
    block_hash: str
    root: str
    transactions: int
    supply_fen: int
    reserve_fen: int
    fault: str | None


def audit(ledger: Ledger, progress: Callable[[int, int], None] | None = None) -> AuditReport:
    """Check every hash, certificate, signature, execution and record of the ledger as it is now.

    progress: called after each block with the blocks done and all there are. A ledger that has been tampered with, or
    whose file is damaged, is a report that is not ok; nothing is raised for it.
    """
    with SecondCore() as second:
        report = _audit(ledger, second.verify, progress)
        if second.all_good():
            return report
    return _audit(ledger, verify, progress)  # whoever signed wrongly is found where the contract meets it


def _audit(ledger: Ledger, verify: Verify, progress: Callable[[int, int], None] | None) -> AuditReport:
    auditor = _Auditor(verify)
    try:
        with ledger.snapshot():
            height = ledger.height()
            for block, data in ledger.proven_blocks():
                auditor.check_block(block, data)
                if progress is not None:
                    progress(len(auditor.findings), height)
            auditor.check_state(ledger)
            auditor.check_checkpoints()
    except (_Bad, LedgerFault) as fault:
        return auditor.report(" ".join(str(fault).split()))
    return auditor.report(None)


class _Bad(Exception):
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

    def __init__(self, verify: Verify) -> None:
        self.findings: Final[list[Finding]] = []
        self._state: Final = _State()
        self._verify: Final = verify
        self._tip: Header | None = None
        self._log = NO_BLOCKS
        self._nodes: Final[list[Node]] = []
        self._transactions = 0

    def check_block(self, block: Block, data: str) -> None:
        number = len(self.findings)
        for position, transaction in enumerate(block.transactions):
            place = f"block {number}, transaction {position} ({transaction.envelope.tx_id})"
            try:
                self._check_transaction(transaction, place)
            except Refusal as refusal:
                raise _Bad(f"{place}: {refusal}") from None
        expected = header_over(self._tip, self._log, data, block.transactions)
        _compare(block.header, expected, f"block {number}: its header has")
        self._tip = expected
        self._log, nodes = self._log.with_block(bytes.fromhex(expected.tree))
        self._nodes.extend(nodes)
        self._transactions += len(block.transactions)
        supply_fen, reserve_fen = supply_and_reserve(self._state.scan)
        self.findings.append(Finding(number + 1, hash_of(expected), expected.root, supply_fen, reserve_fen))

    def check_state(self, ledger: Ledger) -> None:
        """The ledger's table of state and its log are ours, its medium is sound, and the invariants hold."""
        if not self.findings:
            raise _Bad("the ledger has no blocks")
        for there, ours in zip_longest(ledger.scan(""), self._state.scan("")):
            if there != ours:
                key = min(row[0] for row in (there, ours) if row is not None)
                raise _Bad(f"state: the value under key {key!r} is not what the transactions wrote")
        for kept, recomputed in zip_longest(ledger.log_nodes(), sorted(self._nodes)):
            if kept != recomputed:
                level, place, _ = min(node for node in (kept, recomputed) if node is not None)
                raise _Bad(f"log: node {place} at level {level} is not what the blocks make")
        for broken in (ledger.storage_fault(), *check(self._state.scan)):
            if broken is not None:
                raise _Bad(broken)

    def check_checkpoints(self) -> None:
        for key, value in self._state.scan("checkpoint/"):
            checkpoint = checkpoints.decode(value)
            signed, who = checkpoint.finding, ", ".join(checkpoint.signed)
            if signed.height > len(self.findings):
                raise _Bad(f"{key}: {who} signed a height that this ledger has not reached")
            _compare(signed, self.findings[signed.height - 1], f"{key}: {who} signed")

    def report(self, fault: str | None) -> AuditReport:
        last = self.findings[-1] if self.findings else None
        return AuditReport(
            ok=fault is None,
            height=len(self.findings),
            block_hash=last.block_hash if last else NO_HASH,
            root=last.root if last else NO_HASH,
            transactions=self._transactions,
            supply_fen=last.supply_fen if last else 0,
            reserve_fen=last.reserve_fen if last else 0,
            fault=fault,
        )

    def _check_transaction(self, transaction: Transaction, place: str) -> None:
        if transaction.tx_id != transaction.envelope.tx_id:
            raise _Bad(f"{place}: is stored under the id {transaction.tx_id!r}")
        if not transaction.valid:
            if transaction.writes or transaction.result:
                raise _Bad(f"{place}: is not valid, and yet has written")
            return
        accepted = execute(self._state, self._admitted(transaction), self._verify)
        if accepted.replay is not None:
            raise _Bad(f"{place}: repeats transaction {accepted.replay}")
        for there, ours in zip_longest(transaction.writes, accepted.writes):
            if there != ours:
                key = min(row[0] for row in (there, ours) if row is not None)
                raise _Bad(f"{place}: what it wrote under key {key!r} is not what the contract writes")
        if transaction.result != accepted.result:
            raise _Bad(f"{place}: its result is not the contract's")
        self._state.put(accepted.writes)

    def _admitted(self, transaction: Transaction) -> Call:
        (genesis,) = self._state.get_many([geneses.key()])
        if genesis is None:
            call, founding = admit_founding(transaction.envelope)
            if founding.contract_version != contract_version():
                raise OtherVersion(in_force=founding.contract_version, here=contract_version())
            return call
        call = admit(transaction.envelope, geneses.decode(genesis).roots)
        refuse_version(self._state, call.at_ms, contract_version())
        return call


def _table(key: str) -> str:
    return key.partition("/")[0]


def _compare(there: Header | Finding, ours: Header | Finding, place: str) -> None:
    for field in ours.__struct_fields__:
        if getattr(there, field) != getattr(ours, field):
            raise _Bad(f"{place} {field} {getattr(there, field)}, recomputed {getattr(ours, field)}")
