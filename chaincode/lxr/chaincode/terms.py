"""Terms: one document per employer and pay class, made by employer and union; workers join it in `accession`.

Each version goes proposed → accepted → active → amended → ended. An amendment binds a worker from that worker's own
signature; until then the version that the worker signed stays good for them.
"""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta
from msgspec.structs import replace

from .command import Command, handles
from .contract_types import ContractType, IncomeClass, WithholdingAgent, type_faults
from .covered_days import covered_days
from .days import day_of
from .effective_dates import refuse_begun, refuse_far
from .employers import employers, refuse_inactive_employer
from .parameter_definitions import ANSWER_DAYS, FIRST_DAY, PAY_RULES
from .parameters import parameter_on, parameters, value_on
from .pay_rules import RULES_MAX, Guarantee, Holiday, Most, Name, Rule, most_faults, needs_second_version, rule_faults
from .paydays import PaydayRule, period_of
from .refusals import Exists, HashDiffers, NotYours, NumberForeign, TermsInvalid, TooLarge, VersionStale, WrongState
from .things import Thing
from .types import Digest, EmployerNo, Record, TermsNo, TermsVersion, Text, digest
from .working_days import reading_kinds
from .world import Table, World

Place = Annotated[str, Meta(pattern=r"^[0-9]{6}(-[0-9])?\Z")]
"""The place of work: its administrative division, and the tier of its minimum wage where it has several."""


class TermsDocument(Record, frozen=True, omit_defaults=True):
    """What employer, union and worker agree on. It covers the days from effective_from to effective_to.

    most_per_day: the most units that a worker does in one day of each measure that the rules use, and of minutes where
    that is less than the day has; nothing beyond comes onto a sheet.
    service_fee_bp: what the employer pays the union, in basis points of gross pay, 0..2000. minimum_wage_place: of the
    place of work, by whose minimum wage pay is checked and topped up: the monthly one of labour contracts, else the
    hourly one; None for civil ones. answer_days: how many whole days after a row came its worker has to answer it; then
    silence agrees to it. text_digest: SHA-256 of the agreement that the parties signed on paper or screen.
    contract_type, income_class, withholding_agent: see `contract_types`; None in documents of contract 0.4.0 alone.
    """

    employer: EmployerNo
    pay_class: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,30}\Z")]
    effective_from: date
    effective_to: date | None
    payday: PaydayRule
    rules: Annotated[tuple[Rule, ...], Meta(min_length=1, max_length=RULES_MAX)]
    most_per_day: Annotated[dict[Name, Most], Meta(max_length=12)]
    service_fee_bp: Annotated[int, Meta(ge=0, le=2000)]
    minimum_wage_place: Place | None
    answer_days: Annotated[int, Meta(ge=1, le=60)]
    text_digest: Digest
    contract_type: ContractType | None = None
    income_class: IncomeClass | None = None
    withholding_agent: WithholdingAgent | None = None

    @property
    def minimum_wage(self) -> str | None:
        """The name of the parameter by which pay is topped up; None: there is none."""
        if self.minimum_wage_place is None:
            return None
        family = "monthly_minimum_wage" if self.contract_type is ContractType.LABOUR else "minimum_wage"
        return f"{family}.{self.minimum_wage_place}"


