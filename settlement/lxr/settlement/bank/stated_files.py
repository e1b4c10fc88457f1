"""What stands in the bank's files of a cash-out: made from what the ledger says and the persons behind its commitments.

The same bytes, whoever makes them and whenever: all that a file says follows from the ledger, the store of persons and
the form of file that the consortium has agreed upon with its bank.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode.cashout_records import FILES_MAX, CashOut, Debtor
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement.bank.cashout import OrderView, orders_of, refuse_other_account
from lxr.settlement.bank.model import Party, PaymentFile, Transfer
from lxr.settlement.bank.openings import Opening, Openings
from lxr.settlement.bank.payment_forms import PaymentForm
from lxr.settlement.chengdu import SHANGHAI
from lxr.settlement.errors import InputFault
from lxr.settlement.people.person import Person
from lxr.settlement.people.shown import shown
from lxr.token.accounts import OF_WORKERS, PLATFORM_ACCOUNTS, AccountKind, kind_of

if TYPE_CHECKING:
    from lxr.settlement.people.store import People

MESSAGE_ID_MAX: Final = 35
_HASH_SIGNS: Final = 28
"""Of the hash in a message id: with what stands before it, no more than those."""
PURPOSES: Final = {
    **dict.fromkeys(OF_WORKERS, "SALA"),
    AccountKind.FEE: "SCVE",
    AccountKind.TAX: "TAXS",
    AccountKind.INSURANCE: "INSU",
}
"""ISO 20022 external purpose codes: salary, services, tax, insurance premium."""


class Stated(Struct, frozen=True):
    """What a cash-out's files say besides its orders. shards: those that each file pays."""

    prepared_ms: int
    execution_date: date
    debtor: Debtor
    shards: tuple[tuple[int, ...], ...]


def stated_by(head: CashOut) -> Stated | None:
    """Return what the ledger says of a cash-out's files; None: they are not stated yet."""
    if head.prepared_ms is None or head.execution_date is None or head.debtor is None:
        return None
    shards = iter(head.shards)
    groups = tuple(tuple(next(shards) for _ in range(file.shards)) for file in head.files)
    return Stated(head.prepared_ms, head.execution_date, head.debtor, groups)


def by_file(said: Stated, listed: Iterable[OrderView]) -> list[tuple[OrderView, ...]]:
    """Return the orders of each file."""
    places = {shard: place for place, shards in enumerate(said.shards) for shard in shards}
    orders: list[list[OrderView]] = [[] for _ in said.shards]
    for order in listed:
        orders[places[order.shard]].append(order)
    return list(map(tuple, orders))


def orders_by_file(client: Client, number: str, head: CashOut) -> list[tuple[OrderView, ...]]:
    """Return the orders of each file of a cash-out whose files are stated."""
    said = stated_by(head)
    assert said is not None
    return by_file(said, orders_of(client, number))


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


class MadeFile(Struct, frozen=True):
    """One of the bank's files, made from the ledger and the store of persons; what lies beside it; its orders."""

    content: PaymentFile
    data: bytes
    beside: Openings
    orders: tuple[OrderView, ...]

    @property
    def message_id(self) -> str:
        return self.content.message_id

    @property
    def digest(self) -> str:
        return self.beside.digest(self.data)

    def digest_in(self, form: PaymentForm) -> str | None:
        """Return the digest that it would have in another form; None: that one cannot say it."""
        try:
            return self.beside.digest(form.write(replace(self.content, batch_booking=form.batch_booking)))
        except InputFault:
            return None

    @property
    def openings(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self.beside)) + b"\n"


def make(
    client: Client,
    people: "People",
    number: str,
    head: CashOut,
    said: Stated,
    listed: Sequence[OrderView],
    platform: Mapping[str, Person],
    blind: bytes,
    form: PaymentForm,
) -> list[MadeFile]:
    """Return the files that were stated.

    Their bytes follow from what is said, the orders and who is behind them alone.
    """
    payees = _payees(client, number, listed, people, platform)
    made = []
    for message_id, orders in zip(message_ids(number, len(said.shards)), by_file(said, listed), strict=True):
        persons = [payees[order.account] for order in orders]
        paid = [Payee(person.name, person.bank_account, person.bank_code) for person in persons]
        content = payment_file(message_id, number, head, said, orders, form, paid)
        opened = tuple(
            Opening(order.order, order.payee_commitment, person.salt, "" if form.says_bank else person.bank_code)
            for order, person in zip(orders, persons, strict=True)
        )
        made.append(MadeFile(content, form.write(content), Openings(blind.hex(), opened), orders))
    return made


def _payees(
    client: Client, number: str, listed: Sequence[OrderView], people: "People", platform: Mapping[str, Person]
) -> dict[str, Person]:
    """Who gets each order's money, by LXR account; every one of them with the account behind the order's commitment.

    That is an account of before, where another one came into use after the order was held.
    """
    workers = [order.worker for order in listed if order.worker]
    persons = shown(client, people, workers, f"payment {number}")  # wages that are owed are paid, to the blocked too
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
    """Return the ids of a cash-out's files.

    A cash-out's number begins with C: so none is another one's, or another file's.
    """
    prefixes = [f"F{place}-" for place in range(1, files + 1)] if files > 1 else [""]
    short = len(prefixes[-1] + number) <= MESSAGE_ID_MAX
    whole = number if short else f"C{sha256(number.encode()).hexdigest()[:_HASH_SIGNS].upper()}"
    return [prefix + whole for prefix in prefixes]


class Payee(Struct, frozen=True):
    """Who gets a payment, as its file says it."""

    name: str
    account: str
    bank: str


def payment_file(
    message_id: str,
    number: str,
    head: CashOut,
    said: Stated,
    orders: Sequence[OrderView],
    form: PaymentForm,
    payees: Sequence[Payee],
) -> PaymentFile:
    """One of the files. payees: of each order."""

    def transfer(order: OrderView, payee: Payee) -> Transfer:
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
        batch_booking=form.batch_booking,
    )
