"""lxr union cashout: LXR to bank accounts."""

from typing import Annotated, Final, Literal

import typer

from lxr.chaincode.cashout_records import cash_outs
from lxr.chaincode.workers import workers
from lxr.cli.arguments import (
    BankCodeOption,
    BankNameOption,
    CashOutArgument,
    FromOption,
    OrderArgument,
    WorkersOption,
    account,
    employer,
    line,
    run,
)
from lxr.cli.ends import UsageFault
from lxr.cli.screen import money
from lxr.cli.session import session
from lxr.cli.texts.language import LANGUAGE, text
from lxr.cli.texts.words import state
from lxr.settlement.bank import cashout
from lxr.settlement.bank.cashout import OrderView
from lxr.settlement.bank.platform_accounts import propose_payee
from lxr.settlement.messages.catalogue import word

PlatformAccount = Literal["fee", "tax", "insurance"]
KINDS: Final = {"fee": "服务费", "tax": "税款", "insurance": "个人社保"}


def cashout_open(
    context: typer.Context,
    number: CashOutArgument,
    of_run: Annotated[
        str | None, typer.Option("--run", parser=run, metavar="RUN", help=text("one run's wages", "某批次工资"))
    ] = None,
    of_employer: Annotated[
        str | None,
        typer.Option(
            "--employer",
            parser=employer,
            metavar="EMPLOYER",
            help=text("what came back of its workers' pay", "某单位劳动者的退回款"),
        ),
    ] = None,
    chosen: WorkersOption = None,
    platform: Annotated[
        bool, typer.Option("--platform", help=text("fee, tax and insurance, to their payees", "服务费、税款和社保"))
    ] = False,
) -> None:
    """A paid run's cash-out is opened by payday itself; this is for all others."""
    desk = session(context)
    treasurer = desk.client("union", "treasurer", gives=cashout.open_cash_out)
    if (of_run is not None) + bool(of_employer or chosen) + platform != 1:
        raise UsageFault(
            text(
                "expected --run, --platform, or --employer or --worker",
                "须给出 --run、--platform，或 --employer、--worker",
            )
        )
    crew = [desk.worker(word) for word in chosen or []]
    if crew and of_employer is None:
        of_employer = desk.reader.need(workers, crew[0]).employer
    report = cashout.open_cash_out(
        treasurer,
        number,
        desk.custody(),
        run=of_run,
        employer=of_employer,
        workers=crew,
        platform=platform,
    )
    for kind, fen in report.without_payee.items():
        desk.screen.say(
            text(
                f"  {money(fen)} of {kind} stays: no payee of it is approved; propose one with lxr union payee {kind}",
                f"  {KINDS[kind]} {money(fen)} 留存：尚无已批准的收款人；请用 lxr union payee {kind} 提出",
            )
        )
    desk.screen.done(
        text(
            f"{number}: {report.orders} orders, {money(report.total_fen)}",
            f"{number}：{report.orders} 笔，{money(report.total_fen)}",
        ),
        report,
    )


def cashout_reissue(context: typer.Context, order: OrderArgument) -> None:
    """A new order to the account that the worker has approved by now."""
    desk = session(context)
    report = cashout.reissue(desk.client("union", "treasurer", gives=cashout.reissue), desk.people, order)
    desk.screen.done(text(f"{report.cashout}: held, instruct it next", f"{report.cashout}：已冻结，请经办"), report)


def cashout_cancel(context: typer.Context, number: CashOutArgument) -> None:
    """Until the bank has accepted it. What it held goes back to the workers' balances."""
    desk = session(context)
    report = cashout.cancel(desk.client("union", "treasurer", gives=cashout.cancel), number)
    desk.screen.done(text(f"{number}: cancelled", f"{number}：已取消"), report)


def cashout_show(context: typer.Context, number: CashOutArgument) -> None:
    """One line for each order; who prepared and approved them."""
    desk = session(context)
    head = desk.reader.need(cash_outs, number)
    found = cashout.orders_of(desk.reader, number)
    rows = [(order.order, order.account, money(order.amount_fen), *_state(order)) for order in found]
    desk.screen.table(
        number,
        (
            text("order", "指令"),
            text("account", "账户"),
            text("yuan", "元"),
            text("state", "状态"),
            text("reason", "原因"),
        ),
        rows,
    )
    approved_by = [approval.person for approval in head.approvals]
    people = " ← ".join([", ".join(head.prepared_by), *approved_by])
    desk.screen.say(text(f"{number}: {head.state} {people}", f"{number}：{state(head.state, 'cashout')} {people}"))
    desk.screen.result(
        {
            "cashout": number,
            "state": head.state,
            "prepared_by": head.prepared_by,
            "approved_by": approved_by,
            "orders": found,
        }
    )


def _state(order: OrderView) -> tuple[str, str]:
    """How an order stands, and why."""
    reason = order.reason or ""
    return state(order.state), word("bank_reason", reason, LANGUAGE)


def payee(
    context: typer.Context,
    kind: Annotated[
        PlatformAccount,
        typer.Argument(metavar="KIND", help=text("fee, tax or insurance", "fee 服务费、tax 税款、insurance 个人社保")),
    ],
    name: Annotated[str, typer.Option(parser=line, metavar="NAME", help=text("who is paid", "收款人户名"))],
    bank_account: Annotated[
        str, typer.Option("--account", parser=account, metavar="ACCOUNT", help=text("its account", "收款账号"))
    ],
    bank_code: BankCodeOption,
    bank_name: BankNameOption,
    first: FromOption = None,
) -> None:
    """Propose the account as a parameter, by its commitment; once the bank approves it, the platform is paid there."""
    desk = session(context)
    admin = desk.client("union", "admin", gives=propose_payee)
    proposal = propose_payee(admin, desk.people, kind, name, bank_account, bank_code, bank_name, first or desk.today)
    line_said = text(f"payee of the {kind}: the bank approves {proposal}", f"{kind} 收款人：待银行批准 {proposal}")
    desk.screen.done(line_said, {"kind": kind, "proposal": proposal})
