"""Connections to one SQLite file, a thread's own for each thread that uses it."""

import sqlite3
import threading
from collections.abc import Callable
from typing import Final
from weakref import WeakSet


class _Opened:
    """One thread's connection, which goes with its thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection: Final = connection

    def __del__(self) -> None:
        self.connection.close()


class _OfThread(threading.local):
    opened: _Opened | None = None


class Connections:
    """Any thread may use the file: a thread's transaction is its own, and threads that write take turns.

    connect: makes one. Whoever closes them all, or the collector, does so from another thread, so it says
    check_same_thread=False; nobody else uses it there.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect: Final = connect
        self._of_thread: Final = _OfThread()
        self._all: Final = WeakSet[_Opened]()
        self._opening: Final = threading.Lock()
        self._closed = False

    def of_this_thread(self) -> sqlite3.Connection:
        """Return the connection of the thread that asks. Raises sqlite3.Error: it cannot be made, or all are closed."""
        opened = self._of_thread.opened
        if opened is None:
            opened = _Opened(self._connect())
            with self._opening:  # or one that is being opened would outlive `close`
                if self._closed:
                    raise sqlite3.ProgrammingError("is closed")
                self._all.add(opened)
            self._of_thread.opened = opened
        return opened.connection

    def close(self) -> None:
        """Close those of all threads."""
        with self._opening:
            self._closed = True
            for opened in list(self._all):
                opened.connection.close()
