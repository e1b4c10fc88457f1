"""The numbers of tasks that an employer's files have had: a task is paid once, whatever file it is in again.

Each prepared file claims its numbers: for each the day and the worker whose row it went into. A claim counts where the
ledger has a row of that worker's day; what was prepared and never submitted keeps nobody from it. So it is asked when a
file is prepared and again before its rows are sent, for another one may have been sent in between. The same day of the
same worker may come again in any number of files: the row that is on the ledger says whether it is the same, unless it
was sent out of another file, and this one has a task that no row was sent with.

Numbers and workers are kept as digests, which say nothing of either.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Final, Self

from msgspec import Struct

from lxr.chaincode.sheet import sheets
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement.lookups import shards_of
from lxr.settlement.work.batch_file import Batch
from lxr.settlement.work.employer_database import open_database
from lxr.settlement.work.intake.fold import Fold

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS file (number INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS claim (
    task BLOB NOT NULL, file INTEGER NOT NULL, day INTEGER NOT NULL, worker BLOB NOT NULL, PRIMARY KEY (task, file)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS claims_of_file ON claim (file);
CREATE TABLE IF NOT EXISTS sent (
    day INTEGER NOT NULL, worker BLOB NOT NULL, file INTEGER NOT NULL, PRIMARY KEY (day, worker, file)
) WITHOUT ROWID;
"""
_EXPECTED: Final = Said("the employer's numbers of tasks")
_OTHERS: Final = """
SELECT DISTINCT mine.task, mine.day, mine.worker, other.day, other.worker, file.name
FROM file AS own JOIN claim AS mine ON mine.file = own.number JOIN claim AS other ON other.task = mine.task
JOIN file ON file.number = other.file
WHERE own.source = ? AND (other.day != mine.day OR other.worker != mine.worker) ORDER BY other.file
"""
_UNPAID: Final = """
SELECT DISTINCT mine.day, mine.worker, file.name
FROM file AS own JOIN claim AS mine ON mine.file = own.number
JOIN sent AS there ON there.day = mine.day AND there.worker = mine.worker JOIN file ON file.number = there.file
WHERE own.source = ?
AND NOT EXISTS (SELECT 1 FROM sent WHERE file = own.number AND day = mine.day AND worker = mine.worker)
AND NOT EXISTS (
    SELECT 1 FROM claim AS paid JOIN sent USING (file, day, worker) WHERE paid.task = mine.task
)
ORDER BY there.file
"""
_NAME_CHARACTERS: Final = 200

WorkerDay = tuple[int, bytes]
"""A day's ordinal and a worker's digest."""


class Taken(Struct, frozen=True):
    """A number that is on the ledger with another row. task: its digest. worker_day: the row that has it again."""

    task: bytes
    worker_day: WorkerDay
    day: date
    file: str

    @property
    def said(self) -> Said:
        """Where it was taken."""
        return Said("was taken already with {day}, from {file}", day=str(self.day), file=self.file)


class TaskNumbers:
    """The claims of one employer's files. Every method raises InputFault: the database cannot be used."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection: Final = connection

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Open an employer's claims; begin them, where there are none."""
        with open_database(path, _TABLES, _EXPECTED) as connection:
            yield cls(connection)

    def claim(self, batch: Batch, fold: Fold, name: str) -> None:
        """Keep the numbers of the tasks in a batch. name: of the file that it was made of.

        The same batch again changes nothing but that name.
        """
        rows = {
            row: (sheet.day.toordinal(), _digest(one.worker))
            for sheet in batch.sheets
            for one in sheet.rows
            for row in one.source_rows
        }
        claims = ((task, *rows[row]) for task, row in fold.numbers.items() if row in rows)
        with self._connection as connection:
            connection.execute(
                "INSERT INTO file (source, name) VALUES (?, ?) ON CONFLICT (source) DO UPDATE SET name = excluded.name",
                (batch.source, name[-_NAME_CHARACTERS:]),
            )
            (file,) = connection.execute("SELECT number FROM file WHERE source = ?", (batch.source,)).fetchone()
            connection.executemany(
                "INSERT OR REPLACE INTO claim (task, file, day, worker) VALUES (?, ?, ?, ?)",
                ((task, file, day, worker) for task, day, worker in claims),
            )

    def forget(self, batch: Batch) -> None:
        """Drop the claims of a batch that is made anew."""
        with self._connection as connection:
            connection.execute(
                "DELETE FROM claim WHERE file = (SELECT number FROM file WHERE source = ?)", (batch.source,)
            )
            connection.execute(
                "DELETE FROM sent WHERE file = (SELECT number FROM file WHERE source = ?)", (batch.source,)
            )
            connection.execute("DELETE FROM file WHERE source = ?", (batch.source,))

    def keep_sent(self, batch: Batch, worker_days: Iterable[WorkerDay]) -> None:
        """Keep which rows of a batch the ledger has taken; nothing where its tasks have no numbers here."""
        with self._connection as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO sent (day, worker, file) SELECT ?, ?, number FROM file WHERE source = ?",
                ((day, worker, batch.source) for day, worker in worker_days),
            )

    def unpaid(self, batch: Batch) -> dict[WorkerDay, str]:
        """Return rows that were sent out of another file, whose name is given, and here have a task of no row sent."""
        found = self._connection.execute(_UNPAID, (batch.source,)).fetchall()
        return {(day, worker): name for day, worker, name in found}

    def taken(self, client: Client, batch: Batch, same: Collection[WorkerDay] | None = None) -> tuple[Taken, ...]:
        """Return the numbers of a batch's tasks that are on the ledger with another row.

        A task of the same day that the batch gives to another worker is free where the batch has the first worker's row
        too: then it is a corrected file. same: the batch's rows that are on the ledger as they are, the only ones that
        count as such; None: they are yet to be compared.
        """
        others = self._connection.execute(_OTHERS, (batch.source,)).fetchall()
        if not others:
            return ()
        days = {date.fromordinal(other_day) for _, _, _, other_day, _, _ in others}
        there = _on_ledger(client, batch.employer, days)
        every = {(sheet.day.toordinal(), _digest(row.worker)) for sheet in batch.sheets for row in sheet.rows}
        own = every if same is None else same
        return tuple(
            Taken(task, (day, worker), date.fromordinal(other_day), name)
            for task, day, worker, other_day, other_worker, name in others
            if (other_day, other_worker) in there and not (other_day == day and (other_day, other_worker) in own)
        )


def worker_day(day: date, worker: str) -> WorkerDay:
    """Return a row's place as claims name it. worker: its number."""
    return day.toordinal(), _digest(worker)


def _on_ledger(client: Client, employer: str, days: Iterable[date]) -> set[WorkerDay]:
    """Return the rows of these days that say any work."""
    places = [(employer, day, shard) for day in sorted(days) for shard in shards_of(client, employer)]
    return {
        worker_day(day, worker)
        for (_, day, _), sheet in zip(places, client.get_each(sheets, places), strict=True)
        if sheet is not None
        for worker, measures in sheet.content.each()
        if measures
    }


def _digest(worker: str) -> bytes:
    return blake2b(worker.encode(), digest_size=8).digest()
