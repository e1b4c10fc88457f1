"""Preparing a batch: an export is folded, its workers are found on the ledger, and no task is taken a second time."""

from collections.abc import Callable
from collections.abc import Mapping as ByRef
from datetime import date
from pathlib import Path

from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement.lookups import shard_by_worker
from lxr.settlement.work import batch_file
from lxr.settlement.work.batch_file import Batch
from lxr.settlement.work.intake.fold import Fold, fold_export
from lxr.settlement.work.intake.mapping import Mapping
from lxr.settlement.work.mapping_content import content_of
from lxr.settlement.work.task_numbers import TaskNumbers


def prepare(
    client: Client,
    export: Path,
    mapping: Mapping,
    employer: str,
    workers: ByRef[str, str],
    numbers: TaskNumbers,
    *,
    month: date | None = None,
    employer_ref: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[Fold, Batch]:
    """Return what an export comes to, and the batch of it. client: any that reads.

    workers: numbers by the employer's own. numbers: which this batch's tasks are added to; a row whose task is on the
    ledger already, with another day or worker, is at fault. month, employer_ref, progress: as of fold_export.
    Raises InputFault: as fold_export and batch_file.prepare.
    """
    shards = shard_by_worker(client, workers.values())

    def folded(taken: ByRef[bytes, Said]) -> tuple[Fold, Batch]:
        fold = fold_export(export, mapping, month=month, employer_ref=employer_ref, taken=taken, progress=progress)
        content = content_of(mapping)
        return fold, batch_file.prepare(fold, workers, employer, shards, employer_ref=employer_ref, mapping=content)

    fold, batch = folded({})
    if mapping.columns.id is None:
        return fold, batch
    numbers.claim(batch, fold, export.name)
    if taken := numbers.taken(client, batch):
        numbers.forget(batch)
        fold, batch = folded({one.task: one.said for one in taken})
        numbers.claim(batch, fold, export.name)
    return fold, batch
