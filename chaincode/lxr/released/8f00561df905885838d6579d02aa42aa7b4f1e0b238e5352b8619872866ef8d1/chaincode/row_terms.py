"""What the terms that bind a worker say of a day's row: its measures, how much of each, the time to answer."""

from collections.abc import Mapping
from datetime import date, timedelta

from msgspec import Struct

from .days import day_of, moment
from .pay_rules import MINUTES, MINUTES_MAX
from .refusals import MeasureBeyondTerms, MeasureUnknown, NotAcceded, TermsNotInForce
from .rows import Row
from .sheet import Sheet
from .terms import TermsDocument, covers, documents, terms_heads
from .workers import Membership, Worker, membership_on, refuse_erased
from .world import World


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
    """Return, by worker, what the terms that bind the worker on that day say of the row.

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
    """Return the number of the terms that bind a worker on that day, for which the worker has joined some."""
    membership = membership_on(worker.memberships, day)
    assert membership is not None
    return membership.terms


def refuse_unknown_measures(worker: str, measures: dict[str, int], known: Mapping[str, int]) -> None:
    """Refuse a measure that the terms do not know, which would quietly be paid nothing, and more than a day can have.

    known: the most units of each measure. Refuses: MeasureUnknown, MeasureBeyondTerms.
    """
    for measure in sorted(measures.keys() - known.keys()):
        raise MeasureUnknown(worker=worker, measure=measure, known=tuple(sorted(known)))
    for measure, quantity in sorted(measures.items()):
        if quantity > known[measure]:
            raise MeasureBeyondTerms(worker=worker, measure=measure, given=quantity, most=known[measure])


def answer_until(sheet: Sheet, row: Row, answer_days: int) -> int:
    """Return when the time to answer a row as it stands is over, unix ms: so many days after the day it came."""
    return moment(day_of(sheet.since_ms(row)) + timedelta(days=answer_days + 1))
