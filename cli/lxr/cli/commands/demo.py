"""lxr demo: a month on a rehearsal consortium, with the closing table."""

import shlex
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from lxr.chaincode.days import moment
from lxr.chaincode.founding import geneses
from lxr.cli.arguments import PaymentFileOption, month
from lxr.cli.commands import setup
from lxr.cli.ends import NotDone, UsageFault
from lxr.cli.rehearsal.month import MonthPlayed, Rehearsal
from lxr.cli.rehearsal.plan import plan_made_up
from lxr.cli.rehearsal.records import PREPARED, FaultyRows, MonthOfFile, chosen, plans_of, read_records
from lxr.cli.screen import Screen, money
from lxr.cli.session import Session, session
from lxr.cli.texts.language import LANGUAGE, text
from lxr.cli.texts.told import in_words
from lxr.settlement.errors import InputFault
from lxr.settlement.messages.catalogue import word
from lxr.settlement.rehearsal.month import EMPLOYERS_MAX, WORKERS_MAX

NAME = "demo"
MONTH = date(2026, 8, 1)
PASSPHRASE = "rehearsal"
"""Of a demo's keys, which protect nothing, unless another is given."""
SEED_MAX = 2**63 - 1


def demo(
    context: typer.Context,
    records: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help=text("real records instead of made-up ones", "真实记录"))
    ] = None,
    map_file: Annotated[
        Path | None, typer.Option("--map", metavar="FILE.toml", help=text("how the records are read", "映射文件"))
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help=text("leave faulty records out, and tell", "略去有误的记录并说明"))
    ] = False,
    only_months: Annotated[
        list[date] | None,
        typer.Option(
            "--month",
            parser=month,
            metavar="MONTH",
            help=text("this month of the records; may be repeated", "仅该月的记录，可重复"),
        ),
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help=text("leave the consortium there", "保留联盟目录"))
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=SEED_MAX, help=text("of everything that is made up", "随机种子"))] = 1,
    employers: Annotated[
        int, typer.Option(min=1, max=EMPLOYERS_MAX, help=text("how many, of made-up ones", "用工单位数"))
    ] = 3,
    workers: Annotated[
        int, typer.Option(min=1, max=WORKERS_MAX, help=text("of all employers together", "劳动者总数"))
    ] = 200,
    payment_file: PaymentFileOption = None,
) -> None:
    """Everything runs through the code of the public commands; only the bank is simulated.

    With --ledger fabric:DIR on the rehearsal network there, whose ledger must be new.
    """
    if (records is None) != (map_file is None):
        raise UsageFault(text("--records and --map go together", "--records 与 --map 须同时给出"))
    if records is None and (skip_bad or only_months):
        raise UsageFault(text("--skip-bad and --month go with --records", "--skip-bad 与 --month 须与 --records 同用"))
    if workers < employers:
        raise UsageFault(
            text(
                f"--workers: {workers}; expected one or more for each employer", f"--workers：{workers}；应不少于单位数"
            )
        )
    desk = session(context)
    network = desk.consortium if desk.on_fabric else None
    if network is not None:
        _refuse_played(desk, keep)
    if keep is not None and keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise InputFault(file=str(keep), problem="is not an empty directory")
    with ExitStack() as stack:
        faults: tuple[FaultyRows, ...] = ()
        months_left_out: tuple[MonthOfFile, ...] = ()
        own = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lxr-demo-")))
        if records is not None and map_file is not None:
            read = read_records(records, map_file)
            wanted = [f"{each:%Y-%m}" for each in only_months or ()] or [each.month for each in read.months]
            _refuse_months(desk.screen, records, read.months, wanted)
            read, months_left_out = chosen(read, wanted)
            faults = read.faults
            _tell_left_out(desk.screen, faults, months_left_out)
            if faults and not skip_bad:
                desk.screen.result({"faults_left_out": faults, "months_left_out": months_left_out})
                rows = sum(fault.rows for fault in faults)
                raise NotDone(
                    text(
                        f"{records}: {rows} rows are faulty, and nothing was played; --skip-bad leaves them out",
                        f"{records}：{rows} 行有误，未作演练；--skip-bad 可略去这些行",
                    )
                )
            if not read.fold.rows:
                raise InputFault(file=str(records), problem="no row of it is good")
            plans = plans_of(own, read, seed)
        else:
            plans = plan_made_up(own, seed, MONTH, employers, workers)
        directory = network.directory if network else keep or own / "consortium"
        desk = stack.enter_context(desk.elsewhere(directory))
        desk.passphrase_by_default = PASSPHRASE.encode()
        first = min(min(plan.days) for plan in plans)
        desk.founding_ms = moment(first.replace(day=1) - PREPARED)  # before all that is played
        try:
            setup.make(
                desk,
                name=network.name if network else NAME,
                rehearsal=True,
                custody_no=setup.CUSTODY,
                payment_file=payment_file,
            )
            _keep_records(own, directory)
            played = Rehearsal(desk, plans, seed).play()
            outcome = replace(played, faults_left_out=faults, months_left_out=months_left_out)
        except KeyboardInterrupt:
            left = network.directory if network else keep
            unfinished = text(f"; {left} holds what was played", f"；{left} 中为已演练部分") if left else ""
            raise NotDone(text("the demo was stopped", "演练已中断") + unfinished) from None
        show(desk.screen, outcome)
        if keep is not None:
            own_passphrase = f" LXR_PASSPHRASE={PASSPHRASE}" if desk.passphrase == PASSPHRASE.encode() else ""
            line = f"export LXR_DIR={shlex.quote(str(keep))}{own_passphrase}"
            desk.screen.say(text(f"kept in {keep}: {line}", f"已保留在 {keep}：{line}"))
        desk.screen.result(outcome)
    if outcome.breaks or not all(outcome.audit.values()):
        raise NotDone(text("the month does not add up", "本月结算不平"))


