"""lxr employer map: how an export is read, written with a few questions and tried without a ledger."""

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from lxr.cli.arguments import FileArgument, MonthOption
from lxr.cli.commands.exports import EmployerRefOption, MapOption, mapping_in, reading, show_date_moves
from lxr.cli.commands.row_faults import (
    kinds_for_scripts,
    passed_over_for_scripts,
    show_kinds,
    show_passed_over,
)
from lxr.cli.ends import NotDone, UsageFault
from lxr.cli.session import Session, session
from lxr.cli.texts.language import LANGUAGE, text
from lxr.cli.texts.told import in_words
from lxr.settlement.errors import InputFault
from lxr.settlement.work.mapping_assistant import assistant
from lxr.settlement.work.mapping_assistant.assistant import Assistant, Made, Shown
from lxr.settlement.work.mapping_assistant.checking import Check
from lxr.settlement.work.mapping_assistant.checking import check as checked
from lxr.settlement.work.mapping_assistant.given import Given, given_by
from lxr.settlement.work.mapping_assistant.questions import Question

ROWS_SHOWN: Final = 10
COLUMN: Final = "COLUMN"


def _option(name: str, metavar: str, en: str, zh: str) -> Any:
    return typer.Option(name, metavar=metavar, help=text(en, zh))


Words = list[str] | None


