"""A closed month by a ledger's blocks alone, for who countersigns it: nothing of the month's own record is believed."""

from collections.abc import Iterable, Set
from itertools import islice
from typing import Final, NamedTuple

from lxr.chaincode.carried import RESTS, Item
from lxr.chaincode.clock import clocks
from lxr.chaincode.contract import decode_command
from lxr.chaincode.days import day_of
from lxr.chaincode.envelope import open_payload
from lxr.chaincode.period import ClosePeriod, MonthContent, first_day_after, months
from lxr.chaincode.sheet import Sheet, sheets
from lxr.node.audit import AuditReport
from lxr.node.blocks import Block
from lxr.node.port import Ledger
from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.ledger.money_of_blocks import MoneyOfBlocks
from lxr.settlement.ledger.open_items import place_of, row_items


class _Closed(NamedTuple):
    """A close of the month, as the blocks before it have it. left_out: what it should have named, if anything."""

    content: MonthContent
    left_out: Said | None


def closed_month(ledger: Ledger, report: AuditReport, period: str) -> MonthContent:
    """Return a month by the blocks alone: its account, the bank's last statement, its figures, what it carries.

    Of the record of the month nothing is read but where in the blocks it is closed. What the close names is checked
    by the contract, which the audit has executed anew, except rows that it leaves out, and what it sums up: these are
    looked for here. Raises InputFault: the audit did not reach the close, or the close leaves out what was open then.
    """
    last = _last_close(islice(ledger.blocks(), report.height), period)
    if last is None:
        problem = Said("it was closed after the {height} blocks that were audited", height=report.height)
        raise InputFault(file=Said("period {period}", period=period), problem=problem, expected="an audit made since")
    if last.left_out is not None:
        expected = "everything that is open carried by name: until all have signed it, the union closes it anew"
        raise InputFault(file=Said("period {period}", period=period), problem=last.left_out, expected=expected)
    return last.content


def _last_close(blocks: Iterable[Block], period: str) -> _Closed | None:
    """The last of a month's closes in these blocks, which begin with the ledger's first: it may be closed anew."""
    month, so_far, found = months.key(period), _SoFar(period), None
    for transaction in (each for block in blocks for each in block.transactions):
        for key, value in transaction.writes:
            if key != month:
                so_far.see(key, value)
                continue
            payload = open_payload(transaction.envelope)
            command = decode_command(bytes(payload.command))
            if isinstance(command, ClosePeriod):  # and no countersignature
                found = so_far.closed(command, payload.at_ms)
    return found


class _SoFar:
    """What the blocks have brought, up to the write that was seen last."""

    def __init__(self, period: str) -> None:
        self._period: Final = period
        self._money: Final = MoneyOfBlocks()
        self._noted: Final[dict[str, Sheet]] = {}
        """The sheets of which rows may be open."""
        self._clock_ms = 0

    def see(self, key: str, value: bytes) -> None:
        """Take one write of a block into account."""
        table, _, rest = key.partition("/")
        if table == clocks.name:
            self._clock_ms = clocks.decode(value).at_ms
        elif table == sheets.name:
            sheet = sheets.decode(value)
            if sheet.notes or rest in self._noted:
                self._noted[rest] = sheet
        else:
            self._money.see(table, rest, value)

    def closed(self, command: ClosePeriod, at_ms: int) -> _Closed:
        """Return what the month comes to with this close. at_ms: the time of its transaction."""
        money = self._money
        content = MonthContent(self._period, money.custody, money.figures(), money.statement, command.carried)
        return _Closed(content, _left_out(command, {*money.items(), *self._rows(at_ms)}))

    def _rows(self, at_ms: int) -> tuple[Item, ...]:
        today = day_of(max(at_ms, self._clock_ms))  # as the contract has it
        there = ((name.split("/"), sheet) for name, sheet in self._noted.items())
        return row_items(there, today, first_day_after(self._period))


def _left_out(command: ClosePeriod, there: Set[Item]) -> Said | None:
    """Return what was open when the month was closed and is not carried, or that the close sums up what was not."""
    named = set(command.carried)
    left = min(there - named, key=place_of, default=None)
    if left is not None:
        if left.kind == "row":
            return Said("row {name} is disputed or held back, and the close does not name it", name=left.name)
        return Said("{kind} {name} was open, and the close does not name it", kind=left.kind, name=left.name)
    summed_up = any(item.kind in RESTS.values() for item in named - there)
    return Said("the close sums up others than were open") if summed_up else None