def _refuse_months(screen: Screen, records: Path, there: Sequence[MonthOfFile], wanted: Sequence[str]) -> None:
    """Raise NotDone where a month that is wanted is not in the file, or cannot be played."""
    can = [each.month for each in there if each.can]
    cannot = [each for each in there if each.month in wanted and not each.can]
    absent = sorted(set(wanted) - {each.month for each in there})
    choice = " ".join(f"--month {name}" for name in can)
    if absent:
        names = ", ".join(absent)
        hint = text(f"; expected {choice}", f"；应为 {choice}") if can else ""
        raise UsageFault(text(f"{records} has no work in {names}", f"{records} 中没有 {names} 的记录") + hint)
    if cannot:
        screen.result({"faults_left_out": [], "months_left_out": cannot})
        for each in cannot:
            screen.say(_told_month(each))
        names = ", ".join(each.month for each in cannot)
        hint = text(f"; {choice} plays the others", f"；{choice} 可演练其余月份") if can else ""
        raise NotDone(
            text(
                f"{records}: {names} cannot be played: the terms do not cover them, "
                "or no calendar is known for their working days or paydays",
                f"{records}：{names} 无法演练：不在条款有效期内，或工作日、发薪日所在年份没有日历",
            )
            + hint
        )


def _tell_left_out(screen: Screen, faults: Sequence[FaultyRows], months: Sequence[MonthOfFile]) -> None:
    """Say what of the file is not played."""
    for each in months:
        screen.say(_told_month(each))
    for fault in faults:
        why = in_words(fault.problem)
        screen.say(
            text(
                f"faulty: {fault.rows} rows ({fault.worker_days} whole worker-days), first row {fault.first_row}, "
                f"{fault.field or 'the whole row'}: {why}",
                f"有误：{fault.rows} 行（整日 {fault.worker_days} 人日），首见第 {fault.first_row} 行，"
                f"{fault.field or '整行'}：{why}",
            )
        )


def _told_month(each: MonthOfFile) -> str:
    return text(
        f"left out: {each.month}, {each.rows} rows, {each.worker_days} worker-days",
        f"未演练：{each.month}，{each.rows} 行，{each.worker_days} 人日",
    )


def _refuse_played(desk: Session, keep: Path | None) -> None:
    """A network's month is played once, from its founding."""
    if keep is not None:
        raise UsageFault(text("--keep: a network keeps what is played on it", "--keep：网络会保留所演练的内容"))
    if not desk.consortium.rehearsal:
        raise UsageFault(
            text("a demo plays a past month: only a rehearsal network can", "演示重放过去的月份：仅演练网络可用")
        )
    if desk.reader.get(geneses) is not None:
        there = desk.directory
        raise UsageFault(
            text(
                f"{there}: its ledger is in use; a demo needs a new network", f"{there}：账本已在使用，演示需要新的网络"
            )
        )


def _keep_records(own: Path, directory: Path) -> None:
    kept = directory / "records"
    kept.mkdir()
    for file in sorted(own.glob("*.csv")):
        shutil.copy(file, kept)


def show(screen: Screen, outcome: MonthPlayed) -> None:
    """The closing table."""
    yes, no = text("yes", "是"), text("no", "否")
    named = {text(each, word("organisation", each, LANGUAGE)): yes if ok else no for each, ok in outcome.audit.items()}
    audits = text(", ", "，").join(text(f"{name} {said}", f"{name}：{said}") for name, said in named.items())
    rows: list[tuple[str, object]] = [
        (text("employers", "用工单位"), outcome.employers),
        (text("workers", "劳动者"), outcome.workers),
        (text("months", "月份"), text(", ", "、").join(outcome.months)),
        (text("worker-days", "人日"), outcome.worker_days),
        (text("rows submitted", "提交行数"), outcome.rows),
        (text("confirmed", "已确认"), outcome.confirmed),
        (text("disputed", "异议"), outcome.disputed),
        (text("late", "迟报"), outcome.late),
        (text("paydays", "发薪批次"), outcome.paydays),
        (text("wages, gross", "应发工资"), money(outcome.gross_fen)),
        (text("wages, net", "实发工资"), money(outcome.net_fen)),
        (text("service fee", "服务费"), money(outcome.fee_fen)),
        (text("cashed out", "已提现"), money(outcome.cashed_out_fen)),
        (text("returned and paid again", "退汇后重付"), money(outcome.returned_fen)),
        (text("LXR supply", "LXR 发行量"), money(outcome.supply_fen)),
        (text("reserve", "备付金"), money(outcome.reserve_fen)),
        (text("breaks", "差异"), outcome.breaks),
        (text("audit", "审计"), audits),
    ]
    screen.table(text("the month", "本月结算"), (text("figure", "项目"), text("value", "值")), rows)
