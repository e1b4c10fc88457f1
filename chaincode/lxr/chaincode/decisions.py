"""How the union decides a dispute: after the employer was heard, between the two sides, and not alone where much is at
stake.

The employer replies, or corrects its row, or lets three working days pass: the party that keeps the records and shows
none loses (保障农民工工资支付条例 art. 50). Against its word, and from a governed sum on, the decision stands once the
regulator upholds it, or has said nothing for three working days.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from .caller import REGULATOR
from .command import Command, handles
from .contract_types import ContractType
from .days import day_of, moment
from .parameter_definitions import PAY_RULES
from .parameters import Parameter, parameters, value_on
from .pay_rule_versions import RULES
from .paydays import period_of
from .quantities import quantities
from .refusals import EmployerNotHeard, Exists, FiguresDiffer, HashDiffers, RowChanged, VersionStale, WrongState
from .row_terms import bound_by, refuse_unknown_measures, terms_on
from .rows import Content, Decision, Dispute, Reply, Row, RowState, moved, row_digest
from .shard_heads import OpenDay, ShardHead, shard_heads, with_days
from .sheet import Sheet, sheets
from .terms import TermsDocument
from .things import Standing, Thing
from .types import Digest, EmployerNo, Measures, Number, Shard, Text, WorkerNo, digest
from .workday import Submission, submissions
from .workday_answers import DisputeAnswer, need_disputed, need_sheets
from .workers import shard_workers
from .working_days import read_calendars, working_day_after
from .world import World

REPLY_DAYS: Final = 3
"""Working days after the day of a dispute, within which the employer can reply to it."""
REVIEW_DAYS: Final = 3
"""Working days after the day of a decision, within which the regulator can refuse it."""
REVIEW: Final = "review.decision_fen"
"""From this sum on a decision against the employer's word goes to the regulator."""


class ReplyToDispute(Command[DisputeAnswer], frozen=True, kw_only=True, tag="workday.reply"):
    """The employer's word against a dispute. number: of the dispute."""

    employer: EmployerNo
    shard: Shard
    worker: WorkerNo
    day: date
    number: Number
    reason: Text


class Decide(Command[DisputeAnswer], frozen=True, kw_only=True, tag="workday.decide"):
    """The union decides a dispute, with a reason that both sides can read. digest: of the row that it decides on."""

    employer: EmployerNo
    shard: Shard
    worker: WorkerNo
    day: date
    digest: Digest
    measures: Measures
    reason: Text


class ReviewDecision(Command[DisputeAnswer], frozen=True, kw_only=True, tag="workday.review"):
    """The regulator upholds a decision, or refuses it: then the union decides anew. digest: see `decision_digest`."""

    employer: EmployerNo
    shard: Shard
    worker: WorkerNo
    day: date
    digest: Digest
    upholds: bool
    reason: Text


def decision_digest(row: str, decision: Decision) -> str:
    """Return the digest of a decision and of the row that it is about, which the regulator signs. row: its digest."""
    return digest((row, decision))


@handles(ReplyToDispute, "employer/signer")
def reply_to_dispute(world: World, command: ReplyToDispute) -> DisputeAnswer:
    """Reply to a dispute. Refuses: Unknown, WorkerElsewhere, RowNotAnswerable, VersionStale, Exists."""
    # READ
    shard_workers(world, command.employer, command.shard, [command.worker])
    sheet = need_sheets(world, command.employer, command.shard, [command.day])[command.day]
    # REFUSE
    row = need_disputed(sheet, command.worker, command.day)
    number = f"{command.worker}/{command.day}"
    if command.number != row.disputes:
        raise VersionStale(what=Thing.DISPUTE, number=number, given=command.number, current=row.disputes)
    assert row.dispute is not None
    if row.dispute.reply is not None:
        raise Exists(what=Thing.REPLY, number=number)
    # WRITE: from here on it must succeed
    dispute = replace(row.dispute, reply=Reply(command.reason, world.at_ms))
    replied = sheet.with_rows({command.worker: replace(row, dispute=dispute)})
    world.put(sheets, replied, command.employer, command.day, command.shard)
    return DisputeAnswer(command.worker, command.day, row.state, dispute.decide_by)


