"""What a download says beyond what is on the ledger: as statements, one for each day, that follow the last one.

Downloads overlap, begin and end within a day, and run either way. A line is known by its reference: the bank's own
number, or else one made of what every download has of it. Names and texts are no part of that: the ledger is shared,
and whoever guesses a name could see that the guess is right.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, time
from hashlib import sha256
from itertools import chain, count, groupby

from msgspec.structs import replace

from lxr.chaincode import custody_records
from lxr.chaincode.lines import Line
from lxr.node.said import Said
from lxr.settlement.bank.formats.tables.extract import Extract, KnownLine, L, TableLine
from lxr.settlement.bank.formats.texts import yuan
from lxr.settlement.bank.model import Statement
from lxr.settlement.bank.statement_lines import difference
from lxr.settlement.errors import InputFault

Booked = Mapping[str, Line]
"""Lines of the ledger, by day and reference, as 2026-09-16/B1. Those of the days of an extract are enough."""


def rest_of(
    extract: Extract[TableLine],
    booked: Booked,
    closing_day: date | None,
    closing_fen: int,
    begun: custody_records.Statement | None = None,
) -> tuple[Statement, ...]:
    """Return the lines that are not on the ledger, as one statement a day; none where all of them are.

    closing_day, closing_fen: of the last statement on the ledger, None before the first, which opens with anything.
    begun: one whose booking broke off; its lines are a statement by themselves, though its day has more by now.
    Raises InputFault, naming the row: a line that is there under its number with other facts, or that is missing there
    though later ones are; lines that do not follow the last statement; lines that may be read from either end.
    """
    if not extract.either_way:
        return _rest(extract, booked, closing_day, closing_fen, begun)
    found: list[tuple[Statement, ...]] = []
    faults: list[InputFault] = []
    for each in (extract, extract.turned):
        try:
            found.append(_rest(each, booked, closing_day, closing_fen, begun))
        except InputFault as fault:
            faults.append(fault)
    if not found:
        raise faults[0]
    balances = {tuple((each.opening_fen, each.closing_fen) for each in statements) for statements in found}
    if len(balances) > 1:
        raise InputFault(
            file=extract.file,
            problem="may be read from either end",
            expected="a longer time, or `order` in a layout of your own",
        )
    return found[0]


def _rest(
    extract: Extract[TableLine],
    booked: Booked,
    closing_day: date | None,
    closing_fen: int,
    begun: custody_records.Statement | None,
) -> tuple[Statement, ...]:
    lines = extract.lines
    taken: set[str] = set()
    there = [find(extract, line, booked, taken) for line in lines]
    new = next((place for place, key in enumerate(there) if key is None), len(lines))
    if new == len(lines):
        return ()
    first = lines[new]
    later = next((key for key in there[new:] if key is not None), None)
    if later is not None:
        problem = Said("is not on the ledger, though {key} is", key=later)
        raise _fault(extract, first, booked, problem, "a line that comes later than those that are booked")
    if closing_day is not None and first.day < closing_day:
        problem = Said("is of {day} and not on the ledger", day=first.day)
        raise _fault(extract, first, booked, problem, Said("lines of {day} or later", day=closing_day))
    if closing_day is not None and first.opening_fen != closing_fen:
        problem = Said("follows a balance of {yuan}", yuan=yuan(first.opening_fen))
        expected = Said("{yuan}, with which the last statement on the ledger closed", yuan=yuan(closing_fen))
        raise _fault(extract, first, booked, problem, expected)
    used = {*booked, *taken}
    days = [list(of_day) for _, of_day in groupby(lines[new:], key=lambda line: line.day)]
    if begun is not None:
        days = [*_parted(days[0], begun), *days[1:]]
    return tuple(_statement(extract, of_day[0].day, of_day, used) for of_day in days)


def _parted(lines: list[TableLine], begun: custody_records.Statement) -> list[list[TableLine]]:
    """Return a day's lines as those of a statement that is booked in part, and the others, if it can be one of them."""
    its, others = lines[: begun.entries], lines[begun.entries :]
    fits = its and others and (its[-1].day, its[-1].balance_fen) == (begun.day, begun.closing_fen)
    return [its, others] if fits else [lines]


def _statement(extract: Extract[TableLine], day: date, lines: Sequence[TableLine], used: set[str]) -> Statement:
    """One day's lines, each under a reference that no other of the day has."""
    entries = []
    for line in lines:
        reference = reference_of(extract, line, used)
        used.add(f"{day}/{reference}")
        entries.append(replace(line.entry, bank_ref=reference))
    digest = sha256("\n".join(sorted(each.bank_ref for each in entries)).encode()).hexdigest()[:12].upper()
    opening_fen, closing_fen = lines[0].opening_fen, lines[-1].balance_fen
    assert opening_fen + sum(each.signed_fen for each in entries) == closing_fen  # for the balances follow
    return Statement(
        statement_id=f"T-{day:%Y%m%d}-{digest}",
        sequence=None,
        account=extract.account,
        date=day,
        opening_fen=opening_fen,
        closing_fen=closing_fen,
        entries=tuple(entries),
    )


def find(extract: Extract[L], line: L, booked: Booked, taken: set[str]) -> str | None:
    """Under which key the ledger has a line with its facts, which no other line is taken for; None: it has none.

    A line with a number may be there without: its layout had no column of numbers, or said that they are shared.
    Raises InputFault: the number, which is this line's alone, is that of a line with other facts.
    """
    if line.serial is not None and (key := f"{line.day}/{line.serial}") in booked and key not in taken:
        differs = difference(line.facts(line.serial), booked[key])
        if differs is None:
            taken.add(key)
            return key
        if not extract.serial_shared:
            raise _differs(extract, line, key, differs)
    for reference in references_of(line):
        key = f"{line.day}/{reference}"
        if key not in booked:
            return None
        if key not in taken and difference(line.facts(reference), booked[key]) is None:
            taken.add(key)
            return key
    raise AssertionError  # references go on for ever, and a ledger does not


def reference_of(extract: Extract[L], line: L, used: Collection[str]) -> str:
    """Return the reference that a new line gets: the bank's number, or the first that no line of its day has."""
    own = () if line.serial is None or extract.serial_shared else (line.serial,)
    return next(each for each in chain(own, references_of(line)) if f"{line.day}/{each}" not in used)


def references_of(line: KnownLine) -> Iterator[str]:
    """Yield the references for a line without a number of its own, of which it has the first that is free.

    Others are for lines that have all of it too: with balances, that is +5, -5, +5 within a second.
    """
    clock = (line.time or time()).isoformat()
    facts = f"{line.day} {clock} {line.signed_fen} {line.balance_fen}"
    first = f"T-{sha256(facts.encode()).hexdigest()[:20].upper()}"
    yield first
    for place in count(2):
        yield f"{first}-{place}"


def _fault(
    extract: Extract[TableLine], line: TableLine, booked: Booked, problem: Said, expected: str | Said
) -> InputFault:
    """Why a line cannot come next; where the ledger has one like it with other facts, which differ."""
    key = f"{line.day}/{next(references_of(line))}"
    if key in booked and (differs := difference(line.facts(booked[key].booking), booked[key])) is not None:
        return _differs(extract, line, key, differs)
    return InputFault(file=extract.file, row=line.row, problem=problem, expected=expected)


def _differs(extract: Extract[L], line: L, key: str, differs: Said) -> InputFault:
    problem = Said("{differs}, with which {key} is booked", differs=differs, key=key)
    return InputFault(file=extract.file, row=line.row, problem=problem, expected="the file as it was booked")
