"""Cash-out from the treasury's side: hold what is to leave, reissue what came back. `instruction` has the bank's file.

Every command bears an id that follows from what it does, so that the same call again finishes a broken-off job.
"""

from collections.abc import Iterable
from itertools import count
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode.cashout import CancelCashOut, OpenCashOut
from lxr.chaincode.cashout_holds import HoldShards, ReleaseShards
from lxr.chaincode.cashout_records import (
    CashOut,
    CashOutShard,
    CashOutState,
    PaymentOrderState,
    Scope,
    cash_out_shards,
    cash_outs,
    file_place,
    payment_orders,
    tag_of,
    tags,
)
from lxr.chaincode.days import day_of
from lxr.chaincode.parameter_refusals import ParameterMissing
from lxr.chaincode.parameters import parameters, value_on
from lxr.chaincode.refusals import NothingToPayOut, WrongState
from lxr.chaincode.things import Thing
from lxr.chaincode.workers import workers
from lxr.node.client import Client
from lxr.node.progress import Progress
from lxr.node.said import Said
from lxr.settlement import request_ids
from lxr.settlement.errors import InputFault
from lxr.settlement.lookups import account_fen, paid_to, submit_own
from lxr.settlement.people.person import Person
from lxr.settlement.permissions import gives
from lxr.settlement.shard_groups import HELD_BYTES, work_through
from lxr.settlement.waves import Waves, alone, sending
from lxr.token.accounts import PLATFORM_ACCOUNTS, account

if TYPE_CHECKING:
    from lxr.settlement.people.store import People

RETRIABLE: Final = (PaymentOrderState.RETURNED, PaymentOrderState.REJECTED)


