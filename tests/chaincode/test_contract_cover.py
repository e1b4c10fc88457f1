"""Payouts take what the bank's statements show of their owner's money, or for a day what two of its persons signed."""

from datetime import date
from typing import Final

import pytest
from msgspec.structs import replace

from lxr.chaincode.attestations import CosignDeposit, ReverseDeposit
from lxr.chaincode.cashout import CancelCashOut
from lxr.chaincode.cashout_records import CashOutState, cash_outs, payment_orders
from lxr.chaincode.custody_records import OPENING, Backing, backings, custodies
from lxr.chaincode.instruction import AcceptCashOut, ApproveCashOut, InstructCashOut
from lxr.chaincode.refusals import NotCovered, PayoutsStopped
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.statements import BookStatement
from lxr.token.refusal import Fact
from parties import ANNA, BO, CUSTODY, DORA, aug
from preparedtown import prepared_once
from scenario.money import credit, debit, place_of
from town import Town

E1, E2, NEXT = "E001-20260812", "E002-20260812", "E001-20260819"
OPERATOR: Final = "union/operator"


def part(town: Town, owner: str = "E001") -> Backing:
    value = town.engine.read(backings.key(owner))
    return Backing() if value is None else backings.decode(value)


def stopped(town: Town, cashout: str) -> tuple[Fact, Fact]:
    """What may leave of what is needed."""
    facts = town.refused(NotCovered, InstructCashOut, **town.instruction(cashout)).facts
    return facts["have_fen"], facts["need_fen"]


def prepared(town: Town, cashout: str) -> None:
    town.do(InstructCashOut, **town.instruction(cashout))


def approved(town: Town, cashout: str) -> None:
    town.do(ApproveCashOut, OPERATOR, **town.cash_out_approval(cashout))


def leaves(town: Town, cashout: str) -> None:
    """All three words of a cash-out that is held, without any statement before."""
    prepared(town, cashout)
    approved(town, cashout)
    town.do(AcceptCashOut, **town.acceptance(cashout))


@prepared_once
def worked(town: Town) -> Town:
    """50.00 and 1.00 of fee are due of E001's week, 20.00 and 0.40 of E002's; nothing is deposited."""
    town.certified(aug(3), {ANNA: 10})
    town.certified(aug(3), {DORA: 4})
    return town


def held_both(town: Town) -> None:
    """Both employers' runs are paid on the ledger, and held as C1 and C2."""
    for cashout, run in (("C1", E1), ("C2", E2)):
        town.paid(run)
        town.held(cashout, scope="run", run=run)


# An employer's own money


def test_an_employer_pays_of_its_own_money_on_statements_and_of_no_others(worked: Town) -> None:
    worked.book(aug(5), credit(aug(5), "D2", 90_000, "E002"))
    worked.go(aug(12))
    worked.deposit(5100, booking="D1")
    held_both(worked)
    assert (0, 5000) == stopped(worked, "C1")
    leaves(worked, "C2")
    worked.book(aug(12), credit(aug(12), "D1", 5100, "E001"))
    leaves(worked, "C1")
    assert Backing(confirmed_fen=5100, pending_fen=5000) == part(worked)


@pytest.mark.parametrize(("confirmed_fen", "covered"), [(4999, False), (5000, True)])
def test_a_payout_takes_all_that_is_confirmed_and_not_a_fen_more(
    worked: Town, confirmed_fen: int, covered: bool
) -> None:
    worked.book(aug(5), credit(aug(5), "D1", confirmed_fen, "E001"), credit(aug(5), "D2", 10**6, "E002"))
    worked.go(aug(12))
    worked.deposit(101, booking="D3")  # attested by one person: good for LXR, not for a payout
    worked.paid(E1)
    worked.held("C1", scope="run", run=E1)
    if covered:
        leaves(worked, "C1")
    else:
        assert (4999, 5000) == stopped(worked, "C1")


