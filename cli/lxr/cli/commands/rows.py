"""lxr employer row, lxr union rows, lxr regulator rows: days that are disputed or contested, and each side's word."""

from collections.abc import Iterator
from typing import Annotated

import typer

from lxr.chaincode.rows import RowState
from lxr.cli.arguments import (
    DayArgument,
    DocumentOption,
    EmployerArgument,
    MeasuresArgument,
    ReasonOption,
    WorkerArgument,
    measure,
    measures,
)
from lxr.cli.session import Session, session
from lxr.cli.texts.language import text
from lxr.node.client import Client
from lxr.settlement.lookups import get_workers
from lxr.settlement.people.blinds import document_digest
from lxr.settlement.work import disputes

AdmitsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        parser=measure,
        metavar="[MEASURE=N...]",
        help=text("what is not contested; nothing: all is", "不争议的部分；缺省为全部争议"),
    ),
]


def list_(context: typer.Context, employer: EmployerArgument) -> None:
    """What each side says of them, and until when; and the awards that wait for the regulator."""
    desk = session(context)
    found = tuple(disputes.open_rows(desk.reader, employer))
    awards = tuple(disputes.stated_awards(desk.reader, employer))
    told = [(row.worker, row.day, row_state(row.state), _facts(row)) for row in found]
    waits = text("an award waits for the regulator", "文书待监管方批准")
    told += [(award.worker, award.day, waits, _awarded(award)) for award in awards]
    colon = text(": ", "：")
    for worker, day, state, facts in told:
        desk.screen.say(f"{worker} {day}{colon}{state}")
        for name, value in facts:
            desk.screen.say(f"  {name}{colon}{value}")
    if not told:
        desk.screen.say(text(f"{employer}: nothing is disputed or contested", f"{employer}：无异议或争议记录"))
    desk.screen.result({"employer": employer, "rows": found, "awards": awards})


def row_state(state: str) -> str:
    """The state of a row in the reader's language."""
    words = {
        RowState.SUBMITTED: text("submitted", "已提交"),
        RowState.CONFIRMED: text("confirmed", "已确认"),
        RowState.DISPUTED: text("disputed", "存在异议"),
        RowState.CERTIFIED: text("certified", "已认定"),
        RowState.UNANSWERED: text("unanswered", "未答复"),
    }
    return words[RowState(state)]


def _facts(row: disputes.OpenRow) -> Iterator[tuple[str, str]]:
    yield text("employer says", "单位主张"), _words(row.measures)
    if row.claimed is not None:
        yield text("worker claims", "劳动者主张"), f"{_words(row.claimed)} ({row.reason})"
        yield text("employer's reply", "单位答复"), row.reply or text("none yet", "尚未答复")
        yield text("to be decided by", "裁决期限"), str(row.decide_by)
    if row.decided is not None:
        yield text("decided, for the regulator to uphold", "已裁决，待监管方复核"), _words(row.decided)
        yield text("it stands from", "生效日"), str(row.stands_from)
    if row.contest is not None:
        yield text("contested", "争议理由"), row.contest
        yield text("not contested", "单位认可"), _words(row.admits)
        yield text("held until", "暂存至"), str(row.held_until)


def _awarded(award: disputes.StatedAward) -> Iterator[tuple[str, str]]:
    yield text("employer says", "单位主张"), _words(award.measures)
    yield text("awarded", "裁决内容"), f"{_words(award.awarded)} ({award.reason})"
    yield text("document's blinded digest", "文书盲化哈希"), award.document


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
            f"{worker} {at_day}: contested; held until {answer.decide_by} unless an award comes",
            f"{worker} {at_day}：已争议；如无裁决，暂存至 {answer.decide_by}",
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
    signer = _signer(desk, worker)
    award = document_digest(document, draw=True)
    answer = disputes.state_award(signer, worker, at_day, measures(words), award, reason)
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
    admin = desk.client("regulator", "admin")
    award = document_digest(document, draw=False)
    answer = disputes.approve_award(admin, worker, at_day, measures(words), award)
    desk.screen.done(f"{worker} {at_day}: {row_state(answer.state)}", answer)


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
    return " ".join(f"{name}={quantity}" for name, quantity in sorted(measures_of_row.items())) or text(
        "no work", "未出勤"
    )
