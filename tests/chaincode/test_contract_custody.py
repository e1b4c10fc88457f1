from typing import Any

import pytest

from lxr_chaincode.cashout_records import OrderState, orders
from lxr_chaincode.custody import (
    AgreeReversal,
    AssignDeposit,
    AttestDeposit,
    BookStatement,
    DepositLine,
    Line,
    MadeGoodLine,
    OpenCustody,
    PayoutLine,
    ReturnLine,
    ReverseDeposit,
    StrayLine,
)
from lxr_chaincode.custody_records import bookings, custodies, statements
from lxr_chaincode.instruction import InstructCashOut
from lxr_chaincode.refusals import (
    BookingDiffers,
    DateInFuture,
    DuplicateRow,
    Exists,
    OrderDiffers,
    PayoutsStopped,
    StatementDoesNotAdd,
    StatementGap,
    Unknown,
    WrongState,
)
from lxr_token.fen import FEN_MAX
from lxr_token.refusal import AmountTooLarge, Refusal
from town import ANNA, CUSTODY, Town, aug

RUN = "E001-20260812"


def figures(town: Town) -> tuple[int, int, int, int]:
    custody = town.get(custodies, CUSTODY)
    return custody.supply_fen, custody.closing_fen, custody.in_transit_fen, custody.shortfall_fen


def attesting(booking: str = "D1", amount_fen: int = 1000, employer_no: str | None = "E001") -> dict[str, Any]:
    return {"custody": CUSTODY, "booking": booking, "amount_fen": amount_fen, "employer_no": employer_no}


@pytest.mark.parametrize("custody", [CUSTODY, "6222000000000002"])
def test_a_ledger_has_one_custody_account(town: Town, custody: str) -> None:
    assert CUSTODY == town.refused(Exists, OpenCustody, custody=custody).facts["number"]


def test_a_credit_mints_once_whether_attested_or_booked_first(town: Town) -> None:
    town.do(AttestDeposit, **attesting())
    assert (1000, 0, 1000, 0) == figures(town)
    town.refused(Exists, AttestDeposit, **attesting())
    town.book(aug(3), DepositLine("D1", 1000, "E001"), DepositLine("D2", 500, "E001"))
    assert (1500, 1500, 0, 0) == figures(town)
    town.refused(Exists, AttestDeposit, **attesting("D2", 500))
    assert 1500 == town.fen("employer:E001")


@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        (Unknown, {"custody": "9999"}),
        (Unknown, {"employer_no": "E009"}),
        (AmountTooLarge, {"amount_fen": FEN_MAX}),
        (AmountTooLarge, {"amount_fen": FEN_MAX, "employer_no": "E002"}),
    ],
)
def test_a_credit_needs_an_account_and_an_amount_that_the_ledger_can_keep(
    town: Town, refusal: type[Refusal], changes: dict[str, Any]
) -> None:
    town.do(AttestDeposit, **attesting())
    town.refused(refusal, AttestDeposit, **{**attesting("D2"), **changes})


def test_a_deposit_of_nobody_waits_until_the_bank_says_whose_it_is(town: Town) -> None:
    town.do(AttestDeposit, **attesting(employer_no=None))
    assert (1000, 0) == (town.fen("suspense:bank"), town.fen("employer:E002"))
    fields = {"custody": CUSTODY, "booking": "D1", "employer_no": "E002"}
    town.refused(Unknown, AssignDeposit, **{**fields, "employer_no": "E009"})
    town.refused(Unknown, AssignDeposit, **{**fields, "booking": "D2"})
    town.refused(Unknown, AssignDeposit, **{**fields, "custody": "9999"})
    town.do(AssignDeposit, **fields)
    assert (0, 1000) == (town.fen("suspense:bank"), town.fen("employer:E002"))
    town.refused(WrongState, AssignDeposit, **fields)


def test_a_deposit_that_nobody_claimed_when_it_was_booked_can_still_be_assigned(town: Town) -> None:
    town.book(aug(3), DepositLine("D1", 1000, None))
    town.do(AssignDeposit, custody=CUSTODY, booking="D1", employer_no="E001")
    assert 1000 == town.fen("employer:E001")


def test_a_wrong_attestation_is_reversed_by_bank_and_union_while_it_is_unspent(town: Town) -> None:
    town.do(AttestDeposit, **attesting())
    fields = {"custody": CUSTODY, "booking": "D1"}
    town.refused(WrongState, AgreeReversal, **town.reversal("D1"))
    town.do(ReverseDeposit, **fields, reason="another branch's")
    assert 1000 == town.fen("employer:E001")
    town.refused(WrongState, ReverseDeposit, **fields, reason="another branch's")
    assert 0 == town.do(AgreeReversal, **town.reversal("D1"))["shortfall_fen"]
    assert ((0, 0, 0, 0), 0) == (figures(town), town.fen("employer:E001"))
    town.refused(WrongState, AgreeReversal, **town.reversal("D1"))
    town.refused(Exists, AttestDeposit, **attesting())


