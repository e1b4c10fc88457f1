"""Nobody else's file in the bank's inbox keeps an accepted cash-out from being paid."""

import hashlib
import sqlite3
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from lxr.settlement.bank.formats import pain001
from lxr.settlement.bank.model import Party, PaymentFile, Transfer
from lxr.settlement.errors import InputFault
from lxr.settlement.rehearsal.simulator import Bank

CUSTODY, EMPLOYER = "4402200119000000001", "4402200119000000777"
DAY = date(2026, 9, 15)


def send(directory: Path, name: str, message: str, debtor: str, end_to_end: str, fen: int, to: str) -> None:
    at = datetime(2026, 9, 15, 9, tzinfo=timezone(timedelta(hours=8)))
    transfer = Transfer(end_to_end, fen, "张三", to, "103651000022", "SALA", "x")
    order = PaymentFile(message, at, DAY, Party("某公司", "102651000011"), debtor, (transfer,))
    (directory / "inbox" / f"{name}.xml").write_bytes(pain001.write(order))


@pytest.mark.parametrize("first", ["A", "Z"], ids=["read before it", "read after it"])
def test_a_deposit_under_the_message_id_of_a_cash_out_does_not_keep_its_wages_back(tmp_path: Path, first: str) -> None:
    """The ledger shows everybody the id before the bank reads the file."""
    with Bank.open(tmp_path, CUSTODY, seed=1, commitment=lambda *_: hashlib.sha256(b"").hexdigest()) as bank:
        send(tmp_path, first, "CE001-20260915", EMPLOYER, "ED1", 1_000, CUSTODY)
        send(tmp_path, "CE001-20260915", "CE001-20260915", CUSTODY, "LX1", 600, "6222020000000000001")
        result = bank.close_day(DAY)
    assert ((), 400) == (result.problems, result.closing_fen)


def test_books_that_know_a_message_of_any_account_by_its_id_alone_are_refused_in_one_line(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "books.db") as books:
        books.execute("CREATE TABLE messages (message_id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE) STRICT")
    books.close()
    with pytest.raises(InputFault, match=r"books\.db: was written by an earlier release; expected the books of a"):
        Bank.open(tmp_path, CUSTODY, seed=1)
