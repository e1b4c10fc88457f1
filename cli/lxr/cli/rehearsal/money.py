"""The money of a rehearsal's month: deposits, paydays, cash-outs, and what the bank makes of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from stdnum import luhn

from lxr.chaincode import paydays
from lxr.chaincode.cashout_records import CashOutState, PaymentOrderState, cash_outs, payment_orders
from lxr.chaincode.parameters import parameters
from lxr.chaincode.runs import RunState, runs
from lxr.chaincode.working_days import rest_days
from lxr.cli.commands.deposit import order_deposit
from lxr.cli.commands.instruction import payment_form
from lxr.cli.commands.statements import rejections, said
from lxr.cli.commands.worker import change_account
from lxr.cli.rehearsal.plan import EmployerPlan
from lxr.cli.rehearsal.stage import Stage
from lxr.cli.screen import money
from lxr.cli.texts.language import text
from lxr.settlement.bank import cashout, instruction
from lxr.settlement.bank import desk as bank_desk
from lxr.settlement.bank.transfers import CUSTODIAN
from lxr.settlement.pay import payday
from lxr.settlement.rehearsal.simulator import Bank

DEPOSIT_PER_DAY_FEN: Final = 15_000
"""What an employer puts aside for each worker's day to begin with."""
QUIET_DAYS: Final = 4
"""More than a weekend."""


