"""What a bank's table says, as lines in the order in which the bank booked them."""

from datetime import date, time

from msgspec import Struct

from lxr.settlement.bank.model import Entry


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
    def opening_fen(self) -> int:
        """The balance before it."""
        return self.balance_fen - self.entry.signed_fen


class Extract(Struct, frozen=True):
    """Some lines of one account that follow one another. serial_shared: several lines of a day may have one number.

    either_way: nothing in the file tells which of its two ends is the older one; the lines are as the file has them.
    """

    file: str
    account: str
    lines: tuple[TableLine, ...]
    serial_shared: bool = False
    either_way: bool = False

    @property
    def turned(self) -> "Extract":
        """The same lines, the last one first."""
        return Extract(self.file, self.account, self.lines[::-1], self.serial_shared)
