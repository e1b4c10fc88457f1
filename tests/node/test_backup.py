"""A backup is of one moment, whole, and believed only after an audit; a restore is whole or not there."""

import io
import os
import resource
import sqlite3
import stat
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from lxr.chaincode.envelope import Envelope
from lxr.chaincode.founding import Found
from lxr.chaincode.governance import Propose
from lxr.node.audit import audit
from lxr.node.backup import MADE, MANIFEST, BackupFault, Manifest, back_up, backups_of
from lxr.node.client import Client
from lxr.node.contracts import contracts_here
from lxr.node.embedded import EmbeddedLedger
from lxr.node.port import Ledger
from lxr.node.restore import restore
from lxr.node.version import contract_version
from releases import without
from waiting import eventually

RELEASE = "1.2.3"
KEY = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
EVIL = b"evil"


@pytest.fixture
def home(ledger: EmbeddedLedger, tmp_path: Path, propose: Callable[..., Propose], admin: Client) -> Path:
    """A node's directory with a ledger of some blocks, a store, a file, and what is in no backup."""
    for number in range(5):
        admin.submit(propose(number))
    place = tmp_path / "home"
    place.mkdir()
    ledger.close()
    (tmp_path / "ledger.db").rename(place / "ledger.db")
    for name in ("orgs/union/admin.key", "orgs/bank/.gitignore", "名册/第一.csv", "nodes/union/client/client.key"):
        (place / name).parent.mkdir(parents=True)
        (place / name).write_bytes(KEY)
    (place / "union").mkdir()
    with closing(sqlite3.connect(place / "union" / "store.db", isolation_level=None)) as store:
        store.execute("CREATE TABLE person (name TEXT)")
        store.execute("INSERT INTO person VALUES ('sealed')")
    for left_out in ("union/projection.db", "union/.x.part", "nodes/union/ledger.db", "nodes/union/peer/tls.key"):
        (place / left_out).parent.mkdir(exist_ok=True)
        (place / left_out).write_bytes(EVIL)
    return place


@pytest.fixture
def opened(home: Path) -> Iterator[Ledger]:
    with closing(EmbeddedLedger.open(home / "ledger.db")) as ledger:
        yield ledger


@pytest.fixture
def backup(home: Path, opened: Ledger, tmp_path: Path) -> Path:
    file = tmp_path / "lxr.tar"
    back_up(home, opened, file, RELEASE)
    opened.close()
    return file


def unsigned(_: Path, __: EmbeddedLedger) -> None:
    """Nobody says anything of what is restored."""


