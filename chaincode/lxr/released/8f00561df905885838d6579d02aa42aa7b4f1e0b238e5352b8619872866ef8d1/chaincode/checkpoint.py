"""Checkpoints: each organisation signs what its own audit found at a height, whatever others have signed."""

from typing import Annotated, Final

from msgspec import Meta

from ..token.fen import Fen, SignedFen
from ..token.refusal import Fact
from .caller import BANK, REGULATOR, UNION
from .clock import WITNESSES
from .command import Command, handles
from .refusals import AlreadySigned, FiguresDiffer, MalformedCommand
from .things import Thing
from .types import Digest, Record, Text
from .world import Table, World


class Finding(Record, frozen=True):
    """What an audit found. height: the number of blocks. root: of the log over these blocks."""

    height: Annotated[int, Meta(ge=1, lt=1 << 62)]
    block_hash: Digest
    root: Digest
    supply_fen: Fen
    reserve_fen: SignedFen


class Checkpoint(Record, frozen=True):
    """What one organisation has signed at a height. signer: organisation/role. tx_id: of the transaction that signs it.

    superseded: how often the organisation had signed something else at this height before, which stays in the chain's
    history. reason: why the last of those was superseded; None if there is none.
    """

    finding: Finding
    signer: str
    signed_ms: int
    tx_id: Digest
    superseded: int = 0
    reason: Text | None = None


checkpoints: Final = Table("checkpoint", Checkpoint)
"""Key: height; organisation."""


class CheckpointAnswer(Record, frozen=True):
    """Which checkpoint it is, and how many of the organisation's own it supersedes."""

    height: int
    organisation: str
    superseded: int


class SignCheckpoint(Command[CheckpointAnswer], frozen=True, kw_only=True, tag="checkpoint.sign"):
    """Sign a finding. reason: why it takes the place of another that the organisation has signed at the height."""

    finding: Finding
    reason: Text | None = None


@handles(
    SignCheckpoint,
    *(f"{organisation}/auditor" for organisation in (UNION, BANK, REGULATOR)),
    *WITNESSES,
)
def sign_checkpoint(world: World, command: SignCheckpoint) -> CheckpointAnswer:
    """Sign a checkpoint. Refuses: MalformedCommand, AlreadySigned, FiguresDiffer.

    Whether the finding is right is not the contract's to say: it sees no blocks. Every audit says it.
    """
    finding, organisation = command.finding, world.caller.organisation
    # READ
    there = world.get(checkpoints, finding.height, organisation)
    # REFUSE
    if there is None and command.reason is not None:
        raise MalformedCommand(case="supersedes_nothing")
    if there is not None:
        if there.finding == finding:
            raise AlreadySigned(organisation=organisation, what=Thing.CHECKPOINT, number=finding.height)
        for name in Finding.__struct_fields__ if command.reason is None else ():
            old, new = getattr(there.finding, name), getattr(finding, name)
            if old != new:
                raise _differs(name, organisation, finding.height, old, new)
    # WRITE: from here on it must succeed
    superseded = 0 if there is None else there.superseded + 1
    signer = f"{organisation}/{world.caller.role}"
    checkpoint = Checkpoint(finding, signer, world.at_ms, world.tx_id, superseded, command.reason)
    world.put(checkpoints, checkpoint, finding.height, organisation)
    return CheckpointAnswer(finding.height, organisation, superseded)


def _differs(figure: str, organisation: str, height: int, there: Fact, given: Fact) -> FiguresDiffer:
    if figure.endswith("_fen"):
        sums = {"there_fen": there, "given_fen": given}
        return FiguresDiffer(case="finding_fen", figure=figure, organisation=organisation, height=height, **sums)
    both = {"there": there, "given": given}
    return FiguresDiffer(case="finding", figure=figure, organisation=organisation, height=height, **both)
