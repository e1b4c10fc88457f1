"""Finds workers' numbers by the employer's own numbers of them, in a store of persons that SQLite keeps.

It loads no SQLModel, which takes longer than all else that most commands do.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Self

from lxr.node.blockfile import BUSY_SECONDS_MAX
from lxr.settlement.errors import PeopleFault
from lxr.settlement.people.seals import Lock, mark_of, refuse_no_passphrase, unlock


class Numbers:
    """Finds what `People.find` finds, and raises what it raises. Use `open`."""

    def __init__(self, store: Path, marking_key: bytes | None) -> None:
        """marking_key: None: nobody is in the store yet."""
        self._store: Final = store
        self._marking_key: Final = marking_key

    @classmethod
    def open(cls, store: Path, passphrase: bytes) -> Self:
        """Open a store that there is. Raises PeopleFault: wrong passphrase, or not a store."""
        refuse_no_passphrase(passphrase)
        with _reading(store) as connection:
            row = connection.execute('SELECT scrypt_salt, "check" FROM people_store WHERE number = 1').fetchone()
        return cls(store, None if row is None else unlock(passphrase, Lock(*row)).marking)

    def find(self, employer: str, worker_ref: str) -> str | None:
        """Return the number of a worker; None: nobody is found by that reference. Raises PeopleFault."""
        if self._marking_key is None:
            return None
        mark = mark_of(self._marking_key, employer, worker_ref)
        with _reading(self._store) as connection:
            found = connection.execute(
                "SELECT worker FROM person WHERE employer = ? AND reference = ?", (employer, mark)
            ).fetchone()
        return None if found is None else str(found[0])


@contextmanager
def _reading(store: Path) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing but what a broken-off change of somebody else left to undo."""
    try:
        # Not mode=ro: that could undo no such change, and would fail at it.
        address = f"{store.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS_MAX)) as connection:
            connection.execute("PRAGMA query_only = ON")
            yield connection
    except sqlite3.Error as fault:
        raise PeopleFault(
            "the store of persons at {url} cannot be used: {why}", url=f"sqlite:///{store}", why=str(fault)
        ) from None
