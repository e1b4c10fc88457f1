"""The bank's file of a cash-out: stated, approved by others, put into the bank's inbox, and accepted by its teller."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from lxr.chaincode.carried import WITH_THE_BANK
from lxr.chaincode.cashout_records import CashOut, CashOutState, cash_outs
from lxr.chaincode.instruction import (
    AcceptCashOut,
    ApproveCashOut,
    InstructCashOut,
    instruction_digest,
    waiting_for,
)
from lxr.chaincode.refusals import NothingToPayOut, WrongState
from lxr.node.client import Client
from lxr.settlement.bankfiles import openings, pain001, texts
from lxr.settlement.bankfiles.files import make_folder, read_bounded, write_durably
from lxr.settlement.bankfiles.openings import Instructed as InstructedFiles
from lxr.settlement.bankfiles.openings import Opening, Openings, path_beside
from lxr.settlement.bankfiles.pain001 import Party, PaymentFile, Transfer
from lxr.settlement.cashout import OrderView, orders_of, refuse_other_account
from lxr.settlement.errors import InputFault
from lxr.settlement.lookups import TELLER, submit_own, unused_request
from lxr.settlement.person import Person
from lxr.settlement.shown import say_shown
from lxr.token.accounts import OF_WORKERS, PLATFORM_ACCOUNTS, AccountKind

if TYPE_CHECKING:
    from lxr.settlement.people import People

MESSAGE_ID_MAX: Final = 35
SHANGHAI: Final = timezone(timedelta(hours=8))
PURPOSES: Final = {
    **dict.fromkeys(OF_WORKERS, "SALA"),
    AccountKind.FEE: "SCVE",
    AccountKind.TAX: "TAXS",
    AccountKind.INSURANCE: "INSU",
}
"""ISO 20022 external purpose codes: salary, services, tax, insurance premium."""


class Instruction(Struct, frozen=True, forbid_unknown_fields=True):
    """The bank's file of a cash-out, and where its approval stands.

    prepared_by, approved_by: persons. waiting_for: the roles that must still approve it. path: where the bank finds it,
    once it has left.
    """

    cashout: str
    state: CashOutState
    message_id: str
    count: int
    total_fen: int
    file_digest: str
    execution_date: date
    prepared_by: tuple[str, ...]
    approved_by: tuple[str, ...]
    waiting_for: tuple[str, ...]
    path: Path | None = None


def instruct(
    treasurer: Client,
    people: "People",
    number: str,
    debtor: Party,
    now: datetime,
    execution_date: date,
    *,
    platform_payees: Mapping[str, Person] | None = None,
) -> Instruction:
    """State the bank's file of a cash-out on the ledger, for another person to `approve`; nothing is written yet.

    The same call again, on whatever day, tells how far it is. now: no file bears an earlier execution date.
    platform_payees: who gets fee, tax and insurance, by those names; for a cash-out of the platform.
    Raises InputFault: an account that is not the one behind the order's commitment, a file that the bank cannot take;
    PeopleFault: unknown person. Refuses: as InstructCashOut.
    """
    head = treasurer.need(cash_outs, number)
    if head.state is CashOutState.CANCELLED:
        raise WrongState(what="cash-out", number=number, state=head.state, needed=CashOutState.OPEN)
    if head.state is CashOutState.OPEN:
        if execution_date < now.date():
            problem = f"the execution date {execution_date} is past"
            raise InputFault(file=f"{number}.xml", problem=problem, expected=f"{now.date()} or later")
        blind = people.draw_blind(number)
        made = _make(treasurer, people, number, head, debtor, execution_date, platform_payees or {}, blind)
        command = InstructCashOut(
            request_id=f"instruct:{number}",
            cashout=number,
            message_id=_message_id(number),
            file_digest=made.digest,
            execution_date=execution_date,
            total_fen=sum(order.amount_fen for order in made.orders),
            count=len(made.orders),
        )
        submit_own(treasurer, command)
    return instruction_status(treasurer, number)


def approve(
    approver: Client,
    people: "People",
    number: str,
    directory: Path,
    debtor: Party,
    *,
    platform_payees: Mapping[str, Person] | None = None,
) -> Instruction:
    """Make the file that was stated anew, check it, approve it; once all have, give it to the bank: openings first.

    The approval comes first, because nobody is paid without it: broken off between the two, nothing is paid, and the
    same call again writes the very file that the ledger names. `directory` is the bank's.
    Raises InputFault: an account that is not the one behind the order's commitment, another file than the ledger names;
    PeopleFault: unknown person. Refuses: WrongState, as ApproveCashOut.
    """
    head = approver.need(cash_outs, number)
    if head.execution_date is None or head.state is CashOutState.CANCELLED:
        raise WrongState(what="cash-out", number=number, state=head.state, needed=CashOutState.PREPARED)
    inbox = directory / "inbox"
    path = inbox / f"{head.message_id}.xml"
    if not (head.state in WITH_THE_BANK and path.exists() and _held(path) == head.file_digest):
        blind = people.blind(number)
        made = _make(approver, people, number, head, debtor, head.execution_date, platform_payees or {}, blind)
        if made.digest != head.file_digest:
            problem = f"the ledger names a file of digest {head.file_digest}, this one's is {made.digest}"
            raise InputFault(file=path.name, problem=problem, expected="the debtor that it was made with")
        if head.state is CashOutState.PREPARED:
            content = instruction_digest(number, head)
            submit_own(approver, ApproveCashOut(request_id=f"approve-cashout:{number}", cashout=number, digest=content))
            head = approver.need(cash_outs, number)
        if head.state in WITH_THE_BANK:
            make_folder(inbox)
            write_durably(path_beside(path), made.openings)
            write_durably(path, made.data)
    return instruction_status(approver, number, path)


def accept(teller: Client, number: str, directory: Path) -> Instruction:
    """Say that the bank holds the file that was approved, and will execute it; from then on nobody can cancel it.

    The bank reads the file in its own inbox: `directory` is the bank's. The same call again does nothing.
    Raises InputFault: there is no such file, or it is another than the ledger names. Refuses: Unknown, WrongState.
    """
    head = teller.need(cash_outs, number)
    if head.state not in WITH_THE_BANK:
        raise WrongState(what="cash-out", number=number, state=head.state, needed=CashOutState.INSTRUCTED)
    path = directory / "inbox" / f"{head.message_id}.xml"
    if head.state is CashOutState.INSTRUCTED:
        held = _held(path)
        if held is None:
            problem = "is not there"
            raise InputFault(
                file=path_beside(path).name, problem=problem, expected="the openings as they were handed over"
            )
        if held != head.file_digest:
            problem = f"the ledger names a file of digest {head.file_digest}, this one's is {held}"
            raise InputFault(file=path.name, problem=problem, expected="the file as it was approved, and its openings")
        submit_own(
            teller,
            AcceptCashOut(
                request_id=unused_request(teller, TELLER, f"accept:{number}"), cashout=number, file_digest=held
            ),
        )
    return instruction_status(teller, number, path)


def instruction_status(client: Client, number: str, path: Path | None = None) -> Instruction:
    """Where the file of a cash-out that is prepared or has left stands. path: where it lies once it has left."""
    head = client.need(cash_outs, number)
    if head.message_id is None or head.file_digest is None or head.execution_date is None:
        raise WrongState(what="cash-out", number=number, state=head.state, needed=CashOutState.PREPARED)
    return Instruction(
        cashout=number,
        state=head.state,
        message_id=head.message_id,
        count=head.count,
        total_fen=head.total_fen,
        file_digest=head.file_digest,
        execution_date=head.execution_date,
        prepared_by=head.prepared_by,
        approved_by=tuple(approval.person for approval in head.approvals),
        waiting_for=waiting_for(head),
        path=path if head.state in WITH_THE_BANK else None,
    )


def instructed_files(client: Client) -> InstructedFiles:
    """What the bank asks the ledger about a payout file: only what its teller has accepted is paid, to the letter.

    Nobody who edits the file, or its openings, is paid.
    """

    def commitments(file_digest: str) -> dict[str, str] | None:
        for key, head in client.scan(cash_outs):
            if head.state is CashOutState.ACCEPTED and head.file_digest == file_digest:
                return {order.order: order.payee_commitment for order in orders_of(client, key[0])}
        return None

    return commitments


class _File(Struct, frozen=True):
    """The bank's file of a cash-out, made from the ledger and the store of persons; what lies beside it; its orders."""

    data: bytes
    beside: Openings
    orders: tuple[OrderView, ...]

    @property
    def digest(self) -> str:
        return self.beside.digest(self.data)

    @property
    def openings(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self.beside)) + b"\n"


