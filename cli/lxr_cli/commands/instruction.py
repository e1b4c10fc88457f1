"""lxr union cashout instruct, approve: the bank's file, prepared by one person and approved by another."""

import typer

from lxr_cli.arguments import CashOutArgument
from lxr_cli.language import text
from lxr_cli.screen import money
from lxr_cli.session import Session, session
from lxr_settlement import instruction
from lxr_settlement.house import payees
from lxr_settlement.instruction import Instruction
from lxr_settlement.transfers import CUSTODIAN


def instruct(context: typer.Context, number: CashOutArgument) -> None:
    """Each account is checked against what the worker's key has approved. The bank gets nothing yet."""
    desk = session(context)
    treasurer = desk.client("union", "treasurer")
    said = instruction.instruct(
        treasurer, desk.people, number, CUSTODIAN, desk.now, desk.today, house_payees=payees(desk.people)
    )
    show(desk, said)


def approve(context: typer.Context, number: CashOutArgument) -> None:
    """As union/operator or by --as, by another person than prepared it. Made anew, compared, then given to the bank."""
    desk = session(context)
    approver = desk.client("union", "operator")
    said = instruction.approve(
        approver, desk.people, number, desk.consortium.bank_dir, CUSTODIAN, house_payees=payees(desk.people)
    )
    show(desk, said)


def show(desk: Session, said: Instruction) -> None:
    """What the file pays, and where it lies or who must still approve it."""
    waiting = ", ".join(said.waiting_for)
    desk.screen.done(
        text(f"{said.count} orders, {money(said.total_fen)}: ", f"{said.count} 笔，{money(said.total_fen)}：")
        + (text(f"waiting for the union's {waiting}", f"待工会 {waiting} 复核") if waiting else str(said.path)),
        said,
    )
