"""What a bank's table says, as lines in the order in which the bank booked them."""

from datetime import date, time
from typing import Generic, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode.lines import Line
from lxr.settlement.bank.model import Entry
from lxr.settlement.bank.statement_lines import facts_of


class KnownLine(Protocol):
    """What a line of a table is known by. serial: the bank's own number, if it has one. balance_fen: after the line."""

    @property
    def serial(self) -> str | None: ...

    @property
    def time(self) -> time | None: ...

    @property
    def balance_fen(self) -> int: ...

    @property
    def day(self) -> date:
        """The day on which it is booked."""

    @property
    def signed_fen(self) -> int:
        """The amount, below zero where money went."""

    def facts(self, reference: str) -> Line:
        """Return its facts, as a line of the ledger with that reference."""


class TableLine(Struct, frozen=True):
    """One line. entry: with an empty reference, which `rest_of` gives. serial: the bank's own number, if it has one.

    row: in the file. time: of the day, where the bank gives one. balance_fen: after it.
    """

    row: int
    entry: Entry
    time: time | None
    balance_fen: int
    serial: str | None = None

    @property
    def day(self) -> date:
        """The day on which it is booked."""
        return self.entry.booking_date

    @property
    def signed_fen(self) -> int:
        """The amount, below zero where money went."""
        return self.entry.signed_fen

    @property
    def opening_fen(self) -> int:
        """The balance before it."""
        return self.balance_fen - self.entry.signed_fen

    def facts(self, reference: str) -> Line:
        """Return its facts, as a line of the ledger with that reference."""
        return facts_of(self.entry, reference)


class BareLine(Struct, frozen=True):
    """One line without its texts: `line` has its facts, under no reference yet. The rest is as in `TableLine`."""

    row: int
    line: Line
    time: time | None
    balance_fen: int
    serial: str | None

    @property
    def day(self) -> date:
        """The day on which it is booked."""
        return self.line.day

    @property
    def signed_fen(self) -> int:
        """The amount, below zero where money went."""
        return self.line.signed_fen

    @property
    def opening_fen(self) -> int:
        """The balance before it."""
        return self.balance_fen - self.line.signed_fen

    def facts(self, reference: str) -> Line:
        """Return its facts, as a line of the ledger with that reference."""
        return replace(self.line, booking=reference)


L = TypeVar("L", TableLine, BareLine)


class Extract(Struct, Generic[L], frozen=True):
    """Some lines of one account that follow one another. serial_shared: several lines of a day may have one number.

    either_way: nothing in the file tells which of its two ends is the older one; the lines are as the file has them.
    """

    file: str
    account: str
    lines: tuple[L, ...]
    serial_shared: bool = False
    either_way: bool = False

    @property
    def turned(self) -> "Extract[L]":
        """The same lines, the last one first."""
        return Extract(self.file, self.account, self.lines[::-1], self.serial_shared)


def bare(extract: Extract[TableLine]) -> Extract[BareLine]:
    """Return what a table says without the texts, which take most of its room."""
    lines = tuple(
        BareLine(each.row, each.facts(""), each.time, each.balance_fen, each.serial) for each in extract.lines
    )
    return Extract(extract.file, extract.account, lines, extract.serial_shared, extract.either_way)
