"""lxr ledger: what the ledger holds, and whether it is sound."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from lxr.chaincode.caller import caller_of
from lxr.chaincode.envelope import open_payload
from lxr.chaincode.restoration import restorations
from lxr.cli.ends import NotKnownYet
from lxr.cli.screen import money
from lxr.cli.session import session
from lxr.cli.shared_options import SHANGHAI
from lxr.cli.texts.language import text
from lxr.node.blocks import Transaction
from lxr.node.genesis import genesis_of
from lxr.node.invariants import supply_and_reserve
from lxr.settlement import requests
from lxr.settlement.files import write_in_place
from lxr.settlement.ledger.checkpoint_file import checkpoint_file, encode_checkpoint
from lxr.settlement.ledger.checkpoints import cosigned


def show(context: typer.Context) -> None:
    """A rehearsal says so first."""
    desk = session(context)
    genesis = genesis_of(desk.ledger)
    height = desk.ledger.height()
    supply_fen, reserve_fen = supply_and_reserve(desk.ledger.scan)
    signed = [(str(each.finding.height), ", ".join(each.signed)) for each in cosigned(desk.ledger)]
    kind = text("a rehearsal", "演练") if genesis.rehearsal else text("a consortium's ledger", "联盟账本")
    kept = (
        text("on Hyperledger Fabric, a node for each organisation", "基于 Hyperledger Fabric，各组织一个节点")
        if desk.consortium.fabric
        else text("embedded, of one operator", "嵌入式，由单一操作者持有")
    )
    desk.screen.say(f"{genesis.consortium}: {kind}, {kept}")
    desk.screen.say(text(f"ledger {genesis.ledger}", f"账本标识 {genesis.ledger}"))
    for copied in genesis.copied:
        desk.screen.say(text(f"a copy of ledger {copied}", f"复制自账本 {copied}"))
    if genesis.predecessor is not None:
        before = genesis.predecessor
        desk.screen.say(
            text(
                f"it follows ledger {before.ledger}, as it was after {before.closing.height} blocks, from "
                f"{before.first_day} on",
                f"前一账本 {before.ledger}（截至第 {before.closing.height} 个区块），本账本自 {before.first_day} 起",
            )
        )
    restored = [(key[0], record) for key, record in desk.reader.scan(restorations)]
    for blocks, record in restored:
        signed_by = ", ".join(record.signed)
        desk.screen.say(
            text(
                f"restored after {blocks} blocks, as {signed_by} say: {record.reason}",
                f"自第 {blocks} 个区块后恢复（{signed_by} 签署）：{record.reason}",
            )
        )
    desk.screen.say(
        text(
            f"{height} blocks, supply {money(supply_fen)}, reserve {money(reserve_fen)}",
            f"{height} 个区块，发行 {money(supply_fen)}，备付金 {money(reserve_fen)}",
        )
    )
    for at_height, organisations in signed:
        desk.screen.say(text(f"checkpoint {at_height}: {organisations}", f"检查点 {at_height}：{organisations}"))
    desk.screen.result(
        {
            "consortium": genesis.consortium,
            "ledger": genesis.ledger,
            "copied": genesis.copied,
            "predecessor": genesis.predecessor,
            "restored": [{"height": int(blocks), "signed": record.signed} for blocks, record in restored],
            "rehearsal": genesis.rehearsal,
            "height": height,
            "supply_fen": supply_fen,
            "reserve_fen": reserve_fen,
            "checkpoints": signed,
        }
    )


def tx(
    context: typer.Context, tx_id: Annotated[str, typer.Argument(metavar="TX", help=text("transaction id", "交易号"))]
) -> None:
    """Who signed it, when, what it asked for and what it wrote. Exit code 3 if the ledger does not hold it."""
    desk = session(context)
    located = desk.ledger.transaction(tx_id)
    if located is None:
        raise NotKnownYet(text(f"transaction {tx_id} is not on this ledger", f"账本上没有交易 {tx_id}"))
    facts = {"block": located.block, "position": located.position, **_facts(located.transaction)}
    for name, value in facts.items():
        desk.screen.say(f"{name}: {value}")
    desk.screen.result(facts)


def block(
    context: typer.Context,
    number: Annotated[int, typer.Argument(min=0, metavar="NUMBER", help=text("from 0", "区块号，从 0 起"))],
) -> None:
    """Its header and its transactions. Exit code 3 if there is none of that number."""
    desk = session(context)
    found = next(iter(desk.ledger.blocks(number)), None)
    if found is None:
        raise NotKnownYet(text(f"block {number} is not on this ledger", f"账本上没有区块 {number}"))
    facts = [_facts(transaction) for transaction in found.transactions if transaction.valid]
    desk.screen.say(f"{number} {found.hash}")
    desk.screen.table(
        "",
        ("tx", text("command", "命令"), text("by", "提交者"), text("at", "时间")),
        [(each["tx"], each["command"], each["by"], each["at"]) for each in facts],
    )
    desk.screen.result({"number": number, "hash": found.hash, "header": found.header, "transactions": facts})


def request_command(
    context: typer.Context,
    request_id: Annotated[str, typer.Argument(metavar="REQUEST", help=text("as its sender chose it", "请求号"))],
    void: Annotated[
        bool, typer.Option("--void", help=text("end it: if it was not accepted, it never will be", "作废该请求号"))
    ] = False,
) -> None:
    """In every role that has used it. Exit code 3 if nobody's request of that id is on the ledger, or not yet.

    --void acts as union/treasurer, or as the role that --as names.
    """
    desk = session(context)
    if void:
        requests.void(desk.client("union", "treasurer"), request_id)
    found = list(requests.requests_of(desk.reader, request_id))
    if not found:
        raise NotKnownYet(text(f"request {request_id} is not on this ledger", f"账本上没有请求 {request_id}"))
    for each in found:
        outcome = text("void", "已作废") if each.void else each.tx
        desk.screen.say(f"{each.by} {request_id}: {outcome}")
    desk.screen.result({"request": request_id, "found": found})


def checkpoint(
    context: typer.Context,
    height: Annotated[int, typer.Argument(min=1, metavar="HEIGHT", help=text("in blocks", "区块高度"))],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help=text("save it there", "保存到文件"))] = None,
) -> None:
    """The one that most have signed, of those that fit this ledger. Exit code 3 if nobody has signed that height.

    The file holds the signers' own signatures. Whoever keeps it can have any later audit compared with it.
    """
    desk = session(context)
    found = cosigned(desk.ledger, height)
    if not found:
        raise NotKnownYet(text(f"nobody has signed a checkpoint {height}", f"尚无人签署检查点 {height}"))
    file = checkpoint_file(desk.ledger, height)
    if out is not None:
        write_in_place(out, encode_checkpoint(file))
    for each in found:
        fit = each.finding == file.finding
        line = text(
            f"root {each.finding.root}: {', '.join(each.signed)}", f"根 {each.finding.root}：{'、'.join(each.signed)}"
        )
        desk.screen.say(line + ("" if fit else text(", which is not in the file", "，未写入文件")))
    desk.screen.result(file)


def _facts(transaction: Transaction) -> dict[str, Any]:
    payload = open_payload(transaction.envelope)
    command = msgspec.json.decode(bytes(payload.command))
    return {
        "tx": transaction.tx_id,
        "at": datetime.fromtimestamp(payload.at_ms // 1000, SHANGHAI).isoformat(),
        "by": str(caller_of(payload.certificate)),
        "command": command["command"],
        "body": command,
        "wrote": [key for key, _ in transaction.writes],
        "result": msgspec.json.decode(transaction.result),
    }
