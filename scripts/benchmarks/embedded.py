"""Measures the embedded ledger: a month of many workers from work data to audit, beside what each part cannot beat."""

import multiprocessing
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Struct
from rich.console import Console

from benchmarks import machine
from benchmarks.report import Measured
from benchmarks.workload import SHARD, Figures, timed
from consortium import House, Team
from lxr_chaincode.command import Command
from lxr_chaincode.workday import NewRow, SubmitSheet, row_digest
from lxr_chaincode.workday_answers import Answer, Confirm, SignedRow
from lxr_node.audit import audit
from lxr_node.client import Client
from lxr_settlement import answers, payday
from lxr_settlement.signing import sign_confirmation
from lxr_token.refusal import Refusal
from treasury import PAYDAY

FIRST: Final = date(2026, 8, 1)
MEASURES: Final = {"orders": 20, "minutes": 480}
WEEK: Final = 7
VERIFICATIONS: Final = 3_000
BATCH: Final = 200
"""As many commands as are given to the ledger in one call."""


class Size(Struct, frozen=True):
    """workers: of all employers together."""

    employers: int
    workers: int
    days: int

    @property
    def each(self) -> int:
        return self.workers // self.employers

    @property
    def rows(self) -> int:
        return self.each * self.employers * self.days


def measure(size: Size, console: Console) -> Measured:
    """The whole cycle once; then paydays in processes of their own, of one employer or many, of few workers or many."""
    conditions = machine.conditions() | {
        "employers": size.employers,
        "workers": size.workers,
        "days": size.days,
        "workers in a shard": SHARD,
    }
    figures = cycle(size, console)
    console.print("one employer beside many")
    figures |= one_against_many(size)
    console.print("growth")
    figures |= growth([size.workers // 10, size.workers], size.days)
    return Measured(conditions, {"embedded": figures})


def cycle(size: Size, console: Console) -> Figures:
    """The figures by name, which ends with the unit."""
    with tempfile.TemporaryDirectory() as place, closing(House(Path(place))) as house:
        console.print(f"{size.employers} employers, {size.workers} workers, {size.days} days")
        verified = verifications_per_s()
        figures = {"bare P-256 verifications (1/s)": verified}
        teams = [_team(house, f"E{number:03}", size.each) for number in range(1, size.employers + 1)]
        days = [FIRST + timedelta(days=number) for number in range(size.days)]
        console.print("work data")
        rate = size.rows / _sent(house, ((house.signer(team.employer), _work(house, team, days)) for team in teams))
        figures["work rows submitted (1/s)"] = rate
        half = max(1, len(teams) // 2)
        for name, some, span in (("every day", teams[:half], 1), ("once a week", teams[half:], WEEK)):
            if some:
                console.print(f"confirmations, {name}")
                signed = ((house.operator, _confirmations(house, team, days, span)) for team in some)
                rate = len(some) * size.each * size.days / _sent(house, signed)
                figures[f"rows confirmed, each worker signs {name} (1/s)"] = rate
                signatures = rate / span if span > 1 else rate
                figures[f"of that signatures : bare verifications, {name}"] = signatures / verified
        console.print("attesting")
        with timed() as took:
            for team in teams:
                answers.attest(house.operator, team.employer, days, presume=True)
        figures["rows attested (1/s)"] = size.rows / took.s
        console.print("payday")
        figures["payday: price, fund, pay (workers/s)"] = size.workers / _pay(house, teams)
        console.print("audit")
        with timed() as took:
            found = audit(house.ledger)
        assert found.ok, found.fault
        figures["audit (transactions/s)"] = found.transactions / took.s
        figures["audit (work rows/s)"] = size.rows / took.s
        figures["double-entry postings in one bare SQLite table (1/s)"] = floor_per_s(size.workers, Path(place))
    return figures


def one_against_many(size: Size) -> Figures:
    """The payday of one employer with all workers, beside that of many with as many together."""
    many_s, _ = _alone(payday_s, size)
    one_s, _ = _alone(payday_s, Size(1, size.workers, size.days))
    return {
        f"payday of {size.employers} employers (workers/s)": size.workers / many_s,
        "payday of one employer (workers/s)": size.workers / one_s,
        "one employer : many": many_s / one_s,
    }


def growth(counts: Iterable[int], days: int) -> Figures:
    """Payday and peak memory of one employer as it grows, each in a process of its own."""
    figures: Figures = {}
    for workers in counts:
        spent_s, peak_mib = _alone(payday_s, Size(1, workers, days))
        figures[f"{workers:,} workers: payday (workers/s)"] = workers / spent_s
        figures[f"{workers:,} workers: peak memory (MiB)"] = peak_mib
    return figures


def payday_s(size: Size) -> tuple[float, float]:
    """How long the payday takes, and the peak memory of this process, in MiB."""
    with tempfile.TemporaryDirectory() as place, closing(House(Path(place))) as house:
        teams = [_team(house, f"E{number:03}", size.each) for number in range(1, size.employers + 1)]
        days = [FIRST + timedelta(days=number) for number in range(size.days)]
        _sent(house, ((house.signer(team.employer), _work(house, team, days)) for team in teams))
        house.clock.go(PAYDAY)
        for team in teams:
            answers.attest(house.operator, team.employer, days, presume=True)
        spent_s = _pay(house, teams)
    return spent_s, peak_mib()


def peak_mib() -> float:
    """The most memory that this process has held; 0 where the system does not say."""
    status = Path("/proc/self/status")  # getrusage would count what the parent held when it started this process
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def verifications_per_s() -> float:
    """Of a signature over a short message, one after the other, on one core."""
    key, message = ec.generate_private_key(ec.SECP256R1()), bytes(200)
    public, signature, algorithm = key.public_key(), key.sign(message, ec.ECDSA(SHA256())), ec.ECDSA(SHA256())
    with timed() as took:
        for _ in range(VERIFICATIONS):
            public.verify(signature, message, algorithm)
    return VERIFICATIONS / took.s


def floor_per_s(postings: int, place: Path) -> float:
    """As many postings, unsigned and unchecked, in one table, in one transaction that is synced to disk."""
    with closing(sqlite3.connect(place / "floor.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE posting (source TEXT, target TEXT, reason TEXT, fen INTEGER, at_ms INTEGER)")
        rows = [(f"run:{number // SHARD}", f"worker:{number}", "pay", 100_000, 0) for number in range(postings)]
        with timed() as took:
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO posting VALUES (?, ?, ?, ?, ?)", rows)
            connection.execute("COMMIT")
    return postings / took.s


def _alone(work: Callable[[Size], tuple[float, float]], size: Size) -> tuple[float, float]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, (size,))


def _team(house: House, employer: str, workers: int) -> Team:
    house.clock.go(FIRST)
    return house.employ(workers, employer=employer, shards=-(-workers // SHARD))


def _sent(house: House, given: Iterable[tuple[Client, Iterator[tuple[date, Command]]]]) -> float:
    """Seconds that the ledger took; making and signing the commands is not in them."""
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


def _work(house: House, team: Team, days: Sequence[date]) -> Iterator[tuple[date, Command]]:
    shards = sorted(team.by_shard(team.workers.values()).items())
    for day in days:
        for shard, some in shards:
            rows = tuple(NewRow(worker, MEASURES) for worker in some)
            yield (
                day,
                SubmitSheet(request_id=house.request(), employer=team.employer, day=day, shard=shard, rows=rows),
            )


def _confirmations(house: House, team: Team, days: Sequence[date], span: int) -> Iterator[tuple[date, Command]]:
    """Each worker signs the rows of so many days at once."""
    for start in range(0, len(days), span):
        some_days = days[start : start + span]
        for shard, some in sorted(team.by_shard(team.workers.values()).items()):
            signed: list[Answer] = []
            for worker in some:
                rows = [SignedRow(day, row_digest(team.employer, day, worker, MEASURES)) for day in some_days]
                signed.append(sign_confirmation(team.keys[worker], house.consortium.name, worker, rows))
            command = Confirm(request_id=house.request(), employer=team.employer, shard=shard, answers=tuple(signed))
            yield some_days[-1] + timedelta(days=1), command


def _pay(house: House, teams: Sequence[Team]) -> float:
    house.clock.go(PAYDAY)
    for team in teams:
        house.deposit(team.employer, 10_000_000 * len(team.workers))
    with timed() as took:
        for team in teams:
            report = payday.payday(house.treasurer, house.operator, team.employer, PAYDAY, cash_out=False)
            assert report.paid == len(team.workers)
    return took.s
