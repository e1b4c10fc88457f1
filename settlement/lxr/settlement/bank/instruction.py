"""The bank's files of a cash-out: stated, approved by others, put into the bank's inbox, and accepted by its teller.

One file, or several where the bank takes fewer payments in one than the cash-out has. What stands in them is on the
ledger, but for the persons behind the commitments: so anybody who has these makes the same bytes, and compares.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from lxr.chaincode.carried import WITH_THE_BANK
from lxr.chaincode.cashout_records import FILES_MAX, BankFile, CashOut, CashOutState, Debtor, cash_outs, file_place
from lxr.chaincode.days import day_of
from lxr.chaincode.instruction import (
    CHECKERS,
    SECOND_ROLE,
    AcceptCashOut,
    ApproveCashOut,
    InstructCashOut,
    StatedFile,
    instruction_digest,
    waiting_for,
)
from lxr.chaincode.refusals import NothingToPayOut, SameIdOtherBody, WrongState
from lxr.chaincode.things import Thing
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement import request_ids
from lxr.settlement.bank import openings
from lxr.settlement.bank.cashout import OrderView, orders_of, refuse_other_account
from lxr.settlement.bank.formats import pain001, texts
from lxr.settlement.bank.formats.pain001 import TRANSFERS_MAX
from lxr.settlement.bank.model import Party, PaymentFile, Transfer
from lxr.settlement.bank.openings import Instructed as InstructedFiles
from lxr.settlement.bank.openings import Opening, Openings, path_beside
from lxr.settlement.errors import InputFault
from lxr.settlement.files import make_folder, read_bounded, write_durably
from lxr.settlement.lookups import TELLER, submit_own, unused_request
from lxr.settlement.people.person import Person, commitment
from lxr.settlement.people.shown import say_shown
from lxr.settlement.permissions import gives
from lxr.token.accounts import OF_WORKERS, PLATFORM_ACCOUNTS, AccountKind, kind_of

if TYPE_CHECKING:
    from lxr.settlement.people.store import People

APPROVERS: Final = (CHECKERS[0], SECOND_ROLE)
"""Roles of the union of which the first approves any cash-out, and both together approve every one."""
MESSAGE_ID_MAX: Final = 35
_HASH_SIGNS: Final = 28
"""Of the hash in a message id: with what stands before it, no more than those."""
SHANGHAI: Final = timezone(timedelta(hours=8))
PURPOSES: Final = {
    **dict.fromkeys(OF_WORKERS, "SALA"),
    AccountKind.FEE: "SCVE",
    AccountKind.TAX: "TAXS",
    AccountKind.INSURANCE: "INSU",
}
"""ISO 20022 external purpose codes: salary, services, tax, insurance premium."""


class InstructedFile(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the bank's files of a cash-out. path: where the bank finds it, once it has left."""

    message_id: str
    digest: str
    count: int
    total_fen: int
    path: Path | None = None


class Instruction(Struct, frozen=True, forbid_unknown_fields=True):
    """The bank's files of a cash-out, and where their approval stands.

    prepared_by, approved_by: persons. waiting_for: the roles that must still approve them.
    """

    cashout: str
    state: CashOutState
    files: tuple[InstructedFile, ...]
    count: int
    total_fen: int
    execution_date: date
    prepared_by: tuple[str, ...]
    approved_by: tuple[str, ...]
    waiting_for: tuple[tuple[str, ...], ...]


