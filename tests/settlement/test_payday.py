import itertools
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from breaksoff import Meanwhile, again_and_again
from consortium import House, rehearsal
from lxr.chaincode.cashout_records import CashOutState, cash_outs
from lxr.chaincode.paydays import OnCompletion
from lxr.chaincode.refusals import NotAPayday, WrongState
from lxr.chaincode.rows import RowState
from lxr.chaincode.run_opening import OpenRun
from lxr.chaincode.runs import RunState, ShardState, arrears
from lxr.chaincode.sheet import sheets
from lxr.chaincode.status_changes import SetWorker
from lxr.chaincode.statuses import Status
from lxr.node.dry_run import DryRun
from lxr.node.invariants import check
from lxr.settlement.bank import cashout, instruction
from lxr.settlement.lookups import account_fen
from lxr.settlement.pay import payday
from lxr.settlement.work import answers, corrections
from termsdocuments import rider_terms
from treasury import (
    DAY_FEN,
    PAYDAY,
    UNION,
    accepted,
    approved,
    bring,
    in_transit,
    instructed,
    noon,
    paid,
    statement,
    worked,
)

RUN = "E001-20260915"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def balance_fen(house: House, name: str) -> int:
    return account_fen(house.treasurer, name)


def test_one_call_attests_prices_funds_pays_and_holds_the_cash_out(house: House) -> None:
    report = paid(house, house.employ(3), days=2)
    assert (RUN, RunState.FUNDED, 3, 0, 0) == (
        report.run,
        report.state,
        report.paid,
        report.short_fen,
        report.fee_owed_fen,
    )
    assert 6 * DAY_FEN == report.totals.gross_fen == report.totals.net_fen
    assert report.cash_out is not None
    assert ("CE001-20260915", CashOutState.OPEN, 3, 6 * DAY_FEN) == (
        report.cash_out.cashout,
        report.cash_out.state,
        report.cash_out.orders,
        report.cash_out.total_fen,
    )
    assert [] == check(house.ledger.scan)


def test_the_same_call_again_does_nothing_and_reports_the_same(house: House) -> None:
    first, height = paid(house, house.employ(3)), house.ledger.height()
    assert first == payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    assert height == house.ledger.height()


def test_a_payday_that_dies_after_every_block_is_finished_by_calling_again(house: House) -> None:
    worked(house, house.employ(5, shards=3))
    house.deposit(10_000_000)
    report, deaths = again_and_again(
        house, lambda treasurer, operator: payday.payday(treasurer, operator, "E001", PAYDAY)
    )
    assert 7 == deaths  # open, attest, price, fund, pay, open the cash-out, hold
    assert (RunState.FUNDED, 5, 10 * DAY_FEN) == (report.state, report.paid, report.totals.net_fen)
    assert report.cash_out is not None
    assert 10 * DAY_FEN == report.cash_out.total_fen
    assert 10_000_000 - 10 * DAY_FEN - report.totals.fee_fen == balance_fen(house, "employer:E001")


def test_money_that_is_short_is_an_outcome_and_a_deposit_cures_it(house: House) -> None:
    worked(house, house.employ(3))
    house.deposit(6 * DAY_FEN - 1)
    short = payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    assert (RunState.SHORT, 1, 0, None) == (short.state, short.short_fen, short.paid, short.cash_out)
    assert short == payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    house.deposit(1)
    report = payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    assert (RunState.FUNDED, 0, 3) == (report.state, report.short_fen, report.paid)
    assert report.totals.fee_fen == report.fee_owed_fen > 0  # a missing fee stops no wage
    cured = house.treasurer.need(arrears, RUN)
    assert cured.cured_ms is not None


