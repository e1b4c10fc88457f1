"""Which peer to go to: one's own while it answers, another organisation's while it does not."""

import threading
from collections.abc import Callable, Sequence
from typing import Final

from lxr.node.fabric.client.gateway import Gateway

REST_S: Final = 10.0
"""A peer that did not answer is left alone for so long, unless no other answers either."""


class Peers:
    """One gateway of each organisation, one's own first. failovers: how often another one took over."""

    def __init__(self, gateways: Sequence[Gateway], clock: Callable[[], float]) -> None:
        self._gateways: Final = tuple(gateways)
        self._clock: Final = clock
        self._lock: Final = threading.Lock()
        self._resting_until: Final[dict[str, float]] = {}
        self.failovers = 0

    @property
    def organisations(self) -> tuple[str, ...]:
        """One's own first."""
        return tuple(gateway.organisation for gateway in self._gateways)

    def of(self, organisation: str) -> Gateway:
        """Return that organisation's peer."""
        return next(gateway for gateway in self._gateways if gateway.organisation == organisation)

    def working(self) -> Gateway:
        """Return the first that is not resting; if all are, the one that has rested longest."""
        with self._lock:
            return self._working()

    def failed(self, gateway: Gateway) -> None:
        """Let it rest, for it did not answer."""
        with self._lock:
            before = self._working()
            self._resting_until[gateway.organisation] = self._clock() + REST_S
            self.failovers += self._working() is not before

    def close(self) -> None:
        """Close all connections."""
        for gateway in self._gateways:
            gateway.close()

    def _working(self) -> Gateway:
        now = self._clock()
        until = {gateway: self._resting_until.get(gateway.organisation, now) for gateway in self._gateways}
        return min(self._gateways, key=lambda gateway: max(until[gateway], now))
