"""Waiting lines in a sheet: what a person gets, what may be changed in it, and what it comes to when it is back."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from consortium import House, rehearsal
from linedesk import Desk
from linesheets import HEADER, Change, Sheet, agreed, for_bank, for_union, places, said
from lxr.chaincode.custody_records import bookings
from lxr.chaincode.lines import Target
from lxr.node.invariants import check
from lxr.settlement.bank import waiting_lines
from lxr.settlement.bank.line_sheets import agreements, decisions, exporting
from lxr.settlement.bank.line_sheets.sending import send
from lxr.settlement.bank.model import Entry
from lxr.settlement.errors import InputFault
from lxr.settlement.messages import tell
from parties import CUSTODY
from treasury import DAY_FEN, PAYDAY, entry

WAGE_FEN: Final = 2 * DAY_FEN
NEXT_DAY: Final = PAYDAY + timedelta(days=1)
PAYER: Final = {"counterparty_account": "6222-0001", "counterparty_name": "甲公司"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Desk:
    """Debits that pay two orders, one that nobody knows and a fee; a credit of E001, and three that nobody knows."""
    made = Desk(house, tmp_path / "statements")
    made.pays()
    first, second, _ = made.orders
    made.says(
        PAYDAY,
        replace(entry("P1", WAGE_FEN, False), **made.to(first)),
        replace(entry("P2", WAGE_FEN, False), **made.to(second)),
        replace(entry("S1", 60, False), remittance="=HYPERLINK(1)", counterparty_name="=1+1"),
        replace(entry("F1", 100, False), of_the_bank="fee"),
        replace(entry("D1", 700, True, "E001D1"), **PAYER),
        entry("X1", 800, True),
    )
    made.says(NEXT_DAY, replace(entry("D2", 900, True), **PAYER), entry("X2", 800, True), entry("B1", 60, True))
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sheet.xlsx"


WAITING: Final = ["F1", "P1", "P2", "S1", "X1", "B1", "D2", "X2"]


def test_a_sheet_has_a_row_for_each_line_with_what_is_known_and_what_is_certain_filled_in(
    desk: Desk, path: Path
) -> None:
    sheet = for_bank(desk, path)
    assert sorted(WAITING) == sorted(sheet.refs)
    first = desk.orders[0].order
    person = desk.house.people.get(desk.orders[0].worker or "")
    assert {
        "line": f"{PAYDAY}/P1",
        "day": str(PAYDAY),
        "direction": "debit",
        "yuan": WAGE_FEN / 100,
        "days waiting": 1,
        "marks": None,
        "other side: name": person.name,
        "other side: account": person.bank_account,
        "proposal": f"order {first}",
        "why": "this amount to the account of the order, which the bank holds",
        "the bank says": None,
        "what": "order",
        "number": first,
    } == {title.value: sheet.get("P1", title.value) for title in sheet.sheet[HEADER] if title.value != "text"}
    assert ("platform", None) == (sheet.get("F1", "what"), sheet.get("F1", "number"))
    assert ("employer", "E001") == (sheet.get("D2", "what"), sheet.get("D2", "number"))
    assert [None] * 4 == [sheet.get(ref, "what") for ref in ("S1", "X1", "X2", "B1")]
    assert "names persons and accounts" in sheet.sheet.cell(1, 1).value
    ((choices),) = [each.formula1 for each in sheet.sheet.data_validations.dataValidation]
    assert '"order,employer,platform,undoes,deposit,parts"' == choices


def test_a_sheet_is_private_nothing_in_it_is_a_formula_and_none_takes_the_place_of_another(
    desk: Desk, path: Path
) -> None:
    sheet = for_bank(desk, path)
    assert 0o600 == path.stat().st_mode & 0o777
    assert "=1+1" == sheet.get("S1", "other side: name")
    cell = sheet.sheet.cell(sheet.row("S1"), sheet.column("other side: name"))
    assert ("s", True, "@") == (cell.data_type, cell.quotePrefix, cell.number_format)
    assert {"s", "n"} == {cell.data_type for row in sheet.sheet.iter_rows() for cell in row}
    before = path.read_bytes()
    with pytest.raises(InputFault, match="is there already"):
        for_bank(desk, path)
    assert before == path.read_bytes()


def test_a_sheet_is_said_and_agreed_to_as_a_whole_and_again_does_nothing(
    desk: Desk, path: Path, tmp_path: Path
) -> None:
    sheet = for_bank(desk, path)
    sheet.decide("S1", "parts", "0.20+0.40")
    sheet.decide("B1", "undoes", f"{PAYDAY}/S1")
    sheet.saved()
    assert {(sheet.row("B1"), "number"), (sheet.row("S1"), "number")} == set(places(said(desk, path)))
    sheet.decide("B1", "")
    sheet.decide("X1", "用工单位款项", "e001")  # whatever language and letters
    sheet.saved()
    done = said(desk, path)
    assert (6, 0, ()) == (len(done.asked), done.done, done.faults)
    height = desk.house.ledger.height()
    again = said(desk, path)
    assert ((), 6, ()) == (again.asked, again.done, again.faults)
    agreeing = for_union(desk, tmp_path / "union.xlsx")
    assert sorted(["F1", "P1", "P2", "S1", "X1", "D2"]) == sorted(agreeing.refs)
    for ref in agreeing.refs:
        agreeing.put(ref, "agree", "同意" if ref != "F1" else None)
    agreeing.saved()
    done = agreed(desk, agreeing.path)
    assert (5, 0, ()) == (len(done.asked), done.done, done.faults)
    assert height + 1 == desk.house.ledger.height()  # all of them in one block
    again = agreed(desk, agreeing.path)
    assert ((), 5, ()) == (again.asked, again.done, again.faults)
    assert ((), 6, ()) == ((late := said(desk, path)).asked, late.done, late.faults)
    assert ["B1", "F1", "S1~1", "S1~2", "X2"] == sorted(
        each.booking for each in waiting_lines.waiting(desk.house.treasurer, CUSTODY)
    )
    assert [] == check(desk.house.ledger.scan)


def moved(sheet: Sheet) -> None:
    """Columns in another order, those that only help gone, and one of the clerk's own with a formula."""
    cells = sheet.sheet
    cells.move_range(f"A{HEADER}:A{cells.max_row}", cols=20)
    for title in ("why", "text"):
        cells.delete_cols(sheet.column(title))
    cells.cell(HEADER, 25, "checked by")
    cells.cell(HEADER + 1, 25, "=SUM(D3:D9)")


