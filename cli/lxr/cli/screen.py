"""What a command shows: lines and tables for people, or one JSON object for scripts."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console, JustifyMethod, OverflowMethod
from rich.table import Table
from rich.text import Text

from lxr.cli.output import fall_silent, write_object
from lxr.node.said import Said, visible
from lxr.token.fen import yuan
from lxr.token.refusal import Refusal

Step = Callable[[int, int], None]
"""Called as work goes on: how much is done, of how much."""


PIPE_WIDTH: Final = 160
"""Where nobody looks at a terminal, tables need not be cut."""


class _Console(Console):
    """Where the reader of a pipe has gone away, the work goes on without words."""

    def on_broken_pipe(self) -> None:
        fall_silent()


class Screen:
    """as_json: nothing but one JSON object, on the last line of standard output.

    What comes from a ledger or a file moves no cursor and breaks no line: each line and cell is made `visible`.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json: Final = as_json
        self.out: Final = _Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPE_WIDTH)
        self.err: Final = Console(stderr=True, highlight=False, soft_wrap=True)

    def say(self, line: str) -> None:
        """Write a line about what happens, for people only."""
        if not self.as_json:
            self.out.print(visible(line), markup=False)

    def warn(self, line: str) -> None:
        """Write a line on standard error, whatever the form of the answer."""
        self.err.print(f"lxr: {visible(line)}", markup=False)

    def table(
        self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, folded: bool = False
    ) -> None:
        """Show a table, for people only. Columns whose cells are all numbers stand to the right.

        folded: what is too long for its column goes on in the next line, where otherwise it is cut off.
        """
        if self.as_json:
            return
        table = Table(title=Text(visible(title)), title_justify="left", title_style="bold")
        for position, column in enumerate(columns):
            numeric = all(_numeric(row[position]) for row in rows)
            justify: JustifyMethod = "right" if numeric else "left"
            overflow: OverflowMethod = "fold" if folded else "ellipsis"
            table.add_column(Text(visible(column)), justify=justify, no_wrap=numeric or not folded, overflow=overflow)
        for row in rows:
            table.add_row(*(Text(visible(str(cell))) for cell in row))  # as it is: [brackets] mean nothing
        self.out.print(table)

    def result(self, value: Any) -> None:
        """Write the command's answer for scripts; people have had it in lines and tables."""
        if self.as_json:
            write_object(msgspec.to_builtins(value, enc_hook=_plain))

    def done(self, line: str, value: Any) -> None:
        """One line for people, one object for scripts."""
        self.say(line)
        self.result(value)

    @contextmanager
    def progress(self, label: str) -> Iterator[Step]:
        """Show a progress bar on standard error, where that is a terminal."""
        if not self.err.is_terminal:
            yield lambda *_: None
            return
        from lxr.cli.progress import shown_on  # most commands have nothing to show, or nobody to show it to

        with shown_on(self.err, label) as step:
            yield step


def money(amount_fen: int) -> str:
    """Fen for people: yuan with two decimals."""
    return yuan(amount_fen)


def _numeric(cell: object) -> bool:
    return isinstance(cell, int) or str(cell).replace(",", "").replace(".", "").replace("-", "").isdigit()


def _plain(value: object) -> Any:
    if isinstance(value, Path | Said):
        return str(value)
    if isinstance(value, Refusal):
        return {"code": value.code, "refusal": type(value).__name__, "facts": value.facts}
    raise NotImplementedError(f"no JSON form for {type(value)}")
