"""An account's statement, as employers and workers see theirs."""

from datetime import date

from lxr_cli.language import text
from lxr_cli.screen import money
from lxr_cli.session import Session
from lxr_cli.shared_options import FIRST_YEAR, LAST_YEAR
from lxr_settlement.statement import account_statement


def show_statement(desk: Session, name: str, first: date | None, last: date | None) -> None:
    """All of it, or what came and went between two days, both included."""
    days = first or date(FIRST_YEAR, 1, 1), last or date(LAST_YEAR, 12, 31)
    found = account_statement(desk.projection, desk.reader, name, *days)
    names = (
        *(text("time", "时间"), text("counterpart", "对方"), text("reason", "事由")),
        *(text("in", "收入"), text("out", "支出"), text("balance", "余额")),
    )
    rows = [
        (
            *(f"{line.at:%Y-%m-%d %H:%M}", line.counterpart, line.reason),
            *(money(line.in_fen), money(line.out_fen), money(line.balance_fen)),
        )
        for line in found.lines
    ]
    desk.screen.table(f"{name}: {money(found.opening_fen)} → {money(found.closing_fen)}", names, rows)
    desk.screen.result(found)
