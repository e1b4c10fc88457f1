"""Work data: a sheet per employer, day and shard, with one row for each worker, submitted and corrected.

A row goes submitted → confirmed → certified, or submitted → unanswered → certified where the union certifies it before
the worker answers, or it is disputed. What is certified is payable; what is agreed is a floor under all that comes
later (see `rows.Row`). Nothing is overwritten in meaning: each submission stays on the ledger under its version.
"""

from datetime import date
from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.structs import replace

from .command import Command, handles
from .covered_days import covered_days, refuse_uncovered
from .days import day_of, moment
from .employers import employers, refuse_inactive_employer
from .parameters import parameter_on
from .parts import ByField, Columns
from .quantities import Quantities, quantities
from .refusals import DateInFuture, DayStillOpen, DuplicateRow, Exists, NothingChanges, RowFrozen, VersionStale
from .row_terms import answer_until, bound_by, refuse_unknown_measures, terms_on
from .rows import Row, RowState
from .shard_heads import OpenDay, shard_heads, with_days
from .sheet import Sheet, sheets
from .things import Thing
from .types import (
    MAX_ITEMS,
    EmployerNo,
    Measures,
    Number,
    Record,
    Shard,
    Text,
    WorkerNo,
)
from .workers import refuse_inactive_worker, shard_workers
from .world import Table, World


class Submission(Record, frozen=True):
    """One version as it came: what was added or changed, by whom, and why."""

    content: Quantities
    by: str
    at_ms: int
    late: bool
    reason: str | None


class DayClose(Record, frozen=True):
    """The day is over for every employer. Each submission reads this, so that none commits as on time after it."""

    at_ms: int


submissions: Final = Table("submission", Submission, splitting=ByField(content=Columns()))
day_closes: Final = Table("close", DayClose)


class NewRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One worker's day as the employer says it."""

    worker: WorkerNo
    measures: Measures


Rows = Annotated[tuple[NewRow, ...], Meta(min_length=1, max_length=MAX_ITEMS)]


class DayClosed(Record, frozen=True):
    """The answer to CloseDay."""

    day: date


class Submitted(Record, frozen=True):
    """version: of the sheet now. late: it came after the close of its day."""

    version: int
    rows: int
    late: bool


class SubmitSheet(Command[Submitted], frozen=True, kw_only=True, tag="workday.submit"):
    """Submit a shard's rows of one day."""

    employer: EmployerNo
    day: date
    shard: Shard
    rows: Rows


class CorrectSheet(Command[Submitted], frozen=True, kw_only=True, tag="workday.correct"):
    """Add or change rows of a submitted sheet. version: the one that is corrected. Rows not named stay as they are."""

    employer: EmployerNo
    day: date
    shard: Shard
    version: Number
    rows: Rows
    reason: Text


class CloseDay(Command[DayClosed], frozen=True, kw_only=True, tag="workday.close_day"):
    """Close the day for all employers: what comes later is late."""

    day: date


@handles(CloseDay, "union/operator")
def close_day(world: World, command: CloseDay) -> DayClosed:
    """Close a day. Refuses: Exists, ParameterMissing, DayStillOpen."""
    # READ
    there = world.get(day_closes, command.day)
    minute = parameter_on(world, "workday.close", command.day)
    # REFUSE
    if there is not None:
        raise Exists(what=Thing.CLOSE, number=command.day.isoformat())
    if world.at_ms < moment(command.day, minute):
        raise DayStillOpen(day=command.day.isoformat())
    # WRITE: from here on it must succeed
    world.put(day_closes, DayClose(world.at_ms), command.day)
    return DayClosed(command.day)


@handles(SubmitSheet, "employer/signer")
def submit_sheet(world: World, command: SubmitSheet) -> Submitted:
    """Submit a sheet; if workers have claimed rows of that day before, the sheet answers them.

    Refuses: Unknown, EmployerNotActive, DateInFuture, Exists, DuplicateRow, WorkerElsewhere, WorkerNotActive,
    NotAcceded, TermsNotInForce, MeasureUnknown, MeasureBeyondTerms, ParameterMissing, DayOfOtherLedger.
    """
    # READ and REFUSE what does not need the rest
    sheet = world.get(sheets, command.employer, command.day, command.shard)
    if sheet is not None and sheet.sent:
        raise Exists(what=Thing.SHEET, number=f"{command.employer}/{command.day}/{command.shard}")
    return _write_version(world, command, sheet, None)


