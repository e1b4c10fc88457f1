"""Closing registers: what workers have signed that stands when a ledger ends, shard by shard, for its successor.

A register is written once for a closing, after the ledger's last day. So whoever carries it over, under the root of a
later checkpoint, carries the keys and accounts of that moment, and none that were good before.
"""

from datetime import date, timedelta
from typing import Annotated, Final

from msgspec import Meta

from .command import Command, handles
from .days import day_of
from .founding import geneses
from .parameter_definitions import LEDGER_CLOSED
from .parameters import Parameter, parameters, value_on
from .payees import PayeeCommitments, payee_commitments
from .refusals import Exists, Unknown
from .shard_heads import shard_heads
from .shards import LeftOut, each_shard
from .statuses import Since, Status, status_on
from .succession_refusals import LedgerNotClosed
from .terms import Terms, TermsDocument, documents, terms_heads
from .things import Thing
from .types import Digest, EmployerNo, PublicKey, Record, Shard, WorkerNo
from .workers import Membership, Worker, key_on, workers
from .world import Reads, Table, World, reading, reading_many

_DAY: Final = timedelta(days=1)
REGISTERS_AT_ONCE: Final = 4
"""So many full shards are within the bytes of one transaction, but where their workers have much that is to come: then
one is."""


STANDING_MAX: Final = 10
"""The most statuses, and the most accessions, of one worker that stand or are to come. Whoever has more is in no
register: so no coalition fills one with those of a few workers until it, and all others in it, cannot be written."""


class RegisteredAccession(Record, frozen=True, array_like=True):
    """From a day on, terms bind a worker. document: the digest of their version, which the worker has signed."""

    document: Digest
    from_day: date


class RegisteredWorker(Record, frozen=True):
    """One worker as the ledger leaves them, from the first day of the successor on.

    accessions: without the terms that have ended by then. Of those to come all are here, for they end what was signed
    before them. public_key: the one in force. A change of it that is under way is not here: the worker can veto it on
    this ledger after the register was written, and could on the successor only once carried over.
    """

    public_key: PublicKey
    payee_commitment: Digest
    statuses: Annotated[tuple[Since, ...], Meta(max_length=STANDING_MAX)]
    accessions: Annotated[tuple[RegisteredAccession, ...], Meta(max_length=STANDING_MAX)]


class ClosingRegister(Record, frozen=True):
    """The workers of one shard whose employment goes on. closed_from: the first day that the successor covers."""

    rehearsal: bool
    closed_from: date
    workers: dict[WorkerNo, RegisteredWorker]


closing_registers: Final = Table("closing_register", ClosingRegister)
"""By employer and shard."""


class RegisterClosed(Record, frozen=True):
    """shards: those whose registers were written. left_out: the others, and why."""

    shards: tuple[int, ...]
    left_out: tuple[LeftOut, ...]


class CloseRegister(Command[RegisterClosed], frozen=True, kw_only=True, tag="registry.close_register"):
    """Write the closing registers of shards of one employer."""

    employer: EmployerNo
    shards: Annotated[tuple[Shard, ...], Meta(min_length=1, max_length=REGISTERS_AT_ONCE)]


@handles(CloseRegister, "union/operator", "employer/signer")
def close_register(world: World, command: CloseRegister) -> RegisterClosed:
    """Write closing registers. Refuses: LedgerNotClosed; of a shard Unknown, Exists."""
    # READ
    rehearsal = world.need(geneses).rehearsal
    closed = world.get(parameters, LEDGER_CLOSED)
    today = day_of(world.at_ms)
    # REFUSE
    since = closed_from(closed, today)
    if since is None:
        raise LedgerNotClosed(day=today.isoformat())

    def read(shard: int) -> Reads[dict[str, RegisteredWorker]]:
        return _reading_shard(command.employer, shard, today, since)

    def write(shard: int, found: dict[str, RegisteredWorker]) -> int:
        world.put(closing_registers, ClosingRegister(rehearsal, since, found), command.employer, shard)
        return shard

    return RegisterClosed(*each_shard(world, command.shards, read, write))


def closed_from(closed: Parameter | None, today: date) -> date | None:
    """Return the first day of those without a break on which the ledger is closed up to today; None: it is not.

    closed: the parameter that says so.
    """
    first, day = None, today
    for value in reversed(closed.values if closed else ()):  # they are on days of their own, the latest last
        if value.effective_from <= day <= (value.effective_to or day) and value_on(closed, LEDGER_CLOSED, day):
            first, day = value.effective_from, value.effective_from - _DAY
    return first


def _reading_shard(employer: str, shard: int, today: date, closed_from: date) -> Reads[dict[str, RegisteredWorker]]:
    """Come to the workers of a shard as they stand. Refuses: Unknown, Exists."""
    there = yield from reading(closing_registers, employer, shard)
    if there is not None and there.closed_from == closed_from:
        raise Exists(what=Thing.CLOSING_REGISTER, number=f"{employer}/{shard}")
    head = yield from reading(shard_heads, employer, shard)
    if head is None:
        raise Unknown(what=Thing.SHARD, number=f"{employer}/{shard}")
    payees = (yield from reading(payee_commitments, employer, shard)) or PayeeCommitments()
    found = yield from reading_many(workers, [(number,) for number in head.workers])
    staying = {
        number: worker
        for number, worker in zip(head.workers, found, strict=True)
        if worker is not None and _is_carried(worker, closed_from)
    }
    bound = {number: _binding(worker.memberships, closed_from) for number, worker in staying.items()}
    versions = sorted({(each.terms, each.version) for memberships in bound.values() for each in memberships})
    terms = sorted({number for number, _ in versions})
    heads = dict(zip(terms, (yield from reading_many(terms_heads, [(number,) for number in terms])), strict=True))
    papers = dict(zip(versions, (yield from reading_many(documents, versions)), strict=True))
    going_on = {
        (number, version) for (number, version), paper in papers.items() if _goes_on(heads[number], paper, closed_from)
    }
    return {
        number: RegisteredWorker(
            public_key=key_on(worker, today),
            payee_commitment=payees.of[number],
            statuses=_standing(worker.statuses, closed_from),
            accessions=tuple(
                RegisteredAccession(_version_digest(heads[each.terms], each), each.from_day)
                for each in bound[number]
                if each.from_day > closed_from or (each.terms, each.version) in going_on
            ),
        )
        for number, worker in staying.items()
    }


def _is_carried(worker: Worker, day: date) -> bool:
    """Return whether a worker is employed on that day, and what of theirs stands or is to come fits in a register."""
    standing = len(_standing(worker.statuses, day)), len(_binding(worker.memberships, day))
    return not worker.erased and status_on(worker.statuses, day) is not Status.ENDED and max(standing) <= STANDING_MAX


def _standing(statuses: tuple[Since, ...], day: date) -> tuple[Since, ...]:
    """Return the statuses that hold on that day or a later one."""
    begun = sum(since.day <= day for since in statuses)
    return statuses[max(begun - 1, 0) :]


def _binding(memberships: tuple[Membership, ...], day: date) -> tuple[Membership, ...]:
    """Return what binds a worker on that day or a later one."""
    begun = sum(membership.from_day <= day for membership in memberships)
    return memberships[max(begun - 1, 0) :]


def _goes_on(head: Terms | None, paper: TermsDocument | None, day: date) -> bool:
    assert head is not None
    assert paper is not None
    last_days = [last for last in (head.ends, paper.effective_to) if last is not None]
    return all(day <= last for last in last_days)


def _version_digest(head: Terms | None, membership: Membership) -> str:
    assert head is not None
    return head.versions[membership.version - 1].digest
