"""Workers' answers to their rows, collected by the union and checked before they are sent; and the union's own word.

A worker's key is used where it is at hand, here or on the worker's phone; what is sent is signed either way.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode.refusals import HashDiffers, SignatureWrong, Unknown
from lxr.chaincode.rows import SIGNED, RowState, row_digest
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.sheet import Sheet, sheets
from lxr.chaincode.sheet_certification import CertifiedShards, CertifySheets, SeenShard, SeenSheet
from lxr.chaincode.things import Thing
from lxr.chaincode.types import MAX_ITEMS, canonical, digest
from lxr.chaincode.workday import CloseDay, DayClosed
from lxr.chaincode.workday_answers import ANSWERABLE, Answer, Confirm, DisputeAnswer, SignedRow
from lxr.chaincode.workers import Worker
from lxr.chaincode.world import MAX_BYTES
from lxr.node.client import Client
from lxr.node.dry_run import DryRun
from lxr.settlement import request_ids
from lxr.settlement.keys import RowKey
from lxr.settlement.lookups import get_workers, ledger_of, need_row, shards_of, submit_own
from lxr.settlement.shard_groups import SHARD_BYTES, grouped, sending_groups
from lxr.settlement.waves import Waves, alone
from lxr.settlement.work.signing import sign_confirmation, sign_objection, sign_withdrawal

READINGS: Final = 3
"""How often sheets are read to be certified, where corrections come in between."""
DAYS_AT_ONCE: Final = 62
BYTES_AT_ONCE: Final = MAX_BYTES * 4 // 5
"""Of the sheets that one command writes again; the rest is room for what the command changes in them."""


class OpenRow(Struct, frozen=True):
    """A row that its worker can confirm or dispute. digest: what a confirmation signs."""

    day: date
    digest: str
    measures: dict[str, int]
    state: RowState


def open_rows(client: Client, worker: str, days: Iterable[date] | None) -> tuple[OpenRow, ...]:
    """Return the worker's rows that wait for an answer, by day.

    days: by default those that no run has taken yet; rows that a run took unanswered are found by naming their days.
    Refuses: Unknown.
    """
    record = get_workers(client, [worker])[worker]
    if days is None:
        days = [open_day.day for open_day in client.need(shard_heads, record.employer, record.shard).days]
    found: list[OpenRow] = []
    for day, sheet in _sheets(client, record.employer, record.shard, days).items():
        row = sheet.row(worker)
        if row is not None and row.state in ANSWERABLE:
            signed = row_digest(record.employer, day, worker, row)
            found.append(OpenRow(day, signed, row.measures, row.state))
    return tuple(found)


def sign(private_key: ec.EllipticCurvePrivateKey, client: Client, worker: str, rows: Iterable[OpenRow]) -> Answer:
    """Return the worker's one signature over rows that they have read, 1..62."""
    signed = [SignedRow(row.day, row.digest) for row in rows]
    return sign_confirmation(private_key, ledger_of(client), worker, signed)


def close_day(operator: Client, day: date) -> DayClosed:
    """Close a day of work: what comes later is late. Refuses: as CloseDay."""
    return submit_own(operator, CloseDay(request_id=request_ids.day_close(day), day=day))


def confirm(operator: Client, answers: Iterable[tuple[str, Answer]]) -> int:
    """Send workers' confirmations, and gives back how many rows they confirm.

    An answer of which every row is confirmed already is passed over. All others are tried on a dry run first: if one
    is bad, the refusal names its worker and day, and nothing is sent. Refuses: as Confirm.
    """
    given = list(answers)
    records = get_workers(operator, [worker for worker, _ in given])
    parts: dict[tuple[str, int], list[Answer]] = {}
    for worker, answer in given:
        if answer.worker != worker:
            raise SignatureWrong(case="confirmation", worker=worker, days=_days(answer))
        parts.setdefault((records[worker].employer, records[worker].shard), []).append(answer)
    commands: list[Confirm] = []
    for (employer, shard), some in sorted(parts.items()):
        found = _sheets(operator, employer, shard, {row.day for answer in some for row in answer.rows})
        waiting = [answer for answer in some if not _is_answered(answer, employer, found)]
        commands += [
            Confirm(
                request_id=request_ids.confirmation(employer, shard, chunk),
                employer=employer,
                shard=shard,
                answers=chunk,
            )
            for chunk in _chunks(waiting, {day: len(canonical(sheet)) for day, sheet in found.items()})
        ]
    trial = operator.on(DryRun(operator.ledger))
    for command in commands:
        try:
            submit_own(trial, command)
        except SignatureWrong as fault:
            bad = next(answer for answer in command.answers if answer.worker == fault.facts["worker"])
            raise SignatureWrong(case="confirmation", worker=bad.worker, days=_days(bad)) from None
    return sum(submit_own(operator, command).count for command in commands)


