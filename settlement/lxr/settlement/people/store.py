"""Who the workers are: the one place that knows. Each person is encrypted with a key of their own.

Destroying that key erases the person (个人信息保护法 art. 47). The persons' keys are wrapped by a key derived from a
passphrase, so that the file alone says nothing. No message and no log shows what is kept here: a person is named by
the worker's number, which says nothing of who that is.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, Self

import msgspec
from cryptography.exceptions import InvalidTag
from sqlalchemy import Engine, UniqueConstraint, event
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError
from sqlmodel import Field, Session, SQLModel, col, select

from lxr.chaincode.persons import PersonState
from lxr.chaincode.types import canonical
from lxr.node.blockfile import BUSY_SECONDS_MAX
from lxr.settlement.database import engine_of
from lxr.settlement.errors import PeopleFault
from lxr.settlement.parts import in_parts
from lxr.settlement.people.blinds import new_blind
from lxr.settlement.people.person import Account, Person
from lxr.settlement.people.seals import (
    Keys,
    Lock,
    mark_of,
    new_key,
    new_lock,
    refuse_no_passphrase,
    seal,
    unlock,
    unseal,
)

_ROWS_AT_ONCE: Final = 500


class _StoreRow(SQLModel, table=True):
    """How to derive the store's key. check: something sealed with it, to know a wrong passphrase by."""

    __tablename__ = "people_store"
    number: int = Field(primary_key=True)
    scrypt_salt: bytes
    check: bytes


class _PersonRow(SQLModel, table=True):
    """A sealed person. reference: HMAC of the employer's number of the worker, to find it by.

    reference is None while the person is blocked: nobody finds them by it; once another has that number, it is a mark
    that nobody looks for. wrapped_key is None once they are erased.
    """

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("employer", "reference"),)
    worker: str = Field(primary_key=True)
    employer: str = Field(index=True)
    reference: bytes | None
    wrapped_key: bytes | None
    sealed: bytes


class _BlindRow(SQLModel, table=True):
    """The sealed random bytes under which the digest of a file with persons in it was said; see `blinds`."""

    __tablename__ = "blind"
    name: str = Field(primary_key=True)
    sealed: bytes


