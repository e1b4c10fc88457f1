"""Requests by their ids: whose they are, what was answered, and one that is ended."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from lxr.chaincode.command import Void, Voided, requests
from lxr.node.client import Client
from lxr.settlement import request_ids
from lxr.settlement.lookups import submit_own


class Requested(Struct, frozen=True):
    """A request in one scope. by: whose. void: it was ended, and nothing can be accepted under it.

    result: what was answered, as JSON has it, to whatever command and by whatever contract.
    """

    by: str
    tx: str
    void: bool
    result: Any


def void(client: Client, request_id: str) -> Voided:
    """End a request of one's own whose outcome is unknown. Refuses: as Void."""
    return submit_own(client, Void(request_id=request_ids.void(request_id), voided=request_id))


def requests_of(client: Client, request_id: str) -> Iterator[Requested]:
    """Return what was asked for under an id, in every role that has used it."""
    for (by, name), record in client.scan(requests):
        if name == request_id:
            yield Requested(by, record.tx_id, record.body is None, msgspec.json.decode(record.result))
