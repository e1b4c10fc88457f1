"""lxr network up: the nodes of a consortium on Hyperledger Fabric, brought up from whatever state they are in."""

import shlex
import time
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from lxr.chaincode.caller import ORGANISATIONS
from lxr.cli.arguments import OrganisationsOption, consortium_name
from lxr.cli.commands.demo import PASSPHRASE
from lxr.cli.commands.setup import NAME, organised, validity
from lxr.cli.ends import UsageFault
from lxr.cli.session import Session, session
from lxr.cli.texts.language import text
from lxr.cli.texts.told import in_words
from lxr.network.consortium import Consortium
from lxr.network.fabric import network
from lxr.network.fabric.binaries import find_fabric
from lxr.network.fabric.description import BASE_PORT, HOST, PORTS_OF_A_CONSORTIUM, Ordering, describe
from lxr.network.fabric.founding import found_fabric
from lxr.network.fabric.nodes import described
from lxr.network.fabric.ports import free_base_port, why_taken

BASE_PORT_MAX: Final = 65_536 - PORTS_OF_A_CONSORTIUM
STEPS: Final = {  # of `network.up`, in Chinese
    "genesis block": "创世区块",
    "nodes": "启动节点",
    "channel": "加入通道",
    "contract": "部署合约",
    "endorsement": "背书就绪",
}
assert STEPS.keys() == set(network.STEPS)


def up(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help=text("new, or a consortium's", "新目录或联盟目录"))],
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help=text("past dates can be played", "演练：可重放过去的日期"))
    ] = False,
    ordering: Annotated[
        Ordering | None,
        typer.Option(
            help=text(
                "bft: four orderers, one may fail; raft: the union's alone", "排序方式：bft 四节点容错，raft 单节点"
            ),
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(parser=consortium_name, metavar="TEXT", help=text("the consortium's name", "联盟名称"))
    ] = None,
    base_port: Annotated[
        int | None,
        typer.Option(min=1024, max=BASE_PORT_MAX, help=text("the first of 40 ports", "40 个端口中的第一个")),
    ] = None,
    organisations: OrganisationsOption = None,
) -> None:
    """From whatever state they are in: the same command again goes on where it stopped."""
    desk = session(context)
    desk.directory = directory
    fabric = find_fabric()
    began = time.monotonic()
    if not (directory / "consortium.toml").exists():
        named, first_port = NAME if name is None else name, BASE_PORT if base_port is None else base_port
        _found(desk, named, rehearsal, ordering or "bft", first_port, organisations)
    consortium = desk.consortium
    _refuse_another(consortium, rehearsal, ordering, name, base_port)
    if consortium.rehearsal:
        desk.passphrase_by_default = PASSPHRASE.encode()
    steps = _Steps(desk)
    network.up(consortium, desk.passphrase, fabric, steps.begin)
    steps.end()
    _say_how_to_use(desk, consortium, time.monotonic() - began)


class _Steps:
    """Says each step of `up` with the time it took."""

    def __init__(self, desk: Session) -> None:
        self._desk: Final = desk
        self._step: str | None = None
        self._began = 0.0

    def begin(self, step: str) -> None:
        self.end()
        self._step, self._began = step, time.monotonic()

    def end(self) -> None:
        if self._step is not None:
            took = f"{time.monotonic() - self._began:.1f} s"
            self._desk.screen.say(text(f"{self._step}: {took}", f"{STEPS[self._step]}：{took}"))


def _found(
    desk: Session, name: str, rehearsal: bool, ordering: Ordering, base_port: int, organisations: Path | None
) -> None:
    for port in range(base_port, base_port + PORTS_OF_A_CONSORTIUM):
        if (why := why_taken(HOST, port)) is not None:
            free = free_base_port()
            raise UsageFault(
                text(
                    f"--base-port: {port} cannot be listened on: {in_words(why)}; {free} and what follows is free",
                    f"--base-port：端口 {port} 不可用（{in_words(why)}）；{free} 起可用",
                )
            )
    desk.new_passphrase = organisations is None
    if rehearsal:
        desk.passphrase_by_default = PASSPHRASE.encode()
    fabric = describe(ORGANISATIONS, ordering=ordering, base_port=base_port)
    organise = organised(desk, organisations)
    dates = validity(rehearsal=rehearsal)
    found_fabric(desk.directory, name, rehearsal, desk.passphrase, *dates, fabric, organise)
    desk.screen.say(text(f"{name}: made in {desk.directory}", f"{name}：已创建于 {desk.directory}"))


def _refuse_another(
    consortium: Consortium, rehearsal: bool, ordering: Ordering | None, name: str | None, base_port: int | None
) -> None:
    """Raises UsageFault: the consortium there is another than the options ask for."""
    fabric = described(consortium)
    there = {
        "name": (name, consortium.name),
        "ordering": (ordering, fabric.ordering),
        "base-port": (base_port, min(nodes.orderer for nodes in fabric.nodes.values())),
    }
    for option, (asked, has) in there.items():
        if asked is not None and asked != has:
            _refuse_option(consortium, option, str(has))
    if rehearsal and not consortium.rehearsal:
        _refuse_option(consortium, "rehearsal", text("no rehearsal", "非演练"))


def _refuse_option(consortium: Consortium, option: str, has: str) -> NoReturn:
    there = consortium.directory
    raise UsageFault(text(f"--{option}: the consortium in {there} has {has}", f"--{option}：{there} 中的联盟为 {has}"))


def _say_how_to_use(desk: Session, consortium: Consortium, seconds: float) -> None:
    there = shlex.quote(str(desk.directory))
    nodes = [node.name for node in network.status(consortium) if node.running]
    desk.screen.say(
        text(
            f"{consortium.name} is up: {len(nodes)} nodes, {seconds:.1f} s",
            f"{consortium.name} 已启动：{len(nodes)} 个节点，{seconds:.1f} s",
        )
    )
    if desk.passphrase == PASSPHRASE.encode():
        line = f"export LXR_PASSPHRASE={PASSPHRASE}"
        desk.screen.say(text(f"its keys protect nothing: {line}", f"密钥仅供演练：{line}"))
    desk.screen.say(text(f"found its ledger, once: lxr init {there}", f"创建账本（仅一次）：lxr init {there}"))
    desk.screen.say(text(f"then: lxr --ledger fabric:{there} ...", f"之后：lxr --ledger fabric:{there} ..."))
    desk.screen.result(
        {
            "consortium": consortium.name,
            "directory": str(desk.directory),
            "rehearsal": consortium.rehearsal,
            "ordering": described(consortium).ordering,
            "nodes": nodes,
        }
    )
