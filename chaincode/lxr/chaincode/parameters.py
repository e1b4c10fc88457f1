"""Governed parameters: values that one organisation proposes and others approve, each in force on days of its own."""

from datetime import date, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from .caller import ADMINS, BANK, EMPLOYER, REGULATOR, UNION
from .command import Command, handles
from .days import day_of
from .decoding import place_of
from .parameter_definitions import Definition, definition_of
from .refusals import (
    AlreadySigned,
    Exists,
    HashDiffers,
    MalformedCommand,
    NotAParty,
    ParameterInvalid,
    ParameterMissing,
    TooLarge,
    WrongState,
)
from .things import Standing, Thing
from .types import Digest, Record, Text, canonical, digest
from .world import Table, World

_DAY: Final = timedelta(days=1)

ProposalNo = Annotated[str, Meta(pattern=r"^P(UNION|EMPLOYER|BANK|REGULATOR)-[A-Z0-9-]{1,26}\Z")]
"""P, the organisation that proposes, and a number of its own."""
OWN_PROPOSALS: Final = {UNION: "PUNION-", EMPLOYER: "PEMPLOYER-", BANK: "PBANK-", REGULATOR: "PREGULATOR-"}
"""What the numbers of an organisation's proposals begin with."""
ParameterName = Annotated[str, Meta(pattern=r"^[a-z_]+(\.[a-z0-9_-]+)+\Z", max_length=60)]


class Value(Record, frozen=True):
    """One value of a parameter, and the days on which it is in force."""

    value: msgspec.Raw
    effective_from: date
    effective_to: date | None
    source: str
    proposal: str


class Parameter(Record, frozen=True):
    """The values in force, each on days of its own, in the order of the days. approved: how many ever were approved.

    What another took the place of on all its days is in force on none, so it is not here: it stays in its proposal.
    """

    values: tuple[Value, ...]
    approved: int


VALUES_MAX: Final = 100
"""The most values that a parameter has in force over all its days, so that the record stays within a transaction.

A value that covers others takes their place, so one without an end can be approved however many there are.
"""


class Proposal(Record, frozen=True):
    """A value on its way into force. state: open, approved."""

    name: ParameterName
    value: Value
    signed: tuple[str, ...]
    state: str


parameters: Final = Table("parameter", Parameter)
proposals: Final = Table("proposal", Proposal)


class Signed(Record, frozen=True):
    """Who has signed a proposal, and whether it is in force."""

    proposal: str
    signed: tuple[str, ...]
    state: str


class Propose(Command[Signed], frozen=True, kw_only=True, tag="governance.propose"):
    """Propose a value for a parameter. source: the document that the value comes from."""

    proposal: ProposalNo
    name: ParameterName
    value: msgspec.Raw
    effective_from: date
    effective_to: date | None = None
    source: Text


class Approve(Command[Signed], frozen=True, kw_only=True, tag="governance.approve"):
    """Sign a proposal. With the last signature that its parameter needs, the value is in force from its day.

    digest: of what it proposes, see `proposal_digest`.
    """

    proposal: ProposalNo
    digest: Digest


def value_on(parameter: Parameter | None, name: str, day: date) -> Any:
    """The value in force on that day, or what its definition says of a day without one.

    Refuses: ParameterMissing, so that a run stops instead of guessing.
    """
    definition = definition_of(name)
    for value in parameter.values if parameter else ():
        if value.effective_from <= day and (value.effective_to is None or day <= value.effective_to):
            return msgspec.json.decode(value.value, type=definition.value)
    if definition.otherwise is not None:
        return definition.otherwise
    raise ParameterMissing(parameter=name, day=day.isoformat())


def with_value(values: tuple[Value, ...], new: Value) -> tuple[Value, ...]:
    """The values in force once a new one is: it takes the place of what was there on its days."""
    kept = [new]
    for value in values:
        until, new_until = value.effective_to or date.max, new.effective_to or date.max
        if until < new.effective_from or new_until < value.effective_from:
            kept.append(value)
            continue
        if value.effective_from < new.effective_from:
            kept.append(replace(value, effective_to=new.effective_from - _DAY))
        if new_until < until:
            kept.append(replace(value, effective_from=new_until + _DAY))
    return tuple(sorted(kept, key=lambda value: value.effective_from))


def proposal_digest(proposal: Proposal) -> str:
    """The digest of what a proposal proposes, which every organisation that approves it signs."""
    return digest((proposal.name, proposal.value))


def parameter_on(world: World, name: str, day: date) -> Any:
    """The value of a parameter in force on that day. Refuses: ParameterMissing."""
    return value_on(world.get(parameters, name), name, day)


