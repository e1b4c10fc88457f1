"""Who the workers are: the one place that knows. Each person is encrypted with a key of their own.

Destroying that key erases the person (个人信息保护法 art. 47). The persons' keys are wrapped by a key derived from a
passphrase, so that the file alone says nothing. No message and no log shows what is kept here: a person is named by
the worker's number, which says nothing of who that is.
"""

import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from lxr.chaincode.persons import PersonState
from lxr.chaincode.types import canonical
from lxr.settlement.blinds import new_blind
from lxr.settlement.database import Database, marks
from lxr.settlement.errors import PeopleFault
from lxr.settlement.parts import in_parts
from lxr.settlement.person import Account, Person

_SALT_BYTES: Final = 32
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_MEMORY_COST: Final = 2**15
"""Of scrypt: 32 MiB and about a tenth of a second for each try of a passphrase (RFC 7914; r = 8, p = 1)."""
_ROWS_AT_ONCE: Final = 500


_TABLES: Final = (
    # how to derive the store's key; check: something sealed with it, to know a wrong passphrase by
    "CREATE TABLE IF NOT EXISTS people_store"
    ' (number INTEGER PRIMARY KEY, scrypt_salt BLOB NOT NULL, "check" BLOB NOT NULL) STRICT',
    "CREATE TABLE IF NOT EXISTS person (worker TEXT NOT NULL PRIMARY KEY, employer TEXT NOT NULL, reference BLOB,"
    " wrapped_key BLOB, sealed BLOB NOT NULL, UNIQUE (employer, reference)) STRICT",
    # the sealed random bytes under which the digest of a file with persons in it was said; see `blinds`
    "CREATE TABLE IF NOT EXISTS blind (name TEXT NOT NULL PRIMARY KEY, sealed BLOB NOT NULL) STRICT",
)
_SETTINGS: Final = (
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten
    # a commit survives a power cut from the moment it returns; without, what the ledger then hears could be lost
    "PRAGMA synchronous = EXTRA",
)
_PERSON: Final = "SELECT worker, employer, reference, wrapped_key, sealed FROM person"


class _PersonRow(NamedTuple):
    """A sealed person. reference: HMAC of the employer's number of the worker, to find it by.

    reference is None while the person is blocked: nobody finds them by it; once another has that number, it is a mark
    that nobody looks for. wrapped_key is None once they are erased.
    """

    worker: str
    employer: str
    reference: bytes | None
    wrapped_key: bytes | None
    sealed: bytes


