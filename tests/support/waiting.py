"""Waiting for what another thread or process does: far longer than any machine takes, for a busy one is no fault."""

import time
from collections.abc import Callable
from typing import Final

PATIENCE_S: Final = 300.0
_POLL_S: Final = 0.01


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it holds, now or soon."""
    give_up_s = time.monotonic() + PATIENCE_S
    while not (held := holds()) and time.monotonic() < give_up_s:
        time.sleep(_POLL_S)
    return held
