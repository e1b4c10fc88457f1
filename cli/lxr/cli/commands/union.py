"""lxr union: certify work, keep back tax and insurance, reconcile, close."""

from datetime import date
from typing import Literal

import typer

from lxr.chaincode.rows import RowState
from lxr.chaincode.shard_heads import shard_heads
from lxr.cli.arguments import (
    DayArgument,
    DaysOption,
    EmployerArgument,
    MeasuresArgument,
    ReasonOption,
    WorkerArgument,
    measures,
)
from lxr.cli.commands.rows import row_state
from lxr.cli.session import Session, session
from lxr.cli.texts.language import text
from lxr.settlement.work import answers, disputes

DeductionKind = Literal["tax", "insurance"]


def close_day(context: typer.Context, at_day: DayArgument) -> None:
    """From 23:59 on."""
    desk = session(context)
    answers.close_day(desk.client("union", "operator"), at_day)
    desk.screen.done(text(f"{at_day} is closed", f"{at_day} 已截止"), {"day": at_day})


def certify(
    context: typer.Context,
    employer: EmployerArgument,
    days: DaysOption = None,
) -> None:
    """All open days, or those named."""
    desk = session(context)
    operator = desk.client("union", "operator")
    chosen = days or open_days(desk, employer)
    counts = answers.certify(operator, employer, chosen)
    for idle in counts.idle if days else ():  # what was not asked for by name need not be told of
        desk.screen.say(
            text(f"  {idle}: no row of {employer} waits to be certified", f"  {idle}：{employer} 没有待认定的记录")
        )
    desk.screen.done(
        text(
            f"{counts.answered} answered rows certified, {counts.unanswered} unanswered ones",
            f"认定已答复 {counts.answered} 行、未答复 {counts.unanswered} 行",
        ),
        counts,
    )


def open_days(desk: Session, employer: str) -> list[date]:
    """The days on which something has changed since a run last took them."""
    heads = desk.reader.scan(shard_heads, employer)
    return sorted({open_day.day for _, head in heads for open_day in head.days})


def decide(
    context: typer.Context,
    worker: WorkerArgument,
    at_day: DayArgument,
    words: MeasuresArgument,
    reason: ReasonOption,
) -> None:
    """Once the employer has replied, corrected, or been silent for three working days.

    What is not named stays as the employer says. Where it waits for the regulator, give it again from that day on.
    """
    desk = session(context)
    worker = desk.worker(worker)
    answer = disputes.decide(desk.client("union", "operator"), worker, at_day, measures(words), reason)
    line = f"{worker} {at_day}: {row_state(answer.state)}"
    if answer.stands_from is not None and answer.state == RowState.DISPUTED:
        line = text(
            f"{worker} {at_day}: decided; it stands once the regulator upholds it, or from {answer.stands_from} on",
            f"{worker} {at_day}：已裁决；经监管方维持即生效，或自 {answer.stands_from} 起生效",
        )
    desk.screen.done(line, answer)
