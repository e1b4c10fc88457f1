"""lxr employer statement, lxr worker statement: what came and went, line by line."""

from datetime import date

import typer

from lxr.chaincode.employers import employers
from lxr.chaincode.workers import workers
from lxr.cli.arguments import EmployerArgument, FromOption, ToOption, WorkerArgument
from lxr.cli.screen import money
from lxr.cli.session import Session, session
from lxr.cli.shared_options import FIRST_YEAR, LAST_YEAR
from lxr.cli.texts.language import LANGUAGE, text
from lxr.settlement.messages import in_words
from lxr.settlement.reports.statement import AccountStatement, account_statement
from lxr.token.accounts import OF_WORKERS, AccountKind, account


def show_statement(desk: Session, name: str, first: date | None, last: date | None) -> AccountStatement:
    """All of it, or what came and went between two days, both included; the statement, for scripts."""
    days = first or date(FIRST_YEAR, 1, 1), last or date(LAST_YEAR, 12, 31)
    found = account_statement(desk.projection, desk.reader, name, *days)
    names = (
        *(text("time", "时间"), text("counterpart", "对方"), text("reason", "事由")),
        *(text("in", "收入"), text("out", "支出"), text("balance", "余额")),
    )
    rows = [
        (
            f"{line.at:%Y-%m-%d %H:%M}",
            *(in_words("account", line.counterpart, LANGUAGE), in_words("reason", line.reason, LANGUAGE)),
            *(money(line.in_fen), money(line.out_fen), money(line.balance_fen)),
        )
        for line in found.lines
    ]
    whose, opening, closing = in_words("account", name, LANGUAGE), money(found.opening_fen), money(found.closing_fen)
    title = text(
        f"{whose}: opening balance {opening}, closing balance {closing}",
        f"{whose}：期初余额 {opening}，期末余额 {closing}",
    )
    desk.screen.table(title, names, rows)
    return found


def statement(
    context: typer.Context,
    employer: EmployerArgument,
    first: FromOption = None,
    last: ToOption = None,
) -> None:
    """Show the account's statement."""
    desk = session(context)
    desk.reader.need(employers, employer)
    desk.screen.result(show_statement(desk, account(AccountKind.EMPLOYER, employer), first, last))


def worker_statement(
    context: typer.Context, worker: WorkerArgument, first: FromOption = None, last: ToOption = None
) -> None:
    """Show how the worker's wages came and left, and what the bank did not pay out."""
    desk = session(context)
    worker = desk.worker(worker)
    desk.reader.need(workers, worker)
    wages, returned = (show_statement(desk, account(kind, worker), first, last) for kind in OF_WORKERS)
    closing_fen = wages.closing_fen + returned.closing_fen
    desk.screen.result({"closing_fen": closing_fen, "wages": wages, "returned": returned})
