"""What an insider tries with lines that are undone, what is left of a line, and months that are closed anew."""

from datetime import date

import pytest
from msgspec import Raw

from lxr.chaincode.assignments import AgreeLine, AssignLine, ConsentLine
from lxr.chaincode.bank_refusals import LineDiffers, PeriodNotReady
from lxr.chaincode.carried import Item
from lxr.chaincode.cashout_records import payment_orders
from lxr.chaincode.custody_records import bookings, custodies
from lxr.chaincode.governance import Approve, Propose
from lxr.chaincode.lines import LINE_FEN_MAX, Target
from lxr.chaincode.period import ClosePeriod, Countersign, MonthContent, months
from lxr.chaincode.refusals import DateInFuture
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.statements import BookStatement
from lxr.chaincode.types import canonical, digest
from parties import ANNA, CUSTODY, aug, sep
from scenario.money import credit, debit, place_of
from town import Town

AUGUST = {"period": "2026-08", "custody": CUSTODY}
X = (aug(4), "X")


def test_no_number_of_made_up_lines_that_are_undone_leaves_no_room_for_others(town: Town) -> None:
    """The teller alone books them; bank and union undo each. After a thousand no fen could be minted any more."""
    before = town.get(custodies, CUSTODY)
    made_up, back = credit(aug(3), "M1", LINE_FEN_MAX), debit(aug(4), "U1", LINE_FEN_MAX)
    town.book(aug(3), made_up)
    town.book(aug(4), back)
    town.assigned((back.day, back.booking), "line", made_up.key)
    after = town.get(custodies, CUSTODY)
    assert (before.minted_fen, before.burned_fen) == (after.minted_fen, after.burned_fen)


@pytest.fixture
def in_part(town: Town) -> Town:
    """The bank took 100 of nobody knows whom, and has given 40 back; 60 wait."""
    town.book(aug(3), credit(aug(3), "D0", 1_000, "E001"))
    town.book(aug(4), debit(*X, 100), credit(aug(4), "C40", 40))
    town.assigned((aug(4), "C40"), "line", f"{aug(4)}/X")
    assert 60 == town.get(bookings, CUSTODY, *X).waiting_fen
    return town


def rest_is(town: Town, what: str) -> None:
    """What waits of it is the bank's fee, or E001's refund."""
    if what == "platform":
        town.assigned(X, "platform", "platform")
    elif what == "employer":
        town.do(AssignLine, **place_of(X), target=Target("employer", "E001"))
        town.do(ConsentLine, employer="E001", **town.agreement(X))
        town.do(AgreeLine, **town.agreement(X))


@pytest.mark.parametrize("what", ["waiting", "platform", "employer"])
def test_no_credit_gives_back_more_than_was_left_of_a_debit(in_part: Town, what: str) -> None:
    rest_is(in_part, what)
    whole = (aug(5), "C100")
    in_part.book(aug(5), credit(*whole, 100))
    target = Target("line", f"{aug(4)}/X")
    in_part.refused(LineDiffers, AssignLine, **place_of(whole), target=target)


@pytest.mark.parametrize("what", ["platform", "employer"])
def test_what_the_bank_takes_back_of_the_rest_of_a_debit_undoes_that_rest(in_part: Town, what: str) -> None:
    """It can be nothing else, for it bears the bank's mark."""
    rest_is(in_part, what)
    in_part.book(aug(5), credit(aug(5), "C60", 60, returned="reversal"))
    in_part.assigned((aug(5), "C60"), "line", f"{aug(4)}/X")


def countersigned(town: Town, caller: str) -> None:
    month = town.get(months, "2026-08")
    content = MonthContent("2026-08", month.custody, month.figures, month.statement, month.carried)
    town.do(Countersign, caller, period="2026-08", figures=month.figures, digest=digest(content))


@pytest.fixture
def leaves_out(town: Town) -> tuple[Town, Item]:
    """August closed without a row that is disputed, which no auditor who looks for it countersigns."""
    town.go(aug(31))
    town.work(aug(31), {ANNA: 5})
    town.dispute(ANNA, aug(31), 6)
    town.book(aug(31))
    town.go(sep(1))
    town.do(ClosePeriod, **AUGUST)
    return town, Item("row", f"E001/2026-08-31/{ANNA}", 0)


def test_no_auditor_alone_fixes_a_close_that_the_other_cannot_sign(leaves_out: tuple[Town, Item]) -> None:
    """The regulator's signs at once, without looking; the bank's finds the row."""
    town, row = leaves_out
    countersigned(town, "regulator/auditor")
    town.do(ClosePeriod, **AUGUST, carried=(row,))


def test_the_union_does_not_fix_a_close_that_leaves_something_out_by_closing_the_next_month(
    leaves_out: tuple[Town, Item],
) -> None:
    """Nothing is carried, and yet the next month waits for the bank."""
    town, row = leaves_out
    town.book(sep(30))
    town.go(date(2026, 10, 1))
    town.refused(PeriodNotReady, ClosePeriod, period="2026-09", custody=CUSTODY, carried=(row,))
    town.do(ClosePeriod, **AUGUST, carried=(row,))


def test_a_month_names_a_tax_payment_that_came_back_also_while_a_cash_out_that_has_not_left_holds_it(
    town: Town,
) -> None:
    """The union holds it in a cash-out that it does not instruct."""
    value = Raw(canonical(digest("the tax office's account")))
    fields = {"name": "payee.tax", "value": value, "effective_from": aug(2), "source": "an order"}
    town.do(Propose, "union/admin", proposal="PUNION-TAX", **fields)
    town.do(Approve, "bank/admin", **town.approval("PUNION-TAX"))
    town.certified(aug(3), {ANNA: 10})
    town.deducted("DE001-1", 500)
    town.book(aug(3), credit(aug(3), "D0", 5_100, "E001"))
    town.go(aug(12))
    town.paid("E001-20260812")
    (wage,) = town.instructed("C1", scope="run", run="E001-20260812")
    town.do(SweepRun, run="E001-20260812")
    town.book(aug(12), debit(aug(12), "B1", 4_500, wage))
    fen = {each: town.get(payment_orders, each).amount_fen for each in town.instructed("C2", scope="platform")}
    town.book(aug(13), *(debit(aug(13), f"P{number}", fen[each], each) for number, each in enumerate(fen)))
    (tax,) = (each for each in fen if town.get(payment_orders, each).account == "tax:union")
    town.book(aug(31), credit(aug(31), "B3", 500, order=tax, returned="AC04"))
    town.held("C3", scope="platform")
    town.go(sep(2))
    town.refused(PeriodNotReady, ClosePeriod, **AUGUST)


def test_no_statement_is_of_an_earlier_day_than_its_lines_whatever_page_they_came_with(town: Town) -> None:
    """The teller mends the header's day with the last page."""
    debits, credits_ = debit(aug(20), "X1", 300), credit(aug(12), "D1", 300, "E001")
    whole = town.statement(aug(20), debits, credits_)
    town.do(BookStatement, **{**whole, "lines": (debits,)})
    town.refused(DateInFuture, BookStatement, **{**whole, "day": aug(12), "first": 1, "lines": (credits_,)})
