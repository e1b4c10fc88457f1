"""What is checked before it is signed: the ledger and a closed month. And a certificate taken back."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import asdict

from lxr.chaincode.period import Month, MonthContent
from lxr.cli.arguments import PeriodArgument, ReasonOption, SerialArgument, short_text
from lxr.cli.commands.period import said, show_figures, show_items
from lxr.cli.ends import NotDone
from lxr.cli.screen import money
from lxr.cli.session import Session, group_of, session
from lxr.cli.texts.language import spoken, text
from lxr.cli.texts.told import in_words
from lxr.node.audit import AuditReport, Comparison, MisplacedRestoration, Restored, WrongCheckpoint
from lxr.node.genesis import genesis_of, ids_of
from lxr.node.port import LedgerFault
from lxr.node.said import Said
from lxr.node.seen import Memory, SeenFault, audit_with_memory
from lxr.settlement.ledger import certificates, checkpoint_signing, close
from lxr.settlement.ledger.checkpoint_file import comparison, read_checkpoint
from lxr.settlement.messages.words import fact_words, organisations_words

CheckpointsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--checkpoint",
        metavar="FILE",
        help=text("compare with this checkpoint's file too; may be repeated", "另与该检查点文件核对，可重复"),
    ),
]


def ledger_audit(context: typer.Context, checkpoint: CheckpointsOption = None) -> None:
    """Signs nothing and needs no key. Compared with what the union has seen, or the organisation that --as names."""
    desk = session(context)
    memory, against = desk.memory("union"), comparisons(desk, checkpoint)
    try:
        with desk.screen.progress(text("auditing", "审计")) as step:
            report = audit_with_memory(desk.ledger, memory, step, against)
    except SeenFault:
        raise
    except LedgerFault as fault:
        desk.screen.result({"ok": False, "fault": str(fault)})
        raise said_no(fault.said) from None
    show_audit(desk, report, memory)


def audit_and_sign(
    context: typer.Context,
    checkpoint: CheckpointsOption = None,
    reason: Annotated[
        str | None,
        typer.Option(
            parser=short_text,
            metavar="TEXT",
            help=text(
                "supersede wrong checkpoints of one's own; it stays on the ledger", "更正本组织有误的检查点；将永久记录"
            ),
        ),
    ] = None,
) -> None:
    """Says yes and signs a checkpoint, or names the first bad entry."""
    desk, group = session(context), group_of(context)
    auditor = desk.auditor(group, gives=checkpoint_signing.audit_and_sign)
    memory, against = desk.memory(group), comparisons(desk, checkpoint)
    with desk.screen.progress(text("auditing", "审计")) as step:
        report = checkpoint_signing.audit_and_sign(auditor, memory, step, against=against, reason=reason)
    show_audit(desk, report, memory, signed=True)


def revoke(context: typer.Context, serial: SerialArgument, reason: ReasonOption) -> None:
    """It is refused from the next transaction on."""
    desk, organisation = session(context), group_of(context)
    certificates.revoke(desk.client(organisation, "admin"), serial, reason)
    desk.screen.done(text(f"{serial} is revoked", f"{serial} 已吊销"), {"serial": serial})


def countersign(context: typer.Context, period: PeriodArgument) -> None:
    """Only after one's own audit said yes. What is signed is shown first, all that is carried over by name."""
    desk, group = session(context), group_of(context)
    auditor, memory = desk.auditor(group, gives=close.countersign), desk.memory(group)
    with desk.screen.progress(text("auditing", "审计")) as step:
        report = audit_with_memory(auditor.ledger, memory, step)
    if report.fault is not None:
        show_audit(desk, report, memory)
    carried: list[dict[str, object]] = []

    def show(content: MonthContent, month: Month) -> None:
        show_items(desk, content.carried)
        show_figures(desk, content.figures, month.anew)
        carried.extend(map(said, content.carried))

    answer = close.countersign(auditor, memory, report, period, show)
    organisation, items = memory.organisation, len(carried)
    desk.screen.done(
        text(
            f"{period} is signed by {organisation}, {items} items carried over",
            f"{organisation} 已会签 {period}，{items} 项结转下月",
        ),
        {**asdict(answer), "carried": carried},
    )


