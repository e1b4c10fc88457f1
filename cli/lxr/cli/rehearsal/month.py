"""A month played at the times it would have had, through the same services that the commands call."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from msgspec import Struct

from lxr.chaincode.cashout_records import PaymentOrderState, payment_orders
from lxr.chaincode.period import months
from lxr.chaincode.runs import RunState, runs
from lxr.cli.commands.employer import enrol
from lxr.cli.commands.simulator import open_bank
from lxr.cli.commands.statements import statements
from lxr.cli.ends import NotDone
from lxr.cli.rehearsal.money import Money
from lxr.cli.rehearsal.plan import EmployerPlan, last_day_of
from lxr.cli.rehearsal.records import FaultyRows, MonthOfFile
from lxr.cli.rehearsal.stage import Stage
from lxr.cli.rehearsal.work import Work
from lxr.cli.session import Session
from lxr.cli.texts.language import LANGUAGE, text
from lxr.cli.texts.told import in_words
from lxr.node.seen import audit_with_memory
from lxr.settlement.bank import reconcile
from lxr.settlement.ledger import checkpoint_signing, close
from lxr.settlement.lookups import shard_by_worker
from lxr.settlement.messages.catalogue import word
from lxr.settlement.people import employers, roster
from lxr.settlement.terms import agreement as terms_service

RETURNS_BP, DELAYS_BP = 200, 300
"""Of 10,000 payments: sent back by the payee's bank, paid a day late."""
PAID_WITHIN = timedelta(days=100)
"""After the last month: more than two paydays by the month."""


class MonthPlayed(Struct, frozen=True):
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
    months: tuple[str, ...]
    paydays: int
    worker_days: int
    faults_left_out: tuple[FaultyRows, ...] = ()
    months_left_out: tuple[MonthOfFile, ...] = ()


