"""The ledger's id, as workers sign it."""

from .founding import geneses
from .world import World


def ledger_id(world: World) -> str:
    """Return the id that stands in every message that a worker signs, so that none is good on another ledger."""
    return world.need(geneses).ledger