def comparisons(desk: Session, files: list[Path] | None) -> list[Comparison]:
    """What an audit is compared with besides memory: checkpoints' files, each read and found good in itself."""
    if not files:
        return []
    ledgers, roots = ids_of(genesis_of(desk.ledger)), desk.consortium.roots()
    return [comparison(*read_checkpoint(file, ledgers, roots)) for file in files]


def show_audit(desk: Session, report: AuditReport, memory: Memory, *, signed: bool = False) -> None:
    """Yes or no, whose memory it was compared with, and what was signed wrongly; no ends with exit code 1."""
    organisation, seen = memory.organisation, memory.seen
    named = fact_words("caller", organisation)
    if report.ok:
        line = text(
            f"yes: {report.transactions} transactions in {report.height} blocks re-executed; "
            f"supply {money(report.supply_fen)}, reserve {money(report.reserve_fen)}",
            f"是：已重算 {report.height} 个区块 {report.transactions} 笔交易；"
            f"发行 {money(report.supply_fen)}，备付金 {money(report.reserve_fen)}",
        )
        by = text(f"; signed by {named.en}", f"；{named.zh}已签署") if signed else ""
        desk.screen.say(line + by)
    if seen is None:
        desk.screen.say(text(f"{named.en} has seen nothing before", f"{named.zh}此前没有见过本账本"))
    else:
        desk.screen.say(
            text(
                f"compared with what {named.en} has seen: block {seen.height - 1}",
                f"已与{named.zh}先前所见核对：区块 {seen.height - 1}",
            )
        )
    if not desk.screen.as_json:
        for line in (
            *map(told_restored, report.restored),
            *map(told_misplaced, report.misplaced_restorations),
            *map(told_wrong, report.wrong_checkpoints),
        ):
            desk.screen.warn(line)
    desk.screen.result({**asdict(report), "memory": {"organisation": organisation, "seen": seen}})
    if report.fault is not None:
        raise said_no(report.fault)


def said_no(fault: Said) -> NotDone:
    """The audit's no, and why."""
    return NotDone(text("audit says no: ", "审计结果为否：") + in_words(fault))


def told_restored(restored: Restored) -> str:
    """Who says that the ledger goes on from a backup, in one line."""
    by, height = spoken(organisations_words(restored.signed)), restored.height
    return text(
        f"{by} say that this ledger was lost and goes on from a backup of its first {height} blocks",
        f"{by}声明：本账本曾丢失，自前 {height} 个区块的备份继续",
    )


def told_misplaced(misplaced: MisplacedRestoration) -> str:
    """What an organisation signed about a backup and does not stand where it says, in one line."""
    by, block, height = spoken(fact_words("caller", misplaced.organisation)), misplaced.block, misplaced.height
    en, zh = f"which only block {height} can say", f"该声明只能载于区块 {height}"
    if block == height:
        en = f"whose last is {misplaced.block_hash}, found {misplaced.found}"
        zh = f"其最后区块为 {misplaced.block_hash}，审计所得为 {misplaced.found}"
    return text(
        f"misplaced restoration: {by} signed in block {block} that this ledger goes on from a backup of its first "
        f"{height} blocks, {en}",
        f"恢复声明位置不符：{by}在区块 {block} 中声明账本自前 {height} 个区块的备份继续，{zh}",
    )


def told_wrong(wrong: WrongCheckpoint) -> str:
    """What an organisation signed and was not found, in one line."""
    signer, height, block = spoken(fact_words("caller", wrong.signer)), wrong.height, wrong.block
    if wrong.early:
        return text(
            f"wrong checkpoint {height}: {signer} signed it in block {block}, before that height was reached",
            f"检查点 {height} 有误：{signer}在区块 {block} 中签署，当时账本尚未达到该高度",
        )
    en, zh = [], []
    for name in wrong.differs:
        figure = fact_words("figure", name)
        signed, found = (_figure(name, getattr(each, name)) for each in (wrong.signed, wrong.found))
        en.append(f"{figure.en} {signed}, found {found}")
        zh.append(f"{figure.zh}为 {signed}，审计所得为 {found}")
    return text(
        f"wrong checkpoint {height}: {signer} signed {'; '.join(en)}",
        f"检查点 {height} 有误：{signer}所签{'；'.join(zh)}",
    )


def _figure(name: str, value: int | str) -> str:
    return money(value) if name.endswith("_fen") and isinstance(value, int) else str(value)
