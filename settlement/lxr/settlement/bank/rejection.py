"""What a bank says of a transfer that it does not execute."""

from datetime import date

from msgspec import Struct


class Rejection(Struct, frozen=True, forbid_unknown_fields=True):
    """A transfer that the bank refused to execute, and the ISO reason: AC01, BE01, AM05 (end-to-end id used before)."""

    message_id: str
    end_to_end_id: str
    reason: str
    date: date
