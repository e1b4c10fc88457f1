"""From blocks to the rows of the projection."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from lxr.chaincode.books import entries
from lxr.chaincode.caller import caller_of
from lxr.chaincode.cashout_records import payment_orders
from lxr.chaincode.envelope import open_payload
from lxr.chaincode.runs import pay_lines
from lxr.node.blocks import Block, Transaction
from lxr.settlement.database import Database, marks
from lxr.settlement.projection_tables import (
    TABLES,
    OrderRow,
    PayLineRow,
    PostingRow,
    Row,
    TransactionRow,
    WriteRow,
)

_NOT_INDEXED: Final = frozenset({"account", "entry", "request"})
_NEWER_ORDER: Final = (
    " ON CONFLICT (number) DO UPDATE SET state = excluded.state, booking = excluded.booking, reason = excluded.reason"
)


def take(database: Database, blocks: Iterable[Block]) -> None:
    """Put the rows of these blocks, in their order, into the database, which is being written."""
    rows: dict[type[Row], list[Row]] = {kind: [] for kind in (TransactionRow, PostingRow, PayLineRow, WriteRow)}
    orders: list[OrderRow] = []
    for block in blocks:
        number = block.header.number
        for position, transaction in enumerate(block.transactions):
            if not transaction.valid:  # it did nothing, and what it holds was not checked
                continue
            taken = _transaction(transaction, number, position)
            rows[TransactionRow].append(taken)
            for key, value in transaction.writes:
                table, _, rest = key.partition("/")
                if table not in _NOT_INDEXED:
                    rows[WriteRow].append(WriteRow(key, number, position, taken.tx_id))
                if table == "entry":
                    rows[PostingRow] += _postings(value, taken)
                elif table == "lines":
                    rows[PayLineRow] += _lines(rest, value, taken)
                elif table == "payment_order":
                    orders.append(_order(rest, value, taken))
    for kind, some in rows.items():
        database.run_for_each(_insert(kind), some)
    database.run_for_each(_insert(OrderRow) + _NEWER_ORDER, orders)


def _insert(kind: type[Row]) -> str:
    return f"INSERT INTO {TABLES[kind]} VALUES ({marks(kind._fields)})"


def _transaction(transaction: Transaction, block: int, position: int) -> TransactionRow:
    payload = open_payload(transaction.envelope)
    caller = caller_of(payload.certificate)
    command = msgspec.json.decode(payload.command)  # not typed: an old block may hold a command of an old contract
    employer = command.get("employer") or command.get("employer_no") or caller.employer
    if employer is None and command.get("run"):
        employer = command["run"].partition("-")[0]
    return TransactionRow(
        block=block,
        position=position,
        tx_id=transaction.tx_id,
        command=command["command"],
        organisation=caller.organisation,
        role=caller.role,
        caller_employer=caller.employer,
        employer=employer,
        request_id=command["request_id"],
        at_ms=payload.at_ms,
    )


def _postings(value: bytes, of: TransactionRow) -> Iterator[PostingRow]:
    entry = entries.decode(value)
    for line, posting in enumerate(entry.postings):
        for account, counterpart, amount_fen in (
            (posting.source, posting.target, -posting.amount_fen),
            (posting.target, posting.source, posting.amount_fen),
        ):
            yield PostingRow(
                account=account,
                block=of.block,
                position=of.position,
                line=line,
                counterpart=counterpart,
                reason=posting.reason.value,
                amount_fen=amount_fen,
                at_ms=entry.at_ms,
                tx_id=of.tx_id,
            )


def _lines(number: str, value: bytes, of: TransactionRow) -> Iterator[PayLineRow]:
    run, shard = number.split("/")
    for worker, line in pay_lines.decode(value).lines.items():
        kept_fen: Counter[str] = Counter()
        for taken in line.deductions:
            kept_fen[taken.kind] += taken.fen
        yield PayLineRow(
            worker=worker,
            run=run,
            shard=int(shard),
            gross_fen=line.gross_fen,
            tax_fen=kept_fen["tax"],
            insurance_fen=kept_fen["insurance"],
            recovered_fen=kept_fen["overpaid"],
            net_fen=line.net_fen,
            fee_fen=line.fee_fen,
            minutes=sum(part.minutes for part in line.parts),
            at_ms=of.at_ms,
            tx_id=of.tx_id,
            block=of.block,
            position=of.position,
        )


def _order(number: str, value: bytes, of: TransactionRow) -> OrderRow:
    order = payment_orders.decode(value)
    return OrderRow(
        number=number,
        account=order.account,
        cashout=order.cashout,
        amount_fen=order.amount_fen,
        state=order.state.value,
        booking=order.booking,
        reason=order.reason,
        block=of.block,
        position=of.position,
    )
