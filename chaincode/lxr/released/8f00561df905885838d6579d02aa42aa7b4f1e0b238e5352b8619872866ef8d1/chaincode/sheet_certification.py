"""The union's word on sheets as it has seen them, by which their rows are payable."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from .command import Command, handles
from .refusals import DuplicateRow, HashDiffers, NothingChanges, Unknown
from .shards import SHARDS_AT_ONCE, LeftOut, each_shard
from .sheet import Sheet, sheets
from .things import Thing
from .types import Digest, EmployerNo, Record, Shard, digest
from .world import World, reading_many


class SeenSheet(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """A sheet by its day and the digest of its record, as whoever signs has it before them."""

    day: date
    digest: Digest


class SeenShard(Struct, frozen=True, forbid_unknown_fields=True):
    """A shard's sheets, each as whoever signs has seen it."""

    shard: Shard
    sheets: Annotated[tuple[SeenSheet, ...], Meta(min_length=1, max_length=62)]


class CertifiedShard(Record, frozen=True):
    """How many rows of a shard were certified after the worker's answer, and before it."""

    shard: int
    answered: int
    unanswered: int


class CertifiedShards(Record, frozen=True):
    """What was certified, by shard, and the shards in which nothing was."""

    shards: tuple[CertifiedShard, ...]
    left_out: tuple[LeftOut, ...] = ()


class CertifySheets(Command[CertifiedShards], frozen=True, kw_only=True, tag="workday.certify"):
    """Certify sheets as the union has seen them: all their rows are payable, answered or not.

    Whether a worker can still answer does not change by it. shards: ascending, each once.
    """

    employer: EmployerNo
    shards: Annotated[tuple[SeenShard, ...], Meta(min_length=1, max_length=SHARDS_AT_ONCE)]


@handles(CertifySheets, "union/operator")
def certify_sheets(world: World, command: CertifySheets) -> CertifiedShards:
    """Certify sheets of some shards.

    Refuses: MalformedCommand; of a shard, which is left out: DuplicateRow, Unknown, HashDiffers, NothingChanges.
    """
    # by shard, of all at once: READ, REFUSE and WRITE
    seen = {each.shard: each.sheets for each in command.shards}
    shards = [each.shard for each in command.shards]
    answers, left_out = each_shard(
        world,
        shards,
        lambda shard: reading_many(sheets, [(command.employer, each.day, shard) for each in seen[shard]]),
        lambda shard, found: _certify(world, command.employer, shard, seen[shard], found),
    )
    return CertifiedShards(answers, left_out)


def _certify(
    world: World, employer: str, shard: int, seen: tuple[SeenSheet, ...], found: Sequence[Sheet | None]
) -> CertifiedShard:
    """Certify the sheets of one shard. Refuses: DuplicateRow, Unknown, HashDiffers, NothingChanges."""
    # REFUSE
    if len({each.day for each in seen}) != len(seen):
        raise DuplicateRow(case="sheet", shard=shard, day=_twice(seen).isoformat())
    changed: dict[date, Sheet] = {}
    answered = unanswered = 0
    for each, sheet in sorted(zip(seen, found, strict=True), key=lambda pair: pair[0].day):
        day = each.day
        if sheet is None:
            raise Unknown(what=Thing.SHEET, number=f"{employer}/{day}/{shard}")
        if digest(sheet) != each.digest:
            raise HashDiffers(what=Thing.SHEET, number=f"{employer}/{day}/{shard}")
        if sheet.waits:
            changed[day], spoken, silent = sheet.certified()
            answered += spoken
            unanswered += silent
    if not changed:
        raise NothingChanges(what=Thing.SHARD, number=f"{employer}/{shard}")
    # WRITE: from here on it must succeed
    for day, sheet in changed.items():
        world.put(sheets, sheet, employer, day, shard)
    return CertifiedShard(shard, answered, unanswered)


def _twice(seen: tuple[SeenSheet, ...]) -> date:
    """Return a day that is named twice."""
    days = [sheet.day for sheet in seen]
    return next(day for day in days if days.count(day) > 1)
