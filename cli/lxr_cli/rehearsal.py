"""A month played at the times it would have had, through the same services that the commands call."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from lxr_chaincode import paydays
from lxr_chaincode.cashout_records import OrderState, cash_outs, orders
from lxr_chaincode.custody_records import Custody, custodies
from lxr_chaincode.days import moment
from lxr_chaincode.governance import parameters
from lxr_chaincode.payroll import rest_days
from lxr_chaincode.registry import AddEmployer
from lxr_chaincode.runs import RunState, runs
from lxr_chaincode.workday import CloseDay
from lxr_cli.commands.bank import open_bank, rejections, said, statements
from lxr_cli.commands.employer import enrol
from lxr_cli.commands.worker import change_account
from lxr_cli.language import text
from lxr_cli.rehearsal_plan import LATE_IN_1000, SILENT_IN_1000, EmployerPlan, Slip, last_day_of, slips
from lxr_cli.screen import money
from lxr_cli.session import Session
from lxr_node.client import Client
from lxr_settlement import (
    answers,
    bank_desk,
    batch_file,
    batch_sending,
    cashout,
    close,
    corrections,
    deposits,
    payday,
    reconcile,
    roster,
)
from lxr_settlement import terms as terms_service
from lxr_settlement.bankfiles.pain001 import Party
from lxr_settlement.bankfiles.simulator import Bank
from lxr_settlement.deposits import CUSTODIAN
from lxr_settlement.intake.fold import FoldedRow
from lxr_settlement.rehearsal_month import card_check_digit

DEPOSIT_PER_DAY_FEN: Final = 15_000
"""What an employer puts aside for each worker's day to begin with."""
RETURNS_BP, DELAYS_BP = 200, 300
QUIET_DAYS: Final = 4
"""More than a weekend."""
RESOLVE_AFTER: Final = timedelta(days=3)


class Outcome(Struct, frozen=True):
    """The figures of a rehearsal, as its last line says them."""

    employers: int
    workers: int
    rows: int
    confirmed: int
    disputed: int
    late: int
    gross_fen: int
    net_fen: int
    fee_fen: int
    cashed_out_fen: int
    returned_fen: int
    supply_fen: int
    reserve_fen: int
    breaks: int
    audit: dict[str, bool]


@dataclass(slots=True)
class Counts:
    """What has happened so far."""

    rows: int = 0
    confirmed: int = 0
    disputed: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class Open:
    """A dispute that waits for its end, and the day on which it comes."""

    plan: EmployerPlan
    slip: Slip
    day: date
    ends: date


