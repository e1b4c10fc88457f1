from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from consortium import CUSTODY, House, rehearsal
from lxr_chaincode.caller import ORGANISATIONS
from lxr_chaincode.checkpoint import Finding, SignCheckpoint, checkpoints
from lxr_chaincode.custody_records import bookings
from lxr_chaincode.period import Figures, MonthAnswer, months
from lxr_chaincode.refusals import FiguresDiffer, PeriodNotReady, Unknown
from lxr_node.audit import AuditReport, audit
from lxr_node.seen import Memory
from lxr_settlement import close, deposits, payday
from lxr_settlement.checkpoints import cosigned
from lxr_settlement.errors import InputFault
from treasury import DAY_FEN, PAYDAY, bring, entry, instructed, paid, payouts, statement

PERIOD = "2026-09"
LAST_DAY, NEXT_DAY = date(2026, 9, 30), date(2026, 10, 8)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def memory(house: House, organisation: str) -> Memory:
    return Memory(organisation, house.consortium.org_dir(organisation))


def signs(house: House, organisation: str, **more: Any) -> AuditReport:
    """The organisation's audit, and what it signs."""
    role = "witness" if organisation == "employer" else "auditor"
    return close.audit_and_sign(house.client(organisation, role), memory(house, organisation), **more)


def countersigned(house: House, organisation: str, report: AuditReport, period: str = PERIOD) -> MonthAnswer:
    return close.countersign(house.client(organisation, "auditor"), memory(house, organisation), report, period)


def signed(house: House) -> dict[int, tuple[str, ...]]:
    """By height who has signed, where all have signed the same."""
    return {each.finding.height: tuple(each.signed) for each in cosigned(house.ledger)}


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
    answer = countersigned(house, "bank", audit(house.ledger))
    assert ("union", "bank") == answer.signed
    deposits.attest_deposit(house.teller, CUSTODY, "T2", "E001", 5_000)  # of October
    line = entry("T1", 900, True)
    opening_fen = 10_000_000 - 4 * DAY_FEN
    bring(house, statement(tmp_path, [line], sequence=2, day=NEXT_DAY, opening_fen=opening_fen))
    answer = countersigned(house, "regulator", audit(house.ledger))
    assert ("union", "bank", "regulator") == answer.signed
    assert answer == countersigned(house, "regulator", audit(house.ledger))


def test_nothing_is_signed_after_an_audit_that_said_no(house: House, tmp_path: Path) -> None:
    finished(house, tmp_path)
    close.close_period(house.treasurer, PERIOD, CUSTODY)
    bad = replace(audit(house.ledger), ok=False, fault="block 7: its header has root ab, recomputed cd")
    with pytest.raises(InputFault, match="audit: block 7: its header has root ab"):
        countersigned(house, "bank", bad)


def test_an_audit_from_before_the_close_does_not_reach_it(house: House, tmp_path: Path) -> None:
    finished(house, tmp_path)
    early = audit(house.ledger)
    close.close_period(house.treasurer, PERIOD, CUSTODY)
    with pytest.raises(InputFault, match=f"period 2026-09: it was closed after the {early.height} blocks"):
        countersigned(house, "bank", early)
    with pytest.raises(Unknown):
        countersigned(house, "bank", early, "2026-08")


