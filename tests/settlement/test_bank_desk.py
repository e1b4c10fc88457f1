from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from breaksoff import Breaking, BreaksOff
from consortium import House, rehearsal
from lxr.chaincode.cashout_records import PaymentOrderState, end_to_end, payment_orders
from lxr.chaincode.custody_records import Custody, attestations, bookings, custodies
from lxr.chaincode.refusals import SameIdOtherBody
from lxr.node.invariants import check
from lxr.settlement.bank import cashout, deposits, instruction, transfers
from lxr.settlement.bank.desk import ImportReport, Sum, import_statement, reject
from lxr.settlement.bank.formats import camt053
from lxr.settlement.bank.model import Entry, Party
from lxr.settlement.bank.rejection import Rejection
from lxr.settlement.errors import InputFault
from lxr.settlement.lookups import account_fen
from lxr.settlement.pay import payday
from lxr.settlement.people.person import commitment
from lxr.settlement.rehearsal.simulator import Bank
from parties import CUSTODY
from treasury import (
    DAY_FEN,
    PAYDAY,
    UNION,
    accepted,
    approved,
    bring,
    entry,
    in_transit,
    instructed,
    noon,
    paid,
    payouts,
    statement,
    worked,
)

NUMBER = "CE001-20260915"
DEPOSIT_FEN = 10_000_000
PAYER = Party("成都某配送公司", "105100000017")
ORDER = end_to_end("CE001-20260915", "worker:W000000000001", PAYDAY, 0, 0)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def custody(house: House) -> Custody:
    return house.treasurer.need(custodies, CUSTODY)


def balance_fen(house: House, name: str) -> int:
    return account_fen(house.treasurer, name)


def book(house: House, tmp_path: Path, lines: Sequence[Entry]) -> ImportReport:
    return bring(house, statement(tmp_path, lines))


def left(house: House, workers: int = 2) -> tuple[Entry, tuple[cashout.OrderView, ...]]:
    """A payday whose cash-out the bank has accepted: the deposit's line, and the orders."""
    paid(house, house.employ(workers))
    (deposit,) = in_transit(house)
    return deposit, instructed(house, NUMBER)


def test_every_line_is_booked_as_what_it_is(house: House, tmp_path: Path) -> None:
    deposit, given = left(house, 3)
    lines = [
        entry("R1", given[0].amount_fen, True, given[0].order, "AC04"),  # before its payout: the order says nothing
        deposit,
        entry("D2", 700, True, "E001DABC"),
        entry("D3", 800, True, "X1", remittance="invoice of E001, September"),
        entry("D4", 900, True, "X2", remittance="from E001 or E002"),
        entry("D5", 950, True, "E777DABC"),
        *payouts(given),
        entry("S1", 60, False, "UNKNOWN0001"),
        entry("W1", 50, True, remittance="退汇 wages E001-20260915"),
    ]
    report = book(house, tmp_path, lines)
    assert {
        "deposit": Sum(3, DEPOSIT_FEN + 700 + 800),
        "payout": Sum(3, 6 * DAY_FEN),
        "return": Sum(1, 2 * DAY_FEN),
        "waiting": Sum(4, 900 + 950 + 60 + 50),
    } == report.kinds
    assert {f"{PAYDAY}/{ref}" for ref in ("D4", "D5", "S1", "W1")} == set(report.waiting)
    assert (1, 1, PAYDAY, 0, len(lines)) == (
        report.statement,
        report.number,
        report.day,
        report.opening_fen,
        report.entries,
    )
    assert (0, 60) == (custody(house).shortfall_fen, custody(house).unmatched_fen)
    assert 1900 == balance_fen(house, "suspense:bank")
    assert (PaymentOrderState.RETURNED, "AC04") == (
        house.treasurer.need(payment_orders, given[0].order).state,
        house.treasurer.need(payment_orders, given[0].order).reason,
    )
    assert 2 * DAY_FEN == balance_fen(house, f"returned:{given[0].worker}")
    assert [] == check(house.ledger.scan)
    assert msgspec.json.encode(report)


