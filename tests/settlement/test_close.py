from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from consortium import CUSTODY, House, rehearsal
from lxr_chaincode.checkpoint import checkpoints
from lxr_chaincode.custody_records import bookings
from lxr_chaincode.period import Figures, months
from lxr_chaincode.refusals import FiguresDiffer, PeriodNotReady, Unknown
from lxr_node.audit import AuditReport, audit
from lxr_node.client import Client
from lxr_settlement import close, deposits, payday
from lxr_settlement.errors import InputFault
from treasury import DAY_FEN, PAYDAY, bring, entry, instructed, paid, payouts, statement

PERIOD = "2026-09"
LAST_DAY, NEXT_DAY = date(2026, 9, 30), date(2026, 10, 8)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def bank(house: House) -> Client:
    return house.client("bank", "auditor")


def regulator(house: House) -> Client:
    return house.client("regulator", "auditor")


def finished(house: House, directory: Path) -> Path:
    """September: worked, paid out, one wage returned and still in LXR, on the statement of its last day."""
    report = paid(house, house.employ(3))
    (((_, ref), _),) = house.treasurer.scan(bookings, CUSTODY)
    orders = instructed(house, f"C{report.run}")
    lines = [
        entry(ref, 10_000_000, True),
        *payouts(orders),
        entry("R1", 2 * DAY_FEN, True, orders[0].order, "AC04"),
    ]
    path = statement(directory, lines, day=LAST_DAY)
    bring(house, path)
    deposits.attest_deposit(house.teller, CUSTODY, "T1", "E001", 900)
    payday.sweep(house.treasurer, report.run)
    house.clock.go(NEXT_DAY)
    return path


def test_a_month_is_closed_with_its_figures_and_the_same_call_again_changes_nothing(
    house: House, tmp_path: Path
) -> None:
    finished(house, tmp_path)
    answer = close.close_period(house.treasurer, PERIOD, CUSTODY)
    reserve_fen = 10_000_000 - 4 * DAY_FEN
    assert (
        Figures(
            supply_fen=reserve_fen + 900,
            reserve_fen=reserve_fen,
            in_transit_fen=900,
            minted_fen=10_000_900,
            burned_fen=6 * DAY_FEN,
            returned_fen=2 * DAY_FEN,
        )
        == answer.figures
    )
    height = house.ledger.height()
    assert answer == close.close_period(house.treasurer, PERIOD, CUSTODY)
    assert height == house.ledger.height()


def test_a_month_with_a_run_unfinished_is_not_closed(house: House, tmp_path: Path) -> None:
    paid(house, house.employ(1))
    bring(house, statement(tmp_path, [], day=LAST_DAY))
    house.clock.go(NEXT_DAY)
    with pytest.raises(PeriodNotReady, match="run E001-20260915 is not finished"):
        close.close_period(house.treasurer, PERIOD, CUSTODY)


def test_bank_and_regulator_countersign_with_figures_of_their_own_even_when_time_has_gone_on(
    house: House, tmp_path: Path
) -> None:
    finished(house, tmp_path)
    close.close_period(house.treasurer, PERIOD, CUSTODY)
    signed = close.countersign(bank(house), audit(house.ledger), PERIOD)
    assert ("union", "bank") == signed.signed
    deposits.attest_deposit(house.teller, CUSTODY, "T2", "E001", 5_000)  # of October
    line = entry("T1", 900, True)
    opening_fen = 10_000_000 - 4 * DAY_FEN
    bring(house, statement(tmp_path, [line], sequence=2, day=NEXT_DAY, opening_fen=opening_fen))
    signed = close.countersign(regulator(house), audit(house.ledger), PERIOD)
    assert ("union", "bank", "regulator") == signed.signed
    assert signed == close.countersign(regulator(house), audit(house.ledger), PERIOD)


def test_nothing_is_signed_after_an_audit_that_said_no(house: House, tmp_path: Path) -> None:
    finished(house, tmp_path)
    close.close_period(house.treasurer, PERIOD, CUSTODY)
    bad = replace(audit(house.ledger), ok=False, fault="block 7: its header has root ab, recomputed cd")
    for sign in (lambda: close.countersign(bank(house), bad, PERIOD), lambda: close.sign_checkpoint(bank(house), bad)):
        with pytest.raises(InputFault, match="audit: block 7: its header has root ab"):
            sign()


def test_an_audit_from_before_the_close_does_not_reach_it(house: House, tmp_path: Path) -> None:
    finished(house, tmp_path)
    early = audit(house.ledger)
    close.close_period(house.treasurer, PERIOD, CUSTODY)
    with pytest.raises(InputFault, match=f"period 2026-09: it was closed after the {early.height} blocks"):
        close.countersign(bank(house), early, PERIOD)
    with pytest.raises(Unknown):
        close.countersign(bank(house), early, "2026-08")


def test_figures_that_differ_are_not_signed(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node whose copy of the ledger holds other postings finds other figures."""
    finished(house, tmp_path)
    close.close_period(house.treasurer, PERIOD, CUSTODY)
    report = audit(house.ledger)
    blocks = [block for block in house.ledger.blocks() if block.header.number != _block_of_t1(house)]
    monkeypatch.setattr(house.ledger, "blocks", lambda _start=0: iter(blocks))
    with pytest.raises(FiguresDiffer, match="supply_fen of 2026-09"):
        close.countersign(bank(house), report, PERIOD)
    assert ("union",) == house.treasurer.need(months, PERIOD).signed


def _block_of_t1(house: House) -> int:
    key = bookings.key(CUSTODY, "T1")
    return next(
        block.header.number
        for block in house.ledger.blocks()
        for transaction in block.transactions
        if key in dict(transaction.writes)
    )


def test_three_audits_in_turn_meet_in_one_checkpoint(house: House, tmp_path: Path) -> None:
    finished(house, tmp_path)
    reports = [
        close.audit_and_sign(house.client(organisation, "auditor")) for organisation in ("union", "bank", "regulator")
    ]
    (((number,), checkpoint),) = house.treasurer.scan(checkpoints)
    assert (reports[0].height, ("union", "bank", "regulator")) == (int(number), checkpoint.signed)
    assert [0, 1, 2] == [report.height - reports[0].height for report in reports]
    assert close.audit_and_sign(bank(house)).ok  # it has signed: nothing is added
    assert reports[-1].height + 1 == house.ledger.height()


def test_after_anything_else_has_happened_a_new_checkpoint_is_signed(house: House) -> None:
    house.employ(1)
    first = close.audit_and_sign(bank(house))
    house.deposit("E001", 5)
    second = close.audit_and_sign(regulator(house))
    found = {int(key[0]): record.signed for key, record in house.treasurer.scan(checkpoints)}
    assert {first.height: ("bank",), second.height: ("regulator",)} == found
    assert (5, 0) == (second.supply_fen, second.reserve_fen)


def test_a_ledger_that_was_tampered_with_is_reported_and_not_signed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.employ(1)
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(house.ledger, "storage_fault", lambda: "page 7 is damaged")
    report: AuditReport = close.audit_and_sign(bank(house), lambda done, total: seen.append((done, total)))
    assert (False, "page 7 is damaged") == (report.ok, report.fault)
    assert (house.ledger.height(), house.ledger.height()) == seen[-1]
    assert [] == list(house.treasurer.scan(checkpoints))


def test_the_day_after_a_payday_the_month_is_not_over(house: House) -> None:
    house.employ(1)
    house.clock.go(PAYDAY + timedelta(days=1))
    with pytest.raises(PeriodNotReady, match="it is not over"):
        close.close_period(house.treasurer, PERIOD, CUSTODY)
