"""Commands: what they have in common, who may give them, and the record that makes each happen once."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from .caller import Caller
from .refusals import MalformedCommand
from .types import Digest, Record, RequestId
from .world import Table, World


class Command(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="command"):
    """request_id: chosen by the sender, once for each thing that it wants done."""

    request_id: RequestId


class RequestRecord(Record, frozen=True):
    """An accepted request. body: digest of the command; None for a void, under which nothing can be accepted."""

    body: Digest | None
    tx_id: str
    result: msgspec.Raw


requests: Final = Table("request", RequestRecord)
"""Key: organisation.role, or employer.role.number; request id."""


class Handler(Struct, frozen=True):
    """The function of a command, and the callers, as 'organisation/role', that may give it."""

    function: Callable[[World, Any], Record]
    callers: frozenset[str]


HANDLERS: Final[dict[type[Command], Handler]] = {}

C = TypeVar("C", bound=Command)
Function = TypeVar("Function", bound=Callable[[World, Any], Record])


def handles(command: type[Command], *callers: str) -> Callable[[Function], Function]:
    """Register the function of a command."""

    def register(function: Function) -> Function:
        assert command not in HANDLERS
        HANDLERS[command] = Handler(function, frozenset(callers))
        return function

    return register


class Void(Command, frozen=True, kw_only=True, tag="request.void"):
    """End a request whose outcome is unknown: if it was not accepted before, it never will be."""

    voided: RequestId


class Voided(Record, frozen=True):
    """first_tx_id: the transaction that had already been accepted under the id; None if the void came first."""

    first_tx_id: str | None


def request_scope(caller: Caller) -> str:
    """Whose request ids a caller's are: those of one role of an organisation, or of one employer."""
    return ".".join(filter(None, (caller.organisation, caller.role, caller.employer)))


@handles(
    Void,
    *("union/operator", "union/treasurer", "union/admin", "employer/signer", "employer/treasurer", "employer/admin"),
    *("bank/teller", "bank/admin", "bank/auditor", "regulator/admin", "regulator/auditor", "union/auditor"),
)
def void(world: World, command: Void) -> Voided:
    """Void a request id of one's own. Refuses: MalformedCommand."""
    # READ
    scope = request_scope(world.caller)
    first = world.get(requests, scope, command.voided)
    # REFUSE
    if command.voided == command.request_id:
        raise MalformedCommand(problem="a request cannot void itself")
    # WRITE: from here on it must succeed
    if first is not None:
        return Voided(first.tx_id if first.body else None)
    world.put(requests, RequestRecord(None, world.tx_id, msgspec.Raw(b"null")), scope, command.voided)
    return Voided(None)