def _make(
    client: Client,
    people: "People",
    number: str,
    head: CashOut,
    debtor: Party,
    execution_date: date,
    platform: Mapping[str, Person],
    blind: bytes,
) -> _File:
    """The file. Its bytes follow from the cash-out, the debtor and the execution date alone."""
    listed = orders_of(client, number)
    if not listed:
        raise NothingToPayOut(cashout=number)
    payees = _payees(client, number, listed, people, platform)
    data = pain001.write(_payment_order(number, head, listed, payees, debtor, execution_date))
    opened = tuple(Opening(order.order, order.payee_commitment, payees[order.account].salt) for order in listed)
    return _File(data, Openings(blind.hex(), opened), listed)


def _payees(
    client: Client, number: str, listed: Sequence[OrderView], people: "People", platform: Mapping[str, Person]
) -> dict[str, Person]:
    """Who gets each order's money, by LXR account; every one of them with the account behind the order's commitment.

    That is an account of before, where another one came into use after the order was held.
    """
    workers = [order.worker for order in listed if order.worker]
    for worker in people.among_blocked(workers):  # wages that are owed are paid, and the ledger keeps who was looked at
        say_shown(client, worker, f"payment {number}")
    persons = people.get_many(workers, blocked=True)
    payees: dict[str, Person] = {}
    for order in listed:
        if order.worker is None:
            name = order.account.partition(":")[0]
            if name not in platform:
                expected = f"the payees of {', '.join(PLATFORM_ACCOUNTS)}"
                raise InputFault(file=f"cash-out {number}", field=name, problem="no payee is given", expected=expected)
            person = platform[name]
        else:
            person = persons[order.worker]
        payee = person.with_account(person.behind(order.payee_commitment) or person.account)
        refuse_other_account(f"cash-out {number}, order {order.order}", payee, order.payee_commitment)
        payees[order.account] = payee
    return payees