class CashOutReport(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a cash-out stands. held: how many of its shards are held. orders, total_fen: one payment each, and all.

    without_payee: of one of the platform: what it leaves where it is, by kind, for want of an approved payee.
    """

    cashout: str
    scope: Scope
    state: CashOutState
    custody: str
    run: str | None
    shards: int
    held: int
    orders: int
    total_fen: int
    without_payee: dict[str, int] = {}


class OrderView(Struct, frozen=True, forbid_unknown_fields=True):
    """One payment. account: the LXR account it is taken from; worker: whose that is, None for the platform's.

    booking: the line of the bank's statement that paid it, as 2026-09-16/B1. reason: the bank's, of a return or a
    rejection.
    """

    order: str
    account: str
    worker: str | None
    shard: int
    amount_fen: int
    payee_commitment: str
    state: PaymentOrderState
    booking: str | None
    reason: str | None


@gives(OpenCashOut)
def open_cash_out(
    treasurer: Client,
    number: str,
    custody: str,
    *,
    run: str | None = None,
    employer: str | None = None,
    workers: Iterable[str] = (),
    platform: bool = False,
    retry_of: str | None = None,
    progress: Progress | None = None,
) -> CashOutReport:
    """Open a cash-out and hold all its shards: of a run's wages, of the platform, or of what came back of an employer's
    workers, of some or of all.

    Refuses: as OpenCashOut and HoldShards; SameIdOtherBody where the number is that of another; for the platform
    also NothingToPayOut, and ParameterMissing with the payees that have no approved account.
    """
    if platform:
        _refuse_idle_platform(treasurer, number)
    crew = tuple(sorted(set(workers)))
    scope: Scope = "platform" if platform else "run" if run else "workers" if crew else "all"
    command = OpenCashOut(
        request_id=request_ids.cash_out(number),
        cashout=number,
        custody=custody,
        scope=scope,
        employer=employer,
        run=run,
        workers=crew,
        retry_of=retry_of,
    )
    report = alone(opening(treasurer, command, progress))
    return replace(report, without_payee=_without_payee(treasurer)) if platform else report


def opening(treasurer: Client, command: OpenCashOut, progress: Progress | None = None) -> Waves[CashOutReport]:
    """Open a cash-out and hold all its shards. Refuses: as OpenCashOut and HoldShards."""
    yield from sending(treasurer, command)
    return (yield from holding(treasurer, command.cashout, progress))


def holding(treasurer: Client, number: str, progress: Progress | None = None) -> Waves[CashOutReport]:
    """Hold the shards of an open cash-out that are not held yet. Refuses: Unknown, ParameterMissing."""
    head = treasurer.need(cash_outs, number)
    if head.state is CashOutState.OPEN:
        yield from work_through(
            treasurer,
            head.employer,
            lambda: _not_held(treasurer, number, head),
            HELD_BYTES,
            request_ids.hold(number),
            lambda request, shards: HoldShards(request_id=request, cashout=number, shards=shards),
            progress,
        )
    return cash_out_status(treasurer, number)


@gives(CancelCashOut)
def cancel(treasurer: Client, number: str) -> CashOutReport:
    """Cancel a cash-out that the bank has not accepted, and give its holds back. Refuses: Unknown, WrongState."""
    if treasurer.need(cash_outs, number).state is not CashOutState.CANCELLED:
        submit_own(treasurer, CancelCashOut(request_id=request_ids.cancelling(number), cashout=number))
    head = treasurer.need(cash_outs, number)
    alone(
        work_through(
            treasurer,
            head.employer,
            lambda: _held(treasurer, number, head),
            HELD_BYTES,
            request_ids.release(number),
            lambda request, shards: ReleaseShards(request_id=request, cashout=number, shards=shards),
        )
    )
    return cash_out_status(treasurer, number)


@gives(OpenCashOut)
def reissue(treasurer: Client, people: "People", order: str, *, custody: str | None = None) -> CashOutReport:
    """Open a new cash-out for the worker of an order that came back or was rejected; then `instruct` it.

    It takes all that came back of the worker's, under a new end-to-end id. custody: another account than the order's.
    Raises InputFault: the account kept for the worker is not the one that the worker approved; PeopleFault: unknown.
    Refuses: Unknown, WrongState, NothingToPayOut (the money has left again already).
    """
    found = treasurer.need(payment_orders, order)
    number = found.worker
    if number is None:
        problem = Said("pays {account}, which is the platform's", account=found.account)
        raise InputFault(
            file=Said("order {order}", order=order), problem=problem, expected="a new cash-out of the platform instead"
        )
    if found.state not in RETRIABLE:
        raise WrongState(what=Thing.PAYMENT_ORDER, number=order, state=found.state, needed=tuple(RETRIABLE))
    worker = treasurer.need(workers, number)
    refuse_other_account(Said("order {order}", order=order), people.get(number), paid_to(treasurer, number))
    retry = usable_number(treasurer, f"CR{order}")
    if treasurer.get(cash_outs, retry) is None and not account_fen(treasurer, found.comes_back_to):
        raise NothingToPayOut(cashout=retry)
    return open_cash_out(
        treasurer,
        retry,
        custody or treasurer.need(cash_outs, found.cashout).custody,
        employer=worker.employer,
        workers=[number],
        retry_of=order,
    )


def orders_of(client: Client, cashout: str) -> tuple[OrderView, ...]:
    """Return the orders of a cash-out's held shards, shard by shard. Refuses: Unknown."""
    head = client.need(cash_outs, cashout)
    numbers = [number for record in _records(client, cashout, head).values() if record for number in record.orders]
    found = client.get_each(payment_orders, [(number,) for number in numbers])
    views = []
    for number, order in zip(numbers, found, strict=True):
        assert order is not None
        views.append(
            OrderView(
                order=number,
                account=order.account,
                worker=order.worker,
                shard=order.shard,
                amount_fen=order.amount_fen,
                payee_commitment=order.payee_commitment,
                state=order.state,
                booking=order.booking,
                reason=order.reason,
            )
        )
    return tuple(views)


def message_of(head: CashOut, shard: int) -> str | None:
    """Return the id of the bank's file that pays a shard; None: none is stated."""
    place = file_place(head, shard)
    return None if place is None else head.files[place].message_id


def cash_out_status(client: Client, number: str) -> CashOutReport:
    """Where a cash-out stands. Refuses: Unknown."""
    head = client.need(cash_outs, number)
    held = [record for record in _records(client, number, head).values() if record is not None]
    return CashOutReport(
        cashout=number,
        scope=head.scope,
        state=head.state,
        custody=head.custody,
        run=head.run,
        shards=len(head.shards),
        held=len(held),
        orders=sum(len(record.orders) for record in held),
        total_fen=sum(record.total_fen for record in held),
    )


def usable_number(client: Client, base: str) -> str:
    """Return base, or base-2, base-3 … where those before were cancelled, or another cash-out has their tag."""
    for attempt in count(1):
        number = base if attempt == 1 else f"{base}-{attempt}"
        head, tagged = client.get(cash_outs, number), client.get(tags, tag_of(number))
        if head is None and (tagged is None or tagged.cashout == number):
            break
        if head is not None and head.state is not CashOutState.CANCELLED:
            break
    return number


def _not_held(client: Client, number: str, head: CashOut) -> list[int]:
    """Return the shards of a cash-out that are not held yet."""
    return [shard for shard, record in _records(client, number, head).items() if record is None]


def _held(client: Client, number: str, head: CashOut) -> list[int]:
    """Return the shards of a cash-out that are held and not released."""
    return [shard for shard, record in _records(client, number, head).items() if record and not record.released]


def _records(client: Client, number: str, head: CashOut) -> dict[int, CashOutShard | None]:
    """Return what a cash-out holds of each of its shards; None: nothing yet."""
    found = client.get_each(cash_out_shards, [(number, shard) for shard in head.shards])
    return dict(zip(head.shards, found, strict=True))


def _refuse_idle_platform(treasurer: Client, number: str) -> None:
    """Look whether a cash-out of the platform would pay anybody. Refuses: NothingToPayOut, ParameterMissing."""
    if treasurer.get(cash_outs, number) is not None:
        return  # the same again goes on with what it holds
    day = day_of(treasurer.now_ms())
    without, payable = _without_payee(treasurer), False
    for kind in PLATFORM_ACCOUNTS:
        name = f"payee.{kind}"
        payee = treasurer.get(parameters, name)
        if payee is not None:
            value_on(payee, name, day)  # holding would be refused for it, and the cash-out be left open
            payable |= account_fen(treasurer, account(kind, "union")) > 0
    if payable:
        return
    if without:
        raise ParameterMissing(parameter=tuple(f"payee.{kind}" for kind in without), day=day.isoformat())
    raise NothingToPayOut(cashout=number)


def _without_payee(client: Client) -> dict[str, int]:
    """What the platform holds of each kind that has no approved payee, and so leaves with no cash-out: fen by kind."""
    found = {
        str(kind): account_fen(client, account(kind, "union"))
        for kind in PLATFORM_ACCOUNTS
        if client.get(parameters, f"payee.{kind}") is None
    }
    return {kind: fen for kind, fen in found.items() if fen}


def refuse_other_account(place: Said, person: Person, payee_commitment: str) -> None:
    """Raise InputFault: the account kept for a person is not the one behind the ledger's commitment."""
    if person.payee_commitment != payee_commitment:
        problem = Said("the account kept for {worker} is not the one that was approved", worker=person.worker)
        raise InputFault(file=place, problem=problem, expected="the account behind the ledger's commitment")
