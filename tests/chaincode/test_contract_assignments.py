from typing import Any

import pytest

from lxr.chaincode.assignments import AgreeLine, AssignLine, ConsentLine
from lxr.chaincode.attestations import AttestDeposit, ReverseDeposit
from lxr.chaincode.bank_refusals import BookingDiffers, LineDiffers, PaymentOrderDiffers, StatementGap
from lxr.chaincode.cashout_records import PaymentOrderState, payment_orders
from lxr.chaincode.custody_records import (
    OPENING,
    Backing,
    Transit,
    assignment_digest,
    attestations,
    backings,
    bookings,
    custodies,
    transits,
    unmatched_debits,
)
from lxr.chaincode.employers import AddEmployer
from lxr.chaincode.instruction import InstructCashOut
from lxr.chaincode.lines import Target
from lxr.chaincode.refusals import AlreadySigned, HashDiffers, NotAllowed, NotYours, PayoutsStopped, Unknown, WrongState
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.statements import BookStatement
from lxr.token.refusal import Refusal
from parties import ANNA, BO, CUSTODY, aug
from preparedtown import prepared_once
from scenario.money import Place, credit, debit, place_of
from town import Town

RUN = "E001-20260812"
IN, OUT = (aug(3), "D1"), (aug(3), "B1")


def part(town: Town, owner: str = "E001") -> Backing:
    value = town.engine.read(backings.key(owner))
    return Backing() if value is None else backings.decode(value)


def kind(town: Town, line: Place) -> tuple[str, str | None, bool]:
    booking = town.get(bookings, CUSTODY, *line)
    assert (booking.kind == "waiting") == bool(booking.waiting_fen)
    return booking.kind, booking.party, booking.by_hand


def said(town: Town, line: Place, what: Any, number: str) -> dict[str, Any]:
    """The bank says what a line is. Gives back the fields of those who agree."""
    town.do(AssignLine, **place_of(line), target=Target(what, number))
    return town.agreement(line)


def refused(town: Town, refusal: type[Refusal], line: Place, what: Any, number: str) -> Refusal:
    return town.refused(refusal, AssignLine, **place_of(line), target=Target(what, number))


def waits(town: Town) -> tuple[int, int]:
    """The credits and the debits that nobody knows."""
    return town.fen("suspense:bank"), town.get(custodies, CUSTODY).unmatched_fen


@prepared_once
def paid(town: Town) -> Town:
    """Anna's 50.00 and Bo's 20.00 are with the bank, the fee of 1.40 is swept; 93.00 were deposited, more by E002."""
    town.certified(aug(3), {ANNA: 10, BO: 4})
    town.book(aug(3), credit(aug(3), "D0", 9300, "E001"), credit(aug(3), "D7", 10**6, "E002"))
    town.paid(RUN)
    town.instructed("C1", scope="run", run=RUN)
    town.do(SweepRun, run=RUN)
    return town


def order_of(town: Town, worker: str) -> str:
    (number,) = (each for each in town.orders("C1") if town.get(payment_orders, each).worker == worker)
    return number


# Who must say it


def test_bank_and_union_say_what_a_line_is_and_nobody_alone(town: Town) -> None:
    town.book(aug(3), credit(*IN, 1000))
    target = Target("employer", "E001")
    for caller in ("union/treasurer", "bank/admin", "employer/signer/E001", "regulator/admin"):
        town.refused(NotAllowed, AssignLine, caller, **place_of(IN), target=target)
    town.refused(WrongState, AgreeLine, **place_of(IN), digest="0" * 64)
    agreed = said(town, IN, "employer", "E001")
    assert ((1000, 0), 0) == (waits(town), town.fen("employer:E001"))
    for caller in ("bank/teller", "union/operator", "union/admin", "employer/signer/E001"):
        town.refused(NotAllowed, AgreeLine, caller, **agreed)
    assert "deposit" == town.do(AgreeLine, **agreed).kind
    assert (("deposit", "E001", True), 1000, (0, 0)) == (kind(town, IN), town.fen("employer:E001"), waits(town))
    town.refused(AlreadySigned, AgreeLine, **town.agreement(IN))
    refused(town, WrongState, IN, "employer", "E002")


def test_the_union_agrees_to_what_it_has_seen_and_to_nothing_that_the_bank_says_since(town: Town) -> None:
    town.book(aug(3), credit(*IN, 1000), credit(aug(3), "D2", 1000))
    first = said(town, IN, "employer", "E001")
    second = said(town, IN, "employer", "E002")
    town.refused(HashDiffers, AgreeLine, **first)
    other = town.get(bookings, CUSTODY, aug(3), "D2")
    town.refused(
        HashDiffers, AgreeLine, **place_of(IN), digest=assignment_digest(CUSTODY, other, Target("employer", "E002"))
    )
    town.do(AgreeLine, **second)
    assert (0, 1000) == (town.fen("employer:E001"), town.fen("employer:E002"))


