"""Many commands about lines, one after the other in few blocks; broken off, the same again goes on where it stopped."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from lxr.chaincode.assignments import AssignLine
from lxr.chaincode.command import AnyCommand, requests
from lxr.chaincode.lines import Target
from lxr.chaincode.types import digest
from lxr.node.client import Client
from lxr.node.progress import Progress
from lxr.settlement import request_ids
from lxr.settlement.keys import BookingKey
from lxr.settlement.lookups import own, unused_request

_AT_ONCE: Final = 100
"""So many are given to the ledger together: a few seconds of work, after which it can be told how far it is."""


class LineRequest(Struct, frozen=True):
    """What is asked for of a line. request: the id that follows from it. command: of the id that is used."""

    request: str
    command: Callable[[str], AnyCommand]


def assigning(custody: str, key: BookingKey, target: Target) -> LineRequest:
    """Return the bank's word that a line is this."""
    day, booking = key

    def command(request_id: str) -> AnyCommand:
        return AssignLine(request_id=request_id, custody=custody, day=day, booking=booking, target=target)

    return LineRequest(request_ids.line("assign", custody, day, booking, digest(target)), command)


def answers(client: Client, asked: Sequence[LineRequest], progress: Progress | None = None) -> Iterator[Any]:
    """Yield the answers and refusals, in this order."""
    scope = client.scope
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        used = client.get_each(requests, [(scope, each.request) for each in some])
        commands = [
            each.command(each.request if there is None else unused_request(client, scope, each.request))
            for each, there in zip(some, used, strict=True)
        ]
        yield from client.submit_many(own(client, commands))
        if progress is not None:
            progress(start + len(some), len(asked))
