"""Who may do what the offices offer: the callers that the contract lets give the command of a use case."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from lxr.chaincode.command import HANDLERS, AnyCommand
from lxr.chaincode.refusals import NotAllowed

F = TypeVar("F", bound=Callable[..., Any])

UseCase = Callable[..., Any]
_GIVEN: Final[dict[UseCase, type[AnyCommand]]] = {}


def gives(command: type[AnyCommand]) -> Callable[[F], F]:
    """Say which command a use case gives first: so a wrong role is told before anything is read."""

    def note(function: F) -> F:
        _GIVEN[function] = command
        return function

    return note


def refuse_role(use_case: UseCase, organisation: str, role: str, employer: str | None = None) -> None:
    """Refuse a role that may not give the command of a use case. Refuses: NotAllowed."""
    command = _GIVEN[use_case]
    if f"{organisation}/{role}" not in HANDLERS[command].callers:
        caller = "/".join(filter(None, (organisation, role, employer)))
        raise NotAllowed(caller=caller, command=str(command.__struct_config__.tag))
