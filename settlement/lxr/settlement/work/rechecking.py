"""What a batch file says, beside what its export comes to once more: a digest that fits says nothing of its rows.

Whoever prepares a batch can write any rows into it, with the digest of these. So whoever signs it can have the export
read again, by a mapping of the signer's own choice, and sees each row that is another.
"""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from lxr.settlement.work.batch_file import Batch, BatchRow

_Place = tuple[date, int, str, int]
"""Day, shard, worker, and which of the worker's rows there."""


class OtherRow(Struct, frozen=True):
    """A worker's day that is not the same in both. in_batch, in_export: measures; None: it has no such row."""

    day: date
    worker_ref: str
    worker: str
    in_batch: Mapping[str, int] | None
    in_export: Mapping[str, int] | None


class Rechecked(Struct, frozen=True):
    """What came of it. rows: of the batch. others: by day and worker. same: all of the batch, faults and lines too."""

    rows: int
    others: tuple[OtherRow, ...]
    same: bool


def compare(batch: Batch, again: Batch) -> Rechecked:
    """Return where a batch differs from the one that its export comes to. again: freshly prepared from the export.

    A row of the same measures under another of the employer's numbers is another row too.
    """
    ours, theirs = _rows(batch), _rows(again)
    others = [
        _other(place[0], ours.get(place), theirs.get(place))
        for place in sorted(ours.keys() | theirs.keys())
        if _work(ours.get(place)) != _work(theirs.get(place))
    ]
    return Rechecked(rows=len(batch.rows), others=tuple(others), same=batch == again)


def _rows(batch: Batch) -> dict[_Place, BatchRow]:
    """In a file that somebody edited a worker may have a day twice: neither row hides the other."""
    found: dict[_Place, BatchRow] = {}
    for sheet in batch.sheets:
        for row in sheet.rows:
            nth = 1
            while (place := (sheet.day, sheet.shard, row.worker, nth)) in found:
                nth += 1
            found[place] = row
    return found


def _work(row: BatchRow | None) -> tuple[str, Mapping[str, int]] | None:
    return None if row is None else (row.worker_ref, row.measures)


def _other(day: date, ours: BatchRow | None, theirs: BatchRow | None) -> OtherRow:
    named = ours or theirs
    assert named is not None
    return OtherRow(
        day=day,
        worker_ref=named.worker_ref,
        worker=named.worker,
        in_batch=None if ours is None else ours.measures,
        in_export=None if theirs is None else theirs.measures,
    )
