"""How the run of a payday is opened: for which terms, up to which day, for how many shards."""

from datetime import date
from typing import Annotated, Final

from msgspec import Meta
from msgspec.structs import replace

from . import paydays
from .command import Command, handles
from .days import day_of
from .employers import Directory, directories, employers
from .headcount import need_headcount
from .payroll import RunAnswer
from .refusals import (
    DayStillOpen,
    DuplicateRow,
    Exists,
    MalformedCommand,
    NotAPayday,
    TooLarge,
    WorkerElsewhere,
    WrongState,
)
from .runs import Run, RunPart, RunState, runs
from .statuses import Status, status_on
from .terms import documents, terms_heads
from .things import Thing
from .types import EmployerNo, RunNo, WorkerNo
from .workers import workers
from .working_days import read_calendars, rest_days
from .world import World

OPEN_RUNS_MAX: Final = 100
"""The most runs that one employer has open; each sweep reads them all, and so does the end of a month."""


class OpenRun(Command[RunAnswer], frozen=True, kw_only=True, tag="payroll.open"):
    """Open the run of a payday, for all of the employer's terms that pay on it.

    workers: a final run, on any day, for these alone, whose employment has ended (工资支付暂行规定 art. 9).
    """

    employer: EmployerNo
    run: RunNo
    payday: date
    workers: Annotated[tuple[WorkerNo, ...], Meta(max_length=100)] = ()


@handles(OpenRun, "union/treasurer")
def open_run(world: World, command: OpenRun) -> RunAnswer:
    """Open a run.

    Refuses: MalformedCommand, Unknown, Exists, DuplicateRow, TooLarge (finish or reverse one of those that are open),
    ParameterMissing, NotAPayday, DayStillOpen, WrongState, WorkerElsewhere.
    """
    # READ and REFUSE what does not need the rest
    number = f"{command.employer}-{command.payday:%Y%m%d}"
    if command.run != number and not command.run.startswith(f"{number}-"):
        raise MalformedCommand(case="run_number", run=command.run, prefix=number)
    employer = world.need(employers, command.employer)
    shards = need_headcount(world, command.employer).shards
    there = world.get(runs, command.run)
    heads = world.get_many(terms_heads, [(terms,) for terms in employer.terms])
    papers = world.get_many(documents, [(terms, 1) for terms in employer.terms])
    calendars = read_calendars(world, command.payday)
    leaving = world.get_many(workers, [(number,) for number in command.workers])
    directory = world.get(directories) or Directory(())
    # REFUSE
    if there is not None:
        raise Exists(what=Thing.RUN, number=command.run)
    if len(employer.open_runs) >= OPEN_RUNS_MAX:
        raise TooLarge(case="runs", employer=command.employer, limit=OPEN_RUNS_MAX)
    today = day_of(world.at_ms)
    if len(set(command.workers)) < len(command.workers):
        twice = next(number for number in command.workers if command.workers.count(number) > 1)
        raise DuplicateRow(case="worker", worker=twice)
    for number, worker in zip(command.workers, leaving, strict=True):
        if worker is None or worker.employer != command.employer:
            raise WorkerElsewhere(case="employer", worker=number, employer=command.employer)
        status = status_on(worker.statuses, today)
        if status is not Status.ENDED:
            raise WrongState(what=Thing.WORKER, number=number, state=status, needed=(Status.ENDED,))
    parts = []
    for terms, head, document in zip(employer.terms, heads, papers, strict=True):
        assert head is not None
        assert document is not None
        if command.workers:
            cut_off: date | None = command.payday
        elif head.ends is not None and head.ends < command.payday <= today:
            cut_off = head.ends  # when terms have ended, all wages are due at once
        else:
            cut_off = paydays.cut_off(document.payday, command.payday, rest_days(calendars))
        if cut_off is not None:
            parts.append(RunPart(terms, cut_off))
    if not parts:
        raise NotAPayday(day=command.payday.isoformat(), employer=command.employer)
    if command.workers and command.payday != today:
        raise NotAPayday(day=command.payday.isoformat(), employer=command.employer)
    for part in parts:
        if part.cut_off >= today and (part.cut_off != command.payday or command.payday > today):
            raise DayStillOpen(day=part.cut_off.isoformat())
    # WRITE: from here on it must succeed
    run = Run(command.employer, command.payday, tuple(parts), command.workers, shards, RunState.OPEN, world.at_ms)
    world.put(runs, run, command.run)
    world.put(employers, replace(employer, open_runs=(*employer.open_runs, command.run)), command.employer)
    if command.employer not in directory.employers:
        world.put(directories, Directory((*directory.employers, command.employer)))
    return RunAnswer(command.run, run.state, run.shards)