def files(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


def manifest_of(file: Path) -> Manifest:
    with tarfile.open(file) as tar:
        content = tar.extractfile(MANIFEST)
        assert content is not None
        return msgspec.json.decode(content.read(), type=Manifest)


def test_what_is_restored_is_what_was_backed_up_and_the_audit_says_yes(backup: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    made, report = restore(backup, tmp_path / "new", unsigned, lambda done, total: seen.append((done, total)))
    assert report is not None
    assert (True, 6, 6) == (report.ok, report.height, made.height)
    assert ("embedded", RELEASE, contract_version()) == (made.engine, made.release, made.contract)
    names = ["ledger.db", "nodes/union/client/client.key", "orgs/bank/.gitignore", "orgs/union/admin.key"]
    names += ["union/store.db", "名册/第一.csv"]
    there = files(tmp_path / "new")
    assert sorted([*names, MADE]) == sorted(there)
    assert (backup,) == backups_of(tmp_path / "new")
    assert {KEY} == {there[name] for name in names if not name.endswith(".db")}
    with closing(sqlite3.connect(tmp_path / "new" / "union" / "store.db")) as store:
        assert [("sealed",)] == store.execute("SELECT * FROM person").fetchall()
    assert [0, 1] == [min(done for done, _ in seen) * 0, max(done / total for done, total in seen)]
    again = EmbeddedLedger.open(tmp_path / "new" / "ledger.db")
    assert audit(again).ok
    again.close()


def test_a_backup_and_what_is_restored_from_it_are_their_owners_alone(backup: Path, tmp_path: Path) -> None:
    assert 0o600 == stat.S_IMODE(backup.stat().st_mode)
    umask = os.umask(0)
    try:
        restore(backup, tmp_path / "new", unsigned)
    finally:
        os.umask(umask)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new", tmp_path / "new" / "orgs")}
    assert ({0o600}, {0o700}) == (modes, folders)


def test_a_backup_while_others_write_is_of_one_moment(
    home: Path, tmp_path: Path, sealed: Callable[..., Envelope], propose: Callable[..., Propose]
) -> None:
    """The store is written before the ledger, as a roster is: no backup may hold less of it than the ledger has."""
    envelopes = [sealed(propose(number)) for number in range(100, 400)]
    stop = threading.Event()

    def work() -> None:
        ledger = EmbeddedLedger.open(home / "ledger.db")
        with closing(sqlite3.connect(home / "union" / "store.db", timeout=60, isolation_level=None)) as store:
            for envelope in envelopes:
                store.execute("INSERT INTO person VALUES (?)", (envelope.tx_id,))
                ledger.submit([envelope])
                if stop.is_set():
                    break
        ledger.close()

    worker = threading.Thread(target=work)
    worker.start()
    ledger = EmbeddedLedger.open(home / "ledger.db")
    heights: list[int] = []
    for number in range(4):
        heights.append(back_up(home, ledger, tmp_path / f"{number}.tar", RELEASE).height)
        # one backup upon the other would leave the writer no moment
        assert eventually(lambda: ledger.height() > heights[-1] or not worker.is_alive())
    stop.set()
    worker.join()
    ledger.close()
    assert heights[0] < heights[-1], "nothing was written meanwhile"
    for number, height in enumerate(heights):
        _, report = restore(tmp_path / f"{number}.tar", tmp_path / f"new{number}", unsigned)
        assert report is not None
        assert height == report.height
        with closing(sqlite3.connect(tmp_path / f"new{number}" / "union" / "store.db")) as store:
            ((persons,),) = store.execute("SELECT count(*) FROM person").fetchall()
        assert height - 6 <= persons - 1 <= height - 6 + 1


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("home/inside.tar", "lies in the directory that is backed up; expected a place outside of it"),
        ("there", "exists already; it is not overwritten"),
        ("none/lxr.tar", "No such file or directory"),
    ],
)
def test_a_backup_to_no_good_place_is_refused(
    home: Path, opened: Ledger, tmp_path: Path, target: str, said: str
) -> None:
    (tmp_path / "there").touch()
    before = files(tmp_path).keys()
    with pytest.raises(BackupFault) as refused:
        back_up(home, opened, tmp_path / target, RELEASE)
    assert f"{tmp_path / target}: {said}" == str(refused.value)
    assert before == files(tmp_path).keys()
    opened.close()


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_what_is_no_file_is_not_passed_over(home: Path, opened: Ledger, tmp_path: Path, kind: str) -> None:
    odd = home / "orgs" / kind
    odd.symlink_to("/etc/passwd") if kind == "link" else os.mkfifo(odd)
    with pytest.raises(BackupFault, match=f"{kind}': is no file; expected only files and directories"):
        back_up(home, opened, tmp_path / "lxr.tar", RELEASE)
    opened.close()
    assert not list(tmp_path.glob("*lxr.tar*"))


OUT_OF_SPACE = """
import sys
from pathlib import Path
from lxr.node.backup import MADE, backups_of, back_up
from lxr.node.embedded import EmbeddedLedger
from lxr.node.port import LedgerFault
from lxr.node.restore import restore

home, file = Path(sys.argv[1]), Path(sys.argv[2])
try:
    if sys.argv[3] == "back up":
        back_up(home, EmbeddedLedger.open(home / "ledger.db"), file, "1")
    else:
        restore(file, home, lambda *_: None)
except LedgerFault as fault:
    print(fault)
"""


@pytest.mark.parametrize(("work", "share"), [("back up", 10), ("back up", 100), ("restore", 10)])
def test_where_there_is_no_space_nothing_is_left(backup: Path, tmp_path: Path, work: str, share: int) -> None:
    """share: how much may be written, in per cent of the ledger, which can then be copied, but not packed."""
    place, file = (tmp_path / "home", tmp_path / "2.tar") if work == "back up" else (tmp_path / "new", backup)
    before = sorted(tmp_path.iterdir())
    bytes_max = (tmp_path / "home" / "ledger.db").stat().st_size * share // 100
    process = subprocess.run(
        [sys.executable, "-c", OUT_OF_SPACE, str(place), str(file), work],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, bytes_max)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (1, "") == (len(process.stdout.splitlines()), process.stderr)
    assert before == sorted(tmp_path.iterdir())


