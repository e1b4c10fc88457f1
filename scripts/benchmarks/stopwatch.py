"""Where the time of a client on Fabric goes: each step of it, by what it is done for."""

import functools
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

from lxr.chaincode.envelope import Envelope, open_payload, tag_of
from lxr.node.fabric.client.gateway import Gateway
from lxr.node.fabric.client.sending import Sender
from lxr.node.fabric.ledger import FabricLedger

ENDORSE, SUBMIT, COMMIT, FOLLOW = "endorse", "submit", "commit", "follow"
_STEPS: Final = (
    (Sender, "endorse", ENDORSE),
    (Gateway, "submit", SUBMIT),
    (Sender, "commit", COMMIT),  # submit, and the wait for its block
    (FabricLedger, "_take", FOLLOW),
)


class Stopwatch:
    """Seconds of each step since the last `clear`, by step and command; the command is empty where there is none."""

    def __init__(self) -> None:
        self.spent_s: Final[dict[tuple[str, str], list[float]]] = defaultdict(list)

    def clear(self) -> None:
        self.spent_s.clear()

    @contextmanager
    def on(self) -> Iterator[None]:
        """While open, the steps of every client in this process are timed."""
        with ExitStack() as stack:
            for kind, name, step in _STEPS:
                stack.enter_context(patch.object(kind, name, self._timed(getattr(kind, name), step)))
            yield

    def _timed(self, function: Callable[..., Any], step: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent_s = time.perf_counter() - began
                envelope = next((each for each in args if isinstance(each, Envelope)), None)
                self.spent_s[step, command_of(envelope) if envelope else ""].append(spent_s)

        return timed


def command_of(envelope: Envelope) -> str:
    """The tag of the command in it."""
    return tag_of(open_payload(envelope).command)
