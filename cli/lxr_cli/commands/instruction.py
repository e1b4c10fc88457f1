"""lxr union cashout instruct: the bank's file."""

import typer

from lxr_cli.arguments import CashOutArgument
from lxr_cli.language import text
from lxr_cli.screen import money
from lxr_cli.session import session
from lxr_settlement.house import payees
from lxr_settlement.instruction import instruct as instruct_bank
from lxr_settlement.transfers import CUSTODIAN


def instruct(context: typer.Context, number: CashOutArgument) -> None:
    """Each account is checked against what the worker's key has approved."""
    desk = session(context)
    done = instruct_bank(
        desk.client("union", "treasurer"),
        desk.people,
        number,
        desk.consortium.bank_dir,
        CUSTODIAN,
        desk.now,
        desk.today,
        house_payees=payees(desk.people),
    )
    desk.screen.done(
        text(
            f"{done.count} orders, {money(done.total_fen)}: {done.path}",
            f"{done.count} 笔，{money(done.total_fen)}：{done.path}",
        ),
        done,
    )
