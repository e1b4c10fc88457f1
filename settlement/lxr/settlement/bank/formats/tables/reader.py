"""Reading a bank's table: whatever kind of file it is, by the layout whose header it has."""

from collections.abc import Sequence
from itertools import chain, islice
from typing import Final

from lxr.node.said import Said
from lxr.settlement.bank.formats.tables.direction import oldest_first
from lxr.settlement.bank.formats.tables.extract import Extract, TableLine
from lxr.settlement.bank.formats.tables.grid import grids
from lxr.settlement.bank.formats.tables.layout import Layout
from lxr.settlement.bank.formats.tables.rows import Row
from lxr.settlement.bank.formats.tables.table import Table
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.widths import title_of

HEADER_ROWS_MAX: Final = 30


def read(data: bytes, file: str, layouts: Sequence[Layout]) -> Extract[TableLine]:
    """Return what a table says, by the layout whose header it has; of several, by the one with most columns.

    Strict about amounts, signs, account, currency, days, balances and numbers; about nothing else. Raises InputFault,
    naming row and column: no such header; a row or column that nobody sees, merged cells; an amount that is none, on
    neither or both sides, below zero, not whole fen; a flag, currency or mark of no meaning; a second account; a number
    of the bank's twice in a day; balances that follow from one another in neither direction.
    """
    heads: list[Row] = []
    unread: InputFault | None = None
    for grid in grids(data, file):
        try:
            head = list(islice(grid.rows, HEADER_ROWS_MAX))
        except InputFault as fault:  # under a separator that a text does not have, quotes may stay open
            unread = unread or fault
            continue
        heads += head
        for place, row in enumerate(head):
            layout = _layout_of(row, layouts, file)
            if layout is not None:
                table = Table(grid, layout, row)
                table.read_above(head[:place])
                lines = table.lines(chain(head[place + 1 :], grid.rows))
                ordered, either_way = oldest_first(lines, layout, grid.place)
                moving = tuple(line for line in ordered if line.entry.amount_fen)
                return Extract(file, table.account, moving, layout.serial_shared, either_way)
    raise _half_known(heads, layouts, file) or unread or _unknown(layouts, file)


def _layout_of(row: Row, layouts: Sequence[Layout], file: str) -> Layout | None:
    """Return the layout whose columns a row has all of; the one with most. Raises InputFault: two have as many."""
    titles = {title_of(cell) for cell in row.cells}
    fitting = [each for each in layouts if {title_of(column) for column in each.columns} <= titles]
    most = max((len(each.columns) for each in fitting), default=0)
    best = [each for each in fitting if len(each.columns) == most]
    if len(best) > 1:
        names = ", ".join(each.bank for each in best)
        raise InputFault(
            file=file,
            row=row.number,
            problem=Said("fits several layouts: {names}", names=names),
            expected="a layout of your own, named by --layout FILE",
        )
    return best[0] if best else None


def _half_known(heads: Sequence[Row], layouts: Sequence[Layout], file: str) -> InputFault | None:
    """Which columns of a layout are missing in the row that has most of them; None: no row has half of any."""
    nearest: tuple[int, Row, Layout, list[str]] | None = None
    for row in heads:
        titles = {title_of(cell) for cell in row.cells}
        for layout in layouts:
            missing = sorted(column for column in layout.columns if title_of(column) not in titles)
            found = len(layout.columns) - len(missing)
            if 2 * found >= len(layout.columns) and (nearest is None or found > nearest[0]):
                nearest = found, row, layout, missing
    if nearest is None:
        return None
    _, row, layout, missing = nearest
    return InputFault(
        file=file,
        row=row.number,
        problem=Said("has no column {names}", names=", ".join(missing)[:200]),
        expected=Said("the columns of {bank}, or a layout of your own, named by --layout FILE", bank=layout.bank),
    )


def _unknown(layouts: Sequence[Layout], file: str) -> InputFault:
    return InputFault(
        file=file,
        problem=Said("has no header of a known table in its first {most} rows", most=HEADER_ROWS_MAX),
        expected=Said(
            "a table of {names}, or a layout of your own, named by --layout FILE",
            names=", ".join(dict.fromkeys(each.bank for each in layouts))[:200],
        ),
    )
