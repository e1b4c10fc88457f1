"""What a sheet comes to: all good rows are tried on a ledger on which nothing stays, and then sent."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from lxr.node.client import Client
from lxr.node.dry_run import DryRun
from lxr.node.progress import Progress
from lxr.node.said import Said
from lxr.settlement.bank.line_commands import LineRequest, answers
from lxr.settlement.bank.line_sheets.reading import SheetRow
from lxr.settlement.errors import InputFault
from lxr.token.refusal import Refusal

Asked = tuple[SheetRow, LineRequest]
"""What a row asks for."""


class Checked(Struct, frozen=True):
    """What a sheet comes to. asked: what good rows ask for. done: how many rows the ledger has carried out already."""

    asked: tuple[Asked, ...]
    done: int
    faults: tuple[InputFault, ...]


def checked(client: Client, asked: Sequence[Asked], done: int, faults: Sequence[InputFault]) -> Checked:
    """Return what a sheet comes to once the good rows were tried as well."""
    trying = client.on(DryRun(client.ledger))
    refused = _faults(asked, answers(trying, [request for _, request in asked]))
    bad = {fault.row for fault in refused}
    good = tuple(each for each in asked if each[0].number not in bad)
    return Checked(good, done, tuple(sorted([*faults, *refused], key=lambda fault: fault.row or 0)))


def send(client: Client, asked: Sequence[Asked], progress: Progress | None = None) -> tuple[int, list[InputFault]]:
    """Return how many were done, and what was refused after all, for somebody else was faster."""
    refused = _faults(asked, answers(client, [request for _, request in asked], progress))
    return len(asked) - len(refused), refused


def _faults(asked: Sequence[Asked], answered: Iterable[Any]) -> list[InputFault]:
    return [
        row.cell_fault("line", Said("{refusal}", refusal=answer))
        for (row, _), answer in zip(asked, answered, strict=True)
        if isinstance(answer, Refusal)
    ]
