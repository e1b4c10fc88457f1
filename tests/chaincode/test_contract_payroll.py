from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import astuple, replace

from engines import MemoryEngine
from lxr.chaincode.books import Balance, balances
from lxr.chaincode.employers import AddEmployer, employers
from lxr.chaincode.parameter_refusals import ParameterMissing
from lxr.chaincode.pay_rules import Guarantee, PerUnit, Step, Tiers
from lxr.chaincode.paydays import Monthly
from lxr.chaincode.payroll import RunAnswer, ShardAnswer
from lxr.chaincode.refusals import (
    DayStillOpen,
    DuplicateRow,
    Exists,
    MalformedCommand,
    NotAPayday,
    ShardNotReady,
    TooLarge,
    Unknown,
    WorkerElsewhere,
    WrongState,
)
from lxr.chaincode.registration import AddWorkers
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.run_opening import OPEN_RUNS_MAX, OpenRun
from lxr.chaincode.run_payment import PayShards
from lxr.chaincode.run_pricing import PriceShards
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.runs import Arrears, RunPart, RunShard, ShardState, Totals, arrears, run_shards, runs
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.status_changes import SetEmployer, SetWorker
from lxr.chaincode.statuses import Status
from lxr.chaincode.taken import dated
from lxr.chaincode.terms import EndTerms, ProposeTerms
from lxr.chaincode.types import SHARDS_MAX, canonical
from lxr.token.refusal import AmountTooLarge, Refusal
from parties import ANNA, BO, CLEO, DORA, NOVA, aug, numbered, sep
from termsdocuments import terms_document
from town import Town

RUN, NEXT = "E001-20260812", "E001-20260819"


def opening(run: str = RUN, **changes: Any) -> dict[str, Any]:
    employer, day = run.split("-")
    return {"employer": employer, "run": run, "payday": date.fromisoformat(day), **changes}


def totals(answer: RunAnswer | ShardAnswer) -> tuple[int, ...]:
    found = answer.totals
    return found.gross_fen, found.net_fen, found.tax_fen, found.insurance_fen, found.fee_fen, found.fee


def test_a_run_goes_from_open_to_swept_and_every_fen_has_its_place(week: Town) -> None:
    assert "open" == week.opened(RUN).state
    shards = week.do(PriceShards, run=RUN, shards=(0, 1)).shards
    parts = [(13_000, 13_000, 0, 0, 0, 13_000 * 200), (3500, 3500, 0, 0, 0, 3500 * 200)]
    assert parts == [totals(shard) for shard in shards]
    funded = week.do(FundRun, run=RUN)
    assert ("funded", (16_500, 16_500, 0, 0, 330, 0)) == (funded.state, totals(funded))
    assert (100_000 - 16_830, 13_000) == (week.fen("employer:E001"), week.fen(f"run:{RUN}.0"))
    for shard in (0, 1):
        assert ["paid"] == [paid.state for paid in week.do(PayShards, run=RUN, shards=(shard,)).shards]
    assert [11_000, 2000, 3500] == [week.fen(f"worker:{worker}") for worker in (ANNA, BO, CLEO)]
    week.instructed("C1", scope="run", run=RUN)
    assert "swept" == week.do(SweepRun, run=RUN).state
    assert (330, 0, 0) == (week.fen("fee:union"), week.fen(f"held:{RUN}.fee"), week.fen(f"run:{RUN}.0"))
    assert () == week.get(employers, "E001").open_runs


def test_each_row_is_taken_once_and_work_after_the_cut_off_waits_for_its_payday(week: Town) -> None:
    assert {ANNA: 11_000, BO: 2000, CLEO: 3500} == week.paid(RUN)
    assert {ANNA: 500} == week.paid(NEXT)
    assert {} == week.paid("E001-20260826")
    assert ((), ()) == tuple(week.get(shard_heads, "E001", shard).days for shard in (0, 1))


def test_a_pay_line_says_what_it_is_made_of(week: Town) -> None:
    week.priced(RUN)
    (part,) = week.line(RUN).parts
    assert ("TE001-1", aug(3), aug(9), 11_000, 0, 11_000) == (
        part.terms,
        part.start,
        part.end,
        part.earned_fen,
        part.before_fen,
        part.due_fen,
    )
    assert [("per_unit:orders", 22, 11_000)] == [(item.rule, item.quantity, item.amount_fen) for item in part.items]
    assert [(aug(3), 1), (aug(9), 1)] == dated(part.taken, part.start)
    assert (11_000, 11_000 * 200) == (week.line(RUN).net_fen, week.line(RUN).fee)


