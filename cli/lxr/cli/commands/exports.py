"""What every command does that reads an export: its arguments, its mapping, how far it is, which days were moved."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from lxr.cli.screen import Screen
from lxr.cli.texts.language import text
from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.mapping import Mapping, load_mapping

EmployerRefOption = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help=text("whose rows, as the file names it", "文件中该单位的名称")),
]
MapOption = Annotated[Path, typer.Option("--map", metavar="FILE.toml", help=text("how the export is read", "映射文件"))]


def mapping_in(file: Path, employer_ref: str | None) -> Mapping:
    """Read a mapping. Raises InputFault: as load_mapping; or a part of an export is asked for, and none names it."""
    mapping = load_mapping(file)
    if employer_ref is not None and mapping.columns.employer is None:
        problem = Said("is missing, so that no part of a file is {name}'s", name=employer_ref)
        raise InputFault(file=str(file), field="columns.employer", problem=problem, expected="the employers' column")
    return mapping


@contextmanager
def reading(screen: Screen, export: Path) -> Iterator[Callable[[int], None]]:
    """Show how much of an export has been read: call what is given with the bytes so far."""
    size = export.stat().st_size if export.is_file() else 0
    with screen.progress(text("reading", "读取")) as step:
        yield lambda done: step(done, size)


def show_date_moves(screen: Screen, moves: Iterable[tuple[date, date]]) -> None:
    """Show as which day each day of the export counts, where the mapping moves them."""
    for source, target in moves:
        screen.say(text(f"  {source} is played as {target}", f"  {source} 按 {target} 处理"))