CASES: dict[str, tuple[list[Entry], dict[str, int]]] = {
    "a debit of another amount": ([entry("P1", 2 * DAY_FEN - 1, False, "ORDER")], {"waiting": 1}),
    "the bank pays twice": (
        [entry("P1", 2 * DAY_FEN, False, "ORDER"), entry("P2", 2 * DAY_FEN, False, "ORDER")],
        {"payout": 1, "waiting": 1},
    ),
    "it comes back twice": (
        [
            entry("P1", 2 * DAY_FEN, False, "ORDER"),
            entry("R1", 2 * DAY_FEN, True, "ORDER", "AC01"),
            entry("R2", 2 * DAY_FEN, True, "ORDER", "AC01"),
        ],
        {"payout": 1, "return": 1, "waiting": 1},
    ),
    "a return listed before the payout": (
        [entry("R1", 2 * DAY_FEN, True, "ORDER", "AC01"), entry("Z1", 2 * DAY_FEN, False, "ORDER")],
        {"payout": 1, "return": 1},
    ),
    "a return without a payout": ([entry("R1", 2 * DAY_FEN, True, "ORDER", "AC01")], {"waiting": 1}),
    "less comes back": (
        [entry("P1", 2 * DAY_FEN, False, "ORDER"), entry("R1", 2 * DAY_FEN - 50, True, "ORDER", "AC01")],
        {"payout": 1, "waiting": 1},
    ),
    "a credit with an order's id, and no code": (
        [entry("P1", 2 * DAY_FEN, False, "ORDER"), entry("D1", 2 * DAY_FEN, True, "ORDER")],
        {"payout": 1, "return": 1},
    ),
    "a credit with our own text": ([entry("D1", 30, True, remittance="wages E001-20260915")], {"waiting": 1}),
    "the bank takes its own debit back": (
        [
            entry("P1", 2 * DAY_FEN, False, "ORDER"),
            msgspec.structs.replace(entry("V1", 2 * DAY_FEN, True, "ORDER"), reversal=True),
        ],
        {"payout": 1, "return": 1},
    ),
    "the bank takes a debit of nobody back": (
        [entry("S1", 30, False), msgspec.structs.replace(entry("V1", 30, True), reversal=True)],
        {"waiting": 2},
    ),
    "the bank takes a credit back": (
        [entry("D1", 30, True, "E001D1"), msgspec.structs.replace(entry("V1", 30, False), reversal=True)],
        {"deposit": 1, "waiting": 1},
    ),
    "a payment that the bank marks as a reversal": (
        [msgspec.structs.replace(entry("P1", 2 * DAY_FEN, False, "ORDER"), reversal=True)],
        {"waiting": 1},
    ),
    "no words make anything good": (
        [entry("S1", 30, False), entry("M1", 30, True, remittance="MADE GOOD")],
        {"waiting": 2},
    ),
    "a strange end-to-end id": ([entry("S1", 30, False, "a/b é")], {"waiting": 1}),
    "an empty day": ([], {}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_line_that_does_not_fit_is_never_booked_as_if_it_did(house: House, tmp_path: Path, case: str) -> None:
    deposit, (order,) = left(house, 1)
    lines, expected = CASES[case]
    named = [
        msgspec.structs.replace(line, end_to_end_id=order.order) if line.end_to_end_id == "ORDER" else line
        for line in lines
    ]
    report = book(house, tmp_path, [deposit, *named])
    assert {**expected, "deposit": expected.get("deposit", 0) + 1} == {
        kind: total.count for kind, total in report.kinds.items()
    }
    assert [] == check(house.ledger.scan)


def test_an_order_that_was_not_instructed_is_not_paid_by_a_line(house: House, tmp_path: Path) -> None:
    paid(house, house.employ(1))
    (order,) = cashout.orders_of(house.treasurer, NUMBER)
    report = book(house, tmp_path, [*in_transit(house), *payouts([order])])
    assert (f"{PAYDAY}/P1",) == report.waiting
    assert PaymentOrderState.HELD == house.treasurer.need(payment_orders, order.order).state


def test_what_the_bank_pays_before_it_has_accepted_it_is_not_booked(house: House, tmp_path: Path) -> None:
    paid(house, house.employ(1))
    instruction.instruct(house.treasurer, house.people, NUMBER, UNION, noon(PAYDAY), PAYDAY)
    approved(house, NUMBER)
    height = house.ledger.height()
    path = statement(tmp_path, [*in_transit(house), *payouts(cashout.orders_of(house.treasurer, NUMBER))])
    with pytest.raises(InputFault, match=f"it pays orders of cash-out {NUMBER}, which the bank has not accepted"):
        bring(house, path)
    assert height == house.ledger.height()
    accepted(house, NUMBER)
    assert 1 == bring(house, path).kinds["payout"].count


def test_the_same_statement_again_gives_the_same_report_and_does_nothing(house: House, tmp_path: Path) -> None:
    deposit, given = left(house)
    path = statement(tmp_path, [deposit, *payouts(given)])
    first, height = bring(house, path), house.ledger.height()
    assert first == bring(house, path)
    assert height == house.ledger.height()


def test_a_long_statement_that_dies_after_every_block_is_finished_by_calling_again(
    house: House, tmp_path: Path
) -> None:
    deposit, given = left(house, 3)
    small = [entry(f"D{number}", 1, True, "E001D1") for number in range(620)]
    path = statement(tmp_path, [deposit, *payouts(given[:1]), *small, entry("S1", 5, False), *payouts(given[1:], "Q")])
    seen: list[tuple[int, int]] = []
    for _ in range(3):
        with pytest.raises(BreaksOff):
            import_statement(house.teller.on(Breaking(house.ledger)), CUSTODY, path)
    report = import_statement(house.teller, CUSTODY, path, progress=lambda done, total: seen.append((done, total)))
    assert [] == seen  # all three chunks were there
    assert {"deposit": 621, "payout": 3, "waiting": 1} == {kind: total.count for kind, total in report.kinds.items()}
    assert [] == check(house.ledger.scan)


def test_progress_counts_lines(house: House, tmp_path: Path) -> None:
    lines = [entry(f"D{number}", 1, True) for number in range(301)]
    seen: list[tuple[int, int]] = []
    house.clock.go(PAYDAY)
    import_statement(
        house.teller, CUSTODY, statement(tmp_path, lines), progress=lambda done, total: seen.append((done, total))
    )
    assert [(300, 301), (301, 301)] == seen


def test_a_statement_of_another_account_is_one_line(house: House, tmp_path: Path) -> None:
    path = statement(tmp_path, [entry("D1", 5, True)], account="6222000000000002")
    with pytest.raises(InputFault) as fault:
        bring(house, path)
    assert f"{path.name}: a statement of account 6222000000000002; expected account {CUSTODY}" == str(fault.value)


FOLLOWS: dict[str, tuple[dict[str, Any], str | None]] = {
    "the next number": ({"sequence": 98}, None),
    "a year that numbers anew": ({"sequence": 1}, None),
    "no number": ({"sequence": None}, None),
    "a later day": ({"sequence": 98, "day": PAYDAY + timedelta(days=40)}, None),
    "the same day": ({"sequence": 98, "day": PAYDAY}, None),
    "a number left out, where the balances join": ({"sequence": 99}, None),
    "another balance": (
        {"sequence": 98, "opening_fen": 104},
        "it opens with 1.04; expected 1.05, with which the last one closed",
    ),
    "an earlier day": (
        {"sequence": 98, "day": PAYDAY - timedelta(days=1)},
        "a statement of 2026-09-14 that is not on the ledger with this content; expected one of 2026-09-15 or later",
    ),
}


@pytest.mark.parametrize("what", FOLLOWS)
def test_the_first_statement_has_any_number_and_balance_and_the_next_one_follows_it(
    house: House, tmp_path: Path, what: str
) -> None:
    changes, problem = FOLLOWS[what]
    first = bring(house, statement(tmp_path, [entry("D1", 5, True)], sequence=97, opening_fen=100))
    assert (1, 97, 100, 105) == (first.statement, first.number, first.opening_fen, first.closing_fen)
    assert ["OPENING-BALANCE", "D1"] == [
        key[2] for key, there in sorted(house.treasurer.scan(bookings, CUSTODY), reverse=True)
    ]
    fields = {"day": PAYDAY + timedelta(days=1), "opening_fen": 105, **changes}
    path = statement(tmp_path, [entry("D2", 5, True)], **fields)
    if problem is None:
        assert (2, changes["sequence"]) == ((second := bring(house, path)).statement, second.number)
        return
    with pytest.raises(InputFault) as fault:
        bring(house, path)
    assert f"{path.name}: {problem}" == str(fault.value)


def test_the_statements_of_an_overdrawn_account_follow_each_other_by_balances_below_zero(
    house: House, tmp_path: Path
) -> None:
    first = bring(house, statement(tmp_path, [entry("F1", 5, False)], opening_fen=-100))
    assert (-100, -105, (f"{PAYDAY}/F1",)) == (first.opening_fen, first.closing_fen, first.waiting)
    path = statement(tmp_path, [], sequence=2, opening_fen=105)
    with pytest.raises(InputFault, match=r"it opens with 1\.05; expected -1\.05, with which the last one closed"):
        bring(house, path)
    assert 2 == bring(house, statement(tmp_path, [], sequence=2, opening_fen=-105)).statement


def test_a_statement_downloaded_again_is_reported_and_one_with_other_lines_is_refused(
    house: House, tmp_path: Path
) -> None:
    path = statement(tmp_path, [entry("D1", 5, True), entry("D2", 6, True)])
    first, height = bring(house, path), house.ledger.height()
    given = camt053.read(path.read_bytes(), path.name)
    again = tmp_path / "again.xml"
    again.write_bytes(camt053.write(msgspec.structs.replace(given, statement_id="M9", entries=given.entries[::-1])))
    assert first == bring(house, again)
    assert height == house.ledger.height()
    with pytest.raises(InputFault, match=r"it opens with 0\.00; expected 0\.11"):
        bring(house, statement(tmp_path, [entry("D1", 6, True), entry("D2", 5, True)]))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"remittance": "E002"}, "payer is E002, not E001"),
        ({"remittance": ""}, "payer is none, not E001"),
        ({"return_reason": "AC04"}, "returned is AC04, not none"),
        ({"remittance": "wages E001"}, "own_text is yes, not no"),
        ({"end_to_end_id": ORDER}, f"order is {ORDER}, not none"),
    ],
)
@pytest.mark.parametrize("broken_off", [False, True])
def test_a_file_with_other_facts_than_those_that_were_booked_is_told_by_line_and_fact(
    house: House, tmp_path: Path, fields: dict[str, Any], expected: str, *, broken_off: bool
) -> None:
    house.employ(1)
    house.clock.go(PAYDAY)
    lines = [entry(f"D{number:03d}", 1, True) for number in range(301 if broken_off else 2)]
    lines[1] = msgspec.structs.replace(lines[1], remittance="E001")
    with pytest.raises(BreaksOff):
        import_statement(house.teller.on(Breaking(house.ledger)), CUSTODY, statement(tmp_path, lines))
    height = house.ledger.height()
    lines[1] = msgspec.structs.replace(lines[1], **fields)
    with pytest.raises(InputFault, match=f"statement-1.xml, row 2: {expected}, with which {PAYDAY}/D001 is booked"):
        bring(house, statement(tmp_path, lines))
    assert height == house.ledger.height()


