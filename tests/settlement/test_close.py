from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from consortium import House, rehearsal
from lxr.chaincode.bank_refusals import PeriodNotReady
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.carried import Item
from lxr.chaincode.cashout_records import payment_orders
from lxr.chaincode.checkpoint import Finding, SignCheckpoint, checkpoints
from lxr.chaincode.command import Void
from lxr.chaincode.custody_records import attestations, custodies
from lxr.chaincode.period import ClosePeriod, Figures, MonthAnswer, months
from lxr.chaincode.refusals import FiguresDiffer, Unknown
from lxr.chaincode.runs import runs
from lxr.node.audit import AuditReport, audit
from lxr.node.seen import Memory
from lxr.settlement.bank import cashout, deposits
from lxr.settlement.bank.cashout import OrderView
from lxr.settlement.errors import InputFault
from lxr.settlement.ledger import checkpoint_signing, close
from lxr.settlement.ledger.checkpoints import cosigned
from lxr.settlement.ledger.open_items import open_items
from lxr.settlement.lookups import submit_own
from lxr.settlement.messages import tell
from lxr.settlement.messages.catalogue import word
from lxr.settlement.pay import payday
from lxr.settlement.work import answers, disputes
from parties import CUSTODY
from scenario.money import credit, debit
from team import Team
from treasury import DAY_FEN, PAYDAY, bring, entry, in_transit, instructed, payouts, statement, worked

AUGUST, PERIOD, OCTOBER = "2026-08", "2026-09", "2026-10"
RUN = "E001-20260915"
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
    return checkpoint_signing.audit_and_sign(house.client(organisation, role), memory(house, organisation), **more)


def countersigned(house: House, organisation: str, report: AuditReport, period: str = PERIOD) -> MonthAnswer:
    return close.countersign(house.client(organisation, "auditor"), memory(house, organisation), report, period)


def signed(house: House) -> dict[int, tuple[str, ...]]:
    """By height who has signed, where all have signed the same."""
    return {each.finding.height: tuple(each.signed) for each in cosigned(house.ledger)}


def august_closed(house: House, directory: Path) -> Team:
    """Three workers worked in August, which is closed and signed by the bank; it is noon of the payday in September."""
    team = house.employ(3)
    worked(house, team)
    bring(house, statement(directory, [], day=date(2026, 8, 31)))
    close.close_period(house.treasurer, AUGUST, CUSTODY)
    countersigned(house, "bank", audit(house.ledger), AUGUST)
    return team


def september_paid(house: House, deposit_fen: int = 10_000_000) -> tuple[OrderView, ...]:
    """The run of August's work, paid out; its orders."""
    house.deposit(deposit_fen)
    payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    return instructed(house, f"C{RUN}")


def finished(house: House, directory: Path) -> None:
    """September: worked, paid out, one wage returned and still in LXR, on the statement of its last day."""
    august_closed(house, directory)
    orders = september_paid(house)
    returned = entry("R1", 2 * DAY_FEN, True, orders[0].order, "AC04")
    lines = [*payouts(orders), returned]
    bring(house, statement(directory, lines, sequence=2, day=LAST_DAY, earlier=in_transit(house)))
    payday.sweep(house.treasurer, RUN)
    house.clock.go(NEXT_DAY)
    deposits.attest_deposit(house.teller, CUSTODY, NEXT_DAY, "T1", "E001", 900)


def closed(house: House, period: str = PERIOD) -> MonthAnswer:
    """With all that is open carried over."""
    return close.close_period(house.treasurer, period, CUSTODY, carry=True)


def named(items: Sequence[Item]) -> str:
    return ", ".join(f"{word('kind', item.kind, 'en')} {item.name}" for item in items)


@contextmanager
def told(words: str) -> Iterator[None]:
    """What is inside raises a fault of which these words are told."""
    with pytest.raises(InputFault) as caught:
        yield
    assert words in tell(caught.value, "en")


