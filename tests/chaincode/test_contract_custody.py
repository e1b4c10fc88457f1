from typing import Any

import pytest

from lxr.chaincode.attestations import AttestDeposit
from lxr.chaincode.bank_refusals import BookingDiffers, StatementDoesNotAdd, StatementGap
from lxr.chaincode.cashout_records import PaymentOrderState, payment_orders
from lxr.chaincode.custody import OpenCustody
from lxr.chaincode.custody_records import (
    OPENING,
    START,
    Backing,
    backings,
    bookings,
    content_of,
    custodies,
    statements,
)
from lxr.chaincode.lines import LINE_FEN_MAX, NO_REASON, Line
from lxr.chaincode.refusals import DateInFuture, DuplicateRow, Exists, MalformedCommand, Unknown
from lxr.chaincode.statements import BookStatement
from lxr.token.refusal import Refusal
from parties import ANNA, BO, CUSTODY, aug
from scenario.money import Place, credit, debit, place_of
from town import Town

RUN = "E001-20260812"
D1, D2 = (aug(3), "D1"), (aug(3), "D2")


def figures(town: Town) -> tuple[int, int, int, int]:
    """What exists, what is at the bank, whose nobody knows, and which debits nobody knows."""
    custody = town.get(custodies, CUSTODY)
    return custody.supply_fen, custody.balance_fen, town.fen("suspense:bank"), custody.unmatched_fen


def kinds(town: Town, *lines: Place) -> list[tuple[str, str | None]]:
    found = [town.get(bookings, CUSTODY, *line) for line in lines]
    return [(booking.kind, booking.party) for booking in found]


def part(town: Town, owner: str = "E001") -> Backing:
    return town.get(backings, owner)


@pytest.mark.parametrize("custody", [CUSTODY, "6222000000000002"])
def test_a_ledger_has_one_custody_account(town: Town, custody: str) -> None:
    assert CUSTODY == town.refused(Exists, OpenCustody, custody=custody).facts["number"]


# What lines do


def test_a_credit_that_names_its_payer_is_the_payers_and_any_other_waits(town: Town) -> None:
    town.book(aug(3), credit(*D1, 1000, "E001"), credit(*D2, 500), credit(aug(3), "D3", 70, "E009"))
    assert (1570, 1570, 570, 0) == figures(town)
    assert [("deposit", "E001"), ("waiting", None), ("waiting", None)] == kinds(town, D1, D2, (aug(3), "D3"))
    assert (1000, Backing(confirmed_fen=1000)) == (town.fen("employer:E001"), part(town))
    assert 500 == town.get(bookings, CUSTODY, *D2).waiting_fen


@pytest.mark.parametrize(
    "facts", [{"returned": "AC04"}, {"returned": "reversal"}, {"own_text": True}, {"order": "LX260812WGAAAAAAAAAAAA5"}]
)
def test_a_credit_that_may_have_come_back_is_nobodys_whoever_it_names(town: Town, facts: dict[str, Any]) -> None:
    town.book(aug(3), credit(*D1, 1000, "E001", **facts))
    assert ((1000, 1000, 1000, 0), 0) == (figures(town), town.fen("employer:E001"))


def test_a_debit_of_which_nobody_knows_what_it_is_is_nobodys_shortfall(town: Town) -> None:
    town.book(aug(3), credit(*D1, 1000, "E001"), debit(aug(3), "B1", 400))
    assert (1000, 600, 0, 400) == figures(town)
    assert (0, Backing(confirmed_fen=1000)) == (town.get(custodies, CUSTODY).shortfall_fen, part(town))


