"""What an organisation has seen of its ledger: kept in its own directory, and compared with before it says yes again.

A ledger that was cut off, or built anew without some of its transactions, is sound in itself. Only whoever saw more of
it can tell, so each organisation keeps the end of what its last good audit saw where whoever keeps the ledger does not
reach: on one's own machine, among one's own keys.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from lxr.chaincode.checkpoint import Finding
from lxr.chaincode.types import Digest, Record, canonical
from lxr.node.audit import AuditReport, Comparison, Restored, audit
from lxr.node.disk import write_atomically
from lxr.node.port import Ledger, LedgerFault
from lxr.node.progress import Progress
from lxr.node.said import Said

FILE: Final = "seen.json"
_BYTES_MAX: Final = 1 << 24
"""More than it can come to: it grows by some 70 bytes with each word of a restoration."""

BlockAt = Callable[[int], tuple[str, str]]
"""Hash of the block of that number, and the root of the log after it."""


class SeenFault(LedgerFault):
    """Why what an organisation has seen cannot be told or kept, and what to do, in one line."""


class Seen(Record, frozen=True):
    """The end of a ledger that an audit said yes to. ledger: the hash of its first block. height: in blocks.

    restored_by: the ids of all transactions ever seen by which an organisation said that it was restored. Two that were
    not seen before take back what was seen above the backup; whoever holds the file can only repeat those that were.
    """

    ledger: Digest
    height: Annotated[int, Meta(ge=1)]
    block_hash: Digest
    root: Digest
    restored_by: tuple[Digest, ...] = ()


def difference(
    seen: Seen, organisation: str, height: int, block_at: BlockAt, restored: Sequence[Restored]
) -> Said | None:
    """How a ledger of that height does not go on from what the organisation has seen, in one line; None: it does.

    restored: where two organisations say that it was lost and goes on from a backup: what was seen above is gone.
    """
    first, last = block_at(0)[0], seen.height - 1
    if first != seen.ledger:
        return Said(
            "another ledger: its first block is {first}, {organisation} has seen {ledger}",
            first=first,
            organisation=organisation,
            ledger=seen.ledger,
        )
    if any(each.height <= last and len(set(each.tx_ids) - set(seen.restored_by)) > 1 for each in restored):
        return None
    if height < seen.height:
        return Said(
            "truncated: the ledger ends at block {height}, {organisation} has seen block {last} on it",
            height=height - 1,
            organisation=organisation,
            last=last,
        )
    (block_hash, root) = block_at(last)
    if block_hash != seen.block_hash:
        return Said(
            "forked: block {last} is {block_hash}, {organisation} has seen {seen_hash} there",
            last=last,
            block_hash=block_hash,
            organisation=organisation,
            seen_hash=seen.block_hash,
        )
    if root != seen.root:
        return Said(
            "forked: the root after block {last} is {root}, {organisation} has seen {seen_root} there",
            last=last,
            root=root,
            organisation=organisation,
            seen_root=seen.root,
        )
    return None


class Memory:
    """What one organisation has seen, in its directory."""

    def __init__(self, organisation: str, directory: Path) -> None:
        self.organisation: Final = organisation
        self.path: Final = directory / FILE

    @cached_property
    def seen(self) -> Seen | None:
        """As it was when this was first asked for; None: nothing seen before. Raises SeenFault: damaged."""
        return self._read()

    def comparisons(self) -> list[Comparison]:
        """Return what an audit is compared with: what was seen, if anything was. Raises SeenFault."""
        seen = self.seen
        if seen is None:
            return []

        def compare(findings: Sequence[Finding], restored: Sequence[Restored]) -> Said | None:
            return difference(seen, self.organisation, len(findings), partial(_found, findings), restored)

        return [compare]

    def difference_of(self, ledger: Ledger, restored: Sequence[Restored]) -> Said | None:
        """How the ledger, as it is now and as it says of itself, does not go on from what is seen by now.

        restored: as an audit found it.
        Raises SeenFault, LedgerFault.
        """
        seen = self._read()
        if seen is None:
            return None
        with ledger.snapshot():
            return difference(seen, self.organisation, ledger.height(), partial(_there, ledger), restored)

    def move(self, report: AuditReport) -> None:
        """Keep what an audit saw that said yes, unless more is seen already. Raises SeenFault."""
        assert report.ok
        with self._alone():
            there = self._read()
            told = {tx_id for each in report.restored for tx_id in each.tx_ids}
            known = set(there.restored_by) if there else set[str]()
            if there is None or there.height < report.height or len(told - known) > 1:
                restored_by = tuple(sorted(told | known))
                seen = Seen(report.ledger, report.height, report.block_hash, report.root, restored_by)
                write_atomically(self.path, canonical(seen) + b"\n")

    def _read(self) -> Seen | None:
        try:
            with self.path.open("rb") as file:
                return msgspec.json.decode(file.read(_BYTES_MAX), type=Seen)
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise SeenFault("{path}: {fault}", path=self.path, fault=fault) from None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise SeenFault(
                "{path}: is damaged: what {organisation} has seen of the ledger cannot be read; take "
                "the file from a backup, or remove it and audit with a checkpoint of another "
                "organisation",
                path=self.path,
                organisation=self.organisation,
            ) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While open, no other process moves it: or the slower of two audits would take it back."""
        try:
            descriptor = os.open(self.path.parent, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)
        except OSError as fault:
            raise SeenFault("{path}: {fault}", path=self.path, fault=fault) from None


def _found(findings: Sequence[Finding], number: int) -> tuple[str, str]:
    return findings[number].block_hash, findings[number].root


def _there(ledger: Ledger, number: int) -> tuple[str, str]:
    block = next(ledger.blocks(number))
    return block.hash, block.header.root


def audit_with_memory(
    ledger: Ledger, memory: Memory, progress: Progress | None = None, against: Sequence[Comparison] = ()
) -> AuditReport:
    """Audit for an organisation: against what it has seen, which a yes moves forward. Raises SeenFault."""
    known = memory.comparisons()  # before the ledger is read, which may grow meanwhile
    report = audit(ledger, progress, [*known, *against])
    if report.ok:
        memory.move(report)
    return report
