"""Workers' numbers are found in the store of persons as `People.find` finds them, without what that loads."""

import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from lxr.settlement.errors import PeopleFault
from lxr.settlement.people.numbers import Numbers
from lxr.settlement.people.person import Person
from lxr.settlement.people.store import People
from waiting import PATIENCE_S

PASSPHRASE = b"open sesame"
WANG = Person(
    worker="W000000000001",
    employer="E001",
    worker_ref="R0001",
    name="王伟强",
    bank_account="6222021234567890128",
    bank_code="102100099996",
    bank_name="中国工商银行",
    salt="5a" * 32,
)
LI = replace(WANG, worker="W000000000002", worker_ref="R0002", salt="7b" * 32)
BLOCKED = replace(WANG, worker="W000000000003", worker_ref="R0003", salt="7c" * 32)
SUPERSEDED = replace(WANG, worker="W000000000004", worker_ref="R0004", salt="7d" * 32)
SUCCESSOR = replace(SUPERSEDED, worker="W000000000005", salt="7e" * 32)
ERASED = replace(WANG, worker="W000000000006", worker_ref="R0006", salt="7f" * 32)
ELSEWHERE = replace(WANG, worker="W000000000007", employer="E002", salt="80" * 32)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Persons in every state, in a place whose name means something in a URI."""
    path = tmp_path / "a? b#%41" / "store.db"
    path.parent.mkdir()
    with People.open(f"sqlite:///{tmp_path / 'store.db'}", PASSPHRASE) as people:
        people.add([WANG, LI, BLOCKED, SUPERSEDED, ERASED, ELSEWHERE])
        people.block(BLOCKED.worker)
        people.block(SUPERSEDED.worker)
        people.add([SUCCESSOR])
        people.unblock(SUPERSEDED.worker)
        people.erase(ERASED.worker)
    shutil.move(tmp_path / "store.db", path)
    return path


@pytest.mark.parametrize(
    ("employer", "reference", "number"),
    [
        ("E001", "R0001", WANG.worker),
        ("E001", "R0002", LI.worker),
        ("E002", "R0001", ELSEWHERE.worker),
        ("E001", "R0003", None),
        ("E001", "R0004", SUCCESSOR.worker),
        ("E001", "R0006", None),
        ("E001", "r0001", None),
        ("E003", "R0001", None),
        ("E001", "", None),
    ],
)
def test_who_is_found_and_who_is_not_is_the_same_as_by_the_whole_store(
    employer: str, reference: str, number: str | None, store: Path, tmp_path: Path
) -> None:
    plain = shutil.copy(store, tmp_path / "plain.db")
    with People.open(f"sqlite:///{plain}", PASSPHRASE) as people:
        assert number == people.find(employer, [reference]).get(reference)
    assert number == Numbers.open(store, PASSPHRASE).find(employer, reference)


def garbage(path: Path) -> None:
    path.write_bytes(b"no database at all, " * 500)


def missing(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def cut(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE people_store SET \"check\" = x'00'")
        connection.commit()


def written_by_hand(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE people_store SET scrypt_salt = 'salt'")
        connection.commit()


def nothing(path: Path) -> None:
    """Leave the store as it is."""


@pytest.mark.parametrize(
    ("harm", "passphrase"),
    [
        (nothing, b"open sesam"),
        (nothing, b""),
        *((harm, PASSPHRASE) for harm in (garbage, missing, directory, cut, written_by_hand)),
    ],
)
def test_what_cannot_be_read_is_refused_in_the_words_of_the_whole_store(
    harm: Callable[[Path], None], passphrase: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "union" / "store.db"
    path.parent.mkdir()
    People.open(f"sqlite:///{path}", PASSPHRASE).close()
    harm(path)
    with pytest.raises(PeopleFault) as expected:
        People.open(f"sqlite:///{path}", passphrase)
    with pytest.raises(PeopleFault) as found:
        Numbers.open(path, passphrase)
    assert str(expected.value) == str(found.value)


def test_nobody_is_found_in_a_store_whose_beginning_broke_off(store: Path) -> None:
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("DELETE FROM person")
        connection.execute("DELETE FROM people_store")
        connection.commit()
    assert None is Numbers.open(store, PASSPHRASE).find("E001", "R0001")


def test_a_store_that_is_written_to_is_waited_for(store: Path) -> None:
    numbers = Numbers.open(store, PASSPHRASE)
    found: list[str | None] = []
    finder = threading.Thread(target=lambda: found.append(numbers.find("E001", "R0001")))
    with closing(sqlite3.connect(store)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        finder.start()
        finder.join(0.2)
        assert [] == found
        writer.rollback()
    finder.join(PATIENCE_S)
    assert [WANG.worker] == found


def test_what_a_power_cut_left_half_written_is_undone(store: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    with closing(sqlite3.connect(store)) as writer:
        writer.execute("PRAGMA cache_size = 1")  # pages are written before the end
        writer.execute("UPDATE person SET reference = NULL, sealed = zeroblob(200000)")
        shutil.copytree(store.parent, cut)
        writer.rollback()
    assert (cut / "store.db-journal").stat().st_size
    assert WANG.worker == Numbers.open(cut / "store.db", PASSPHRASE).find("E001", "R0001")


def test_looking_changes_nothing(store: Path) -> None:
    before = store.read_bytes()
    store.chmod(0o400)
    numbers = Numbers.open(store, PASSPHRASE)
    assert LI.worker == numbers.find("E001", "R0002")
    assert before == store.read_bytes()
    assert [store] == [*store.parent.iterdir()]
