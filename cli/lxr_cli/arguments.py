"""How words on the command line are read: days, months, amounts, measures. A wrong word is a usage fault (exit 2)."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from lxr_cli.language import text
from lxr_token.fen import FEN_MAX


def day(value: str) -> date:
    """A day as 2026-08-03."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise typer.BadParameter(f"{value!r}; expected a day like 2026-08-03") from None


def month(value: str) -> date:
    """The first day of a month given as 2026-08."""
    try:
        return date.fromisoformat(f"{value}-01")
    except ValueError:
        raise typer.BadParameter(f"{value!r}; expected a month like 2026-08") from None


def amount(value: str) -> int:
    """Yuan with at most two decimals, as whole fen, exactly."""
    match = re.fullmatch(r"([0-9]{1,13})(?:\.([0-9]{1,2}))?", value.replace(",", ""))
    if match is None:
        raise typer.BadParameter(f"{value!r}; expected yuan with at most two decimals, like 50000.00")
    fen = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    if not 0 < fen <= FEN_MAX:
        raise typer.BadParameter(f"{value!r}; expected an amount above zero")
    return fen


def measures(words: list[str]) -> dict[str, int]:
    """What was done, from words like orders=32 minutes=480; the one word `none` says: nothing."""
    found: dict[str, int] = {}
    for word in words if words != ["none"] else []:
        match = re.fullmatch(r"([a-z_]{1,24})=([0-9]{1,7})", word)
        if match is None or match[1] in found:
            raise typer.BadParameter(f"{word!r}; expected measures like orders=32 minutes=480, each once, or none")
        found[match[1]] = int(match[2])
    return found


EmployerArgument = Annotated[
    str, typer.Argument(metavar="EMPLOYER", help=text("employer number, E001", "用工单位编号"))
]
WorkerArgument = Annotated[
    str,
    typer.Argument(
        metavar="WORKER", help=text("W…, or EMPLOYER/REFERENCE: E001/R0001", "劳动者编号 W…，或 单位/工号：E001/R0001")
    ),
]
DayArgument = Annotated[date, typer.Argument(parser=day, metavar="DAY", help=text("2026-08-03", "日期"))]
MonthOption = Annotated[date | None, typer.Option(parser=month, metavar="MONTH", help=text("2026-08", "月份"))]
AmountArgument = Annotated[int, typer.Argument(parser=amount, metavar="YUAN", help=text("50000.00", "金额（元）"))]
MeasuresArgument = Annotated[
    list[str], typer.Argument(metavar="MEASURE=N...", help=text("orders=32 minutes=480, or none", "计量，如 orders=32"))
]
ReasonOption = Annotated[
    str, typer.Option(help=text("it stays on the ledger: no names of persons", "理由将永久记录：请勿写个人信息"))
]
TermsArgument = Annotated[str, typer.Argument(metavar="TERMS", help=text("terms number, T…", "条款编号"))]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help=text("run number, E001-20260915", "发薪批次编号"))]
FileArgument = Annotated[Path, typer.Argument(exists=False, metavar="FILE")]
