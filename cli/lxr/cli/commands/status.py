"""Statuses of employers and workers: active, suspended, ended; and an ending that is undone."""

from lxr.chaincode.reinstatement import (
    ApproveReinstatement,
    ProposeReinstatement,
    reinstatement_digest,
    reinstatements,
)
from lxr.chaincode.statuses import Since
from lxr.cli.language import text
from lxr.cli.session import Session
from lxr.node.client import Client
from lxr.settlement import request_ids
from lxr.settlement.lookups import submit_own


def reinstate(
    desk: Session, by: Client, number: str, history: tuple[Since, ...], reason: str, *, approve: bool
) -> None:
    """Propose to undo an ending, or approve what the other organisation has proposed, and say so."""
    if approve:
        change = reinstatement_digest(number, by.need(reinstatements, number))
        request = request_ids.reinstatement_approval(number, change)
        submit_own(by, ApproveReinstatement(request_id=request, ended=number, digest=change))
        said = text("the ending is undone", "终止已撤销")
    else:
        request = request_ids.reinstatement(number, history, reason)
        submit_own(by, ProposeReinstatement(request_id=request, ended=number, reason=reason))
        said = text("to be undone once the other organisation approves", "待另一方批准后撤销终止")
    desk.screen.done(f"{number}: {said}", {"ended": number, "undone": approve})
