"""What a contract function sees: typed tables to read and write, the caller, the transaction's id and time."""

import hashlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final, Generic, Protocol, TypeVar, cast

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from ..token.refusal import AmountTooLarge, Refusal
from . import p256
from .caller import Caller
from .parts import COMMON, Splitting
from .refusals import TooLarge, Unknown
from .types import Record, canonical

MAX_KEYS: Final = 5_000
MAX_BYTES: Final = 1_000_000
MAX_SIGNATURES: Final = 1_000
WORKERS_KEPT: Final = 1 << 17
"""How many workers' records and keys stay decoded in memory: about 3 KiB for one."""

R = TypeVar("R", bound=Record)
T = TypeVar("T")
U = TypeVar("U")
Part = str | int | date


class Reader(Protocol):
    """The state under a transaction, as a node offers it."""

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """The values under the keys, in their order; None where there is none."""


class Table(Generic[R]):
    """Records of one type under keys `name/part/part`."""

    def __init__(self, name: str, record: type[R], kept: int = 0, splitting: Splitting | None = None) -> None:
        """kept: how many records stay decoded, by their bytes. Only for records that hold nothing that can change.

        splitting: how a record is cut where it holds something of several workers; None: it is one part.
        """
        decode = msgspec.json.Decoder(record).decode
        self.name: Final = name
        self.record: Final = record
        self.decode: Final[Callable[[bytes], R]] = lru_cache(kept)(decode) if kept else decode
        self._splitting: Final = splitting
        assert name not in TABLES
        TABLES[name] = self

    def key(self, *parts: Part) -> str:
        """The ledger key of a record."""
        texts = [part.isoformat() if isinstance(part, date) else str(part) for part in parts]
        assert "" not in texts
        assert "/" not in "".join(texts)
        return "/".join((self.name, *texts))

    def split(self, value: bytes) -> dict[str, bytes]:
        """The parts of a record's bytes, see `parts`. Raises ValueError, LookupError: they are no record's."""
        return {COMMON: value} if self._splitting is None else self._splitting.split(value)

    def join(self, parts: Mapping[str, bytes]) -> R:
        """The record of some of its parts, the common one among them. Raises ValueError, LookupError: they are none."""
        return self.decode(parts[COMMON] if self._splitting is None else self._splitting.join(parts))


TABLES: Final[dict[str, Table[Any]]] = {}
"""Every table of the contract, by name."""

Asked = list[tuple[Table[Any], str]]
"""Keys, each with the table that it is of."""
Reads = Generator[Asked, list[Any], T]
"""What reads in steps: it asks for keys, is given their records (None where there is none), and comes to something.

So many of them can be read at once, each step of all with one request for state: see `World.together`.
"""


def reading_many(table: Table[R], parts: Iterable[tuple[Part, ...]]) -> Reads[list[R | None]]:
    """Come to records in the order asked for, None where there is none."""
    found: list[R | None] = yield [(table, table.key(*key_parts)) for key_parts in parts]
    return found


def reading(table: Table[R], *parts: Part) -> Reads[R | None]:
    """Come to one record, or None."""
    return (yield from reading_many(table, [parts]))[0]


def reading_needed(table: Table[R], *parts: Part) -> Reads[R]:
    """Come to one record that must be there. Refuses: Unknown."""
    record = yield from reading(table, *parts)
    if record is None:
        raise Unknown(what=table.name, number="/".join(str(part) for part in parts))
    return record


def reading_both(first: Reads[T], second: Reads[U]) -> Reads[tuple[T, U]]:
    """Come to what two readings that do not need each other come to. Refuses: as the first, then as the second."""
    one, other = yield from _abreast([first, second])
    if isinstance(one, Refusal):
        raise one
    if isinstance(other, Refusal):
        raise other
    return one, other


def _abreast(readings: Sequence[Reads[Any]]) -> Reads[list[Any]]:
    """Come to what each comes to, or its refusal; their steps are asked for together."""
    results: list[Any] = [None] * len(readings)
    asked: dict[int, Asked] = {}

    def step(place: int, found: Any) -> None:
        try:
            asked[place] = readings[place].send(found)
        except StopIteration as end:
            results[place] = end.value
        except Refusal as refusal:
            results[place] = refusal

    for place in range(len(readings)):
        step(place, None)
    while asked:
        now, start = dict(asked), 0
        asked.clear()
        found = yield [each for some in now.values() for each in some]
        for place, some in now.items():
            step(place, found[start : start + len(some)])
            start += len(some)
    return results