class VersionState(StrEnum):
    """Where a version of the terms stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    AMENDED = "amended"
    """A later version is active; this one still binds those who have not signed that."""
    ENDED = "ended"


MOVES: Final = {
    VersionState.PROPOSED: {VersionState.ACCEPTED, VersionState.ENDED},
    VersionState.ACCEPTED: {VersionState.ACTIVE, VersionState.ENDED},
    VersionState.ACTIVE: {VersionState.AMENDED, VersionState.ENDED},
    VersionState.AMENDED: {VersionState.ENDED},
    VersionState.ENDED: set[VersionState](),
}
assert MOVES.keys() == set(VersionState)


class Version(Record, frozen=True, array_like=True):
    """One version: the hash of its document, and where it stands."""

    digest: Digest
    state: VersionState
    effective_from: date


class Terms(Record, frozen=True):
    """The head of all versions. Version n is versions[n - 1]. ends: the last day that the terms cover."""

    employer: EmployerNo
    versions: tuple[Version, ...]
    ends: date | None = None


TYPED: Final = 2
"""The version of the pay rules from which on terms name their contract type."""
TERMS_MAX: Final = 50
"""The most terms that one employer has at a time; a run reads them all."""
_DAY: Final = timedelta(days=1)
terms_heads: Final = Table("terms", Terms)
documents: Final = Table("document", TermsDocument)


class TermsAnswer(Record, frozen=True):
    """Where the version now stands."""

    terms: TermsNo
    version: int
    digest: Digest
    state: VersionState


class ProposeTerms(Command[TermsAnswer], frozen=True, kw_only=True, tag="terms.propose"):
    """Propose terms (version 1), or an amendment: the next version."""

    employer: EmployerNo
    terms: TermsNo
    version: TermsVersion
    document: TermsDocument


class AcceptTerms(Command[TermsAnswer], frozen=True, kw_only=True, tag="terms.accept"):
    """The union's signature under the very document that it names by hash."""

    terms: TermsNo
    version: TermsVersion
    digest: Digest


class ActivateTerms(Command[TermsAnswer], frozen=True, kw_only=True, tag="terms.activate"):
    """Open an accepted version for workers to join; the active one before it is amended. digest: of its document."""

    terms: TermsNo
    version: TermsVersion
    digest: Digest


class EndTerms(Command[TermsAnswer], frozen=True, kw_only=True, tag="terms.end"):
    """End the terms: `ends` is the last day that they cover, all of it, so it can be the day of the command."""

    employer: EmployerNo
    terms: TermsNo
    ends: date
    reason: Text


@handles(ProposeTerms, "employer/signer")
def propose_terms(world: World, command: ProposeTerms) -> TermsAnswer:
    """Propose terms or an amendment.

    Refuses: Unknown (also the withholding agent), EmployerNotActive, NotYours, NumberForeign, Exists, VersionStale,
    WrongState, ParameterMissing, TermsInvalid.
    """
    document = command.document
    # READ
    employer = world.need(employers, command.employer)
    head = world.get(terms_heads, command.terms)
    last = joined = None
    if head is not None:
        last = world.get(documents, command.terms, len(head.versions))
        if (number := _last_joined(head)) is not None:
            joined = world.get(documents, command.terms, number)
    wage_name = document.minimum_wage
    wage = world.get(parameters, wage_name) if wage_name else None
    pay_rules = world.get(parameters, PAY_RULES)
    first_day = covered_days(world).first_day
    other = document.withholding_agent or ""
    if other.startswith("E"):
        world.need(employers, other)
    if asks_calendar(document):
        world.read(reading_kinds([document.effective_from]))
    least_days = parameter_on(world, ANSWER_DAYS, day_of(world.at_ms))
    # REFUSE
    refuse_inactive_employer(command.employer, employer, day_of(world.at_ms))
    if document.employer != command.employer or (head is not None and head.employer != command.employer):
        raise NotYours(case="caller", employer=document.employer, caller=str(world.caller))
    if not command.terms.startswith(f"T{command.employer}-"):
        raise NumberForeign(what=Thing.TERMS, number=command.terms, employer=command.employer)
    versions = head.versions if head else ()
    if command.version <= len(versions):
        raise Exists(what=Thing.TERMS_VERSION, number=f"{command.terms}/{command.version}")
    if command.version != len(versions) + 1:
        raise VersionStale(what=Thing.TERMS, number=command.terms, given=command.version, current=len(versions))
    if head is not None and head.ends is not None:
        raise WrongState(
            what=Thing.TERMS, number=command.terms, state=VersionState.ENDED, needed=(VersionState.ACTIVE,)
        )
    if (fault := rule_faults(document.rules)) is not None:
        raise fault
    if (fault := most_faults(document.rules, document.most_per_day)) is not None:
        raise fault
    _refuse_untyped(document, value_on(pay_rules, PAY_RULES, _first_period(document)), first_day)
    if joined is not None and joined.contract_type not in (None, document.contract_type):
        raise TermsInvalid(case="type_changes")
    if document.effective_from < FIRST_DAY:
        raise TermsInvalid(case="begins_early", year=FIRST_DAY.year)
    if document.effective_to is not None and document.effective_to < document.effective_from:
        raise TermsInvalid(case="ends_first")
    if last is not None and (last.payday, last.pay_class) != (document.payday, document.pay_class):
        raise TermsInvalid(case="payday_changes")
    if last is not None and document.effective_from < last.effective_from:
        raise TermsInvalid(case="begins_before", day=last.effective_from.isoformat())
    if document.answer_days < least_days:
        raise TermsInvalid(case="answer_days", given=document.answer_days, least=least_days)
    if wage_name is not None:
        minimum_fen = value_on(wage, wage_name, document.effective_from)
        by_the_hour = document.contract_type is not ContractType.LABOUR
        for rule in document.rules:
            if by_the_hour and isinstance(rule, Guarantee) and rule.floor_fen_per_hour < minimum_fen:
                raise TermsInvalid(case="below_minimum", minimum_fen=minimum_fen)
    # COMPUTE
    version = Version(digest(document), VersionState.PROPOSED, document.effective_from)
    if versions and versions[-1].state in (VersionState.PROPOSED, VersionState.ACCEPTED):
        versions = (*versions[:-1], replace(versions[-1], state=VersionState.ENDED))  # nobody has joined it
    # WRITE: from here on it must succeed
    world.put(documents, document, command.terms, command.version)
    world.put(terms_heads, Terms(command.employer, (*versions, version)), command.terms)
    return TermsAnswer(command.terms, command.version, version.digest, version.state)


