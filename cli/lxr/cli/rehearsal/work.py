"""The work of a rehearsal's month: batches, answers, disputes and their ends, day by day."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from msgspec.structs import replace

from lxr.cli.ends import NotDone
from lxr.cli.rehearsal.plan import LATE_IN_1000, SILENT_IN_1000, EmployerPlan, Slip, slips
from lxr.cli.rehearsal.stage import Stage
from lxr.cli.texts.language import text
from lxr.cli.texts.told import in_words
from lxr.settlement.work import answers, batch_file, batch_sending, corrections, disputes
from lxr.settlement.work.intake.fold import FoldedRow

RESOLVE_AFTER: Final = timedelta(days=3)


@dataclass(slots=True)
class Counts:
    """What has happened so far."""

    rows: int = 0
    confirmed: int = 0
    disputed: int = 0
    late: int = 0
    claimed: int = 0


@dataclass(frozen=True, slots=True)
class Open:
    """A dispute that waits for its end, and the day on which it comes."""

    plan: EmployerPlan
    slip: Slip
    day: date
    ends: date


@dataclass
class Work:
    """One play of the month's work."""

    stage: Stage
    rng: Random
    counts: Counts = field(default_factory=Counts)
    waiting: list[Open] = field(default_factory=list)
    sent: list[tuple[EmployerPlan, dict[str, Slip], tuple[FoldedRow, ...]]] = field(default_factory=list)
    late: list[tuple[EmployerPlan, tuple[FoldedRow, ...]]] = field(default_factory=list)

    def evening(self, day: date) -> None:
        """Employers send the day, some of them only after its close."""
        self.sent, self.late = [], []
        self.stage.at(day, 20)
        for plan in self.stage.plans:
            rows = plan.days.get(day, ())
            wrong = slips(self.rng, plan, rows)
            given = tuple(
                replace(row, measures=wrong[row.worker_ref].sent) if row.worker_ref in wrong else row
                for row in rows
                if row.worker_ref not in wrong or wrong[row.worker_ref].sent is not None
            )
            if not rows:
                continue
            self.sent.append((plan, wrong, given))
            if self.rng.randrange(1000) < LATE_IN_1000:
                self.late.append((plan, given))
            else:
                self.submit(plan, given)

    def night(self, day: date) -> None:
        """The day is closed; on the next, late batches, answers, the union's word, and the end of disputes."""
        after = day + timedelta(days=1)
        self.stage.at(day, 23, 59)
        if day <= self.stage.last:
            answers.close_day(self.stage.operator, day)
        self.stage.at(after, 0, 40)
        for plan, given in self.late:
            self.submit(plan, given)
        self.stage.at(after, 9)
        for plan, wrong, given in self.sent:
            self.answer(plan, day, wrong, given)
        self.stage.at(after, 18)
        for plan, _, _ in self.sent:
            answers.certify(self.stage.operator, plan.number, [day])
        self.resolve(after)

    def submit(self, plan: EmployerPlan, rows: tuple[FoldedRow, ...]) -> None:
        """Sign and send the employer's day."""
        if not rows:
            return
        day_fold = replace(plan.fold, rows=rows, faults=())
        workers = self.stage.numbers[plan.number]
        ref = rows[0].employer_ref  # the records' own name for it
        prepared = batch_file.prepare(day_fold, workers, plan.number, self.stage.shards, employer_ref=ref)
        report = batch_sending.submit(self.stage.signer(plan), prepared)
        if report.rejects:
            first = report.rejects[0]
            assert first.reason is not None
            where, why = in_words(first.where), in_words(first.reason)
            raise NotDone(
                text(
                    f"{plan.number}, {where}: {why}; {len(report.rejects)} refused, the demo ends here",
                    f"{plan.number}，{where}：{why}；共拒绝 {len(report.rejects)} 行，演练到此结束",
                )
            )
        self.counts.rows += report.rows
        self.counts.late += report.late

    def answer(self, plan: EmployerPlan, day: date, wrong: dict[str, Slip], given: tuple[FoldedRow, ...]) -> None:
        """Workers confirm, dispute, claim, or say nothing."""
        desk, operator, numbers = self.stage.desk, self.stage.operator, self.stage.numbers[plan.number]
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
                claimed = {name: min(quantity + 1, plan.most(name)) for name, quantity in claimed.items()}
            send = answers.claim if slip.sent is None else answers.dispute
            send(operator, number, day, claimed, "the record differs from mine", key)
            self.counts.disputed += 1
            self.counts.claimed += slip.sent is None
            self.waiting.append(Open(plan, slip, day, day + RESOLVE_AFTER))

    def resolve(self, today: date) -> None:
        """Disputes end: by correction, by withdrawal, or by the union's decision."""
        desk, operator = self.stage.desk, self.stage.operator
        self.stage.at(today, 19)
        for each in [each for each in self.waiting if each.ends <= today]:
            self.waiting.remove(each)
            number = self.stage.numbers[each.plan.number][each.slip.true.worker_ref]
            true = each.slip.true.measures
            if each.slip.doubted and self.rng.randrange(2):
                answers.withdraw(operator, number, each.day, desk.wallets.key(number))
            elif each.slip.doubted or self.rng.randrange(3) == 0:
                disputes.reply(self.stage.signer(each.plan), number, each.day, "our record differs")
                disputes.decide(operator, number, each.day, true, "the record of orders shows this")
                continue
            else:
                signer = self.stage.signer(each.plan)
                corrections.correct(signer, each.plan.number, each.day, {number: true}, "counted again")
            answers.certify(operator, each.plan.number, [each.day])

    def say_work(self) -> None:
        """Say the month's work in one line."""
        counts = self.counts
        self.stage.desk.screen.say(
            text(
                f"{counts.rows} rows submitted, {counts.late} of them late; "
                f"{counts.confirmed} confirmed, {counts.disputed} disputed",
                f"提交 {counts.rows} 行（迟报 {counts.late}），确认 {counts.confirmed} 行，异议 {counts.disputed} 行",
            )
        )