def test_a_credit_that_a_statement_shows_after_all_mints_though_its_attestation_was_reversed(town: Town) -> None:
    town.do(AttestDeposit, **attesting())
    town.do(ReverseDeposit, custody=CUSTODY, booking="D1", reason="wrong amount")
    town.do(AgreeReversal, **town.reversal("D1"))
    town.book(aug(3), DepositLine("D1", 900, "E001"))
    assert ((900, 900, 0, 0), 900) == (figures(town), town.fen("employer:E001"))


def test_a_credit_that_turns_out_real_backs_what_was_spent_of_it_before_its_reversal(town: Town) -> None:
    town.attested(aug(3), {ANNA: 10})
    town.do(AttestDeposit, **attesting(amount_fen=5300))
    town.paid(RUN)
    town.do(ReverseDeposit, custody=CUSTODY, booking="D1", reason="not on our books")
    town.do(AgreeReversal, **town.reversal("D1"))
    assert (5100, 0, 0, 5100) == figures(town)
    town.book(aug(13), DepositLine("D1", 5300, "E001"))
    assert ((5300, 5300, 0, 0), 200) == (figures(town), town.fen("employer:E001"))


def test_what_was_spent_of_a_wrong_attestation_is_a_shortfall_that_stops_payouts(town: Town) -> None:
    town.attested(aug(3), {ANNA: 10})
    town.do(AttestDeposit, **attesting(amount_fen=5300))
    town.paid(RUN)
    town.held("C1", scope="run", run=RUN)
    fields = {"custody": CUSTODY, "booking": "D1"}
    town.do(ReverseDeposit, **fields, reason="another branch's")
    assert 5100 == town.do(AgreeReversal, **town.reversal("D1"))["shortfall_fen"]  # wage 50.00 and fee 1.00
    assert ((5100, 0, 0, 5100), 0) == (figures(town), town.fen("employer:E001"))
    town.refused(PayoutsStopped, InstructCashOut, **town.instruction("C1"))
    town.book(aug(13), MadeGoodLine("B1", 5100))
    assert (5100, 5100, 0, 0) == figures(town)
    town.leave("C1")


def test_a_deposit_on_a_statement_is_real_and_not_reversed(town: Town) -> None:
    town.book(aug(3), DepositLine("D1", 1000, "E001"))
    town.refused(WrongState, ReverseDeposit, custody=CUSTODY, booking="D1", reason="-")
    town.refused(Unknown, ReverseDeposit, custody=CUSTODY, booking="D2", reason="-")
    town.refused(Unknown, AgreeReversal, custody=CUSTODY, booking="D2", digest="0" * 64)


def test_a_statement_that_shows_the_deposit_ends_the_proposal_to_reverse_it(town: Town) -> None:
    town.do(AttestDeposit, **attesting())
    town.do(ReverseDeposit, custody=CUSTODY, booking="D1", reason="another branch's")
    town.book(aug(3), DepositLine("D1", 1000, "E001"))
    assert ((1000, 1000, 0, 0), "booked") == (figures(town), town.get(bookings, CUSTODY, "D1").state)
    town.refused(WrongState, AgreeReversal, **town.reversal("D1"))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"sequence": 1}, "number 2"),
        ({"sequence": 3}, "number 2"),
        ({"opening_fen": 999}, "opens with 999"),
        ({"day": aug(3)}, "of 2026-08-03"),
        ({"day": aug(2)}, "of 2026-08-02"),
        ({"first": 1}, "up to 0"),
        ({"entries": 0}, "more lines"),
    ],
)
def test_statements_follow_one_another(town: Town, changes: dict[str, Any], problem: str) -> None:
    town.book(aug(3), DepositLine("D1", 1000, "E001"))
    fields = town.statement(aug(4), DepositLine("D2", 1000, "E001"), **changes)
    assert problem in str(town.refused(StatementGap, BookStatement, **fields))


def test_a_statement_comes_in_parts_that_join_and_moves_the_reserve_when_it_is_whole(town: Town) -> None:
    lines = [DepositLine(f"D{number}", 1000, "E001") for number in (1, 2, 3)]
    whole = town.statement(aug(3), *lines)
    town.do(BookStatement, **{**whole, "lines": tuple(lines[:2])})
    assert (2000, 0, 0, 0) == figures(town)
    rest = {**whole, "first": 2, "lines": tuple(lines[2:])}
    for changes in ({"first": 1}, {"first": 3}, {"entries": 2}, {"opening_fen": 1}):
        town.refused(StatementGap, BookStatement, **{**rest, **changes})
    town.refused(StatementDoesNotAdd, BookStatement, **{**rest, "closing_fen": 2999})
    town.do(BookStatement, **rest)
    assert (3000, 3000, 0, 0) == figures(town)


