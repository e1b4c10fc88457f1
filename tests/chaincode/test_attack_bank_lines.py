"""What an insider with one or two organisations' keys tries with lines of statements and payments."""

from typing import Any

import pytest
from msgspec import Raw
from msgspec.structs import replace

from lxr.chaincode.assignments import AgreeLine, AssignLine
from lxr.chaincode.bank_refusals import PeriodNotReady
from lxr.chaincode.carried import LINES_MAX, Item, rest_of
from lxr.chaincode.cashout_records import PaymentOrderState, end_to_end, payment_orders
from lxr.chaincode.custody_records import bookings, custodies
from lxr.chaincode.governance import Approve, Propose
from lxr.chaincode.instruction import InstructCashOut
from lxr.chaincode.lines import Line, Target
from lxr.chaincode.period import ClosePeriod
from lxr.chaincode.refusals import NotCovered
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.types import canonical, digest
from lxr.token.refusal import Refusal
from parties import ANNA, BO, CUSTODY, aug, sep
from scenario.money import credit, debit, place_of
from town import Town

RUN, NEXT_RUN = "E001-20260812", "E001-20260819"


@pytest.fixture
def funded(town: Town) -> Town:
    """Anna's 50.00 and Bo's 20.00 can be paid on the 12th, Anna's 60.00 on the 19th; there is money for all."""
    town.certified(aug(3), {ANNA: 10, BO: 4})
    town.book(aug(3), credit(aug(3), "D0", 100_000, "E001"), credit(aug(3), "D7", 10**6, "E002"))
    return town


def order_of(town: Town, worker: str, cashout: str = "C1") -> str:
    (number,) = (each for each in town.orders(cashout) if town.get(payment_orders, each).worker == worker)
    return number


def kind(town: Town, line: Line) -> tuple[str, str | None]:
    booking = town.get(bookings, CUSTODY, line.day, line.booking)
    return booking.kind, booking.party


def refusal_of(town: Town, line: Line, what: str, number: str) -> Refusal | None:
    """Why bank and union cannot say what a line is; None where they can, and then it is said."""
    try:
        town.assigned((line.day, line.booking), what, number)
    except Refusal as refusal:
        return refusal
    return None


@pytest.mark.parametrize("names_it", [True, False])
def test_a_return_whose_wage_was_paid_again_takes_no_other_wage_of_the_worker_whatever_the_cash_out_named(
    funded: Town, *, names_it: bool
) -> None:
    """The wage of the 12th comes back and is paid again; then that of the 19th comes back."""
    funded.paid(RUN)
    funded.instructed("C1", scope="run", run=RUN)
    first = order_of(funded, ANNA)
    back = credit(aug(12), "B2", 5000, order=first, returned="AC04")
    funded.book(aug(12), debit(aug(12), "B1", 5000, first), back)
    again = {"retry_of": first} if names_it else {}
    funded.instructed("C9", scope="workers", employer="E001", workers=(ANNA,), **again)
    funded.book(aug(13), debit(aug(13), "B3", 5000, order_of(funded, ANNA, "C9")))
    funded.certified(aug(14), {ANNA: 12})
    funded.paid(NEXT_RUN)
    funded.instructed("C2", scope="run", run=NEXT_RUN)
    second = order_of(funded, ANNA, "C2")
    other = credit(aug(19), "B5", 6000, order=second, returned="AC04")
    funded.book(aug(19), debit(aug(19), "B4", 6000, second), other)
    takes = debit(aug(20), "B6", 5000, first, returned="reversal")
    funded.book(aug(20), takes)
    refusal_of(funded, takes, "line", back.key)
    assert 6000 == funded.fen(f"returned:{ANNA}")


def test_an_order_that_was_rejected_by_mistake_is_the_payment_again_that_its_statement_shows(funded: Town) -> None:
    """A teller says that the bank did not execute what it then has paid: the worker has the wage, and the LXR too."""
    funded.paid(RUN)
    funded.instructed("C1", scope="run", run=RUN)
    anna = order_of(funded, ANNA)
    funded.do(RejectPaymentOrders, custody=CUSTODY, cashout="C1", rejections=((anna, "AC01"),))
    paid = debit(aug(12), "B1", 5000, anna)
    funded.book(aug(12), paid)
    assert refusal_of(funded, paid, "order", anna) is None
    assert (PaymentOrderState.SETTLED, 0) == (funded.get(payment_orders, anna).state, funded.fen(f"returned:{ANNA}"))


@pytest.mark.parametrize("said", [False, True])
def test_a_debit_that_bore_an_orders_id_before_the_order_was_there_makes_no_correction_its_return(
    funded: Town, *, said: bool
) -> None:
    """Orders are numbered by cash-out, day and place in the shard, so that a teller can book one ahead.

    said: bank and union have said that it is a fee; the bank then pays the order twice. Else it corrects this debit.
    """
    anna = end_to_end("C1", f"worker:{ANNA}", aug(12), 0, 0)
    ahead = debit(aug(3), "B0", 5000, anna)
    funded.book(aug(3), ahead)
    funded.paid(RUN)
    funded.instructed("C1", scope="run", run=RUN)
    assert anna == order_of(funded, ANNA)
    twice = [debit(aug(12), "B2", 5000, anna)] if said else []
    if said:
        funded.assigned((ahead.day, ahead.booking), "platform", "platform")
    back = credit(aug(12), "B3", 5000, order=anna, returned="reversal")
    funded.book(aug(12), debit(aug(12), "B1", 5000, anna), *twice, back)
    assert ("waiting", None) == kind(funded, back)


