"""lxr network: the nodes of a consortium on Hyperledger Fabric, on this machine."""

import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import typer

from lxr.chaincode.ledger_refusals import ContractMissing
from lxr.cli.ends import NotDone, UsageFault
from lxr.cli.session import Session, session
from lxr.cli.texts.language import text
from lxr.cli.texts.told import in_words
from lxr.network.fabric import network
from lxr.network.fabric.binaries import find_fabric
from lxr.network.fabric.doctor import examine, of_nodes_contracts, of_versions
from lxr.network.fabric.faults import NetworkFault
from lxr.node.contracts import version_in_force
from lxr.node.fabric.service.versions import Versions
from lxr.node.port import LedgerFault
from lxr.node.said import Said, visible

LINES: Final = 50
ENDORSED_OF_LATE: Final = 100
"""How many transactions the doctor looks at for who endorsed them."""
FOLLOW_S: Final = 0.2
"""How often a log that is followed is looked at, in seconds."""
LEVELS: Final = {"ok": "正常", "warn": "注意", "bad": "故障"}

Directory = Annotated[
    Path | None, typer.Argument(metavar="[DIR]", show_default=False, help=text("instead of --dir", "替代 --dir"))
]
NodeArgument = Annotated[str, typer.Argument(metavar="NODE", help=text("as union-peer", "节点名，如 union-peer"))]


def status(context: typer.Context, directory: Directory = None) -> None:
    """Memory is what is resident; height is that of a peer's copy of the ledger."""
    desk = _at(context, directory)
    nodes = network.status(desk.consortium)
    yes, no = text("yes", "是"), text("no", "否")
    rows = [
        (
            node.name,
            yes if node.running else no,
            "" if node.pid is None else node.pid,
            "" if node.memory_bytes is None else f"{node.memory_bytes >> 20} MiB",
            "" if node.height is None else node.height,
            node.address,
        )
        for node in nodes
    ]
    columns = (
        text("node", "节点"),
        text("runs", "运行"),
        text("process", "进程"),
        text("memory", "内存"),
        text("height", "高度"),
        text("address", "地址"),
    )
    desk.screen.table("", columns, rows)
    desk.screen.result({"nodes": nodes})


def logs(
    context: typer.Context,
    node: NodeArgument,
    directory: Directory = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help=text("go on until stopped", "持续输出"))] = False,
    lines: Annotated[int, typer.Option(min=0, help=text("the last so many", "最后若干行"))] = LINES,
) -> None:
    """The end of its log; --follow is ended by Ctrl-C."""
    desk = _at(context, directory)
    if follow and desk.screen.as_json:
        raise UsageFault(text("--follow and --json do not go together", "--follow 与 --json 不能同时使用"))
    path = network.log_path(desk.consortium, node)
    if not path.exists():
        raise NetworkFault("{node}: has not been started yet", node=node)
    with path.open("rb") as log:
        last = [_line(line) for line in deque(log, maxlen=lines)]
        for line in last:
            desk.screen.say(line)
        if follow:
            _follow(desk, log)
    desk.screen.result({"node": node, "log": str(path), "lines": last})


def down(context: typer.Context, directory: Directory = None) -> None:
    """`lxr network up` starts them again."""
    desk = _at(context, directory)
    stopped = [node.name for node in network.status(desk.consortium) if node.running]
    network.down(desk.consortium)
    desk.screen.done(text(f"{len(stopped)} nodes stopped", f"已停止 {len(stopped)} 个节点"), {"stopped": stopped})


def restart(context: typer.Context, node: NodeArgument, directory: Directory = None) -> None:
    """A node that is down is started."""
    desk = _at(context, directory)
    began = time.monotonic()
    network.restart(desk.consortium, find_fabric(), node)
    took = f"{time.monotonic() - began:.1f} s"
    desk.screen.done(text(f"{node} is up again ({took})", f"{node} 已重启（{took}）"), {"restarted": node})


def doctor(context: typer.Context, directory: Directory = None) -> None:
    """Binaries, nodes, ports, disk, certificates, keys, contract, endorsers, versions. Exit code 1: one is bad."""
    desk = _at(context, directory)
    in_force, endorsers = _told_by_the_ledger(desk)
    told = _told_by_the_nodes(desk)
    findings = [
        *examine(desk.consortium, datetime.now(UTC), in_force, endorsers),
        *of_nodes_contracts(told, in_force),
        *of_versions(told),
    ]
    for finding in findings:
        level = text(f"{finding.level:<4}", LEVELS[finding.level])
        line = in_words(Said("{subject}: {what}", subject=Said.of(finding.subject), what=Said.of(finding.what)))
        desk.screen.say(f"{level} {line}")
    bad = sum(finding.level == "bad" for finding in findings)
    desk.screen.result({"ok": not bad, "findings": findings})
    if bad:
        raise NotDone(text(f"{bad} of {len(findings)} findings are bad", f"{len(findings)} 项检查中 {bad} 项故障"))


def _follow(desk: Session, log: BinaryIO) -> None:
    begun = b""
    try:
        while True:
            begun += log.readline()
            if begun.endswith(b"\n"):
                desk.screen.say(_line(begun))
                begun = b""
            else:
                time.sleep(FOLLOW_S)
    except KeyboardInterrupt:
        return  # as it was meant to end


def _line(line: bytes) -> str:
    """A line of a log as a terminal may get it: others' words stand in it."""
    return visible(line.decode(errors="replace").rstrip("\n"))


def _at(context: typer.Context, directory: Path | None) -> Session:
    desk = session(context)
    if directory is not None:
        desk.directory = directory
    return desk


def _told_by_the_ledger(desk: Session) -> tuple[str | None, list[tuple[str, ...]]]:
    """The contract in force, None where no founded ledger can be asked; who endorsed of late."""
    if not any(node.running for node in network.status(desk.consortium)):
        return None, []
    try:
        return version_in_force(desk.ledger), desk.endorsers(ENDORSED_OF_LATE)
    except ContractMissing as missing:  # this machine's copy goes no further: which one is needed is the finding
        return str(missing.facts["contract"]), []
    except LedgerFault:
        return None, []


def _told_by_the_nodes(desk: Session) -> Mapping[str, Versions | Said]:
    """What each organisation's node says that it runs; nothing where none is up."""
    if not any(node.running for node in network.status(desk.consortium)):
        return {}
    try:
        return desk.versions()
    except LedgerFault:
        return {}
