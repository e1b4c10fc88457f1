"""How a ledger takes over the workers of its predecessor: by proof of its closing registers, without new signatures."""

from typing import Annotated, Final

from msgspec import Meta, MsgspecError, Struct

from .closing_register import ClosingRegister, RegisteredWorker, closing_registers
from .command import Command, handles
from .employers import employers
from .envelope import MAX_PAYLOAD_BYTES
from .founding import Genesis, Predecessor, geneses
from .leaves import ACT, Leaf
from .merkle import ProofFault
from .nesting import refuse_nested
from .parts import COMMON
from .places import fill, next_places
from .receipt import Count, Path, Receipt, Shown, open_receipt
from .refusals import DuplicateRow, MalformedCommand, NothingChanges
from .succession_refusals import ProofWrong, TermsNotCarried
from .terms import VersionState, terms_heads
from .things import Thing
from .types import SEEN, Digest, EmployerNo, Record, Shard
from .workers import Membership, Worker, workers
from .world import World

PROOFS_AT_ONCE: Final = 4
"""So many registers of full shards are within the bytes of one transaction, once as proofs and once as records."""


class RegisterProof(Struct, frozen=True, forbid_unknown_fields=True):
    """A closing register, and its way to the root of the predecessor's closing checkpoint: see `receipt.Receipt`.

    act, act_salt: of the first leaf of the transaction that wrote it. value, salt, place: of the register's own leaf.
    """

    shard: Shard
    value: Annotated[str, Meta(max_length=MAX_PAYLOAD_BYTES, pattern=SEEN)]
    salt: Digest
    place: Annotated[int, Meta(ge=1, lt=1 << 31)]
    act: Annotated[str, Meta(max_length=2_000, pattern=SEEN)]
    act_salt: Digest
    leaves: Count
    hidden: Path
    transactions: Count
    in_block: Path
    in_log: Path

    def receipt(self, employer: str) -> Receipt:
        """Return the receipt that shows the register as one of that employer."""
        key = closing_registers.key(employer, self.shard)
        shown = (
            Shown(0, Leaf(ACT, COMMON, self.act_salt, self.act)),
            Shown(self.place, Leaf(key, COMMON, self.salt, self.value)),
        )
        return Receipt(self.leaves, shown, self.hidden, self.transactions, self.in_block, self.in_log)


class CarriedOver(Record, frozen=True):
    """How many workers were taken over, and how many were registered here already.

    waiting: how many were not taken over, for what they signed is under a document that is not in force here.
    """

    count: int
    there: int
    waiting: int


class CarryOver(Command[CarriedOver], frozen=True, kw_only=True, tag="registry.carry_over"):
    """Take over the workers in closing registers of one employer."""

    employer: EmployerNo
    registers: Annotated[tuple[RegisterProof, ...], Meta(min_length=1, max_length=PROOFS_AT_ONCE)]


@handles(CarryOver, "employer/signer", "union/operator")
def carry_over(world: World, command: CarryOver) -> CarriedOver:
    """Register the workers of closing registers, with the accessions that they have signed.

    What was signed binds here under the version of terms with the very document that was signed. Who signed another
    that is not in force here waits for it, and keeps nobody else waiting. Workers who are registered here already stay
    as they are.

    Refuses: Unknown, ProofWrong, DuplicateRow, NothingChanges, TermsNotCarried (of all), TooLarge (all shards are
    full).
    """
    # READ and REFUSE by turns: what is proven, who of it is new here, what of theirs is in force
    genesis = world.need(geneses)
    registered: dict[str, RegisteredWorker] = {}
    for number, proof in enumerate(command.registers, start=1):
        for worker, entry in _proven(genesis, number, proof.receipt(command.employer)).workers.items():
            if worker in registered:
                raise DuplicateRow(case="worker", worker=worker)
            registered[worker] = entry
    there = world.get_many(workers, [(worker,) for worker in registered])
    new = {worker: entry for (worker, entry), old in zip(registered.items(), there, strict=True) if old is None}
    if not new:
        raise NothingChanges(what=Thing.HEADCOUNT, number=command.employer)
    versions = _open_versions(world, command.employer)
    signed = {worker: {each.document for each in entry.accessions} for worker, entry in new.items()}
    ready = {worker: entry for worker, entry in new.items() if signed[worker] <= versions.keys()}
    if not ready:
        missing = sorted(set[str]().union(*signed.values()) - versions.keys())
        raise TermsNotCarried(employer=command.employer, digest=missing[0], count=len(missing))
    places = next_places(world, command.employer, len(ready))
    # WRITE: from here on it must succeed
    joining = {
        worker: Worker(
            employer=command.employer,
            shard=0,
            public_key=entry.public_key,
            payee_changes=0,
            statuses=entry.statuses,
            memberships=tuple(Membership(*versions[each.document], each.from_day) for each in entry.accessions),
        )
        for worker, entry in ready.items()
    }
    fill(world, places, joining, {worker: entry.payee_commitment for worker, entry in ready.items()})
    return CarriedOver(len(ready), len(registered) - len(new), len(new) - len(ready))


def _proven(genesis: Genesis, number: int, receipt: Receipt) -> ClosingRegister:
    """Return the register that a receipt proves to be in the predecessor's closing state. Refuses: ProofWrong."""
    predecessor = genesis.predecessor
    try:
        if predecessor is None:
            raise ProofWrong(case="root", number=number)
        act, root = open_receipt(receipt, predecessor.closing.height)
        if root != predecessor.closing.root or not act.valid:
            raise ProofWrong(case="root", number=number)
        value = receipt.shown[1].leaf.value.encode()
        refuse_nested(value)
        register = closing_registers.decode(value)
    except (ProofFault, MsgspecError, ValueError, MalformedCommand):
        raise ProofWrong(case="root", number=number) from None
    if register.rehearsal != genesis.rehearsal:
        raise ProofWrong(case="rehearsal", number=number)
    _refuse_other_day(predecessor, number, register)
    return register


def _refuse_other_day(predecessor: Predecessor, number: int, register: ClosingRegister) -> None:
    closed_from, first_day = register.closed_from, predecessor.first_day
    if closed_from != first_day:
        raise ProofWrong(case="day", number=number, day=closed_from.isoformat(), first_day=first_day.isoformat())


def _open_versions(world: World, employer: str) -> dict[str, tuple[str, int]]:
    """Return the terms and version of an employer that bind workers here, by the digest of the document."""
    listed = world.need(employers, employer).terms
    heads = world.get_many(terms_heads, [(number,) for number in listed])
    return {
        version.digest: (number, place)
        for number, head in zip(listed, heads, strict=True)
        if head is not None
        for place, version in enumerate(head.versions, start=1)
        if version.state in (VersionState.ACTIVE, VersionState.AMENDED)
    }
