"""Cash-out from the treasury's side: hold what is to leave, give the bank one file, reissue what came back.

Every command bears an id that follows from what it does, so that the same call again finishes a broken-off job.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from lxr_chaincode.cashout import CancelCashOut, HoldShard, InstructCashOut, OpenCashOut, ReleaseShard
from lxr_chaincode.cashout_records import CashOut, CashOutState, OrderState, Scope, cash_out_shards, cash_outs, orders
from lxr_chaincode.command import Command
from lxr_chaincode.days import day_of
from lxr_chaincode.refusals import NothingToPayOut, WrongState
from lxr_chaincode.registry import balances, workers
from lxr_node.client import Client
from lxr_settlement.bankfiles import pain001
from lxr_settlement.bankfiles.files import make_folder, write_durably
from lxr_settlement.bankfiles.openings import Instructed as InstructedFiles
from lxr_settlement.bankfiles.openings import Opening, path_beside
from lxr_settlement.bankfiles.pain001 import Party, PaymentOrder, Transfer
from lxr_settlement.errors import InputFault
from lxr_settlement.person import Person
from lxr_token.accounts import HOUSE, Kind
from lxr_token.refusal import Refusal

if TYPE_CHECKING:
    from lxr_settlement.people import People

Progress = Callable[[int, int], None]
"""Called as work goes on: how much is done, of how much."""

BLOCK: Final = 20
"""How many commands are sent at once: enough for few blocks, few enough to show progress."""
MESSAGE_ID_MAX: Final = 35
SHANGHAI: Final = timezone(timedelta(hours=8))
PURPOSES: Final = {Kind.WORKER: "SALA", Kind.FEE: "SCVE", Kind.TAX: "TAXS", Kind.INSURANCE: "INSU"}
"""ISO 20022 external purpose codes: salary, services, tax, insurance premium."""
RETRIABLE: Final = (OrderState.RETURNED, OrderState.REJECTED)


class CashOutReport(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a cash-out stands. held: how many of its shards are held. orders, total_fen: one payment each, and all."""

    cashout: str
    scope: Scope
    state: CashOutState
    custody: str
    run: str | None
    shards: int
    held: int
    orders: int
    total_fen: int


class OrderView(Struct, frozen=True, forbid_unknown_fields=True):
    """One payment. account: the LXR account that it empties; worker: whose that is, None for the house's.

    booking: the bank's reference of the debit that paid it. reason: the bank's, of a return or a rejection.
    """

    order: str
    account: str
    worker: str | None
    shard: int
    amount_fen: int
    payout: str
    state: OrderState
    booking: str | None
    reason: str | None


class Instructed(Struct, frozen=True, forbid_unknown_fields=True):
    """The file that the bank was given."""

    path: Path
    message_id: str
    count: int
    total_fen: int
    file_digest: str


def open_cash_out(
    treasurer: Client,
    number: str,
    custody: str,
    *,
    run: str | None = None,
    employer: str | None = None,
    workers: Iterable[str] = (),
    house: bool = False,
    retry_of: str | None = None,
    progress: Progress | None = None,
) -> CashOutReport:
    """Open a cash-out and hold all its shards: of a run, of some workers of an employer, of all of them, of the house.

    Refuses: as OpenCashOut and HoldShard; SameIdOtherBody where the number is that of another cash-out.
    """
    crew = tuple(sorted(set(workers)))
    scope: Scope = "house" if house else "run" if run else "workers" if crew else "all"
    command = OpenCashOut(
        request_id=f"cashout:{number}",
        cashout=number,
        custody=custody,
        scope=scope,
        employer=employer,
        run=run,
        workers=crew,
        retry_of=retry_of,
    )
    treasurer.submit(command)
    return hold(treasurer, number, progress)


def hold(treasurer: Client, number: str, progress: Progress | None = None) -> CashOutReport:
    """Hold the shards of an open cash-out that are not held yet. Refuses: Unknown, ParameterMissing."""
    head = treasurer.need(cash_outs, number)
    if head.state is CashOutState.OPEN:
        found = treasurer.get_each(cash_out_shards, [(number, shard) for shard in head.shards])
        waiting = [shard for shard, record in zip(head.shards, found, strict=True) if record is None]
        commands = [HoldShard(request_id=f"hold:{number}:{shard}", cashout=number, shard=shard) for shard in waiting]
        submit_all(treasurer, commands, progress)
    return cash_out_status(treasurer, number)


def cancel(treasurer: Client, number: str) -> CashOutReport:
    """Cancel a cash-out that has not left, and give its holds back. Refuses: Unknown, WrongState."""
    if treasurer.need(cash_outs, number).state is not CashOutState.CANCELLED:
        treasurer.submit(CancelCashOut(request_id=f"cancel:{number}", cashout=number))
    head = treasurer.need(cash_outs, number)
    found = treasurer.get_each(cash_out_shards, [(number, shard) for shard in head.shards])
    held = [shard for shard, record in zip(head.shards, found, strict=True) if record and not record.released]
    commands = [ReleaseShard(request_id=f"release:{number}:{shard}", cashout=number, shard=shard) for shard in held]
    submit_all(treasurer, commands)
    return cash_out_status(treasurer, number)


