"""Statuses of employers and workers: active, suspended, ended; and an ending that is undone."""

from datetime import date

from lxr.chaincode.reinstatement import (
    ApproveReinstatement,
    ProposeReinstatement,
    reinstatement_digest,
    reinstatements,
)
from lxr.chaincode.statuses import Since, Status
from lxr.chaincode.types import digest
from lxr.cli.language import text
from lxr.cli.session import Session
from lxr.node.client import Client
from lxr.settlement.lookups import submit_own


def status_request(number: str, history: tuple[Since, ...], status: Status, day: date) -> str:
    """The request id of a change: the same for the same command again, another once something else came between."""
    said = history[-1:] == (Since(status, day),)
    return f"status:{number}:{len(history) - said}:{status}:{day}"


def reinstate(
    desk: Session, by: Client, number: str, history: tuple[Since, ...], reason: str, *, approve: bool
) -> None:
    """Propose to undo an ending, or approve what the other organisation has proposed, and say so."""
    if approve:
        change = reinstatement_digest(number, by.need(reinstatements, number))
        request = f"reinstated:{number}:{change[:16]}"
        submit_own(by, ApproveReinstatement(request_id=request, ended=number, digest=change))
        said = text("the ending is undone", "终止已撤销")
    else:
        which = digest((history, reason))[:16]
        submit_own(by, ProposeReinstatement(request_id=f"reinstate:{number}:{which}", ended=number, reason=reason))
        said = text("to be undone once the other organisation approves", "待另一方批准后撤销终止")
    desk.screen.done(f"{number}: {said}", {"ended": number, "undone": approve})
