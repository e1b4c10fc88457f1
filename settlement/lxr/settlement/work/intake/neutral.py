"""Cells that a spreadsheet would run as a formula when a person opens our file: text that begins with = + - or @.

Such text is written with an apostrophe before it, and read back without. Text that has the apostrophe already gets one
more, so that every cell comes back as it was.
"""

import re
from typing import Final

_RUNS: Final = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_PLAIN: Final = re.compile(r"-\d+(?:\.\d+)?|-+", re.ASCII)


def neutral(cell: str) -> str:
    """Return the cell for a file that people open. A negative number stays a number."""
    return f"'{cell}" if _RUNS.match(cell) and not _PLAIN.fullmatch(cell) else cell


def as_it_was(cell: str) -> str:
    """Return what `neutral` was given. A cell that it did not write stays as it is."""
    if cell.startswith("'") and _RUNS.match(cell) and not _PLAIN.fullmatch(cell[1:]):
        return cell[1:]
    return cell
