"""Statuses: whether an employer or a worker's employment is active, suspended or ended, and from which day on."""

from datetime import date
from enum import StrEnum
from typing import Final

from .types import Record


class Status(StrEnum):
    """Suspended or ended: nothing new is earned, everything earned is still paid out."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


MOVES: Final = {
    Status.ACTIVE: {Status.SUSPENDED, Status.ENDED},
    Status.SUSPENDED: {Status.ACTIVE, Status.ENDED},
    Status.ENDED: set[Status](),
}
assert MOVES.keys() == set(Status)


class Since(Record, frozen=True, array_like=True):
    """A status and the first day that it holds."""

    status: Status
    day: date


def status_on(statuses: tuple[Since, ...], day: date) -> Status:
    """Return the status that holds on that day: the last one said for it, active before the first."""
    for since in reversed(statuses):
        if since.day <= day:
            return since.status
    return Status.ACTIVE