def test_a_debit_that_takes_a_credit_back_needs_the_employers_consent(town: Town) -> None:
    town.book(aug(3), credit(*IN, 1000, "E001"), debit(*OUT, 1000))
    agreed = said(town, OUT, "line", "2026-08-03/D1")
    assert "waiting" == town.do(AgreeLine, **agreed).kind
    town.refused(AlreadySigned, AgreeLine, **agreed)
    town.refused(NotYours, ConsentLine, "employer/signer/E002", employer="E001", **agreed)
    town.refused(LineDiffers, ConsentLine, employer="E002", **agreed)
    assert (1000, Backing(confirmed_fen=1000, claimed_fen=1000)) == (town.fen("employer:E001"), part(town))
    agreed = said(town, OUT, "line", "2026-08-03/D1")  # said once more: both sign once more
    town.do(ConsentLine, employer="E001", **agreed)
    town.refused(AlreadySigned, ConsentLine, employer="E001", **agreed)
    assert "undone" == town.do(AgreeLine, **agreed).kind
    assert (0, Backing(), (0, 0)) == (town.fen("employer:E001"), part(town), waits(town))
    assert [("undone", "2026-08-03/B1", True), ("undone", "2026-08-03/D1", True)] == [kind(town, IN), kind(town, OUT)]


def test_a_credit_that_became_an_employers_since_the_union_agreed_is_not_taken_back_without_it(town: Town) -> None:
    """At the worst moment: the union has agreed that a debit takes back a credit of nobody, which then is E001's."""
    town.book(aug(3), credit(*IN, 1000), debit(*OUT, 1000))
    agreed = said(town, OUT, "line", "2026-08-03/D1")
    town.assigned(IN, "employer", "E001")
    assert "waiting" == town.do(AgreeLine, **agreed).kind
    assert 1000 == town.fen("employer:E001")
    assert "undone" == town.do(ConsentLine, employer="E001", **agreed).kind


def test_no_employer_consents_to_what_takes_nothing_from_it(town: Town) -> None:
    town.book(aug(3), credit(*IN, 1000))
    town.refused(LineDiffers, ConsentLine, employer="E001", **said(town, IN, "employer", "E001"))


# Credits