def _days(answer: Answer) -> tuple[str, ...]:
    return tuple(row.day.isoformat() for row in answer.rows)


def dispute(
    operator: Client,
    worker: str,
    day: date,
    claimed: Mapping[str, int],
    reason: str,
    private_key: ec.EllipticCurvePrivateKey,
) -> DisputeAnswer:
    """Return the worker says that a row is wrong, and what is right. It alone is frozen.

    claimed: measures that are not named are right as they are, and as they were claimed where this is the same dispute
    again. Refuses: as OpenDispute.
    """
    record = get_workers(operator, [worker])[worker]
    row = need_row(operator, record, worker, day)
    claimed = {**(row.dispute.claimed if row.dispute else row.measures), **claimed}
    number = row.disputes + (row.state is not RowState.DISPUTED)  # while disputed: the same dispute again
    signed = row_digest(record.employer, day, worker, replace(row, disputes=number - 1))
    return _object(operator, record, worker, day, signed, claimed, reason, number, private_key)


def claim(
    operator: Client,
    worker: str,
    day: date,
    claimed: Mapping[str, int],
    reason: str,
    private_key: ec.EllipticCurvePrivateKey,
) -> DisputeAnswer:
    """Return the worker says that a whole row is missing. Refuses: as OpenDispute."""
    record = get_workers(operator, [worker])[worker]
    return _object(operator, record, worker, day, None, claimed, reason, 1, private_key)


def withdraw(operator: Client, worker: str, day: date, private_key: ec.EllipticCurvePrivateKey) -> DisputeAnswer:
    """Return the worker takes a dispute back: the row stands as confirmed. Refuses: as Withdraw."""
    record = get_workers(operator, [worker])[worker]
    row = need_row(operator, record, worker, day)
    return submit_own(
        operator,
        sign_withdrawal(
            private_key,
            ledger_of(operator),
            employer=record.employer,
            shard=record.shard,
            worker=worker,
            day=day,
            digest=row_digest(record.employer, day, worker, row),
            number=max(row.disputes, 1),
        ),
    )


class Certified(Struct, frozen=True):
    """How many rows were certified after the worker's answer, and before it. idle: days on which no row waits."""

    answered: int
    unanswered: int
    idle: tuple[date, ...]


def certify(operator: Client, employer: str, days: Iterable[date]) -> Certified:
    """Certify all rows of these days as they stand, answered or not, in all shards.

    Sheets without such rows are passed over: where there are none, nothing is sent. A sheet that is corrected meanwhile
    is read again. Refuses: as CertifySheets, after everything else was sent; HashDiffers, where all else was done
    and sheets were corrected each time.
    """
    return alone(certifying(operator, employer, days))


def certifying(operator: Client, employer: str, days: Iterable[date]) -> Waves[Certified]:
    """Certify as `certify`, side by side with other work."""
    every_day = sorted(set(days))
    idle = set(every_day)
    said: list[CertifiedShards] = []
    for _ in range(READINGS):
        units = _waiting(operator, employer, every_day)
        idle -= {sheet.day for _, seen, _ in units for sheet in seen.sheets}
        more, refusals = yield from sending_groups(
            operator,
            grouped(units),
            lambda shards: CertifySheets(
                request_id=request_ids.certification(employer, shards),
                employer=employer,
                shards=shards,
            ),
        )
        said += more
        if not any(isinstance(refusal, HashDiffers) for refusal in refusals):
            break
    if refusals:
        raise next((refusal for refusal in refusals if not isinstance(refusal, HashDiffers)), refusals[0])
    certified = [each for answer in said for each in answer.shards]
    answered, unanswered = (sum(each.answered for each in certified), sum(each.unanswered for each in certified))
    return Certified(answered, unanswered, tuple(sorted(idle)))


