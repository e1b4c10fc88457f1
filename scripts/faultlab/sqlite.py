"""Points inside SQLite: a file system (VFS) of our own, which hands on to SQLite's and stops at each write and sync.

So a fault strikes within a commit too, between any two pages, wherever SQLite itself touches the disk.
See https://www.sqlite.org/vfs.html and sqlite3.h, whose structs these are.
"""

import _sqlite3
import ctypes
import os
from collections.abc import Callable
from ctypes import POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any, Final

from faultlab.points import Act, Points

_OK, _FULL, _IOERR_WRITE, _IOERR_FSYNC, _CANTOPEN = 0, 13, 778, 1034, 14
_CREATE, _JOURNALS = 0x4, 0x800 | 0x4000 | 0x80000
_METHODS: Final = (
    *("xClose", "xRead", "xWrite", "xTruncate", "xSync", "xFileSize", "xLock", "xUnlock", "xCheckReservedLock"),
    *("xFileControl", "xSectorSize", "xDeviceCharacteristics", "xShmMap", "xShmLock", "xShmBarrier", "xShmUnmap"),
    *("xFetch", "xUnfetch"),
)
_CALLS: Final = (
    *("xOpen", "xDelete", "xAccess", "xFullPathname", "xDlOpen", "xDlError", "xDlSym", "xDlClose", "xRandomness"),
    *("xSleep", "xCurrentTime", "xGetLastError", "xCurrentTimeInt64"),
    *("xSetSystemCall", "xGetSystemCall", "xNextSystemCall"),
)


class _Methods(Structure):
    _fields_ = (("iVersion", c_int), *((name, c_void_p) for name in _METHODS))


class _File(Structure):
    _fields_ = (("pMethods", c_void_p),)


class _Vfs(Structure):
    _fields_ = (
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        *((name, c_void_p) for name in _CALLS),
    )


_OpenCall = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
_DeleteCall = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_WriteCall = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TruncateCall = ctypes.CFUNCTYPE(c_int, c_void_p, c_int64)
_SyncCall = ctypes.CFUNCTYPE(c_int, c_void_p, c_int)


def watch(points: Points) -> None:
    """From now on and until this process ends. No connection may be open yet."""
    _kept.append(_Watched(points))


_kept: Final[list["_Watched"]] = []
"""SQLite holds only pointers to what is in here."""


class _Watched:
    def __init__(self, points: Points) -> None:
        self._points: Final = points
        library = ctypes.CDLL(_sqlite3.__file__)  # with it comes the very SQLite that Python uses
        library.sqlite3_vfs_find.restype = POINTER(_Vfs)
        original = library.sqlite3_vfs_find(None).contents
        self._real_open: Final = _OpenCall(original.xOpen)
        self._real_delete: Final = _DeleteCall(original.xDelete)
        self._vfs: Final = _Vfs.from_buffer_copy(original)
        self._calls: Final[list[Any]] = [_OpenCall(self._open), _DeleteCall(self._delete)]
        self._vfs.zName = b"faultlab"
        self._vfs.xOpen, self._vfs.xDelete = (ctypes.cast(call, c_void_p).value for call in self._calls)
        self._paths: Final[dict[int, str]] = {}
        self._syncs_name: Final[set[int]] = set()
        self._tables: Final[dict[int, _Methods]] = {}
        assert library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1) == _OK

    def _open(self, vfs: int, name: int | None, file: int, flags: int, out: Any) -> int:
        path = os.fsdecode(ctypes.string_at(name)) if name else ""  # SQLite keeps the pointer, so that is handed on
        ours = self._points.ours(path)
        new = ours and bool(flags & _CREATE) and not os.path.exists(path)
        if new and (fault := self._reach(Act.NAME, path, _CANTOPEN)):
            _File.from_address(file).pMethods = None
            return fault
        code = int(self._real_open(vfs, name, file, flags, out))
        if code != _OK or not ours:
            return code
        if new:
            self._points.disk.made(path)
        opened = _File.from_address(file)
        opened.pMethods = ctypes.addressof(self._methods(opened.pMethods))
        self._paths[file] = path
        self._syncs_name.discard(file)
        if flags & _CREATE and flags & _JOURNALS:
            self._syncs_name.add(file)  # as SQLite does with the first sync of a journal
        return code

    def _delete(self, vfs: int, name: int, sync_directory: int) -> int:
        path = os.fsdecode(ctypes.string_at(name))
        ours = self._points.ours(path) and os.path.exists(path)
        if ours:
            if fault := self._reach(Act.REMOVE, path, _IOERR_WRITE):
                return fault
            self._points.disk.removing(path)
        code = int(self._real_delete(vfs, name, 0))
        if ours and sync_directory:
            if fault := self._reach(Act.SYNC, str(Path(path).parent), _IOERR_FSYNC):
                return fault
            self._points.disk.sync(str(Path(path).parent))
        return code

    def _methods(self, real: int) -> _Methods:
        """A table of methods like the real one, but for those that change the file. One for each real one."""
        if real in self._tables:
            return self._tables[real]
        original = _Methods.from_address(real)
        made = _Methods.from_buffer_copy(original)
        write, truncate, sync = (
            _WriteCall(original.xWrite),
            _TruncateCall(original.xTruncate),
            _SyncCall(original.xSync),
        )
        self._calls.extend(
            calls := (
                _WriteCall(lambda file, data, size, offset: self._write(write, file, data, size, offset)),
                _TruncateCall(lambda file, size: self._truncate(truncate, file, size)),
                _SyncCall(lambda file, flags: self._sync(sync, file, flags)),
            )
        )
        made.xWrite, made.xTruncate, made.xSync = (ctypes.cast(call, c_void_p).value for call in calls)
        self._tables[real] = made
        return made

    def _write(self, real: Callable[..., int], file: int, data: int, size: int, offset: int) -> int:
        path, content = self._paths[file], ctypes.string_at(data, size)
        if self._points.half:
            self._points.disk.write(path, offset, content[: size // 2])
            real(file, data, size // 2, offset)
        if fault := self._reach(Act.WRITE, path, _IOERR_WRITE):
            return fault
        self._points.disk.write(path, offset, content)
        return real(file, data, size, offset)

    def _truncate(self, real: Callable[..., int], file: int, size: int) -> int:
        path = self._paths[file]
        if fault := self._reach(Act.WRITE, path, _IOERR_WRITE):
            return fault
        self._points.disk.truncate(path, size)
        return real(file, size)

    def _sync(self, _: Callable[..., int], file: int, __: int) -> int:
        path = self._paths[file]
        if fault := self._reach(Act.SYNC, path, _IOERR_FSYNC):
            return fault
        self._points.disk.sync(path)
        if file in self._syncs_name:
            self._syncs_name.remove(file)
            self._points.disk.sync(str(Path(path).parent))
        return _OK

    def _reach(self, act: Act, path: str, code: int) -> int:
        """What SQLite is told of a fault; 0: there is none. Nothing may be raised through SQLite."""
        try:
            self._points.reach(act, path)
        except OSError:
            return code if act is Act.SYNC else _FULL
        return _OK
