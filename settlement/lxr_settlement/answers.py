"""Workers' answers to their rows, collected by the union and checked before they are sent; and the union's own word.

A worker's key is used where it is at hand, here or on the worker's phone; what is sent is signed either way.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct

from lxr_chaincode.refusals import Unknown
from lxr_chaincode.registry import employers, shard_heads
from lxr_chaincode.types import MAX_ITEMS, canonical, digest
from lxr_chaincode.workday import Attested, AttestSheets, Row, RowState, Sheet, row_digest, sheets
from lxr_chaincode.workday_answers import ANSWERABLE, Answer, Confirm, Decide, SignedRow
from lxr_chaincode.world import MAX_BYTES
from lxr_node.client import Client
from lxr_node.dry_run import DryRun
from lxr_settlement.lookups import consortium_of, get_each, get_workers
from lxr_settlement.signing import sign_confirmation, sign_objection, sign_withdrawal

DAYS_AT_ONCE: Final = 62
BYTES_AT_ONCE: Final = MAX_BYTES * 4 // 5
"""Of the sheets that one command writes again; the rest is room for what the command changes in them."""
ANSWERED: Final = frozenset({RowState.CONFIRMED, RowState.ATTESTED})


class OpenRow(Struct, frozen=True):
    """A row that its worker can confirm or dispute. digest: what a confirmation signs."""

    day: date
    digest: str
    measures: dict[str, int]
    state: RowState


def open_rows(client: Client, worker: str, days: Iterable[date] | None) -> tuple[OpenRow, ...]:
    """The worker's rows that wait for an answer, by day.

    days: by default those that no run has taken yet; rows that a run took unanswered are found by naming their days.
    Refuses: Unknown.
    """
    record = get_workers(client, [worker])[worker]
    if days is None:
        days = [open_day.day for open_day in client.need(shard_heads, record.employer, record.shard).days]
    found: list[OpenRow] = []
    for day, sheet in _sheets(client, record.employer, record.shard, days).items():
        row = sheet.rows.get(worker)
        if row is not None and row.state in ANSWERABLE:
            signed = row_digest(record.employer, day, worker, row.measures)
            found.append(OpenRow(day, signed, row.measures, row.state))
    return tuple(found)


def sign(private_key: ec.EllipticCurvePrivateKey, client: Client, worker: str, rows: Iterable[OpenRow]) -> Answer:
    """The worker's one signature over rows that they have read, 1..62."""
    signed = [SignedRow(row.day, row.digest) for row in rows]
    return sign_confirmation(private_key, consortium_of(client), worker, signed)


def confirm(operator: Client, answers: Iterable[tuple[str, Answer]]) -> int:
    """Sends workers' confirmations, and gives back how many rows they confirm.

    An answer of which every row is confirmed already is passed over. All others are tried on a dry run first: if one
    is bad, the refusal names its worker and day, and nothing is sent. Refuses: as Confirm.
    """
    given = list(answers)
    records = get_workers(operator, [worker for worker, _ in given])
    parts: dict[tuple[str, int], list[Answer]] = {}
    for worker, answer in given:
        parts.setdefault((records[worker].employer, records[worker].shard), []).append(answer)
    commands: list[Confirm] = []
    for (employer, shard), some in sorted(parts.items()):
        found = _sheets(operator, employer, shard, {row.day for answer in some for row in answer.rows})
        new = [answer for answer in some if not _is_answered(answer, employer, found)]
        sizes = {day: len(canonical(sheet)) for day, sheet in found.items()}
        commands += [
            Confirm(
                request_id=f"confirm.{employer}.{shard}.{digest(chunk)[:16]}",
                employer=employer,
                shard=shard,
                answers=tuple(chunk),
            )
            for chunk in _chunks(new, sizes)
        ]
    return 0