def sorted_backwards(sheet: Sheet) -> None:
    rows = [[cell.value for cell in row] for row in sheet.sheet.iter_rows(min_row=HEADER + 1)]
    for number, row in enumerate(reversed(rows), start=HEADER + 1):
        for place, value in enumerate(row, start=1):
            sheet.sheet.cell(number, place).value = value


def noted_on(sheet: Sheet) -> None:
    """Lines above and below, and a row without a decision that is filtered away."""
    filtered = sheet.row("X1") + 2
    sheet.sheet.cell(sheet.sheet.max_row + 3, 4, "=SUM(D3:D9)")
    sheet.sheet.insert_rows(1, 2)
    sheet.sheet.row_dimensions[filtered].hidden = True
    sheet.sheet.cell(1, 1, "九月 / September")


def written_otherwise(sheet: Sheet) -> None:
    """As spreadsheets and people write it: amounts as texts, other widths, another language's titles."""
    sheet.put("P1", "yuan", f"{WAGE_FEN / 100:,.2f}0")
    sheet.put("P1", "number", f" {sheet.get('P1', 'number').lower()} ")
    sheet.put("P1", "what", "付款指令")
    sheet.put("P1", "direction", "借")
    sheet.sheet.cell(HEADER, sheet.column("what")).value = "款项性质"


@pytest.mark.parametrize("change", [moved, sorted_backwards, noted_on, written_otherwise])
def test_what_a_clerk_does_to_a_sheet_without_touching_what_it_says_is_fine(
    desk: Desk, path: Path, change: Change
) -> None:
    sheet = for_bank(desk, path)
    change(sheet)
    found = said(desk, sheet.saved())
    assert (4, []) == (len(found.asked), places(found))


def test_a_sheet_in_chinese_is_one_too(desk: Desk, path: Path) -> None:
    sheet = for_bank(desk, path, "zh")
    assert "对账单行" == sheet.sheet.cell(HEADER, 1).value
    found = said(desk, path)
    assert (4, []) == (len(found.asked), places(found))


def column_hidden(sheet: Sheet) -> None:
    sheet.sheet.column_dimensions["D"].hidden = True


def twice(title: str) -> Change:
    return lambda sheet: sheet.sheet.cell(HEADER, 19, title)


