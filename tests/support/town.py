"""A small town for the contract suite: one employer with three workers, another with one, on any ledger.

    town.go(aug(3))                               # the time of everything that follows: noon of that day in Chengdu
    town.do(CloseDay, day=aug(2))                 # as the first role that may give the command, under a new request id
    town.refused(NotAllowed, CloseDay, "bank/teller", day=aug(2))
    town.certified(aug(3), {ANNA: 10, BO: 4})      # worked, confirmed by the workers, certified
    town.paid("E001-20260812")                    # priced, funded and paid, for all shards

`do` also gives the command a second time and asserts the same answer and no change; `refused` asserts that nothing was
written. After each accepted command the contract's invariants hold.
"""

from lxr.chaincode.employers import AddEmployer
from lxr.chaincode.registration import AddWorkers
from parties import ANNA, BO, CLEO, DORA, NOVA, SHARD_SIZE
from termsdocuments import terms_document
from townmoney import TownMoney


class Town(TownMoney):
    """A ledger with employers, workers and terms, and short ways to bring it into a state."""

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
