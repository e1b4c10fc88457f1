"""Restorations: organisations' word that the ledger was lost and goes on from a backup."""

from typing import Annotated, Final

from msgspec import Meta

from .caller import ADMINS
from .command import Command, handles
from .refusals import AlreadySigned, HashDiffers
from .things import Thing
from .types import Digest, Record, Text
from .world import Table, World


class Restoration(Record, frozen=True):
    """Organisations' word that the ledger was lost, and goes on from there."""

    reason: str
    signed: tuple[str, ...]


restorations: Final = Table("restoration", Restoration)
"""Key: the height, and the hash of the last block before it."""


class RestoreAnswer(Record, frozen=True):
    """Who has said so."""

    height: int
    signed: tuple[str, ...]


class Restore(Command[RestoreAnswer], frozen=True, kw_only=True, tag="governance.restore"):
    """Say that the ledger was lost, and that it goes on from a backup of its first `height` blocks.

    block_hash: of the last of them. Audits that have seen more of the ledger believe it once two organisations say so.
    """

    height: Annotated[int, Meta(ge=1, lt=1 << 62)]
    block_hash: Digest
    reason: Text


@handles(Restore, *ADMINS)
def restore(world: World, command: Restore) -> RestoreAnswer:
    """Say that the ledger goes on from a backup; the second to say so names the same. Refuses: AlreadySigned,
    HashDiffers."""
    # READ
    key = command.height, command.block_hash
    there = world.get(restorations, *key)
    # REFUSE
    signed = there.signed if there else ()
    if world.caller.organisation in signed:
        raise AlreadySigned(organisation=world.caller.organisation, what=Thing.RESTORATION, number=command.height)
    if there is not None and there.reason != command.reason:
        raise HashDiffers(what=Thing.RESTORATION, number=command.height)
    # WRITE: from here on it must succeed
    restoration = Restoration(command.reason, (*signed, world.caller.organisation))
    world.put(restorations, restoration, *key)
    return RestoreAnswer(command.height, restoration.signed)