def test_a_credit_is_a_payers_and_ends_its_shortfall_first(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.deposit(5100, booking="D9")
    town.paid(RUN)
    town.book(aug(12), credit(*IN, 6000))
    assert 5100 == part(town).shortfall_fen
    refused(town, Unknown, IN, "employer", "E009")
    town.assigned(IN, "employer", "E001")
    assert (900, Backing(confirmed_fen=6000)) == (town.fen("employer:E001"), part(town))


def test_a_credit_is_the_banks_interest_which_pays_the_banks_fees_and_nothing_else(town: Town) -> None:
    town.book(aug(3), credit(*IN, 500), debit(*OUT, 300))
    refused(town, LineDiffers, IN, "platform", "union")
    town.assigned(IN, "platform", "platform")
    assert (500, Backing(confirmed_fen=500)) == (town.fen("bank:union"), part(town, "platform"))
    assert [] == town.held("C9", scope="platform")
    town.assigned(OUT, "platform", "platform")
    assert (200, Backing(confirmed_fen=200)) == (town.fen("bank:union"), part(town, "platform"))
    assert [("platform", "platform", True)] * 2 == [kind(town, IN), kind(town, OUT)]


def test_a_credit_without_an_id_is_the_return_of_the_order_that_bank_and_union_name(paid: Town) -> None:
    anna = order_of(paid, ANNA)
    paid.book(
        aug(12),
        debit(aug(12), "B1", 5000, anna),
        credit(aug(12), "B2", 5000, own_text=True),
        credit(aug(12), "B3", 2000, own_text=True),
    )
    for what, number in (("employer", "E001"), ("platform", "platform")):
        refused(paid, LineDiffers, (aug(12), "B2"), what, number)
    refused(paid, PaymentOrderDiffers, (aug(12), "B3"), "order", order_of(paid, BO))  # it has not left
    paid.assigned((aug(12), "B2"), "order", anna)
    assert (PaymentOrderState.RETURNED, 5000, (2000, 0)) == (
        paid.get(payment_orders, anna).state,
        paid.fen(f"returned:{ANNA}"),
        waits(paid),
    )
    assert ("return", anna, True) == kind(paid, (aug(12), "B2"))


def test_a_return_that_bears_an_id_is_that_orders_and_no_other(paid: Town) -> None:
    anna, bo = order_of(paid, ANNA), order_of(paid, BO)
    paid.book(
        aug(12),
        debit(aug(12), "B1", 5000, anna),
        debit(aug(12), "B2", 2000, bo),
        credit(aug(12), "B3", 1990, order=bo, returned="AC04"),
    )
    refused(paid, LineDiffers, (aug(12), "B3"), "order", anna)
    paid.assigned((aug(12), "B3"), "order", bo)
    assert (2000, "AC04") == (paid.fen(f"returned:{BO}"), paid.get(payment_orders, bo).reason)


@pytest.mark.parametrize("fee_fen", [0, 1, 140])
def test_what_the_bank_kept_of_a_return_is_the_platforms_and_the_worker_has_all(paid: Town, fee_fen: int) -> None:
    """The platform has a swept fee of 1.40."""
    anna = order_of(paid, ANNA)
    paid.book(aug(12), debit(aug(12), "B1", 5000, anna), credit(aug(12), "B2", 5000 - fee_fen, returned="AC04"))
    before = part(paid)
    paid.assigned((aug(12), "B2"), "order", anna)
    assert (5000, before.confirmed_fen + 5000, 0) == (
        paid.fen(f"returned:{ANNA}"),
        part(paid).confirmed_fen,
        part(paid).shortfall_fen,
    )
    assert Backing(confirmed_fen=140 - fee_fen) == part(paid, "platform")


def test_no_credit_is_the_return_of_more_than_it_and_the_platforms_money_make_whole(paid: Town) -> None:
    """Bank and union together would else call one fen the return of a wage, and have it paid again by others."""
    anna = order_of(paid, ANNA)
    paid.book(
        aug(12),
        debit(aug(12), "B1", 5000, anna),
        *(credit(aug(12), f"D{fen}", fen) for fen in (1, 4859, 4860, 5001)),
    )
    for fen in (1, 4859, 5001):
        refused(paid, LineDiffers, (aug(12), f"D{fen}"), "order", anna)
    paid.assigned((aug(12), "D4860"), "order", anna)
    assert 5000 == paid.fen(f"returned:{ANNA}")


def test_a_credit_is_an_attested_deposit_under_another_reference(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.go(aug(12))
    place = town.deposit(5300, booking="D9")
    town.paid(RUN)
    town.book(aug(12), credit(aug(12), "B7", 5300), credit(aug(12), "B8", 5299))
    assert (200, 5100) == (town.fen("blocked:E001"), part(town).shortfall_fen)
    refused(town, LineDiffers, (aug(12), "B8"), "deposit", "2026-08-12/D9")
    refused(town, Unknown, (aug(12), "B7"), "deposit", "2026-08-12/D8")
    town.do(ReverseDeposit, **place_of(place), reason="not on our books")
    town.assigned((aug(12), "B7"), "deposit", "2026-08-12/D9")
    assert (200, Backing(confirmed_fen=5300)) == (town.fen("employer:E001"), part(town))
    assert (("deposit", "E001", True), "confirmed", Transit()) == (
        kind(town, (aug(12), "B7")),
        town.get(attestations, CUSTODY, *place).state,
        town.get(transits, CUSTODY),
    )
    refused(town, WrongState, (aug(12), "B8"), "deposit", "2026-08-12/D9")


def test_a_credit_that_names_its_payer_is_no_other_employers_and_a_slip_is_anybodys(town: Town) -> None:
    town.go(aug(3))
    town.do(AttestDeposit, **place_of((aug(3), "D9")), employer_no="E001", amount_fen=1000)
    town.book(aug(3), credit(*IN, 1000, "E009"), credit(aug(3), "B2", 1000, "E0001"))
    town.do(AddEmployer, employer="E009")
    for what, number in (("employer", "E001"), ("deposit", "2026-08-03/D9"), ("platform", "platform")):
        refused(town, LineDiffers, IN, what, number)
    town.assigned((aug(3), "B2"), "deposit", "2026-08-03/D9")
    town.assigned(IN, "employer", "E009")
    assert (1000, 1000) == (town.fen("employer:E001"), town.fen("employer:E009"))


# Debits


def test_a_debit_without_an_id_is_the_payment_that_bank_and_union_name_and_what_is_more_the_banks_fee(
    paid: Town,
) -> None:
    anna = order_of(paid, ANNA)
    before = part(paid)
    paid.book(aug(12), debit(*OUT, 5010), debit(aug(12), "B2", 4999))
    refused(paid, LineDiffers, (aug(12), "B2"), "order", anna)
    paid.assigned(OUT, "order", anna)
    assert (PaymentOrderState.SETTLED, "2026-08-03/B1") == (
        paid.get(payment_orders, anna).state,
        paid.get(payment_orders, anna).booking,
    )
    assert Backing(confirmed_fen=before.confirmed_fen - 5000, pending_fen=2000) == part(paid)
    assert (Backing(confirmed_fen=130), ("payout", anna, True)) == (part(paid, "platform"), kind(paid, OUT))


def test_a_debit_that_bears_an_id_is_no_other_orders_payment(paid: Town) -> None:
    anna, bo = order_of(paid, ANNA), order_of(paid, BO)
    paid.book(aug(12), debit(aug(12), "B1", 2010, anna))
    refused(paid, LineDiffers, (aug(12), "B1"), "order", bo)


def test_an_order_is_paid_once_whatever_is_said_between_proposal_and_agreement(paid: Town) -> None:
    anna = order_of(paid, ANNA)
    paid.book(aug(12), debit(*OUT, 5000), debit(aug(12), "B2", 5000))
    first, second = (said(paid, line, "order", anna) for line in (OUT, (aug(12), "B2")))
    paid.do(AgreeLine, **first)
    paid.refused(PaymentOrderDiffers, AgreeLine, **second)
    refused(paid, PaymentOrderDiffers, (aug(12), "B2"), "order", anna)
    refused(paid, Unknown, (aug(12), "B2"), "order", "LX26081200")


def test_an_order_that_was_not_accepted_or_was_cancelled_is_no_debits(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.book(aug(3), credit(aug(3), "D0", 20_000, "E001"))
    town.paid(RUN)
    (order,) = town.held("C1", scope="run", run=RUN)
    town.leave("C1", accepted=False)
    town.book(aug(12), debit(aug(12), "B1", 5000, order))
    refused(town, PaymentOrderDiffers, (aug(12), "B1"), "order", order)


@pytest.mark.parametrize("fee_fen", [100, 140, 141])
def test_the_banks_fee_is_paid_of_interest_then_of_service_fees_and_then_lacks_to_the_platform(
    paid: Town, fee_fen: int
) -> None:
    before = part(paid)
    paid.book(aug(12), debit(aug(12), "B1", fee_fen), credit(aug(12), "D1", 30))
    paid.assigned((aug(12), "D1"), "platform", "platform")
    paid.assigned((aug(12), "B1"), "platform", "platform")
    assert (0, 170 - fee_fen) == (paid.fen("bank:union"), paid.fen("fee:union"))
    assert (before, 0) == (part(paid), part(paid, "platform").shortfall_fen)


def test_a_fee_that_the_platform_cannot_pay_stops_its_own_payouts_and_nobodys_wages(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.deducted("DE001-1", 200)
    town.book(aug(3), credit(aug(3), "D0", 5100, "E001"), debit(*OUT, 130))
    town.assigned(OUT, "platform", "platform")
    assert Backing(confirmed_fen=-130, shortfall_fen=130) == part(town, "platform")
    town.paid(RUN)
    town.instructed("C1", scope="run", run=RUN)
    town.do(SweepRun, run=RUN)  # its service fee of 1.00 is the first to replenish it
    assert (0, Backing(confirmed_fen=170, shortfall_fen=30)) == (town.fen("fee:union"), part(town, "platform"))
    town.held("C2", scope="platform")
    refusal = town.refused(PayoutsStopped, InstructCashOut, **town.instruction("C2"))
    assert {"owner": "platform", "shortfall_fen": 30} == refusal.facts
    town.book(aug(13), credit(aug(13), "D2", 150))
    town.assigned((aug(13), "D2"), "platform", "platform")
    assert (120, Backing(confirmed_fen=320)) == (town.fen("bank:union"), part(town, "platform"))
    town.leave("C2")


def test_a_debit_that_undoes_an_employers_credit_leaves_it_what_was_spent_as_its_shortfall(paid: Town) -> None:
    paid.book(aug(12), debit(aug(12), "B1", 9300), debit(aug(12), "B2", 9299))
    refused(paid, LineDiffers, (aug(12), "B2"), "line", "2026-08-03/D0")
    refused(paid, LineDiffers, (aug(12), "B1"), "line", "2026-08-12/B2")  # both go the same way
    agreed = said(paid, (aug(12), "B1"), "line", "2026-08-03/D0")
    free_fen = paid.fen("employer:E001")
    paid.do(AgreeLine, **agreed)
    paid.do(ConsentLine, employer="E001", **agreed)
    assert (0, 9300 - free_fen) == (paid.fen("employer:E001"), part(paid).shortfall_fen)
    refused(paid, LineDiffers, (aug(12), "B2"), "line", "2026-08-03/D0")  # undone already


def test_a_debit_and_a_credit_of_nobody_undo_each_other(town: Town) -> None:
    town.book(aug(3), credit(*IN, 1000), debit(*OUT, 1000))
    said(town, IN, "employer", "E002")
    town.assigned(OUT, "line", "2026-08-03/D1")
    assert ((0, 0), 0) == (waits(town), town.get(custodies, CUSTODY).supply_fen)
    town.refused(WrongState, AgreeLine, **place_of(IN), digest="0" * 64)  # what was said of it is gone


def test_a_credit_gives_back_part_of_a_debit_and_the_rest_still_waits(town: Town) -> None:
    town.book(
        aug(3), debit(*OUT, 1000), *(credit(aug(3), f"D{fen}", fen) for fen in (300, 600, 701, 101)), opening_fen=9000
    )
    before = said(town, OUT, "platform", "platform")
    town.assigned((aug(3), "D300"), "line", "2026-08-03/B1")
    assert (700, 700) == (town.get(bookings, CUSTODY, *OUT).waiting_fen, town.get(custodies, CUSTODY).unmatched_fen)
    town.refused(WrongState, AgreeLine, **before)  # said of another sum
    refused(town, LineDiffers, (aug(3), "D701"), "line", "2026-08-03/B1")
    town.assigned((aug(3), "D600"), "line", "2026-08-03/B1")
    refused(town, LineDiffers, (aug(3), "D101"), "line", "2026-08-03/B1")
    town.assigned(OUT, "platform", "platform")
    assert (Backing(confirmed_fen=-100, shortfall_fen=100), 0) == (
        part(town, "platform"),
        town.get(custodies, CUSTODY).unmatched_fen,
    )


def test_a_debit_of_which_part_was_given_back_is_no_payment(paid: Town) -> None:
    anna = order_of(paid, ANNA)
    paid.book(aug(12), debit(aug(12), "B1", 5100), credit(aug(12), "D1", 100))
    paid.assigned((aug(12), "D1"), "line", "2026-08-12/B1")
    refused(paid, LineDiffers, (aug(12), "B1"), "order", anna)


@pytest.mark.parametrize(
    ("what", "number", "refusal"),
    [
        ("line", "B1", LineDiffers),
        ("line", "2026-08-03/", LineDiffers),
        ("line", "2026-13-03/B1", LineDiffers),
        ("line", "20260803/B1", LineDiffers),
        ("line", "2026-W32-1/B1", LineDiffers),
        ("line", "2026-08-03/b1", LineDiffers),
        ("line", "2026-08-03/B1/B2", LineDiffers),
        ("line", "2026-08-03/B9", Unknown),
        ("deposit", "2026-08-03/B1/B2", LineDiffers),
        ("order", "LX26/0812", Unknown),
        ("employer", "E001/", Unknown),
        ("platform", "platform/", Unknown),
    ],
)
def test_what_a_target_names_has_one_form(town: Town, what: str, number: str, refusal: type[Refusal]) -> None:
    town.book(aug(3), credit(*IN, 1000), debit(*OUT, 1000))
    refused(town, refusal, IN, what, number)


def test_what_no_statement_has_is_nothing(town: Town) -> None:
    town.book(aug(3), credit(*IN, 1000, "E001"))
    refused(town, Unknown, OUT, "platform", "platform")
    refused(town, WrongState, IN, "platform", "platform")
    town.refused(Unknown, AgreeLine, **place_of(OUT), digest="0" * 64)


# What banks undo of their own


def test_while_a_second_debit_of_an_order_waits_a_credit_of_its_id_is_not_its_return_for_certain(paid: Town) -> None:
    """The bank pays twice, and gives the second one back: the worker has the wage."""
    anna = order_of(paid, ANNA)
    twice, back = debit(aug(12), "B2", 5000, anna), credit(aug(12), "B3", 5000, order=anna, returned="reversal")
    paid.book(aug(12), debit(aug(12), "B1", 5000, anna), twice, back)
    assert [("payout", anna, False), *[("waiting", None, False)] * 2] == [
        kind(paid, (aug(12), f"B{number}")) for number in (1, 2, 3)
    ]
    paid.assigned((aug(12), "B3"), "line", "2026-08-12/B2")
    assert (PaymentOrderState.SETTLED, 0) == (
        paid.get(payment_orders, anna).state,
        paid.get(unmatched_debits, anna).count,
    )
    paid.book(aug(13), credit(aug(13), "B4", 5000, order=anna, returned="AC04"))
    assert ("return", anna, False) == kind(paid, (aug(13), "B4"))


def test_a_return_that_the_bank_takes_back_is_the_payment_again_while_the_wage_was_not_paid_again(paid: Town) -> None:
    anna, bo = order_of(paid, ANNA), order_of(paid, BO)
    paid.book(aug(12), debit(aug(12), "B1", 5000, anna), credit(aug(12), "B2", 5000, order=anna, returned="AC04"))
    before = part(paid)
    paid.book(
        aug(13),
        debit(aug(13), "B3", 5000, anna, returned="reversal"),
        debit(aug(13), "B4", 5000, bo, returned="reversal"),
        debit(aug(13), "B5", 5000, returned="reversal"),
    )
    for booking in ("B4", "B5"):
        refused(paid, LineDiffers, (aug(13), booking), "line", "2026-08-12/B2")
    paid.assigned((aug(13), "B3"), "line", "2026-08-12/B2")
    assert (PaymentOrderState.SETTLED, 0) == (paid.get(payment_orders, anna).state, paid.fen(f"returned:{ANNA}"))
    assert (before.confirmed_fen - 5000, 0) == (part(paid).confirmed_fen, part(paid).came_back_fen)


def test_a_return_whose_wage_was_paid_again_is_not_taken_back(paid: Town) -> None:
    anna = order_of(paid, ANNA)
    paid.book(aug(12), debit(aug(12), "B1", 5000, anna), credit(aug(12), "B2", 5000, order=anna, returned="AC04"))
    paid.held("C9", scope="workers", employer="E001", workers=(ANNA,), retry_of=anna)
    paid.book(aug(13), debit(aug(13), "B3", 5000, anna, returned="reversal"))
    refused(paid, LineDiffers, (aug(13), "B3"), "line", "2026-08-12/B2")


@pytest.mark.parametrize("mark", ["退回", "reversal", None])
def test_a_fee_that_the_bank_gives_back_undoes_the_fee(paid: Town, mark: str | None) -> None:
    paid.book(aug(12), debit(aug(12), "B1", 100))
    paid.assigned((aug(12), "B1"), "platform", "platform")
    before = part(paid, "platform")
    paid.book(aug(13), credit(aug(13), "B2", 100, returned=mark), credit(aug(13), "B3", 99, returned="退回"))
    refused(paid, LineDiffers, (aug(13), "B3"), "line", "2026-08-12/B1")
    paid.assigned((aug(13), "B2"), "line", "2026-08-12/B1")
    assert (before.confirmed_fen + 100, 100) == (part(paid, "platform").confirmed_fen, paid.fen("bank:union"))
    assert ("undone", "2026-08-13/B2", True) == kind(paid, (aug(12), "B1"))


def test_taxes_do_not_make_a_small_credit_the_return_of_a_large_wage(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10, BO: 20})
    town.deducted("DE001-1", 5000, BO)
    town.book(aug(3), credit(aug(3), "D0", 15_300, "E001"))
    town.go(aug(12))
    town.paid(RUN)
    town.instructed("C1", scope="run", run=RUN)
    town.do(SweepRun, run=RUN)
    anna = order_of(town, ANNA)
    town.book(aug(12), debit(aug(12), "B1", 5000, anna), credit(aug(12), "B2", 1))
    refused(town, LineDiffers, (aug(12), "B2"), "order", anna)


# A line of several things


def parts(town: Town, line: Place) -> dict[str, tuple[str, str | None, bool]]:
    day, name = line
    numbers = (f"{name}~{number}" for number in range(1, 100))
    return {
        each: kind(town, (day, each))
        for each in numbers
        if town.engine.read(bookings.key(CUSTODY, day, each)) is not None
    }


def test_an_opening_balance_of_several_owners_is_split_and_each_part_ends_where_it_belongs(town: Town) -> None:
    town.book(aug(3), opening_fen=1000)
    opening = (aug(3), OPENING)
    town.split(opening, 600, 300, 100)
    assert ("parts", None, True) == kind(town, opening)
    waiting = ("waiting", None, False)
    assert {f"{OPENING}~{number}": waiting for number in (1, 2, 3)} == parts(town, opening)
    assert ((1000, 0), 1000) == (waits(town), town.get(custodies, CUSTODY).balance_fen)
    for number, what, whose in ((1, "employer", "E001"), (2, "employer", "E002"), (3, "platform", "platform")):
        town.assigned((aug(3), f"{OPENING}~{number}"), what, whose)
    assert (600, 300, 100, (0, 0)) == (
        *(town.fen(name) for name in ("employer:E001", "employer:E002", "bank:union")),
        waits(town),
    )


def test_a_debit_for_several_payments_is_split_into_them(paid: Town) -> None:
    anna, bo = order_of(paid, ANNA), order_of(paid, BO)
    paid.book(aug(12), debit(*OUT, 7010))
    paid.split(OUT, 5000, 2010)
    paid.split((aug(3), "B1~2"), 2000, 10)
    paid.assigned((aug(3), "B1~1"), "order", anna)
    paid.assigned((aug(3), "B1~2~1"), "order", bo)
    paid.assigned((aug(3), "B1~2~2"), "platform", "platform")
    assert [(PaymentOrderState.SETTLED, f"2026-08-03/B1~{part}") for part in ("1", "2~1")] == [
        (order.state, order.booking) for order in (paid.get(payment_orders, number) for number in (anna, bo))
    ]
    paid.book(aug(13), credit(aug(13), "B3", 2000, order=bo, returned="AC04"))
    assert (PaymentOrderState.RETURNED, (0, 0)) == (paid.get(payment_orders, bo).state, waits(paid))


def test_a_part_bears_the_marks_of_its_line(paid: Town) -> None:
    anna = order_of(paid, ANNA)
    paid.book(
        aug(12),
        debit(aug(12), "B1", 5000, anna),
        debit(aug(12), "B2", 5000, anna),
        credit(aug(12), "B3", 2000, own_text=True),
    )
    paid.split((aug(12), "B3"), 1500, 500)
    for part in ("B3~1", "B3~2"):
        refused(paid, LineDiffers, (aug(12), part), "employer", "E001")
        refused(paid, LineDiffers, (aug(12), part), "platform", "platform")
    paid.split((aug(12), "B2"), 4000, 1000)
    assert 2 == paid.get(unmatched_debits, anna).count
    for part in ("B2~1", "B2~2"):
        paid.assigned((aug(12), part), "platform", "platform")
    assert 0 == paid.get(unmatched_debits, anna).count


@pytest.mark.parametrize(
    "target",
    [
        Target("parts", "", ()),
        Target("parts", "", (1000,)),
        Target("parts", "", (500, 499)),
        Target("parts", "", (500, 501)),
        Target("parts", "2", (500, 500)),
        Target("employer", "E001", (500, 500)),
        Target("employer", "E001", (1000,)),
    ],
)
def test_parts_are_two_or_more_and_sum_to_what_waits(town: Town, target: Target) -> None:
    town.book(aug(3), credit(*IN, 1000))
    town.refused(LineDiffers, AssignLine, **place_of(IN), target=target)
    refused(town, Unknown, IN, "employer", "")


def test_what_waits_of_a_debit_is_split_and_a_part_no_more_than_four_times(town: Town) -> None:
    town.book(aug(3), debit(*OUT, 1000), credit(aug(3), "D1", 700, "E001"), credit(aug(3), "D2", 300))
    town.assigned((aug(3), "D2"), "line", "2026-08-03/B1")
    town.refused(LineDiffers, AssignLine, **place_of(OUT), target=Target("parts", "", (500, 500)))
    name = "B1"
    for fen in (700, 699, 698, 697):
        town.split((aug(3), name), fen - 1, 1)
        name += "~1"
    town.refused(LineDiffers, AssignLine, **place_of((aug(3), name)), target=Target("parts", "", (695, 1)))
    assert (0, 700) == waits(town)


def test_a_part_is_no_line_of_a_statement_and_a_split_line_ends_no_more(town: Town) -> None:
    town.book(aug(3), credit(*IN, 1000))
    agreed = said(town, IN, "employer", "E001")
    town.split(IN, 400, 600)
    town.refused(HashDiffers, AgreeLine, **agreed)
    refused(town, WrongState, IN, "employer", "E001")
    for name in ("D1~1", "D1~3", "D9~1"):
        town.refused(BookingDiffers, BookStatement, **town.statement(aug(4), credit(aug(4), name, 400)))
    town.book(aug(4), debit(aug(4), "B1", 1000))
    refused(town, LineDiffers, (aug(4), "B1"), "line", "2026-08-03/D1")


# What an employer gets back


def test_an_employer_gets_its_own_money_back_with_its_consent_and_nobody_elses(town: Town) -> None:
    town.book(aug(3), credit(*IN, 1000, "E001"), credit(aug(3), "D2", 1000, "E002"), debit(*OUT, 300))
    refused(town, Unknown, OUT, "employer", "E009")
    agreed = said(town, OUT, "employer", "E001")
    town.refused(LineDiffers, ConsentLine, employer="E002", **agreed)
    assert "waiting" == town.do(AgreeLine, **agreed).kind
    assert "refund" == town.do(ConsentLine, employer="E001", **agreed).kind
    assert (700, 1000, (0, 0)) == (town.fen("employer:E001"), town.fen("employer:E002"), waits(town))
    assert (Backing(confirmed_fen=700), ("refund", "E001", True)) == (part(town), kind(town, OUT))


def test_what_an_employer_gets_back_beyond_what_is_unspent_is_its_shortfall_alone(paid: Town) -> None:
    left_fen = paid.fen("employer:E001")
    paid.book(aug(12), debit(*OUT, left_fen + 500))
    paid.do(ConsentLine, employer="E001", **said(paid, OUT, "employer", "E001"))
    paid.do(AgreeLine, **paid.agreement(OUT))
    assert (500, 0) == (part(paid).shortfall_fen, part(paid, "E002").shortfall_fen)


@pytest.mark.parametrize("mark", ["reversal", None])
def test_what_an_employer_gave_back_to_the_account_is_its_own_again(town: Town, mark: str | None) -> None:
    town.book(aug(3), credit(*IN, 1000, "E001"), debit(*OUT, 300))
    town.do(ConsentLine, employer="E001", **said(town, OUT, "employer", "E001"))
    town.do(AgreeLine, **town.agreement(OUT))
    town.book(aug(4), credit(aug(4), "D3", 300, returned=mark), credit(aug(4), "D4", 299, returned=mark))
    refused(town, LineDiffers, (aug(4), "D4"), "line", "2026-08-03/B1")
    town.assigned((aug(4), "D3"), "line", "2026-08-03/B1")
    assert (1000, Backing(confirmed_fen=1000)) == (town.fen("employer:E001"), part(town))
    assert ("undone", "2026-08-04/D3", True) == kind(town, OUT)


def test_lines_that_no_statement_has_are_undone_by_a_correcting_statement_which_the_true_ones_follow(
    town: Town,
) -> None:
    town.book(aug(3), credit(*IN, 1000, "E001"))
    town.refused(StatementGap, BookStatement, **town.statement(aug(4), opening_fen=0))
    town.book(aug(3), debit(*OUT, 1000))
    town.do(ConsentLine, employer="E001", **said(town, OUT, "line", "2026-08-03/D1"))
    town.do(AgreeLine, **town.agreement(OUT))
    assert (0, Backing(), (0, 0)) == (town.fen("employer:E001"), part(town), waits(town))
    town.book(aug(4), credit(aug(4), "D2", 500, "E001"), opening_fen=0)
    assert 500 == town.fen("employer:E001")


# What is said to take an employer's money covers no payout of it


def test_what_the_bank_says_takes_an_employers_money_is_claimed_until_it_says_otherwise_or_it_ends(town: Town) -> None:
    town.book(aug(3), credit(*IN, 1000, "E001"), credit(aug(3), "D2", 700), debit(*OUT, 1000))

    def claimed() -> tuple[int, int]:
        return part(town).claimed_fen, part(town, "E002").claimed_fen

    for what, number, expected in (
        ("line", "2026-08-03/D1", (1000, 0)),
        ("employer", "E002", (0, 1000)),
        ("platform", "platform", (0, 0)),
        ("employer", "E001", (1000, 0)),
    ):
        said(town, OUT, what, number)
        assert expected == claimed()
    town.assigned((aug(3), "D2"), "line", "2026-08-03/B1")  # what is left of the debit is to be said anew
    assert ((0, 0), None) == (claimed(), town.get(bookings, CUSTODY, *OUT).proposal)
    agreed = said(town, OUT, "employer", "E001")
    assert (300, 0) == claimed()
    town.do(AgreeLine, **agreed)
    assert (300, 0) == claimed()
    town.do(ConsentLine, employer="E001", **agreed)
    assert ((0, 0), 700) == (claimed(), town.fen("employer:E001"))


def test_an_employer_is_charged_from_the_union_on_where_the_credit_became_its_own_meanwhile(town: Town) -> None:
    town.book(aug(3), credit(*IN, 1000), debit(*OUT, 1000))
    agreed = said(town, OUT, "line", "2026-08-03/D1")
    town.assigned(IN, "employer", "E001")
    assert 0 == part(town).claimed_fen
    town.do(AgreeLine, **agreed)
    assert 1000 == part(town).claimed_fen
