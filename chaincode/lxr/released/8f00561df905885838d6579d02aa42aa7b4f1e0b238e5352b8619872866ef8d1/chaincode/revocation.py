"""Revocation of certificates, by the organisation whose they are."""

from typing import Annotated, Final

from msgspec import Meta

from .caller import ADMINS
from .command import Command, handles
from .refusals import Exists
from .things import Thing
from .types import Record, Text
from .world import Table, World

Serial = Annotated[str, Meta(pattern=r"^[1-9a-f][0-9a-f]{0,39}\Z")]


class Revocation(Record, frozen=True):
    """A certificate of which its own organisation said that it is no longer to be trusted."""

    at_ms: int
    reason: str


revocations: Final = Table("revocation", Revocation)


class Revoked(Record, frozen=True):
    """The answer to Revoke."""

    serial: str


class Revoke(Command[Revoked], frozen=True, kw_only=True, tag="governance.revoke"):
    """Revoke a certificate of one's own organisation. It is refused from the next transaction on."""

    serial: Serial
    reason: Text


@handles(Revoke, *ADMINS)
def revoke(world: World, command: Revoke) -> Revoked:
    """Revoke a certificate of one's own organisation. Refuses: Exists."""
    # READ
    key = world.caller.organisation, command.serial
    there = world.get(revocations, *key)
    # REFUSE
    if there is not None:
        raise Exists(what=Thing.REVOCATION, number=command.serial)
    # WRITE: from here on it must succeed
    world.put(revocations, Revocation(world.at_ms, command.reason), *key)
    return Revoked(command.serial)