def test_an_import_that_broke_off_is_not_finished_with_another_file(house: House, tmp_path: Path) -> None:
    house.clock.go(PAYDAY)
    lines = [entry(f"D{number:03d}", 1, True) for number in range(301)]
    with pytest.raises(BreaksOff):
        import_statement(house.teller.on(Breaking(house.ledger)), CUSTODY, statement(tmp_path, lines))
    for other in ([entry("D000", 2, True), *lines[1:]], lines[:2]):
        with pytest.raises(InputFault, match="its first lines are on the ledger with other content"):
            bring(house, statement(tmp_path, other))
    assert 301 == bring(house, statement(tmp_path, lines)).entries


def test_a_reference_given_twice_for_a_day_is_refused_before_any_line_is_booked(house: House, tmp_path: Path) -> None:
    height = house.ledger.height()
    with pytest.raises(InputFault, match="row 2, field AcctSvcrRef: D9 is given twice for 2026-09-15"):
        book(house, tmp_path, [entry("D9", 5, True), entry("d9", 5, True)])
    assert height == house.ledger.height()


def test_a_reference_may_come_again_on_another_day_and_in_any_letters(house: House, tmp_path: Path) -> None:
    book(house, tmp_path, [entry("b 1", 5, True)])
    day = PAYDAY + timedelta(days=1)
    report = bring(house, statement(tmp_path, [entry("B1", 7, True)], sequence=2, day=day, opening_fen=5))
    assert (f"{day}/B1",) == report.waiting
    assert ["B1", "B1"] == [key[2] for key, _ in house.treasurer.scan(bookings, CUSTODY)]


