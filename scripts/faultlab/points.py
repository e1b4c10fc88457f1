"""Every point at which a command changes the disk, by number, and the fault that strikes at one of them."""

import errno
import os
import random
import signal
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from faultlab.disk import Disk


class Act(StrEnum):
    """What is done to the disk at a point."""

    WRITE = "write"
    NAME = "name"  # a file, directory or link gets a new name
    REMOVE = "remove"
    SYNC = "sync"
    END = "end"  # the command is over


class FaultKind(StrEnum):
    """What happens there."""

    KILL = "kill"  # SIGKILL in the middle of it: the process is gone, the system goes on
    LOST = "lost"  # the power is cut, and nothing that was not synced is there
    TORN = "torn"  # the power is cut; of what was not synced some is there, and some of that by half
    ENOSPC = "enospc"  # from here on, the disk is full
    FSYNC = "fsync"  # the sync fails

    def strikes(self, act: Act) -> bool:
        """Whether there is such a fault at such a point."""
        match self:
            case FaultKind.ENOSPC:
                return act in (Act.WRITE, Act.NAME)
            case FaultKind.FSYNC:
                return act is Act.SYNC
            case FaultKind.KILL:
                return act is not Act.END
            case _:
                return True

    @property
    def deadly(self) -> bool:
        return self in (FaultKind.KILL, FaultKind.LOST, FaultKind.TORN)


@dataclass(frozen=True, slots=True)
class Fault:
    """point: from 1. seed: of what survives a power cut."""

    point: int
    kind: FaultKind
    seed: str


class Points:
    """Counts them. fault None: all goes well."""

    def __init__(self, root: str, disk: Disk, fault: Fault | None) -> None:
        self.root: Final = root + os.sep
        self.disk: Final = disk
        self.seen: Final[list[tuple[Act, str]]] = []
        self.armed = True
        self.struck = False
        self._fault: Final = fault

    def ours(self, path: str) -> bool:
        """Whether it lies where faults strike."""
        return self.armed and f"{path}{os.sep}".startswith(self.root)

    @property
    def half(self) -> bool:
        """Whether the next point is struck, so that a write there gets only half through."""
        fault = self._fault
        return (
            fault is not None
            and fault.kind is not FaultKind.LOST
            and fault.point == len(self.seen) + 1
            and not self.full
        )

    @property
    def full(self) -> bool:
        """Whether the disk is full since an earlier point."""
        return self.struck and self._fault is not None and self._fault.kind is FaultKind.ENOSPC

    def reach(self, act: Act, path: str) -> None:
        """The next point. Raises OSError, or ends this process, where a fault strikes."""
        self.seen.append((act, path.removeprefix(self.root)))
        fault = self._fault
        if fault is None:
            return
        if self.full and fault.kind.strikes(act):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        if fault.point != len(self.seen):
            return
        self.struck = True
        match fault.kind:
            case FaultKind.ENOSPC:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
            case FaultKind.FSYNC:
                raise OSError(errno.EIO, os.strerror(errno.EIO), path)
            case FaultKind.LOST:
                self.armed = False
                self.disk.cut(lambda: False, halves=False)
            case FaultKind.TORN:
                self.armed = False
                chance = random.Random(fault.seed)
                self.disk.cut(lambda: chance.random() < 0.5, halves=True)
            case FaultKind.KILL:
                pass
        os.kill(os.getpid(), signal.SIGKILL)
