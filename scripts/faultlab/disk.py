"""A disk that a power cut can strike: it knows what was written and not yet synced, and can take it back."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

Survives = Callable[[], bool]
"""Asked of each thing that was not synced, in the order in which it was done."""


@dataclass(slots=True)
class _File:
    """descriptor: kept open, to find the file under whatever name. changes: (offset, bytes); None: cut there."""

    descriptor: int
    synced: bytes
    changes: list[tuple[int, bytes | None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Name:
    """A change of a directory. undo: what takes it back."""

    directory: tuple[int, int]
    undo: Callable[[], None]


class Disk:
    """Told of each change before (files) or after (names) it is made. attic: a directory for what is removed."""

    def __init__(self, attic: Path) -> None:
        self._attic: Final = attic
        self._files: Final[dict[tuple[int, int], _File]] = {}
        self._names: list[_Name] = []
        self._removed = 0

    def write(self, path: str, offset: int, data: bytes) -> None:
        """Before these bytes are written."""
        self._file(path).changes.append((offset, data))

    def truncate(self, path: str, size: int) -> None:
        """Before the file is cut to this size."""
        self._file(path).changes.append((size, None))

    def sync(self, path: str) -> None:
        """After an fsync of a file or of a directory."""
        status = os.stat(path)
        identity = status.st_dev, status.st_ino
        self._names = [name for name in self._names if name.directory != identity]
        if (file := self._files.get(identity)) is not None:
            file.synced, file.changes = _read(file.descriptor), []

    def made(self, path: str) -> None:
        """After a file or a link has got this new name."""
        directory, name = self._place(path)
        self._note(directory, lambda: os.unlink(name, dir_fd=directory))

    def made_directory(self, path: str) -> None:
        """After a directory was made."""
        place = _Held(*self._place(path))
        self._note(place.directory, lambda: shutil.rmtree(place.path, ignore_errors=True))

    def removing(self, path: str) -> None:
        """Before a name of a file is removed."""
        directory, name = self._place(path)
        kept = self._keep(path)
        self._note(directory, lambda: os.link(kept, name, dst_dir_fd=directory))

    def removed_directory(self, path: str) -> None:
        """After an empty directory was removed."""
        directory, name = self._place(path)
        self._note(directory, lambda: os.mkdir(name, dir_fd=directory))

    def moving(self, source: str, target: str) -> None:
        """Before a file or a directory gets another name, perhaps in the place of another."""
        (old, before), (new, after) = self._place(source), self._place(target)
        there = os.path.isdir(target)
        kept = self._keep(target) if os.path.isfile(target) else None

        def undo() -> None:
            os.rename(after, before, src_dir_fd=new, dst_dir_fd=old)
            if kept is not None:
                os.link(kept, after, dst_dir_fd=new)
            elif there:
                os.mkdir(after, dir_fd=new)

        self._note(new, undo)

    def cut(self, survives: Survives, *, halves: bool) -> None:
        """The power is cut. halves: the first write that does not survive leaves its first half behind.

        Of the names, those survive that were changed first: a file system keeps their order, but not with the bytes.
        """
        for file in self._files.values():
            content = bytearray(file.synced)
            for offset, data in file.changes:
                if not survives():
                    if not halves or data is None:
                        continue
                    halves, data = False, data[: len(data) // 2]
                if data is None:
                    content = content[:offset].ljust(offset, b"\0")
                else:
                    content[len(content) :] = bytes(max(0, offset - len(content)))
                    content[offset : offset + len(data)] = data
            os.ftruncate(file.descriptor, 0)
            os.pwrite(file.descriptor, content, 0)
        kept = next((at for at in range(len(self._names)) if not survives()), len(self._names))
        for name in reversed(self._names[kept:]):
            with suppress(FileNotFoundError):  # what was in a directory that is gone has no place to come back to
                name.undo()

    def _file(self, path: str) -> _File:
        status = os.stat(path)
        identity = status.st_dev, status.st_ino
        if identity not in self._files:
            # Never closed: it keeps the inode from being used again, and a close would drop SQLite's locks.
            descriptor = os.open(path, os.O_RDWR)
            self._files[identity] = _File(descriptor, _read(descriptor))
        return self._files[identity]

    def _place(self, path: str) -> tuple[int, str]:
        directory, name = os.path.split(path)
        return os.open(directory, os.O_RDONLY | os.O_DIRECTORY), name

    def _keep(self, path: str) -> str:
        self._removed += 1
        kept = str(self._attic / str(self._removed))
        os.link(path, kept)
        return kept

    def _note(self, directory: int, undo: Callable[[], None]) -> None:
        status = os.fstat(directory)
        self._names.append(_Name((status.st_dev, status.st_ino), undo))


@dataclass(frozen=True, slots=True)
class _Held:
    directory: int
    name: str

    @property
    def path(self) -> str:
        return os.path.join(os.readlink(f"/proc/self/fd/{self.directory}"), self.name)


def _read(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)
