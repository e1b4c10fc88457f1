"""lxr bank: the custody bank's desk, its simulator, and its audit."""

import sqlite3
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from lxr_chaincode.custody import AgreeReversal, AssignDeposit, ReverseDeposit
from lxr_cli.arguments import (
    AmountArgument,
    BookingArgument,
    EmployerArgument,
    FilesArgument,
    ReasonOption,
    day,
)
from lxr_cli.arguments import booking as booking_reference
from lxr_cli.commands.governance import add_audit, add_countersign, params_app
from lxr_cli.ends import UsageFault
from lxr_cli.language import text
from lxr_cli.screen import money
from lxr_cli.session import Session, session
from lxr_settlement import bank_desk, deposits
from lxr_settlement.bankfiles.simulator import Bank, DayResult
from lxr_settlement.cashout import instructed_files
from lxr_settlement.errors import InputFault
from lxr_settlement.people import commitment

app = typer.Typer(no_args_is_help=True, help=text("The custody bank", "托管银行"))
statement_app = typer.Typer(no_args_is_help=True, help=text("Account statements, camt.053", "对账单 camt.053"))
deposit_app = typer.Typer(no_args_is_help=True, help=text("Deposits that need a second look", "待处理入账"))
app.add_typer(statement_app, name="statement")
app.add_typer(deposit_app, name="deposit")
app.add_typer(params_app("bank"), name="params")
add_audit(app, "bank")
add_countersign(app, "bank")


FIRST_SEED = 1
"""Of a simulated bank that is given none on its first day."""


@app.command("attest-deposit", help=text("Attest a credit ahead of its statement", "先于对账单证实入账"))
def attest_deposit(
    context: typer.Context,
    employer: EmployerArgument,
    amount_fen: AmountArgument,
    booking: Annotated[
        str,
        typer.Option(
            parser=booking_reference, metavar="BOOKING", help=text("the bank's booking reference", "银行入账号")
        ),
    ],
) -> None:
    """The same amount of LXR comes into being, once for each booking reference."""
    desk = session(context)
    teller = desk.client("bank", "teller")
    answer = deposits.attest_deposit(teller, desk.custody(), booking, employer, amount_fen)
    desk.screen.done(
        text(f"{money(amount_fen)} LXR for {employer}", f"{employer} 获得 {money(amount_fen)} LXR"), answer
    )


@deposit_app.command("assign", help=text("Say whose a deposit is", "认领入账"))
def assign(context: typer.Context, booking: BookingArgument, employer: EmployerArgument) -> None:
    """A credit whose payer was not known goes to its employer."""
    desk = session(context)
    command = AssignDeposit(
        request_id=f"assign:{booking}", custody=desk.custody(), booking=booking, employer_no=employer
    )
    answer = desk.client("bank", "teller").submit(command)
    desk.screen.done(text(f"{booking} is {employer}'s", f"{booking} 归 {employer}"), answer)


@deposit_app.command("reverse", help=text("Say that an attested deposit was none", "声明入账有误"))
def reverse(context: typer.Context, booking: BookingArgument, reason: ReasonOption) -> None:
    """The union must agree; what was spent meanwhile is a shortfall that stops payouts."""
    desk = session(context)
    command = ReverseDeposit(request_id=f"reverse:{booking}", custody=desk.custody(), booking=booking, reason=reason)
    answer = desk.client("bank", "teller").submit(command)
    desk.screen.done(text(f"{booking}: waiting for the union", f"{booking}：等待工会同意"), answer)


@deposit_app.command("agree-reversal", help=text("The union agrees", "工会同意冲回"))
def agree(context: typer.Context, booking: BookingArgument) -> None:
    """Burns what is still there of the wrong deposit."""
    desk = session(context)
    command = AgreeReversal(request_id=f"agree:{booking}", custody=desk.custody(), booking=booking)
    answer = desk.client("union", "treasurer").submit(command)
    shortfall_fen = answer["shortfall_fen"]
    desk.screen.done(text(f"reversed; short of {money(shortfall_fen)}", f"已冲回；短缺 {money(shortfall_fen)}"), answer)


