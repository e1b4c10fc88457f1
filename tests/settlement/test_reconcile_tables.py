"""A month whose bank sends tables alone is reconciled from them, whatever downloads were imported and are given."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from banktables import LAYOUT, TITLES, csv
from banktables import xlsx as workbook
from consortium import House, rehearsal
from lxr.settlement.bank.downloads import import_downloads
from lxr.settlement.bank.formats import camt053
from lxr.settlement.bank.model import Statement
from lxr.settlement.bank.reconcile import Reconciliation, reconcile
from lxr.settlement.ledger.close import close_period
from parties import CUSTODY
from treasury import bring, entry

ABOVE = f"账号：{CUSTODY}\n"
Cells = tuple[str, ...]
Finding = tuple[str, str]
ROWS: list[Cells] = [
    ("2026-08-03 09:00:00", "", "1,000.00", "1,000.00", "甲公司", "E001"),
    ("2026-08-03 10:00:00", "", "5.00", "1,005.00", "甲公司", "E001"),
    ("2026-08-03 10:00:00", "5.00", "", "1,000.00", "", "冲账"),
    ("2026-08-03 10:00:00", "", "5.00", "1,005.00", "甲公司", "E001"),
    ("2026-08-04 09:00:00", "", "7.00", "1,012.00", "甲公司", "E001"),
    ("2026-08-05 09:00:00", "", "9.00", "1,021.00", "乙公司", "E002"),
    ("2026-08-05 11:00:00", "", "11.00", "1,032.00", "甲公司", "E001"),
    ("2026-08-31 18:00:00", "", "13.00", "1,045.00", "甲公司", "E001"),
]
"""Of these only the debit waits. The second and the fourth have all in common but their place."""


@dataclass
class Bank:
    """The bank's portal, the teller who downloads from it, and whoever compares."""

    house: House
    folder: Path
    count: int = 0
    paths: list[Path] = field(default_factory=list)

    def download(self, rows: list[Cells], *, newest_first: bool = False, xlsx: bool = False) -> Path:
        self.count += 1
        ordered = rows[::-1] if newest_first else rows
        path = self.folder / f"{self.count}.table"
        path.write_bytes(
            workbook([("账号：", CUSTODY), TITLES, *ordered]) if xlsx else csv(ordered, above=ABOVE, titles=TITLES)
        )
        return path

    def imports(self, *downloads: list[Cells]) -> None:
        for rows in downloads:
            path = self.download(rows)
            list(import_downloads(self.house.teller, CUSTODY, [path], LAYOUT))

    def reconcile(self, *paths: Path) -> Reconciliation:
        """A regulator reads with files of its own, and comes to what the union comes to."""
        found = reconcile(self.house.treasurer, CUSTODY, paths, LAYOUT)
        assert found == reconcile(self.house.client("regulator", "auditor"), CUSTODY, paths[::-1], LAYOUT)
        return found


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    with rehearsal(tmp_path) as house:
        house.employ(1)
        house.employ(1, employer="E002")
        house.clock.go(date(2026, 9, 1))
        folder = tmp_path / "tables"
        folder.mkdir()
        yield Bank(house, folder)


def named(found: Reconciliation) -> set[Finding]:
    return {(each.kind, each.reference.partition("/T-")[0]) for each in found.breaks}


WAITS = ("waiting", "2026-08-03")
IMPORTED = [
    [ROWS],
    [ROWS[:1], ROWS[:2], ROWS[:6], ROWS[4:]],
    [ROWS[:3], ROWS[1:5], ROWS[5:6], ROWS[5:]],
]


@pytest.mark.parametrize("imported", IMPORTED, ids=["in one", "ending within days", "overlapping"])
def test_a_month_of_tables_is_reconciled_from_any_downloads_of_it(bank: Bank, imported: list[list[Cells]]) -> None:
    bank.imports(*imported)
    given = [
        (bank.download(ROWS),),
        (bank.download(ROWS, newest_first=True, xlsx=True),),
        (bank.download(ROWS[3:]), bank.download(ROWS[:5], newest_first=True), bank.download(ROWS[:2])),
        (bank.download(ROWS[:4]), bank.download(ROWS[4:])),
        (bank.download(ROWS), bank.download(ROWS, xlsx=True)),
    ]
    for paths in given:
        found = bank.reconcile(*paths)
        assert ({WAITS}, 8, 7) == (named(found), found.lines, found.matched)


def changed(place: int, **cells: str) -> Callable[[list[Cells]], list[Cells]]:
    """One row says something else, and the balances after it follow."""

    def edited(rows: list[Cells]) -> list[Cells]:
        made = [dict(zip(TITLES, row, strict=True)) for row in rows]
        made[place] |= cells
        return balanced([tuple(row.values()) for row in made])

    return edited


def balanced(rows: list[Cells]) -> list[Cells]:
    fen, made = 0, []
    for when, out, into, _, *rest in rows:
        fen += round(float(into.replace(",", "") or 0) * 100) - round(float(out.replace(",", "") or 0) * 100)
        made.append((when, out, into, f"{fen / 100:.2f}", *rest))
    return made


