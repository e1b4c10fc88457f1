"""What came and went on one account between two days, and what it held after each line."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement.chengdu import chengdu_time
from lxr.settlement.errors import InputFault, ProjectionFault
from lxr.settlement.lookups import account_fen
from lxr.token.accounts import AccountKind
from lxr.token.fen import yuan

if TYPE_CHECKING:
    from lxr.settlement.reports.projection import Projection


class StatementLine(Struct, frozen=True):
    """One posting. at: in Chengdu. One of in_fen and out_fen is 0. reason: of the table of moves."""

    at: datetime
    counterpart: str
    reason: str
    in_fen: int
    out_fen: int
    balance_fen: int
    tx_id: str


class AccountStatement(Struct, frozen=True):
    """opening_fen + what came − what went = closing_fen. The days from first to last, both included."""

    account: str
    first: date
    last: date
    opening_fen: int
    lines: tuple[StatementLine, ...]
    closing_fen: int


def account_statement(
    projection: "Projection", client: Client, account: str, first: date, last: date
) -> AccountStatement:
    """Return the statement of an account that has a balance, as "employer:E001"; the projection is brought up to date.

    What all postings of the account sum to must be what the ledger says that it holds.
    Raises InputFault: no such kind of account, days out of order. ProjectionFault: the sums differ.
    """
    kind = account.partition(":")[0]
    if kind not in set(AccountKind) - {AccountKind.OUT}:
        expected = ", ".join(sorted(set(AccountKind) - {AccountKind.OUT}))
        raise InputFault(
            file=account,
            problem="no account with a balance",
            expected=Said("one of {expected}, and a number", expected=expected),
        )
    if first > last:
        raise InputFault(
            file=account,
            field="last",
            problem=Said("{last} is before {first}", last=last, first=first),
            expected="a later day",
        )
    with client.ledger.snapshot():
        projection.follow(client.ledger)
        held_fen, summed_fen = account_fen(client, account), projection.balance_of(account)
        if held_fen != summed_fen:
            raise ProjectionFault(
                "{account}: its postings sum to {summed} yuan, the ledger holds {held}; rebuild the projection",
                account=account,
                summed=yuan(summed_fen),
                held=yuan(held_fen),
            )
        opening_fen = projection.balance_of(account, before=first)
        rows = projection.postings_of(account, first, last)
    lines = []
    balance_fen = opening_fen
    for row in rows:
        balance_fen += row.amount_fen
        lines.append(
            StatementLine(
                at=chengdu_time(row.at_ms),
                counterpart=row.counterpart,
                reason=row.reason,
                in_fen=max(0, row.amount_fen),
                out_fen=max(0, -row.amount_fen),
                balance_fen=balance_fen,
                tx_id=row.tx_id,
            )
        )
    return AccountStatement(account, first, last, opening_fen, tuple(lines), balance_fen)
