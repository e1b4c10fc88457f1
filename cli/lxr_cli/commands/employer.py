"""lxr employer: registration, money, people, and the daily batch."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from lxr_chaincode.registry import AddEmployer, SetEmployer, Standing, employers, workers
from lxr_cli.arguments import (
    AmountArgument,
    DayArgument,
    EmployerArgument,
    FileArgument,
    MeasuresArgument,
    MonthOption,
    ReasonOption,
    WorkerArgument,
    day,
    measures,
)
from lxr_cli.language import text
from lxr_cli.screen import money
from lxr_cli.session import Session, session
from lxr_settlement import batch_file, batch_sending, corrections, deposits, roster, workday_status
from lxr_settlement.bankfiles.pain001 import Party
from lxr_settlement.intake.fold import fold_export
from lxr_settlement.intake.mapping import load_mapping
from lxr_settlement.intake.rejects import write_rejected_rows
from lxr_settlement.statement import account_statement
from lxr_token.accounts import Kind, account

app = typer.Typer(
    no_args_is_help=True, help=text("Employers: deposits, people, daily work data", "用工单位：资金、人员、日工作数据")
)
batch_app = typer.Typer(no_args_is_help=True, help=text("Work data of a day or of many days", "工作数据批次"))
app.add_typer(batch_app, name="batch")

SHOWN = 10
"""How many faults are shown on the screen; all are in the file."""


@app.command(help=text("Register an employer and issue its certificates", "登记用工单位并签发证书"))
def add(
    context: typer.Context,
    employer: EmployerArgument,
    shards: Annotated[
        int, typer.Option(min=1, max=100, help=text("about one for every 100 workers", "约每百名劳动者一片"))
    ] = 1,
) -> None:
    """Register an employer; its preparer, signer and treasurer get certificates."""
    desk = session(context)
    desk.client("union", "operator").submit(
        AddEmployer(request_id=f"employer:{employer}", employer=employer, shards=shards)
    )
    enrol(desk, employer)
    desk.screen.say(text(f"employer {employer} is registered", f"用工单位 {employer} 已登记"))
    desk.screen.result({"employer": employer, "shards": shards})


def enrol(desk: Session, employer: str) -> None:
    """Certificates for the employer, valid as long as those of its authority."""
    first, last = desk.consortium.validity("employer")
    desk.consortium.enrol_employer(employer, desk.passphrase, first, last)


@app.command("set", help=text("Suspend, reinstate or end an employer", "暂停、恢复或终止用工单位"))
def set_standing(
    context: typer.Context,
    employer: EmployerArgument,
    standing: Standing,
    from_day: DayArgument,
    reason: ReasonOption,
) -> None:
    """Change an employer's standing from a day on."""
    desk = session(context)
    command = SetEmployer(
        request_id=f"standing:{employer}:{standing}:{from_day}",
        employer=employer,
        standing=standing,
        from_day=from_day,
        reason=reason,
    )
    desk.client("union", "operator").submit(command)
    desk.screen.say(text(f"{employer} is {standing} from {from_day}", f"{employer} 自 {from_day} 起为 {standing}"))
    desk.screen.result({"employer": employer, "standing": standing, "from": from_day})


@app.command(help=text("Order the employer's bank to pay into custody", "向托管账户划款（付款指令）"))
def deposit(
    context: typer.Context,
    employer: EmployerArgument,
    amount_fen: AmountArgument,
    reference: Annotated[
        str, typer.Option(help=text("its own reference: the same one twice pays once", "单位参考号：同号只付一次"))
    ],
    payer_account: Annotated[str, typer.Option(help=text("the employer's own account", "单位账户"))] = "",
    payer_name: Annotated[str, typer.Option(help=text("the account's holder", "户名"))] = "",
) -> None:
    """Write the employer's transfer order for the bank."""
    desk = session(context)
    desk.reader.need(employers, employer)
    path = deposits.transfer(
        desk.consortium.bank_dir,
        employer,
        amount_fen,
        reference,
        Party(payer_name or f"Employer {employer}", "105100000017"),
        payer_account or f"3100{employer[1:].zfill(12)}",
        desk.custody(),
        desk.now,
    )
    desk.screen.say(
        text(
            f"{money(amount_fen)} yuan ordered from the employer's bank: {path}",
            f"已下达划款指令 {money(amount_fen)} 元：{path}",
        )
    )
    desk.screen.result({"employer": employer, "amount_fen": amount_fen, "file": str(path)})


