"""Many commands about lines, one after the other in few blocks; broken off, the same again goes on where it stopped."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from msgspec import Struct

from lxr.chaincode.command import AnyCommand, requests
from lxr.node.client import Client
from lxr.node.dry_run import DryRun
from lxr.node.progress import Progress
from lxr.node.said import Said
from lxr.settlement.bank.line_sheets.reading import SheetRow
from lxr.settlement.errors import InputFault
from lxr.settlement.lookups import unused_request
from lxr.token.refusal import Refusal

_AT_ONCE: Final = 100
"""So many are given to the ledger together: a few seconds of work, after which it can be told how far it is."""


class Asked(Struct, frozen=True):
    """What a row asks for. request: the id that follows from it. command: of the id that is used."""

    row: SheetRow
    request: str
    command: Callable[[str], AnyCommand]


class Checked(Struct, frozen=True):
    """What a sheet comes to. asked: what good rows ask for. done: how many rows the ledger has carried out already."""

    asked: tuple[Asked, ...]
    done: int
    faults: tuple[InputFault, ...]


def checked(client: Client, asked: Sequence[Asked], done: int, faults: Sequence[InputFault]) -> Checked:
    """Return what a sheet comes to once the good rows were tried as well."""
    refused = refused_when_tried(client, asked)
    bad = {fault.row for fault in refused}
    good = tuple(each for each in asked if each.row.number not in bad)
    return Checked(good, done, tuple(sorted([*faults, *refused], key=lambda fault: fault.row or 0)))


def refused_when_tried(client: Client, asked: Sequence[Asked]) -> list[InputFault]:
    """Return what the ledger would refuse of all of these, in their order; nothing of it stays."""
    trying = client.on(DryRun(client.ledger))
    return _faults(asked, _answers(trying, asked))


def send(client: Client, asked: Sequence[Asked], progress: Progress | None = None) -> tuple[int, list[InputFault]]:
    """Return how many were done, and what was refused after all, for somebody else was faster."""
    done = 0
    faults: list[InputFault] = []
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        refused = _faults(some, _answers(client, some))
        done, faults = done + len(some) - len(refused), faults + refused
        if progress is not None:
            progress(start + len(some), len(asked))
    return done, faults


def _answers(client: Client, asked: Sequence[Asked]) -> list[Any]:
    scope = client.scope
    used = client.get_each(requests, [(scope, each.request) for each in asked])
    commands = [
        each.command(each.request if there is None else unused_request(client, scope, each.request))
        for each, there in zip(asked, used, strict=True)
    ]
    return client.submit_many(commands)


def _faults(asked: Sequence[Asked], answers: Sequence[Any]) -> list[InputFault]:
    return [
        each.row.cell_fault("line", Said("{refusal}", refusal=answer))
        for each, answer in zip(asked, answers, strict=True)
        if isinstance(answer, Refusal)
    ]