@pytest.mark.parametrize("marks", [{"own_text": True}, {"order": "LX260812WGAAAAAAAAAAAAX"}], ids=["text", "id"])
def test_a_credit_that_repeats_our_own_words_can_be_given_back_by_a_debit_of_the_same_words(
    town: Town, marks: dict[str, Any]
) -> None:
    marked = credit(aug(12), "B1", 1, **marks)
    given_back = debit(aug(12), "B2", 1, **marks)
    town.book(aug(11), credit(aug(11), "B0", 100_000, "E001"))
    town.book(aug(12), marked, given_back)
    found = [
        refusal_of(town, marked, "employer", "E001"),
        refusal_of(town, marked, "platform", "platform"),
        refusal_of(town, marked, "line", given_back.key),
        refusal_of(town, given_back, "line", marked.key),
    ]
    assert None in found, found


def test_no_number_of_an_employers_small_credits_keeps_a_month_from_being_closed(bench: Town) -> None:
    lines = [credit(aug(31), f"B{number:04d}", 1, own_text=True) for number in range(1_501)]
    for start in range(0, len(lines), 300):
        bench.book(aug(31), *lines[start : start + 300])
    bench.go(sep(2))
    singly = tuple(Item("line", line.key, 1) for line in lines[:LINES_MAX])
    rest = rest_of([Item("line", line.key, 1) for line in lines[LINES_MAX:]])
    assert ("lines", 1_501 - LINES_MAX) == (rest.kind, rest.amount_fen)
    fields = {"period": "2026-08", "custody": CUSTODY}
    for carried in (
        (*singly, replace(rest, amount_fen=rest.amount_fen - 1)),
        (*singly[1:], replace(rest, amount_fen=rest.amount_fen + 1)),
        (*singly, replace(rest, amount_fen=1), replace(rest, name="1-" + "0" * 40, amount_fen=rest.amount_fen - 1)),
    ):
        bench.refused(PeriodNotReady, ClosePeriod, **fields, carried=carried)
    bench.do(ClosePeriod, **fields, carried=(*singly, rest))


def test_a_month_does_not_close_over_a_tax_payment_that_came_back_without_naming_it(town: Town) -> None:
    town.do(Propose, "union/admin", proposal="PUNION-TAX", **_payee())
    town.do(Approve, "bank/admin", **town.approval("PUNION-TAX"))
    town.certified(aug(3), {ANNA: 10})
    town.deducted("DE001-1", 500)
    town.book(aug(3), credit(aug(3), "D0", 5_100, "E001"))
    town.go(aug(12))
    town.paid(RUN)
    town.instructed("C1", scope="run", run=RUN)
    town.do(SweepRun, run=RUN)
    town.book(aug(12), debit(aug(12), "B1", 4_500, order_of(town, ANNA)))
    fen = {each: town.get(payment_orders, each).amount_fen for each in town.instructed("C2", scope="platform")}
    town.book(aug(13), *(debit(aug(13), f"P{number}", fen[each], each) for number, each in enumerate(fen)))
    (tax,) = (each for each in fen if town.get(payment_orders, each).account == "tax:union")
    back = credit(aug(31), "B3", 500, order=tax, returned="AC04")
    town.book(aug(31), back)
    assert ("return", tax) == kind(town, back)
    town.go(sep(2))
    town.refused(PeriodNotReady, ClosePeriod, period="2026-08", custody=CUSTODY)


def _payee() -> dict[str, Any]:
    value = Raw(canonical(digest("the tax office's account")))
    return {"name": "payee.tax", "value": value, "effective_from": aug(2), "source": "an order"}


@pytest.mark.parametrize("agreed", [False, True], ids=["the bank says it", "bank and union say it"])
@pytest.mark.parametrize("target", [("line", "2026-08-03/D0"), ("employer", "E001")], ids=["undone", "given back"])
def test_an_employer_whose_credit_was_taken_back_pays_no_wages_of_others_money_by_keeping_silent(
    town: Town, target: tuple[str, str], *, agreed: bool
) -> None:
    """E001 pays in, funds its wages, has its own bank recall the payment, and does not consent to what it undoes."""
    town.certified(aug(3), {ANNA: 10})
    town.book(aug(3), credit(aug(3), "D0", 5_100, "E001"), credit(aug(3), "D7", 5_000, "E002"))
    town.paid(RUN)
    town.book(aug(12), debit(aug(12), "X1", 5_100, returned="reversal"))
    town.do(AssignLine, **place_of((aug(12), "X1")), target=Target(*target))  # type: ignore[arg-type]
    if agreed:
        town.do(AgreeLine, **town.agreement((aug(12), "X1")))
    assert 5_000 == town.get(custodies, CUSTODY).balance_fen  # all of it E002's
    town.held("C1", scope="run", run=RUN)
    town.refused(NotCovered, InstructCashOut, **town.instruction("C1"))