def test_a_debit_pays_its_order_and_a_credit_brings_it_back(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.book(aug(3), credit(*D1, 10_000, "E001"))
    town.paid(RUN)
    (order,) = town.instructed("C1", scope="run", run=RUN)
    town.book(aug(12), debit(aug(12), "B1", 5000, order))
    assert (PaymentOrderState.SETTLED, "2026-08-12/B1") == (
        town.get(payment_orders, order).state,
        town.get(payment_orders, order).booking,
    )
    assert ((5000, 5000, 0, 0), Backing(confirmed_fen=5000)) == (figures(town), part(town))
    town.book(aug(13), credit(aug(13), "B2", 5000, order=order))
    assert (PaymentOrderState.RETURNED, NO_REASON) == (
        town.get(payment_orders, order).state,
        town.get(payment_orders, order).reason,
    )
    assert (5000, Backing(confirmed_fen=10_000, came_back_fen=5000)) == (town.fen(f"returned:{ANNA}"), part(town))
    assert [("payout", order), ("return", order)] == kinds(town, (aug(12), "B1"), (aug(13), "B2"))


def test_what_does_not_fit_its_order_waits_and_moves_nobodys_money(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10, BO: 4})
    town.book(aug(3), credit(*D1, 20_000, "E001"))
    town.paid(RUN)
    order, other = town.held("C1", scope="run", run=RUN)
    amount_fen = town.get(payment_orders, order).amount_fen
    town.book(aug(12), debit(aug(12), "B0", amount_fen, order))  # held, not even stated
    town.leave("C1")
    town.book(
        aug(13),
        debit(aug(13), "B1", amount_fen, other),
        debit(aug(13), "B2", amount_fen, order, returned="AC04"),
        credit(aug(13), "B3", amount_fen, order=order),  # it has not left
    )
    assert [("waiting", None)] * 3 == kinds(town, *((aug(13), f"B{number}") for number in (1, 2, 3)))
    assert (PaymentOrderState.HELD, PaymentOrderState.HELD) == (
        town.get(payment_orders, order).state,
        town.get(payment_orders, other).state,
    )
    assert Backing(confirmed_fen=20_000, pending_fen=7000) == part(town)
    town.book(
        aug(14),
        debit(aug(14), "B1", amount_fen, order),
        debit(aug(14), "B2", amount_fen, order),
        credit(aug(14), "B3", amount_fen, order=order),
        credit(aug(14), "B4", amount_fen, order=order),
    )
    assert [("payout", order), *[("waiting", None)] * 3] == kinds(  # it may give back the debits that wait
        town, *((aug(14), f"B{number}") for number in (1, 2, 3, 4))
    )


