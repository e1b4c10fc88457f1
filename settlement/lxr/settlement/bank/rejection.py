"""What a bank says of a transfer that it does not execute, and of the payments of a file."""

from datetime import date

from msgspec import Struct


class Rejection(Struct, frozen=True, forbid_unknown_fields=True):
    """A transfer that the bank refused to execute, and the ISO reason: AC01, BE01, AM05 (end-to-end id used before)."""

    message_id: str
    end_to_end_id: str
    reason: str
    date: date


class Outcome(Struct, frozen=True):
    """What the bank says of one payment of a file. row: its place in the bank's list, as its faults name it.

    reason: ISO's, where it is not executed; None where it is, or may still be. What the list does not say is empty, or
    None of the amount.
    """

    row: int
    reason: str | None
    end_to_end_id: str = ""
    account: str = ""
    name: str = ""
    amount_fen: int | None = None


class FileResults(Struct, frozen=True):
    """What the bank says of a file. whole: ISO's reason, where it executes none of it.

    message_id: the file's, None where the list does not say. complete: it must name every payment of the file.
    count, total_fen: of the file's payments, where the list says them.
    """

    outcomes: tuple[Outcome, ...]
    message_id: str | None = None
    whole: str | None = None
    complete: bool = False
    count: int | None = None
    total_fen: int | None = None
