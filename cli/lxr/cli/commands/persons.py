"""lxr union worker, and lxr ledger persons: who is forgotten, who is blocked, and who looked at whom."""

import typer

from lxr.chaincode.persons import PersonState
from lxr.cli.arguments import ReasonOption, WorkerArgument
from lxr.cli.ends import NotDone
from lxr.cli.session import session
from lxr.cli.texts.language import text
from lxr.cli.texts.words import state
from lxr.settlement.people import erasure
from lxr.settlement.people.erasure import Places
from lxr.settlement.people.shared_cards import shared_cards
from lxr.settlement.rehearsal.forgetting import books_of


def erase(context: typer.Context, worker: WorkerArgument, reason: ReasonOption) -> None:
    """While a retention runs the data are blocked instead. Given again after its end, they are erased from every file.

    Backups are not changed: those with the worker in them are named, to be destroyed by whoever keeps them.
    """
    desk = session(context)
    worker = desk.worker(worker)
    operator = desk.client("union", "operator", gives=erasure.erase)
    here = desk.consortium
    places = Places(here.directory, here.bank_dir, here.store_path, books_of(here.bank_dir))
    done = erasure.erase(operator, desk.people, places, worker, reason)
    if done.state is PersonState.BLOCKED:
        said = text(
            f"{worker}: blocked; the law has the data kept until {done.until}",
            f"{worker}：已封存；依法须保存至 {done.until}",
        )
        desk.screen.done(said, done)
        return
    for path in done.removed:
        desk.screen.say(text(f"removed: {path}", f"已移除：{path}"))
    for path in done.changed:
        desk.screen.say(text(f"taken out of: {path}", f"已从中删除：{path}"))
    for backup in done.backups:
        desk.screen.warn(
            text(f"a backup still has them: {backup.file}", f"备份中仍含此人：{backup.file}")
            if backup.readable
            else text(
                f"a backup may still have them, and is no longer there: {backup.file}",
                f"备份中可能仍含此人，文件已不在原处：{backup.file}",
            )
        )
    for path in done.unread:
        desk.screen.warn(text(f"could not be looked into: {path}", f"无法检查：{path}"))
    for path in done.mentions:
        desk.screen.warn(text(f"may be about them, or not: {path}", f"可能提及此人，请核对：{path}"))
    for path in done.left:
        desk.screen.warn(text(f"still in: {path}", f"仍存于：{path}"))
    if done.left:
        desk.screen.result(done)
        raise NotDone(
            text(
                f"{worker}: not erased; remove them from the files named, then give the command again",
                f"{worker}：尚未删除；请先处理所列文件，再执行本命令",
            )
        )
    desk.screen.done(text(f"{worker}: erased", f"{worker}：已删除"), done)


def show(context: typer.Context, worker: WorkerArgument, reason: ReasonOption) -> None:
    """The ledger keeps that a blocked worker's data were shown, and why; not the data."""
    desk = session(context)
    worker = desk.worker(worker)
    operator = desk.client("union", "operator", gives=erasure.show)
    person = erasure.show(operator, desk.people, worker, reason)
    desk.screen.done(
        f"{person.worker} {person.name} {person.bank_account} {person.bank_code} {person.bank_name}",
        {
            "worker": person.worker,
            "employer": person.employer,
            "worker_ref": person.worker_ref,
            "name": person.name,
            "bank_account": person.bank_account,
            "bank_code": person.bank_code,
            "bank_name": person.bank_name,
        },
    )


def unblock(context: typer.Context, worker: WorkerArgument, reason: ReasonOption) -> None:
    """Their data are used again, as for money that is still to be paid; the ledger keeps why."""
    desk = session(context)
    worker = desk.worker(worker)
    operator = desk.client("union", "operator", gives=erasure.unblock)
    erasure.unblock(operator, desk.people, worker, reason)
    desk.screen.done(text(f"{worker}: in use again", f"{worker}：已恢复使用"), {"worker": worker})


def list_(context: typer.Context) -> None:
    """Until when, and how often shown. Needs no key. Exit code 1 where money moved after a retention began."""
    desk = session(context)
    found = list(erasure.kept(desk.reader))
    desk.screen.table(
        text("persons blocked or erased", "已封存或已删除的个人信息"),
        (
            text("worker", "劳动者"),
            text("employer", "用工单位"),
            text("state", "状态"),
            text("last day", "最后业务日"),
            text("until", "保存至"),
            text("shown", "查看次数"),
            text("reason", "事由"),
        ),
        [
            (
                each.worker,
                each.employer,
                state(each.state),
                each.last_day,
                each.until or "-",
                each.shown,
                each.reason,
            )
            for each in found
        ],
    )
    desk.screen.result({"persons": found})
    for each in found:
        if not each.sound:
            raise NotDone(
                text(
                    f"{each.worker}: money moved on {each.moved}, after {each.last_day}, from which the data are kept",
                    f"{each.worker}：{each.moved} 仍有资金变动，晚于保存期起算日 {each.last_day}",
                )
            )


def shared(context: typer.Context) -> None:
    """Before money leaves: two names on one card are a slip or a ghost; one name may be a person with two employers."""
    desk = session(context)
    found = shared_cards(desk.people)
    desk.screen.table(
        text("cards of several workers", "多人共用的银行卡"),
        (text("workers", "劳动者"), text("names", "姓名")),
        [
            (
                ", ".join(f"{holder.employer}/{holder.worker_ref}" for holder in card.holders),
                text("one name", "同名") if card.one_name else text("several names", "不同姓名"),
            )
            for card in found
        ],
    )
    desk.screen.result({"shared_cards": found})
