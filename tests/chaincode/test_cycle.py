"""The whole cycle at random: whatever comes in whatever order, what workers are paid is what their rows are worth."""

import os
import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from functools import partial
from itertools import product
from math import floor
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, event, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from msgspec import Raw

from engines import MemoryEngine
from lxr.chaincode.awards import ApproveAward, StateAward
from lxr.chaincode.cashout import CancelCashOut, OpenCashOut
from lxr.chaincode.cashout_holds import HoldShards, ReleaseShards
from lxr.chaincode.cashout_records import CashOutState, PaymentOrderState, cash_outs, payment_orders
from lxr.chaincode.contests import ContestRow
from lxr.chaincode.custody_records import PLATFORM
from lxr.chaincode.days import day_of
from lxr.chaincode.deductions import ApproveDeduction, CancelDeduction, OrderDeduction
from lxr.chaincode.governance import Approve, Propose
from lxr.chaincode.instruction import AcceptCashOut
from lxr.chaincode.lines import Line
from lxr.chaincode.pay_rules import Step, Tiers
from lxr.chaincode.recovery import ApproveRecovery, CancelRecovery, ProposeRecovery, WithdrawRecovery
from lxr.chaincode.registration import AddWorkers
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.reversal import CloseReversal, ReverseRun, UnwindShard
from lxr.chaincode.rows import Row, RowState
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.run_payment import PayShards
from lxr.chaincode.run_pricing import PriceShards
from lxr.chaincode.run_sweep import SweepRun
from lxr.chaincode.runs import (
    NOTHING_EARNED,
    DeductionOrder,
    DeductionState,
    ShardState,
    WorkerEarned,
    deduction_orders,
    earned,
    pay_lines,
    run_shards,
    runs,
)
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.sheet import sheets
from lxr.chaincode.workers import workers
from lxr.token.accounts import OF_WORKERS
from lxr.token.refusal import AccountShort, AmountTooLarge, Refusal
from parties import CUSTODY, aug, numbered
from scenario.money import credit, debit
from termsdocuments import terms_document
from town import Town

CREW: Final = tuple(numbered(number) for number in range(300, 304))
SHARDS: Final = 3
"""With the crew, of whom two fill up the second."""
ORDERS, MINUTES = st.integers(0, 30), st.integers(0, 600)
WORKER, PICK = st.sampled_from(CREW), st.integers(0, 9999)
RULES = (Tiers("orders", "period", (Step(0, 400), Step(20, 600))),)
WAGE: Final = 2300
CASH_OUT_ACTS: Final = st.sampled_from(
    ["hold", "hold", "hold one", "cancel", "release", "leave", "leave", "send", "accept", "sweep"]
)
ACTIONS: Final = ("correct", "confirm", "dispute", "withdraw", "decide", "contest", "award")
CONTEST_DAYS: Final = 6


Rows = list[Mapping[str, int]]


def worth(rows: Rows) -> int:
    """4.00 up to 20 orders a week, then 6.00; at least 23.00 an hour, half a fen up. Written without the contract."""
    count = sum(row.get("orders", 0) for row in rows)
    return max(least(rows), 400 * min(count, 20) + 600 * max(0, count - 20))


def least(rows: Rows) -> int:
    """23.00 an hour, half a fen up."""
    return floor(Fraction(WAGE * sum(row.get("minutes", 0) for row in rows), 60) + Fraction(1, 2))


def kept(before: Mapping[str, int], now: Mapping[str, int]) -> bool:
    """Whether nothing of what was before is taken away."""
    return all(now.get(name, 0) >= quantity for name, quantity in before.items())


Slot = tuple[str, date]
"""A worker and the Monday of a week."""
Place = tuple[str, date]
"""A worker and a day."""