@handles(CorrectSheet, "employer/signer")
def correct_sheet(world: World, command: CorrectSheet) -> Submitted:
    """Correct a sheet. Answers to rows that it leaves alone stay good; what was agreed to stays the floor.

    A dispute of a row that it changes goes on, unless the correction is what the worker claims.
    Refuses: as SubmitSheet, and VersionStale, NothingChanges, RowFrozen.
    """
    # READ and REFUSE what does not need the rest
    sheet = world.get(sheets, command.employer, command.day, command.shard)
    if sheet is None or sheet.version != command.version:
        raise VersionStale(
            what=Thing.SHEET,
            number=f"{command.employer}/{command.day}/{command.shard}",
            given=command.version,
            current=sheet.version if sheet else 0,
        )
    for row in command.rows:
        if sheet.content.of(row.worker) == row.measures:
            raise NothingChanges(what=Thing.ROW, number=f"{row.worker}/{command.day}")
    return _write_version(world, command, sheet, command.reason)


def _write_version(
    world: World, command: SubmitSheet | CorrectSheet, sheet: Sheet | None, reason: str | None
) -> Submitted:
    """Write the next version of a sheet. sheet: the one before. reason: of a correction. Refuses: as SubmitSheet."""
    day, place = command.day, (command.employer, command.day, command.shard)
    # READ
    employer = world.need(employers, command.employer)
    close = world.get(day_closes, day)
    close_minute = parameter_on(world, "workday.close", day)
    head = world.need(shard_heads, command.employer, command.shard)
    found = shard_workers(world, command.employer, command.shard, [row.worker for row in command.rows])
    bound = bound_by(world, found, day)
    covered = covered_days(world)
    # REFUSE
    refuse_uncovered(covered, day)
    refuse_inactive_employer(command.employer, employer, day)
    today = day_of(world.at_ms)
    if day > today:
        raise DateInFuture(day=day.isoformat(), today=today.isoformat())
    new: dict[str, dict[str, int]] = {}
    for row in command.rows:
        if row.worker in new:
            raise DuplicateRow(case="row", worker=row.worker, day=day.isoformat())
        refuse_inactive_worker(row.worker, found[row.worker], day)
        refuse_unknown_measures(row.worker, row.measures, bound[row.worker].measures)
        new[row.worker] = row.measures
    # COMPUTE
    open_days = [OpenDay(terms_on(found[number], day), day) for number in new]
    late = close is not None or world.at_ms >= moment(day, close_minute + 1)
    before = sheet or Sheet()
    version = before.version + 1
    rows: dict[str, Row] = {}
    for number, measures in new.items():
        old = before.row(number)
        silent = old is not None and world.at_ms >= answer_until(before, old, bound[number].answer_days)
        rows[number] = _next_row(old, measures, version, silent=silent, number=number, day=day)
    now = before.with_rows(rows, world.at_ms)
    sheet_now = replace(now, late=before.late if before.sent else late, sent=True)
    # WRITE: from here on it must succeed
    world.put(sheets, sheet_now, *place)
    world.put(submissions, Submission(quantities(new), str(world.caller), world.at_ms, late, reason), *place, version)
    world.put(shard_heads, with_days(head, open_days), command.employer, command.shard)
    return Submitted(version, len(new), late)


def _next_row(old: Row | None, measures: dict[str, int], version: int, *, silent: bool, number: str, day: date) -> Row:
    """Return the row that the employer's content makes of an old one. Refuses: RowFrozen."""
    if old is None:
        return Row(measures, version, RowState.SUBMITTED)
    agreed = old.floor(silent=silent)
    row = Row(
        measures,
        version,
        RowState.SUBMITTED,
        old.disputes,
        certified=old.payable,
        agreed=agreed,
        contest=old.contest,
    )
    if old.dispute is None:
        return row
    if old.dispute.claimed == measures:  # the worker has signed this very content
        return replace(row, state=RowState.CONFIRMED)
    if not row.keeps(old.content):
        raise RowFrozen(worker=number, day=day.isoformat())
    return replace(row, state=RowState.DISPUTED, dispute=old.dispute)
