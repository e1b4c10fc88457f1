"""Employers: their records, the directory of their numbers, and how an employer is registered."""

from datetime import date
from typing import Annotated, Final

from msgspec import Meta

from .command import Command, handles
from .days import day_of
from .headcount import SHARD_WORKERS_MAX, Headcount, headcounts
from .payees import PayeeCommitments, payee_commitments
from .refusals import EmployerNotActive, Exists, TooLarge
from .registered import Registered
from .shard_heads import ShardHead, shard_heads
from .statuses import Since, Status, status_on
from .things import Thing
from .types import EmployerNo, Record, RunNo, TermsNo
from .world import Table, World

EMPLOYERS_MAX: Final = 1000
"""The most employers that have not ended; the end of a month reads them all."""


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


employers: Final = Table("employer", Employer)
directories: Final = Table("directory", Directory)


class AddEmployer(Command[Registered], frozen=True, kw_only=True, tag="registry.add_employer"):
    """Register an employer. shard_size: how many of its workers share a shard.

    Each answer of a worker writes the day's sheet of a shard again, and a payday has a part for each shard: small
    shards are for those who answer every day, full ones for quick paydays. At most SHARDS_MAX of them can be filled.
    """

    employer: EmployerNo
    shard_size: Annotated[int, Meta(ge=1, le=SHARD_WORKERS_MAX)] = SHARD_WORKERS_MAX


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
        raise Exists(what=Thing.EMPLOYER, number=command.employer)
    over = {number for number, each in zip(listed, found, strict=False) if each and _is_over(each, day_of(world.at_ms))}
    directory = Directory((*(number for number in listed if number not in over), command.employer))
    if len(directory.employers) > EMPLOYERS_MAX:
        raise TooLarge(case="employers", limit=EMPLOYERS_MAX)
    # WRITE: from here on it must succeed
    world.put(employers, Employer(()), command.employer)
    world.put(headcounts, Headcount(command.shard_size), command.employer)
    world.put(directories, directory)
    world.put(shard_heads, ShardHead(), command.employer, 0)
    world.put(payee_commitments, PayeeCommitments(), command.employer, 0)
    return Registered(1)


def refuse_inactive_employer(number: str, employer: Employer, day: date) -> None:
    """Refuse what is new with an employer that is suspended or ended on that day. Refuses: EmployerNotActive."""
    status = status_on(employer.statuses, day)
    if status is not Status.ACTIVE:
        raise EmployerNotActive(employer=number, state=status, day=day.isoformat())


def _is_over(employer: Employer, day: date) -> bool:
    """Return whether an employer can make room for others: it has ended, and no payday of it is open."""
    return status_on(employer.statuses, day) is Status.ENDED and not employer.open_runs