@app.command("roster", help=text("Take the employer's people in, or list them", "导入或查看人员名册"))
def people(
    context: typer.Context,
    employer: EmployerArgument,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="worker_ref,name,bank_account,bank_code,bank_name")
    ] = None,
) -> None:
    """Give each person of the roster a random number; names and accounts stay in the union's store."""
    desk = session(context)
    desk.reader.need(employers, employer)
    if file is not None:
        roster.register(desk.people, employer, roster.read_roster(file))
    numbers = desk.people.workers_of(employer)
    registered = desk.reader.get_each(workers, [(number,) for number in numbers.values()])
    rows = [
        (ref, number, text("yes", "是") if record else text("no", "否"))
        for (ref, number), record in zip(numbers.items(), registered, strict=True)
    ]
    desk.screen.table(
        f"{employer}",
        (text("reference", "单位工号"), text("worker", "劳动者编号"), text("on the ledger", "已上链")),
        rows,
    )
    desk.screen.result({"employer": employer, "workers": [{"ref": ref, "worker": number} for ref, number, _ in rows]})


@app.command(help=text("The employer's account: what came, what went, what is left", "单位账户对账单"))
def statement(
    context: typer.Context,
    employer: EmployerArgument,
    first: Annotated[date | None, typer.Option("--from", parser=day, metavar="DAY")] = None,
    last: Annotated[date | None, typer.Option("--to", parser=day, metavar="DAY")] = None,
) -> None:
    """Show the account's statement."""
    desk = session(context)
    desk.reader.need(employers, employer)
    show_statement(desk, account(Kind.EMPLOYER, employer), first, last)


def show_statement(desk: Session, name: str, first: date | None, last: date | None) -> None:
    """An account's statement, as employers and workers see theirs."""
    found = account_statement(desk.projection, desk.reader, name, first or date(2000, 1, 1), last or date(2099, 12, 31))
    names = (
        *(text("time", "时间"), text("counterpart", "对方"), text("reason", "事由")),
        *(text("in", "收入"), text("out", "支出"), text("balance", "余额")),
    )
    rows = [
        (
            *(f"{line.at:%Y-%m-%d %H:%M}", line.counterpart, line.reason),
            *(money(line.in_fen), money(line.out_fen), money(line.balance_fen)),
        )
        for line in found.lines
    ]
    desk.screen.table(f"{name}: {money(found.opening_fen)} → {money(found.closing_fen)}", names, rows)
    desk.screen.result(found)


MapOption = Annotated[Path, typer.Option("--map", metavar="FILE.toml", help=text("how the export is read", "映射文件"))]


@batch_app.command("prepare", help=text("Fold a raw export into a batch file", "把原始导出文件折叠为批次文件"))
def prepare(
    context: typer.Context,
    employer: EmployerArgument,
    export: FileArgument,
    mapping_file: MapOption,
    out: Annotated[Path, typer.Option(metavar="FILE.json", help=text("the batch file", "批次文件"))],
    month: MonthOption = None,
) -> None:
    """What the preparer does; the signer then submits the file."""
    desk = session(context)
    shards = desk.reader.need(employers, employer).shards
    mapping = load_mapping(mapping_file)
    with desk.screen.progress(text("reading", "读取")) as step:
        size = export.stat().st_size if export.is_file() else 0
        fold = fold_export(export, mapping, month=month, progress=lambda done: step(done, size))
    for source, target in fold.date_moves:
        desk.screen.say(text(f"  {source} is played as {target}", f"  {source} 按 {target} 处理"))
    prepared = batch_file.prepare(fold, desk.people.workers_of(employer), employer, shards)
    batch_file.write_batch(out, prepared)
    rows, faults = sum(len(sheet.rows) for sheet in prepared.sheets), prepared.row_faults
    for fault in faults[:SHOWN]:
        rest = f"; expected {fault.expected}" if fault.expected else ""
        desk.screen.say(f"  {export}, row {fault.source_rows[0]}, field {fault.field}: {fault.problem}{rest}")
    desk.screen.done(
        text(f"{rows} rows, {len(faults)} faults: {out}", f"{rows} 行，{len(faults)} 处错误：{out}"),
        {"employer": employer, "rows": rows, "faults": faults, "file": str(out)},
    )