@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        (Unknown, {"employer": "E009", "run": "E009-20260812"}),
        (NotAPayday, {"run": "E001-20260813", "payday": aug(13)}),
        (MalformedCommand, {"run": "E002-20260812"}),
        (MalformedCommand, {"run": "E001-20260819"}),
        (MalformedCommand, {"payday": date(1, 1, 1)}),
        (ParameterMissing, {"run": "E001-20290103", "payday": date(2029, 1, 3)}),
        (WorkerElsewhere, {"workers": (DORA,)}),
        (WorkerElsewhere, {"workers": ("W000000000999",)}),
        (WrongState, {"workers": (ANNA,)}),
    ],
)
def test_a_run_that_cannot_be_right_is_not_opened(town: Town, refusal: type[Refusal], changes: dict[str, Any]) -> None:
    town.go(aug(12))
    town.refused(refusal, OpenRun, **{**opening(), **changes})


def test_a_run_is_opened_once_and_not_before_its_last_day_of_work_is_over(town: Town) -> None:
    town.go(aug(9), 23, 59, 59)
    town.refused(DayStillOpen, OpenRun, **opening())
    town.go(aug(10), 0)
    town.do(OpenRun, **opening())
    town.refused(Exists, OpenRun, **opening())


def test_terms_that_nobody_could_join_yet_have_no_payday(town: Town) -> None:
    town.do(ProposeTerms, employer="E001", terms="TE001-3", version=1, document=terms_document(payday=Monthly(13)))
    town.go(aug(13))
    town.refused(NotAPayday, OpenRun, **opening("E001-20260813"))


def test_a_row_without_the_unions_word_waits_and_holds_nothing_else_back(week: Town) -> None:
    week.work(aug(8), {ANNA: 3, BO: 4})
    assert {ANNA: 11_000, BO: 2000, CLEO: 3500} == week.priced(RUN)
    assert [(2, 0), (0, 0)] == [waiting(week, RUN, shard) for shard in (0, 1)]
    week.certify(BO, aug(8))
    assert {ANNA: 1500 + 500, BO: 2000} == week.priced(NEXT)
    assert (0, 0) == waiting(week, NEXT, 0)


def test_a_disputed_row_is_paid_as_far_as_the_employer_admits_and_the_run_says_so(week: Town) -> None:
    week.work(aug(8), {ANNA: 3, BO: 4})
    week.dispute(ANNA, aug(8), 9)
    week.certify(BO, aug(8))
    assert {ANNA: 12_500, BO: 4000, CLEO: 3500} == week.priced(RUN)
    assert (0, 1) == waiting(week, RUN, 0)
    week.correct(aug(8), {ANNA: 5})
    assert {ANNA: 1000 + 500} == week.priced(NEXT)


def waiting(town: Town, run: str, shard: int) -> tuple[int, int]:
    record = town.get(run_shards, run, shard)
    return record.waiting, record.disputed


def test_each_step_needs_the_one_before_it(week: Town) -> None:
    week.refused(Unknown, FundRun, run=RUN)
    week.refused(Unknown, SweepRun, run=RUN)
    week.refused(Unknown, PriceShards, run=RUN, shards=(0,))
    week.refused(Unknown, PayShards, run=RUN, shards=(0,))
    week.opened(RUN)
    week.refused(Unknown, PriceShards, run=RUN, shards=(2,))
    week.refused(ShardNotReady, FundRun, run=RUN)
    week.refused(WrongState, PayShards, run=RUN, shards=(0,))
    for shard in (0, 1):
        week.do(PriceShards, run=RUN, shards=(shard,))
        week.refused(ShardNotReady, PriceShards, run=RUN, shards=(shard,))
    week.refused(WrongState, SweepRun, run=RUN)
    week.do(FundRun, run=RUN)
    week.refused(WrongState, FundRun, run=RUN)
    week.refused(WrongState, PriceShards, run=RUN, shards=(0,))
    week.do(PayShards, run=RUN, shards=(0,))
    week.refused(ShardNotReady, PayShards, run=RUN, shards=(0,))
    week.refused(ShardNotReady, PayShards, run=RUN, shards=(2,))
    week.refused(ShardNotReady, SweepRun, run=RUN)
    week.do(PayShards, run=RUN, shards=(1,))
    week.refused(WrongState, SweepRun, run=RUN)
    week.held("C1", scope="run", run=RUN)
    week.refused(WrongState, SweepRun, run=RUN)
    week.leave("C1")
    week.do(SweepRun, run=RUN)
    week.refused(WrongState, SweepRun, run=RUN)


