"""A month's work of many employers: how it comes onto a ledger, and how it is paid."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from msgspec import Struct

from benchmarks.workload import SHARD, timed
from consortium import House
from lxr.chaincode.command import AnyCommand
from lxr.chaincode.rows import Row, RowState, row_digest
from lxr.chaincode.types import SHARDS_MAX
from lxr.chaincode.workday import NewRow, SubmitSheet
from lxr.chaincode.workday_answers import Answer, Confirm, SignedRow
from lxr.node.client import Client
from lxr.settlement.work.signing import sign_confirmation
from lxr.token.refusal import Refusal
from team import Team

FIRST: Final = date(2026, 8, 1)
MEASURES: Final = {"orders": 20, "minutes": 480}
EMPLOYER_MAX: Final = SHARD * SHARDS_MAX
"""The most workers of one employer, at so many in a shard."""
BATCH: Final = 200
"""As many commands as are given to the ledger in one call."""


class Size(Struct, frozen=True):
    """workers: of all employers together, who have as many each."""

    employers: int
    workers: int
    days: int

    @property
    def each(self) -> int:
        return self.workers // self.employers

    @property
    def rows(self) -> int:
        return self.each * self.employers * self.days

    @property
    def told(self) -> str:
        return f"{self.workers:,} workers, {self.employers} {'employers' if self.employers > 1 else 'employer'}"

    @property
    def numbers(self) -> list[str]:
        """Of the employers."""
        return [f"E{number:03}" for number in range(1, self.employers + 1)]

    @property
    def dates(self) -> list[date]:
        return [FIRST + timedelta(days=number) for number in range(self.days)]


def teams(house: House, size: Size) -> list[Team]:
    """The employers and their workers, with the money for a month."""
    house.clock.go(FIRST)
    made = [house.employ(size.each, employer=number, shards=-(-size.each // SHARD)) for number in size.numbers]
    for number in size.numbers:
        house.deposit(10_000_000 * size.each, number)
    return made


def work_s(house: House, some: Iterable[Team], days: Sequence[date]) -> float:
    """Seconds that the ledger takes for the sheets of those days."""
    return _sent_s(house, ((house.signer(team.employer), _sheets(house, team, days)) for team in some))


def confirm_s(house: House, some: Iterable[Team], days: Sequence[date], span: int) -> float:
    """Seconds that the ledger takes for every worker's confirmations, each of so many days at once."""
    return _sent_s(house, ((house.operator, _confirmations(house, team, days, span)) for team in some))


def _sent_s(house: House, given: Iterable[tuple[Client, Iterator[tuple[date, AnyCommand]]]]) -> float:
    """Making and signing the commands is not in it."""
    spent_s = 0.0
    for client, commands in given:
        made = list(commands)
        for start in range(0, len(made), BATCH):
            some = made[start : start + BATCH]
            house.clock.go(max(day for day, _ in some))
            with timed() as took:
                answered = client.submit_many([command for _, command in some])
            assert not any(isinstance(answer, Refusal) for answer in answered), answered
            spent_s += took.s
    return spent_s


def _sheets(house: House, team: Team, days: Sequence[date]) -> Iterator[tuple[date, AnyCommand]]:
    shards = sorted(team.by_shard(team.workers.values()).items())
    for day in days:
        for shard, some in shards:
            rows = tuple(NewRow(worker, MEASURES) for worker in some)
            request = house.request()
            yield day, SubmitSheet(request_id=request, employer=team.employer, day=day, shard=shard, rows=rows)


def _confirmations(house: House, team: Team, days: Sequence[date], span: int) -> Iterator[tuple[date, AnyCommand]]:
    for start in range(0, len(days), span):
        some_days = days[start : start + span]
        for shard, some in sorted(team.by_shard(team.workers.values()).items()):
            row, signed = Row(MEASURES, 1, RowState.SUBMITTED), list[Answer]()
            for worker in some:
                rows = [SignedRow(day, row_digest(team.employer, day, worker, row)) for day in some_days]
                signed.append(sign_confirmation(team.keys[worker], house.ledger_id, worker, rows))
            command = Confirm(request_id=house.request(), employer=team.employer, shard=shard, answers=tuple(signed))
            yield some_days[-1] + timedelta(days=1), command
