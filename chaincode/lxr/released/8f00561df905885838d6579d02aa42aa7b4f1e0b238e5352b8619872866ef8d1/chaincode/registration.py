"""The registration of workers: the employer says that they work for it, and each of them signs."""

import hashlib
from typing import Annotated, Final

from msgspec import Meta, Struct

from .command import Command, handles
from .founding import Predecessor, geneses
from .places import fill, next_places
from .refusals import DuplicateRow, Exists, NumberForeign, SignatureWrong
from .registered import Registered
from .things import Thing
from .types import MAX_ITEMS, Digest, EmployerNo, PublicKey, Record, Signature, WorkerNo, canonical
from .workers import Worker, workers
from .world import World

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Registration(Record, frozen=True):
    """What a worker signs to be registered: the key, and the account to be paid out to."""

    ledger: Digest
    worker: WorkerNo
    employer: EmployerNo
    public_key: PublicKey
    payee_commitment: Digest
    message: str = "registration"


class NewWorker(Struct, frozen=True, forbid_unknown_fields=True):
    """One worker to register, with the worker's signature over the Registration."""

    worker: WorkerNo
    public_key: PublicKey
    payee_commitment: Digest
    signature: Signature


class AddWorkers(Command[Registered], frozen=True, kw_only=True, tag="registry.add_workers"):
    """Register workers of one employer."""

    employer: EmployerNo
    workers: Annotated[tuple[NewWorker, ...], Meta(min_length=1, max_length=MAX_ITEMS)]


@handles(AddWorkers, "employer/signer")
def add_workers(world: World, command: AddWorkers) -> Registered:
    """Register workers: the employer says that they work for it, each of them signs. Nobody else can add a payee.

    Each gets the next place, in the order of the command; a shard is opened when the one before it is full.
    Refuses: Unknown, DuplicateRow, Exists, NumberForeign, SignatureWrong, TooLarge (all shards are full).
    """
    # READ
    genesis = world.need(geneses)
    there = world.get_many(workers, [(new.worker,) for new in command.workers])
    places = next_places(world, command.employer, len(command.workers))
    # REFUSE
    seen = set[str]()
    for new, old in zip(command.workers, there, strict=True):
        if new.worker in seen:
            raise DuplicateRow(case="worker", worker=new.worker)
        seen.add(new.worker)
        if old is not None:
            raise Exists(what=Thing.WORKER, number=new.worker)
        if new.worker != worker_number(command.employer, new.payee_commitment, genesis.predecessor):
            raise NumberForeign(what=Thing.WORKER, number=new.worker, employer=command.employer)
        message = Registration(genesis.ledger, new.worker, command.employer, new.public_key, new.payee_commitment)
        if not world.signed(new.public_key, new.signature, message):
            raise SignatureWrong(case="registration", worker=new.worker)
    # WRITE: from here on it must succeed
    joining = {new.worker: Worker(command.employer, 0, new.public_key, 0, ()) for new in command.workers}
    fill(world, places, joining, {new.worker: new.payee_commitment for new in command.workers})
    return Registered(len(command.workers))


def worker_number(employer: str, payee_commitment: str, predecessor: Predecessor | None) -> str:
    """Return the number of a worker whom an employer registers with a commitment to an account: salted, so random.

    No other employer, and nobody who has only seen the number, can register a worker under it: 60 bits would have to
    collide. predecessor: the ledger that this one follows. Its workers keep the numbers that they have when they are
    carried over, so none of those can be registered here: by a key of the employer's own, or the first account again.
    """
    named = (employer, payee_commitment, predecessor.closing.root) if predecessor else (employer, payee_commitment)
    bits = int.from_bytes(hashlib.sha256(canonical(named)).digest()[:8]) >> 4
    return "W" + "".join(_CROCKFORD[bits >> shift & 31] for shift in range(55, -1, -5))