def reissue(treasurer: Client, people: "People", order: str, *, custody: str | None = None) -> CashOutReport:
    """Open a new cash-out for the worker of an order that came back or was rejected; then `instruct` it.

    It takes the worker's whole balance, under a new end-to-end id. custody: another account than the order's.
    Raises InputFault: the account kept for the worker is not the one that the worker approved; PeopleFault: unknown.
    Refuses: Unknown, WrongState, NothingToPayOut (the money has left again already).
    """
    found = treasurer.need(orders, order)
    kind, _, number = found.account.partition(":")
    if kind != Kind.WORKER:
        problem = f"pays {found.account}, which is the house's"
        raise InputFault(file=f"order {order}", problem=problem, expected="a new cash-out of the house instead")
    if found.state not in RETRIABLE:
        raise WrongState(what="order", number=order, state=found.state, needed=" or ".join(RETRIABLE))
    worker = treasurer.need(workers, number)
    _refuse_other_account(f"order {order}", people.get(number), worker.payout)
    retry = usable_number(treasurer, f"CR{order}")
    balance = treasurer.get(balances, found.account)
    if treasurer.get(cash_outs, retry) is None and (balance is None or balance.fen == 0):
        raise NothingToPayOut(cashout=retry)
    return open_cash_out(
        treasurer,
        retry,
        custody or treasurer.need(cash_outs, found.cashout).custody,
        employer=worker.employer,
        workers=[number],
        retry_of=order,
    )


def instruct(
    treasurer: Client,
    people: "People",
    number: str,
    directory: Path,
    debtor: Party,
    now: datetime,
    execution_date: date,
    *,
    house_payees: Mapping[str, Person] | None = None,
) -> Instructed:
    """Record the file on the ledger, then put it into the inbox of the bank in `directory`: openings first.

    The record comes first, because from then on the cash-out can no longer be cancelled: broken off between the two,
    nothing is paid, and the same call again writes the very file that the ledger names. Its bytes follow from the
    cash-out, the debtor and the execution date alone. now: no first instruction bears an earlier execution date.
    house_payees: who gets fee, tax and insurance, by those names; for a cash-out of the house.
    Raises InputFault: an account that is not the one behind the order's commitment, a file that the bank cannot take,
    another file than the ledger names; PeopleFault: unknown person. Refuses: as InstructCashOut.
    """
    head = treasurer.need(cash_outs, number)
    if head.state is CashOutState.CANCELLED:
        raise WrongState(what="cash-out", number=number, state=head.state, needed=CashOutState.OPEN)
    listed = orders_of(treasurer, number)
    if not listed:
        raise NothingToPayOut(cashout=number)
    inbox = directory / "inbox"
    path = inbox / f"{_message_id(number)}.xml"
    total_fen = sum(order.amount_fen for order in listed)
    if head.file_digest is not None and path.exists() and _digest(path.read_bytes()) == head.file_digest:
        return Instructed(path, path.stem, len(listed), total_fen, head.file_digest)
    payees = _payees(number, listed, people, house_payees or {})

    def file_of(day: date) -> bytes:
        return pain001.write(_payment_order(number, head, listed, payees, debtor, day))

    if head.state is CashOutState.OPEN:
        if execution_date < now.date():
            problem = f"the execution date {execution_date} is past"
            raise InputFault(file=path.name, problem=problem, expected=f"{now.date()} or later")
        data = file_of(execution_date)
        make_folder(inbox)
        command = InstructCashOut(
            request_id=f"instruct:{number}",
            cashout=number,
            message_id=path.stem,
            file_digest=_digest(data),
            total_fen=total_fen,
            count=len(listed),
        )
        treasurer.submit(command)
    else:
        data = _instructed_file(path, head, file_of, execution_date)
    openings = [Opening(order.order, order.payout, payees[order.account].salt) for order in listed]
    make_folder(inbox)
    write_durably(path_beside(path), msgspec.json.format(msgspec.json.encode(openings)) + b"\n")
    write_durably(path, data)
    return Instructed(path, path.stem, len(listed), total_fen, _digest(data))