def test_a_month_is_closed_with_its_figures_and_the_same_call_again_changes_nothing(
    house: House, tmp_path: Path
) -> None:
    finished(house, tmp_path)
    answer = closed(house)
    reserve_fen = 10_000_000 - 4 * DAY_FEN
    assert (
        Figures(
            supply_fen=reserve_fen + 900,
            reserve_fen=reserve_fen,
            in_transit_fen=900,
            blocked_fen=0,
            shortfall_fen=0,
            unmatched_fen=0,
            minted_fen=10_000_900,
            burned_fen=6 * DAY_FEN,
            returned_fen=2 * DAY_FEN,
        )
        == answer.figures
    )
    deposits.attest_deposit(house.teller, CUSTODY, NEXT_DAY, "T2", "E001", 1)
    height = house.ledger.height()
    assert answer == closed(house) == close.close_period(house.treasurer, PERIOD, CUSTODY)
    assert height == house.ledger.height()


def test_a_month_with_a_run_unfinished_is_not_closed_unless_it_is_carried(house: House, tmp_path: Path) -> None:
    august_closed(house, tmp_path)
    house.deposit(10_000_000)
    payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    bring(house, statement(tmp_path, [], sequence=2, day=LAST_DAY, earlier=in_transit(house)))
    house.clock.go(NEXT_DAY)
    height = house.ledger.height()
    with told("period 2026-09: open are run E001-20260915; expected each resolved, or all carried over by name"):
        close.close_period(house.treasurer, PERIOD, CUSTODY)
    assert height == house.ledger.height()
    closed(house)
    assert (Item("run", RUN, 0),) == house.treasurer.need(months, PERIOD).carried


def in_trouble(house: House, directory: Path) -> tuple[Item, ...]:
    """A September in which one of each kind is open; what it must carry."""
    team = august_closed(house, directory)
    house.deposit(5_000_000, booking="G1")  # it never comes, and some of it is spent
    orders = september_paid(house, 100_000)
    day = house.clock.go(date(2026, 9, 16))
    worker = team.workers["R0001"]
    house.work(day, team.rows(["R0001"], orders=20, minutes=480))
    answers.dispute(house.operator, worker, day, {"orders": 30}, "ten are missing", team.keys[worker])
    found = [line for line in in_transit(house) if line.bank_ref != "G1"]
    fee_fen = house.treasurer.need(runs, RUN).totals.fee_fen
    lines = [
        *payouts(orders[:2]),
        *(entry(f"R{place}", order.amount_fen, True, order.order, "AC04") for place, order in enumerate(orders[:2])),
        entry("X1", 300, False),
        entry("Y1", 700, True),
    ]
    bring(house, statement(directory, lines, sequence=2, day=LAST_DAY, earlier=found))
    again = cashout.reissue(house.treasurer, house.people, orders[0].order)
    house.clock.go(NEXT_DAY)
    deposits.attest_deposit(house.teller, CUSTODY, NEXT_DAY, "T1", "E001", 900)
    return (
        Item("order", orders[2].order, 2 * DAY_FEN),
        Item("returned", str(orders[1].worker), 2 * DAY_FEN),
        Item("cashout", again.cashout, 2 * DAY_FEN),
        Item("deposit", f"{PAYDAY}/G1", 5_000_000),
        Item("deposit", f"{NEXT_DAY}/T1", 900),
        Item("line", f"{LAST_DAY}/X1", 300),
        Item("line", f"{LAST_DAY}/Y1", 700),
        Item("shortfall", "E001", 6 * DAY_FEN + fee_fen - 100_000),
        Item("run", RUN, 0),
        Item("row", f"E001/{day}/{worker}", 0),
    )


def test_all_that_is_open_is_listed_by_name_and_carried_over_and_signed_by_the_bank_before_the_next_month(
    house: House, tmp_path: Path
) -> None:
    open_now = in_trouble(house, tmp_path)
    assert open_now == open_items(house.client("bank", "auditor"), CUSTODY, PERIOD)
    some = named(open_now[:5])
    with told(f"open are {some} and 5 more; expected"):
        close.close_period(house.treasurer, PERIOD, CUSTODY)
    figures = closed(house).figures
    assert open_now == house.treasurer.need(months, PERIOD).carried
    assert (900, 5_000_000, 300) == (
        figures.in_transit_fen,
        figures.blocked_fen + figures.shortfall_fen,
        figures.unmatched_fen,
    )
    closing_fen = house.treasurer.need(custodies, CUSTODY).closing_fen
    house.clock.go(date(2026, 10, 31))
    bring(house, statement(tmp_path, in_transit(house)[1:], sequence=3, day=NEXT_DAY, opening_fen=closing_fen))
    bring(house, statement(tmp_path, [], sequence=4, day=date(2026, 10, 31), opening_fen=closing_fen + 900))
    house.clock.go(date(2026, 11, 2))
    with pytest.raises(PeriodNotReady, match="case=not_signed, last=2026-09"):
        closed(house, OCTOBER)
    assert ("union", "bank") == countersigned(house, "bank", audit(house.ledger)).signed
    closed(house, OCTOBER)
    for period in (AUGUST, PERIOD, OCTOBER):  # the regulator signs all of them, later and in order
        assert "regulator" == countersigned(house, "regulator", audit(house.ledger), period).signed[-1]
    assert "bank" == countersigned(house, "bank", audit(house.ledger), OCTOBER).signed[-1]


