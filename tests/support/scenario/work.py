"""Work: submitted, corrected, answered, disputed, decided, contested, certified."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from lxr.chaincode.awards import award_digest, awards
from lxr.chaincode.days import moment
from lxr.chaincode.decisions import Decide, ReplyToDispute, decision_digest
from lxr.chaincode.rows import Row, RowState, row_digest
from lxr.chaincode.sheet import sheets
from lxr.chaincode.sheet_certification import CertifiedShard, CertifySheets, SeenShard, SeenSheet
from lxr.chaincode.types import digest
from lxr.chaincode.workday import CorrectSheet, NewRow, SubmitSheet, Submitted
from lxr.chaincode.workday_answers import (
    Answer,
    Confirm,
    Confirmation,
    DisputeAnswer,
    Objection,
    OpenDispute,
    SignedRow,
    Withdraw,
    Withdrawal,
)
from lxr.chaincode.workers import workers
from scenario.people import PeopleSteps

Rows = Mapping[str, int | Mapping[str, int]]
"""Orders, or measures, by worker."""
Workers = str | Iterable[str]
"""One, or several."""


class WorkSteps(PeopleSteps):
    """What is said of a day of work, and by whom."""

    def work(self, day: date, rows: Rows) -> list[Submitted]:
        """Submit the sheets of the workers' shards: orders, or measures, by worker."""
        sheets_of = (
            {**place, "day": day, "rows": new_rows({worker: rows[worker] for worker in some})}
            for place, some in self._by_shard(rows)
        )
        return self.do_each(SubmitSheet, None, sheets_of)

    def correct(self, day: date, rows: Rows) -> Submitted:
        """Correct the sheet as it stands."""
        first = next(iter(rows))
        employer, _, shard = self.place(first, day)
        version = self.sheet(day, first).version
        return self.do(
            CorrectSheet,
            employer=employer,
            day=day,
            shard=shard,
            version=version,
            rows=new_rows(rows),
            reason="recount",
        )

    def answer(self, worker: str, *days: date, signed_by: str | None = None) -> Answer:
        """A signed confirmation of the worker's rows as they stand."""
        employer = self.get(workers, worker).employer
        rows = tuple(SignedRow(day, self.row_digest(employer, day, worker)) for day in days)
        return Answer(worker, rows, self.sign(signed_by or worker, Confirmation(self.ledger_id, worker, rows)))

    def row_digest(self, employer: str, day: date, worker: str) -> str:
        """The digest of a row as it stands."""
        return row_digest(employer, day, worker, self.row(day, worker))

    def confirm(self, crew: Workers, *days: date) -> None:
        """The workers confirm their rows of those days as they stand, who has any."""
        self.do_each(Confirm, None, self.confirmations(crew, *days))

    def confirmations(self, crew: Workers, *days: date) -> Iterator[dict[str, Any]]:
        """The fields of what confirms them, shard by shard."""
        for place, some in self._by_shard(crew):
            worked = {worker: [day for day in days if self.row_if_any(day, worker)] for worker in some}
            answers = tuple(self.answer(worker, *theirs) for worker, theirs in worked.items() if theirs)
            if answers:
                yield {**place, "answers": answers}

    def objection(self, worker: str, day: date, said: int | dict[str, int], /, **changes: Any) -> dict[str, Any]:
        """The fields of a signed OpenDispute: orders, or measures. What changes give replaces what was signed."""
        claimed = {"orders": said} if isinstance(said, int) else said
        employer, _, shard = self.place(worker, day)
        row = self.row_if_any(day, worker)
        number = (row.disputes if row else 0) + 1
        there = self.row_digest(employer, day, worker) if row else None
        message = Objection(self.ledger_id, worker, day, there, claimed, "more than that", number)
        fields = {
            "employer": employer,
            "shard": shard,
            "worker": worker,
            "day": day,
            "digest": there,
            "claimed": claimed,
            "reason": "more than that",
            "number": number,
            "signature": self.sign(worker, message),
        }
        return {**fields, **changes}

    def dispute(self, worker: str, day: date, said: int | dict[str, int]) -> DisputeAnswer:
        """The worker disputes a row, or claims one that is missing."""
        return self.do(OpenDispute, **self.objection(worker, day, said))

    def withdrawal(self, worker: str, day: date, number: int = 1) -> dict[str, Any]:
        """The fields of a signed Withdraw."""
        employer, _, shard = self.place(worker, day)
        row = self.row_if_any(day, worker)
        stands = row_digest(employer, day, worker, row or Row({}, 0, RowState.SUBMITTED))
        signed = self.sign(worker, Withdrawal(self.ledger_id, worker, day, stands, number))
        return {
            "employer": employer,
            "shard": shard,
            "worker": worker,
            "day": day,
            "number": number,
            "signature": signed,
        }

    def withdraw(self, worker: str, day: date, number: int = 1) -> DisputeAnswer:
        """The worker withdraws a dispute."""
        return self.do(Withdraw, **self.withdrawal(worker, day, number))

    def of_row(self, worker: str, day: date) -> dict[str, Any]:
        """The fields that say which row a command is about."""
        employer, _, shard = self.place(worker, day)
        return {"employer": employer, "shard": shard, "worker": worker, "day": day}

    def reply(self, worker: str, day: date) -> DisputeAnswer:
        """The employer's word against a dispute."""
        number = self.row(day, worker).disputes
        return self.do(ReplyToDispute, **self.of_row(worker, day), number=number, reason="the log ends there")

    def decision(self, worker: str, day: date, said: int | dict[str, int], /, **changes: Any) -> dict[str, Any]:
        """The fields of the union's decision."""
        there = self.row_digest(self.place(worker, day)[0], day, worker)
        measures = {"orders": said} if isinstance(said, int) else said
        fields = {"digest": there, "measures": measures, "reason": "the platform's log"}
        return self.of_row(worker, day) | fields | changes

    def decide(self, worker: str, day: date, said: int | dict[str, int]) -> DisputeAnswer:
        """The employer says its word, if it has not yet, and the union decides a dispute."""
        dispute = self.row(day, worker).dispute
        if dispute is not None and dispute.reply is None:
            self.reply(worker, day)
        return self.do(Decide, **self.decision(worker, day, said))

    def review(self, worker: str, day: date, *, upholds: bool, **changes: Any) -> dict[str, Any]:
        """The fields of the regulator's word on a decision."""
        dispute = self.row(day, worker).dispute
        assert dispute is not None
        assert dispute.decision is not None
        signed = decision_digest(self.row_digest(self.place(worker, day)[0], day, worker), dispute.decision)
        return self.of_row(worker, day) | {"digest": signed, "upholds": upholds, "reason": "we saw the log"} | changes

    def contest(self, worker: str, day: date, admits: int = 0, /, **changes: Any) -> dict[str, Any]:
        """The fields of the employer's contest of a row."""
        there = self.row_digest(self.place(worker, day)[0], day, worker)
        fields = {"digest": there, "admits": {"orders": admits} if admits else {}, "reason": "one order sent twice"}
        return self.of_row(worker, day) | fields | changes

    def award(self, worker: str, day: date, orders: int, /, **changes: Any) -> dict[str, Any]:
        """The fields of the employer's statement of an award."""
        there = self.row_digest(self.place(worker, day)[0], day, worker)
        fields = {"row": there, "measures": {"orders": orders}, "document": "ab" * 32, "reason": "award 2026-117"}
        return self.of_row(worker, day) | fields | changes

    def award_approval(self, worker: str, day: date) -> dict[str, Any]:
        """The fields of the regulator's approval of an award."""
        employer = self.place(worker, day)[0]
        signed = award_digest(employer, day, worker, self.get(awards, employer, day, worker))
        return self.of_row(worker, day) | {"digest": signed}

    def certify(self, crew: Workers, *days: date, **fields: Any) -> list[CertifiedShard]:
        """The union certifies the workers' shards, one by one."""
        each = (
            {"employer": place["employer"], "shards": self.seen_shards(some[0], *days)} | fields
            for place, some in self._by_shard(crew)
        )
        return [shard for certified in self.do_each(CertifySheets, None, each) for shard in certified.shards]

    def seen_shards(self, worker: str, *days: date) -> tuple[SeenShard, ...]:
        """The worker's shard with these sheets as they stand."""
        _, _, shard = self.place(worker, days[0])
        return (SeenShard(shard, self.seen(worker, *days)),)

    def seen(self, worker: str, *days: date) -> tuple[SeenSheet, ...]:
        """The sheets of the worker's shard as they stand, as the union signs them; zeros of one that is missing."""
        values = {day: self.engine.read(sheets.key(*self.place(worker, day))) for day in days}
        return tuple(
            SeenSheet(day, digest(sheets.decode(value)) if value else "0" * 64) for day, value in values.items()
        )

    def certified(self, day: date, rows: Rows) -> None:
        """Worked on that day, confirmed and certified; of one shard. The time goes to that day unless it is later."""
        self.at_ms = max(self.at_ms, moment(day, 720))
        self.work(day, rows)
        for worker in rows:
            self.confirm(worker, day)
        self.certify(next(iter(rows)), day)

    def _by_shard(self, crew: Workers) -> Iterator[tuple[dict[str, Any], list[str]]]:
        """The fields that say which shard it is, and its workers, shard by shard."""
        found: dict[tuple[str, int], list[str]] = {}
        for worker in [crew] if isinstance(crew, str) else crew:
            record = self.get(workers, worker)
            found.setdefault((record.employer, record.shard), []).append(worker)
        for employer, shard in sorted(found):
            yield {"employer": employer, "shard": shard}, found[employer, shard]


def new_rows(rows: Rows) -> tuple[NewRow, ...]:
    """Rows by worker: orders, or measures."""
    return tuple(
        NewRow(worker, {"orders": said} if isinstance(said, int) else dict(said)) for worker, said in rows.items()
    )
