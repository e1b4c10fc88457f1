"""What banks' statements really are like, and what a teller may try with them: whose the money is in the end."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from consortium import House, rehearsal
from lxr.chaincode.cashout_records import PaymentOrderState, payment_orders
from lxr.chaincode.custody_records import attestations, backings
from lxr.chaincode.lines import Target
from lxr.chaincode.period import ClosePeriod
from lxr.chaincode.refusals import NotCovered
from lxr.node.invariants import check
from lxr.settlement.bank import deposits, waiting_lines
from lxr.settlement.bank.cashout import OrderView
from lxr.settlement.bank.model import Entry
from lxr.settlement.bank.reconcile import reconcile
from lxr.settlement.lookups import account_fen
from lxr.settlement.pay import payday
from parties import CUSTODY
from treasury import DAY_FEN, PAYDAY, bring, entry, in_transit, instructed, paid, payouts, statement, worked

NUMBER = "CE001-20260915"
DEPOSIT_FEN = 10_000_000
NEXT_DAY = PAYDAY + timedelta(days=1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


class Bank:
    """Statements of a house that follow each other."""

    def __init__(self, house: House, directory: Path) -> None:
        self.house, self.directory = house, directory
        self.paths: list[Path] = []
        self.closing_fen = 0

    def says(self, day: date, *lines: Entry) -> None:
        """A statement of that day, with what was attested before."""
        earlier = in_transit(self.house)
        number = len(self.paths) + 1
        path = statement(self.directory, lines, sequence=number, day=day, opening_fen=self.closing_fen, earlier=earlier)
        self.closing_fen += sum(line.signed_fen for line in (*earlier, *lines))
        self.paths.append(path)
        bring(self.house, path)

    def assigned(self, day: date, ref: str, what: str, number: str) -> None:
        """Bank and union say what a waiting line is."""
        target = Target(what, number)  # type: ignore[arg-type]
        waiting_lines.assign(self.house.teller, CUSTODY, day, ref, target)
        waiting_lines.agree(self.house.treasurer, CUSTODY, day, ref)

    def breaks(self) -> list[tuple[str, str]]:
        assert [] == check(self.house.ledger.scan)
        return [(each.kind, each.reference) for each in reconcile(self.house.treasurer, CUSTODY, self.paths).breaks]

    def fen(self, name: str) -> int:
        return account_fen(self.house.treasurer, name)


@pytest.fixture
def bank(house: House, tmp_path: Path) -> Bank:
    folder = tmp_path / "statements"
    folder.mkdir()
    return Bank(house, folder)


def given(house: House, workers: int = 2) -> tuple[OrderView, ...]:
    """A payday whose orders the bank has accepted."""
    paid(house, house.employ(workers))
    return instructed(house, NUMBER)


BACK: dict[str, tuple[bool, dict[str, Any], int, str]] = {
    "no code and no id": (False, {"remittance": "退汇 wages E001-20260915"}, 0, "waiting"),
    "no code, with the id": (True, {"remittance": "退汇 wages E001-20260915"}, 0, "return"),
    "a code and no id": (False, {"remittance": "wages E001-20260915", "return_reason": "AC04"}, 0, "waiting"),
    "less a fee": (True, {"remittance": "wages E001-20260915", "return_reason": "AC04"}, 50, "waiting"),
    "other words": (True, {"remittance": "退汇 户名不符"}, 0, "return"),
    "the employer's number alone": (True, {"remittance": "E001"}, 0, "return"),
    "the employer's number and the bank's word": (False, {"remittance": "退回 E001"}, 0, "waiting"),
}


@pytest.mark.parametrize("how", BACK)
def test_a_wage_that_comes_back_is_the_workers_or_waits_and_never_an_employers(
    house: House, bank: Bank, how: str
) -> None:
    with_id, fields, kept_fen, kind = BACK[how]
    order, other = given(house)
    bank.says(PAYDAY, *payouts([order, other]))
    before_fen = bank.fen("employer:E001")
    back = entry("R1", order.amount_fen - kept_fen, True, order.order if with_id else None)
    bank.says(NEXT_DAY, replace(back, **fields))
    if kind == "waiting":
        assert [("waiting", f"{NEXT_DAY}/R1")] == bank.breaks()
        assert 0 == bank.fen(f"returned:{order.worker}")
        payday.sweep(house.treasurer, "E001-20260915")  # the platform bears what the bank kept, of its fees
        bank.assigned(NEXT_DAY, "R1", "order", order.order)
    assert [] == bank.breaks()
    assert 2 * DAY_FEN == bank.fen(f"returned:{order.worker}")
    assert before_fen == bank.fen("employer:E001")
    assert PaymentOrderState.RETURNED == house.treasurer.need(payment_orders, order.order).state


def test_the_newest_line_first_loses_no_return(house: House, bank: Bank) -> None:
    order, other = given(house)
    bank.says(PAYDAY, entry("A1", order.amount_fen, True, order.order, "AC04"), *payouts([order, other]))
    assert [] == bank.breaks()
    assert 2 * DAY_FEN == bank.fen(f"returned:{order.worker}")


def test_a_payment_without_its_end_to_end_id_is_found_by_another_id_or_by_hand(house: House, bank: Bank) -> None:
    first, second, third = given(house, 3)
    bank.says(
        PAYDAY,
        replace(entry("P1", first.amount_fen, False), instruction_id=first.order),
        replace(entry("P2", second.amount_fen, False), remittance=f"wages {second.order}"),
        entry("P3", third.amount_fen, False),
    )
    assert [("waiting", f"{PAYDAY}/P3")] == bank.breaks()
    bank.assigned(PAYDAY, "P3", "order", third.order)
    assert [] == bank.breaks()
    assert {PaymentOrderState.SETTLED} == {
        house.treasurer.need(payment_orders, each.order).state for each in (first, second, third)
    }


def test_a_fee_stops_no_wages_interest_pays_it_and_the_month_closes(house: House, bank: Bank) -> None:
    worked(house, house.employ(1))
    bank.says(PAYDAY, entry("D1", DEPOSIT_FEN, True, "E001D1"), entry("F1", 100, False, remittance="手续费"))
    assert [("waiting", f"{PAYDAY}/F1")] == bank.breaks()
    payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    (order,) = instructed(house, NUMBER)  # nobody knows the debit yet
    bank.says(NEXT_DAY, *payouts([order]))
    bank.assigned(PAYDAY, "F1", "platform", "platform")
    assert [("short", "platform")] == bank.breaks()  # neither interest nor a service fee is there yet
    last = date(2026, 9, 30)
    bank.says(last, entry("I1", 137, True, remittance="结息"))
    assert {("waiting", f"{last}/I1"), ("short", "platform")} == set(bank.breaks())
    bank.assigned(last, "I1", "platform", "platform")
    assert ([], 37) == (bank.breaks(), bank.fen("bank:union"))
    payday.sweep(house.treasurer, NUMBER.removeprefix("C"))
    for period, day in (("2026-08", date(2026, 9, 30)), ("2026-09", date(2026, 10, 1))):
        house.clock.go(day)
        house.treasurer.submit(ClosePeriod(request_id=f"close-{period}", period=period, custody=CUSTODY))
        house.countersign(period, "bank")


def test_an_account_with_a_past_begins_with_what_it_has_and_whose_it_is(house: House, bank: Bank) -> None:
    house.employ(1)
    bank.closing_fen = 10_000
    bank.says(PAYDAY, entry("D1", 50_000, True, "E001D1"))
    assert [("waiting", f"{PAYDAY}/OPENING-BALANCE")] == bank.breaks()
    bank.assigned(PAYDAY, "OPENING-BALANCE", "platform", "platform")
    assert ([], 50_000, 10_000) == (bank.breaks(), bank.fen("employer:E001"), bank.fen("bank:union"))


def test_words_of_a_payer_make_nothing_good_that_the_bank_has_taken(house: House, bank: Bank) -> None:
    house.employ(1)
    bank.says(PAYDAY, entry("B1", 50_000, True, "E001DAAA"))
    bank.says(NEXT_DAY, entry("B2", 20_000, False))
    bank.says(NEXT_DAY + timedelta(days=1), entry("B3", 20_000, True, "E001DBBB", remittance="E001 arrears made good"))
    assert 70_000 == bank.fen("employer:E001")
    assert [("waiting", f"{NEXT_DAY}/B2")] == bank.breaks()


@pytest.mark.parametrize("cosigned", [False, True])
def test_a_deposit_that_never_comes_takes_no_other_employers_money(house: House, bank: Bank, *, cosigned: bool) -> None:
    """One person's word funds a payday and pays nobody; two persons' word pays until its statement is due."""
    house.employ(1, employer="E002")
    bank.says(date(2026, 9, 1), entry("B1", 1_000_000, True, "E002DAAA"))
    worked(house, house.employ(2))
    deposits.attest_deposit(house.teller, CUSTODY, PAYDAY, "GHOST", "E001", 1_000_000)
    if cosigned:
        deposits.cosign_deposit(house.client("bank", "admin"), CUSTODY, PAYDAY, "GHOST")
    payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    with pytest.raises(NotCovered, match="E001"):
        instructed(house, NUMBER, date(2026, 9, 17) if cosigned else PAYDAY)
    path = statement(bank.directory, [], sequence=2, day=date(2026, 9, 18), opening_fen=1_000_000)
    bank.paths.append(path)
    bring(house, path)
    assert {("missing", f"{PAYDAY}/GHOST"), ("short", "E001"), ("held", NUMBER)} == set(bank.breaks())
    assert (1_000_000, 0) == (bank.fen("employer:E002"), house.treasurer.need(backings, "E002").shortfall_fen)
    assert "missing" == house.treasurer.need(attestations, CUSTODY, PAYDAY, "GHOST").state


def test_a_reference_that_was_reversed_and_comes_again_for_another_employer_is_that_ones(
    house: House, bank: Bank
) -> None:
    house.employ(1, employer="E002")
    worked(house, house.employ(2))
    deposits.attest_deposit(house.teller, CUSTODY, PAYDAY, "X1", "E001", 90_000)
    payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    spent_fen = 90_000 - bank.fen("employer:E001")
    assert spent_fen > 0
    deposits.reverse_deposit(house.teller, CUSTODY, PAYDAY, "X1", "wrong")
    deposits.agree_reversal(house.treasurer, CUSTODY, PAYDAY, "X1")
    bank.says(PAYDAY, entry("X1", 100_000, True, "E002DAAA"))
    assert 100_000 == bank.fen("employer:E002")
    assert ([("short", "E001")], spent_fen) == (bank.breaks(), house.treasurer.need(backings, "E001").shortfall_fen)


def test_a_line_under_the_reference_of_a_deposit_that_another_line_was_is_not_that_deposit_too(
    house: House, bank: Bank
) -> None:
    house.employ(1)
    house.clock.go(PAYDAY)
    deposits.attest_deposit(house.teller, CUSTODY, PAYDAY, "A1", "E001", 500)
    path = statement(bank.directory, [entry("D1", 500, True)])
    bring(house, path)
    bank.assigned(PAYDAY, "D1", "deposit", f"{PAYDAY}/A1")
    bank.paths.append(path)
    again = statement(bank.directory, [entry("A1", 500, True)], sequence=2, opening_fen=500)
    bring(house, again)
    bank.paths.append(again)
    assert ([("waiting", f"{PAYDAY}/A1")], 500) == (bank.breaks(), bank.fen("employer:E001"))
