"""The keys of what has several parts, as one text names them."""

from datetime import date
from typing import NamedTuple, Self


class BookingKey(NamedTuple):
    """A line of the bank's, or a deposit, by its day and the bank's reference: neither alone says which."""

    day: date
    booking: str

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the key in a text like 2026-09-16/B1. Raises ValueError: there is none."""
        day, _, booking = text.partition("/")
        return cls(date.fromisoformat(day), booking)

    def __str__(self) -> str:
        return f"{self.day}/{self.booking}"


class RowKey(NamedTuple):
    """A worker's row of a day."""

    worker: str
    day: date

    def __str__(self) -> str:
        return f"{self.worker}/{self.day}"


class SheetKey(NamedTuple):
    """A shard's sheet of a day."""

    employer: str
    day: date
    shard: int

    def __str__(self) -> str:
        return f"{self.employer}/{self.day}/{self.shard}"
