"""Payments that the bank did not make: from its lists to the ledger."""

from pathlib import Path
from typing import Annotated

import typer

from lxr.cli.commands.instruction import payment_form
from lxr.cli.session import session
from lxr.cli.texts.language import text
from lxr.settlement.bank import desk as bank_desk


def reject(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help=text("pain.002, list of results, JSON", "pain.002、结果清单或 JSON")),
    ],
    message_id: Annotated[
        str | None,
        typer.Option(
            "--file",
            metavar="TEXT",
            help=text("the payment file that a list speaks of, where it does not say", "清单所对应付款文件的编号"),
        ),
    ] = None,
) -> None:
    """As its teller. What fails comes back to the workers' balances; what was paid, its statement says.

    A list that does not fit the payment file is refused as a whole.
    """
    desk = session(context)
    teller = desk.client("bank", "teller", gives=bank_desk.reject)
    booked = {}
    for file in files:
        inbox, form = desk.consortium.bank_dir / "inbox", payment_form(desk)
        booked[file.name] = bank_desk.reject(teller, desk.custody(), file, inbox, form, message_id)
        count = booked[file.name]
        desk.screen.say(text(f"{file.name}: {count} orders were not executed", f"{file.name}：{count} 笔指令未执行"))
    desk.screen.result({"rejected": booked})
