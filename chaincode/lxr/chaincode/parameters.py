"""Governed parameters: values that one organisation proposes and others approve, each in force on days of its own."""

from datetime import date, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from .parameter_definitions import definition_of
from .parameter_refusals import ParameterMissing
from .rule_basis import Basis
from .types import Record, digest
from .world import Table, World

_DAY: Final = timedelta(days=1)

ParameterName = Annotated[str, Meta(pattern=r"^[a-z_]+(\.[a-z0-9_-]+)+\Z", max_length=60)]


class Value(Record, frozen=True, omit_defaults=True):
    """One value of a parameter, and the days on which it is in force. basis: of a rule of law, approved at known_ms."""

    value: msgspec.Raw
    effective_from: date
    effective_to: date | None
    source: str
    proposal: str
    basis: Basis | None = None
    known_ms: int = 0

    def covers(self, day: date) -> bool:
        """Return whether it is in force on that day."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


class Parameter(Record, frozen=True, omit_defaults=True):
    """The values in force, each on days of its own, in the order of the days. approved: how many ever were approved.

    What another took the place of on all its days is in force on none, so it is not here: it stays in its proposal.
    known: of a rule of law, every value as it was approved, the earliest first: what was known when (`value_known`).
    """

    values: tuple[Value, ...]
    approved: int
    known: tuple[Value, ...] = ()


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


def value_on(parameter: Parameter | None, name: str, day: date) -> Any:
    """The value in force on that day, or what its definition says of a day without one.

    Refuses: ParameterMissing, so that a run stops instead of guessing.
    """
    definition = definition_of(name)
    for value in parameter.values if parameter else ():
        if value.covers(day):
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


def parameter_on(world: World, name: str, day: date) -> Any:
    """The value of a parameter in force on that day. Refuses: ParameterMissing."""
    return value_on(world.get(parameters, name), name, day)


def value_known(parameter: Parameter | None, name: str, day: date, at_ms: int) -> Any:
    """The value of a rule of law on that day, by what had been approved until then: a past month comes to the same.

    Refuses: ParameterMissing.
    """
    found = None
    for value in parameter.known if parameter else ():
        if value.known_ms <= at_ms and value.covers(day):
            found = value
    if found is None:
        raise ParameterMissing(parameter=name, day=day.isoformat())
    return msgspec.json.decode(found.value, type=definition_of(name).value)


def proposal_digest(proposal: Proposal) -> str:
    """The digest of what a proposal proposes, which every organisation that approves it signs."""
    return digest((proposal.name, proposal.value))
