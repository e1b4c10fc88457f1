from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from lxr_chaincode.cashout_records import CashOutState, cash_outs
from lxr_chaincode.custody import BookStatement, DepositLine
from lxr_chaincode.custody_records import custodies
from lxr_chaincode.invariants import check, supply_and_reserve
from lxr_chaincode.payroll import SweepRun
from lxr_chaincode.registry import Balance, balances, shard_heads
from lxr_chaincode.runs import (
    Deduction,
    DeductionOrder,
    Deductions,
    DeductionState,
    ShardState,
    WorkerEarned,
    deduction_orders,
    deductions,
    earned,
    pay_lines,
    run_shards,
    runs,
)
from lxr_chaincode.types import Record, canonical
from lxr_chaincode.world import Table
from town import ANNA, BO, CUSTODY, Town, aug

RUN = "E001-20260812"
State = dict[str, bytes]


def scanning(state: State) -> Callable[[str], Iterator[tuple[str, bytes]]]:
    return lambda prefix: iter(sorted(item for item in state.items() if item[0].startswith(prefix)))


@pytest.fixture
def state(bench: Town) -> State:
    """A run is swept, its wages are with the bank, and a statement is booked in part."""
    bench.book(aug(3), DepositLine("D1", 10_000, "E001"))
    bench.attested(aug(3), {ANNA: 10})
    bench.paid(RUN)
    bench.instructed("C1", scope="run", run=RUN)
    bench.do(SweepRun, run=RUN)
    bench.deposit(70)
    lines = DepositLine("D2", 200, "E001"), DepositLine("D3", 300, None)
    bench.do(BookStatement, **{**bench.statement(aug(12), *lines), "lines": lines[:1]})
    return dict(bench.engine.scan(""))


def tampered(state: State, key: str, table: Table[Any], /, **changes: Any) -> State:
    record: Record = table.decode(state[key])
    return {**state, key: canonical(replace(record, **changes))}


def test_nothing_is_broken_in_a_state_that_the_contract_made(state: State) -> None:
    assert [] == check(scanning(state))
    assert (10_270, 10_000) == supply_and_reserve(scanning(state))
    assert ([], (0, 0)) == (check(scanning({})), supply_and_reserve(scanning({})))


@pytest.mark.parametrize(("name", "fen"), [("fee:union", 101), ("fee:union", 99), ("returned:W000000000999", 1)])
def test_a_balance_that_came_from_nowhere_is_found(state: State, name: str, fen: int) -> None:
    state[balances.key(name)] = canonical(Balance(fen))
    (broken,) = check(scanning(state))
    assert "the supply is 10270" in broken


@pytest.mark.parametrize("name", ["closing_fen", "in_transit_fen", "shortfall_fen"])
def test_a_supply_that_nothing_backs_is_found(state: State, name: str) -> None:
    (broken,) = check(scanning(tampered(state, custodies.key(CUSTODY), custodies, **{name: 1})))
    assert f"custody {CUSTODY}: supply 10270 fen, backing" in broken


@pytest.mark.parametrize("name", ["minted_fen", "burned_fen", "returned_fen"])
def test_a_supply_that_is_in_no_account_is_found(state: State, name: str) -> None:
    broken = check(scanning(tampered(state, custodies.key(CUSTODY), custodies, **{name: 1})))
    assert 2 == len(broken)


@pytest.mark.parametrize(
    "changes", [{"gross_fen": 1}, {"net_fen": 1}, {"deductions": (Deduction("DE001-1", "tax", 1),)}], ids=str
)
def test_lines_that_do_not_sum_to_their_shard_are_found(state: State, changes: dict[str, Any]) -> None:
    key = pay_lines.key(RUN, 0)
    line = replace(pay_lines.decode(state[key]).lines[ANNA], **changes)
    broken, *_ = check(scanning(tampered(state, key, pay_lines, lines={ANNA: line})))
    assert f"shard {RUN}/0: its lines sum to" in broken


def test_a_run_that_is_not_the_sum_of_its_shards_is_found(state: State) -> None:
    totals = runs.decode(state[runs.key(RUN)]).totals
    broken = check(scanning(tampered(state, runs.key(RUN), runs, totals=replace(totals, fee_fen=1))))
    assert [f"run {RUN}: its shards do not sum to its totals"] == broken


def test_a_swept_run_with_an_unpaid_shard_is_found(state: State) -> None:
    broken = check(scanning(tampered(state, run_shards.key(RUN, 1), run_shards, state=ShardState.PRICED)))
    assert [f"run {RUN}: it is swept, but not all shards are paid"] == broken


def test_a_swept_run_whose_wages_have_not_left_is_found(state: State) -> None:
    broken = check(scanning(tampered(state, cash_outs.key("C1"), cash_outs, state=CashOutState.PREPARED)))
    assert [f"run {RUN}: it is swept, but its wages have not left"] == broken


def test_wages_on_an_account_that_no_run_credited_are_found(state: State) -> None:
    there = {**state, balances.key(f"worker:{BO}"): canonical(Balance(7)), balances.key("fee:union"): b"[93]"}
    assert [f"worker {BO}: holds 7 fen of wages, 0 were paid and have not left"] == check(scanning(there))
    there = tampered(state, run_shards.key(RUN, 0), run_shards, cashout=None)
    assert [f"worker {ANNA}: holds 0 fen of wages, 5000 were paid and have not left"] == check(scanning(there))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"taken_fen": 1}, "deduction DE001-1: pay lines have taken 0 fen, not 1"),
        ({"state": DeductionState.CANCELLED}, "deduction DE001-1: its shard lists it otherwise than it stands"),
        ({"state": DeductionState.PROPOSED}, "deduction DE001-1: its shard lists it otherwise than it stands"),
        ({"worker": BO}, "deduction DE001-1: its shard lists it otherwise than it stands"),
    ],
    ids=str,
)
def test_a_deduction_that_is_not_what_pay_lines_took_or_its_shard_lists_is_found(
    state: State, changes: dict[str, Any], said: str
) -> None:
    order = DeductionOrder("E001", 0, ANNA, "tax", 500, "a ruling", "0" * 64, DeductionState.APPROVED, 1, 2)
    there = {
        **state,
        deductions.key("E001", 0): canonical(Deductions({ANNA: ("DE001-1",)})),
        deduction_orders.key("DE001-1"): canonical(order),
    }
    assert [] == check(scanning(there))
    assert [said] == check(scanning(tampered(there, deduction_orders.key("DE001-1"), deduction_orders, **changes)))


def test_a_pay_period_that_is_not_what_lines_have_brought_or_the_shard_says_is_overpaid_is_found(state: State) -> None:
    key = earned.key("E001", 0, "TE001-1", aug(3))
    rows = earned.decode(state[key]).workers[ANNA].rows
    period, shard = f"pay period E001/0/TE001-1/2026-08-03 {ANNA}", shard_heads.key("E001", 0)
    brought = tampered(state, key, earned, workers={ANNA: WorkerEarned(5001, 0, rows)})
    assert [f"{period}: pay lines have brought 5000 fen, not 5001"] == check(scanning(brought))
    assert [f"{period}: pay lines have brought 5000 fen, not 0"] == check(
        scanning(tampered(state, key, earned, workers={}))
    )
    over = tampered(state, key, earned, workers={ANNA: WorkerEarned(5000, 7, rows)})
    assert [f"overpaid E001/0 {ANNA}: pay periods say 7 fen, the shard 0"] == check(scanning(over))
    assert [] == check(scanning(tampered(over, shard, shard_heads, overpaid={ANNA: 7})))
