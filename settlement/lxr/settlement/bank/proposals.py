"""What a waiting debit likely is that pays a whole bank file in one sum: proposed from the ledger, decided by people.

A bank that books a batch as one debit names its file, or nothing. The debit is proposed to be all orders of that file
that the bank still holds, if they sum to it; without a name, those of the only file that does. It is first split, into
at most 99 parts, each of which is split again where there are more orders; once the union has agreed, each part is
proposed to be its order. Nothing is proposed of less than the sum: that takes the bank's list of results.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from msgspec import Struct

from lxr.chaincode.assignments import AssignLine
from lxr.chaincode.cashout_records import CashOutState, PaymentOrderState, cash_outs
from lxr.chaincode.custody_records import Booking, bookings
from lxr.chaincode.lines import PARTS_MAX, Target
from lxr.node.client import Client
from lxr.settlement.bank.cashout import OrderView
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.bank.stated_files import orders_by_file
from lxr.settlement.bank.statement_lines import key_of, plain
from lxr.settlement.bank.waiting_lines import WaitingLine, assign, waiting
from lxr.settlement.keys import BookingKey
from lxr.settlement.permissions import gives

PART: Final = "~"


class LineProposal(Struct, frozen=True, forbid_unknown_fields=True):
    """What a waiting line is proposed to be. named: the bank names the file; otherwise it is the only one of this sum.

    line: as 2026-09-16/B1 or 2026-09-16/B1~1. message: the file's id, the cash-out's number where it is all its files.
    orders: how many the line pays. said: whether the bank has said so already.
    """

    line: str
    amount_fen: int
    cashout: str
    message: str
    named: bool
    orders: int
    target: Target
    said: bool


class _File(Struct, frozen=True):
    """Orders that one message, or all of a cash-out, has told the bank to pay."""

    cashout: str
    message: str
    orders: tuple[OrderView, ...]

    def left_for(self, base: str) -> tuple[OrderView, ...]:
        """Return the orders that a line can pay: those that the bank holds, or that parts of this very line paid."""
        return tuple(
            order
            for order in self.orders
            if order.state is PaymentOrderState.HELD or (order.booking or "").startswith(f"{base}{PART}")
        )


class _Base(Struct, frozen=True):
    """A line of a statement of which the whole, or parts, wait."""

    key: str
    amount_fen: int
    waiting: tuple[WaitingLine, ...]


def propose(client: Client, custody: str, statements: Iterable[Statement] = ()) -> tuple[LineProposal, ...]:
    """Return what waiting debits are proposed to be, by line. statements: where the bank may name its files."""
    bases = _bases(client, custody)
    if not bases:
        return ()
    names = _names(statements, {base.key for base in bases})
    files = _files(client, custody)
    named = {base.key: [file for file in files if plain(file.message) in names.get(base.key, ())] for base in bases}
    taken = {order.order for there in named.values() for file in there for order in file.orders}
    found: list[LineProposal] = []
    fits: dict[str, list[_File]] = {}
    for base in bases:
        among = named[base.key] or [file for file in files if taken.isdisjoint(order.order for order in file.orders)]
        fits[base.key] = [file for file in among if _sum(file.left_for(base.key)) == base.amount_fen]
    claimed = Counter((file.cashout, file.message) for there in fits.values() for file in there)
    for base in bases:
        there = fits[base.key]
        if len(there) == 1 and claimed[there[0].cashout, there[0].message] == 1:
            found += _of_base(base, there[0], named=bool(named[base.key]))
    return tuple(found)


@gives(AssignLine)
def accept(teller: Client, custody: str, proposals: Iterable[LineProposal]) -> int:
    """Say as the bank what is proposed, for the union to agree; how many lines were said. Refuses: as AssignLine."""
    count = 0
    for each in proposals:
        if not each.said:
            place = BookingKey.read(each.line)
            assign(teller, custody, place.day, place.booking, each.target)
            count += 1
    return count


def _bases(client: Client, custody: str) -> list[_Base]:
    """Return the debits that bear no order of ours, with what of them waits."""
    lines: dict[str, list[WaitingLine]] = defaultdict(list)
    for line in waiting(client, custody):
        if not line.credit and line.order is None and line.returned is None:
            lines[line.line.partition(PART)[0]].append(line)
    bases = []
    for key, there in lines.items():
        place = BookingKey.read(key)
        booking: Booking = client.need(bookings, custody, place.day, place.booking)
        bases.append(_Base(key, booking.line.amount_fen, tuple(there)))
    return bases


def _names(statements: Iterable[Statement], keys: set[str]) -> dict[str, set[str]]:
    """Return what the bank calls the payments of these lines."""
    found: dict[str, set[str]] = {}
    for statement in statements:
        for entry in statement.entries:
            key = key_of(entry)
            if key in keys:
                found.setdefault(key, set()).update(_ids(entry))
    return found


def _ids(entry: Entry) -> set[str]:
    ids = entry.message_id, entry.payment_id, entry.instruction_id, entry.end_to_end_id
    return {plain(each) for each in ids if each is not None}


def _files(client: Client, custody: str) -> list[_File]:
    """Return the files that the bank has accepted, and cash-outs of several files as one."""
    found: list[_File] = []
    for (number,), head in client.scan(cash_outs):
        if (head.custody, head.state) != (custody, CashOutState.ACCEPTED):
            continue
        orders = orders_by_file(client, number, head)
        found += [_File(number, file.message_id, those) for file, those in zip(head.files, orders, strict=True)]
        if len(head.files) > 1:
            found.append(_File(number, number, tuple(chain(*orders))))
    return found


def _of_base(base: _Base, file: _File, *, named: bool) -> Iterator[LineProposal]:
    """Yield what the line, or each part of it that waits, is: by its place in the same split."""
    orders = file.left_for(base.key)
    for line in base.waiting:
        part = _part(orders, [int(number) for number in line.line.split(PART)[1:]])
        if not part or _sum(part) != line.amount_fen:
            continue
        groups = _split(part)
        target = Target("order", part[0].order) if len(part) == 1 else Target("parts", "", tuple(map(_sum, groups)))
        said = line.proposal is not None and line.proposal.target == target
        yield LineProposal(line.line, line.amount_fen, file.cashout, file.message, named, len(part), target, said)


def _part(orders: Sequence[OrderView], path: Sequence[int]) -> Sequence[OrderView]:
    """The orders of a part, by the numbers from 1 of the parts that it is in; none where the split has no such part."""
    for number in path:
        groups = _split(orders)
        if len(orders) < 2 or number > len(groups):
            return ()
        orders = groups[number - 1]
    return orders


def _split(orders: Sequence[OrderView]) -> list[Sequence[OrderView]]:
    """The parts of a line that pays these orders: one each, or as many as a line can have, of about the same size."""
    size = -(-len(orders) // PARTS_MAX)
    return [orders[start : start + size] for start in range(0, len(orders), size)]


def _sum(orders: Sequence[OrderView]) -> int:
    return sum(order.amount_fen for order in orders)