def test_a_run_without_work_ends_without_a_cash_out(town: Town) -> None:
    assert {} == town.paid(RUN)
    assert "swept" == town.do(SweepRun, run=RUN).state


def test_wages_that_are_not_there_are_arrears_until_they_are(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.deposit(4999)
    town.priced(RUN)
    first_ms = town.at_ms
    answer = town.do(FundRun, run=RUN)
    assert ("short", 1, 4999) == (answer.state, answer.short_fen, town.fen("employer:E001"))
    town.refused(WrongState, PayShards, run=RUN, shards=(0,))
    town.go(aug(13))
    assert "short" == town.do(FundRun, run=RUN).state
    assert Arrears("E001", 5000, 4999, first_ms) == town.get(arrears, RUN)
    town.deposit(1)
    town.go(aug(14))
    answer = town.do(FundRun, run=RUN)
    assert ("funded", 0, 100) == (answer.state, answer.short_fen, answer.fee_owed_fen)
    assert Arrears("E001", 5000, 4999, first_ms, town.at_ms) == town.get(arrears, RUN)


def test_a_fee_that_is_not_there_stops_no_wage_and_is_owed_until_the_sweep(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.deposit(5030)
    assert {ANNA: 5000} == town.paid(RUN)
    assert (30, 0, 70) == (town.fen(f"held:{RUN}.fee"), town.fen("employer:E001"), town.get(runs, RUN).fee_owed_fen)
    town.instructed("C1", scope="run", run=RUN)
    swept = town.do(SweepRun, run=RUN)
    assert ("swept", 70) == (swept.state, swept.fee_owed_fen)
    assert () == town.get(employers, "E001").open_runs
    town.deposit(50)
    assert 20 == town.do(SweepRun, run=RUN).fee_owed_fen
    town.deposit(50)
    assert 0 == town.do(SweepRun, run=RUN).fee_owed_fen
    assert (100, 30) == (town.fen("fee:union"), town.fen("employer:E001"))
    town.refused(WrongState, SweepRun, run=RUN)


def test_weekly_and_monthly_terms_share_a_shard_and_each_run_takes_its_own(town: Town) -> None:
    town.terms_active(
        "TE001-3", terms_document(payday=Monthly(15), rules=(PerUnit("orders", 700),), pay_class="monthly")
    )
    town.join("TE001-3", NOVA)
    town.certified(aug(3), {ANNA: 10, NOVA: 10})
    town.certified(aug(28), {ANNA: 1, NOVA: 1})
    town.deposit(100_000)
    assert {ANNA: 5000} == town.paid(RUN)
    assert {ANNA: 500} == town.paid("E001-20260902")
    assert (RunPart("TE001-1", aug(30)),) == town.get(runs, "E001-20260902").parts
    assert {NOVA: 7700} == town.paid("E001-20260915")
    assert () == town.get(shard_heads, "E001", 0).days


def test_a_payday_of_several_terms_takes_them_all(town: Town) -> None:
    town.terms_active(
        "TE001-3", terms_document(payday=Monthly(16), rules=(PerUnit("orders", 700),), pay_class="monthly")
    )
    town.join("TE001-3", NOVA)
    town.certified(aug(31), {ANNA: 10, NOVA: 10})
    town.certified(sep(7), {ANNA: 1, NOVA: 1})
    town.deposit(100_000)
    assert {ANNA: 500 + 5000, NOVA: 7000} == town.paid("E001-20260916")
    assert (RunPart("TE001-1", sep(13)), RunPart("TE001-3", aug(31))) == town.get(runs, "E001-20260916").parts


def test_what_was_earned_before_a_suspension_is_still_paid(week: Town) -> None:
    for kind, who in ((SetWorker, {"worker": ANNA}), (SetEmployer, {"employer": "E001"})):
        week.do(kind, **who, status=Status.SUSPENDED, from_day=aug(11), reason="as asked")
    assert {ANNA: 11_000, BO: 2000, CLEO: 3500} == week.paid(RUN)


def test_a_final_run_pays_a_worker_whose_employment_ended_at_once_and_nobody_else(week: Town) -> None:
    week.do(SetWorker, worker=ANNA, status=Status.ENDED, from_day=aug(11), reason="moved away")
    week.go(aug(11))
    assert {ANNA: 11_500} == week.paid("E001-20260811-F1", workers=(ANNA,))
    assert {BO: 2000, CLEO: 3500} == week.paid(RUN)
    assert {} == week.paid(NEXT)


def test_no_number_of_open_runs_keeps_an_employer_from_sweeping_them(bench: Town) -> None:
    bench.go(aug(12))
    for number in range(OPEN_RUNS_MAX):
        bench.do(OpenRun, **{**opening(RUN), "run": f"{RUN}-{number}"})
    bench.refused(TooLarge, OpenRun, **opening(RUN))
    bench.reversed(f"{RUN}-0")
    bench.do(OpenRun, **opening(RUN))


def test_when_terms_have_ended_all_wages_are_due_at_once(week: Town) -> None:
    week.do(EndTerms, employer="E001", terms="TE001-1", ends=aug(10), reason="season over")
    assert {ANNA: 11_500, BO: 2000, CLEO: 3500} == week.paid("E001-20260811")


def test_a_final_run_is_not_dated_back(week: Town) -> None:
    week.do(SetWorker, worker=ANNA, status=Status.ENDED, from_day=aug(11), reason="moved away")
    week.go(aug(12))
    week.refused(NotAPayday, OpenRun, **opening("E001-20260811"), workers=(ANNA,))


def test_a_final_run_is_of_its_own_day(week: Town) -> None:
    week.do(SetWorker, worker=ANNA, status=Status.ENDED, from_day=aug(11), reason="moved away")
    week.go(aug(12))
    week.refused(NotAPayday, OpenRun, **opening("E001-20260813"), workers=(ANNA,))
    week.refused(NotAPayday, OpenRun, **opening("E001-20991231"), workers=(ANNA,))
    week.refused(DuplicateRow, OpenRun, **opening("E001-20260812"), workers=(ANNA, ANNA))
    week.do(OpenRun, **opening("E001-20260812"), workers=(ANNA,))


def test_no_fee_is_taken_at_funding_while_another_run_lacks_wages(town: Town) -> None:
    town.deposit(4000)
    town.certified(aug(3), {ANNA: 10})
    assert "short" == town.funded(RUN).state
    town.certified(aug(10), {BO: 2})
    assert ("funded", 20) == (town.funded(NEXT).state, town.get(runs, NEXT).fee_owed_fen)
    assert 3000 == town.fen("employer:E001")


def test_each_period_bears_the_fee_of_its_own_terms(town: Town) -> None:
    free = terms_document(rules=(PerUnit("orders", 500),), service_fee_bp=0, pay_class="free")
    town.terms_active("TE001-3", free)
    town.certified(aug(3), {ANNA: 10})
    town.join("TE001-3", ANNA, from_day=aug(10))
    town.certified(aug(10), {ANNA: 10})
    town.deposit(100_000)
    assert {ANNA: 10_000} == town.paid(NEXT)
    assert 5_000 * 200 == town.line(NEXT).fee  # 2 % of the first week, nothing of the second


def test_wages_below_the_minimum_of_the_place_are_topped_up(town: Town) -> None:
    town.terms_active("TE001-3", terms_document(minimum_wage_place="510100-1", pay_class="place"))
    town.join("TE001-3", NOVA)
    town.certified(aug(3), {NOVA: {"orders": 2, "minutes": 60}})
    town.certified(aug(4), {NOVA: {"orders": 2, "minutes": 30}})
    town.deposit(100_000)
    assert {NOVA: 3450} == town.paid(RUN)  # 90 minutes at 23 yuan an hour, where 4 orders alone bring 20


def test_a_place_without_a_minimum_wage_in_force_stops_the_run(town: Town) -> None:
    town.terms_active("TE001-3", terms_document(minimum_wage_place="510100-1", pay_class="place"))
    town.join("TE001-3", NOVA)
    town.certified(aug(3), {NOVA: 2})
    town.opened(RUN)
    state = {key: value for key, value in town.engine.scan("") if key != "parameter/minimum_wage.510100-1"}
    poor = Town(MemoryEngine(state), "poor")
    poor.refused(ParameterMissing, PriceShards, run=RUN, shards=(0,))


def test_a_run_pays_the_shards_that_there_were_when_it_was_opened_and_the_next_one_those_that_came_after(
    town: Town,
) -> None:
    town.certified(aug(3), {ANNA: 10})
    town.deposit(100_000)
    town.opened(RUN)
    crew = [numbered(number) for number in range(500, 503)]  # two fill up the second shard
    town.do(AddWorkers, employer="E001", workers=tuple(map(town.new_worker, crew)))
    town.join("TE001-1", *crew)
    for worker in crew[1:]:
        town.certified(aug(4), {worker: 4})
    refusal = town.refused(Unknown, PriceShards, run=RUN, shards=(2,))
    assert {"what": "shard", "number": f"{RUN}/2"} == refusal.facts
    assert {ANNA: 5000, crew[1]: 2000} == town.do_priced(RUN)
    town.do(FundRun, run=RUN)
    for shard in range(2):
        town.do(PayShards, run=RUN, shards=(shard,))
    assert {crew[2]: 2000} == town.paid(NEXT)


def test_a_run_of_as_many_shards_as_an_employer_can_have_is_funded_in_one_transaction(bench: Town) -> None:
    bench.certified(aug(3), {ANNA: 10})
    bench.opened(RUN)
    part = Totals(
        lines=200,
        gross_fen=10**9,
        net_fen=9 * 10**8,
        tax_fen=10**8,
        fee_fen=10**7,
        hold_fen=10**6,
        release_fen=10**9,
    )
    state = dict(bench.engine.scan("")) | {runs.key(RUN): canonical(replace(bench.get(runs, RUN), shards=SHARDS_MAX))}
    state[balances.key("employer:E001")] = canonical(Balance(10**13))
    for shard in range(SHARDS_MAX):
        state[run_shards.key(RUN, shard)] = canonical(RunShard(ShardState.PRICED, part))
        state[balances.key(f"contested:E001.{shard}")] = canonical(Balance(part.release_fen))
    engine = MemoryEngine(state)
    answer = engine.submit("union/treasurer", FundRun(request_id="fund-all-of-it", run=RUN), bench.at_ms)
    assert ("funded", SHARDS_MAX * part.net_fen) == (answer.state, answer.totals.net_fen)


def test_a_sum_that_no_account_could_hold_is_refused_when_it_is_priced(bench: Town) -> None:
    measures = {f"kind_{letter}": 10**6 for letter in "abcdefgh"}
    rules = tuple(PerUnit(measure, 10**6) for measure in measures)
    *crew, _ = everybody = [numbered(number, "E003") for number in range(500, 506)]
    bench.do(AddEmployer, employer="E003", shard_size=len(crew))
    bench.do(AddWorkers, employer="E003", workers=tuple(bench.new_worker(number, "E003") for number in everybody))
    bench.terms_active("TE003-1", terms_document("E003", payday=Monthly(15), rules=rules, pay_class="huge"))
    bench.join("TE003-1", *crew)
    for number in range(26):
        bench.certified(aug(1) + timedelta(days=number), dict.fromkeys(crew, measures))
    bench.opened("E003-20260915")
    refusal = bench.refused(AmountTooLarge, PriceShards, run="E003-20260915", shards=(0,))
    answer = bench.do(PriceShards, run="E003-20260915", shards=(0, 1))  # it stops no other shard
    assert [(0, AmountTooLarge.code, refusal.facts)] == [astuple(each) for each in answer.left_out]
    assert [1] == [shard.shard for shard in answer.shards]


TIERED = (Tiers("orders", "period", (Step(0, 400), Step(20, 600))), Guarantee(3000, "period"))


def test_tiers_and_guarantee_over_a_period_count_a_late_row_as_a_difference(town: Town) -> None:
    town.terms_active("TE001-3", terms_document(rules=TIERED, pay_class="tiered"))
    town.join("TE001-3", NOVA)
    town.certified(aug(3), {NOVA: {"orders": 15, "minutes": 180}})
    town.deposit(100_000)
    assert {NOVA: 9000} == town.paid(RUN)  # 15 x 4.00 are 60.00; 3 hours at 30.00 are guaranteed
    town.certified(aug(4), {NOVA: {"orders": 15, "minutes": 60}})
    # The week is 20 x 4.00 + 10 x 6.00 = 140.00, which is more than 4 hours at 30.00.
    assert {NOVA: 5000} == town.paid(NEXT)
    (part,) = town.line(NEXT, NOVA).parts
    assert (14_000, 9000, 5000, aug(3)) == (part.earned_fen, part.before_fen, part.due_fen, part.start)
    assert [(aug(4), 1)] == dated(part.taken, part.start)


def test_what_the_employer_admits_of_a_disputed_row_is_paid_and_the_rest_after_the_decision(town: Town) -> None:
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10, BO: 4})
    town.confirm(BO, aug(3))
    town.dispute(ANNA, aug(3), 14)
    town.certify(BO, aug(3))
    town.deposit(100_000)
    assert {ANNA: 5000, BO: 2000} == town.paid(RUN)
    town.decide(ANNA, aug(3), 13)
    assert {ANNA: 1500} == town.paid(NEXT)
    (part,) = town.line(NEXT).parts
    assert [(aug(3), 2)] == dated(part.taken, part.start)
    assert [(aug(3), 1)] == dated(part.dropped, part.start)


