"""Whatever happens in whatever order, on the real contract: every fen of pay is in the worker's account, held for the
bank, or at the worker's bank, exactly once."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from consortium import House, rehearsal
from lxr.chaincode.books import balances, wages
from lxr.chaincode.cashout_records import CashOutState, PaymentOrderState, cash_outs, payment_orders
from lxr.chaincode.custody_records import custodies
from lxr.chaincode.paydays import OnCompletion
from lxr.chaincode.refusals import NotCovered, NothingToPayOut
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.runs import RunState, ShardState, pay_lines, run_shards, runs
from lxr.chaincode.workday import CorrectSheet, NewRow, SubmitSheet
from lxr.node.dry_run import DryRun
from lxr.node.invariants import check
from lxr.settlement.bank import cashout, deposits, instruction
from lxr.settlement.bank.desk import import_statement
from lxr.settlement.bank.model import Entry
from lxr.settlement.lookups import account_fen
from lxr.settlement.pay import payday
from lxr.token.accounts import OF_WORKERS, account
from lxr.token.refusal import AccountShort
from parties import CUSTODY
from team import Team
from termsdocuments import rider_terms
from treasury import UNION, entry, noon, statement

FIRST = date(2026, 8, 3)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with rehearsal(tmp_path_factory.mktemp("money")) as made:
        yield made


class Money(RuleBasedStateMachine):
    """The union's treasury and a bank that pays, delays, returns and rejects as it likes."""

    house: House
    team: Team
    directory: Path

    def __init__(self) -> None:
        super().__init__()
        self.day = self.house.clock.go(FIRST)
        ledger = DryRun(self.house.ledger)
        self.treasurer, self.operator = self.house.treasurer.on(ledger), self.house.operator.on(ledger)
        self.admin = self.house.admin.on(ledger)
        self.second = self.house.client("bank", "admin").on(ledger)
        self.teller, self.signer = self.house.teller.on(ledger), self.house.signer().on(ledger)
        self.rows: dict[tuple[date, str], int] = {}
        self.versions: Counter[tuple[date, int]] = Counter()
        self.attested: list[Entry] = []
        self.sequence = self.bank_fen = self.number = 0
        self.with_bank: dict[str, cashout.OrderView] = {}
        self.at_workers_bank: dict[str, cashout.OrderView] = {}
        self.paid_fen: Counter[str | None] = Counter()
        self.unpaid = False

    @initialize()
    def begin(self) -> None:
        self.deposit(1_000_000)
        self.work(30)

    def cash_outs(self, *states: CashOutState) -> list[str]:
        found = [key[0] for key, head in self.treasurer.scan(cash_outs) if head.state in states]
        return [number for number in found if cashout.orders_of(self.treasurer, number)]

    def runs_in(self, *states: RunState) -> list[str]:
        return [key[0] for key, run in self.treasurer.scan(runs) if run.state in states]

    def count(self) -> int:
        self.number += 1
        return self.number

    @rule(amount_fen=st.sampled_from([1, 9_000, 60_000, 1_000_000]), cosigned=st.booleans())
    def deposit(self, amount_fen: int, cosigned: bool = True) -> None:
        """Attested on a day that no statement covers yet; what two persons sign may leave on the same day."""
        if self.day == self.treasurer.need(custodies, CUSTODY).closing_day:
            self.day = self.house.clock.go(self.day + timedelta(days=1))
        ref = f"D{self.count()}"
        deposits.attest_deposit(self.teller, CUSTODY, self.day, ref, "E001", amount_fen)
        if cosigned:
            deposits.cosign_deposit(self.second, CUSTODY, self.day, ref)
        line = entry(ref, amount_fen, True, "E001D1")
        self.attested.append(replace(line, booking_date=self.day, value_date=self.day))

    @rule(quantity=st.integers(1, 40))
    def work(self, quantity: int) -> None:
        self.day = self.house.clock.go(self.day + timedelta(days=1))
        for shard, some in self.team.by_shard(self.team.workers.values()).items():
            rows = tuple(NewRow(worker, {"orders": quantity, "minutes": 60}) for worker in some)
            self.signer.submit(
                SubmitSheet(
                    request_id=f"sheet-{self.day}-{shard}", employer="E001", day=self.day, shard=shard, rows=rows
                )
            )
            self.rows |= {(self.day, worker): quantity for worker in some}
            self.versions[self.day, shard] = 1
        self.unpaid = True

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), quantity=st.integers(1, 40))
    def correct(self, data: st.DataObject, quantity: int) -> None:
        day, worker = data.draw(st.sampled_from(sorted(self.rows)))
        if self.rows[day, worker] == quantity:
            return
        shard = self.team.shard(worker)
        self.signer.submit(
            CorrectSheet(
                request_id=f"correction-{self.count()}",
                employer="E001",
                day=day,
                shard=shard,
                version=self.versions[day, shard],
                rows=(NewRow(worker, {"orders": quantity, "minutes": 60}),),
                reason="counted again",
            )
        )
        self.rows[day, worker] = quantity
        self.versions[day, shard] += 1
        self.unpaid = True

    @precondition(lambda self: self.unpaid)
    @rule(cash_out=st.booleans())
    def pay(self, cash_out: bool) -> None:
        for number in self.runs_in(RunState.OPEN, RunState.SHORT):
            payday.resume(self.treasurer, self.operator, number, cash_out=cash_out)
        payday.payday(self.treasurer, self.operator, "E001", self.day, cash_out=cash_out)
        self.unpaid = bool(self.runs_in(RunState.SHORT))

    @precondition(lambda self: self.runs_in(RunState.SHORT, RunState.FUNDED))
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(self.runs_in(RunState.SHORT, RunState.FUNDED)))
        before = dict(self.treasurer.ledger.scan(""))
        report = payday.reverse(self.treasurer, number, "taken back")
        assert report.can == (report.state is RunState.REVERSED)
        if not report.can:
            assert before == dict(self.treasurer.ledger.scan(""))
        self.unpaid = True

    @precondition(
        lambda self: any(key[0].startswith("returned:") for key, held in self.treasurer.scan(balances) if held.fen)
    )
    @rule()
    def cash_all_out(self) -> None:
        cashout.open_cash_out(self.treasurer, f"C-{self.count()}", CUSTODY, employer="E001")

    @rule()
    def cash_runs_out(self) -> None:
        for number in self.runs_in(RunState.FUNDED):
            payday.resume(self.treasurer, self.operator, number)

    @precondition(lambda self: self.cash_outs(CashOutState.OPEN))
    @rule(data=st.data())
    def instruct(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(self.cash_outs(CashOutState.OPEN)))
        people = self.house.people
        try:
            instruction.instruct(self.treasurer, people, number, UNION, noon(self.day), self.day, same_account=True)
        except NotCovered:
            return  # until the next statement
        for approver in (self.operator, self.admin):
            if instruction.instruction_status(approver, number).waiting_for:
                instruction.approve(approver, people, number, self.directory, UNION)

    @precondition(lambda self: self.cash_outs(CashOutState.INSTRUCTED))
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(self.cash_outs(CashOutState.INSTRUCTED)))
        try:
            instruction.accept(self.teller, number, self.directory)
        except NotCovered:
            return  # the statement that its cover was signed ahead of is due, and has not come
        for order in cashout.orders_of(self.treasurer, number):
            assert order.order not in self.with_bank
            self.with_bank[order.order] = order

    @precondition(lambda self: self.cash_outs(CashOutState.OPEN, CashOutState.INSTRUCTED))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        held = self.cash_outs(CashOutState.OPEN, CashOutState.INSTRUCTED)
        cashout.cancel(self.treasurer, data.draw(st.sampled_from(held)))

    @rule(data=st.data())
    def bank_day(self, data: st.DataObject) -> None:
        """The bank pays some of what it has, sends some back, and rejects some."""
        self.day = self.house.clock.go(self.day + timedelta(days=1))
        came, self.attested = self.attested, []
        lines: list[Entry] = []
        balance_fen = self.bank_fen + sum(line.amount_fen for line in came)
        for number, order in sorted(self.with_bank.items()):
            if balance_fen < order.amount_fen or not data.draw(st.booleans()):
                continue
            lines.append(entry(f"P{self.count()}", order.amount_fen, False, number))
            balance_fen -= order.amount_fen
            self.at_workers_bank[number] = self.with_bank.pop(number)
            self.paid_fen[order.worker] += order.amount_fen
        for number, order in sorted(self.at_workers_bank.items()):
            if data.draw(st.integers(0, 3)) == 0:
                lines.append(entry(f"R{self.count()}", order.amount_fen, True, number, "AC04"))
                balance_fen += order.amount_fen
                self.paid_fen[order.worker] -= order.amount_fen
                del self.at_workers_bank[number]
        self.sequence += 1
        path = statement(
            self.directory,
            lines,
            sequence=self.sequence,
            day=self.day,
            opening_fen=self.bank_fen,
            earlier=came,
        )
        report = import_statement(self.teller, CUSTODY, path)
        assert () == report.waiting
        self.bank_fen = balance_fen
        for number, order in sorted(self.with_bank.items()):
            if data.draw(st.integers(0, 4)) == 0:
                found = self.teller.need(payment_orders, number)
                command = RejectPaymentOrders(
                    request_id=f"reject-{number}",
                    custody=CUSTODY,
                    cashout=found.cashout,
                    rejections=((number, "AC01"),),
                )
                self.teller.submit(command)
                del self.with_bank[order.order]

    @precondition(
        lambda self: any(order.state in cashout.RETRIABLE for _, order in self.treasurer.scan(payment_orders))
    )
    @rule(data=st.data())
    def reissue(self, data: st.DataObject) -> None:
        back = [key[0] for key, order in self.treasurer.scan(payment_orders) if order.state in cashout.RETRIABLE]
        try:
            cashout.reissue(self.treasurer, self.house.people, data.draw(st.sampled_from(back)))
        except NothingToPayOut:
            return  # the money has left with another cash-out

    @rule()
    def sweep(self) -> None:
        for (number,), run in list(self.treasurer.scan(runs)):
            head = self.treasurer.get(cash_outs, run.cashout) if run.cashout else None
            if run.state is RunState.FUNDED and head is not None and head.state is CashOutState.ACCEPTED:
                try:
                    payday.sweep(self.treasurer, number)
                except AccountShort:
                    continue  # the fee is still owed

    @invariant()
    def the_ledger_holds_together(self) -> None:
        assert [] == check(self.treasurer.ledger.scan)
        assert all(balance.fen >= 0 for _, balance in self.treasurer.scan(balances))
        assert all(fen >= 0 for _, crew in self.treasurer.scan(wages) for fen in crew.fen.values())
        custody = self.treasurer.need(custodies, CUSTODY)
        assert (self.bank_fen, 0) == (custody.closing_fen, custody.shortfall_fen)
        sent = self.cash_outs(CashOutState.INSTRUCTED)
        orders_sent = [order for number in sent for order in cashout.orders_of(self.treasurer, number)]
        both = [*self.with_bank.values(), *orders_sent]
        assert custody.instructed_fen == sum(order.amount_fen for order in both)

    @invariant()
    def every_fen_of_pay_is_in_one_place(self) -> None:
        due_fen: Counter[str] = Counter()
        states = {key: record.state for key, record in self.treasurer.scan(run_shards)}
        for key, record in self.treasurer.scan(pay_lines):
            if states[key] is ShardState.PAID:
                for worker, line in record.lines.items():
                    due_fen[worker] += line.net_fen
        held_fen: Counter[str | None] = Counter()
        for _, order in self.treasurer.scan(payment_orders):
            if order.state is PaymentOrderState.HELD:
                held_fen[order.worker] += order.amount_fen
        for worker in self.team.workers.values():
            here_fen = sum(account_fen(self.treasurer, account(kind, worker)) for kind in OF_WORKERS)
            assert due_fen[worker] == here_fen + held_fen[worker] + self.paid_fen[worker], worker


@pytest.mark.slow
def test_every_fen_of_pay_is_in_one_place_whatever_happens(house: House, tmp_path: Path) -> None:
    Money.house, Money.directory = house, tmp_path
    Money.team = house.employ(3, document=rider_terms("E001", payday=OnCompletion()))
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=100,
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
