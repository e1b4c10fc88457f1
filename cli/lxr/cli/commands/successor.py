"""lxr successor: what workers have signed goes from a ledger that ends to the one that follows it."""

from pathlib import Path
from typing import Annotated

import typer

from lxr.cli.arguments import EmployerArgument, FileArgument
from lxr.cli.session import session
from lxr.cli.texts.language import text
from lxr.settlement.files import write_in_place
from lxr.settlement.ledger import succession


def registers(context: typer.Context) -> None:
    """Of all employers, once the last day is over; given again, it goes on where it stopped."""
    desk = session(context)
    operator = desk.client("union", "operator", gives=succession.close_registers)
    written = {}
    for employer in succession.employers_of(operator):
        with desk.screen.progress(text(f"registers of {employer}", f"{employer} 期末名册")) as step:
            written[employer] = succession.close_registers(operator, employer, step)
        line = text(f"{employer}: {written[employer]} registers", f"{employer}：写入期末名册 {written[employer]} 份")
        desk.screen.say(line)
    desk.screen.result({"written": written})


def export(
    context: typer.Context,
    employer: EmployerArgument,
    height: Annotated[int, typer.Argument(min=1, metavar="HEIGHT", help=text("of the checkpoint", "检查点高度"))],
    out: Annotated[Path, typer.Option(metavar="FILE", help=text("save it there", "保存到文件"))],
) -> None:
    """With the proofs of each, under the ledger's root at the closing checkpoint."""
    desk = session(context)
    with desk.screen.progress(text("proving", "生成证明")) as step:
        file = succession.registers_file(desk.ledger, desk.projection, employer, height, step)
    write_in_place(out, succession.encode_registers(file))
    count = len(file.registers)
    said = text(f"{count} registers, proven at {height}", f"导出期末名册 {count} 份，按高度 {height} 证明")
    missing = succession.unproven_shards(desk.reader, file)
    if missing:
        listed = ", ".join(map(str, missing))
        said += text(
            f"; shards {listed} have none there: nobody in them is carried over from that height",
            f"；分片 {listed} 在该高度没有期末名册：其中的劳动者不能按该高度转入",
        )
    told = {"employer": employer, "height": height, "registers": count, "missing": list(missing)}
    desk.screen.done(f"{employer}: {said}", told)


def carry_over(context: typer.Context, file: FileArgument) -> None:
    """As union/operator, or by --as employer/signer as the employer: those registered here already stay as they are."""
    desk = session(context)
    given = succession.read_registers(file)
    client = desk.client("union", "operator", gives=succession.carry_over)
    with desk.screen.progress(text("carrying over", "转入")) as step:
        count, waiting = succession.carry_over(client, given, step)
    line = text(f"{given.employer}: {count} workers carried over", f"{given.employer}：转入劳动者 {count} 人")
    if waiting:
        line += text(
            f"; {waiting} wait until the terms that they signed are in force here: then give it again",
            f"；另有 {waiting} 人所签条款尚未在本账本生效，生效后请再次执行",
        )
    desk.screen.done(line, {"employer": given.employer, "workers": count, "waiting": waiting})
