"""What settlement code raises for what a person can mend: light to import, for whoever tells of it."""

import re
from typing import Final

from lxr.chaincode.unseen import UNSEEN

_LONGEST: Final = 300
UNSHOWN: Final = re.compile(rf"[{UNSEEN}\ud800-\udfff]")
"""What reaches no screen as it is: what nobody sees, and halves of characters."""


def on_one_line(said: str, most: int = _LONGEST) -> str:
    """What is said of bad input, as it may stand on a screen: of the input's own words at most so many characters.

    Line breaks, and characters that move the cursor or turn the text, are shown by their codes.
    """
    return visible(said if len(said) <= most else f"{said[:most]}…")


def visible(said: str) -> str:
    """Return the text with line breaks, and characters that move the cursor or turn the text, shown by their codes."""
    return UNSHOWN.sub(lambda unseen: repr(unseen[0])[1:-1], said)


class InputFault(Exception):
    """One thing wrong with one input, in one line: where it is, what is there, what was expected.

    Where the problem is what the contract would refuse, that is the fault's cause.
    """

    def __init__(
        self,
        *,
        file: str,
        problem: str,
        expected: str = "",
        row: int | None = None,
        field: str | None = None,
    ) -> None:
        self.file: Final = on_one_line(file, 4096)
        self.row: Final = row
        self.field: Final = None if field is None else on_one_line(field)
        self.problem: Final = on_one_line(problem)
        self.expected: Final = on_one_line(expected)
        where = self.file
        if row is not None:
            where += f", row {row}"
        if self.field is not None:
            where += f", field {self.field}"
        super().__init__(f"{where}: {self.problem}" + (f"; expected {self.expected}" if expected else ""))


class PeopleFault(Exception):
    """Why the store of persons cannot do this, in one line without personal data."""


class _OneLine(Exception):
    def __init__(self, problem: str) -> None:
        super().__init__(" ".join(problem.split()))


class CheckpointFault(_OneLine):
    """Why there is no such checkpoint, or what is wrong with the signatures on it, in one line."""


class ProjectionFault(_OneLine):
    """Why the projection cannot be used, and what to do, in one line."""


class VoucherFault(_OneLine):
    """Why there is no such voucher, in one line."""
