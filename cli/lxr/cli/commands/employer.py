"""lxr employer: registration, money and people."""

from pathlib import Path
from typing import Annotated

import typer

from lxr.chaincode.employers import employers
from lxr.chaincode.founding import geneses
from lxr.chaincode.headcount import SHARD_WORKERS_MAX
from lxr.chaincode.workers import workers
from lxr.cli.arguments import (
    ApproveOption,
    EmployerArgument,
    FirstDayArgument,
    ReasonOption,
    StatusArgument,
)
from lxr.cli.commands import status as statuses
from lxr.cli.commands.row_faults import show_passed_over
from lxr.cli.ends import UsageFault
from lxr.cli.session import Session, session
from lxr.cli.texts.language import text
from lxr.settlement.people import employers as employer_service
from lxr.settlement.people import roster
from lxr.settlement.people.known_rows import KeptAsBefore
from lxr.settlement.people.roster_mapping import load_roster_mapping
from lxr.settlement.people.shared_cards import shared_cards

COLUMNS = ",".join(roster.COLUMNS)


def add(
    context: typer.Context,
    employer: EmployerArgument,
    shard_size: Annotated[
        int,
        typer.Option(
            min=1,
            max=SHARD_WORKERS_MAX,
            help=text("workers who share a shard; fewer where they answer daily", "每片劳动者人数；逐日答复的宜少"),
        ),
    ] = SHARD_WORKERS_MAX,
) -> None:
    """Register an employer; its preparer, signer and treasurer get certificates."""
    desk = session(context)
    employer_service.register(desk.client("union", "operator"), employer, shard_size)
    enrol(desk, employer)
    desk.screen.say(text(f"employer {employer} is registered", f"用工单位 {employer} 已登记"))
    desk.screen.result({"employer": employer, "shard_size": shard_size})


def enrol(desk: Session, employer: str) -> None:
    """Certificates for the employer, valid as long as those of its authority."""
    first, last = desk.consortium.validity("employer")
    desk.consortium.enrol_employer(employer, desk.passphrase, first, last)


def set_status(
    context: typer.Context,
    employer: EmployerArgument,
    status: StatusArgument,
    from_day: FirstDayArgument,
    reason: ReasonOption,
) -> None:
    """Change an employer's status from a day on: tomorrow, or later."""
    desk = session(context)
    employer_service.set_employer_status(desk.client("union", "operator"), employer, status, from_day, reason)
    desk.screen.say(text(f"{employer} is {status} from {from_day}", f"{employer} 自 {from_day} 起为 {status}"))
    desk.screen.result({"employer": employer, "status": status, "from": from_day})


def reinstate(
    context: typer.Context,
    employer: EmployerArgument,
    reason: ReasonOption = "by mistake",
    approve: ApproveOption = False,
) -> None:
    """The union proposes and the regulator approves; with --as the other way around."""
    desk = session(context)
    by = desk.client("regulator", "admin") if approve else desk.client("union", "operator")
    statuses.reinstate(desk, by, employer, reason, approve=approve)


def people(
    context: typer.Context,
    employer: EmployerArgument,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help=text(
                f"CSV or .xlsx with {COLUMNS}, or Chinese headings",
                "CSV 或 .xlsx 文件，列为工号、姓名、银行卡号、联行号、开户行",
            ),
        ),
    ] = None,
    mapping_file: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE.toml", help=text("which column of it is which", "名册的映射文件")),
    ] = None,
) -> None:
    """Give each person of the roster a random number; names and accounts stay in the union's store."""
    desk = session(context)
    desk.reader.need(employers, employer)
    if file is None and mapping_file is not None:
        raise UsageFault(text("--map: of which roster?", "--map：未指定名册文件"))
    kept: tuple[KeptAsBefore, ...] = ()
    if file is not None:
        predecessor = desk.reader.need(geneses).predecessor
        read = roster.read_roster(file, None if mapping_file is None else load_roster_mapping(mapping_file))
        kept = roster.not_taken_over(desk.people, employer, read.rows)
        roster.register(desk.people, employer, read.rows, predecessor=predecessor)
        show_passed_over(desk.screen, read.passed_over)
    numbers = desk.people.workers_of(employer)
    registered = desk.reader.get_each(workers, [(number,) for number in numbers.values()])
    rows = [
        (ref, number, text("yes", "是") if record else text("no", "否"))
        for (ref, number), record in zip(numbers.items(), registered, strict=True)
    ]
    desk.screen.table(
        f"{employer}",
        (text("reference", "单位工号"), text("worker", "劳动者编号"), text("on the ledger", "已上链")),
        rows,
    )
    for each in kept:
        desk.screen.say(_kept(each))
    shared = shared_cards(desk.people, employer)
    for card in shared:
        names = ", ".join(holder.worker_ref for holder in card.holders)
        desk.screen.say(
            text(
                f"{names}: one card and one name; is this one person twice?",
                f"{names}：同卡同名，请核对是否同一人重复登记",
            )
        )
    told = [{"ref": ref, "worker": number} for ref, number, _ in rows]
    desk.screen.result({"employer": employer, "workers": told, "kept": kept, "shared_cards": shared})


def _kept(each: KeptAsBefore) -> str:
    """Say what of a worker who is known a roster has otherwise."""
    if each.other_name:
        return text(
            f"{each.worker_ref}: the roster has another name; the one that is known stays",
            f"{each.worker_ref}：名册中的姓名与已登记的不同，保留原姓名",
        )
    return text(
        f"{each.worker_ref}: the roster has another card; it is changed by `lxr worker account set` alone",
        f"{each.worker_ref}：名册中的银行卡与已登记的不同，须由本人通过 `lxr worker account set` 变更",
    )