class People:
    """The store, open. Every method raises PeopleFault. Use `open`; close it, or use it in a with-statement."""

    def __init__(self, path: Path, database: Database, store_key: bytes, index_key: bytes) -> None:
        self._path: Final = path
        self._database: Final = database
        self._store_key: Final = store_key
        self._index_key: Final = index_key

    @classmethod
    def open(cls, path: Path, passphrase: bytes) -> Self:
        """Open or begin a store.

        passphrase: at least one byte; it cannot be changed. Raises PeopleFault: no such place, wrong passphrase.
        """
        if not passphrase:
            raise PeopleFault("the passphrase of the store of persons is empty")
        with _faults(path):
            database = Database(path, _TABLES, _SETTINGS)
        try:
            with _faults(path):
                return cls(path, database, *_keys(database, passphrase))
        except InvalidTag:
            database.close()
            raise PeopleFault("wrong passphrase for the store of persons") from None
        except BaseException:
            database.close()
            raise

    def add(self, persons: Iterable[Person]) -> None:
        """Add all of them, or none: PeopleFault where one is there already by its number or its reference."""
        with self._writing():
            self._database.run_for_each("INSERT INTO person VALUES (?, ?, ?, ?, ?)", map(self._sealed, persons))

    def get(self, worker: str) -> Person:
        """One person. Raises PeopleFault: unknown, blocked or erased."""
        return self.get_many([worker])[worker]

    def get_blocked(self, worker: str) -> Person:
        """One person, blocked or not; the ledger has the reason already. Raises PeopleFault: unknown, or erased."""
        return self.get_many([worker], blocked=True)[worker]

    def others(self, worker: str) -> Iterator[Person]:
        """Everybody else who is not erased."""
        for row in self._persons("WHERE wrapped_key IS NOT NULL AND worker != ?", worker):
            yield self._person(row)

    def among_blocked(self, workers: Iterable[str]) -> tuple[str, ...]:
        """Those who are blocked."""
        return tuple(
            row.worker
            for some in in_parts(list(workers), _ROWS_AT_ONCE)
            for row in self._persons(
                f"WHERE worker IN ({marks(some)}) AND reference IS NULL AND wrapped_key IS NOT NULL", *some
            )
        )

    def state(self, worker: str) -> PersonState | None:
        """Where the data of a person stand; None: nobody is known by that number."""
        for row in self._persons("WHERE worker = ?", worker):
            if row.wrapped_key is None:
                return PersonState.ERASED
            return PersonState.BLOCKED if row.reference is None else PersonState.OPEN
        return None

    def get_many(self, workers: Iterable[str], *, blocked: bool = False) -> dict[str, Person]:
        """Persons by number. blocked: those too, for the ledger has the reason.

        Raises PeopleFault where one of them is unknown, erased, or otherwise blocked.
        """
        wanted = list(dict.fromkeys(workers))
        found: dict[str, Person] = {}
        for some in in_parts(wanted, _ROWS_AT_ONCE):
            for row in self._persons(f"WHERE worker IN ({marks(some)})", *some):
                if not blocked:
                    _refuse_blocked(row)
                found[row.worker] = self._person(row)
        for worker in wanted:
            if worker not in found:
                raise PeopleFault(f"nobody is known as {worker}")
        return found

    def find(self, employer: str, worker_refs: Iterable[str]) -> dict[str, str]:
        """The workers of an employer by its own numbers of them; those that are not known are left out."""
        references = {self._reference(employer, ref): ref for ref in worker_refs}
        return {
            references[row.reference]: row.worker
            for some in in_parts(list(references), _ROWS_AT_ONCE)
            for row in self._persons(f"WHERE employer = ? AND reference IN ({marks(some)})", employer, *some)
            if row.reference is not None
        }

    def workers_of(self, employer: str) -> dict[str, str]:
        """All workers of an employer that are found by its own numbers of them, by these, in their order."""
        rows = self._persons("WHERE employer = ? AND reference IS NOT NULL", employer)
        persons = [self._person(row) for row in rows if row.reference != _nobodys(row.worker)]
        return {person.worker_ref: person.worker for person in sorted(persons, key=lambda person: person.worker_ref)}

    def change_account(self, worker: str, bank_account: str, bank_code: str, bank_name: str, salt: str) -> None:
        """Take another account into use, and keep those of before. Doing it twice is no fault.

        It is paid to once the ledger has its commitment, signed by the worker. Raises PeopleFault: unknown, blocked.
        """
        with self._writing():
            row = self._need(worker)
            _refuse_blocked(row)
            changed = self._person(row).with_account(Account(bank_account, bank_code, bank_name, salt))
            sealed = _seal(self._key(row), canonical(changed), worker)
            self._database.run("UPDATE person SET sealed = ? WHERE worker = ?", sealed, worker)

    def block(self, worker: str) -> None:
        """Keep a person's data, and give them out by `get_blocked` only. Doing it twice is no fault."""
        with self._writing():
            self._need(worker)
            self._put_reference(worker, None)

    def unblock(self, worker: str) -> None:
        """Give a person's data out again; by the worker's number alone, where another has the employer's by now."""
        with self._writing():
            person = self._person(self._need(worker))
            try:
                self._put_reference(worker, self._reference(person.employer, person.worker_ref))
            except sqlite3.IntegrityError:
                self._put_reference(worker, _nobodys(worker))

    def erase(self, worker: str) -> None:
        """Destroy the person's key, and what is sealed with it. Doing it twice is no fault."""
        with self._writing():
            self._need(worker)
            self._database.run(
                "UPDATE person SET wrapped_key = NULL, reference = NULL, sealed = x'' WHERE worker = ?", worker
            )

    def draw_blind(self, name: str) -> bytes:
        """The random bytes that blind the digest of a file: drawn once, and on the disk when this returns."""
        with self._writing():
            if not self._blinds(name):
                sealed = _seal(self._store_key, new_blind(), f"blind {name}")
                self._database.run("INSERT INTO blind VALUES (?, ?)", name, sealed)
        return self.blind(name)

    def blind(self, name: str) -> bytes:
        """The random bytes that were drawn. Raises PeopleFault: none were, or they are destroyed."""
        with _faults(self._path):
            found = self._blinds(name)
        if not found:
            raise PeopleFault(f"the random bytes that blind the file of {name} are not in the store of persons")
        try:
            return _open(self._store_key, found[0], f"blind {name}")
        except InvalidTag:
            raise PeopleFault(f"the random bytes that blind the file of {name} are damaged") from None

    def destroy_blinds(self, names: Iterable[str]) -> None:
        """Destroy the random bytes of files, so that nobody tries a guess on their digests. Twice is no fault."""
        with self._writing():
            self._database.run_for_each("DELETE FROM blind WHERE name = ?", [(name,) for name in names])

    def close(self) -> None:
        """Give the file back."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Write alone, and as a whole."""
        with _faults(self._path), self._database.writing():
            yield

    def _persons(self, where: str, *values: object) -> list[_PersonRow]:
        with _faults(self._path):
            return [_PersonRow(*row) for row in self._database.rows(f"{_PERSON} {where}", *values)]

    def _need(self, worker: str) -> _PersonRow:
        for row in self._persons("WHERE worker = ?", worker):
            return row
        raise PeopleFault(f"nobody is known as {worker}")

    def _put_reference(self, worker: str, reference: bytes | None) -> None:
        self._database.run("UPDATE person SET reference = ? WHERE worker = ?", reference, worker)

    def _blinds(self, name: str) -> list[bytes]:
        return [sealed for (sealed,) in self._database.rows("SELECT sealed FROM blind WHERE name = ?", name)]

    def _sealed(self, person: Person) -> _PersonRow:
        key = secrets.token_bytes(_KEY_BYTES)
        return _PersonRow(
            worker=person.worker,
            employer=person.employer,
            reference=self._reference(person.employer, person.worker_ref),
            wrapped_key=_seal(self._store_key, key, person.worker),
            sealed=_seal(key, canonical(person), person.worker),
        )

    def _person(self, row: _PersonRow) -> Person:
        try:
            return msgspec.json.decode(_open(self._key(row), row.sealed, row.worker), type=Person)
        except (InvalidTag, msgspec.DecodeError):
            raise PeopleFault(f"the record of {row.worker} is damaged") from None

    def _key(self, row: _PersonRow) -> bytes:
        """Raises PeopleFault: erased."""
        if row.wrapped_key is None:
            raise PeopleFault(f"the person behind {row.worker} is erased")
        return _open(self._store_key, row.wrapped_key, row.worker)

    def _reference(self, employer: str, worker_ref: str) -> bytes:
        return hmac.new(self._index_key, canonical([employer, worker_ref]), hashlib.sha256).digest()


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
    """Raises PeopleFault."""
    if row.reference is None and row.wrapped_key is not None:
        raise PeopleFault(f"the person behind {row.worker} is blocked")


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError:
        raise PeopleFault("a person is in the store already, by number or by the employer's reference") from None
    except sqlite3.Error as fault:
        raise PeopleFault(f"the store of persons at {path} cannot be used: {fault}") from None


