"""lxr worker: keys, joining terms, and what one has been paid."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer
from cryptography.hazmat.primitives.asymmetric import ec

from lxr.chaincode.employers import employers
from lxr.chaincode.terms import terms_heads
from lxr.chaincode.workers import workers
from lxr.cli.arguments import (
    ApproveOption,
    BankCodeOption,
    BankNameOption,
    EmployerArgument,
    FirstDayArgument,
    FromOption,
    ReasonOption,
    StatusArgument,
    TermsArgument,
    WorkerArgument,
    WorkersArgument,
)
from lxr.cli.commands import status as statuses
from lxr.cli.ends import NotKnownYet, UsageFault
from lxr.cli.session import Session, session
from lxr.cli.texts.language import text
from lxr.network.keyfile import KeyFault
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.files import read_bounded
from lxr.settlement.people import employers as employer_service
from lxr.settlement.people import payees, roster, worker_keys
from lxr.settlement.terms import agreement as terms_service
from lxr.settlement.work import signing

STANDARD_INPUT: Final = Path("-")
CARD_BYTES_MAX: Final = 200
"""A card number has 13 to 19 digits; blanks and a line's end may be around it."""


def keyed(desk: Session, employer: str, chosen: list[str] | None) -> list[str]:
    """The workers named, or all of the employer's whose key is on this machine."""
    desk.reader.need(employers, employer)
    if chosen:
        return [desk.worker(word) for word in chosen]
    return [number for number in desk.people.workers_of(employer).values() if number in desk.wallets]


def key_new(context: typer.Context, employer: EmployerArgument, chosen: WorkersArgument = None) -> None:
    """One key for each worker of the employer's roster who has none on this machine."""
    desk = session(context)
    desk.reader.need(employers, employer)
    numbers = [desk.worker(word) for word in chosen or []] or list(desk.people.workers_of(employer).values())
    made = [number for number in numbers if number not in desk.wallets]
    with desk.screen.progress(text("making keys", "生成密钥")) as step:
        for done, number in enumerate(made, start=1):
            desk.wallets.make(number)
            step(done, len(made))
    desk.screen.done(text(f"{len(made)} keys made", f"已生成 {len(made)} 个密钥"), {"made": made})


def key_replace(
    context: typer.Context,
    worker: WorkerArgument,
    reason: ReasonOption = "lost",
    approve: ApproveOption = False,
) -> None:
    """Without --approve: make a new key and propose it. With it: approve it, as regulator/admin or by --as."""
    desk = session(context)
    worker = desk.worker(worker)
    desk.reader.need(workers, worker)
    good_from = None
    if approve:
        point, good_from = approve_key(desk, worker)
    else:
        operator = desk.client("union", "operator")
        point = worker_keys.propose_key(operator, worker, new_key(desk, operator, worker), reason)
    state = text(f"good from {good_from}", f"自 {good_from} 起有效") if good_from else text("proposed", "已提出")
    desk.screen.done(f"{worker}: {point} {state}", {"worker": worker, "public_key": point, "good_from": good_from})


def approve_key(desk: Session, worker: str) -> tuple[str, date]:
    """Approve the key that is proposed, unless it is approved already; the key, and the day from which it is good."""
    proposed = worker_keys.approve_key(desk.client("regulator", "admin"), worker)
    if proposed is None or proposed.good_from is None:
        raise _nothing_proposed(worker)
    return proposed.public_key, proposed.good_from


def new_key(desk: Session, operator: Client, worker: str) -> ec.EllipticCurvePrivateKey:
    """The key here that is not in force yet: one made before, or one made now in the place of the old one."""
    try:
        key = desk.wallets.key(worker)
    except KeyFault:  # lost, or its passphrase is
        return desk.wallets.replace(worker)
    spent = worker_keys.is_spent(operator, worker, signing.public_key_of(key))
    return desk.wallets.replace(worker) if spent else key


def key_keep(context: typer.Context, worker: WorkerArgument) -> None:
    """The key in force, here or beside the new one, signs that it stays; the new one is off."""
    desk = session(context)
    worker = desk.worker(worker)
    operator = desk.client("union", "operator")
    in_force = worker_keys.key_in_force(operator, worker)
    kept = desk.wallets.find(worker, lambda key: signing.public_key_of(key) == in_force)
    if not worker_keys.keep_key(operator, worker, kept) and desk.wallets.key(worker) is kept:
        raise _nothing_proposed(worker)
    desk.wallets.put_back(worker, kept)
    said = text(f"{worker}: {in_force} stays", f"{worker}：{in_force} 继续有效")
    desk.screen.done(said, {"worker": worker, "public_key": in_force})