def test_a_worker_whose_shard_was_opened_after_a_run_is_paid_by_a_second_run_of_that_payday(house: House) -> None:
    team = house.employ(2)
    worked(house, team)
    house.do(OpenRun, employer="E001", run=RUN, payday=PAYDAY)
    late = house.hire(team, 1)
    house.join(team.terms, *team.numbers(late))
    house.work(date(2026, 8, 3), team.rows(late, orders=20, minutes=480))
    house.deposit(10_000_000)
    first = payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    assert (RUN, 2, 4 * DAY_FEN) == (first.run, first.paid, first.totals.net_fen)
    instructed(house, f"C{RUN}")
    second = payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    assert (f"{RUN}-2", 1, DAY_FEN) == (second.run, second.paid, second.totals.net_fen)
    assert [] == check(house.ledger.scan)


def test_rows_that_come_after_a_run_has_left_make_a_second_run_of_that_payday(house: House, tmp_path: Path) -> None:
    team = house.employ(2)
    assert RUN == paid(house, team).run
    house.work(date(2026, 8, 20), team.rows(orders=20, minutes=480))
    assert RUN == payday.run_number("E001", PAYDAY, house.treasurer)  # its money has not left yet
    instructed(house, f"C{RUN}")
    assert f"{RUN}-2" == payday.run_number("E001", PAYDAY, house.treasurer)
    second = payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    assert (f"{RUN}-2", 2 * DAY_FEN) == (second.run, second.totals.net_fen)
    bring(house, statement(tmp_path, in_transit(house)))
    assert RunState.SWEPT == payday.sweep(house.treasurer, RUN).state


def test_a_day_that_is_no_payday_is_refused(house: House) -> None:
    worked(house, house.employ(1))
    with pytest.raises(NotAPayday):
        payday.payday(house.treasurer, house.operator, "E001", date(2026, 9, 14))


def test_a_run_is_swept_when_the_bank_has_accepted_its_cash_out_and_a_statement_covers_it(
    house: House, tmp_path: Path
) -> None:
    report = paid(house, house.employ(2))
    with pytest.raises(WrongState, match="needed=accepted"):
        payday.sweep(house.treasurer, RUN)
    sent(house)
    with pytest.raises(WrongState, match=r"needed=accepted, .*state=instructed"):
        payday.sweep(house.treasurer, RUN)
    accepted(house, f"C{RUN}")
    height, fee_fen = house.ledger.height(), report.totals.fee_fen
    assert payday.SweepReport(RUN, RunState.FUNDED, 0, fee_fen) == payday.sweep(house.treasurer, RUN)
    assert height == house.ledger.height()
    bring(house, statement(tmp_path, in_transit(house)))
    assert payday.SweepReport(RUN, RunState.SWEPT, 0) == payday.sweep(house.treasurer, RUN)
    assert RunState.SWEPT == payday.sweep(house.treasurer, RUN).state == payday.sweep(house.treasurer, RUN).state
    assert fee_fen == balance_fen(house, "fee:union")
    assert RUN == payday.run_number("E001", PAYDAY, house.treasurer)  # finished, and nothing is open


def test_a_reversal_gives_the_money_back_and_opens_the_rows_again(house: House) -> None:
    first = paid(house, house.employ(3))
    report = payday.reverse(house.treasurer, RUN, "wrong tariff")
    assert (True, (), RunState.REVERSED) == (report.can, report.reasons, report.state)
    assert 10_000_000 == balance_fen(house, "employer:E001")
    assert CashOutState.CANCELLED == house.treasurer.need(cash_outs, f"C{RUN}").state
    assert report == payday.reverse(house.treasurer, RUN, "another word")
    second = payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    assert (f"{RUN}-2", first.totals) == (second.run, second.totals)
    assert [] == check(house.ledger.scan)


def test_a_reversal_that_dies_after_every_block_is_finished_by_calling_again(house: House) -> None:
    paid(house, house.employ(5, shards=3))
    report, deaths = again_and_again(house, lambda treasurer, _: payday.reverse(treasurer, RUN, "wrong tariff"))
    assert (5, True, RunState.REVERSED) == (deaths, report.can, report.state)  # cancel, release, reverse, unwind, close
    assert 10_000_000 == balance_fen(house, "employer:E001")


