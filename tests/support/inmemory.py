"""Where the tests' files lie: in memory, if the machine has a place for them there."""

import os
import tempfile
from pathlib import Path
from typing import Final

_IN_MEMORY: Final = Path("/dev/shm")
_ROOM_BYTES: Final = 4 * 2**30
"""All tests at once have written less than half of it."""


def keep_files_in_memory() -> None:
    """Have temporary files of this process, and of all that it starts, lie in memory, unless TMPDIR says where.

    Each transaction waits until it is on the disk, which the tests would do a hundred thousand times. A place where no
    program may be run (a container's) is none: some tests write programs.
    """
    if "TMPDIR" in os.environ or not os.access(_IN_MEMORY, os.W_OK):
        return
    there = os.statvfs(_IN_MEMORY)
    if there.f_bavail * there.f_frsize >= _ROOM_BYTES and not there.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(_IN_MEMORY)
        tempfile.tempdir = None  # what was found before
