"""Commands: what they have in common, who may give them, and the record that makes each happen once."""

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from .caller import Caller
from .refusals import MalformedCommand
from .types import Digest, Record, RequestId
from .world import Table, World

A = TypeVar("A", bound=Record, covariant=True)


class Command(Struct, Generic[A], frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="command"):
    """What is wanted, and, as its parameter, what is then answered.

    request_id: chosen by the sender, once for each thing that it wants done.
    """

    request_id: RequestId


class RequestRecord(Record, frozen=True):
    """An accepted request. body: digest of the command; None for a void, under which nothing can be accepted."""

    body: Digest | None
    tx_id: str
    result: msgspec.Raw


requests: Final = Table("request", RequestRecord)
"""Key: organisation.role, or employer.role.number; request id."""


AnyCommand = Command[Any]
D = TypeVar("D")


class Handler(Struct, frozen=True):
    """The function of a command, what it answers, and the callers, as 'organisation/role', that may give it."""

    function: Callable[[World, Any], Record]
    answer: type[Record]
    callers: frozenset[str]


HANDLERS: Final[dict[type[AnyCommand], Handler]] = {}


def handles(command: type[Command[A]], *callers: str) -> Callable[[Callable[[World, D], A]], Callable[[World, D], A]]:
    """Register the function of a command, which returns the command's answer."""

    def register(function: Callable[[World, D], A]) -> Callable[[World, D], A]:
        assert command not in HANDLERS
        _, taken, answer = function.__annotations__.values()
        assert taken is command
        HANDLERS[command] = Handler(function, answer, frozenset(callers))
        return function

    return register


class Voided(Record, frozen=True):
    """first_tx_id: the transaction that had already been accepted under the id; None if the void came first."""

    first_tx_id: str | None


class Void(Command[Voided], frozen=True, kw_only=True, tag="request.void"):
    """End a request whose outcome is unknown: if it was not accepted before, it never will be."""

    voided: RequestId


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
        raise MalformedCommand(case="void_itself")
    # WRITE: from here on it must succeed
    if first is not None:
        return Voided(first.tx_id if first.body else None)
    world.put(requests, RequestRecord(None, world.tx_id, msgspec.Raw(b"null")), scope, command.voided)
    return Voided(None)
