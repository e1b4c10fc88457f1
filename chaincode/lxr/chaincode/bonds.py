"""What binds workers by the day: those whom the same binds are priced together."""

from datetime import date

from msgspec import Struct

from .statuses import Since, Status, status_on
from .workers import Membership, Worker, membership_on


class Bonds(Struct, frozen=True):
    """What binds a worker by the day, the same for many: the terms joined, and the statuses where one is not active."""

    memberships: tuple[Membership, ...]
    statuses: tuple[Since, ...]

    def on(self, day: date) -> Membership | None:
        """Return what binds the worker on that day."""
        return membership_on(self.memberships, day)

    def binds(self, terms: str, version: int, day: date) -> bool:
        """Return whether it is that version that binds the worker on that day."""
        bound = self.on(day)
        return bound is not None and (bound.terms, bound.version) == (terms, version)

    def works_on(self, day: date) -> bool:
        """Return whether the employment is active on that day."""
        return status_on(self.statuses, day) is Status.ACTIVE


def bonds_of(worker: Worker) -> Bonds:
    """Return what binds a worker."""
    always = all(since.status is Status.ACTIVE for since in worker.statuses)
    return Bonds(worker.memberships, () if always else worker.statuses)
