"""lxr bank notice show: what the bank tells during the day, ahead of its statement."""

from pathlib import Path
from typing import Annotated

import typer

from lxr.cli.screen import money
from lxr.cli.session import session
from lxr.cli.texts.language import spoken, text
from lxr.settlement.bank import notices
from lxr.settlement.bank.line_words import direction_words


def show(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help=text("camt.052 or camt.054", "camt.052 或 camt.054"))
    ],
) -> None:
    """Nothing is booked, for a notice has no balances. Of a deposit that names its employer, what attests it."""
    desk = session(context)
    found = notices.shown(desk.reader, desk.custody(), files)
    desk.screen.table(
        text("told during the day", "日间通知"),
        (
            text("day", "日期"),
            text("booking", "入账号"),
            text("direction", "方向"),
            text("yuan", "元"),
            text("payer", "付款方"),
            text("on the ledger", "已在账本"),
        ),
        [
            (
                each.day,
                each.booking,
                spoken(direction_words(credit=each.credit)),
                money(each.amount_fen),
                each.employer or "",
                text("yes", "是") if each.known else "",
            )
            for each in found
        ],
    )
    for each in found:
        if each.can_be_attested:
            desk.screen.say(
                f"lxr bank attest-deposit {each.employer} {money(each.amount_fen)} "
                f"--booking {each.booking} --day {each.day}"
            )
    desk.screen.result({"lines": found})
