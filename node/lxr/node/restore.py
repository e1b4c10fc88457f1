"""Restore: a consortium's directory from a backup, which is believed only once its ledger was audited."""

import hashlib
import os
import secrets
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

import msgspec

from lxr.chaincode.founding import FoundCopy
from lxr.chaincode.restoration import Restore
from lxr.node.audit import AuditReport, audit
from lxr.node.backup import (
    LEDGER,
    MANIFEST,
    BackupFault,
    Manifest,
    is_left_out,
    new_file,
    told,
)
from lxr.node.contracts import contracts_here
from lxr.node.disk import sync_directory
from lxr.node.embedded import EmbeddedLedger
from lxr.node.inputs import Unread, open_input
from lxr.node.progress import Progress
from lxr.node.said import Said
from lxr.node.sealing import Identity, seal
from lxr.token.refusal import Refusal

_MANIFEST_BYTES_MAX: Final = 256_000_000
MEMBERS_MAX: Final = 1_000_000
_PIECE_BYTES: Final = 1 << 20
_READ_BYTES_MAX: Final = _PIECE_BYTES
"""The longest name in a header, and what is unpacked at once."""
_DEPTH_MAX: Final = 16
"""More folders in one another than a consortium's directory has."""


def restore(
    file: Path,
    directory: Path,
    sign: Callable[[Path, EmbeddedLedger], None],
    progress: Progress | None = None,
) -> tuple[Manifest, AuditReport | None]:
    """Make a new or empty directory what a backup holds, once its ledger was audited: as a whole, or not at all.

    sign: given the directory before it takes its place, with its ledger, which it makes the one that goes on: by word
    of two organisations, or as a copy with an id of its own. Neither is asked for, nor is there a report, of a Fabric
    consortium, whose ledger is with its peers.
    Raises BackupFault: the directory is not empty; the file is no backup, is cut off, was changed, or its ledger is
    under another contract than this release's; the audit says no, and to what.
    """
    directory = directory.absolute()
    with told(directory):
        if directory.is_symlink() or (directory.exists() and not (directory.is_dir() and not any(directory.iterdir()))):
            raise BackupFault("{directory}: is not an empty directory", directory=directory)
        if directory == Path.cwd():
            raise BackupFault(
                "{directory}: is the current directory, which cannot be replaced; name another", directory=directory
            )
        with tempfile.TemporaryDirectory(prefix=f".{directory.name}.", dir=directory.parent) as beside:
            building = Path(beside) / "restored"
            building.mkdir(mode=0o700)
            with _opened(file) as tar:
                manifest = _manifest(tar, file)
                _unpack(tar, file, manifest, building, progress)
            report = _audited(file, manifest, building, sign, progress)
            os.rename(building, directory)
            sync_directory(directory.parent)
    return manifest, report


def declare_restored(ledger: EmbeddedLedger, admins: Iterable[Identity], reason: str, at_ms: int) -> None:
    """Have organisations sign, in the next block, that the ledger was lost and goes on from here. Refuses: as Restore.

    at_ms: the time of it, unix ms.
    """
    tip = next(ledger.blocks(ledger.height() - 1))
    command = Restore(
        request_id=f"restore:{ledger.height()}:{tip.hash[:16]}",
        height=ledger.height(),
        block_hash=tip.hash,
        reason=reason,
    )
    here = ledger.genesis.ledger
    sealed = [seal(command, here, admin.certificate_pem, admin.private_key, at_ms) for admin in admins]
    for answer in ledger.submit(sealed):
        if isinstance(answer, Refusal):
            raise answer


def found_copy(ledger: EmbeddedLedger, admin: Identity, at_ms: int) -> None:
    """Give a restored ledger an id of its own, because its original goes on. admin: the union's. Refuses: FoundCopy.

    at_ms: the time of it, unix ms.
    """
    here, random = ledger.genesis.ledger, secrets.token_hex(32)
    command = FoundCopy(request_id=f"copy:{random[:16]}", copied=here, genesis_block=random)
    ledger.found_copy(seal(command, here, admin.certificate_pem, admin.private_key, at_ms))


class _Bounded:
    """A file of which a header cannot have more read at once than a backup's own headers take."""

    def __init__(self, file: BinaryIO) -> None:
        self._file: Final = file
        self.seek: Final = file.seek
        self.tell: Final = file.tell

    def read(self, size: int) -> bytes:
        """Raise ReadError: more is asked for."""
        if size > _READ_BYTES_MAX:
            raise tarfile.ReadError(f"a header claims {size} bytes")
        return self._file.read(size)


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    try:
        packed = open_input(file)
    except Unread as fault:
        raise BackupFault("{file}: {fault}", file=file, fault=fault) from None
    with packed:
        try:
            with tarfile.open(fileobj=cast(IO[bytes], _Bounded(packed)), mode="r:") as tar:
                yield tar
        except (tarfile.TarError, ValueError, OverflowError, EOFError):  # tarfile's own, of damaged headers
            raise BackupFault("{file}: is not a backup, or is damaged or cut off", file=file) from None