def orders_of(client: Client, cashout: str) -> tuple[OrderView, ...]:
    """The orders of a cash-out's held shards, shard by shard. Refuses: Unknown."""
    head = client.need(cash_outs, cashout)
    shards = client.get_each(cash_out_shards, [(cashout, shard) for shard in head.shards])
    numbers = [number for record in shards if record is not None for number in record.orders]
    found = client.get_each(orders, [(number,) for number in numbers])
    views = []
    for number, order in zip(numbers, found, strict=True):
        assert order is not None
        kind, _, owner = order.account.partition(":")
        views.append(
            OrderView(
                order=number,
                account=order.account,
                worker=owner if kind == Kind.WORKER else None,
                shard=order.shard,
                amount_fen=order.amount_fen,
                payout=order.payout,
                state=order.state,
                booking=order.booking,
                reason=order.reason,
            )
        )
    return tuple(views)


def cash_out_status(client: Client, number: str) -> CashOutReport:
    """Where a cash-out stands. Refuses: Unknown."""
    head = client.need(cash_outs, number)
    found = client.get_each(cash_out_shards, [(number, shard) for shard in head.shards])
    held = [record for record in found if record is not None]
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


def instructed_files(client: Client) -> InstructedFiles:
    """What the bank asks the ledger about a payout file: nobody who edits it, or its openings, is paid."""

    def commitments(file_digest: str) -> dict[str, str] | None:
        for key, head in client.scan(cash_outs):
            if head.state is CashOutState.INSTRUCTED and head.file_digest == file_digest:
                return {order.order: order.payout for order in orders_of(client, key[0])}
        return None

    return commitments


def usable_number(client: Client, base: str) -> str:
    """base, or base-2, base-3 … where the ones before it were cancelled."""
    for attempt in count(1):
        number = base if attempt == 1 else f"{base}-{attempt}"
        head = client.get(cash_outs, number)
        if head is None or head.state is not CashOutState.CANCELLED:
            break
    return number


def submit_all(client: Client, commands: Sequence[Command], progress: Progress | None = None) -> None:
    """Commands of which none needs another, some at a time. Raises the first refusal, after which no more are sent."""
    for start in range(0, len(commands), BLOCK):
        for answer in client.submit_many(commands[start : start + BLOCK]):
            if isinstance(answer, Refusal):
                raise answer
        if progress is not None:
            progress(min(start + BLOCK, len(commands)), len(commands))


def _payees(
    number: str, listed: Sequence[OrderView], people: "People", house: Mapping[str, Person]
) -> dict[str, Person]:
    """Who gets each order's money, by LXR account; every one of them behind the order's commitment."""
    persons = people.get_many(order.worker for order in listed if order.worker)
    payees: dict[str, Person] = {}
    for order in listed:
        if order.worker is None:
            name = order.account.partition(":")[0]
            if name not in house:
                expected = f"the payees of {', '.join(HOUSE)}"
                raise InputFault(file=f"cash-out {number}", field=name, problem="no payee is given", expected=expected)
            payees[order.account] = house[name]
        else:
            payees[order.account] = persons[order.worker]
        _refuse_other_account(f"cash-out {number}, order {order.order}", payees[order.account], order.payout)
    return payees


def _refuse_other_account(place: str, person: Person, payout: str) -> None:
    if person.payout != payout:
        problem = f"the account kept for {person.worker} is not the one that was approved"
        raise InputFault(file=place, problem=problem, expected="the account behind the ledger's commitment")


def _message_id(number: str) -> str:
    return number if len(number) <= MESSAGE_ID_MAX else f"C{_digest(number.encode())[:30].upper()}"


def _payment_order(
    number: str, head: CashOut, listed: Sequence[OrderView], payees: Mapping[str, Person], debtor: Party, day: date
) -> PaymentOrder:
    def transfer(order: OrderView) -> Transfer:
        payee, kind = payees[order.account], Kind(order.account.partition(":")[0])
        return Transfer(
            end_to_end_id=order.order,
            amount_fen=order.amount_fen,
            creditor_name=payee.name,
            creditor_account=payee.bank_account,
            creditor_bank=payee.bank_code,
            purpose=PURPOSES[kind],
            remittance=f"{'wages' if order.worker else kind} {head.run or number}",
        )

    return PaymentOrder(
        message_id=_message_id(number),
        created_at=datetime.fromtimestamp(head.opened_ms // 1000, SHANGHAI),
        execution_date=day,
        debtor=debtor,
        debtor_account=head.custody,
        transfers=tuple(transfer(order) for order in listed),
    )


def _instructed_file(path: Path, head: CashOut, file_of: Callable[[date], bytes], execution_date: date) -> bytes:
    """The file that the ledger names, made again for whatever execution date it was first made."""
    opened = day_of(head.opened_ms)
    days = [opened + timedelta(days=offset) for offset in range((execution_date - opened).days + 1)]
    for day in (execution_date, *reversed(days)):
        data = file_of(day)
        if _digest(data) == head.file_digest:
            return data
    problem = f"the ledger names a file of digest {head.file_digest}"
    raise InputFault(file=path.name, problem=problem, expected="the debtor and execution date that it was made with")


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()
