"""lxr union deduction, lxr employer deduction, lxr worker deductions: what is kept back from pay, and by whose word."""

from collections.abc import Sequence
from typing import Annotated

import typer

from lxr.chaincode.runs import deduction_orders
from lxr.cli.arguments import (
    AmountArgument,
    BasisOption,
    DeductionArgument,
    DocumentOption,
    EmployerArgument,
    ReasonOption,
    WorkerArgument,
    deduction,
)
from lxr.cli.screen import money
from lxr.cli.session import Session, session
from lxr.cli.texts.language import text
from lxr.settlement.pay import deductions
from lxr.settlement.pay.deductions import DeductionView, OrderedKind
from lxr.settlement.people.blinds import document_digest

AllOption = Annotated[bool, typer.Option("--all", help=text("those that have ended too", "含已结束的"))]


def order(
    context: typer.Context,
    worker: WorkerArgument,
    kind: Annotated[
        OrderedKind, typer.Argument(metavar="KIND", help=text("tax or insurance", "tax 税款、insurance 个人社保"))
    ],
    amount_fen: AmountArgument,
    number: Annotated[
        str, typer.Option(parser=deduction, metavar="NUMBER", help=text("its number, DE001-…", "编号 DE001-…"))
    ],
    basis: BasisOption,
    document: DocumentOption,
) -> None:
    """The employer's signer approves it; runs opened on a later day take it from pay, never below zero."""
    desk = session(context)
    treasurer, ordered_for = desk.client("union", "treasurer"), desk.worker(worker)
    notice = document_digest(document, draw=True)
    answer = deductions.order(treasurer, number, ordered_for, kind, amount_fen, basis, notice)
    desk.screen.done(
        text(
            f"{number}: {money(amount_fen)} {kind}; the employer's signer approves it next",
            f"{number}：{money(amount_fen)} {kind}；待用工单位签署人批准",
        ),
        answer,
    )


def approve(context: typer.Context, number: DeductionArgument) -> None:
    """The employer's word on what `list` shows of it."""
    desk = session(context)
    employer = desk.reader.need(deduction_orders, number).employer
    answer = deductions.approve(desk.client("employer", "signer", employer), number)
    desk.screen.done(text(f"{number}: approved, taken from tomorrow on", f"{number}：已批准，自明日起代扣"), answer)


def cancel(context: typer.Context, number: DeductionArgument, reason: ReasonOption) -> None:
    """What pay lines have taken stays taken; nothing opens it again."""
    desk = session(context)
    answer = deductions.cancel(desk.client("union", "treasurer"), number, reason)
    desk.screen.done(text(f"{number}: ended", f"{number}：已终止"), answer)


def list_(context: typer.Context, employer: EmployerArgument, ended: AllOption = False) -> None:
    """One line for each order."""
    desk = session(context)
    found = deductions.deductions_of(desk.reader, employer=employer, ended=ended)
    table(desk, employer, found)
    desk.screen.result({"employer": employer, "deductions": found})


def of_worker(context: typer.Context, worker: WorkerArgument, ended: AllOption = False) -> None:
    """What is going to be kept back from the worker's pay, from which day on, and why."""
    desk = session(context)
    number = desk.worker(worker)
    found = deductions.deductions_of(desk.reader, worker=number, ended=ended)
    table(desk, worker, found)
    desk.screen.result({"worker": number, "deductions": found})


def table(desk: Session, title: str, found: Sequence[DeductionView]) -> None:
    """Deductions as a table."""
    names = (
        text("order", "编号"),
        text("worker", "劳动者"),
        text("kind", "种类"),
        text("yuan", "元"),
        text("taken", "已扣"),
        text("state", "状态"),
        text("from", "起始日"),
        text("basis", "依据"),
    )
    rows = [
        (
            each.order,
            each.worker,
            each.kind,
            money(each.amount_fen),
            money(each.taken_fen),
            each.state,
            str(each.from_day or ""),
            each.basis,
        )
        for each in found
    ]
    desk.screen.table(title, names, rows)
