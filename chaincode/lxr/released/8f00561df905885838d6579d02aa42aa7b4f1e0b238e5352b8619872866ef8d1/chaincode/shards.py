"""One command for several shards of an employer: all is read at once, and each shard stands or falls by itself."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Final, TypeVar

from msgspec import Meta

from ..token.refusal import Fact, Refusal
from .refusals import BY_CODE, MalformedCommand
from .types import Record, Shard
from .world import Reads, World

SHARDS_AT_ONCE: Final = 64
"""The most shards in one command: with a month of sheets for each, they are within the keys of one transaction."""
Shards = Annotated[tuple[Shard, ...], Meta(min_length=1, max_length=SHARDS_AT_ONCE)]
"""Ascending, each once."""

T = TypeVar("T")
A = TypeVar("A")


class LeftOut(Record, frozen=True):
    """A shard for which nothing was done, while others of its command were: the refusal's code and facts."""

    shard: int
    code: int
    facts: dict[str, Fact]

    @property
    def refusal(self) -> Refusal:
        """Return the refusal that a command for this shard alone would get."""
        return BY_CODE[self.code](**self.facts)


def each_shard(
    world: World, shards: Sequence[int], read: Callable[[int], Reads[T]], write: Callable[[int, T], A]
) -> tuple[tuple[A, ...], tuple[LeftOut, ...]]:
    """Return the answers of the shards for which `write` did its work, and those that were left out.

    read: comes to all that a shard needs. write: refuses, computes and writes for one shard, and reads nothing.
    Refuses: MalformedCommand; TooLarge, for all of them; where every shard is refused, as the first.
    """
    if list(shards) != sorted(set(shards)):
        raise MalformedCommand(case="shards_order")
    answers: list[A] = []
    refusals: dict[int, Refusal] = {}
    for shard, found in zip(shards, world.together([read(shard) for shard in shards]), strict=True):
        answer = found if isinstance(found, Refusal) else world.attempt(partial(write, shard, found))
        if isinstance(answer, Refusal):
            refusals[shard] = answer
        else:
            answers.append(answer)
    if not answers:
        raise next(iter(refusals.values()))
    return tuple(answers), tuple([LeftOut(shard, each.code, each.facts) for shard, each in refusals.items()])
