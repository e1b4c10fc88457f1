"""Employers and workers. A worker is a random number for one employment; nothing here says who that is."""

import hashlib
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from ..token.fen import SomeFen
from .command import Command, handles
from .days import day_of
from .founding import geneses
from .headcount import Headcount, headcounts, need_headcount
from .parts import ByField, Keyed, Listed
from .refusals import (
    DayInPast,
    DuplicateRow,
    EmployerNotActive,
    Exists,
    NumberForeign,
    SignatureWrong,
    TooFarAhead,
    TooLarge,
    Unknown,
    VersionStale,
    WorkerElsewhere,
    WorkerNotActive,
    WrongState,
)
from .types import (
    MAX_ITEMS,
    SHARDS_MAX,
    Digest,
    EmployerNo,
    Number,
    PublicKey,
    Record,
    RunNo,
    Signature,
    TermsNo,
    Text,
    WorkerNo,
    canonical,
)
from .world import WORKERS_KEPT, Reads, Table, World, reading_many


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


class Employer(Record, frozen=True):
    """open_runs: paydays that are not finished.

    terms: those that workers could ever join, but for ended ones that have made room for others.
    """

    statuses: tuple[Since, ...]
    terms: tuple[TermsNo, ...] = ()
    open_runs: tuple[RunNo, ...] = ()


class Directory(Record, frozen=True):
    """The numbers of all employers, in the order in which they came, but for ended ones that made room for others.

    Whoever has an open run is in it: the end of a month waits for those.
    """

    employers: tuple[EmployerNo, ...]


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


class OpenDay(Record, frozen=True, array_like=True):
    """A day on which rows under these terms have changed since a run last took them."""

    terms: TermsNo
    day: date


class ShardHead(Record, frozen=True):
    """What is open in one shard of an employer. overpaid: what a worker was paid too much in all periods, by number.

    later: days that a run has taken, and looks at again because a deadline may have passed, or the time to answer.
    """

    workers: tuple[WorkerNo, ...] = ()
    days: tuple[OpenDay, ...] = ()
    overpaid: dict[WorkerNo, SomeFen] = field(default_factory=dict)
    later: tuple[OpenDay, ...] = ()


class PayeeCommitments(Record, frozen=True):
    """By number, the salted commitments to the bank accounts that one shard's workers are paid out to.

    In one record, as wages are: a cash-out takes a shard at once.
    """

    of: dict[WorkerNo, Digest] = field(default_factory=dict)


employers: Final = Table("employer", Employer)
directories: Final = Table("directory", Directory)
workers: Final = Table("worker", Worker, kept=WORKERS_KEPT)
shard_heads: Final = Table("shard", ShardHead, splitting=ByField(workers=Listed(), overpaid=Keyed()))
payee_commitments: Final = Table("payee_commitments", PayeeCommitments, splitting=ByField(of=Keyed()))
"""By employer and shard."""


_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
AHEAD_DAYS_MAX: Final = 366
"""How far ahead a status, a membership or the end of terms can begin."""


STATUSES_MAX_IN_DAY: Final = 4
"""The most statuses that are said for one day: a slip, its correction, and the same once more. So a record grows by
the days that pass, and not by the commands that one operator gives."""
EMPLOYERS_MAX: Final = 1000
"""The most employers that have not ended; the end of a month reads them all."""


def status_on(statuses: tuple[Since, ...], day: date) -> Status:
    """The status that holds on that day: the last one said for it, active before the first."""
    for since in reversed(statuses):
        if since.day <= day:
            return since.status
    return Status.ACTIVE


def key_on(worker: Worker, day: date) -> str:
    """The key that is the worker's on that day."""
    new = worker.new_key
    return worker.public_key if new is None or new.good_from is None or day < new.good_from else new.public_key


def refuse_inactive_employer(number: str, employer: Employer, day: date) -> None:
    """Refuses: EmployerNotActive."""
    status = status_on(employer.statuses, day)
    if status is not Status.ACTIVE:
        raise EmployerNotActive(employer=number, state=status, day=day.isoformat())


def refuse_inactive_worker(number: str, worker: Worker, day: date) -> None:
    """Refuses: WorkerNotActive."""
    status = status_on(worker.statuses, day)
    if status is not Status.ACTIVE:
        raise WorkerNotActive(worker=number, state=status, day=day.isoformat())


