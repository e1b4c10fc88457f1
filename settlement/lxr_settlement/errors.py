"""What settlement code raises for input that a person can mend."""

from typing import Final


class InputFault(Exception):
    """One thing wrong with one input, in one line: where it is, what is there, what was expected."""

    def __init__(
        self, *, file: str, problem: str, expected: str = "", row: int | None = None, field: str | None = None
    ) -> None:
        where = file
        if row is not None:
            where += f", row {row}"
        if field is not None:
            where += f", field {field}"
        super().__init__(f"{where}: {problem}" + (f"; expected {expected}" if expected else ""))
        self.file: Final = file
        self.row: Final = row
        self.field: Final = field
        self.problem: Final = problem
        self.expected: Final = expected
