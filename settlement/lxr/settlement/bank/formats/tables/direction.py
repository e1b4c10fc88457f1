"""Which end of a table is the older one: that from which each balance follows from the one before."""

from collections.abc import Sequence
from itertools import pairwise

from lxr.node.said import Said
from lxr.settlement.bank.formats.tables.extract import TableLine
from lxr.settlement.bank.formats.tables.layout import Layout
from lxr.settlement.bank.formats.texts import yuan
from lxr.settlement.errors import InputFault


def oldest_first(lines: Sequence[TableLine], layout: Layout, place: str) -> tuple[list[TableLine], bool]:
    """Return the lines, the oldest first, and whether either end may be it: then they stand as they were.

    Balances tell; where they follow in both directions (+5, -5, +5), days and times do, and else the layout's order.
    Raises InputFault: balances follow in neither direction, or days go back.
    """
    down, up = list(lines), list(lines)[::-1]
    breaks_down, breaks_up = _breaks(down), _breaks(up)
    if breaks_down and breaks_up:
        _refuse_break(*((down, breaks_down) if len(breaks_down) <= len(breaks_up) else (up, breaks_up)), layout, place)
    if breaks_down or breaks_up:
        ordered, either = (up if breaks_down else down), False
    else:
        turned = _goes_back(down)
        if turned is None and layout.order is not None:
            turned = layout.order == "newest_first"
        ordered, either = (up if turned else down), turned is None and len(down) > 1
    for before, line in pairwise(ordered):
        if line.day < before.day:
            raise InputFault(
                file=place,
                row=line.row,
                field=layout.day or layout.time,
                problem=Said("{day} comes after {later}, by the balances", day=line.day, later=before.day),
                expected="days in order",
            )
    return ordered, either


def _breaks(lines: Sequence[TableLine]) -> list[int]:
    """Where balances do not follow."""
    return [place for place in range(1, len(lines)) if lines[place].opening_fen != lines[place - 1].balance_fen]


def _goes_back(lines: Sequence[TableLine]) -> bool | None:
    """Whether days and times go back from line to line; None: they stand still, or go both ways."""
    rises = falls = False
    for before, line in pairwise(lines):
        first, second = (before.day, before.time), (line.day, line.time)
        if first[0] == second[0] and (first[1] is None or second[1] is None):
            continue
        rises |= first < second
        falls |= first > second
    return falls if rises != falls else None


def _refuse_break(lines: Sequence[TableLine], breaks: Sequence[int], layout: Layout, place: str) -> None:
    """Raise InputFault at the first line whose balance does not follow."""
    line, before = lines[breaks[0]], lines[breaks[0] - 1]
    raise InputFault(
        file=place,
        row=line.row,
        field=layout.balance,
        problem=Said("is {yuan}", yuan=yuan(line.balance_fen)),
        expected=Said(
            "{yuan}, which follows from row {before}",
            yuan=yuan(before.balance_fen + line.entry.signed_fen),
            before=before.row,
        ),
    )
