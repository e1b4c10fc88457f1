"""Several commands at once on one ledger: each waits its turn or says in one line that it did not get one."""

import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from multiprocessing.pool import Pool
from pathlib import Path

import pytest

import atonce
from commandline import PASSPHRASE, Lxr, Ran
from crews import Crew, prepared
from lxr.node import blockfile
from lxr.node.embedded import EmbeddedLedger
from lxr.settlement.people import store as people
from lxr.settlement.rehearsal import books
from lxr.settlement.rehearsal.month import write_roster
from lxr.settlement.reports.projection import Projection
from samestate import rows
from waiting import PATIENCE_S

WORKERS, SHARDS, DAYS = 12, 4, 12
AT_ONCE = 6
EMPLOYERS = ("E001", "E002")
FIRST = date(2026, 8, 3)
WORKED, SETTLED = "2026-08-31T20:00", "2026-09-15T10:00"
Words = tuple[object, ...]
AtOnce = Callable[..., list[Ran]]
Patience = Callable[[float], None]


@pytest.fixture(scope="module")
def crews(tmp_path_factory: pytest.TempPathFactory) -> Lxr:
    """Two employers, funded, each with a batch that is prepared and not submitted."""
    crew = Crew(WORKERS, SHARDS, FIRST, DAYS, "90000")
    return replace(prepared(tmp_path_factory.mktemp("crews"), crew, EMPLOYERS), at=WORKED)


def copied(lxr: Lxr, place: Path) -> Lxr:
    shutil.copytree(lxr.directory, place)
    return replace(lxr, directory=place)


@pytest.fixture
def lxr(crews: Lxr, tmp_path: Path) -> Lxr:
    return copied(crews, tmp_path / "at once")


@pytest.fixture(scope="module")
def processes() -> Iterator[Pool]:
    with atonce.processes(AT_ONCE) as pool:
        yield pool


@pytest.fixture
def at_once(processes: Pool) -> AtOnce:
    """Commands, begun together. None may wait in vain, show a traceback, or say more than one line of what is wrong."""

    def run(lxr: Lxr, *commands: Words) -> list[Ran]:
        begun = [processes.apply_async(lxr, words) for words in commands]
        ended = [each.get(timeout=PATIENCE_S) for each in begun]
        for ran in ended:
            assert ("Traceback" in ran.err, len(ran.err.splitlines()) <= 1) == (False, True), ran
        return ended

    return run


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> Patience:
    """How many seconds this process waits from now on for a database that is in use."""

    def wait(seconds: float) -> None:
        for module in atonce.DATABASES:
            monkeypatch.setattr(module, "BUSY_SECONDS_MAX", seconds)

    return wait


def tables(path: Path) -> dict[str, Counter[object]]:
    with closing(sqlite3.connect(path)) as store:
        names = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: Counter(store.execute(f'SELECT * FROM "{name}"')) for name in names}


def projection_is_as_rebuilt(lxr: Lxr, place: Path) -> bool:
    """Once it has followed to the ledger's end."""
    lxr.json("employer", "statement", "E001")
    ledger = EmbeddedLedger.open(lxr.directory / "ledger.db")
    with Projection.open(f"sqlite:///{place}") as rebuilt:
        rebuilt.rebuild(ledger)
    ledger.close()
    return tables(place) == tables(lxr.directory / "union" / "projection.db")


def state_of(lxr: Lxr) -> Counter[tuple[str, str]]:
    """But for whose witness moved the clock, and for the word of who restored it."""
    ledger = EmbeddedLedger.open(lxr.directory / "ledger.db")
    try:
        found = rows(ledger)
    finally:
        ledger.close()
    chance = re.compile(r"clock|request/[a-z]+\.witness/clock:|request/[a-z]+\.admin/restore:|restoration/")
    return Counter({row: count for row, count in found.items() if not chance.match(row[0]) and "lost" not in row[1]})


def figures(lxr: Lxr) -> Iterator[object]:
    for employer in EMPLOYERS:
        yield lxr.json("employer", "statement", employer)["closing_fen"]
        yield lxr.json("worker", "balance", f"{employer}/R0003")["closing_fen"]
    shown = lxr.json("ledger", "show")
    yield shown["supply_fen"], shown["reserve_fen"]


def submitting(lxr: Lxr, employer: str) -> Words:
    return "employer", "batch", "submit", employer, lxr.directory / f"{employer}.json"


def paying(employer: str) -> Words:
    return "union", "payday", employer, "2026-09-15"


AUDIT = ("ledger", "audit")
CLOSE = ("union", "close-day", FIRST)
"""What a clock gives each evening, whoever else is at work."""