def test_figures_that_differ_are_not_signed(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node whose copy of the ledger holds other postings finds other figures."""
    finished(house, tmp_path)
    close.close_period(house.treasurer, PERIOD, CUSTODY)
    report = audit(house.ledger)
    blocks = [block for block in house.ledger.blocks() if block.header.number != _block_of_t1(house)]
    monkeypatch.setattr(house.ledger, "blocks", lambda _start=0: iter(blocks))
    with pytest.raises(FiguresDiffer, match="supply_fen of 2026-09"):
        countersigned(house, "bank", report)
    assert ("union",) == house.treasurer.need(months, PERIOD).signed


def _block_of_t1(house: House) -> int:
    key = bookings.key(CUSTODY, "T1")
    return next(
        block.header.number
        for block in house.ledger.blocks()
        for transaction in block.transactions
        if key in dict(transaction.writes)
    )


def test_four_audits_in_turn_meet_in_one_checkpoint(house: House, tmp_path: Path) -> None:
    finished(house, tmp_path)
    reports = [signs(house, organisation) for organisation in ORGANISATIONS]
    assert {reports[0].height: ORGANISATIONS} == signed(house)
    assert [0, 1, 2, 3] == [report.height - reports[0].height for report in reports]
    assert signs(house, "bank").ok  # it has signed: nothing is added
    assert reports[-1].height + 1 == house.ledger.height()


def test_after_anything_else_has_happened_a_new_checkpoint_is_signed(house: House) -> None:
    house.employ(1)
    first = signs(house, "bank")
    house.deposit("E001", 5)
    second = signs(house, "regulator")
    assert {first.height: ("bank",), second.height: ("regulator",)} == signed(house)
    assert (5, 0) == (second.supply_fen, second.reserve_fen)


def wrongly(house: House, organisation: str, **changes: Any) -> Finding:
    """What an organisation's auditor signs, whatever its audit found."""
    report = audit(house.ledger)
    finding = replace(
        Finding(report.height, report.block_hash, report.root, report.supply_fen, report.reserve_fen), **changes
    )
    house.client(organisation, "auditor").submit(SignCheckpoint(request_id=house.request(), finding=finding))
    return finding


@pytest.mark.parametrize("changes", [{"root": "0" * 64}, {"supply_fen": 7}, {"height": 10_000}, {"height": 5}])
def test_nobody_meets_at_a_wrong_checkpoint_and_it_stands_in_nobodys_way(house: House, changes: dict[str, Any]) -> None:
    house.employ(1)
    height = house.ledger.height()
    wrongly(house, "bank", **changes)
    reports = [signs(house, organisation) for organisation in ("union", "regulator")]
    assert {height + 1: ("union", "regulator")} == {
        each.finding.height: tuple(each.signed) for each in cosigned(house.ledger) if "bank" not in each.signed
    }
    assert [[("bank", changes.get("height", height))]] * 2 == [
        [(wrong.organisation, wrong.height) for wrong in report.wrong_checkpoints] for report in reports
    ]


def test_a_wrong_checkpoint_of_a_height_that_others_sign_does_not_keep_them_from_meeting_there(house: House) -> None:
    house.employ(1)
    first = signs(house, "union")
    wrong = replace(cosigned(house.ledger)[0].finding, root="0" * 64)
    house.client("bank", "auditor").submit(SignCheckpoint(request_id=house.request(), finding=wrong))
    signs(house, "regulator")
    found = {tuple(each.signed): each.finding.height for each in cosigned(house.ledger)}
    assert {("union", "regulator"): first.height, ("bank",): first.height} == found


def test_an_organisation_supersedes_its_own_wrong_checkpoints_when_it_gives_a_reason(house: House) -> None:
    house.employ(1)
    height = house.ledger.height()
    wrongly(house, "bank", root="0" * 64)
    assert 1 == len(signs(house, "bank").wrong_checkpoints)
    assert 1 == len(signs(house, "union", reason="not its own").wrong_checkpoints)
    assert 1 == len(signs(house, "bank", reason="read from a copy").wrong_checkpoints)
    record = house.treasurer.need(checkpoints, height, "bank")
    assert (1, "read from a copy", "bank/auditor") == (record.superseded, record.reason, record.signer)
    end = house.ledger.height()
    assert () == signs(house, "bank", reason="read from a copy").wrong_checkpoints
    assert end == house.ledger.height()


def test_a_ledger_that_ends_before_what_was_seen_is_not_countersigned(house: House, tmp_path: Path) -> None:
    finished(house, tmp_path)
    close.close_period(house.treasurer, PERIOD, CUSTODY)
    report = audit(house.ledger)
    later = replace(report, height=report.height + 1)
    memory(house, "bank").move(later)
    with pytest.raises(InputFault, match=f"truncated: the ledger ends at block {report.height - 1}, bank has seen"):
        countersigned(house, "bank", report)
    assert ("union",) == house.treasurer.need(months, PERIOD).signed


def test_a_ledger_that_was_tampered_with_is_reported_and_not_signed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.employ(1)
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(house.ledger, "storage_fault", lambda: "page 7 is damaged")
    report: AuditReport = signs(house, "bank", progress=lambda done, total: seen.append((done, total)))
    assert (False, "page 7 is damaged") == (report.ok, report.fault)
    assert (house.ledger.height(), house.ledger.height()) == seen[-1]
    assert {} == signed(house)
    assert not memory(house, "bank").path.exists()


def test_the_day_after_a_payday_the_month_is_not_over(house: House) -> None:
    house.employ(1)
    house.clock.go(PAYDAY + timedelta(days=1))
    with pytest.raises(PeriodNotReady, match="it is not over"):
        close.close_period(house.treasurer, PERIOD, CUSTODY)