def refused(file: Path, directory: Path) -> str:
    """What the refusal says; nothing may be left of what was begun."""
    before = sorted(directory.parent.iterdir())
    with pytest.raises(BackupFault) as fault:
        restore(file, directory, unsigned)
    assert before == sorted(directory.parent.iterdir())
    assert not directory.exists() or not any(directory.iterdir())
    assert "\n" not in str(fault.value)
    return str(fault.value)


def test_a_directory_that_is_not_empty_is_left_alone(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    (tmp_path / "empty").mkdir()
    for name in ("home", "file", "link"):
        with pytest.raises(BackupFault, match=f"{name}: is not an empty directory"):
            restore(backup, tmp_path / name, unsigned)
    with pytest.raises(BackupFault, match="none/new: No such file or directory"):
        restore(backup, tmp_path / "none" / "new", unsigned)
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(BackupFault, match="is the current directory, which cannot be replaced"):
        restore(backup, Path(), unsigned)
    monkeypatch.chdir(tmp_path)
    _, report = restore(backup, Path("empty"), unsigned)
    assert report is not None


def test_a_file_that_is_none_or_no_backup_is_refused(tmp_path: Path, backup: Path) -> None:
    (tmp_path / "text").write_text("no backup " * 1000)
    (tmp_path / "nothing").touch()
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("readme"))
    for name, said in (
        ("none", "cannot be read: No such file or directory"),
        ("home", "cannot be read: Is a directory"),
        ("text", "is not a backup, or is damaged or cut off"),
        ("nothing", "is not a backup"),
        ("other.tar", "is not a backup: it does not begin with manifest.json"),
    ):
        assert refused(tmp_path / name, tmp_path / "new").startswith(f"{tmp_path / name}: {said}")
    assert backup.exists()


