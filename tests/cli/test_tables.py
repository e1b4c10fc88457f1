"""A bank's tables on the command line: imported and reconciled by a layout of one's own."""

from pathlib import Path

from banktables import csv
from commandline import Lxr
from lxr.cli.commands.setup import CUSTODY

LAYOUT = """
bank = "our bank"
time = "时间"
balance = "余额"
counterparty_name = "对方"
remittance = ["附言"]

[amounts]
debit = "支出"
credit = "收入"

[account]
labels = ["账号"]
"""
ROWS = [
    ("2026-08-01 09:00:00", "", "1,000.00", "1,000.00", "甲公司", "E001"),
    ("2026-08-03 06:00:00", "", "20.00", "1,020.00", "甲公司", "E001"),
]


def test_what_was_imported_by_a_layout_of_ones_own_is_reconciled_by_it(tmp_path: Path) -> None:
    lxr = Lxr(tmp_path / "rehearsal", "2026-08-03T08:00")
    assert 0 == lxr("init", lxr.directory, "--rehearsal").code
    assert 0 == lxr("employer", "add", "E001").code
    layout, table = tmp_path / "layout.toml", tmp_path / "table.csv"
    layout.write_text(LAYOUT, "utf-8")
    table.write_bytes(csv(ROWS, above=f"账号：{CUSTODY}\n"))
    assert 2 == len(lxr.json("bank", "statement", "import", table, "--layout", layout)["statements"])
    found = lxr.json("union", "reconcile", table, "--layout", layout)
    assert (2, 2, []) == (found["lines"], found["matched"], found["breaks"])
    ran = lxr("union", "reconcile", table)
    assert 1 == ran.code
    assert "file table.csv: " in ran.out
