"""lxr worker: what workers answer to their rows, signed with the keys on this machine."""

from datetime import date

import typer

from lxr.cli.arguments import DayArgument, DaysOption, MeasuresArgument, ReasonOption, WorkerArgument, measures
from lxr.cli.commands.rows import row_state
from lxr.cli.session import Session, session
from lxr.cli.texts.language import text
from lxr.settlement.work import answers


def confirm(
    context: typer.Context,
    worker: WorkerArgument,
    days: DaysOption = None,
) -> None:
    """One signature over all the rows."""
    desk = session(context)
    worker = desk.worker(worker)
    rows = [row for row in answers.open_rows(desk.reader, worker, None) if not days or row.day in days]
    if not rows:
        desk.screen.done(text("nothing to confirm", "没有待确认的记录"), {"worker": worker, "confirmed": 0})
        return
    for row in rows:
        desk.screen.say(f"  {row.day} {_words(row.measures)}")
    answer = answers.sign(desk.wallets.key(worker), desk.reader, worker, rows)
    count = answers.confirm(desk.client("union", "operator"), [(worker, answer)])
    desk.screen.done(
        text(f"{worker}: {count} days confirmed", f"{worker}：已确认 {count} 天"),
        {"worker": worker, "confirmed": count},
    )


def dispute(
    context: typer.Context, worker: WorkerArgument, at_day: DayArgument, words: MeasuresArgument, reason: ReasonOption
) -> None:
    """That day alone is frozen; what the employer admits is paid meanwhile."""
    _object(session(context), worker, at_day, words, reason, missing=False)


def claim(
    context: typer.Context, worker: WorkerArgument, at_day: DayArgument, words: MeasuresArgument, reason: ReasonOption
) -> None:
    """As a dispute, of a row that was never submitted."""
    _object(session(context), worker, at_day, words, reason, missing=True)


def withdraw(context: typer.Context, worker: WorkerArgument, at_day: DayArgument) -> None:
    """The row counts as confirmed."""
    desk = session(context)
    worker = desk.worker(worker)
    answer = answers.withdraw(desk.client("union", "operator"), worker, at_day, desk.wallets.key(worker))
    desk.screen.done(f"{worker} {at_day}: {row_state(answer.state)}", answer)


def _object(desk: Session, worker: str, at_day: date, words: list[str], reason: str, *, missing: bool) -> None:
    worker = desk.worker(worker)
    operator = desk.client("union", "operator")
    send = answers.claim if missing else answers.dispute
    answer = send(operator, worker, at_day, measures(words), reason, desk.wallets.key(worker))
    line = text(f"disputed; the union decides by {answer.decide_by}", f"已提出异议；工会将于 {answer.decide_by} 前裁定")
    desk.screen.done(f"{worker} {at_day}: {line}", answer)


def _words(measures_of_row: dict[str, int]) -> str:
    return " ".join(f"{name}={quantity}" for name, quantity in sorted(measures_of_row.items())) or "none"
