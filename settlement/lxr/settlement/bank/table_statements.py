"""Statements out of tables, for whoever compares them with the ledger: each line once, cut as the ledger's are.

A table has no statements: whoever imported it made some, which hang on what each download had. So the lines of all
downloads are put together first, and then cut where statements of the ledger begin and end, by day, balances and count.
That says nothing of what the lines are: each is compared, and what fits no statement of the ledger is a break.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode.custody_records import Statement as Booked
from lxr.chaincode.lines import Line
from lxr.settlement.bank.downloads import in_order
from lxr.settlement.bank.formats.tables.extract import Extract, TableLine
from lxr.settlement.bank.formats.tables.rest import find, reference_of, statement_of
from lxr.settlement.bank.line_breaks import Books
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.bank.statement_lines import difference, facts_of
from lxr.settlement.errors import InputFault

Named = tuple[str, Statement]
"""A statement, and what a break calls it: its file and day."""


class _Told(Struct, frozen=True):
    """A line of a table, with its reference."""

    file: str
    account: str
    line: TableLine
    entry: Entry
    facts: Line


def statements_of(
    extracts: Sequence[Extract], others: Mapping[str, Line], ledger: Books
) -> Iterator[Named | InputFault]:
    """Yield the statements that tables make up, those of one day in their order, and what is wrong between two tables.

    others: the lines of statements' files that are given beside them, by day and reference. What these have, or an
    earlier table, is left out. So is a part of a day whose statement is in a closed month, as far as it says the same.
    """
    known = dict(others)
    there = {key: booking.line for key, booking in ledger.booked.items()} if extracts else {}
    told: list[_Told] = []
    used: set[str] = set()
    for extract in in_order(extracts):
        openings = [told[-1].line.balance_fen] if told else []
        if extract.lines:
            openings += [each.opening_fen for each in _of_day(ledger, extract.lines[0])]
        try:
            new = list(_new(_turned(extract, openings), known, used, there))
        except InputFault as fault:
            yield fault
            continue
        told += new
        known.update((each.facts.key, each.facts) for each in new)
    for run in _runs(sorted(told, key=lambda each: each.line.day)):
        for part, fits in _cut(run, _of_day(ledger, run[0].line)):
            if fits or not _closed(part, ledger):
                first, last = part[0], part[-1]
                entries = [each.entry for each in part]
                made = statement_of(first.account, entries, first.line.opening_fen, last.line.balance_fen)
                yield f"{first.file}/{first.line.day}", made


def _new(extract: Extract, known: Mapping[str, Line], used: set[str], there: Mapping[str, Line]) -> Iterator[_Told]:
    """Yield a table's lines that no file before it has. Raises InputFault: one that has the number of another."""
    taken: set[str] = set()
    for line in extract.lines:
        if find(extract, line, known, taken) is None:
            reference = _reference(extract, line, used, there)
            entry = replace(line.entry, bank_ref=reference)
            yield _Told(extract.file, extract.account, line, entry, facts_of(entry, reference))


def _reference(extract: Extract, line: TableLine, used: set[str], there: Mapping[str, Line]) -> str:
    """Return the reference under which the ledger has a line with these facts, or else the one that it would get."""
    try:
        key = find(extract, line, there, used)
    except InputFault:  # it has other facts under its number, which the comparison says
        key = None
    if key is not None:
        return key.partition("/")[2]
    reference = reference_of(extract, line, used)
    used.add(f"{line.day}/{reference}")
    return reference


def _turned(extract: Extract, openings: Iterable[int]) -> Extract:
    """Return a table that can be read from either end as it joins one of these balances, the first that it can join."""
    if not extract.either_way:
        return extract
    ways = replace(extract, either_way=False), extract.turned
    joined = (each for opening_fen in openings for each in ways if each.lines[0].opening_fen == opening_fen)
    return next(joined, ways[0])


def _of_day(ledger: Books, line: TableLine) -> list[Booked]:
    return [each for _, each in sorted(ledger.statements.items()) if each.day == line.day]


def _runs(told: Sequence[_Told]) -> Iterator[list[_Told]]:
    """Yield the lines of each day that follow one another by their balances."""
    run = list(told[:1])
    for before, each in pairwise(told):
        if before.line.day != each.line.day or before.line.balance_fen != each.line.opening_fen:
            yield run
            run = []
        run.append(each)
    if run:
        yield run


def _cut(run: list[_Told], there: Sequence[Booked]) -> Iterator[tuple[list[_Told], bool]]:
    """Yield the parts of a day's lines that have a statement's balances and count, and those between them."""
    openings = defaultdict[int, list[Booked]](list)
    for each in there:
        openings[each.opening_fen].append(each)
    begin = place = 0
    while place < len(run):
        fits = next((each for each in openings[run[place].line.opening_fen] if _fits(run, place, each)), None)
        if fits is None:
            place += 1
            continue
        openings[fits.opening_fen].remove(fits)
        if place > begin:
            yield run[begin:place], False
        begin = place + fits.entries
        yield run[place:begin], True
        place = begin
    if begin < len(run):
        yield run[begin:], False


def _fits(run: Sequence[_Told], place: int, statement: Booked) -> bool:
    last = place + statement.entries - 1
    return place <= last < len(run) and run[last].line.balance_fen == statement.closing_fen


def _closed(part: Sequence[_Told], ledger: Books) -> bool:
    """Return whether lines are on the ledger with the same facts, in months that are closed."""
    there = [ledger.booked.get(each.facts.key) for each in part]
    return all(
        booking is not None and booking.statement <= ledger.reconciled and difference(each.facts, booking.line) is None
        for each, booking in zip(part, there, strict=True)
    )