def test_what_is_on_its_way_counts_until_it_is_debited_rejected_or_cancelled(worked: Town) -> None:
    worked.book(aug(5), credit(aug(5), "D1", 7000, "E001"), credit(aug(5), "D2", 10**6, "E002"))
    worked.certified(aug(10), {ANNA: 1, BO: 7})
    worked.go(aug(12))
    worked.deposit(2290, booking="D3")
    for cashout, run in (("C1", E1), ("C3", NEXT)):
        worked.paid(run)
        worked.held(cashout, scope="run", run=run)
    prepared(worked, "C1")
    worked.do(InstructCashOut, **worked.instruction("C3"))
    approved(worked, "C1")
    refusal = worked.refused(NotCovered, ApproveCashOut, OPERATOR, **worked.cash_out_approval("C3"))
    assert {"owner": "E001", "have_fen": 2000, "need_fen": 4000} == refusal.facts
    worked.do(CancelCashOut, cashout="C1")
    approved(worked, "C3")
    worked.do(AcceptCashOut, **worked.acceptance("C3"))
    bo = next(each for each in worked.orders("C3") if worked.get(payment_orders, each).worker == BO)
    worked.do(RejectPaymentOrders, custody=CUSTODY, cashout="C3", rejections=((bo, "AC01"),))
    assert Backing(confirmed_fen=7000, in_transit_fen=2290, pending_fen=500, came_back_fen=3500) == part(worked)


# Same-day pay


def test_a_deposit_that_one_person_signed_covers_no_payout_and_two_persons_do_at_once(worked: Town) -> None:
    worked.go(aug(12))
    place = worked.deposit(5100, booking="D1")
    worked.paid(E1)
    worked.held("C1", scope="run", run=E1)
    assert (0, 5000) == stopped(worked, "C1")
    worked.do(CosignDeposit, "bank/admin", **worked.signed_deposit(place))
    leaves(worked, "C1")
    worked.book(aug(12), credit(*place, 5100, "E001"), debit(aug(12), "B1", 5000, worked.orders("C1")[0]))
    assert (Backing(confirmed_fen=100), 100) == (part(worked), worked.get(custodies, CUSTODY).balance_fen)


@pytest.mark.parametrize(
    ("signed", "now", "covered"),
    [
        (aug(12), aug(12), True),
        (aug(12), aug(13), True),
        (aug(12), aug(14), False),
        (aug(14), aug(17), True),  # a Friday's is due on Monday
        (aug(14), aug(18), False),
    ],
)
def test_two_signatures_count_until_the_working_day_on_which_the_statement_is_due(
    worked: Town, signed: date, now: date, covered: bool
) -> None:
    worked.go(signed)
    worked.deposit(5100, booking="D1", cosigned=True)
    worked.paid(E1)
    worked.held("C1", scope="run", run=E1)
    worked.go(now, 23, 59, 59)
    if covered:
        leaves(worked, "C1")
    else:
        assert (0, 5000) == stopped(worked, "C1")


def test_two_signatures_count_for_nothing_while_nobody_has_governed_the_year_in_which_the_statement_is_due(
    worked: Town,
) -> None:
    worked.go(date(2027, 12, 31))
    worked.deposit(5100, booking="D1", cosigned=True)
    worked.paid(E1)
    worked.held("C1", scope="run", run=E1)
    assert (0, 5000) == stopped(worked, "C1")


def test_one_employers_two_signatures_cover_no_other_employers_payout(worked: Town) -> None:
    worked.go(aug(12))
    worked.deposit(90_000, booking="D1", cosigned=True)
    worked.deposit(5000, "E002", booking="D2")
    held_both(worked)
    assert (0, 2000) == stopped(worked, "C2")


def test_what_the_bank_says_was_no_deposit_covers_nothing_from_that_moment_on(worked: Town) -> None:
    """Between the bank's word and the union's agreement the union could else pay it out."""
    worked.go(aug(12))
    place = worked.deposit(5100, booking="D1", cosigned=True)
    worked.paid(E1)
    worked.held("C1", scope="run", run=E1)
    prepared(worked, "C1")
    worked.do(ReverseDeposit, **place_of(place), reason="another branch's")
    worked.refused(NotCovered, ApproveCashOut, OPERATOR, **worked.cash_out_approval("C1"))


# A deposit that never came


