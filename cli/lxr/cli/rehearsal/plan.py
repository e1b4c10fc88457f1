"""What a rehearsal plays: employers with their people, rows by day, and the small things that go wrong in life."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from lxr.chaincode.pay_rules import MINUTES, MINUTES_MAX
from lxr.chaincode.terms import TermsDocument
from lxr.settlement.people.roster import RosterRow, read_roster
from lxr.settlement.rehearsal.month import write_month
from lxr.settlement.terms.terms_file import read_terms
from lxr.settlement.work.intake.fold import Fold, FoldedRow, fold_export
from lxr.settlement.work.intake.mapping import load_mapping

WRONG_IN_1000, MISSING_IN_1000, DOUBTED_IN_1000, SILENT_IN_1000, LATE_IN_1000 = 6, 4, 3, 60, 40
"""Of 1,000 rows: submitted with too little, forgotten by the employer, disputed though right, never answered; and of
1,000 batches: sent after the close of the day."""

EXAMPLES_INSTALLED = Path(__file__).parents[1] / "examples"
EXAMPLES_IN_TREE = Path(__file__).parents[4] / "examples"


@dataclass(frozen=True, slots=True)
class EmployerPlan:
    """One employer: its number, its people, its terms, and the true rows of each day."""

    number: str
    name: str
    people: tuple[RosterRow, ...]
    terms: str
    document: TermsDocument
    fold: Fold
    days: dict[date, tuple[FoldedRow, ...]] = field(default_factory=dict)

    def most(self, measure: str) -> int:
        """Return the most units of a measure that the terms allow on one day."""
        return self.document.most_per_day.get(measure, MINUTES_MAX if measure == MINUTES else 0)

    @property
    def worker_days(self) -> int:
        """How many rows there are."""
        return sum(len(rows) for rows in self.days.values())


@dataclass(frozen=True, slots=True)
class Slip:
    """What goes wrong with one row. sent: what the employer submits instead (None: nothing). doubted: the row is right,
    the worker disputes it all the same."""

    true: FoldedRow
    sent: dict[str, int] | None
    doubted: bool


def examples() -> Path:
    """Where the example files lie: in the installed package, or in the source tree."""
    return EXAMPLES_INSTALLED if EXAMPLES_INSTALLED.is_dir() else EXAMPLES_IN_TREE


def plan_made_up(directory: Path, seed: int, month: date, employers: int, workers: int) -> list[EmployerPlan]:
    """Plausible records for a month, written to the directory and read back as an employer's exports are."""
    files = write_month(directory, seed, month, employers, workers)
    mapping = load_mapping(examples() / "riders.toml")
    terms = examples() / "terms_riders.toml"
    return [
        employer_plan(
            number, each.employer_ref, fold_export(each.orders, mapping), read_roster(each.roster).rows, terms
        )
        for number, each in enumerate(files.employers, start=1)
    ]


def employer_plan(number: int, name: str, fold: Fold, people: tuple[RosterRow, ...], terms_file: Path) -> EmployerPlan:
    """Return the plan of one employer: its rows by day, under the terms of that file."""
    employer = f"E{number:03}"
    terms = read_terms(terms_file, employer)
    days: dict[date, list[FoldedRow]] = {}
    for row in fold.rows:
        days.setdefault(row.date, []).append(row)
    by_day = {day: tuple(rows) for day, rows in sorted(days.items())}
    return EmployerPlan(employer, name or employer, people, terms.terms, terms.document, fold, by_day)


def slips(rng: Random, plan: EmployerPlan, rows: tuple[FoldedRow, ...]) -> dict[str, Slip]:
    """Return what goes wrong with the rows of one employer's day, by the employer's number for the worker."""
    found: dict[str, Slip] = {}
    for row in rows:
        drawn = rng.randrange(1000)
        measure = min(row.measures)
        if drawn < WRONG_IN_1000 and row.measures[measure] > 0:
            found[row.worker_ref] = Slip(row, {**row.measures, measure: row.measures[measure] - 1}, doubted=False)
        elif WRONG_IN_1000 <= drawn < WRONG_IN_1000 + MISSING_IN_1000 and len(rows) > 1:
            found[row.worker_ref] = Slip(row, None, doubted=False)
        elif 100 <= drawn < 100 + DOUBTED_IN_1000 and any(had < plan.most(name) for name, had in row.measures.items()):
            found[row.worker_ref] = Slip(row, row.measures, doubted=True)
    return found


def last_day_of(month: date) -> date:
    """Return the last day of the month in which that day lies."""
    first = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return first - timedelta(days=1)
