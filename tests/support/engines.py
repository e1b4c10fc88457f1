"""What the contract suite runs on: the contract over a dictionary, or any ledger."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Protocol, TypeVar

from lxr.chaincode.caller import Caller, caller_of
from lxr.chaincode.command import Command
from lxr.chaincode.contract import Call, execute
from lxr.chaincode.types import Record, canonical
from lxr.node.client import Client, answer_of
from lxr.node.port import Ledger
from lxr.node.sealing import Identity

A = TypeVar("A", bound=Record)


class Engine(Protocol):
    """What runs the contract. caller: 'union/operator', 'employer/signer/E001'; 'union/treasurer as NAME' for a person.

    Each such person has a certificate of their own; without one, a role is borne by a person of its name.
    """

    def submit(self, caller: str, command: Command[A], at_ms: int) -> A: ...
    def read(self, key: str) -> bytes | None: ...
    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]: ...
    def serial(self, caller: str) -> str: ...


def person_of(caller: str) -> tuple[str, str]:
    """The role of a caller, and who bears it."""
    bearer, _, person = caller.partition(" as ")
    organisation, role, *employer = bearer.split("/")
    return bearer, person or f"{role}@{employer[0] if employer else organisation}"


class MemoryEngine:
    """The contract over a dictionary."""

    def __init__(self, state: Mapping[str, bytes]) -> None:
        self._state: Final = dict(state)
        self._transactions = 0

    def submit(self, caller: str, command: Command[A], at_ms: int) -> A:
        bearer, person = person_of(caller)
        organisation, role, *employer = bearer.split("/")
        self._transactions += 1
        who = Caller(organisation, role, employer[0] if employer else None, self.serial(caller), person)
        accepted = execute(self, Call(f"{self._transactions:064x}", at_ms, who, canonical(command)))
        self._state.update(accepted.writes)
        return answer_of(type(command), accepted.result)

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        return [self._state.get(key) for key in keys]

    def read(self, key: str) -> bytes | None:
        return self._state.get(key)

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        return iter(sorted(item for item in self._state.items() if item[0].startswith(prefix)))

    def serial(self, caller: str) -> str:
        return hashlib.sha256(caller.encode()).hexdigest()[:20].lstrip("0")


class LedgerEngine:
    """A real ledger with real certificates."""

    def __init__(self, ledger: Ledger, identity: Callable[[str], Identity]) -> None:
        self._ledger: Final = ledger
        self._identity: Final = identity

    def submit(self, caller: str, command: Command[A], at_ms: int) -> A:
        identity = self._identity(caller)
        return Client(self._ledger, identity.certificate_pem, identity.private_key, lambda: at_ms).submit(command)

    def read(self, key: str) -> bytes | None:
        return self._ledger.read([key])[0]

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        return self._ledger.scan(prefix)

    def serial(self, caller: str) -> str:
        return caller_of(self._identity(caller).certificate_pem).serial
