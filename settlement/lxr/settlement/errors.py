"""What settlement code raises for what a person can mend: light to import, for whoever tells of it."""

from typing import Final

from lxr.node.said import Fault, Name, Said, on_one_line

_WHERE: Final = {
    (False, False): "{file}",
    (True, False): "{file}, row {row}",
    (False, True): "{file}, field {field}",
    (True, True): "{file}, row {row}, field {field}",
}
"""The place of a fault, by whether its row and its field are known."""


class InputFault(Fault):
    """One thing wrong with one input, in one line: where it is, what is there, what was expected.

    Where the problem is what the contract would refuse, that is the fault's cause.
    """

    def __init__(
        self,
        *,
        file: str | Said,
        problem: str | Said,
        expected: str | Said = "",
        row: int | None = None,
        field: str | None = None,
    ) -> None:
        """file: its name, or the record in the place of one."""
        self.file: Final = on_one_line(str(file), 4096)
        self.row: Final = row
        self.field: Final = None if field is None else on_one_line(field)
        self.problem: Final = Said.of(problem)
        self.expected: Final = Said.of(expected)
        place = file if isinstance(file, Said) else Name(self.file)  # and never a sentence that is called like it
        where = Said(_WHERE[row is not None, field is not None], file=place, row=row, field=self.field)
        line = "{where}: {problem}; expected {expected}" if self.expected.text else "{where}: {problem}"
        super().__init__(line, where=where, problem=self.problem, expected=self.expected)


class PeopleFault(Fault):
    """Why the store of persons cannot do this, in one line without personal data."""


class CheckpointFault(Fault):
    """Why there is no such checkpoint, or what is wrong with the signatures on it, in one line."""


class ProjectionFault(Fault):
    """Why the projection cannot be used, and what to do, in one line."""


class VoucherFault(Fault):
    """Why there is no such voucher, in one line."""
