"""What was overpaid, and how it is recovered, from the offices' side.

The employer's signer proposes; a plan bears the worker's signature, a court's order is approved by the regulator. Every
command bears an id that follows from the recovery's number, so that the same call again does nothing twice.
"""

from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode.deductions import DeductionAnswer, deduction_digest
from lxr.chaincode.parameters import parameters, value_on
from lxr.chaincode.recovery import SHARE, ApproveRecovery, CancelRecovery, ProposeRecovery
from lxr.chaincode.runs import deduction_orders, earned
from lxr.node.client import Client
from lxr.settlement import request_ids
from lxr.settlement.lookups import get_workers, ledger_of, submit_own
from lxr.settlement.work.signing import PrivateKey, sign_plan, sign_recovery_end


class Overpaid(Struct, frozen=True, forbid_unknown_fields=True):
    """What a worker was paid too much in one pay period, and has not given back."""

    worker: str
    terms: str
    start: date
    over_fen: int


def overpaid_of(client: Client, employer: str) -> tuple[Overpaid, ...]:
    """Return what an employer's workers were paid too much, by worker and period."""
    found = [
        Overpaid(worker, key[2], date.fromisoformat(key[3]), record.over_fen)
        for key, period in client.scan(earned)
        if key[0] == employer
        for worker, record in period.workers.items()
        if record.over_fen
    ]
    return tuple(sorted(found, key=lambda each: (each.worker, each.start, each.terms)))


def share_bp(client: Client, day: date) -> int:
    """Return what part of a pay line recoveries take at most on a day: basis points. Refuses: ParameterMissing."""
    return int(value_on(client.get(parameters, SHARE), SHARE, day))


def propose(
    signer: Client,
    number: str,
    overpaid: Overpaid,
    *,
    most_fen: int,
    share_bp: int,
    basis: str,
    document: str,
    private_key: PrivateKey | None,
) -> DeductionAnswer:
    """Propose a recovery of what overpaid says. private_key: the worker's, for a plan; None: by a court's order.

    Refuses: Unknown; as ProposeRecovery.
    """
    command = ProposeRecovery(
        request_id=request_ids.recovery(number),
        employer=get_workers(signer, [overpaid.worker])[overpaid.worker].employer,
        recovery=number,
        worker=overpaid.worker,
        terms=overpaid.terms,
        start=overpaid.start,
        amount_fen=overpaid.over_fen,
        most_fen=most_fen,
        share_bp=share_bp,
        basis=basis,
        document=document,
    )
    if private_key is not None:
        command = replace(command, signature=sign_plan(private_key, ledger_of(signer), command))
    return submit_own(signer, command)


def approve(admin: Client, number: str) -> DeductionAnswer:
    """Approve a court's order as it stands on the ledger. Refuses: Unknown; as ApproveRecovery."""
    seen = deduction_digest(number, admin.need(deduction_orders, number))
    command = ApproveRecovery(request_id=request_ids.recovery_approval(number), recovery=number, digest=seen)
    return submit_own(admin, command)


def cancel(by: Client, number: str, reason: str) -> DeductionAnswer:
    """End a recovery for good. Refuses: as CancelRecovery."""
    command = CancelRecovery(request_id=request_ids.recovery_end(number), recovery=number, reason=reason)
    return submit_own(by, command)


def withdraw(operator: Client, number: str, private_key: PrivateKey) -> DeductionAnswer:
    """Send the worker's word that a plan ends. Refuses: Unknown; as WithdrawRecovery."""
    order = operator.need(deduction_orders, number)
    seen = deduction_digest(number, order)
    command = sign_recovery_end(private_key, ledger_of(operator), order.worker, number, seen)
    return submit_own(operator, command)