@gives(InstructCashOut)
def instruct(
    treasurer: Client,
    people: "People",
    number: str,
    debtor: Party,
    now: datetime,
    execution_date: date,
    *,
    platform_payees: Mapping[str, Person] | None = None,
    payments_max: int = TRANSFERS_MAX,
) -> Instruction:
    """State the bank's files of a cash-out on the ledger, for another person to `approve`; nothing is written yet.

    The same call again, on whatever day, tells how far it is. now: stands in the files, none of which bears an earlier
    execution date. platform_payees: who gets fee, tax and insurance, by those names; for a cash-out of the platform.
    payments_max: how many the bank takes in one file.
    Raises InputFault: an account that is not the one behind the order's commitment, files that the bank cannot take;
    PeopleFault: unknown person. Refuses: as InstructCashOut.
    """
    head = treasurer.need(cash_outs, number)
    if head.state is CashOutState.CANCELLED:
        raise WrongState(what=Thing.CASHOUT, number=number, state=head.state, needed=(CashOutState.OPEN,))
    if head.state is CashOutState.OPEN:
        if execution_date < now.date():
            problem = Said("the execution date {execution_date} is past", execution_date=execution_date)
            raise InputFault(
                file=f"{number}.xml",
                problem=problem,
                expected=Said("{date} or later", date=now.date()),
            )
        listed = orders_of(treasurer, number)
        if not listed:
            raise NothingToPayOut(cashout=number)
        said = _Said(
            prepared_ms=int(now.timestamp()) * 1000,
            execution_date=execution_date,
            debtor=Debtor(debtor.name, debtor.bank),
            shards=grouped(number, head.shards, listed, payments_max),
        )
        blind = people.draw_blind(number)
        made = _make(treasurer, people, number, head, said, listed, platform_payees or {}, blind)
        command = InstructCashOut(
            request_id=request_ids.instruction(number),
            cashout=number,
            files=tuple(
                StatedFile(
                    message_id=each.message_id,
                    digest=each.digest,
                    shards=len(shards),
                    count=len(each.orders),
                    total_fen=sum(order.amount_fen for order in each.orders),
                )
                for each, shards in zip(made, said.shards, strict=True)
            ),
            prepared_ms=said.prepared_ms,
            execution_date=execution_date,
            debtor=said.debtor,
        )
        try:
            submit_own(treasurer, command)
        except SameIdOtherBody:  # what was sent a moment ago was on its way still, and has arrived
            if treasurer.need(cash_outs, number).state is CashOutState.OPEN:
                raise
    return instruction_status(treasurer, number)


@gives(ApproveCashOut)
def approve(
    approver: Client,
    people: "People",
    number: str,
    directory: Path,
    debtor: Party,
    *,
    platform_payees: Mapping[str, Person] | None = None,
) -> Instruction:
    """Make the files that were stated anew, check them, approve them; once all have, give them to the bank.

    The approval comes first, because nobody is paid without it: broken off between the two, nothing is paid, and the
    same call again writes the very files that the ledger names, each after its openings. `directory` is the bank's;
    debtor: the holder of the custody account, whom the files must name.
    Raises InputFault: an account that is not the one behind the order's commitment, another debtor or other files than
    the ledger names, a day to come on which they are to be paid; PeopleFault: unknown person. Refuses: WrongState, as
    ApproveCashOut.
    """
    head = approver.need(cash_outs, number)
    said = _said_by(head)
    if said is None or head.state is CashOutState.CANCELLED:
        raise WrongState(what=Thing.CASHOUT, number=number, state=head.state, needed=(CashOutState.PREPARED,))
    inbox = directory / "inbox"
    paths = [inbox / f"{file.message_id}.xml" for file in head.files]
    digests = [file.digest for file in head.files]
    if head.state not in WITH_THE_BANK or [_held(path) for path in paths] != digests:
        if said.debtor != Debtor(debtor.name, debtor.bank):
            problem = Said(
                "the files name {name}, {bank}, as the holder of the custody account",
                name=said.debtor.name,
                bank=said.debtor.bank,
            )
            expected = Said(
                "{name}, {bank}: cancel the cash-out, and prepare it anew", name=debtor.name, bank=debtor.bank
            )
            raise InputFault(
                file=Said("cash-out {number}", number=number), field="debtor", problem=problem, expected=expected
            )
        today = day_of(approver.now_ms())
        if said.execution_date > today:  # until then the bank would keep what nobody can cancel
            problem = Said("the files are to be paid on {execution_date}", execution_date=said.execution_date)
            expected = Said("{today} or earlier: approve it on that day, or cancel the cash-out", today=today)
            raise InputFault(file=Said("cash-out {number}", number=number), problem=problem, expected=expected)
        listed, blind = orders_of(approver, number), people.blind(number)
        made = _make(approver, people, number, head, said, listed, platform_payees or {}, blind)
        for path, file, written in zip(paths, head.files, made, strict=True):
            if (written.message_id, written.digest) != (file.message_id, file.digest):
                problem = Said(
                    "the ledger names a file of digest {digest}, this one's is {digest2}",
                    digest=file.digest,
                    digest2=written.digest,
                )
                raise InputFault(file=path.name, problem=problem, expected="the file that the ledger describes")
        if head.state is CashOutState.PREPARED:
            content = instruction_digest(number, head)
            submit_own(
                approver,
                ApproveCashOut(request_id=request_ids.instruction_approval(number), cashout=number, digest=content),
            )
            head = approver.need(cash_outs, number)
        if head.state in WITH_THE_BANK:
            make_folder(inbox)
            for path, written in zip(paths, made, strict=True):
                write_durably(path_beside(path), written.openings)
                write_durably(path, written.data)
    return instruction_status(approver, number, inbox)


