"""The whole cycle at random: whatever comes in whatever order, what workers are paid is what their rows are worth."""

import os
import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any, Final

from hypothesis import HealthCheck, event, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from lxr_chaincode.cashout import CancelCashOut, HoldShard, InstructCashOut, OpenCashOut, ReleaseShard
from lxr_chaincode.cashout_records import OrderState, orders
from lxr_chaincode.custody import (
    BookStatement,
    DepositLine,
    Line,
    MadeGoodLine,
    PayoutLine,
    RejectOrders,
    ReturnLine,
    StrayLine,
)
from lxr_chaincode.days import day_of
from lxr_chaincode.pay_rules import Step, Tiers
from lxr_chaincode.payroll import FundRun, PayShard, PriceShard, SweepRun
from lxr_chaincode.registry import AddWorkers, shard_heads, shard_of
from lxr_chaincode.reversal import CloseReversal, ReverseRun, UnwindShard
from lxr_chaincode.runs import ShardState, pay_lines, run_shards, runs
from lxr_chaincode.workday import sheets
from lxr_token.refusal import AmountTooLarge, Refusal
from town import CUSTODY, SHARDS, MemoryEngine, Town, aug, new_worker, terms_document

CREW: Final = tuple(f"W{number:012d}" for number in range(300, 304))
ORDERS, MINUTES = st.integers(0, 30), st.integers(0, 600)
WORKER, SHARD, BACK, PICK = st.sampled_from(CREW), st.integers(0, SHARDS - 1), st.integers(0, 9), st.integers(0, 9999)
RULES = (Tiers("orders", "period", (Step(0, 400), Step(20, 600))),)
WAGE: Final = 2300


def worth(rows: list[Mapping[str, int]]) -> int:
    """4.00 up to 20 orders a week, then 6.00; at least 23.00 an hour, half a fen up. Written without the contract."""
    count = sum(row.get("orders", 0) for row in rows)
    piece_fen = 400 * min(count, 20) + 600 * max(0, count - 20)
    missing = Fraction(WAGE * sum(row.get("minutes", 0) for row in rows), 60) - piece_fen
    return piece_fen + max(0, floor(missing + Fraction(1, 2)))


