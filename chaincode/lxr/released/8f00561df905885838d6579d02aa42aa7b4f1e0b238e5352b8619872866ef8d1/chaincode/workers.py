"""Workers: a worker is a random number for one employment; nothing here says who that is."""

from datetime import date
from typing import Final

from .refusals import Unknown, WorkerElsewhere, WorkerNotActive
from .statuses import Since, Status, status_on
from .things import Standing, Thing
from .types import EmployerNo, PublicKey, Record, TermsNo
from .world import WORKERS_KEPT, Reads, Table, World, reading_many


class Membership(Record, frozen=True, array_like=True):
    """From a day on, a version of terms binds the worker who signed it."""

    terms: TermsNo
    version: int
    from_day: date


class KeyProposal(Record, frozen=True):
    """A new key for a worker whose key is lost. good_from: its first day, once another organisation has approved it."""

    public_key: PublicKey
    proposed_by: str
    reason: str
    approved_by: str | None = None
    good_from: date | None = None


class Worker(Record, frozen=True):
    """shard: that of the place which the registration got, for ever.

    payee_changes: how many changes of the account to be paid to the worker has approved so far; see `PayeeCommitments`.

    public_key: it is the worker's until new_key is, see `key_on`. erased: nobody can be paid under this number any
    more; it stands here, where whoever brings work for a worker looks.
    """

    employer: EmployerNo
    shard: int
    public_key: PublicKey
    payee_changes: int
    statuses: tuple[Since, ...]
    memberships: tuple[Membership, ...] = ()
    new_key: KeyProposal | None = None
    erased: bool = False


workers: Final = Table("worker", Worker, kept=WORKERS_KEPT)


def key_on(worker: Worker, day: date) -> str:
    """Return the key that is the worker's on that day."""
    new = worker.new_key
    return worker.public_key if new is None or new.good_from is None or day < new.good_from else new.public_key


def membership_on(memberships: tuple[Membership, ...], day: date) -> Membership | None:
    """Return what binds a worker on that day: the last membership that had begun."""
    for membership in reversed(memberships):
        if membership.from_day <= day:
            return membership
    return None


def refuse_inactive_worker(number: str, worker: Worker, day: date) -> None:
    """Refuse what is new for a worker whose employment is suspended or ended on that day. Refuses: WorkerNotActive."""
    status = status_on(worker.statuses, day)
    if status is not Status.ACTIVE:
        raise WorkerNotActive(worker=number, state=status, day=day.isoformat())


def refuse_erased(number: str, worker: Worker, day: date) -> None:
    """Refuse a row of a worker who is erased: what it brings could be paid to nobody. Refuses: WorkerNotActive."""
    if worker.erased:
        raise WorkerNotActive(worker=number, state=Standing.ERASED, day=day.isoformat())


def shard_workers(world: World, employer: str, shard: int, numbers: list[str]) -> dict[str, Worker]:
    """Return workers of one shard, by number. Refuses: Unknown, WorkerElsewhere."""
    return world.read(reading_workers(employer, shard, numbers))


def reading_workers(employer: str, shard: int, numbers: list[str]) -> Reads[dict[str, Worker]]:
    """Come to workers of one shard, by number. Refuses: Unknown, WorkerElsewhere."""
    found = yield from reading_many(workers, [(number,) for number in numbers])
    for number, worker in zip(numbers, found, strict=True):
        if worker is None:
            raise Unknown(what=Thing.WORKER, number=number)
        if (worker.employer, worker.shard) != (employer, shard):
            raise WorkerElsewhere(case="shard", worker=number, shard=shard, employer=employer)
    return {number: worker for number, worker in zip(numbers, found, strict=True) if worker is not None}