def refuse_erased(number: str, worker: Worker, day: date) -> None:
    """What a row of somebody who is erased brings could be paid to nobody. Refuses: WorkerNotActive."""
    if worker.erased:
        raise WorkerNotActive(worker=number, state="erased", day=day.isoformat())


def refuse_begun(day: date, today: date) -> None:
    """What was worked, certified or not, was worked by who was employed then: no status reaches back, nor over the
    hours of today that are over. So what holds on a day that has begun holds on it for ever, and what was claimed
    or disputed can be decided.

    Refuses: DayInPast.
    """
    if day <= today:
        raise DayInPast(day=day.isoformat(), earliest=(today + timedelta(days=1)).isoformat())


def refuse_far(day: date, today: date) -> None:
    """A slip of the year must not bind for ever. Refuses: TooFarAhead."""
    if day > today + timedelta(days=AHEAD_DAYS_MAX):
        raise TooFarAhead(day=day.isoformat(), today=today.isoformat())


def worker_number(employer: str, payee_commitment: str) -> str:
    """The number of a worker whom that employer registers with that commitment to an account: salted, so random.

    No other employer, and nobody who has only seen it, can register a worker under it: 60 bits would have to collide.
    """
    bits = int.from_bytes(hashlib.sha256(canonical((employer, payee_commitment))).digest()[:8]) >> 4
    return "W" + "".join(_CROCKFORD[bits >> shift & 31] for shift in range(55, -1, -5))


def membership_on(memberships: tuple[Membership, ...], day: date) -> Membership | None:
    """What binds a worker on that day: the last membership that had begun."""
    for membership in reversed(memberships):
        if membership.from_day <= day:
            return membership
    return None


def ledger_id(world: World) -> str:
    """The id that stands in every message that a worker signs, so that none is good on another ledger."""
    return world.need(geneses).ledger


def shard_workers(world: World, employer: str, shard: int, numbers: list[str]) -> dict[str, Worker]:
    """The workers by number. Refuses: Unknown, WorkerElsewhere."""
    return world.read(reading_workers(employer, shard, numbers))


def reading_workers(employer: str, shard: int, numbers: list[str]) -> Reads[dict[str, Worker]]:
    """Come to a shard's workers by number. Refuses: Unknown, WorkerElsewhere."""
    found = yield from reading_many(workers, [(number,) for number in numbers])
    for number, worker in zip(numbers, found, strict=True):
        if worker is None:
            raise Unknown(what="worker", number=number)
        if (worker.employer, worker.shard) != (employer, shard):
            raise WorkerElsewhere(worker=number, shard=shard, employer=employer)
    return {number: worker for number, worker in zip(numbers, found, strict=True) if worker is not None}


class Registration(Record, frozen=True):
    """What a worker signs to be registered: the key, and the account to be paid out to."""

    ledger: Digest
    worker: WorkerNo
    employer: EmployerNo
    public_key: PublicKey
    payee_commitment: Digest
    message: str = "registration"


class PayeeChange(Record, frozen=True):
    """What a worker signs to be paid out to another account. number: one more than the last."""

    ledger: Digest
    worker: WorkerNo
    payee_commitment: Digest
    number: int
    message: str = "payee"


SHARD_WORKERS_MAX: Final = 200
"""A month of 200 workers under as many rules as can bind them (RULES_MAX_IN_PERIOD) is priced within one
transaction's bytes, with room to spare."""


class NewWorker(Struct, frozen=True, forbid_unknown_fields=True):
    """One worker to register, with the worker's signature over the Registration."""

    worker: WorkerNo
    public_key: PublicKey
    payee_commitment: Digest
    signature: Signature


class AddEmployer(Command, frozen=True, kw_only=True, tag="registry.add_employer"):
    """Register an employer. shard_size: how many of its workers share a shard.

    Each answer of a worker writes the day's sheet of a shard again, and a payday has a part for each shard: small
    shards are for those who answer every day, full ones for quick paydays. At most SHARDS_MAX of them can be filled.
    """

    employer: EmployerNo
    shard_size: Annotated[int, Meta(ge=1, le=SHARD_WORKERS_MAX)] = SHARD_WORKERS_MAX


