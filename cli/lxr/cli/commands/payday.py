"""lxr union payday: a payday's run, and each of its steps."""

from collections.abc import Sequence
from typing import Annotated

import typer

from lxr.chaincode.rows import RowState
from lxr.cli.arguments import DayArgument, EmployersArgument, ReasonOption, RunArgument, worker
from lxr.cli.commands.deductions import table as show_deductions
from lxr.cli.ends import NotDone, UsageFault
from lxr.cli.screen import money
from lxr.cli.session import Session, session
from lxr.cli.texts.faults import told_of
from lxr.cli.texts.language import text
from lxr.cli.texts.told import in_words
from lxr.cli.texts.words import state
from lxr.settlement.pay import many_paydays, payday
from lxr.settlement.pay.many_paydays import Stopped


def payday_run(
    context: typer.Context,
    *,
    employers: EmployersArgument = None,
    at_day: DayArgument,
    due: Annotated[
        bool, typer.Option("--due", help=text("all employers whose payday it is", "当日应发薪的全部用工单位"))
    ] = False,
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
    """The same command again goes on where it stopped. Of several employers, one that cannot be paid stops no other."""
    numbers = sorted(set(employers or []))
    if bool(numbers) == due:
        raise UsageFault(
            text(
                "name the employers, or say --due for all whose payday it is",
                "请列出用工单位，或用 --due 指当日应发薪的全部单位",
            )
        )
    if chosen and len(numbers) != 1:
        raise UsageFault(text("--worker is for one employer", "--worker 仅可用于一个用工单位"))
    desk = session(context)
    treasurer, operator = desk.client("union", "treasurer", gives=payday.payday), desk.also("union", "operator")
    if dry_run:
        treasurer, operator = desk.dry_run(treasurer, operator)
    label = text("payday", "发薪")
    if len(numbers) == 1:
        crew = [desk.worker(word) for word in chosen or []]
        with desk.screen.progress(label) as step:
            report = payday.payday(treasurer, operator, numbers[0], at_day, workers=crew, progress=step)
        show_payday(desk, report, dry_run=dry_run)
        return
    with desk.screen.progress(label) as step:
        reports = (
            many_paydays.paydays_due(treasurer, operator, at_day, progress=step)
            if due
            else many_paydays.paydays(treasurer, operator, numbers, at_day, progress=step)
        )
    show_paydays(desk, reports, dry_run=dry_run)


def payday_resume(context: typer.Context, run: RunArgument) -> None:
    """After a crash, or after a deposit."""
    desk = session(context)
    report = payday.resume(desk.client("union", "treasurer", gives=payday.resume), desk.also("union", "operator"), run)
    show_payday(desk, report, dry_run=False)


def show_paydays(desk: Session, reports: Sequence[payday.PaydayReport | Stopped], *, dry_run: bool) -> None:
    """The sums of several runs, and why others stopped; if one is short or stopped, exit code 1."""
    done = [report for report in reports if isinstance(report, payday.PaydayReport)]
    for report in done:
        _show_run(desk, report, dry_run=dry_run)
    unpaid = {report.employer: _short(report) for report in done if report.short_fen}
    stopped = []
    for each in reports:
        if isinstance(each, Stopped):
            told = told_of(each.fault)
            assert told is not None
            unpaid[each.employer] = f"{each.employer}: {told.line}"
            stopped.append({"employer": each.employer, "error": told.kind, "message": told.line, **told.facts})
    for line in unpaid.values():
        desk.screen.say(f"  {line}")
    if not reports:
        desk.screen.say(text("it is no employer's payday", "当日无用工单位应发薪"))
    desk.screen.result({"runs": done, "stopped": stopped})
    if unpaid:
        names = ", ".join(sorted(unpaid))
        count, of = len(unpaid), len(reports)
        raise NotDone(
            text(
                f"not finished for {count} of {of} employers: {names}",
                f"{of} 个用工单位中 {count} 个发薪未完成：{names}",
            )
        )


def show_payday(desk: Session, report: payday.PaydayReport, *, dry_run: bool) -> None:
    """A run's sums; short ends with exit code 1."""
    _show_run(desk, report, dry_run=dry_run)
    desk.screen.result(report)
    if report.short_fen:
        raise NotDone(_short(report))


def _show_run(desk: Session, report: payday.PaydayReport, *, dry_run: bool) -> None:
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


def _short(report: payday.PaydayReport) -> str:
    """What the employer's account lacks."""
    fee = money(report.totals.fee_fen)
    return text(
        f"{report.run} is short of {money(report.short_fen)} for the wages, and of {fee} "
        "for the service fee on top: deposit, then resume",
        f"{report.run} 工资资金短缺 {money(report.short_fen)}，另缺服务费 {fee}：请入金后继续",
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
