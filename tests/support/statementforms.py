"""The two kinds of files in which a story's statements come: camt.053, and tables as a portal exports them."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from lxr.settlement.bank.formats import camt053
from lxr.settlement.bank.formats.tables.layout import Account, Amounts, Layout, Reversal
from lxr.settlement.bank.model import Entry, Statement
from lxr.token.fen import yuan
from parties import CUSTODY

LAYOUT: Final = Layout(
    bank="a bank",
    day="日期",
    balance="余额",
    serial="流水号",
    own_reference="企业流水号",
    remittance=("附言",),
    bank_text=("摘要",),
    amounts=Amounts(debit="借方", credit="贷方"),
    account=Account(labels=("账号",)),
    reversal=Reversal(column="冲账", yes=("*",)),
)
_TITLES: Final = ("日期", "流水号", "企业流水号", "借方", "贷方", "余额", "附言", "摘要", "冲账")


@dataclass(frozen=True)
class Form:
    """A kind of file. numbered: its statements have numbers. called: what a break calls the statement of a day.

    told: an entry as such a file can tell it. write: a statement's bytes.
    """

    suffix: str
    numbered: bool
    called: Callable[[date], str]
    told: Callable[[Entry], Entry]
    write: Callable[[Statement], bytes]

    def save(self, path: Path, number: int | None, day: date, opening_fen: int, entries: Sequence[Entry]) -> Path:
        """Write a statement that adds up to a file."""
        closing_fen = opening_fen + sum(line.signed_fen for line in entries)
        made = Statement(path.stem, number, CUSTODY, day, opening_fen, closing_fen, tuple(entries))
        path.write_bytes(self.write(made))
        return path


def _table(made: Statement) -> bytes:
    text, balance_fen = StringIO(), made.opening_fen
    writer = csv.writer(text)
    writer.writerow(("账号：", CUSTODY))
    writer.writerow(_TITLES)
    for each in made.entries:
        balance_fen += each.signed_fen
        ids = each.bank_ref, each.end_to_end_id or ""
        amounts = ("", yuan(each.amount_fen)) if each.credit else (yuan(each.amount_fen), "")
        texts = each.remittance, each.bank_text, "*" if each.reversal else ""
        writer.writerow((each.booking_date, *ids, *amounts, yuan(balance_fen), *texts))
    return text.getvalue().encode("gb18030")


def _in_a_table(entry: Entry) -> Entry:
    return replace(
        entry,
        end_to_end_id=entry.end_to_end_id or entry.instruction_id,
        instruction_id=None,
        return_reason=None,
        bank_text=f"退汇 {entry.return_reason}" if entry.return_reason else entry.bank_text,
    )


CAMT: Final = Form("xml", True, lambda day: f"{day}.xml", lambda entry: entry, camt053.write)
TABLE: Final = Form("csv", False, lambda day: f"{day}.csv/{day}", _in_a_table, _table)