def test_a_file_that_is_no_statement_is_one_line(house: House, tmp_path: Path) -> None:
    path = tmp_path / "notes.xml"
    path.write_text("<notes/>")
    with pytest.raises(InputFault, match=r"notes\.xml"):
        bring(house, path)
    with pytest.raises(InputFault, match="cannot be read"):
        import_statement(house.teller, CUSTODY, tmp_path / "missing.xml")


def test_a_deposit_attested_with_a_wrong_amount_and_reversed_is_booked_as_the_statement_has_it(
    house: House, tmp_path: Path
) -> None:
    house.employ(1)
    place = CUSTODY, house.clock.go(PAYDAY), "B1"
    deposits.attest_deposit(house.teller, *place, "E001", 10_000)
    deposits.reverse_deposit(house.teller, *place, "1,000 it was")
    deposits.agree_reversal(house.treasurer, *place)
    book(house, tmp_path, [entry("B1", 1_000, True, "E001D1")])
    assert 1_000 == balance_fen(house, "employer:E001")
    assert [] == check(house.ledger.scan)


def rejected(tmp_path: Path, message_id: str, numbers: Sequence[str]) -> Path:
    path = tmp_path / "rejected.json"
    listed = [Rejection(message_id, number, "BE01", PAYDAY) for number in numbers]
    path.write_bytes(msgspec.json.encode(listed))
    return path


