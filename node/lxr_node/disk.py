"""What reaches the disk for certain."""

import os
from pathlib import Path


def sync_directory(directory: Path) -> None:
    """Put the names in a directory on disk: a file's own fsync does not. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
