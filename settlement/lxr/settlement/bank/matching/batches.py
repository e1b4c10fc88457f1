"""Debits that pay all that the bank still holds of one of its files, in one sum.

A bank that books a batch as one debit names its file, or nothing. Orders of which it has said that it does not execute
them are not of the sum. The debit is first split, into at most 99 parts, each of which is split again where there are
more orders; once the union has agreed, each part is its order.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

from msgspec import Struct

from lxr.chaincode.cashout_records import PaymentOrder, PaymentOrderState
from lxr.chaincode.custody_records import Booking
from lxr.chaincode.lines import PARTS_MAX, Target
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement.bank.cashout import OrderView
from lxr.settlement.bank.matching.evidence import PART, Evidence, whole
from lxr.settlement.bank.matching.known import Candidate, Known
from lxr.settlement.bank.model import Entry
from lxr.settlement.bank.stated_files import orders_by_file
from lxr.settlement.bank.statement_lines import plain


class _File(Struct, frozen=True):
    """Orders that one message, or all of a cash-out, has told the bank to pay. message: its id, or the cash-out's."""

    message: str
    orders: tuple[OrderView, ...]

    def left_for(self, base: str) -> tuple[OrderView, ...]:
        """Return the orders that a line can pay: those that the bank holds, or that parts of this very line paid."""
        return tuple(
            order
            for order in self.orders
            if order.state is PaymentOrderState.HELD or (order.booking or "").startswith(f"{base}{PART}")
        )


def of_batches(client: Client, known: Known, evidence: Evidence) -> Iterator[tuple[str, Candidate]]:
    """Yield debits without an id, or parts of them, of the sum of a file: the one that the bank names, or any."""
    bases: dict[str, list[Booking]] = defaultdict(list)
    for booking in known.waiting(credit=False):
        if booking.line.order is None and booking.line.returned is None:
            bases[whole(booking.line.key)].append(booking)
    if not bases:
        return
    files = _files(client, known, set(bases))
    named = {
        base: [file for file in files if plain(file.message) in _ids(evidence.entries.get(base))] for base in bases
    }
    taken = {order.order for there in named.values() for file in there for order in file.orders}
    for base, waiting in bases.items():
        among = named[base] or [file for file in files if taken.isdisjoint(order.order for order in file.orders)]
        for file in among:
            left = file.left_for(base)
            if _sum(left) == known.booked[base].line.amount_fen:
                yield from _of_base(waiting, file, left, named=bool(named[base]))


def _ids(entry: Entry | None) -> set[str]:
    """Return what the bank calls the payments of a line."""
    if entry is None:
        return set()
    ids = entry.message_id, entry.payment_id, entry.instruction_id, entry.end_to_end_id
    return {plain(each) for each in ids if each is not None}


def _files(client: Client, known: Known, bases: set[str]) -> list[_File]:
    """Return the files that the bank holds, or that parts of these lines paid; those of one cash-out together too."""
    found: list[_File] = []
    for number in sorted({order.cashout for order in known.orders.values() if _is_open(order, bases)}):
        head = known.heads[number]
        orders = orders_by_file(client, number, head)
        found += [_File(file.message_id, those) for file, those in zip(head.files, orders, strict=True)]
        if len(head.files) > 1:
            found.append(_File(number, tuple(chain(*orders))))
    return found


def _is_open(order: PaymentOrder, bases: set[str]) -> bool:
    booking = order.booking or ""
    return order.state is PaymentOrderState.HELD or (PART in booking and whole(booking) in bases)


def _of_base(
    waiting: Sequence[Booking], file: _File, orders: Sequence[OrderView], *, named: bool
) -> Iterator[tuple[str, Candidate]]:
    """Yield what the line, or each part of it that waits, is: by its place in the same split."""
    why = Said("what the bank holds of file {message} sums to it", message=file.message)
    if named:
        why = Said("the bank names file {message}, and what it holds of it sums to this", message=file.message)
    for booking in waiting:
        key = booking.line.key
        part = part_of(orders, [int(number) for number in key.split(PART)[1:]])
        if not part or _sum(part) != booking.waiting_fen:
            continue
        groups = split(part)
        target = Target("order", part[0].order) if len(part) == 1 else Target("parts", "", tuple(map(_sum, groups)))
        yield key, Candidate(target, why, tuple(order.order for order in part))


def part_of(orders: Sequence[OrderView], path: Sequence[int]) -> Sequence[OrderView]:
    """Return the orders of a part, by the numbers from 1 of the parts that it is in; none: there is no such part."""
    for number in path:
        groups = split(orders)
        if len(orders) < 2 or number > len(groups):
            return ()
        orders = groups[number - 1]
    return orders


def split(orders: Sequence[OrderView]) -> list[Sequence[OrderView]]:
    """Return the parts of a line that pays these orders: one each, or as many as it can have, of about one size."""
    size = -(-len(orders) // PARTS_MAX)
    return [orders[start : start + size] for start in range(0, len(orders), size)]


def _sum(orders: Sequence[OrderView]) -> int:
    return sum(order.amount_fen for order in orders)
