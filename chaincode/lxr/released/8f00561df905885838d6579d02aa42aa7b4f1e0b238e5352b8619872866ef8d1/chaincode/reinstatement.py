"""How an ending made by mistake is undone: by two organisations, of which neither can do it alone.

A worker's by the union and the worker's employer, an employer's by the union and the regulator. It is undone from its
own day on, as if it had never been said; both words stay on the ledger.
"""

from typing import Annotated, Final

from msgspec import Meta
from msgspec.structs import replace

from .caller import EMPLOYER, REGULATOR, UNION
from .command import Command, handles
from .employers import Employer, employers
from .persons import persons, refuse_blocked
from .refusals import AlreadySigned, HashDiffers, NotAParty, NotYours, WrongState
from .registered import Registered
from .statuses import Since, Status
from .things import Thing
from .types import Digest, Record, Text, digest
from .workers import Worker, workers
from .world import Table, World

PARTIES: Final = ("union/operator", "employer/signer", f"{REGULATOR}/admin")

Ended = Annotated[str, Meta(pattern=r"^(E[0-9]{3,6}|W[0-9A-HJKMNP-TV-Z]{12})\Z")]
"""The number of an employer or of a worker."""


class Reinstatement(Record, frozen=True):
    """The word of the first organisation. It is worth nothing once the status is another."""

    proposed_by: str
    reason: str
    statuses: Digest


class ProposeReinstatement(Command[Registered], frozen=True, kw_only=True, tag="registry.propose_reinstatement"):
    """Say that the ending of an employer or of a worker's employment was a mistake."""

    ended: Ended
    reason: Text


class ApproveReinstatement(Command[Registered], frozen=True, kw_only=True, tag="registry.approve_reinstatement"):
    """The other organisation's word: the ending is undone. digest: see `reinstatement_digest`."""

    ended: Ended
    digest: Digest


reinstatements: Final = Table("reinstatement", Reinstatement)


@handles(ProposeReinstatement, *PARTIES)
def propose_reinstatement(world: World, command: ProposeReinstatement) -> Registered:
    """Propose to undo an ending; a newer proposal takes an older one's place.

    Refuses: Unknown, NotAParty, NotYours, WrongState.
    """
    # READ
    record = _need(world, command.ended)
    # REFUSE
    _refuse_outsider(world, command.ended, record)
    _refuse_not_ended(command.ended, record)
    # WRITE: from here on it must succeed
    proposal = Reinstatement(world.caller.organisation, command.reason, digest(record.statuses))
    world.put(reinstatements, proposal, command.ended)
    return Registered(1)


@handles(ApproveReinstatement, *PARTIES)
def approve_reinstatement(world: World, command: ApproveReinstatement) -> Registered:
    """Undo an ending: what held before it holds again from its day on.

    Refuses: Unknown, NotAParty, NotYours, WrongState, AlreadySigned, HashDiffers.
    """
    # READ
    record = _need(world, command.ended)
    proposal = world.need(reinstatements, command.ended)
    person = world.get(persons, command.ended) if isinstance(record, Worker) else None
    # REFUSE
    _refuse_outsider(world, command.ended, record)
    _refuse_not_ended(command.ended, record)
    refuse_blocked(person, command.ended)
    if proposal.proposed_by == world.caller.organisation:
        raise AlreadySigned(organisation=proposal.proposed_by, what=Thing.REINSTATEMENT, number=command.ended)
    if command.digest != reinstatement_digest(command.ended, proposal) or proposal.statuses != digest(record.statuses):
        raise HashDiffers(what=Thing.REINSTATEMENT, number=command.ended)
    # COMPUTE
    before = record.statuses[-2].status if len(record.statuses) > 1 else Status.ACTIVE
    statuses = (*record.statuses, Since(before, record.statuses[-1].day))
    # WRITE: from here on it must succeed
    if isinstance(record, Worker):
        world.put(workers, replace(record, statuses=statuses), command.ended)
    else:
        world.put(employers, replace(record, statuses=statuses), command.ended)
    return Registered(1)


def reinstatement_digest(number: str, proposal: Reinstatement) -> str:
    """The digest of a proposal to undo an ending: whose and which, by whom, and why."""
    return digest((number, proposal))


def _need(world: World, number: str) -> Employer | Worker:
    return world.need(employers, number) if number.startswith("E") else world.need(workers, number)


def _refuse_outsider(world: World, number: str, record: Employer | Worker) -> None:
    parties = {UNION, EMPLOYER} if isinstance(record, Worker) else {UNION, REGULATOR}
    if world.caller.organisation not in parties:
        raise NotAParty(organisation=world.caller.organisation, what=Thing.REINSTATEMENT, number=number)
    employed = record.employer if isinstance(record, Worker) else None
    if employed is not None and world.caller.organisation == EMPLOYER and world.caller.employer != employed:
        raise NotYours(case="caller", employer=employed, caller=str(world.caller))


def _refuse_not_ended(number: str, record: Employer | Worker) -> None:
    state = record.statuses[-1].status if record.statuses else Status.ACTIVE
    if state is not Status.ENDED:
        what = Thing.WORKER if isinstance(record, Worker) else Thing.EMPLOYER
        raise WrongState(what=what, number=number, state=state, needed=(Status.ENDED,))