def new(
    context: typer.Context,
    export: FileArgument,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help=text("the mapping; else beside the file", "映射文件"))
    ] = None,
    terms: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help=text("terms whose measures are wanted", "条款文件"))
    ] = None,
    sheet: Annotated[str | None, _option("--sheet", "SHEET", "of a workbook", "工作表名")] = None,
    header_row: Annotated[str | None, _option("--header-row", "LINE", "the header's line", "表头所在行")] = None,
    worker: Annotated[str | None, _option("--worker", COLUMN, "the worker's number", "工号列")] = None,
    employer: Annotated[str | None, _option("--employer", COLUMN, "whose a row is, or none", "单位列，或 none")] = None,
    number: Annotated[str | None, _option("--id", COLUMN, "the task's number, or none", "订单号列，或 none")] = None,
    day: Annotated[str | None, _option("--date", COLUMN, "the day, or none", "日期列，或 none")] = None,
    start: Annotated[str | None, _option("--start", COLUMN, "when a task begins", "开始时间列")] = None,
    end: Annotated[str | None, _option("--end", COLUMN, "when a task ends", "结束时间列")] = None,
    measures: Annotated[
        Words,
        _option(
            "--measure",
            "NAME=HOW",
            "count, sum:COLUMN, duration:COLUMN, times:START>END or none; may be repeated",
            "计量：count、sum:列、duration:列、times:开始>结束 或 none；可重复",
        ),
    ] = None,
    counts: Annotated[
        Words, _option("--counts", "COLUMN=VALUE,…", "rows that count; NAME:COLUMN for one measure", "计入的取值")
    ] = None,
    not_counted: Annotated[
        Words, _option("--not-counted", "COLUMN=VALUE,…", "rows that do not", "不计入的取值")
    ] = None,
    fault: Annotated[Words, _option("--fault", "COLUMN=VALUE,…", "rows that are faults", "作为错误的取值")] = None,
    hours: Annotated[
        Words, _option("--hours", "NAME:COLUMN=HOURS", "these hours alone, 22:00-06:00", "仅限时段，如 22:00-06:00")
    ] = None,
    rounding: Annotated[
        Words, _option("--round", "NAME=HOW", "up or half_up", "取整：up 进位、half_up 四舍五入")
    ] = None,
    unit: Annotated[Words, _option("--unit", "COLUMN=UNIT", "km or m", "里程单位：km 或 m")] = None,
    plain: Annotated[
        Words, _option("--number", "COLUMN=UNIT", "a plain number is hours, minutes or seconds", "纯数字的单位")
    ] = None,
    overnight: Annotated[
        Words, _option("--overnight", "NAME=HOW", "next_day or fault", "跨夜：next_day 次日、fault 错误")
    ] = None,
    longest: Annotated[Words, _option("--longest", "NAME=MINUTES", "of one task", "单次最长分钟数")] = None,
    empty_rows: Annotated[
        str | None, _option("--empty-rows", "HOW", "skip or fault", "空行：skip 不计、fault 错误")
    ] = None,
    if_blank: Annotated[
        Words,
        _option("--if-blank", "COLUMN=COLUMN", "which counts where it is empty, or fault", "为空时改用的列，或 fault"),
    ] = None,
    date_format: Annotated[
        str | None, _option("--date-format", "FORMAT", "D/M/YYYY, M/D/YYYY or YY-M-D", "日期格式")
    ] = None,
    under_days: Annotated[
        str | None, _option("--under-days", "WHAT", "hours, orders or codes", "各日下的内容：hours、orders 或 codes")
    ] = None,
    month: Annotated[str | None, _option("--month", "MONTH", "of a file that names none", "文件未写明时的月份")] = None,
    zone: Annotated[
        str | None, _option("--zone", "ZONE", "the source's clock, Asia/Shanghai", "来源系统的时区")
    ] = None,
) -> None:
    """Without a terminal each question has its option. Nothing is written before all rows have been read with it."""
    desk = session(context)
    path = out or export.with_suffix(".toml")
    assistant.refuse_existing(path)
    names = None if terms is None else assistant.measures_of_terms(terms)
    given = given_by(
        one={
            "sheet": sheet,
            "header_row": header_row,
            "worker": worker,
            "employer": employer,
            "id": number,
            "date": day,
            "start": start,
            "end": end,
            "empty_rows": empty_rows,
            "date_format": date_format,
            "under_days": under_days,
            "month": month,
            "zone": zone,
        },
        each={
            "measure": measures,
            "hours": hours,
            "round": rounding,
            "unit": unit,
            "number": plain,
            "overnight": overnight,
            "longest": longest,
            "if_blank": if_blank,
        },
        values={"counts": counts, "not-counted": not_counted, "fault": fault},
    )
    made = _made(desk, export, given, names)
    for line in assistant.text_of(made, export, LANGUAGE).splitlines():
        desk.screen.say(line)
    _show(desk, made.check)
    if made.left_out:
        left = ", ".join(made.left_out)
        desk.screen.say(text(f"not in the terms, and left out: {left}", f"条款中没有、未写入：{left}"))
    if _can_ask(desk) and made.check.rows:
        typer.confirm(text(f"Write {path}?", f"写入 {path}？"), default=True, abort=True)
    assistant.write_mapping(path, made, export, LANGUAGE)
    desk.screen.done(text(f"written: {path}", f"已写入：{path}"), {"file": str(path), **_for_scripts(made.check)})


def check(
    context: typer.Context,
    export: FileArgument,
    mapping_file: MapOption,
    month: MonthOption = None,
    employer_ref: EmployerRefOption = None,
) -> None:
    """No ledger is needed and none is changed. No usable row: exit code 1."""
    desk = session(context)
    mapping = mapping_in(mapping_file, employer_ref)
    with reading(desk.screen, export) as progress:
        found = checked(export, mapping, month=month, employer_ref=employer_ref, progress=progress)
    _show(desk, found)
    desk.screen.result(_for_scripts(found))
    if not found.rows:
        raise NotDone(text(f"{export} has no usable row with this mapping", f"{export} 按此映射没有可用行"))


def _made(desk: Session, export: Path, given: Given, names: tuple[str, ...] | None) -> Made:
    """Ask until there is no question left."""
    opened = assistant.open_assistant(export, given)
    if isinstance(opened, Question):
        given[opened.key] = _asked(desk, opened)
        return _made(desk, export, given, names)
    _show_columns(desk, opened.shown)
    found = _next(desk, opened, export, given, names)
    while isinstance(found, Question):
        key = found.key
        given[key] = _asked(desk, found)
        try:
            found = _next(desk, opened, export, given, names)
        except InputFault as fault:
            if not fault.file.startswith("--"):
                raise
            desk.screen.warn(in_words(fault))  # a word that is none of the answers: asked again
            del given[key]
    return found