def test_a_backup_that_was_cut_off_anywhere_or_changed_anywhere_is_refused(backup: Path, tmp_path: Path) -> None:
    whole, file = backup.read_bytes(), tmp_path / "bad.tar"
    size = sum(512 + -(-member.size // 512) * 512 for member in manifest_of(backup).members)
    for part in range(40):
        file.write_bytes(whole[: size * part // 40])
        refused(file, tmp_path / "new")
    for part in range(40):
        at = size * part // 40 + part
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        try:
            restore(file, tmp_path / f"new{part}", unsigned)
        except BackupFault:
            assert not (tmp_path / f"new{part}").exists()
        else:  # a bit of the padding, or of a mode or time that is not taken over
            assert set(files(tmp_path / "home")) & set(files(tmp_path / f"new{part}"))


def packed(file: Path, manifest: Manifest, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    head = msgspec.json.encode(manifest)
    first = tarfile.TarInfo(MANIFEST)
    first.size = len(head)
    with tarfile.open(file, "w") as tar:
        tar.addfile(first, io.BytesIO(head))
        for info, content in members:
            info.size = len(content) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(content))
    return file


def members_of(file: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(file) as tar:
        found = [(info, tar.extractfile(info)) for info in tar]
        return [(info, content.read()) for info, content in found[1:] if content is not None]


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "/tmp/evil",
        "a/../../evil",
        "a//b",
        "./evil",
        "evil/",
        "ledger.db-wal",
        "x\nevil",
        ".bashrc",
        "a/" * 3_000 + "b",
    ],
)
def test_a_name_that_leaves_the_directory_or_stands_in_no_backup_is_refused(
    backup: Path, tmp_path: Path, name: str
) -> None:
    made, members = manifest_of(backup), members_of(backup)
    digest = msgspec.structs.replace(made.members[0], name=name)
    bad = msgspec.structs.replace(made, members=(digest, *made.members[1:]))
    info = tarfile.TarInfo(name)
    file = packed(tmp_path / "bad.tar", bad, [(info, members[0][1]), *members[1:]])
    assert "which is no file of a consortium's directory" in refused(file, tmp_path / "new")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_a_link_a_device_or_a_directory_in_the_place_of_a_file_is_refused(
    backup: Path, tmp_path: Path, kind: bytes
) -> None:
    made, members = manifest_of(backup), members_of(backup)
    info = tarfile.TarInfo(members[0][0].name)
    info.type, info.linkname = kind, "/etc/passwd"
    file = packed(tmp_path / "bad.tar", made, [(info, b""), *members[1:]])
    assert f"holds '{MADE}' where manifest.json names '{MADE}'" in refused(file, tmp_path / "new")


def test_a_member_that_is_missing_too_many_too_large_or_changed_is_refused(backup: Path, tmp_path: Path) -> None:
    made, members = manifest_of(backup), members_of(backup)
    (last, content), more = members[-1], tarfile.TarInfo("more")
    for changed, said in (
        (members[:-1], f"is cut off: {last.name} is missing"),
        ([*members[:-2], members[-1]], "holds"),
        ([*members, (more, EVIL)], "holds 'more', which manifest.json does not name"),
        ([*members[:-1], (last, content + bytes(100_000))], f"holds '{last.name}' where manifest.json names"),
        ([*members[:-1], (last, bytes(len(content)))], f"{last.name} was changed: its SHA-256 is not that of"),
    ):
        file = packed(tmp_path / "bad.tar", made, changed)
        assert said in refused(file, tmp_path / "new")


def test_a_backup_under_another_contract_is_refused_with_the_reason(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = ", ".join(["f" * 12, *(version[:12] for version in contracts_here()[1:])])
    without(contract_version(), monkeypatch)
    said = f"this release cannot audit a ledger under contract {contract_version()}: restore it with release {RELEASE}"
    assert f"{backup}: {said}; expected one of {there}" == refused(backup, tmp_path / "new")


def test_a_ledger_that_was_tampered_with_before_is_not_restored_and_the_entry_named(home: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(home / "ledger.db")) as medium, medium:
        medium.execute("UPDATE tx SET result = CAST('{}' AS BLOB) WHERE block = 3")
    ledger = EmbeddedLedger.open(home / "ledger.db")
    back_up(home, ledger, tmp_path / "lxr.tar", RELEASE)
    ledger.close()
    said = refused(tmp_path / "lxr.tar", tmp_path / "new")
    assert said.startswith(f"{tmp_path}/lxr.tar: audit says no: block 3, transaction 0 (")


def test_a_whole_ledger_in_the_place_of_another_is_refused(backup: Path, tmp_path: Path) -> None:
    made = msgspec.structs.replace(manifest_of(backup), block_hash="0" * 64)
    file = packed(tmp_path / "bad.tar", made, members_of(backup))
    assert "its ledger does not end with block 5 as manifest.json names it" in refused(file, tmp_path / "new")


def test_a_backup_that_waits_in_vain_for_a_store_leaves_no_connection_open(
    home: Path, opened: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[sqlite3.Connection] = []

    def connect(path: Path) -> sqlite3.Connection:
        made.append(sqlite3.connect(path, timeout=0.1, isolation_level=None))
        return made[-1]

    monkeypatch.setattr("lxr.node.backup._connect", connect)
    with closing(sqlite3.connect(home / "union" / "store.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(BackupFault, match=r"store\.db: database is locked"):
            back_up(home, opened, tmp_path / "b.tar", RELEASE)
    assert made
    for connection in made:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


def test_a_damaged_ledger_or_store_is_told_of_in_one_line(home: Path, tmp_path: Path) -> None:
    ledger = EmbeddedLedger.open(home / "ledger.db")
    (home / "union" / "store.db").write_bytes(b"SQLite format 3\0" + EVIL * 1000)
    with pytest.raises(BackupFault, match=r"store\.db: file is not a database"):
        back_up(home, ledger, tmp_path / "lxr.tar", RELEASE)
    ledger.close()
    assert not list(tmp_path.glob("*lxr.tar*"))


def test_of_a_network_only_what_its_client_needs_is_kept_and_no_ledger_audited(
    home: Path, tmp_path: Path, founded: Callable[..., Found]
) -> None:
    assert founded().rehearsal

    class Elsewhere:
        """The network's ledger, through its peer."""

        def __init__(self, path: Path) -> None:
            self._ledger = EmbeddedLedger.open(path)
            self.height, self.blocks, self.read = self._ledger.height, self._ledger.blocks, self._ledger.read
            self.close = self._ledger.close

    (home / "ledger.db").rename(tmp_path / "peer.db")
    ledger = Elsewhere(tmp_path / "peer.db")
    made = back_up(home, ledger, tmp_path / "lxr.tar", RELEASE)  # type: ignore[arg-type]
    ledger.close()
    assert ("fabric", 6) == (made.engine, made.height)
    assert (made, None) == restore(tmp_path / "lxr.tar", tmp_path / "new", unsigned)
    assert "nodes/union/client/client.key" in files(tmp_path / "new")