class People:
    """The store, open. Every method raises PeopleFault. Use `open`; close it, or use it in a with-statement."""

    def __init__(self, engine: Engine, keys: Keys) -> None:
        self._engine: Final = engine
        self._keys: Final = keys

    @classmethod
    def open(cls, url: str, passphrase: bytes) -> Self:
        """Open or begin a store. url: of SQLAlchemy, as "sqlite:///union/store.db".

        passphrase: at least one byte; it cannot be changed. Raises PeopleFault: no such place, wrong passphrase.
        """
        refuse_no_passphrase(passphrase)
        try:
            engine = engine_of(url)
        except (ArgumentError, ImportError):
            raise PeopleFault("the store of persons has no valid URL; expected one like sqlite:///store.db") from None
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _set_up)
        try:
            with _faults(engine):
                tables = [
                    SQLModel.metadata.tables[str(table.__tablename__)] for table in (_StoreRow, _PersonRow, _BlindRow)
                ]
                SQLModel.metadata.create_all(engine, tables)
                with Session(engine) as session:
                    row = session.get(_StoreRow, 1)
                    if row is None:
                        lock, keys = new_lock(passphrase)
                        session.add(_StoreRow(number=1, scrypt_salt=lock.salt, check=lock.check))
                        session.commit()
                    else:
                        keys = unlock(passphrase, Lock(row.scrypt_salt, row.check))
        except PeopleFault:
            engine.dispose()
            raise
        return cls(engine, keys)

    def add(self, persons: Iterable[Person]) -> None:
        """Add all of them, or none: PeopleFault where one is there already by its number or its reference."""
        with self._session() as session:
            for person in persons:
                key = new_key()
                session.add(
                    _PersonRow(
                        worker=person.worker,
                        employer=person.employer,
                        reference=self._reference(person.employer, person.worker_ref),
                        wrapped_key=seal(self._keys.wrapping, key, person.worker),
                        sealed=seal(key, canonical(person), person.worker),
                    )
                )
            session.commit()

    def get(self, worker: str) -> Person:
        """One person. Raises PeopleFault: unknown, blocked or erased."""
        return self.get_many([worker])[worker]

    def get_blocked(self, worker: str) -> Person:
        """One person, blocked or not; the ledger has the reason already. Raises PeopleFault: unknown, or erased."""
        return self.get_many([worker], blocked=True)[worker]

    def others(self, worker: str) -> Iterator[Person]:
        """Everybody else who is not erased."""
        with self._session() as session:
            for row in session.exec(select(_PersonRow).where(col(_PersonRow.wrapped_key).is_not(None))):
                if row.worker != worker:
                    yield self._person(row)

    def among_blocked(self, workers: Iterable[str]) -> tuple[str, ...]:
        """Those who are blocked."""
        found: list[str] = []
        with self._session() as session:
            for some in in_parts(list(workers), _ROWS_AT_ONCE):
                rows = session.exec(
                    select(_PersonRow.worker).where(
                        col(_PersonRow.worker).in_(some),
                        col(_PersonRow.reference).is_(None),
                        col(_PersonRow.wrapped_key).is_not(None),
                    )
                )
                found += rows
        return tuple(found)

    def state(self, worker: str) -> PersonState | None:
        """Where the data of a person stand; None: nobody is known by that number."""
        with self._session() as session:
            row = session.get(_PersonRow, worker)
        if row is None:
            return None
        if row.wrapped_key is None:
            return PersonState.ERASED
        return PersonState.BLOCKED if row.reference is None else PersonState.OPEN

    def get_many(self, workers: Iterable[str], *, blocked: bool = False) -> dict[str, Person]:
        """Persons by number. blocked: those too, for the ledger has the reason.

        Raises PeopleFault where one of them is unknown, erased, or otherwise blocked.
        """
        wanted = list(dict.fromkeys(workers))
        found: dict[str, Person] = {}
        with self._session() as session:
            for some in in_parts(wanted, _ROWS_AT_ONCE):
                for row in session.exec(select(_PersonRow).where(col(_PersonRow.worker).in_(some))):
                    if not blocked:
                        _refuse_blocked(row)
                    found[row.worker] = self._person(row)
        for worker in wanted:
            if worker not in found:
                raise PeopleFault("nobody is known as {worker}", worker=worker)
        return found

    def find(self, employer: str, worker_refs: Iterable[str]) -> dict[str, str]:
        """Return the workers of an employer by its own numbers of them; those that are not known are left out."""
        references = {self._reference(employer, ref): ref for ref in worker_refs}
        found: dict[str, str] = {}
        with self._session() as session:
            for some in in_parts(list(references), _ROWS_AT_ONCE):
                rows = session.exec(
                    select(_PersonRow.reference, _PersonRow.worker).where(
                        _PersonRow.employer == employer, col(_PersonRow.reference).in_(some)
                    )
                )
                found |= {references[reference]: worker for reference, worker in rows if reference is not None}
        return found

    def open_persons(self, employer: str | None = None) -> tuple[Person, ...]:
        """Return those of one employer, or all, who are neither blocked nor erased."""
        wanted = select(_PersonRow).where(col(_PersonRow.reference).is_not(None))
        if employer is not None:
            wanted = wanted.where(_PersonRow.employer == employer)
        with self._session() as session:
            return tuple(self._person(row) for row in session.exec(wanted) if row.reference != _nobodys(row.worker))

    def workers_of(self, employer: str) -> dict[str, str]:
        """All workers of an employer that are found by its own numbers of them, by these, in their order."""
        persons = sorted(self.open_persons(employer), key=lambda person: person.worker_ref)
        return {person.worker_ref: person.worker for person in persons}

    def change_account(self, worker: str, bank_account: str, bank_code: str, bank_name: str, salt: str) -> None:
        """Take another account into use, and keep those of before. Doing it twice is no fault.

        It is paid to once the ledger has its commitment, signed by the worker. Raises PeopleFault: unknown, blocked.
        """
        with self._session() as session:
            row = self._need(session, worker)
            _refuse_blocked(row)
            changed = self._person(row).with_account(Account(bank_account, bank_code, bank_name, salt))
            row.sealed = seal(self._key(row), canonical(changed), worker)
            session.add(row)
            session.commit()

    def block(self, worker: str) -> None:
        """Keep a person's data, and give them out by `get_blocked` only. Doing it twice is no fault."""
        with self._session() as session:
            row = self._need(session, worker)
            row.reference = None
            session.add(row)
            session.commit()

    def unblock(self, worker: str) -> None:
        """Give a person's data out again; by the worker's number alone, where another has the employer's by now."""
        with self._session() as session:
            row = self._need(session, worker)
            person = self._person(row)
            row.reference = self._reference(person.employer, person.worker_ref)
            session.add(row)
            try:
                session.commit()
            except IntegrityError:
                session.rollback()
                row = self._need(session, worker)
                row.reference = _nobodys(worker)
                session.add(row)
                session.commit()

    def erase(self, worker: str) -> None:
        """Destroy the person's key, and what is sealed with it. Doing it twice is no fault."""
        with self._session() as session:
            row = self._need(session, worker)
            row.wrapped_key = None
            row.reference = None
            row.sealed = b""
            session.add(row)
            session.commit()

    def draw_blind(self, name: str) -> bytes:
        """Return the random bytes that blind the digest of a file: drawn once, and on the disk when this returns."""
        with self._session() as session:
            row = session.get(_BlindRow, name)
            if row is None:
                session.add(_BlindRow(name=name, sealed=seal(self._keys.wrapping, new_blind(), f"blind {name}")))
                try:
                    session.commit()
                except IntegrityError:  # somebody else has drawn them meanwhile
                    session.rollback()
        return self.blind(name)

    def blind(self, name: str) -> bytes:
        """Return the random bytes that were drawn. Raises PeopleFault: none were, or they are destroyed."""
        with self._session() as session:
            row = session.get(_BlindRow, name)
        if row is None:
            raise PeopleFault(
                "the random bytes that blind the file of {name} are not in the store of persons", name=name
            )
        try:
            return unseal(self._keys.wrapping, row.sealed, f"blind {name}")
        except InvalidTag:
            raise PeopleFault("the random bytes that blind the file of {name} are damaged", name=name) from None

    def destroy_blinds(self, names: Iterable[str]) -> None:
        """Destroy the random bytes of files, so that nobody tries a guess on their digests. Twice is no fault."""
        with self._session() as session:
            for name in names:
                row = session.get(_BlindRow, name)
                if row is not None:
                    session.delete(row)
            session.commit()

    def close(self) -> None:
        """Give back the connection."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with _faults(self._engine), Session(self._engine) as session:
            yield session

    def _need(self, session: Session, worker: str) -> _PersonRow:
        row = session.get(_PersonRow, worker)
        if row is None:
            raise PeopleFault("nobody is known as {worker}", worker=worker)
        return row

    def _person(self, row: _PersonRow) -> Person:
        try:
            return msgspec.json.decode(unseal(self._key(row), row.sealed, row.worker), type=Person)
        except (InvalidTag, msgspec.DecodeError):
            raise PeopleFault("the record of {worker} is damaged", worker=row.worker) from None

    def _key(self, row: _PersonRow) -> bytes:
        """Raise PeopleFault: erased."""
        if row.wrapped_key is None:
            raise PeopleFault("the person behind {worker} is erased", worker=row.worker)
        return unseal(self._keys.wrapping, row.wrapped_key, row.worker)

    def _reference(self, employer: str, worker_ref: str) -> bytes:
        return mark_of(self._keys.marking, employer, worker_ref)


def _nobodys(worker: str) -> bytes:
    """Stands for the employer's number of a worker that another one has."""
    return f"only {worker}".encode()


def holds(store: Path, worker: str) -> bool:
    """Return whether a store, of a backup say, has a person who is not erased. Needs no passphrase."""
    try:
        with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT wrapped_key FROM person WHERE worker = ?", (worker,)).fetchone()
    except sqlite3.Error:
        return False  # it has no persons yet
    return found is not None and found[0] is not None


def _refuse_blocked(row: _PersonRow) -> None:
    """Raise PeopleFault."""
    if row.reference is None and row.wrapped_key is not None:
        raise PeopleFault("the person behind {worker} is blocked", worker=row.worker)


@contextmanager
def _faults(engine: Engine) -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise PeopleFault("a person is in the store already, by number or by the employer's reference") from None
    except SQLAlchemyError as fault:
        why = getattr(fault, "orig", None) or type(fault).__name__
        raise PeopleFault(
            "the store of persons at {url} cannot be used: {why}",
            url=engine.url.render_as_string(),
            why=why,
        ) from None


def _set_up(connection: Any, _: object) -> None:
    """Of SQLite: what is deleted is overwritten, and who finds the store in use waits as long as for the ledger.

    EXTRA: a commit survives a power cut from the moment it returns; without, what the ledger then hears could be lost.
    """
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS_MAX * 1000)}")