@gives(AcceptCashOut)
def accept(teller: Client, number: str, directory: Path, *, payments_max: int = TRANSFERS_MAX) -> Instruction:
    """Say that the bank holds the files that were approved, and will execute them; then nobody can cancel them.

    The bank reads the files in its own inbox: `directory` is the bank's. All of a cash-out are accepted at once, or
    none, and none that says another thing than the ledger, whoever approved it. The same call again does nothing.
    payments_max: how many payments the bank takes in one file.
    Raises InputFault: one of them is not there, is another than the ledger names, has more payments than the bank
    takes, or pays other orders, sums or accounts than the ledger has. Refuses: Unknown, WrongState.
    """
    head = teller.need(cash_outs, number)
    said = _said_by(head)
    if said is None or head.state not in WITH_THE_BANK:
        raise WrongState(what=Thing.CASHOUT, number=number, state=head.state, needed=(CashOutState.INSTRUCTED,))
    inbox = directory / "inbox"
    if head.state is CashOutState.INSTRUCTED:
        ids, by_file = message_ids(number, len(head.files)), _by_file(said, orders_of(teller, number))
        for message_id, file, orders in zip(ids, head.files, by_file, strict=True):
            path = inbox / f"{file.message_id}.xml"
            data, beside = _need_held(path, file)
            stated = partial(_payment_file, message_id, number, head, said, orders)
            _refuse_other_content(path, data, beside, orders, stated, payments_max)
        command = AcceptCashOut(
            request_id=unused_request(teller, TELLER, request_ids.acceptance(number)),
            cashout=number,
            files=tuple(file.digest for file in head.files),
        )
        submit_own(teller, command)
    return instruction_status(teller, number, inbox)


def _need_held(path: Path, file: BankFile) -> tuple[bytes, Openings]:
    """Return a file that the bank holds, and what lies beside it. Raises InputFault: it is not the ledger's."""
    data, beside = read_bounded(path, texts.BYTES_MAX), openings.read(path)
    if beside is None:
        expected = "the openings as they were handed over"
        raise InputFault(file=path_beside(path).name, problem="is not there", expected=expected)
    held = beside.digest(data)
    if held != file.digest:
        problem = Said(
            "the ledger names a file of digest {digest}, this one's is {held}", digest=file.digest, held=held
        )
        raise InputFault(file=path.name, problem=problem, expected="the file as it was approved, and its openings")
    return data, beside


def _refuse_other_content(
    path: Path,
    data: bytes,
    beside: Openings,
    orders: Sequence[OrderView],
    stated: Callable[[Sequence["_Payee"]], PaymentFile],
    payments_max: int,
) -> None:
    """Raises InputFault: a held file is not, to the byte, what the ledger says, to the accounts that workers approved.

    Its digest is only the word of those who approved it, and of its payments the contract has only count and sum.
    """
    held = pain001.read(data, path.name, payments_max)
    payees = [_Payee(each.creditor_name, each.creditor_account, each.creditor_bank) for each in held.transfers]
    expected = "what the ledger says: have the cash-out cancelled, and prepared anew"
    if len(payees) != len(orders) or pain001.write(stated(payees)) != data:
        raise InputFault(file=path.name, problem="says another thing than the ledger", expected=expected)
    opened = openings.by_transfer(beside, path_beside(path).name, held)
    for row, (order, transfer) in enumerate(zip(orders, held.transfers, strict=True), 1):
        opening = opened.get(order.order)
        approved = opening if opening and opening.commitment == order.payee_commitment else None
        if approved is None or not approved.fits(transfer, commitment):
            problem = "pays another account than was approved"
            raise InputFault(file=path.name, row=row, problem=problem, expected=expected)


