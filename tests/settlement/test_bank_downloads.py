"""Downloads on a real ledger: each brings what is not there, in whatever pieces they come."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from banktables import LAYOUT, ROWS, csv
from breaksoff import Breaking, BreaksOff
from consortium import House, rehearsal
from lxr.chaincode.custody_records import bookings, custodies
from lxr.node.invariants import check
from lxr.settlement.bank import desk
from lxr.settlement.bank.downloads import (
    import_downloads,
    in_order,
    is_table,
    new_statements,
    read_download,
    tables_among,
)
from lxr.settlement.bank.formats import camt053
from lxr.settlement.errors import InputFault
from parties import CUSTODY
from treasury import bring

ABOVE = f"账号：{CUSTODY}\n"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def save(folder: Path, name: str, rows: list[tuple[str, ...]]) -> Path:
    path = folder / name
    path.write_bytes(csv(rows, above=ABOVE))
    return path


def import_all(house: House, folder: Path, *paths: Path) -> list[int]:
    """How many lines each download brings."""
    brought = []
    for extract in in_order([read_download(path, CUSTODY, LAYOUT) for path in paths]):
        found = new_statements(house.treasurer, CUSTODY, extract)
        for each in found:
            file = folder / f"{each.statement_id}.xml"
            file.write_bytes(camt053.write(each))
            bring(house, file)
        brought.append(sum(len(each.entries) for each in found))
    return brought


def test_tables_are_booked_by_what_the_ledger_lacks_and_the_same_ones_again_change_nothing(
    house: House, tmp_path: Path
) -> None:
    rows = days()
    paths = [save(tmp_path, "2.csv", rows[1:]), save(tmp_path, "1.csv", rows[:2])]
    house.clock.go(date(2026, 10, 31))
    assert paths == tables_among([*paths, tmp_path / "none.csv"])
    reports = list(import_downloads(house.teller, CUSTODY, paths, LAYOUT))
    assert 3 == sum(report.entries for report in reports)
    assert [] == list(import_downloads(house.teller, CUSTODY, paths, LAYOUT))
    assert (3, 59970) == (len(list(house.treasurer.scan(bookings, CUSTODY))), reports[-1].closing_fen)


def days(month: int = 10) -> list[tuple[str, ...]]:
    return [(row[0].replace("2026-09", f"2026-{month}"), *row[1:]) for row in ROWS]


def test_downloads_that_overlap_bring_each_line_once_whatever_their_direction_and_order(
    house: House, tmp_path: Path
) -> None:
    rows = days()
    first, second = save(tmp_path, "2.csv", rows[:2]), save(tmp_path, "1.csv", rows[:0:-1])
    assert [1] == import_all(house, tmp_path, save(tmp_path, "3.csv", rows[:1]))
    assert [1, 1] == import_all(house, tmp_path, second, first)
    assert [0, 0] == import_all(house, tmp_path, save(tmp_path, "4.csv", rows), second)
    account = house.treasurer.need(custodies, CUSTODY)
    assert (3, 59970) == (account.statements, account.closing_fen)
    assert 3 == len(list(house.treasurer.scan(bookings, CUSTODY)))
    assert [] == check(house.ledger.scan)


def test_a_booking_that_broke_off_goes_on_with_the_same_download(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "MAX_ENTRIES", 1)
    path = save(tmp_path, "a.csv", days()[:2])
    (statement,) = new_statements(house.treasurer, CUSTODY, read_download(path, CUSTODY, LAYOUT))
    file = tmp_path / "a.xml"
    file.write_bytes(camt053.write(statement))
    house.clock.go(statement.date)
    with pytest.raises(BreaksOff):
        desk.import_statement(house.teller.on(Breaking(house.ledger)), CUSTODY, file)
    assert 1 == len(list(house.treasurer.scan(bookings, CUSTODY)))
    assert (statement,) == new_statements(house.treasurer, CUSTODY, read_download(path, CUSTODY, LAYOUT))
    assert [2] == import_all(house, tmp_path, path)
    assert 2 == len(list(house.treasurer.scan(bookings, CUSTODY)))


def test_a_booking_that_broke_off_goes_on_with_a_download_in_which_its_day_has_more_lines(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debits are booked first: the day's later one would come before all that is there."""
    monkeypatch.setattr(desk, "MAX_ENTRIES", 1)
    rows: list[tuple[str, ...]] = [
        ("2026-10-15 09:00:00", "", "1,000.00", "1,000.00", "甲公司", "E001"),
        ("2026-10-15 10:00:00", "", "5.00", "1,005.00", "", "利息"),
        ("2026-10-15 11:00:00", "0.30", "", "1,004.70", "", "手续费"),
    ]
    first, whole = save(tmp_path, "a.csv", rows[:2]), save(tmp_path, "b.csv", rows)
    house.clock.go(date(2026, 10, 31))
    with pytest.raises(BreaksOff):
        list(import_downloads(house.teller.on(Breaking(house.ledger)), CUSTODY, [first], LAYOUT))
    reports = list(import_downloads(house.teller, CUSTODY, [whole], LAYOUT))
    assert [2, 1] == [report.entries for report in reports]
    assert [] == list(import_downloads(house.teller, CUSTODY, [whole], LAYOUT))
    assert [] == check(house.ledger.scan)


def test_a_download_of_another_account_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, "a.csv", days())
    with pytest.raises(InputFault, match=f"a.csv: a statement of account {CUSTODY}; expected account X"):
        read_download(path, "X", LAYOUT)


@pytest.mark.parametrize(
    ("head", "table"),
    [
        (csv(), True),
        (b"PK\x03\x04", True),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', True),
        (b"<html><table>", True),
        (b"\xef\xbb\xbf<Document>", False),
        (b'<?xml version="1.0"?><Document>', False),
        (b":20:A\n", False),
        (b"{1:F01BANK}{2:O940}{4:\n:20:A\n", False),
    ],
)
def test_what_is_read_as_a_table_is_seen_by_its_content(head: bytes, table: bool) -> None:
    assert table == is_table(head)
