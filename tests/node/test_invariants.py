from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from engines import MemoryEngine
from lxr.chaincode.books import Balance, Wages, balances, wages
from lxr.chaincode.cashout_records import CameBack, CashOutState, came_back, cash_outs, payment_orders
from lxr.chaincode.custody_records import (
    Backing,
    UnmatchedDebits,
    attestations,
    backings,
    bookings,
    custodies,
    transits,
    unmatched_debits,
)
from lxr.chaincode.headcount import headcounts
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.runs import (
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
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.statements import BookStatement
from lxr.chaincode.types import Record, canonical
from lxr.chaincode.workers import workers
from lxr.chaincode.world import Table
from lxr.node.invariants import check, supply_and_reserve
from lxr.token.fen import yuan
from parties import ANNA, BO, CUSTODY, aug
from scenario.money import credit, debit
from settledtown import Template, settled
from town import Town

RUN = "E001-20260812"
State = dict[str, bytes]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return settled(tmp_path_factory.mktemp("template"))


@pytest.fixture
def bench(template: Template) -> Town:
    """The town over a dictionary."""
    return Town(MemoryEngine(template.state))


def scanning(state: State) -> Callable[[str], Iterator[tuple[str, bytes]]]:
    return lambda prefix: iter(sorted(item for item in state.items() if item[0].startswith(prefix)))


def told(scan: Callable[[str], Iterator[tuple[str, bytes]]]) -> list[str]:
    """What does not hold, as it is told."""
    return [str(each) for each in check(scan)]


@pytest.fixture
def state(bench: Town) -> State:
    """A run is swept, its wages are with the bank, and a statement is booked in part; a deposit is missing."""
    bench.book(aug(3), credit(aug(3), "D1", 10_000, "E001"), debit(aug(3), "B1", 40))
    bench.certified(aug(3), {ANNA: 10})
    bench.paid(RUN)
    bench.instructed("C1", scope="run", run=RUN)
    bench.do(SweepRun, run=RUN)
    bench.deposit(30, "E002", booking="D7")
    bench.book(aug(12))
    bench.go(aug(13))
    bench.deposit(70, booking="D4")
    lines = credit(aug(13), "D2", 200, "E001"), credit(aug(13), "D3", 300)
    bench.do(BookStatement, **{**bench.statement(aug(13), *lines, credit(aug(13), "D4", 70)), "lines": lines})
    return dict(bench.engine.scan(""))


def tampered(state: State, key: str, table: Table[Any], /, **changes: Any) -> State:
    record: Record = table.decode(state[key])
    return {**state, key: canonical(replace(record, **changes))}


def test_nothing_is_broken_in_a_state_that_the_contract_made(state: State) -> None:
    assert [] == told(scanning(state))
    assert (10_600, 9960) == supply_and_reserve(scanning(state))
    assert ([], (0, 0)) == (check(scanning({})), supply_and_reserve(scanning({})))


@pytest.mark.parametrize(
    ("key", "table", "changes", "said"),
    [
        ("headcount/E001", headcounts, {"workers": 5}, "shard E001/1: it has 1 workers, not 2"),
        ("headcount/E001", headcounts, {"shard_size": 2}, "shard E001/0: it has 3 workers, not 2"),
        ("headcount/E001", headcounts, {"workers": 3}, "shard E001/1: it is beyond the workers of its employer"),
        ("shard/E001/1", shard_heads, {"workers": (ANNA,)}, f"place E001/1 {ANNA}: 0 workers are registered there"),
        (f"worker/{ANNA}", workers, {"shard": 1}, f"place E001/0 {ANNA}: 0 workers are registered there"),
    ],
)
def test_a_worker_who_is_not_at_the_place_that_came_next_is_found(
    state: State, key: str, table: Table[Any], changes: dict[str, Any], said: str
) -> None:
    assert any(str(line).startswith(said) for line in check(scanning(tampered(state, key, table, **changes))))


@pytest.mark.parametrize(
    ("name", "owner"),
    [("fee:union", "platform"), ("bank:union", "platform"), ("returned:W000000000999", "W000000000999")],
)
@pytest.mark.parametrize("fen", [1, 99])
def test_a_balance_that_came_from_nowhere_is_found(state: State, name: str, owner: str, fen: int) -> None:
    state[balances.key(name)] = canonical(Balance(fen))
    broken = check(scanning(state))
    assert "the supply is 106.00 yuan" in str(broken[0])
    assert any(f"{owner} and its workers hold" in str(line) for line in broken)


@pytest.mark.parametrize(
    "name",
    ["balance_fen", "in_transit_fen", "blocked_fen", "shortfall_fen", "unmatched_fen", "minted_fen", "burned_fen"],
)
def test_a_supply_that_nothing_backs_is_found(state: State, name: str) -> None:
    custody = custodies.decode(state[custodies.key(CUSTODY)])
    broken = check(scanning(tampered(state, custodies.key(CUSTODY), custodies, **{name: getattr(custody, name) + 1})))
    assert any(f"custody {CUSTODY}: supply" in str(line) for line in broken)


@pytest.mark.parametrize("name", ["minted_fen", "burned_fen", "returned_fen"])
def test_a_supply_that_is_in_no_account_is_found(state: State, name: str) -> None:
    broken = check(scanning(tampered(state, custodies.key(CUSTODY), custodies, **{name: 1})))
    assert "the supply is" in str(broken[0])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"confirmed_fen": 1}, "parts and suspense sum to"),
        ({"in_transit_fen": 1}, "deposits in transit sum to"),
        ({"blocked_fen": 1}, "blocked parts sum to"),
        ({"shortfall_fen": 1}, "shortfalls sum to"),
        ({"pending_fen": 1}, "E002: payments with the bank sum to 0.00 yuan, not to 0.01 yuan"),
        ({"claimed_fen": 1}, "E002: lines that take of it sum to 0.00 yuan, not to 0.01 yuan"),
    ],
    ids=str,
)
def test_a_part_that_is_nobodys_money_is_found(state: State, changes: dict[str, int], said: str) -> None:
    broken = check(scanning({**state, backings.key("E002"): canonical(Backing(**changes))}))
    assert any(said in str(line) for line in broken)


