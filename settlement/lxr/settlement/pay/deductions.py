"""Deductions from the offices' side: the treasurer orders, the employer's signer approves, everybody sees what is open.

Every command bears an id that follows from the order's number, so that the same call again does nothing twice.
"""

from datetime import date, timedelta
from typing import Final, Literal

from msgspec import Struct

from lxr.chaincode.days import day_of
from lxr.chaincode.deductions import (
    ApproveDeduction,
    CancelDeduction,
    DeductionAnswer,
    OrderDeduction,
    deduction_digest,
)
from lxr.chaincode.runs import DeductionKind, DeductionOrder, DeductionState, Recovery, deduction_orders
from lxr.node.client import Client
from lxr.settlement import request_ids
from lxr.settlement.lookups import submit_own

OrderedKind = Literal["tax", "insurance"]
OPEN: Final = (DeductionState.PROPOSED, DeductionState.APPROVED)


class DeductionView(Struct, frozen=True, forbid_unknown_fields=True):
    """One order. taken_fen: of its amount, so far. from_day: runs opened on that day or later take it, once approved.

    basis: the provision or ruling. document: the blinded digest of the notice. reason: of the cancellation.
    recovery: of what was overpaid.
    """

    order: str
    employer: str
    worker: str
    kind: DeductionKind
    amount_fen: int
    taken_fen: int
    state: DeductionState
    from_day: date | None
    basis: str
    document: str
    reason: str | None
    recovery: Recovery | None


def order(
    treasurer: Client, number: str, worker: str, kind: OrderedKind, amount_fen: int, basis: str, document: str
) -> DeductionAnswer:
    """Propose a deduction; the employer's signer approves it. Refuses: as OrderDeduction."""
    command = OrderDeduction(
        request_id=request_ids.deduction(number),
        order=number,
        worker=worker,
        kind=kind,
        amount_fen=amount_fen,
        basis=basis,
        document=document,
    )
    return submit_own(treasurer, command)


def approve(signer: Client, number: str) -> DeductionAnswer:
    """Approve a deduction as it stands on the ledger. Refuses: Unknown; as ApproveDeduction."""
    found = signer.need(deduction_orders, number)
    content = deduction_digest(number, found)
    command = ApproveDeduction(
        request_id=request_ids.deduction_approval(number), employer=found.employer, order=number, digest=content
    )
    return submit_own(signer, command)


def cancel(treasurer: Client, number: str, reason: str) -> DeductionAnswer:
    """End a deduction for good. Refuses: as CancelDeduction."""
    command = CancelDeduction(request_id=request_ids.deduction_end(number), order=number, reason=reason)
    return submit_own(treasurer, command)


def deductions_of(
    client: Client, *, employer: str | None = None, worker: str | None = None, ended: bool = False
) -> tuple[DeductionView, ...]:
    """Return the orders for an employer's workers, or for one worker, by number.

    ended: those too that take nothing more.
    """
    return tuple(
        _view(key[0], found)
        for key, found in client.scan(deduction_orders)
        if employer in (None, found.employer)
        and worker in (None, found.worker)
        and (ended or (found.state in OPEN and found.taken_fen < found.amount_fen))
    )


def _view(number: str, found: DeductionOrder) -> DeductionView:
    return DeductionView(
        order=number,
        employer=found.employer,
        worker=found.worker,
        kind=found.kind,
        amount_fen=found.amount_fen,
        taken_fen=found.taken_fen,
        state=found.state,
        from_day=None if found.approved_ms is None else day_of(found.approved_ms) + timedelta(days=1),
        basis=found.basis,
        document=found.document,
        reason=found.reason,
        recovery=found.recovery,
    )
