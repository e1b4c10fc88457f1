"""A ledger on which tests give commands: at a time, each twice, or refused; and what is on it."""

from collections.abc import Mapping
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
from lxr.node.invariants import check
from lxr.token.accounts import AccountKind
from lxr.token.refusal import Refusal
from parties import ANNA, aug

R = TypeVar("R", bound=Record)
F = TypeVar("F", bound=Refusal)


class TownLedger:
    """One ledger, the time, and what is on it."""

    def __init__(self, engine: Engine, requests: str = "town") -> None:
        self.engine: Final = engine
        self.at_ms = moment(aug(1), 720)
        self._prefix: Final = requests
        self.requests = 0

    @cached_property
    def ledger_id(self) -> str:
        """What everything is signed for."""
        return self.get(geneses).ledger

    # Time and commands

    def go(self, day: date, hour: int = 12, minute: int = 0, second: int = 0) -> date:
        """Set the time. Gives the day back."""
        self.at_ms = moment(day, hour * 60 + minute) + second * 1000
        return day

    def do(self, kind: type[Command[A]], caller: str | None = None, /, **fields: Any) -> A:
        """Give a command, and once more: the same answer, and nothing is done twice."""
        command, who = self._made(kind, fields), caller or _default(kind, fields)
        answer = self.engine.submit(who, command, self.at_ms)
        state = dict(self.engine.scan(""))
        assert answer == self.engine.submit(who, command, self.at_ms)
        assert state == dict(self.engine.scan(""))
        # of what was read, and in its order: on a network each scan is a journey
        assert check(lambda prefix: (item for item in state.items() if item[0].startswith(prefix))) == []
        return answer

    def refused(self, refusal: type[F], kind: type[AnyCommand], caller: str | None = None, /, **fields: Any) -> F:
        """Give a command that must be refused so; nothing is written."""
        command = self._made(kind, fields)
        before = dict(self.engine.scan(""))
        with pytest.raises(refusal) as caught:
            self.engine.submit(caller or _default(kind, fields), command, self.at_ms)
        assert type(caught.value) is refusal
        assert before == dict(self.engine.scan(""))
        return caught.value

    def _made(self, kind: type[Command[A]], fields: Mapping[str, Any]) -> Command[A]:
        self.requests += 1
        return kind(**{"request_id": f"{self._prefix}-{self.requests:06d}", **fields})

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
        row = self.sheet(day, worker).row(worker)
        assert row is not None
        return row

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


def _default(kind: type[AnyCommand], fields: Mapping[str, Any]) -> str:
    caller = sorted(HANDLERS[kind].callers)[0]
    return f"{caller}/{fields['employer']}" if caller == "employer/signer" else caller
