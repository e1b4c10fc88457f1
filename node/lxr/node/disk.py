"""What reaches the disk for certain."""

import os
import tempfile
from pathlib import Path
from typing import Final


def sync_directory(directory: Path) -> None:
    """Put the names in a directory on disk: a file's own fsync does not. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


GITIGNORE: Final = ".gitignore"


def write_atomically(path: Path, data: bytes) -> None:
    """Write all of the file or nothing of it, on disk when this returns, mode 0600. Raises OSError."""
    descriptor, building = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # made with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(building, path)
    except BaseException:
        os.unlink(building)
        raise
    sync_directory(path.parent)
