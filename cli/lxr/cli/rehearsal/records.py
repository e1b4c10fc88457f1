"""What of a file of records a rehearsal plays, and what it leaves out: nothing without a word."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode import paydays
from lxr.chaincode.pay_rules import MINUTES, MINUTES_MAX
from lxr.chaincode.refusals import TermsNotInForce
from lxr.chaincode.row_terms import refuse_unknown_measures
from lxr.chaincode.terms import TermsDocument
from lxr.cli.rehearsal.plan import EmployerPlan, employer_plan, last_day_of
from lxr.node.said import Said
from lxr.settlement.ledger.parameters import founding_values
from lxr.settlement.people.roster import read_roster
from lxr.settlement.rehearsal.month import write_roster
from lxr.settlement.terms.terms_file import TermsFile, read_terms
from lxr.settlement.work.intake.fold import Fold, FoldedRow, RowFault, fold_export
from lxr.settlement.work.intake.mapping import load_mapping
from lxr.token.refusal import Refusal

PREPARED: Final = timedelta(days=5)
"""So long before the first month the ledger is founded."""


class FaultyRows(Struct, frozen=True):
    """Rows with one kind of fault. problem: of the first of them, which is first_row.

    rows: of the file. worker_days: whole ones that are refused for it; 0 where only single rows of a day are faulty.
    """

    field: str
    problem: Said
    rows: int
    worker_days: int
    first_row: int


class MonthOfFile(Struct, frozen=True):
    """A month of the file, as 2026-08, and how much work it holds. can: whether it can be played."""

    month: str
    rows: int
    worker_days: int
    can: bool


class Records(Struct, frozen=True):
    """A file that was read. fold: with the good rows of all months. months: in order. faults: of the file's rows."""

    fold: Fold
    terms: TermsFile
    terms_path: Path
    months: tuple[MonthOfFile, ...]
    faults: tuple[FaultyRows, ...]


def read_records(path: Path, map_file: Path) -> Records:
    """Read the file by the mapping and find what of it can be played under the terms that the mapping names.

    Raises InputFault: as load_mapping, fold_export and read_terms.
    """
    mapping = load_mapping(map_file)
    fold = fold_export(path, mapping)
    terms_path = map_file.parent / str((mapping.terms or {}).get("file", "terms_riders.toml"))
    terms = read_terms(terms_path, "E001")
    calendars = _calendars()
    by_month: dict[date, list[FoldedRow]] = {}
    for row in fold.rows:
        by_month.setdefault(row.date.replace(day=1), []).append(row)
    months = tuple(
        MonthOfFile(f"{first:%Y-%m}", _source_rows(rows), len(rows), _can_play(terms.document, first, calendars))
        for first, rows in sorted(by_month.items())
    )
    faults = _put_together(
        ((fault.field, fault.problem.text, fault.expected.text), _faulty(fault)) for fault in fold.faults
    )
    return Records(fold, terms, terms_path, months, faults)


def chosen(records: Records, months: Collection[str]) -> tuple[Records, tuple[MonthOfFile, ...]]:
    """Return the records of those months with all their faults, without the rows refused; and the months left out."""
    rows: list[FoldedRow] = []
    refused: list[tuple[Hashable, FaultyRows]] = []
    for row in records.fold.rows:
        if f"{row.date:%Y-%m}" not in months:
            continue
        fault = _refused(row, records.terms)
        if fault is None:
            rows.append(row)
            continue
        field, refusal = fault
        problem, count = Said("{refusal}", refusal=refusal), len(row.source_rows)
        refused.append(((field, type(refusal)), FaultyRows(field, problem, count, 1, row.source_rows[0])))
    found = (*records.faults, *_put_together(refused))
    left_out = tuple(month for month in records.months if month.month not in months)
    return replace(records, fold=replace(records.fold, rows=tuple(rows), faults=()), faults=found), left_out


def plans_of(directory: Path, records: Records, seed: int) -> list[EmployerPlan]:
    """Return a plan for each employer of the records. Their people are made up, since real records name nobody."""
    plans: list[EmployerPlan] = []
    cards = 0
    for number, ref in enumerate(sorted({row.employer_ref for row in records.fold.rows}), start=1):
        own = replace(records.fold, rows=tuple(row for row in records.fold.rows if row.employer_ref == ref))
        refs = sorted({row.worker_ref for row in own.rows})
        roster = directory / f"E{number:03}-roster.csv"
        write_roster(roster, seed, refs, cards)
        cards += len(refs)
        plans.append(employer_plan(number, ref, own, read_roster(roster).rows, records.terms_path))
    return plans


def _calendars() -> Mapping[int, frozenset[date]]:
    """Return the calendars that a ledger is founded with, by year."""
    return {
        int(seed.name.removeprefix("calendar.")): frozenset(seed.value)
        for seed in founding_values()
        if seed.name.startswith("calendar.")
    }


def _can_play(document: TermsDocument, first: date, calendars: Mapping[int, frozenset[date]]) -> bool:
    """Whether a month can be worked and paid: the terms cover some of it, and the calendars its days and paydays."""
    last = last_day_of(first)
    ends = document.effective_to or date.max
    if last < document.effective_from or first > ends:
        return False
    if not {(first - PREPARED).year, first.year} <= calendars.keys():
        return False
    try:
        for day in paydays.Period(first, last).days():
            paydays.payday(document.payday, paydays.period_of(document.payday, day), calendars.__getitem__)
    except KeyError:
        return False
    return True


def _refused(row: FoldedRow, terms: TermsFile) -> tuple[str, Refusal] | None:
    """Return the field and the refusal of a row that the contract would refuse under the terms; None: it is good."""
    document = terms.document
    if not document.effective_from <= row.date <= (document.effective_to or date.max):
        return "date", TermsNotInForce(terms=terms.terms, day=row.date.isoformat())
    try:
        refuse_unknown_measures(row.worker_ref, row.measures, {MINUTES: MINUTES_MAX, **document.most_per_day})
    except Refusal as refusal:
        return str(refusal.facts["measure"]), refusal
    return None


def _faulty(fault: RowFault) -> FaultyRows:
    """Return a row that the mapping cannot read. Its day may have others that are good."""
    problem = fault.problem
    if fault.expected.text:
        problem = Said("{problem}; expected {expected}", problem=problem, expected=fault.expected)
    return FaultyRows(fault.field, problem, rows=1, worker_days=0, first_row=fault.row)


def _put_together(found: Iterable[tuple[Hashable, FaultyRows]]) -> tuple[FaultyRows, ...]:
    """Return the sums of each kind, beside the problem of the first of them."""
    kinds: dict[Hashable, FaultyRows] = {}
    for kind, one in found:
        had = kinds.get(kind)
        kinds[kind] = (
            one
            if had is None
            else replace(had, rows=had.rows + one.rows, worker_days=had.worker_days + one.worker_days)
        )
    return tuple(kinds.values())


def _source_rows(rows: Iterable[FoldedRow]) -> int:
    return len({source for row in rows for source in row.source_rows})
