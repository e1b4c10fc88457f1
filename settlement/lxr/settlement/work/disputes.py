"""Rows that are disputed or contested: who says what of them, and how they end.

Every command bears an id that follows from the row and from what is said: the same call again does nothing twice.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import count
from typing import Any, TypeVar

from msgspec import Struct

from lxr.chaincode.awards import ApproveAward, Award, AwardAnswer, StateAward, award_digest, awards
from lxr.chaincode.command import AnyCommand
from lxr.chaincode.contests import ContestAnswer, ContestRow
from lxr.chaincode.days import day_of
from lxr.chaincode.decisions import Decide, ReplyToDispute, ReviewDecision, decision_digest
from lxr.chaincode.employers import employers
from lxr.chaincode.refusals import HashDiffers, RowNotAnswerable
from lxr.chaincode.rows import Dispute, Row, RowState, row_digest
from lxr.chaincode.sheet import sheets
from lxr.chaincode.things import Thing
from lxr.chaincode.workday_answers import DisputeAnswer
from lxr.node.client import Client
from lxr.settlement import request_ids
from lxr.settlement.keys import RowKey
from lxr.settlement.lookups import get_workers, need_row, own_request, submit_own

C = TypeVar("C", bound=AnyCommand)


class OpenRow(Struct, frozen=True, forbid_unknown_fields=True):
    """A row that is disputed, or contested without an award.

    measures: what the employer says. claimed, reason, reply, decide_by: of the dispute, the worker's word, the
    employer's, the union's deadline. decided, stands_from: the union's decision, and when it stands although the
    regulator has not upheld it. admits, contest, held_until: what the employer does not contest, why it contests the
    rest, and the last day on which that is held.
    """

    employer: str
    worker: str
    day: date
    state: RowState
    measures: dict[str, int]
    claimed: dict[str, int] | None = None
    reason: str | None = None
    reply: str | None = None
    decide_by: date | None = None
    decided: dict[str, int] | None = None
    stands_from: date | None = None
    admits: dict[str, int] | None = None
    contest: str | None = None
    held_until: date | None = None


class StatedAward(Struct, frozen=True, forbid_unknown_fields=True):
    """What an employer says that a document decides. measures: what the row says; awarded: what it is to say."""

    employer: str
    worker: str
    day: date
    measures: dict[str, int]
    awarded: dict[str, int]
    document: str
    reason: str


def open_rows(client: Client, employer: str) -> Iterator[OpenRow]:
    """Yield the employer's rows that are disputed or contested, by day. Refuses: Unknown."""
    client.need(employers, employer)
    for (_, day, _), sheet in client.scan(sheets, employer):
        for worker in sorted(sheet.notes):
            row = sheet.row(worker)
            assert row is not None
            dispute = row.dispute
            contest = row.contest if row.contest and not row.contest.decided else None
            if dispute is None and contest is None:
                continue
            decision = dispute.decision if dispute else None
            yield OpenRow(
                employer=employer,
                worker=worker,
                day=date.fromisoformat(day),
                state=row.state,
                measures=row.measures,
                claimed=dispute.claimed if dispute else None,
                reason=dispute.reason if dispute else None,
                reply=dispute.reply.reason if dispute and dispute.reply else None,
                decide_by=dispute.decide_by if dispute else None,
                decided=decision.measures if decision else None,
                stands_from=decision.stands_from if decision else None,
                admits=contest.admits if contest else None,
                contest=contest.reason if contest else None,
                held_until=contest.decide_by if contest else None,
            )


def reply(signer: Client, worker: str, day: date, reason: str) -> DisputeAnswer:
    """Return the employer's word against a dispute, once. Refuses: as ReplyToDispute."""
    of_row, row, _ = _row(signer, worker, day)
    return submit_own(
        signer,
        ReplyToDispute(
            request_id=request_ids.reply(worker, day, row.disputes),
            **of_row,
            number=max(1, row.disputes),
            reason=reason,
        ),
    )


def decide(operator: Client, worker: str, day: date, measures: Mapping[str, int], reason: str) -> DisputeAnswer:
    """Decide a dispute: the row is what the union says, at once or once the regulator upholds it or keeps silent.

    measures: those that are not named stay as the employer says. The same decision again, when it no longer waits, lets
    it stand. Refuses: as Decide.
    """
    of_row, row, there = _row(operator, worker, day)
    whole = {**row.measures, **measures}
    stem = request_ids.decision(worker, day, row.disputes, (whole, reason))
    said, next_one = _said(operator, stem, Decide)
    if said is not None and not _decides_anew(operator, row.dispute, said):
        return submit_own(operator, said)
    return submit_own(
        operator,
        Decide(
            request_id=request_ids.turn(stem, next_one),
            **of_row,
            digest=there,
            measures=whole,
            reason=reason,
        ),
    )


