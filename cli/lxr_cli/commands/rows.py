"""lxr employer row, lxr union rows, lxr regulator rows: days that are disputed or contested, and each side's word."""

from typing import Annotated

import typer

from lxr_cli.arguments import (
    DayArgument,
    DocumentOption,
    EmployerArgument,
    MeasuresArgument,
    ReasonOption,
    WorkerArgument,
    measure,
    measures,
)
from lxr_cli.language import text
from lxr_cli.session import Session, session
from lxr_node.client import Client
from lxr_settlement import disputes
from lxr_settlement.lookups import get_workers

AdmitsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        parser=measure,
        metavar="[MEASURE=N...]",
        help=text("what is not contested; nothing: all is", "不争议的部分；缺省为全部争议"),
    ),
]


def list_(context: typer.Context, employer: EmployerArgument) -> None:
    """One line for each day: what each side says, and until when."""
    desk = session(context)
    found = tuple(disputes.open_rows(desk.reader, employer))
    names = (
        text("worker", "劳动者"),
        text("day", "日期"),
        text("employer says", "单位主张"),
        text("worker claims", "劳动者主张"),
        text("employer's reply", "单位答复"),
        text("decide by", "裁决期限"),
        text("decided", "已裁决"),
        text("stands from", "生效日"),
        text("admitted", "单位认可"),
        text("held until", "暂存至"),
    )
    rows = [
        (
            row.worker,
            str(row.day),
            _words(row.measures),
            _words(row.claimed),
            row.reply or "",
            str(row.decide_by or ""),
            _words(row.decided),
            str(row.stands_from or ""),
            _words(row.admits),
            str(row.held_until or ""),
        )
        for row in found
    ]
    desk.screen.table(employer, names, rows)
    awards = tuple(disputes.stated_awards(desk.reader, employer))
    if awards:
        titles = (
            *names[:3],
            text("awarded", "裁决内容"),
            text("document", "文书哈希"),
            text("reason", "理由"),
        )
        lines = [
            (each.worker, str(each.day), _words(each.measures), _words(each.awarded), each.document, each.reason)
            for each in awards
        ]
        desk.screen.table(text("awards that wait for the regulator", "待监管方批准的文书"), titles, lines)
    desk.screen.result({"employer": employer, "rows": found, "awards": awards})


def reply(context: typer.Context, worker: WorkerArgument, at_day: DayArgument, reason: ReasonOption) -> None:
    """Within three working days; after that the union decides without it."""
    desk = session(context)
    worker = desk.worker(worker)
    answer = disputes.reply(_signer(desk, worker), worker, at_day, reason)
    desk.screen.done(text(f"{worker} {at_day}: replied", f"{worker} {at_day}：已答复"), answer)


def contest(
    context: typer.Context,
    worker: WorkerArgument,
    at_day: DayArgument,
    reason: ReasonOption,
    words: AdmitsArgument = None,
) -> None:
    """What no payday has paid yet is funded and held, until an award or the deadline; then it is paid."""
    desk = session(context)
    worker = desk.worker(worker)
    answer = disputes.contest(_signer(desk, worker), worker, at_day, measures(words or []), reason)
    desk.screen.done(
        text(
            f"{worker} {at_day}: contested; held until {answer['decide_by']} unless an award comes",
            f"{worker} {at_day}：已争议；如无裁决，暂存至 {answer['decide_by']}",
        ),
        answer,
    )


def state_award(
    context: typer.Context,
    worker: WorkerArgument,
    at_day: DayArgument,
    words: MeasuresArgument,
    document: DocumentOption,
    reason: ReasonOption,
) -> None:
    """What an award, judgment or signed mediation says of the day; the regulator approves it next."""
    desk = session(context)
    worker = desk.worker(worker)
    answer = disputes.state_award(_signer(desk, worker), worker, at_day, measures(words), document, reason)
    desk.screen.done(
        text(f"{worker} {at_day}: stated; the regulator approves it next", f"{worker} {at_day}：已提交；待监管方批准"),
        answer,
    )


def approve_award(
    context: typer.Context,
    worker: WorkerArgument,
    at_day: DayArgument,
    words: MeasuresArgument,
    document: DocumentOption,
) -> None:
    """Say what the document says, as it is read in the document; it counts if the employer has stated just that."""
    desk = session(context)
    worker = desk.worker(worker)
    answer = disputes.approve_award(desk.client("regulator", "admin"), worker, at_day, measures(words), document)
    desk.screen.done(f"{worker} {at_day}: {answer['state']}", answer)


def review(
    context: typer.Context,
    worker: WorkerArgument,
    at_day: DayArgument,
    upholds: Annotated[
        bool,
        typer.Option("--uphold/--refuse", help=text("let it stand, or have it decided anew", "维持，或退回重新裁决")),
    ],
    reason: ReasonOption,
) -> None:
    """A decision of the union against the employer's word, from the governed sum on."""
    desk = session(context)
    worker = desk.worker(worker)
    answer = disputes.review(desk.client("regulator", "admin"), worker, at_day, reason, upholds=upholds)
    word = text("upheld", "已维持") if upholds else text("refused", "已退回")
    desk.screen.done(f"{worker} {at_day}: {word}", answer)


def _signer(desk: Session, worker: str) -> Client:
    return desk.client("employer", "signer", get_workers(desk.reader, [worker])[worker].employer)


def _words(measures_of_row: dict[str, int] | None) -> str:
    if measures_of_row is None:
        return ""
    return " ".join(f"{name}={quantity}" for name, quantity in sorted(measures_of_row.items())) or "none"