def test_a_payday_goes_on_where_a_reversal_died_before_it_had_begun(house: House) -> None:
    paid(house, house.employ(3))
    cashout.cancel(house.treasurer, f"C{RUN}")
    report = payday.resume(house.treasurer, house.operator, RUN)
    assert report.cash_out is not None
    assert (f"C{RUN}-2", 6 * DAY_FEN) == (report.cash_out.cashout, report.cash_out.total_fen)


def sent(house: House) -> None:
    """The run's cash-out approved by all; the bank has its file, and has not accepted it."""
    instruction.instruct(house.treasurer, house.people, f"C{RUN}", UNION, noon(PAYDAY), PAYDAY)
    assert CashOutState.INSTRUCTED == approved(house, f"C{RUN}").state


def test_a_run_whose_file_the_bank_has_not_accepted_can_be_taken_back(house: House) -> None:
    paid(house, house.employ(2))
    sent(house)
    report = payday.reverse(house.treasurer, RUN, "wrong tariff")
    assert (True, RunState.REVERSED) == (report.can, report.state)
    assert CashOutState.CANCELLED == house.treasurer.need(cash_outs, f"C{RUN}").state
    assert 10_000_000 == balance_fen(house, "employer:E001")
    assert [] == check(house.ledger.scan)


def test_a_run_whose_money_has_left_cannot_be_reversed_and_nothing_changes(house: House, tmp_path: Path) -> None:
    paid(house, house.employ(1))
    instructed(house, f"C{RUN}")
    bring(house, statement(tmp_path, in_transit(house)))
    height = house.ledger.height()
    report = payday.reverse(house.treasurer, RUN, "too late")
    assert (False, (f"its cash-out C{RUN} is accepted: the money has left",)) == (
        report.can,
        tuple(map(str, report.reasons)),
    )
    payday.sweep(house.treasurer, RUN)
    assert not payday.reverse(house.treasurer, RUN, "too late").can
    assert height + 1 == house.ledger.height()


def test_a_run_that_is_short_can_be_taken_back(house: House) -> None:
    worked(house, house.employ(1))
    assert RunState.SHORT == payday.payday(house.treasurer, house.operator, "E001", PAYDAY).state
    assert payday.reverse(house.treasurer, RUN, "wrong tariff").can
    assert f"{RUN}-2" == payday.run_number("E001", PAYDAY, house.treasurer)


def test_a_dry_run_reports_what_would_happen_and_leaves_nothing(house: House) -> None:
    worked(house, house.employ(2))
    house.deposit(10_000_000)
    height, trial = house.ledger.height(), DryRun(house.ledger)
    report = payday.payday(house.treasurer.on(trial), house.operator.on(trial), "E001", PAYDAY)
    assert (RunState.FUNDED, 4 * DAY_FEN, height) == (report.state, report.totals.net_fen, house.ledger.height())
    assert report == payday.payday(house.treasurer, house.operator, "E001", PAYDAY)


def test_progress_ends_at_all_there_is(house: House) -> None:
    worked(house, house.employ(2))
    house.deposit(10_000_000)
    seen: list[tuple[int, int]] = []
    payday.payday(
        house.treasurer, house.operator, "E001", PAYDAY, progress=lambda done, total: seen.append((done, total))
    )
    assert (6, 6) == seen[-1]
    assert seen == sorted(seen)


def test_the_status_shows_every_shard(house: House) -> None:
    report = paid(house, house.employ(3))
    status = payday.run_status(house.treasurer, RUN)
    assert [ShardState.PAID, ShardState.PAID] == [shard.state for shard in status.shards]
    assert (report.totals, CashOutState.OPEN) == (status.totals, status.cashout_state)
    assert msgspec.json.encode(report)
    assert msgspec.json.encode(status)


