"""Runs, cash-outs and reversals in any order: each run's wages leave once or go back, and no other's with them."""

import os
import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, event, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from engines import MemoryEngine
from lxr.chaincode.cashout import CancelCashOut, OpenCashOut
from lxr.chaincode.cashout_holds import HoldShards, ReleaseShards
from lxr.chaincode.cashout_records import CashOutState, PaymentOrder, PaymentOrderState, cash_outs, payment_orders
from lxr.chaincode.days import day_of
from lxr.chaincode.instruction import AcceptCashOut
from lxr.chaincode.lines import Line
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.reversal import CloseReversal, ReverseRun, UnwindShard
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.runs import RunState, ShardState, run_shards, runs
from lxr.token.accounts import OF_WORKERS
from lxr.token.refusal import AccountShort, Refusal
from parties import ANNA, BO, CLEO, CUSTODY, SHARDS, aug
from town import Town

CREW = (ANNA, BO, CLEO)
PICK, SHARD = st.integers(0, 5), st.integers(0, SHARDS - 1)
PLANS = (
    ("sweep", "hold", "hold sweep", "hold leave", "hold leave sweep", "hold leave settle", "hold approve"),
    (
        "hold cancel",
        "hold approve cancel",
        "hold approve cancel release",
        "hold approve sweep",
        "accept",
        "accept settle",
    ),
    ("hold cancel release", "first", "first cancel", "leave", "cancel", "release", "settle"),
)
ACTS = st.sampled_from([plan for plans in PLANS for plan in plans])