def test_two_clerks_a_clock_two_treasurers_of_one_payday_and_auditors_at_once_come_to_what_one_after_the_other_does(
    lxr: Lxr, crews: Lxr, tmp_path: Path, at_once: AtOnce
) -> None:
    serial = copied(crews, tmp_path / "serial")
    for employer in EMPLOYERS:
        serial.json(*submitting(serial, employer))
    serial.json(*CLOSE)
    for employer in EMPLOYERS:
        replace(serial, at=SETTLED).json(*paying(employer))

    batches = [submitting(lxr, employer) for employer in EMPLOYERS]
    lookups = [("employer", "statement", employer) for employer in EMPLOYERS]
    ended = at_once(lxr, *batches, CLOSE, AUDIT, *lookups)
    assert [(0, "")] * len(ended) == [(each.code, each.err) for each in ended], ended

    settled = replace(lxr, at=SETTLED)
    ended = at_once(settled, paying("E001"), paying("E001"), paying("E002"), AUDIT, *lookups[:1])
    first, second, *others = ended
    assert [(0, "")] * len(others) == [(each.code, each.err) for each in others], ended
    assert 0 in (first.code, second.code), ended
    assert all("is funded" in each.err or each.code == 0 for each in (first, second)), ended
    assert WORKERS == settled.json(*paying("E001"))["paid"]

    assert list(figures(replace(serial, at=SETTLED))) == list(figures(settled))
    assert state_of(serial) == state_of(lxr)
    assert True is settled.json(*AUDIT)["ok"]
    assert projection_is_as_rebuilt(settled, tmp_path / "rebuilt.db")


def test_the_banks_day_closed_and_booked_by_two_at_once_is_closed_and_booked_once(
    lxr: Lxr, crews: Lxr, tmp_path: Path, at_once: AtOnce
) -> None:
    deposit = ("employer", "deposit", "E001", "123.45", "--reference", "2")
    serial = copied(crews, tmp_path / "serial")
    for each in (lxr, serial):
        each.json(*deposit)
    ended = at_once(lxr, ("bank", "simulate"), ("bank", "simulate"), ("bank", "simulate"))
    assert [(0, "")] * 3 == [(each.code, each.err) for each in ended]
    ended = at_once(lxr, ("bank", "statement", "import"), ("bank", "statement", "import"), ("bank", "simulate"))
    assert [(0, "")] * 3 == [(each.code, each.err) for each in ended]
    serial.json("bank", "simulate")
    serial.json("bank", "statement", "import")
    assert list(figures(serial)) == list(figures(lxr))
    books_db = "bank/books.db"
    assert tables(serial.directory / books_db) == tables(lxr.directory / books_db)
    assert sorted(path.name for path in (serial.directory / "bank" / "outbox").iterdir()) == sorted(
        path.name for path in (lxr.directory / "bank" / "outbox").iterdir()
    )
    assert True is lxr.json(*AUDIT)["ok"]


def test_the_same_roster_taken_in_by_two_at_once_is_taken_in_once(lxr: Lxr, tmp_path: Path, at_once: AtOnce) -> None:
    refs = [f"N{number:04}" for number in range(40)]
    write_roster(tmp_path / "new.csv", 7, refs, 1000)
    lookups = ("employer", "batch", "status", "E001", "--month", "2026-08")
    ended = at_once(lxr, *[("employer", "roster", "E001", tmp_path / "new.csv")] * 3, lookups)
    assert 0 in [each.code for each in ended]
    assert all("is in the store already" in each.err or each.code == 0 for each in ended), ended
    listed = lxr.json("employer", "roster", "E001", tmp_path / "new.csv")["workers"]
    assert WORKERS + len(refs) == len({worker["worker"] for worker in listed})
    with closing(sqlite3.connect(lxr.directory / "union" / "store.db")) as store:
        assert [("ok",)] == store.execute("PRAGMA integrity_check").fetchall()
        assert [(2 * WORKERS + len(refs),)] == store.execute("SELECT count(*) FROM person").fetchall()


def test_a_backup_among_commands_that_write_is_whole(lxr: Lxr, tmp_path: Path, at_once: AtOnce) -> None:
    file = tmp_path / "lxr.tar"
    ended = at_once(lxr, *[submitting(lxr, employer) for employer in EMPLOYERS], ("ledger", "backup", file))
    assert [(0, "")] * 3 == [(each.code, each.err) for each in ended]
    restored = lxr.json("ledger", "restore", file, tmp_path / "new")
    assert True is restored["audit"]["ok"]
    again = Lxr(tmp_path / "new", WORKED)
    for employer in EMPLOYERS:
        assert 0 == again.json(*submitting(again, employer))["rejected"]
    assert state_of(lxr) == state_of(again)