@dataclass
class Rehearsal:
    """One play of a month."""

    desk: Session
    plans: list[EmployerPlan]
    seed: int
    counts: Counts = field(default_factory=Counts)
    open: list[Open] = field(default_factory=list)
    numbers: dict[str, dict[str, str]] = field(default_factory=dict)
    """By employer: the worker's number on the ledger by the employer's own."""

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)
        self.first = min(min(plan.days) for plan in self.plans).replace(day=1)
        self.last = last_day_of(self.first)

    def play(self) -> Outcome:
        """From registration to the countersigned close."""
        self.prepare()
        with open_bank(self.desk, self.seed, RETURNS_BP, DELAYS_BP) as bank:
            self.fund(bank)
            self.work()
            self.pay(bank)
            return self.finish(bank)

    # Each step, in the order of the days.

    def prepare(self) -> None:
        """Register employers and workers, sign terms."""
        desk = self.desk
        for plan in self.plans:
            self.at(self.first - timedelta(days=4), 10)
            operator = desk.also("union", "operator")
            command = AddEmployer(request_id=f"employer:{plan.number}", employer=plan.number, shards=plan.shards)
            operator.submit(command)
            enrol(desk, plan.number)
            self.numbers[plan.number] = roster.register(desk.people, plan.number, plan.people)
            keys = {number: desk.wallets.make(number) for number in self.numbers[plan.number].values()}
            roster.enrol(self.signer(plan), desk.people, plan.number, keys)
            signer = self.signer(plan)
            terms_service.propose(signer, plan.number, plan.terms, plan.document)
            terms_service.accept(operator, plan.terms, 1)
            terms_service.activate(operator, plan.terms, 1)
            terms_service.join(operator, plan.terms, 1, keys, None)
            desk.screen.say(
                text(
                    f"{plan.number} {plan.name}: {len(keys)} workers registered, terms {plan.terms} signed by all",
                    f"{plan.number} {plan.name}：登记 {len(keys)} 名劳动者，条款 {plan.terms} 三方签署",
                )
            )

    def fund(self, bank: Bank) -> None:
        """Employers deposit; the last one too little, so that its payday is short at first."""
        day = self.first - timedelta(days=1)
        self.at(day, 10)
        for plan in self.plans:
            worker_days = sum(len(rows) for rows in plan.days.values())
            amount_fen = worker_days * DEPOSIT_PER_DAY_FEN // (100 if plan is self.plans[-1] else 1)
            self.deposit(plan, amount_fen, "1")
        self.bank_day(bank, day)

    def work(self) -> None:
        """Day by day: batches, close, answers, the union's word."""
        days = [self.first + timedelta(days=offset) for offset in range((self.last - self.first).days + 1)]
        with self.desk.screen.progress(text("the month", "当月")) as step:
            for done, day in enumerate(days, start=1):
                self.work_day(day)
                step(done, len(days))
        for extra in range(1, RESOLVE_AFTER.days + 2):
            self.resolve(self.last + timedelta(days=extra))
        self.say_work()

    def work_day(self, day: date) -> None:
        """One day, and the morning after."""
        after = day + timedelta(days=1)
        sent: list[tuple[EmployerPlan, dict[str, Slip], tuple[FoldedRow, ...]]] = []
        waiting: list[tuple[EmployerPlan, tuple[FoldedRow, ...]]] = []
        self.at(day, 20)
        for plan in self.plans:
            rows = plan.days.get(day, ())
            wrong = slips(self.rng, rows)
            given = tuple(
                replace(row, measures=wrong[row.worker_ref].sent) if row.worker_ref in wrong else row
                for row in rows
                if row.worker_ref not in wrong or wrong[row.worker_ref].sent is not None
            )
            if not rows:
                continue
            sent.append((plan, wrong, given))
            if self.rng.randrange(1000) < LATE_IN_1000:
                waiting.append((plan, given))
            else:
                self.submit(plan, given)
        self.at(day, 23, 59)
        self.desk.also("union", "operator").submit(CloseDay(request_id=f"close:{day}", day=day))
        self.at(after, 0, 40)
        for plan, given in waiting:
            self.submit(plan, given)
        self.at(after, 9)
        for plan, wrong, given in sent:
            self.answer(plan, day, wrong, given)
        self.at(after, 18)
        for plan, _, _ in sent:
            answers.attest(self.desk.also("union", "operator"), plan.number, [day])
        self.resolve(after)

    def submit(self, plan: EmployerPlan, rows: tuple[FoldedRow, ...]) -> None:
        """The employer signs and sends its day."""
        if not rows:
            return
        day_fold = replace(plan.fold, rows=rows, faults=())
        prepared = batch_file.prepare(day_fold, self.numbers[plan.number], plan.number, plan.shards)
        report = batch_sending.submit(self.signer(plan), prepared)
        self.counts.rows += report.rows
        self.counts.late += report.late

    def answer(self, plan: EmployerPlan, day: date, wrong: dict[str, Slip], given: tuple[FoldedRow, ...]) -> None:
        """Workers confirm, dispute, claim, or say nothing."""
        desk, numbers = self.desk, self.numbers[plan.number]
        operator = desk.also("union", "operator")
        ready = [
            numbers[row.worker_ref]
            for row in given
            if row.worker_ref not in wrong and self.rng.randrange(1000) >= SILENT_IN_1000
        ]
        signed = [
            (
                number,
                answers.sign(desk.wallets.key(number), operator, number, answers.open_rows(operator, number, [day])),
            )
            for number in ready
        ]
        self.counts.confirmed += answers.confirm(operator, signed)
        for slip in wrong.values():
            number = numbers[slip.true.worker_ref]
            key = desk.wallets.key(number)
            claimed = slip.true.measures
            if slip.doubted:
                claimed = {name: quantity + 1 for name, quantity in claimed.items()}
            send = answers.claim if slip.sent is None else answers.dispute
            send(operator, number, day, claimed, "the record differs from mine", key)
            self.counts.disputed += 1
            self.open.append(Open(plan, slip, day, day + RESOLVE_AFTER))

    def resolve(self, today: date) -> None:
        """Disputes end: by correction, by withdrawal, or by the union's decision."""
        desk = self.desk
        operator = desk.also("union", "operator")
        self.at(today, 19)
        for each in [waiting for waiting in self.open if waiting.ends <= today]:
            self.open.remove(each)
            number = self.numbers[each.plan.number][each.slip.true.worker_ref]
            true = each.slip.true.measures
            if each.slip.doubted and self.rng.randrange(2):
                answers.withdraw(operator, number, each.day, desk.wallets.key(number))
            elif each.slip.doubted or self.rng.randrange(3) == 0:
                answers.decide(operator, number, each.day, true, "the record of orders shows this")
                continue
            else:
                signer = self.signer(each.plan)
                corrections.correct(signer, each.plan.number, each.day, {number: true}, "counted again")
            answers.attest(operator, each.plan.number, [each.day])

    def pay(self, bank: Bank) -> None:
        """Payday of every employer, cash-out, and what the bank makes of it."""
        desk = self.desk
        treasurer, operator = desk.also("union", "treasurer"), desk.also("union", "operator")
        for day, plans in self.paydays():
            self.at(day, 10)
            short: list[EmployerPlan] = []
            for plan in plans:
                report = payday.payday(treasurer, operator, plan.number, day)
                self.say_run(plan, report)
                if report.short_fen:
                    self.deposit(plan, report.short_fen + report.totals.fee_fen, "2")
                    short.append(plan)
            self.instruct(day)
            self.bank_day(bank, day)
            if short:
                after = day + timedelta(days=1)
                self.at(after, 10)
                for plan in short:
                    self.say_run(plan, payday.payday(treasurer, operator, plan.number, day))
                self.instruct(after)
                self.bank_day(bank, after)
            self.settle(bank, day + timedelta(days=2))

    def settle(self, bank: Bank, day: date) -> None:
        """Banking days until nothing is on its way: delays arrive, returns are paid again to mended accounts.

        A payment can still come back on the next banking day, so it takes a few quiet days to be sure.
        """
        quiet = 0
        while quiet < QUIET_DAYS:
            self.at(day, 10)
            quiet = 0 if self.custody().instructed_fen or self.returned() else quiet + 1
            for order in self.returned():
                self.mend(order)
            self.instruct(day)
            self.bank_day(bank, day)
            day += timedelta(days=1)
        for key, run in list(self.desk.reader.scan(runs)):
            if run.state is RunState.FUNDED:
                payday.sweep(self.desk.also("union", "treasurer"), key[0])

    def finish(self, bank: Bank) -> Outcome:
        """The month's end: reconcile, close, three audits, two countersignatures."""
        desk = self.desk
        last = last_day_of(self.day)
        if self.custody().closing_day != last:
            self.at(last, 18)
            self.bank_day(bank, last)
        self.at(last + timedelta(days=1), 9)
        found = reconcile.reconcile(desk.reader, desk.custody(), statements(desk))
        desk.screen.say(
            text(
                f"reconciled: {found.lines} statement lines, {len(found.breaks)} breaks",
                f"对账：{found.lines} 行，差异 {len(found.breaks)} 笔",
            )
        )
        period = f"{last:%Y-%m}"
        close.close_period(desk.also("union", "treasurer"), period, desk.custody())
        audited: dict[str, bool] = {}
        for organisation in ("union", "bank", "regulator"):
            auditor = desk.also(organisation, "auditor")
            with desk.screen.progress(text("auditing", "审计")) as step:
                report = close.audit_and_sign(auditor, step)
            audited[organisation] = report.ok
            if report.ok and organisation != "union":
                close.countersign(auditor, report, period)
            said = text("yes" if report.ok else f"no: {report.fault}", "是" if report.ok else f"否：{report.fault}")
            desk.screen.say(text(f"audit by {organisation}: {said}", f"{organisation} 审计：{said}"))
        return self.outcome(len(found.breaks), audited)

    # What the steps are made of.

    def at(self, day: date, hour: int, minute: int = 0) -> None:
        """Play that time of that day from now on."""
        self.day = day
        moment_ms = moment(day, hour * 60 + minute)
        self.desk.clock = lambda: moment_ms

    def signer(self, plan: EmployerPlan) -> Client:
        """Who signs the employer's batches."""
        return self.desk.client("employer", "signer", plan.number)

    def deposit(self, plan: EmployerPlan, amount_fen: int, reference: str) -> None:
        """The employer orders its bank to pay into custody."""
        desk = self.desk
        payer = Party(plan.name, "105100000017")
        own_account = f"3100{plan.number[1:].zfill(12)}"
        deposits.transfer(
            desk.consortium.bank_dir, plan.number, amount_fen, reference, payer, own_account, desk.custody(), desk.now
        )

    def bank_day(self, bank: Bank, day: date) -> None:
        """The bank books its day; its teller brings the statement to the ledger."""
        self.at(day, 22)
        result = bank.close_day(day)
        teller = self.desk.also("bank", "teller")
        rejections(self.desk)
        self.desk.screen.say(said(bank_desk.import_statement(teller, self.desk.custody(), result.statement)))

    def paydays(self) -> Iterator[tuple[date, list[EmployerPlan]]]:
        """The paydays of the month's work, in order, each with the employers that pay on it."""
        years = (self.first.year, self.first.year + 1)
        calendars = {year: self.desk.reader.get(parameters, f"calendar.{year}") for year in years}
        found: dict[date, list[EmployerPlan]] = {}
        for plan in self.plans:
            rule = plan.document.payday
            due = paydays.payday(rule, paydays.period_of(rule, self.last), rest_days(calendars))
            found.setdefault(due or self.last, []).append(plan)
        yield from sorted(found.items())

    def instruct(self, day: date) -> None:
        """Every open cash-out goes to the bank."""
        desk = self.desk
        for key, record in list(desk.reader.scan(cash_outs)):
            if record.state == "open":
                treasurer = desk.also("union", "treasurer")
                cashout.instruct(treasurer, desk.people, key[0], desk.consortium.bank_dir, CUSTODIAN, desk.now, day)

    def returned(self) -> list[str]:
        """Orders that came back and that no other has taken the place of."""
        retried = {record.retry_of for _, record in self.desk.reader.scan(cash_outs)}
        back = (OrderState.RETURNED, OrderState.REJECTED)
        return [key[0] for key, order in self.desk.reader.scan(orders) if order.state in back and key[0] not in retried]

    def mend(self, order_number: str) -> None:
        """The worker approves another account, and the order is paid again to it."""
        desk = self.desk
        worker = desk.reader.need(orders, order_number).account.partition(":")[2]
        payload = f"6217{int.from_bytes(order_number.encode()[-5:], 'big'):014}"
        change_account(desk, worker, payload + card_check_digit(payload), "105100000017", "中国建设银行")
        report = cashout.reissue(desk.also("union", "treasurer"), desk.people, order_number)
        desk.screen.say(
            text(
                f"order {order_number} came back: {money(report.total_fen)} is paid again to another account",
                f"指令 {order_number} 被退回：{money(report.total_fen)} 改付至劳动者的新账户",
            )
        )

    def custody(self) -> Custody:
        """The custody account as the ledger has it."""
        return self.desk.reader.need(custodies, self.desk.custody())

    def say_work(self) -> None:
        """The month's work in one line."""
        counts = self.counts
        self.desk.screen.say(
            text(
                f"{counts.rows} rows submitted, {counts.late} of them late; "
                f"{counts.confirmed} confirmed, {counts.disputed} disputed",
                f"提交 {counts.rows} 行（迟报 {counts.late}），确认 {counts.confirmed} 行，异议 {counts.disputed} 行",
            )
        )

    def say_run(self, plan: EmployerPlan, report: payday.PaydayReport) -> None:
        """One run in one line."""
        totals = report.totals
        if report.short_fen:
            line = text(
                f"{report.run}: short of {money(report.short_fen)} for the wages; the employer deposits",
                f"{report.run}：工资资金短缺 {money(report.short_fen)}；用工单位补缴",
            )
        else:
            line = text(
                f"{report.run} {plan.name}: {totals.lines} workers, "
                f"gross {money(totals.gross_fen)}, fee {money(totals.fee_fen)}",
                f"{report.run} {plan.name}：{totals.lines} 人，"
                f"应发 {money(totals.gross_fen)}，服务费 {money(totals.fee_fen)}",
            )
        self.desk.screen.say(line)

    def outcome(self, breaks: int, audited: dict[str, bool]) -> Outcome:
        """The figures, read from the ledger."""
        done = [run for _, run in self.desk.reader.scan(runs) if run.state is RunState.SWEPT]
        paid = [order for _, order in self.desk.reader.scan(orders)]
        custody = self.custody()
        return Outcome(
            employers=len(self.plans),
            workers=sum(len(plan.people) for plan in self.plans),
            rows=self.counts.rows,
            confirmed=self.counts.confirmed,
            disputed=self.counts.disputed,
            late=self.counts.late,
            gross_fen=sum(run.totals.gross_fen for run in done),
            net_fen=sum(run.totals.net_fen for run in done),
            fee_fen=sum(run.totals.fee_fen for run in done),
            cashed_out_fen=sum(order.amount_fen for order in paid if order.state is OrderState.SETTLED),
            returned_fen=sum(order.amount_fen for order in paid if order.state is OrderState.RETURNED),
            supply_fen=custody.supply_fen,
            reserve_fen=custody.closing_fen,
            breaks=breaks,
            audit=audited,
        )