class WagesOfRuns(RuleBasedStateMachine):
    """paid: by run, the wages that it credited and did not take back."""

    template: Mapping[str, bytes] = {}

    @initialize()
    def settle(self) -> None:
        self.town = Town(MemoryEngine(self.template), "wages")
        self.town.deposit(10**6)
        self.town.go(aug(2))
        self.town.confirmed()
        self.runs: list[str] = []
        self.paid: dict[str, dict[str, int]] = {}
        self.count = 0
        self.pay({ANNA: 10, BO: 4}, True)
        self.pay({ANNA: 20}, False)

    def number(self) -> int:
        self.count += 1
        return self.count

    def attempt(self, name: str, act: Callable[[], object]) -> bool:
        """Whether it was accepted. A refusal is an answer like any other; but no account is ever short."""
        answer = "accepted"
        try:
            act()
        except Refusal as refusal:
            answer = type(refusal).__name__
        event(f"{name}: {answer}")
        assert answer != AccountShort.__name__
        return answer == "accepted"

    def there(self) -> dict[str, PaymentOrder]:
        """The payments so far, by number."""
        return {
            key.split("/")[1]: payment_orders.decode(value) for key, value in self.town.engine.scan("payment_order/")
        }

    def accounts(self) -> dict[str, int]:
        """What all workers hold, as wages and as what came back."""
        return {name: self.town.fen(name) for name in (f"{kind}:{each}" for each in CREW for kind in OF_WORKERS)}

    @rule(said=st.dictionaries(st.sampled_from(CREW[:2]), st.integers(1, 20), min_size=1), cleo=st.booleans())
    def pay(self, said: dict[str, int], cleo: bool) -> None:
        if len(self.runs) == 4:
            return
        day, run = aug(3 + len(self.runs)), f"E001-20260812-{self.number()}"
        self.town.certified(day, said)
        if cleo:
            self.town.certified(day, {CLEO: 7})
        self.paid[run] = self.town.paid(run)
        self.runs.append(run)

    @rule(pick=PICK, scope=st.sampled_from(["run", "run", "run", "all", "retry"]), acts=ACTS)
    def cash_out(self, pick: int, scope: str, acts: str) -> None:
        cashout, found = f"C{self.number()}", sorted(self.there().items())
        fields: dict[str, Any] = {"scope": "all", "employer": "E001"}
        if scope == "run" and self.runs:
            fields = {"scope": "run", "run": self.runs[pick % len(self.runs)]}
        elif scope == "retry" and found:
            number, order = found[pick % len(found)]
            fields |= {"scope": "workers", "workers": (order.worker,), "retry_of": number}
        if self.attempt("open", lambda: self.town.do(OpenCashOut, cashout=cashout, custody=CUSTODY, **fields)):
            self.go_on_with(cashout, acts)

    @rule(pick=PICK, acts=ACTS)
    def cash_out_again(self, pick: int, acts: str) -> None:
        found = sorted(key.split("/")[1] for key, _ in self.town.engine.scan("cashout/"))
        if found:
            self.go_on_with(found[pick % len(found)], acts)

    def go_on_with(self, cashout: str, acts: str) -> None:
        head = self.town.get(cash_outs, cashout)
        for act in acts.split():
            if act in ("hold", "first", "release"):
                kind = ReleaseShards if act == "release" else HoldShards
                for shard in head.shards[:1] if act == "first" else head.shards:
                    self.attempt(act, partial(self.town.do, kind, cashout=cashout, shards=(shard,)))
            elif act == "cancel":
                self.attempt(act, lambda: self.town.do(CancelCashOut, cashout=cashout))
            elif act in ("leave", "approve"):
                self.attempt(act, partial(self.town.leave, cashout, accepted=act == "leave"))
            elif act == "accept":
                digests = tuple(file.digest for file in self.town.get(cash_outs, cashout).files)
                fields = {"files": digests or ("0" * 64,)}
                self.attempt(act, partial(self.town.do, AcceptCashOut, cashout=cashout, **fields))
            elif act == "sweep" and head.run is not None:
                self.attempt(act, partial(self.town.do, SweepRun, run=head.run))
            elif act == "settle":
                for number, order in self.there().items():
                    if order.cashout == cashout:
                        self.booked(order.amount_fen, number)

    def booked(self, amount_fen: int, order: str, returned: str | None = None) -> None:
        """A line that is what it seems; what is neither a payout nor a return is not sent by the bank."""
        head, record = (
            self.town.get(cash_outs, self.town.get(payment_orders, order).cashout),
            self.town.get(payment_orders, order),
        )
        day = day_of(self.town.at_ms) + timedelta(days=1)  # one statement a day
        expected = PaymentOrderState.SETTLED if returned else PaymentOrderState.HELD
        if (head.state, record.state) != (CashOutState.ACCEPTED, expected):
            return
        line = Line(day, f"B{self.number()}", returned is not None, amount_fen, order=order, returned=returned)
        self.town.book(day, line)

    @rule(pick=PICK)
    def comes_back(self, pick: int) -> None:
        found = [
            item
            for item in sorted(self.there().items())
            if item[1].state in (PaymentOrderState.HELD, PaymentOrderState.SETTLED)
        ]
        if not found:
            return
        number, order = found[pick % len(found)]
        if order.state is PaymentOrderState.SETTLED:
            self.booked(order.amount_fen, number, returned="AC04")
        else:
            fields = {"custody": CUSTODY, "cashout": order.cashout, "rejections": ((number, "AC01"),)}
            self.attempt("reject", lambda: self.town.do(RejectPaymentOrders, **fields))

    @rule(pick=PICK, shards=st.lists(SHARD, max_size=2))
    def reverse(self, pick: int, shards: list[int]) -> None:
        if not self.runs:
            return
        run = self.runs[pick % len(self.runs)]
        self.attempt("reverse", lambda: self.town.do(ReverseRun, run=run, reason="wrong rate"))
        for shard in shards or range(SHARDS):
            before, state = self.accounts(), self.town.get(run_shards, run, shard).state
            if self.attempt("unwind", partial(self.town.do, UnwindShard, run=run, shard=shard)):
                assert state is ShardState.PAID
                given = {worker: fen for worker, fen in self.paid[run].items() if worker in self.crew(shard)}
                assert self.accounts() == {
                    name: fen - (given.get(name[7:], 0) if name.startswith("worker:") else 0)
                    for name, fen in before.items()
                }
                self.paid[run] = {worker: fen for worker, fen in self.paid[run].items() if worker not in given}
        self.attempt("close", lambda: self.town.do(CloseReversal, run=run))

    def crew(self, shard: int) -> tuple[str, ...]:
        return (ANNA, BO) if shard == 0 else (CLEO,)

    @invariant()
    def every_fen_that_runs_credited_is_here_on_its_way_or_paid(self) -> None:
        if not hasattr(self, "town"):
            return
        gone_fen = dict.fromkeys(CREW, 0)
        for order in self.there().values():
            if order.worker is not None and order.state in (PaymentOrderState.HELD, PaymentOrderState.SETTLED):
                gone_fen[order.worker] += order.amount_fen
        here = self.accounts()
        for worker in CREW:
            credited_fen = sum(nets.get(worker, 0) for nets in self.paid.values())
            assert credited_fen == here[f"worker:{worker}"] + here[f"returned:{worker}"] + gone_fen[worker]

    @invariant()
    def of_a_swept_run_all_wages_have_left(self) -> None:
        for run in getattr(self, "runs", ()):
            record = self.town.get(runs, run)
            if record.state is RunState.SWEPT:
                assert record.cashout is not None
                assert self.town.get(cash_outs, record.cashout).state is CashOutState.ACCEPTED
                left = [order for order in self.there().values() if order.cashout == record.cashout]
                assert self.paid[run] == {order.worker: order.amount_fen for order in left}


@pytest.mark.slow
def test_in_any_order_no_reversal_takes_what_another_run_credited_and_no_swept_run_has_wages_that_stayed(
    template: Any,
) -> None:
    number = int(os.environ.get("LXR_SEED", random.randrange(2**32)))
    print(f"LXR_SEED={number} repeats this")
    WagesOfRuns.template = template.state
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        seed(number)(WagesOfRuns),
        settings=settings(max_examples=120, stateful_step_count=20, deadline=None, suppress_health_check=checks),
    )
