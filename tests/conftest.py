"""For all tests."""

import signal

import pytest
from hypothesis import HealthCheck, settings

from quick import examples

# A shell that starts the tests in the background has them ignore Ctrl-C, as would the commands that they interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says nothing on a machine that is busy with something else.
settings.register_profile(
    "busy", max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests first: for one of a minute all other processes would wait if it came last."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
