"""Statuses of employers and workers: active, suspended, ended; and an ending that is undone."""

from lxr.cli.session import Session
from lxr.cli.texts.language import text
from lxr.node.client import Client
from lxr.settlement.people import employers


def reinstate(desk: Session, by: Client, number: str, reason: str, *, approve: bool) -> None:
    """Propose to undo an ending, or approve what the other organisation has proposed, and say so."""
    if approve:
        employers.approve_reinstatement(by, number)
        said = text("the ending is undone", "终止已撤销")
    else:
        employers.propose_reinstatement(by, number, reason)
        said = text("to be undone once the other organisation approves", "待另一方批准后撤销终止")
    desk.screen.done(f"{number}: {said}", {"ended": number, "undone": approve})
