"""lxr voucher: the document of one event, and the check of one that somebody brings."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from lxr_chaincode.checkpoint import Finding
from lxr_cli.arguments import FileArgument, digest
from lxr_cli.ends import NotDone, UsageFault
from lxr_cli.language import text
from lxr_cli.session import Session, session
from lxr_node.genesis import genesis_of, ids_of
from lxr_settlement.bankfiles.files import write_in_place
from lxr_settlement.checkpoint_file import read_checkpoint
from lxr_settlement.checkpoints import agreed, fits
from lxr_settlement.vouchers import Voucher, encode_voucher, find, verify_voucher, without_proof
from lxr_settlement.vouchers.voucher import Words

REFERENCES = text(
    "a transaction, RUN, RUN/WORKER, EMPLOYER/DAY/SHARD, TERMS/VERSION, MONTH, an order, a booking, checkpoint/HEIGHT",
    "交易号、批次、批次/劳动者、单位/日期/分片、条款/版本、月份、指令、入账号或 checkpoint/高度",
)


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
        write_in_place(out, encode_voucher(found))
    content = found.content
    rows = [(said(each.role), each.number) for each in content.parties]
    rows += [(said(each.label), each.value) for each in content.facts]
    if content.amount_fen is not None:
        rows.append((text("amount", "金额"), f"{content.amount_yuan} {content.amount_capitals}"))
    title = f"{said(content.title)} {content.number}"
    desk.screen.table(title, (text("item", "项目"), text("value", "内容")), rows)
    for notice in content.notices:
        desk.screen.say(f"  {said(notice)}")
    desk.screen.result(found)


def verify(
    context: typer.Context,
    file: FileArgument,
    root: Annotated[
        str | None,
        typer.Option(
            parser=digest, metavar="HEX", help=text("a checkpoint's root that you trust", "您所信任的检查点根哈希")
        ),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=text("a checkpoint's file, of lxr ledger checkpoint", "检查点文件")),
    ] = None,
) -> None:
    """Every word of it is made again from what its proof holds.

    Without --root or --checkpoint: against this ledger's own checkpoint.
    """
    desk = session(context)
    data = file.read_bytes()
    if root is not None and checkpoint is not None:
        raise UsageFault(text("give --root or --checkpoint, not both", "--root 与 --checkpoint 只能给出一个"))
    finding, signed = (None, ()) if checkpoint is None else from_file(desk, checkpoint)
    problems = verify_voucher(data, finding or root or known_root(desk, data))
    for problem in problems:
        desk.screen.say(f"  {problem}")
    if finding is not None:
        who = ", ".join(signed)
        desk.screen.say(
            text(f"checkpoint {finding.height} is signed by {who}", f"检查点 {finding.height} 由 {who} 签署")
        )
    desk.screen.result({"file": str(file), "good": not problems, "problems": problems, "signed": signed})
    if problems:
        raise NotDone(f"{file}: " + text("not good", "无效") + f": {problems[0]}")
    desk.screen.say(f"{file}: " + text("good", "有效"))


def from_file(desk: Session, file: Path) -> tuple[Finding, tuple[str, ...]]:
    """What a checkpoint's file says, and who signs it by the root certificates in this directory."""
    return read_checkpoint(file, ids_of(genesis_of(desk.ledger)), desk.consortium.roots())


def known_root(desk: Session, data: bytes) -> str:
    """The root of this ledger's checkpoint at the height of the voucher's proof."""
    try:
        proof = msgspec.json.decode(data, type=Voucher).proof
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""  # no voucher: the check itself says so
    if proof is None:
        return ""
    right = [each for each in agreed(desk.ledger, proof.finding.height) if fits(desk.ledger, each.finding)]
    if not right:
        line = text(
            "this ledger has no checkpoint of the proof's height; give --root or --checkpoint",
            "本账本无对应检查点，请给出 --root 或 --checkpoint",
        )
        raise UsageFault(line)
    return right[0].finding.root


def said(words: Words) -> str:
    """In the chosen language."""
    return text(words.en, words.zh)
