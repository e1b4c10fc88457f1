"""The work that is measured, the same on every ledger: small commands, a payday, an audit."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from typing import Final

import msgspec
from msgspec import Struct

from consortium import FIRST_DAY, NEW_YEAR, House, Team
from lxr_chaincode.governance import Propose
from lxr_node.audit import audit
from lxr_settlement import answers, payday
from lxr_token.refusal import Refusal
from treasury import PAYDAY, worked

SHARD: Final = 100
"""Workers in a shard on average, as `lxr employer add` advises; one transaction of a payday carries a shard."""
DAYS: Final = 22
WAVES: Final = 20
WAVE: Final = 16
"""As many commands as `lxr_node.fabric.waves` has under way at once."""

ONE_BY_ONE: Final = "small commands, one after the other"
IN_ONE_CALL: Final = "small commands in one call"
PAYDAY_RUN: Final = "payday"

Figures = dict[str, float]
"""What was measured, by its name with its unit."""
Phase = Callable[[str], AbstractContextManager[None]]
"""Stands around each part of the work, whose name it is given."""


class Size(Struct, frozen=True):
    """How much is done. commands: small ones, one after the other."""

    workers: int
    days: int
    commands: int

    @property
    def shards(self) -> int:
        return -(-self.workers // SHARD)


class Took:
    """Seconds, once it is over."""

    s: float = 0.0


@contextmanager
def timed() -> Iterator[Took]:
    """How long its body takes."""
    took = Took()
    began = time.perf_counter()
    yield took
    took.s = time.perf_counter() - began


def percentile(values_s: Sequence[float], percent: int) -> float:
    """The value at that place in their order, in ms."""
    return 1_000 * sorted(values_s)[round((len(values_s) - 1) * percent / 100)]


def proposals(house: House, count: int) -> list[Propose]:
    """Small commands that have nothing to do with one another."""
    made = []
    for _ in range(count):
        request = house.request()
        made.append(
            Propose(
                request_id=request,
                proposal=f"PUNION-{request.upper()}",
                name="minimum_wage.510100-1",
                value=msgspec.Raw(b"2300"),
                effective_from=NEW_YEAR,
                source="to measure",
            )
        )
    return made


def one_by_one(house: House, count: int) -> Figures:
    """Small commands, each sent when the one before it is on the ledger."""
    admin, spent_s = house.client("union", "admin"), []
    for command in proposals(house, count):
        with timed() as took:
            admin.submit(command)
        spent_s.append(took.s)
    return {
        "small command: end to end, p50 (ms)": percentile(spent_s, 50),
        "small command: end to end, p95 (ms)": percentile(spent_s, 95),
    }


def in_waves(house: House) -> Figures:
    """Small commands, given to the ledger in one call."""
    commands = proposals(house, WAVES * WAVE)
    with timed() as took:
        answers = house.client("union", "admin").submit_many(commands)
    assert not any(isinstance(answer, Refusal) for answer in answers)
    return {f"{IN_ONE_CALL} of {len(commands)} (1/s)": len(commands) / took.s}


def month(house: House, size: Size) -> Team:
    """An employer whose workers have worked the days, and its money; the clock stands on the payday."""
    team = house.employ(size.workers, shards=size.shards)
    worked(house, team, size.days)
    house.deposit(team.employer, 10_000_000 * size.workers)
    return team


def attest(house: House, team: Team, size: Size) -> Figures:
    """The union's word on every row of the month."""
    with timed() as took:
        answers.attest(house.operator, team.employer, _days(size))
    return {"attesting a month (workers/s)": size.workers / took.s}


def pay(house: House, team: Team, size: Size) -> Figures:
    """Payday as the treasury calls it: price, fund, pay."""
    with timed() as took:
        report = payday.payday(house.treasurer, house.operator, team.employer, PAYDAY, cash_out=False)
    assert report.paid == size.workers
    return {"payday: price, fund, pay (s)": took.s, "payday (workers/s)": size.workers / took.s}


def prove(house: House) -> Figures:
    """A whole audit of the ledger."""
    with timed() as took:
        found = audit(house.ledger)
    assert found.ok, found.fault
    return {
        "audit: all of it (s)": took.s,
        "audit: transactions": found.transactions,
        "audit (transactions/s)": found.transactions / took.s,
    }


def everything(house: House, size: Size, phase: Phase, figures: Figures) -> None:
    """All of it, in the order in which it is measured; the figures are added."""
    with phase(ONE_BY_ONE):
        figures.update(one_by_one(house, size.commands))
    with phase(IN_ONE_CALL):
        figures.update(in_waves(house))
    with phase("a month's work"):
        team = month(house, size)
    with phase("attesting"):
        figures.update(attest(house, team, size))
    with phase(PAYDAY_RUN):
        figures.update(pay(house, team, size))
    with phase("audit"):
        figures.update(prove(house))


def _days(size: Size) -> list[date]:
    """Those on which `treasury.worked` lets them work, and perhaps more."""
    return [FIRST_DAY + timedelta(days=number) for number in range(31)][: size.days + 2]