def instruction_status(client: Client, number: str, inbox: Path | None = None) -> Instruction:
    """Where the files of a cash-out that is prepared or has left stand. inbox: where they lie once they have left."""
    head = client.need(cash_outs, number)
    if head.execution_date is None:
        raise WrongState(what=Thing.CASHOUT, number=number, state=head.state, needed=(CashOutState.PREPARED,))
    left = inbox if head.state in WITH_THE_BANK else None
    return Instruction(
        cashout=number,
        state=head.state,
        files=tuple(
            InstructedFile(
                message_id=file.message_id,
                digest=file.digest,
                count=total.count,
                total_fen=total.total_fen,
                path=left and left / f"{file.message_id}.xml",
            )
            for file, total in zip(head.files, head.file_sums, strict=True)
        ),
        count=head.count,
        total_fen=head.total_fen,
        execution_date=head.execution_date,
        prepared_by=head.prepared_by,
        approved_by=tuple(approval.person for approval in head.approvals),
        waiting_for=waiting_for(head),
    )


def instructed_files(client: Client) -> InstructedFiles:
    """What the bank asks the ledger about a payout file: only what its teller has accepted is paid, to the letter.

    Nobody who edits the file, or its openings, is paid; nor by one file what another one of the cash-out pays.
    """

    def commitments(file_digest: str) -> dict[str, str] | None:
        for key, head in client.scan(cash_outs):
            digests = [file.digest for file in head.files]
            if head.state is CashOutState.ACCEPTED and file_digest in digests:
                place = digests.index(file_digest)
                listed = orders_of(client, key[0])
                return {each.order: each.payee_commitment for each in listed if file_place(head, each.shard) == place}
        return None

    return commitments


class _Said(Struct, frozen=True):
    """What a cash-out's files say besides its orders. shards: those that each file pays."""

    prepared_ms: int
    execution_date: date
    debtor: Debtor
    shards: tuple[tuple[int, ...], ...]


def _said_by(head: CashOut) -> _Said | None:
    """Return what the ledger says of a cash-out's files; None: they are not stated yet."""
    if head.prepared_ms is None or head.execution_date is None or head.debtor is None:
        return None
    shards = iter(head.shards)
    groups = tuple(tuple(next(shards) for _ in range(file.shards)) for file in head.files)
    return _Said(head.prepared_ms, head.execution_date, head.debtor, groups)


def _by_file(said: _Said, listed: Iterable[OrderView]) -> list[tuple[OrderView, ...]]:
    """Return the orders of each file."""
    places = {shard: place for place, shards in enumerate(said.shards) for shard in shards}
    orders: list[list[OrderView]] = [[] for _ in said.shards]
    for order in listed:
        orders[places[order.shard]].append(order)
    return list(map(tuple, orders))


def grouped(
    number: str, shards: Iterable[int], listed: Iterable[OrderView], payments_max: int
) -> tuple[tuple[int, ...], ...]:
    """Return the shards of each file: as many as fit, in their order, those without an order with those before them.

    Raises InputFault: a shard has more orders than the bank takes in one file, or there are too many files.
    """
    count = dict.fromkeys(shards, 0)
    for order in listed:
        count[order.shard] += 1
    groups: list[list[int]] = [[]]
    room = payments_max
    for shard, orders in count.items():
        if orders > payments_max:
            problem = Said(
                "shard {shard} has {orders} payments, and the bank takes {payments_max} in one file",
                shard=shard,
                orders=orders,
                payments_max=payments_max,
            )
            raise InputFault(
                file=Said("cash-out {number}", number=number), problem=problem, expected="a bank that takes more"
            )
        if orders > room:
            groups.append([])
            room = payments_max
        groups[-1].append(shard)
        room -= orders
    if len(groups) > FILES_MAX:
        problem = Said("{count} files of {payments_max} payments at most", count=len(groups), payments_max=payments_max)
        raise InputFault(
            file=Said("cash-out {number}", number=number),
            problem=problem,
            expected=Said("{files_max} files, of more payments", files_max=FILES_MAX),
        )
    return tuple(map(tuple, groups))