def test_within_a_statement_debits_are_matched_before_credits_and_no_other_order_is_taken(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.book(aug(3), credit(*D1, 10_000, "E001"))
    town.paid(RUN)
    (order,) = town.instructed("C1", scope="run", run=RUN)
    paid, back = debit(aug(13), "B9", 5000, order), credit(aug(12), "B1", 5000, order=order, returned="AC04")
    for lines in ((back, paid), (paid, paid)):
        town.refused(DuplicateRow, BookStatement, **town.statement(aug(13), *lines, lines=lines))
    town.book(aug(13), back, paid)
    assert [("payout", order), ("return", order)] == kinds(town, (aug(13), "B9"), (aug(12), "B1"))


# The identity of a line and of a statement


def test_a_reference_is_one_of_its_booking_day(town: Town) -> None:
    town.book(aug(3), credit(*D1, 1000, "E001"))
    town.refused(BookingDiffers, BookStatement, **town.statement(aug(4), credit(*D1, 1000, "E001")))
    town.book(aug(4), credit(aug(4), "D1", 500, "E001"))
    assert 1500 == town.fen("employer:E001")


def test_a_statement_is_what_it_says(town: Town) -> None:
    lines = debit(aug(3), "B1", 400), credit(*D1, 1000, "E001")
    town.book(aug(3), *lines)
    said = START
    for line in lines:
        said = content_of(said, line)
    assert (said, 1, 2) == (
        (there := town.get(statements, CUSTODY, 1)).content,
        there.number,
        there.done,
    )
    others = {content_of(START, line) for line in (*lines, debit(aug(3), "B1", 401), debit(aug(4), "B1", 400))}
    assert 5 == len({*others, content_of(START, debit(aug(3), "B2", 400))})


@pytest.mark.parametrize("number", [None, 1, 77])
def test_the_first_statement_has_any_number_and_its_opening_balance_waits(town: Town, number: int | None) -> None:
    town.book(aug(3), credit(*D1, 1000, "E001"), number=number, opening_fen=5000)
    assert ((6000, 6000, 5000, 0), [("waiting", None)]) == (figures(town), kinds(town, (aug(3), OPENING)))
    assert (number, 1, 6000) == (
        town.get(custodies, CUSTODY).number,
        town.get(custodies, CUSTODY).statements,
        town.get(custodies, CUSTODY).closing_fen,
    )
    town.assigned((aug(3), OPENING), "employer", "E001")
    assert 6000 == town.fen("employer:E001")


def test_an_overdrawn_account_opens_with_a_debit_that_waits(town: Town) -> None:
    town.book(aug(3), opening_fen=-300)
    assert (0, -300, 0, 300) == figures(town)
    booking = town.get(bookings, CUSTODY, aug(3), OPENING)
    assert (debit(aug(3), OPENING, 300), "waiting", 300) == (booking.line, booking.kind, booking.waiting_fen)
    town.assigned((aug(3), OPENING), "platform", "platform")
    assert ((0, -300, 0, 0), Backing(confirmed_fen=-300, shortfall_fen=300)) == (figures(town), part(town, "platform"))


def test_a_fee_overdraws_the_account_and_the_next_credit_covers_it(town: Town) -> None:
    town.book(aug(3), credit(*D1, 1000, "E001"))
    answer = town.book(aug(4), debit(aug(4), "B1", 1100))
    assert ((1000, -100, 0, 1100), -100) == (figures(town), answer.closing_fen)
    assert (1000, -100) == ((there := town.get(statements, CUSTODY, 2)).opening_fen, there.closing_fen)
    town.refused(StatementGap, BookStatement, **town.statement(aug(5), opening_fen=100))
    town.book(aug(5), debit(aug(5), "B2", 50), credit(aug(5), "D3", 150, "E001"))
    assert ((1150, 0, 0, 1150), 1150) == (figures(town), town.fen("employer:E001"))


def test_an_opening_balance_comes_once_whatever_pages_the_first_statement_has(town: Town) -> None:
    """The teller alone, by empty pages and other days, would make money of nothing."""
    lines = (debit(aug(3), "B1", 400), credit(*D1, 1000, "E001"))
    whole = town.statement(aug(3), *lines, opening_fen=5000)
    for day in (aug(3), aug(2)):
        town.do(BookStatement, **{**whole, "day": day, "lines": ()})
    town.do(BookStatement, **{**whole, "lines": lines[:1]})
    town.do(BookStatement, **{**whole, "first": 1, "lines": ()})
    town.do(BookStatement, **{**whole, "first": 1, "lines": lines[1:]})
    assert (6000, 5600, 5000, 400) == figures(town)
    town.refused(StatementGap, BookStatement, **town.statement(aug(4), opening_fen=6000))


def test_an_empty_page_lets_no_debit_come_after_a_credit(town: Town) -> None:
    lines = (credit(*D1, 1000, "E001"), debit(aug(3), "B1", 400))
    whole = town.statement(aug(3), *lines)
    town.do(BookStatement, **{**whole, "lines": lines[:1]})
    town.do(BookStatement, **{**whole, "first": 1, "lines": ()})
    town.refused(DuplicateRow, BookStatement, **{**whole, "first": 1, "lines": lines[1:]})


@pytest.mark.parametrize("line", [credit(aug(3), OPENING, 500), debit(aug(3), OPENING, 500, None)])
def test_no_line_takes_the_reference_of_the_opening_balance(town: Town, line: Line) -> None:
    town.refused(BookingDiffers, BookStatement, **town.statement(aug(3), line, opening_fen=5000))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"statement": 1}, "next=2"),
        ({"statement": 3}, "next=2"),
        ({"opening_fen": 999}, "opening_fen=999"),
        ({"day": aug(2)}, "day=2026-08-02"),
        ({"first": 1}, "done=0, first=1"),
        ({"entries": 0}, "case=lines"),
    ],
)
def test_statements_follow_one_another(town: Town, changes: dict[str, Any], problem: str) -> None:
    town.book(aug(3), credit(*D1, 1000, "E001"), number=7)
    fields = town.statement(aug(4), credit(aug(1), "D2", 1000, "E001"), **{"number": 8, **changes})
    assert problem in str(town.refused(StatementGap, BookStatement, **fields))


