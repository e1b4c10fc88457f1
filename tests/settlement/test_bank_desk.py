from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from consortium import CUSTODY, House, rehearsal
from lxr_chaincode.cashout_records import OrderState, orders
from lxr_chaincode.custody import ReverseDeposit
from lxr_chaincode.custody_records import bookings, custodies
from lxr_chaincode.invariants import check
from lxr_chaincode.refusals import SameIdOtherBody, StatementGap
from lxr_chaincode.registry import balances
from lxr_settlement import cashout, deposits, instruction, transfers
from lxr_settlement.bank_desk import ImportReport, Sum, import_statement, reject
from lxr_settlement.bankfiles.camt053 import Entry
from lxr_settlement.bankfiles.pain001 import Party
from lxr_settlement.bankfiles.simulator import Bank, Rejection
from lxr_settlement.errors import InputFault
from lxr_settlement.person import commitment
from treasury import DAY_FEN, PAYDAY, Breaking, BreaksOff, bring, entry, instructed, noon, paid, payouts, statement

NUMBER = "CE001-20260915"
DEPOSIT_FEN = 10_000_000
PAYER = Party("成都某配送公司", "105100000017")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def attested(house: House) -> Entry:
    """The line of the one deposit that is attested ahead of its statement."""
    (((_, ref), booking),) = house.treasurer.scan(bookings, CUSTODY)
    return entry(ref, booking.amount_fen, True)


def balance_fen(house: House, name: str) -> int:
    found = house.treasurer.get(balances, name)
    return found.fen if found else 0


def book(house: House, tmp_path: Path, lines: Sequence[Entry]) -> ImportReport:
    return bring(house, statement(tmp_path, lines))


def left(house: House, workers: int = 2) -> tuple[Entry, tuple[cashout.OrderView, ...]]:
    """A payday whose cash-out is with the bank: the deposit's line, and the orders."""
    paid(house, house.employ(workers))
    return attested(house), instructed(house, NUMBER)


def test_every_line_is_booked_as_what_it_is(house: House, tmp_path: Path) -> None:
    deposit, given = left(house, 3)
    lines = [
        deposit,
        entry("D2", 700, True, "E001DABC"),
        entry("D3", 800, True, "X1", remittance="invoice of E001, September"),
        entry("D4", 900, True, "X2", remittance="from E001 or E002"),
        entry("D5", 950, True, "E777DABC"),
        *payouts(given),
        entry("R1", given[0].amount_fen, True, given[0].order, "AC04"),
        entry("S1", 60, False, "UNKNOWN0001"),
        entry("M1", 50, True, remittance="Made good by the bank"),
    ]
    report = book(house, tmp_path, lines)
    assert {
        "deposit": Sum(5, DEPOSIT_FEN + 700 + 800 + 900 + 950),
        "payout": Sum(3, 6 * DAY_FEN),
        "return": Sum(1, 2 * DAY_FEN),
        "stray": Sum(1, 60),
        "made_good": Sum(1, 50),
    } == report.kinds
    assert (("S1",), ("D4", "D5")) == (report.strays, report.suspense)
    assert 10 == house.treasurer.need(custodies, CUSTODY).shortfall_fen
    assert 1850 == balance_fen(house, "suspense:bank")
    assert (OrderState.RETURNED, "AC04") == (
        house.treasurer.need(orders, given[0].order).state,
        house.treasurer.need(orders, given[0].order).reason,
    )
    assert 2 * DAY_FEN == balance_fen(house, f"returned:{given[0].worker}")
    assert [] == check(house.ledger.scan)
    assert msgspec.json.encode(report)