def _nothing_proposed(worker: str) -> NotKnownYet:
    return NotKnownYet(text(f"no new key is proposed for {worker}", f"{worker} 没有待批准的新密钥"))


def add(context: typer.Context, employer: EmployerArgument, chosen: WorkersArgument = None) -> None:
    """Workers of the roster whose keys are here; those on the ledger already are passed over."""
    desk = session(context)
    numbers = keyed(desk, employer, chosen)
    keys = {number: desk.wallets.key(number) for number in numbers}
    count = roster.enrol(desk.client("employer", "signer", employer), desk.people, employer, keys)
    desk.screen.done(
        text(f"{count} workers registered", f"已登记 {count} 名劳动者"), {"employer": employer, "count": count}
    )


def join(
    context: typer.Context,
    terms: TermsArgument,
    chosen: WorkersArgument = None,
    version: Annotated[int | None, typer.Option(min=1, help=text("the newest, if not given", "默认最新版本"))] = None,
    from_day: FromOption = None,
) -> None:
    """By default every worker of the employer whose key is here, from the first day of the version."""
    desk = session(context)
    head = desk.reader.need(terms_heads, terms)
    numbers = keyed(desk, head.employer, chosen)
    keys = {number: desk.wallets.key(number) for number in numbers}
    count = terms_service.join(desk.client("union", "operator"), terms, version or len(head.versions), keys, from_day)
    desk.screen.done(
        text(f"{count} workers joined {terms}", f"{count} 名劳动者加入 {terms}"), {"terms": terms, "count": count}
    )


def set_status(
    context: typer.Context,
    worker: WorkerArgument,
    status: StatusArgument,
    from_day: FirstDayArgument,
    reason: ReasonOption,
) -> None:
    """Nothing new is earned from that day; everything earned is still paid out."""
    desk = session(context)
    worker = desk.worker(worker)
    employer_service.set_worker_status(desk.client("union", "operator"), worker, status, from_day, reason)
    desk.screen.done(f"{worker}: {status}, {from_day}", {"worker": worker, "status": status, "from": from_day})


def reinstate(
    context: typer.Context, worker: WorkerArgument, reason: ReasonOption = "by mistake", approve: ApproveOption = False
) -> None:
    """The union proposes and the employer approves; with --as the other way around."""
    desk = session(context)
    worker = desk.worker(worker)
    record = desk.reader.need(workers, worker)
    by = desk.client("employer", "signer", record.employer) if approve else desk.client("union", "operator")
    statuses.reinstate(desk, by, worker, reason, approve=approve)


def account_set(
    context: typer.Context,
    worker: WorkerArgument,
    bank_code: BankCodeOption,
    bank_name: BankNameOption,
    card_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=text(
                "file with the card number, - for standard input; else it is asked for",
                "写有卡号的文件，- 为标准输入；否则提示输入",
            ),
        ),
    ] = None,
) -> None:
    """The ledger gets a salted commitment; the account itself stays in the union's store."""
    desk = session(context)
    worker = desk.worker(worker)
    changed = change_account(desk, worker, card_number(desk, card_file), bank_code, bank_name)
    desk.screen.done(
        text(f"{worker}: account changed", f"{worker}：账户已变更"), {"worker": worker, "payee_commitment": changed}
    )


def card_number(desk: Session, file: Path | None) -> str:
    """Read a card's number, which is no argument: every process sees those, and the shell keeps them.

    Raises InputFault; UsageFault: no file is named and nobody is at a terminal.
    """
    if file is None:
        typed = desk.typed(text("Card number", "卡号"))
        if typed is None:
            raise UsageFault(
                text(
                    "no card number: give --card-file FILE, or - for standard input",
                    "缺少卡号：请给出 --card-file 文件，或 - 表示标准输入",
                )
            )
        return typed.strip()
    place = text("standard input", "标准输入") if file == STANDARD_INPUT else str(file)
    given = sys.stdin.buffer.read(CARD_BYTES_MAX + 1) if file == STANDARD_INPUT else read_bounded(file, CARD_BYTES_MAX)
    if len(given) > CARD_BYTES_MAX:
        raise InputFault(
            file=place,
            problem=Said("more than {card_bytes_max} bytes", card_bytes_max=CARD_BYTES_MAX),
            expected="a smaller file",
        )
    try:
        return given.decode().strip()
    except UnicodeDecodeError:
        raise InputFault(file=place, problem="is not UTF-8", expected="13 to 19 digits") from None


def change_account(desk: Session, worker: str, bank_account: str, bank_code: str, bank_name: str) -> str:
    """Change a worker's account with the key that is here: see `payees.change_account`."""
    operator = desk.also("union", "operator")
    account = bank_account, bank_code, bank_name
    return payees.change_account(operator, desk.people, worker, lambda: desk.wallets.key(worker), *account)
