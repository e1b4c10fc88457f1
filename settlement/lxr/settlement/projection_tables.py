"""The tables of the projection. Each row can be made again from the ledger's blocks; nothing else is kept here.

block, position: where the transaction stands, both from 0. at_ms: its own time, unix ms.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

SCHEMA: Final = 4
"""Raised with every change of these tables; a projection of another number must be rebuilt."""


class Mark(NamedTuple):
    """How far the projection has come. hash: of the last block that is in it, empty before the first."""

    tables: int
    height: int
    hash: str


class TransactionRow(NamedTuple):
    """One valid transaction. employer: whom it is about: the one that the command names, else the caller's own."""

    block: int
    position: int
    tx_id: str
    command: str
    organisation: str
    role: str
    caller_employer: str | None
    employer: str | None
    request_id: str
    at_ms: int


class PostingRow(NamedTuple):
    """One side of a posting: above zero what the account got, below zero what it gave. line: in the transaction."""

    account: str
    block: int
    position: int
    line: int
    counterpart: str
    reason: str
    amount_fen: int
    at_ms: int
    tx_id: str


class PayLineRow(NamedTuple):
    """One worker in one run, as it was priced. gross = net + tax + insurance + recovered; the fee is the employer's."""

    worker: str
    run: str
    shard: int
    gross_fen: int
    tax_fen: int
    insurance_fen: int
    recovered_fen: int
    net_fen: int
    fee_fen: int
    minutes: int
    at_ms: int
    tx_id: str
    block: int
    position: int


class OrderRow(NamedTuple):
    """One payment to the bank and where it stands. block, position: of the transaction that held it."""

    number: str
    account: str
    cashout: str
    amount_fen: int
    state: str
    booking: str | None
    reason: str | None
    block: int
    position: int


class WriteRow(NamedTuple):
    """That a transaction wrote the record under a key. Left out: accounts, entries and requests."""

    key: str
    block: int
    position: int
    tx_id: str


Row = Mark | TransactionRow | PostingRow | PayLineRow | OrderRow | WriteRow
TABLES: Final[Mapping[type[Row], str]] = MappingProxyType(
    {
        Mark: "projection",
        TransactionRow: "ledger_transaction",
        PostingRow: "posting",
        PayLineRow: "pay_line",
        OrderRow: "payment_order",
        WriteRow: "record_written",
    }
)
_PLACE: Final = "block INTEGER NOT NULL, position INTEGER NOT NULL"
CREATE: Final = (
    "CREATE TABLE IF NOT EXISTS projection (tables INTEGER NOT NULL, height INTEGER NOT NULL, hash TEXT NOT NULL)"
    " STRICT",
    f"CREATE TABLE IF NOT EXISTS ledger_transaction ({_PLACE}, tx_id TEXT NOT NULL, command TEXT NOT NULL,"
    " organisation TEXT NOT NULL, role TEXT NOT NULL, caller_employer TEXT, employer TEXT, request_id TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL, PRIMARY KEY (block, position)) STRICT",
    *(
        f"CREATE INDEX IF NOT EXISTS transaction_{column} ON ledger_transaction ({column})"
        for column in ("tx_id", "command", "employer", "at_ms")
    ),
    f"CREATE TABLE IF NOT EXISTS posting (account TEXT NOT NULL, {_PLACE}, line INTEGER NOT NULL,"
    " counterpart TEXT NOT NULL, reason TEXT NOT NULL, amount_fen INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " tx_id TEXT NOT NULL, PRIMARY KEY (account, block, position, line)) STRICT",
    "CREATE TABLE IF NOT EXISTS pay_line (worker TEXT NOT NULL, run TEXT NOT NULL, shard INTEGER NOT NULL,"
    " gross_fen INTEGER NOT NULL, tax_fen INTEGER NOT NULL, insurance_fen INTEGER NOT NULL,"
    " recovered_fen INTEGER NOT NULL, net_fen INTEGER NOT NULL, fee_fen INTEGER NOT NULL, minutes INTEGER NOT NULL,"
    f" at_ms INTEGER NOT NULL, tx_id TEXT NOT NULL, {_PLACE}, PRIMARY KEY (worker, run)) STRICT",
    "CREATE TABLE IF NOT EXISTS payment_order (number TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL,"
    " cashout TEXT NOT NULL, amount_fen INTEGER NOT NULL, state TEXT NOT NULL, booking TEXT, reason TEXT,"
    f" {_PLACE}) STRICT",
    "CREATE INDEX IF NOT EXISTS order_account ON payment_order (account)",
    f"CREATE TABLE IF NOT EXISTS record_written (key TEXT NOT NULL, {_PLACE}, tx_id TEXT NOT NULL,"
    " PRIMARY KEY (key, block, position)) STRICT",
)
