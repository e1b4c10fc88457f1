"""lxr voucher: the document of one event, and the check of one that somebody brings."""

from pathlib import Path
from typing import Annotated

import typer

from lxr.cli.arguments import FileArgument, digest
from lxr.cli.ends import NotDone, UsageFault
from lxr.cli.session import Session, session
from lxr.cli.texts.language import spoken, text
from lxr.cli.texts.told import in_words
from lxr.node.genesis import genesis_of, ids_of
from lxr.node.port import LedgerFault
from lxr.settlement.files import read_bounded, write_in_place
from lxr.settlement.ledger.checkpoint_file import read_checkpoint
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.messages.words import organisations_words
from lxr.settlement.reports.vouchers import encode_voucher, find, verify_on_ledger, verify_voucher, without_proof

REFERENCES = text(
    "a transaction, RUN, RUN/WORKER, EMPLOYER/DAY/SHARD, TERMS/VERSION, MONTH, an order, a booking, checkpoint/HEIGHT",
    "交易号、批次、批次/劳动者、单位/日期/分片、条款/版本、月份、指令、入账号或 checkpoint/高度",
)

VOUCHER_BYTES_MAX = 64_000_000
"""More than the voucher of a command of the largest size has with its proof."""
OWN_BLOCKS = Words("recomputed from this ledger's own blocks", "由本账本自有区块重新计算")
NOBODY = Words("nobody", "无")


def show(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help=REFERENCES)],
    out: Annotated[Path | None, typer.Option(metavar="FILE.json", help=text("save it there", "保存到文件"))] = None,
    proof: Annotated[
        bool, typer.Option("--proof", help=text("with the proof, for whoever is to check it", "附带证明，供核验"))
    ] = False,
) -> None:
    """Made from the ledger alone. The proof shows the records that are told, of shared ones the worker's own part."""
    desk = session(context)
    run, slash, worker = reference.rpartition("/")
    if slash and worker.startswith("R") and "-" in run:
        reference = f"{run}/{desk.worker(run.partition('-')[0] + '/' + worker)}"
    found = find(desk.ledger, desk.projection, reference)
    found = found if proof else without_proof(found)
    if out is not None:
        write_in_place(out, encode_voucher(found))
    content = found.content
    rows = [(spoken(each.role), each.number) for each in content.parties]
    rows += [(spoken(each.label), spoken(each.value)) for each in content.facts]
    if content.amount_fen is not None:
        rows.append((text("amount", "金额"), f"{content.amount_yuan} {content.amount_capitals}"))
    names = text("item", "项目"), text("value, sums in yuan", "内容（金额单位：元）")
    desk.screen.table(f"{spoken(content.title)} {content.number}", names, rows, folded=True)
    for notice in content.notices:
        desk.screen.say(f"  {spoken(notice)}")
    desk.screen.result(found)


def verify(
    context: typer.Context,
    file: FileArgument,
    root: Annotated[
        str | None,
        typer.Option(
            parser=digest,
            metavar="HEX",
            help=text("the root of a checkpoint, which you trust", "您所信任的检查点根哈希"),
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=text("a checkpoint's file, of lxr ledger checkpoint", "检查点文件")),
    ] = None,
) -> None:
    """Every word of it is made again from what its proof holds.

    Without --root or --checkpoint: by this ledger's own blocks.
    """
    desk = session(context)
    data = read_bounded(file, VOUCHER_BYTES_MAX)
    if root is not None and checkpoint is not None:
        raise UsageFault(text("give --root or --checkpoint, not both", "--root 与 --checkpoint 只能给出一个"))
    source, ledgers = OWN_BLOCKS if root is None else NOBODY, ids_here(desk)
    signers = source.en
    if checkpoint is not None:
        finding, signed = read_checkpoint(checkpoint, ledgers, desk.consortium.roots())
        source, signers = organisations_words(signed), ", ".join(signed)
        problems = verify_voucher(data, finding)
    else:
        problems = verify_on_ledger(data, desk.ledger) if root is None else verify_voucher(data, root)
    for problem in problems:
        desk.screen.say(f"  {in_words(problem)}")
    answer = {"file": str(file), "good": not problems, "problems": problems, "root_signed_by": signers}
    desk.screen.result({**answer, "ledger_compared": root is None and ledgers is not None})
    if problems:
        why = in_words(problems[0])
        raise NotDone(text(f"{file}: not good: {why}", f"{file}：无效：{why}"))
    desk.screen.say(text(f"{file}: good", f"{file}：有效"))
    desk.screen.say(text(f"  root signed by: {source.en}", f"  根哈希签署方：{source.zh}"))
    if root is not None or ledgers is None:
        desk.screen.say("  " + text("which ledger it is of was not compared", "未核对其属于哪个账本"))


def ids_here(desk: Session) -> tuple[str, ...] | None:
    """The ids for which something can be signed that is about the ledger of this directory; None: it has none."""
    try:
        return ids_of(genesis_of(desk.ledger))
    except LedgerFault:
        return None
