"""lxr union payday: a payday's run, and each of its steps."""

from typing import Annotated

import typer

from lxr.chaincode.rows import RowState
from lxr.cli.arguments import DayArgument, EmployerArgument, ReasonOption, RunArgument, worker
from lxr.cli.commands.deductions import table as show_deductions
from lxr.cli.ends import NotDone
from lxr.cli.screen import money
from lxr.cli.session import Session, session
from lxr.cli.texts.language import text
from lxr.cli.texts.told import in_words
from lxr.cli.texts.words import state
from lxr.settlement.pay import payday


def payday_run(
    context: typer.Context,
    employer: EmployerArgument,
    at_day: DayArgument,
    chosen: Annotated[
        list[str] | None,
        typer.Option(
            "--worker",
            parser=worker,
            metavar="WORKER",
            help=text("a final run for these alone, whose employment has ended", "仅为已离职者结清"),
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=text("price and fund, change nothing", "试运行"))] = False,
) -> None:
    """The same command again goes on where it stopped."""
    desk = session(context)
    treasurer, operator = desk.client("union", "treasurer", gives=payday.payday), desk.also("union", "operator")
    if dry_run:
        treasurer, operator = desk.dry_run(treasurer, operator)
    with desk.screen.progress(text("payday", "发薪")) as step:
        report = payday.payday(
            treasurer, operator, employer, at_day, workers=[desk.worker(word) for word in chosen or []], progress=step
        )
    show_payday(desk, report, dry_run=dry_run)


def payday_resume(context: typer.Context, run: RunArgument) -> None:
    """After a crash, or after a deposit."""
    desk = session(context)
    report = payday.resume(desk.client("union", "treasurer", gives=payday.resume), desk.also("union", "operator"), run)
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
        text("recovered", "扣回多付"),
        text("fee", "服务费"),
    )
    cells = (
        totals.lines,
        *(
            money(fen)
            for fen in (
                totals.gross_fen,
                totals.net_fen,
                totals.tax_fen,
                totals.insurance_fen,
                totals.recovered_fen,
                totals.fee_fen,
            )
        ),
    )
    done = state(report.state, "run")
    if report.paid:
        owed = report.fee_owed_fen
        done = text("wages paid, fee owed", "工资已入账，服务费未清") if owed else text("paid", "已入账")
    title = f"{report.run}: {done}" + (text(" (dry run)", "（试运行）") if dry_run else "")
    desk.screen.table(title, names, [cells])
    for row in report.open_rows:
        desk.screen.say(f"  {row.worker} {row.day}: {_why(row)}")
    _say_owed(desk, report.run, report.fee_owed_fen)
    desk.screen.result(report)
    if report.short_fen:
        raise NotDone(
            text(
                f"{report.run} is short of {money(report.short_fen)} for the wages, and of {money(totals.fee_fen)} "
                "for the service fee on top: deposit, then resume",
                f"{report.run} 工资资金短缺 {money(report.short_fen)}，"
                f"另缺服务费 {money(totals.fee_fen)}：请入金后继续",
            )
        )


def _say_owed(desk: Session, run: str, owed_fen: int) -> None:
    """How much of the fee the account did not hold, and how it is taken later."""
    if owed_fen:
        desk.screen.say(
            text(
                f"  {money(owed_fen)} of the service fee of {run} is owed: once it is deposited and the bank has "
                f"accepted the cash-out, take it with lxr union payday sweep {run}",
                f"  {run} 尚欠服务费 {money(owed_fen)}：入金且银行受理提现批次后，用 lxr union payday sweep {run} 收取",
            )
        )


def _why(row: payday.PendingRow) -> str:
    """Why the run has not taken the row, or not all of it."""
    if row.held_until is not None:
        return text(
            f"contested by the employer: held until {row.held_until} unless an award comes",
            f"用工单位提出争议：如无裁决，暂存至 {row.held_until}",
        )
    if row.state is RowState.DISPUTED:
        return text("disputed: what the employer admits is paid", "存在异议：先按单位认可部分支付")
    return text("waits for the union's word", "等待工会认定")


def payday_reverse(context: typer.Context, run: RunArgument, reason: ReasonOption) -> None:
    """Says first whether it can; changes nothing if it cannot."""
    desk = session(context)
    report = payday.reverse(desk.client("union", "treasurer", gives=payday.reverse), run, reason)
    for obstacle in report.reasons:
        desk.screen.say(f"  {in_words(obstacle)}")
    desk.screen.result(report)
    if not report.can:
        raise NotDone(text(f"{run} cannot be reversed: ", f"{run} 不能冲回：") + in_words(report.reasons[0]))
    desk.screen.say(text(f"{run}: reversed", f"{run}：已冲回"))


def payday_sweep(context: typer.Context, run: RunArgument) -> None:
    """Once the bank has accepted the run's cash-out; what no statement shows yet is told, with exit code 1."""
    desk = session(context)
    show_sweep(desk, payday.sweep(desk.client("union", "treasurer", gives=payday.sweep), run))


def show_sweep(desk: Session, report: payday.SweepReport) -> None:
    """What became of it. Raises NotDone: what is to be swept is on no statement yet."""
    run = report.run
    if report.uncovered_fen:
        desk.screen.result(report)
        lacking = money(report.uncovered_fen)
        raise NotDone(
            text(
                f"{run} is not swept yet: the bank's statements lack {lacking} for it; sweep after the next statement",
                f"{run} 尚未归集：银行对账单尚缺 {lacking}；请在下一份对账单入账后再归集",
            )
        )
    desk.screen.say(text(f"{run}: swept", f"{run}：已归集"))
    _say_owed(desk, run, report.fee_owed_fen)
    desk.screen.result(report)


def payday_status(context: typer.Context, run: RunArgument) -> None:
    """Shard by shard."""
    desk = session(context)
    status = payday.run_status(desk.reader, run)
    desk.screen.say(text(f"{run}: {status.state}", f"{run}：{state(status.state, 'run')}"))
    if status.deductions:
        show_deductions(desk, text("open deductions", "未结代扣"), status.deductions)
    desk.screen.result(status)
