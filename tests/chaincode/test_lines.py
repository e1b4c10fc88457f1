from datetime import timedelta
from typing import Any, Final

import pytest
from msgspec.structs import replace

from lxr.chaincode.cashout_records import CashOut, CashOutState, PaymentOrder, PaymentOrderState
from lxr.chaincode.lines import Line, Target, classify, confirms, not_attested, not_undone, objection
from parties import ANNA, CUSTODY, aug, payout
from scenario.money import credit, debit

OURS, OTHER = "LX260812WGAAAAAAAAAAAA5", "LX260812WGBBBBBBBBBBBB6"
HELD, SETTLED, RETURNED, REJECTED, CANCELLED = PaymentOrderState
OPEN, PREPARED, INSTRUCTED, ACCEPTED, WITHDRAWN = CashOutState
IN, OUT = credit(aug(13), "B1", 5000), debit(aug(13), "B1", 5000)
MARKS: Final = ({"order": OURS}, {"returned": "AC04"}, {"returned": "reversal"}, {"own_text": True})


def order(state: PaymentOrderState, amount_fen: int = 5000) -> PaymentOrder:
    return PaymentOrder("C1", 0, f"worker:{ANNA}", payout(ANNA), amount_fen, state)


def cash_out(state: CashOutState) -> CashOut:
    return CashOut("run", CUSTODY, "E001", "E001-20260812", (), (0, 1), state, 0, "li")


def kind(line: Line, state: PaymentOrderState, sent: CashOutState = ACCEPTED, *, amount_fen: int = 5000) -> str:
    found, party = classify(line, order(state, amount_fen), cash_out(sent), False)
    assert (party is None) == (found == "waiting")
    return found


@pytest.mark.parametrize("state", PaymentOrderState)
@pytest.mark.parametrize("sent", CashOutState)
def test_a_line_pays_an_order_or_brings_it_back_only_once_the_bank_has_accepted_it(
    state: PaymentOrderState, sent: CashOutState
) -> None:
    accepted = sent is ACCEPTED
    assert ("payout" if accepted and state is HELD else "waiting") == kind(replace(OUT, order=OURS), state, sent)
    assert ("return" if accepted and state is SETTLED else "waiting") == kind(replace(IN, order=OURS), state, sent)


@pytest.mark.parametrize(
    ("line", "state", "amount_fen", "expected"),
    [
        (replace(OUT, order=OURS), HELD, 5001, "waiting"),
        (replace(OUT, order=OURS), HELD, 4999, "waiting"),
        (replace(OUT, order=OURS, returned="AC04"), HELD, 5000, "waiting"),
        (replace(OUT, order=OURS, own_text=True), HELD, 5000, "payout"),
        (replace(IN, order=OURS), SETTLED, 5001, "waiting"),
        (replace(IN, order=OURS, returned="AC04"), SETTLED, 5000, "return"),
        (replace(IN, order=OURS, own_text=True), SETTLED, 5000, "return"),
    ],
)
def test_a_line_that_is_not_just_its_order_waits(
    line: Line, state: PaymentOrderState, amount_fen: int, expected: str
) -> None:
    assert expected == kind(line, state, amount_fen=amount_fen)


@pytest.mark.parametrize("line", [IN, OUT, *(replace(IN, **marks) for marks in MARKS), replace(OUT, order=OURS)])
def test_a_line_of_which_the_ledger_knows_nothing_waits(line: Line) -> None:
    assert ("waiting", None) == classify(line, None, None, False)


@pytest.mark.parametrize("marks", MARKS)
def test_no_credit_that_may_be_a_payment_that_came_back_is_a_deposit(marks: dict[str, Any]) -> None:
    named = replace(IN, payer="E001")
    assert ("deposit", "E001") == classify(named, None, None, True)
    assert ("waiting", None) == classify(named, None, None, False)
    assert ("waiting", None) == classify(replace(named, **marks), None, None, True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"payer": "E001"}, True),
        ({"payer": "E002"}, False),
        ({"payer": "E001", "amount_fen": 4999}, False),
        ({"payer": "E001", "amount_fen": 5001}, False),
        ({"payer": "E001", "credit": False}, False),
        *(({"payer": "E001", **marks}, False) for marks in MARKS),
    ],
)
def test_an_attested_deposit_is_confirmed_by_its_amount_from_its_payer_without_a_mark(
    changes: dict[str, Any], expected: bool
) -> None:
    assert expected == confirms(replace(IN, **changes), "E001", 5000)


