"""Workers' answers to their rows: they confirm them, or open disputes, which end by correction, by withdrawal, or by a
decision (see `decisions`).
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.structs import replace

from .command import Command, handles
from .covered_days import covered_days, refuse_uncovered
from .days import day_of
from .employers import employers, refuse_inactive_employer
from .ledger_id import ledger_id
from .parameters import parameters, value_on
from .refusals import (
    DateInFuture,
    DuplicateRow,
    RowChanged,
    RowNotAnswerable,
    SignatureWrong,
    TooLarge,
    Unknown,
    VersionStale,
)
from .row_terms import answer_until, bound_by, refuse_unknown_measures, terms_on
from .rows import Dispute, Row, RowState, moved, row_digest
from .shard_heads import OpenDay, shard_heads, with_days
from .sheet import Sheet, sheets
from .things import Thing
from .types import (
    MAX_ITEMS,
    Digest,
    EmployerNo,
    Measures,
    Number,
    Record,
    Shard,
    Signature,
    Text,
    WorkerNo,
)
from .workers import key_on, refuse_inactive_worker, shard_workers
from .world import World

ANSWERABLE: Final = frozenset({RowState.SUBMITTED, RowState.UNANSWERED})


class SignedRow(Record, frozen=True, array_like=True):
    """A row by its day and its digest (see `row_digest`)."""

    day: date
    digest: Digest


class Confirmation(Record, frozen=True):
    """What a worker signs: these rows of mine are right. It stays good for a row until its content changes."""

    ledger: Digest
    worker: WorkerNo
    rows: tuple[SignedRow, ...]
    message: str = "confirm"


class Objection(Record, frozen=True):
    """What a worker signs to dispute a row or to claim a missing one. number: one more than its disputes so far."""

    ledger: Digest
    worker: WorkerNo
    day: date
    digest: Digest | None
    claimed: Measures
    reason: str
    number: int
    message: str = "dispute"


class Withdrawal(Record, frozen=True):
    """What a worker signs to take a dispute back and let the row stand as the digest says. number: of the dispute."""

    ledger: Digest
    worker: WorkerNo
    day: date
    digest: Digest
    number: int
    message: str = "withdraw"


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """One worker's Confirmation."""

    worker: WorkerNo
    rows: Annotated[tuple[SignedRow, ...], Meta(min_length=1, max_length=62)]
    signature: Signature


class Confirmed(Record, frozen=True):
    """How many rows were confirmed."""

    count: int


class DisputeAnswer(Record, frozen=True):
    """Where the row now stands. late: the union decided after the deadline. stands_from: see `rows.Decision`."""

    worker: WorkerNo
    day: date
    state: RowState
    decide_by: date | None = None
    late: bool = False
    stands_from: date | None = None


class Confirm(Command[Confirmed], frozen=True, kw_only=True, tag="workday.confirm"):
    """Workers of one shard confirm rows."""

    employer: EmployerNo
    shard: Shard
    answers: Annotated[tuple[Answer, ...], Meta(min_length=1, max_length=MAX_ITEMS)]


class OpenDispute(Command[DisputeAnswer], frozen=True, kw_only=True, tag="workday.dispute"):
    """A worker disputes a row by its digest, or with no digest claims one that is missing."""

    employer: EmployerNo
    shard: Shard
    worker: WorkerNo
    day: date
    digest: Digest | None
    claimed: Measures
    reason: Text
    number: Number
    signature: Signature


class Withdraw(Command[DisputeAnswer], frozen=True, kw_only=True, tag="workday.withdraw"):
    """A worker withdraws a dispute."""

    employer: EmployerNo
    shard: Shard
    worker: WorkerNo
    day: date
    number: Number
    signature: Signature


