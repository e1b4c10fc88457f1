"""What union, bank and regulator have in common: parameters, audit, countersigning."""

from datetime import date
from typing import Annotated, Any

import msgspec
import typer

from lxr_chaincode.governance import Revoke, Value, parameters, proposals
from lxr_cli.arguments import (
    ParameterArgument,
    PeriodArgument,
    ProposalArgument,
    ReasonOption,
    SerialArgument,
    ToOption,
    day,
    short_text,
    wrong,
)
from lxr_cli.ends import NotDone
from lxr_cli.language import text
from lxr_cli.screen import money
from lxr_cli.session import Session, session
from lxr_node.audit import AuditReport, audit
from lxr_node.port import Ledger
from lxr_settlement import close
from lxr_settlement import parameters as parameter_service

SHORT = 40
"""How much of a value the table shows; --json shows all of it."""


def params_app(organisation: str) -> typer.Typer:
    """propose, approve and show, for one organisation."""
    app = typer.Typer(no_args_is_help=True, help=text("Governed parameters", "治理参数"))

    @app.command(help=text("Propose a value with its source", "提出参数值"))
    def propose(
        context: typer.Context,
        name: ParameterArgument,
        value: Annotated[str, typer.Argument(metavar="JSON", help=text('2300 or "text"', '值，如 2300 或 "文本"'))],
        effective_from: Annotated[
            date, typer.Option("--from", parser=day, metavar="DAY", help=text("first day in force", "生效日期"))
        ],
        source: Annotated[
            str, typer.Option(parser=short_text, metavar="TEXT", help=text("the document it comes from", "文件依据"))
        ],
        effective_to: ToOption = None,
    ) -> None:
        """It is in force once every organisation that its policy names has signed."""
        desk = session(context)
        try:
            given = msgspec.json.decode(value)
        except msgspec.DecodeError:
            raise wrong(value, 'JSON, like 2300 or "text"', ' JSON，如 2300 或 "文本"') from None
        seed = parameter_service.Seed(name, given, effective_from, source, effective_to)
        number = parameter_service.propose(desk.client(organisation, "admin"), seed)
        desk.screen.done(text(f"proposal {number}", f"提案 {number}"), {"proposal": number, "name": name})

    @app.command(help=text("Sign a proposal", "签署提案"))
    def approve(context: typer.Context, proposal: ProposalArgument) -> None:
        """One's own organisation's signature."""
        desk = session(context)
        answer = parameter_service.approve(desk.client(organisation, "admin"), proposal)
        desk.screen.done(f"{proposal}: {answer['state']} ({', '.join(answer['signed'])})", answer)

    @app.command(help=text("All parameters and open proposals", "查看参数与提案"))
    def show(context: typer.Context) -> None:
        """Every value that each parameter has had."""
        desk = session(context)
        values = [
            {"name": key[0], **plain(value)}
            for key, parameter in desk.reader.scan(parameters)
            for value in parameter.values
        ]
        waiting = [
            {
                "proposal": key[0],
                "name": proposal.name,
                "signed": proposal.signed,
                **msgspec.to_builtins(proposal.value),
            }
            for key, proposal in desk.reader.scan(proposals)
            if proposal.state == "open"
        ]
        columns = ("name", "value", "effective_from", "effective_to", "source")
        names = (
            *(text("name", "名称"), text("value", "值"), text("from", "自"), text("to", "至")),
            text("source", "依据"),
        )
        shown = [[_short(each[column]) for column in columns] for each in values]
        desk.screen.table(text("parameters", "参数"), names, shown)
        if waiting:
            shown = [[_short(each[column]) for column in ("proposal", *columns, "signed")] for each in waiting]
            headers = (text("proposal", "提案"), *names, text("signed", "已签"))
            desk.screen.table(text("open proposals", "待签提案"), headers, shown)
        desk.screen.result({"parameters": values, "proposals": waiting})

    return app


def add_audit(app: typer.Typer, organisation: str) -> None:
    """audit and countersign, for one organisation."""

    @app.command("audit", help=text("Re-execute the whole ledger and sign what was found", "重算全部账本并签署结果"))
    def audit_command(context: typer.Context) -> None:
        """Says yes and signs a checkpoint, or names the first bad entry."""
        desk = session(context)
        auditor = desk.auditor(organisation)
        with desk.screen.progress(text("auditing", "审计")) as step:
            report = close.audit_and_sign(auditor, step)
        show_audit(desk, report, organisation)

    @app.command("revoke", help=text("Revoke a certificate of one's own organisation", "吊销本组织证书"))
    def revoke(context: typer.Context, serial: SerialArgument, reason: ReasonOption) -> None:
        """It is refused from the next transaction on."""
        desk = session(context)
        command = Revoke(request_id=f"revoke:{organisation}:{serial}", serial=serial, reason=reason)
        desk.client(organisation, "admin").submit(command)
        desk.screen.done(text(f"{serial} is revoked", f"{serial} 已吊销"), {"serial": serial})


def add_countersign(app: typer.Typer, organisation: str) -> None:
    """countersign, for bank and regulator."""

    @app.command("countersign", help=text("Audit, then sign a closed period", "审计后会签已关闭期间"))
    def countersign(context: typer.Context, period: PeriodArgument) -> None:
        """Only after one's own audit said yes."""
        desk = session(context)
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


def plain(value: Value) -> dict[str, Any]:
    """A parameter's value with its days and its source, as JSON has them."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return found


def _short(value: Any) -> str:
    match value:
        case None:
            shown = ""
        case str():
            shown = value
        case list() | tuple():
            shown = ", ".join(map(str, value))
        case _:
            shown = msgspec.json.encode(value).decode()
    return shown if len(shown) <= SHORT else f"{shown[: SHORT - 1]}…"
