"""Reading a name or a number that names: a cell of an export that must be plain text."""

import re
from typing import Final

from lxr.node.said import Said
from lxr.settlement.work.intake.widths import UNSEEN_SIGN

REF_LENGTH_MAX: Final = 64
NOBODY: Final = frozenset({"-", "n/a", "na", "nan", "nil", "none", "null", "unknown", "未知", "无"})

_GUARDED: Final = re.compile(r'=?"([^"]*)"|[\'`]([^\'`]+)[\'`]?')
"""Written so that a spreadsheet keeps a long number as it is: ="00123", '00123, `00123."""
_ROUNDED: Final = re.compile(r"-?\d(?:\.\d+)?[Ee]\+\d{2,3}", re.ASCII)


class CellFault(Exception):
    """What is wrong with one cell; `column` is empty where it is the whole row."""

    def __init__(self, column: str, problem: str | Said, expected: str | Said) -> None:
        super().__init__(column, str(problem), str(expected))
        self.column: Final = column
        self.problem: Final = Said.of(problem)
        self.expected: Final = Said.of(expected)


def shown(cell: str) -> str:
    """Return what stands in the cell, for a fault: at most 40 characters of it."""
    return repr(cell[:40])


def reads(cell: str) -> Said:
    """Return what stands in the cell, for a fault: at most 40 characters of it."""
    return Said("reads {cell}", cell=shown(cell)) if cell.strip() else Said("is blank")


def unguarded(cell: str) -> str:
    """Return a cell without blanks around it, and without what guards all of it against a spreadsheet."""
    text = cell.strip()
    if text[:1] in "=\"'`" and (found := _GUARDED.fullmatch(text)):
        return (found[1] if found[1] is not None else found[2]).strip()
    return text


def is_rounded(cell: str) -> bool:
    """Return whether a cell is a long number of which a spreadsheet has kept 15 digits, like 1.23457E+17."""
    return _ROUNDED.fullmatch(cell) is not None


def read_ref(column: str, cell: str) -> str:
    """Return a number or name of a worker, employer or task: 1..64 characters that are seen, no word for nobody.

    1.23457E+17 is refused: a spreadsheet keeps 15 digits of a number, and has lost the others.
    """
    ref = unguarded(cell)
    if is_rounded(ref):
        raise CellFault(column, Said("reads {cell}: the id was rounded", cell=shown(cell)), "the id exported as text")
    unseen = not ref.isprintable() or (not ref.isascii() and UNSEEN_SIGN.search(ref))
    if not ref or unseen or len(ref) > REF_LENGTH_MAX or ref.lower() in NOBODY:
        raise CellFault(
            column,
            reads(cell),
            Said("a reference of 1 to {ref_length_max} printable characters", ref_length_max=REF_LENGTH_MAX),
        )
    return ref