@app.command(help=text("Rehearsal: the bank's day, files in, statement out", "演练：银行处理一天并出具对账单"))
def simulate(
    context: typer.Context,
    at_day: Annotated[
        date | None,
        typer.Option("--day", parser=day, metavar="DAY", help=text("today, if not given", "默认当日")),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help=text("of returns and delays; fixed by the first day", "随机种子"))
    ] = None,
    return_rate_bp: Annotated[
        int | None, typer.Option("--returns", help=text("in basis points", "退汇率（万分比）"))
    ] = None,
    delay_rate_bp: Annotated[
        int | None, typer.Option("--delays", help=text("in basis points", "延迟率（万分比）"))
    ] = None,
) -> None:
    """Read pain.001 from DIR/bank/inbox, book the day, write camt.053 to DIR/bank/outbox."""
    desk = session(context)
    with open_bank(desk, seed, return_rate_bp, delay_rate_bp) as bank:
        result = bank.close_day(at_day or desk.today)
    for problem in result.problems:
        desk.screen.say(f"  {problem}")
    desk.screen.done(
        text(
            f"{result.date}: {money(result.opening_fen)} → {money(result.closing_fen)}, "
            f"{len(result.rejected)} rejected: {result.statement}",
            f"{result.date}：{money(result.opening_fen)} → {money(result.closing_fen)}，"
            f"拒付 {len(result.rejected)} 笔：{result.statement}",
        ),
        plain(result),
    )


def open_bank(desk: Session, seed: int | None, return_rate_bp: int | None, delay_rate_bp: int | None) -> Bank:
    """The simulated bank of this consortium, which checks payees against the ledger.

    Raises UsageFault: not a rehearsal, whose money is real; InputFault: its books are damaged.
    """
    if not desk.consortium.rehearsal:
        raise UsageFault(text("only a rehearsal has a simulated bank", "仅演练联盟有模拟银行"))
    directory = desk.consortium.bank_dir
    books = directory / "books.db"
    try:
        return Bank.open(
            directory,
            desk.custody(),
            FIRST_SEED if seed is None and not books.exists() else seed,
            return_rate_bp,
            delay_rate_bp,
            commitment=commitment,
            instructed=instructed_files(desk.reader),
        )
    except sqlite3.DatabaseError as fault:
        raise InputFault(file=str(books), problem=f"cannot be read: {fault}") from None


def plain(result: DayResult) -> dict[str, object]:
    """The bank's day for scripts."""
    return {
        "day": result.date,
        "sequence": result.sequence,
        "statement": str(result.statement),
        "opening_fen": result.opening_fen,
        "closing_fen": result.closing_fen,
        "rejected": len(result.rejected),
        "problems": list(result.problems),
    }


@statement_app.command("import", help=text("Book statements on the ledger", "对账单入账"))
def statement_import(context: typer.Context, files: FilesArgument = None) -> None:
    """Those named, or all in DIR/bank/outbox; those on the ledger already change nothing.

    Deposits are minted, payouts burned, returns re-credited; what the bank did not execute is booked first.
    """
    desk = session(context)
    teller = desk.client("bank", "teller")
    rejected = rejections(desk)
    reports = []
    for file in files or statements(desk):
        with desk.screen.progress(file.name) as step:
            reports.append(bank_desk.import_statement(teller, desk.custody(), file, progress=step))
        desk.screen.say(said(reports[-1]))
    if rejected:
        desk.screen.say(text(f"{rejected} orders were not executed", f"{rejected} 笔指令未执行"))
    desk.screen.result({"rejected": rejected, "statements": reports})


def statements(desk: Session) -> list[Path]:
    """The statements in the bank's outbox, in order."""
    return sorted((desk.consortium.bank_dir / "outbox").glob("*.xml"))


def said(report: bank_desk.ImportReport) -> str:
    """One line on a booked statement."""
    return text(
        f"{report.day} statement {report.sequence}: {report.entries} entries, closing {money(report.closing_fen)}",
        f"{report.day} 对账单 {report.sequence}：{report.entries} 笔，余额 {money(report.closing_fen)}",
    )


def rejections(desk: Session) -> int:
    """Book what the bank has not executed; how many were new."""
    path: Path = desk.consortium.bank_dir / "outbox" / "rejected.json"
    return bank_desk.reject(desk.client("bank", "teller"), desk.custody(), path) if path.exists() else 0
