"""lxr employer batch: the daily work data, from a raw export to the ledger."""

import sys
from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping as Mapped
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec.structs import asdict

from lxr.chaincode.employers import employers
from lxr.chaincode.workers import workers
from lxr.cli.arguments import (
    DayArgument,
    EmployerArgument,
    FileArgument,
    MeasuresArgument,
    MonthOption,
    ReasonOption,
    WorkerArgument,
    measures,
)
from lxr.cli.commands.exports import EmployerRefOption, MapOption, mapping_in, reading, show_date_moves
from lxr.cli.commands.row_faults import (
    SHOWN,
    kinds_for_scripts,
    passed_over_for_scripts,
    show_kinds,
    show_passed_over,
)
from lxr.cli.ends import NotDone
from lxr.cli.session import Session, session
from lxr.cli.texts.language import LANGUAGE, text
from lxr.cli.texts.told import in_words
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.messages import say
from lxr.settlement.work import batch_file, batch_sending, corrections, preparing, rechecking, workday_status
from lxr.settlement.work.intake.cells import shown
from lxr.settlement.work.intake.export import read_records
from lxr.settlement.work.intake.fault_kinds import kinds_of
from lxr.settlement.work.intake.fold import Fold
from lxr.settlement.work.intake.form import ANY_FORM, Form
from lxr.settlement.work.intake.mapping import load_mapping
from lxr.settlement.work.intake.rejects import write_rejected_rows
from lxr.settlement.work.mapping_versions import MappingVersions, Review
from lxr.settlement.work.task_numbers import TaskNumbers


def prepare(
    context: typer.Context,
    employer: EmployerArgument,
    export: FileArgument,
    mapping_file: MapOption,
    out: Annotated[Path, typer.Option(metavar="FILE.json", help=text("the batch file", "批次文件"))],
    month: MonthOption = None,
    employer_ref: EmployerRefOption = None,
) -> None:
    """What the preparer does; the signer then submits the file. No usable row: exit code 1."""
    desk = session(context)
    desk.reader.need(employers, employer)
    mapping = mapping_in(mapping_file, employer_ref)
    workers_here = desk.people.workers_of(employer)
    with (
        TaskNumbers.open(desk.task_numbers_path(employer)) as numbers,
        reading(desk.screen, export) as progress,
    ):
        fold, prepared = preparing.prepare(
            desk.reader,
            export,
            mapping,
            employer,
            workers_here,
            numbers,
            month=month,
            employer_ref=employer_ref,
            progress=progress,
        )
    show_date_moves(desk.screen, fold.date_moves)
    assert prepared.mapping is not None
    with MappingVersions.open(desk.task_numbers_path(employer), employer) as versions:
        version = versions.version(prepared.mapping, desk.today)
    desk.screen.say(text(f"  mapping: version {version.name}", f"  映射版本：{version.name}"))
    batch_file.write_batch(out, prepared)
    rows, faults = len(prepared.rows), prepared.row_faults
    kinds = kinds_of(faulty(fold, fault) for fault in faults)
    show_kinds(desk.screen, kinds[:SHOWN])
    say_more(desk, sum(kind.count for kind in kinds[SHOWN:]), out)
    show_passed_over(desk.screen, fold.passed_over)
    left = sum(passed.count for passed in fold.passed_over)
    english, chinese = (f", {left} rows passed over", f"，未计入 {left} 行") if left else ("", "")
    desk.screen.done(
        text(
            f"{rows} rows, {len(faults)} faults{english}: {out}",
            f"{rows} 行，{len(faults)} 处错误{chinese}：{out}",
        ),
        {
            "employer": employer,
            "rows": rows,
            "faults": faults,
            "kinds": kinds_for_scripts(kinds),
            "passed_over": passed_over_for_scripts(fold.passed_over),
            "file": str(out),
            "mapping": version.name,
        },
    )
    if not rows:
        raise NotDone(
            text(
                f"{export} has no usable row for {employer}: there is nothing to submit",
                f"{export} 中没有 {employer} 的可用行：没有可提交的内容",
            )
        )


