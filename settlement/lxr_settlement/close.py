"""The end of a month, and checkpoints: signed by each organisation after its own audit, with figures of its own."""

from collections.abc import Sequence
from typing import Final

import msgspec

from lxr_chaincode.books import entries
from lxr_chaincode.checkpoint import Finding, SignCheckpoint, checkpoints
from lxr_chaincode.custody_records import custodies, statements
from lxr_chaincode.period import ClosePeriod, Countersign, Figures, MonthAnswer, MonthContent, months
from lxr_chaincode.types import digest
from lxr_node.audit import AuditReport, Comparison, Progress
from lxr_node.client import Client
from lxr_node.envelope import open_payload, tag_of
from lxr_node.port import Ledger
from lxr_node.seen import Memory, audit_with_memory
from lxr_settlement.checkpoints import cosigned
from lxr_settlement.errors import InputFault
from lxr_token.accounts import Kind, Reason, account

NOTHING_HAPPENED: Final = frozenset({"checkpoint.sign", "clock.move"})
"""Commands after which a checkpoint still tells all that there is to tell: organisations may yet sign it."""


def close_period(treasurer: Client, period: str, custody: str) -> MonthAnswer:
    """Close a month given as 2026-08. The same again does nothing. Refuses: as ClosePeriod."""
    command = ClosePeriod(request_id=f"close:{period}", period=period, custody=custody)
    return msgspec.convert(treasurer.submit(command), MonthAnswer)


def countersign(auditor: Client, memory: Memory, report: AuditReport, period: str) -> MonthAnswer:
    """Sign a closed month with content of one's own, from one's own copy of the ledger; never with the union's.

    memory: of the auditor's organisation. report: of its own audit, which said yes and reached the close.
    Raises InputFault: it did not, or the ledger does not go on from what the organisation has seen. SeenFault.
    Refuses: Unknown, HashDiffers, FiguresDiffer.
    """
    _refuse_bad(report.fault)
    _refuse_bad(memory.difference_of(auditor.ledger, report.restored))
    auditor.need(months, period)
    content = _month(auditor.ledger, report, period)
    command = Countersign(
        request_id=f"countersign:{period}", period=period, figures=content.figures, digest=digest(content)
    )
    return msgspec.convert(auditor.submit(command), MonthAnswer)


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
    turn = "" if own is None else f":{own.superseded + 1}"
    request_id = f"checkpoint:{finding.height}{turn}"
    auditor.submit(SignCheckpoint(request_id=request_id, finding=finding, reason=reason if own else None))


def _to_sign(ledger: Ledger, report: AuditReport) -> Finding:
    """What was found, or the last checkpoint that is right by the report, if nothing has happened since it."""
    wrong = {(each.height, each.signed) for each in report.wrong_checkpoints}
    right = [each.finding for each in cosigned(ledger) if (each.finding.height, each.finding) not in wrong]
    if right and _nothing_since(ledger, right[-1].height):
        return right[-1]
    return Finding(report.height, report.block_hash, report.root, report.supply_fen, report.reserve_fen)


def _nothing_since(ledger: Ledger, height: int) -> bool:
    transactions = (each for block in ledger.blocks(height) for each in block.transactions if each.valid)
    tags = (tag_of(open_payload(each.envelope).command) for each in transactions)
    return all(tag in NOTHING_HAPPENED for tag in tags)


def _month(ledger: Ledger, report: AuditReport, period: str) -> MonthContent:
    """A month by this ledger's blocks alone: its account, the bank's last statement, the sum of all postings before.

    Of the record of the month nothing is read but where in the blocks it is closed.
    Raises InputFault: the audit did not reach the close.
    """
    closed = months.key(period)
    custody, statement, outside = "", 0, ""
    minted_fen = burned_fen = returned_fen = reserve_fen = 0
    for block in ledger.blocks():
        if block.header.number >= report.height:
            break
        for transaction in block.transactions:
            for key, value in transaction.writes:
                table, _, rest = key.partition("/")
                if key == closed:
                    supply_fen = minted_fen + returned_fen - burned_fen
                    in_transit_fen = supply_fen - reserve_fen
                    figures = Figures(supply_fen, reserve_fen, in_transit_fen, minted_fen, burned_fen, returned_fen)
                    return MonthContent(period, custody, figures, statement)
                if table == custodies.name:
                    custody, outside = rest, account(Kind.OUT, rest)  # there is one to a ledger
                if table == statements.name:
                    statement = int(rest.partition("/")[2])  # they come in sequence
                    reserve_fen = statements.decode(value).closing_fen
                for posting in entries.decode(value).postings if table == entries.name else ():
                    if posting.target == outside:
                        burned_fen += posting.amount_fen
                    elif posting.source == outside and posting.reason is Reason.RETURNED:
                        returned_fen += posting.amount_fen
                    elif posting.source == outside:
                        minted_fen += posting.amount_fen
    problem = f"it was closed after the {report.height} blocks that were audited"
    raise InputFault(file=f"period {period}", problem=problem, expected="an audit made since")


def _refuse_bad(fault: str | None) -> None:
    if fault is not None:
        raise InputFault(file="audit", problem=fault, expected="an audit without a fault")
