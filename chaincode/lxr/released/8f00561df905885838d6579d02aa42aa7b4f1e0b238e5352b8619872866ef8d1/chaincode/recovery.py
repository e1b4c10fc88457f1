"""How what was overpaid is recovered from later pay: by a plan that the worker signed, or by a court's order.

Wages may not be docked (劳动法 art. 50, 工资支付暂行规定 art. 15), so nothing else takes it: not the union's word,
nor the employer's, nor both together. An order names one pay period of one terms. Of a pay line it takes no more than
the most that it names, its share of the gross, what is still overpaid of the period, and what the minimum wage leaves
(工资支付暂行规定 art. 16); no run takes it that was opened on the day on which it became good, or before.
"""

from datetime import date
from typing import Annotated, Final

from msgspec import Meta

from ..token.fen import SomeFen
from .caller import ADMINS, EMPLOYER, REGULATOR
from .command import Command, handles
from .days import day_of
from .deductions import DeductionAnswer, approved, cancelled, deduction_digest, put_order, refuse_full
from .ledger_id import ledger_id
from .parameters import parameter_on
from .refusals import Exists, FiguresDiffer, NotAParty, NotYours, NumberForeign, SignatureWrong, WrongState
from .runs import (
    NOTHING_EARNED,
    DeductionOrder,
    DeductionState,
    Recovery,
    deduction_orders,
    deductions,
    earned,
)
from .things import Standing, Thing
from .types import Digest, EmployerNo, Record, RecoveryNo, Signature, TermsNo, Text, WorkerNo
from .workers import key_on, workers
from .world import World

SHARE: Final = "recovery.share_bp"
WITHDRAWN: Final = "withdrawn"


class RecoveryPlan(Record, frozen=True):
    """What a worker signs: so much of what I was overpaid in that period may be kept back from my later pay."""

    ledger: Digest
    recovery: RecoveryNo
    worker: WorkerNo
    terms: TermsNo
    start: date
    amount_fen: SomeFen
    most_fen: SomeFen
    share_bp: int
    basis: Text
    document: Digest
    message: str = "recovery"


class RecoveryEnd(Record, frozen=True):
    """What a worker signs to withdraw a plan. digest: see `deduction_digest`."""

    ledger: Digest
    worker: WorkerNo
    recovery: RecoveryNo
    digest: Digest
    message: str = "end of recovery"


class ProposeRecovery(Command[DeductionAnswer], frozen=True, kw_only=True, tag="recovery.propose"):
    """Ask for what was overpaid to be recovered from later pay.

    start: of the pay period. most_fen, share_bp: of one pay line, the second in basis points of its gross. basis: the
    agreement, or the order or award. document: its blinded digest. signature: of the worker over the RecoveryPlan,
    which makes it good at once; without one it is a court's order, and waits for the regulator's approval.
    """

    employer: EmployerNo
    recovery: RecoveryNo
    worker: WorkerNo
    terms: TermsNo
    start: date
    amount_fen: SomeFen
    most_fen: SomeFen
    share_bp: Annotated[int, Meta(ge=1, le=10_000)]
    basis: Text
    document: Digest
    signature: Signature | None = None


class ApproveRecovery(Command[DeductionAnswer], frozen=True, kw_only=True, tag="recovery.approve"):
    """Say that a court's order is what it is said to be. digest: of all of it, see `deduction_digest`."""

    recovery: RecoveryNo
    digest: Digest


class CancelRecovery(Command[DeductionAnswer], frozen=True, kw_only=True, tag="recovery.cancel"):
    """End a recovery for good: by the employer, whose claim it is; a court's order by the regulator too."""

    recovery: RecoveryNo
    reason: Text


class WithdrawRecovery(Command[DeductionAnswer], frozen=True, kw_only=True, tag="recovery.withdraw"):
    """End a plan by the worker's signature, whoever carries it.

    A plan keeps wages back by the worker's consent alone, and for as long as it lasts (劳动法 art. 50). What was taken
    stays taken, and the rest stays owed: the employer can go to court for it.
    """

    recovery: RecoveryNo
    signature: Signature


def recoverable_fen(order: DeductionOrder, over_fen: int, gross_fen: int, least_fen: int, recovered_fen: int) -> int:
    """Return what an order can take of a pay line, 0..gross_fen.

    over_fen: what is still overpaid of its period. least_fen: what the line must leave. recovered_fen: what other
    orders have recovered of the line: the bounds are for all of them together.
    """
    recovery = order.recovery
    assert recovery is not None
    share_fen = gross_fen * recovery.share_bp // 10_000
    bound_fen = min(share_fen, gross_fen - least_fen) - recovered_fen
    return max(0, min(order.amount_fen - order.taken_fen, recovery.most_fen, over_fen, bound_fen))


