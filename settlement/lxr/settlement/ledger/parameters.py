"""Governed parameters from the office's side: what a ledger is founded with, and proposals one by one."""

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import Struct

from lxr.chaincode.governance import (
    OWN_PROPOSALS,
    Approve,
    Propose,
    Signed,
)
from lxr.chaincode.parameter_definitions import DEFINITIONS, definition_of
from lxr.chaincode.parameters import (
    Proposal,
    Value,
    parameters,
    proposal_digest,
    proposals,
)
from lxr.chaincode.types import canonical, digest
from lxr.node.client import Client
from lxr.settlement import request_ids
from lxr.settlement.lookups import submit_own
from lxr.settlement.permissions import gives


class Seed(Struct, frozen=True, forbid_unknown_fields=True):
    """One value to begin with."""

    name: str
    value: Any
    effective_from: date
    source: str
    effective_to: date | None = None


class _Calendar(Struct, frozen=True, forbid_unknown_fields=True):
    year: int
    off: tuple[str, ...]
    worked: tuple[str, ...]
    statutory: tuple[str, ...]
    source: str


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    parameter: tuple[Seed, ...]
    calendar: tuple[_Calendar, ...]


def founding_values() -> tuple[Seed, ...]:
    """Return the values that a new ledger is founded with, from data/parameters.toml."""
    text = files("lxr.settlement").joinpath("data/parameters.toml").read_text(encoding="utf-8")
    file = msgspec.convert(tomllib.loads(text), _File)
    calendars = (
        Seed(
            f"{family}.{calendar.year}",
            days,
            date(calendar.year, 1, 1),
            calendar.source,
            date(calendar.year, 12, 31),
        )
        for calendar in file.calendar
        for family, days in (("calendar", _rest_days(calendar)), ("holidays", _statutory(calendar)))
    )
    return (*file.parameter, *calendars)


def propose(admin: Client, seed: Seed) -> str:
    """Propose a value for one's own organisation; the proposal's number. Refuses: as the contract does.

    The value that was approved last is not proposed again; one that another took the place of is.
    """
    parameter = admin.get(parameters, seed.name)
    earlier = parameter.approved if parameter else 0
    said = [seed.name, seed.value, seed.effective_from, seed.effective_to, seed.source]
    last = content_number(said, earlier - 1)
    for value in parameter.values if parameter else ():
        if value.proposal.partition("-")[2] == last:
            return value.proposal
    number = f"{OWN_PROPOSALS[admin.organisation]}{content_number(said, earlier)}"
    command = Propose(
        request_id=request_ids.proposal(number),
        proposal=number,
        name=seed.name,
        value=msgspec.Raw(canonical(seed.value)),
        effective_from=seed.effective_from,
        effective_to=seed.effective_to,
        source=seed.source,
    )
    submit_own(admin, command)
    return number


def content_number(said: list[Any], earlier: int) -> str:
    """Return a number of what is proposed, and of how many values were approved before it: a later one takes back what
    came between."""
    return digest([*said, earlier])[:16].upper()


class Change(Struct, frozen=True):
    """What an open proposal changes. before: the values that are in force on its days until then, by their days.

    missing: the organisations that have not signed it and must, for it to be in force.
    """

    number: str
    proposal: Proposal
    before: tuple[Value, ...]
    missing: tuple[str, ...]


def change(reader: Client, number: str) -> Change:
    """Return what a proposal changes. Refuses: Unknown."""
    proposal = reader.need(proposals, number)
    parameter = reader.get(parameters, proposal.name)
    first, last = proposal.value.effective_from, proposal.value.effective_to or date.max
    before = tuple(
        value
        for value in (parameter.values if parameter else ())
        if value.effective_from <= last and first <= (value.effective_to or date.max)
    )
    missing = sorted(definition_of(proposal.name).parties - set(proposal.signed))
    return Change(number, proposal, before, tuple(missing))


def open_changes(reader: Client) -> tuple[Change, ...]:
    """Return what each open proposal changes, by number."""
    return tuple(change(reader, key[0]) for key, proposal in reader.scan(proposals) if proposal.state == "open")


@gives(Approve)
def approve(admin: Client, number: str, proposal: Proposal | None = None) -> Signed:
    """Sign a proposal for one's own organisation. Refuses: as Approve.

    proposal: as it was shown to whoever signs; else as it stands on the ledger.
    """
    content = proposal_digest(admin.need(proposals, number) if proposal is None else proposal)
    return submit_own(admin, Approve(request_id=request_ids.approval(number), proposal=number, digest=content))


def set_all(admins: Mapping[str, Client], seeds: tuple[Seed, ...]) -> None:
    """Propose and approve every value by the organisations that its policy names: for whoever holds all their keys."""
    for seed in seeds:
        first, *others = sorted(DEFINITIONS[seed.name.partition(".")[0]].parties)
        proposal = propose(admins[first], seed)
        for organisation in others:
            approve(admins[organisation], proposal)


def _rest_days(calendar: _Calendar) -> tuple[date, ...]:
    first = date(calendar.year, 1, 1)
    days = [first + timedelta(days=offset) for offset in range((date(calendar.year + 1, 1, 1) - first).days)]
    return tuple(
        day
        for day in days
        if f"{day:%m-%d}" in calendar.off or (day.weekday() >= 5 and f"{day:%m-%d}" not in calendar.worked)
    )


def _statutory(calendar: _Calendar) -> tuple[date, ...]:
    return tuple(sorted(date.fromisoformat(f"{calendar.year}-{day}") for day in calendar.statutory))