def test_a_wrong_header_can_be_mended_until_the_last_line_is_booked(town: Town) -> None:
    lines = [DepositLine(f"D{number}", 1000, "E001") for number in (1, 2, 3)]
    whole = town.statement(aug(3), *lines)
    town.do(BookStatement, **{**whole, "entries": 7, "closing_fen": 1, "lines": tuple(lines[:2])})
    town.do(BookStatement, **{**whole, "first": 2, "lines": tuple(lines[2:])})
    assert ((3000, 3000, 0, 0), 3) == (figures(town), town.get(statements, CUSTODY, 1).entries)


def test_a_statement_of_a_day_to_come_is_refused(town: Town) -> None:
    fields = town.statement(aug(4))
    town.go(aug(3), 23, 59, 59)
    town.refused(DateInFuture, BookStatement, **fields)


def test_a_statement_of_a_day_without_bookings_is_one_too(town: Town) -> None:
    town.book(aug(3))
    assert 1 == town.get(custodies, CUSTODY).sequence


@pytest.mark.parametrize("closing_fen", [999, 1001])
def test_a_statement_that_does_not_add_up_is_refused(town: Town, closing_fen: int) -> None:
    fields = town.statement(aug(3), DepositLine("D1", 1000, "E001"), closing_fen=closing_fen)
    town.refused(StatementDoesNotAdd, BookStatement, **fields)


@pytest.mark.parametrize(
    ("refusal", "lines"),
    [
        (DuplicateRow, (DepositLine("D9", 1, "E001"), DepositLine("D9", 1, "E001"))),
        (Unknown, (DepositLine("D9", 1, "E009"),)),
        (Unknown, (PayoutLine("D9", 1, "LX26081200"),)),
        (BookingDiffers, (DepositLine("D1", 999, "E001"),)),
        (BookingDiffers, (DepositLine("D1", 1000, "E002"),)),
        (BookingDiffers, (DepositLine("D1", 1000, None),)),
        (BookingDiffers, (StrayLine("D1", 1000),)),
        (BookingDiffers, (MadeGoodLine("D9", 1),)),
        (BookingDiffers, (StrayLine("D8", 5), MadeGoodLine("D9", 6))),
        (AmountTooLarge, (DepositLine("D9", FEN_MAX, "E001"),)),
        (AmountTooLarge, (DepositLine("D9", FEN_MAX, "E002"),)),
    ],
)
def test_a_line_that_contradicts_the_ledger_is_refused(
    town: Town, refusal: type[Refusal], lines: tuple[Line, ...]
) -> None:
    town.do(AttestDeposit, **attesting())
    town.refused(refusal, BookStatement, **town.statement(aug(3), *lines))


def test_a_booking_stands_on_one_statement(town: Town) -> None:
    town.book(aug(3), DepositLine("D1", 1000, "E001"))
    town.refused(BookingDiffers, BookStatement, **town.statement(aug(4), DepositLine("D1", 1000, "E001")))
    town.refused(Unknown, BookStatement, **town.statement(aug(4), custody="9999"))


def test_a_debit_without_an_order_is_a_shortfall(town: Town) -> None:
    town.book(aug(3), DepositLine("D1", 1000, "E001"), StrayLine("B1", 400))
    assert (1000, 600, 0, 400) == figures(town)


def test_a_payout_fits_its_order_and_a_return_its_payout(town: Town) -> None:
    town.attested(aug(3), {ANNA: 10})
    town.book(aug(3), DepositLine("D1", 10_000, "E001"))
    town.paid(RUN)
    (number,) = town.held("C1", scope="run", run=RUN)
    town.refused(OrderDiffers, BookStatement, **town.statement(aug(12), PayoutLine("B1", 5000, number)))
    town.leave("C1")
    for line in (PayoutLine("B1", 4999, number), ReturnLine("B1", 5000, number, "AC04")):
        town.refused(OrderDiffers, BookStatement, **town.statement(aug(12), line))
    twice = (PayoutLine("B1", 5000, number), PayoutLine("B2", 5000, number))
    town.refused(OrderDiffers, BookStatement, **town.statement(aug(12), *twice))
    town.book(aug(12), PayoutLine("B1", 5000, number), ReturnLine("B2", 5000, number, "AC04"))
    assert (OrderState.RETURNED, 5000, (10_000, 10_000, 0, 0)) == (
        town.get(orders, number).state,
        town.fen(f"returned:{ANNA}"),
        figures(town),
    )
    town.refused(OrderDiffers, BookStatement, **town.statement(aug(13), ReturnLine("B3", 5000, number, "AC04")))