def test_the_money_of_one_owner_that_stands_in_anothers_part_is_found(state: State) -> None:
    mine, platform = (backings.decode(state[backings.key(owner)]) for owner in ("E001", "platform"))
    there = tampered(state, backings.key("E001"), backings, confirmed_fen=mine.confirmed_fen - 5)
    there = tampered(there, backings.key("platform"), backings, confirmed_fen=platform.confirmed_fen + 5)
    lxr, part = yuan(mine.confirmed_fen + 70), yuan(mine.confirmed_fen + 65)
    assert [
        f"E001 and its workers hold {lxr} yuan, its part of custody is {part} yuan",
        "platform and its workers hold 1.00 yuan, its part of custody is 1.05 yuan",
    ] == told(scanning(there))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("instructed_fen", "payments sum to 50.00 yuan, not to 50.01 yuan"),
        ("came_back_fen", "wages that came back sum to 0.00 yuan, not to 0.01 yuan"),
    ],
)
def test_payments_and_wages_that_came_back_are_what_their_records_say(state: State, name: str, said: str) -> None:
    custody = custodies.decode(state[custodies.key(CUSTODY)])
    broken = check(scanning(tampered(state, custodies.key(CUSTODY), custodies, **{name: getattr(custody, name) + 1})))
    assert f"custody {CUSTODY}: {said}" == str(broken[0])


@pytest.mark.parametrize(
    ("key", "table", "changes", "said"),
    [
        (
            bookings.key(CUSTODY, aug(3), "B1"),
            bookings,
            {"waiting_fen": 39},
            "debits that wait sum to 0.39 yuan, not to 0.40 yuan",
        ),
        (
            bookings.key(CUSTODY, aug(13), "D3"),
            bookings,
            {"waiting_fen": 0},
            "credits that wait sum to 0.00 yuan, not to 3.00 yuan",
        ),
        (
            bookings.key(CUSTODY, aug(13), "D3"),
            bookings,
            {"kind": "undone"},
            "credits that wait sum to 0.00 yuan, not to 3.00 yuan",
        ),
        (
            attestations.key(CUSTODY, aug(12), "D7"),
            attestations,
            {"blocked_fen": 29},
            "missing deposits sum to 0.29 yuan",
        ),
        (attestations.key(CUSTODY, aug(13), "D4"), attestations, {"amount_fen": 71}, "attestations sum to 0.71 yuan"),
        (attestations.key(CUSTODY, aug(13), "D4"), attestations, {"state": "missing"}, "what is in transit is not"),
        (transits.key(CUSTODY), transits, {"deposits": ()}, "what is in transit is not what is listed"),
    ],
)
def test_lines_and_attestations_are_what_the_custody_account_says(
    state: State, key: str, table: Table[Any], changes: dict[str, Any], said: str
) -> None:
    assert any(said in str(line) for line in check(scanning(tampered(state, key, table, **changes))))