def test_a_claimed_row_that_the_employer_has_not_admitted_brings_nothing_yet(town: Town) -> None:
    town.go(aug(4))
    town.dispute(ANNA, aug(3), 14)
    town.deposit(100_000)
    assert {ANNA: 0} == town.paid(RUN)
    town.work(aug(3), {ANNA: 14})
    town.certify(ANNA, aug(3))
    assert {ANNA: 7000} == town.paid(NEXT)


def test_a_row_that_is_paid_unanswered_can_be_disputed_and_decided(town: Town) -> None:
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10})
    town.go(aug(12))
    town.certify(ANNA, aug(3))
    town.deposit(100_000)
    assert {ANNA: 5000} == town.paid(RUN)
    town.dispute(ANNA, aug(3), 14)
    assert {} == town.paid(NEXT)
    town.decide(ANNA, aug(3), 14)
    assert {ANNA: 2000} == town.paid("E001-20260826")


def test_what_was_paid_too_much_is_a_claim_and_no_later_pay_is_set_off_against_it(week: Town) -> None:
    week.paid(RUN)
    week.correct(aug(3), {ANNA: 2})  # 8 orders of 5.00 too many were paid
    week.confirm(ANNA, aug(3))
    week.certify(ANNA, aug(3))
    assert {ANNA: 500} == week.paid(NEXT)  # for the 10th
    assert [(7000, 11_000, 0, 4000), (500, 0, 500, 0)] == [
        (part.earned_fen, part.before_fen, part.due_fen, part.over_fen) for part in week.line(NEXT).parts
    ]
    assert {ANNA: 4000} == week.get(shard_heads, "E001", 0).overpaid
    week.certified(aug(17), {ANNA: 10})
    assert {ANNA: 5000} == week.paid("E001-20260826")
    assert {ANNA: 4000} == week.get(shard_heads, "E001", 0).overpaid


