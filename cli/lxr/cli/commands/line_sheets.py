"""Lines that wait, in a sheet: exported, decided in a spreadsheet, and brought back, hundreds at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from lxr.cli.arguments import EmployerArgument, FilesArgument
from lxr.cli.commands.lines import evidence
from lxr.cli.ends import NotDone
from lxr.cli.session import Session, session
from lxr.cli.texts.language import LANGUAGE, text
from lxr.cli.texts.told import in_words
from lxr.node.client import Client
from lxr.settlement.bank.line_sheets import agreements, decisions, exporting
from lxr.settlement.bank.line_sheets.sending import Checked, send

NewSheet = Annotated[Path, typer.Argument(metavar="SHEET.xlsx", help=text("a new file, private", "新文件（内部资料）"))]
SheetFile = Annotated[
    Path, typer.Argument(metavar="FILE", help=text("the sheet, filled in, .xlsx", "已填写的表格，.xlsx"))
]
SkipBad = Annotated[
    bool, typer.Option("--skip-bad", help=text("do the good rows, name the others", "执行无误的行，列出其余"))
]


def bank_export(context: typer.Context, sheet: NewSheet, files: FilesArgument = None) -> None:
    """One row each, with what the statements' files say, what it likely is and why. What is certain is filled in."""
    desk = session(context)
    _exported(
        desk, sheet, exporting.export_for_bank(desk.reader, desk.custody(), sheet, LANGUAGE, *evidence(desk, files))
    )


def bank_import(context: typer.Context, sheet: SheetFile, skip_bad: SkipBad = False) -> None:
    """All rows are checked first: if one is wrong, nothing is said. The same sheet again does nothing new."""
    desk = session(context)
    teller = desk.client("bank", "teller", gives=decisions.check_decisions)
    _import(desk, teller, lambda: decisions.check_decisions(teller, desk.custody(), sheet), skip_bad)


def union_export(context: typer.Context, sheet: NewSheet, files: FilesArgument = None) -> None:
    """Those of which the bank has said what they are, beside what they likely are. What is agreed to gets a yes."""
    desk = session(context)
    found = exporting.export_for_union(desk.reader, desk.custody(), sheet, LANGUAGE, *evidence(desk, files))
    _exported(desk, sheet, found)


def union_import(context: typer.Context, sheet: SheetFile, skip_bad: SkipBad = False) -> None:
    """Exactly what was exported is signed: a line of which the bank has said something else since is refused."""
    desk = session(context)
    treasurer = desk.client("union", "treasurer", gives=agreements.check_agreements)
    _import(desk, treasurer, lambda: agreements.check_agreements(treasurer, desk.custody(), sheet), skip_bad)


def employer_export(context: typer.Context, number: EmployerArgument, sheet: NewSheet) -> None:
    """Those that the bank says take this employer's money, and no others."""
    desk = session(context)
    _exported(desk, sheet, exporting.export_for_employer(desk.reader, desk.custody(), number, sheet, LANGUAGE))


def employer_import(
    context: typer.Context, number: EmployerArgument, sheet: SheetFile, skip_bad: SkipBad = False
) -> None:
    """Exactly what was exported is signed."""
    desk = session(context)
    signer = desk.client("employer", "signer", number, gives=agreements.check_consents)
    _import(desk, signer, lambda: agreements.check_consents(signer, desk.custody(), number, sheet), skip_bad)


def _exported(desk: Session, sheet: Path, lines: int) -> None:
    desk.screen.done(
        text(
            f"{lines} lines: {sheet}; it names persons and accounts, and only you can read it",
            f"{lines} 行：{sheet}；含个人信息，仅限本人读取，请妥善保管",
        ),
        {"lines": lines, "file": sheet},
    )


def _import(desk: Session, client: Client, check: Callable[[], Checked], skip_bad: bool) -> None:
    found = check()
    for fault in found.faults:
        desk.screen.say(f"  {in_words(fault)}")
    if found.faults and not skip_bad:
        desk.screen.result({"signed": 0, "before": found.done, "faults": [in_words(each) for each in found.faults]})
        raise NotDone(
            text(
                f"{in_words(found.faults[0])}; {len(found.faults)} rows are wrong, nothing is signed",
                f"{in_words(found.faults[0])}；共 {len(found.faults)} 行有误，全部未签署",
            )
        )
    with desk.screen.progress(text("signing", "签署")) as step:
        done, late = send(client, found.asked, step)
    for fault in late:
        desk.screen.say(f"  {in_words(fault)}")
    faults = [*found.faults, *late]
    desk.screen.done(
        text(
            f"{done} lines signed, {found.done} were before, {len(faults)} left",
            f"已签署 {done} 行，此前已签署 {found.done} 行，未处理 {len(faults)} 行",
        ),
        {"signed": done, "before": found.done, "faults": [in_words(each) for each in faults]},
    )
    if late:
        raise NotDone(in_words(late[0]))