@handles(AcceptTerms, "union/operator")
def accept_terms(world: World, command: AcceptTerms) -> TermsAnswer:
    """Accept a version for the union. Refuses: Unknown, VersionStale, WrongState, HashDiffers."""
    # READ
    head = world.need(terms_heads, command.terms)
    # REFUSE
    _refuse_another(command, version_in(head, command.terms, command.version, VersionState.PROPOSED))
    # WRITE: from here on it must succeed
    return _write_state(world, head, command.terms, command.version, VersionState.ACCEPTED)


@handles(ActivateTerms, "union/operator")
def activate_terms(world: World, command: ActivateTerms) -> TermsAnswer:
    """Open a version for joining; with their first open version, terms come onto the employer's list.

    What is only proposed is not on the list, so nobody fills it alone. Terms that have ended make room on it, and runs
    still pay what is open under them.

    Refuses: Unknown, VersionStale, WrongState, HashDiffers, TooLarge (so many have not ended).
    """
    # READ
    head = world.need(terms_heads, command.terms)
    employer = world.need(employers, head.employer)
    full = len(employer.terms) >= TERMS_MAX
    heads = world.get_many(terms_heads, [(terms,) for terms in employer.terms]) if full else []
    # REFUSE
    _refuse_another(command, version_in(head, command.terms, command.version, VersionState.ACCEPTED))
    today = day_of(world.at_ms)
    over = {
        terms
        for terms, other in zip(employer.terms, heads, strict=False)
        if other is not None and other.ends is not None and other.ends < today
    }
    listed = (*(terms for terms in employer.terms if terms not in over), command.terms)
    if command.terms not in employer.terms and len(listed) > TERMS_MAX:
        raise TooLarge(case="terms", employer=head.employer, limit=TERMS_MAX)
    # WRITE: from here on it must succeed
    if command.terms not in employer.terms:
        world.put(employers, replace(employer, terms=listed), head.employer)
    return _write_state(world, head, command.terms, command.version, VersionState.ACTIVE)


@handles(EndTerms, "employer/signer", "union/operator")
def end_terms(world: World, command: EndTerms) -> TermsAnswer:
    """End the terms. Refuses: Unknown, NotYours, WrongState, TooFarAhead, DayInPast."""
    # READ
    head = world.need(terms_heads, command.terms)
    # REFUSE
    if head.employer != command.employer:
        raise NotYours(case="terms", terms=command.terms, employer=command.employer)
    if head.ends is not None:
        raise WrongState(
            what=Thing.TERMS, number=command.terms, state=VersionState.ENDED, needed=(VersionState.ACTIVE,)
        )
    today = day_of(world.at_ms)
    refuse_far(command.ends, today)
    refuse_begun(command.ends + _DAY, today)
    # WRITE: from here on it must succeed
    versions = tuple(replace(version, state=VersionState.ENDED) for version in head.versions)
    world.put(terms_heads, replace(head, versions=versions, ends=command.ends), command.terms)
    return TermsAnswer(command.terms, len(versions), versions[-1].digest, VersionState.ENDED)


