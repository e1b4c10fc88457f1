"""What the parts of a ledger cannot beat on this machine."""

import os
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks import calibration
from benchmarks.apart import apart
from benchmarks.workload import SHARD, timed

VERIFICATIONS: Final = 20_000
SYNCED_WRITES: Final = 500
PAGE_BYTES: Final = 8_192


def verifications_per_s(processes: int) -> float:
    """Of P-256 signatures over a short message, in so many processes side by side."""
    return sum(apart(*[partial(calibration.verifications_per_s, VERIFICATIONS)] * processes))


def synced_writes_per_s(place: Path) -> float:
    """Of a page to the end of a file, one after the other, each on the disk before the next."""
    with (place / "pages").open("wb", buffering=0) as file, timed() as took:
        for _ in range(SYNCED_WRITES):
            file.write(bytes(PAGE_BYTES))
            os.fsync(file.fileno())
    return SYNCED_WRITES / took.s


def postings_per_s(count: int, place: Path) -> float:
    """Into one bare table of SQLite, unsigned and unchecked, in one transaction that is synced to disk."""
    with closing(sqlite3.connect(place / "postings.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE posting (source TEXT, target TEXT, reason TEXT, fen INTEGER, at_ms INTEGER)")
        rows = [(f"run:{number // SHARD}", f"worker:{number}", "pay", 100_000, 0) for number in range(count)]
        with timed() as took:
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO posting VALUES (?, ?, ?, ?, ?)", rows)
            connection.execute("COMMIT")
    return count / took.s
