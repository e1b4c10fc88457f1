"""A batch is tried, submitted and reported row by row.

It is all or nothing: everything is tried on a dry run of the real ledger first. Every request id is made from what it
sends, and rows that are there already are left alone; so the same file again changes nothing, and after a break the
same command finishes the job. A further file of the same day adds the workers who are not there yet.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final, Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode.refusals import (
    MeasureBeyondTerms,
    MeasureUnknown,
    NotAcceded,
    TermsNotInForce,
    Unknown,
    WorkerElsewhere,
    WorkerNotActive,
)
from lxr.chaincode.sheet import Sheet, sheets
from lxr.chaincode.workday import CorrectSheet, NewRow, SubmitSheet, Submitted
from lxr.node.client import Client
from lxr.node.dry_run import DryRun
from lxr.node.progress import Progress
from lxr.node.said import Said
from lxr.settlement import request_ids
from lxr.settlement.lookups import own
from lxr.settlement.messages import say
from lxr.settlement.messages.catalogue import Language
from lxr.settlement.work.batch_file import Batch, BatchFault, BatchSheet
from lxr.settlement.work.intake.rejects import write_table
from lxr.settlement.work.task_numbers import TaskNumbers, WorkerDay, worker_day
from lxr.token.refusal import Refusal

SHEETS_AT_ONCE: Final = 50
ADDED: Final = "in a further file of the day / 当日后续文件中的劳动者"
"""The reason, on the ledger, of rows that come after their sheet."""
OF_ONE_ROW: Final = (
    *(Unknown, WorkerNotActive, WorkerElsewhere, TermsNotInForce, NotAcceded),
    *(MeasureUnknown, MeasureBeyondTerms),
)
"""What the contract refuses a sheet for because of one of its rows; anything else is said of the whole sheet."""

Outcome = Literal["accepted", "already there", "late", "refused", "not sent"]
"""late: accepted, after the close of its day. not sent: good, but held back because other rows are refused."""
_OUTCOMES: Final[dict[Outcome, Said]] = {
    "accepted": Said("accepted"),
    "already there": Said("already there"),
    "late": Said("late"),
    "refused": Said("refused"),
    "not sent": Said("not sent"),
}
assert _OUTCOMES.keys() == set(get_args(Outcome))


class RowOutcome(Struct, frozen=True):
    """What became of one worker's day, or of a faulty row.

    reason: None where nothing is wrong. refusal: the contract's own, where it is that which the reason says.
    """

    source_rows: tuple[int, ...]
    worker_ref: str
    day: date | None
    outcome: Outcome
    reason: Said | None = None
    refusal: Refusal | None = None

    @property
    def where(self) -> Said:
        """For people: 'row 2, 3: R0001 on 2026-08-03'."""
        rows = f"{', '.join(map(str, self.source_rows[:5]))}{', …' if len(self.source_rows) > 5 else ''}"
        if not self.worker_ref:
            return Said("row {rows}", rows=rows)
        if self.day is None:
            return Said("row {rows}: {worker_ref}", rows=rows, worker_ref=self.worker_ref)
        return Said("row {rows}: {worker_ref} on {day}", rows=rows, worker_ref=self.worker_ref, day=str(self.day))


class BatchReport(Struct, frozen=True):
    """outcomes: of every row, by source row. sheets, rows: accepted now. late: of these rows. rejected: refused.

    there: rows that were on the ledger before, as they are.
    """

    outcomes: tuple[RowOutcome, ...]
    sheets: int
    rows: int
    late: int
    there: int
    rejected: int

    @property
    def rejects(self) -> tuple[RowOutcome, ...]:
        """What was refused."""
        return tuple(outcome for outcome in self.outcomes if outcome.outcome == "refused")

    def reasons(self, language: Language) -> dict[int, str]:
        """Why each line of the export behind a refused row was refused: what write_rejected_rows takes.

        A line that is many days has the reason of each that was refused.
        """
        found: dict[int, list[str]] = {}
        for one in self.rejects:
            if one.reason is not None:
                for row in one.source_rows:
                    found.setdefault(row, []).append(say(one.reason, language))
        return {row: "; ".join(dict.fromkeys(reasons)) for row, reasons in found.items()}


Outcomes = dict[tuple[date, str], RowOutcome]
"""By day and worker."""


class _Sending(Struct, frozen=True):
    """A sheet to be sent. version: of the one on the ledger, to which its rows are added; None: there is none."""

    sheet: BatchSheet
    version: int | None


def check(client: Client, batch: Batch, numbers: TaskNumbers | None = None) -> BatchReport:
    """Return what submitting would do; nothing is sent. client, numbers: as of submit. Raises LedgerFault."""
    outcomes, good = _try(client, batch, numbers)
    return _report(batch, outcomes, len(good))


def submit(
    client: Client,
    batch: Batch,
    numbers: TaskNumbers | None = None,
    *,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> BatchReport:
    """Submit the batch if all of it is good or, with skip_bad, its good rows. client: the employer's signer.

    numbers: of the tasks that its files have had, where they are kept here: a row is refused that has one which is on
    the ledger with another row. Raises LedgerFault; what was sent until then stands, and the same call again goes on
    from there.
    """
    outcomes, good = _try(client, batch, numbers)
    bad = _report(batch, outcomes, 0).rejected
    if bad and not skip_bad:
        for sending in good:
            outcomes |= _said(sending.sheet, "not sent", Said("{count} rows of the batch are refused", count=bad))
        return _report(batch, outcomes, 0)
    if numbers is not None:  # what broke off had no time to say so
        numbers.keep_sent(batch, _same(outcomes))
    sent = 0
    for start in range(0, len(good), SHEETS_AT_ONCE):
        some = good[start : start + SHEETS_AT_ONCE]
        answers = client.submit_many(own(client, [_command(batch, sending) for sending in some]))
        for sending, answer in zip(some, answers, strict=True):
            outcomes |= _answered(sending.sheet, answer)
            if isinstance(answer, Refusal):
                continue
            sent += 1
            if numbers is not None:
                numbers.keep_sent(batch, [worker_day(sending.sheet.day, row.worker) for row in sending.sheet.rows])
        if progress is not None:
            progress(start + len(some), len(good))
    return _report(batch, outcomes, sent)


def write_outcomes(path: Path, report: BatchReport, language: Language) -> None:
    """Write a CSV with one line for each row, in that language. Raises InputFault where it cannot be written.

    The names of its columns are the same in every language: an erasure finds a worker's rows by them.
    """
    lines = [
        (
            *(" ".join(map(str, one.source_rows)), one.worker_ref, str(one.day or "")),
            *(say(_OUTCOMES[one.outcome], language), say(one.reason, language) if one.reason else ""),
        )
        for one in report.outcomes
    ]
    write_table(path, [("rows", "worker_ref", "day", "outcome", "reason"), *lines])


def _try(client: Client, batch: Batch, numbers: TaskNumbers | None) -> tuple[Outcomes, list[_Sending]]:
    """Return what would become of each row, and what would be accepted, without the bad rows."""
    there = client.get_each(sheets, [(batch.employer, sheet.day, sheet.shard) for sheet in batch.sheets])
    unpaid = {} if numbers is None else numbers.unpaid(batch)
    outcomes: Outcomes = {}
    for sheet, old in zip(batch.sheets, there, strict=True):
        if old is not None and old.sent:
            outcomes |= _compared(sheet, old, unpaid)
    every_taken = () if numbers is None else numbers.taken(client, batch, _same(outcomes))
    taken = {one.worker_day: one.said for one in every_taken}
    trial = client.on(DryRun(client.ledger))
    good: list[_Sending] = []
    for sheet, old in zip(batch.sheets, there, strict=True):
        outcomes |= _again(_without(sheet, outcomes), taken)
        version = old.version if old is not None and old.sent else None
        sending = _Sending(_without(sheet, outcomes), version)
        if not sending.sheet.rows:
            continue
        answer = _one(trial, batch, sending)
        if isinstance(answer, OF_ONE_ROW):
            outcomes |= _bad_rows(client, batch, sending)
            sending = replace(sending, sheet=_without(sending.sheet, outcomes))
            if not sending.sheet.rows:
                continue
            answer = _one(trial, batch, sending)
        outcomes |= _answered(sending.sheet, answer)
        if not isinstance(answer, Refusal):
            good.append(sending)
    return outcomes, good


def _without(sheet: BatchSheet, outcomes: Outcomes) -> BatchSheet:
    """Return a sheet without the rows of which it is known what becomes of them."""
    return replace(sheet, rows=tuple(row for row in sheet.rows if (sheet.day, row.worker) not in outcomes))


def _again(sheet: BatchSheet, taken: Mapping[WorkerDay, Said]) -> Outcomes:
    """Return the rows with a task that is on the ledger with another row."""
    outcomes: Outcomes = {}
    for row in sheet.rows:
        if (where := taken.get(worker_day(sheet.day, row.worker))) is not None:
            outcomes |= _said(replace(sheet, rows=(row,)), "refused", Said("a task of it {was_taken}", was_taken=where))
    return outcomes


def _bad_rows(client: Client, batch: Batch, sending: _Sending) -> Outcomes:
    """Return the rows that the contract refuses even alone, each with its own reason."""
    found: Outcomes = {}
    for row in sending.sheet.rows:
        alone = replace(sending, sheet=replace(sending.sheet, rows=(row,)))
        answer = _one(client.on(DryRun(client.ledger)), batch, alone)
        if isinstance(answer, OF_ONE_ROW):
            found |= _answered(alone.sheet, answer)
    return found


def _one(client: Client, batch: Batch, sending: _Sending) -> Submitted | Refusal:
    (answer,) = client.submit_many(own(client, [_command(batch, sending)]))
    return answer


def _command(batch: Batch, sending: _Sending) -> SubmitSheet | CorrectSheet:
    sheet = sending.sheet
    rows = tuple(NewRow(row.worker, row.measures) for row in sheet.rows)
    if sending.version is None:
        return SubmitSheet(
            request_id=request_ids.sheet(batch.employer, sheet.day, sheet.shard, rows),
            employer=batch.employer,
            day=sheet.day,
            shard=sheet.shard,
            rows=rows,
        )
    return CorrectSheet(
        request_id=request_ids.correction(batch.employer, sheet.day, sheet.shard, sending.version, rows, ADDED),
        employer=batch.employer,
        day=sheet.day,
        shard=sheet.shard,
        version=sending.version,
        rows=rows,
        reason=ADDED,
    )


def _same(outcomes: Outcomes) -> set[WorkerDay]:
    """Return the rows that are on the ledger as they are."""
    return {worker_day(day, worker) for (day, worker), one in outcomes.items() if one.outcome == "already there"}


def _compared(sheet: BatchSheet, old: Sheet, unpaid: Mapping[WorkerDay, str]) -> Outcomes:
    """Return what becomes of rows of workers who are on the ledger's sheet.

    unpaid: the files out of which rows were sent that look the same here, and have other tasks.
    """
    outcomes: Outcomes = {}
    for row in sheet.rows:
        there = old.content.of(row.worker)
        alone = replace(sheet, rows=(row,))
        if there == row.measures and (file := unpaid.get(worker_day(sheet.day, row.worker))) is not None:
            problem = Said(
                "has a task that the row on the ledger, from {file}, has not: use batch correct with what both come to",
                file=file,
            )
            outcomes |= _said(alone, "refused", problem)
        elif there == row.measures:
            outcomes |= _said(alone, "already there")
        elif there is not None:
            outcomes |= _said(alone, "refused", Said("differs from what is on the ledger: use batch correct"))
    return outcomes


def _answered(sheet: BatchSheet, answer: Submitted | Refusal) -> Outcomes:
    if isinstance(answer, Refusal):
        return _said(sheet, "refused", Said("{refusal}", refusal=answer), answer)
    return _said(sheet, "late" if answer.late else "accepted")


def _said(sheet: BatchSheet, outcome: Outcome, reason: Said | None = None, refusal: Refusal | None = None) -> Outcomes:
    return {
        (sheet.day, row.worker): RowOutcome(row.source_rows, row.worker_ref, sheet.day, outcome, reason, refusal)
        for row in sheet.rows
    }


def _reason(fault: BatchFault) -> Said:
    problem = fault.problem.said
    if fault.field:
        problem = Said("{field} {problem}", field=fault.field, problem=problem)
    if not fault.expected.text:
        return problem
    return Said("{problem}; expected {expected}", problem=problem, expected=fault.expected.said)


def _report(batch: Batch, outcomes: Outcomes, sheets_sent: int) -> BatchReport:
    faulty = [
        RowOutcome(fault.source_rows, fault.worker_ref, fault.day, "refused", _reason(fault))
        for fault in batch.row_faults
    ]
    every = sorted([*outcomes.values(), *faulty], key=lambda one: one.source_rows)
    late = sum(one.outcome == "late" for one in every)
    accepted = sum(one.outcome == "accepted" for one in every)
    there = sum(one.outcome == "already there" for one in every)
    rejected = sum(one.outcome == "refused" for one in every)
    return BatchReport(tuple(every), sheets_sent, accepted + late, late, there, rejected)
