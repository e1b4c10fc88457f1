"""The answer to every command that registers or changes employers and workers."""

from .types import Record


class Registered(Record, frozen=True):
    """How many were registered or changed."""

    count: int
