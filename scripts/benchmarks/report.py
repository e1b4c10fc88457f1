"""A measurement as a table for people, as JSON for programs, as Markdown for docs/performance.md."""

import sys
from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from benchmarks.workload import Figures

_HEAD: Final = ("", "Fabric", "embedded", "Fabric : embedded")


class Measured(Struct, frozen=True):
    """conditions: under which it was measured. Figures by name, which ends with the unit."""

    conditions: dict[str, str | int]
    fabric: Figures
    embedded: Figures


def write(measured: Measured, form: str) -> None:
    """To stdout. form: table, json or markdown."""
    {"table": _table, "json": _json, "markdown": _markdown}[form](measured)


def _table(measured: Measured) -> None:
    table = Table(*_HEAD[:1], caption=_told(measured), caption_justify="left", box=None)
    for column in _HEAD[1:]:
        table.add_column(column, justify="right")
    for row in _rows(measured):
        table.add_row(*row)
    Console(width=110).print(table)


def _json(measured: Measured) -> None:
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(measured)).decode() + "\n")


def _markdown(measured: Measured) -> None:
    lines = [_told(measured), "", f"| {' | '.join(_HEAD)} |", "|---|---:|---:|---:|"]
    lines += [f"| {' | '.join(row)} |" for row in _rows(measured)]
    sys.stdout.write("\n".join(lines) + "\n")


def _told(measured: Measured) -> str:
    return "; ".join(f"{name} {value}" for name, value in measured.conditions.items())


def _rows(measured: Measured) -> Iterator[tuple[str, str, str, str]]:
    for name, value in measured.fabric.items():
        beside = measured.embedded.get(name)
        ratio = _number(value / beside) if beside else ""
        yield name, _number(value), "" if beside is None else _number(beside), ratio


def _number(value: float) -> str:
    """Two digits that count, or all before the point."""
    if value == 0 or abs(value) >= 10:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"