HOLDERS = {
    "ledger.db": """
from lxr.chaincode.merkle import EMPTY
from lxr.node.headers import header_after
from lxr.node.embedded import EmbeddedLedger
ledger = EmbeddedLedger.open(path)
with ledger.writing():
    log = ledger.log()
    ledger.append(header_after(ledger.tip(), log, (), EMPTY), log, (), {"worker/W": b"half"})
    held()
""",
    "union/projection.db": """
from lxr.settlement.reports.projection import Projection
with Projection.open(f"sqlite:///{path}") as projection, projection._writing() as session:
    session.exec(text("DELETE FROM posting"))
    held()
""",
    "union/store.db": """
from sqlmodel import create_engine
with create_engine(f"sqlite:///{path}").connect() as connection:
    connection.exec_driver_sql("DELETE FROM person")
    held()
""",
    "bank/books.db": """
from lxr.settlement.rehearsal.books import Books
books = Books(path)
with books.transaction():
    books._db.execute("DELETE FROM days")
    held()
""",
}
HELD = """
import sys, time
from pathlib import Path
from sqlmodel import text
path = Path(sys.argv[1])
def held():
    print("held", flush=True)
    time.sleep(600)
"""
NEXT = {
    "ledger.db": ("employer", "add", "E003"),
    "union/projection.db": ("employer", "statement", "E001"),
    "union/store.db": ("employer", "roster", "E001"),
    "bank/books.db": ("bank", "simulate"),
}


@contextmanager
def holding(lxr: Lxr, name: str) -> Iterator[subprocess.Popen[str]]:
    """A process in the middle of writing."""
    process = subprocess.Popen(
        [sys.executable, "-c", HELD + HOLDERS[name], str(lxr.directory / name)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        assert "held\n" == process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


@pytest.mark.parametrize("name", HOLDERS)
def test_the_lock_of_a_process_that_was_killed_is_taken_over_at_once(
    lxr: Lxr, tmp_path: Path, patience: Patience, name: str
) -> None:
    undisturbed = copied(lxr, tmp_path / "undisturbed")
    for each in (lxr, undisturbed):
        each.json("employer", "statement", "E001")  # which makes the projection
    with holding(lxr, name) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        patience(0)
        found = lxr.json(*NEXT[name])
    assert str(undisturbed.json(*NEXT[name])) == str(found).replace(str(lxr.directory), str(undisturbed.directory))
    assert True is lxr.json(*AUDIT)["ok"]
    assert projection_is_as_rebuilt(lxr, tmp_path / "rebuilt.db")


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("ledger.db", NEXT["ledger.db"], "ledger.db: database is locked"),
        ("union/projection.db", NEXT["union/projection.db"], "cannot be used: database is locked"),
        ("union/store.db", ("employer", "roster", "E001", "new.csv"), "cannot be used: database is locked"),
        ("bank/books.db", NEXT["bank/books.db"], "books.db: cannot be used: database is locked"),
        ("union/store.db", ("ledger", "backup", "lxr.tar"), "store.db: database is locked"),
        ("ledger.db", ("ledger", "backup", "lxr.tar"), "ledger.db: database is locked"),
    ],
)
def test_who_waits_in_vain_is_told_so_in_one_line(
    lxr: Lxr, tmp_path: Path, patience: Patience, name: str, words: tuple[str, ...], said: str
) -> None:
    write_roster(tmp_path / "new.csv", 7, ["N0001"], 1000)
    lxr.json("employer", "statement", "E001")
    patience(0.2)
    given = [tmp_path / word if "." in word else word for word in words]
    with closing(sqlite3.connect(lxr.directory / name, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        ran, told = lxr(*given), lxr("--json", *given)
    assert (1, 1, 1, "") == (ran.code, told.code, len(ran.err.splitlines()), told.err), ran
    assert said in ran.err
    assert 0 == lxr(*given).code


def test_whoever_finds_a_database_in_use_waits_as_long_as_for_the_ledger(lxr: Lxr) -> None:
    patience_ms = blockfile.BUSY_SECONDS_MAX * 1000
    ledger = EmbeddedLedger.open(lxr.directory / "ledger.db")
    assert [(patience_ms,)] == ledger._rows("PRAGMA busy_timeout")
    ledger.close()
    bank = books.Books(lxr.directory / "bank" / "books.db")
    assert [{"timeout": patience_ms}] == bank._rows("PRAGMA busy_timeout")
    bank.close()
    opened: list[Callable[[], Projection | people.People]] = [
        lambda: Projection.open(f"sqlite:///{lxr.directory}/union/projection.db"),
        lambda: people.People.open(f"sqlite:///{lxr.directory}/union/store.db", PASSPHRASE.encode()),
    ]
    for make in opened:
        with make() as store, store._engine.connect() as connection:
            assert (patience_ms,) == connection.exec_driver_sql("PRAGMA busy_timeout").one()
