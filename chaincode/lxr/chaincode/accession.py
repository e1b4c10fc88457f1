"""Accession: how workers join terms, each by signature, and from which day on a version binds them."""

from datetime import date, timedelta
from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.structs import replace

from .command import Command, handles
from .days import day_of
from .effective_dates import refuse_far
from .ledger_id import ledger_id
from .parameter_definitions import PAY_RULES
from .parameters import parameters, value_on
from .pay_rules import DAYS_MAX, RULES_MAX
from .paydays import period_of
from .refusals import DuplicateRow, NotYours, SignatureWrong, TermsInvalid, TermsNotInForce, TooLarge, VersionStale
from .terms import TYPED, VersionState, covers, documents, terms_heads, version_in
from .things import Thing
from .types import MAX_ITEMS, Digest, Record, Signature, TermsNo, TermsVersion, WorkerNo
from .workers import Membership, Worker, key_on, refuse_inactive_worker, workers
from .world import World

_DAY: Final = timedelta(days=1)
BACK_DAYS_MAX: Final = 366
"""How far back the first terms that a worker joins can bind."""
RULES_MAX_IN_PERIOD: Final = 2 * RULES_MAX
"""The most rules that all versions together have which bind a worker on the days of one pay period.

Each is an item of the pay line, and a shard's lines of a period are one record. It also keeps memberships few.
"""


class Accession(Record, frozen=True):
    """What a worker signs to join a version, which is also consent to the notice in it.

    number: one more than the memberships so far, so that an old signature joins nothing again.
    """

    ledger: Digest
    worker: WorkerNo
    terms: TermsNo
    version: int
    digest: Digest
    from_day: date
    number: int
    message: str = "accession"


class SignedAccession(Struct, frozen=True, forbid_unknown_fields=True):
    """One worker's signature over the Accession."""

    worker: WorkerNo
    from_day: date
    signature: Signature


class Acceded(Record, frozen=True):
    """How many workers joined."""

    terms: TermsNo
    version: int
    count: int


class AccedeToTerms(Command[Acceded], frozen=True, kw_only=True, tag="terms.accede"):
    """Workers join a version, each by signature."""

    terms: TermsNo
    version: TermsVersion
    accessions: Annotated[tuple[SignedAccession, ...], Meta(min_length=1, max_length=MAX_ITEMS)]


@handles(AccedeToTerms, "union/operator")
def accede_to_terms(world: World, command: AccedeToTerms) -> Acceded:
    """Bind workers to a version of terms, each by signature.

    Refuses: Unknown, VersionStale, WrongState, WorkerNotActive, NotYours, TooFarAhead, TermsNotInForce, DuplicateRow,
    TermsInvalid (they do not name their contract type), TooLarge (more rules than one pay period can be priced by),
    SignatureWrong.
    """
    # READ
    head = world.need(terms_heads, command.terms)
    document = world.need(documents, command.terms, command.version)
    ledger = ledger_id(world)
    found = world.get_many(workers, [(join.worker,) for join in command.accessions])
    bound = [
        _binding_before(worker.memberships, join.from_day) if worker else ()
        for join, worker in zip(command.accessions, found, strict=True)
    ]
    keys = sorted({(each.terms, each.version) for memberships in bound for each in memberships})
    pay_rules = world.get(parameters, PAY_RULES)
    rules = {key: len(paper.rules) for key, paper in zip(keys, world.get_many(documents, keys), strict=True) if paper}
    # REFUSE
    version = version_in(head, command.terms, command.version, VersionState.ACTIVE)
    today = day_of(world.at_ms)
    new: dict[str, Worker] = {}
    for join, worker, others in zip(command.accessions, found, bound, strict=True):
        if worker is None or worker.employer != head.employer:
            raise NotYours(case="worker", worker=join.worker, terms=command.terms)
        if join.worker in new:
            raise DuplicateRow(case="worker", worker=join.worker)
        refuse_inactive_worker(join.worker, worker, join.from_day)
        refuse_far(join.from_day, today)
        if not covers(document, head, join.from_day):
            raise TermsNotInForce(terms=command.terms, day=join.from_day.isoformat())
        first_day = first_day_to_join(worker.memberships, today)
        if join.from_day < first_day:
            raise VersionStale(
                what=Thing.MEMBERSHIP,
                number=join.worker,
                given=join.from_day.isoformat(),
                current=first_day.isoformat(),
            )
        start = period_of(document.payday, join.from_day).start
        if document.contract_type is None and value_on(pay_rules, PAY_RULES, start) >= TYPED:
            raise TermsInvalid(case="no_contract_type")
        if len(document.rules) + sum(rules[each.terms, each.version] for each in others) > RULES_MAX_IN_PERIOD:
            raise TooLarge(case="rules", worker=join.worker, days=DAYS_MAX, limit=RULES_MAX_IN_PERIOD)
        memberships = len(worker.memberships) + 1
        message = Accession(
            ledger, join.worker, command.terms, command.version, version.digest, join.from_day, memberships
        )
        if not world.signed(key_on(worker, today), join.signature, message):
            raise SignatureWrong(case="accession", worker=join.worker, terms=command.terms, version=command.version)
        membership = Membership(command.terms, command.version, join.from_day)
        new[join.worker] = replace(worker, memberships=(*worker.memberships, membership))
    # WRITE: from here on it must succeed
    for number, worker in new.items():
        world.put(workers, worker, number)
    return Acceded(command.terms, command.version, len(new))


def first_day_to_join(memberships: tuple[Membership, ...], today: date) -> date:
    """Return the first day from which the terms can bind a worker who signs today.

    What was worked before the signature, also today, stays under what was signed before. A first signature reaches back
    over work that is there already, and not so far that the days that a shard has open could fill its record.
    """
    return max(memberships[-1].from_day, today + _DAY) if memberships else today - BACK_DAYS_MAX * _DAY


def _binding_before(memberships: tuple[Membership, ...], day: date) -> tuple[Membership, ...]:
    """Return what binds a worker on those days before that one which can lie in one pay period with it."""
    recent = sum((day - membership.from_day).days < DAYS_MAX - 1 for membership in memberships)
    return memberships[-recent - 1 :]  # and the one in force before them
