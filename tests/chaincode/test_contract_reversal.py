from typing import Any

import pytest

from lxr.chaincode.cashout import CancelCashOut, OpenCashOut
from lxr.chaincode.cashout_holds import ReleaseShards
from lxr.chaincode.cashout_records import payment_orders
from lxr.chaincode.refusals import CashOutHasLeft, ShardNotReady, Unknown, WrongState
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.reversal import CloseReversal, ReverseRun, UnwindShard
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.run_payment import PayShards
from lxr.chaincode.run_pricing import PriceShards
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.runs import RunState, runs
from lxr.chaincode.shard_heads import shard_heads
from parties import ANNA, BO, CLEO, CUSTODY, aug
from preparedtown import prepared_once
from town import Town

RUN, NEXT, LATER = "E001-20260812", "E001-20260819", "E001-20260826"
EMPTY = {b'{"workers":{}}', b'{"workers":{},"rules":2}', b'{"orders":{}}', b"[0]"}
LEFT_BY_A_RUN = ("run/", "run_shard/", "lines/", "request/", "entry/")


def footing(town: Town) -> dict[str, bytes]:
    """The state but for what a run and its reversal leave for the record; an empty record is as good as none."""
    return {
        key: value for key, value in town.engine.scan("") if not key.startswith(LEFT_BY_A_RUN) and value not in EMPTY
    }


def redone(town: Town, day: Any, worker: str, orders: int) -> None:
    """The row is corrected, confirmed and certified."""
    town.correct(day, {worker: orders})
    town.confirm(worker, day)
    town.certify(worker, day)


@prepared_once
def weeks(town: Town) -> Town:
    """The first week is paid; since then there are new work, a correction down of Anna and up of Bo, deductions."""
    town.certified(aug(3), {ANNA: 10, BO: 4})
    town.certified(aug(3), {CLEO: 7})
    town.deposit(100_000)
    town.paid(RUN)
    redone(town, aug(3), ANNA, 2)
    redone(town, aug(3), BO, 6)
    town.certified(aug(10), {ANNA: 1, BO: 10})
    town.deducted("DE001-1", 400, BO)
    town.deducted("DE001-2", 10**6, BO, kind="insurance")
    return town


@pytest.mark.parametrize("until", ["priced", "funded", "half paid", "paid"])
def test_a_reversed_run_leaves_everything_as_it_was_and_the_rerun_pays_the_same(weeks: Town, until: str) -> None:
    before = footing(weeks)
    weeks.priced(NEXT)
    if until != "priced":
        weeks.do(FundRun, run=NEXT)
    for shard in {"half paid": (0,), "paid": (0, 1)}.get(until, ()):
        weeks.do(PayShards, run=NEXT, shards=(shard,))
    first = {worker: weeks.line(NEXT, worker) for worker in (ANNA, BO)}
    weeks.reversed(NEXT)
    assert before == footing(weeks)
    assert RunState.REVERSED is weeks.get(runs, NEXT).state
    weeks.paid(f"{NEXT}-2")
    assert first == {worker: weeks.line(f"{NEXT}-2", worker) for worker in (ANNA, BO)}


def test_a_short_run_can_be_reversed_and_its_arrears_stay_on_record(town: Town) -> None:
    town.certified(aug(3), {ANNA: 10})
    before = footing(town)
    assert "short" == town.funded(RUN).state
    town.reversed(RUN)
    after = footing(town)
    assert {f"arrears/{RUN}"} == after.keys() - before.keys()
    assert before == {key: value for key, value in after.items() if key in before}


def test_a_run_is_reversed_in_its_first_shard_while_others_were_never_priced(weeks: Town) -> None:
    before = footing(weeks)
    weeks.opened(NEXT)
    weeks.do(PriceShards, run=NEXT, shards=(0,))
    weeks.reversed(NEXT)
    assert before == footing(weeks)


def test_a_run_after_one_that_found_a_claim_leaves_it_as_it_was(weeks: Town) -> None:
    weeks.paid(NEXT)
    weeks.certified(aug(17), {ANNA: 20})
    before = footing(weeks)
    assert {ANNA: 10_000} == weeks.paid(LATER)
    weeks.reversed(LATER)
    assert before == footing(weeks)


def test_the_older_of_two_runs_can_be_reversed_and_is_paid_again_in_full(town: Town) -> None:
    town.deposit(100_000)
    town.certified(aug(3), {ANNA: 10})
    town.paid(RUN)
    redone(town, aug(3), ANNA, 12)
    assert {ANNA: 1000} == town.paid(NEXT)
    town.reversed(RUN)
    assert 1000 == town.fen(f"worker:{ANNA}")
    before = footing(town)
    assert {ANNA: 5000} == town.paid(LATER)
    assert 6000 == town.fen(f"worker:{ANNA}")
    town.reversed(LATER)
    assert before == footing(town)
    assert {ANNA: 5000} == town.paid(f"{LATER}-2")
    town.reversed(NEXT)
    assert {ANNA: 1000} == town.paid(f"{LATER}-3")


