"""What commands look up and the ledger does not index, fed from its blocks: a cache that can be made again at any time.

It is never evidence. Whoever is shown a figure from here can have it from the ledger, and `rebuild` makes the same.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, Final, Self

from lxr.chaincode.days import moment
from lxr.node.port import Ledger
from lxr.node.progress import Progress
from lxr.settlement.database import Database, marks
from lxr.settlement.errors import ProjectionFault
from lxr.settlement.projection_rows import take
from lxr.settlement.projection_tables import (
    CREATE,
    SCHEMA,
    TABLES,
    Mark,
    OrderRow,
    PayLineRow,
    PostingRow,
    TransactionRow,
    WriteRow,
)
from lxr.token.accounts import OF_WORKERS, account

BATCH_BLOCKS: Final = 100
"""The most blocks in one transaction of the database."""
_BEGUN: Final = Mark(tables=SCHEMA, height=0, hash="")


class Projection:
    """The store, open. Every method raises ProjectionFault, and LedgerFault where it is given a ledger."""

    def __init__(self, path: Path) -> None:
        """Open or begin a projection."""
        self._path: Final = path
        with self._faults():
            self._database: Final = Database(path, CREATE)
        try:
            with self._writing():
                if not self._database.rows("SELECT 1 FROM projection"):
                    self._put_mark(_BEGUN)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the file back."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def height(self) -> int:
        """How many blocks are in it."""
        with self._faults():
            return self._mark().height

    def follow(self, ledger: Ledger, progress: Progress | None = None) -> int:
        """Take in the blocks that came since the last time; how many there were.

        A stop at any moment loses nothing: blocks are taken some at a time, each batch as a whole.
        """
        taken = 0
        while True:
            with self._writing():
                mark = self._mark()
                _refuse_other_ledger(ledger, mark)
                blocks = list(islice(ledger.blocks(mark.height), BATCH_BLOCKS))
                if not blocks:
                    return taken
                take(self._database, blocks)
                height = mark.height + len(blocks)
                self._put_mark(mark._replace(height=height, hash=blocks[-1].hash))
            taken += len(blocks)
            if progress is not None:
                progress(height, ledger.height())

    def rebuild(self, ledger: Ledger, progress: Progress | None = None) -> int:
        """Drop everything and take in the whole ledger."""
        with self._writing():
            for name in TABLES.values():
                self._database.run(f"DROP TABLE {name}")
            for statement in CREATE:
                self._database.run(statement)
            self._put_mark(_BEGUN)
        return self.follow(ledger, progress)

    def postings_of(self, account: str, start: date = date.min, end: date = date.max) -> list[PostingRow]:
        """What came and went on an account on the days from start to end, both included, in the ledger's order."""
        wanted = "SELECT * FROM posting WHERE account = ? AND at_ms >= ? AND at_ms < ? ORDER BY block, position, line"
        return [PostingRow(*row) for row in self._rows(wanted, account, _from(start), _until(end))]

    def balance_of(self, account: str, before: date = date.max) -> int:
        """What an account held, in fen, when that day began; without a day, what it holds."""
        total = "SELECT coalesce(sum(amount_fen), 0) FROM posting WHERE account = ? AND at_ms < ?"
        ((held_fen,),) = self._rows(total, account, _from(before))
        return int(held_fen)

    def transactions(
        self, employer: str | None = None, command: str | None = None, day: date | None = None
    ) -> list[TransactionRow]:
        """The transactions about an employer, of a command ("payroll.fund"), of a day; all, where nothing is given."""
        conditions: dict[str, object] = {}
        if employer is not None:
            conditions["employer = ?"] = employer
        if command is not None:
            conditions["command = ?"] = command
        if day is not None:
            conditions |= {"at_ms >= ?": _from(day), "at_ms < ?": _until(day)}
        wanted = f"SELECT * FROM ledger_transaction WHERE {' AND '.join(conditions) or 'true'} ORDER BY block, position"
        return [TransactionRow(*row) for row in self._rows(wanted, *conditions.values())]

    def runs_of_worker(self, worker: str) -> list[PayLineRow]:
        """The worker's pay lines, in the order in which they were priced."""
        wanted = "SELECT * FROM pay_line WHERE worker = ? ORDER BY block, position"
        return [PayLineRow(*row) for row in self._rows(wanted, worker)]

    def orders_of_worker(self, worker: str) -> list[OrderRow]:
        """The payments of a worker's money to the bank, in the order in which they were held."""
        accounts = [account(kind, worker) for kind in OF_WORKERS]
        wanted = f"SELECT * FROM payment_order WHERE account IN ({marks(accounts)}) ORDER BY block, position, number"
        return [OrderRow(*row) for row in self._rows(wanted, *accounts)]

    def writes_of(self, key: str) -> list[WriteRow]:
        """The transactions that wrote the record under a ledger key, the first one first."""
        wanted = "SELECT * FROM record_written WHERE key = ? ORDER BY block, position"
        return [WriteRow(*row) for row in self._rows(wanted, key)]

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._faults():
            return self._database.rows(sql, *values)

    def _mark(self) -> Mark:
        found = [Mark(*row) for row in self._database.rows("SELECT tables, height, hash FROM projection")]
        if [SCHEMA] != [mark.tables for mark in found]:
            raise ProjectionFault("the projection was made by another release; rebuild it")
        return found[0]

    def _put_mark(self, mark: Mark) -> None:
        self._database.run("DELETE FROM projection")
        self._database.run("INSERT INTO projection VALUES (?, ?, ?)", *mark)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Write alone, and as a whole."""
        with self._faults(), self._database.writing():
            yield

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as fault:
            raise ProjectionFault(f"{self._path}: the projection cannot be used: {fault}") from None


def _refuse_other_ledger(ledger: Ledger, mark: Mark) -> None:
    if mark.height == 0:
        return
    block = next(ledger.blocks(mark.height - 1), None)
    if block is None or block.hash != mark.hash:
        there = "is not there" if block is None else "is another"
        raise ProjectionFault(
            f"the projection was made from a ledger whose block {mark.height - 1} {there} in this one; rebuild it"
        )


def _from(day: date) -> int:
    return moment(day)


def _until(day: date) -> int:
    return moment(day, 1440)
