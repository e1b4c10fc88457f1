"""Where an employer's month stands: what was submitted, what the workers said to it, what the union still decides."""

from calendar import monthrange
from collections import Counter
from datetime import date

from msgspec import Struct

from lxr.chaincode.rows import RowState
from lxr.chaincode.sheet import sheets
from lxr.node.client import Client
from lxr.settlement.lookups import shards_of


class DayStatus(Struct, frozen=True):
    """Rows of one day by state; `rows` is all of them, also workers' claims. late: rows of sheets that came late.

    version: the highest of the day's sheets, 0 where the employer has submitted nothing.
    """

    day: date
    rows: int
    submitted: int
    confirmed: int
    disputed: int
    certified: int
    unanswered: int
    late: int
    version: int


class DisputeStatus(Struct, frozen=True):
    """An open dispute. claim: there was no row. decide_by: the last day of the union's time."""

    worker: str
    day: date
    row: dict[str, int]
    claimed: dict[str, int]
    reason: str
    claim: bool
    decide_by: date


class MonthStatus(Struct, frozen=True):
    """Every day of the month, and the open disputes in it by deadline."""

    employer: str
    days: tuple[DayStatus, ...]
    disputes: tuple[DisputeStatus, ...]


def status(client: Client, employer: str, month: date) -> MonthStatus:
    """month: any day of it. Refuses: Unknown."""
    shards = shards_of(client, employer)
    days: list[DayStatus] = []
    disputes: list[DisputeStatus] = []
    for number in range(1, monthrange(month.year, month.month)[1] + 1):
        day = month.replace(day=number)
        found = [sheet for sheet in client.get_each(sheets, [(employer, day, shard) for shard in shards]) if sheet]
        states = Counter(row.state for sheet in found for _, row in sheet.rows())
        days.append(
            DayStatus(
                day=day,
                rows=states.total(),
                submitted=states[RowState.SUBMITTED],
                confirmed=states[RowState.CONFIRMED],
                disputed=states[RowState.DISPUTED],
                certified=states[RowState.CERTIFIED],
                unanswered=states[RowState.UNANSWERED],
                late=sum(len(sheet.states) for sheet in found if sheet.late),
                version=max((sheet.version for sheet in found), default=0),
            )
        )
        disputes += [
            DisputeStatus(
                worker=worker,
                day=day,
                row=row.measures,
                claimed=row.dispute.claimed,
                reason=row.dispute.reason,
                claim=row.dispute.claim,
                decide_by=row.dispute.decide_by,
            )
            for sheet in found
            for worker, row in sheet.rows(RowState.DISPUTED)
            if row.dispute is not None
        ]
    disputes.sort(key=lambda dispute: (dispute.decide_by, dispute.day, dispute.worker))
    return MonthStatus(employer, tuple(days), tuple(disputes))
