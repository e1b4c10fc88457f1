"""Payees: the commitments to the bank accounts that workers are paid out to, and how a worker changes the account."""

from typing import Final

from msgspec import field
from msgspec.structs import replace

from .command import Command, handles
from .days import day_of
from .ledger_id import ledger_id
from .parts import ByField, Keyed
from .refusals import SignatureWrong, VersionStale
from .registered import Registered
from .things import Thing
from .types import Digest, Number, Record, Signature, WorkerNo
from .workers import key_on, workers
from .world import Table, World


class PayeeCommitments(Record, frozen=True):
    """By number, the salted commitments to the bank accounts that one shard's workers are paid out to.

    In one record, as wages are: a cash-out takes a shard at once.
    """

    of: dict[WorkerNo, Digest] = field(default_factory=dict)


payee_commitments: Final = Table("payee_commitments", PayeeCommitments, splitting=ByField(of=Keyed()))
"""By employer and shard."""


class PayeeChange(Record, frozen=True):
    """What a worker signs to be paid out to another account. number: one more than the last."""

    ledger: Digest
    worker: WorkerNo
    payee_commitment: Digest
    number: int
    message: str = "payee"


class SetPayee(Command[Registered], frozen=True, kw_only=True, tag="registry.set_payee"):
    """Pay a worker out to another account, which the worker's key has approved."""

    worker: WorkerNo
    payee_commitment: Digest
    number: Number
    signature: Signature


@handles(SetPayee, "union/operator")
def set_payee(world: World, command: SetPayee) -> Registered:
    """Change the account that a worker is paid out to. Refuses: Unknown, VersionStale, SignatureWrong."""
    # READ
    worker = world.need(workers, command.worker)
    shard = world.need(payee_commitments, worker.employer, worker.shard)
    ledger = ledger_id(world)
    # REFUSE
    if command.number != worker.payee_changes + 1:
        raise VersionStale(what=Thing.PAYEE, number=command.worker, given=command.number, current=worker.payee_changes)
    message = PayeeChange(ledger, command.worker, command.payee_commitment, command.number)
    if not world.signed(key_on(worker, day_of(world.at_ms)), command.signature, message):
        raise SignatureWrong(case="payee", worker=command.worker)
    # COMPUTE
    changed = PayeeCommitments({**shard.of, command.worker: command.payee_commitment})
    # WRITE: from here on it must succeed
    world.put(workers, replace(worker, payee_changes=command.number), command.worker)
    world.put(payee_commitments, changed, worker.employer, worker.shard)
    return Registered(1)