class Rehearsal:
    """One play of a month."""

    def __init__(self, desk: Session, plans: list[EmployerPlan], seed: int) -> None:
        self.seed = seed
        self.stage = Stage(desk, plans)
        self.work = Work(self.stage, Random(seed))
        self.paydays = 0

    def play(self) -> MonthPlayed:
        """From registration to the countersigned close."""
        self.prepare()
        with open_bank(self.stage.desk, self.seed, RETURNS_BP, DELAYS_BP) as bank:
            money = Money(self.stage, bank)
            money.fund()
            self.play_days(money)
            return self.finish(money)

    def play_days(self, money: Money) -> None:
        """Work and pay, day by day, until all is paid. Raises NotDone: a worker-day is not there, or stays unpaid."""
        stage, day = self.stage, self.stage.first
        days = (stage.last - stage.first).days + 1
        with stage.desk.screen.progress(text("working days", "逐日演练")) as step:
            while day <= stage.last or self.work.waiting or not money.is_done():
                if day > stage.last + PAID_WITHIN:
                    employer, since = min(money.unpaid().items(), default=("", day))
                    raise NotDone(
                        text(
                            f"{employer} has unpaid work since {since}, and no payday has paid it",
                            f"{employer} 自 {since} 起的工作仍未发薪",
                        )
                    )
                money.evening(day)
                self.work.evening(day)
                money.bank_evening(day)
                self.work.night(day)
                step(min((day - stage.first).days + 1, days), days)
                day += timedelta(days=1)
        self.work.say_work()
        self.paydays = len(money.runs)
        counts, planned = self.work.counts, sum(plan.worker_days for plan in stage.plans)
        if counts.rows + counts.claimed != planned:
            raise NotDone(
                text(
                    f"{counts.rows + counts.claimed} worker-days came onto the ledger, of {planned}",
                    f"{planned} 个人日中仅有 {counts.rows + counts.claimed} 个登记在账本上",
                )
            )

    def prepare(self) -> None:
        """Register employers and workers, sign terms."""
        stage, desk = self.stage, self.stage.desk
        for plan in stage.plans:
            stage.at(stage.first - timedelta(days=4), 10)
            operator = stage.operator
            employers.register(operator, plan.number)
            enrol(desk, plan.number)
            signer = stage.signer(plan)
            salt = _salts(f"{self.seed}/{plan.number}")
            stage.numbers[plan.number] = roster.register(desk.people, plan.number, plan.people, salt)
            keys = {number: desk.wallets.make(number) for number in stage.numbers[plan.number].values()}
            roster.enrol(signer, desk.people, plan.number, keys)
            stage.shards |= shard_by_worker(signer, keys)
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

    def finish(self, money: Money) -> MonthPlayed:
        """End the last month: reconcile, close all months in order, three audits, two countersignatures."""
        stage, desk = self.stage, self.stage.desk
        last = last_day_of(stage.day)
        if stage.custody().closing_day != last:
            money.bank_day(last)
        stage.at(last + timedelta(days=1), 9)
        found = reconcile.reconcile(desk.reader, desk.custody(), statements(desk))
        desk.screen.say(
            text(
                f"reconciled: {found.lines} statement lines, {len(found.breaks)} breaks",
                f"对账：{found.lines} 行，差异 {len(found.breaks)} 笔",
            )
        )
        periods = self.close(last)
        audited: dict[str, bool] = {}
        for organisation in ("union", "bank", "regulator"):
            auditor, memory = desk.auditor(organisation), desk.memory(organisation)
            with desk.screen.progress(text("auditing", "审计")) as step:
                report = checkpoint_signing.audit_and_sign(auditor, memory, step)
            audited[organisation] = report.ok
            if report.ok and organisation != "union":
                for period in periods:
                    close.countersign(auditor, memory, report, period)
            said = text("yes", "是") if report.fault is None else text("no: ", "否：") + in_words(report.fault)
            who = word("organisation", organisation, LANGUAGE)
            desk.screen.say(text(f"audit by {organisation}: {said}", f"{who}审计：{said}"))
        return self.outcome(len(found.breaks), audited)

    def close(self, last: date) -> list[str]:
        """Close the months up to that day, in order from that in which the custody account was opened.

        What is open is carried over by name, and the bank signs each month before the next one closes.
        """
        desk, day, periods = self.stage.desk, self.stage.custody().since, list[str]()
        while day <= last:
            periods.append(f"{day:%Y-%m}")
            close.close_period(self.stage.treasurer, periods[-1], desk.custody(), carry=True)
            carried = desk.reader.need(months, periods[-1]).carried
            if carried or last_day_of(day) < last:
                auditor, memory = desk.auditor("bank"), desk.memory("bank")
                report = audit_with_memory(auditor.ledger, memory)
                close.countersign(auditor, memory, report, periods[-1])
            desk.screen.say(
                text(
                    f"{periods[-1]} is closed, {len(carried)} items carried over",
                    f"{periods[-1]} 已关闭，{len(carried)} 项结转下月",
                )
            )
            day = last_day_of(day) + timedelta(days=1)
        return periods

    def outcome(self, breaks: int, audited: dict[str, bool]) -> MonthPlayed:
        """Return the figures, read from the ledger."""
        stage, counts, custody = self.stage, self.work.counts, self.stage.custody()
        done = [run for _, run in stage.desk.reader.scan(runs) if run.state is RunState.SWEPT]
        paid = [order for _, order in stage.desk.reader.scan(payment_orders)]
        return MonthPlayed(
            employers=len(stage.plans),
            workers=sum(len(plan.people) for plan in stage.plans),
            rows=counts.rows,
            confirmed=counts.confirmed,
            disputed=counts.disputed,
            late=counts.late,
            gross_fen=sum(run.totals.gross_fen for run in done),
            net_fen=sum(run.totals.net_fen for run in done),
            fee_fen=sum(run.totals.fee_fen for run in done),
            cashed_out_fen=sum(order.amount_fen for order in paid if order.state is PaymentOrderState.SETTLED),
            returned_fen=sum(order.amount_fen for order in paid if order.state is PaymentOrderState.RETURNED),
            supply_fen=custody.supply_fen,
            reserve_fen=custody.closing_fen,
            breaks=breaks,
            audit=audited,
            months=tuple(sorted({f"{day:%Y-%m}" for plan in stage.plans for day in plan.days})),
            paydays=self.paydays,
            worker_days=sum(plan.worker_days for plan in stage.plans),
        )


def _salts(seed: str) -> Callable[[], str]:
    """Return the same salts, and so the same numbers, every time."""
    random = Random(seed)
    return lambda: random.randbytes(32).hex()
