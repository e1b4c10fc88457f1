"""What takes long to prepare is prepared once, and kept for the runs to come."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

PREPARED: Final = "prepared"
WORKING: Final = "net"


def fresh(place: Path, build: Callable[[Path], None]) -> Path:
    """Return a directory in `place` that is as `build` has made it, at first or in an earlier run.

    It always has the same path, also while it is built, since what runs there may have noted it. Whoever changes it
    changes a copy. A build that fails, or is broken off, is begun anew the next time.
    """
    working, prepared = place / WORKING, place / PREPARED
    if not prepared.exists():
        _remove(working)
        place.mkdir(parents=True, exist_ok=True)
        build(working)
        working.rename(prepared)
    _remove(working)
    shutil.copytree(prepared, working, symlinks=True)
    return working


def _remove(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)
