"""lxr demo: a month on a rehearsal consortium, with the closing table."""

import os
import tempfile
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from lxr_cli.commands import setup
from lxr_cli.language import text
from lxr_cli.rehearsal import Outcome, Rehearsal
from lxr_cli.rehearsal_plan import plan_from_records, plan_made_up
from lxr_cli.screen import Screen, money
from lxr_cli.session import Session, UsageFault, session

MONTH = date(2026, 8, 1)
PASSPHRASE = "rehearsal"
"""Of a demo's keys, which protect nothing, unless LXR_PASSPHRASE gives another."""


def demo(
    context: typer.Context,
    records: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help=text("real records instead of made-up ones", "真实记录"))
    ] = None,
    map_file: Annotated[
        Path | None, typer.Option("--map", metavar="FILE.toml", help=text("how the records are read", "映射文件"))
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help=text("leave the consortium there", "保留联盟目录"))
    ] = None,
    seed: Annotated[int, typer.Option(help=text("of everything that is made up", "随机种子"))] = 1,
    employers: Annotated[int, typer.Option(min=1, max=99)] = 3,
    workers: Annotated[int, typer.Option(min=1, max=9999)] = 200,
) -> None:
    """Everything runs through the code of the public commands; only the bank is simulated."""
    if (records is None) != (map_file is None):
        raise UsageFault(text("--records and --map go together", "--records 与 --map 须同时给出"))
    screen = session(context).screen
    os.environ.setdefault("LXR_PASSPHRASE", PASSPHRASE)
    with ExitStack() as stack:
        directory = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lxr-demo-"))) / "consortium"
        desk = stack.enter_context(Session(directory=directory, screen=screen))
        setup.make(desk, name="demo", rehearsal=True, custody=setup.CUSTODY)
        paper = directory / "records"
        if records is not None and map_file is not None:
            plans = plan_from_records(paper, records, map_file, seed)
        else:
            plans = plan_made_up(paper, seed, MONTH, employers, workers)
        outcome = Rehearsal(desk, plans, seed).play()
        show(screen, outcome)
        if keep is not None:
            screen.say(
                text(
                    f"kept in {keep}: export LXR_DIR={keep} LXR_PASSPHRASE={PASSPHRASE}",
                    f"已保留在 {keep}：export LXR_DIR={keep} LXR_PASSPHRASE={PASSPHRASE}",
                )
            )
        screen.result(outcome)
        if outcome.breaks or not all(outcome.audit.values()):
            raise typer.Exit(1)


def show(screen: Screen, outcome: Outcome) -> None:
    """The closing table."""
    yes, no = text("yes", "是"), text("no", "否")
    audits = ", ".join(f"{organisation} {yes if ok else no}" for organisation, ok in outcome.audit.items())
    rows: list[tuple[str, object]] = [
        (text("employers", "用工单位"), outcome.employers),
        (text("workers", "劳动者"), outcome.workers),
        (text("rows submitted", "提交行数"), outcome.rows),
        (text("confirmed", "已确认"), outcome.confirmed),
        (text("disputed", "异议"), outcome.disputed),
        (text("late", "迟报"), outcome.late),
        (text("wages, gross", "应发工资"), money(outcome.gross_fen)),
        (text("wages, net", "实发工资"), money(outcome.net_fen)),
        (text("service fee", "服务费"), money(outcome.fee_fen)),
        (text("cashed out", "已结转"), money(outcome.cashed_out_fen)),
        (text("returned and paid again", "退汇后重付"), money(outcome.returned_fen)),
        (text("LXR supply", "LXR 发行量"), money(outcome.supply_fen)),
        (text("reserve", "备付金"), money(outcome.reserve_fen)),
        (text("breaks", "差异"), outcome.breaks),
        (text("audit", "审计"), audits),
    ]
    screen.table(text("the month", "本月结算"), (text("figure", "项目"), text("value", "值")), rows)