@handles(Decide, "union/operator")
def decide(world: World, command: Decide) -> DisputeAnswer:
    """Decide a dispute: after the deadline it is marked late.

    A decision that waits for the regulator changes nothing yet; the same again, once its time is over, stands.
    Refuses: Unknown, WorkerElsewhere, NotAcceded, TermsNotInForce, RowNotAnswerable, RowChanged, MeasureUnknown,
    MeasureBeyondTerms, FiguresDiffer (beyond what both sides say), EmployerNotHeard, ParameterMissing.
    """
    # READ
    case = _read(world, command.employer, command.shard, command.worker, command.day)
    today = day_of(world.at_ms)
    calendars = read_calendars(world, day_of(case.dispute.opened_ms)) | read_calendars(world, today)
    review = world.get(parameters, REVIEW)
    minimum = world.get(parameters, case.minimum_wage) if case.minimum_wage else None
    pay_rules = world.get(parameters, PAY_RULES)
    # REFUSE
    if row_digest(command.employer, command.day, command.worker, case.row) != command.digest:
        raise RowChanged(worker=command.worker, day=command.day.isoformat())
    _refuse_beyond_both(command.worker, command.measures, case)
    heard = case.dispute.reply is not None or case.row.version > case.dispute.version
    if not heard:
        until = working_day_after(day_of(case.dispute.opened_ms), REPLY_DAYS, calendars)
        if today <= until:
            raise EmployerNotHeard(worker=command.worker, day=command.day.isoformat(), until=until.isoformat())
    # COMPUTE
    late = world.at_ms >= moment(case.dispute.decide_by + timedelta(days=1))
    waits = heard and _brings_at_most_fen(case, command, minimum, pay_rules) >= value_on(review, REVIEW, today)
    made = case.dispute.decision
    if made is None or (made.measures, made.reason) != (command.measures, command.reason):
        stands_from = working_day_after(today, REVIEW_DAYS, calendars) + timedelta(days=1) if waits else today
        made = Decision(command.measures, command.reason, stands_from, late)
    # WRITE: from here on it must succeed
    if today < made.stands_from:
        return _leave_disputed(world, command, case, made)
    return _settle(world, command, case, made)


@handles(ReviewDecision, f"{REGULATOR}/admin")
def review_decision(world: World, command: ReviewDecision) -> DisputeAnswer:
    """Uphold a decision, which then stands, or refuse it.

    Refuses: Unknown, WorkerElsewhere, NotAcceded, TermsNotInForce, RowNotAnswerable, WrongState, HashDiffers,
    FiguresDiffer (what the employer says has changed since: the union decides anew).
    """
    # READ
    case = _read(world, command.employer, command.shard, command.worker, command.day)
    # REFUSE
    number = f"{command.worker}/{command.day}"
    made = case.dispute.decision
    if made is None:
        raise WrongState(what=Thing.DECISION, number=number, state=Standing.UNDECIDED, needed=(Standing.DECIDED,))
    row = row_digest(command.employer, command.day, command.worker, case.row)
    if command.digest != decision_digest(row, made):
        raise HashDiffers(what=Thing.DECISION, number=number)
    if command.upholds:
        _refuse_beyond_both(command.worker, made.measures, case)
    # WRITE: from here on it must succeed
    return _settle(world, command, case, made) if command.upholds else _leave_disputed(world, command, case, None)


class _Case(Struct, frozen=True):
    """A disputed row, where it stands, and what binds it. minimum_wage: the parameter's name, or none."""

    day: date
    sheet: Sheet
    head: ShardHead
    row: Row
    dispute: Dispute
    terms: str
    document: TermsDocument
    known: Mapping[str, int]

    @property
    def minimum_wage(self) -> str | None:
        return self.document.minimum_wage


def _read(world: World, employer: str, shard: int, number: str, day: date) -> _Case:
    found = shard_workers(world, employer, shard, [number])
    bound = bound_by(world, found, day)[number]
    sheet = need_sheets(world, employer, shard, [day])[day]
    head = world.need(shard_heads, employer, shard)
    row = need_disputed(sheet, number, day)
    assert row.dispute is not None
    return _Case(day, sheet, head, row, row.dispute, terms_on(found[number], day), bound.document, bound.measures)


