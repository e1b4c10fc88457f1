"""lxr ledger backup and restore: a consortium's directory in one file, and back."""

from pathlib import Path
from typing import Annotated

import typer

from lxr.chaincode.clock import clocks
from lxr.cli.arguments import ReasonOption
from lxr.cli.session import session
from lxr.cli.texts.language import text
from lxr.network.consortium import open_consortium
from lxr.node.backup import back_up
from lxr.node.client import Client
from lxr.node.embedded import EmbeddedLedger, system_clock
from lxr.node.restore import declare_restored, found_copy
from lxr.node.restore import restore as restore_directory

RESTORE = ("union", "regulator")
"""Whose word it is that a ledger was lost, and goes on from a backup."""


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=text("a new file", "新文件"))],
) -> None:
    """Keys, persons, ledger and the bank's books, of one moment, while other commands run. Needs no passphrase.

    Of a Fabric network: what its clients need; the ledger is with its peers.
    """
    from importlib import metadata  # slow to load

    desk = session(context)
    with desk.screen.progress(text("copying", "复制")) as step:
        made = back_up(desk.consortium.directory, desk.ledger, file, metadata.version("lxr"), step)
    size = file.stat().st_size
    desk.screen.done(
        text(
            f"{file}: {len(made.members)} files, {size:,} bytes, the ledger up to block {made.height - 1}",
            f"{file}：{len(made.members)} 个文件，{size:,} 字节，账本至区块 {made.height - 1}",
        ),
        {
            "file": str(file),
            "bytes": size,
            "files": len(made.members),
            "engine": made.engine,
            "height": made.height,
            "block_hash": made.block_hash,
            "contract": made.contract,
            "release": made.release,
        },
    )


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=text("a backup", "备份文件"))],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help=text("new or empty", "新目录或空目录"))],
    copy: Annotated[
        bool,
        typer.Option(
            "--copy",
            help=text("beside its original, with a ledger id of its own", "与原账本并存的副本，使用新的账本标识"),
        ),
    ] = False,
    reason: ReasonOption = "lost",
) -> None:
    """Into a new directory, once its ledger was re-executed; otherwise nothing is left there.

    The ledger keeps its id: its original is lost, which union and regulator sign. With --copy it gets another one.
    """
    desk = session(context)

    def sign(building: Path, ledger: EmbeddedLedger) -> None:
        consortium = open_consortium(building)
        at_ms = Client.reading(ledger).need(clocks).at_ms if consortium.rehearsal else system_clock()
        admins = {
            organisation: consortium.identity(organisation, "admin", passphrase=desk.passphrase)
            for organisation in (("union",) if copy else RESTORE)
        }
        if copy:
            found_copy(ledger, admins["union"], at_ms)
        else:
            declare_restored(ledger, admins.values(), reason, at_ms)

    with desk.screen.progress(text("restoring", "恢复")) as step:
        made, report = restore_directory(file, directory, sign, step)
    if report is None:
        line = text(
            f"{directory}: restored; its ledger is with its peers: lxr ledger audit",
            f"{directory}：已恢复；账本由各节点保存，请执行 lxr ledger audit",
        )
    else:
        line = text(
            f"{directory}: restored; audit says yes: {report.transactions} transactions in {report.height} blocks",
            f"{directory}：已恢复；审计结果为是：{report.height} 个区块，{report.transactions} 笔交易",
        )
    desk.screen.done(
        line,
        {"directory": str(directory), "files": len(made.members), "engine": made.engine, "audit": report},
    )
