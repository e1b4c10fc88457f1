"""What all parts of a rehearsal stand on: the employers, and the time that is played."""

from dataclasses import dataclass, field
from datetime import date

from lxr.chaincode.custody_records import Custody, custodies
from lxr.chaincode.days import moment
from lxr.cli.rehearsal.plan import EmployerPlan, last_day_of
from lxr.cli.session import Session
from lxr.node.client import Client


@dataclass
class Stage:
    """One month or several. numbers: by employer, the worker's number on the ledger by the employer's own.

    day: now played. shards: of the workers, by their numbers on the ledger.
    """

    desk: Session
    plans: list[EmployerPlan]
    numbers: dict[str, dict[str, str]] = field(default_factory=dict)
    shards: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.first = min(min(plan.days) for plan in self.plans).replace(day=1)
        self.last = last_day_of(max(max(plan.days) for plan in self.plans))
        self.day: date = self.first

    def at(self, day: date, hour: int, minute: int = 0) -> None:
        """Play that time of that day from now on."""
        self.day = day
        moment_ms = moment(day, hour * 60 + minute)
        self.desk.clock = lambda: moment_ms

    def signer(self, plan: EmployerPlan) -> Client:
        """Who signs the employer's batches."""
        return self.desk.client("employer", "signer", plan.number)

    @property
    def operator(self) -> Client:
        """The union's operator."""
        return self.desk.also("union", "operator")

    @property
    def treasurer(self) -> Client:
        """The union's treasurer."""
        return self.desk.also("union", "treasurer")

    def custody(self) -> Custody:
        """Return the custody account as the ledger has it."""
        return self.desk.reader.need(custodies, self.desk.custody())
