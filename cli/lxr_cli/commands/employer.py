"""lxr employer: registration, money and people."""

from pathlib import Path
from typing import Annotated

import typer

from lxr_chaincode.registry import AddEmployer, SetEmployer, employers, workers
from lxr_cli.arguments import (
    AmountArgument,
    DayArgument,
    EmployerArgument,
    FromOption,
    ReasonOption,
    StandingArgument,
    ToOption,
    line,
)
from lxr_cli.arguments import account as account_no
from lxr_cli.commands import batch
from lxr_cli.commands.account import show_statement
from lxr_cli.commands.standing import standing_request
from lxr_cli.language import text
from lxr_cli.screen import money
from lxr_cli.session import Session, session
from lxr_settlement import deposits, roster
from lxr_settlement.bankfiles.pain001 import Party
from lxr_token.accounts import Kind, account

app = typer.Typer(
    no_args_is_help=True, help=text("Employers: deposits, people, daily work data", "用工单位：资金、人员、日工作数据")
)
app.add_typer(batch.app, name="batch")

COLUMNS = ",".join(roster.COLUMNS)


@app.command(help=text("Register an employer and issue its certificates", "登记用工单位并签发证书"))
def add(
    context: typer.Context,
    employer: EmployerArgument,
    shards: Annotated[
        int, typer.Option(min=1, max=100, help=text("about one for every 100 workers", "约每百名劳动者一片"))
    ] = 1,
) -> None:
    """Register an employer; its preparer, signer and treasurer get certificates."""
    desk = session(context)
    desk.client("union", "operator").submit(
        AddEmployer(request_id=f"employer:{employer}", employer=employer, shards=shards)
    )
    enrol(desk, employer)
    desk.screen.say(text(f"employer {employer} is registered", f"用工单位 {employer} 已登记"))
    desk.screen.result({"employer": employer, "shards": shards})


def enrol(desk: Session, employer: str) -> None:
    """Certificates for the employer, valid as long as those of its authority."""
    first, last = desk.consortium.validity("employer")
    desk.consortium.enrol_employer(employer, desk.passphrase, first, last)


@app.command("set", help=text("Suspend, reinstate or end an employer", "暂停、恢复或终止用工单位"))
def set_standing(
    context: typer.Context,
    employer: EmployerArgument,
    standing: StandingArgument,
    from_day: DayArgument,
    reason: ReasonOption,
) -> None:
    """Change an employer's standing from a day on."""
    desk = session(context)
    history = desk.reader.need(employers, employer).standing
    command = SetEmployer(
        request_id=standing_request(employer, history, standing, from_day),
        employer=employer,
        standing=standing,
        from_day=from_day,
        reason=reason,
    )
    desk.client("union", "operator").submit(command)
    desk.screen.say(text(f"{employer} is {standing} from {from_day}", f"{employer} 自 {from_day} 起为 {standing}"))
    desk.screen.result({"employer": employer, "standing": standing, "from": from_day})


@app.command(help=text("Order the employer's bank to pay into custody", "向托管账户划款（付款指令）"))
def deposit(
    context: typer.Context,
    employer: EmployerArgument,
    amount_fen: AmountArgument,
    reference: Annotated[
        str,
        typer.Option(
            parser=line,
            metavar="REFERENCE",
            help=text("its own reference: the same one twice pays once", "单位参考号：同号只付一次"),
        ),
    ],
    payer_account: Annotated[
        str | None, typer.Option(parser=account_no, metavar="ACCOUNT", help=text("the employer's own", "单位账户"))
    ] = None,
    payer_name: Annotated[
        str | None, typer.Option(parser=line, metavar="NAME", help=text("the account's holder", "户名"))
    ] = None,
) -> None:
    """Write the employer's transfer order for the bank."""
    desk = session(context)
    desk.reader.need(employers, employer)
    path = order_deposit(desk, employer, amount_fen, reference, payer_name, payer_account)
    desk.screen.say(
        text(
            f"{money(amount_fen)} yuan ordered from the employer's bank: {path}",
            f"已下达划款指令 {money(amount_fen)} 元：{path}",
        )
    )
    desk.screen.result({"employer": employer, "amount_fen": amount_fen, "file": str(path)})


def order_deposit(
    desk: Session,
    employer: str,
    amount_fen: int,
    reference: str,
    payer_name: str | None = None,
    payer_account: str | None = None,
) -> Path:
    """The employer's transfer order in the bank's inbox, by default from an account made up from its number."""
    return deposits.transfer(
        desk.consortium.bank_dir,
        employer,
        amount_fen,
        reference,
        Party(payer_name or f"Employer {employer}", "105100000017"),
        payer_account or f"3100{employer[1:].zfill(12)}",
        desk.custody(),
        desk.now,
    )


@app.command("roster", help=text("Take the employer's people in, or list them", "导入或查看人员名册"))
def people(
    context: typer.Context,
    employer: EmployerArgument,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help=text(f"CSV with {COLUMNS}", f"CSV 文件，列为 {COLUMNS}")),
    ] = None,
) -> None:
    """Give each person of the roster a random number; names and accounts stay in the union's store."""
    desk = session(context)
    desk.reader.need(employers, employer)
    if file is not None:
        roster.register(desk.people, employer, roster.read_roster(file))
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
    desk.screen.result({"employer": employer, "workers": [{"ref": ref, "worker": number} for ref, number, _ in rows]})


@app.command(help=text("The employer's account: what came, what went, what is left", "单位账户对账单"))
def statement(
    context: typer.Context,
    employer: EmployerArgument,
    first: FromOption = None,
    last: ToOption = None,
) -> None:
    """Show the account's statement."""
    desk = session(context)
    desk.reader.need(employers, employer)
    show_statement(desk, account(Kind.EMPLOYER, employer), first, last)
