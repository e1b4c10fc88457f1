"""lxr init: a consortium on the embedded ledger in a new directory, or the ledger of a Fabric network that is up."""

import secrets
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from lxr.chaincode.custody_records import custodies
from lxr.chaincode.days import moment
from lxr.chaincode.founding import EMBEDDED, geneses
from lxr.cli.arguments import OrganisationsOption, PaymentFileOption, consortium_name, custody, day
from lxr.cli.ends import UsageFault
from lxr.cli.session import Session, session
from lxr.cli.texts.language import text
from lxr.network.consortium import PAYMENT_FILE, Consortium, Organise, found, open_consortium
from lxr.network.successor import copy_organisations
from lxr.node.client import Client
from lxr.node.embedded import EmbeddedLedger
from lxr.settlement.ledger.founding import Follows, founding, open_custody
from lxr.settlement.ledger.parameters import founding_values, set_all
from lxr.token.refusal import Refusal

NAME = "luoxiaorong"
"""Of the consortium, where none is given."""
CUSTODY = "510000100010001"
"""The number of the custody account, where none is given."""
YEARS_BACK, YEARS_AHEAD = 15, 10
"""How far a rehearsal's certificates are dated back, and how long any certificate is valid."""


def init(
    context: typer.Context,
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help=text("new or empty, or that of a Fabric network", "新目录，或 Fabric 网络目录")
        ),
    ],
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help=text("past dates can be played", "演练：可重放过去的日期"))
    ] = False,
    name: Annotated[
        str | None, typer.Option(parser=consortium_name, metavar="TEXT", help=text("the consortium's name", "联盟名称"))
    ] = None,
    custody_no: Annotated[
        str,
        typer.Option(
            "--custody", parser=custody, metavar="ACCOUNT", help=text("the bank's custody account", "托管账户")
        ),
    ] = CUSTODY,
    predecessor: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=text("the closing checkpoint of the ledger that this one follows", "前一账本的期末检查点文件"),
        ),
    ] = None,
    first_day: Annotated[
        date | None,
        typer.Option(
            parser=day,
            metavar="DAY",
            help=text("the first day whose work belongs on this ledger", "本账本记录工作的首日"),
        ),
    ] = None,
    organisations: OrganisationsOption = None,
    payment_file: PaymentFileOption = None,
) -> None:
    """Found it: identities, ledger, parameters, custody account."""
    desk = session(context)
    desk.directory = directory
    network = network_in(directory)
    if network:  # what it is was said when it was brought up
        name, rehearsal = network.name if name is None else name, rehearsal or network.rehearsal
    name = NAME if name is None else name
    if (predecessor is None) != (first_day is None):
        raise UsageFault(
            text("--predecessor and --first-day belong together", "--predecessor 与 --first-day 须同时给出")
        )
    follows = None
    if predecessor is not None and first_day is not None:
        from lxr.settlement.ledger import succession

        follows = succession.predecessor(predecessor, first_day)
    make(
        desk,
        name=name,
        rehearsal=rehearsal,
        custody_no=custody_no,
        follows=follows,
        organisations=organisations,
        payment_file=payment_file,
    )
    desk.screen.say(
        text(
            f"{name} is founded in {directory}: one operator holds all keys, to try and to test",
            f"联盟 {name} 已在 {directory} 创建：由一个操作者持有全部密钥，仅供试用和测试",
        )
    )
    if rehearsal:
        line = text("it is a rehearsal: past dates can be played with --at", "演练联盟：可用 --at 重放过去的日期")
        desk.screen.say(line)
    desk.screen.result({"consortium": name, "directory": str(directory), "rehearsal": rehearsal, "custody": custody_no})


