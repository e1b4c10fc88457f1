"""lxr union: attest work, keep back tax and insurance, reconcile, close."""

from datetime import date
from typing import Annotated, Literal

import typer

from lxr_chaincode.payroll import CancelDeduction, OrderDeduction
from lxr_chaincode.registry import shard_heads, workers
from lxr_chaincode.runs import deduction_orders
from lxr_chaincode.workday import CloseDay
from lxr_cli.arguments import (
    AmountArgument,
    DayArgument,
    DaysOption,
    EmployerArgument,
    FilesArgument,
    MeasuresArgument,
    PeriodArgument,
    ReasonOption,
    WorkerArgument,
    deduction,
    digest,
    measures,
    run,
)
from lxr_cli.commands import cashout, payday
from lxr_cli.commands.bank import statements
from lxr_cli.commands.governance import add_audit, params_app
from lxr_cli.ends import NotDone
from lxr_cli.language import text
from lxr_cli.screen import money
from lxr_cli.session import Session, session
from lxr_settlement import answers, close, reconcile

DeductionKind = Literal["tax", "insurance"]

app = typer.Typer(no_args_is_help=True, help=text("The union: attest, pay, reconcile", "工会：确认、发薪、对账"))
period_app = typer.Typer(no_args_is_help=True, help=text("The month's end", "期末"))
app.add_typer(payday.app, name="payday")
app.add_typer(cashout.app, name="cashout")
app.add_typer(period_app, name="period")
app.add_typer(params_app("union"), name="params")
add_audit(app, "union")
app.command("payee", help=text("Say where fee, tax or insurance go", "指定服务费、税款或社保的收款人"))(cashout.payee)


@app.command("close-day", help=text("Close a day: what comes later is late", "截止某日：之后提交为迟报"))
def close_day(context: typer.Context, at_day: DayArgument) -> None:
    """From 23:59 on."""
    desk = session(context)
    desk.client("union", "operator").submit(CloseDay(request_id=f"close:{at_day}", day=at_day))
    desk.screen.done(text(f"{at_day} is closed", f"{at_day} 已截止"), {"day": at_day})


@app.command(help=text("The union's word on answered rows", "对已答复记录作三方确认"))
def attest(
    context: typer.Context,
    employer: EmployerArgument,
    days: DaysOption = None,
    presume: Annotated[
        bool, typer.Option("--presume", help=text("unanswered rows too, once their time is over", "含逾期未答复的"))
    ] = False,
    of_run: Annotated[
        str | None,
        typer.Option(
            "--run", parser=run, metavar="RUN", help=text("an open run: up to its cut-off", "已开启的发薪批次")
        ),
    ] = None,
) -> None:
    """All open days, or those named."""
    desk = session(context)
    operator = desk.client("union", "operator")
    chosen = days or open_days(desk, employer)
    counts = answers.attest(operator, employer, chosen, presume=presume or of_run is not None, run=of_run)
    desk.screen.done(
        text(
            f"{counts.attested} rows attested, {counts.presumed} presumed",
            f"确认 {counts.attested} 行，推定 {counts.presumed} 行",
        ),
        counts,
    )


def open_days(desk: Session, employer: str) -> list[date]:
    """The days on which something has changed since a run last took them."""
    heads = desk.reader.scan(shard_heads, employer)
    return sorted({open_day.day for _, head in heads for open_day in head.days})


@app.command(help=text("Decide a dispute, with a reason", "裁定异议"))
def decide(
    context: typer.Context,
    worker: WorkerArgument,
    at_day: DayArgument,
    words: MeasuresArgument,
    reason: ReasonOption,
) -> None:
    """The row is what the union says, and attested."""
    desk = session(context)
    worker = desk.worker(worker)
    answer = answers.decide(desk.client("union", "operator"), worker, at_day, measures(words), reason)
    desk.screen.done(f"{worker} {at_day}: {answer['state']}", answer)


@app.command(help=text("Keep tax or insurance back from a worker's next pay", "代扣税款或个人社保"))
def deduct(
    context: typer.Context,
    worker: WorkerArgument,
    kind: Annotated[
        DeductionKind, typer.Argument(metavar="KIND", help=text("tax or insurance", "tax 税款、insurance 个人社保"))
    ],
    amount_fen: AmountArgument,
    order: Annotated[str, typer.Option(parser=deduction, metavar="NUMBER", help=text("its number, D…", "编号 D…"))],
    document: Annotated[
        str, typer.Option(parser=digest, metavar="SHA256", help=text("hash of the notice", "文件的 SHA-256 哈希"))
    ],
) -> None:
    """Taken from the next pay lines, never below zero."""
    desk = session(context)
    worker = desk.worker(worker)
    record = desk.reader.need(workers, worker)
    command = OrderDeduction(
        request_id=f"deduct:{order}",
        employer=record.employer,
        shard=record.shard,
        order=order,
        worker=worker,
        kind=kind,
        amount_fen=amount_fen,
        document=document,
    )
    answer = desk.client("union", "treasurer").submit(command)
    desk.screen.done(f"{order}: {money(amount_fen)} {kind}", answer)


@app.command("cancel-deduction", help=text("End a deduction: the rest stays with the worker", "终止代扣"))
def cancel_deduction(
    context: typer.Context,
    order: Annotated[str, typer.Argument(parser=deduction, metavar="NUMBER", help=text("its number, D…", "编号 D…"))],
    reason: ReasonOption,
) -> None:
    """What pay lines have taken already stays taken."""
    desk = session(context)
    record = desk.reader.need(workers, desk.reader.need(deduction_orders, order).worker)
    command = CancelDeduction(
        request_id=f"cancel-deduction:{order}",
        employer=record.employer,
        shard=record.shard,
        order=order,
        reason=reason,
    )
    answer = desk.client("union", "treasurer").submit(command)
    desk.screen.done(text(f"{order}: ended", f"{order}：已终止"), answer)


@app.command("reconcile", help=text("Compare the bank's statements with the ledger, line by line", "逐笔对账"))
def reconcile_command(context: typer.Context, files: FilesArgument = None) -> None:
    """All statements in the bank's outbox, or those named. A break ends with exit code 1."""
    desk = session(context)
    chosen = files or statements(desk)
    found = reconcile.reconcile(desk.reader, desk.custody(), chosen)
    for each in found.breaks:
        desk.screen.say(f"  {each.kind} {each.reference} {money(each.amount_fen)}: {each.detail}")
    desk.screen.done(
        text(
            f"{found.lines} lines, {found.matched} matched, {len(found.breaks)} breaks; "
            f"supply {money(found.supply_fen)}, reserve {money(found.reserve_fen)}",
            f"{found.lines} 行，匹配 {found.matched} 行，差异 {len(found.breaks)} 笔；"
            f"发行 {money(found.supply_fen)}，备付金 {money(found.reserve_fen)}",
        ),
        found,
    )
    if found.breaks:
        first = found.breaks[0]
        line = f"{first.kind} {first.reference}: {first.detail}"
        raise NotDone(
            text(f"{len(found.breaks)} breaks; the first: {line}", f"差异 {len(found.breaks)} 笔；首笔：{line}")
        )


@period_app.command("close", help=text("Close a month", "关闭月份"))
def period_close(context: typer.Context, period: PeriodArgument) -> None:
    """When every run is finished and the bank's statements reach its end."""
    desk = session(context)
    answer = close.close_period(desk.client("union", "treasurer"), period, desk.custody())
    desk.screen.done(
        text(f"{period} is closed; bank and regulator countersign", f"{period} 已关闭，待银行与监管会签"), answer
    )