class Cycle(RuleBasedStateMachine):
    """due: by run and shard, worker and week, what the run must bring."""

    template: Mapping[str, bytes] = {}

    @initialize()
    def settle(self) -> None:
        self.town = Town(MemoryEngine(self.template), "cycle")
        self.town.do(AddWorkers, employer="E001", workers=tuple(new_worker(worker) for worker in CREW))
        terms = terms_document(rules=RULES, minimum_wage_place="510100-1", pay_class="tiered")
        self.town.terms_active("T3", terms)
        self.town.join("T3", *CREW)
        self.town.go(aug(9))
        self.runs: list[str] = []
        self.due: dict[tuple[str, int], dict[tuple[str, date], int]] = {}
        self.count = 0

    def attempt(self, act: Callable[[], Any]) -> bool:
        """Whether it was accepted. A refusal is an answer like any other; but no sum here is large."""
        answer = "accepted"
        try:
            act()
        except Refusal as refusal:
            answer = type(refusal).__name__
        event(f"{act.__qualname__.split('.')[1]}: {answer}")
        assert answer != AmountTooLarge.__name__
        return answer == "accepted"

    def today(self) -> date:
        return day_of(self.town.at_ms)

    def number(self) -> int:
        self.count += 1
        return self.count

    @rule(days=st.integers(1, 4))
    def wait(self, days: int) -> None:
        self.town.go(self.today() + timedelta(days=days))

    # Work

    def picked(self, pick: int) -> tuple[str, date]:
        """A row that is on the ledger, or a day without one."""
        found = [
            (worker, date.fromisoformat(key.split("/")[2]))
            for key, value in self.town.engine.scan("sheet/E001/")
            for worker in sheets.decode(value).rows
        ]
        return found[pick % len(found)] if found else (CREW[pick % len(CREW)], aug(9))

    @rule(back=BACK, said=st.lists(st.tuples(WORKER, ORDERS, MINUTES), min_size=1, max_size=6), sure=st.booleans())
    def submit(self, back: int, said: list[tuple[str, int, int]], sure: bool) -> None:
        day = self.today() - timedelta(days=back)
        for shard in range(SHARDS):
            rows = {
                worker: {"orders": count, "minutes": minutes}
                for worker, count, minutes in said
                if shard_of(worker, SHARDS) == shard
            }
            if rows and self.attempt(lambda rows=rows: self.town.work(day, rows)) and sure:  # type: ignore[misc]
                for worker in rows:
                    self.town.confirm(worker, day)

    @rule(pick=PICK, count=ORDERS, minutes=MINUTES)
    def correct(self, pick: int, count: int, minutes: int) -> None:
        worker, day = self.picked(pick)
        if self.there(worker, day):
            self.attempt(lambda: self.town.correct(day, {worker: {"orders": count, "minutes": minutes}}))

    @rule(pick=PICK)
    def confirm(self, pick: int) -> None:
        worker, day = self.picked(pick)
        if self.there(worker, day):
            self.attempt(lambda: self.town.confirm(worker, day))

    @rule(pick=PICK, count=ORDERS)
    def dispute(self, pick: int, count: int) -> None:
        worker, day = self.picked(pick)
        self.attempt(lambda: self.town.dispute(worker, day, count))

    @rule(worker=WORKER, back=BACK, count=ORDERS)
    def claim(self, worker: str, back: int, count: int) -> None:
        self.attempt(lambda: self.town.dispute(worker, self.today() - timedelta(days=back), count))

    @rule(pick=PICK, count=st.none() | ORDERS)
    def end_dispute(self, pick: int, count: int | None) -> None:
        worker, day = self.picked(pick)
        if not self.there(worker, day):
            return
        if count is None:
            self.attempt(lambda: self.town.withdraw(worker, day, self.town.row(day, worker).disputes or 1))
        else:
            self.attempt(lambda: self.town.decide(worker, day, count))

    @rule(shard=SHARD)
    def attest(self, shard: int) -> None:
        days = [
            date.fromisoformat(key.split("/")[2])
            for key, _ in self.town.engine.scan("sheet/E001/")
            if key.endswith(f"/{shard}")
        ]
        worker = next(each for each in CREW if shard_of(each, SHARDS) == shard)
        for day in days:
            self.attempt(lambda day=day: self.town.attest(worker, day, presume=True))  # type: ignore[misc]

    # Payday

    @rule(weeks=st.integers(0, 2))
    def open_run(self, weeks: int) -> None:
        payday = self.today() - timedelta(days=(self.today().weekday() - 2) % 7 + 7 * weeks)
        run = f"E001-{payday:%Y%m%d}"
        run += f"-{self.number()}" if run in self.runs else ""
        if self.attempt(lambda: self.town.opened(run)):
            self.runs.append(run)

    @rule(pick=PICK, shards=st.sampled_from([(0,), (1,), (0, 1)]))
    def price(self, pick: int, shards: tuple[int, ...]) -> None:
        if not self.runs:
            return
        run = self.runs[pick % len(self.runs)]
        for shard in shards:
            if self.attempt(lambda shard=shard: self.town.do(PriceShard, run=run, shard=shard)):  # type: ignore[misc]
                self.due[run, shard] = self.expected(run, shard)

    def expected(self, run: str, shard: int) -> dict[tuple[str, date], int]:
        """What the rows up to the cut-off are worth, week by week, less what other runs have brought."""
        (cut_off,) = {part.cut_off for part in self.town.get(runs, run).parts}
        rows: defaultdict[tuple[str, date], list[Mapping[str, int]]] = defaultdict(list)
        for key, value in self.town.engine.scan("sheet/E001/"):
            day = date.fromisoformat(key.split("/")[2])
            if day <= cut_off and key.endswith(f"/{shard}"):
                for worker, row in sheets.decode(value).rows.items():
                    rows[worker, day - timedelta(days=day.weekday())].append(row.measures)
        return {
            slot: worth(there) - sum(brought.get(slot, 0) for brought in self.due.values())
            for slot, there in rows.items()
        }

    @rule(pick=PICK)
    def fund(self, pick: int) -> None:
        if self.runs:
            run = self.runs[pick % len(self.runs)]
            self.attempt(lambda: self.town.do(FundRun, run=run))

    @rule(pick=PICK)
    def pay(self, pick: int) -> None:
        if self.runs:
            run = self.runs[pick % len(self.runs)]
            for shard in range(SHARDS):
                self.attempt(lambda shard=shard: self.town.do(PayShard, run=run, shard=shard))  # type: ignore[misc]

    @rule()
    def whole_run(self) -> None:
        for shard in range(SHARDS):
            self.attest(shard)
        self.open_run(0)
        self.price(len(self.runs) - 1, (0, 1))
        self.deposit(10**6, True)
        self.fund(len(self.runs) - 1)
        self.pay(len(self.runs) - 1)

    @rule(pick=PICK, whole=st.booleans())
    def reverse(self, pick: int, whole: bool) -> None:
        if not self.runs:
            return
        run = self.runs[pick % len(self.runs)]
        self.attempt(lambda: self.town.do(ReverseRun, run=run, reason="wrong rate"))
        for shard in range(SHARDS if whole else 1):
            if self.attempt(lambda shard=shard: self.town.do(UnwindShard, run=run, shard=shard)):  # type: ignore[misc]
                del self.due[run, shard]
        self.attempt(lambda: self.town.do(CloseReversal, run=run))

    # The bank

    @rule(amount_fen=st.integers(1, 40_000), booked=st.booleans())
    def deposit(self, amount_fen: int, booked: bool) -> None:
        booking = f"D{self.number()}"
        if booked:
            self.book(DepositLine(booking, amount_fen, "E001"))
        else:
            self.attempt(lambda: self.town.deposit(amount_fen, booking=booking))

    def book(self, *lines: Line) -> bool:
        self.wait(1)  # one statement a day
        return self.attempt(lambda: self.town.do(BookStatement, **self.town.statement(self.today(), *lines)))

    @rule(pick=PICK, whole=st.booleans(), cancel=st.booleans())
    def cash_out(self, pick: int, whole: bool, cancel: bool) -> None:
        number = f"C{self.number()}"
        fields: dict[str, Any] = {"scope": "all", "employer": "E001"}
        if self.runs and not whole:
            fields = {"scope": "run", "run": self.runs[pick % len(self.runs)]}
        if not self.attempt(lambda: self.town.do(OpenCashOut, cashout=number, custody=CUSTODY, **fields)):
            return
        for shard in range(SHARDS):
            self.attempt(lambda shard=shard: self.town.do(HoldShard, cashout=number, shard=shard))  # type: ignore[misc]
        if cancel:
            self.attempt(lambda: self.town.do(CancelCashOut, cashout=number))
            for shard in range(SHARDS):
                self.attempt(lambda shard=shard: self.town.do(ReleaseShard, cashout=number, shard=shard))  # type: ignore[misc]
        else:
            self.attempt(lambda: self.town.do(InstructCashOut, **self.town.instruction(number)))
        if not whole:
            self.attempt(lambda: self.town.do(SweepRun, run=fields.get("run", "E001-20260812")))

    @rule(pick=PICK, what=st.sampled_from(["pay", "pay", "return", "reject"]))
    def bank_line(self, pick: int, what: str) -> None:
        there = [(key.split("/")[1], orders.decode(value)) for key, value in self.town.engine.scan("order/")]
        if not there:
            return
        number, order = there[pick % len(there)]
        if what == "reject":
            fields = {"custody": CUSTODY, "cashout": order.cashout, "rejections": ((number, "AC01"),)}
            self.attempt(lambda: self.town.do(RejectOrders, **fields))
        elif what == "return":
            self.book(ReturnLine(f"B{self.number()}", order.amount_fen, number, "AC04"))
        else:
            self.book(PayoutLine(f"B{self.number()}", order.amount_fen, number))

    @rule(amount_fen=st.integers(1, 500))
    def stray(self, amount_fen: int) -> None:
        if self.book(StrayLine(f"B{self.number()}", amount_fen)):
            self.book(MadeGoodLine(f"B{self.number()}", amount_fen))

    def there(self, worker: str, day: date) -> bool:
        return self.town.engine.read(sheets.key("E001", day, shard_of(worker, SHARDS))) is not None

    # What must hold; the contract's own invariants are checked after each accepted command

    def shard_states(self) -> dict[tuple[str, int], ShardState]:
        found = {key: run_shards.decode(value).state for key, value in self.town.engine.scan("run_shard/")}
        return {(key.split("/")[1], int(key.split("/")[2])): state for key, state in found.items()}

    @invariant()
    def what_was_priced_is_what_the_rows_were_worth(self) -> None:
        if not hasattr(self, "town"):
            return
        gross_fen = dict.fromkeys(CREW, 0)
        net_fen = dict.fromkeys(CREW, 0)
        for (run, shard), state in self.shard_states().items():
            for worker, line in self.town.get(pay_lines, run, shard).lines.items():
                gross_fen[worker] += line.gross_fen if state is not ShardState.UNDONE else 0
                net_fen[worker] += line.net_fen if state is ShardState.PAID else 0
        left = {order_state: dict.fromkeys(CREW, 0) for order_state in OrderState}
        for _, value in self.town.engine.scan("order/"):
            order = orders.decode(value)
            left[order.state][order.account.partition(":")[2]] += order.amount_fen
        for worker in CREW:
            due_fen = sum(fen for brought in self.due.values() for slot, fen in brought.items() if slot[0] == worker)
            carry_fen = self.town.get(shard_heads, "E001", shard_of(worker, SHARDS)).carry.get(worker, 0)
            assert due_fen == gross_fen[worker] - carry_fen
            gone_fen = left[OrderState.HELD][worker] + left[OrderState.SETTLED][worker]
            assert net_fen[worker] == self.town.fen(f"worker:{worker}") + gone_fen


def test_a_month_at_random_pays_every_row_once(template: Any) -> None:
    number = int(os.environ.get("LXR_SEED", random.randrange(2**32)))
    print(f"LXR_SEED={number} repeats this")
    Cycle.template = template.state
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        seed(number)(Cycle),
        settings=settings(max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=checks),
    )