def test_what_was_paid_too_much_nets_within_its_period(week: Town) -> None:
    week.paid(RUN)
    for run, count, due_fen, overpaid in (
        (NEXT, 2, 0, {ANNA: 4000}),
        ("E001-20260826", 9, 0, {ANNA: 500}),
        ("E001-20260902", 11, 500, {}),
    ):
        week.correct(aug(3), {ANNA: count})
        week.confirm(ANNA, aug(3))
        week.certify(ANNA, aug(3))
        week.paid(run)
        assert due_fen == next(part.due_fen for part in week.line(run).parts if part.start == aug(3))
        assert overpaid == week.get(shard_heads, "E001", 0).overpaid


def test_a_correction_up_is_paid_as_a_difference_in_the_next_run(week: Town) -> None:
    week.paid(RUN)
    week.correct(aug(3), {ANNA: 13})
    week.confirm(ANNA, aug(3))
    week.certify(ANNA, aug(3))
    assert {ANNA: 1500 + 500} == week.paid(NEXT)


def test_no_owed_fee_is_taken_while_another_run_lacks_wages(town: Town) -> None:
    town.deposit(5000)
    town.certified(aug(3), {ANNA: 10})
    town.paid(RUN)
    town.instructed("C1", scope="run", run=RUN)
    assert 100 == town.do(SweepRun, run=RUN).fee_owed_fen
    town.certified(aug(10), {ANNA: 4})
    town.deposit(1990)
    assert "short" == town.funded(NEXT).state
    town.deposit(9)
    town.refused(WrongState, SweepRun, run=RUN)
    town.deposit(1)
    assert "funded" == town.do(FundRun, run=NEXT).state
