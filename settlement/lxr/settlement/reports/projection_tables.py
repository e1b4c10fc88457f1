"""The tables of the projection. Each row can be made again from the ledger's blocks; nothing else is kept here.

block, position: where the transaction stands, both from 0. at_ms: its own time, unix ms.
"""

from typing import Final

from sqlalchemy import BigInteger, MetaData
from sqlmodel import Field, SQLModel

SCHEMA: Final = 3
"""Raised with every change of these tables; a projection of another number must be rebuilt."""


class _Row(SQLModel):
    metadata = MetaData()


class MarkRow(_Row, table=True):
    """How far the projection has come. One row. hash: of the last block that is in it, empty before the first."""

    __tablename__ = "projection"
    number: int = Field(primary_key=True)
    tables: int
    height: int
    hash: str


class TransactionRow(_Row, table=True):
    """One valid transaction. employer: whom it is about: the one that the command names, else the caller's own."""

    __tablename__ = "ledger_transaction"
    block: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    tx_id: str = Field(index=True)
    command: str = Field(index=True)
    organisation: str
    role: str
    caller_employer: str | None
    employer: str | None = Field(index=True)
    request_id: str
    at_ms: int = Field(sa_type=BigInteger, index=True)


class PostingRow(_Row, table=True):
    """One side of a posting: above zero what the account got, below zero what it gave. line: in the transaction."""

    __tablename__ = "posting"
    account: str = Field(primary_key=True)
    block: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    line: int = Field(primary_key=True)
    counterpart: str
    reason: str
    amount_fen: int = Field(sa_type=BigInteger)
    at_ms: int = Field(sa_type=BigInteger)
    tx_id: str


class PayLineRow(_Row, table=True):
    """One worker in one run, as it was priced. gross = net + tax + insurance + recovered. fee: the employer's, on top,
    in ten-thousandths of a fen: the run rounds their sum."""

    __tablename__ = "pay_line"
    worker: str = Field(primary_key=True)
    run: str = Field(primary_key=True)
    shard: int
    gross_fen: int = Field(sa_type=BigInteger)
    tax_fen: int = Field(sa_type=BigInteger)
    insurance_fen: int = Field(sa_type=BigInteger)
    recovered_fen: int = Field(sa_type=BigInteger)
    net_fen: int = Field(sa_type=BigInteger)
    fee: int = Field(sa_type=BigInteger)
    minutes: int
    at_ms: int = Field(sa_type=BigInteger)
    tx_id: str
    block: int
    position: int


class OrderRow(_Row, table=True):
    """One payment to the bank and where it stands. block, position: of the transaction that held it."""

    __tablename__ = "payment_order"
    number: str = Field(primary_key=True)
    account: str = Field(index=True)
    cashout: str
    amount_fen: int = Field(sa_type=BigInteger)
    state: str
    booking: str | None
    reason: str | None
    block: int
    position: int


class WriteRow(_Row, table=True):
    """That a transaction wrote the record under a key. Left out: accounts, entries and requests."""

    __tablename__ = "record_written"
    key: str = Field(primary_key=True)
    block: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    tx_id: str


TABLES: Final = _Row.metadata
