"""How long a client tries again, and how long it waits between two attempts."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 2.0


class Timing(Struct, frozen=True):
    """clock: seconds, never backwards. random: from 0 up to 1. retry_budget_s: for one transaction, or one step of it.

    lag_s: as long as organisations may answer differently because one is behind.
    """

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    random: Callable[[], float]
    retry_budget_s: float
    lag_s: float


class RetryBudget:
    """The retry budget of one task, from now on."""

    def __init__(self, timing: Timing) -> None:
        self._timing: Final = timing
        self._began: Final = timing.clock()
        self._longest_s = _FIRST_PAUSE_S

    @property
    def left_s(self) -> float:
        """Seconds, 0 when it is at its end."""
        return max(0.0, self._timing.retry_budget_s - self.spent_s)

    @property
    def spent_s(self) -> float:
        """Seconds since it began."""
        return self._timing.clock() - self._began

    def pause(self) -> None:
        """Wait before the next attempt: a random part of a span that doubles each time."""
        self._timing.sleep(min(self.left_s, self._longest_s * self._timing.random()))
        self._longest_s = min(_LONGEST_PAUSE_S, 2 * self._longest_s)