def faulty(fold: Fold, fault: batch_file.BatchFault) -> InputFault:
    """Return what is wrong with a row of an export: where it is, what it holds, what was expected."""
    problem = fault.problem.said
    if fault.worker_ref and fault.field == fold.worker_column:
        problem = Said("reads {cell}: {problem}", cell=shown(fault.worker_ref), problem=problem)
    return InputFault(
        file=fold.place,
        row=fault.source_rows[0],
        field=fault.field or None,
        problem=problem,
        expected=fault.expected.said,
    )


def say_more(desk: Session, faults: int, where: Path) -> None:
    """Say how many of the faults are not on the screen."""
    if faults > 0:
        desk.screen.say(text(f"  and {faults} more: all are in {where}", f"  另有 {faults} 处：全部见 {where}"))


def check(
    context: typer.Context,
    employer: EmployerArgument,
    file: FileArgument,
    export: Annotated[Path, typer.Argument(metavar="EXPORT", help=text("the raw export", "原始导出文件"))],
    mapping_file: MapOption,
    month: MonthOption = None,
    employer_ref: EmployerRefOption = None,
) -> None:
    """What the signer does before signing. A row that is another, or all of them: exit code 1; nothing is sent."""
    desk = session(context)
    desk.reader.need(employers, employer)
    given = batch_file.read_batch(file, employer)
    mapping = mapping_in(mapping_file, employer_ref)
    with TaskNumbers.open(desk.task_numbers_path(employer)) as numbers:
        _, again = preparing.prepare(
            desk.reader,
            export,
            mapping,
            employer,
            desk.people.workers_of(employer),
            numbers,
            month=month,
            employer_ref=employer_ref,
        )
    found = rechecking.compare(given, again)
    for other in found.others[:SHOWN]:
        in_batch, in_export = told_measures(other.in_batch), told_measures(other.in_export)
        desk.screen.say(
            text(
                f"  {other.worker_ref} on {other.day}: {in_batch} in the batch, {in_export} in the export",
                f"  {other.worker_ref} {other.day}：批次为 {in_batch}，导出文件为 {in_export}",
            )
        )
    if (more := len(found.others) - SHOWN) > 0:
        desk.screen.say(text(f"  and {more} more", f"  另有 {more} 处"))
    desk.screen.result({"employer": employer, **asdict(found)})
    if not found.same:
        count = len(found.others)
        raise NotDone(
            text(
                f"{file} is not what {export} comes to by {mapping_file}: {count} rows differ",
                f"{file} 与按 {mapping_file} 汇总 {export} 的结果不符：{count} 行不同",
            )
            if count
            else text(
                f"{file} has the rows that {export} comes to by {mapping_file}, but other faults or lines",
                f"{file} 的各行与按 {mapping_file} 汇总 {export} 的结果相同，但错误或行号不同",
            )
        )
    desk.screen.say(
        text(
            f"{found.rows} rows, all as {export} comes to by {mapping_file}",
            f"{found.rows} 行，均与按 {mapping_file} 汇总 {export} 的结果一致",
        )
    )


def told_measures(given: Mapped[str, int] | None) -> str:
    """Say the measures of a row; None: there is no such row."""
    if given is None:
        return text("no row", "无此行")
    return " ".join(f"{name}={quantity}" for name, quantity in sorted(given.items())) or "none"


