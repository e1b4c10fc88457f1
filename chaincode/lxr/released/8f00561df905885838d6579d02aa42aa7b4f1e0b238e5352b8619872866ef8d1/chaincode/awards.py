"""An award, judgment or signed mediation about a row: the one way to less than was agreed to without the worker's word.

The employer states it, the regulator has seen the document and signs the same. The row then says what the document
says, and a contest of it is over.
"""

from datetime import date
from typing import Final

from msgspec.structs import replace

from .caller import REGULATOR
from .command import Command, handles
from .days import day_of
from .decisions import write_decided
from .refusals import HashDiffers, RowChanged
from .row_terms import bound_by, refuse_unknown_measures, terms_on
from .rows import Contest, RowState, row_digest
from .shard_heads import OpenDay, shard_heads, with_days
from .things import Thing
from .types import Digest, EmployerNo, Measures, Record, Shard, Text, WorkerNo, digest
from .workday_answers import need_row, need_sheets
from .workers import refuse_erased, shard_workers
from .world import Table, World


class Award(Record, frozen=True):
    """What the employer says that a document decides. row: the row's digest; document: its blinded digest."""

    row: Digest
    measures: Measures
    document: Digest
    reason: Text


class AwardAnswer(Record, frozen=True):
    """Where the row now stands."""

    worker: WorkerNo
    day: date
    state: RowState


class StateAward(Command[AwardAnswer], frozen=True, kw_only=True, tag="workday.state_award"):
    """State an award about a row; a later statement takes an earlier one's place until it is approved. See Award."""

    employer: EmployerNo
    shard: Shard
    worker: WorkerNo
    day: date
    row: Digest
    measures: Measures
    document: Digest
    reason: Text


class ApproveAward(Command[AwardAnswer], frozen=True, kw_only=True, tag="workday.approve_award"):
    """The regulator's word that the document says so. digest: see `award_digest`."""

    employer: EmployerNo
    shard: Shard
    worker: WorkerNo
    day: date
    digest: Digest


awards: Final = Table("award", Award)
"""By employer, day and worker: the last that was stated."""


def award_digest(employer: str, day: date, worker: str, award: Award) -> str:
    """Return the digest of an award and of what it is about, which the regulator signs."""
    return digest((employer, day, worker, award))


@handles(StateAward, "employer/signer")
def state_award(world: World, command: StateAward) -> AwardAnswer:
    """State an award.

    Refuses: Unknown, WorkerElsewhere, NotAcceded, TermsNotInForce, RowChanged, MeasureUnknown, MeasureBeyondTerms.
    """
    # READ
    found = shard_workers(world, command.employer, command.shard, [command.worker])
    bound = bound_by(world, found, command.day)[command.worker]
    sheet = need_sheets(world, command.employer, command.shard, [command.day])[command.day]
    # REFUSE
    row = need_row(sheet, command.worker, command.day)
    if row_digest(command.employer, command.day, command.worker, row) != command.row:
        raise RowChanged(worker=command.worker, day=command.day.isoformat())
    refuse_unknown_measures(command.worker, command.measures, bound.measures)
    # WRITE: from here on it must succeed
    award = Award(command.row, command.measures, command.document, command.reason)
    world.put(awards, award, command.employer, command.day, command.worker)
    return AwardAnswer(command.worker, command.day, row.state)


@handles(ApproveAward, f"{REGULATOR}/admin")
def approve_award(world: World, command: ApproveAward) -> AwardAnswer:
    """Approve an award: it is what the row says.

    Refuses: Unknown, WorkerElsewhere, WorkerNotActive (who is erased), HashDiffers, RowChanged.
    """
    # READ
    worker = shard_workers(world, command.employer, command.shard, [command.worker])[command.worker]
    award = world.need(awards, command.employer, command.day, command.worker)
    sheet = need_sheets(world, command.employer, command.shard, [command.day])[command.day]
    head = world.need(shard_heads, command.employer, command.shard)
    # REFUSE
    refuse_erased(command.worker, worker, command.day)
    row = need_row(sheet, command.worker, command.day)
    if command.digest != award_digest(command.employer, command.day, command.worker, award):
        raise HashDiffers(what=Thing.AWARD, number=f"{command.worker}/{command.day}")
    if row_digest(command.employer, command.day, command.worker, row) != award.row:
        raise RowChanged(worker=command.worker, day=command.day.isoformat())
    # COMPUTE
    place = command.employer, command.day, command.shard
    contest = row.contest or Contest(award.reason, {}, world.at_ms, day_of(world.at_ms))
    over = replace(row, contest=replace(contest, decided=True))  # nor is what it says contested after it
    # WRITE: from here on it must succeed
    write_decided(world, place, command.worker, sheet, over, award.measures, award.reason)
    open_day = OpenDay(terms_on(worker, command.day), command.day)
    world.put(shard_heads, with_days(head, [open_day]), command.employer, command.shard)
    return AwardAnswer(command.worker, command.day, RowState.CERTIFIED)
