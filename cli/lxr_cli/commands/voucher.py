"""lxr voucher: the document of one event, and the check of one that somebody brings."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from lxr_settlement.vouchers import encode_voucher, find, verify_voucher, without_proof
from msgspec.structs import replace

from lxr_cli.arguments import FileArgument
from lxr_cli.language import LANGUAGE, text
from lxr_cli.session import session

app = typer.Typer(no_args_is_help=True, help=text("Electronic vouchers", "电子凭证"))

REFERENCES = text(
    "a transaction, RUN, RUN/WORKER, EMPLOYER/DAY/SHARD, TERMS/VERSION, a month, an order, a booking, checkpoint/HEIGHT",
    "交易号、批次、批次/劳动者、单位/日期/分片、条款/版本、月份、指令、入账号或 checkpoint/高度",
)


@app.command(help=text("Show or save the voucher of an event", "查看或保存凭证"))
def show(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help=REFERENCES)],
    out: Annotated[Path | None, typer.Option(metavar="FILE.json", help=text("save it there", "保存到文件"))] = None,
    proof: Annotated[
        bool, typer.Option("--proof", help=text("with the proof, which shows what others did too", "附带证明"))
    ] = False,
) -> None:
    """Made from the ledger alone. Without --proof it holds nothing that concerns anybody else."""
    desk = session(context)
    run, slash, worker = reference.rpartition("/")
    if slash and worker.startswith("R") and "-" in run:
        reference = f"{run}/{desk.worker(run.partition('-')[0] + '/' + worker)}"
    found = find(desk.ledger, desk.projection, reference)
    found = found if proof else without_proof(found)
    if out is not None:
        out.write_bytes(encode_voucher(found))
    content = found.content
    position = 1 if LANGUAGE == "zh" else 0
    rows = [(msgspec.structs.astuple(each)[position], each.number) for each in content.parties]
    rows += [(msgspec.structs.astuple(each)[position], each.value) for each in content.facts]
    if content.amount_fen is not None:
        rows.append((text("amount", "金额"), f"{content.amount_yuan} {content.amount_capitals}"))
    title = msgspec.structs.astuple(content.title)[position]
    desk.screen.table(f"{title} {content.number}", (text("item", "项目"), text("value", "内容")), rows)
    for notice in content.notices:
        desk.screen.say(f"  {msgspec.structs.astuple(notice)[position]}")
    desk.screen.result(found)


@app.command(help=text("Check a voucher's file without a ledger", "离线核验凭证文件"))
def verify(
    context: typer.Context,
    file: FileArgument,
) -> None:
    """Its digest and, if it has a proof, every word of it."""
    raise NotImplementedError


assert replace