def make(
    desk: Session,
    *,
    name: str,
    rehearsal: bool,
    custody_no: str,
    follows: Follows | None = None,
    organisations: Path | None = None,
    payment_file: str | None = None,
) -> Consortium:
    """A consortium with its ledger founded. If it was cut off after the keys were made, this goes on from there.

    follows: the ledger before it, and the signatures on its closing checkpoint. organisations: the directory of a
    consortium whose organisations these are. payment_file: the form of the bank's files. Raises
    InputFault: there is no such form; UsageFault: a time is played that this kind cannot; the consortium
    there has another name, kind, account or predecessor.
    """
    desk.founding_ms = _first_ms() if desk.founding_ms is None else desk.founding_ms
    desk.play(rehearsal=rehearsal)
    if not (desk.directory / "consortium.toml").exists():
        if payment_file is not None:
            from lxr.settlement.bank.payment_forms import form_of  # slow to load, and most take what is the default

            form_of(payment_file, batch_booking=False)
        desk.new_passphrase = organisations is None
        organise = organised(desk, organisations)
        form = payment_file or PAYMENT_FILE
        found(desk.directory, name, rehearsal, desk.passphrase, *validity(rehearsal=rehearsal), organise, form)
    consortium = desk.consortium
    if (consortium.name, consortium.rehearsal) != (name, rehearsal):
        _refuse_another(desk, text(f"the consortium {consortium.name}", f"联盟 {consortium.name}"))
    if payment_file not in (None, consortium.payment_file):
        _refuse_another(desk, f"payment_file = {consortium.payment_file}")
    if not _is_founded(desk, consortium):
        _found_ledger(desk, consortium, follows)
    there = desk.reader.need(geneses).predecessor
    if there != (follows[0] if follows else None):
        _refuse_another(
            desk,
            text(
                f"a ledger that follows {there.ledger if there else 'none'}",
                f"账本，其前一账本为 {there.ledger if there else '无'}",
            ),
        )
    others = [key[0] for key, _ in desk.reader.scan(custodies) if key[0] != custody_no]
    if others:
        _refuse_another(desk, text(f"custody account {others[0]}", f"托管账户 {others[0]}"))
    admins: dict[str, Client] = {
        organisation: desk.also(organisation, "admin") for organisation in ("union", "bank", "regulator")
    }
    set_all(admins, founding_values())
    open_custody(desk.also("bank", "teller"), custody_no)
    desk.open_people()  # now, under the passphrase that has just opened the keys
    return consortium


def validity(*, rehearsal: bool) -> tuple[datetime, datetime]:
    """From when until when the certificates of a new consortium are valid."""
    now = datetime.now(UTC)
    back = timedelta(days=366 * YEARS_BACK) if rehearsal else timedelta(hours=1)
    return now - back, now + timedelta(days=365 * YEARS_AHEAD)


def organised(desk: Session, organisations: Path | None) -> Organise | None:
    """What brings the organisations of another directory into a new one; None: new ones are made."""
    return None if organisations is None else partial(copy_organisations, organisations, desk.passphrase)


def network_in(directory: Path) -> Consortium | None:
    """The Fabric consortium in a directory, if there is one. Raises KeyFault."""
    if not (directory / "consortium.toml").exists():
        return None
    consortium = open_consortium(directory)
    return consortium if consortium.fabric else None


def _is_founded(desk: Session, consortium: Consortium) -> bool:
    if consortium.fabric is None:
        return consortium.ledger_path.exists()
    return desk.reader.get(geneses) is not None


def _found_ledger(desk: Session, consortium: Consortium, follows: Follows | None) -> None:
    admin = consortium.identity("union", "admin", passphrase=desk.passphrase)
    channel, genesis_block = EMBEDDED, secrets.token_hex(32)
    if consortium.fabric is not None:
        from lxr.network.fabric.channel import first_block_hash  # Fabric's messages are slow to load

        channel, genesis_block = consortium.fabric.channel, first_block_hash(consortium)
    first = founding(
        admin,
        desk.clock(),
        channel=channel,
        genesis_block=genesis_block,
        consortium=consortium.name,
        rehearsal=consortium.rehearsal,
        roots=consortium.roots(),
        follows=follows,
    )
    if consortium.fabric is None:
        EmbeddedLedger.create(consortium.ledger_path, first).close()
        return
    (answer,) = desk.ledger.submit([first])
    if isinstance(answer, Refusal):
        raise answer


def _first_ms() -> int:
    """When a rehearsal is founded where no time is named: the first day that a value of its parameters covers."""
    return moment(min(seed.effective_from for seed in founding_values()))


def _refuse_another(desk: Session, what: str) -> NoReturn:
    there = desk.directory
    raise UsageFault(text(f"{there} holds {what}: another than asked for", f"{there} 中已有{what}，与所求不符"))
