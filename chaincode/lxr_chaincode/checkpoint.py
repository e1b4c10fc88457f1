"""Checkpoints: union, bank and regulator each sign what their own audit of the ledger found at a height."""

from typing import Annotated, Final

from msgspec import Meta

from lxr_chaincode.caller import BANK, REGULATOR, UNION
from lxr_chaincode.command import Command, handles
from lxr_chaincode.refusals import AlreadySigned, FiguresDiffer
from lxr_chaincode.types import Digest, Record
from lxr_chaincode.world import Table, World
from lxr_token.fen import Fen


class Finding(Record, frozen=True):
    """What an audit found. height: the number of blocks. root: of the log over these blocks."""

    height: Annotated[int, Meta(ge=1)]
    block_hash: Digest
    root: Digest
    supply_fen: Fen
    reserve_fen: Fen


class Checkpoint(Record, frozen=True):
    """A finding, and the organisations that found the same."""

    finding: Finding
    signed: tuple[str, ...]


checkpoints: Final = Table("checkpoint", Checkpoint)


class SignCheckpoint(Command, frozen=True, kw_only=True, tag="checkpoint.sign"):
    """Sign a finding."""

    finding: Finding


class CheckpointAnswer(Record, frozen=True):
    """Who has signed."""

    height: int
    signed: tuple[str, ...]


@handles(SignCheckpoint, f"{UNION}/auditor", f"{BANK}/auditor", f"{REGULATOR}/auditor")
def sign_checkpoint(world: World, command: SignCheckpoint) -> CheckpointAnswer:
    """Sign a checkpoint; whoever signs later must have found the same. Refuses: AlreadySigned, FiguresDiffer."""
    finding = command.finding
    # READ
    there = world.get(checkpoints, finding.height)
    # REFUSE
    signed = there.signed if there else ()
    if world.caller.organisation in signed:
        raise AlreadySigned(organisation=world.caller.organisation, what=f"checkpoint {finding.height}")
    if there is not None:
        for name in Finding.__struct_fields__:
            old, new = getattr(there.finding, name), getattr(finding, name)
            if old != new:
                raise FiguresDiffer(what=f"{name} at height {finding.height}", there=old, given=new)
    # WRITE: from here on it must succeed
    checkpoint = Checkpoint(finding, (*signed, world.caller.organisation))
    world.put(checkpoints, checkpoint, finding.height)
    return CheckpointAnswer(finding.height, checkpoint.signed)
