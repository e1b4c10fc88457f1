"""Fixtures of a town that is brought into a state before a test.

    @prepared_once
    def week(town: Town) -> Town: ...             # the fixture `week`

On the embedded ledger that is done for each test. A network, where each command is a journey, goes there once: for
further tests the state that it came to is set.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from fabricengine import FabricEngine
from town import Town


@dataclass(frozen=True)
class Left:
    """What a town is like after its preparation."""

    state: dict[str, bytes]
    at_ms: int
    requests: int


def prepared_once(prepare: Callable[[Town], Town]) -> Any:
    """Make a fixture of that name."""
    there: list[Left] = []

    @pytest.fixture(name=prepare.__name__)
    def prepared(town: Town) -> Town:
        engine = town.engine
        if not isinstance(engine, FabricEngine):
            return prepare(town)
        if there:
            (left,) = there
            engine.reset(left.state)
            town.at_ms, town.requests = left.at_ms, left.requests
        else:
            prepare(town)
            there.append(Left(dict(engine.scan("")), town.at_ms, town.requests))
        return town

    return prepared
