"""Work data: a sheet per employer, day and shard, with one row for each worker; and the union's word on it.

A row goes submitted → confirmed → attested, or submitted → presumed where the worker did not answer by payday, or it is
disputed. Nothing is overwritten in meaning: each submission stays on the ledger under its version.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.structs import replace

from lxr_chaincode.command import Command, handles
from lxr_chaincode.days import day_of, moment
from lxr_chaincode.governance import parameter_on, parameters, value_on
from lxr_chaincode.parts import ByField, Columns
from lxr_chaincode.pay_rules import measures_of
from lxr_chaincode.pricing import MINUTES
from lxr_chaincode.refusals import (
    AnswerWindowOpen,
    DateInFuture,
    DayStillOpen,
    DuplicateRow,
    Exists,
    HashDiffers,
    MeasureUnknown,
    NothingChanges,
    NotJoined,
    TermsNotInForce,
    Unknown,
    VersionStale,
    WrongState,
)
from lxr_chaincode.registry import (
    Membership,
    OpenDay,
    ShardHead,
    Worker,
    employers,
    membership_on,
    refuse_inactive_employer,
    refuse_inactive_worker,
    shard_heads,
    shard_workers,
)
from lxr_chaincode.runs import RunState, runs
from lxr_chaincode.sheet import Quantities, Row, RowState, Sheet, moved, quantities, sheets
from lxr_chaincode.terms import covers, documents, terms_heads
from lxr_chaincode.types import (
    MAX_ITEMS,
    Digest,
    EmployerNo,
    Measures,
    Number,
    Record,
    RunNo,
    Shard,
    Text,
    WorkerNo,
    digest,
)
from lxr_chaincode.world import Table, World

AGREED: Final = frozenset({RowState.CONFIRMED, RowState.ATTESTED, RowState.PRESUMED})
"""The states in which a row's content is no longer the employer's alone to lower."""


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


class AttestSheets(Command, frozen=True, kw_only=True, tag="workday.attest"):
    """The union's word on a shard's sheets as it has seen them: every confirmed row is attested.

    presume: unanswered rows too, once the time to answer is over, or once `run` is open and within its cut-off.
    """

    employer: EmployerNo
    shard: Shard
    sheets: Annotated[tuple[SeenSheet, ...], Meta(min_length=1, max_length=62)]
    presume: bool = False
    run: RunNo | None = None


class Submitted(Record, frozen=True):
    """version: of the sheet now. late: it came after the close of its day."""

    version: int
    rows: int
    late: bool


class DayClosed(Record, frozen=True):
    """The answer to CloseDay."""

    day: date


class Attested(Record, frozen=True):
    """How many rows were attested after an answer, and without one."""

    attested: int
    presumed: int


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
    NotJoined, TermsNotInForce, MeasureUnknown, ParameterMissing.
    """
    # READ and REFUSE what does not need the rest
    sheet = world.get(sheets, command.employer, command.day, command.shard)
    if sheet is not None and sheet.sent:
        raise Exists(what="sheet", number=f"{command.employer}/{command.day}/{command.shard}")
    return _write_version(world, command, sheet, None)