def test_numbering_may_restart_or_be_missing_and_several_statements_be_of_a_day(town: Town) -> None:
    numbers = ((3, 41), (3, 42), (3, None), (4, 43), (5, 1), (6, 2), (7, 44), (10, 47), (11, 0), (12, 2026081201))
    for day, number in numbers:
        town.book(aug(day), credit(aug(day), f"D{number or 0}", 1, "E001"), number=number)
    assert (10, 2026081201, 10) == (
        town.get(custodies, CUSTODY).statements,
        town.get(custodies, CUSTODY).number,
        town.fen("employer:E001"),
    )


def test_a_statement_comes_in_parts_that_join_and_is_closed_when_it_is_whole(town: Town) -> None:
    lines = [credit(aug(3), f"D{number}", 1000, "E001") for number in (1, 2, 3)]
    whole = town.statement(aug(3), *lines)
    town.do(BookStatement, **{**whole, "lines": tuple(lines[:2])})
    assert (2000, 0, 0) == (
        (custody := town.get(custodies, CUSTODY)).balance_fen,
        custody.closing_fen,
        custody.statements,
    )
    rest = {**whole, "first": 2, "lines": tuple(lines[2:])}
    for changes in ({"first": 1}, {"first": 3}, {"entries": 2}, {"opening_fen": 1}):
        town.refused(StatementGap, BookStatement, **{**rest, **changes})
    town.refused(StatementDoesNotAdd, BookStatement, **{**rest, "closing_fen": 2999})
    town.do(BookStatement, **rest)
    assert (3000, 3000, 1) == (
        (custody := town.get(custodies, CUSTODY)).balance_fen,
        custody.closing_fen,
        custody.statements,
    )


def test_a_wrong_header_can_be_mended_until_the_last_line_is_booked(town: Town) -> None:
    lines = [credit(aug(3), f"D{number}", 1000, "E001") for number in (1, 2, 3)]
    whole = town.statement(aug(3), *lines)
    town.do(BookStatement, **{**whole, "entries": 7, "closing_fen": 1, "number": 9, "lines": tuple(lines[:2])})
    town.do(BookStatement, **{**whole, "first": 2, "lines": tuple(lines[2:])})
    assert (3000, 3, 1) == (
        town.get(custodies, CUSTODY).closing_fen,
        town.get(statements, CUSTODY, 1).entries,
        town.get(statements, CUSTODY, 1).number,
    )


def test_a_statement_or_a_line_of_a_day_to_come_is_refused(town: Town) -> None:
    fields = town.statement(aug(4))
    town.refused(DateInFuture, BookStatement, **town.statement(aug(4), credit(aug(5), "D1", 1)))
    town.go(aug(3), 23, 59, 59)
    town.refused(DateInFuture, BookStatement, **fields)


def test_a_statement_of_a_day_without_bookings_is_one_too(town: Town) -> None:
    town.book(aug(3))
    assert (1, START) == (town.get(custodies, CUSTODY).statements, town.get(statements, CUSTODY, 1).content)


@pytest.mark.parametrize("closing_fen", [999, 1001])
def test_a_statement_that_does_not_add_up_is_refused(town: Town, closing_fen: int) -> None:
    fields = town.statement(aug(3), credit(*D1, 1000, "E001"), closing_fen=closing_fen)
    town.refused(StatementDoesNotAdd, BookStatement, **fields)


@pytest.mark.parametrize(
    ("refusal", "lines"),
    [
        (DuplicateRow, (credit(aug(3), "D9", 1, "E001"), credit(aug(3), "D9", 1, "E001"))),
        (MalformedCommand, (credit(aug(3), "D9", LINE_FEN_MAX + 1, "E001"),)),
        (MalformedCommand, (debit(aug(3), "D9", LINE_FEN_MAX + 1),)),
    ],
)
def test_a_line_that_the_ledger_cannot_keep_is_refused(
    town: Town, refusal: type[Refusal], lines: tuple[Line, ...]
) -> None:
    town.refused(refusal, BookStatement, **town.statement(aug(3), *lines, closing_fen=0, entries=9))


def test_nothing_is_booked_on_an_account_that_is_none(town: Town) -> None:
    town.refused(Unknown, BookStatement, **town.statement(aug(4), custody="9999"))
    town.go(aug(3))
    town.refused(Unknown, AttestDeposit, **{**place_of(D1), "custody": "9999"}, employer_no="E001", amount_fen=1)
