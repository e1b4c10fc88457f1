"""For all tests."""

import signal
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import HealthCheck, settings

from inmemory import keep_files_in_memory
from lxr.settlement.people import seals
from quick import examples

keep_files_in_memory()

# A shell that starts the tests in the background has them ignore Ctrl-C, as would the commands that they interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says nothing on a machine that is busy with something else.
settings.register_profile(
    "busy", max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("busy")


@pytest.fixture(scope="session", autouse=True)
def derived_once() -> Iterator[None]:
    """Trying a passphrase takes a tenth of a second by design: here for each store once, not each time it is opened."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seals, "_derive", cache(seals._derive))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests first: for one of a minute all other processes would wait if it came last."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
