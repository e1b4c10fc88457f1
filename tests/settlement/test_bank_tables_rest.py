"""Downloads that overlap, in either direction and any order, give the lines of one: nothing twice, nothing lost."""

import itertools
from datetime import date, datetime, timedelta
from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from banktables import ACCOUNT, LAYOUT, ROWS, TITLES, booked, csv, extract, facts, last
from lxr.chaincode.lines import Line
from lxr.settlement.bank.formats.tables.direction import oldest_first
from lxr.settlement.bank.formats.tables.extract import Extract, TableLine
from lxr.settlement.bank.formats.tables.rest import rest_of
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.errors import InputFault

START: Final = datetime(2026, 9, 1)


def line(row: int, moment: datetime, signed_fen: int, balance_fen: int, text: str, *, timed: bool = True) -> TableLine:
    entry = Entry(
        amount_fen=abs(signed_fen),
        credit=signed_fen > 0,
        reversal=False,
        booking_date=moment.date(),
        value_date=moment.date(),
        bank_ref="",
        end_to_end_id=None,
        counterparty_name="",
        counterparty_account="",
        return_reason=None,
        remittance=text,
    )
    return TableLine(row, entry, moment.time() if timed else None, balance_fen)


@st.composite
def months(draw: st.DrawFn, *, timed: bool = True) -> list[TableLine]:
    """Lines whose balances follow: of a few amounts, so that balances come again, and several in a second."""
    step = st.sampled_from([0, 1, 3600, 40_000]) if timed else st.sampled_from([0, 0, 86_400])
    moved = st.tuples(step, st.sampled_from([-700, -500, -500, 500, 500, 900]), st.sampled_from(["E001", "E002", ""]))
    moment, balance_fen, lines = START, draw(st.sampled_from([0, 1000])), []
    for row, (seconds, signed_fen, text) in enumerate(draw(st.lists(moved, min_size=1, max_size=14)), 1):
        moment += timedelta(seconds=seconds)
        balance_fen += signed_fen
        lines.append(line(row, moment, signed_fen, balance_fen, text, timed=timed))
    return lines


def download(lines: list[TableLine], *, newest_first: bool) -> Extract[TableLine]:
    """What is read of a file that has these lines in this direction."""
    ordered, either_way = oldest_first(lines[::-1] if newest_first else lines, LAYOUT, "file")
    return Extract("file", ACCOUNT, tuple(ordered), either_way=either_way)


def book(on_ledger: list[Statement], each: Extract[TableLine]) -> None:
    on_ledger += rest_of(each, booked(on_ledger), *last(on_ledger))


def look(of: TableLine) -> object:
    return of.day, of.time, of.entry.signed_fen, of.balance_fen


@given(months(), st.data())
def test_any_overlapping_downloads_in_any_direction_give_what_one_download_gives(
    month: list[TableLine], data: st.DataObject
) -> None:
    assume(len({look(each) for each in month}) == len(month))
    whole: list[Statement] = []
    book(whole, Extract("file", ACCOUNT, tuple(month)))
    parts: list[Statement] = []
    end = 0
    while end < len(month):
        begin = data.draw(st.integers(0, end), label="begin")
        end = data.draw(st.integers(max(begin, end) + (begin == end), len(month)), label="end")
        each = download(month[begin:end], newest_first=data.draw(st.booleans(), label="newest first"))
        if each.either_way and not parts:
            each = Extract("file", ACCOUNT, tuple(month[begin:end]))  # as a layout with an order says
        book(parts, each)
        for before in (0, begin):  # what was there before is there now
            size = len(parts)
            book(parts, download(month[before:end], newest_first=data.draw(st.booleans(), label="again")))
            assert size == len(parts)
    assert booked(whole) == booked(parts)
    assert last(whole) == last(parts)
    follow(parts)