def review(admin: Client, worker: str, day: date, reason: str, *, upholds: bool) -> DisputeAnswer:
    """Return the regulator upholds the decision that waits, or refuses it. Refuses: as ReviewDecision."""
    of_row, row, there = _row(admin, worker, day)
    if row.dispute is None or row.dispute.decision is None:
        raise RowNotAnswerable(worker=worker, day=day.isoformat(), state=row.state)
    signed = decision_digest(there, row.dispute.decision)
    return submit_own(
        admin,
        ReviewDecision(
            request_id=request_ids.review(worker, day, signed),
            **of_row,
            digest=signed,
            upholds=upholds,
            reason=reason,
        ),
    )


def contest(signer: Client, worker: str, day: date, admits: Mapping[str, int], reason: str) -> ContestAnswer:
    """Return the employer contests a row but for what it admits, once. Refuses: as ContestRow."""
    of_row, _, there = _row(signer, worker, day)
    request = request_ids.contest(worker, day)
    before = signer.earlier(own_request(signer, request))
    on = before.digest if isinstance(before, ContestRow) else there
    return submit_own(
        signer,
        ContestRow(
            request_id=request,
            **of_row,
            digest=on,
            admits=dict(admits),
            reason=reason,
        ),
    )


def state_award(
    signer: Client, worker: str, day: date, measures: Mapping[str, int], document: str, reason: str
) -> AwardAnswer:
    """Return the employer states what an award, judgment or mediation says of a row. document: its blinded digest.

    Refuses: as StateAward.
    """
    of_row, row, there = _row(signer, worker, day)
    stem = request_ids.award(worker, day, (measures, document, reason))
    said, next_one = _said(signer, stem, StateAward)
    stands = signer.get(awards, of_row["employer"], day, worker) == Award(there, dict(measures), document, reason)
    if said is not None and (stands or (row.measures, row.decided) == (measures, reason)):
        return submit_own(signer, said)
    return submit_own(
        signer,
        StateAward(
            request_id=request_ids.turn(stem, next_one),
            **of_row,
            row=there,
            measures=dict(measures),
            document=document,
            reason=reason,
        ),
    )


def stated_awards(client: Client, employer: str) -> Iterator[StatedAward]:
    """Yield what the employer has stated about its rows as they stand, and the regulator has not approved, by day."""
    for (_, day, worker), award in client.scan(awards, employer):
        on = date.fromisoformat(day)
        _, row, there = _row(client, worker, on)
        if award.row == there and (row.measures, row.decided) != (award.measures, award.reason):
            yield StatedAward(employer, worker, on, row.measures, award.measures, award.document, award.reason)


def approve_award(admin: Client, worker: str, day: date, measures: Mapping[str, int], document: str) -> AwardAnswer:
    """Return the regulator approves what the employer has stated, as it has read it in the document: the row says so.

    measures, document: what the document says, and its blinded digest. Refuses: Unknown, HashDiffers (the employer has
    stated something else); as ApproveAward.
    """
    of_row, _, _ = _row(admin, worker, day)
    award = admin.need(awards, of_row["employer"], day, worker)
    if (award.measures, award.document) != (dict(measures), document):
        raise HashDiffers(what=Thing.AWARD, number=str(RowKey(worker, day)))
    signed = award_digest(of_row["employer"], day, worker, award)
    return submit_own(
        admin,
        ApproveAward(
            request_id=request_ids.award_approval(worker, day, signed),
            **of_row,
            digest=signed,
        ),
    )


def _said(client: Client, stem: str, kind: type[C]) -> tuple[C | None, int]:
    """Return the last command of the kind under the stem, and the number of the next."""
    last: C | None = None
    for number in count(1):
        command = client.earlier(own_request(client, request_ids.turn(stem, number)))
        if not isinstance(command, kind):
            return last, number
        last = command
    raise AssertionError


def _decides_anew(operator: Client, dispute: Dispute | None, said: Decide) -> bool:
    """Whether the same decision is not the last one any more, or is to stand now."""
    if dispute is None:
        return False
    waits = dispute.decision
    if waits is None or (waits.measures, waits.reason) != (said.measures, said.reason):
        return True
    return day_of(operator.now_ms()) >= waits.stands_from


def _row(client: Client, worker: str, day: date) -> tuple[dict[str, Any], Row, str]:
    """Return the fields that say which row a command is about, the row, and its digest. Refuses: Unknown."""
    record = get_workers(client, [worker])[worker]
    row = need_row(client, record, worker, day)
    fields = {"employer": record.employer, "shard": record.shard, "worker": worker, "day": day}
    return fields, row, row_digest(record.employer, day, worker, row)