def submit(
    context: typer.Context,
    employer: EmployerArgument,
    file: FileArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=text("try all of it, change nothing", "只试不写"))] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help=text("submit the rest, write the rejects", "跳过错误行"))
    ] = False,
    outcomes: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help=text("one outcome for each row", "逐行结果文件"))
    ] = None,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help=text("the raw export, to write its rejects", "原始导出文件"))
    ] = None,
    mapping_file: Annotated[
        Path | None, typer.Option("--map", metavar="FILE.toml", help=text("how the export is read", "映射文件"))
    ] = None,
    accept_mapping: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help=text("accept this changed mapping", "接受该版本的映射变更")),
    ] = None,
) -> None:
    """All or nothing, unless --skip-bad. The same file again changes nothing."""
    desk = session(context)
    given = batch_file.read_batch(file, employer)
    path = outcomes or file.with_suffix(".outcomes.csv")
    form = ANY_FORM if mapping_file is None else load_mapping(mapping_file).form
    refuse_unusable(path, export, form)
    signer = desk.client("employer", "signer", employer)
    review = reviewed(desk, signer, given, accept_mapping, dry_run=dry_run)
    with claims_of(desk.task_numbers_path(employer)) as numbers:
        if dry_run:
            report = batch_sending.check(signer, given, numbers)
        else:
            with desk.screen.progress(text("submitting", "提交")) as step:
                report = batch_sending.submit(signer, given, numbers, skip_bad=skip_bad, progress=step)
    batch_sending.write_outcomes(path, report, LANGUAGE)
    for outcome in report.rejects[:SHOWN]:
        desk.screen.say(f"  {told(file, outcome)}")
    say_more(desk, report.rejected - SHOWN, path)
    if export is not None and report.rejects:
        rejects = file.with_suffix(".rejects.csv")
        write_rejected_rows(rejects, export, report.reasons(LANGUAGE), form)
        desk.screen.say(text(f"rejects to mend and try again: {rejects}", f"待修正的拒绝行：{rejects}"))
    words = text("tried, nothing sent: ", "试运行，未提交：") if dry_run else ""
    desk.screen.done(words + text(*counted(report, path)), for_scripts(report) | {"mapping": mapping_told(review)})
    if report.rejected and not skip_bad:
        first = report.rejects[0]
        raise NotDone(
            told(file, first)
            + text(f"; {report.rejected} refused, nothing is sent", f"；共拒绝 {report.rejected} 行，全部未提交")
        )


def reviewed(desk: Session, signer: Client, batch: batch_file.Batch, accepted: str | None, *, dry_run: bool) -> Review:
    """Show the signer what is different in how the batch was read, and have it accepted before anything is sent.

    Raises NotDone where it was not accepted.
    """
    employer = batch.employer
    with MappingVersions.open(desk.task_numbers_path(employer), employer) as versions:
        review = versions.review(signer, batch.mapping, desk.today)
        if review.must_accept:
            show_mapping(desk, batch, review)
        if dry_run:
            return review
        if review.must_accept and accepted != review.name and not agreed(desk):
            desk.screen.result({"mapping": mapping_told(review)})
            raise NotDone(
                text(
                    f"nothing is sent: look at the mapping, and give --accept-mapping {review.name}",
                    f"未提交：请核对映射，并使用 --accept-mapping {review.name}",
                )
            )
        if batch.mapping is not None:
            versions.accept(signer, batch.mapping, desk.today)
    return review


def agreed(desk: Session) -> bool:
    """Ask whoever is at the terminal; nobody there has agreed."""
    if desk.screen.as_json or not sys.stdin.isatty():
        return False
    return typer.confirm(text("accept this mapping?", "是否接受该映射？"), default=False, err=True)


def show_mapping(desk: Session, batch: batch_file.Batch, review: Review) -> None:
    """Say how the batch's mapping differs from the one accepted last, and what the batch comes to."""
    before = review.before
    if review.version is None:
        desk.screen.say(text("  the batch does not say by which mapping it was read", "  批次未载明所用的映射"))
    elif before is None:
        desk.screen.say(
            text(
                f"  mapping {review.name}: none that you accepted before is known here",
                f"  映射 {review.name}：本机没有您此前接受过的映射",
            )
        )
    else:
        desk.screen.say(
            text(
                f"  the mapping changed: {before.name} → {review.name}",
                f"  映射有变更：{before.name} → {review.name}",
            )
        )
    for change in review.changes:
        desk.screen.say(f"    {in_words(change)}")
    sums = Counter[str]()
    for row in batch.rows:
        sums.update(row.measures)
    measured = ", ".join(f"{name}={count}" for name, count in sorted(sums.items()))
    desk.screen.say(
        text(f"    this batch: {len(batch.rows)} rows, {measured}", f"    本批次：{len(batch.rows)} 行，{measured}")
    )