@batch_app.command("submit", help=text("Sign and submit a batch file", "签名并提交批次"))
def submit(
    context: typer.Context,
    employer: EmployerArgument,
    file: FileArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=text("try all of it, change nothing", "只试不写"))] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help=text("submit the rest, write the rejects", "跳过错误行"))
    ] = False,
    outcomes: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help=text("one outcome for each row", "逐行结果文件"))
    ] = None,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help=text("the raw export, to write its rejects", "原始导出文件"))
    ] = None,
) -> None:
    """All or nothing, unless --skip-bad. The same file again changes nothing."""
    desk = session(context)
    given = batch_file.read_batch(file, employer)
    signer = desk.client("employer", "signer", employer)
    if dry_run:
        report = batch_sending.check(signer, given)
    else:
        with desk.screen.progress(text("submitting", "提交")) as step:
            report = batch_sending.submit(signer, given, skip_bad=skip_bad, progress=step)
    path = outcomes or file.with_suffix(".outcomes.csv")
    batch_sending.write_outcomes(path, report)
    for outcome in report.rejects[:SHOWN]:
        desk.screen.say(f"  {file}, {outcome.where}: {outcome.reason}")
    if export is not None and report.rejects:
        rejects = file.with_suffix(".rejects.csv")
        write_rejected_rows(rejects, export, report.reasons())
        desk.screen.say(text(f"rejects to mend and try again: {rejects}", f"待修正的拒绝行：{rejects}"))
    words = text("tried, nothing sent: ", "试运行，未提交：") if dry_run else ""
    desk.screen.done(
        words
        + text(
            f"{report.rows} rows accepted, {report.late} of them late, {report.rejected} refused; each in {path}",
            f"接受 {report.rows} 行，其中迟报 {report.late} 行，拒绝 {report.rejected} 行；逐行结果：{path}",
        ),
        report,
    )
    if report.rejected and not skip_bad:
        raise typer.Exit(1)


@batch_app.command("correct", help=text("Correct a worker's day, or add it", "更正某劳动者某日的数据"))
def correct(
    context: typer.Context,
    worker: WorkerArgument,
    at_day: DayArgument,
    words: MeasuresArgument,
    reason: ReasonOption,
) -> None:
    """A new version of the sheet; answers to all other rows stay good."""
    desk = session(context)
    worker = desk.worker(worker)
    employer = desk.reader.need(workers, worker).employer
    answer = corrections.correct(
        desk.client("employer", "signer", employer), employer, at_day, {worker: measures(words)}, reason
    )
    desk.screen.done(text(f"{worker} {at_day}: corrected", f"{worker} {at_day}：已更正"), answer)


@batch_app.command("status", help=text("Every day of a month: submitted, answered, attested", "逐日状态"))
def status(context: typer.Context, employer: EmployerArgument, month: MonthOption = None) -> None:
    """And the disputes that are open, with their deadlines."""
    desk = session(context)
    desk.reader.need(employers, employer)
    found = workday_status.status(desk.reader, employer, month or desk.today.replace(day=1))
    names = (
        *(text("day", "日期"), text("rows", "行数"), text("open", "待答复"), text("confirmed", "已确认")),
        *(text("disputed", "异议"), text("attested", "已认定"), text("presumed", "推定"), text("late", "迟报")),
    )
    rows = [
        (day.day, day.rows, day.submitted, day.confirmed, day.disputed, day.attested, day.presumed, day.late)
        for day in found.days
        if day.rows
    ]
    desk.screen.table(f"{employer}", names, rows)
    for each in found.disputes:
        desk.screen.say(
            text(
                f"  {each.worker} {each.day}: disputed, the union decides by {each.decide_by}",
                f"  {each.worker} {each.day}：有异议，工会须于 {each.decide_by} 前裁定",
            )
        )
    desk.screen.result(found)