CASES: dict[str, tuple[list[Entry], dict[str, int]]] = {
    "a debit of another amount": ([entry("P1", 2 * DAY_FEN - 1, False, "ORDER")], {"stray": 1}),
    "the bank pays twice": (
        [entry("P1", 2 * DAY_FEN, False, "ORDER"), entry("P2", 2 * DAY_FEN, False, "ORDER")],
        {"payout": 1, "stray": 1},
    ),
    "it comes back twice": (
        [
            entry("P1", 2 * DAY_FEN, False, "ORDER"),
            entry("R1", 2 * DAY_FEN, True, "ORDER", "AC01"),
            entry("R2", 2 * DAY_FEN, True, "ORDER", "AC01"),
        ],
        {"payout": 1, "return": 1, "deposit": 1},
    ),
    "a return before the payout": ([entry("R1", 2 * DAY_FEN, True, "ORDER", "AC01")], {"deposit": 1}),
    "a credit with an order's id, that is no return": (
        [entry("P1", 2 * DAY_FEN, False, "ORDER"), entry("D1", 2 * DAY_FEN, True, "ORDER")],
        {"payout": 1, "deposit": 1},
    ),
    "the bank takes its own debit back": (
        [
            entry("P1", 2 * DAY_FEN, False, "ORDER"),
            msgspec.structs.replace(entry("V1", 2 * DAY_FEN, True, "ORDER"), reversal=True),
        ],
        {"payout": 1, "return": 1},
    ),
    "the bank takes a stray debit back": (
        [entry("S1", 30, False), msgspec.structs.replace(entry("V1", 30, True), reversal=True)],
        {"stray": 1, "made_good": 1},
    ),
    "the bank takes a credit back": (
        [entry("D1", 30, True), msgspec.structs.replace(entry("V1", 30, False), reversal=True)],
        {"deposit": 1, "stray": 1},
    ),
    "more made good than is missing": (
        [entry("S1", 30, False), entry("M1", 31, True, remittance="MADE GOOD")],
        {"stray": 1, "deposit": 1},
    ),
    "made good while nothing is missing": ([entry("M1", 31, True, remittance="MADE GOOD")], {"deposit": 1}),
    "a strange end-to-end id": ([entry("S1", 30, False, "a/b é")], {"stray": 1}),
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
    report = book(house, tmp_path, [attested(house), *payouts([order])])
    assert ("P1",) == report.strays
    assert OrderState.HELD == house.treasurer.need(orders, order.order).state


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
    ends = [entry("S1", 5, False), entry("M1", 5, True, remittance="MADE GOOD")]
    path = statement(tmp_path, [deposit, *payouts(given[:1]), *small, *ends, *payouts(given[1:], "Q")])
    seen: list[tuple[int, int]] = []
    for _ in range(3):
        with pytest.raises(BreaksOff):
            import_statement(house.teller.on(Breaking(house.ledger)), CUSTODY, path)
    report = import_statement(house.teller, CUSTODY, path, progress=lambda done, total: seen.append((done, total)))
    assert [] == seen  # all three chunks were there
    assert {"deposit": 621, "payout": 3, "stray": 1, "made_good": 1} == {
        kind: total.count for kind, total in report.kinds.items()
    }
    assert [] == check(house.ledger.scan)


def test_progress_counts_lines(house: House, tmp_path: Path) -> None:
    lines = [entry(f"D{number}", 1, True) for number in range(301)]
    seen: list[tuple[int, int]] = []
    house.clock.go(PAYDAY)
    import_statement(
        house.teller, CUSTODY, statement(tmp_path, lines), progress=lambda done, total: seen.append((done, total))
    )
    assert [(300, 301), (301, 301)] == seen


def test_a_statement_out_of_turn_is_one_line(house: House, tmp_path: Path) -> None:
    for sequence, account, problem in (
        (2, CUSTODY, "statement 2 is out of sequence; expected statement 1"),
        (1, "6222000000000002", f"a statement of account 6222000000000002; expected account {CUSTODY}"),
    ):
        path = statement(tmp_path, [entry("D1", 5, True)], sequence=sequence, account=account)
        with pytest.raises(InputFault) as fault:
            bring(house, path)
        assert f"{path.name}: {problem}" == str(fault.value)


def test_a_statement_with_a_number_that_is_taken_is_refused_unless_it_is_the_same(house: House, tmp_path: Path) -> None:
    book(house, tmp_path, [entry("D1", 5, True)])
    with pytest.raises(InputFault, match="statement 1 of 2026-09-15 is on the ledger with other content"):
        book(house, tmp_path, [entry("D1", 6, True)])


def test_a_statement_that_does_not_open_where_the_last_one_closed_is_refused(house: House, tmp_path: Path) -> None:
    book(house, tmp_path, [entry("D1", 5, True)])
    with pytest.raises(StatementGap, match="it opens with 4 fen, the last one closed with 5"):
        bring(house, statement(tmp_path, [], sequence=2, day=PAYDAY + timedelta(days=1), opening_fen=4))


@pytest.mark.parametrize(
    ("ref", "problem"),
    [
        ("D 2", "row 2, field AcctSvcrRef: has 'D 2'"),
        ("D1", "row 2, field AcctSvcrRef: D1 was booked with statement 1"),
    ],
)
def test_a_reference_that_the_ledger_cannot_take_is_refused_before_any_line_is_booked(
    house: House, tmp_path: Path, ref: str, problem: str
) -> None:
    book(house, tmp_path, [entry("D1", 5, True)])
    height, day = house.ledger.height(), PAYDAY + timedelta(days=1)
    path = statement(tmp_path, [entry("D9", 5, True), entry(ref, 5, True)], sequence=2, day=day, opening_fen=5)
    with pytest.raises(InputFault, match=problem):
        bring(house, path)
    assert height == house.ledger.height()


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
    deposits.attest_deposit(house.teller, CUSTODY, "B1", "E001", 10_000)
    house.teller.submit(ReverseDeposit(request_id="reverse-B1", custody=CUSTODY, booking="B1", reason="1,000 it was"))
    deposits.agree_reversal(house.treasurer, CUSTODY, "B1")
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
    assert [OrderState.REJECTED, OrderState.REJECTED, OrderState.HELD] == [
        order.state for order in cashout.orders_of(house.treasurer, NUMBER)
    ]
    assert 2 * DAY_FEN == balance_fen(house, f"returned:{given[0].worker}")


def test_a_second_file_that_the_bank_rejects_says_nothing_of_the_orders_in_the_first(
    house: House, tmp_path: Path
) -> None:
    _, given = left(house)
    path = rejected(tmp_path, "COPY", [order.order for order in given])
    assert 0 == reject(house.teller, CUSTODY, path)
    assert {OrderState.HELD} == {order.state for order in cashout.orders_of(house.treasurer, NUMBER)}


def test_a_list_of_rejections_that_is_none_is_one_line(house: House, tmp_path: Path) -> None:
    path = tmp_path / "rejected.json"
    path.write_text('[{"message_id": 5}]')
    with pytest.raises(InputFault, match=r"rejected\.json"):
        reject(house.teller, CUSTODY, path)


def order_deposit(house: House, amount_fen: int, reference: str, day: date = PAYDAY) -> Path:
    bank = house.consortium.bank_dir
    return transfers.transfer(bank, "E001", amount_fen, reference, PAYER, "3100000000000001", CUSTODY, noon(day))


def test_an_employers_transfer_ordered_twice_is_paid_once_and_found_on_the_statement(house: House) -> None:
    house.employ(1)
    first = order_deposit(house, 50_000, "2026-09")
    assert first == order_deposit(house, 50_000, "2026-09", PAYDAY + timedelta(days=1))
    assert first != order_deposit(house, 60_000, "2026-09 more")
    with pytest.raises(InputFault, match="50000 fen from 3100000000000001 were ordered under this reference"):
        order_deposit(house, 50_001, "2026-09")
    with Bank.open(house.consortium.bank_dir, CUSTODY, 1) as bank:
        closed = bank.close_day(PAYDAY)
    assert () == closed.problems
    report = bring(house, closed.statement)
    assert ({"deposit": Sum(2, 110_000)}, ()) == (report.kinds, report.suspense)
    assert 110_000 == balance_fen(house, "employer:E001")


def test_a_transfer_that_no_bank_would_take_is_one_line(house: House) -> None:
    for amount_fen, employer in ((0, "E001"), (5, "X1")):
        with pytest.raises(InputFault) as fault:
            transfers.transfer(house.consortium.bank_dir, employer, amount_fen, "r", PAYER, "31", CUSTODY, noon(PAYDAY))
        assert "\n" not in str(fault.value)
    assert not (house.consortium.bank_dir / "inbox").exists()


@pytest.mark.parametrize(
    ("end_to_end", "remittance", "expected"),
    [
        ("E001DABC", "", "E001"),
        ("E001D", "of E002", "E001"),
        ("E001234D9", "", "E001234"),
        ("E001", "", None),
        (None, "wages E001 September", "E001"),
        (None, "E001, E001", "E001"),
        (None, "E001 E002", None),
        (None, "SE001 E0012345678", None),
        ("LX260915WGABC", "", None),
    ],
)
def test_the_employer_is_found_in_the_id_or_alone_in_the_remittance(
    end_to_end: str | None, remittance: str, expected: str | None
) -> None:
    assert expected == deposits.employer_of(entry("D1", 5, True, end_to_end, remittance=remittance))


def test_a_deposit_is_attested_once_and_found_again_on_its_statement(house: House, tmp_path: Path) -> None:
    house.employ(1)
    for _ in range(2):
        assert 10_000 == deposits.attest_deposit(house.teller, CUSTODY, "B1", "E001", 10_000).supply_fen
    with pytest.raises(SameIdOtherBody):
        deposits.attest_deposit(house.teller, CUSTODY, "B1", "E001", 10_001)
    book(house, tmp_path, [entry("B1", 10_000, True)])
    assert 10_000 == house.treasurer.need(custodies, CUSTODY).supply_fen


def test_a_whole_payday_through_the_banks_own_files(house: House) -> None:
    """Returns, delays and all: whatever the bank does, its statements and rejections are booked and add up."""
    team = house.employ(12)
    paid(house, team)
    ordered = order_deposit(house, 10_000_000, "cover")
    assert ordered.exists()
    given = instructed(house, NUMBER)
    instructed_files = instruction.instructed_files(house.client("bank", "teller"))
    with Bank.open(
        house.consortium.bank_dir, CUSTODY, 7, 3000, 3000, commitment=commitment, instructed=instructed_files
    ) as bank:
        for offset in range(5):
            day = house.clock.go(PAYDAY + timedelta(days=offset))
            closed = bank.close_day(day)
            assert () == closed.problems
            bring(house, closed.statement)
    reject(house.teller, CUSTODY, house.consortium.bank_dir / "outbox" / "rejected.json")
    states = [order.state for order in cashout.orders_of(house.treasurer, NUMBER)]
    assert 12 == len(given) == len(states)
    assert {OrderState.SETTLED, OrderState.RETURNED} == set(states)
    assert 0 == house.treasurer.need(custodies, CUSTODY).instructed_fen
    assert [] == check(house.ledger.scan)