def test_a_correction_of_a_paid_row_is_a_difference_in_the_next_run(house: House) -> None:
    team = house.employ(1, shards=1)
    worker = team.workers["R0001"]
    paid(house, team)
    instructed(house, f"C{RUN}")
    house.correct(date(2026, 8, 3), {worker: {"orders": 20, "minutes": 540}})
    second = payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    assert (f"{RUN}-2", 2500) == (second.run, second.totals.net_fen)


def test_a_final_run_pays_the_leaving_worker_and_nobody_elses_answer_is_cut_short(house: House) -> None:
    team = house.employ(4)
    leaving, staying = team.workers["R0001"], team.workers["R0002"]
    worked(house, team)
    house.clock.go(date(2026, 8, 4), hour=20)
    day = date(2026, 8, 5)
    house.do(SetWorker, worker=leaving, status=Status.ENDED, from_day=day, reason="contract ended")
    house.deposit(10_000_000)
    house.clock.go(day)
    report = payday.payday(house.treasurer, house.operator, "E001", day, workers=[leaving])
    assert (1, 2 * DAY_FEN) == (report.paid, report.totals.net_fen)
    sheet = house.treasurer.need(sheets, "E001", date(2026, 8, 4), team.shard(staying))
    others = set(team.by_shard(team.workers.values())[team.shard(staying)]) - {leaving}
    assert others <= {worker for worker, _ in sheet.rows(RowState.SUBMITTED, RowState.UNANSWERED)}
    assert report == payday.payday(house.treasurer, house.operator, "E001", day, workers=[leaving])
    house.clock.go(PAYDAY)
    rest = payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    assert (3, 6 * DAY_FEN) == (rest.paid, rest.totals.net_fen)


def test_work_that_is_paid_on_completion_is_paid_on_any_day(house: House) -> None:
    team = house.employ(1, document=rider_terms("E001", payday=OnCompletion()))
    day = house.clock.go(date(2026, 8, 3))
    house.work(day, team.rows(orders=20, minutes=480))
    house.deposit(10_000_000)
    report = payday.payday(house.treasurer, house.operator, "E001", day)
    assert ("E001-20260803", DAY_FEN) == (report.run, report.totals.net_fen)


def test_pay_waits_for_nobodys_silence_and_the_report_names_what_is_open(house: House) -> None:
    team = house.employ(6, shards=3)
    house.clock.go(date(2026, 8, 31))
    house.work(date(2026, 8, 31), team.rows(orders=20, minutes=480))
    house.clock.go(date(2026, 9, 1))
    house.deposit(10_000_000)
    worker = team.workers["R0001"]
    answers.dispute(house.operator, worker, date(2026, 8, 31), {"orders": 30}, "ten are missing", team.keys[worker])
    house.clock.go(PAYDAY)
    report = payday.payday(house.treasurer, house.operator, "E001", PAYDAY)
    assert (6, 6 * DAY_FEN) == (report.paid, report.totals.net_fen)
    assert (payday.PendingRow(worker, date(2026, 8, 31), RowState.DISPUTED),) == report.open_rows


def test_a_row_that_is_corrected_again_and_again_holds_no_other_shards_pay_back(house: House) -> None:
    team = house.employ(4)
    worked(house, team)
    house.deposit(10_000_000)
    worker, day, times = team.workers["R0001"], date(2026, 8, 3), itertools.count(21)

    def correct() -> None:
        corrections.correct(house.signer(), "E001", day, {worker: {"orders": next(times)}}, "recount")

    report = payday.payday(house.treasurer, house.operator.on(Meanwhile(house.ledger, correct)), "E001", PAYDAY)
    assert (RunState.FUNDED, 2) == (report.state, report.totals.lines)
    waiting = {(row.worker, row.day) for row in report.open_rows}
    ours = [each for each in team.workers.values() if team.shard(each) == team.shard(worker)]
    assert {(each, day + timedelta(days=back)) for each in ours for back in (0, 1)} == waiting
    house.clock.go(date(2026, 10, 15))
    assert 2 == payday.payday(house.treasurer, house.operator, "E001", date(2026, 10, 15)).paid