def test_a_missing_deposit_stops_its_own_employer_and_no_other(worked: Town) -> None:
    worked.book(aug(5), credit(aug(5), "D2", 90_000, "E002"))
    worked.go(aug(12))
    worked.deposit(5300, booking="D1", cosigned=True)
    held_both(worked)
    prepared(worked, "C1")
    worked.book(aug(12))
    refusal = worked.refused(PayoutsStopped, ApproveCashOut, OPERATOR, **worked.cash_out_approval("C1"))
    assert {"owner": "E001", "shortfall_fen": 5100} == refusal.facts
    leaves(worked, "C2")
    worked.book(aug(13), credit(aug(13), "D3", 5099, "E001"))
    worked.refused(PayoutsStopped, ApproveCashOut, OPERATOR, **worked.cash_out_approval("C1"))
    worked.book(aug(14), credit(aug(14), "D3", 1, "E001"))
    approved(worked, "C1")


def test_the_bank_accepts_nothing_whose_cover_has_gone_since_the_last_approval(worked: Town) -> None:
    """At the worst moment: the file is approved, and then the statement has not what it stood on."""
    worked.book(aug(5), credit(aug(5), "D2", 90_000, "E002"))
    worked.go(aug(12))
    worked.deposit(5300, booking="D1", cosigned=True)
    worked.paid(E1)
    worked.held("C1", scope="run", run=E1)
    prepared(worked, "C1")
    approved(worked, "C1")
    worked.book(aug(12))
    refusal = worked.refused(PayoutsStopped, AcceptCashOut, **worked.acceptance("C1"))
    assert {"owner": "E001", "shortfall_fen": 5100} == refusal.facts
    worked.book(aug(13), credit(aug(12), "D1", 5300, "E001"))
    worked.do(AcceptCashOut, **worked.acceptance("C1"))


def test_two_signatures_that_are_too_old_by_then_are_not_accepted_on(worked: Town) -> None:
    worked.go(aug(12))
    worked.deposit(5300, booking="D1", cosigned=True)
    worked.paid(E1)
    worked.held("C1", scope="run", run=E1)
    prepared(worked, "C1")
    approved(worked, "C1")
    worked.go(aug(14))
    refusal = worked.refused(NotCovered, AcceptCashOut, **worked.acceptance("C1"))
    assert {"owner": "E001", "have_fen": 0, "need_fen": 5000} == refusal.facts
    worked.do(CancelCashOut, cashout="C1")
    assert CashOutState.CANCELLED is worked.get(cash_outs, "C1").state


def test_what_left_on_a_deposit_that_never_came_is_its_employers_debt_to_custody(worked: Town) -> None:
    """Then the others' payouts have what is left: never more than is there."""
    worked.book(aug(5), credit(aug(5), "D2", 6000, "E002"))
    worked.go(aug(12))
    worked.deposit(5300, booking="D1", cosigned=True)
    held_both(worked)
    leaves(worked, "C1")
    worked.book(aug(12), debit(aug(12), "B1", 5000, worked.orders("C1")[0]))
    assert Backing(confirmed_fen=-5000, blocked_fen=200, shortfall_fen=5100) == part(worked)
    assert (1000, 2000) == stopped(worked, "C2")
    worked.book(aug(13), credit(aug(13), "D3", 1000, "E001"))
    leaves(worked, "C2")


def test_what_comes_back_to_an_employer_with_a_shortfall_replenishes_it_and_pays_nobody(worked: Town) -> None:
    worked.go(aug(12))
    worked.deposit(5100, booking="D1")
    worked.paid(E1)
    worked.book(aug(12))
    assert (0, 5100) == (worked.fen("employer:E001"), part(worked).shortfall_fen)
    worked.reversed(E1)
    assert (0, 0) == (worked.fen("employer:E001"), part(worked).shortfall_fen)
    assert "short" == worked.funded(NEXT).state


def test_an_attested_credit_replenishes_a_shortfall_when_its_line_confirms_it(worked: Town) -> None:
    worked.go(aug(12))
    worked.deposit(5100, booking="D1")
    worked.paid(E1)
    worked.book(aug(12))
    worked.go(aug(13))
    place = worked.deposit(5200, booking="D3")
    assert (5200, 5100) == (worked.fen("employer:E001"), part(worked).shortfall_fen)
    worked.book(aug(13), credit(*place, 5200, "E001"))
    assert (100, Backing(confirmed_fen=5200)) == (worked.fen("employer:E001"), replace(part(worked), blocked_fen=0))


