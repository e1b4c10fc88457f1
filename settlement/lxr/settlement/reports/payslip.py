"""The payslip (工资条) of one worker in one run, as the ledger has it: each item with the terms that it follows."""

from datetime import date

from msgspec import Struct

from lxr.chaincode.pay_rules import Rule
from lxr.chaincode.runs import PayLine, pay_lines, runs
from lxr.chaincode.taken import dated
from lxr.chaincode.terms import documents
from lxr.chaincode.workers import Membership, membership_on, workers
from lxr.node.client import Client

Version = tuple[str, int]
"""Terms, and which version of them."""


class Payslip(Struct, frozen=True):
    """line: as the run has priced it. rules: of each version of the terms that an item of it follows.

    days: those that the run has taken, by the version that bound the worker on each.
    """

    worker: str
    run: str
    employer: str
    payday: date
    line: PayLine
    rules: dict[Version, tuple[Rule, ...]]
    days: dict[Version, tuple[date, ...]]


def payslip(client: Client, run_number: str, worker: str) -> Payslip | None:
    """Return the worker's payslip; None where the run has none for them, or is not priced yet. Refuses: Unknown."""
    with client.ledger.snapshot():
        run, record = client.need(runs, run_number), client.need(workers, worker)
        lines = client.get(pay_lines, run_number, record.shard)
        line = lines.lines.get(worker) if lines else None
        if line is None:
            return None
        versions = sorted({(part.terms, item.rules_key) for part in line.parts for item in part.items})
        rules = {version: client.need(documents, *version).rules for version in versions}
    days = _days_by_version(line, record.memberships)
    return Payslip(worker, run_number, run.employer, run.payday, line, rules, days)


def _days_by_version(line: PayLine, memberships: tuple[Membership, ...]) -> dict[Version, tuple[date, ...]]:
    """Return the days of work that the line takes, by what bound the worker on each."""
    found: dict[Version, list[date]] = {}
    for part in line.parts:
        for day, _ in dated(part.taken, part.start):
            bound = membership_on(memberships, day)
            assert bound is not None, "a run takes no day without terms"
            found.setdefault((bound.terms, bound.version), []).append(day)
    return {version: tuple(days) for version, days in sorted(found.items())}
