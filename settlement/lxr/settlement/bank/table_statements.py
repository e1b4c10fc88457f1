"""Statements out of tables, for whoever compares them with the ledger: each line once, cut as the ledger's are.

A table has no statements: whoever imported it made some, which hang on what each download had. So the lines of all
downloads are put together first, and then cut where statements of the ledger begin and end. That believes nothing: each
line is compared, each statement by its digest, and what makes up no statement of the ledger is a break.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode.custody_records import Statement as Booked
from lxr.chaincode.lines import Line
from lxr.settlement.bank.downloads import in_order
from lxr.settlement.bank.formats.tables.extract import BareLine, Extract
from lxr.settlement.bank.formats.tables.rest import find, reference_of
from lxr.settlement.bank.line_breaks import Books
from lxr.settlement.bank.model import Statement
from lxr.settlement.bank.statement_lines import difference
from lxr.settlement.errors import InputFault


class Made(Struct, frozen=True):
    """A statement that tables make up. name: what a break calls it, its file and day. statement: without entries.

    lines: those of the statement, as they are booked.
    """

    name: str
    statement: Statement
    lines: tuple[Line, ...]


_There = tuple[int, Booked]
"""A statement of the ledger, with its place."""


class _Told(Struct, frozen=True):
    """A line of a table, and its facts under its reference."""

    file: str
    account: str
    line: BareLine
    facts: Line


def statements_of(
    extracts: Sequence[Extract[BareLine]], others: Mapping[str, Line], ledger: Books
) -> Iterator[Made | InputFault]:
    """Yield the statements that tables make up, those of one day in their order, and what is wrong between two tables.

    others: the lines of statements' files that are given beside them, by day and reference. What these have, or an
    earlier table, is left out. So is a part of a day whose statement is in a closed month, as far as it says the same.
    """
    if not extracts:
        return
    known = dict(others)
    there = {key: booking.line for key, booking in ledger.booked.items()}
    of_day = defaultdict[date, list[_There]](list)
    for number, each in sorted(ledger.statements.items()):
        of_day[each.day].append((number, each))
    told: list[_Told] = []
    used: set[str] = set()
    for extract in in_order(extracts):
        openings = [told[-1].line.balance_fen] if told else []
        if extract.lines:
            openings += [each.opening_fen for _, each in of_day[extract.lines[0].day]]
        try:
            new = list(_new(_turned(extract, openings), known, used, there))
        except InputFault as fault:
            yield fault
            continue
        told += new
        known.update((each.facts.key, each.facts) for each in new)
    for run in _runs(sorted(told, key=lambda each: each.line.day)):
        for part, fits in _cut(run, of_day[run[0].line.day], ledger):
            if fits or not _closed(part, ledger):
                yield _made(part)


def _new(
    extract: Extract[BareLine], known: Mapping[str, Line], used: set[str], there: Mapping[str, Line]
) -> Iterator[_Told]:
    """Yield a table's lines that no file before it has. Raises InputFault: one that has the number of another."""
    taken: set[str] = set()
    for line in extract.lines:
        if find(extract, line, known, taken) is None:
            reference = _reference(extract, line, used, there)
            yield _Told(extract.file, extract.account, line, line.facts(reference))


def _made(part: Sequence[_Told]) -> Made:
    first, last = part[0], part[-1]
    statement = Statement(
        statement_id="",
        sequence=None,
        account=first.account,
        date=first.line.day,
        opening_fen=first.line.opening_fen,
        closing_fen=last.line.balance_fen,
        entries=(),
    )
    lines = sorted((each.facts for each in part), key=lambda line: line.place)
    return Made(f"{first.file}/{statement.date}", statement, tuple(lines))


def _reference(extract: Extract[BareLine], line: BareLine, used: set[str], there: Mapping[str, Line]) -> str:
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


def _turned(extract: Extract[BareLine], openings: Iterable[int]) -> Extract[BareLine]:
    """Return a table that can be read from either end as it joins one of these balances, the first that it can join."""
    if not extract.either_way:
        return extract
    ways = replace(extract, either_way=False), extract.turned
    joined = (each for opening_fen in openings for each in ways if each.lines[0].opening_fen == opening_fen)
    return next(joined, ways[0])


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


def _cut(run: list[_Told], there: Sequence[_There], ledger: Books) -> Iterator[tuple[list[_Told], bool]]:
    """Yield the parts of a day's lines that are statements of the ledger, and what is between them.

    What is between them is parted too where statements of its balances and counts fill it: then these have other lines.
    """
    left = defaultdict[int, list[_There]](list)
    for each in there:
        left[each[1].opening_fen].append(each)
    begin = place = 0
    while place < len(run):
        fits = _fitting(run, place, left, ledger)
        if fits is None:
            place += 1
            continue
        yield from _filled(run[begin:place], left)
        begin = place + fits[1].entries
        yield run[place:begin], True
        place = begin
    yield from _filled(run[begin:], left)


def _filled(run: list[_Told], left: Mapping[int, Sequence[_There]]) -> Iterator[tuple[list[_Told], bool]]:
    parts: list[tuple[list[_Told], bool]] = []
    place, rest = 0, {opening_fen: list(some) for opening_fen, some in left.items()}
    while place < len(run):
        fits = _fitting(run, place, rest)
        if fits is None:
            parts = [(run, False)]
            break
        parts.append((run[place : place + fits[1].entries], True))
        place += fits[1].entries
    yield from parts


def _fitting(
    run: Sequence[_Told], place: int, left: Mapping[int, list[_There]], ledger: Books | None = None
) -> _There | None:
    """Take the first statement that has the balances and the count of the lines from a place on, and these lines.

    ledger: None where it may have others.
    """
    some = left.get(run[place].line.opening_fen, [])
    for each in some:
        number, statement = each
        last = place + statement.entries - 1
        if not place <= last < len(run) or run[last].line.balance_fen != statement.closing_fen:
            continue
        if ledger is None or all(_is_in(ledger, number, run[other].facts) for other in range(place, last + 1)):
            some.remove(each)
            return each
    return None


def _is_in(ledger: Books, number: int, line: Line) -> bool:
    booking = ledger.booked.get(line.key)
    return booking is not None and booking.statement == number and booking.line.signed_fen == line.signed_fen


def _closed(part: Sequence[_Told], ledger: Books) -> bool:
    """Return whether lines are on the ledger with the same facts, in months that are closed."""
    there = [ledger.booked.get(each.facts.key) for each in part]
    return all(
        booking is not None and booking.statement <= ledger.reconciled and difference(each.facts, booking.line) is None
        for each, booking in zip(part, there, strict=True)
    )
