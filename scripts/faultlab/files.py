"""Points in Python's own calls on files: each write, new name, removal and sync below one directory."""

import builtins
import io
import os
from collections.abc import Callable
from typing import Any, Final

from faultlab.points import Act, Points

_OPEN, _OS_OPEN, _MKDIR, _RENAME, _LINK = io.open, os.open, os.mkdir, os.rename, os.link
_UNLINK, _RMDIR, _FSYNC = os.unlink, os.rmdir, os.fsync


def watch(points: Points) -> None:
    """From now on and until this process ends."""
    calls = _Calls(points)
    replaced: dict[str, Callable[..., Any]] = {
        "open": calls.os_open,
        "mkdir": calls.mkdir,
        "rename": calls.rename,
        "replace": calls.rename,
        "link": calls.link,
        "unlink": calls.unlink,
        "remove": calls.unlink,
        "rmdir": calls.rmdir,
        "fsync": calls.fsync,
        "fdatasync": calls.fsync,
    }
    for name, call in replaced.items():
        setattr(os, name, call)
    for module in (io, builtins):
        setattr(module, "open", calls.open)  # noqa: B010  (mypy knows the real one's overloads)


class _Calls:
    def __init__(self, points: Points) -> None:
        self._points: Final = points

    def os_open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        place = _place(path, dir_fd)
        if not self._points.ours(place) or not flags & (os.O_CREAT | os.O_TRUNC):
            return _OS_OPEN(path, flags, mode, dir_fd=dir_fd)
        there = os.path.exists(place)
        if there and flags & os.O_TRUNC and os.path.getsize(place):
            self._points.reach(Act.WRITE, place)
            self._points.disk.truncate(place, 0)
        elif not there and flags & os.O_CREAT:
            self._points.reach(Act.NAME, place)
        opened = _OS_OPEN(path, flags, mode, dir_fd=dir_fd)
        if not there:
            self._points.disk.made(place)
        return opened

    def open(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        if not set("wax+") & set(mode) or not self._points.ours(_place(file)):
            return _OPEN(file, mode, buffering, encoding, errors, newline, closefd, opener)
        raw = _Raw(file, mode.replace("b", "").replace("t", ""), closefd, opener or self.os_open, self._points)
        size = io.DEFAULT_BUFFER_SIZE if buffering in (-1, 1) else buffering
        if buffering == 0:
            return raw
        buffered: Any = io.BufferedRandom(raw, size) if "+" in mode else io.BufferedWriter(raw, size)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)

    def mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        place = _place(path, dir_fd)
        if self._points.ours(place) and not os.path.exists(place):
            self._points.reach(Act.NAME, place)
            _MKDIR(path, mode, dir_fd=dir_fd)
            self._points.disk.made_directory(place)
        else:
            _MKDIR(path, mode, dir_fd=dir_fd)

    def rename(self, source: Any, target: Any, *, src_dir_fd: int | None = None, dst_dir_fd: int | None = None) -> None:
        before, after = _place(source, src_dir_fd), _place(target, dst_dir_fd)
        if self._points.ours(after) and os.path.exists(before):
            self._points.reach(Act.NAME, after)
            self._points.disk.moving(before, after)
        _RENAME(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    def link(self, source: Any, target: Any, **given: Any) -> None:
        place = _place(target, given.get("dst_dir_fd"))
        if not self._points.ours(place):
            return _LINK(source, target, **given)
        self._points.reach(Act.NAME, place)
        _LINK(source, target, **given)
        return self._points.disk.made(place)

    def unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        place = _place(path, dir_fd)
        if self._points.ours(place) and os.path.exists(place):
            self._points.reach(Act.REMOVE, place)
            self._points.disk.removing(place)
        _UNLINK(path, dir_fd=dir_fd)

    def rmdir(self, path: Any, *, dir_fd: int | None = None) -> None:
        place = _place(path, dir_fd)
        if not self._points.ours(place):
            return _RMDIR(path, dir_fd=dir_fd)
        self._points.reach(Act.REMOVE, place)
        _RMDIR(path, dir_fd=dir_fd)
        return self._points.disk.removed_directory(place)

    def fsync(self, file: Any) -> None:
        descriptor = file if isinstance(file, int) else file.fileno()
        place = _place(descriptor)
        if self._points.ours(place):
            self._points.reach(Act.SYNC, place)
            self._points.disk.sync(place)
        else:
            _FSYNC(descriptor)


class _Raw(io.FileIO):
    """A file whose every write is a point. Only half of what is struck gets through."""

    def __init__(self, file: Any, mode: str, closefd: bool, opener: Any, points: Points) -> None:
        self._points: Final = points
        super().__init__(file, mode, closefd, opener)

    def write(self, data: Any, /) -> int:
        place, whole = _place(self.fileno()), bytes(data)
        if not self._points.ours(place):
            return super().write(whole)
        at = os.path.getsize(place) if "a" in self.mode else self.tell()
        if self._points.half:
            part = whole[: len(whole) // 2]
            self._points.disk.write(place, at, part)
            super().write(part)
        self._points.reach(Act.WRITE, place)
        self._points.disk.write(place, at, whole)
        return super().write(whole)


def _place(path: Any, dir_fd: int | None = None) -> str:
    """The absolute path of a name or an open file."""
    if isinstance(path, int):
        return os.readlink(f"/proc/self/fd/{path}")
    name = os.fsdecode(path)
    return os.path.abspath(name if dir_fd is None else os.path.join(_place(dir_fd), name))
