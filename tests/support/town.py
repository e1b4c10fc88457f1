"""A small town for the contract suite: one employer with three workers, another with one, on any ledger.

    town.go(aug(3))                               # the time of everything that follows: noon of that day in Chengdu
    town.do(CloseDay, day=aug(2))                 # as the first role that may give the command, under a new request id
    town.refused(NotAllowed, CloseDay, "bank/teller", day=aug(2))
    town.certified(aug(3), {ANNA: 10, BO: 4})      # worked, confirmed by the workers, certified
    town.paid("E001-20260812")                    # priced, funded and paid, for all shards

`do` also gives the command a second time and asserts the same answer and no change; `refused` asserts that nothing was
written. After each accepted command the contract's invariants hold. The steps are those of `scenario`.
"""

from typing import Any

from engines import A, Engine
from lxr.chaincode.command import Command
from lxr.chaincode.employers import AddEmployer
from lxr.chaincode.registration import AddWorkers
from lxr.node.invariants import check
from parties import ANNA, BO, CLEO, DORA, NOVA, SHARD_SIZE
from scenario.ledger import caller_by_default
from scenario.money import Steps
from termsdocuments import terms_document


class Town(Steps):
    """A ledger with employers, workers and terms, of which each command is given twice."""

    def __init__(self, engine: Engine, requests: str = "town") -> None:
        super().__init__(engine, requests)

    def do(self, kind: type[Command[A]], caller: str | None = None, /, **fields: Any) -> A:
        """Give a command, and once more: the same answer, and nothing is done twice."""
        command, who = self.made(kind, fields), caller or caller_by_default(kind, fields)
        answer = self.engine.submit(who, command, self.at_ms)
        state = dict(self.engine.scan(""))
        assert answer == self.engine.submit(who, command, self.at_ms)
        assert state == dict(self.engine.scan(""))
        # of what was read, and in its order: on a network each scan is a journey
        assert check(lambda prefix: (item for item in state.items() if item[0].startswith(prefix))) == []
        return answer

    def settle(self) -> None:
        """Employers, workers and terms, on a ledger that has been founded with its parameters and custody account."""
        for employer, crew in (("E001", (ANNA, BO, NOVA, CLEO)), ("E002", (DORA,))):
            self.do(AddEmployer, employer=employer, shard_size=SHARD_SIZE)
            self.do(
                AddWorkers,
                employer=employer,
                workers=tuple(self.new_worker(worker, employer) for worker in crew),
            )
        self.terms_active("TE001-1", terms_document())
        self.join("TE001-1", ANNA, BO, CLEO)
        self.terms_active("TE002-2", terms_document("E002"))
        self.join("TE002-2", DORA)
