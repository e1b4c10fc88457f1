"""lxr employer recovery, lxr worker recovery, lxr regulator recovery: what was overpaid, and how it is recovered."""

from datetime import date
from typing import Annotated

import typer

from lxr.chaincode.runs import deduction_orders
from lxr.chaincode.workers import workers
from lxr.cli.arguments import (
    AmountArgument,
    BasisOption,
    DocumentOption,
    EmployerArgument,
    ReasonOption,
    RecoveryArgument,
    TermsArgument,
    WorkerArgument,
    amount,
    day,
    recovery,
)
from lxr.cli.screen import money
from lxr.cli.session import session
from lxr.cli.texts.language import text
from lxr.settlement.pay import recovery as recoveries
from lxr.settlement.pay.recovery import Overpaid
from lxr.settlement.people.blinds import document_digest


def overpaid(context: typer.Context, employer: EmployerArgument) -> None:
    """One line for each worker and pay period; no later pay is set off against it without a recovery."""
    desk = session(context)
    found = recoveries.overpaid_of(desk.reader, employer)
    names = (text("worker", "劳动者"), text("terms", "条款"), text("period from", "所属期起"), text("yuan", "元"))
    desk.screen.table(employer, names, [(each.worker, each.terms, each.start, money(each.over_fen)) for each in found])
    desk.screen.result({"employer": employer, "overpaid": found})


def propose(
    context: typer.Context,
    worker: WorkerArgument,
    terms: TermsArgument,
    start: Annotated[
        date,
        typer.Argument(parser=day, metavar="START", help=text("first day of the pay period", "工资所属期首日")),
    ],
    amount_fen: AmountArgument,
    number: Annotated[
        str, typer.Option(parser=recovery, metavar="NUMBER", help=text("its number, RE001-…", "编号 RE001-…"))
    ],
    basis: BasisOption,
    document: DocumentOption,
    most_fen: Annotated[
        int | None,
        typer.Option("--most", parser=amount, metavar="YUAN", help=text("of one pay line at most", "每次发薪最多扣回")),
    ] = None,
    share_bp: Annotated[
        int | None,
        typer.Option(
            "--share-bp",
            min=1,
            max=10_000,
            help=text("of a line's gross at most, in basis points", "占应发工资的上限（万分之一）"),
        ),
    ] = None,
    court: Annotated[
        bool,
        typer.Option("--court", help=text("by a court's order or award, not by plan", "依据法院裁判或仲裁裁决")),
    ] = False,
) -> None:
    """The worker's key signs a plan here; a court's order waits for the regulator's approval."""
    desk = session(context)
    number_of = desk.worker(worker)
    signer = desk.client("employer", "signer", desk.reader.need(workers, number_of).employer)
    share = share_bp or recoveries.share_bp(desk.reader, desk.today)
    answer = recoveries.propose(
        signer,
        number,
        Overpaid(number_of, terms, start, amount_fen),
        most_fen=most_fen or amount_fen,
        share_bp=share,
        basis=basis,
        document=document_digest(document, draw=True),
        private_key=None if court else desk.wallets.key(number_of),
    )
    waits = text("the regulator approves it next", "待监管方批准")
    signed = text("signed by the worker, taken from tomorrow on", "劳动者已签署，自明日起扣回")
    desk.screen.done(f"{number}: {money(amount_fen)}; {waits if court else signed}", answer)


def approve(context: typer.Context, number: RecoveryArgument) -> None:
    """The regulator's word that the court's order is what `list` shows of it."""
    desk = session(context)
    answer = recoveries.approve(desk.client("regulator", "admin"), number)
    desk.screen.done(text(f"{number}: approved, taken from tomorrow on", f"{number}：已批准，自明日起扣回"), answer)


def cancel(context: typer.Context, number: RecoveryArgument, reason: ReasonOption) -> None:
    """By the employer, whose claim it is. What was taken stays taken; nothing opens it again."""
    desk = session(context)
    employer = desk.reader.need(deduction_orders, number).employer
    answer = recoveries.cancel(desk.client("employer", "signer", employer), number, reason)
    desk.screen.done(text(f"{number}: ended", f"{number}：已终止"), answer)


def lift(context: typer.Context, number: RecoveryArgument, reason: ReasonOption) -> None:
    """By the regulator: the court's order no longer holds."""
    desk = session(context)
    answer = recoveries.cancel(desk.client("regulator", "admin"), number, reason)
    desk.screen.done(text(f"{number}: ended", f"{number}：已终止"), answer)


def withdraw(context: typer.Context, number: RecoveryArgument) -> None:
    """By the worker's signature: the plan ends. What was taken stays taken, and the rest stays owed."""
    desk = session(context)
    worker = desk.reader.need(deduction_orders, number).worker
    answer = recoveries.withdraw(desk.client("union", "operator"), number, desk.wallets.key(worker))
    desk.screen.done(text(f"{number}: ended", f"{number}：已终止"), answer)