@handles(ProposeRecovery, "employer/signer")
def propose_recovery(world: World, command: ProposeRecovery) -> DeductionAnswer:
    """Propose a recovery.

    Refuses: Unknown, ParameterMissing, NumberForeign, NotYours, Exists, FiguresDiffer, SignatureWrong, TooLarge.
    """
    # READ
    worker = world.need(workers, command.worker)
    there = world.get(deduction_orders, command.recovery)
    period = world.get(earned, worker.employer, worker.shard, command.terms, command.start)
    record = world.get(deductions, worker.employer, worker.shard)
    share_bp = parameter_on(world, SHARE, day_of(world.at_ms))
    ledger = ledger_id(world)
    # REFUSE
    if not command.recovery.startswith(f"R{command.employer}-"):
        raise NumberForeign(what=Thing.RECOVERY, number=command.recovery, employer=command.employer)
    if worker.employer != command.employer:
        raise NotYours(case="caller", employer=worker.employer, caller=str(world.caller))
    if there is not None:
        raise Exists(what=Thing.RECOVERY, number=command.recovery)
    over_fen = period.workers.get(command.worker, NOTHING_EARNED).over_fen if period else 0
    if command.amount_fen > over_fen:
        raise FiguresDiffer(
            case="overpaid",
            worker=command.worker,
            terms=command.terms,
            start=command.start.isoformat(),
            there_fen=over_fen,
            given_fen=command.amount_fen,
        )
    refuse_full(record, command.worker)
    if command.signature is not None:
        if command.share_bp > share_bp:
            raise FiguresDiffer(case="share", most_bp=share_bp, given_bp=command.share_bp)
        day = day_of(world.at_ms)
        if not world.signed(key_on(worker, day), command.signature, plan_of(command, ledger)):
            raise SignatureWrong(case="plan", worker=command.worker, recovery=command.recovery)
    # COMPUTE
    by_court = command.signature is None
    order = DeductionOrder(
        employer=command.employer,
        shard=worker.shard,
        worker=command.worker,
        kind="overpaid",
        amount_fen=command.amount_fen,
        basis=command.basis,
        document=command.document,
        state=DeductionState.PROPOSED if by_court else DeductionState.APPROVED,
        proposed_ms=world.at_ms,
        approved_ms=None if by_court else world.at_ms,
        recovery=Recovery(command.terms, command.start, command.most_fen, command.share_bp, by_court),
    )
    # WRITE: from here on it must succeed
    return put_order(world, command.recovery, order, record)


@handles(ApproveRecovery, f"{REGULATOR}/admin")
def approve_recovery(world: World, command: ApproveRecovery) -> DeductionAnswer:
    """Approve a court's order. Refuses: Unknown, WrongState, HashDiffers, TooLarge."""
    # READ
    order = world.need(deduction_orders, command.recovery)
    record = world.get(deductions, order.employer, order.shard)
    # REFUSE
    now = approved(world, command.recovery, order, command.digest, record)
    # WRITE: from here on it must succeed
    return put_order(world, command.recovery, now, record)


@handles(CancelRecovery, "employer/signer", f"{REGULATOR}/admin")
def cancel_recovery(world: World, command: CancelRecovery) -> DeductionAnswer:
    """Cancel a recovery. Refuses: Unknown, NotYours, NotAParty, WrongState."""
    # READ
    order = world.need(deduction_orders, command.recovery)
    record = world.get(deductions, order.employer, order.shard)
    # REFUSE
    assert order.recovery is not None
    if world.caller.organisation == EMPLOYER and world.caller.employer != order.employer:
        raise NotYours(case="caller", employer=order.employer, caller=str(world.caller))
    if world.caller.organisation == REGULATOR and not order.recovery.by_court:
        raise NotAParty(organisation=REGULATOR, what=Thing.RECOVERY, number=command.recovery)
    now = cancelled(command.recovery, order, command.reason)
    # WRITE: from here on it must succeed
    return put_order(world, command.recovery, now, record)


@handles(WithdrawRecovery, "union/operator", "employer/signer", *ADMINS)
def withdraw_recovery(world: World, command: WithdrawRecovery) -> DeductionAnswer:
    """Withdraw a plan. Refuses: Unknown, WrongState, SignatureWrong."""
    # READ
    order = world.need(deduction_orders, command.recovery)
    worker = world.need(workers, order.worker)
    record = world.get(deductions, order.employer, order.shard)
    ledger = ledger_id(world)
    # REFUSE
    assert order.recovery is not None
    if order.recovery.by_court:
        raise WrongState(
            what=Thing.RECOVERY, number=command.recovery, state=Standing.BY_COURT, needed=(Standing.BY_PLAN,)
        )
    now = cancelled(command.recovery, order, WITHDRAWN)
    message = RecoveryEnd(ledger, order.worker, command.recovery, deduction_digest(command.recovery, order))
    if not world.signed(key_on(worker, day_of(world.at_ms)), command.signature, message):
        raise SignatureWrong(case="plan_withdrawal", worker=order.worker, recovery=command.recovery)
    # WRITE: from here on it must succeed
    return put_order(world, command.recovery, now, record)


def plan_of(command: ProposeRecovery, ledger: str) -> RecoveryPlan:
    """Return the plan that the worker signs for this command."""
    return RecoveryPlan(
        ledger=ledger,
        recovery=command.recovery,
        worker=command.worker,
        terms=command.terms,
        start=command.start,
        amount_fen=command.amount_fen,
        most_fen=command.most_fen,
        share_bp=command.share_bp,
        basis=command.basis,
        document=command.document,
    )
