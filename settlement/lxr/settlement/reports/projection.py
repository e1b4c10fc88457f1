"""What commands look up and the ledger does not index, fed from its blocks: a cache that can be made again at any time.

It is never evidence. Whoever is shown a figure from here can have it from the ledger, and `rebuild` makes the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from typing import Any, Final, Self

from sqlalchemy import Engine, event, func
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlmodel import Session, col, select

from lxr.chaincode.days import moment
from lxr.node.blockfile import BUSY_SECONDS_MAX
from lxr.node.port import Ledger
from lxr.node.progress import Progress
from lxr.settlement.database import engine_of
from lxr.settlement.errors import ProjectionFault
from lxr.settlement.reports.projection_rows import take
from lxr.settlement.reports.projection_tables import (
    SCHEMA,
    TABLES,
    MarkRow,
    OrderRow,
    PayLineRow,
    PostingRow,
    TransactionRow,
    WriteRow,
)
from lxr.token.accounts import OF_WORKERS, account

BATCH_BLOCKS: Final = 100
"""The most blocks in one transaction of the database."""


class Projection:
    """The store, open. Every method raises ProjectionFault, and LedgerFault where it is given a ledger."""

    def __init__(self, engine: Engine) -> None:
        self._engine: Final = engine

    @classmethod
    def open(cls, url: str) -> Self:
        """Open or begin a projection. url: of SQLAlchemy, as "sqlite:///union/store.db"."""
        try:
            engine = engine_of(url)
        except (ArgumentError, ImportError):
            raise ProjectionFault("{url} is no database; expected one like sqlite:///store.db", url=url) from None
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _leave_transactions_to_us)
            event.listen(engine, "begin", _begin)
        made = cls(engine)
        try:
            with made._writing() as session:
                TABLES.create_all(session.connection())
                if session.get(MarkRow, 1) is None:
                    session.add(MarkRow(number=1, tables=SCHEMA, height=0, hash=""))
        except ProjectionFault:
            made.close()
            raise
        return made

    def close(self) -> None:
        """Give back the connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def height(self) -> int:
        """How many blocks are in it."""
        with self._reading() as session:
            return _mark(session).height

    def follow(self, ledger: Ledger, progress: Progress | None = None) -> int:
        """Take in the blocks that came since the last time; how many there were.

        A stop at any moment loses nothing: blocks are taken some at a time, each batch as a whole.
        """
        taken = 0
        while True:
            with self._writing() as session:
                mark = _mark(session)
                _refuse_other_ledger(ledger, mark)
                blocks = list(islice(ledger.blocks(mark.height), BATCH_BLOCKS))
                if not blocks:
                    return taken
                take(session, blocks)
                mark.height, mark.hash = mark.height + len(blocks), blocks[-1].hash
                session.add(mark)
                height = mark.height
            taken += len(blocks)
            if progress is not None:
                progress(height, ledger.height())

    def rebuild(self, ledger: Ledger, progress: Progress | None = None) -> int:
        """Drop everything and take in the whole ledger."""
        with self._writing() as session:
            TABLES.drop_all(session.connection())
            TABLES.create_all(session.connection())
            session.add(MarkRow(number=1, tables=SCHEMA, height=0, hash=""))
        return self.follow(ledger, progress)

    def postings_of(self, account: str, start: date = date.min, end: date = date.max) -> list[PostingRow]:
        """List what came and went on an account from start to end, both days included, in the ledger's order."""
        wanted = select(PostingRow).where(
            PostingRow.account == account, PostingRow.at_ms >= _from(start), PostingRow.at_ms < _until(end)
        )
        place = col(PostingRow.block), col(PostingRow.position), col(PostingRow.line)
        with self._reading() as session:
            return list(session.exec(wanted.order_by(*place)))

    def balance_of(self, account: str, before: date = date.max) -> int:
        """Return what an account held, in fen, when that day began; without a day, what it holds."""
        total = select(func.coalesce(func.sum(PostingRow.amount_fen), 0)).where(
            PostingRow.account == account, PostingRow.at_ms < _from(before)
        )
        with self._reading() as session:
            return int(session.exec(total).one())

    def transactions(
        self, employer: str | None = None, command: str | None = None, day: date | None = None
    ) -> list[TransactionRow]:
        """List the transactions about an employer, of a command ("payroll.fund"), of a day; all if none is given."""
        wanted = select(TransactionRow)
        if employer is not None:
            wanted = wanted.where(TransactionRow.employer == employer)
        if command is not None:
            wanted = wanted.where(TransactionRow.command == command)
        if day is not None:
            wanted = wanted.where(TransactionRow.at_ms >= _from(day), TransactionRow.at_ms < _until(day))
        with self._reading() as session:
            return list(session.exec(wanted.order_by(col(TransactionRow.block), col(TransactionRow.position))))

    def runs_of_worker(self, worker: str) -> list[PayLineRow]:
        """Return the worker's pay lines, in the order in which they were priced."""
        wanted = select(PayLineRow).where(PayLineRow.worker == worker)
        with self._reading() as session:
            return list(session.exec(wanted.order_by(col(PayLineRow.block), col(PayLineRow.position))))

    def orders_of_worker(self, worker: str) -> list[OrderRow]:
        """Return the payments of a worker's money to the bank, in the order in which they were held."""
        wanted = select(OrderRow).where(col(OrderRow.account).in_(account(kind, worker) for kind in OF_WORKERS))
        with self._reading() as session:
            place = col(OrderRow.block), col(OrderRow.position), col(OrderRow.number)
            return list(session.exec(wanted.order_by(*place)))

    def writes_of(self, key: str) -> list[WriteRow]:
        """Return the transactions that wrote the record under a ledger key, the first one first."""
        wanted = select(WriteRow).where(WriteRow.key == key)
        with self._reading() as session:
            return list(session.exec(wanted.order_by(col(WriteRow.block), col(WriteRow.position))))

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with self._faults(), Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """One transaction, alone: what is done in it stands when it closes, and only as a whole."""
        with self._faults(), Session(self._engine.execution_options(lxr_alone=True)) as session, session.begin():
            yield session

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as fault:
            why = getattr(fault, "orig", None) or type(fault).__name__
            place = self._engine.url.render_as_string()
            raise ProjectionFault("{place}: the projection cannot be used: {why}", place=place, why=why) from None


def _mark(session: Session) -> MarkRow:
    mark = session.exec(select(MarkRow).with_for_update()).first()
    if mark is None or mark.tables != SCHEMA:
        raise ProjectionFault("the projection was made by another release; rebuild it")
    return mark


def _refuse_other_ledger(ledger: Ledger, mark: MarkRow) -> None:
    if mark.height == 0:
        return
    block = next(ledger.blocks(mark.height - 1), None)
    if block is None or block.hash != mark.hash:
        last = mark.height - 1
        if block is None:
            raise ProjectionFault("the projection was made from a ledger with block {last}; rebuild it", last=last)
        raise ProjectionFault("the projection was made from a ledger with another block {last}; rebuild it", last=last)


def _from(day: date) -> int:
    return moment(day)


def _until(day: date) -> int:
    return moment(day, 1440)


def _leave_transactions_to_us(connection: Any, _: object) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS_MAX * 1000)}")


def _begin(connection: Any) -> None:
    """SQLite: who means to write takes the file at once, so that two who follow take turns."""
    alone = connection.get_execution_options().get("lxr_alone")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if alone else "BEGIN")
