"""lxr union: attest work, run payday, cash out, reconcile, close."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from lxr_chaincode.payroll import OrderDeduction
from lxr_chaincode.registry import shard_heads, workers
from lxr_chaincode.workday import CloseDay
from lxr_cli.arguments import (
    AmountArgument,
    DayArgument,
    EmployerArgument,
    MeasuresArgument,
    ReasonOption,
    RunArgument,
    WorkerArgument,
    day,
    measures,
)
from lxr_cli.commands.bank import statements
from lxr_cli.commands.governance import add_audit, params_app
from lxr_cli.language import text
from lxr_cli.screen import money
from lxr_cli.session import Session, session
from lxr_settlement import answers, cashout, close, payday, reconcile
from lxr_settlement.deposits import CUSTODIAN


class PaydayGroup(TyperGroup):
    """`lxr union payday E001 2026-09-15` is `lxr union payday run E001 2026-09-15`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if args and args[0] not in (*self.commands, "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(no_args_is_help=True, help=text("The union: attest, pay, reconcile", "工会：确认、发薪、对账"))
payday_app = typer.Typer(
    cls=PaydayGroup, no_args_is_help=True, help=text("Payday: EMPLOYER DAY, or a step of it", "发薪")
)
cashout_app = typer.Typer(no_args_is_help=True, help=text("LXR to bank accounts", "结转提现"))
period_app = typer.Typer(no_args_is_help=True, help=text("The month's end", "期末"))
app.add_typer(payday_app, name="payday")
app.add_typer(cashout_app, name="cashout")
app.add_typer(period_app, name="period")
app.add_typer(params_app("union"), name="params")
add_audit(app, "union")


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
    days: Annotated[list[str] | None, typer.Option("--day", metavar="DAY")] = None,
    presume: Annotated[
        bool, typer.Option("--presume", help=text("unanswered rows too, once their time is over", "含逾期未答复的"))
    ] = False,
    run: Annotated[str | None, typer.Option(help=text("an open run: up to its cut-off", "已开启的发薪批次"))] = None,
) -> None:
    """All open days, or those named."""
    desk = session(context)
    operator = desk.client("union", "operator")
    chosen = [day(word) for word in days or []] or open_days(desk, employer)
    counts = answers.attest(operator, employer, chosen, presume=presume or run is not None, run=run)
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
    kind: Annotated[str, typer.Argument(help="tax | insurance")],
    amount_fen: AmountArgument,
    order: Annotated[str, typer.Option(help=text("its number, D…", "编号 D…"))],
    document: Annotated[str, typer.Option(help=text("SHA-256 of the notice", "文件哈希"))],
) -> None:
    """Taken from the next pay lines, never below zero."""
    desk = session(context)
    worker = desk.worker(worker)
    if kind not in ("tax", "insurance"):
        raise typer.BadParameter(f"{kind!r}; expected tax or insurance")
    record = desk.reader.need(workers, worker)
    command = OrderDeduction(
        request_id=f"deduct:{order}",
        employer=record.employer,
        shard=record.shard,
        order=order,
        worker=worker,
        kind="tax" if kind == "tax" else "insurance",
        amount_fen=amount_fen,
        document=document,
    )
    answer = desk.client("union", "treasurer").submit(command)
    desk.screen.done(f"{order}: {money(amount_fen)} {kind}", answer)


@payday_app.command("run", help=text("EMPLOYER DAY: attest, price, fund, pay, hold the cash-out", "执行发薪"))
def payday_run(
    context: typer.Context,
    employer: EmployerArgument,
    at_day: DayArgument,
    chosen: Annotated[
        list[str] | None, typer.Option("--worker", help=text("a final run for these alone", "离职结清"))
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=text("price and fund, change nothing", "试运行"))] = False,
) -> None:
    """The same command again goes on where it stopped."""
    desk = session(context)
    treasurer, operator = desk.client("union", "treasurer"), desk.also("union", "operator")
    if dry_run:
        treasurer, operator = desk.dry_run(treasurer, operator)
    with desk.screen.progress(text("payday", "发薪")) as step:
        report = payday.payday(
            treasurer, operator, employer, at_day, workers=[desk.worker(word) for word in chosen or []], progress=step
        )
    show_payday(desk, report, dry_run=dry_run)


@payday_app.command("resume", help=text("Go on with a run that stopped or was short", "继续发薪"))
def payday_resume(context: typer.Context, run: RunArgument) -> None:
    """After a crash, or after a deposit."""
    desk = session(context)
    report = payday.resume(desk.client("union", "treasurer"), desk.also("union", "operator"), run)
    show_payday(desk, report, dry_run=False)


def show_payday(desk: Session, report: payday.PaydayReport, *, dry_run: bool) -> None:
    """A run's sums; short ends with exit code 1."""
    totals = report.totals
    names = (
        text("lines", "人数"),
        text("gross", "应发"),
        text("net", "实发"),
        text("tax", "税"),
        text("insurance", "社保"),
        text("fee", "服务费"),
    )
    cells = (
        totals.lines,
        *(
            money(fen)
            for fen in (totals.gross_fen, totals.net_fen, totals.tax_fen, totals.insurance_fen, totals.fee_fen)
        ),
    )
    done = text("paid", "已入账") if report.paid else report.state
    title = f"{report.run}: {done}" + (text(" (dry run)", "（试运行）") if dry_run else "")
    desk.screen.table(title, names, [cells])
    if report.short_fen:
        desk.screen.say(
            text(
                f"short of {money(report.short_fen)}: deposit, then resume",
                f"资金短缺 {money(report.short_fen)}：请入金后继续",
            )
        )
    desk.screen.result(report)
    if report.short_fen:
        raise typer.Exit(1)