def test_rejected_orders_give_the_money_back_once(house: House, tmp_path: Path) -> None:
    _, given = left(house, 3)
    path = rejected(tmp_path, NUMBER, [given[0].order, "E001DABCDEFGH", given[1].order])
    assert (2, 0) == (reject(house.teller, CUSTODY, path), reject(house.teller, CUSTODY, path))
    assert [PaymentOrderState.REJECTED, PaymentOrderState.REJECTED, PaymentOrderState.HELD] == [
        order.state for order in cashout.orders_of(house.treasurer, NUMBER)
    ]
    assert 2 * DAY_FEN == balance_fen(house, f"returned:{given[0].worker}")


def test_a_second_file_that_the_bank_rejects_says_nothing_of_the_orders_in_the_first(
    house: House, tmp_path: Path
) -> None:
    _, given = left(house)
    path = rejected(tmp_path, "COPY", [order.order for order in given])
    assert 0 == reject(house.teller, CUSTODY, path)
    assert {PaymentOrderState.HELD} == {order.state for order in cashout.orders_of(house.treasurer, NUMBER)}


def test_a_list_of_rejections_that_is_none_is_one_line(house: House, tmp_path: Path) -> None:
    path = tmp_path / "rejected.json"
    path.write_text('[{"message_id": 5}]')
    with pytest.raises(InputFault, match=r"rejected\.json"):
        reject(house.teller, CUSTODY, path)


@pytest.mark.parametrize("reason", ["户名张三不符", "BE01 张三", "be01", "BE1", "", "BE01\n"])
def test_a_rejection_whose_reason_is_no_code_is_refused_by_its_row_and_says_nothing_on_the_ledger(
    house: House, tmp_path: Path, reason: str
) -> None:
    _, given = left(house)
    path = tmp_path / "rejected.json"
    reasons = ("BE01", reason)
    path.write_bytes(
        msgspec.json.encode([Rejection(NUMBER, given[0].order, each, PAYDAY) for each in reasons]),
    )
    with pytest.raises(InputFault) as fault:
        reject(house.teller, CUSTODY, path)
    expected = "expected an ISO return reason of 4 characters, such as AC04"
    assert f"rejected.json, row 2, field reason: is no code; {expected}" == str(fault.value)
    assert {PaymentOrderState.HELD} == {order.state for order in cashout.orders_of(house.treasurer, NUMBER)}