def test_debits_that_wait_and_what_came_back_are_what_their_lists_say(state: State) -> None:
    number, order = next(
        (key.removeprefix("payment_order/"), payment_orders.decode(value))
        for key, value in sorted(state.items())
        if key.startswith("payment_order/") and payment_orders.decode(value).worker is not None
    )
    place = came_back.key(order.comes_back_to)
    for key, record, said in (
        (unmatched_debits.key(number), UnmatchedDebits(1), f"order {number}: 0 debits that bear it wait, not 1"),
        (place, CameBack((number,)), "some order in its list did not come back to it"),
        (place, CameBack((number,)), f"0.00 yuan are there, its orders that came back sum to {yuan(order.amount_fen)}"),
    ):
        assert any(said in str(line) for line in check(scanning({**state, key: canonical(record)})))


def test_a_line_that_was_never_booked_is_found(state: State) -> None:
    booking = bookings.decode(state[bookings.key(CUSTODY, aug(13), "D2")])
    broken = check(scanning({**state, bookings.key(CUSTODY, aug(13), "D9"): canonical(booking)}))
    assert [f"custody {CUSTODY}: lines sum to 106.60 yuan, not to 104.60 yuan"] == list(map(str, broken))


@pytest.mark.parametrize(
    "changes", [{"gross_fen": 1}, {"net_fen": 1}, {"deductions": (Deduction("DE001-1", "tax", 1),)}], ids=str
)
def test_lines_that_do_not_sum_to_their_shard_are_found(state: State, changes: dict[str, Any]) -> None:
    key = pay_lines.key(RUN, 0)
    line = replace(pay_lines.decode(state[key]).lines[ANNA], **changes)
    broken, *_ = check(scanning(tampered(state, key, pay_lines, lines={ANNA: line})))
    assert f"shard {RUN}/0: its lines sum to" in str(broken)


def test_a_run_that_is_not_the_sum_of_its_shards_is_found(state: State) -> None:
    totals = runs.decode(state[runs.key(RUN)]).totals
    broken = check(scanning(tampered(state, runs.key(RUN), runs, totals=replace(totals, fee_fen=1))))
    assert [f"run {RUN}: its shards do not sum to its totals"] == list(map(str, broken))


def test_a_swept_run_with_an_unpaid_shard_is_found(state: State) -> None:
    broken = check(scanning(tampered(state, run_shards.key(RUN, 1), run_shards, state=ShardState.PRICED)))
    assert [f"run {RUN}: it is swept, but not all shards are paid"] == list(map(str, broken))


def test_a_swept_run_whose_wages_have_not_left_is_found(state: State) -> None:
    broken = check(scanning(tampered(state, cash_outs.key("C1"), cash_outs, state=CashOutState.PREPARED)))
    assert f"run {RUN}: it is swept, but its wages have not left" in list(map(str, broken))


def test_wages_on_an_account_that_no_run_credited_are_found(state: State) -> None:
    there = {**state, wages.key("E001", 0): canonical(Wages({BO: 7})), balances.key("fee:union"): b"[93]"}
    assert f"worker {BO}: holds 0.07 yuan of wages, 0.00 were paid and have not left" in told(scanning(there))
    there = {**state, wages.key("E001", 1): canonical(Wages({BO: 0}))}
    assert f"shard E001/1: it holds wages of {BO}, who is not there" in told(scanning(there))
    there = {**state, balances.key(f"worker:{BO}"): b"[0]"}
    assert f"account/worker:{BO}: wages stand in the records of shards" in told(scanning(there))
    there = tampered(state, run_shards.key(RUN, 0), run_shards, cashout=None)
    assert [f"worker {ANNA}: holds 0.00 yuan of wages, 50.00 were paid and have not left"] == told(scanning(there))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"taken_fen": 1}, "deduction DE001-1: pay lines have taken 0.00 yuan, not 0.01"),
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
    assert [] == told(scanning(there))
    assert [said] == told(scanning(tampered(there, deduction_orders.key("DE001-1"), deduction_orders, **changes)))


def test_a_pay_period_that_is_not_what_lines_have_brought_or_the_shard_says_is_overpaid_is_found(state: State) -> None:
    key = earned.key("E001", 0, "TE001-1", aug(3))
    rows = earned.decode(state[key]).workers[ANNA].rows
    period, shard = f"pay period E001/0/TE001-1/2026-08-03 {ANNA}", shard_heads.key("E001", 0)
    brought = tampered(state, key, earned, workers={ANNA: WorkerEarned(5001, 0, rows)})
    assert [f"{period}: pay lines have brought 50.00 yuan, not 50.01"] == told(scanning(brought))
    assert [f"{period}: pay lines have brought 50.00 yuan, not 0.00"] == told(
        scanning(tampered(state, key, earned, workers={}))
    )
    over = tampered(state, key, earned, workers={ANNA: WorkerEarned(5000, 7, rows)})
    assert [f"overpaid E001/0 {ANNA}: pay periods say 0.07 yuan, the shard 0.00"] == told(scanning(over))
    assert [] == told(scanning(tampered(over, shard, shard_heads, overpaid={ANNA: 7})))
