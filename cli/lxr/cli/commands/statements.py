"""The bank's statements: booked on the ledger, and compared with it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from lxr.cli.arguments import FilesArgument
from lxr.cli.ends import NotDone
from lxr.cli.screen import money
from lxr.cli.session import Session, session
from lxr.cli.texts.language import LANGUAGE, text
from lxr.cli.texts.told import in_words
from lxr.node.said import Said
from lxr.settlement.bank import desk as bank_desk
from lxr.settlement.bank import reconcile
from lxr.settlement.bank.breaks import Break
from lxr.settlement.bank.downloads import import_downloads, tables_among
from lxr.settlement.bank.formats.tables.layout import Layout, load_layout
from lxr.settlement.bank.model import PassedOver
from lxr.settlement.bank.statement_files import read_sources
from lxr.settlement.bank.statement_order import in_order
from lxr.settlement.bank.under_way import OpenItem
from lxr.settlement.messages.catalogue import word

_NAMES = 5
LayoutOption = Annotated[
    Path | None,
    typer.Option(
        "--layout",
        metavar="FILE",
        help=text("how the bank's tables are to be read", "网银表格的版式文件（TOML）"),
    ),
]


def statement_import(
    context: typer.Context,
    files: FilesArgument = None,
    unaccepted: Annotated[
        bool,
        typer.Option(
            "--unaccepted",
            help=text(
                "let debits of cash-outs wait that the bank has not accepted", "未受理提现批次的支出行先列为待核实"
            ),
        ),
    ] = False,
    layout: LayoutOption = None,
) -> None:
    """Those named, or all in DIR/bank/outbox, in order of date; those on the ledger already change nothing.

    Deposits are minted, payouts burned, returns re-credited; what the bank did not execute is booked first. A line of
    which it is not certain what it is waits.
    """
    desk = session(context)
    teller = desk.client("bank", "teller", gives=bank_desk.import_statement)
    rejected = rejections(desk)
    reports = []
    chosen = files or statements(desk)
    tables = tables_among(chosen)
    own = _own(layout)
    ordered = in_order(desk.reader, desk.custody(), [path for path in chosen if path not in tables])
    for given in read_sources(ordered.sources, desk.custody()):
        with desk.screen.progress(given.source.name) as step:
            reports.append(bank_desk.import_given(teller, desk.custody(), given, unaccepted=unaccepted, progress=step))
        desk.screen.say(said(reports[-1]))
    for report in import_downloads(teller, desk.custody(), tables, own, unaccepted=unaccepted):
        reports.append(report)
        desk.screen.say(said(report))
    for each in ordered.passed:
        for passed in each.passed_over:
            desk.screen.say(said_passed(each.file, passed))
    if waiting := sum(len(report.waiting) for report in reports):
        desk.screen.say(text(f"{waiting} lines wait: lxr bank line list", f"{waiting} 行待核实：lxr bank line list"))
    if rejected:
        desk.screen.say(text(f"{rejected} orders were not executed", f"{rejected} 笔指令未执行"))
    desk.screen.result({"rejected": rejected, "statements": reports, "passed_over": ordered.passed})


def _own(layout: Path | None) -> Layout | None:
    return None if layout is None else load_layout(layout)


def statements(desk: Session) -> list[Path]:
    """The statements in the bank's outbox, in order."""
    return sorted((desk.consortium.bank_dir / "outbox").glob("*.xml"))


def said(report: bank_desk.ImportReport) -> str:
    """One line on a booked statement."""
    number = report.statement if report.number is None else report.number
    return text(
        f"{report.day} statement {number}: {report.entries} entries, closing {money(report.closing_fen)}",
        f"{report.day} 对账单 {number}：{report.entries} 笔，余额 {money(report.closing_fen)}",
    )


def said_passed(file: str, passed: PassedOver) -> str:
    """One line on what was passed over in a file, with its first names."""
    named = text(", ", "、").join(passed.names[:_NAMES]) + ("…" if passed.count > _NAMES else "")
    what = {
        "PDNG": text("pending entries", "未入账（待处理）交易"),
        "FUTR": text("future entries", "未入账（预计）交易"),
        "INFO": text("entries for information", "仅供参考的交易"),
        "zero": text("entries of 0.00", "金额为 0.00 的交易"),
        "account": text("statements of other accounts", "其他账户的对账单"),
        "notice": text("notices of the day", "日间通知"),
    }[passed.what]
    return text(f"{file}: passed over {passed.count} {what}: {named}", f"{file}：略过{what} {passed.count} 笔：{named}")


def rejections(desk: Session) -> int:
    """Book what the bank has not executed; how many were new."""
    path: Path = desk.consortium.bank_dir / "outbox" / "rejected.json"
    return bank_desk.reject(desk.client("bank", "teller"), desk.custody(), path) if path.exists() else 0


def reconcile_command(context: typer.Context, files: FilesArgument = None, layout: LayoutOption = None) -> None:
    """All statements in the bank's outbox, or those named. A break ends with exit code 1."""
    desk = session(context)
    chosen = files or statements(desk)
    found = reconcile.reconcile(desk.reader, desk.custody(), chosen, _own(layout))
    for each in found.breaks:
        desk.screen.say(f"  {_told(each)} ({money(each.amount_fen)})")
    if found.open:
        _show_open(desk, found.open)
    desk.screen.done(
        text(
            f"{found.lines} lines, {found.matched} matched, {len(found.breaks)} breaks, {len(found.open)} open; "
            f"supply {money(found.supply_fen)}, reserve {money(found.reserve_fen)}",
            f"{found.lines} 行，匹配 {found.matched} 行，差异 {len(found.breaks)} 笔，在途未到期 {len(found.open)} 笔；"
            f"发行 {money(found.supply_fen)}，备付金 {money(found.reserve_fen)}",
        ),
        found,
    )
    if found.breaks:
        line = _told(found.breaks[0])
        raise NotDone(
            text(f"{len(found.breaks)} breaks; the first: {line}", f"差异 {len(found.breaks)} 笔；首笔：{line}")
        )


def _show_open(desk: Session, items: Sequence[OpenItem]) -> None:
    """Show what is under way and not late; orders of one cash-out, and all else that is alike, as one row."""
    what = {
        "in_transit": text("deposits on no statement yet", "存款，尚未见于对账单"),
        "outstanding": text("payment orders with the bank", "付款指令，银行处理中"),
        "held": text("cash-outs held, not with the bank yet", "提现批次，已冻结、未送交银行"),
    }
    alike: dict[tuple[str, str, date, date], list[OpenItem]] = {}
    for each in items:
        alike.setdefault((each.kind, each.owner, each.since, each.due), []).append(each)
    desk.screen.table(
        text("under way, not due before today", "在途，今日以前未到期"),
        (
            text("what", "内容"),
            text("of", "所属"),
            text("count", "笔数"),
            text("yuan", "元"),
            text("since", "起始日"),
            text("due", "到期日"),
        ),
        [
            (what[kind], owner, len(some), money(sum(each.amount_fen for each in some)), since, due)
            for (kind, owner, since, due), some in sorted(alike.items())
        ],
    )


def _told(found: Break) -> str:
    said = Said(
        "{label} {reference}: {found}",
        label=word("break", found.kind, LANGUAGE),
        reference=found.reference,
        found=found.said,
    )
    return in_words(said)
