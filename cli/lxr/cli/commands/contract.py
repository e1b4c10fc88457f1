"""lxr contract: which contract the ledger runs under, and how another comes into force."""

from typing import Annotated

import typer

from lxr.chaincode.upgrade import contracts
from lxr.cli.arguments import ContractArgument, organisation, short_text
from lxr.cli.ends import UsageFault
from lxr.cli.session import Session, session
from lxr.cli.shared_options import moment_of, shown_moment
from lxr.cli.texts.language import text
from lxr.node.contracts import contracts_here
from lxr.node.genesis import genesis_of
from lxr.settlement.ledger import upgrade

ByOption = Annotated[
    str | None,
    typer.Option("--by", parser=organisation, metavar="ORGANISATION", help=text("who has proposed it", "提出的组织")),
]


def show(context: typer.Context) -> None:
    """The contract in force, those that this node has, and those that are proposed."""
    desk = session(context)
    genesis_of(desk.ledger)  # or it says that there is no ledger yet
    in_force = desk.reader.need(contracts)
    here = contracts_here()
    desk.screen.say(text(f"in force: {in_force.version}", f"现行合约：{in_force.version}"))
    for version in here:
        desk.screen.say(text(f"on this node: {version}", f"本节点具备：{version}"))
    waiting = upgrade.pending(desk.reader)
    columns = (
        text("contract", "合约"),
        text("by", "提出组织"),
        text("not before", "最早启用"),
        text("stated by", "已声明"),
        text("source", "依据"),
    )
    rows = [
        (each.version[:12], each.proposed_by, shown_moment(each.not_before_ms), ", ".join(each.have), each.source)
        for each in waiting
    ]
    if rows:
        desk.screen.table(text("proposed", "待启用"), columns, rows)
    ended = [each.ended for each in in_force.switches]
    desk.screen.result({"in_force": in_force.version, "ended": ended, "here": here, "proposed": waiting})


def propose(
    context: typer.Context,
    version: ContractArgument,
    not_before: Annotated[
        str,
        typer.Option("--from", metavar="TIME", help=text("the earliest time, like 2026-12-01T02:00", "最早启用时间")),
    ],
    source: Annotated[
        str, typer.Option(parser=short_text, metavar="TEXT", help=text("the release it comes from", "所属版本或文件"))
    ],
) -> None:
    """For one's own organisation: as union/admin, or by --as as another's."""
    desk = session(context)
    whole = _whole(desk, version)
    admin = desk.client("union", "admin", gives=upgrade.propose)
    upgrade.propose(admin, whole, moment_of(not_before, "--from"), source)
    desk.screen.done(text(f"{whole[:12]} is proposed", f"{whole[:12]} 已提出"), {"version": whole})


def state(
    context: typer.Context,
    version: ContractArgument,
    by: ByOption = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help=text("the node has it no longer", "节点不再具备"))
    ] = False,
) -> None:
    """As union/witness, or by --as as another's: its node has that contract. A node that has not refuses."""
    desk = session(context)
    found = upgrade.proposals_of(desk.reader, _whole(desk, version), by)
    if len(found) > 1:  # each has a time of its own: nobody signs one that they were not shown
        times = [(each.proposed_by, shown_moment(each.not_before_ms)) for each in found]
        english = ", ".join(f"{who} from {when}" for who, when in times)
        chinese = "，".join(f"{who} 自 {when} 起" for who, when in times)
        raise UsageFault(
            text(
                f"several organisations propose {found[0].version[:12]}: {english}; give --by",
                f"多个组织提出了 {found[0].version[:12]}（{chinese}），请用 --by 指定",
            )
        )
    (proposal,) = found
    witness = desk.client("union", "witness", gives=upgrade.state)
    now = upgrade.state(witness, proposal, has=not withdraw)
    have = ", ".join(now.have) or "-"
    desk.screen.done(
        text(f"{now.version[:12]}: on the nodes of {have}", f"{now.version[:12]}：已声明具备的组织：{have}"), now
    )


def switch(context: typer.Context, version: ContractArgument, by: ByOption = None) -> None:
    """As union/admin, or by --as as another's admin or witness. The next transaction runs under it."""
    desk = session(context)
    whole = _whole(desk, version)
    if desk.reader.need(contracts).version == whole:
        desk.screen.done(text(f"{whole[:12]} is in force already", f"{whole[:12]} 已启用"), {"version": whole})
        return
    proposal = upgrade.chosen(desk.reader, whole, by)
    ended = upgrade.switch(desk.client("union", "admin", gives=upgrade.switch), proposal)
    desk.screen.done(
        text(f"{whole[:12]} is in force, {ended[:12]} has ended", f"{whole[:12]} 已启用，{ended[:12]} 已终止"),
        {"version": whole, "ended": ended},
    )


def _whole(desk: Session, digits: str) -> str:
    found = upgrade.versions_like(desk.reader, digits)
    if len(found) > 1:  # somebody may propose a version that is like a release's, which is no reason to take it
        every = ", ".join(found)
        raise UsageFault(
            text(
                f"several contracts begin with {digits}: {every}; give more digits",
                f"多个合约以 {digits} 开头：{every}；请给出更多位数",
            )
        )
    return found[0]
