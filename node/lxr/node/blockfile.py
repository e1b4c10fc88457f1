"""Blocks and state in one SQLite file: every block with what it wrote is one transaction of SQLite, synced to disk."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from lxr.chaincode.envelope import decode_envelope, encode_envelope
from lxr.chaincode.types import canonical
from lxr.node.blocks import Block, Header, Transaction
from lxr.node.connections import Connections
from lxr.node.log import Log, Node, log_at
from lxr.node.port import LedgerFault, Located
from lxr.node.said import Said
from lxr.token.refusal import Refusal

BUSY_SECONDS_MAX: Final = 60
"""How long one process waits for another's block."""
_KEYS_AT_ONCE: Final = 1_000
_HASH_BYTES: Final = 32
_APPLICATION: Final = 0x4C585231  # "LXR1": what SQLite's header says of the file
_SCHEMA: Final = (
    "CREATE TABLE block (number INTEGER PRIMARY KEY, header BLOB NOT NULL) STRICT",
    "CREATE TABLE tx (tx_id TEXT NOT NULL, block INTEGER NOT NULL, position INTEGER NOT NULL, valid INTEGER NOT NULL,"
    " envelope BLOB NOT NULL, writes BLOB NOT NULL, result BLOB NOT NULL, PRIMARY KEY (block, position)) STRICT",
    "CREATE UNIQUE INDEX valid_once ON tx (tx_id) WHERE valid",
    # the perfect subtrees of the log over the blocks, see lxr.node.log
    "CREATE TABLE node (level INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL,"
    " PRIMARY KEY (level, place)) STRICT, WITHOUT ROWID",
    "CREATE TABLE state (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT",
)
_encode_writes: Final = msgspec.msgpack.Encoder().encode
_decode_writes: Final = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...]).decode
_decode_header: Final = msgspec.json.Decoder(Header).decode


class _Row(Struct, frozen=True, array_like=True):
    position: int
    tx_id: str
    valid: bool
    envelope: bytes
    writes: bytes
    result: bytes


