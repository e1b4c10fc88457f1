"""The end of a month, and checkpoints: signed by each organisation after its own audit, with figures of its own."""

from collections.abc import Callable

import msgspec

from lxr_chaincode.books import entries
from lxr_chaincode.checkpoint import CheckpointAnswer, Finding, SignCheckpoint, checkpoints
from lxr_chaincode.contract import decode_command
from lxr_chaincode.custody_records import statements
from lxr_chaincode.period import ClosePeriod, Countersign, Figures, Month, MonthAnswer, months
from lxr_node.audit import AuditReport, audit
from lxr_node.client import Client
from lxr_node.envelope import open_payload
from lxr_node.port import Ledger
from lxr_settlement.errors import InputFault
from lxr_token.accounts import Kind, Reason, account


def close_period(treasurer: Client, period: str, custody: str) -> MonthAnswer:
    """Close a month given as 2026-08. The same again does nothing. Refuses: as ClosePeriod."""
    command = ClosePeriod(request_id=f"close:{period}", period=period, custody=custody)
    return msgspec.convert(treasurer.submit(command), MonthAnswer)


def countersign(auditor: Client, report: AuditReport, period: str) -> MonthAnswer:
    """Sign a closed month with figures of one's own, from one's own copy of the ledger; never with the union's.

    report: of one's own audit, which said yes and reached the close. Raises InputFault: it did not.
    Refuses: Unknown, FiguresDiffer.
    """
    _refuse_bad(report)
    figures = _figures(auditor.ledger, report, period, auditor.need(months, period))
    command = Countersign(request_id=f"countersign:{period}", period=period, figures=figures)
    return msgspec.convert(auditor.submit(command), MonthAnswer)


def sign_checkpoint(auditor: Client, report: AuditReport) -> CheckpointAnswer:
    """Sign what one's own audit found. The same again does nothing. Raises InputFault: it did not say yes.

    Refuses: FiguresDiffer (another organisation signed something else).
    """
    _refuse_bad(report)
    return _sign(auditor, Finding(report.height, report.block_hash, report.root, report.supply_fen, report.reserve_fen))


def audit_and_sign(auditor: Client, progress: Callable[[int, int], None] | None = None) -> AuditReport:
    """Audit the ledger and, where it is good, sign: the finding, or the last checkpoint that others have signed.

    The latter where nothing but signatures came after it, so that signatures meet at one height; that the checkpoint
    is right is part of the audit. Refuses: FiguresDiffer.
    """
    report = audit(auditor.ledger, progress)
    if report.ok:
        finding = _open_checkpoint(auditor, report.height)
        if finding is None:
            sign_checkpoint(auditor, report)
        else:
            _sign(auditor, finding)
    return report


def _sign(auditor: Client, finding: Finding) -> CheckpointAnswer:
    command = SignCheckpoint(request_id=f"checkpoint:{finding.height}", finding=finding)
    return msgspec.convert(auditor.submit(command), CheckpointAnswer)


def _open_checkpoint(client: Client, height: int) -> Finding | None:
    """The last checkpoint below that height, if every transaction since signs one."""
    found = [record.finding for _, record in client.scan(checkpoints) if record.finding.height < height]
    last = max(found, key=lambda finding: finding.height, default=None)
    if last is None:
        return None
    for block in client.ledger.blocks(last.height):
        done = [each for each in block.transactions if each.valid] if block.header.number < height else []
        for transaction in done:
            if not isinstance(decode_command(bytes(open_payload(transaction.envelope).command)), SignCheckpoint):
                return None
    return last


def _figures(ledger: Ledger, report: AuditReport, period: str, month: Month) -> Figures:
    """A month's figures: the sum of every posting up to its close, and the balance of the bank's last statement in it.

    Raises InputFault: the audit did not reach the close.
    """
    outside, closed = account(Kind.OUT, month.custody), months.key(period)
    last_statement = statements.key(month.custody, month.statement)
    minted_fen = burned_fen = returned_fen = reserve_fen = 0
    for block in ledger.blocks():
        if block.header.number >= report.height:
            break
        for transaction in block.transactions:
            for key, value in transaction.writes:
                if key == last_statement:
                    reserve_fen = statements.decode(value).closing_fen
                if key == closed:
                    supply_fen = minted_fen + returned_fen - burned_fen
                    in_transit_fen = supply_fen - reserve_fen
                    return Figures(supply_fen, reserve_fen, in_transit_fen, minted_fen, burned_fen, returned_fen)
                for posting in entries.decode(value).postings if key.startswith(f"{entries.name}/") else ():
                    if posting.target == outside:
                        burned_fen += posting.amount_fen
                    elif posting.source == outside and posting.reason is Reason.RETURNED:
                        returned_fen += posting.amount_fen
                    elif posting.source == outside:
                        minted_fen += posting.amount_fen
    problem = f"it was closed after the {report.height} blocks that were audited"
    raise InputFault(file=f"period {period}", problem=problem, expected="an audit made since")


def _refuse_bad(report: AuditReport) -> None:
    if not report.ok:
        raise InputFault(file="audit", problem=str(report.fault), expected="an audit without a fault")