WHOLE: Final[dict[str, tuple[Change, str]]] = {
    "a column that is compared is gone": (lambda sheet: sheet.sheet.delete_cols(sheet.column("yuan")), "no header"),
    "it is hidden": (column_hidden, "field yuan: is hidden"),
    "it is there twice": (twice("yuan"), "field yuan: is there twice"),
    "it is there in both languages": (twice("金额（元）"), "is there twice"),
    "cells are merged": (lambda sheet: sheet.sheet.merge_cells("A3:A4"), "is merged cells"),
    "a second sheet is seen": (lambda sheet: sheet.book.create_sheet("2"), "has 2 visible sheets"),
}


@pytest.mark.parametrize("how", WHOLE)
def test_a_sheet_in_which_something_is_unclear_is_refused_as_a_whole(desk: Desk, path: Path, how: str) -> None:
    change, problem = WHOLE[how]
    sheet = for_bank(desk, path)
    change(sheet)
    with pytest.raises(InputFault, match=problem):
        said(desk, sheet.saved())


@pytest.mark.parametrize(
    "data", [b"", b"a,b\n", b"PK\x03\x04" + bytes(100), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)]
)
def test_what_is_no_workbook_is_refused(desk: Desk, path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(InputFault, match=r"sheet\.xlsx: is"):
        said(desk, path)


def put(ref: str, title: str, value: object) -> Change:
    return lambda sheet: sheet.put(ref, title, value)


def decide(ref: str, what: str, number: str = "") -> Change:
    return lambda sheet: sheet.decide(ref, what, number)


def hidden(sheet: Sheet) -> None:
    sheet.sheet.row_dimensions[sheet.row("P1")].hidden = True


def low(sheet: Sheet) -> None:
    sheet.sheet.row_dimensions[sheet.row("P1")].height = 0.1


def shows_another(sheet: Sheet) -> None:
    sheet.sheet.cell(sheet.row("P1"), sheet.column("number")).number_format = ';;;"LX260915WGAAAAAAAAAAAA0"'


def again(sheet: Sheet) -> None:
    """Another row of P1, below the others."""
    row = [cell.value for cell in sheet.sheet[sheet.row("P1")]]
    for place, value in enumerate(row, start=1):
        sheet.sheet.cell(sheet.sheet.max_row + (place == 1), place).value = value


def of_order(ref: str, place: int) -> str:
    """What the test fills in: the number of one of the orders."""
    return f"<{place}>{ref}"


ROWS: Final[dict[str, tuple[Change, str, str, str]]] = {
    "the amount": (put("P1", "yuan", WAGE_FEN / 100 + 1), "P1", "yuan", "differs from the ledger"),
    "an amount that is none": (put("P1", "yuan", "much"), "P1", "yuan", "is no amount"),
    "the direction": (put("P1", "direction", "credit"), "P1", "direction", "differs from the ledger"),
    "the day": (put("P1", "day", "2026-09-14"), "P1", "day", "differs from the ledger"),
    "the marks": (put("P1", "marks", "our own text"), "P1", "marks", "differs from the ledger"),
    "what the bank says": (put("P1", "the bank says", "order X"), "P1", "the bank says", "differs from the ledger"),
    "a line that is booked": (put("P1", "line", f"{PAYDAY}/D1"), "D1", "line", "is booked already, as deposit"),
    "a line of nobody's": (put("P1", "line", f"{PAYDAY}/P9"), "P9", "line", "is no line of the ledger"),
    "no line": (put("P1", "line", "P1"), "", "line", "names no line"),
    "a hidden row": (hidden, "P1", "line", "the row is hidden"),
    "a row without height": (low, "P1", "line", "the row is hidden"),
    "a cell that shows another number": (shows_another, "P1", "number", "shows something else than it holds"),
    "a formula": (put("P1", "number", "=A1"), "P1", "number", "is a formula"),
    "a word that is none": (put("P1", "what", "wages"), "P1", "what", "is no word of the list"),
    "a number without a word": (put("X1", "number", "E001"), "X1", "what", "is empty"),
    "no number": (put("P1", "number", None), "P1", "number", "is no such number"),
    "an order of nobody's": (put("P1", "number", "LX260915WGAAAAAAAAAAAA0"), "P1", "number", "is no order"),
    "an order of another amount": (decide("S1", "order", "<2>"), "S1", "number", "the order is of 400.00"),
    "another line's order": (put("P1", "number", "<1>"), "P1", "number", "is or undoes the same"),
    "an employer of nobody's": (decide("X1", "employer", "E777"), "X1", "line", "E777"),
    "the other direction": (decide("S1", "deposit", f"{PAYDAY}/D1"), "S1", "line", ""),
    "parts of another sum": (decide("S1", "parts", "0.20+0.30"), "S1", "line", "parts_fen=50"),
    "one part": (decide("S1", "parts", "0.60"), "S1", "number", "has 1 amounts"),
    "an empty part": (decide("S1", "parts", "0.60+0"), "S1", "number", "has an amount of 0"),
    "a fee with a number": (decide("F1", "platform", "E001"), "F1", "number", "has a number"),
    "no reference": (decide("S1", "undoes", "X1"), "S1", "number", "is no such number"),
}


@pytest.mark.parametrize("how", ROWS)
def test_a_row_that_is_not_right_is_named_with_its_column_and_nothing_of_the_sheet_is_said(
    desk: Desk, path: Path, how: str
) -> None:
    change, ref, title, problem = ROWS[how]
    sheet = for_bank(desk, path)
    change(sheet)
    cell = sheet.sheet.cell(sheet.row(ref), sheet.column("number")) if ref else None
    if cell is not None and str(cell.value).startswith("<"):
        cell.value = desk.orders[int(cell.value[1])].order
    number = sheet.row(ref) if ref else None
    height = desk.house.ledger.height()
    found = said(desk, sheet.saved())
    assert height == desk.house.ledger.height()
    faults = {fault.row: fault for fault in found.faults}
    fault = faults[number] if number else found.faults[0]
    assert (title, True) == (fault.field, problem in str(fault)), fault
    assert "\n" not in tell(fault, "zh")
    good = said(desk, path, skip_bad=True)
    assert (len(good.asked), True) == (sum(bool(each.proposal) for each in waiting(desk)), len(good.asked) >= 2)


def waiting(desk: Desk) -> tuple[waiting_lines.WaitingLine, ...]:
    return waiting_lines.waiting(desk.house.treasurer, CUSTODY)


def test_of_two_rows_of_one_line_neither_counts(desk: Desk, path: Path) -> None:
    sheet = for_bank(desk, path)
    again(sheet)
    found = said(desk, sheet.saved(), skip_bad=True)
    assert [(sheet.row("P1"), "line"), (sheet.sheet.max_row, "line")] == places(found)
    assert ["D2", "F1", "P2"] == sorted(each.booking for each in waiting(desk) if each.proposal)


def test_of_two_rows_that_name_one_order_neither_counts_nor_one_that_the_bank_has_named_before(
    desk: Desk, path: Path, tmp_path: Path
) -> None:
    third = desk.orders[2].order
    sheet = for_bank(desk, path)
    for ref in ("P1", "P2"):
        sheet.decide(ref, "order", third)
    found = said(desk, sheet.saved(), skip_bad=True)
    assert [(sheet.row(ref), "number") for ref in ("P1", "P2")] == sorted(places(found))
    waiting_lines.assign(desk.house.teller, CUSTODY, PAYDAY, "P1", Target("order", third))
    sheet = for_bank(desk, tmp_path / "second.xlsx")
    sheet.decide("P2", "order", third)
    assert [(sheet.row("P2"), "number")] == places(said(desk, sheet.saved()))


def test_a_line_that_the_bank_says_otherwise_meanwhile_is_not_said_anew(desk: Desk, path: Path) -> None:
    sheet = for_bank(desk, path)
    waiting_lines.assign(desk.house.teller, CUSTODY, PAYDAY, "P1", Target("platform", "platform"))
    assert [(sheet.row("P1"), "the bank says")] == places(said(desk, path))


def test_what_broke_off_goes_on_where_it_stopped(desk: Desk, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for_bank(desk, path)
    monkeypatch.setattr("lxr.settlement.bank.line_commands._AT_ONCE", 2)
    found = decisions.check_decisions(desk.house.teller, CUSTODY, path)

    def stopped(done: int, of: int) -> None:
        assert (2, 4) == (done, of)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(desk.house.teller, found.asked, stopped)
    rest = said(desk, path)
    assert (2, 2, ()) == (len(rest.asked), rest.done, rest.faults)


def everything_agreed(sheet: Sheet) -> Path:
    for ref in sheet.refs:
        sheet.put(ref, "agree", "yes")
    return sheet.saved()


def test_the_union_signs_what_was_exported_and_nothing_that_the_bank_says_since(
    desk: Desk, path: Path, tmp_path: Path
) -> None:
    for_bank(desk, path)
    said(desk, path)
    sheet = for_union(desk, tmp_path / "union.xlsx")
    everything_agreed(sheet)
    waiting_lines.assign(desk.house.teller, CUSTODY, PAYDAY, "P1", Target("order", desk.orders[2].order))
    found = agreed(desk, sheet.path, skip_bad=True)
    assert [(sheet.row("P1"), "content")] == places(found)
    there = desk.house.treasurer.need(bookings, CUSTODY, PAYDAY, "P1")
    assert ("waiting", ()) == (there.kind, there.proposal and there.proposal.agreed)


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ("yuan", 1.0),
        ("direction", "credit"),
        ("the bank says", "the bank's fee or interest"),
        ("marks", "payer E001"),
        ("day", "2026-09-16"),
        ("content", "0" * 64),
        ("content", None),
        ("agree", "no"),
    ],
)
def test_a_sheet_that_somebody_changed_before_the_union_brings_it_back_is_signed_by_nobody(
    desk: Desk, path: Path, tmp_path: Path, title: str, value: object
) -> None:
    for_bank(desk, path)
    said(desk, path)
    sheet = for_union(desk, tmp_path / "union.xlsx")
    everything_agreed(sheet)
    sheet.put("P1", title, value)
    height = desk.house.ledger.height()
    assert [(sheet.row("P1"), title)] == places(agreed(desk, sheet.saved()))
    assert height == desk.house.ledger.height()


