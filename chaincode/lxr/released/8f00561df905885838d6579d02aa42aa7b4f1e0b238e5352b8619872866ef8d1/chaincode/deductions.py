"""Deductions: tax or personal insurance that law has the payer keep back, by word of the union and of the employer.

The treasurer proposes an order, the employer's signer approves it. No run takes it that was opened on the day of the
approval or before, so the worker can see it at least since the day before the run is opened.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta
from msgspec.structs import replace

from .command import Command, handles
from .days import day_of
from .refusals import Exists, HashDiffers, NotYours, NumberForeign, TooLarge, WrongState
from .runs import (
    DEDUCTION_MOVES,
    DeductionOrder,
    Deductions,
    DeductionState,
    Run,
    deduction_orders,
    deductions,
)
from .things import Thing
from .types import DeductionNo, Digest, EmployerNo, Record, Text, WorkerNo, digest
from .workers import workers
from .world import Reads, World, reading_many

OPEN_MAX: Final = 10
"""The most open orders of one worker."""
DEDUCTION_MAX_FEN: Final = 10**7
"""100,000 yuan: more than a month's tax or insurance of anybody who is paid here."""


class DeductionAnswer(Record, frozen=True):
    """Where the order now stands."""

    order: str
    state: DeductionState


class OrderDeduction(Command[DeductionAnswer], frozen=True, kw_only=True, tag="payroll.order_deduction"):
    """Propose that tax or personal insurance is kept back from a worker's pay (工资支付暂行规定 art. 15).

    basis: the provision or ruling that asks for it. document: the hash of the notice.
    """

    order: DeductionNo
    worker: WorkerNo
    kind: Literal["tax", "insurance"]
    amount_fen: Annotated[int, Meta(ge=1, le=DEDUCTION_MAX_FEN)]
    basis: Text
    document: Digest


class ApproveDeduction(Command[DeductionAnswer], frozen=True, kw_only=True, tag="payroll.approve_deduction"):
    """Approve an order for the employer whose worker it is about. digest: of all of it, see `deduction_digest`."""

    employer: EmployerNo
    order: DeductionNo
    digest: Digest


class CancelDeduction(Command[DeductionAnswer], frozen=True, kw_only=True, tag="payroll.cancel_deduction"):
    """End an order for good: what it has not taken yet stays with the worker, also after a run is taken back."""

    order: DeductionNo
    reason: Text


def deduction_digest(number: str, order: DeductionOrder) -> str:
    """Return the digest of what an order orders, which whoever approves it signs."""
    content = (order.employer, order.worker, order.kind, order.amount_fen, order.basis, order.document, order.recovery)
    return digest((number, *content))


def reading_due(run: Run, record: Deductions | None) -> Reads[dict[str, DeductionOrder]]:
    """Come to those of a shard's open orders that the run takes, by number: approved before the day it was opened."""
    numbers = sorted(number for some in record.workers.values() for number in some) if record else []
    opened = day_of(run.opened_ms)
    due: dict[str, DeductionOrder] = {}
    found = yield from reading_many(deduction_orders, [(each,) for each in numbers])
    for number, order in zip(numbers, found, strict=True):
        assert order is not None
        assert order.approved_ms is not None
        if day_of(order.approved_ms) < opened:
            due[number] = order
    return due


def with_orders(record: Deductions | None, changed: Mapping[str, DeductionOrder]) -> Deductions:
    """Return the open orders of a shard after some have changed."""
    found = {worker: set(numbers) for worker, numbers in record.workers.items()} if record else {}
    for number, order in changed.items():
        numbers = found.setdefault(order.worker, set())
        numbers.discard(number)
        if order.is_open:
            numbers.add(number)
    return Deductions({worker: tuple(sorted(numbers)) for worker, numbers in found.items() if numbers})