def found(house: House, kind: str) -> list[tuple[str, int]]:
    return [(item.name, item.amount_fen) for item in open_items(house.treasurer, CUSTODY, PERIOD) if item.kind == kind]


def test_wages_that_came_back_are_open_as_such_or_with_the_cash_out_that_holds_them(
    house: House, tmp_path: Path
) -> None:
    finished(house, tmp_path)
    order = cashout.orders_of(house.treasurer, f"C{RUN}")[0]
    returned = [(house.treasurer.need(payment_orders, order.order).worker, 2 * DAY_FEN)]
    assert (returned, []) == (found(house, "returned"), found(house, "cashout"))
    again = cashout.reissue(house.treasurer, house.people, order.order)
    assert ([], [(again.cashout, 2 * DAY_FEN)]) == (found(house, "returned"), found(house, "cashout"))
    cashout.cancel(house.treasurer, again.cashout)
    assert (returned, []) == (found(house, "returned"), found(house, "cashout"))


def test_a_payment_of_the_platforms_that_came_back_is_open(house: House, tmp_path: Path) -> None:
    finished(house, tmp_path)
    fee_fen = house.treasurer.need(runs, RUN).totals.fee_fen
    (order,) = house.instructed("C-PLATFORM", scope="platform")
    day = NEXT_DAY + timedelta(days=1)
    house.book(day, debit(day, "P9", fee_fen, order))
    assert (order, fee_fen) not in found(house, "returned")
    house.book(day, credit(day, "R9", fee_fen, order=order, returned="AC04"))
    assert (order, fee_fen) in found(house, "returned")


def test_rows_and_runs_of_the_next_month_are_no_matter_of_this_one(house: House, tmp_path: Path) -> None:
    team = august_closed(house, tmp_path)
    house.deposit(10_000_000)
    bring(house, statement(tmp_path, [], sequence=2, day=LAST_DAY, earlier=in_transit(house)))
    first = house.clock.go(LAST_DAY + timedelta(days=1))
    worker = team.workers["R0001"]
    house.work(first, team.rows(["R0001"], orders=20, minutes=480))
    answers.dispute(house.operator, worker, first, {"orders": 30}, "ten are missing", team.keys[worker])
    house.clock.go(date(2026, 10, 15))
    payday.payday(house.treasurer, house.operator, "E001", date(2026, 10, 15))
    assert () == open_items(house.treasurer, CUSTODY, PERIOD)
    assert ["run", "row"] == [item.kind for item in open_items(house.treasurer, CUSTODY, OCTOBER)]


