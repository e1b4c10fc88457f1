"""lxr worker balance: what a worker holds. It is asked often, so it reads the ledger alone and loads little."""

import typer

from lxr.chaincode.workers import workers
from lxr.cli.arguments import WorkerArgument
from lxr.cli.screen import money
from lxr.cli.session import session
from lxr.cli.texts.language import text
from lxr.settlement.lookups import account_fen
from lxr.token.accounts import AccountKind, account


def balance(context: typer.Context, worker: WorkerArgument) -> None:
    """Wages due and funded, and what the bank did not pay out. A wage is paid once the bank confirms the credit."""
    desk = session(context)
    worker = desk.worker(worker)
    desk.reader.need(workers, worker)
    wages_fen = account_fen(desk.reader, account(AccountKind.WORKER, worker))
    returned_fen = account_fen(desk.reader, account(AccountKind.RETURNED, worker))
    held_fen = wages_fen + returned_fen
    desk.screen.say(
        text(
            f"{worker} holds {money(held_fen)} yuan: wages due {money(wages_fen)}, returned by the bank "
            f"{money(returned_fen)}",
            f"{worker} 余额 {money(held_fen)} 元：待付工资 {money(wages_fen)} 元，银行退回 {money(returned_fen)} 元",
        )
    )
    desk.screen.result(
        {"worker": worker, "closing_fen": held_fen, "wages_fen": wages_fen, "returned_fen": returned_fen}
    )
