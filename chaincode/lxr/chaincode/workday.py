"""Work data: a sheet per employer, day and shard, with one row for each worker; and the union's word on it.

A row goes submitted → confirmed → certified, or submitted → unanswered → certified where the union certifies it before
the worker answers, or it is disputed. What is certified is payable; what is agreed is a floor under all that comes
later (see `sheet.Row`). Nothing is overwritten in meaning: each submission stays on the ledger under its version.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.structs import replace

from .command import Command, handles
from .days import day_of, moment
from .employers import employers, refuse_inactive_employer
from .parameters import parameter_on
from .parts import ByField, Columns
from .pay_rules import MINUTES, MINUTES_MAX
from .refusals import (
    DateInFuture,
    DayStillOpen,
    DuplicateRow,
    Exists,
    HashDiffers,
    MeasureBeyondTerms,
    MeasureUnknown,
    NotAcceded,
    NothingChanges,
    RowFrozen,
    TermsNotInForce,
    Unknown,
    VersionStale,
)
from .shard_heads import OpenDay, ShardHead, shard_heads
from .shards import SHARDS_AT_ONCE, LeftOut, each_shard
from .sheet import Quantities, Row, RowState, Sheet, quantities, sheets
from .terms import TermsDocument, covers, documents, terms_heads
from .types import (
    MAX_ITEMS,
    Digest,
    EmployerNo,
    Measures,
    Number,
    Record,
    Shard,
    Text,
    WorkerNo,
    digest,
)
from .workers import Membership, Worker, membership_on, refuse_erased, refuse_inactive_worker, shard_workers
from .world import Table, World, reading_many


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


class RowContent(Record, frozen=True):
    """What the worker's signature over a row stands on. An empty measure set says: no work on that day.

    version: of the sheet, in which this content came: a signature over content that was corrected, and corrected back,
    is not one over what stands there now. disputes: so far; another makes the signature worthless.
    """

    employer: EmployerNo
    day: date
    worker: WorkerNo
    measures: Measures
    version: int
    disputes: int


def row_digest(employer: str, day: date, worker: str, row: Row) -> str:
    """The digest that a worker signs to answer a row as it stands."""
    return digest(RowContent(employer, day, worker, row.measures, row.version, row.disputes))


class SeenSheet(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """A sheet by its day and the digest of its record, as whoever signs has it before them."""

    day: date
    digest: Digest


class NewRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One worker's day as the employer says it."""

    worker: WorkerNo
    measures: Measures


Rows = Annotated[tuple[NewRow, ...], Meta(min_length=1, max_length=MAX_ITEMS)]


class SubmitSheet(Command, frozen=True, kw_only=True, tag="workday.submit"):
    """Submit a shard's rows of one day."""

    employer: EmployerNo
    day: date
    shard: Shard
    rows: Rows


class CorrectSheet(Command, frozen=True, kw_only=True, tag="workday.correct"):
    """Add or change rows of a submitted sheet. version: the one that is corrected. Rows not named stay as they are."""

    employer: EmployerNo
    day: date
    shard: Shard
    version: Number
    rows: Rows
    reason: Text


class CloseDay(Command, frozen=True, kw_only=True, tag="workday.close_day"):
    """Close the day for all employers: what comes later is late."""

    day: date


class SeenShard(Struct, frozen=True, forbid_unknown_fields=True):
    """A shard's sheets, each as whoever signs has seen it."""

    shard: Shard
    sheets: Annotated[tuple[SeenSheet, ...], Meta(min_length=1, max_length=62)]


class CertifySheets(Command, frozen=True, kw_only=True, tag="workday.certify"):
    """The union's word on sheets as it has seen them: all their rows are payable, answered or not.

    Whether a worker can still answer does not change by it. shards: ascending, each once.
    """

    employer: EmployerNo
    shards: Annotated[tuple[SeenShard, ...], Meta(min_length=1, max_length=SHARDS_AT_ONCE)]


class Submitted(Record, frozen=True):
    """version: of the sheet now. late: it came after the close of its day."""

    version: int
    rows: int
    late: bool


class DayClosed(Record, frozen=True):
    """The answer to CloseDay."""

    day: date


