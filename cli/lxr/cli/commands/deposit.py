"""lxr employer deposit: the employer's order to its bank."""

from pathlib import Path
from typing import Annotated

import typer

from lxr.chaincode.employers import employers
from lxr.cli.arguments import AmountArgument, EmployerArgument, line
from lxr.cli.arguments import account as account_no
from lxr.cli.screen import money
from lxr.cli.session import Session, session
from lxr.cli.texts.language import text
from lxr.settlement.bank.model import Party
from lxr.settlement.bank.transfers import transfer


def deposit(
    context: typer.Context,
    employer: EmployerArgument,
    amount_fen: AmountArgument,
    reference: Annotated[
        str,
        typer.Option(
            parser=line,
            metavar="REFERENCE",
            help=text("its own reference: the same one twice pays once", "单位参考号：同号只付一次"),
        ),
    ],
    payer_account: Annotated[
        str | None, typer.Option(parser=account_no, metavar="ACCOUNT", help=text("the employer's own", "单位账户"))
    ] = None,
    payer_name: Annotated[
        str | None, typer.Option(parser=line, metavar="NAME", help=text("the account's holder", "户名"))
    ] = None,
) -> None:
    """Write the employer's transfer order for the bank."""
    desk = session(context)
    desk.reader.need(employers, employer)
    path = order_deposit(desk, employer, amount_fen, reference, payer_name, payer_account)
    desk.screen.say(
        text(
            f"{money(amount_fen)} yuan ordered from the employer's bank: {path}",
            f"已下达划款指令 {money(amount_fen)} 元：{path}",
        )
    )
    desk.screen.result({"employer": employer, "amount_fen": amount_fen, "file": str(path)})


def order_deposit(
    desk: Session,
    employer: str,
    amount_fen: int,
    reference: str,
    payer_name: str | None = None,
    payer_account: str | None = None,
) -> Path:
    """The employer's transfer order in the bank's inbox, by default from an account made up from its number."""
    return transfer(
        desk.consortium.bank_dir,
        employer,
        amount_fen,
        reference,
        Party(payer_name or f"Employer {employer}", "105100000017"),
        payer_account or f"3100{employer[1:].zfill(12)}",
        desk.custody(),
        desk.now,
    )
