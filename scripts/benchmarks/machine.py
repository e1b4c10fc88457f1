"""What the system knows: the conditions of a measurement; processor time, memory and disk of nodes."""

import os
import platform
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.calibration import calibration
from lxr.network.consortium import Consortium
from lxr.network.fabric import network, process_table
from lxr.network.fabric.nodes import nodes_of

Pids = Mapping[str, tuple[int, ...]]
"""Processes by kind of node, with those that they have started."""

CLIENT: Final = "client"
_PROC: Final = Path("/proc")


def conditions() -> dict[str, str | int]:
    """Of this machine, now."""
    loads = "unknown" if not hasattr(os, "getloadavg") else f"{os.getloadavg()[0]:.1f}"
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count() or 0,
        "load before": loads,
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        **calibration(),
    }


def pids_of(consortium: Consortium) -> Pids:
    """The processes of the nodes that run."""
    kinds: dict[str, list[int]] = {}
    for node in network.status(consortium):
        if node.pid is not None:
            kinds.setdefault(node.kind, []).append(node.pid)
    parents = _parents()
    return {kind: (*pids, *(pid for pid, parent in parents.items() if parent in pids)) for kind, pids in kinds.items()}


def cpu_s(pids: Pids) -> dict[str, float]:
    """Processor time since each began, by kind; and of this process, as the client. Empty where there is no /proc."""
    if not _PROC.exists():
        return {}
    tick = os.sysconf("SC_CLK_TCK")
    spent = {kind: sum(_ticks(pid) for pid in some) / tick for kind, some in pids.items()}
    return spent | {CLIENT: time.process_time()}


def memory_mib(pids: Pids) -> dict[str, float]:
    """Resident memory by kind, of one node on average; of a node with workers, all its processes."""
    nodes = {kind: max(1, len({pid for pid in some if _parents().get(pid) not in some})) for kind, some in pids.items()}
    held = {kind: sum(process_table.memory_bytes(pid) or 0 for pid in some) for kind, some in pids.items()}
    return {kind: held[kind] / nodes[kind] / 2**20 for kind in pids}


def peak_mib() -> float:
    """The most memory that this process has held; 0 where the system does not say."""
    status = _PROC / "self" / "status"  # getrusage would count what the parent held when it started this process
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def disk_bytes(consortium: Consortium) -> dict[str, int]:
    """What the data of the first node of each kind takes on the disk."""
    taken: dict[str, int] = {}
    for node in nodes_of(consortium):
        if node.kind != "contract" and node.kind not in taken:
            taken[node.kind] = sum(_blocks(path) for path in node.data.rglob("*")) * 512
    return taken


def less(later: Mapping[str, float], earlier: Mapping[str, float]) -> dict[str, float]:
    """The difference, by name."""
    return {name: value - earlier[name] for name, value in later.items()}


def _parents() -> dict[int, int]:
    found = {}
    for folder in _PROC.glob("[0-9]*"):
        if (fields := _stat(int(folder.name))) is not None:
            found[int(folder.name)] = int(fields[1])
    return found


def _ticks(pid: int) -> int:
    fields = _stat(pid)
    return 0 if fields is None else int(fields[11]) + int(fields[12])  # user and system time; see proc(5)


def _stat(pid: int) -> list[str] | None:
    """The fields behind the name, which may hold spaces."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _blocks(path: Path) -> int:
    try:
        return path.stat().st_blocks if path.is_file() else 0
    except OSError:  # LevelDB removes files as it goes
        return 0