class CertifiedShard(Record, frozen=True):
    """How many rows of a shard were certified after the worker's answer, and before it."""

    shard: int
    answered: int
    unanswered: int


class CertifiedShards(Record, frozen=True):
    """What was certified, by shard, and the shards in which nothing was."""

    shards: tuple[CertifiedShard, ...]
    left_out: tuple[LeftOut, ...] = ()


@handles(CloseDay, "union/operator")
def close_day(world: World, command: CloseDay) -> DayClosed:
    """Close a day. Refuses: Exists, ParameterMissing, DayStillOpen."""
    # READ
    there = world.get(day_closes, command.day)
    minute = parameter_on(world, "workday.close", command.day)
    # REFUSE
    if there is not None:
        raise Exists(what="the close of", number=command.day.isoformat())
    if world.at_ms < moment(command.day, minute):
        raise DayStillOpen(day=command.day.isoformat())
    # WRITE: from here on it must succeed
    world.put(day_closes, DayClose(world.at_ms), command.day)
    return DayClosed(command.day)


@handles(SubmitSheet, "employer/signer")
def submit_sheet(world: World, command: SubmitSheet) -> Submitted:
    """Submit a sheet; if workers have claimed rows of that day before, the sheet answers them.

    Refuses: Unknown, EmployerNotActive, DateInFuture, Exists, DuplicateRow, WorkerElsewhere, WorkerNotActive,
    NotAcceded, TermsNotInForce, MeasureUnknown, MeasureBeyondTerms, ParameterMissing.
    """
    # READ and REFUSE what does not need the rest
    sheet = world.get(sheets, command.employer, command.day, command.shard)
    if sheet is not None and sheet.sent:
        raise Exists(what="sheet", number=f"{command.employer}/{command.day}/{command.shard}")
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
            what=f"sheet {command.employer}/{command.day}/{command.shard}",
            given=command.version,
            current=sheet.version if sheet else 0,
        )
    for row in command.rows:
        if sheet.content.of(row.worker) == row.measures:
            raise NothingChanges(what=f"the row of {row.worker} on {command.day}")
    return _write_version(world, command, sheet, command.reason)


def _write_version(
    world: World, command: SubmitSheet | CorrectSheet, sheet: Sheet | None, reason: str | None
) -> Submitted:
    day, place = command.day, (command.employer, command.day, command.shard)
    # READ
    employer = world.need(employers, command.employer)
    close = world.get(day_closes, day)
    close_minute = parameter_on(world, "workday.close", day)
    head = world.need(shard_heads, command.employer, command.shard)
    found = shard_workers(world, command.employer, command.shard, [row.worker for row in command.rows])
    bound = bound_by(world, found, day)
    # REFUSE
    refuse_inactive_employer(command.employer, employer, day)
    today = day_of(world.at_ms)
    if day > today:
        raise DateInFuture(day=day.isoformat(), today=today.isoformat())
    new: dict[str, dict[str, int]] = {}
    for row in command.rows:
        if row.worker in new:
            raise DuplicateRow(worker=row.worker, day=day.isoformat())
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


class Bound(Struct, frozen=True):
    """What a worker's terms say of a day's row.

    measures: what they pay by, and working time, which is always recorded (保障农民工工资支付条例 art. 15: the payroll
    ledger), each with the most units that the day can have. answer_days: how long the worker has to answer.
    """

    document: TermsDocument
    measures: Mapping[str, int]

    @property
    def answer_days(self) -> int:
        return self.document.answer_days


def bound_by(world: World, found: dict[str, Worker], day: date) -> dict[str, Bound]:
    """What the terms that bind each worker on that day say of its row.

    Refuses: WorkerNotActive (who is erased), NotAcceded, TermsNotInForce.
    """
    memberships: dict[str, Membership] = {}
    for number, worker in found.items():
        refuse_erased(number, worker, day)
        membership = membership_on(worker.memberships, day)
        if membership is None:
            raise NotAcceded(worker=number, day=day.isoformat())
        memberships[number] = membership
    versions = sorted({(membership.terms, membership.version) for membership in memberships.values()})
    heads = dict(zip(versions, world.get_many(terms_heads, [(terms,) for terms, _ in versions]), strict=True))
    papers = dict(zip(versions, world.get_many(documents, versions), strict=True))
    known: dict[tuple[str, int], Bound] = {}
    for key in versions:
        head, document = heads[key], papers[key]
        assert head is not None
        assert document is not None
        if not covers(document, head, day):
            raise TermsNotInForce(terms=key[0], day=day.isoformat())
        known[key] = Bound(document, {MINUTES: MINUTES_MAX, **document.most_per_day})
    return {number: known[membership.terms, membership.version] for number, membership in memberships.items()}


