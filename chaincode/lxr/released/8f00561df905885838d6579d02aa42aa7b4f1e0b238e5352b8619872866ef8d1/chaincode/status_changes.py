"""Changes of status: the union suspends, reinstates or ends an employer, or a worker's employment, from a day on."""

from datetime import date
from typing import Final

from msgspec.structs import replace

from .command import Command, handles
from .days import day_of
from .effective_dates import refuse_begun, refuse_far
from .employers import employers
from .refusals import TooLarge, VersionStale, WrongState
from .registered import Registered
from .statuses import MOVES, Since, Status
from .things import Thing
from .types import EmployerNo, Text, WorkerNo
from .workers import workers
from .world import World

STATUSES_MAX_IN_DAY: Final = 4
"""The most statuses that are said for one day: a slip, its correction, and the same once more. So a record grows by
the days that pass, and not by the commands that one operator gives."""


class SetEmployer(Command[Registered], frozen=True, kw_only=True, tag="registry.set_employer"):
    """Suspend, reinstate or end an employer from a day on, which is after the day of the command."""

    employer: EmployerNo
    status: Status
    from_day: date
    reason: Text


class SetWorker(Command[Registered], frozen=True, kw_only=True, tag="registry.set_worker"):
    """Suspend, reinstate or end a worker's employment from a day on, which is after the day of the command."""

    worker: WorkerNo
    status: Status
    from_day: date
    reason: Text


@handles(SetEmployer, "union/operator")
def set_employer(world: World, command: SetEmployer) -> Registered:
    """Change an employer's status.

    Refuses: Unknown, TooFarAhead, DayInPast, WrongState, VersionStale, TooLarge (another day is free).
    """
    # READ
    employer = world.need(employers, command.employer)
    # REFUSE
    since = Since(command.status, command.from_day)
    _refuse_status(employer.statuses, since, day_of(world.at_ms), Thing.EMPLOYER, command.employer)
    # WRITE: from here on it must succeed
    world.put(employers, replace(employer, statuses=(*employer.statuses, since)), command.employer)
    return Registered(1)


@handles(SetWorker, "union/operator")
def set_worker(world: World, command: SetWorker) -> Registered:
    """Change a worker's status.

    Refuses: Unknown, TooFarAhead, DayInPast, WrongState, VersionStale, TooLarge (another day is free).
    """
    # READ
    worker = world.need(workers, command.worker)
    # REFUSE
    since = Since(command.status, command.from_day)
    _refuse_status(worker.statuses, since, day_of(world.at_ms), Thing.WORKER, command.worker)
    # WRITE: from here on it must succeed
    world.put(workers, replace(worker, statuses=(*worker.statuses, since)), command.worker)
    return Registered(1)


def _refuse_status(statuses: tuple[Since, ...], new: Since, today: date, what: Thing, number: str) -> None:
    """Refuse a status that cannot come after those that were said before. what, number: whose status it is.

    Refuses: TooFarAhead, DayInPast, WrongState, VersionStale, TooLarge.
    """
    last = statuses[-1] if statuses else Since(Status.ACTIVE, date.min)
    refuse_far(new.day, today)
    refuse_begun(new.day, today)
    if new.status not in MOVES[last.status]:
        needed = tuple(sorted(old for old, moves in MOVES.items() if new.status in moves))
        raise WrongState(what=what, number=number, state=last.status, needed=needed)
    if new.day < last.day:
        raise VersionStale(what=what, number=number, given=new.day.isoformat(), current=last.day.isoformat())
    if sum(since.day == new.day for since in statuses) >= STATUSES_MAX_IN_DAY:
        raise TooLarge(case="statuses", what=what, number=number, day=new.day.isoformat(), limit=STATUSES_MAX_IN_DAY)
