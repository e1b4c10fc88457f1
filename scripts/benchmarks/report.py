"""A measurement as a table for people, as JSON for programs, as Markdown for docs/performance.md."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.workload import Figures, Phase


class Measured(Struct, frozen=True):
    """conditions: under which it was measured. ledgers: of one or two, figures by name, which ends with the unit.

    aims: what some of the figures should come to, by name.
    """

    conditions: dict[str, str | int]
    ledgers: dict[str, Figures]
    aims: dict[str, str] = {}

    @property
    def head(self) -> tuple[str, ...]:
        """The columns: with two ledgers, the first one's figures beside the second's."""
        names = tuple(self.ledgers)
        return ("", *names, *([" : ".join(names)] if len(names) > 1 else []), *(["aim"] if self.aims else []))


@contextmanager
def phases(console: Console, count: int) -> Iterator[Phase]:
    """A bar that moves on with each of so many parts of the work, and is gone at the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=count)

        @contextmanager
        def shown(name: str) -> Iterator[None]:
            progress.update(task, description=name)
            yield
            progress.advance(task)

        yield shown


def write(measured: Measured, form: str) -> None:
    """To stdout. form: table, json or markdown."""
    {"table": _table, "json": _json, "markdown": _markdown}[form](measured)


def _table(measured: Measured) -> None:
    table = Table("", caption=_told(measured), caption_justify="left", box=None)
    for column in measured.head[1:]:
        table.add_column(column, justify="right")
    for row in _rows(measured):
        table.add_row(*row)
    Console(width=110).print(table)


def _json(measured: Measured) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(measured)).decode() + "\n")


def _markdown(measured: Measured) -> None:
    head = measured.head
    lines = [_told(measured), "", f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    lines += [f"| {' | '.join(row)} |" for row in _rows(measured)]
    sys.stdout.write("\n".join(lines) + "\n")


def _told(measured: Measured) -> str:
    return "; ".join(f"{name} {value}" for name, value in measured.conditions.items())


def _rows(measured: Measured) -> Iterator[tuple[str, ...]]:
    first, *others = measured.ledgers.values()
    for name, value in first.items():
        cells = [name, _number(value)]
        for other in others:
            beside = other.get(name)
            cells += ["" if beside is None else _number(beside), _number(value / beside) if beside else ""]
        if measured.aims:
            cells.append(measured.aims.get(name, ""))
        yield tuple(cells)


def _number(value: float) -> str:
    """Two digits that count, or all before the point."""
    if value == 0 or abs(value) >= 10:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"
