"""The money of a rehearsal's month: deposits, paydays, cash-outs, and what the bank makes of them."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from stdnum import luhn

from lxr.chaincode import paydays
from lxr.chaincode.cashout_records import CashOutState, PaymentOrderState, cash_outs, payment_orders
from lxr.chaincode.parameters import parameters
from lxr.chaincode.runs import RunState, runs
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.working_days import rest_days
from lxr.cli.commands.deposit import order_deposit
from lxr.cli.commands.instruction import payment_form
from lxr.cli.commands.statements import rejections, said
from lxr.cli.commands.worker import change_account
from lxr.cli.rehearsal.plan import EmployerPlan, last_day_of
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
    quiet: int = 0
    short: list[tuple[EmployerPlan, date]] = field(default_factory=list)
    runs: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    orders: dict[str, int] = field(default_factory=dict)

    def fund(self) -> None:
        """Employers deposit; the last one too little, so that its payday is short at first."""
        day = self.stage.first - timedelta(days=1)
        self.stage.at(day, 10)
        for plan in self.stage.plans:
            worker_days = plan.worker_days
            amount_fen = worker_days * DEPOSIT_PER_DAY_FEN // (100 if plan is self.stage.plans[-1] else 1)
            self.deposit(plan, amount_fen, "1")
        self.bank_day(day)

    def evening(self, day: date) -> None:
        """Pay whoever is due, and send to the bank what is open: also what came back, to mended accounts."""
        self.stage.at(day, 19, 30)
        back = self.returned() if self.quiet < QUIET_DAYS else []
        due = [*self.short, *((plan, day) for plan in self.due(day))]
        self.short = []
        for order in back:
            self.mend(order)
        for plan, payday_of in due:
            report = payday.payday(self.stage.treasurer, self.stage.operator, plan.number, payday_of)
            self.runs.add(report.run)
            self.say_run(plan, report)
            if report.short_fen:
                self.order(plan, report.short_fen + report.totals.fee_fen)
                self.short.append((plan, payday_of))
        if back or due:
            self.quiet = 0
            self.instruct(day)

    def bank_evening(self, day: date) -> None:
        """The bank books the day while anything may still come back, and at the end of a month.

        A payment can still come back on the next banking day, so it takes a few quiet days to be sure.
        """
        if self.quiet < QUIET_DAYS or day == last_day_of(day):
            self.bank_day(day)
            self.sweep()
            self.quiet = 0 if self.stage.custody().instructed_fen or self.short else self.quiet + 1

    def sweep(self) -> None:
        """Finish the runs that are paid; of a fee that is owed the employer is asked once."""
        plans = {plan.number: plan for plan in self.stage.plans}
        for key, run in list(self.stage.desk.reader.scan(runs)):
            if run.state is RunState.FUNDED or run.fee_owed_fen:
                owed_fen = payday.sweep(self.stage.treasurer, key[0]).fee_owed_fen
                if owed_fen and key[0] not in self.asked:
                    self.asked.add(key[0])
                    self.order(plans[run.employer], owed_fen)
                    self.quiet = 0

    def order(self, plan: EmployerPlan, amount_fen: int) -> None:
        """Have the employer deposit what is missing, under a reference of its own."""
        self.orders[plan.number] = self.orders.get(plan.number, 1) + 1
        self.deposit(plan, amount_fen, str(self.orders[plan.number]))

    def is_done(self) -> bool:
        """Return whether all work is paid and nothing is on its way."""
        return self.quiet >= QUIET_DAYS and not self.short and not self.unpaid()

    def unpaid(self) -> dict[str, date]:
        """Return the first day of each employer on which something is not paid yet."""
        found: dict[str, date] = {}
        for key, head in self.stage.desk.reader.scan(shard_heads):
            for open_day in head.days:
                found[key[0]] = min(open_day.day, found.get(key[0], open_day.day))
        return found

    def due(self, day: date) -> list[EmployerPlan]:
        """Return the employers whose payday it is, and of whose work up to the cut-off something is not paid."""
        reader = self.stage.desk.reader
        unpaid = self.unpaid()
        calendars = {
            year: reader.get(parameters, f"calendar.{year}") for year in (day.year - 1, day.year, day.year + 1)
        }
        found = []
        for plan in self.stage.plans:
            if plan.number in unpaid:
                until = paydays.cut_off(plan.document.payday, day, rest_days(calendars))
                if until is not None and unpaid[plan.number] <= until:
                    found.append(plan)
        return found

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
