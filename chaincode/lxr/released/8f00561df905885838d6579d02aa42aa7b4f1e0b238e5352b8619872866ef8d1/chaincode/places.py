"""How workers get places: each the next one of their employer; a shard is opened when the one before it is full."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from .headcount import Headcount, headcounts, need_headcount
from .payees import PayeeCommitments, payee_commitments
from .refusals import TooLarge
from .shard_heads import ShardHead, shard_heads
from .types import SHARDS_MAX
from .workers import Worker, workers
from .world import World


class Places(Struct, frozen=True):
    """The next places of an employer. shards: of each place. heads, payees: of the shards in which they are."""

    employer: str
    headcount: Headcount
    shards: tuple[int, ...]
    heads: dict[int, ShardHead]
    payees: dict[int, PayeeCommitments]


def next_places(world: World, employer: str, count: int) -> Places:
    """Read what the next places are written into. Refuses: Unknown, TooLarge (all shards are full)."""
    headcount = need_headcount(world, employer)
    shards = tuple(headcount.shard(headcount.workers + number) for number in range(count))
    if shards[-1] >= SHARDS_MAX:
        raise TooLarge(case="workers", employer=employer, limit=SHARDS_MAX * headcount.shard_size)
    touched = sorted(set(shards))
    heads = world.get_many(shard_heads, [(employer, shard) for shard in touched])
    payees = world.get_many(payee_commitments, [(employer, shard) for shard in touched])
    return Places(
        employer,
        headcount,
        shards,
        {shard: head or ShardHead() for shard, head in zip(touched, heads, strict=True)},
        {shard: payee or PayeeCommitments() for shard, payee in zip(touched, payees, strict=True)},
    )


def fill(world: World, places: Places, new: Mapping[str, Worker], commitments: Mapping[str, str]) -> None:
    """Write new workers, by number, into the places that were read for them, in this order.

    commitments: to the accounts that they are paid out to.
    """
    joined: dict[int, dict[str, str]] = {shard: {} for shard in places.heads}
    for number, shard in zip(new, places.shards, strict=True):
        joined[shard][number] = commitments[number]
    for (number, worker), shard in zip(new.items(), places.shards, strict=True):
        world.put(workers, replace(worker, shard=shard), number)
    for shard, payee in joined.items():
        filled = (*places.heads[shard].workers, *payee)
        assert len(filled) <= places.headcount.shard_size
        world.put(shard_heads, replace(places.heads[shard], workers=filled), places.employer, shard)
        world.put(payee_commitments, PayeeCommitments({**places.payees[shard].of, **payee}), places.employer, shard)
    taken = places.headcount.workers + len(new)
    world.put(headcounts, replace(places.headcount, workers=taken), places.employer)