def refuse_full(record: Deductions | None, worker: str) -> None:
    """No worker has so many open orders that a shard with them could not be priced. Refuses: TooLarge."""
    if record is not None and len(record.workers.get(worker, ())) >= OPEN_MAX:
        raise TooLarge(case="deductions", worker=worker, limit=OPEN_MAX)


def approved(world: World, number: str, order: DeductionOrder, seen: str, record: Deductions | None) -> DeductionOrder:
    """Return a proposed order as approved now by the digest of it. record: its shard's open orders.

    Refuses: WrongState, HashDiffers, TooLarge.
    """
    if order.state is not DeductionState.PROPOSED:
        raise WrongState(what=Thing.DEDUCTION, number=number, state=order.state, needed=(DeductionState.PROPOSED,))
    if seen != deduction_digest(number, order):
        raise HashDiffers(what=Thing.DEDUCTION, number=number)
    refuse_full(record, order.worker)
    return replace(order, state=DeductionState.APPROVED, approved_ms=world.at_ms)


def cancelled(number: str, order: DeductionOrder, reason: str) -> DeductionOrder:
    """Return an order as ended for good. Refuses: WrongState."""
    if DeductionState.CANCELLED not in DEDUCTION_MOVES[order.state]:
        needed = (DeductionState.PROPOSED, DeductionState.APPROVED)
        raise WrongState(what=Thing.DEDUCTION, number=number, state=order.state, needed=needed)
    return replace(order, state=DeductionState.CANCELLED, reason=reason)


def put_order(world: World, number: str, order: DeductionOrder, record: Deductions | None) -> DeductionAnswer:
    """Write an order that has changed, and the list of its shard where that changes with it."""
    world.put(deduction_orders, order, number)
    listed = with_orders(record, {number: order})
    if listed != (record or Deductions({})):
        world.put(deductions, listed, order.employer, order.shard)
    return DeductionAnswer(number, order.state)


@handles(OrderDeduction, "union/treasurer")
def order_deduction(world: World, command: OrderDeduction) -> DeductionAnswer:
    """Propose a deduction. Refuses: Unknown, Exists, NumberForeign."""
    # READ
    worker = world.need(workers, command.worker)
    there = world.get(deduction_orders, command.order)
    # REFUSE
    if there is not None:
        raise Exists(what=Thing.DEDUCTION, number=command.order)
    if not command.order.startswith(f"D{worker.employer}-"):
        raise NumberForeign(what=Thing.DEDUCTION, number=command.order, employer=worker.employer)
    # WRITE: from here on it must succeed
    order = DeductionOrder(
        employer=worker.employer,
        shard=worker.shard,
        worker=command.worker,
        kind=command.kind,
        amount_fen=command.amount_fen,
        basis=command.basis,
        document=command.document,
        state=DeductionState.PROPOSED,
        proposed_ms=world.at_ms,
    )
    return put_order(world, command.order, order, None)


@handles(ApproveDeduction, "employer/signer")
def approve_deduction(world: World, command: ApproveDeduction) -> DeductionAnswer:
    """Approve a deduction. Refuses: Unknown, NotYours, WrongState, HashDiffers, TooLarge."""
    # READ
    order = world.need(deduction_orders, command.order)
    record = world.get(deductions, order.employer, order.shard)
    # REFUSE
    if order.employer != command.employer:
        raise NotYours(case="caller", employer=order.employer, caller=str(world.caller))
    now = approved(world, command.order, order, command.digest, record)
    # WRITE: from here on it must succeed
    return put_order(world, command.order, now, record)


@handles(CancelDeduction, "union/treasurer")
def cancel_deduction(world: World, command: CancelDeduction) -> DeductionAnswer:
    """Cancel a deduction. Refuses: Unknown, WrongState."""
    # READ
    order = world.need(deduction_orders, command.order)
    record = world.get(deductions, order.employer, order.shard)
    # REFUSE
    now = cancelled(command.order, order, command.reason)
    # WRITE: from here on it must succeed
    return put_order(world, command.order, now, record)