@given(months(timed=False), st.data())
def test_downloads_from_the_start_of_a_day_need_no_times_even_where_lines_and_balances_come_again(
    month: list[TableLine], data: st.DataObject
) -> None:
    whole: list[Statement] = []
    book(whole, Extract("file", ACCOUNT, tuple(month)))
    parts: list[Statement] = []
    starts = [place for place in range(len(month)) if place == 0 or month[place - 1].day < month[place].day]
    end = 0
    while end < len(month):
        begin = data.draw(st.sampled_from([place for place in starts if place <= end]), label="begin")
        end = data.draw(st.integers(end + 1, len(month)), label="end")
        book(parts, Extract("file", ACCOUNT, tuple(month[begin:end])))
    assert facts(booked(whole)) == facts(booked(parts))
    assert last(whole) == last(parts)
    follow(parts)


def follow(statements: list[Statement]) -> None:
    """Each statement opens with what the one before closed with, and no day goes back."""
    for before, each in itertools.pairwise(statements):
        assert (before.closing_fen, True) == (each.opening_fen, before.date <= each.date)


@given(months(), st.integers(0, 13), st.integers(1, 999))
def test_a_download_that_was_changed_adds_nothing_in_silence(month: list[TableLine], place: int, more_fen: int) -> None:
    assume(len({look(each) for each in month}) == len(month) and place < len(month))
    on_ledger: list[Statement] = []
    book(on_ledger, Extract("file", ACCOUNT, tuple(month)))
    wrong = month[place]
    signed_fen = wrong.entry.signed_fen + more_fen * (1 if wrong.entry.credit else -1)
    changed = line(
        place + 1, datetime.combine(wrong.day, wrong.time or START.time()), signed_fen, wrong.balance_fen, ""
    )
    with pytest.raises(InputFault):
        book(on_ledger, Extract("file", ACCOUNT, (*month[:place], changed, *month[place + 1 :])))


def test_a_gap_and_another_balance_are_refused_by_row() -> None:
    on_ledger: list[Statement] = []
    book(on_ledger, extract(csv(ROWS[:1])))
    with pytest.raises(InputFault, match=r"row 4: follows a balance of 999.70; expected 1000.00, with which the last"):
        book(on_ledger, extract(csv(ROWS[2:])))


def test_a_line_that_is_missing_on_the_ledger_before_one_that_is_there_is_refused_by_row() -> None:
    on_ledger: list[Statement] = []
    book(on_ledger, extract(csv(ROWS[1:])))
    with pytest.raises(InputFault, match=r"row 4: is not on the ledger, though 2026-09-01/T-[0-9A-F]{20} is"):
        book(on_ledger, extract(csv(ROWS)))


def test_a_line_that_is_there_with_another_payer_is_refused_by_row() -> None:
    on_ledger: list[Statement] = []
    book(on_ledger, extract(csv(ROWS)))
    retold = ((*ROWS[0][:5], "E002"), *ROWS[1:])
    with pytest.raises(InputFault, match=r"row 4: payer is E002, not E001, with which 2026-09-01/T-[0-9A-F]{20} is"):
        book(on_ledger, extract(csv(retold)))


@pytest.mark.parametrize("shared", [False, True])
def test_the_banks_own_number_is_the_reference_unless_several_lines_share_it(shared: bool) -> None:
    layout = replace(LAYOUT, serial="流水号", serial_shared=shared)
    rows = [(*row, f"N{place}") for place, row in enumerate(ROWS)]
    (first, second) = rest_of(extract(csv(rows, titles=(*TITLES, "流水号")), layout), {}, None, 0)
    references = [entry.bank_ref for entry in (*first.entries, *second.entries)]
    assert (not shared) == (references == ["N0", "N1", "N2"])
    assert shared == all(reference.startswith("T-") for reference in references)


def test_lines_stay_known_when_a_layout_gets_numbers_or_says_that_they_are_shared() -> None:
    numbered = csv([(*row, f"N{place}") for place, row in enumerate(ROWS)], titles=(*TITLES, "流水号"))
    layouts = [LAYOUT, replace(LAYOUT, serial="流水号"), replace(LAYOUT, serial="流水号", serial_shared=True)]
    for place, before in enumerate(layouts):
        on_ledger: list[Statement] = []
        book(on_ledger, extract(numbered, before))
        for after in layouts[place:]:
            assert () == rest_of(extract(numbered, after), booked(on_ledger), *last(on_ledger))