@dataclass
class Money:
    """One play of the month's money, with the simulated bank."""

    stage: Stage
    bank: Bank

    def fund(self) -> None:
        """Employers deposit; the last one too little, so that its payday is short at first."""
        day = self.stage.first - timedelta(days=1)
        self.stage.at(day, 10)
        for plan in self.stage.plans:
            worker_days = sum(len(rows) for rows in plan.days.values())
            amount_fen = worker_days * DEPOSIT_PER_DAY_FEN // (100 if plan is self.stage.plans[-1] else 1)
            self.deposit(plan, amount_fen, "1")
        self.bank_day(day)

    def pay(self) -> None:
        """Payday of every employer, cash-out, and what the bank makes of it."""
        treasurer, operator = self.stage.treasurer, self.stage.operator
        for day, plans in self.paydays():
            self.stage.at(day, 10)
            short: list[EmployerPlan] = []
            for plan in plans:
                report = payday.payday(treasurer, operator, plan.number, day)
                self.say_run(plan, report)
                if report.short_fen:
                    self.deposit(plan, report.short_fen + report.totals.fee_fen, "2")
                    short.append(plan)
            self.instruct(day)
            self.bank_day(day)
            if short:
                after = day + timedelta(days=1)
                self.stage.at(after, 10)
                for plan in short:
                    self.say_run(plan, payday.payday(treasurer, operator, plan.number, day))
                self.instruct(after)
                self.bank_day(after)
            self.settle(day + timedelta(days=2))

    def settle(self, day: date) -> None:
        """Banking days until nothing is on its way: delays arrive, returns are paid again to mended accounts.

        A payment can still come back on the next banking day, so it takes a few quiet days to be sure.
        """
        quiet = 0
        while quiet < QUIET_DAYS:
            self.stage.at(day, 10)
            back = self.returned()
            quiet = 0 if self.stage.custody().instructed_fen or back else quiet + 1
            for order in back:
                self.mend(order)
            self.instruct(day)
            self.bank_day(day)
            day += timedelta(days=1)
        for key, run in list(self.stage.desk.reader.scan(runs)):
            if run.state is RunState.FUNDED:
                payday.sweep(self.stage.treasurer, key[0])

    def deposit(self, plan: EmployerPlan, amount_fen: int, reference: str) -> None:
        """Order the employer's bank to pay into custody."""
        order_deposit(self.stage.desk, plan.number, amount_fen, reference, plan.name)

    def bank_day(self, day: date) -> None:
        """Have the bank book its day, and its teller bring the statement to the ledger."""
        self.stage.at(day, 22)
        desk = self.stage.desk
        result = self.bank.close_day(day)
        rejections(desk)
        desk.screen.say(said(bank_desk.import_statement(desk.also("bank", "teller"), desk.custody(), result.statement)))

    def paydays(self) -> Iterator[tuple[date, list[EmployerPlan]]]:
        """Yield the paydays of the month's work, in order, each with the employers that pay on it."""
        years = (self.stage.first.year, self.stage.first.year + 1)
        calendars = {year: self.stage.desk.reader.get(parameters, f"calendar.{year}") for year in years}
        found: dict[date, list[EmployerPlan]] = {}
        for plan in self.stage.plans:
            rule = plan.document.payday
            due = paydays.payday(rule, paydays.period_of(rule, self.stage.last), rest_days(calendars))
            found.setdefault(due or self.stage.last, []).append(plan)
        yield from sorted(found.items())

    def instruct(self, day: date) -> None:
        """Every open cash-out goes to the bank: prepared, approved by whom it takes, accepted there."""
        desk = self.stage.desk
        for key, record in list(desk.reader.scan(cash_outs)):
            if record.state is CashOutState.OPEN:
                most, form = desk.consortium.bank_payments_max, payment_form(desk)
                instruction.instruct(
                    self.stage.treasurer, desk.people, key[0], CUSTODIAN, desk.now, day, payments_max=most, form=form
                )
                for role in instruction.APPROVERS:
                    approver, bank_dir = desk.also("union", role), desk.consortium.bank_dir
                    if not instruction.approve(
                        approver, desk.people, key[0], bank_dir, CUSTODIAN, form=form
                    ).waiting_for:
                        break
                teller, bank_dir = desk.also("bank", "teller"), desk.consortium.bank_dir
                instruction.accept(teller, key[0], bank_dir, payments_max=most, form=form)

    def returned(self) -> list[str]:
        """Orders that came back and that no other has taken the place of."""
        reader = self.stage.desk.reader
        retried = {record.retry_of for _, record in reader.scan(cash_outs)}
        back = (PaymentOrderState.RETURNED, PaymentOrderState.REJECTED)
        return [key[0] for key, order in reader.scan(payment_orders) if order.state in back and key[0] not in retried]

    def mend(self, order_number: str) -> None:
        """Have the worker approve another account, and pay the order again to it."""
        desk = self.stage.desk
        worker = desk.reader.need(payment_orders, order_number).worker
        assert worker is not None  # the platform's are not mended
        payload = f"6217{int.from_bytes(order_number.encode()[-5:], 'big'):014}"
        change_account(desk, worker, payload + luhn.calc_check_digit(payload), "105100000017", "中国建设银行")
        report = cashout.reissue(self.stage.treasurer, desk.people, order_number)
        desk.screen.say(
            text(
                f"order {order_number} came back: {money(report.total_fen)} is paid again to another account",
                f"指令 {order_number} 被退回：{money(report.total_fen)} 改付至劳动者的新账户",
            )
        )

    def say_run(self, plan: EmployerPlan, report: payday.PaydayReport) -> None:
        """One run in one line."""
        totals = report.totals
        if report.short_fen:
            line = text(
                f"{report.run}: short of {money(report.short_fen)} for the wages, and of {money(totals.fee_fen)} "
                "for the fee on top; the employer deposits",
                f"{report.run}：工资资金短缺 {money(report.short_fen)}，另缺服务费 {money(totals.fee_fen)}；"
                "用工单位补缴",
            )
        else:
            line = text(
                f"{report.run} {plan.name}: {totals.lines} workers, "
                f"gross {money(totals.gross_fen)}, fee {money(totals.fee_fen)}",
                f"{report.run} {plan.name}：{totals.lines} 人，"
                f"应发 {money(totals.gross_fen)}，服务费 {money(totals.fee_fen)}",
            )
        self.stage.desk.screen.say(line)
