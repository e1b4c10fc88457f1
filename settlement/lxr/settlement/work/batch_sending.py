"""A batch is tried, submitted and reported row by row.

It is all or nothing: everything is tried on a dry run of the real ledger first. Every request id is made from what it
sends, and rows that are there already are left alone; so the same file again changes nothing, and after a break the
same command finishes the job.
"""

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
from lxr.chaincode.workday import NewRow, SubmitSheet, Submitted
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
from lxr.token.refusal import Refusal

SHEETS_AT_ONCE: Final = 50
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
        """Why each line of the export behind a refused row was refused: what write_rejected_rows takes."""
        return {row: say(one.reason, language) for one in self.rejects for row in one.source_rows if one.reason}


Outcomes = dict[tuple[date, str], RowOutcome]
"""By day and worker."""


def check(client: Client, batch: Batch) -> BatchReport:
    """Return what submitting would do; nothing is sent. client: the employer's signer. Raises LedgerFault."""
    outcomes, good = _try(client, batch)
    return _report(batch, outcomes, len(good))


def submit(client: Client, batch: Batch, *, skip_bad: bool = False, progress: Progress | None = None) -> BatchReport:
    """Submit the batch if all of it is good or, with skip_bad, its good rows. client: the employer's signer.

    Raises LedgerFault; what was sent until then stands, and the same call again goes on from there.
    """
    outcomes, good = _try(client, batch)
    bad = _report(batch, outcomes, 0).rejected
    if bad and not skip_bad:
        for sheet in good:
            outcomes |= _said(sheet, "not sent", Said("{count} rows of the batch are refused", count=bad))
        return _report(batch, outcomes, 0)
    sent = 0
    for start in range(0, len(good), SHEETS_AT_ONCE):
        some = good[start : start + SHEETS_AT_ONCE]
        answers = client.submit_many(own(client, [_command(batch, sheet) for sheet in some]))
        for sheet, answer in zip(some, answers, strict=True):
            outcomes |= _answered(sheet, answer)
            sent += not isinstance(answer, Refusal)
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


def _try(client: Client, batch: Batch) -> tuple[Outcomes, list[BatchSheet]]:
    """Return what would become of each row, and the sheets that would be accepted, without their bad rows."""
    there = client.get_each(sheets, [(batch.employer, sheet.day, sheet.shard) for sheet in batch.sheets])
    trial = client.on(DryRun(client.ledger))
    outcomes: Outcomes = {}
    good: list[BatchSheet] = []
    for sheet, old in zip(batch.sheets, there, strict=True):
        if old is not None and old.sent:
            outcomes |= _compared(sheet, old)
            continue
        answer = _one(trial, batch, sheet)
        if isinstance(answer, OF_ONE_ROW):
            bad = _bad_rows(client, batch, sheet)
            outcomes |= bad
            sheet = replace(sheet, rows=tuple(row for row in sheet.rows if (sheet.day, row.worker) not in bad))
            if not sheet.rows:
                continue
            answer = _one(trial, batch, sheet)
        outcomes |= _answered(sheet, answer)
        if not isinstance(answer, Refusal):
            good.append(sheet)
    return outcomes, good


def _bad_rows(client: Client, batch: Batch, sheet: BatchSheet) -> Outcomes:
    """Return the rows that the contract refuses even alone, each with its own reason."""
    found: Outcomes = {}
    for row in sheet.rows:
        alone = replace(sheet, rows=(row,))
        answer = _one(client.on(DryRun(client.ledger)), batch, alone)
        if isinstance(answer, OF_ONE_ROW):
            found |= _answered(alone, answer)
    return found


def _one(client: Client, batch: Batch, sheet: BatchSheet) -> Submitted | Refusal:
    (answer,) = client.submit_many(own(client, [_command(batch, sheet)]))
    return answer


def _command(batch: Batch, sheet: BatchSheet) -> SubmitSheet:
    rows = tuple(NewRow(row.worker, row.measures) for row in sheet.rows)
    return SubmitSheet(
        request_id=request_ids.sheet(batch.employer, sheet.day, sheet.shard, rows),
        employer=batch.employer,
        day=sheet.day,
        shard=sheet.shard,
        rows=rows,
    )


def _compared(sheet: BatchSheet, old: Sheet) -> Outcomes:
    outcomes: Outcomes = {}
    for row in sheet.rows:
        same = old.content.of(row.worker) == row.measures
        alone = replace(sheet, rows=(row,))
        if same:
            outcomes |= _said(alone, "already there")
        else:
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
