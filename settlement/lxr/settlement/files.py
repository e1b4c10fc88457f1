"""Files in and out: read up to a bound, written whole or not at all."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from lxr.node.disk import sync_directory
from lxr.node.inputs import Unread, open_input, read_input
from lxr.settlement.errors import InputFault


def read_bounded(path: Path, most: int) -> bytes:
    """Return the bytes of a file or a pipe.

    Raises InputFault: it is neither, is unreadable, or has more than `most` bytes.
    """
    try:
        return read_input(path, most)
    except Unread as fault:
        raise InputFault(file=path.name, problem=fault.problem, expected=fault.expected) from None


def read_head(path: Path, most: int) -> bytes:
    """Return what a file begins with, so many bytes at most. Raises InputFault: it is none, or is unreadable."""
    try:
        with open_input(path) as file:
            return file.read(most)
    except Unread as fault:
        raise InputFault(file=path.name, problem=fault.problem, expected=fault.expected) from None


def write_durably(path: Path, data: bytes) -> None:
    """Write the whole file or none of it, on the disk when this returns; in place of another, with that one's mode."""
    written = path.with_name(f".{path.name}.part")
    with written.open("wb") as file:
        with suppress(FileNotFoundError):
            os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    written.replace(path)
    sync_directory(path.parent)


def write_in_place(path: Path, data: bytes) -> None:
    """To where a person chose, which may be a link or a device; a file is on the disk when this returns."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        if path.is_file():
            os.fsync(file.fileno())
    if path.is_file():
        sync_directory(path.resolve().parent)


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that nobody else on the machine can read. Raises InputFault: there is one already."""
    try:
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputFault(file=path.name, problem="is there already", expected="the name of a new file") from None
    try:
        with open(place, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)  # half a file would stand in the way of the next try
        raise
    sync_directory(path.resolve().parent)


def make_folder(path: Path) -> None:
    """Make the folder, if it is not there yet, on the disk when this returns."""
    path.mkdir(parents=True, exist_ok=True)
    sync_directory(path.parent)