def _refuse_beyond_both(worker: str, measures: Measures, case: _Case) -> None:
    """The union decides between what was agreed, or else the employer says, and the claim, and takes nothing away from
    one of the two: of each the least would be worth less than either.

    Refuses: MeasureUnknown, MeasureBeyondTerms, FiguresDiffer.
    """
    refuse_unknown_measures(worker, measures, case.known)
    says = (case.row.agreed or case.row.content).measures, case.dispute.claimed
    for name in sorted({*says[0], *says[1], *measures}):
        low, high = min(said.get(name, 0) for said in says), max(said.get(name, 0) for said in says)
        given = measures.get(name, 0)
        if not low <= given <= high:
            raise FiguresDiffer(
                case="decided",
                worker=worker,
                day=case.day.isoformat(),
                measure=name,
                low=low,
                high=high,
                given=given,
            )
    decided = replace(case.row, measures=measures)
    if not any(decided.keeps(Content(said, 0)) for said in says):
        raise FiguresDiffer(case="decided_less", worker=worker, day=case.day.isoformat())


def _brings_at_most_fen(case: _Case, command: Decide, minimum: Parameter | None, pay_rules: Parameter | None) -> int:
    """What the decision can bring beyond what the employer says, in fen, whatever else the period holds.

    Refuses: ParameterMissing.
    """
    more = {
        name: quantity - case.row.measures.get(name, 0)
        for name, quantity in command.measures.items()
        if quantity > case.row.measures.get(name, 0)
    }
    minimum_fen = value_on(minimum, case.minimum_wage, command.day) if case.minimum_wage else 0
    is_first = not any(case.row.measures.values())
    rules = RULES[value_on(pay_rules, PAY_RULES, period_of(case.document.payday, command.day).start)]
    if case.document.contract_type is ContractType.LABOUR:
        return rules.at_most_fen(case.document.rules, more, 0, is_first=is_first, monthly_fen=minimum_fen)
    return rules.at_most_fen(case.document.rules, more, minimum_fen, is_first=is_first)


def _leave_disputed(
    world: World, command: Decide | ReviewDecision, case: _Case, decision: Decision | None
) -> DisputeAnswer:
    row = replace(case.row, dispute=replace(case.dispute, decision=decision))
    sheet = case.sheet.with_rows({command.worker: row})
    world.put(sheets, sheet, command.employer, command.day, command.shard)
    stands_from = decision.stands_from if decision else None
    return DisputeAnswer(command.worker, command.day, row.state, case.dispute.decide_by, stands_from=stands_from)


def _settle(world: World, command: Decide | ReviewDecision, case: _Case, decision: Decision) -> DisputeAnswer:
    write_decided(
        world,
        (command.employer, command.day, command.shard),
        command.worker,
        case.sheet,
        case.row,
        decision.measures,
        decision.reason,
        late=decision.late,
    )
    open_day = OpenDay(case.terms, command.day)
    world.put(shard_heads, with_days(case.head, [open_day]), command.employer, command.shard)
    return DisputeAnswer(command.worker, command.day, RowState.CERTIFIED, case.dispute.decide_by, late=decision.late)


def write_decided(
    world: World,
    place: tuple[str, date, int],
    worker: str,
    sheet: Sheet,
    row: Row,
    measures: Measures,
    reason: str,
    *,
    late: bool = False,
) -> None:
    """Write the row with the content that was decided, which is agreed and payable, and, if it is new, its version.

    place: employer, day and shard.
    """
    changes = measures != row.measures
    version = sheet.version + changes
    decided = replace(
        moved(row, RowState.CERTIFIED),
        measures=measures,
        version=version if changes else row.version,
        dispute=None,
        decided=reason,
        certified=None,
        agreed=None,
    )
    world.put(sheets, sheet.with_rows({worker: decided}, world.at_ms if changes else None), *place)
    if changes:
        submission = Submission(quantities({worker: measures}), str(world.caller), world.at_ms, late, reason)
        world.put(submissions, submission, *place, version)