Verify = Callable[[str, bytes, bytes], bool]
"""Whether the P-256 key, a compressed point in hexadecimal, made this signature over this message."""


def verify(public_key: str, signature: bytes, message: bytes) -> bool:
    """See `Verify`; no key makes a signature that is malformed."""
    key = _public_key(public_key)
    return key is not None and p256.verify(key, signature, hashlib.sha256(message).digest())


@lru_cache(WORKERS_KEPT)
def _public_key(point: str) -> ec.EllipticCurvePublicKey | None:
    return p256.public_key(bytes.fromhex(point))


class World:
    """One transaction's view. All reads come before the first write; nothing reads what it wrote."""

    def __init__(self, reader: Reader, caller: Caller, tx_id: str, at_ms: int, verify: Verify = verify) -> None:
        self.caller: Final = caller
        self.tx_id: Final = tx_id
        self.at_ms = at_ms
        self._reader: Final = reader
        self._verify: Final = verify
        self._keys: Final[set[str]] = set()
        self._writes: Final[dict[str, bytes]] = {}
        self._bytes = 0
        self._signatures = 0

    def get(self, table: Table[R], *parts: Part) -> R | None:
        """One record, or None."""
        return self.get_many(table, [parts])[0]

    def need(self, table: Table[R], *parts: Part) -> R:
        """One record that must be there. Refuses: Unknown."""
        return self.read(reading_needed(table, *parts))

    def get_many(self, table: Table[R], parts: Iterable[tuple[Part, ...]]) -> list[R | None]:
        """Records in the order asked for, None where there is none. Refuses: TooLarge."""
        return self.read(reading_many(table, parts))

    def read(self, one: Reads[T]) -> T:
        """What a reading comes to. Refuses: as it does; TooLarge."""
        found: Any = None
        while True:
            try:
                asked = one.send(found)
            except StopIteration as end:
                return cast(T, end.value)
            found = self._found(asked)

    def together(self, readings: Sequence[Reads[T]]) -> list[T | Refusal]:
        """What each reading comes to, or its refusal. Refuses: TooLarge."""
        return self.read(_abreast(readings))

    def attempt(self, write: Callable[[], T]) -> T | Refusal:
        """Write for one of several; where that is refused, nothing of it is written. Refuses: TooLarge, for them all.

        What was tried and is not written still counts towards the bounds.
        """
        before = len(self._writes)
        try:
            return write()
        except TooLarge:
            raise
        except Refusal as refusal:
            while len(self._writes) > before:
                self._writes.popitem()
            return refusal

    def put(self, table: Table[R], record: R, *parts: Part) -> None:
        """Write one record; it is seen by later transactions only. Refuses: TooLarge, AmountTooLarge."""
        key, value = table.key(*parts), canonical(record)
        assert key not in self._writes, f"{key} written twice"
        try:
            table.decode(value)
        except msgspec.ValidationError:  # what was read and given is in bounds: only a sum can be out of them
            raise AmountTooLarge(account=key) from None
        self._touch([key])
        self._bytes += len(key) + len(value)
        if self._bytes > MAX_BYTES:
            raise TooLarge(case="written", limit=MAX_BYTES)
        self._writes[key] = value

    def signed(self, public_key: str, signature: bytes, message: Record) -> bool:
        """Whether that P-256 key signed the message's canonical bytes. Refuses: TooLarge."""
        self._signatures += 1
        if self._signatures > MAX_SIGNATURES:
            raise TooLarge(case="signatures", limit=MAX_SIGNATURES)
        return self._verify(public_key, signature, canonical(message))

    def writes(self) -> tuple[tuple[str, bytes], ...]:
        """What was written, sorted by key."""
        return tuple(sorted(self._writes.items()))

    def _found(self, asked: Asked) -> list[Any]:
        """The records under keys, each decoded once."""
        assert not self._writes, "a read after the first write"
        tables = {key: table for table, key in asked}
        keys = list(tables)
        self._touch(keys)
        values = zip(keys, self._reader.get_many(keys), strict=True) if keys else ()
        records = {key: None if value is None else tables[key].decode(value) for key, value in values}
        return [records[key] for _, key in asked]

    def _touch(self, keys: list[str]) -> None:
        self._keys.update(keys)
        if len(self._keys) > MAX_KEYS:
            raise TooLarge(case="keys", limit=MAX_KEYS)