def _keys(database: Database, passphrase: bytes) -> tuple[bytes, bytes]:
    """Give the store's two keys, and make them first where it has none. Raises InvalidTag: a wrong passphrase."""
    kept = 'SELECT scrypt_salt, "check" FROM people_store'
    found = database.rows(kept)
    if not found:
        with database.writing():
            found = database.rows(kept)  # somebody else may have begun it meanwhile
            if not found:
                salt = secrets.token_bytes(_SALT_BYTES)
                keys = _derive(passphrase, salt)
                database.run("INSERT INTO people_store VALUES (1, ?, ?)", salt, _seal(keys[0], b"", "check"))
                return keys
    ((salt, check),) = found
    keys = _derive(passphrase, salt)
    _open(keys[0], check, "check")
    return keys


def _derive(passphrase: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """The key that wraps, and the key that indexes."""
    made = Scrypt(salt=salt, length=2 * _KEY_BYTES, n=_MEMORY_COST, r=8, p=1).derive(passphrase)
    return made[:_KEY_BYTES], made[_KEY_BYTES:]


def _seal(key: bytes, plain: bytes, owner: str) -> bytes:
    """AES-256-GCM under a random nonce. Bound to its owner: it opens in no other row."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, owner.encode())


def _open(key: bytes, sealed: bytes, owner: str) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner.encode())
