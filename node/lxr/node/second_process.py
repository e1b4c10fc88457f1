"""A second process that works while this one goes on executing, so that two cores do what one does.

It is never waited for while it starts, it ends when this one is gone, and whoever uses it can do without it.
"""

import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from subprocess import DEVNULL, Popen
from typing import Final

from lxr.node.collector import collect_rarely
from lxr.node.version import contract_version

AHEAD: Final = 2
"""Pieces of work that it has before it."""
START_WAIT_S: Final = 0
"""How long a piece waits for it while it starts: meanwhile this process has done the piece."""
GIVEN_UP_S: Final = 60
"""One that takes nothing, or answers nothing, for so long is lost."""
_SIZE_BYTES: Final = 4
_TAKING_TURNS_S: Final = 0.000_2
"""How often the thread of it that works lets the one that reads have its turn."""


class SecondProcess:
    """Runs a module that calls `serve`. It starts with the first piece of work that it is offered."""

    def __init__(self, module: str) -> None:
        self._module: Final = module
        self._socket: socket.socket | None = None
        self._process: Popen[bytes] | None = None
        self._ready = False
        self.waiting = 0
        """Answers that it owes."""
        self.lost = False
        """It could not be started, or is gone: it takes nothing any more, and what it owed does not come."""

    def close(self) -> None:
        """End it."""
        self.lost, self.waiting = True, 0
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def started(self) -> bool:
        """Whether it has been started, and is not lost."""
        return self._process is not None and not self.lost

    def takes(self) -> bool:
        """Whether it can be given a piece of work; no, where it is starting, has enough to do, or is lost."""
        if self.lost:
            return False
        try:
            if self._process is None:
                self._start()
            return self._is_ready() and self.waiting < AHEAD
        except OSError:
            self.close()
            return False

    def give(self, work: bytes) -> bool:
        """Give it a piece of work that it takes; whether it has got it. It answers all in their order."""
        try:
            _send(self._to_it, work)
        except BaseException as fault:  # after half a piece it would understand nothing of the next
            self.close()
            if not isinstance(fault, OSError):
                raise
            return False
        self.waiting += 1
        return True

    def has_answered(self, wait_s: float = 0) -> bool:
        """Whether the next `answer` is here, or comes within that time."""
        return self.waiting > 0 and _is_readable(self._to_it, wait_s)

    def answer(self) -> bytes | None:
        """Return the next answer that it owes, for which this waits; None: it is lost."""
        assert self.waiting
        found = None
        try:
            with suppress(OSError):
                found = _received(self._to_it)
        finally:
            if found is None:
                self.close()
            else:
                self.waiting -= 1
        return found

    @property
    def _to_it(self) -> socket.socket:
        assert self._socket is not None
        return self._socket

    def _start(self) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(GIVEN_UP_S)
        with theirs:  # open here, its end would not be seen
            command = [sys.executable, "-P", "-m", self._module]
            self._process = Popen(command, stdin=theirs.fileno(), stdout=DEVNULL, stderr=DEVNULL)

    def _is_ready(self) -> bool:
        """Raise OSError: it is gone, or another release was installed meanwhile, whose newest contract may judge
        otherwise."""
        if not self._ready and _is_readable(self._to_it, START_WAIT_S):
            if _received(self._to_it) != contract_version().encode():
                raise ConnectionResetError
            self._ready = True
        return self._ready


def serve(answered: Callable[[bytes], bytes]) -> None:
    """Live as a second process, whose standard input is the socket: answer each piece of work, in their order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first one
    sys.setswitchinterval(_TAKING_TURNS_S)
    collect_rarely()
    first = socket.socket(fileno=sys.stdin.fileno())
    _send(first, contract_version().encode())
    works, answers = SimpleQueue[bytes](), SimpleQueue[bytes]()
    threading.Thread(target=_read, args=(first, works), daemon=True).start()
    threading.Thread(target=_tell, args=(first, answers), daemon=True).start()
    while True:
        answers.put(answered(works.get()))


def _tell(first: socket.socket, answers: SimpleQueue[bytes]) -> None:
    """Send answers that are larger than the socket holds while the first process does something else."""
    try:
        while True:
            _send(first, answers.get())
    finally:
        os._exit(0)


def _read(first: socket.socket, works: SimpleQueue[bytes]) -> None:
    """Read at once, so that giving is not waiting; end the process when the first one is gone."""
    try:
        while (work := _received(first)) is not None:
            works.put(work)
    finally:
        os._exit(0)


def _is_readable(by: socket.socket, wait_s: float) -> bool:
    poll = select.poll()  # select.select knows no file numbers from 1,024 on
    poll.register(by, select.POLLIN)
    return bool(poll.poll(wait_s * 1_000))


def _send(to: socket.socket, data: bytes) -> None:
    to.sendall(len(data).to_bytes(_SIZE_BYTES) + data)


def _received(by: socket.socket) -> bytes | None:
    """Return what was sent as one; None: the other side is gone."""
    size = _exactly(by, _SIZE_BYTES)
    return None if size is None else _exactly(by, int.from_bytes(size))


def _exactly(by: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        some = by.recv(size - len(data), socket.MSG_WAITALL)
        if not some:
            return None
        data += some
    return bytes(data)
