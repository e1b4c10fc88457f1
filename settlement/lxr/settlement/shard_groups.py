"""Work on many shards, cut into commands of which each is one transaction: few enough bytes for every endorser.

The commands touch nothing of one another, and bear ids that follow from the shards they name: so the same work again,
however it is cut then, does nothing twice.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from lxr.chaincode.cashout_holds import HeldShards
from lxr.chaincode.closing_register import RegisterClosed
from lxr.chaincode.command import Command
from lxr.chaincode.payroll import ShardAnswers
from lxr.chaincode.refusals import TooLarge
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.shards import SHARDS_AT_ONCE
from lxr.chaincode.sheet_certification import CertifiedShards
from lxr.node.client import Client
from lxr.node.progress import Progress
from lxr.settlement import request_ids
from lxr.settlement.waves import Wave, Waves
from lxr.token.refusal import Refusal

GROUP_BYTES: Final = 400_000
"""What one transaction writes at most, as far as can be told before: then one slow endorser is done in time."""
PRICED_BYTES: Final = 350
PAID_BYTES: Final = 120
HELD_BYTES: Final = 350
"""What pricing, paying and holding write for one worker: as measured for a month of 22 days, and a little more."""
SHARD_BYTES: Final = 1_500
"""What they, and certifying, write for a shard beside that."""

T = TypeVar("T")
S = TypeVar("S", CertifiedShards, HeldShards, RegisterClosed, ShardAnswers)


def groups_of_shards(
    client: Client, employer: str | None, shards: Sequence[int], worker_bytes: int
) -> list[tuple[int, ...]]:
    """Cut shards of an employer into groups by the number of their workers. worker_bytes: written for each of them."""
    heads = client.get_each(shard_heads, [(employer, shard) for shard in shards]) if employer else [None] * len(shards)
    counts = [len(head.workers) if head else 0 for head in heads]
    return grouped(
        (shard, shard, SHARD_BYTES + count * worker_bytes) for shard, count in zip(shards, counts, strict=True)
    )


def grouped(units: Iterable[tuple[int, T, int]]) -> list[tuple[T, ...]]:
    """Cut units of work into groups, in their order; a unit that is too large for a group is one by itself.

    units: the shard of each, its work, and how many bytes that writes. No group has two units of one shard.
    """
    groups: list[list[T]] = []
    last, room = -1, 0
    for shard, work, size in units:
        if not groups or size > room or shard == last or len(groups[-1]) == SHARDS_AT_ONCE:
            groups.append([])
            room = GROUP_BYTES
        groups[-1].append(work)
        last, room = shard, room - size
    return [tuple(group) for group in groups]


def work_through(
    client: Client,
    employer: str | None,
    waiting: Callable[[], Sequence[int]],
    worker_bytes: int,
    what: str,
    command_for: Callable[[str, tuple[int, ...]], Command[S]],
    progress: Progress | None = None,
) -> Waves[None]:
    """Send commands for all shards that wait for it, in groups. what: is done, and to what, for their request ids.

    waiting: reads which shards wait. worker_bytes: see `groups_of_shards`. command_for: of a request id and a group.
    Refuses: as the first that was refused, where shards wait afterwards; else somebody else has done it meanwhile.
    """
    _, refusals = yield from sending_groups(
        client,
        groups_of_shards(client, employer, waiting(), worker_bytes),
        lambda shards: command_for(request_ids.group(what, shards), shards),
        progress,
    )
    if refusals and waiting():
        raise refusals[0]


def sending_groups(
    client: Client,
    groups: Sequence[tuple[T, ...]],
    command_for: Callable[[tuple[T, ...]], Command[S]],
    progress: Progress | None = None,
) -> Waves[tuple[list[S], list[Refusal]]]:
    """Send a command for each group, and come to the answers and what was refused, of whole groups or of shards.

    A refusal stops nothing else. A group that is too large after all is sent as its halves.
    """
    answers: list[S] = []
    refusals: list[Refusal] = []
    count, done = sum(len(group) for group in groups), 0
    waiting = list(groups)
    halves: list[tuple[T, ...]] = []

    def answered(number: int, answer: Any) -> None:
        nonlocal done
        group = waiting[number]
        if isinstance(answer, TooLarge) and len(group) > 1:
            halves.extend((group[: len(group) // 2], group[len(group) // 2 :]))
            return
        if isinstance(answer, Refusal):
            refusals.append(answer)
        else:
            answers.append(answer)
            refusals.extend(each.refusal for each in answer.left_out)
        done += len(group)
        if progress is not None:
            progress(done, count)

    while waiting:
        yield Wave(client, [command_for(group) for group in waiting], answered)
        waiting, halves = halves, []
    return answers, refusals