def test_no_payout_and_no_fee_takes_a_wage_that_came_back(worked: Town) -> None:
    """One teller attests what never comes, and the employer pays in nothing for its second week."""
    worked.certified(aug(10), {ANNA: 10})
    worked.book(aug(11), credit(aug(11), "D1", 5000, "E001"))
    worked.go(aug(12))
    worked.deposit(100, booking="LIE")
    worked.paid(E1)
    worked.held("C1", scope="run", run=E1)
    leaves(worked, "C1")
    number = worked.orders("C1")[0]
    back = credit(aug(11), "B2", 5000, order=number, returned="AC04")
    worked.book(aug(11), debit(aug(11), "B1", 5000, number), back)
    assert (5000, 5000) == (worked.fen(f"returned:{ANNA}"), part(worked).came_back_fen)
    refusal = worked.refused(NotCovered, SweepRun, run=E1)
    assert {"owner": "E001", "have_fen": 0, "need_fen": 100} == refusal.facts
    worked.deposit(5000, booking="LIE2")
    worked.paid(NEXT)
    worked.held("C2", scope="run", run=NEXT)
    assert (0, 5000) == stopped(worked, "C2")
    worked.held("C3", scope="workers", employer="E001", workers=(ANNA,))
    leaves(worked, "C3")


# Debits that nobody knows


def test_a_debit_that_nobody_knows_stops_what_it_leaves_uncovered_and_nothing_else(worked: Town) -> None:
    worked.book(
        aug(5),
        credit(aug(5), "D1", 6000, "E001"),
        credit(aug(5), "D2", 3000, "E002"),
        debit(aug(5), "B1", 3000),
    )
    held_both(worked)
    leaves(worked, "C1")
    assert (1000, 2000) == stopped(worked, "C2")
    worked.book(aug(13), credit(aug(13), "B2", 3000, returned="reversal"))
    worked.assigned((aug(13), "B2"), "line", "2026-08-05/B1")
    leaves(worked, "C2")


@pytest.mark.parametrize(("unknown_fen", "covered"), [(41, False), (40, True)])
def test_a_debit_that_nobody_knows_is_taken_of_the_platforms_payouts_first(
    worked: Town, unknown_fen: int, covered: bool
) -> None:
    worked.book(aug(5), credit(aug(5), "D1", 5100, "E001"), credit(aug(5), "D2", 10**6, "E002"))
    worked.paid(E1)
    worked.held("C1", scope="run", run=E1)
    leaves(worked, "C1")
    worked.do(SweepRun, run=E1)
    order = worked.orders("C1")[0]
    lines = debit(aug(12), "B1", 5000, order), debit(aug(12), "B2", unknown_fen), credit(aug(12), "D3", 40)
    worked.book(aug(12), *lines)
    worked.assigned((aug(12), "D3"), "platform", "platform")
    worked.held("C3", scope="platform")
    worked.paid(E2)
    worked.held("C2", scope="run", run=E2)
    if covered:
        leaves(worked, "C3")
    else:
        assert (99, 100) == stopped(worked, "C3")
    leaves(worked, "C2")


# While a statement is booked in part


def test_between_the_pages_of_a_statement_no_more_leaves_than_is_left_after_its_debits(worked: Town) -> None:
    worked.book(aug(5), credit(aug(5), "D1", 5000, "E001"), credit(aug(5), "D2", 2000, "E002"))
    worked.go(aug(12))
    worked.deposit(140, booking="D4")
    worked.deposit(1000, "E002", booking="D5")
    held_both(worked)
    lines = debit(aug(12), "B1", 3000), credit(aug(12), "D4", 140, "E001"), credit(aug(12), "D5", 1000, "E002")
    whole = worked.statement(aug(12), *lines)
    worked.do(BookStatement, **{**whole, "lines": lines[:1]})
    assert (4000, 5000) == stopped(worked, "C1")
    worked.do(BookStatement, **{**whole, "first": 1, "lines": lines[1:]})
    leaves(worked, "C2")
    assert (3140, 5000) == stopped(worked, "C1")


