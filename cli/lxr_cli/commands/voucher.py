"""lxr voucher: the document of one event, and the check of one that somebody brings."""

import json
from pathlib import Path
from typing import Annotated

import typer
from lxr_settlement.vouchers import find, verify_voucher

from lxr_cli.arguments import FileArgument
from lxr_cli.language import text
from lxr_cli.session import session

app = typer.Typer(no_args_is_help=True, help=text("Electronic vouchers", "电子凭证"))


@app.command(help=text("Show or save the voucher of an event", "查看或保存凭证"))
def show(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help=text("a transaction, RUN/WORKER, an order, a booking, a month, EMPLOYER/DAY/SHARD, TERMS/VERSION", "交易号、批次/劳动者、指令、入账号、月份等"))],
    out: Annotated[Path | None, typer.Option(metavar="FILE.json")] = None,
) -> None:
    """Made from the ledger alone."""
    desk = session(context)
    raise NotImplementedError
