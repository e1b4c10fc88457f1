"""Backup of a consortium's directory: one tar file, of one moment. `lxr.node.restore` is the way back.

What is in it: keys and certificates (as encrypted as they lie there), the store of persons (encrypted), the embedded
ledger, the bank's books and files, and whatever else lies there. Left out is what is made again: the projection, a
Fabric node's copy of its peer's blocks, and the nodes themselves, whose data is Fabric's own to copy.

The ledger's lock and those of all databases are held together while keys, files and databases are copied; of the
ledger itself only a snapshot is taken then, and copied when the others work on. So a backup is what a power cut at that
moment would have left, and every command is made to go on from that.
"""

import hashlib
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from lxr.chaincode.types import Digest
from lxr.node.blockfile import BUSY_SECONDS_MAX
from lxr.node.blocks import hash_of
from lxr.node.contracts import version_in_force
from lxr.node.disk import GITIGNORE, sync_directory
from lxr.node.embedded import EmbeddedLedger
from lxr.node.port import NOT_FOUNDED, Ledger, LedgerFault
from lxr.node.progress import Progress

MANIFEST: Final = "manifest.json"
"""The first member: what all others are."""
LEDGER: Final = "ledger.db"
"""Where the embedded ledger lies."""
MADE: Final = "backups.jsonl"
"""Where a consortium's directory keeps which backups of it were made: whoever is erased is named those they are in."""
_REMADE: Final = "union/projection.db"
_BESIDE_A_DATABASE: Final = ("-wal", "-shm", "-journal")
_SQLITE: Final = b"SQLite format 3\0"
_PAGES_AT_ONCE: Final = 2_000
_ATTEMPTS: Final = 10


class BackupFault(LedgerFault):
    """Why there is no backup, or nothing is restored from it, in one line."""


class Member(Struct, frozen=True, forbid_unknown_fields=True):
    """A file. name: relative to the directory. size: bytes. sha256: in hexadecimal."""

    name: str
    size: Annotated[int, Meta(ge=0)]
    sha256: Digest


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup holds. height, block_hash: of the ledger's end.

    engine: of the ledger; that of a Fabric network stays with its peers. contract: the version in force at its end.
    release: of this software.
    """

    format: Literal[1]
    engine: Literal["embedded", "fabric"]
    release: str
    contract: str
    height: Annotated[int, Meta(ge=1)]
    block_hash: Digest
    members: tuple[Member, ...]


def back_up(directory: Path, ledger: Ledger, file: Path, release: str, progress: Progress | None = None) -> Manifest:
    """Write everything in a consortium's directory into a new file (mode 0600): whole, or not there at all.

    ledger: the embedded one in the directory, or the network's, of which only height and hash are kept. Commands that
    only read go on meanwhile; those that write wait while keys, files and small databases are copied.
    Raises BackupFault: the file exists, or lies in the directory; it, or something in the directory, is not usable;
    LedgerFault: the ledger is damaged, or busy for a minute.
    """
    directory, file = directory.resolve(), file.absolute()
    if os.path.lexists(file):
        raise BackupFault("{file}: exists already; it is not overwritten", file=file)
    if file.parent.resolve().is_relative_to(directory):
        raise BackupFault("{file}: lies in the directory that is backed up; expected a place outside of it", file=file)
    with told(file), tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as beside:
        staged, packed = Path(beside) / "staged", Path(beside) / "packed"
        _note(directory / MADE, file)  # before, so that the backup knows of itself too
        manifest = _copy(directory, ledger, staged, release, progress)
        with new_file(packed) as out:
            _pack(manifest, staged, out, progress)
        os.rename(packed, file)
        sync_directory(file.parent)
    return manifest


def backups_of(directory: Path) -> tuple[Path, ...]:
    """Return the backups that were made of a consortium's directory, wherever they are by now. Raises BackupFault."""
    try:
        lines = (directory / MADE).read_bytes().splitlines()
    except FileNotFoundError:
        return ()
    except OSError as fault:
        raise BackupFault("{directory}: {fault}", directory=directory / MADE, fault=fault) from None
    try:
        return tuple(dict.fromkeys(Path(msgspec.json.decode(line, type=str)) for line in lines if line.strip()))
    except msgspec.DecodeError:
        raise BackupFault(
            "{directory}: is damaged; expected a file's name in each line", directory=directory / MADE
        ) from None


def extracted(file: Path, name: str, to: Path) -> bool:
    """Copy one file out of a backup; whether there is such a backup, and such a file in it."""
    try:
        with tarfile.open(file) as archive, to.open("xb") as out:
            member = archive.extractfile(name)
            if member is None:
                return False
            shutil.copyfileobj(member, out)
    except (OSError, KeyError, tarfile.TarError):
        return False
    return True


def is_left_out(name: str) -> bool:
    """Whether a file of the directory is in no backup: unfinished, beside a database, or made again."""
    parts = PurePosixPath(name).parts
    return (
        (parts[-1].startswith(".") and parts[-1] != GITIGNORE)
        or name.endswith(_BESIDE_A_DATABASE)
        or name == _REMADE
        or (parts[0] == "nodes" and len(parts) > 2 and parts[2] != "client")
    )