def mapping_told(review: Review) -> dict[str, Any]:
    """Give what a script has to know of the batch's mapping."""
    return {
        "version": review.name,
        "before": None if review.before is None else review.before.name,
        "changes": [say(change, "en") for change in review.changes],
        "must_accept": review.must_accept,
    }


@contextmanager
def claims_of(path: Path) -> Iterator[TaskNumbers | None]:
    """Open the numbers of the tasks in an employer's files; None: they are not kept on this machine."""
    if not path.exists():
        yield None
        return
    with TaskNumbers.open(path) as numbers:
        yield numbers


def for_scripts(report: batch_sending.BatchReport) -> dict[str, Any]:
    """Give the report with its reasons in English, beside the contract's refusals with code and facts."""
    outcomes = [{**asdict(one), "reason": say(one.reason, "en") if one.reason else ""} for one in report.outcomes]
    return {**asdict(report), "outcomes": outcomes}


def told(file: Path, outcome: batch_sending.RowOutcome) -> str:
    """Say where in a batch's export a refused row is, and why it is refused."""
    assert outcome.reason is not None
    where, why = in_words(outcome.where), in_words(outcome.reason)
    return text(f"{file}, {where}: {why}", f"{file}，{where}：{why}")


def counted(report: batch_sending.BatchReport, path: Path) -> tuple[str, str]:
    """Say in English and Chinese how many rows there are of each outcome."""
    if report.there and report.there == len(report.outcomes):
        return (
            f"all {report.there} rows are on the ledger already, and nothing has changed; each in {path}",
            f"全部 {report.there} 行已在账本上，未作变动；逐行结果：{path}",
        )
    en = f", {report.there} there already" if report.there else ""
    zh = f"，已在账本上 {report.there} 行" if report.there else ""
    return (
        f"{report.rows} rows accepted, {report.late} of them late{en}, {report.rejected} refused; each in {path}",
        f"接受 {report.rows} 行，其中迟报 {report.late} 行{zh}，拒绝 {report.rejected} 行；逐行结果：{path}",
    )


def refuse_unusable(outcomes: Path, export: Path | None, form: Form) -> None:
    """Before anything is sent: the files that its answer is written to and from. Raises InputFault."""
    try:
        outcomes.open("ab").close()
    except OSError as fault:
        raise InputFault(file=str(outcomes), problem=Said("cannot be written: {fault}", fault=fault)) from None
    if export is not None:
        with closing(read_records(export, form=form)) as records:
            next(records)


def correct(
    context: typer.Context,
    worker: WorkerArgument,
    at_day: DayArgument,
    words: MeasuresArgument,
    reason: ReasonOption,
) -> None:
    """A new version of the sheet; answers to all other rows stay good."""
    desk = session(context)
    worker = desk.worker(worker)
    employer = desk.reader.need(workers, worker).employer
    answer = corrections.correct(
        desk.client("employer", "signer", employer), employer, at_day, {worker: measures(words)}, reason
    )
    desk.screen.done(text(f"{worker} {at_day}: corrected", f"{worker} {at_day}：已更正"), answer)


def status(context: typer.Context, employer: EmployerArgument, month: MonthOption = None) -> None:
    """And the disputes that are open, with their deadlines."""
    desk = session(context)
    desk.reader.need(employers, employer)
    found = workday_status.status(desk.reader, employer, month or desk.today.replace(day=1))
    names = (
        *(text("day", "日期"), text("rows", "行数"), text("open", "待答复"), text("confirmed", "已确认")),
        *(text("disputed", "异议"), text("certified", "已认定"), text("unanswered", "未答复"), text("late", "迟报")),
    )
    rows = [
        (day.day, day.rows, day.submitted, day.confirmed, day.disputed, day.certified, day.unanswered, day.late)
        for day in found.days
        if day.rows
    ]
    desk.screen.table(f"{employer}", names, rows)
    for each in found.disputes:
        desk.screen.say(
            text(
                f"  {each.worker} {each.day}: disputed, the union decides by {each.decide_by}",
                f"  {each.worker} {each.day}：有异议，工会须于 {each.decide_by} 前裁定",
            )
        )
    desk.screen.result(found)
