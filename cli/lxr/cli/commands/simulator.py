"""lxr bank simulate: a rehearsal's bank, its days."""

import sqlite3
from datetime import date
from typing import Annotated

import typer

from lxr.chaincode.cashout_records import payment_orders
from lxr.chaincode.refusals import DateInFuture
from lxr.cli.arguments import amount, day, worker
from lxr.cli.commands.instruction import payment_form
from lxr.cli.ends import NotKnownYet, UsageFault
from lxr.cli.screen import money
from lxr.cli.session import Session, session
from lxr.cli.texts.language import text
from lxr.cli.texts.told import in_words
from lxr.node.said import Said
from lxr.settlement.bank.instruction import instructed_files
from lxr.settlement.errors import InputFault
from lxr.settlement.people.person import commitment
from lxr.settlement.rehearsal.simulator import Bank, DayResult

FIRST_SEED = 1
"""Of a simulated bank that is given none on its first day."""


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
    fee_fen: Annotated[
        int | None,
        typer.Option("--fee", parser=amount, metavar="YUAN", help=text("the bank takes it", "银行扣收手续费")),
    ] = None,
    sent_back: Annotated[
        list[str] | None,
        typer.Option(
            "--return",
            parser=worker,
            metavar="WORKER",
            help=text("this worker's pay comes back", "该劳动者的工资被退回"),
        ),
    ] = None,
) -> None:
    """Read the accepted pain.001 in DIR/bank/inbox, book the day, write camt.053 to DIR/bank/outbox."""
    desk = session(context)
    if at_day is not None and at_day > desk.today:
        raise DateInFuture(day=str(at_day), today=str(desk.today))
    returned = frozenset(number for word in sent_back or [] for number in payments(desk, word))
    with open_bank(desk, seed, return_rate_bp, delay_rate_bp) as bank:
        result = bank.close_day(at_day or desk.today, fee_fen=fee_fen or 0, returned=returned)
    for problem in result.problems:
        desk.screen.say(f"  {in_words(problem.said)}")
    desk.screen.done(
        text(
            f"{result.date}: {money(result.opening_fen)} → {money(result.closing_fen)}, "
            f"{len(result.rejected)} rejected: {result.statement}",
            f"{result.date}：{money(result.opening_fen)} → {money(result.closing_fen)}，"
            f"拒付 {len(result.rejected)} 笔：{result.statement}",
        ),
        plain(result),
    )


def payments(desk: Session, word: str) -> list[str]:
    """Return the payment orders of a worker. Raises NotKnownYet: there are none."""
    number = desk.worker(word)
    found = [key[0] for key, order in desk.reader.scan(payment_orders) if order.worker == number]
    if not found:
        raise NotKnownYet(text(f"no payment order pays {word} yet", f"尚无付款指令支付 {word}"))
    return found


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
            seed,
            return_rate_bp,
            delay_rate_bp,
            first_seed=FIRST_SEED,
            commitment=commitment,
            instructed=instructed_files(desk.reader),
            payments_max=desk.consortium.bank_payments_max,
            form=payment_form(desk),
        )
    except sqlite3.DatabaseError as fault:
        raise InputFault(file=str(books), problem=Said("cannot be read: {fault}", fault=fault)) from None


def plain(result: DayResult) -> dict[str, object]:
    """The bank's day for scripts."""
    return {
        "day": result.date,
        "sequence": result.sequence,
        "statement": str(result.statement),
        "opening_fen": result.opening_fen,
        "closing_fen": result.closing_fen,
        "rejected": len(result.rejected),
        "problems": [str(problem.said) for problem in result.problems],
    }
