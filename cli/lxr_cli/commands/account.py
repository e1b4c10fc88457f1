"""An account's statement, as employers and workers see theirs."""

from datetime import date

import typer

from lxr_chaincode.registry import balances, employers, workers
from lxr_cli.arguments import EmployerArgument, FromOption, ToOption, WorkerArgument
from lxr_cli.language import text
from lxr_cli.screen import money
from lxr_cli.session import Session, session
from lxr_cli.shared_options import FIRST_YEAR, LAST_YEAR
from lxr_settlement.statement import account_statement
from lxr_token.accounts import Kind, account


def show_statement(desk: Session, name: str, first: date | None, last: date | None) -> None:
    """All of it, or what came and went between two days, both included."""
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
    desk.screen.result(found)


def statement(
    context: typer.Context,
    employer: EmployerArgument,
    first: FromOption = None,
    last: ToOption = None,
) -> None:
    """Show the account's statement."""
    desk = session(context)
    desk.reader.need(employers, employer)
    show_statement(desk, account(Kind.EMPLOYER, employer), first, last)


def balance(context: typer.Context, worker: WorkerArgument) -> None:
    """LXR due and funded; a wage is paid when the bank has confirmed the credit."""
    desk = session(context)
    worker = desk.worker(worker)
    desk.reader.need(workers, worker)
    held = desk.reader.get(balances, account(Kind.WORKER, worker))
    desk.screen.say(
        text(
            f"{worker} holds {money(held.fen if held else 0)} LXR",
            f"{worker} 余额 {money(held.fen if held else 0)} LXR",
        )
    )
    show_statement(desk, account(Kind.WORKER, worker), None, None)
