"""lxr worker payslip: one payday's pay, item by item."""

from collections.abc import Iterator
from typing import Any

import typer
from msgspec.structs import asdict

from lxr.chaincode.runs import PayLine, PayPart
from lxr.chaincode.taken import dated
from lxr.cli.arguments import RunArgument, WorkerArgument
from lxr.cli.ends import NotKnownYet
from lxr.cli.screen import money
from lxr.cli.session import session
from lxr.cli.texts.language import spoken, text
from lxr.settlement.reports import pay_words
from lxr.settlement.reports.payslip import Payslip
from lxr.settlement.reports.payslip import payslip as payslip_of

Row = tuple[str, str, str, str, str, str]


def payslip(context: typer.Context, worker: WorkerArgument, run: RunArgument) -> None:
    """Every item with its terms, quantity and rate, what was kept back, and what is left."""
    desk = session(context)
    worker = desk.worker(worker)
    found = payslip_of(desk.reader, run, worker)
    if found is None:
        raise NotKnownYet(text(f"{worker} has no pay line in {run}", f"{run} 中没有 {worker} 的工资条"))
    employer, payday = found.employer, found.payday
    title = text(
        f"Payslip of {worker}, employer {employer}, run {run}, payday {payday}",
        f"工资条：劳动者 {worker}，用工单位 {employer}，发薪批次 {run}，发薪日 {payday}",
    )
    headers = (
        *(text("pay period", "工资所属期"), text("terms", "薪资条款"), text("item", "项目")),
        *(text("quantity", "数量"), text("rate", "计薪标准"), text("yuan", "金额（元）")),
    )
    desk.screen.table(title, headers, [*_items(found), *_sums(found.line)], folded=True)
    for version, days in found.days.items():
        terms, some = spoken(pay_words.version_words(*version)), spoken(pay_words.days_words(days))
        desk.screen.say(
            text(
                f"  days of work under {terms}: {len(days)} ({some})",
                f"  按 {terms}计薪的出勤：{len(days)} 天（{some}）",
            )
        )
    desk.screen.result(
        {
            "worker": worker,
            "run": run,
            "employer": employer,
            "payday": payday,
            "line": {**asdict(found.line), "parts": [*map(_named, found.line.parts)]},
            "days": [
                {"terms": terms, "version": version, "days": days} for (terms, version), days in found.days.items()
            ],
        }
    )


def _items(slip: Payslip) -> Iterator[Row]:
    """What the periods of the line are worth, item by item, and what of that is due now."""
    for part in slip.line.parts:
        period = f"{part.start}…{part.end}"
        for item in part.items:
            rules = slip.rules[part.terms, item.rules_key]
            said = (
                pay_words.version_words(part.terms, item.rules_key),
                pay_words.rule_words(item.rule),
                pay_words.quantity_words(item),
                pay_words.rate_words(item.rule, rules),
            )
            terms, name, quantity, rate = map(spoken, said)
            yield period, terms, name, quantity, rate, money(item.amount_fen)
        if part.before_fen:
            yield _sum(text("paid before", "减：此前已计"), -part.before_fen, period)
        if part.too_much_fen:
            yield _sum(text("paid too much, not taken back", "多付（不予扣回）"), part.too_much_fen, period)
        if part.kept_back_fen:
            held = text("held: contested by the employer", "减：单位提出争议，暂存")
            yield _sum(held, -part.kept_back_fen, period)


def _sums(line: PayLine) -> Iterator[Row]:
    yield _sum(text("gross", "应发工资"), line.gross_fen)
    for taken in line.deductions:
        name = spoken(pay_words.DEDUCTIONS[taken.kind])
        yield _sum(text(f"{name}, order {taken.order}", f"减：{name}（{taken.order}）"), -taken.fen)
    yield _sum(text("net", "实发工资"), line.net_fen)


def _sum(name: str, amount_fen: int, period: str = "") -> Row:
    return period, "", name, "", "", money(amount_fen)


def _named(part: PayPart) -> dict[str, Any]:
    """The part with a name for every field, and the rows by day and version of the sheet."""
    return {
        **asdict(part),
        "items": [asdict(item) for item in part.items],
        "taken": dated(part.taken, part.start),
        "dropped": dated(part.dropped, part.start),
    }
