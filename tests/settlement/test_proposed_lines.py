"""What a single waiting line is proposed to be: by its id, its account and name, the bank's code, an earlier line."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec.structs import replace

from consortium import House, rehearsal
from linedesk import NUMBER, Desk
from lxr.chaincode.cashout_records import PaymentOrderState, payment_orders
from lxr.chaincode.lines import Target
from lxr.settlement.bank import deposits, proposals, waiting_lines
from lxr.settlement.bank.desk import reject
from lxr.settlement.bank.model import Entry
from lxr.settlement.bank.payment_forms import STANDARD
from lxr.settlement.bank.statement_files import read_one
from parties import CUSTODY
from statusreports import report, transfer
from treasury import DAY_FEN, PAYDAY, bring, entry, in_transit, payouts, statement

WAGE_FEN: Final = 2 * DAY_FEN
NEXT_DAY: Final = PAYDAY + timedelta(days=1)
PAYER: Final = {"counterparty_account": "6222-0001", "counterparty_name": "甲公司"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Desk:
    return Desk(house, tmp_path / "statements")


DEBITS: Final[dict[str, tuple[dict[str, Any], bool]]] = {
    "the order's account and name": ({}, True),
    "in other widths and with blanks": ({"counterparty_account": "wide"}, True),
    "its account, and no name": ({"counterparty_name": ""}, True),
    "its account under another name": ({"counterparty_name": "王五"}, False),
    "another account": ({"counterparty_account": "6217000000000000000"}, False),
    "no account": ({"counterparty_account": ""}, False),
    "a fen less": ({"amount_fen": WAGE_FEN - 1}, False),
    "a fen more": ({"amount_fen": WAGE_FEN + 1}, False),
    "a credit": ({"credit": True}, False),
    "a debit that takes something back": ({"reversal": True}, False),
}


@pytest.mark.parametrize("how", DEBITS)
def test_a_debit_without_an_id_is_the_order_of_its_amount_and_account(desk: Desk, how: str) -> None:
    fields, proposed = DEBITS[how]
    desk.pays()
    first = desk.orders[0]
    side = desk.to(first)
    if fields.get("counterparty_account") == "wide":
        fields = {"counterparty_account": " ".join(chr(ord(each) + 0xFEE0) for each in side["counterparty_account"])}
    desk.says(PAYDAY, replace(entry("P1", WAGE_FEN, False), **{**side, **fields}))
    assert ({"P1": ("order", first.order)} if proposed else {}) == desk.certain
    desk.accepted()
    state = desk.house.treasurer.need(payment_orders, first.order).state
    assert (PaymentOrderState.SETTLED if proposed else PaymentOrderState.HELD) == state


def test_of_two_debits_alike_and_one_order_neither_is_proposed(desk: Desk) -> None:
    desk.pays()
    first, second, _ = desk.orders
    twice = [replace(entry(ref, WAGE_FEN, False), **desk.to(first)) for ref in ("P1", "P2")]
    desk.says(PAYDAY, *twice, replace(entry("P3", WAGE_FEN, False), **desk.to(second)))
    assert {"P3": ("order", second.order)} == desk.certain
    assert {("order", first.order)} == desk.open("P1") == desk.open("P2")


def test_an_order_whose_id_another_line_bears_or_that_the_bank_has_named_is_proposed_for_no_other(desk: Desk) -> None:
    desk.pays()
    first, second, _ = desk.orders
    debits = [replace(entry(f"P{n}", WAGE_FEN, False), **desk.to(each)) for n, each in enumerate((first, second), 1)]
    short = entry("P8", WAGE_FEN - 1, False, first.order)
    desk.says(PAYDAY, *debits, short, entry("P9", WAGE_FEN + 5, False))
    waiting_lines.assign(desk.house.teller, CUSTODY, PAYDAY, "P9", Target("order", second.order))
    assert {} == desk.certain
    assert {("order", first.order)} == desk.open("P1")
    assert {("order", second.order)} == desk.open("P2")


def test_nothing_is_known_by_a_payment_file_that_is_not_the_ledgers(desk: Desk) -> None:
    desk.pays()
    desk.says(PAYDAY, replace(entry("P1", WAGE_FEN, False), **desk.to(desk.orders[0])))
    (file,) = (desk.house.consortium.bank_dir / "inbox").glob("*.xml")
    file.write_bytes(file.read_bytes() + b"\n")
    assert {} == desk.found
    file.unlink()
    assert {} == desk.found


def test_no_order_is_paid_before_its_day(desk: Desk) -> None:
    desk.pays()
    early = replace(entry("P1", WAGE_FEN, False), **desk.to(desk.orders[0]))
    yesterday = PAYDAY - timedelta(days=1)
    path = statement(desk.folder, [], earlier=[*in_transit(desk.house), replace(early, booking_date=yesterday)])
    bring(desk.house, path)
    desk.statements = [read_one(path, CUSTODY).statement]
    assert {} == desk.found


@pytest.mark.parametrize(
    ("fields", "proposed"),
    [
        ({"return_reason": "AC04"}, True),
        ({"remittance": "退汇"}, True),
        ({"remittance": "wages E001-20260915"}, True),
        ({}, False),
        ({"return_reason": "AC04", "counterparty_account": "6217000000000000000"}, False),
        ({"return_reason": "AC04", "amount_fen": WAGE_FEN - 1}, False),
    ],
)
def test_a_credit_that_says_that_it_came_back_is_the_return_of_the_paid_order(
    desk: Desk, fields: dict[str, Any], proposed: bool
) -> None:
    desk.pays()
    first = desk.orders[0]
    desk.says(PAYDAY, *payouts(desk.orders[:2]))
    desk.says(NEXT_DAY, replace(entry("R1", WAGE_FEN, True), **{**desk.to(first), **fields}))
    assert ({"R1": ("order", first.order)} if proposed else {}) == desk.certain
    desk.accepted()
    state = desk.house.treasurer.need(payment_orders, first.order).state
    assert (PaymentOrderState.RETURNED if proposed else PaymentOrderState.SETTLED) == state


def test_a_return_that_came_before_its_debit_was_known_is_proposed_once_that_is_paid(desk: Desk) -> None:
    desk.pays()
    first = desk.orders[0]
    desk.says(PAYDAY, replace(entry("P1", WAGE_FEN, False), **desk.to(first)))
    desk.says(NEXT_DAY, entry("R1", WAGE_FEN, True, first.order, "AC04"))
    assert {} == desk.certain  # the return bears the id of the order that the debit may be
    waiting_lines.assign(desk.house.teller, CUSTODY, PAYDAY, "P1", Target("order", first.order))
    waiting_lines.agree(desk.house.treasurer, CUSTODY, PAYDAY, "P1")
    assert {"R1": ("order", first.order)} == desk.certain


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (PAYER, {("employer", "E001")}),
        ({**PAYER, "counterparty_name": "乙公司"}, set()),
        ({**PAYER, "counterparty_name": ""}, set()),
        ({**PAYER, "counterparty_account": "6222-0002"}, set()),
        ({**PAYER, "remittance": "退款"}, set()),
        ({**PAYER, "credit": False}, set()),
    ],
)
def test_a_credit_that_names_nobody_is_that_employers_whose_deposits_came_from_its_account_and_name(
    desk: Desk, fields: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    desk.house.employ(1)
    desk.says(PAYDAY, replace(entry("D1", 700, True, "E001D1"), **PAYER))
    desk.says(NEXT_DAY, replace(entry("D2", 900, True), **fields))
    assert expected == set(desk.certain.values())
    desk.accepted()


def test_of_two_employers_with_one_account_none_is_chosen(desk: Desk) -> None:
    desk.house.employ(1)
    desk.house.employ(1, employer="E002")
    first, second = entry("D1", 700, True, "E001D1"), entry("D2", 800, True, "E002D1")
    desk.says(PAYDAY, replace(first, **PAYER), replace(second, **PAYER))
    desk.says(NEXT_DAY, replace(entry("D3", 900, True), **PAYER))
    assert {("employer", "E001"), ("employer", "E002")} == desk.open("D3")


def test_a_late_credit_is_the_deposit_that_was_attested_and_missing_and_not_a_second_one(desk: Desk) -> None:
    desk.house.employ(1)
    desk.house.clock.go(PAYDAY)
    deposits.attest_deposit(desk.house.teller, CUSTODY, PAYDAY, "A1", "E001", 900)
    path = statement(desk.folder, [replace(entry("D1", 700, True, "E001D1"), **PAYER)])
    bring(desk.house, path)
    desk.statements, desk.closing_fen = [read_one(path, CUSTODY).statement], 700
    path = statement(desk.folder, [replace(entry("D2", 900, True), **PAYER)], sequence=2, day=NEXT_DAY, opening_fen=700)
    bring(desk.house, path)
    desk.statements.append(read_one(path, CUSTODY).statement)
    assert {"D2": ("deposit", f"{PAYDAY}/A1")} == desk.certain
    desk.accepted()


@pytest.mark.parametrize(
    ("fields", "proposed"),
    [
        ({"of_the_bank": "fee"}, True),
        ({"of_the_bank": "interest"}, True),
        ({"of_the_bank": "interest", "credit": True}, True),
        ({"of_the_bank": "fee", "credit": True}, False),
        ({"of_the_bank": "fee", "reversal": True}, False),
        ({"bank_text": "手续费"}, True),
        ({"bank_text": "结息", "credit": True}, True),
        ({"bank_text": "手续费", "counterparty_account": "6222"}, False),
        ({"bank_text": "代付手续费及其他"}, False),
        ({"remittance": "手续费"}, True),
        ({"remittance": "手续费", "counterparty_name": "张三"}, False),
        ({"remittance": "结息", "credit": True}, False),
        ({}, False),
    ],
)
def test_the_banks_fee_and_interest_are_known_by_its_own_code_or_word(
    desk: Desk, fields: dict[str, Any], proposed: bool
) -> None:
    desk.house.employ(1)
    desk.says(PAYDAY, entry("D1", 700, True, "E001D1"), replace(entry("F1", 100, False), **fields))
    assert ({"F1": ("platform", "platform")} if proposed else {}) == desk.certain
    desk.accepted()


def test_a_part_that_people_have_told_apart_is_not_what_the_file_says_of_the_whole(desk: Desk) -> None:
    desk.house.employ(1)
    desk.says(PAYDAY, entry("D1", 700, True, "E001D1"), replace(entry("F1", 100, False), of_the_bank="fee"))
    waiting_lines.assign(desk.house.teller, CUSTODY, PAYDAY, "F1", Target("parts", "", (60, 40)))
    assert {"F1": ("platform", "platform")} == desk.certain  # which the bank has not said
    waiting_lines.agree(desk.house.treasurer, CUSTODY, PAYDAY, "F1")
    assert {} == desk.found


UNKNOWN: Final = {"counterparty_account": "6222-9", "counterparty_name": "丙"}


@pytest.mark.parametrize(
    ("first", "second", "proposed"),
    [
        (entry("S1", 60, False), replace(entry("S2", 60, True), reversal=True), True),
        (entry("S1", 60, True), replace(entry("S2", 60, False), reversal=True), True),
        (replace(entry("S1", 60, False), **UNKNOWN), replace(entry("S2", 60, True), **UNKNOWN), True),
        (replace(entry("S1", 60, False), **UNKNOWN), replace(entry("S2", 60, True), **PAYER, reversal=True), False),
        (entry("S1", 60, False), entry("S2", 60, True), False),
        (entry("S1", 60, False), replace(entry("S2", 61, True), reversal=True), False),
        (entry("S1", 60, False), replace(entry("S2", 60, False), reversal=True), False),
    ],
)
def test_a_line_that_mirrors_an_earlier_one_is_its_undoing(
    desk: Desk, first: Entry, second: Entry, proposed: bool
) -> None:
    desk.house.employ(1)
    desk.says(PAYDAY, entry("D1", 700, True, "E001D1"), first)
    desk.says(NEXT_DAY, second)
    assert ({"S2": ("line", f"{PAYDAY}/S1")} if proposed else {}) == desk.certain
    desk.accepted()


def test_of_two_earlier_lines_none_is_chosen_to_be_undone(desk: Desk) -> None:
    desk.house.employ(1)
    desk.says(PAYDAY, entry("D1", 700, True, "E001D1"), entry("S1", 60, False), entry("S2", 60, False))
    desk.says(NEXT_DAY, replace(entry("S3", 60, True), reversal=True))
    assert {("line", f"{PAYDAY}/S1"), ("line", f"{PAYDAY}/S2")} == desk.open("S3")


def test_a_batch_is_booked_without_the_orders_that_the_bank_has_rejected(desk: Desk, tmp_path: Path) -> None:
    desk.pays()
    path = tmp_path / "report.xml"
    path.write_bytes(report(NUMBER, transfer(desk.orders[1].order, "RJCT", "AC04")))
    assert 1 == reject(desk.house.teller, CUSTODY, path, desk.house.consortium.bank_dir / "inbox", STANDARD)
    desk.says(PAYDAY, replace(entry("P1", 2 * WAGE_FEN, False), payment_id=NUMBER))
    assert {"P1": ("parts", "")} == desk.certain
    desk.accepted()
    assert {f"P1~{n}": ("order", desk.orders[place].order) for n, place in ((1, 0), (2, 2))} == desk.certain
    desk.accepted()
    states = [desk.house.treasurer.need(payment_orders, each.order).state for each in desk.orders]
    assert ["settled", "rejected", "settled"] == states


def test_a_batch_and_a_single_debit_that_may_pay_the_same_order_are_both_left_to_people(desk: Desk) -> None:
    desk.pays()
    single = replace(entry("P2", WAGE_FEN, False), **desk.to(desk.orders[0]))
    desk.says(PAYDAY, entry("P1", 3 * WAGE_FEN, False), single)
    assert {} == desk.certain
    assert {"P1", "P2"} == set(desk.found)


def test_what_the_bank_has_said_is_not_said_otherwise_by_accepting_proposals(desk: Desk) -> None:
    desk.pays()
    desk.says(PAYDAY, replace(entry("P1", WAGE_FEN, False), **desk.to(desk.orders[0])))
    said = Target("platform", "platform")
    waiting_lines.assign(desk.house.teller, CUSTODY, PAYDAY, "P1", said)
    found = desk.found["P1"]
    assert (said, ("order", desk.orders[0].order)) == (found.stands, desk.certain["P1"])
    assert 0 == proposals.accept(desk.house.teller, CUSTODY, [found])


@pytest.mark.parametrize(
    ("booked", "listed"),
    [
        (entry("P1", WAGE_FEN, False), True),
        (replace(entry("P1", WAGE_FEN, False), counterparty_account="6217000000000000000"), False),
        (entry("P1", WAGE_FEN + 1, False), False),
    ],
)
def test_where_the_bank_tells_no_account_the_orders_of_the_amount_are_listed_and_none_is_chosen(
    desk: Desk, booked: Entry, listed: bool
) -> None:
    desk.pays()
    desk.says(PAYDAY, booked)
    alike = [order.order for order in desk.orders if order.amount_fen == WAGE_FEN]
    assert ({"P1"} if listed else set()) == desk.found.keys()
    assert not listed or {("order", number) for number in alike} == desk.open("P1")
    assert {} == desk.certain