def _message_id(number: str) -> str:
    return number if len(number) <= MESSAGE_ID_MAX else f"C{sha256(number.encode()).hexdigest()[:30].upper()}"


def _payment_order(
    number: str, head: CashOut, listed: Sequence[OrderView], payees: Mapping[str, Person], debtor: Party, day: date
) -> PaymentFile:
    def transfer(order: OrderView) -> Transfer:
        payee, kind = payees[order.account], AccountKind(order.account.partition(":")[0])
        return Transfer(
            end_to_end_id=order.order,
            amount_fen=order.amount_fen,
            creditor_name=payee.name,
            creditor_account=payee.bank_account,
            creditor_bank=payee.bank_code,
            purpose=PURPOSES[kind],
            remittance=f"{'wages' if order.worker else kind} {head.run or number}",
        )

    return PaymentFile(
        message_id=_message_id(number),
        created_at=datetime.fromtimestamp(head.opened_ms // 1000, SHANGHAI),
        execution_date=day,
        debtor=debtor,
        debtor_account=head.custody,
        transfers=tuple(transfer(order) for order in listed),
    )


def _held(path: Path) -> str | None:
    """The digest of a file in the bank's inbox, as the ledger has it; None: its openings are not there.

    Raises InputFault.
    """
    data, beside = read_bounded(path, texts.BYTES_MAX), openings.read(path)
    return beside.digest(data) if beside else None
