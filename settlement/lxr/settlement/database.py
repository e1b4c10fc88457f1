"""The SQLite files that the union keeps beside the ledger."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from lxr.node.blockfile import BUSY_SECONDS_MAX
from lxr.node.connections import Connections


class Database:
    """One file, made if it is not there, which any thread may use. Whoever finds it in use waits as for the ledger.

    Every method raises sqlite3.Error.
    """

    def __init__(self, path: Path, tables: Iterable[str], settings: Sequence[str] = ()) -> None:
        """Open it. tables: statements that change nothing where they were run before. settings: of each connection."""
        self._path: Final = path
        self._settings: Final = settings
        self._connections: Final = Connections(self._connect)
        try:
            for statement in tables:
                self.run(statement)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the file back."""
        self._connections.close()

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        return self._connections.of_this_thread().execute(sql, values).fetchall()

    def run(self, sql: str, *values: object) -> None:
        """Run one statement."""
        self._connections.of_this_thread().execute(sql, values)

    def run_for_each(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement with the values of each row."""
        self._connections.of_this_thread().executemany(sql, rows)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write alone: what is done in it stands when it closes, and only as a whole."""
        with self._connections.of_this_thread() as connection:
            connection.execute("BEGIN IMMEDIATE")  # at once, so that two who read before they write take turns
            yield

    def _connect(self) -> sqlite3.Connection:
        made = sqlite3.connect(self._path, timeout=BUSY_SECONDS_MAX, isolation_level=None, check_same_thread=False)
        for setting in self._settings:
            made.execute(setting)
        return made


def marks(values: Sequence[object]) -> str:
    """Return the place holders of so many values."""
    return ", ".join("?" * len(values))
