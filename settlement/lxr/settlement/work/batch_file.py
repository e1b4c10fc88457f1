"""A batch: an employer's work data of many days, cut into sheets, one for each day and shard; and the file of it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from lxr.chaincode.pay_rules import QUANTITY_MAX
from lxr.chaincode.types import MAX_ITEMS, Digest, EmployerNo, Measures, Shard, WorkerNo, canonical, digest
from lxr.node.kept import Plain
from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.files import read_bounded, write_in_place
from lxr.settlement.work.intake.fold import Fold, FoldedRow
from lxr.settlement.work.mapping_content import MappingContent

BATCH_BYTES_MAX: Final = 256 << 20
"""More than a batch of a million rows has."""

SourceRows = tuple[Annotated[int, Meta(ge=1)], ...]
"""Lines of the export, whose header is row 1."""


class BatchRow(Struct, frozen=True, forbid_unknown_fields=True):
    """One worker's day."""

    worker_ref: str
    worker: WorkerNo
    measures: Measures
    source_rows: SourceRows


class BatchSheet(Struct, frozen=True, forbid_unknown_fields=True):
    """The rows of one day and shard, by worker."""

    day: date
    shard: Shard
    rows: Annotated[tuple[BatchRow, ...], Meta(min_length=1, max_length=MAX_ITEMS)]


class BatchFault(Struct, frozen=True, forbid_unknown_fields=True):
    """Rows of the export that came into no sheet, and why. worker_ref, day: where they are known."""

    source_rows: SourceRows
    worker_ref: str
    day: date | None
    field: str
    problem: Plain
    expected: Plain


class Batch(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All that an export says of one employer.

    source: digest of the folded export and of its tasks' numbers. sheets: by day and shard. mapping: by which the
    export was read; None in files of before, whose digest goes without it.
    """

    employer: EmployerNo
    source: Digest
    sheets: tuple[BatchSheet, ...]
    row_faults: tuple[BatchFault, ...]
    mapping: MappingContent | None = None

    @property
    def rows(self) -> tuple[BatchRow, ...]:
        """All rows, sheet by sheet."""
        return tuple(row for sheet in self.sheets for row in sheet.rows)


def prepare(
    fold: Fold,
    workers: Mapping[str, str],
    employer: str,
    shards: Mapping[str, int],
    *,
    employer_ref: str | None = None,
    mapping: MappingContent | None = None,
) -> Batch:
    """Make a batch of a folded export. workers: numbers by worker_ref. shards: by number, of those on the ledger.

    mapping: by which it was folded. employer_ref: what the export calls the employer, whose rows alone are taken.
    Without it a row that names another than the employer's own number is not its work, and all is refused. A row of an
    unknown worker, of one who is not registered, or beyond the ledger's bounds, becomes a fault of the batch. Raises
    InputFault.
    """
    if employer_ref is None and (others := sorted({row.employer_ref for row in fold.rows} - {"", employer})):
        raise InputFault(
            file=fold.place or "the export",
            problem=Said("holds employers {names}", names=", ".join(others)[:200]),
            expected=Said("{employer} in each row, or `--employer-ref` with its name there", employer=employer),
        )
    wanted = [row for row in fold.rows if employer_ref is None or row.employer_ref == employer_ref]
    faults = [BatchFault((f.row,), "", None, f.field, Plain.of(f.problem), Plain.of(f.expected)) for f in fold.faults]
    found: dict[tuple[date, int], list[BatchRow]] = {}
    for row in wanted:
        fault = _fault(row, fold.worker_column, workers, employer, shards)
        if fault is not None:
            faults.append(fault)
            continue
        worker = workers[row.worker_ref]
        place = row.date, shards[worker]
        found.setdefault(place, []).append(BatchRow(row.worker_ref, worker, row.measures, row.source_rows))
    made = [
        BatchSheet(day, shard, tuple(sorted(rows, key=lambda row: row.worker)))
        for (day, shard), rows in sorted(found.items())
    ]
    by_row = tuple(sorted(faults, key=lambda fault: fault.source_rows))
    return Batch(employer, _source(fold, wanted), tuple(made), by_row, mapping)


def _source(fold: Fold, wanted: list[FoldedRow]) -> str:
    """Return a digest that two exports have where they come to the same rows of the same tasks."""
    if not fold.numbers:
        return digest(wanted)
    rows = {row for one in wanted for row in one.source_rows}
    return digest((wanted, [task for task, row in fold.numbers.items() if row in rows]))


def write_batch(path: Path, batch: Batch) -> None:
    """Write the batch as JSON, with its digest. Raises InputFault where the file cannot be written."""
    try:
        write_in_place(path, batch_bytes(batch))
    except OSError as fault:
        raise InputFault(file=str(path), problem=Said("cannot be written: {fault}", fault=fault)) from None


def batch_bytes(batch: Batch) -> bytes:
    """Return the batch as JSON, with its digest."""
    return msgspec.json.format(canonical({"batch": batch, "digest": digest(batch)}), indent=1) + b"\n"


class _BatchFile(Struct, frozen=True, forbid_unknown_fields=True):
    batch: Batch
    digest: Digest


def read_batch(path: Path, employer: str) -> Batch:
    """Read what write_batch wrote. Raises InputFault for another employer's file, and for one that was edited."""
    try:
        file = msgspec.json.decode(read_bounded(path, BATCH_BYTES_MAX), type=_BatchFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise InputFault(file=str(path), problem=Said("is not a batch file: {fault}", fault=fault)) from None
    if digest(file.batch) != file.digest:
        raise InputFault(
            file=str(path), field="digest", problem="does not fit", expected="a batch file as it was prepared"
        )
    if file.batch.employer != employer:
        raise InputFault(
            file=str(path),
            field="employer",
            problem=Said("is {employer}", employer=file.batch.employer),
            expected=Said("a batch of {employer}", employer=employer),
        )
    return file.batch


def _fault(
    row: FoldedRow, worker_column: str, workers: Mapping[str, str], employer: str, shards: Mapping[str, int]
) -> BatchFault | None:
    """Return what keeps a row out of the batch. worker_column: what the file calls it."""

    def fault(field: str, problem: Said, expected: Said) -> BatchFault:
        return BatchFault(row.source_rows, row.worker_ref, row.date, field, Plain.of(problem), Plain.of(expected))

    if row.worker_ref not in workers:
        return fault(worker_column, Said("is not in the roster"), Said("a worker of {employer}", employer=employer))
    if workers[row.worker_ref] not in shards:
        return fault(worker_column, Said("is not on the ledger"), Said("a worker who is registered there"))
    for name, quantity in row.measures.items():
        if quantity > QUANTITY_MAX:
            problem = Said("comes to {quantity} on this day", quantity=quantity)
            return fault(name, problem, Said("at most {most}", most=QUANTITY_MAX))
    return None
