"""Rules of law on a ledger: proposed from a file's row, signed by whoever has the same row, listed, and what is due."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from lxr.chaincode.governance import OWN_PROPOSALS, ProposeRule
from lxr.chaincode.parameter_definitions import RULE_TABLES
from lxr.chaincode.parameter_refusals import ParameterInvalid
from lxr.chaincode.parameters import Parameter, Proposal, Value, parameters, proposals
from lxr.chaincode.refusals import TooLarge, Unknown
from lxr.chaincode.things import Thing
from lxr.node.client import Client
from lxr.settlement import request_ids
from lxr.settlement.ledger.parameters import approve, content_number
from lxr.settlement.lookups import submit_own
from lxr.settlement.permissions import gives
from lxr.settlement.rules.rule_file import NOT_PROPOSED, RuleRow
from lxr.token.refusal import Refusal

DUE_DAYS: Final = 60
"""How many days ahead what expires is told by default."""


class Standing(StrEnum):
    """Where a row stands."""

    SIGNED = "signed"
    """A ledger's: union and regulator have signed it."""
    PROPOSED = "proposed"
    """A ledger's: one of them has."""
    UNSIGNED = "unsigned"
    """A file's: no ledger has it, so nothing uses it."""
    UNKNOWN = "unknown"
    """A file's, with a question in place of its value."""


class Listed(Struct, frozen=True):
    """A row of a rule, and where it stands. question: of one without a value."""

    name: str
    value: object
    effective_from: date
    effective_to: date | None
    document: str
    published_at: date | None
    confidence: str
    retro: str
    source: str
    standing: Standing
    proposal: str | None = None
    question: str | None = None


class Due(Struct, frozen=True):
    """What somebody has to find out, propose or sign. expires: the last day of a rule that no other follows."""

    listed: Listed
    expires: date | None = None


class Given(Struct, frozen=True):
    """What became of a file's rows: by their numbers what was proposed or signed now, and how many were there before.

    waiting: how many go on from another that is not signed yet. unknown: how many have no value. differing: the numbers
    of open proposals of which the file has no row that says the same. again: of those that say a row that is signed
    already. refused: what the ledger refuses, by the proposal's number or the rule's name; the others go on.
    """

    done: tuple[str, ...]
    before: int
    waiting: int = 0
    unknown: int = 0
    differing: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    refused: tuple[tuple[str, Refusal], ...] = ()


def is_rule(name: str) -> bool:
    """Return whether a parameter is a rule of law."""
    return name.partition(".")[0] in RULE_TABLES


@gives(ProposeRule)
def propose_row(admin: Client, row: RuleRow) -> str:
    """Propose a row for one's own organisation; the proposal's number. Refuses: as the contract does.

    The same row is not proposed again, neither while it waits nor once it was signed, corrected since or not.
    """
    parameter = admin.get(parameters, row.name)
    for value in parameter.known if parameter else ():
        if _says(value, row):
            return value.proposal
    for number, proposal in _open(admin):
        if _proposed(proposal, row):
            return number
    said = [row.name, row.stated()]
    number = f"{OWN_PROPOSALS[admin.organisation]}{content_number(said, parameter.approved if parameter else 0)}"
    value = row.stated(number)
    command = ProposeRule(
        request_id=request_ids.proposal(number),
        proposal=number,
        name=row.name,
        value=value.value,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
        source=row.source,
        basis=row.basis,
    )
    submit_own(admin, command)
    return number


def propose_rows(admin: Client, rows: Sequence[RuleRow]) -> Given:
    """Propose every row of a file that has a value and is neither in force nor waiting.

    A row goes on from the one before it: while that one's days have no value, the later one waits, and is proposed once
    they have one.
    """
    there = {number for number, _ in _open(admin)}
    done: list[str] = []
    refused: list[tuple[str, Refusal]] = []
    known = [row for row in rows if row.known]
    before = waiting = 0
    for row in known:
        if _waits_for_another(admin, row, known):
            waiting += 1
            continue
        try:
            number = propose_row(admin, row)
        except ParameterInvalid as refusal:
            refused.append((row.name, refusal))
            continue
        if number in there or _signed(admin, row):
            before += 1
        else:
            done.append(number)
    return Given(tuple(done), before, waiting, len(rows) - len(known), refused=tuple(refused))


def approve_rows(admin: Client, rows: Sequence[RuleRow]) -> Given:
    """Sign the open proposals that say what a row of one's own copy of the file says: one for each row, and no other.

    What the ledger refuses keeps none of the others back.
    """
    before = sum(_signed(admin, row) for row in rows if row.known)
    done: list[str] = []
    differing: list[str] = []
    again: list[str] = []
    refused: list[tuple[str, Refusal]] = []
    for number, proposal in sorted(_open(admin), key=lambda one: (one[1].value.effective_from, one[0])):
        if not is_rule(proposal.name) or admin.organisation in proposal.signed:
            continue
        said = next((each for each in rows if each.known and _proposed(proposal, each)), None)
        if said is None:
            differing.append(number)
        elif _signed(admin, said):
            again.append(number)
        else:
            try:
                approve(admin, number, proposal)
            except (ParameterInvalid, TooLarge) as refusal:
                refused.append((number, refusal))
            else:
                done.append(number)
    return Given(tuple(done), before, differing=tuple(differing), again=tuple(again), refused=tuple(refused))