class AddWorkers(Command, frozen=True, kw_only=True, tag="registry.add_workers"):
    """Register workers of one employer."""

    employer: EmployerNo
    workers: Annotated[tuple[NewWorker, ...], Meta(min_length=1, max_length=MAX_ITEMS)]


class SetEmployer(Command, frozen=True, kw_only=True, tag="registry.set_employer"):
    """Suspend, reinstate or end an employer from a day on, which is after the day of the command."""

    employer: EmployerNo
    status: Status
    from_day: date
    reason: Text


class SetWorker(Command, frozen=True, kw_only=True, tag="registry.set_worker"):
    """Suspend, reinstate or end a worker's employment from a day on, which is after the day of the command."""

    worker: WorkerNo
    status: Status
    from_day: date
    reason: Text


class SetPayee(Command, frozen=True, kw_only=True, tag="registry.set_payee"):
    """Pay a worker out to another account, which the worker's key has approved."""

    worker: WorkerNo
    payee_commitment: Digest
    number: Number
    signature: Signature


class Registered(Record, frozen=True):
    """How many were registered or changed."""

    count: int


@handles(AddEmployer, "union/operator")
def add_employer(world: World, command: AddEmployer) -> Registered:
    """Register an employer. Refuses: Exists, TooLarge (so many have not ended)."""
    # READ
    there = world.get(employers, command.employer)
    listed = (world.get(directories) or Directory(())).employers
    full = len(listed) >= EMPLOYERS_MAX
    found = world.get_many(employers, [(number,) for number in listed]) if full else []
    # REFUSE
    if there is not None:
        raise Exists(what="employer", number=command.employer)
    over = {number for number, each in zip(listed, found, strict=False) if each and _is_over(each, day_of(world.at_ms))}
    directory = Directory((*(number for number in listed if number not in over), command.employer))
    if len(directory.employers) > EMPLOYERS_MAX:
        raise TooLarge(what="employers that have not ended", limit=EMPLOYERS_MAX)
    # WRITE: from here on it must succeed
    world.put(employers, Employer(()), command.employer)
    world.put(headcounts, Headcount(command.shard_size), command.employer)
    world.put(directories, directory)
    world.put(shard_heads, ShardHead(), command.employer, 0)
    world.put(payee_commitments, PayeeCommitments(), command.employer, 0)
    return Registered(1)


@handles(AddWorkers, "employer/signer")
def add_workers(world: World, command: AddWorkers) -> Registered:
    """Register workers: the employer says that they work for it, each of them signs. Nobody else can add a payee.

    Each gets the next place, in the order of the command; a shard is opened when the one before it is full.
    Refuses: Unknown, DuplicateRow, Exists, NumberForeign, SignatureWrong, TooLarge (all shards are full).
    """
    # READ
    headcount = need_headcount(world, command.employer)
    ledger = ledger_id(world)
    there = world.get_many(workers, [(new.worker,) for new in command.workers])
    shards = [headcount.shard(headcount.workers + number) for number in range(len(command.workers))]
    touched = sorted(set(shards))
    found = world.get_many(shard_heads, [(command.employer, shard) for shard in touched])
    before = world.get_many(payee_commitments, [(command.employer, shard) for shard in touched])
    # REFUSE
    seen = set[str]()
    for new, old in zip(command.workers, there, strict=True):
        if new.worker in seen:
            raise DuplicateRow(worker=new.worker, day="-")
        seen.add(new.worker)
        if old is not None:
            raise Exists(what="worker", number=new.worker)
        if new.worker != worker_number(command.employer, new.payee_commitment):
            raise NumberForeign(what="worker", number=new.worker, employer=command.employer)
        message = Registration(ledger, new.worker, command.employer, new.public_key, new.payee_commitment)
        if not world.signed(new.public_key, new.signature, message):
            raise SignatureWrong(worker=new.worker, what="the registration")
    if shards[-1] >= SHARDS_MAX:
        raise TooLarge(what=f"workers of {command.employer}", limit=SHARDS_MAX * headcount.shard_size)
    # COMPUTE
    joined: dict[int, dict[str, str]] = {shard: {} for shard in touched}
    for new, shard in zip(command.workers, shards, strict=True):
        joined[shard][new.worker] = new.payee_commitment
    heads = {shard: head or ShardHead() for shard, head in zip(touched, found, strict=True)}
    paid_to = {shard: record or PayeeCommitments() for shard, record in zip(touched, before, strict=True)}
    # WRITE: from here on it must succeed
    for new, shard in zip(command.workers, shards, strict=True):
        worker = Worker(command.employer, shard, new.public_key, 0, ())
        world.put(workers, worker, new.worker)
    for shard, head in heads.items():
        filled = (*head.workers, *joined[shard])
        assert len(filled) <= headcount.shard_size
        world.put(shard_heads, replace(head, workers=filled), command.employer, shard)
        world.put(payee_commitments, PayeeCommitments({**paid_to[shard].of, **joined[shard]}), command.employer, shard)
    taken = headcount.workers + len(command.workers)
    world.put(headcounts, replace(headcount, workers=taken), command.employer)
    return Registered(len(command.workers))