def order_deposit(house: House, amount_fen: int, reference: str, day: date = PAYDAY) -> Path:
    bank = house.consortium.bank_dir
    return transfers.transfer(bank, "E001", amount_fen, reference, PAYER, "3100000000000001", CUSTODY, noon(day))


def test_an_employers_transfer_ordered_twice_is_paid_once_and_found_on_the_statement(house: House) -> None:
    house.employ(1)
    first = order_deposit(house, 50_000, "2026-09")
    assert first == order_deposit(house, 50_000, "2026-09", PAYDAY + timedelta(days=1))
    assert first != order_deposit(house, 60_000, "2026-09 more")
    with pytest.raises(InputFault, match=r"500\.00 yuan from 3100000000000001 were ordered under this reference"):
        order_deposit(house, 50_001, "2026-09")
    with Bank.open(house.consortium.bank_dir, CUSTODY, 1) as bank:
        closed = bank.close_day(PAYDAY)
    assert () == closed.problems
    report = bring(house, closed.statement)
    assert ({"deposit": Sum(2, 110_000)}, ()) == (report.kinds, report.waiting)
    assert 110_000 == balance_fen(house, "employer:E001")


def test_a_transfer_that_no_bank_would_take_is_one_line(house: House) -> None:
    for amount_fen, employer in ((0, "E001"), (5, "X1")):
        with pytest.raises(InputFault) as fault:
            transfers.transfer(house.consortium.bank_dir, employer, amount_fen, "r", PAYER, "31", CUSTODY, noon(PAYDAY))
        assert "\n" not in str(fault.value)
    assert not (house.consortium.bank_dir / "inbox").exists()


def test_a_deposit_is_attested_once_and_found_again_on_its_statement(house: House, tmp_path: Path) -> None:
    house.employ(1)
    place = CUSTODY, house.clock.go(PAYDAY), "B1"
    for _ in range(2):
        assert 10_000 == deposits.attest_deposit(house.teller, *place, "E001", 10_000).supply_fen
    with pytest.raises(SameIdOtherBody):
        deposits.attest_deposit(house.teller, *place, "E001", 10_001)
    for _ in range(2):
        deposits.cosign_deposit(house.client("bank", "admin"), *place)
    book(house, tmp_path, [entry("B1", 10_000, True, "E001DAAA")])
    assert (10_000, 0) == (custody(house).supply_fen, custody(house).in_transit_fen)
    assert "confirmed" == house.treasurer.need(attestations, *place).state


def test_a_whole_payday_through_the_banks_own_files(house: House) -> None:
    """Returns, delays and all: whatever the bank does, its statements and rejections are booked and add up."""
    worked(house, house.employ(12))
    assert order_deposit(house, 10_000_000, "cover").exists()
    instructed_files = instruction.instructed_files(house.client("bank", "teller"))
    with Bank.open(
        house.consortium.bank_dir, CUSTODY, 7, 3000, 3000, commitment=commitment, instructed=instructed_files
    ) as bank:
        bring(house, bank.close_day(PAYDAY).statement)
        payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
        given = instructed(house, NUMBER)
        for offset in range(1, 6):
            day = house.clock.go(PAYDAY + timedelta(days=offset))
            closed = bank.close_day(day)
            assert () == closed.problems
            bring(house, closed.statement)
    reject(house.teller, CUSTODY, house.consortium.bank_dir / "outbox" / "rejected.json")
    states = [order.state for order in cashout.orders_of(house.treasurer, NUMBER)]
    assert 12 == len(given) == len(states)
    assert {PaymentOrderState.SETTLED, PaymentOrderState.RETURNED} == set(states)
    assert 0 == custody(house).instructed_fen
    assert [] == check(house.ledger.scan)