@payday_app.command("reverse", help=text("Take a whole run back, while none of it has left", "整批冲回"))
def payday_reverse(context: typer.Context, run: RunArgument, reason: ReasonOption) -> None:
    """Says first whether it can; changes nothing if it cannot."""
    desk = session(context)
    report = payday.reverse(desk.client("union", "treasurer"), run, reason)
    for obstacle in report.reasons:
        desk.screen.say(f"  {obstacle}")
    desk.screen.done(
        text(
            f"{run}: reversed" if report.can else f"{run}: cannot be reversed",
            f"{run}：已冲回" if report.can else f"{run}：不能冲回",
        ),
        report,
    )
    if not report.can:
        raise typer.Exit(1)


@payday_app.command("sweep", help=text("Fee, tax and insurance of a run to where they belong", "归集服务费与税费"))
def payday_sweep(context: typer.Context, run: RunArgument) -> None:
    """Once the run's cash-out has left."""
    desk = session(context)
    answer = payday.sweep(desk.client("union", "treasurer"), run)
    desk.screen.done(f"{run}: swept", answer)


@payday_app.command("status", help=text("Where a run stands", "发薪批次状态"))
def payday_status(context: typer.Context, run: RunArgument) -> None:
    """Shard by shard."""
    desk = session(context)
    status = payday.run_status(desk.reader, run)
    desk.screen.say(f"{run}: {status.state}")
    desk.screen.result(status)


@cashout_app.command("open", help=text("Open and hold a cash-out", "开启结转"))
def cashout_open(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="CASHOUT", help="C…")],
    run: Annotated[str | None, typer.Option(help=text("one run's wages", "某批次工资"))] = None,
    employer: Annotated[str | None, typer.Option(help=text("all its workers' balances", "某单位全部余额"))] = None,
    chosen: Annotated[
        list[str] | None, typer.Option("--worker", help=text("these workers' balances", "指定劳动者"))
    ] = None,
) -> None:
    """A paid run's cash-out is opened by payday itself; this is for all others."""
    desk = session(context)
    report = cashout.open_cash_out(
        desk.client("union", "treasurer"),
        number,
        desk.custody(),
        run=run,
        employer=employer,
        workers=[desk.worker(word) for word in chosen or []],
    )
    desk.screen.done(
        text(
            f"{number}: {report.orders} orders, {money(report.total_fen)}",
            f"{number}：{report.orders} 笔，{money(report.total_fen)}",
        ),
        report,
    )


@cashout_app.command("instruct", help=text("Write the bank's file and let the money leave", "生成 pain.001 并下达"))
def cashout_instruct(context: typer.Context, number: Annotated[str, typer.Argument(metavar="CASHOUT")]) -> None:
    """Each account is checked against what the worker's key has approved."""
    desk = session(context)
    done = cashout.instruct(
        desk.client("union", "treasurer"),
        desk.people,
        number,
        desk.consortium.bank_dir,
        CUSTODIAN,
        desk.now,
        desk.today,
    )
    desk.screen.done(
        text(
            f"{done.count} orders, {money(done.total_fen)}: {done.path}",
            f"{done.count} 笔，{money(done.total_fen)}：{done.path}",
        ),
        done,
    )


@cashout_app.command("reissue", help=text("Pay a returned order again", "退汇重发"))
def cashout_reissue(context: typer.Context, order: Annotated[str, typer.Argument(metavar="ORDER", help="LX…")]) -> None:
    """A new order to the account that the worker has approved by now."""
    desk = session(context)
    report = cashout.reissue(desk.client("union", "treasurer"), desk.people, order)
    desk.screen.done(text(f"{report.cashout}: held, instruct it next", f"{report.cashout}：已冻结，请下达"), report)


@cashout_app.command("show", help=text("Orders and where they stand", "查看付款指令"))
def cashout_show(context: typer.Context, number: Annotated[str, typer.Argument(metavar="CASHOUT")]) -> None:
    """One line for each order."""
    desk = session(context)
    found = cashout.orders_of(desk.reader, number)
    rows = [(order.order, order.account, money(order.amount_fen), order.state, order.reason or "") for order in found]
    desk.screen.table(
        number,
        (
            text("order", "指令"),
            text("account", "账户"),
            text("yuan", "元"),
            text("state", "状态"),
            text("reason", "原因"),
        ),
        rows,
    )
    desk.screen.result({"cashout": number, "orders": found})


@app.command("reconcile", help=text("Compare the bank's statements with the ledger, line by line", "逐笔对账"))
def reconcile_command(
    context: typer.Context, files: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...")] = None
) -> None:
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
        raise typer.Exit(1)


@period_app.command("close", help=text("Close a month", "关闭月份"))
def period_close(
    context: typer.Context, period: Annotated[str, typer.Argument(metavar="MONTH", help="2026-09")]
) -> None:
    """When every run is finished and the bank's statements reach its end."""
    desk = session(context)
    answer = close.close_period(desk.client("union", "treasurer"), period, desk.custody())
    desk.screen.done(
        text(f"{period} is closed; bank and regulator countersign", f"{period} 已关闭，待银行与监管会签"), answer
    )