def _manifest(tar: tarfile.TarFile, file: Path) -> Manifest:
    """Return the first member, if all that it says can be done here."""
    first = tar.next()
    if first is None or first.name != MANIFEST or not _is_plain(first) or first.size > _MANIFEST_BYTES_MAX:
        raise BackupFault("{file}: is not a backup: it does not begin with {manifest}", file=file, manifest=MANIFEST)
    content = tar.extractfile(first)
    assert content is not None
    try:
        manifest = msgspec.json.decode(b"".join(iter(lambda: content.read(_PIECE_BYTES), b"")), type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BackupFault(
            "{file}: {manifest} is damaged, or of a later release", file=file, manifest=MANIFEST
        ) from None
    if len(manifest.members) > MEMBERS_MAX:
        problem = Said(
            "{manifest} names {count} files; expected at most {members_max}",
            manifest=MANIFEST,
            count=len(manifest.members),
            members_max=MEMBERS_MAX,
        )
        raise BackupFault("{file}: {problem}", file=file, problem=problem)
    names = [member.name for member in manifest.members]
    for name in names:
        if not _is_safe(name):
            raise BackupFault(
                "{file}: {manifest} names {name}, which is no file of a consortium's directory",
                file=file,
                manifest=MANIFEST,
                name=repr(name),
            )
    if len(set(names)) < len(names) or (LEDGER in names) != (manifest.engine == "embedded"):
        raise BackupFault("{file}: {manifest} names a file twice, or no ledger", file=file, manifest=MANIFEST)
    return manifest


def _unpack(tar: tarfile.TarFile, file: Path, manifest: Manifest, building: Path, progress: Progress | None) -> None:
    """Exactly what the manifest names, in its order, with its sizes and hashes."""
    total, done = sum(member.size for member in manifest.members), 0
    for member in manifest.members:
        found = tar.next()
        if found is None:
            raise BackupFault("{file}: is cut off: {name} is missing", file=file, name=member.name)
        if found.name != member.name or found.size != member.size or not _is_plain(found):
            raise BackupFault(
                "{file}: holds {name} where {manifest} names {listed}",
                file=file,
                name=repr(found.name),
                manifest=MANIFEST,
                listed=repr(member.name),
            )
        for folder in reversed(Path(member.name).parents):
            (building / folder).mkdir(mode=0o700, exist_ok=True)
        if _write(tar, found, building / member.name) != member.sha256:
            raise BackupFault(
                "{file}: {name} was changed: its SHA-256 is not that of {manifest}",
                file=file,
                name=member.name,
                manifest=MANIFEST,
            )
        done += member.size
        if progress is not None:
            progress(done, total)
    if (more := tar.next()) is not None:
        raise BackupFault(
            "{file}: holds {name}, which {manifest} does not name", file=file, name=repr(more.name), manifest=MANIFEST
        )
    for place, _, _ in os.walk(building):
        sync_directory(Path(place))


def _is_safe(name: str) -> bool:
    """Whether a name stays in the directory, and is one that a backup can hold."""
    parts = name.split("/")
    return (
        name.isprintable() and len(parts) <= _DEPTH_MAX and not {"", ".", ".."} & set(parts) and not is_left_out(name)
    )


def _is_plain(info: tarfile.TarInfo) -> bool:
    return info.isreg() and not info.issparse()


def _write(tar: tarfile.TarFile, info: tarfile.TarInfo, path: Path) -> str:
    """Return a new file with the member's bytes; their hash."""
    content = tar.extractfile(info)
    assert content is not None
    state = hashlib.sha256()
    with new_file(path) as out:
        while piece := content.read(_PIECE_BYTES):
            state.update(piece)
            out.write(piece)
    return state.hexdigest()


def _audited(
    file: Path,
    manifest: Manifest,
    building: Path,
    sign: Callable[[Path, EmbeddedLedger], None],
    progress: Progress | None,
) -> AuditReport | None:
    if manifest.engine == "fabric":
        return None
    with closing(EmbeddedLedger.open(building / LEDGER)) as ledger:
        report = audit(ledger, progress)
        if not report.ok and manifest.contract not in contracts_here():
            raise BackupFault(
                "{file}: this release cannot audit a ledger under contract {contract}: restore it with "
                "release {release}; expected one of {names}",
                file=file,
                contract=manifest.contract,
                release=manifest.release,
                names=", ".join(each[:12] for each in contracts_here()),
            )
        if not report.ok:
            raise BackupFault("{file}: audit says no: {fault}", file=file, fault=report.fault)
        if (report.height, report.block_hash) != (manifest.height, manifest.block_hash):
            last = manifest.height - 1
            raise BackupFault(
                "{file}: its ledger does not end with block {last} as {manifest} names it",
                file=file,
                last=last,
                manifest=MANIFEST,
            )
        sign(building, ledger)
    return report