def covers(document: TermsDocument, head: Terms, day: date) -> bool:
    """Return whether a version of the terms covers that day."""
    return (
        document.effective_from <= day
        and (document.effective_to is None or day <= document.effective_to)
        and (head.ends is None or day <= head.ends)
    )


def asks_calendar(document: TermsDocument) -> bool:
    """Return whether pay depends on what a day is: a working day, a rest day or a statutory holiday."""
    return document.contract_type is ContractType.LABOUR or any(isinstance(each, Holiday) for each in document.rules)


def version_in(head: Terms, terms: str, number: int, needed: VersionState) -> Version:
    """Return a version, which must be in that state. Refuses: VersionStale, WrongState."""
    if not 1 <= number <= len(head.versions):
        raise VersionStale(what=Thing.TERMS, number=terms, given=number, current=len(head.versions))
    version = head.versions[number - 1]
    if version.state is not needed:
        raise WrongState(what=Thing.TERMS_VERSION, number=f"{terms}/{number}", state=version.state, needed=(needed,))
    return version


def _last_joined(head: Terms) -> int | None:
    """Return the number of the last version that workers could join; what is only proposed can be put right."""
    open_ = (VersionState.ACTIVE, VersionState.AMENDED)
    numbers = [number for number, version in enumerate(head.versions, start=1) if version.state in open_]
    return max(numbers, default=None)


def _first_period(document: TermsDocument) -> date:
    """Return the first day of the first pay period that the terms have days in."""
    return period_of(document.payday, document.effective_from).start


def _refuse_untyped(document: TermsDocument, version: int, first_day: date | None) -> None:
    """Refuse terms that do not say what kind of contract they are, and what the law of that kind forbids.

    version: of the pay rules, in their first pay period, which lasts for all of it. Without a type are terms of before
    version 2, and those that a successor ledger takes over from its predecessor; first_day: of that ledger.
    Refuses: TermsInvalid.
    """
    if document.contract_type is None:
        taken_over = first_day is not None and document.effective_from < first_day
        if version >= TYPED and not taken_over:
            raise TermsInvalid(case="no_contract_type")
        if document.income_class or document.withholding_agent or needs_second_version(document.rules):
            raise TermsInvalid(case="no_contract_type")
        return
    if version < TYPED:
        day = _first_period(document).isoformat()
        raise TermsInvalid(case="pay_rules", day=day, version=version, needed=TYPED)
    fault = type_faults(
        document.contract_type, document.income_class, document.minimum_wage_place, document.payday, document.rules
    )
    if fault is not None:
        raise fault
    if document.withholding_agent is None:
        raise TermsInvalid(case="no_contract_type")


def _refuse_another(command: AcceptTerms | ActivateTerms, version: Version) -> None:
    """Refuse a signature under another document than the version's. Refuses: HashDiffers."""
    if command.digest != version.digest:
        raise HashDiffers(what=Thing.TERMS_VERSION, number=f"{command.terms}/{command.version}")


def _write_state(world: World, head: Terms, terms: str, number: int, state: VersionState) -> TermsAnswer:
    """Write a version in its next state; where it becomes active, the active one before it is amended."""
    versions = list(head.versions)
    assert state in MOVES[versions[number - 1].state]
    versions[number - 1] = replace(versions[number - 1], state=state)
    if state is VersionState.ACTIVE:
        for index, version in enumerate(versions[: number - 1]):
            if version.state is VersionState.ACTIVE:
                versions[index] = replace(version, state=VersionState.AMENDED)
    world.put(terms_heads, replace(head, versions=tuple(versions)), terms)
    return TermsAnswer(terms, number, versions[number - 1].digest, state)
