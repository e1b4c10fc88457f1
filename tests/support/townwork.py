"""Work in the town: submitted, corrected, answered, disputed, decided, contested, certified."""

from collections.abc import Mapping
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
from parties import signature
from townpeople import TownPeople


class TownWork(TownPeople):
    """What is said of a day of work, and by whom."""

    def work(self, day: date, rows: Mapping[str, int | dict[str, int]]) -> Submitted:
        """Submit the sheet of the workers' shard: orders, or measures, by worker."""
        employer, _, shard = self.place(next(iter(rows)), day)
        return self.do(SubmitSheet, employer=employer, day=day, shard=shard, rows=new_rows(rows))

    def correct(self, day: date, rows: Mapping[str, int | dict[str, int]]) -> Submitted:
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
        return Answer(worker, rows, signature(signed_by or worker, Confirmation(self.ledger_id, worker, rows)))

    def row_digest(self, employer: str, day: date, worker: str) -> str:
        """The digest of a row as it stands."""
        return row_digest(employer, day, worker, self.row(day, worker))

    def confirm(self, worker: str, *days: date) -> None:
        """The worker confirms rows as they stand."""
        employer, _, shard = self.place(worker, days[0])
        self.do(Confirm, employer=employer, shard=shard, answers=(self.answer(worker, *days),))

    def objection(self, worker: str, day: date, said: int | dict[str, int], /, **changes: Any) -> dict[str, Any]:
        """The fields of a signed OpenDispute: orders, or measures. What changes give replaces what was signed."""
        claimed = {"orders": said} if isinstance(said, int) else said
        employer, _, shard = self.place(worker, day)
        value = self.engine.read(sheets.key(employer, day, shard))
        row = sheets.decode(value).row(worker) if value else None
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
            "signature": signature(worker, message),
        }
        return {**fields, **changes}

    def dispute(self, worker: str, day: date, said: int | dict[str, int]) -> DisputeAnswer:
        """The worker disputes a row, or claims one that is missing."""
        return self.do(OpenDispute, **self.objection(worker, day, said))

    def withdrawal(self, worker: str, day: date, number: int = 1) -> dict[str, Any]:
        """The fields of a signed Withdraw."""
        employer, _, shard = self.place(worker, day)
        value = self.engine.read(sheets.key(employer, day, shard))
        row = sheets.decode(value).row(worker) if value else None
        stands = row_digest(employer, day, worker, row or Row({}, 0, RowState.SUBMITTED))
        signed = signature(worker, Withdrawal(self.ledger_id, worker, day, stands, number))
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

    def certify(self, worker: str, *days: date, **fields: Any) -> CertifiedShard:
        """The union certifies the worker's shard."""
        fields = {"shards": self.seen_shards(worker, *days)} | fields
        (certified,) = self.do(CertifySheets, employer=self.place(worker, days[0])[0], **fields).shards
        return certified

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

    def certified(self, day: date, rows: Mapping[str, int | dict[str, int]]) -> None:
        """Worked on that day, confirmed and certified; of one shard. The time goes to that day unless it is later."""
        self.at_ms = max(self.at_ms, moment(day, 720))
        self.work(day, rows)
        for worker in rows:
            self.confirm(worker, day)
        self.certify(next(iter(rows)), day)


def new_rows(rows: Mapping[str, int | dict[str, int]]) -> tuple[NewRow, ...]:
    """Rows by worker: orders, or measures."""
    return tuple(NewRow(worker, {"orders": said} if isinstance(said, int) else said) for worker, said in rows.items())
