"""Signatures checked by a second process while this one goes on executing: an audit, or many answers, on two cores."""

import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from subprocess import DEVNULL, Popen
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import msgspec

from lxr.chaincode.world import Verify, verify
from lxr.node.version import contract_version

if TYPE_CHECKING:
    from lxr.node.contracts import Contract

ALONE: Final = 1_000
"""As many signatures are checked here while a second process starts; for fewer there is none."""
BATCH_BYTES: Final = 16_384
AHEAD: Final = 2
"""Batches that the second process has before it: the socket holds them, so that giving it one is not waiting for it."""
START_WAIT_S: Final = 0
"""How long a batch waits for a second process that is starting: meanwhile this one has checked it."""
_GOOD, _BAD = b"+", b"-"

_Signed = tuple[str, str, bytes, bytes]
"""The version of the contract that judges, "" for the newest one's; key, signature and message."""
Verifying = Callable[["Contract"], Verify]
"""What checks the signatures that a contract is to judge."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[_Signed]).decode


class ParallelVerifier:
    """Takes every signature for good at first, and says afterwards whether all of them were."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._process: Popen[bytes] | None = None
        self._ready = False
        self._batch: list[_Signed] = []
        self._bytes = 0
        self._taken = 0
        self._waiting = 0
        self._good = True
        self._lost = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ours.close()
        self._theirs.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def by(self, under: "Contract") -> Verify:
        """Return what takes every signature for good that the contract is to judge."""
        version = "" if under.is_newest else under.version
        return lambda public_key, signature, message: self._take(version, public_key, signature, message)

    def _take(self, version: str, public_key: str, signature: bytes, message: bytes) -> bool:
        self._batch.append((version, public_key, signature, message))
        self._bytes += len(message)
        self._taken += 1
        if self._bytes >= BATCH_BYTES:
            batch, self._batch, self._bytes = self._batch, [], 0
            if self._taken < ALONE or not self._gave(batch):
                self._good = self._good and _are_good(batch)
        return True

    def all_good(self) -> bool:
        """Whether every signature since this was last asked is good; no, where that could not be found out."""
        while self._waiting:
            self._receive()
        batch, self._batch, self._bytes = self._batch, [], 0
        good, self._good = self._good and _are_good(batch), True
        return good

    def _gave(self, batch: list[_Signed]) -> bool:
        """Give it to the second process, unless that is starting, has enough to do, cannot be or is gone."""
        if self._lost:
            return False
        try:
            if self._process is None:
                command = [sys.executable, "-P", "-m", __name__]
                self._process = Popen(command, stdin=self._theirs.fileno(), stdout=DEVNULL, stderr=DEVNULL)
                self._theirs.close()  # or its end would not be seen here
            if not self._ready and not self._is_ready():
                return False
            while self._waiting and select.select([self._ours], [], [], 0)[0]:
                self._receive()
            if self._waiting == AHEAD:
                return False
            data = _encode(batch)
            self._ours.sendall(len(data).to_bytes(4) + data)
        except OSError:
            self._good, self._lost = False, True
            return False
        self._waiting += 1
        return True

    def _is_ready(self) -> bool:
        """Raises OSError: it is gone, or another release was installed meanwhile, whose newest contract may judge
        otherwise."""
        if select.select([self._ours], [], [], START_WAIT_S)[0]:
            ours = contract_version().encode()
            self._ready = self._ours.recv(len(ours)) == ours
            if not self._ready:
                raise ConnectionResetError
        return self._ready

    def _receive(self) -> None:
        try:
            answers = self._ours.recv(AHEAD)
        except OSError:
            answers = b""
        self._good = self._good and answers in (_GOOD, _GOOD * 2)
        self._lost = self._lost or not answers
        self._waiting -= len(answers) or self._waiting


def _are_good(batch: list[_Signed]) -> bool:
    return all(_judge(version)(key, signature, message) for version, key, signature, message in batch)


def _judge(version: str) -> Verify:
    """Refuses: ContractMissing."""
    if not version:
        return verify
    from lxr.node.contracts import contract  # all contracts: the second process mostly starts without them

    return contract(version).verify


def _work() -> None:
    """The whole life of the second process: it ends when its parent is gone. Its standard input is the socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.write(sys.stdin.fileno(), contract_version().encode())  # it is ready, and judges by that contract
    while size := sys.stdin.buffer.read(4):
        batch = _decode(sys.stdin.buffer.read(int.from_bytes(size)))
        os.write(sys.stdin.fileno(), _GOOD if _are_good(batch) else _BAD)


if __name__ == "__main__":
    _work()