def terms_on(worker: Worker, day: date) -> str:
    """The terms that bind a worker who has joined some for that day."""
    membership = membership_on(worker.memberships, day)
    assert membership is not None
    return membership.terms


def refuse_unknown_measures(worker: str, measures: dict[str, int], known: Mapping[str, int]) -> None:
    """A measure that the terms do not know would be paid nothing, quietly. known: the most units of each.

    Refuses: MeasureUnknown, MeasureBeyondTerms.
    """
    for measure in sorted(measures.keys() - known.keys()):
        raise MeasureUnknown(worker=worker, measure=measure, known=", ".join(sorted(known)))
    for measure, quantity in sorted(measures.items()):
        if quantity > known[measure]:
            raise MeasureBeyondTerms(worker=worker, measure=measure, given=quantity, most=known[measure])


def answer_until(sheet: Sheet, row: Row, answer_days: int) -> int:
    """When the time to answer the row as it stands is over, unix ms: that many days after the day it came."""
    return moment(day_of(sheet.since_ms(row)) + timedelta(days=answer_days + 1))


def _next_row(old: Row | None, measures: dict[str, int], version: int, *, silent: bool, number: str, day: date) -> Row:
    """The row that the employer's content makes of an old one. Refuses: RowFrozen."""
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


@handles(CertifySheets, "union/operator")
def certify_sheets(world: World, command: CertifySheets) -> CertifiedShards:
    """Certify.

    Refuses: MalformedCommand; of a shard, which is left out: DuplicateRow, Unknown, HashDiffers, NothingChanges.
    """
    # by shard, of all at once: READ, REFUSE and WRITE
    seen = {each.shard: each.sheets for each in command.shards}
    shards = [each.shard for each in command.shards]
    answers, left_out = each_shard(
        world,
        shards,
        lambda shard: reading_many(sheets, [(command.employer, each.day, shard) for each in seen[shard]]),
        lambda shard, found: _certify(world, command.employer, shard, seen[shard], found),
    )
    return CertifiedShards(answers, left_out)


def _certify(
    world: World, employer: str, shard: int, seen: tuple[SeenSheet, ...], found: Sequence[Sheet | None]
) -> CertifiedShard:
    """Refuses: DuplicateRow, Unknown, HashDiffers, NothingChanges."""
    # REFUSE
    if len({each.day for each in seen}) != len(seen):
        raise DuplicateRow(worker=f"shard {shard}", day=_twice(seen).isoformat())
    changed: dict[date, Sheet] = {}
    answered = unanswered = 0
    for each, sheet in sorted(zip(seen, found, strict=True), key=lambda pair: pair[0].day):
        day = each.day
        if sheet is None:
            raise Unknown(what="sheet", number=f"{employer}/{day}/{shard}")
        if digest(sheet) != each.digest:
            raise HashDiffers(what=f"sheet {employer}/{day}/{shard}")
        if sheet.waits:
            changed[day], spoken, silent = sheet.certified()
            answered += spoken
            unanswered += silent
    if not changed:
        raise NothingChanges(what=f"the sheets of shard {shard}")
    # WRITE: from here on it must succeed
    for day, sheet in changed.items():
        world.put(sheets, sheet, employer, day, shard)
    return CertifiedShard(shard, answered, unanswered)


def _twice(seen: tuple[SeenSheet, ...]) -> date:
    days = [sheet.day for sheet in seen]
    return next(day for day in days if days.count(day) > 1)


def with_days(head: ShardHead, days: Iterable[OpenDay]) -> ShardHead:
    """The head with those days open again."""
    return replace(head, days=tuple(sorted({*head.days, *days}, key=lambda open_day: (open_day.day, open_day.terms))))