def test_a_line_is_known_by_day_and_reference_and_debits_stand_before_credits() -> None:
    lines = [IN, replace(IN, booking="A1"), replace(IN, day=IN.day - timedelta(days=1)), OUT]
    assert [lines[place] for place in (3, 2, 1, 0)] == sorted(lines, key=lambda line: line.place)
    assert ("2026-08-13/B1", 5000, -5000) == (IN.key, IN.signed_fen, OUT.signed_fen)


ORDER, EMPLOYER, PLATFORM = Target("order", OURS), Target("employer", "E001"), Target("platform", "platform")
LINE, DEPOSIT = Target("line", "2026-08-13/B2"), Target("deposit", "2026-08-13/B2")


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        (IN, {ORDER, EMPLOYER, PLATFORM, LINE, DEPOSIT}),
        (OUT, {ORDER, EMPLOYER, PLATFORM, LINE}),
        (replace(OUT, order=OURS), {ORDER, EMPLOYER, PLATFORM, LINE}),
        (replace(OUT, order=OTHER), {EMPLOYER, PLATFORM, LINE}),
        (replace(IN, order=OURS), {ORDER, LINE}),
        (replace(IN, order=OTHER), {LINE}),
        (replace(IN, returned="AC04"), {ORDER, LINE}),
        (replace(IN, own_text=True), {ORDER, LINE}),
        (replace(IN, payer="E001"), {EMPLOYER, DEPOSIT}),
        (replace(IN, payer="E002"), {DEPOSIT}),  # whose deposit it is, the ledger knows
    ],
)
def test_a_lines_own_facts_say_what_nobody_can_say_it_is(line: Line, allowed: set[Target]) -> None:
    targets = (ORDER, EMPLOYER, PLATFORM, LINE, DEPOSIT)
    assert allowed == {target for target in targets if objection(line, target, True) is None}


def test_a_payer_that_is_no_employer_of_the_ledger_is_a_slip_and_binds_nobody() -> None:
    targets = (ORDER, EMPLOYER, PLATFORM, LINE, DEPOSIT)
    assert all(objection(replace(IN, payer="E999"), target, False) is None for target in targets)


@pytest.mark.parametrize(
    ("line", "other", "problem"),
    [
        (IN, IN, "case=direction"),
        (OUT, OUT, "case=direction"),
        (IN, OUT, None),
        (OUT, IN, None),
        (replace(IN, order=OURS), OUT, "case=undone_order"),
        (replace(IN, order=OURS), replace(OUT, order=OTHER), "case=undone_order"),
        (OUT, replace(IN, order=OURS), "case=undone_order"),
        (replace(IN, order=OURS, own_text=True), replace(OUT, order=OURS), None),
        (replace(IN, own_text=True), OUT, "case=undone_marks"),
        (OUT, replace(IN, own_text=True), "case=undone_marks"),
        (replace(IN, returned="AC04"), OUT, "case=undone_marks"),
        (OUT, replace(IN, returned="AC04"), "case=undone_marks"),
        (replace(IN, returned="AC04"), replace(OUT, order=OURS), None),
        (replace(IN, returned="退汇"), OUT, None),
        (replace(IN, returned="退汇", amount_fen=4999), OUT, "credit_fen=4999, debit=2026-08-13/B1, debit_fen=5000"),
        (replace(IN, returned="reversal", amount_fen=4999), OUT, "debit_fen=5000"),
        (replace(IN, own_text=True), replace(OUT, own_text=True), None),
        (replace(IN, returned="reversal"), OUT, None),
    ],
)
def test_a_returned_wage_goes_together_with_no_debit_but_its_own_whichever_came_first(
    line: Line, other: Line, problem: str | None
) -> None:
    found = not_undone(line, other, line.amount_fen, other.amount_fen)
    assert found is None if problem is None else found is not None and problem in str(found)


@pytest.mark.parametrize(
    ("changes", "known", "allowed"),
    [
        ({}, False, True),
        ({"amount_fen": 4999}, False, False),
        ({"payer": "E001"}, True, True),
        ({"payer": "E002"}, True, False),
        ({"payer": "E999"}, False, True),
    ],
)
def test_a_line_is_an_attested_deposits_by_its_amount_and_by_no_other_payers_words(
    changes: dict[str, Any], known: bool, allowed: bool
) -> None:
    assert allowed == (not_attested(replace(IN, **changes), "E001", 5000, known) is None)
