"""A ledger on which tests give commands, at a time; and what is on it."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Any, Final, TypeVar

import pytest

from engines import A, Engine
from lxr.chaincode.books import balances, wages
from lxr.chaincode.command import HANDLERS, AnyCommand, Command
from lxr.chaincode.days import moment
from lxr.chaincode.founding import geneses
from lxr.chaincode.rows import Row
from lxr.chaincode.runs import PayLine, pay_lines
from lxr.chaincode.sheet import Sheet, sheets
from lxr.chaincode.types import Record
from lxr.chaincode.workers import workers
from lxr.chaincode.world import Part, Table
from lxr.token.accounts import AccountKind
from lxr.token.refusal import Refusal
from parties import ANNA, aug, signature

R = TypeVar("R", bound=Record)
F = TypeVar("F", bound=Refusal)


class SettableClock:
    """Unix ms of a moment that the test sets."""

    def __init__(self) -> None:
        self.at_ms = moment(aug(1), 720)

    def __call__(self) -> int:
        return self.at_ms

    def go(self, day: date, hour: int = 12, minute: int = 0, second: int = 0) -> date:
        """Set the time in Chengdu. Gives the day back."""
        self.at_ms = moment(day, hour * 60 + minute) + second * 1000
        return day


class LedgerSteps:
    """One ledger, the time, and what is on it."""

    def __init__(self, engine: Engine, requests: str, clock: SettableClock | None = None) -> None:
        self.engine: Final = engine
        self.clock: Final = clock or SettableClock()
        self._prefix: Final = requests
        self.requests = 0

    @cached_property
    def ledger_id(self) -> str:
        """What everything is signed for."""
        return self.get(geneses).ledger

    # Time and commands

    @property
    def at_ms(self) -> int:
        """The time of everything that follows."""
        return self.clock.at_ms

    @at_ms.setter
    def at_ms(self, at_ms: int) -> None:
        self.clock.at_ms = at_ms

    def go(self, day: date, hour: int = 12, minute: int = 0, second: int = 0) -> date:
        """Set the time. Gives the day back."""
        return self.clock.go(day, hour, minute, second)

    def request(self) -> str:
        """A request id that was not used before."""
        self.requests += 1
        return f"{self._prefix}-{self.requests:06d}"

    def do(self, kind: type[Command[A]], caller: str | None = None, /, **fields: Any) -> A:
        """Give a command: as the first role that may give it, unless a caller is named, under a new request id."""
        return self.engine.submit(caller or caller_by_default(kind, fields), self.made(kind, fields), self.at_ms)

    def do_each(self, kind: type[Command[A]], caller: str | None, each: Iterable[Mapping[str, Any]], /) -> list[A]:
        """Give commands of a kind and a caller, one with each of the fields. The first that is refused is raised."""
        return [self.do(kind, caller, **fields) for fields in each]

    def refused(self, refusal: type[F], kind: type[AnyCommand], caller: str | None = None, /, **fields: Any) -> F:
        """Give a command that must be refused so; nothing is written."""
        command = self.made(kind, fields)
        before = dict(self.engine.scan(""))
        with pytest.raises(refusal) as caught:
            self.engine.submit(caller or caller_by_default(kind, fields), command, self.at_ms)
        assert type(caught.value) is refusal
        assert before == dict(self.engine.scan(""))
        return caught.value

    def sign(self, name: str, message: Record) -> bytes:
        """Sign with the key of that worker, or of another name."""
        return signature(name, message)

    def made(self, kind: type[Command[A]], fields: Mapping[str, Any]) -> Command[A]:
        """A command under a new request id, unless the fields have one."""
        return kind(**{"request_id": self.request(), **fields})

    # What is on the ledger

    def get(self, table: Table[R], *parts: Part) -> R:
        """One record that must be there."""
        value = self.engine.read(table.key(*parts))
        assert value is not None, table.key(*parts)
        return table.decode(value)

    def fen(self, account: str) -> int:
        """What an account holds."""
        kind, _, number = account.partition(":")
        if kind == AccountKind.WORKER:
            worker = self.get(workers, number)
            crew = self.engine.read(wages.key(worker.employer, worker.shard))
            return 0 if crew is None else wages.decode(crew).fen.get(number, 0)
        value = self.engine.read(balances.key(account))
        return 0 if value is None else balances.decode(value).fen

    def sheet(self, day: date, worker: str = ANNA) -> Sheet:
        """The worker's sheet of that day."""
        return self.get(sheets, *self.place(worker, day))

    def row(self, day: date, worker: str = ANNA) -> Row:
        """The worker's row of that day."""
        row = self.row_if_any(day, worker)
        assert row is not None
        return row

    def row_if_any(self, day: date, worker: str) -> Row | None:
        """The worker's row of that day; None where there is none."""
        value = self.engine.read(sheets.key(*self.place(worker, day)))
        return sheets.decode(value).row(worker) if value else None

    def line(self, run: str, worker: str = ANNA) -> PayLine:
        """The worker's pay line."""
        return self.get(pay_lines, run, self.get(workers, worker).shard).lines[worker]

    def nets(self, run: str) -> dict[str, int]:
        """Net pay by worker."""
        found = (pay_lines.decode(value) for _, value in self.engine.scan(f"lines/{run}/"))
        return {worker: line.net_fen for record in found for worker, line in record.lines.items()}

    def place(self, worker: str, day: date) -> tuple[str, date, int]:
        """Employer, day and shard of the worker's sheet."""
        record = self.get(workers, worker)
        return record.employer, day, record.shard


def caller_by_default(kind: type[AnyCommand], fields: Mapping[str, Any]) -> str:
    """The first of the roles that may give the command; a signer of the employer that it names."""
    caller = sorted(HANDLERS[kind].callers)[0]
    return f"{caller}/{fields['employer']}" if caller == "employer/signer" else caller