@pytest.mark.parametrize("opening_fen", [0, 500_000])
def test_what_a_page_brings_covers_nothing_until_its_statement_is_whole(worked: Town, opening_fen: int) -> None:
    """A teller would else book one page of a statement that there is not, and never the last one."""
    if not opening_fen:
        worked.book(aug(5), credit(aug(5), "D1", 90_000, "E001"))
    lines = credit(aug(12), "D4", 2040, "E002"), credit(aug(12), "D6", 1)
    whole = worked.statement(aug(12), *lines, **({"opening_fen": opening_fen} if opening_fen else {}))
    worked.do(BookStatement, **{**whole, "lines": lines[:1]})
    if opening_fen:
        worked.assigned((aug(12), OPENING), "employer", "E002")
    worked.paid(E2)
    worked.held("C2", scope="run", run=E2)
    assert (0, 2000) == stopped(worked, "C2")
    worked.do(BookStatement, **{**whole, "first": 1, "lines": lines[1:]})
    leaves(worked, "C2")


def test_what_an_overdrawn_account_opens_with_makes_no_cover_of_what_a_page_brings(worked: Town) -> None:
    worked.go(aug(12))
    worked.deposit(5000, booking="D9", cosigned=True)
    lines = credit(aug(11), "D1", 5100, "E001"), credit(aug(11), "D2", 1)
    worked.do(BookStatement, **{**worked.statement(aug(11), *lines, opening_fen=-100), "lines": lines[:1]})
    worked.paid(E1)
    worked.held("C1", scope="run", run=E1)
    assert (4900, 5000) == stopped(worked, "C1")


def test_nothing_leaves_of_an_overdrawn_account(worked: Town) -> None:
    worked.book(aug(5), credit(aug(5), "D1", 5100, "E001"))
    worked.book(aug(6), debit(aug(6), "B1", 6000))
    worked.paid(E1)
    worked.held("C1", scope="run", run=E1)
    assert (-900, (0, 5000)) == (worked.get(custodies, CUSTODY).closing_fen, stopped(worked, "C1"))
    worked.book(aug(7), credit(aug(7), "B2", 5899))
    assert (4999, 5000) == stopped(worked, "C1")
    worked.book(aug(8), credit(aug(8), "B3", 1))
    leaves(worked, "C1")


# The fee


def test_a_fee_is_swept_of_money_on_statements_only(worked: Town) -> None:
    worked.go(aug(12))
    place = worked.deposit(5100, booking="D1", cosigned=True)
    worked.paid(E1)
    worked.held("C1", scope="run", run=E1)
    leaves(worked, "C1")
    refusal = worked.refused(NotCovered, SweepRun, run=E1)
    assert {"owner": "E001", "have_fen": 0, "need_fen": 100} == refusal.facts
    worked.book(aug(12), credit(*place, 5100, "E001"))
    worked.do(SweepRun, run=E1)
    assert (Backing(confirmed_fen=5000, pending_fen=5000), Backing(confirmed_fen=100)) == (
        part(worked),
        part(worked, "platform"),
    )


def test_no_fee_is_swept_of_what_is_on_its_way_to_workers(worked: Town) -> None:
    worked.book(aug(5), credit(aug(5), "D1", 5050, "E001"))
    worked.go(aug(12))
    worked.deposit(50, booking="D2")
    worked.paid(E1)
    worked.held("C1", scope="run", run=E1)
    leaves(worked, "C1")
    assert 50 == worked.refused(NotCovered, SweepRun, run=E1).facts["have_fen"]


def test_while_an_employer_has_a_shortfall_its_money_is_for_wages_and_not_for_fees(worked: Town) -> None:
    worked.book(aug(5), credit(aug(5), "D1", 5100, "E001"))
    worked.certified(aug(12), {BO: 4})
    worked.go(aug(12))
    worked.deposit(2040, booking="D2")
    for cashout, run in (("C1", E1), ("C3", NEXT)):
        worked.paid(run)
        worked.held(cashout, scope="run", run=run)
        if run == E1:
            leaves(worked, "C1")
            worked.at_ms += 1
    worked.book(aug(19))
    refusal = worked.refused(PayoutsStopped, SweepRun, run=E1)
    assert {"owner": "E001", "shortfall_fen": 2040} == refusal.facts
    worked.book(aug(20), credit(aug(20), "D2", 2040, "E001"))
    worked.do(SweepRun, run=E1)
