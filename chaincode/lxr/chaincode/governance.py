"""How a parameter gets a value: one organisation proposes it with its source, the others that must sign approve it."""

from datetime import date
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from .caller import ADMINS, BANK, EMPLOYER, REGULATOR, UNION
from .command import Command, handles
from .days import day_of
from .decoding import place_of
from .parameter_definitions import Definition, definition_of
from .parameter_refusals import ParameterInvalid
from .parameters import (
    VALUES_MAX,
    Parameter,
    ParameterName,
    Proposal,
    Value,
    parameters,
    proposal_digest,
    proposals,
    with_value,
)
from .refusals import (
    AlreadySigned,
    Exists,
    HashDiffers,
    MalformedCommand,
    NotAParty,
    TooLarge,
    WrongState,
)
from .rule_basis import Basis
from .rule_checks import refuse_contradictory, refuse_misplaced
from .things import Standing, Thing
from .types import Digest, Record, Text, canonical
from .world import World

ProposalNo = Annotated[str, Meta(pattern=r"^P(UNION|EMPLOYER|BANK|REGULATOR)-[A-Z0-9-]{1,26}\Z")]
"""P, the organisation that proposes, and a number of its own."""
OWN_PROPOSALS: Final = {UNION: "PUNION-", EMPLOYER: "PEMPLOYER-", BANK: "PBANK-", REGULATOR: "PREGULATOR-"}
"""What the numbers of an organisation's proposals begin with."""


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


class ProposeRule(Command[Signed], frozen=True, kw_only=True, tag="governance.propose_rule"):
    """Propose a value of a rule of law, with the document that it rests on. source: where that document was found."""

    proposal: ProposalNo
    name: ParameterName
    value: msgspec.Raw
    effective_from: date
    effective_to: date | None = None
    source: Text
    basis: Basis


class Approve(Command[Signed], frozen=True, kw_only=True, tag="governance.approve"):
    """Sign a proposal. With the last signature that its parameter needs, the value is in force from its day.

    digest: of what it proposes, see `proposal_digest`.
    """

    proposal: ProposalNo
    digest: Digest


@handles(Propose, *ADMINS)
def propose(world: World, command: Propose) -> Signed:
    """Propose, and sign for one's own organisation.

    Refuses: MalformedCommand, Exists, ParameterUnknown, ParameterInvalid, NotAParty.
    """
    # READ
    there = world.get(proposals, command.proposal)
    # REFUSE
    definition = definition_of(command.name)
    if definition.dated:
        raise ParameterInvalid(case="no_document", parameter=command.name)
    value = _checked_value(world, definition, command, there)
    family, _, year = command.name.partition(".")
    if family == "holidays":  # a list copied from another year would quietly name none of this one's
        for day in value:
            if day.year != int(year):
                raise ParameterInvalid(case="other_year", parameter=command.name, day=day.isoformat())
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


@handles(ProposeRule, f"{UNION}/admin", f"{REGULATOR}/admin")
def propose_rule(world: World, command: ProposeRule) -> Signed:
    """Propose a value of a rule of law, and sign for one's own organisation.

    Refuses: MalformedCommand, Exists, ParameterUnknown, ParameterInvalid, NotAParty.
    """
    # READ
    there = world.get(proposals, command.proposal)
    parameter = world.get(parameters, command.name)
    # REFUSE
    definition = definition_of(command.name)
    if not definition.dated:
        raise ParameterInvalid(case="no_rule", parameter=command.name)
    value = _checked_value(world, definition, command, there)
    refuse_contradictory(command.name, value, command.basis)
    proposed = Value(
        value=msgspec.Raw(canonical(value)),
        effective_from=command.effective_from,
        effective_to=command.effective_to,
        source=command.source,
        proposal=command.proposal,
        basis=command.basis,
    )
    refuse_misplaced(command.name, parameter, proposed)
    # WRITE: from here on it must succeed
    world.put(proposals, Proposal(command.name, proposed, (world.caller.organisation,), "open"), command.proposal)
    return Signed(command.proposal, (world.caller.organisation,), "open")


@handles(Approve, *ADMINS)
def approve(world: World, command: Approve) -> Signed:
    """Sign a proposal.

    Refuses: Unknown, WrongState, NotAParty, HashDiffers, AlreadySigned, ParameterInvalid, TooLarge (one that covers
    more days than this one can be approved instead; a rule of law keeps all of its values).
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
    value, known = proposal.value, parameter.known if parameter else ()
    if definition.dated:
        refuse_misplaced(proposal.name, parameter, value)
        value = replace(value, known_ms=world.at_ms)
        known = (*known, value)
    values = with_value(parameter.values if parameter else (), value)
    if max(len(values), len(known)) > VALUES_MAX:
        raise TooLarge(case="values", parameter=proposal.name, limit=VALUES_MAX)
    # COMPUTE
    signed = (*proposal.signed, world.caller.organisation)
    state = "approved" if definition.parties <= set(signed) else "open"
    # WRITE: from here on it must succeed
    world.put(proposals, Proposal(proposal.name, proposal.value, signed, state), command.proposal)
    if state == "approved":
        approved = (parameter.approved if parameter else 0) + 1
        world.put(parameters, Parameter(values, approved, known), proposal.name)
    return Signed(command.proposal, signed, state)


def _checked_value(world: World, definition: Definition, command: Propose | ProposeRule, there: Proposal | None) -> Any:
    """The value that is proposed, once it is one that this organisation can propose. there: under its number already.

    Refuses: MalformedCommand, Exists, NotAParty, ParameterInvalid.
    """
    own = OWN_PROPOSALS[world.caller.organisation]
    if not command.proposal.startswith(own):
        raise MalformedCommand(case="proposal_number", proposal=command.proposal, prefix=own)
    if there is not None:
        raise Exists(what=Thing.PROPOSAL, number=command.proposal)
    _refuse_outsider(world, definition, command.name)
    try:
        value = msgspec.json.decode(command.value, type=definition.value)
        if canonical(value) != bytes(command.value):
            raise ParameterInvalid(case="not_canonical", parameter=command.name)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise ParameterInvalid(parameter=command.name, **place_of(fault)) from None
    if command.effective_to is not None and command.effective_to < command.effective_from:
        raise ParameterInvalid(case="ends_first", parameter=command.name)
    return value


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
