"""The bank's file of a cash-out: recorded on the ledger, then put into the bank's inbox."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from lxr_chaincode.cashout import InstructCashOut
from lxr_chaincode.cashout_records import CashOut, CashOutState, cash_outs
from lxr_chaincode.days import day_of
from lxr_chaincode.refusals import NothingToPayOut, WrongState
from lxr_node.client import Client
from lxr_settlement.bankfiles import pain001
from lxr_settlement.bankfiles.files import make_folder, write_durably
from lxr_settlement.bankfiles.openings import Instructed as InstructedFiles
from lxr_settlement.bankfiles.openings import Opening, path_beside
from lxr_settlement.bankfiles.pain001 import Party, PaymentOrder, Transfer
from lxr_settlement.cashout import OrderView, orders_of, refuse_other_account
from lxr_settlement.errors import InputFault
from lxr_settlement.person import Person
from lxr_token.accounts import HOUSE, Kind

if TYPE_CHECKING:
    from lxr_settlement.people import People

MESSAGE_ID_MAX: Final = 35
SHANGHAI: Final = timezone(timedelta(hours=8))
PURPOSES: Final = {Kind.WORKER: "SALA", Kind.FEE: "SCVE", Kind.TAX: "TAXS", Kind.INSURANCE: "INSU"}
"""ISO 20022 external purpose codes: salary, services, tax, insurance premium."""


class Instructed(Struct, frozen=True, forbid_unknown_fields=True):
    """The file that the bank was given."""

    path: Path
    message_id: str
    count: int
    total_fen: int
    file_digest: str


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


def instructed_files(client: Client) -> InstructedFiles:
    """What the bank asks the ledger about a payout file: nobody who edits it, or its openings, is paid."""

    def commitments(file_digest: str) -> dict[str, str] | None:
        for key, head in client.scan(cash_outs):
            if head.state is CashOutState.INSTRUCTED and head.file_digest == file_digest:
                return {order.order: order.payout for order in orders_of(client, key[0])}
        return None

    return commitments


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
        refuse_other_account(f"cash-out {number}, order {order.order}", payees[order.account], order.payout)
    return payees


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
