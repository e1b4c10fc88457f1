"""How a worker's lost key is replaced: by the union and an administrator of another organisation, after some days.

Until then the key in force can veto it. So two organisations that take a worker over do so in the open, and in vain
while the worker still has the key; whoever has lost it waits.
"""

from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from .caller import ADMINS, BANK, EMPLOYER, REGULATOR
from .command import Command, handles
from .days import day_of
from .ledger_id import ledger_id
from .parameters import parameter_on
from .refusals import HashDiffers, NothingChanges, SignatureWrong, WrongState
from .registered import Registered
from .things import Standing, Thing
from .types import Digest, PublicKey, Record, Signature, Text, WorkerNo, digest
from .workers import KeyProposal, Worker, key_on, workers
from .world import World

KEY_DAYS: Final = "worker.key_days"
"""How many whole days lie between the day of the approval and the first one on which the new key is good."""


class NewKey(Record, frozen=True):
    """What a new key signs, so that no key comes in that is no point of the curve or that nobody has."""

    ledger: Digest
    worker: WorkerNo
    public_key: PublicKey
    message: str = "new key"


class KeyVeto(Record, frozen=True):
    """What the key in force signs to stay so. change: see `key_change_digest`."""

    ledger: Digest
    worker: WorkerNo
    change: Digest
    message: str = "veto"


class ProposeKey(Command[Registered], frozen=True, kw_only=True, tag="registry.propose_key"):
    """Propose a new key for a worker who lost theirs. signature: of the new key over the NewKey."""

    worker: WorkerNo
    public_key: PublicKey
    reason: Text
    signature: Signature


class ApproveKey(Command[Registered], frozen=True, kw_only=True, tag="registry.approve_key"):
    """The second organisation's word: after worker.key_days whole days the new key is the worker's.

    digest: of the change that it agrees to, see `key_change_digest`.
    """

    worker: WorkerNo
    digest: Digest


class VetoKey(Command[Registered], frozen=True, kw_only=True, tag="registry.veto_key"):
    """The worker's word, by the key in force, against a new one. Whoever carries it, it is the worker's signature."""

    worker: WorkerNo
    digest: Digest
    signature: Signature


@handles(ProposeKey, "union/operator")
def propose_key(world: World, command: ProposeKey) -> Registered:
    """Propose a worker's new key; a newer proposal takes an older one's place.

    Refuses: Unknown, SignatureWrong, NothingChanges.
    """
    # READ
    worker = world.need(workers, command.worker)
    ledger = ledger_id(world)
    # REFUSE
    if not world.signed(command.public_key, command.signature, NewKey(ledger, command.worker, command.public_key)):
        raise SignatureWrong(case="key", worker=command.worker)
    in_force = key_on(worker, day_of(world.at_ms))
    if command.public_key == in_force:
        raise NothingChanges(what=Thing.WORKER_KEY, number=command.worker)
    # WRITE: from here on it must succeed
    proposal = KeyProposal(command.public_key, world.caller.organisation, command.reason)
    world.put(workers, replace(worker, public_key=in_force, new_key=proposal), command.worker)
    return Registered(1)


@handles(ApproveKey, f"{EMPLOYER}/admin", f"{BANK}/admin", f"{REGULATOR}/admin")
def approve_key(world: World, command: ApproveKey) -> Registered:
    """Let a worker's new key come into force. Refuses: Unknown, ParameterMissing, WrongState, HashDiffers."""
    # READ
    worker = world.need(workers, command.worker)
    today = day_of(world.at_ms)
    days = parameter_on(world, KEY_DAYS, today)
    # REFUSE
    if worker.new_key is None or worker.new_key.good_from is not None:
        state = Standing.UNCHANGED if worker.new_key is None else Standing.APPROVED
        raise WrongState(what=Thing.WORKER_KEY, number=command.worker, state=state, needed=(Standing.PROPOSED,))
    _refuse_other_change(worker, command)
    # WRITE: from here on it must succeed
    good_from = today + timedelta(days=days + 1)  # whole days: what is left of today does not count
    approved = replace(worker.new_key, approved_by=world.caller.organisation, good_from=good_from)
    world.put(workers, replace(worker, new_key=approved), command.worker)
    return Registered(1)


@handles(VetoKey, "union/operator", "employer/signer", *ADMINS)
def veto_key(world: World, command: VetoKey) -> Registered:
    """Keep the key in force: the proposal ends. Refuses: Unknown, WrongState, HashDiffers, SignatureWrong."""
    # READ
    worker = world.need(workers, command.worker)
    ledger = ledger_id(world)
    # REFUSE
    in_force = key_on(worker, day_of(world.at_ms))
    if worker.new_key is None or worker.new_key.public_key == in_force:
        state = Standing.UNCHANGED if worker.new_key is None else Standing.REPLACED
        raise WrongState(
            what=Thing.WORKER_KEY,
            number=command.worker,
            state=state,
            needed=(Standing.PROPOSED, Standing.APPROVED),
        )
    _refuse_other_change(worker, command)
    if not world.signed(in_force, command.signature, KeyVeto(ledger, command.worker, command.digest)):
        raise SignatureWrong(case="veto", worker=command.worker)
    # WRITE: from here on it must succeed
    world.put(workers, replace(worker, new_key=None), command.worker)
    return Registered(1)


def key_change_digest(number: str, worker: Worker) -> str:
    """The digest of a worker's change of key: whose, from which key, to which, who proposed it, and why."""
    assert worker.new_key is not None
    proposal = replace(worker.new_key, approved_by=None, good_from=None)
    return digest((number, worker.public_key, proposal))


def _refuse_other_change(worker: Worker, command: ApproveKey | VetoKey) -> None:
    if command.digest != key_change_digest(command.worker, worker):
        raise HashDiffers(what=Thing.WORKER_KEY, number=command.worker)
