"""Processes that begin commands at the same moment."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.pool import Pool
from multiprocessing.synchronize import Barrier
from typing import Final

from lxr.node import backup, blockfile
from lxr.settlement.people import store as people
from lxr.settlement.rehearsal import books
from lxr.settlement.reports import projection
from waiting import PATIENCE_S

DATABASES: Final = (blockfile, people, projection, books, backup)
"""Where it is said how long who finds a database in use waits for it."""
_LOADED: Final = ["pytest", "lxr.cli.app", "lxr.settlement.people.store", "lxr.settlement.reports.projection"]
"""What most commands need."""


@contextmanager
def processes(number: int) -> Iterator[Pool]:
    """So many, of which none begins anything before all are there."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    with context.Pool(number, _ready, (context.Barrier(number),)) as pool:
        yield pool


def _ready(all_are_there: Barrier) -> None:
    for module in DATABASES:
        module.BUSY_SECONDS_MAX = PATIENCE_S  # type: ignore[attr-defined]
    all_are_there.wait(PATIENCE_S)