@handles(SetEmployer, "union/operator")
def set_employer(world: World, command: SetEmployer) -> Registered:
    """Change an employer's status.

    Refuses: Unknown, TooFarAhead, DayInPast, WrongState, VersionStale, TooLarge (another day is free).
    """
    # READ
    employer = world.need(employers, command.employer)
    # REFUSE
    statuses = _changed(
        employer.statuses, command.status, command.from_day, day_of(world.at_ms), "employer", command.employer
    )
    # WRITE: from here on it must succeed
    world.put(employers, replace(employer, statuses=statuses), command.employer)
    return Registered(1)


@handles(SetWorker, "union/operator")
def set_worker(world: World, command: SetWorker) -> Registered:
    """Change a worker's status.

    Refuses: Unknown, TooFarAhead, DayInPast, WrongState, VersionStale, TooLarge (another day is free).
    """
    # READ
    worker = world.need(workers, command.worker)
    # REFUSE
    statuses = _changed(
        worker.statuses, command.status, command.from_day, day_of(world.at_ms), "worker", command.worker
    )
    # WRITE: from here on it must succeed
    world.put(workers, replace(worker, statuses=statuses), command.worker)
    return Registered(1)


@handles(SetPayee, "union/operator")
def set_payee(world: World, command: SetPayee) -> Registered:
    """Change the account to be paid out to. Refuses: Unknown, VersionStale, SignatureWrong."""
    # READ
    worker = world.need(workers, command.worker)
    crew = world.need(payee_commitments, worker.employer, worker.shard)
    ledger = ledger_id(world)
    # REFUSE
    if command.number != worker.payee_changes + 1:
        raise VersionStale(what=f"the account of {command.worker}", given=command.number, current=worker.payee_changes)
    message = PayeeChange(ledger, command.worker, command.payee_commitment, command.number)
    if not world.signed(key_on(worker, day_of(world.at_ms)), command.signature, message):
        raise SignatureWrong(worker=command.worker, what="the payee account")
    # WRITE: from here on it must succeed
    world.put(workers, replace(worker, payee_changes=command.number), command.worker)
    world.put(
        payee_commitments,
        PayeeCommitments({**crew.of, command.worker: command.payee_commitment}),
        worker.employer,
        worker.shard,
    )
    return Registered(1)


def _is_over(employer: Employer, day: date) -> bool:
    return status_on(employer.statuses, day) is Status.ENDED and not employer.open_runs


def _changed(
    statuses: tuple[Since, ...], new: Status, from_day: date, today: date, what: str, number: str
) -> tuple[Since, ...]:
    last = statuses[-1] if statuses else Since(Status.ACTIVE, date.min)
    refuse_far(from_day, today)
    refuse_begun(from_day, today)
    if new not in MOVES[last.status]:
        needed = " or ".join(sorted(old for old, moves in MOVES.items() if new in moves))
        raise WrongState(what=what, number=number, state=last.status, needed=needed or "nothing")
    if from_day < last.day:
        raise VersionStale(what=f"{what} {number}", given=from_day.isoformat(), current=last.day.isoformat())
    if sum(since.day == from_day for since in statuses) >= STATUSES_MAX_IN_DAY:
        raise TooLarge(what=f"statuses of {number} from {from_day}", limit=STATUSES_MAX_IN_DAY)
    return (*statuses, Since(new, from_day))
