"""lxr employer batch check: the signer has the export read again, and sees each row that the preparer changed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from commandline import EXAMPLES, Lxr, Month
from lxr.settlement.work.batch_file import Batch, read_batch, write_batch

EXPORT, MAP = EXAMPLES / "walkthrough" / "orders-2026-08-03.csv", EXAMPLES / "riders.toml"


@pytest.fixture(scope="module")
def lxr(month: Month, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lxr]:
    """With the batch of the first day prepared and not submitted. At the end nothing has been written."""
    done = month.after("employer batch prepare")
    lxr = done.copied_to(tmp_path_factory.mktemp("check") / "rehearsal")
    yield lxr
    assert done.after == lxr.tip()


def changed(lxr: Lxr, path: Path, change: Callable[[Batch], Batch]) -> Path:
    """Write the prepared batch, changed, with the digest of what it then says."""
    write_batch(path, change(read_batch(lxr.directory / "day1.json", "E001")))
    return path


def more_orders(batch: Batch) -> Batch:
    first, *others = batch.sheets
    row, *rows = first.rows
    more = replace(row, measures={**row.measures, "orders": row.measures["orders"] + 1})
    return replace(batch, sheets=(replace(first, rows=(more, *rows)), *others))


def one_row_less(batch: Batch) -> Batch:
    first, *others = batch.sheets
    return replace(batch, sheets=(replace(first, rows=first.rows[1:]), *others))


def another_source(batch: Batch) -> Batch:
    return replace(batch, source="0" * 64)


def test_a_batch_as_it_was_prepared_is_what_its_export_comes_to(lxr: Lxr) -> None:
    ran = lxr("employer", "batch", "check", "E001", lxr.directory / "day1.json", EXPORT, "--map", MAP)
    assert (0, True) == (ran.code, f"all as {EXPORT} comes to by {MAP}" in ran.out), ran


@pytest.mark.parametrize(
    ("change", "row", "line"),
    [
        (more_orders, "in the batch, ", "1 rows differ"),
        (one_row_less, "no row in the batch, ", "1 rows differ"),
        (another_source, "", "but other faults or lines"),
    ],
)
def test_a_batch_that_its_preparer_changed_with_a_digest_that_fits_is_found_by_its_signer(
    lxr: Lxr, tmp_path: Path, change: Callable[[Batch], Batch], row: str, line: str
) -> None:
    edited = changed(lxr, tmp_path / "batch.json", change)
    ran = lxr("employer", "batch", "check", "E001", edited, EXPORT, "--map", MAP)
    assert (1, True, True) == (ran.code, row in ran.out, line in ran.err), ran