def _next(
    desk: Session, opened: Assistant, export: Path, given: Given, names: tuple[str, ...] | None
) -> Question | Made:
    with reading(desk.screen, export) as progress:
        return opened.next(given, names=names, progress=progress)


def _can_ask(desk: Session) -> bool:
    return sys.stdin.isatty() and not desk.screen.as_json


def _asked(desk: Session, question: Question) -> str:
    """Ask a person. Raises UsageFault: nobody sits here, and the option is missing."""
    asked = in_words(question.asked)
    seen = ", ".join(question.seen)
    if not _can_ask(desk):
        answers = ", ".join(choice.answer for choice in question.choices)
        expected = text(f"; expected one of {answers}", f"；应为其一：{answers}") if answers else ""
        held = text(f"; seen: {seen}", f"；文件中有：{seen}") if seen else ""
        raise UsageFault(
            text(f"{question.option} is missing: {asked}", f"缺少 {question.option}：{asked}") + held + expected
        )
    desk.screen.say(asked)
    if seen:
        desk.screen.say(text(f"  seen: {seen}", f"  文件中有：{seen}"))
    for number, choice in enumerate(question.choices, 1):
        desk.screen.say(f"  {number}  {choice.answer}: {in_words(choice.said)}")
    word = str(typer.prompt(text("number or word", "编号或内容"), err=True)).strip()
    chosen = {str(number): choice.answer for number, choice in enumerate(question.choices, 1)}
    return chosen.get(word, word)


def _show_columns(desk: Session, shown: Shown) -> None:
    desk.screen.table(shown.place, shown.header, shown.rows)
    for name, role in shown.guesses:
        desk.screen.say(text(f"  {name}: {in_words(role)}", f"  {name}：{in_words(role)}"))
    if shown.days:
        desk.screen.say(text("  a column for each day", "  每日一列"))
    for each in shown.unseen:
        desk.screen.say(f"  {in_words(each)}")


def _show(desk: Session, found: Check) -> None:
    """Show the first rows of workers and days, then what counts, then what does not."""
    names = (text("worker", "工号"), text("day", "日期"), *found.totals)
    rows = [
        (row.worker_ref, row.date, *(row.measures[name] for name in found.totals)) for row in found.rows[:ROWS_SHOWN]
    ]
    desk.screen.table(found.place, names, rows)
    show_date_moves(desk.screen, found.date_moves)
    show_kinds(desk.screen, found.faults)
    show_passed_over(desk.screen, found.passed_over)
    totals = ", ".join(f"{name}={total}" for name, total in found.totals.items())
    left = sum(passed.count for passed in found.passed_over)
    desk.screen.say(
        text(
            f"{found.rows_in} rows: {found.rows_used} count, {left} passed over, {found.faulty} with faults",
            f"共 {found.rows_in} 行：计入 {found.rows_used} 行，未计入 {left} 行，有错误 {found.faulty} 行",
        )
    )
    desk.screen.say(
        text(
            f"{found.workers} workers, {found.days} days: {totals}",
            f"{found.workers} 人，{found.days} 天：{totals}",
        )
    )


def _for_scripts(found: Check) -> dict[str, Any]:
    return {
        "rows_in": found.rows_in,
        "rows_used": found.rows_used,
        "faulty": found.faulty,
        "faults": kinds_for_scripts(found.faults),
        "passed_over": passed_over_for_scripts(found.passed_over),
        "workers": found.workers,
        "days": found.days,
        "totals": found.totals,
        "rows": [
            {"worker_ref": row.worker_ref, "date": row.date, "measures": row.measures}
            for row in found.rows[:ROWS_SHOWN]
        ],
    }