def make_block_file(path: Path) -> None:
    """Make a new file without blocks. Raises LedgerFault."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for statement in ("PRAGMA journal_mode=WAL", f"PRAGMA application_id={_APPLICATION}", *_SCHEMA):
                connection.execute(statement)
    except sqlite3.Error as fault:
        raise LedgerFault("{path}: {fault}", path=path, fault=fault) from None


class BlockFile:
    """The file, which other processes may have open too. Every method raises LedgerFault.

    Any thread may use it, each by a connection of its own: a thread's snapshot is its own, and threads that write take
    turns, as processes do. An iterator is used where it was asked for.
    """

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._connections: Final = Connections(self._connect)
        if not path.is_file():
            raise LedgerFault("{path}: no such file", path=path)
        try:
            self._check_kind()
        except BaseException:
            self.close()
            raise

    @property
    def _connection(self) -> sqlite3.Connection:
        """The connection of this thread."""
        try:
            return self._connections.of_this_thread()
        except sqlite3.Error as fault:
            raise LedgerFault("{path}: {fault}", path=self.path, fault=fault) from None

    def _connect(self) -> sqlite3.Connection:
        made = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",
            timeout=BUSY_SECONDS_MAX,
            isolation_level=None,
            uri=True,
            check_same_thread=False,
        )
        # FULL: a commit returns once it is on the disk; fullfsync: on macOS too.
        for pragma in ("synchronous=FULL", "fullfsync=ON"):
            made.execute(f"PRAGMA {pragma}")
        return made

    def close(self) -> None:
        """Close the file, in all threads. The last to close it folds the write-ahead log into it."""
        self._connections.close()

    def height(self) -> int:
        """How many blocks there are."""
        ((last,),) = self._rows("SELECT max(number) FROM block")
        return 0 if last is None else int(last) + 1

    def tip(self) -> Header | None:
        """Return the header of the last block."""
        height = self.height()
        return self._header(height - 1) if height else None

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """Yield the blocks from that number on."""
        for number in range(start, self.height()):
            yield self._block(number)

    def log(self) -> Log:
        """Return the log over all blocks."""
        return log_at(self.height(), self.log_node)

    def log_node(self, level: int, place: int) -> bytes:
        """One kept node of the log over the blocks."""
        for (node,) in self._rows("SELECT hash FROM node WHERE level = ? AND place = ?", level, place):
            if isinstance(node, bytes) and len(node) == _HASH_BYTES:
                return node
        raise LedgerFault(
            "{path}: node {place} at level {level} of the log is missing or damaged",
            path=self.path,
            place=place,
            level=level,
        )

    def log_nodes(self) -> Iterator[Node]:
        """All kept nodes, by level and place."""
        try:
            for row in self._connection.execute("SELECT level, place, hash FROM node ORDER BY level, place"):
                yield msgspec.convert(row, Node)
        except (sqlite3.Error, OverflowError, UnicodeError, msgspec.ValidationError) as fault:
            raise LedgerFault("{path}: node: {fault}", path=self.path, fault=fault) from None

    def transaction(self, tx_id: str) -> Located | None:
        """One valid transaction, or None if the ledger does not hold it."""
        sql = "SELECT block, position, tx_id, valid, envelope, writes, result FROM tx WHERE tx_id = ? AND valid"
        for block, *row in self._rows(sql, tx_id):
            return Located(block, row[0], _transaction(row, f"block {block}, transaction {row[0]}"))
        return None

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the values under the keys, in their order and of one moment; None where there is none."""
        found = dict[str, bytes]()
        # one statement is of one moment by itself, and most reads are one
        with self.snapshot() if len(keys) > _KEYS_AT_ONCE else nullcontext():
            for start in range(0, len(keys), _KEYS_AT_ONCE):
                some = keys[start : start + _KEYS_AT_ONCE]
                marks = ",".join("?" * len(some))
                found.update(self._rows(f"SELECT key, value FROM state WHERE key IN ({marks})", *some))
        for key, value in found.items():
            if not isinstance(value, bytes):
                raise LedgerFault("state: the value under key {key} is damaged", key=repr(key))
        return [found.get(key) for key in keys]

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """All keys that begin so, with their values, sorted by key, of one moment."""
        rows = self._scan(prefix)
        return rows if self._connection.in_transaction else iter(list(rows))  # a snapshot spares the memory

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """While open, all reads show the ledger as it was at the first of them. Snapshots nest."""
        if self._connection.in_transaction:
            yield
            return
        with self._transaction("BEGIN"):
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """While open, no other process appends. What was appended stands when it closes, and only as a whole."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    def append(self, header: Header, log: Log, transactions: Sequence[Transaction], state: Mapping[str, bytes]) -> None:
        """Add a block and the state that it leads to. log: before it. Inside `writing` only."""
        rows = (
            (tx.tx_id, header.number, at, tx.valid, encode_envelope(tx.envelope), _encode_writes(tx.writes), tx.result)
            for at, tx in enumerate(transactions)
        )
        upsert = "INSERT INTO state VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        _, nodes = log.with_block(bytes.fromhex(header.tree))
        self._insert("INSERT INTO block VALUES (?, ?)", [(header.number, canonical(header))])
        self._insert("INSERT INTO tx VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self._insert(upsert, sorted(state.items()))
        self._insert("INSERT INTO node VALUES (?, ?, ?)", nodes)

    def storage_fault(self) -> Said | None:
        """Return what SQLite finds wrong, or that a transaction stands in no block; None: all is well."""
        try:
            ((verdict,),) = self._rows("PRAGMA integrity_check(1)")
            ((stray,),) = self._rows("SELECT count(*) FROM tx WHERE block NOT IN (SELECT number FROM block)")
        except LedgerFault as fault:
            return fault.said
        if verdict != "ok":
            return Said("{path}: {verdict}", path=self.path, verdict=verdict)
        if stray:
            return Said("{path}: {stray} transactions stand in no block", path=self.path, stray=stray)
        return None

    def _scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        within, bounds = "key >= ?", [prefix]
        if prefix:  # without one, whatever there is
            within, bounds = "key >= ? AND key < ?", [prefix, prefix + "\U0010ffff"]
        try:
            for row in self._connection.execute(f"SELECT key, value FROM state WHERE {within} ORDER BY key", bounds):
                yield msgspec.convert(row, tuple[str, bytes])
        except (sqlite3.Error, OverflowError, UnicodeError, msgspec.ValidationError) as fault:
            raise LedgerFault("{path}: state: {fault}", path=self.path, fault=fault) from None

    def _check_kind(self) -> None:
        try:
            ((application,),) = self._rows("PRAGMA application_id")
            tables = self._rows("SELECT sql FROM sqlite_master WHERE sql NOTNULL ORDER BY rowid")
        except LedgerFault as fault:
            raise LedgerFault("{fault}: not a ledger, or damaged", fault=fault) from None
        if application != _APPLICATION or tables != [(sql,) for sql in _SCHEMA]:
            raise LedgerFault("{path}: not a ledger, or of another release, or damaged", path=self.path)

    def _block(self, number: int) -> Block:
        try:
            header = self._header(number)
            sql = "SELECT position, tx_id, valid, envelope, writes, result FROM tx WHERE block = ? ORDER BY position"
            rows = self._rows(sql, number)
        except LedgerFault as fault:
            raise LedgerFault("block {number}: {fault}", number=number, fault=fault) from None
        if [row[0] for row in rows] != list(range(len(rows))):
            raise LedgerFault("block {number}: a transaction is missing or out of place", number=number)
        return Block(header, tuple(_transaction(row, f"block {number}, transaction {row[0]}") for row in rows))

    def _header(self, number: int) -> Header:
        rows = self._rows("SELECT header FROM block WHERE number = ?", number)
        try:
            header = _decode_header(rows[0][0])
        except (IndexError, TypeError, UnicodeDecodeError, msgspec.MsgspecError):
            raise LedgerFault("its header is missing or damaged") from None
        if canonical(header) != rows[0][0]:
            raise LedgerFault("its header is damaged")
        return header

    def _insert(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        connection = self._connection
        assert connection.in_transaction
        try:
            connection.executemany(sql, rows)
        except sqlite3.Error as fault:
            raise LedgerFault("{path}: {fault}", path=self.path, fault=fault) from None

    def _rows(self, sql: str, *parameters: str | int) -> list[Any]:
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except (sqlite3.Error, OverflowError, UnicodeError) as fault:  # SQLite's own messages quote damaged bytes
            raise LedgerFault("{path}: {fault}", path=self.path, fault=fault) from None

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._rows(begin)
        try:
            yield
            self._rows("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._rows("ROLLBACK")


def _transaction(row: Any, place: str) -> Transaction:
    try:
        stored = msgspec.convert(row, _Row, strict=False)  # SQLite keeps a truth as 0 or 1
        writes = _decode_writes(stored.writes)
        if _encode_writes(writes) != stored.writes:
            raise LedgerFault("{place}: what it wrote is damaged", place=place)
        return Transaction(stored.tx_id, decode_envelope(stored.envelope), stored.valid, writes, stored.result)
    except (msgspec.MsgspecError, UnicodeDecodeError) as fault:
        raise LedgerFault("{place}: damaged: {fault}", place=place, fault=fault) from None
    except Refusal as refusal:
        raise LedgerFault("{place}: {refusal}", place=place, refusal=refusal) from refusal
