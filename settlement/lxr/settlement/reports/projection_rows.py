"""From blocks to the rows of the projection."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import insert
from sqlmodel import Session, SQLModel

from lxr.chaincode.books import entries
from lxr.chaincode.caller import caller_of
from lxr.chaincode.cashout_records import payment_orders
from lxr.chaincode.envelope import open_payload
from lxr.chaincode.runs import FEE_UNIT, pay_lines
from lxr.node.blocks import Block, Transaction
from lxr.settlement.reports.projection_tables import OrderRow, PayLineRow, PostingRow, TransactionRow, WriteRow

_NOT_INDEXED: Final = frozenset({"account", "entry", "request"})


def take(session: Session, blocks: Iterable[Block]) -> None:
    """Put the rows of these blocks, in their order, into the session's transaction."""
    rows: dict[type[SQLModel], list[dict[str, Any]]] = {
        kind: [] for kind in (TransactionRow, PostingRow, PayLineRow, WriteRow)
    }
    for block in blocks:
        for position, transaction in enumerate(block.transactions):
            if not transaction.valid:  # it did nothing, and what it holds was not checked
                continue
            place = {"block": block.header.number, "position": position, "tx_id": transaction.tx_id}
            rows[TransactionRow].append(_transaction(transaction) | place)
            for key, value in transaction.writes:
                table, _, number = key.partition("/")
                if table not in _NOT_INDEXED:
                    rows[WriteRow].append({"key": key} | place)
                if table == "entry":
                    rows[PostingRow] += [row | place for row in _postings(value)]
                elif table == "lines":
                    at_ms = rows[TransactionRow][-1]["at_ms"]
                    rows[PayLineRow] += [row | place | {"at_ms": at_ms} for row in _lines(number, value)]
                elif table == "payment_order":
                    _put_order(session, number, value, block.header.number, position)
    for kind, some in rows.items():
        if some:
            session.execute(insert(kind), some)


def _transaction(transaction: Transaction) -> dict[str, Any]:
    payload = open_payload(transaction.envelope)
    caller = caller_of(payload.certificate)
    command = msgspec.json.decode(payload.command)  # not typed: an old block may hold a command of an old contract
    employer = command.get("employer") or command.get("employer_no") or caller.employer
    if employer is None and command.get("run"):
        employer = command["run"].partition("-")[0]
    return {
        "command": command["command"],
        "organisation": caller.organisation,
        "role": caller.role,
        "caller_employer": caller.employer,
        "employer": employer,
        "request_id": command["request_id"],
        "at_ms": payload.at_ms,
    }


def _postings(value: bytes) -> Iterator[dict[str, Any]]:
    entry = entries.decode(value)
    for line, posting in enumerate(entry.postings):
        both = {"line": line, "reason": posting.reason.value, "at_ms": entry.at_ms}
        source, target = posting.source, posting.target
        yield both | {"account": source, "counterpart": target, "amount_fen": -posting.amount_fen}
        yield both | {"account": target, "counterpart": source, "amount_fen": posting.amount_fen}


def _lines(number: str, value: bytes) -> Iterator[dict[str, Any]]:
    run, shard = number.split("/")
    for worker, line in pay_lines.decode(value).lines.items():
        kept_fen: Counter[str] = Counter()
        for taken in line.deductions:
            kept_fen[taken.kind] += taken.fen
        yield {
            "worker": worker,
            "run": run,
            "shard": int(shard),
            "gross_fen": line.gross_fen,
            "tax_fen": kept_fen["tax"],
            "insurance_fen": kept_fen["insurance"],
            "recovered_fen": kept_fen["overpaid"],
            "net_fen": line.net_fen,
            "fee": line.fee_fen * FEE_UNIT + line.fee,
            "minutes": sum(part.minutes for part in line.parts),
        }


def _put_order(session: Session, number: str, value: bytes, block: int, position: int) -> None:
    order = payment_orders.decode(value)
    row = session.get(OrderRow, number)
    if row is None:
        row = OrderRow(
            number=number,
            account=order.account,
            cashout=order.cashout,
            amount_fen=order.amount_fen,
            state=order.state.value,
            booking=None,
            reason=None,
            block=block,
            position=position,
        )
    row.state, row.booking, row.reason = order.state.value, order.booking, order.reason
    session.add(row)
