"""Signatures checked by a second process while this one goes on executing: an audit, or many answers, on two cores."""

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import msgspec

from lxr.chaincode.world import Verify, verify
from lxr.node.second_process import SecondProcess, serve

if TYPE_CHECKING:
    from lxr.node.contracts import Contract

ALONE: Final = 1_000
"""As many signatures are checked here while a second process starts; for fewer there is none."""
BATCH_BYTES: Final = 16_384
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
        self._second: Final = SecondProcess(__name__)
        self._batch: list[_Signed] = []
        self._bytes = 0
        self._taken = 0
        self._good = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._second.close()

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
        while self._second.waiting:
            self._receive()
        batch, self._batch, self._bytes = self._batch, [], 0
        good, self._good = self._good and _are_good(batch), True
        return good

    def _gave(self, batch: list[_Signed]) -> bool:
        """Give it to the second process, unless that is starting, has enough to do, cannot be or is gone."""
        second = self._second
        if second.lost:
            return False
        while second.has_answered():
            self._receive()
        gave = second.takes() and second.give(_encode(batch))
        self._good = self._good and not second.lost
        return gave

    def _receive(self) -> None:
        self._good = self._second.answer() == _GOOD and self._good


def _are_good(batch: list[_Signed]) -> bool:
    return all(_judge(version)(key, signature, message) for version, key, signature, message in batch)


def _judge(version: str) -> Verify:
    """Refuses: ContractMissing."""
    if not version:
        return verify
    from lxr.node.contracts import contract  # all contracts: the second process mostly starts without them

    return contract(version).verify


def _work(batch: bytes) -> bytes:
    return _GOOD if _are_good(_decode(batch)) else _BAD


if __name__ == "__main__":
    serve(_work)
