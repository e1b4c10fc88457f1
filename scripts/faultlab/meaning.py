"""What a consortium's directory comes to, without what is random: the same after a fault as without one."""

import re
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from faultlab.cycle import PASSPHRASE, SEALING
from lxr.chaincode.workers import workers
from lxr.network.keyfile import read_key
from lxr.node.audit import audit
from lxr.node.client import Client
from lxr.node.embedded import EmbeddedLedger
from lxr.settlement.lookups import paid_to
from lxr.settlement.people import store
from lxr.settlement.people.store import People
from lxr.settlement.reports.projection import Projection
from lxr.settlement.reports.projection_tables import TABLES
from lxr.settlement.work.signing import public_key_of
from samestate import rows, same_form

Meaning = dict[str, Any]
_SHOWN: Final = 300
_HEIGHT: Final = re.compile(r"(?<=checkpoint )\d+|\d+(?= blocks)|\d+(?= transactions)")
_LEFT: Final = re.compile(r".*\.(db|db-wal|db-shm|db-journal)")


def meaning(directory: Path, *, audited: bool) -> Meaning:
    """Part by part; `differences` tells two apart. Nothing in the directory is changed but what SQLite recovers."""
    found: Meaning = {"files": dict(_files(directory))}
    if not (directory / "ledger.db").exists():
        return found
    ledger = EmbeddedLedger.open(directory / "ledger.db")
    try:
        found["ledger"] = _ledger(ledger)
        found["storage"] = ledger.storage_fault()
        if audited:
            report = audit(ledger)
            found["audit"] = report.ok, report.fault, report.supply_fen, report.reserve_fen
        found["persons"] = dict(_persons(directory, Client.reading(ledger)))
        found["bank"] = _tables(directory / "bank" / "books.db")
        found["projection"] = _projection(directory, ledger)
    finally:
        ledger.close()
    return found


def differences(expected: Meaning, found: Meaning) -> Iterator[str]:
    """Where they differ, in one line each."""
    for part in sorted(expected.keys() | found.keys()):
        old, new = expected.get(part), found.get(part)
        if old == new:
            continue
        if isinstance(old, Counter) and isinstance(new, Counter):
            yield f"{part}: missing {list(old - new)[:3]}, too many {list(new - old)[:3]}"
        elif isinstance(old, dict) and isinstance(new, dict):
            for key in sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key)):
                yield f"{part}: {key}: {_short(old.get(key))} became {_short(new.get(key))}"
        else:
            yield f"{part}: {_short(old)} became {_short(new)}"


def same_words(said: str) -> str:
    """What a command has said, without what is random or counts blocks."""
    return same_form(_HEIGHT.sub("N", said))


def _files(directory: Path) -> Iterator[tuple[str, object]]:
    """All but databases, and what begins with a dot: that was in the making when it was cut off."""
    for path in sorted(directory.rglob("*")):
        name = str(path.relative_to(directory))
        if path.is_dir() or any(part.startswith(".") for part in Path(name).parts) or _LEFT.fullmatch(name):
            continue
        if path.suffix in (".key", ".crt", ".old"):
            yield name, path.stat().st_mode & 0o777
        elif path.suffix == ".xml":
            yield name, path.read_bytes()
        else:
            yield name, _same_text(path.read_text("utf-8"))


def _ledger(ledger: EmbeddedLedger) -> Counter[tuple[str, str]]:
    return Counter((_same_text(key), _same_text(value)) for key, value in rows(ledger).elements())


def _same_text(text: str) -> str:
    """Without what may differ: what was sent before is said to be there."""
    return same_form(text.replace(",already there,", ",accepted,"))


def _persons(directory: Path, client: Client) -> Iterator[tuple[str, object]]:
    """Each with what must fit together: the account here and the commitment there, the key here and there."""
    path = directory / "union" / "store.db"
    if not path.exists() or path.stat().st_size == 0:
        return
    store._MEMORY_COST = SEALING  # type: ignore[misc]
    with People.open(f"sqlite:///{path}", PASSPHRASE.encode()) as people:
        for reference, number in people.workers_of("E001").items():
            person, record = people.get(number), client.get(workers, number)
            key = directory / "workers" / f"{number}.key"
            point = public_key_of(read_key(key, PASSPHRASE.encode())) if key.exists() else None
            there = record and (record.public_key, record.new_key and record.new_key.public_key)
            yield (
                reference,
                (
                    *(person.name, person.bank_account, person.bank_code, number),
                    record and paid_to(client, number) == person.payee_commitment,
                    there and point in there,
                ),
            )


def _projection(directory: Path, ledger: EmbeddedLedger) -> object:
    """Whether what has grown is what would be made anew; None: nothing has grown yet."""
    if not (directory / "union" / "projection.db").exists():
        return None
    with tempfile.TemporaryDirectory(dir=directory.parent) as place:
        for path in (directory / "union").glob("projection.db*"):
            shutil.copy(path, place)
        tables = []
        for name in ("projection.db", "anew.db"):
            with Projection.open(f"sqlite:///{place}/{name}") as projection:
                projection.follow(ledger)
            tables.append(_tables(Path(place) / name, [table.name for table in TABLES.sorted_tables]))
    return "as made anew" if tables[0] == tables[1] else list(differences(*({"": each} for each in tables)))


def _tables(path: Path, names: list[str] | None = None) -> dict[str, list[tuple[object, ...]]] | None:
    if not path.exists():
        return None
    database = sqlite3.connect(path)
    try:
        listed = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        wanted = names or [name for (name,) in database.execute(listed)]
        return {name: sorted(database.execute(f'SELECT * FROM "{name}"'), key=repr) for name in wanted}
    finally:
        database.close()


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
