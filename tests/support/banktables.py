"""Bank tables for tests: one account's lines, in the columns of a small layout, as every kind of file."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from openpyxl import Workbook

from lxr.chaincode.lines import Line
from lxr.settlement.bank.formats.tables.extract import Extract, TableLine
from lxr.settlement.bank.formats.tables.layout import Account, Amounts, Layout
from lxr.settlement.bank.formats.tables.reader import read
from lxr.settlement.bank.model import Statement
from lxr.settlement.bank.statement_lines import lines_of

ACCOUNT: Final = "4402000000000000001"
TITLES: Final = ("时间", "支出", "收入", "余额", "对方", "附言")
LAYOUT: Final = Layout(
    bank="some bank",
    time="时间",
    balance="余额",
    amounts=Amounts(debit="支出", credit="收入"),
    account=Account(labels=("账号",)),
    counterparty_name="对方",
    remittance=("附言",),
)
ROWS: Final = (
    ("2026-09-01 09:00:00", "", "1,000.00", "1,000.00", "甲公司", "E001"),
    ("2026-09-01 10:00:00", "0.30", "", "999.70", "", "手续费"),
    ("2026-09-02 09:30:15", "400.00", "", "599.70", "张三", "wages"),
)
Cells = Sequence[object]


def csv(rows: Sequence[Cells] = ROWS, *, above: str = f"账号：{ACCOUNT}\n\n", titles: Cells = TITLES) -> bytes:
    """Return a CSV file in GBK."""
    lines = [",".join(f'"{cell}"' for cell in row) for row in (titles, *rows)]
    return (above + "\n".join(lines) + "\n").encode("gb18030")


def xlsx(rows: Sequence[Cells], change: object = None) -> bytes:
    """Return a workbook with one sheet of these rows. change: what is done to the sheet before it is saved."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    if callable(change):
        change(sheet)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def extract(data: bytes, layout: Layout = LAYOUT, file: str = "download.csv") -> Extract[TableLine]:
    """Return what a file says."""
    return read(data, file, (layout,))


def booked(statements: Sequence[Statement]) -> dict[str, Line]:
    """Return the lines of statements, as a ledger has them."""
    return {line.key: line for statement in statements for line in lines_of(statement, "statement")}


def last(statements: Sequence[Statement]) -> tuple[date | None, int]:
    """Return the day and balance with which statements end."""
    return (statements[-1].date, statements[-1].closing_fen) if statements else (None, 0)


def facts(lines: Mapping[str, Line]) -> set[Line]:
    """Return the lines, whatever order they are in."""
    return set(lines.values())