def _waiting(client: Client, employer: str, days: Sequence[date]) -> list[tuple[int, SeenShard, int]]:
    """Return the sheets of these days on which the union's word is missing, as units to certify: see `grouped`."""
    units: list[tuple[int, SeenShard, int]] = []
    for shard in shards_of(client, employer):
        found = {day: sheet for day, sheet in _sheets(client, employer, shard, days).items() if sheet.waits}
        for some in _days_at_once(found):
            seen = SeenShard(shard, tuple(SeenSheet(day, digest(found[day])) for day in some))
            units.append((shard, seen, SHARD_BYTES + sum(len(canonical(found[day])) for day in some)))
    return units


def _object(
    operator: Client,
    record: Worker,
    worker: str,
    day: date,
    signed: str | None,
    claimed: Mapping[str, int],
    reason: str,
    number: int,
    private_key: ec.EllipticCurvePrivateKey,
) -> DisputeAnswer:
    return submit_own(
        operator,
        sign_objection(
            private_key,
            ledger_of(operator),
            employer=record.employer,
            shard=record.shard,
            worker=worker,
            day=day,
            digest=signed,
            claimed=claimed,
            reason=reason,
            number=number,
        ),
    )


def _sheets(client: Client, employer: str, shard: int, days: Iterable[date]) -> dict[date, Sheet]:
    """Return the sheets that there are, by day."""
    asked = sorted(set(days))
    found = client.get_each(sheets, [(employer, day, shard) for day in asked])
    return {day: sheet for day, sheet in zip(asked, found, strict=True) if sheet is not None}


def _is_answered(answer: Answer, employer: str, found: Mapping[date, Sheet]) -> bool:
    """Whether every row of the answer is confirmed as it was signed. Refuses: Unknown."""
    answered = True
    for signed in answer.rows:
        row = found[signed.day].row(answer.worker) if signed.day in found else None
        if row is None:
            raise Unknown(what=Thing.ROW, number=str(RowKey(answer.worker, signed.day)))
        same = row_digest(employer, signed.day, answer.worker, row) == signed.digest
        answered &= same and row.state in SIGNED
    return answered


def _chunks(answers: Sequence[Answer], sheet_bytes: Mapping[date, int]) -> Iterator[tuple[Answer, ...]]:
    """Answers that one transaction can carry, those of the same days together."""
    chunk: list[Answer] = []
    days: set[date] = set()
    answer_bytes = 0
    for answer in sorted(answers, key=lambda answer: ([row.day for row in answer.rows], answer.worker)):
        own = {row.day for row in answer.rows}
        size = len(canonical(answer))
        if chunk and (
            len(chunk) == MAX_ITEMS
            or len(days | own) > DAYS_AT_ONCE
            or sum(sheet_bytes[day] for day in days | own) > BYTES_AT_ONCE
            or answer_bytes + size > BYTES_AT_ONCE
        ):
            yield tuple(chunk)
            chunk, days, answer_bytes = [], set(), 0
        chunk.append(answer)
        days |= own
        answer_bytes += size
    if chunk:
        yield tuple(chunk)


def _days_at_once(found: Mapping[date, Sheet]) -> Iterator[tuple[date, ...]]:
    """Days whose sheets one transaction can write again."""
    days: list[date] = []
    size = 0
    for day, sheet in found.items():
        more = len(canonical(sheet))
        if days and (len(days) == DAYS_AT_ONCE or size + more > BYTES_AT_ONCE):
            yield tuple(days)
            days, size = [], 0
        days.append(day)
        size += more
    if days:
        yield tuple(days)