class _File(Struct, frozen=True):
    """One of the bank's files, made from the ledger and the store of persons; what lies beside it; its orders."""

    message_id: str
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
    said: _Said,
    listed: Sequence[OrderView],
    platform: Mapping[str, Person],
    blind: bytes,
) -> list[_File]:
    """The files that were stated. Their bytes follow from what is said, the orders and who is behind them alone."""
    payees = _payees(client, number, listed, people, platform)
    made = []
    for message_id, orders in zip(message_ids(number, len(said.shards)), _by_file(said, listed), strict=True):
        persons = [payees[order.account] for order in orders]
        paid = [_Payee(person.name, person.bank_account, person.bank_code) for person in persons]
        data = pain001.write(_payment_file(message_id, number, head, said, orders, paid))
        opened = tuple(Opening(order.order, order.payee_commitment, payees[order.account].salt) for order in orders)
        made.append(_File(message_id, data, Openings(blind.hex(), opened), orders))
    return made


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
            name = kind_of(order.account)
            if name not in platform:
                expected = Said("the payees of {names}", names=", ".join(PLATFORM_ACCOUNTS))
                raise InputFault(
                    file=Said("cash-out {number}", number=number),
                    field=name,
                    problem="no payee is given",
                    expected=expected,
                )
            person = platform[name]
        else:
            person = persons[order.worker]
        payee = person.with_account(person.behind(order.payee_commitment) or person.account)
        place = Said("cash-out {number}, order {order}", number=number, order=order.order)
        refuse_other_account(place, payee, order.payee_commitment)
        payees[order.account] = payee
    return payees


def message_ids(number: str, files: int) -> list[str]:
    """The ids of a cash-out's files. A cash-out's number begins with C: so none is another one's, or another file's."""
    prefixes = [f"F{place}-" for place in range(1, files + 1)] if files > 1 else [""]
    short = len(prefixes[-1] + number) <= MESSAGE_ID_MAX
    whole = number if short else f"C{sha256(number.encode()).hexdigest()[:_HASH_SIGNS].upper()}"
    return [prefix + whole for prefix in prefixes]


class _Payee(Struct, frozen=True):
    """Who gets a payment, as its file says it."""

    name: str
    account: str
    bank: str


def _payment_file(
    message_id: str, number: str, head: CashOut, said: _Said, orders: Sequence[OrderView], payees: Sequence[_Payee]
) -> PaymentFile:
    """One of the files. payees: of each order."""

    def transfer(order: OrderView, payee: _Payee) -> Transfer:
        kind = kind_of(order.account)
        return Transfer(
            end_to_end_id=order.order,
            amount_fen=order.amount_fen,
            creditor_name=payee.name,
            creditor_account=payee.account,
            creditor_bank=payee.bank,
            purpose=PURPOSES[kind],
            remittance=f"{'wages' if order.worker else kind} {head.run or number}",
        )

    return PaymentFile(
        message_id=message_id,
        created_at=datetime.fromtimestamp(said.prepared_ms // 1000, SHANGHAI),
        execution_date=said.execution_date,
        debtor=Party(said.debtor.name, said.debtor.bank),
        debtor_account=head.custody,
        transfers=tuple(map(transfer, orders, payees)),
    )


def _held(path: Path) -> str | None:
    """The digest of a file in the bank's inbox, as the ledger has it; None: it or its openings cannot be read."""
    try:
        data, beside = read_bounded(path, texts.BYTES_MAX), openings.read(path)
    except InputFault:
        return None
    return beside.digest(data) if beside else None
