"""The places of an employer's workers: each registration gets the next one, and a shard is a stretch of them."""

from typing import Final

from .refusals import Unknown
from .things import Thing
from .types import Record
from .world import Table, World

SHARD_WORKERS_MAX: Final = 200
"""A month of 200 workers under as many rules as can bind them (RULES_MAX_IN_PERIOD) is priced within one
transaction's bytes, with room to spare."""


class Headcount(Record, frozen=True):
    """How many workers an employer has ever registered. Each got the next place, and keeps it: shards fill in order.

    It is apart from the employer, which every sheet reads: a registration is then in the way of none but those of the
    shards that it fills. shard_size: how many workers share a shard, for ever.
    """

    shard_size: int
    workers: int = 0

    @property
    def shards(self) -> int:
        """How many there are; the first is there before its workers."""
        return max(1, -(-self.workers // self.shard_size))

    def shard(self, place: int) -> int:
        """The shard of the worker who is registered after so many others."""
        return place // self.shard_size


headcounts: Final = Table("headcount", Headcount)


def need_headcount(world: World, employer: str) -> Headcount:
    """How many workers the employer has. Refuses: Unknown."""
    found = world.get(headcounts, employer)
    if found is None:
        raise Unknown(what=Thing.EMPLOYER, number=employer)
    return found