def listed(reader: Client | None, rows: Iterable[RuleRow]) -> tuple[Listed, ...]:
    """Return all rows of a ledger and of the files, in the order of their names and days. reader: None without one."""
    found: list[Listed] = []
    held: list[tuple[str, Value]] = []
    if reader is not None:
        for (name,), parameter in reader.scan(parameters):
            if is_rule(name):
                found += [_listed(name, value, Standing.SIGNED) for value in parameter.values]
                held += [(name, value) for value in parameter.known]
        for number, proposal in _open(reader):
            if is_rule(proposal.name):
                found.append(_listed(proposal.name, proposal.value, Standing.PROPOSED, number))
                held.append((proposal.name, proposal.value))
    for row in rows:
        if not row.known:
            answered = any(name == row.name and value.covers(row.effective_from) for name, value in held)
            if not answered:
                found.append(_unstated(row, Standing.UNKNOWN))
        elif not any(name == row.name and _says(value, row) for name, value in held):
            found.append(_unstated(row, Standing.UNSIGNED))
    return tuple(sorted(found, key=lambda each: (each.name, each.effective_from, each.standing)))


def history(reader: Client, name: str) -> Parameter:
    """Return a rule with every value that it ever had. Refuses: Unknown."""
    parameter = reader.get(parameters, name)
    if parameter is None:
        raise Unknown(what=Thing.PARAMETER, number=name)
    return parameter


def due(reader: Client | None, rows: Iterable[RuleRow], today: date, days: int = DUE_DAYS) -> tuple[Due, ...]:
    """Return what is to be found out, proposed or signed: what is not in force, and what expires within so many days.

    What expires is told where nothing that is signed follows it.
    """
    everything = listed(reader, rows)
    within = today + timedelta(days=days)
    known = [each for each in everything if each.standing is not Standing.UNKNOWN]
    follow = known if reader is None else [each for each in known if each.standing is Standing.SIGNED]
    found: list[Due] = []
    for each in everything:
        last = each.effective_to
        earlier = {other.proposal for other in follow if other.effective_from <= each.effective_from}
        followed = any(
            other.name == each.name
            and other.effective_from > each.effective_from
            and (other.proposal is None or other.proposal not in earlier)  # else the one before it applies again
            for other in follow
        )
        if each in known and last is not None and last <= within and not followed:
            found.append(Due(each, last))
        elif each.standing is not Standing.SIGNED and (last is None or today <= last):
            found.append(Due(each))
    return tuple(sorted(found, key=lambda one: (one.expires or date.max, one.listed.name, one.listed.effective_from)))


def _open(reader: Client) -> list[tuple[str, Proposal]]:
    return [(key[0], proposal) for key, proposal in reader.scan(proposals) if proposal.state == "open"]


def _says(value: Value, row: RuleRow) -> bool:
    """Whether a value, as it was proposed, is what the row says."""
    return msgspec.structs.replace(value, proposal=NOT_PROPOSED, known_ms=0) == row.stated()


def _proposed(proposal: Proposal, row: RuleRow) -> bool:
    return proposal.name == row.name and _says(proposal.value, row)


def _signed(reader: Client, row: RuleRow) -> bool:
    parameter = reader.get(parameters, row.name)
    return parameter is not None and any(_says(value, row) for value in parameter.known)


def _waits_for_another(reader: Client, row: RuleRow, rows: Sequence[RuleRow]) -> bool:
    """Whether the days on which an earlier row of the same rule begins have no value yet."""
    parameter = reader.get(parameters, row.name)
    values = parameter.values if parameter else ()
    earlier = [other for other in rows if other.name == row.name and other.effective_from < row.effective_from]
    return any(not any(value.covers(other.effective_from) for value in values) for other in earlier)


def _listed(name: str, value: Value, standing: Standing, proposal: str | None = None) -> Listed:
    basis = value.basis
    assert basis is not None
    return Listed(
        name=name,
        value=msgspec.json.decode(value.value),
        effective_from=value.effective_from,
        effective_to=value.effective_to,
        document=basis.number,
        published_at=basis.published_at,
        confidence=basis.confidence,
        retro=basis.retro,
        source=value.source,
        standing=standing,
        proposal=proposal or value.proposal,
    )


def _unstated(row: RuleRow, standing: Standing) -> Listed:
    return Listed(
        name=row.name,
        value=row.value,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
        document=row.document,
        published_at=row.published_at,
        confidence=row.confidence,
        retro=row.retro,
        source=row.source,
        standing=standing,
        question=row.question,
    )
