"""Checkpoints: signed by each organisation after its own audit."""

from collections.abc import Sequence
from typing import Final

from lxr.chaincode.checkpoint import Finding, SignCheckpoint, checkpoints
from lxr.chaincode.envelope import open_payload, tag_of
from lxr.node.audit import AuditReport, Comparison
from lxr.node.client import Client
from lxr.node.port import Ledger
from lxr.node.progress import Progress
from lxr.node.seen import Memory, audit_with_memory
from lxr.settlement import request_ids
from lxr.settlement.ledger.checkpoints import cosigned
from lxr.settlement.lookups import submit_own
from lxr.settlement.permissions import gives

NOTHING_HAPPENED: Final = frozenset({"checkpoint.sign", "clock.move"})
"""Commands after which a checkpoint still tells all that there is to tell: organisations may yet sign it."""


@gives(SignCheckpoint)
def audit_and_sign(
    auditor: Client,
    memory: Memory,
    progress: Progress | None = None,
    *,
    against: Sequence[Comparison] = (),
    reason: str | None = None,
) -> AuditReport:
    """Audit the ledger and, where it is good, sign for the memory's organisation what was found. Again does nothing.

    That is the finding, or the last right checkpoint of others where nothing has happened since, so that signatures
    meet at one height. Wrong checkpoints of others stand in nobody's way. reason: why the organisation's own wrong
    checkpoints are superseded; without one they stay. Raises SeenFault. Refuses: FiguresDiffer (a reason is needed).
    """
    with auditor.ledger.snapshot():  # one for both: what is signed later is not judged by this audit
        report = audit_with_memory(auditor.ledger, memory, progress, against)
        finding = _to_sign(auditor.ledger, report) if report.ok else None
    if finding is not None:
        own = [each for each in report.wrong_checkpoints if each.organisation == memory.organisation]
        for found in (finding, *(each.found for each in own if reason is not None)):
            if found is not None:
                _sign(auditor, memory.organisation, found, reason)
    return report


def _sign(auditor: Client, organisation: str, finding: Finding, reason: str | None) -> None:
    """Sign a finding, unless the organisation has; over another of its own only with a reason."""
    own = auditor.get(checkpoints, finding.height, organisation)
    if own is not None and own.finding == finding:
        return
    request_id = request_ids.checkpoint(finding.height, None if own is None else own.superseded)
    submit_own(auditor, SignCheckpoint(request_id=request_id, finding=finding, reason=reason if own else None))


def _to_sign(ledger: Ledger, report: AuditReport) -> Finding:
    """Return what was found, or the last checkpoint that is right by the report, if nothing has happened since it."""
    wrong = {(each.height, each.signed) for each in report.wrong_checkpoints}
    right = [each.finding for each in cosigned(ledger) if (each.finding.height, each.finding) not in wrong]
    if right and _nothing_since(ledger, right[-1].height):
        return right[-1]
    return Finding(report.height, report.block_hash, report.root, report.supply_fen, report.reserve_fen)


def _nothing_since(ledger: Ledger, height: int) -> bool:
    transactions = (each for block in ledger.blocks(height) for each in block.transactions if each.valid)
    tags = (tag_of(open_payload(each.envelope).command) for each in transactions)
    return all(tag in NOTHING_HAPPENED for tag in tags)