@handles(Propose, *ADMINS)
def propose(world: World, command: Propose) -> Signed:
    """Propose, and sign for one's own organisation.

    Refuses: MalformedCommand, Exists, ParameterUnknown, ParameterInvalid, NotAParty.
    """
    # READ
    there = world.get(proposals, command.proposal)
    # REFUSE
    own = OWN_PROPOSALS[world.caller.organisation]
    if not command.proposal.startswith(own):
        raise MalformedCommand(case="proposal_number", proposal=command.proposal, prefix=own)
    definition = definition_of(command.name)
    if there is not None:
        raise Exists(what=Thing.PROPOSAL, number=command.proposal)
    _refuse_outsider(world, definition, command.name)
    try:
        value = msgspec.json.decode(command.value, type=definition.value)
        if canonical(value) != bytes(command.value):
            raise ParameterInvalid(case="not_canonical", parameter=command.name)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise ParameterInvalid(parameter=command.name, **place_of(fault)) from None
    family, _, year = command.name.partition(".")
    if family == "holidays":  # a list copied from another year would quietly name none of this one's
        for day in value:
            if day.year != int(year):
                raise ParameterInvalid(case="other_year", parameter=command.name, day=day.isoformat())
    if command.effective_to is not None and command.effective_to < command.effective_from:
        raise ParameterInvalid(case="ends_first", parameter=command.name)
    # COMPUTE
    proposal = Proposal(
        command.name,
        Value(
            msgspec.Raw(canonical(value)),
            command.effective_from,
            command.effective_to,
            command.source,
            command.proposal,
        ),
        (world.caller.organisation,),
        "open",
    )
    # WRITE: from here on it must succeed
    world.put(proposals, proposal, command.proposal)
    return Signed(command.proposal, proposal.signed, proposal.state)


@handles(Approve, *ADMINS)
def approve(world: World, command: Approve) -> Signed:
    """Sign a proposal.

    Refuses: Unknown, WrongState, NotAParty, HashDiffers, AlreadySigned, ParameterInvalid, TooLarge (one that covers
    more days than this one can be approved instead).
    """
    # READ
    proposal = world.need(proposals, command.proposal)
    parameter = world.get(parameters, proposal.name)
    # REFUSE
    definition = definition_of(proposal.name)
    if proposal.state != "open":
        raise WrongState(what=Thing.PROPOSAL, number=command.proposal, state=proposal.state, needed=(Standing.OPEN,))
    _refuse_outsider(world, definition, proposal.name)
    if command.digest != proposal_digest(proposal):
        raise HashDiffers(what=Thing.PROPOSAL, number=command.proposal)
    if world.caller.organisation in proposal.signed:
        raise AlreadySigned(organisation=world.caller.organisation, what=Thing.PROPOSAL, number=command.proposal)
    given = msgspec.json.decode(proposal.value.value, type=definition.value)
    _refuse_reaching_back(definition, proposal, given, parameter, day_of(world.at_ms))
    values = with_value(parameter.values if parameter else (), proposal.value)
    if len(values) > VALUES_MAX:
        raise TooLarge(case="values", parameter=proposal.name, limit=VALUES_MAX)
    # COMPUTE
    signed = (*proposal.signed, world.caller.organisation)
    state = "approved" if definition.parties <= set(signed) else "open"
    # WRITE: from here on it must succeed
    world.put(proposals, Proposal(proposal.name, proposal.value, signed, state), command.proposal)
    if state == "approved":
        world.put(parameters, Parameter(values, (parameter.approved if parameter else 0) + 1), proposal.name)
    return Signed(command.proposal, signed, state)


def _refuse_reaching_back(
    definition: Definition, proposal: Proposal, given: Any, parameter: Parameter | None, today: date
) -> None:
    """Refuse a value that takes away what the ones before it promised or had paid, or would have it paid anew.

    Refuses: ParameterInvalid.
    """
    rising, first = definition.rising, proposal.value.effective_from
    last = min(proposal.value.effective_to or today, today)
    if definition.ahead and first <= today:
        raise ParameterInvalid(case="not_ahead", parameter=proposal.name, today=today.isoformat())
    least = definition.otherwise
    if rising and least is not None and proposal.value.effective_to is not None and least < given:
        raise ParameterInvalid(case="falls", parameter=proposal.name, given=least, most=given)
    if parameter is None or not (rising or definition.lasting):
        return
    there = [
        msgspec.json.decode(value.value, type=definition.value)
        for value in parameter.values
        if rising
        or isinstance(given, tuple)
        or (value.effective_from <= last and first <= min(value.effective_to or last, last))
    ]
    if isinstance(given, tuple):
        for day in sorted({day for days in there for day in days if day <= today} - {*given}):
            raise ParameterInvalid(case="day_begun", parameter=proposal.name, day=day.isoformat())
        return
    most = max(there, default=given)
    if given < most:
        if rising:
            raise ParameterInvalid(case="falls", parameter=proposal.name, given=given, most=most)
        now = today.isoformat()
        raise ParameterInvalid(case="falls_now", parameter=proposal.name, given=given, most=most, today=now)


def _refuse_outsider(world: World, definition: Definition, name: str) -> None:
    if world.caller.organisation not in definition.parties:
        raise NotAParty(organisation=world.caller.organisation, what=Thing.PARAMETER, number=name)
