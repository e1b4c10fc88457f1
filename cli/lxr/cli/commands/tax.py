"""lxr tax: income tax that is withheld."""

from datetime import date
from typing import Annotated

import typer

from lxr.chaincode.contract_types import IncomeClass
from lxr.chaincode.income_tax import GapReading
from lxr.cli.arguments import amount_or_none, month_of_ledger
from lxr.cli.ends import UsageFault
from lxr.cli.screen import money
from lxr.cli.session import session
from lxr.cli.texts.language import text
from lxr.settlement.rules.rule_file import shipped_rules
from lxr.settlement.tax.quote import MONTHS_MAX, Method
from lxr.settlement.tax.quote import quote as quoted


def quote(
    context: typer.Context,
    income_class: Annotated[
        IncomeClass, typer.Option(help=text("wages, or service", "wages 工资薪金，service 劳务报酬"))
    ],
    first: Annotated[
        date, typer.Option("--from", parser=month_of_ledger, metavar="MONTH", help=text("2026-01", "起始月份"))
    ],
    income: Annotated[
        list[int],
        typer.Option(
            parser=amount_or_none, metavar="YUAN", help=text("of a month; once for each, or once", "月收入，可逐月给出")
        ),
    ],
    method: Annotated[Method, typer.Option(help=text("of the year so far, or of a payment", "累计或按次"))],
    months: Annotated[int, typer.Option(min=1, max=MONTHS_MAX, help=text("how many", "月数"))] = 1,
    gap: Annotated[
        GapReading | None,
        typer.Option(help=text("what counts after a month without income", "收入中断后的累计方式")),
    ] = None,
) -> None:
    """By the tables of this release, whoever has signed them: information, not a withholding."""
    desk = session(context)
    if len(income) > 1 and months not in (1, len(income)):
        raise UsageFault(
            text(
                f"--months: {months}; expected {len(income)}, one for each --income",
                f"--months：{months}；应为 {len(income)}，与 --income 个数一致",
            )
        )
    incomes = income * months if len(income) == 1 else income
    found = quoted(shipped_rules(), income_class, method, first, incomes, gap)
    columns = (text("month", "月份"), text("income", "收入"), text("tax", "预扣税额"))
    rows = [
        (_month(first, offset), money(fen), money(tax))
        for offset, (fen, tax) in enumerate(zip(incomes, found.tax_fen, strict=True))
    ]
    desk.screen.table(text("income tax withheld", "预扣预缴个人所得税"), columns, rows)
    for row in found.rows:
        desk.screen.say(f"{row.document} ({row.confidence}): {row.source}")
    desk.screen.result(list(found.tax_fen))


def _month(first: date, offset: int) -> str:
    years, month = divmod(first.month - 1 + offset, 12)
    return f"{first.year + years}-{month + 1:02}"
