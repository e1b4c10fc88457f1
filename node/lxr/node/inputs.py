"""Files that others wrote: only files and pipes are read, and only up to a bound."""

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any, BinaryIO, Final

from lxr.node.said import Fault, Said

TOML_BYTES_MAX: Final = 1 << 20
PEM_BYTES_MAX: Final = 1 << 16
"""More than a key or a certificate with its chain has."""
DOTS_MAX: Final = 16
"""Names within one another in a key of a TOML file, which takes a time that grows with their square."""
_PART: Final = r"""(?:(?<![A-Za-z0-9_-])[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
_DOTTED: Final = re.compile(rf"(?:{_PART}[ \t]*+\.[ \t]*+){{{DOTS_MAX}}}")


class Unread(Fault):
    """Why nothing is taken from a file, in words that follow its name. missing: it is not there."""

    def __init__(self, problem: str | Said, expected: str | Said = "", *, missing: bool = False) -> None:
        self.missing: Final = missing
        self.problem: Final = Said.of(problem)
        self.expected: Final = Said.of(expected)
        both = Said("{problem}; expected {expected}", problem=self.problem, expected=self.expected)
        super().__init__(both if expected else self.problem)


def read_input(path: Path, most: int) -> bytes:
    """Return the bytes of a file or a pipe.

    Raises Unread: it is neither, cannot be read, or is longer than `most` bytes.
    """
    with _opened(path, pipes=True) as file:
        if os.fstat(file.fileno()).st_size > most:  # of a pipe it is 0
            raise _too_long(most)
        try:
            data = file.read(most + 1)
        except OSError as fault:
            raise Unread(Said("cannot be read: {fault}", fault=fault)) from None
    if len(data) > most:
        raise _too_long(most)
    return data


def open_input(path: Path, most: int | None = None) -> BinaryIO:
    """Return a file, to be read more than once.

    Raises Unread: it is none, cannot be read, or is longer than `most` bytes.
    """
    file = _opened(path, pipes=False)
    if most is not None and os.fstat(file.fileno()).st_size > most:
        file.close()
        raise _too_long(most)
    return file


def toml_tree(data: bytes) -> dict[str, Any]:
    """Return the tree in a TOML file. Raises Unread: not UTF-8, not TOML, nested too deeply."""
    try:
        text = data.decode("utf-8")
        if _DOTTED.search(text):
            raise Unread(
                Said("has a key with more than {dots_max} dots", dots_max=DOTS_MAX), "a TOML file with short keys"
            )
        return tomllib.loads(text)
    except UnicodeDecodeError:
        raise Unread("is not UTF-8", "a TOML file in UTF-8") from None
    except ValueError as fault:  # TOMLDecodeError is one; so is a number that is too long to be read
        raise Unread(Said("is not TOML: {fault}", fault=fault)) from None
    except RecursionError:
        raise Unread("is not TOML: it is nested too deeply") from None


def _opened(path: Path, *, pipes: bool) -> BinaryIO:
    try:
        # Without waiting: a pipe that nobody writes to would keep the command for ever.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except (OSError, ValueError) as fault:  # a name that holds a NUL is a ValueError
        missing = isinstance(fault, FileNotFoundError | NotADirectoryError)
        raise Unread(Said("cannot be read: {fault}", fault=fault), missing=missing) from None
    mode = os.fstat(file).st_mode
    if stat.S_ISREG(mode) or (pipes and stat.S_ISFIFO(mode)):
        os.set_blocking(file, True)
        return os.fdopen(file, "rb")
    os.close(file)
    if stat.S_ISDIR(mode):
        raise Unread("cannot be read: Is a directory")
    if stat.S_ISFIFO(mode):
        raise Unread("cannot be read twice", "a file, not a pipe")
    raise Unread("is no file, and may have no end", "a file or a pipe" if pipes else "a file")


def _too_long(most: int) -> Unread:
    return Unread(Said("more than {most} bytes", most=most), "a smaller file")