def test_open_items_are_all_named_where_there_are_no_more_than_fit(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_now = in_trouble(house, tmp_path)
    monkeypatch.setattr(close, "_NAMED", len(open_now))
    with told(f"open are {named(open_now)}; expected"):
        close.close_period(house.treasurer, PERIOD, CUSTODY)


def test_more_than_a_month_can_carry_is_one_line(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(close, "ITEMS_MAX", 9)
    in_trouble(house, tmp_path)
    with pytest.raises(InputFault, match="period 2026-09: 10 items are open; expected at most 9"):
        closed(house)


@pytest.mark.parametrize("organisation", ["bank", "regulator"])
def test_a_month_that_leaves_out_a_row_is_not_countersigned(house: House, tmp_path: Path, organisation: str) -> None:
    open_now = in_trouble(house, tmp_path)
    kept = tuple(item for item in open_now if item.kind != "row")
    house.treasurer.submit(ClosePeriod(request_id="close:2026-09", period=PERIOD, custody=CUSTODY, carried=kept))
    with pytest.raises(InputFault, match=f"row {open_now[-1].name} is disputed or held back, and the close does not"):
        countersigned(house, organisation, audit(house.ledger))
    assert ("union",) == house.treasurer.need(months, PERIOD).signed


def decided(house: House, worker: str, day: date) -> None:
    disputes.decide(house.operator, worker, day, {"orders": 20}, "the log says so")


def withdrawn(house: House, worker: str, day: date) -> None:
    answers.withdraw(house.operator, worker, day, house.keys[worker])


@pytest.mark.parametrize("ended", [decided, withdrawn])
def test_a_row_whose_dispute_was_over_before_the_close_is_not_missed(
    house: House, tmp_path: Path, ended: Callable[[House, str, date], None]
) -> None:
    open_now = in_trouble(house, tmp_path)
    _, day, worker = open_now[-1].name.split("/")
    ended(house, worker, date.fromisoformat(day))
    closed(house)
    assert open_now[:-1] == house.treasurer.need(months, PERIOD).carried
    assert ("union", "bank") == countersigned(house, "bank", audit(house.ledger)).signed


def test_bank_and_regulator_countersign_with_figures_of_their_own_even_when_time_has_gone_on(
    house: House, tmp_path: Path
) -> None:
    finished(house, tmp_path)
    closed(house)
    answer = countersigned(house, "bank", audit(house.ledger))
    assert ("union", "bank") == answer.signed
    deposits.attest_deposit(house.teller, CUSTODY, NEXT_DAY, "T2", "E001", 5_000)  # of October
    opening_fen = 10_000_000 - 4 * DAY_FEN
    lines = in_transit(house)
    bring(house, statement(tmp_path, lines, sequence=3, day=NEXT_DAY, opening_fen=opening_fen))
    answer = countersigned(house, "regulator", audit(house.ledger))
    assert ("union", "bank", "regulator") == answer.signed
    assert answer == countersigned(house, "regulator", audit(house.ledger))


def test_a_month_that_ends_overdrawn_is_closed_and_countersigned_with_a_balance_below_zero(
    house: House, tmp_path: Path
) -> None:
    house.employ(1)
    line = entry("F1", 50, False)
    bring(house, statement(tmp_path, [line], day=date(2026, 8, 31), opening_fen=-100))
    house.clock.go(date(2026, 9, 1))
    figures = closed(house, AUGUST).figures
    assert (0, -150, 150) == (figures.supply_fen, figures.reserve_fen, figures.unmatched_fen)
    report = audit(house.ledger)
    assert (True, 0, -150) == (report.ok, report.supply_fen, report.reserve_fen)
    signs(house, "bank")
    assert [-150] == [each.finding.reserve_fen for each in cosigned(house.ledger)]
    assert ("union", "bank") == countersigned(house, "bank", report, AUGUST).signed


def test_nothing_is_signed_after_an_audit_that_said_no(house: House, tmp_path: Path) -> None:
    finished(house, tmp_path)
    closed(house)
    bad = replace(audit(house.ledger), ok=False, fault="block 7: its header has root ab, recomputed cd")
    with pytest.raises(InputFault, match="audit: block 7: its header has root ab"):
        countersigned(house, "bank", bad)


def test_an_audit_from_before_the_close_does_not_reach_it(house: House, tmp_path: Path) -> None:
    finished(house, tmp_path)
    early = audit(house.ledger)
    closed(house)
    with pytest.raises(InputFault, match=f"period 2026-09: it was closed after the {early.height} blocks"):
        countersigned(house, "bank", early)
    with pytest.raises(Unknown):
        countersigned(house, "bank", early, OCTOBER)


def test_figures_that_differ_are_not_signed(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node whose copy of the ledger holds other postings finds other figures."""
    finished(house, tmp_path)
    closed(house)
    report = audit(house.ledger)
    blocks = [block for block in house.ledger.blocks() if block.header.number != _block_of_t1(house)]
    monkeypatch.setattr(house.ledger, "blocks", lambda _start=0: iter(blocks))
    with pytest.raises(FiguresDiffer, match=r"case=month, figure=supply_fen, .*period=2026-09"):
        countersigned(house, "bank", report)
    assert ("union",) == house.treasurer.need(months, PERIOD).signed


def _block_of_t1(house: House) -> int:
    key = attestations.key(CUSTODY, NEXT_DAY, "T1")
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
    house.deposit(5)
    second = signs(house, "regulator")
    assert {first.height: ("bank",), second.height: ("regulator",)} == signed(house)
    assert (5, 0) == (second.supply_fen, second.reserve_fen)


def wrongly(house: House, organisation: str, **changes: Any) -> Finding:
    """What an organisation's auditor signs, whatever its audit found."""
    finding = replace(house.audited(), **changes)
    house.do(SignCheckpoint, f"{organisation}/auditor", finding=finding)
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
    house.do(SignCheckpoint, finding=wrong)
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


def test_a_voided_checkpoint_stops_no_later_one_of_its_height(house: House) -> None:
    """What is signed after a void bears the number that counts on from it; what supersedes it bears another."""
    house.employ(1)
    bank, height = house.client("bank", "auditor"), house.ledger.height()
    right = checkpoint_signing._to_sign(house.ledger, audit(house.ledger))
    house.do(Void, "bank/auditor", voided=f"checkpoint:{height}")
    wrong = replace(right, root="0" * 64)
    submit_own(bank, SignCheckpoint(request_id=f"checkpoint:{height}", finding=wrong))
    house.do(SignCheckpoint, "bank/auditor", finding=replace(wrong, root="1" * 64), reason="a slip")
    signs(house, "bank", reason="read from a copy")
    assert (2, right) == (
        bank.need(checkpoints, height, "bank").superseded,
        bank.need(checkpoints, height, "bank").finding,
    )


def test_a_ledger_that_ends_before_what_was_seen_is_not_countersigned(house: House, tmp_path: Path) -> None:
    finished(house, tmp_path)
    closed(house)
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
    assert (False, "page 7 is damaged") == (report.ok, str(report.fault))
    assert (house.ledger.height(), house.ledger.height()) == seen[-1]
    assert {} == signed(house)
    assert not memory(house, "bank").path.exists()


EARLY: dict[str, tuple[str, bool, date, str | None]] = {
    "the next month is over and has its statements": (PERIOD, False, NEXT_DAY, None),
    "the next month is not over": (PERIOD, False, LAST_DAY, "not_over"),
    "the month after the next": (OCTOBER, False, NEXT_DAY, "next"),
    "a closed month": (AUGUST, False, NEXT_DAY, "next"),
    "a closed month anew": (AUGUST, True, NEXT_DAY, None),
    "the next month anew": (PERIOD, True, NEXT_DAY, None),
    "the month after the next anew": (OCTOBER, True, date(2026, 11, 2), "next"),
}


@pytest.mark.parametrize("what", EARLY)
def test_whether_a_month_can_be_closed_by_now_is_said_before_anything_is_listed(
    house: House, tmp_path: Path, what: str
) -> None:
    period, anew, day, case = EARLY[what]
    august_closed(house, tmp_path)
    bring(house, statement(tmp_path, [], sequence=2, day=LAST_DAY))
    house.clock.go(day)
    if case is None:
        close.refuse_early(house.treasurer, period, CUSTODY, anew=anew)
        return
    with pytest.raises(PeriodNotReady, match=f"case={case}"):
        close.refuse_early(house.treasurer, period, CUSTODY, anew=anew)


def test_a_month_is_not_closed_while_a_statement_is_booked_in_part(house: House, tmp_path: Path) -> None:
    august_closed(house, tmp_path)
    bring(house, statement(tmp_path, [], sequence=2, day=LAST_DAY))
    house.clock.go(NEXT_DAY)
    close.refuse_early(house.treasurer, PERIOD, CUSTODY)
    house.book(NEXT_DAY, credit(NEXT_DAY, "A1", 500), entries=2, closing_fen=700)
    with pytest.raises(PeriodNotReady, match="case=in_part"):
        close.refuse_early(house.treasurer, PERIOD, CUSTODY)


def test_the_day_after_a_payday_the_month_is_not_over(house: House, tmp_path: Path) -> None:
    august_closed(house, tmp_path)
    house.clock.go(PAYDAY + timedelta(days=1))
    with pytest.raises(PeriodNotReady, match="case=not_over"):
        close.close_period(house.treasurer, PERIOD, CUSTODY)
