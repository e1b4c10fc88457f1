"""Which days' work belongs on this ledger: not those of the ledger before it, nor those of the one that follows."""

from datetime import date

from msgspec import Struct

from .founding import geneses
from .parameter_definitions import LEDGER_CLOSED
from .parameters import Parameter, parameters, value_on
from .succession_refusals import DayOfOtherLedger
from .world import World


class CoveredDays(Struct, frozen=True):
    """first_day: the first one, where the ledger has a predecessor. closed: the parameter that says where it ends."""

    first_day: date | None
    closed: Parameter | None


def covered_days(world: World) -> CoveredDays:
    """Read which days this ledger covers."""
    predecessor = world.need(geneses).predecessor
    return CoveredDays(predecessor.first_day if predecessor else None, world.get(parameters, LEDGER_CLOSED))


def refuse_uncovered(covered: CoveredDays, day: date) -> None:
    """Refuse work of a day that another ledger covers: on both, it would be paid twice. Refuses: DayOfOtherLedger."""
    if covered.first_day is not None and day < covered.first_day:
        raise DayOfOtherLedger(case="before", day=day.isoformat())
    if value_on(covered.closed, LEDGER_CLOSED, day):
        raise DayOfOtherLedger(case="after", day=day.isoformat())
