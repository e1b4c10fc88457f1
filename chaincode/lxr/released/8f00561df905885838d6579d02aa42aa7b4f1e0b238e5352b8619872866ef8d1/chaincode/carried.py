"""What a month carries over its close: everything at the bank, and of wages, that is not resolved, each by its name.

The union names the items; the contract checks that each is so, and of all but rows that none is left out, by sums and
by lists. Rows that are disputed or held back it cannot look for; auditors do before they countersign. Of what one
party can make as many as it likes only some are named singly: of the rest the contract checks the sum, and auditors
which they are.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, Literal

from msgspec import Meta

from ..token.accounts import PLATFORM_ACCOUNTS, AccountKind, account
from ..token.fen import Fen
from .bank_refusals import PeriodNotReady
from .books import balances
from .cashout_records import (
    CashOutState,
    PaymentOrder,
    PaymentOrderState,
    came_back,
    cash_out_shards,
    cash_outs,
    payment_orders,
)
from .custody_records import Custody, Transit, backings, bookings
from .days import day_of
from .reserve import AGAIN, SUSPENSE
from .rows import Row, RowState
from .sheet import sheets
from .types import Record, digest
from .workers import workers
from .world import World

ITEMS_MAX: Final = 3000
"""The most items that a month carries; what is more is resolved first."""
LINES_MAX: Final = 500
"""How many credits that nobody knows are named singly, the largest first: anybody can pay in one fen often."""
SINGLY_MAX: Final = 250
"""How many payments, workers whose wages came back, and rows are named singly: an employer has as many as it likes."""

ItemKind = Literal[
    "order", "orders", "returned", "returns", "cashout", "deposit", "line", "lines", "shortfall", "run", "row", "rows"
]
"""A payment that the bank has; what came back of a worker's wages, or a payment of the platform's that did, and a
cash-out that holds such wages; an attested deposit on no statement; a line of which nobody knows what it is; what an
owner lacks in custody; a payday that is not finished; a row that is disputed or held back. And for RESTS, all further
ones of a kind, by the digest of their list; of lines only credits."""
RESTS: Final[dict[ItemKind, ItemKind]] = {"order": "orders", "returned": "returns", "line": "lines", "row": "rows"}
_REST: Final = re.compile(r"[1-9][0-9]*-[0-9a-f]{40}", re.ASCII)


class Item(Record, frozen=True, array_like=True):
    """One of them.

    name: an order, a worker, a cash-out, 2026-09-16/B1, 12-<digest>, an owner, a run, E001/2026-09-16/W…
    amount_fen: what is open of it; 0 for a run and a row.
    """

    kind: ItemKind
    name: Annotated[str, Meta(max_length=60, pattern=r"^[0-9A-Za-z._~-]+(/[0-9A-Za-z._~-]+){0,2}\Z")]
    amount_fen: Fen


def singly(items: Sequence[Item]) -> tuple[Item, ...]:
    """Return of items of one kind the largest, as many as are named singly, and the rest of them as one item.

    Of rows the first of each employer: each has an equal share, one at the least, so that none hides another's.
    """
    if not items:
        return ()
    ordered = sorted(items, key=lambda item: (-item.amount_fen, item.name))
    most, by_owner = _most(items[0].kind), {"": ordered}
    if items[0].kind == "row":
        by_owner = {}
        for item in ordered:
            by_owner.setdefault(item.name.partition("/")[0], []).append(item)
    share = max(1, most // len(by_owner)) if len(items) > most else most
    named = [item for owned in by_owner.values() for item in owned[:share]]
    further = [item for owned in by_owner.values() for item in owned[share:]]
    return (*named, *([rest_of(further)] if further else []))


def rest_of(items: Sequence[Item]) -> Item:
    """Return the item of those of a kind that are not named singly: how many, the digest of names and amounts, the sum.

    Of lines these are credits.
    """
    listed = sorted((item.name, item.amount_fen) for item in items)
    return Item(RESTS[items[0].kind], f"{len(listed)}-{digest(listed)[:40]}", sum(fen for _, fen in listed))


def _most(kind: ItemKind) -> int:
    return LINES_MAX if kind == "line" else SINGLY_MAX


def not_named(
    world: World,
    period: str,
    custody: str,
    account_now: Custody,
    transit: Transit,
    runs: list[str],
    items: tuple[Item, ...],
) -> PeriodNotReady | None:
    """Return what is not as it is named, or is not named; None where all is. runs: those of the month that are open."""

    def found(case: str, **facts: str | int) -> PeriodNotReady:
        return PeriodNotReady(case=case, period=period, **facts)

    by_kind: dict[str, list[Item]] = {}
    for item in items:
        by_kind.setdefault(item.kind, []).append(item)
    fen: Counter[str] = Counter()
    waiting = _open_fen(world, custody, by_kind)
    named_items: set[tuple[str, str]] = set()
    named_singly: Counter[str] = Counter()
    for item in items:
        if (item.kind, item.name) in named_items:
            return found("twice", kind=item.kind, name=item.name)
        named_items.add((item.kind, item.name))
        there = waiting.get((item.kind, item.name))
        if there is None:
            return found("not_open", kind=item.kind, name=item.name, named_fen=item.amount_fen)
        if there[1] != item.amount_fen:
            sums = {"named_fen": item.amount_fen, "there_fen": there[1]}
            return found("other_fen", kind=item.kind, name=item.name, **sums)
        fen[there[0]] += item.amount_fen
        named_singly[item.kind] += there[0] in _WITH_RESTS
    for kind, rest_kind in RESTS.items():
        rest = by_kind.get(rest_kind, [])
        if len(rest) > 1 or (rest and kind != "row" and named_singly[kind] != _most(kind)):
            return found("rest", kind=rest_kind, most=_most(kind))
    suspense = world.get(balances, SUSPENSE)
    platform_fen = sum(there_fen for what, there_fen in waiting.values() if what == "platform")  # all that are open
    for what, all_fen in (
        ("payments", account_now.instructed_fen),
        ("came_back", account_now.came_back_fen),
        ("platform", platform_fen),
        ("credits", suspense.fen if suspense else 0),
        ("debits", account_now.unmatched_fen),
        ("shortfalls", account_now.shortfall_fen),
    ):
        if fen[what] != all_fen:
            return found(what, there_fen=all_fen, named_fen=fen[what])
    named = {item.name: item.amount_fen for item in by_kind.get("deposit", [])}
    for deposit in transit.deposits:
        if named.pop(name := f"{deposit.day}/{deposit.booking}", None) != deposit.amount_fen:
            return found("deposit", name=name, amount_fen=deposit.amount_fen)
    for name in sorted(named):
        return found("not_open", kind="deposit", name=name, named_fen=named[name])
    there_runs = {item.name for item in by_kind.get("run", [])}
    for run in sorted(there_runs.symmetric_difference(runs)):
        return found("run", name=run) if run in runs else found("not_open", kind="run", name=run, named_fen=0)
    return None


def is_open(row: Row, today: date) -> bool:
    """Return whether a row is disputed, or held back because its employer contests it."""
    return row.state is RowState.DISPUTED or (row.contest is not None and row.contest.holds(today))


def _open_fen(world: World, custody: str, by_kind: dict[str, list[Item]]) -> dict[tuple[str, str], tuple[str, int]]:
    """By kind and name of the items that are open: to which sum they belong, and with how much."""
    found: dict[tuple[str, str], tuple[str, int]] = {}
    names = {
        kind: [item.name for item in items if item.name.count("/") == _SLASHES.get(kind, 0)]
        for kind, items in by_kind.items()
    }
    numbers = names.get("order", [])
    there = dict(zip(numbers, world.get_many(payment_orders, [(number,) for number in numbers]), strict=True))
    heads = sorted({order.cashout for order in there.values() if order} | set(names.get("cashout", [])))
    cash = dict(zip(heads, world.get_many(cash_outs, [(head,) for head in heads]), strict=True))
    for number, order in there.items():
        head = cash[order.cashout] if order else None
        if order and head and order.state is PaymentOrderState.HELD and head.state in WITH_THE_BANK:
            found["order", number] = "payments", order.amount_fen
    for number in names.get("cashout", []):
        head = cash[number]
        if head is None or head.scope not in AGAIN or head.state in WITH_THE_BANK:
            continue
        shards = world.get_many(cash_out_shards, [(number, shard) for shard in head.shards])
        held_fen = sum(shard.total_fen for shard in shards if shard is not None and not shard.released)
        if held_fen:
            found["cashout", number] = "came_back", held_fen
    accounts = [(account(AccountKind.RETURNED, worker),) for worker in names.get("returned", [])]
    for worker, balance in zip(names.get("returned", []), world.get_many(balances, accounts), strict=True):
        if balance is not None and balance.fen:
            found["returned", worker] = "came_back", balance.fen
    for number, order in _platform_back(world).items():
        found["returned", number] = "platform", order.amount_fen
    for kind, what in (("orders", "payments"), ("returns", "came_back"), ("lines", "credits"), ("rows", "rows")):
        for item in by_kind.get(kind, []):
            if _REST.fullmatch(item.name):
                found[kind, item.name] = what, item.amount_fen if kind != "rows" else 0  # auditors look for which
    for item in by_kind.get("deposit", []):
        found["deposit", item.name] = "deposits", item.amount_fen  # compared with the list
    places = [(custody, *name.split("/")) for name in names.get("line", [])]
    for place, booking in zip(places, world.get_many(bookings, places), strict=True):
        if booking is not None and booking.kind == "waiting":
            way = "credits" if booking.line.credit else "debits"
            found["line", f"{place[1]}/{place[2]}"] = way, booking.waiting_fen
    owners = names.get("shortfall", [])
    for owner, part in zip(owners, world.get_many(backings, [(owner,) for owner in owners]), strict=True):
        if part is not None and part.shortfall_fen:
            found["shortfall", owner] = "shortfalls", part.shortfall_fen
    for name in names.get("run", []):
        found["run", name] = "runs", 0  # compared with the list
    rows = [name.split("/") for name in names.get("row", [])]
    crew = world.get_many(workers, [(worker,) for _, _, worker in rows])
    keys = [(e, day, member.shard if member else 0) for (e, day, _), member in zip(rows, crew, strict=True)]
    unique = sorted(set(keys))
    read = dict(zip(unique, world.get_many(sheets, unique), strict=True))
    today = day_of(world.at_ms)
    for (employer, day, worker), key in zip(rows, keys, strict=True):
        sheet = read[key]
        row = sheet.row(worker) if sheet else None
        if row is not None and is_open(row, today):
            found["row", f"{employer}/{day}/{worker}"] = "rows", 0
    return found


def _platform_back(world: World) -> dict[str, PaymentOrder]:
    """The platform's payments that came back, or were not executed, and were not made again."""
    lists = world.get_many(came_back, [(account(kind, "union"),) for kind in PLATFORM_ACCOUNTS])
    numbers = [number for there in lists if there is not None for number in there.orders]
    found = world.get_many(payment_orders, [(number,) for number in numbers])
    return {number: order for number, order in zip(numbers, found, strict=True) if order is not None}


_WITH_RESTS: Final = ("payments", "came_back", "credits")
"""The sums to which the items belong of which some are named singly."""
_SLASHES: Final = {"deposit": 1, "line": 1, "row": 2}
"""How many parts more than one the names of a kind have."""
WITH_THE_BANK: Final = (CashOutState.INSTRUCTED, CashOutState.ACCEPTED)
"""The states of a cash-out whose payments are on their way."""
