"""How an employer contests a row that it believes to be wrong or fraudulent, without correcting it away.

What it contests and no run has paid yet is funded on payday and held, until an award comes (see `awards`) or the
deadline passes; then the next run pays it. Each row is contested once.
"""

from datetime import date, timedelta

from msgspec.structs import replace

from .command import Command, handles
from .days import day_of
from .parameters import parameter_on
from .paydays import period_of
from .refusals import Exists, FiguresDiffer, RowChanged
from .row_terms import bound_by, terms_on
from .rows import Contest, RowState, row_digest
from .runs import NOTHING_EARNED, earned
from .shard_heads import OpenDay, shard_heads, with_days
from .sheet import sheets
from .taken import dated
from .things import Thing
from .types import Digest, EmployerNo, Measures, Record, Shard, Text, WorkerNo
from .workday_answers import need_row, need_sheets
from .workers import shard_workers
from .world import World


class ContestAnswer(Record, frozen=True):
    """Where the row now stands, and the last day on which what it brings is held."""

    worker: WorkerNo
    day: date
    state: RowState
    decide_by: date


class ContestRow(Command[ContestAnswer], frozen=True, kw_only=True, tag="workday.contest"):
    """Contest a row by its digest. admits: what of it is not contested."""

    employer: EmployerNo
    shard: Shard
    worker: WorkerNo
    day: date
    digest: Digest
    admits: Measures
    reason: Text


@handles(ContestRow, "employer/signer")
def contest_row(world: World, command: ContestRow) -> ContestAnswer:
    """Contest a row.

    Refuses: Unknown, WorkerElsewhere, NotAcceded, TermsNotInForce, RowChanged, Exists, FiguresDiffer, ParameterMissing.
    """
    # READ
    worker = shard_workers(world, command.employer, command.shard, [command.worker])[command.worker]
    sheet = need_sheets(world, command.employer, command.shard, [command.day])[command.day]
    head = world.need(shard_heads, command.employer, command.shard)
    document = bound_by(world, {command.worker: worker}, command.day)[command.worker].document
    terms, start = terms_on(worker, command.day), period_of(document.payday, command.day).start
    record = world.get(earned, command.employer, command.shard, terms, start)
    today = day_of(world.at_ms)
    days = parameter_on(world, "contest.decide_days", today)
    # REFUSE
    row = need_row(sheet, command.worker, command.day)
    if row_digest(command.employer, command.day, command.worker, row) != command.digest:
        raise RowChanged(worker=command.worker, day=command.day.isoformat())
    if row.contest is not None:
        raise Exists(what=Thing.CONTEST, number=f"{command.worker}/{command.day}")
    for measure, given in sorted(command.admits.items()):
        most = row.measures.get(measure, 0)
        if given > most:
            raise FiguresDiffer(
                case="admitted",
                worker=command.worker,
                day=command.day.isoformat(),
                measure=measure,
                most=most,
                given=given,
            )
    # COMPUTE
    rows = record.workers.get(command.worker, NOTHING_EARNED).rows if record else ()
    versions = {said.version for said in (row.payable, row.agreed) if said is not None}
    contest = Contest(
        reason=command.reason,
        admits=command.admits,
        opened_ms=world.at_ms,
        decide_by=today + timedelta(days=days),
        taken=any((command.day, version) in dated(rows, start) for version in versions),
    )
    # WRITE: from here on it must succeed
    place = command.employer, command.day, command.shard
    world.put(sheets, sheet.with_rows({command.worker: replace(row, contest=contest)}), *place)
    open_day = OpenDay(terms, command.day)
    world.put(shard_heads, with_days(head, [open_day]), command.employer, command.shard)
    return ContestAnswer(command.worker, command.day, row.state, contest.decide_by)
