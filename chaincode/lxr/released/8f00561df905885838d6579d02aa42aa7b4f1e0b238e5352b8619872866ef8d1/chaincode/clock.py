"""The ledger's clock: a record that every transaction reads, and that moves in a transaction of its own.

A transaction that was endorsed and held back has read an older clock, so it dies at the next beat; a refused one, which
anybody can keep and send again, is too old ten minutes later.
"""

from typing import Final

from .caller import ORGANISATIONS
from .command import Command, handles
from .ledger_refusals import ClockFresh, TooOld
from .types import Record
from .world import Table, World

BEAT_MS: Final = 120_000
"""The clock is not moved again before it is this old."""
PAST_MS_MAX: Final = 600_000
"""How much older than the clock a transaction may be."""
WITNESSES: Final = tuple(f"{organisation}/witness" for organisation in ORGANISATIONS)
"""One key of each organisation, which only says what its holder sees: the time, and what the ledger holds."""


class Clock(Record, frozen=True):
    """at_ms: unix ms, the time of the transaction that moved it last. by: the organisation whose witness that was."""

    at_ms: int
    by: str


clocks: Final = Table("clock", Clock)


class MoveClock(Command[Clock], frozen=True, kw_only=True, tag="clock.move"):
    """Move the clock to the transaction's own time."""


@handles(MoveClock, *WITNESSES)
def move_clock(world: World, _: MoveClock) -> Clock:
    """Move the clock. Refuses: ClockFresh."""
    # READ
    clock = world.need(clocks)
    # REFUSE
    if world.at_ms < clock.at_ms + BEAT_MS:
        raise ClockFresh(seconds=(world.at_ms - clock.at_ms) // 1000, least=BEAT_MS // 1000)
    # WRITE: from here on it must succeed
    moved = Clock(world.at_ms, world.caller.organisation)
    world.put(clocks, moved)
    return moved


def refuse_old(clock: Clock | None, at_ms: int) -> None:
    """Refuse a transaction that is too old for the clock; before the founding there is none. Refuses: TooOld."""
    if clock is not None and at_ms < clock.at_ms - PAST_MS_MAX:
        raise TooOld(seconds=(clock.at_ms - at_ms) // 1000, most=PAST_MS_MAX // 1000)
