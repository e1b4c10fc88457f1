"""What is open at the end of a month, each by its name: at the bank, of wages that came back, of paydays and rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final, get_args

from lxr.chaincode.books import balances
from lxr.chaincode.carried import Item, ItemKind, is_open, singly
from lxr.chaincode.cashout_records import (
    CameBack,
    CashOut,
    PaymentOrder,
    came_back,
    cash_outs,
    payment_orders,
)
from lxr.chaincode.custody_records import IN_TRANSIT, Booking, attestations, backings, bookings
from lxr.chaincode.days import day_of
from lxr.chaincode.employers import employers
from lxr.chaincode.period import first_day_after
from lxr.chaincode.sheet import Sheet, sheets
from lxr.node.client import Client
from lxr.settlement.bank.under_way import held_fen, with_the_bank
from lxr.token.accounts import PLATFORM_ACCOUNTS, AccountKind, account

KINDS: Final[tuple[ItemKind, ...]] = get_args(ItemKind)
"""The kinds of open items, in the order in which they are listed."""
RETURNED: Final = account(AccountKind.RETURNED, "")
"""How the accounts begin that hold wages that came back, each with its worker's number."""


def open_items(client: Client, custody: str, period: str) -> tuple[Item, ...]:
    """Return everything that is not resolved now and that a close of that month, given as 2026-08, must carry by name.

    Of paydays and rows, those up to the month's end; all else as it now stands. In a fixed order.
    """
    with client.ledger.snapshot():
        found = [*_money_items(client, custody), *_wage_items(client, period)]
    return tuple(sorted(found, key=place_of))


def place_of(item: Item) -> tuple[int, str]:
    """Return where an item stands in a list of them."""
    return KINDS.index(item.kind), item.name


def _money_items(client: Client, custody: str) -> Iterator[Item]:
    """Yield what is open at the bank, and what came back and has not left again."""
    heads = {key[0]: head for key, head in client.scan(cash_outs)}
    yield from order_items({key[0]: order for key, order in client.scan(payment_orders)}, heads)
    yield from _platform_items(client)
    yield from _wages_back(client)
    yield from _held_again(client, heads)
    for (_, day, reference), deposit in client.scan(attestations, custody):
        if deposit.state in IN_TRANSIT:
            yield Item("deposit", f"{day}/{reference}", deposit.amount_fen)
    yield from line_items([booking for _, booking in client.scan(bookings, custody) if booking.kind == "waiting"])
    for (owner,), part in client.scan(backings):
        if part.shortfall_fen:
            yield Item("shortfall", owner, part.shortfall_fen)


def _platform_items(client: Client) -> Iterator[Item]:
    """Yield the platform's own payments that came back."""
    for kind in PLATFORM_ACCOUNTS:
        back = client.get(came_back, account(kind, "union")) or CameBack()
        for number in back.orders:
            yield Item("returned", number, client.need(payment_orders, number).amount_fen)


def _wages_back(client: Client) -> tuple[Item, ...]:
    prefix = balances.key(RETURNED)
    there = client.ledger.scan(prefix)
    return returned_items({key.removeprefix(prefix): balances.decode(value).fen for key, value in there})


def _held_again(client: Client, heads: Mapping[str, CashOut]) -> Iterator[Item]:
    """Yield the cash-outs that hold wages that came back, and that the bank does not have yet."""
    for number, head in heads.items():
        if head.scope in ("workers", "all") and (fen := held_fen(client, number, head)):
            yield Item("cashout", number, fen)


def order_items(there: Mapping[str, PaymentOrder], heads: Mapping[str, CashOut]) -> tuple[Item, ...]:
    """Return the payments that the bank has."""
    return singly([Item("order", n, each.amount_fen) for n, each in there.items() if with_the_bank(each, heads)])


def returned_items(there_fen: Mapping[str, int]) -> tuple[Item, ...]:
    """Return the workers whose wages came back."""
    return singly([Item("returned", worker, fen) for worker, fen in there_fen.items() if fen])


def line_items(waiting: Sequence[Booking]) -> tuple[Item, ...]:
    """Return the lines that wait; debits are the bank's own, so all of them are named singly."""
    debits, credits_ = (
        [Item("line", each.line.key, each.waiting_fen) for each in waiting if each.line.credit is credit]
        for credit in (False, True)
    )
    return (*debits, *singly(credits_))


def _wage_items(client: Client, period: str) -> Iterator[Item]:
    """Yield the paydays that are not finished, and the rows that are disputed or held back, up to the month's end."""
    after = first_day_after(period)
    for _, employer in client.scan(employers):
        for run in employer.open_runs:
            if run.split("-")[1] < f"{after:%Y%m%d}":
                yield Item("run", run, 0)
    yield from row_items(client.scan(sheets), day_of(client.now_ms()), after)


def row_items(there: Iterable[tuple[Sequence[str], Sheet]], today: date, after: date) -> tuple[Item, ...]:
    """Return the rows of these sheets that are disputed or held back, of days before `after`."""
    found: list[Item] = []
    for (employer, day, _), sheet in there:
        for worker in sheet.notes if day < after.isoformat() else ():
            row = sheet.row(worker)
            if row is not None and is_open(row, today):
                found.append(Item("row", f"{employer}/{day}/{worker}", 0))
    return singly(found)