def test_the_older_of_two_runs_can_be_reversed_though_the_newer_one_found_a_claim(town: Town) -> None:
    town.deposit(100_000)
    town.certified(aug(3), {ANNA: 10})
    town.paid(RUN)
    redone(town, aug(3), ANNA, 4)
    town.certified(aug(10), {ANNA: 1})
    assert {ANNA: 500} == town.paid(NEXT)
    assert {ANNA: 3000} == town.get(shard_heads, "E001", 0).overpaid
    town.reversed(RUN)
    assert 500 == town.fen(f"worker:{ANNA}")
    assert {} == town.get(shard_heads, "E001", 0).overpaid
    assert {ANNA: 2000} == town.paid(LATER)
    assert 2500 == town.fen(f"worker:{ANNA}")


def test_a_run_cannot_be_reversed_once_its_cash_out_is_open(weeks: Town) -> None:
    weeks.paid(NEXT)
    weeks.do(OpenCashOut, cashout="C1", custody=CUSTODY, scope="run", run=NEXT)
    refusal = weeks.refused(CashOutHasLeft, ReverseRun, run=NEXT, reason="wrong rate")
    assert {"run": NEXT, "cashout": "C1", "state": "open"} == refusal.facts
    weeks.do(CancelCashOut, cashout="C1")
    weeks.do(ReverseRun, run=NEXT, reason="wrong rate")


def test_a_run_that_was_swept_or_is_unknown_cannot_be_reversed(weeks: Town) -> None:
    weeks.certified(aug(10), {CLEO: 7})
    weeks.paid(NEXT)
    weeks.instructed("C1", scope="run", run=NEXT)
    weeks.refused(CashOutHasLeft, ReverseRun, run=NEXT, reason="wrong rate")
    weeks.do(SweepRun, run=NEXT)
    weeks.refused(WrongState, ReverseRun, run=NEXT, reason="wrong rate")
    weeks.refused(Unknown, ReverseRun, run=LATER, reason="wrong rate")


def test_a_reversal_takes_nothing_that_another_run_credited_or_the_bank_sent_back(weeks: Town) -> None:
    order = weeks.instructed("C1", scope="run", run=RUN)[-1]
    weeks.do(RejectPaymentOrders, custody=CUSTODY, cashout="C1", rejections=((order, "AC01"),))
    weeks.certified(aug(10), {CLEO: 10})
    weeks.paid(NEXT)
    weeks.certified(aug(17), {CLEO: 2})
    weeks.paid(LATER)
    held = weeks.held("C2", scope="all", employer="E001")
    weeks.reversed(NEXT)
    assert [3500] == [weeks.get(payment_orders, number).amount_fen for number in held]
    assert 1000 == weeks.fen(f"worker:{CLEO}")
    weeks.instructed("C3", scope="run", run=LATER)
    assert 0 == weeks.fen(f"worker:{CLEO}")


def test_a_shard_is_not_unwound_before_a_cancelled_cash_out_has_released_it(weeks: Town) -> None:
    weeks.paid(NEXT)
    weeks.certified(aug(17), {BO: 50})
    weeks.paid(LATER)
    weeks.held("C1", scope="run", run=NEXT)
    weeks.do(CancelCashOut, cashout="C1")
    weeks.do(ReverseRun, run=NEXT, reason="wrong rate")
    refusal = weeks.refused(ShardNotReady, UnwindShard, run=NEXT, shard=0)
    assert {"case": "held", "shard": 0, "number": NEXT, "cashout": "C1"} == refusal.facts
    for shard in (0, 1):
        weeks.do(ReleaseShards, cashout="C1", shards=(shard,))
        weeks.do(UnwindShard, run=NEXT, shard=shard)
    assert weeks.nets(LATER)[BO] == weeks.fen(f"worker:{BO}") - weeks.nets(RUN)[BO]


def test_each_step_of_a_reversal_needs_the_one_before_it(weeks: Town) -> None:
    weeks.paid(NEXT)
    weeks.refused(WrongState, UnwindShard, run=NEXT, shard=0)
    weeks.refused(WrongState, CloseReversal, run=NEXT)
    weeks.refused(Unknown, UnwindShard, run=LATER, shard=0)
    weeks.refused(Unknown, CloseReversal, run=LATER)
    weeks.do(ReverseRun, run=NEXT, reason="wrong rate")
    weeks.refused(WrongState, ReverseRun, run=NEXT, reason="wrong rate")
    weeks.refused(WrongState, OpenCashOut, cashout="C1", custody=CUSTODY, scope="run", run=NEXT)
    weeks.do(UnwindShard, run=NEXT, shard=0)
    weeks.refused(ShardNotReady, UnwindShard, run=NEXT, shard=0)
    weeks.refused(ShardNotReady, UnwindShard, run=NEXT, shard=2)
    weeks.refused(ShardNotReady, CloseReversal, run=NEXT)
    weeks.do(UnwindShard, run=NEXT, shard=1)
    weeks.do(CloseReversal, run=NEXT)
    weeks.refused(WrongState, CloseReversal, run=NEXT)