@handles(Confirm, "union/operator")
def confirm(world: World, command: Confirm) -> Confirmed:
    """Confirm rows. Refuses: TooLarge, Unknown, WorkerElsewhere, SignatureWrong, RowChanged, RowNotAnswerable,
    DuplicateRow."""
    # READ
    ledger = ledger_id(world)
    found = shard_workers(world, command.employer, command.shard, [answer.worker for answer in command.answers])
    days = sorted({row.day for answer in command.answers for row in answer.rows})
    if len(days) > 62:
        raise TooLarge(case="days", limit=62)
    before = need_sheets(world, command.employer, command.shard, days)
    head = world.need(shard_heads, command.employer, command.shard)
    # REFUSE
    today = day_of(world.at_ms)
    changed: list[OpenDay] = []
    rows: dict[date, dict[str, Row]] = {day: {} for day in before}
    seen = set[tuple[str, date]]()
    for answer in command.answers:
        for signed in answer.rows:
            if (answer.worker, signed.day) in seen:
                raise DuplicateRow(case="row", worker=answer.worker, day=signed.day.isoformat())
            seen.add((answer.worker, signed.day))
            row = need_row(before[signed.day], answer.worker, signed.day)
            if row_digest(command.employer, signed.day, answer.worker, row) != signed.digest:
                raise RowChanged(worker=answer.worker, day=signed.day.isoformat())
            if row.state not in ANSWERABLE:
                raise RowNotAnswerable(worker=answer.worker, day=signed.day.isoformat(), state=row.state)
            state = RowState.CONFIRMED if row.state is RowState.SUBMITTED else RowState.CERTIFIED
            if row.agreed is not None:
                changed.append(OpenDay(terms_on(found[answer.worker], signed.day), signed.day))
            agreed = row.agreed if state is RowState.CONFIRMED else None  # the floor until the union certifies this
            rows[signed.day][answer.worker] = replace(moved(row, state), agreed=agreed)
        message = Confirmation(ledger, answer.worker, answer.rows)
        if not world.signed(key_on(found[answer.worker], today), answer.signature, message):
            raise SignatureWrong(
                case="confirmation",
                worker=answer.worker,
                days=tuple([signed.day.isoformat() for signed in answer.rows]),
            )
    # WRITE: from here on it must succeed
    for day, sheet in before.items():
        world.put(sheets, sheet.with_rows(rows[day]), command.employer, day, command.shard)
    if changed:
        world.put(shard_heads, with_days(head, changed), command.employer, command.shard)
    return Confirmed(len(seen))


@handles(OpenDispute, "union/operator")
def open_dispute(world: World, command: OpenDispute) -> DisputeAnswer:
    """Dispute or claim a row: it alone is frozen.

    Refuses: Unknown, WorkerElsewhere, NotAcceded, TermsNotInForce, DateInFuture, MeasureUnknown, MeasureBeyondTerms,
    DayOfOtherLedger, EmployerNotActive or WorkerNotActive (a claim; what is there can be answered after the end too),
    RowChanged, RowNotAnswerable, VersionStale, SignatureWrong, ParameterMissing.
    """
    # READ
    ledger = ledger_id(world)
    worker = shard_workers(world, command.employer, command.shard, [command.worker])[command.worker]
    sheet = world.get(sheets, command.employer, command.day, command.shard)
    employer = world.need(employers, command.employer)
    head = world.need(shard_heads, command.employer, command.shard)
    decide_days = world.get(parameters, "dispute.decide_days")
    bound = bound_by(world, {command.worker: worker}, command.day)[command.worker]
    covered = covered_days(world)
    # REFUSE
    today = day_of(world.at_ms)
    if command.day > today:
        raise DateInFuture(day=command.day.isoformat(), today=today.isoformat())
    refuse_unknown_measures(command.worker, command.claimed, bound.measures)
    old = sheet.row(command.worker) if sheet else None
    if old is None:
        refuse_uncovered(covered, command.day)
        refuse_inactive_employer(command.employer, employer, command.day)
        refuse_inactive_worker(command.worker, worker, command.day)
    if command.digest is None and old is not None:
        raise RowNotAnswerable(worker=command.worker, day=command.day.isoformat(), state=old.state)
    if command.digest is not None:
        old = need_row(sheet or Sheet(), command.worker, command.day)
        if row_digest(command.employer, command.day, command.worker, old) != command.digest:
            raise RowChanged(worker=command.worker, day=command.day.isoformat())
        if old.state not in ANSWERABLE:
            raise RowNotAnswerable(worker=command.worker, day=command.day.isoformat(), state=old.state)
    disputes = (old.disputes if old else 0) + 1
    if command.number != disputes:
        raise VersionStale(
            what=Thing.DISPUTE, number=f"{command.worker}/{command.day}", given=command.number, current=disputes - 1
        )
    message = Objection(
        ledger, command.worker, command.day, command.digest, command.claimed, command.reason, command.number
    )
    if not world.signed(key_on(worker, today), command.signature, message):
        raise SignatureWrong(case="dispute", worker=command.worker, day=command.day.isoformat())
    # COMPUTE
    open_day = OpenDay(terms_on(worker, command.day), command.day)
    decide_by = today + timedelta(days=value_on(decide_days, "dispute.decide_days", today))
    dispute = Dispute(
        claimed=command.claimed,
        reason=command.reason,
        opened_ms=world.at_ms,
        decide_by=decide_by,
        claim=command.digest is None,
        version=old.version if old else 0,
    )
    base = sheet or Sheet()
    row = Row({}, 0, RowState.DISPUTED, disputes, dispute)
    if old is not None:
        silent = world.at_ms >= answer_until(base, old, bound.answer_days)
        row = replace(
            moved(old, RowState.DISPUTED),
            disputes=disputes,
            dispute=dispute,
            decided=None,
            agreed=old.floor(silent=silent),
        )
    # WRITE: from here on it must succeed
    place = command.employer, command.day, command.shard
    world.put(sheets, base.with_rows({command.worker: row}), *place)
    if old is None or (old.payable, old.agreed) != (row.payable, row.agreed):  # what the employer admits is payable now
        world.put(shard_heads, with_days(head, [open_day]), command.employer, command.shard)
    return DisputeAnswer(command.worker, command.day, row.state, decide_by)