def _note(made: Path, file: Path) -> None:
    """Write down that a backup is about to be there."""
    with made.open("ab") as out:
        out.write(msgspec.json.encode(str(file)) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    sync_directory(made.parent)


@contextmanager
def told(place: Path) -> Iterator[None]:
    """Tell a fault of the file system as a BackupFault that names the place."""
    try:
        yield
    except OSError as fault:
        raise BackupFault("{place}: {fault}", place=place, fault=fault) from None


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that was not there, with mode 0600; on disk when it closes."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        yield out
        out.flush()
        os.fsync(out.fileno())


def _copy(directory: Path, ledger: Ledger, staged: Path, release: str, progress: Progress | None) -> Manifest:
    """All files as they are at one moment, in a new directory."""
    own = ledger if isinstance(ledger, EmbeddedLedger) else None
    with ExitStack() as reading:
        with ExitStack() as alone:
            if own is not None:
                alone.enter_context(own.writing())
            _copy_all_but_the_ledger(directory, staged, alone)
            height = ledger.height()
            tip = next(ledger.blocks(height - 1)).header
            contract = _contract_of(ledger)
            if own is not None:
                snapshot = reading.enter_context(closing(_connect(own.path)))
                snapshot.execute("BEGIN")
                snapshot.execute("SELECT max(number) FROM block").fetchall()  # only now is it one
        if own is not None:
            _copy_database(snapshot, staged / LEDGER, progress)
    members = tuple(_member(staged, name) for name in sorted(_listed(staged)))
    return Manifest(1, "fabric" if own is None else "embedded", release, contract, height, hash_of(tip), members)


def _copy_all_but_the_ledger(directory: Path, staged: Path, alone: ExitStack) -> None:
    """alone: keeps the databases locked. Files are replaced as wholes, but two may belong together, as an old key and
    its successor: all are copied again until none has changed meanwhile."""
    locked: set[str] = set()
    changed = ""
    for _ in range(_ATTEMPTS):
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(mode=0o700)
        listed = _listed(directory)
        try:
            for name in listed:
                if name not in locked and name != LEDGER and is_database(directory / name):
                    alone.enter_context(_locked(directory / name))
                    locked.add(name)
            for name in listed.keys() - {LEDGER}:
                (staged / name).parent.mkdir(parents=True, exist_ok=True)
                if name in locked:
                    with closing(_connect(directory / name)) as connection:
                        _copy_database(connection, staged / name, None)
                else:
                    with _readable(directory / name) as source, (staged / name).open("wb") as target:
                        shutil.copyfileobj(source, target)
        except FileNotFoundError:
            continue  # renamed meanwhile
        now = _listed(directory)
        differing = {name for name in listed.keys() | now.keys() if listed.get(name) != now.get(name)} - {LEDGER}
        if not differing:
            return
        changed = min(differing)
    raise BackupFault("{directory}: keeps changing; expected a moment without changes", directory=directory / changed)


def _listed(directory: Path) -> dict[str, tuple[int, int, int]]:
    """Return the files of a directory by name, each with what would show that it is another by now.

    Raises BackupFault: a link, a device, a socket.
    """
    found: dict[str, tuple[int, int, int]] = {}
    waiting = [directory]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                path = Path(entry.path)
                name = path.relative_to(directory).as_posix()
                if is_left_out(name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                elif entry.is_file(follow_symlinks=False) and name.isprintable():
                    stat = entry.stat(follow_symlinks=False)
                    found[name] = stat.st_ino, stat.st_size, stat.st_mtime_ns
                else:
                    problem = "is no file" if name.isprintable() else "has a name that cannot be printed"
                    raise BackupFault(
                        "{path}: {problem}; expected only files and directories", path=ascii(str(path)), problem=problem
                    )
    return found


def _readable(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except PermissionError as fault:
        raise BackupFault("{path}: {fault}", path=path, fault=fault) from None


def is_database(path: Path) -> bool:
    """Return whether a file is one of SQLite's. Raises BackupFault: it cannot be read."""
    with _readable(path) as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", timeout=BUSY_SECONDS_MAX, isolation_level=None, uri=True
    )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """While open, nobody else writes to the database."""
    with ExitStack() as closed:
        try:
            connection = closed.enter_context(closing(_connect(path)))
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as fault:
            raise BackupFault("{path}: {fault}", path=path, fault=fault) from None
        yield


def _copy_database(connection: sqlite3.Connection, copy: Path, progress: Progress | None) -> None:
    def step(_: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    try:
        with closing(sqlite3.connect(copy)) as target:
            connection.backup(target, pages=-1 if progress is None else _PAGES_AT_ONCE, progress=step)
    except sqlite3.Error as fault:
        raise BackupFault("{name}: cannot be copied: {fault}", name=copy.name, fault=fault) from None


def _contract_of(ledger: Ledger) -> str:
    """Return the version in force after the last transaction: without it the ledger cannot be audited."""
    version = version_in_force(ledger)
    if version is None:
        raise BackupFault(NOT_FOUNDED)
    return version


def _member(staged: Path, name: str) -> Member:
    with (staged / name).open("rb") as file:
        return Member(name, os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _pack(manifest: Manifest, staged: Path, out: IO[bytes], progress: Progress | None) -> None:
    total, done = sum(member.size for member in manifest.members), 0
    head = msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"
    with tarfile.open(fileobj=out, mode="w:", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, MANIFEST, BytesIO(head), len(head))
        for member in manifest.members:
            with (staged / member.name).open("rb") as file:
                _add(tar, member.name, file, member.size)
            (staged / member.name).unlink()  # or all would lie there twice
            done += member.size
            if progress is not None:
                progress(done, total)


def _add(tar: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    tar.addfile(info, content)