THIRD, FOURTH, FIFTH, LAST = (f"2026-08-{day}" for day in ("03", "04", "05", "31"))
CHANGES: dict[str, tuple[Callable[[list[Cells]], list[Cells]], set[Finding]]] = {
    "another payer": (changed(4, 附言="E002"), {("reference", FOURTH)}),
    "the name of nobody": (changed(7, 附言="谢谢"), {("reference", LAST)}),
    "a return": (changed(4, 附言="退汇 E001"), {("reference", FOURTH)}),
    "a line less": (lambda rows: balanced(rows[:-1]), {("sequence", "statement 4"), ("not_on_statement", LAST)}),
    "a line more": (
        lambda rows: [*rows, ("2026-08-31 19:00:00", "", "1.00", "1,046.00", "甲公司", "E001")],
        {("not_booked", LAST), ("sequence", "1.table/2026-08-31")},
    ),
    "another day": (
        changed(7, 时间="2026-08-30 18:00:00"),
        {
            ("not_booked", "2026-08-30"),
            ("not_on_statement", LAST),
            ("sequence", "1.table/2026-08-30"),
            ("sequence", "statement 4"),
        },
    ),
    "an amount": (
        changed(7, 收入="13.01"),
        {("not_booked", LAST), ("not_on_statement", LAST), ("file", "1.table/2026-08-31")},
    ),
    "a direction": (
        changed(7, 支出="13.00", 收入=""),
        {("not_booked", LAST), ("not_on_statement", LAST), ("file", "1.table/2026-08-31")},
    ),
    "a balance that does not follow": (lambda rows: [*rows[:5], rows[4], *rows[5:]], set()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_table_says_otherwise_than_the_ledger_is_a_break(bank: Bank, change: str) -> None:
    bank.imports(ROWS)
    bank.count = 0
    edit, expected = CHANGES[change]
    found = named(bank.reconcile(bank.download(edit(ROWS))))
    if expected:
        assert {WAITS, *expected} == found
    else:
        assert {("file", "1.table"), WAITS} < found
        assert ("sequence", "statement 1") in found


def test_a_download_that_is_left_out_is_named_by_its_statements_and_by_the_gap(bank: Bank) -> None:
    bank.imports(ROWS)
    found = named(bank.reconcile(bank.download(ROWS[:4]), bank.download(ROWS[5:])))
    assert {
        WAITS,
        ("sequence", "statement 2"),
        ("not_on_statement", FOURTH),
        ("balance", "3.table/2026-08-05"),
    } == found


def test_two_downloads_that_tell_one_line_otherwise_are_not_one(bank: Bank) -> None:
    bank.imports(ROWS)
    retold = bank.download(changed(6, 附言="E002")(ROWS))
    found = named(bank.reconcile(bank.download(ROWS[:6]), retold))
    assert ("reference", FIFTH) in found
    found = named(bank.reconcile(bank.download(ROWS), retold))
    assert ("not_booked", FIFTH) in found


def test_of_a_closed_months_day_a_download_may_have_the_end(bank: Bank) -> None:
    bank.imports(ROWS)
    close_period(bank.house.treasurer, "2026-08", CUSTODY, carry=True)
    more: list[Cells] = [*ROWS, ("2026-09-01 08:00:00", "", "17.00", "1,062.00", "甲公司", "E001")]
    bank.imports(more)
    for begin in (5, 6, 7, 8):
        found = bank.reconcile(bank.download(more[begin:]))
        assert {WAITS} == named(found), begin
    found = bank.reconcile(bank.download(changed(6, 附言="E002")(more)[6:]))
    assert ("reference", FIFTH) in named(found)


def test_tables_stand_beside_statements_in_xml_and_a_line_of_both_counts_once(bank: Bank, tmp_path: Path) -> None:
    bank.imports(ROWS)
    day = date(2026, 9, 1)
    credit = replace(entry("B1", 300, True, "E001D1"), booking_date=day, value_date=day)
    made = Statement("S1", 1, CUSTODY, day, 104_500, 104_800, (credit,))
    path = tmp_path / "s.xml"
    path.write_bytes(camt053.write(made))
    bring(bank.house, path)
    assert {WAITS} == named(bank.reconcile(path, bank.download(ROWS)))
    assert {WAITS, ("sequence", "statement 5"), ("not_on_statement", "2026-09-01/B1")} == named(
        bank.reconcile(bank.download(ROWS))
    )


def test_a_table_of_another_account_or_of_no_layout_is_named_as_the_file_that_it_is(bank: Bank) -> None:
    bank.imports(ROWS)
    other = bank.folder / "other.csv"
    other.write_bytes(csv(ROWS))
    unknown = bank.folder / "unknown.csv"
    unknown.write_bytes(csv([("1", "2")], titles=("a", "b")))
    found = named(bank.reconcile(bank.download(ROWS), other, unknown))
    assert {WAITS, ("file", "other.csv"), ("file", "unknown.csv")} == found
