"""What is checked before it is signed: the ledger and a closed month. And a certificate taken back."""

import typer

from lxr_chaincode.governance import Revoke
from lxr_cli.arguments import PeriodArgument, ReasonOption, SerialArgument
from lxr_cli.ends import NotDone
from lxr_cli.language import text
from lxr_cli.screen import money
from lxr_cli.session import Session, group_of, session
from lxr_node.audit import AuditReport, audit
from lxr_node.port import Ledger, LedgerFault
from lxr_settlement import close


def ledger_audit(context: typer.Context) -> None:
    """Signs nothing and needs no key."""
    desk = session(context)
    try:
        report = run_audit(desk, desk.ledger)
    except LedgerFault as fault:
        desk.screen.result({"ok": False, "fault": str(fault)})
        raise NotDone(text(f"audit says no: {fault}", f"审计结果为否：{fault}")) from None
    show_audit(desk, report)


def audit_and_sign(context: typer.Context) -> None:
    """Says yes and signs a checkpoint, or names the first bad entry."""
    desk, organisation = session(context), group_of(context)
    auditor = desk.auditor(organisation)
    with desk.screen.progress(text("auditing", "审计")) as step:
        report = close.audit_and_sign(auditor, step)
    show_audit(desk, report, organisation)


def revoke(context: typer.Context, serial: SerialArgument, reason: ReasonOption) -> None:
    """It is refused from the next transaction on."""
    desk, organisation = session(context), group_of(context)
    command = Revoke(request_id=f"revoke:{organisation}:{serial}", serial=serial, reason=reason)
    desk.client(organisation, "admin").submit(command)
    desk.screen.done(text(f"{serial} is revoked", f"{serial} 已吊销"), {"serial": serial})


def period_close(context: typer.Context, period: PeriodArgument) -> None:
    """When every run is finished and the bank's statements reach its end."""
    desk = session(context)
    answer = close.close_period(desk.client("union", "treasurer"), period, desk.custody())
    desk.screen.done(
        text(f"{period} is closed; bank and regulator countersign", f"{period} 已关闭，待银行与监管会签"), answer
    )


def countersign(context: typer.Context, period: PeriodArgument) -> None:
    """Only after one's own audit said yes."""
    desk, organisation = session(context), group_of(context)
    auditor = desk.auditor(organisation)
    report = run_audit(desk, auditor.ledger)
    if not report.ok:
        show_audit(desk, report)
    answer = close.countersign(auditor, report, period)
    desk.screen.done(text(f"{period} is signed by {organisation}", f"{organisation} 已会签 {period}"), answer)


def run_audit(desk: Session, ledger: Ledger) -> AuditReport:
    """The audit of a node's ledger, with a progress bar."""
    with desk.screen.progress(text("auditing", "审计")) as step:
        return audit(ledger, step)


def show_audit(desk: Session, report: AuditReport, organisation: str | None = None) -> None:
    """Yes or no; no ends with exit code 1."""
    if report.ok:
        line = text(
            f"yes: {report.transactions} transactions in {report.height} blocks re-executed; "
            f"supply {money(report.supply_fen)}, reserve {money(report.reserve_fen)}",
            f"是：已重算 {report.height} 个区块 {report.transactions} 笔交易；"
            f"发行 {money(report.supply_fen)}，备付金 {money(report.reserve_fen)}",
        )
        signed = text(f"; signed by {organisation}", f"；{organisation} 已签署") if organisation else ""
        desk.screen.say(line + signed)
    desk.screen.result(report)
    if not report.ok:
        raise NotDone(text(f"audit says no: {report.fault}", f"审计结果为否：{report.fault}"))