@handles(CorrectSheet, "employer/signer")
def correct_sheet(world: World, command: CorrectSheet) -> Submitted:
    """Correct a sheet. Answers to rows that it leaves alone stay good; a dispute of a row that it changes ends.

    Refuses: as SubmitSheet, and VersionStale, NothingChanges.
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
    known = measures_known(world, found, day)
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
        refuse_unknown_measures(row.worker, row.measures, known[row.worker])
        new[row.worker] = row.measures
    # COMPUTE
    open_days = [OpenDay(terms_on(found[number], day), day) for number in new]
    late = close is not None or world.at_ms >= moment(day, close_minute + 1)
    before = sheet or Sheet()
    version = before.version + 1
    rows = {number: _next_row(before.row(number), measures, version) for number, measures in new.items()}
    sheet_now = replace(
        before.with_rows(rows),
        version=version,
        late=before.late if before.sent else late,
        submitted_ms=world.at_ms,
        sent=True,
    )
    # WRITE: from here on it must succeed
    world.put(sheets, sheet_now, *place)
    world.put(submissions, Submission(quantities(new), str(world.caller), world.at_ms, late, reason), *place, version)
    world.put(shard_heads, with_days(head, open_days), command.employer, command.shard)
    return Submitted(version, len(new), late)


def measures_known(world: World, found: dict[str, Worker], day: date) -> dict[str, frozenset[str]]:
    """What each worker's terms pay by on that day, and working time, which is always recorded (保障农民工工资支付条例
    art. 15: the payroll ledger). Refuses: NotJoined, TermsNotInForce."""
    memberships: dict[str, Membership] = {}
    for number, worker in found.items():
        membership = membership_on(worker.memberships, day)
        if membership is None:
            raise NotJoined(worker=number, day=day.isoformat())
        memberships[number] = membership
    versions = sorted({(membership.terms, membership.version) for membership in memberships.values()})
    heads = dict(zip(versions, world.get_many(terms_heads, [(terms,) for terms, _ in versions]), strict=True))
    papers = dict(zip(versions, world.get_many(documents, versions), strict=True))
    known: dict[tuple[str, int], frozenset[str]] = {}
    for key in versions:
        head, document = heads[key], papers[key]
        assert head is not None
        assert document is not None
        if not covers(document, head, day):
            raise TermsNotInForce(terms=key[0], day=day.isoformat())
        known[key] = measures_of(document.rules) | {MINUTES}
    return {number: known[membership.terms, membership.version] for number, membership in memberships.items()}


def terms_on(worker: Worker, day: date) -> str:
    """The terms that bind a worker who has joined some for that day."""
    membership = membership_on(worker.memberships, day)
    assert membership is not None
    return membership.terms


def refuse_unknown_measures(worker: str, measures: dict[str, int], known: frozenset[str]) -> None:
    """A measure that the terms do not know would be paid nothing, quietly. Refuses: MeasureUnknown."""
    for measure in sorted(measures.keys() - known):
        raise MeasureUnknown(worker=worker, measure=measure, known=", ".join(sorted(known)))


def _next_row(old: Row | None, measures: dict[str, int], version: int) -> Row:
    if old is None:
        return Row(measures, version, RowState.SUBMITTED)
    if old.dispute is not None and old.dispute.claimed == measures:  # the worker has signed this very content
        return Row(measures, version, RowState.CONFIRMED, old.disputes)
    agreed = old.counted if old.agreed is not None or old.state in AGREED else None
    if agreed is not None and all(quantity <= measures.get(name, 0) for name, quantity in agreed.measures.items()):
        agreed = None  # nothing is taken away
    return Row(measures, version, RowState.SUBMITTED, old.disputes, agreed=agreed)


@handles(AttestSheets, "union/operator")
def attest_sheets(world: World, command: AttestSheets) -> Attested:
    """Attest. Refuses: DuplicateRow, Unknown, WrongState, HashDiffers, ParameterMissing, AnswerWindowOpen,
    NothingChanges."""
    # READ
    seen = {sheet.day: sheet.digest for sheet in command.sheets}
    days = sorted(seen)
    found = world.get_many(sheets, [(command.employer, day, command.shard) for day in days])
    answer_days = world.get(parameters, "workday.answer_days")
    run = world.need(runs, command.run) if command.run else None
    # REFUSE
    if len(seen) != len(command.sheets):
        raise DuplicateRow(worker=f"shard {command.shard}", day=_twice(command.sheets).isoformat())
    if run is not None and (run.employer != command.employer or run.state is not RunState.OPEN):
        raise WrongState(what="run", number=str(command.run), state=run.state, needed=RunState.OPEN)
    within = max((part.cut_off for part in run.parts), default=date.min) if run else date.min
    if run is not None and day_of(world.at_ms) < run.payday:
        within = date.min
    leaving = run.workers if run else ()  # a final run cuts nobody else's time to answer short
    changed: dict[date, Sheet] = {}
    counts = {RowState.ATTESTED: 0, RowState.PRESUMED: 0}
    for day, sheet in zip(days, found, strict=True):
        if sheet is None:
            raise Unknown(what="sheet", number=f"{command.employer}/{day}/{command.shard}")
        if digest(sheet) != seen[day]:
            raise HashDiffers(what=f"sheet {command.employer}/{day}/{command.shard}")
        confirmed = dict(sheet.rows(RowState.CONFIRMED))
        silent = {
            number: row
            for number, row in sheet.rows(RowState.SUBMITTED)
            if command.presume and row.agreed is None and (not leaving or number in leaving)
        }
        if silent and day > within:
            open_days = value_on(answer_days, "workday.answer_days", day)
            until = moment(day_of(sheet.submitted_ms) + timedelta(days=open_days + 1))
            if world.at_ms < until:
                raise AnswerWindowOpen(day=day.isoformat(), until=day_of(until).isoformat())
        counts[RowState.ATTESTED] += len(confirmed)
        counts[RowState.PRESUMED] += len(silent)
        rows = {number: moved(row, RowState.ATTESTED) for number, row in confirmed.items()}
        rows.update({number: moved(row, RowState.PRESUMED) for number, row in silent.items()})
        if rows:
            changed[day] = sheet.with_rows(rows)
    if not changed:
        raise NothingChanges(what=f"the sheets of shard {command.shard}")
    # WRITE: from here on it must succeed
    for day, sheet in changed.items():
        world.put(sheets, sheet, command.employer, day, command.shard)
    return Attested(counts[RowState.ATTESTED], counts[RowState.PRESUMED])


def _twice(seen: tuple[SeenSheet, ...]) -> date:
    days = [sheet.day for sheet in seen]
    return next(day for day in days if days.count(day) > 1)


def with_days(head: ShardHead, days: Iterable[OpenDay]) -> ShardHead:
    """The head with those days open again."""
    return replace(head, days=tuple(sorted({*head.days, *days}, key=lambda open_day: (open_day.day, open_day.terms))))
