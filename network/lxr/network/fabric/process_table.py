"""What the system knows of a process: when it began, what memory it takes."""

import subprocess
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_BOOT: Final = _PROC / "sys/kernel/random/boot_id"


def started(pid: int) -> str | None:
    """Return a text that no other process with this number has, in this boot or another; None if it has ended."""
    if not _BOOT.exists():
        state, _, since = _ps(pid, "stat=,lstart=").partition(" ")
        return None if state[:1] in ("", "Z") else " ".join(since.split())
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()  # after the name, which may hold spaces; see proc(5)
    state, threads = fields[0], int(fields[17])
    if state in "ZX" and threads <= 1:  # until its last thread has ended, it holds its ports
        return None
    return f"{_BOOT.read_text().strip()} {fields[19]}"


def memory_bytes(pid: int) -> int | None:
    """Its resident memory; None if it has ended."""
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        lines = [f"VmRSS: {_ps(pid, 'rss=')} kB"] if not _BOOT.exists() else []
    sizes = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return int(sizes[0]) * 1024 if sizes and sizes[0].isdigit() else None


def _ps(pid: int, columns: str) -> str:
    command = ["ps", "-o", columns, "-p", str(pid)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