@handles(Withdraw, "union/operator")
def withdraw(world: World, command: Withdraw) -> DisputeAnswer:
    """Withdraw a dispute: the row stands as confirmed. Refuses: Unknown, WorkerElsewhere, RowNotAnswerable,
    VersionStale, SignatureWrong."""
    # READ
    ledger = ledger_id(world)
    worker = shard_workers(world, command.employer, command.shard, [command.worker])[command.worker]
    sheet = need_sheets(world, command.employer, command.shard, [command.day])[command.day]
    head = world.need(shard_heads, command.employer, command.shard)
    # REFUSE
    row = need_disputed(sheet, command.worker, command.day)
    if command.number != row.disputes:
        raise VersionStale(
            what=Thing.DISPUTE, number=f"{command.worker}/{command.day}", given=command.number, current=row.disputes
        )
    stands = row_digest(command.employer, command.day, command.worker, row)
    message = Withdrawal(ledger, command.worker, command.day, stands, command.number)
    if not world.signed(key_on(worker, day_of(world.at_ms)), command.signature, message):
        raise SignatureWrong(case="withdrawal", worker=command.worker, day=command.day.isoformat())
    # WRITE: from here on it must succeed
    open_day = OpenDay(terms_on(worker, command.day), command.day)
    confirmed = replace(moved(row, RowState.CONFIRMED), dispute=None, certified=row.content)
    place = command.employer, command.day, command.shard
    world.put(sheets, sheet.with_rows({command.worker: confirmed}), *place)
    world.put(shard_heads, with_days(head, [open_day]), command.employer, command.shard)
    return DisputeAnswer(command.worker, command.day, confirmed.state)


def need_sheets(world: World, employer: str, shard: int, days: Iterable[date]) -> dict[date, Sheet]:
    """The shard's sheets of those days. Refuses: Unknown."""
    places = [(employer, day, shard) for day in days]
    found: dict[date, Sheet] = {}
    for place, sheet in zip(places, world.get_many(sheets, places), strict=True):
        if sheet is None:
            raise Unknown(what=Thing.SHEET, number="/".join(str(part) for part in place))
        found[place[1]] = sheet
    return found


def need_row(sheet: Sheet, worker: str, day: date) -> Row:
    """The worker's row. Refuses: Unknown."""
    row = sheet.row(worker)
    if row is None:
        raise Unknown(what=Thing.ROW, number=f"{worker}/{day}")
    return row


def need_disputed(sheet: Sheet, worker: str, day: date) -> Row:
    """The worker's row, which is disputed. Refuses: Unknown, RowNotAnswerable."""
    row = need_row(sheet, worker, day)
    if row.state is not RowState.DISPUTED:
        raise RowNotAnswerable(worker=worker, day=day.isoformat(), state=row.state)
    return row
