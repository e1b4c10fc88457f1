"""What is under way at the bank: since when, and until when. What is late is a break; all else is open, and is none.

The day on which an item is due follows from what the ledger says of it and from the governed calendar alone: neither
from a statement, nor from what anybody writes into a payment's file. Each item is either open or late.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final, Literal

from msgspec import Struct

from lxr.chaincode.carried import WITH_THE_BANK
from lxr.chaincode.cashout_records import CashOut, PaymentOrder, PaymentOrderState, cash_out_shards
from lxr.chaincode.custody_records import PLATFORM
from lxr.chaincode.days import day_of
from lxr.chaincode.parameter_refusals import ParameterMissing
from lxr.chaincode.parameters import parameters
from lxr.chaincode.working_days import working_day_after
from lxr.node.client import Client
from lxr.settlement.bank.breaks import Break, broken
from lxr.settlement.bank.line_breaks import Books
from lxr.settlement.keys import BookingKey

OUTSTANDING_DAYS: Final = 3
"""An order is due at the bank on the next working day, and not before this many days: a weekend passes within them."""


class OpenItem(Struct, frozen=True, forbid_unknown_fields=True):
    """Something under way. kind: which break it is once it is late; a deposit that is on no statement yet, a payment
    order that the bank has, a cash-out that is held and that the bank does not have.

    reference: the deposit, as 2026-09-16/B1, the order, the cash-out. owner: an employer, or the platform; of an order
    its cash-out. since: attested of that day, with the bank, held. due: its last day.
    """

    kind: Literal["in_transit", "outstanding", "held"]
    reference: str
    amount_fen: int
    owner: str
    since: date
    due: date


def under_way(client: Client, ledger: Books) -> list[OpenItem]:
    """Return all that is under way, late or not: deposits in transit, payment orders, cash-outs that are held."""
    found = [*_deposits(ledger), *_orders(ledger), *_held(client, ledger.heads)]
    following = _next_working_days(client, {each[-1] for each in found})
    return [
        OpenItem(kind, reference, amount_fen, owner, since, max(following[since], since + timedelta(days=least_days)))
        for kind, reference, amount_fen, owner, least_days, since in found
    ]


def late(items: Iterable[OpenItem], ledger: Books) -> Iterator[Break]:
    """Yield the breaks of what was due before today."""
    today = ledger.today.isoformat()
    for each in items:
        if not is_late(each, ledger):
            continue
        since, due = each.since.isoformat(), each.due.isoformat()
        if each.kind == "in_transit":
            yield broken(each.kind, each.reference, each.amount_fen, "due", employer=each.owner, day=due)
        elif each.kind == "held":
            yield broken(each.kind, each.reference, each.amount_fen, "held", since=since, due=due)
        else:
            case = "outstanding" if ledger.heads[each.owner].accepted_ms is not None else "not_accepted"
            yield broken(each.kind, each.reference, each.amount_fen, case, since=since, today=today)


def is_late(item: OpenItem, ledger: Books) -> bool:
    """Return whether an item was due before today."""
    return item.due < ledger.today


def with_the_bank(order: PaymentOrder, heads: Mapping[str, CashOut]) -> bool:
    """Return whether the bank has an order, and has neither paid nor rejected it."""
    return order.state is PaymentOrderState.HELD and heads[order.cashout].state in WITH_THE_BANK


def held_fen(client: Client, number: str, head: CashOut) -> int:
    """Return what a cash-out holds that the bank does not have."""
    if head.state in WITH_THE_BANK:
        return 0
    shards = client.get_each(cash_out_shards, [(number, shard) for shard in head.shards])
    return sum(shard.total_fen for shard in shards if shard is not None and not shard.released)


_Found = tuple[Literal["in_transit", "outstanding", "held"], str, int, str, int, date]
"""An item's fields but for the day on which it is due: at the place of that one, how many days it has at least."""


def _deposits(ledger: Books) -> Iterator[_Found]:
    for key, deposit in ledger.attested.items():
        if deposit.state == "attested":
            yield "in_transit", key, deposit.amount_fen, deposit.employer, 0, BookingKey.read(key).day


def _orders(ledger: Books) -> Iterator[_Found]:
    since: dict[str, date] = {}
    for number, head in ledger.heads.items():
        if head.state in WITH_THE_BANK:
            assert head.instructed_ms is not None
            since[number] = day_of(head.instructed_ms)
    for number, order in ledger.orders.items():
        if with_the_bank(order, ledger.heads):
            yield "outstanding", number, order.amount_fen, order.cashout, OUTSTANDING_DAYS, since[order.cashout]


def _held(client: Client, heads: Mapping[str, CashOut]) -> Iterator[_Found]:
    for number, head in heads.items():
        if fen := held_fen(client, number, head):
            yield "held", number, fen, head.employer or PLATFORM, 0, day_of(head.opened_ms)


def _next_working_days(client: Client, days: Iterable[date]) -> dict[date, date]:
    """Return the next working day of each day; the next day where the calendar is not governed yet.

    A break is better early than never.
    """
    wanted = sorted(days)
    years = sorted({year for day in wanted for year in (day.year, day.year + 1)})
    found = client.get_each(parameters, [(f"calendar.{year}",) for year in years])
    calendars = dict(zip(years, found, strict=True))
    following: dict[date, date] = {}
    for day in wanted:
        try:
            following[day] = working_day_after(day, 1, calendars)
        except ParameterMissing:
            following[day] = day + timedelta(days=1)
    return following