def test_of_two_lines_with_one_number_and_the_same_facts_each_counts() -> None:
    rows = [("2026-09-01 09:00:00", "", "5.00", "5.00", "", "E001", "N0")]
    titles = (*TITLES, "流水号")
    on_ledger: list[Statement] = []
    book(on_ledger, extract(csv(rows, titles=titles), replace(LAYOUT, serial="流水号")))
    rows.append(("2026-09-01 09:00:01", "", "5.00", "10.00", "", "E001", "N0"))
    book(on_ledger, extract(csv(rows, titles=titles), replace(LAYOUT, serial="流水号", serial_shared=True)))
    assert (2, 1000) == (len(booked(on_ledger)), last(on_ledger)[1])


def test_a_number_that_is_there_with_another_amount_is_refused_by_row() -> None:
    layout = replace(LAYOUT, serial="流水号")
    on_ledger: list[Statement] = []
    book(on_ledger, extract(csv([(*ROWS[0], "N0")], titles=(*TITLES, "流水号")), layout))
    other = [("2026-09-01 09:30:00", "", "5.00", "1005.00", "", "", "N0")]
    with pytest.raises(InputFault, match=r"row 4: amount_fen is 500, not 100000, with which 2026-09-01/N0 is booked"):
        book(on_ledger, extract(csv(other, titles=(*TITLES, "流水号")), layout))


def test_a_number_twice_in_a_day_is_refused_by_row() -> None:
    rows = [(*row, "N0") for row in ROWS]
    with pytest.raises(InputFault, match="row 5, field 流水号: is that of row 4 too"):
        extract(csv(rows, titles=(*TITLES, "流水号")), replace(LAYOUT, serial="流水号"))


EITHER: Final = [("2026-09-01", "", "5.00", "5.00", "", "E001"), ("2026-09-01", "5.00", "", "0.00", "", "")]
"""Read from the top it begins with 0.00, from the bottom with 5.00."""


@pytest.mark.parametrize(("opening_fen", "amounts"), [(0, [500, -500]), (500, [-500, 500])])
def test_where_both_ends_may_be_the_older_one_the_ledger_says_which(opening_fen: int, amounts: list[int]) -> None:
    (statement,) = rest_of(extract(csv(EITHER)), {}, date(2026, 8, 31), opening_fen)
    assert (opening_fen, opening_fen) == (statement.opening_fen, statement.closing_fen)
    assert amounts == [entry.signed_fen for entry in statement.entries]


def test_where_neither_end_follows_what_is_there_the_first_row_is_named() -> None:
    with pytest.raises(InputFault, match=r"row 4: follows a balance of 0.00; expected 7.77, with which the last"):
        rest_of(extract(csv(EITHER)), {}, date(2026, 8, 31), 777)


def test_where_nothing_says_which_end_is_older_the_file_is_refused_unless_the_layout_does() -> None:
    with pytest.raises(InputFault, match="may be read from either end; expected a longer time, or `order` in a layout"):
        rest_of(extract(csv(EITHER)), {}, None, 0)
    (statement,) = rest_of(extract(csv(EITHER), replace(LAYOUT, order="newest_first")), {}, None, 0)
    assert 500 == statement.opening_fen


def test_a_reference_names_nobody_and_hangs_on_no_text() -> None:
    def references(rows: list[tuple[str, ...]]) -> list[str]:
        return [entry.bank_ref for each in rest_of(extract(csv(rows)), {}, None, 0) for entry in each.entries]

    assert references(list(ROWS)) == references([(*row[:4], "李四", "another text") for row in ROWS])


def test_a_line_has_a_place_for_each_fact_of_the_ledger() -> None:
    (statement, _) = rest_of(extract(csv()), {}, None, 0)
    lines = booked([statement])
    assert {Line(date(2026, 9, 1), key.partition("/")[2], True, 100000, payer="E001") for key in lines} & facts(lines)
