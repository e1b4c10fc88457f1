"""A batch is compared with what its export comes to: whoever prepared it may have written any rows into it."""

from datetime import date

import pytest
from msgspec.structs import replace

from lxr.settlement.work.batch_file import Batch, BatchRow, BatchSheet
from lxr.settlement.work.rechecking import compare

MONDAY, TUESDAY = date(2026, 8, 3), date(2026, 8, 4)
ONE, TWO = "WAAAAAAAAAAAA", "WBBBBBBBBBBBB"
FIRST = BatchRow("R1", ONE, {"orders": 5}, (2,))
SECOND = BatchRow("R2", TWO, {"orders": 7}, (3,))
SHEET = BatchSheet(MONDAY, 0, (FIRST, SECOND))
BATCH = Batch("E001", "0" * 64, (SHEET,), ())


def batch(*sheets: BatchSheet) -> Batch:
    return replace(BATCH, sheets=sheets)


@pytest.mark.parametrize(
    ("edited", "others"),
    [
        (BATCH, []),
        (batch(replace(SHEET, rows=(replace(FIRST, measures={"orders": 6}), SECOND))), [(MONDAY, ONE, 6, 5)]),
        (batch(replace(SHEET, rows=(FIRST,))), [(MONDAY, TWO, None, 7)]),
        (
            batch(replace(SHEET, day=TUESDAY, rows=(FIRST,)), replace(SHEET, rows=(FIRST, SECOND))),
            [(TUESDAY, ONE, 5, None)],
        ),
        (batch(SHEET, replace(SHEET, rows=(replace(FIRST, measures={"orders": 9}),))), [(MONDAY, ONE, 9, None)]),
        (batch(replace(SHEET, rows=(replace(FIRST, worker_ref="R9"), SECOND))), [(MONDAY, ONE, 5, 5)]),
    ],
    ids=["the same", "more", "left out", "another day", "twice", "another reference"],
)
def test_each_row_that_is_another_is_named_with_both_figures(
    edited: Batch, others: list[tuple[date, str, int | None, int | None]]
) -> None:
    found = compare(edited, BATCH)
    assert others == [
        (each.day, each.worker, (each.in_batch or {}).get("orders"), (each.in_export or {}).get("orders"))
        for each in found.others
    ]
    assert (not others) == found.same


def test_another_file_with_the_same_rows_is_not_the_same() -> None:
    found = compare(replace(BATCH, source="1" * 64), BATCH)
    assert ((), False) == (found.others, found.same)