def test_two_lines_that_are_said_to_pay_one_order_are_not_both_agreed_to(desk: Desk, path: Path) -> None:
    for ref in ("P1", "P2"):
        waiting_lines.assign(desk.house.teller, CUSTODY, PAYDAY, ref, Target("order", desk.orders[2].order))
    sheet = for_union(desk, path)
    everything_agreed(sheet)
    assert [(sheet.row("P2"), "line")] == places(agreed(desk, path, skip_bad=True))
    assert [] == check(desk.house.ledger.scan)


def test_an_employer_agrees_to_what_takes_its_money_and_sees_nothing_else(desk: Desk, path: Path) -> None:
    taken = replace(entry("V1", 700, False), **PAYER)
    desk.says(NEXT_DAY + timedelta(days=1), taken)
    waiting_lines.assign(desk.house.teller, CUSTODY, NEXT_DAY + timedelta(days=1), "V1", Target("employer", "E001"))
    for_bank(desk, path)
    said(desk, path)
    exporting.export_for_employer(desk.house.treasurer, CUSTODY, "E001", own := path.with_name("own.xlsx"), "en")
    sheet = Sheet(own)
    assert (["V1"], None, "money given back to E001") == (
        sheet.refs,
        sheet.get("V1", "other side: account"),
        sheet.get("V1", "the bank says"),
    )
    signer = desk.house.signer()
    found = agreements.check_consents(signer, CUSTODY, "E001", everything_agreed(sheet))
    assert (1, []) == send(signer, found.asked)
    assert 1 == agreements.check_consents(signer, CUSTODY, "E001", own).done
    assert [] == places(agreed(desk, everything_agreed(for_union(desk, path.with_name("union.xlsx")))))
    assert "refund" == desk.house.treasurer.need(bookings, CUSTODY, NEXT_DAY + timedelta(days=1), "V1").kind
    assert [] == check(desk.house.ledger.scan)


LINES: Final = 500


@pytest.mark.slow
def test_five_hundred_lines_are_one_sheet(house: House, path: Path, tmp_path: Path) -> None:
    house.employ(1)
    desk = Desk(house, tmp_path / "statements")
    desk.says(PAYDAY, replace(entry("D0", 1, True, "E001D1"), **PAYER))
    lines: list[Entry] = [replace(entry(f"D{n}", 100 + n, True), **PAYER) for n in range(1, LINES + 1)]
    desk.says(NEXT_DAY, *lines)
    for_bank(desk, path)
    found = said(desk, path)
    assert (LINES, ()) == (len(found.asked), found.faults)
    sheet = for_union(desk, tmp_path / "union.xlsx")
    found = agreed(desk, everything_agreed(sheet))
    assert (LINES, ()) == (len(found.asked), found.faults)
    assert () == waiting(desk)
    assert [] == check(house.ledger.scan)
