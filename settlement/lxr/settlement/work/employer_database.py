"""What is kept of an employer's work data on this machine: one database, in which each use has tables of its own."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from lxr.node.blockfile import BUSY_SECONDS_MAX
from lxr.node.said import Said
from lxr.settlement.errors import InputFault


@contextmanager
def open_database(path: Path, tables: str, expected: Said) -> Iterator[sqlite3.Connection]:
    """Open an employer's database; begin its tables, where there are none.

    Raises InputFault, also for what is done with the connection: it cannot be used. expected: what it should hold.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS_MAX)) as connection:
            connection.executescript(tables)
            yield connection
    except (sqlite3.Error, FileExistsError, PermissionError) as fault:
        problem = Said("cannot be used: {why}", why=str(fault))
        raise InputFault(file=str(path), problem=problem, expected=expected) from None
