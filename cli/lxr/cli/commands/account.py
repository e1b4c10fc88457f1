"""An account's statement, as employers and workers see theirs."""

from datetime import date

import typer

from lxr.chaincode.employers import employers
from lxr.chaincode.workers import workers
from lxr.cli.arguments import EmployerArgument, FromOption, ToOption, WorkerArgument
from lxr.cli.screen import money
from lxr.cli.session import Session, session
from lxr.cli.shared_options import FIRST_YEAR, LAST_YEAR
from lxr.cli.texts.language import text
from lxr.settlement.lookups import account_fen
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
            *(f"{line.at:%Y-%m-%d %H:%M}", line.counterpart, line.reason),
            *(money(line.in_fen), money(line.out_fen), money(line.balance_fen)),
        )
        for line in found.lines
    ]
    desk.screen.table(f"{name}: {money(found.opening_fen)} → {money(found.closing_fen)}", names, rows)
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


def balance(context: typer.Context, worker: WorkerArgument) -> None:
    """LXR due and funded, and what the bank did not pay out; a wage is paid when the bank has confirmed the credit."""
    desk = session(context)
    worker = desk.worker(worker)
    desk.reader.need(workers, worker)
    names = [account(kind, worker) for kind in OF_WORKERS]
    held_fen = sum(account_fen(desk.reader, name) for name in names)
    desk.screen.say(text(f"{worker} holds {money(held_fen)} LXR", f"{worker} 余额 {money(held_fen)} LXR"))
    wages, returned = (show_statement(desk, name, None, None) for name in names)
    desk.screen.result({"closing_fen": held_fen, "wages": wages, "returned": returned})