class Cycle(RuleBasedStateMachine):
    """due: by run and shard, what the run must bring of each slot.

    floors: the content
    that was agreed to; pending: what the worker signed before the union did. since: when the row's content came.
    cancelled: by deduction, what it had taken when it was cancelled. recovered: by run and shard, what was kept back of
    what was overpaid, by the order and the slot that it is of. contested: what the employer admits of a row that no run
    had taken, and the last day on which the rest is held. holds: by slot, what is held, and the last run that changed
    it.
    """

    template: Mapping[str, bytes] = {}

    @initialize()
    def settle(self) -> None:
        self.town = Town(MemoryEngine(self.template), "cycle")
        self.town.do(AddWorkers, employer="E001", workers=tuple(self.town.new_worker(worker) for worker in CREW))
        terms = terms_document(rules=RULES, minimum_wage_place="510100-1", pay_class="tiered")
        self.town.terms_active("TE001-3", terms)
        self.town.join("TE001-3", *CREW)
        self.town.go(aug(9))
        self.runs: list[str] = []
        self.due: dict[tuple[str, int], dict[Slot, int]] = {}
        self.floors: dict[Place, dict[str, int]] = {}
        self.pending: dict[Place, dict[str, int]] = {}
        self.since: dict[Place, date] = {}
        self.cancelled: dict[str, int] = {}
        self.contested: dict[Place, tuple[dict[str, int], date]] = {}
        self.holds: dict[Slot, tuple[int, str | None]] = {}
        self.recovered: dict[tuple[str, int], dict[tuple[str, Slot], int]] = {}
        self.count = 0
        days = {"name": "contest.decide_days", "value": Raw(str(CONTEST_DAYS).encode()), "source": "a shorter one"}
        self.town.do(Propose, "union/admin", proposal="PUNION-CONTEST", effective_from=aug(1), **days)
        self.town.do(Approve, "regulator/admin", **self.town.approval("PUNION-CONTEST"))

    def attempt(self, name: str, act: Callable[[], object]) -> bool:
        """Whether it was accepted. A refusal is an answer like any other; but no sum is large, no account short."""
        answer = "accepted"
        try:
            act()
        except Refusal as refusal:
            answer = type(refusal).__name__
        event(f"{name}: {answer}")
        assert answer not in (AccountShort.__name__, AmountTooLarge.__name__)
        return answer == "accepted"

    def today(self) -> date:
        return day_of(self.town.at_ms)

    def shard(self, worker: str) -> int:
        return self.town.get(workers, worker).shard

    def number(self) -> int:
        self.count += 1
        return self.count

    @rule(days=st.integers(1, 8))
    def wait(self, days: int) -> None:
        self.town.go(self.today() + timedelta(days=days))

    # Work

    @rule(
        back=st.integers(0, 6),
        days=st.integers(1, 5),
        said=st.lists(st.tuples(WORKER, ORDERS, MINUTES), min_size=1, max_size=6),
        sure=st.booleans(),
    )
    def submit(self, back: int, days: int, said: list[tuple[str, int, int]], sure: bool) -> None:
        for day, shard in product((self.today() - timedelta(days=back + each) for each in range(days)), range(SHARDS)):
            rows = {
                worker: {"orders": count, "minutes": minutes}
                for worker, count, minutes in said
                if self.shard(worker) == shard
            }
            before = {worker: self.there(worker, day) for worker in rows}
            if rows and self.attempt("submit", partial(self.town.work, day, rows)):
                for worker, measures in rows.items():
                    self.said(before[worker], (worker, day), measures)
                    if sure:
                        self.act("confirm", worker, day, 0)

    def picked(self, pick: int) -> tuple[str, date] | None:
        """A row that is on the ledger."""
        found = [
            (worker, date.fromisoformat(key.split("/")[2]))
            for key, value in self.town.engine.scan("sheet/E001/")
            for worker, _ in sheets.decode(value).rows()
        ]
        return found[pick % len(found)] if found else None

    @rule(answers=st.lists(st.tuples(PICK, st.sampled_from(ACTIONS), ORDERS), min_size=1, max_size=5))
    def answer(self, answers: list[tuple[int, str, int]]) -> None:
        for pick, action, count in answers:
            row = self.picked(pick)
            if row is not None:
                self.act(action, *row, count)

    def there(self, worker: str, day: date) -> Row | None:
        value = self.town.engine.read(f"sheet/E001/{day}/{self.shard(worker)}")
        return sheets.decode(value).row(worker) if value else None

    def act(self, action: str, worker: str, day: date, count: int) -> None:
        measures = {"orders": count, "minutes": 20 * count}
        acts: dict[str, Callable[[], object]] = {
            "correct": lambda: self.town.correct(day, {worker: measures}),
            "confirm": lambda: self.town.confirm(worker, day),
            "dispute": lambda: self.town.dispute(worker, day, count),
            "withdraw": lambda: self.town.withdraw(worker, day, self.town.row(day, worker).disputes or 1),
            "decide": lambda: self.town.decide(worker, day, count),
            "contest": lambda: self.town.do(ContestRow, **self.town.contest(worker, day, count // 3)),
            "award": lambda: self.awarded(worker, day, count),
        }
        old, place = self.there(worker, day), (worker, day)
        if not self.attempt(action, acts[action]):
            return
        if action == "correct":
            self.said(old, place, measures)
        elif action == "dispute":
            self.silent(old, place)
        elif action == "contest":
            self.contests(place, {"orders": count // 3} if count // 3 else {})
        elif action in ("decide", "award"):
            self.floors[place] = {"orders": count}
            self.pending.pop(place, None)
            if action == "award":
                self.contested.pop(place, None)
        elif old is not None and old.state is RowState.UNANSWERED:
            self.floors[place] = old.measures
        elif old is not None:
            self.pending[place] = old.measures

    def contests(self, place: Place, admits: dict[str, int]) -> None:
        """What is contested is held, whatever the row says later; of what a run had taken, nothing is."""
        contest = self.town.row(place[1], place[0]).contest
        assert contest is not None
        slot = place[0], place[1] - timedelta(days=place[1].weekday())
        assert not contest.taken or any(slot in brought for brought in self.due.values())
        if not contest.taken:
            self.contested[place] = admits, self.today() + timedelta(days=CONTEST_DAYS)

    def awarded(self, worker: str, day: date, orders: int) -> None:
        self.town.do(StateAward, **self.town.award(worker, day, orders))
        self.town.do(ApproveAward, **self.town.award_approval(worker, day))

    def said(self, old: Row | None, place: Place, measures: dict[str, int]) -> None:
        """The employer's new content: what was signed, or unanswered for two whole days, is a floor from now on."""
        if place in self.pending:
            self.floors[place] = self.pending.pop(place)
        else:
            self.silent(old, place)
        if old is not None and old.dispute is not None and old.dispute.claimed == measures:
            self.pending[place] = measures
        self.since[place] = self.today()

    def silent(self, old: Row | None, place: Place) -> None:
        if old is None or old.state not in (RowState.SUBMITTED, RowState.UNANSWERED):
            return
        before = self.floors.get(place, {})
        if self.today() > self.since[place] + timedelta(days=2) and kept(before, old.measures):
            self.floors[place] = old.measures

    @rule(worker=WORKER, back=st.integers(0, 9), count=ORDERS)
    def claim(self, worker: str, back: int, count: int) -> None:
        self.act("dispute", worker, self.today() - timedelta(days=back), count)

    @rule()
    def certify(self) -> None:
        for key, value in self.town.engine.scan("sheet/E001/"):
            day, rows = date.fromisoformat(key.split("/")[2]), list(sheets.decode(value).rows())
            if self.attempt("certify", partial(self.town.certify, rows[0][0], day)):
                for worker, row in rows:
                    if row.state is RowState.CONFIRMED:
                        self.floors[worker, day] = self.pending.pop((worker, day))

    @rule(
        worker=WORKER, amount_fen=st.sampled_from([1, 500, 20_000]), pick=PICK, signed=st.booleans(), end=st.booleans()
    )
    def deduct(self, worker: str, amount_fen: int, pick: int, signed: bool, end: bool) -> None:
        number = f"DE001-{self.number()}"
        self.attempt("deduct", lambda: self.town.do(OrderDeduction, **self.town.deduction(number, amount_fen, worker)))
        if signed:
            self.attempt(
                "approve deduction",
                lambda: self.town.do(ApproveDeduction, **self.town.deduction_approval(number)),
            )
        found = [key.split("/")[1] for key, _ in self.town.engine.scan("deduction/")]
        if end:
            cancelled = found[pick % len(found)]
            self.attempt("cancel deduction", lambda: self.town.do(CancelDeduction, order=cancelled, reason="paid"))

    @rule(
        pick=PICK,
        parts=st.integers(1, 4),
        most_fen=st.sampled_from([1, 777, 10**6]),
        share_bp=st.sampled_from([1, 1500, 2000, 10_000]),
        court=st.booleans(),
        end=st.sampled_from(["", "", "cancel", "withdraw"]),
    )
    def recover(self, pick: int, parts: int, most_fen: int, share_bp: int, court: bool, end: str) -> None:
        owed = [
            (worker, date.fromisoformat(key.split("/")[4]), record.over_fen)
            for key, value in self.town.engine.scan("earned/E001/")
            for worker, record in earned.decode(value).workers.items()
            if record.over_fen and worker in CREW
        ]
        if not owed:
            return
        worker, monday, over_fen = owed[pick % len(owed)]
        number, amount_fen = f"RE001-{self.number():06d}", max(1, over_fen * parts // 3)
        made = self.town.court_order if court else self.town.recovery
        asked = {"terms": "TE001-3", "start": monday, "most_fen": most_fen, "share_bp": share_bp}
        fields = made(number, amount_fen, worker, **asked)
        if not self.attempt("propose recovery", lambda: self.town.do(ProposeRecovery, **fields)):
            return
        if court and pick % 4:
            approval = self.town.recovery_approval(number)
            self.attempt("approve recovery", lambda: self.town.do(ApproveRecovery, **approval))
        found = [key.split("/")[1] for key, _ in self.town.engine.scan("deduction/R")]
        ended = found[pick % len(found)]
        if end == "cancel":
            cancel = {"recovery": ended, "reason": "let off"}
            self.attempt("cancel recovery", lambda: self.town.do(CancelRecovery, "employer/signer/E001", **cancel))
        elif end == "withdraw":
            said = self.town.recovery_end(ended)
            self.attempt("withdraw recovery", lambda: self.town.do(WithdrawRecovery, "union/operator", **said))

    # Payday

    def opened(self, weeks: int = 0) -> str | None:
        payday = self.today() - timedelta(days=(self.today().weekday() - 2) % 7 + 7 * weeks)
        run = f"E001-{payday:%Y%m%d}"
        run += f"-{self.number()}" if run in self.runs else ""
        if not self.attempt("open", lambda: self.town.opened(run)):
            return None
        self.runs.append(run)
        return run

    def priced(self, run: str, shard: int) -> None:
        rows, clear = self.worth(run, shard, clear=False), self.worth(run, shard, clear=True)
        worth_fen = {slot: worth(some) for slot, some in rows.items()}
        recoveries = self.recoveries(run, shard)
        over_fen = {slot: self.record(slot).over_fen for _, slot in recoveries}
        if self.attempt("price", lambda: self.town.do(PriceShards, run=run, shards=(shard,))):
            brought_fen = {slot: self.brought(slot) for slot in worth_fen}
            paid_fen, held_fen = {}, {}
            for slot, fen in worth_fen.items():
                held, by = self.holds.get(slot, (0, None))
                waits = by is not None and not self.town.get(runs, by).funded
                most_fen = min(fen - held if waits else fen, worth(clear[slot]))
                paid_fen[slot] = max(brought_fen[slot], most_fen)
                held_fen[slot] = held if waits else max(0, fen - paid_fen[slot])
                if held_fen[slot] != held:
                    self.holds[slot] = held_fen[slot], run
                    event("held" if held_fen[slot] > held else "released")
            self.due[run, shard] = {slot: paid_fen[slot] - brought_fen[slot] for slot in worth_fen}
            over_fen |= {slot: max(0, paid_fen[slot] - fen) for slot, fen in worth_fen.items()}
            least_fen = {slot: min(fen, least(rows[slot])) for slot, fen in self.due[run, shard].items()}
            self.recovered[run, shard] = self.recover_of(run, shard, recoveries, over_fen, least_fen)
            for slot, fen in worth_fen.items():
                gone_fen = sum(taken for (_, of), taken in self.recovered[run, shard].items() if of == slot)
                paid, record = paid_fen[slot], self.record(slot)
                expected = paid - gone_fen, max(0, paid - fen) - gone_fen, held_fen[slot]
                assert expected == (record.fen, record.over_fen, record.held_fen)

    def record(self, slot: Slot) -> WorkerEarned:
        worker, monday = slot
        value = self.town.engine.read(earned.key("E001", self.shard(worker), "TE001-3", monday))
        return earned.decode(value).workers.get(worker, NOTHING_EARNED) if value else NOTHING_EARNED

    def recoveries(self, run: str, shard: int) -> dict[tuple[str, Slot], DeductionOrder]:
        """Those of the shard that were good before the day on which the run was opened, and that nobody has ended."""
        value = self.town.engine.read(runs.key(run))
        found: dict[tuple[str, Slot], DeductionOrder] = {}
        for key, record in self.town.engine.scan("deduction/R"):
            order = deduction_orders.decode(record)
            good = order.state is DeductionState.APPROVED and order.shard == shard
            if good and value and day_of(order.approved_ms or 0) < day_of(runs.decode(value).opened_ms):
                assert order.recovery is not None
                found[key.split("/")[1], (order.worker, order.recovery.start)] = order
        return found

    def recover_of(
        self,
        run: str,
        shard: int,
        recoveries: dict[tuple[str, Slot], DeductionOrder],
        over_fen: dict[Slot, int],
        least_fen: dict[Slot, int],
    ) -> dict[tuple[str, Slot], int]:
        """What the run must keep back of what was overpaid: no more than any of the bounds, in the order of numbers."""
        found: dict[tuple[str, Slot], int] = {}
        over_fen = dict(over_fen)
        for worker, line in self.town.get(pay_lines, run, shard).lines.items():
            gross_fen = sum(fen for slot, fen in self.due[run, shard].items() if slot[0] == worker)
            left_fen = gross_fen - sum(kept.fen for kept in line.deductions if kept.kind != "overpaid")
            line_fen = 0
            for (number, slot), order in recoveries.items():
                if slot[0] != worker:
                    continue
                assert order.recovery is not None
                taken_fen = sum(some.get((number, slot), 0) for some in self.recovered.values())
                of_line_fen = min(
                    gross_fen * order.recovery.share_bp // 10_000,
                    gross_fen - sum(fen for due, fen in least_fen.items() if due[0] == worker),
                )
                bounds = order.amount_fen - taken_fen, order.recovery.most_fen, over_fen[slot], left_fen - line_fen
                fen = max(0, min(*bounds, of_line_fen - line_fen))
                if fen:
                    found[number, slot] = fen
                    line_fen += fen
                    over_fen[slot] -= fen
                    event(f"recovered, at most {order.recovery.share_bp}")
            assert line_fen == sum(kept.fen for kept in line.deductions if kept.kind == "overpaid")
        return found

    def brought(self, slot: Slot) -> int:
        """What runs have brought of it, and was not taken back or recovered."""
        gone_fen = sum(fen for some in self.recovered.values() for (_, of), fen in some.items() if of == slot)
        return sum(brought.get(slot, 0) for brought in self.due.values()) - gone_fen

    @rule(pick=PICK, action=st.sampled_from(["open", "price", "fund", "pay"]))
    def one_step(self, pick: int, action: str) -> None:
        run, shard = self.runs[pick % len(self.runs)] if self.runs else "", pick % SHARDS
        if action == "open" or not run:
            self.opened(pick % 3)
        elif action == "price":
            self.priced(run, shard)
        elif action == "fund":
            self.attempt("fund", lambda: self.town.do(FundRun, run=run))
        else:
            self.attempt("pay", lambda: self.town.do(PayShards, run=run, shards=(shard,)))

    @rule(
        amount_fen=st.sampled_from([1, 20_000, 10**6]),
        corrected=st.lists(st.tuples(PICK, ORDERS, st.booleans()), max_size=4),
        weeks=st.integers(0, 1),
        late=st.none() | WORKER,
    )
    def payday(self, amount_fen: int, corrected: list[tuple[int, int, bool]], weeks: int, late: str | None) -> None:
        self.wait(1 + 7 * weeks)
        for pick, count, sure in corrected:
            row = self.picked(pick)
            if row is not None:
                self.act("correct", *row, count)
                if sure:
                    self.act("confirm", *row, count)
        self.certify()
        if late is not None:  # a deduction of the same day
            self.deduct(late, 500, 0, True, False)
        run = self.opened()
        if run is not None:
            for shard in range(SHARDS):
                self.priced(run, shard)
            self.book(lambda day: credit(day, f"D{self.number()}", amount_fen, "E001"))
            self.attempt("fund", lambda: self.town.do(FundRun, run=run))
            for shard in range(SHARDS):
                self.attempt("pay", partial(self.town.do, PayShards, run=run, shards=(shard,)))

    @rule(
        pick=PICK,
        low=st.integers(0, 3),
        parts=st.integers(1, 4),
        most_fen=st.sampled_from([777, 10**6]),
        court=st.booleans(),
        later=st.lists(st.tuples(st.integers(1, 30), st.sampled_from([0, 60, 150])), min_size=1, max_size=2),
    )
    def overpay(
        self, pick: int, low: int, parts: int, most_fen: int, court: bool, later: list[tuple[int, int]]
    ) -> None:
        """A row that was paid is corrected to less, which the worker signs; what was overpaid meets later work."""
        row = self.picked(pick)
        if row is None:
            return
        worker, _ = row
        self.payday(10**6, [(pick, low, True)], 1, None)
        self.payday(10**6, [], 0, None)
        self.recover(pick, parts, most_fen, 10_000 if court else 2000, court, "")
        for count, minutes in later:
            self.submit(0, 1, [(worker, count, minutes)], True)
            self.payday(10**6, [], 1, None)

    def worth(self, run: str, shard: int, *, clear: bool) -> dict[Slot, Rows]:
        """The payable rows up to the cut-off week by week, newest or agreed, whichever is worth more.

        clear: without what is contested.
        """
        (cut_off,) = {part.cut_off for part in self.town.get(runs, run).parts}
        today = day_of(self.town.get(runs, run).opened_ms)
        newest: defaultdict[Slot, list[Mapping[str, int]]] = defaultdict(list)
        agreed: defaultdict[Slot, list[Mapping[str, int]]] = defaultdict(list)
        for key, value in self.town.engine.scan("sheet/E001/"):
            day = date.fromisoformat(key.split("/")[2])
            if day <= cut_off and key.endswith(f"/{shard}"):
                for worker, row in sheets.decode(value).rows():
                    waits = row.state in (RowState.SUBMITTED, RowState.CONFIRMED)
                    if waits and row.certified is None:
                        continue
                    slot = worker, day - timedelta(days=day.weekday())
                    place = worker, day
                    said, floor = row.measures, self.floors.get(place)
                    if row.certified and (waits or not kept(row.certified.measures, said)):
                        said = row.certified.measures
                    elif row.state is RowState.UNANSWERED and today > self.since[place] + timedelta(days=2):
                        floor = said if kept(floor or {}, said) else floor
                    admitted, until = self.contested.get(place, ({}, date.min))
                    held = clear and today <= until
                    newest[slot].append(admitted if held else said)
                    agreed[slot].append(admitted if held else floor or said)
        return {slot: max(newest[slot], agreed[slot], key=worth) for slot in newest}

    @rule(pick=PICK, whole=st.booleans())
    def reverse(self, pick: int, whole: bool) -> None:
        if not self.runs:
            return
        run = self.runs[-1 - pick % min(3, len(self.runs))]
        self.attempt("reverse", lambda: self.town.do(ReverseRun, run=run, reason="wrong rate"))
        for shard in range(SHARDS if whole else 1):
            before = self.accounts()
            paid = self.shard_states().get((run, shard)) is ShardState.PAID
            if self.attempt("unwind", partial(self.town.do, UnwindShard, run=run, shard=shard)):
                for slot in self.due[run, shard]:
                    _, by = self.holds.get(slot, (0, None))
                    self.holds[slot] = self.record(slot).held_fen, None if by == run else by
                del self.due[run, shard], self.recovered[run, shard]
                lines = self.town.get(pay_lines, run, shard).lines
                given_fen = {f"worker:{worker}": line.net_fen for worker, line in lines.items() if paid}
                assert self.accounts() == {name: fen - given_fen.get(name, 0) for name, fen in before.items()}
        self.attempt("close", lambda: self.town.do(CloseReversal, run=run))

    def accounts(self) -> dict[str, int]:
        """What all workers hold, as wages and as what came back."""
        return {name: self.town.fen(name) for name in (f"{kind}:{each}" for each in CREW for kind in OF_WORKERS)}

    # The bank

    def book(self, line: Callable[[date], Line] | None = None, *, missed: bool = False) -> bool:
        """Book the next day's statement, with one line; with what was attested too unless it is missed."""
        self.wait(1)
        lines = [] if line is None else [line(self.today())]
        ahead = () if missed else self.town.in_transit()
        return self.attempt("book", lambda: self.town.book(self.today(), *lines, *ahead))

    @rule(amount_fen=st.integers(1, 40_000), missed=st.sampled_from([False, False, True]))
    def attested(self, amount_fen: int, missed: bool) -> None:
        booking = f"D{self.number()}"
        self.attempt("deposit", lambda: self.town.deposit(amount_fen, booking=booking, cosigned=not missed))
        if missed:
            self.book(missed=True)

    @rule(
        pick=PICK,
        scope=st.sampled_from(["run", "run", "all", "retry"]),
        acts=st.lists(CASH_OUT_ACTS, max_size=5) | st.just(["hold", "leave", "sweep"]),
    )
    def cash_out(self, pick: int, scope: str, acts: list[str]) -> None:
        cashout = f"C{self.number()}"
        fields: dict[str, Any] = {"scope": "all", "employer": "E001"}
        found = [
            (key.split("/")[1], payment_orders.decode(value)) for key, value in self.town.engine.scan("payment_order/")
        ]
        if self.runs and scope == "run":
            fields = {"scope": "run", "run": self.runs[pick % len(self.runs)]}
        elif found and scope == "retry":
            number, order = found[pick % len(found)]
            fields |= {"scope": "workers", "workers": (order.worker,), "retry_of": number}
        if self.attempt("open cash-out", lambda: self.town.do(OpenCashOut, cashout=cashout, custody=CUSTODY, **fields)):
            self.go_on_with(cashout, acts)

    @rule(pick=PICK, acts=st.lists(CASH_OUT_ACTS, min_size=1, max_size=5))
    def cash_out_again(self, pick: int, acts: list[str]) -> None:
        found = sorted(key.split("/")[1] for key, _ in self.town.engine.scan("cashout/"))
        if found:
            self.go_on_with(found[pick % len(found)], acts)

    def go_on_with(self, cashout: str, acts: list[str]) -> None:
        head = self.town.get(cash_outs, cashout)
        for act in acts:
            if act in ("hold", "release"):
                kind = HoldShards if act == "hold" else ReleaseShards
                for shard in head.shards:
                    self.attempt(act, partial(self.town.do, kind, cashout=cashout, shards=(shard,)))
            elif act == "hold one":
                self.attempt(act, partial(self.town.do, HoldShards, cashout=cashout, shards=(head.shards[0],)))
            elif act == "cancel":
                self.attempt(act, lambda: self.town.do(CancelCashOut, cashout=cashout))
            elif act in ("leave", "send"):
                self.attempt(act, partial(self.town.leave, cashout, accepted=act == "leave"))
            elif act == "accept" and self.town.get(cash_outs, cashout).files:
                self.attempt(act, lambda: self.town.do(AcceptCashOut, **self.town.acceptance(cashout)))
            elif act == "sweep" and head.run is not None:
                self.attempt(act, partial(self.town.do, SweepRun, run=head.run))

    @rule(pick=PICK, what=st.sampled_from(["pay", "pay", "return", "reject", "fee", "unknown"]))
    def bank_line(self, pick: int, what: str) -> None:
        booking = f"B{self.number()}"
        if what in ("fee", "unknown"):
            if self.book(lambda day: debit(day, booking, pick % 100 + 1)):
                stray = self.today(), booking
                if what == "fee":
                    self.attempt("fee", lambda: self.town.assigned(stray, "platform", PLATFORM))
                elif self.book(lambda day: credit(day, f"{booking}-G", pick % 100 + 1)):
                    back = self.today(), f"{booking}-G"
                    self.attempt("undo", lambda: self.town.assigned(back, "line", f"{stray[0]}/{booking}"))
            return
        state = PaymentOrderState.SETTLED if what == "return" else PaymentOrderState.HELD
        found = [
            (key.split("/")[1], order)
            for key, value in self.town.engine.scan("payment_order/")
            if (order := payment_orders.decode(value)).state is state
            and (pick % 8 == 0 or self.town.get(cash_outs, order.cashout).state is CashOutState.ACCEPTED)
        ]
        if not found:
            return
        number, order = found[pick // 8 % len(found)]
        if what == "reject":
            fields = {"custody": CUSTODY, "cashout": order.cashout, "rejections": ((number, "AC01"),)}
            self.attempt("reject", lambda: self.town.do(RejectPaymentOrders, **fields))
        elif what == "return":
            self.book(lambda day: credit(day, booking, order.amount_fen, order=number, returned="AC04"))
        else:
            self.book(lambda day: debit(day, booking, order.amount_fen, number))

    # What must hold; the contract's own invariants are checked after each accepted command

    def shard_states(self) -> dict[tuple[str, int], ShardState]:
        found = {key: run_shards.decode(value).state for key, value in self.town.engine.scan("run_shard/")}
        return {(key.split("/")[1], int(key.split("/")[2])): state for key, state in found.items()}

    @invariant()
    def nothing_is_kept_back_that_was_not_approved_the_day_before_the_run_or_after_it_was_cancelled(self) -> None:
        if not hasattr(self, "town"):
            return
        orders_by_number = {
            key.split("/")[1]: deduction_orders.decode(value) for key, value in self.town.engine.scan("deduction/")
        }
        for number, order in orders_by_number.items():
            if order.state is DeductionState.CANCELLED:
                most_fen = self.cancelled.setdefault(number, order.taken_fen)
                assert order.taken_fen <= most_fen
        for run, shard in self.shard_states():
            opened = day_of(self.town.get(runs, run).opened_ms)
            for line in self.town.get(pay_lines, run, shard).lines.values():
                for deduction in line.deductions:
                    approved_ms = orders_by_number[deduction.order].approved_ms
                    assert approved_ms is not None
                    assert day_of(approved_ms) < opened

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
        left = {order_state: dict.fromkeys(CREW, 0) for order_state in PaymentOrderState}
        for _, value in self.town.engine.scan("payment_order/"):
            order = payment_orders.decode(value)
            left[order.state][order.account.partition(":")[2]] += order.amount_fen
        for worker in CREW:
            due_fen = sum(fen for brought in self.due.values() for slot, fen in brought.items() if slot[0] == worker)
            assert due_fen == gross_fen[worker]
            gone_fen = left[PaymentOrderState.HELD][worker] + left[PaymentOrderState.SETTLED][worker]
            here_fen = self.town.fen(f"worker:{worker}") + self.town.fen(f"returned:{worker}")
            assert net_fen[worker] == here_fen + gone_fen
        over_fen = dict.fromkeys(CREW, 0)
        for _, value in self.town.engine.scan("earned/E001/"):
            for worker, record in earned.decode(value).workers.items():
                over_fen[worker] += record.over_fen
        overpaid = [self.town.get(shard_heads, "E001", self.shard(worker)).overpaid.get(worker, 0) for worker in CREW]
        assert overpaid == [over_fen[worker] for worker in CREW]


@pytest.mark.slow
def test_a_month_at_random_pays_every_row_once(template: Any) -> None:
    number = int(os.environ.get("LXR_SEED", random.randrange(2**32)))
    print(f"LXR_SEED={number} repeats this")
    Cycle.template = template.state
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        seed(number)(Cycle),
        settings=settings(max_examples=80, stateful_step_count=50, deadline=None, suppress_health_check=checks),
    )
