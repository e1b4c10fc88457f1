"""The order of several statements' files: that in which the bank wrote them, whatever they are called.

By day, and within a day by balance: each statement opens with what the one before closes with. With balances as places
and statements as ways between them that is an Euler path, from the ledger's closing balance on through all days.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode.custody_records import custodies, statements
from lxr.node.client import Client
from lxr.settlement.bank.desk import End, begins, refuse_gap, refuse_other
from lxr.settlement.bank.model import Statement
from lxr.settlement.bank.statement_files import Passed, Source, read_each
from lxr.settlement.bank.statement_lines import Identity, identity_of, identity_there, lines_of
from lxr.settlement.errors import InputFault


class _File(Struct, frozen=True):
    """A statement that is not on the ledger with all its lines, without its entries.

    broke_off: its first lines are there. sources: where it stands, and others that say the same.
    """

    statement: Statement
    broke_off: bool
    sources: list[Source]

    @property
    def name(self) -> str:
        return self.sources[0].name


class Ordered(Struct, frozen=True):
    """The statements of files in the order in which they are booked, and what was passed over in the files."""

    sources: tuple[Source, ...]
    passed: tuple[Passed, ...]


def in_order(client: Client, custody: str, paths: Sequence[Path]) -> Ordered:
    """Return the statements in their order; those that are on the ledger come first, as it has them.

    Where balances leave several orders, the bank's numbers decide, and then the files' names. Raises InputFault: one of
    the files is unsound or has none of this account, or a statement does not join the ledger's last one and the others.
    """
    with client.ledger.snapshot():
        account = client.need(custodies, custody)
        there = {int(key[1]): each for key, each in client.scan(statements, custody)}
    half = there.pop(account.statements + 1, None)
    places = {identity_there(each): place for place, each in there.items()}
    known: list[tuple[int, Source]] = []
    passed: list[Passed] = []
    new: dict[Identity, _File] = {}
    for found in read_each(sorted(paths), custody):
        if isinstance(found, InputFault):
            raise found
        if isinstance(found, Passed):
            passed.append(found)
            continue
        statement, lines = found.statement, lines_of(found.statement, found.source.name)
        source = replace(found.source, kept=statement if len(paths) == 1 else None)
        identity = identity_of(statement, lines)
        if identity in places:
            known.append((places[identity], source))
        else:
            broke_off = half is not None and begins(half, lines)
            new.setdefault(identity, _File(replace(statement, entries=()), broke_off, [])).sources.append(source)
    files = sorted(new.values(), key=lambda file: (file.statement.date, file.statement.sequence or 0))
    chain: list[_File] = []
    end = End(account.closing_day, account.closing_fen)
    if files and half is not None:  # nothing comes before the rest of it
        first = next((file for file in files if file.broke_off), None) or refuse_other(files[0].name)
        if account.closing_day is not None:
            refuse_gap(end, first.statement, first.name)
        chain.append(first)
        files.remove(first)
        end = _end(first)
    elif files and account.closing_day is None:
        end = End(None, _first_opening(files))
    chain += _chain(end, files)
    ordered = [source for _, source in sorted(known, key=lambda each: each[0])]
    return Ordered((*ordered, *(source for file in chain for source in file.sources)), tuple(passed))


def _chain(end: End, files: Sequence[_File]) -> Iterator[_File]:
    """Yield the files, in order of days and numbers, as each follows the one before.

    Raises InputFault: one does not.
    """
    for _, of_day in groupby(files, key=_day):
        left = list(of_day)
        while left:
            file = _next(end.closing_fen, left)
            refuse_gap(end, file.statement, file.name)
            yield file
            left.remove(file)
            if end.day is None or file.statement.date >= end.day:  # one that comes late changes no balance
                end = _end(file)


def _next(closing_fen: int, left: Sequence[_File]) -> _File:
    """The statement of a day that comes next: the first that opens so, and from which most of the others are reached.

    Along an Euler path all others are, so that none is left behind. Where none opens so, one that follows no other.
    """
    follows = [file for file in left if file.statement.opening_fen == closing_fen]
    if not follows:
        closings = {file.statement.closing_fen for file in left}
        return next((file for file in left if file.statement.opening_fen not in closings), left[0])
    found, most = follows[0], -1
    for file in follows:
        reached = _reached(file.statement.closing_fen, [other for other in left if other is not file])
        if reached > most:
            found, most = file, reached
        if most == len(left) - 1:
            break
    return found


def _reached(closing_fen: int, files: Sequence[_File]) -> int:
    """How many of the statements can come at some time after one that closes so."""
    closings: dict[int, list[int]] = {}
    for file in files:
        closings.setdefault(file.statement.opening_fen, []).append(file.statement.closing_fen)
    count, balances = 0, [closing_fen]
    while balances:
        following = closings.pop(balances.pop(), [])
        count += len(following)
        balances += following
    return count


def _first_opening(files: Sequence[_File]) -> int:
    """Return what the first statement of a ledger opens with, where all of these make a chain.

    It is fixed by the first day that does not end as it began; if no day is one, any balance will do that all share.
    """
    days = [[file.statement for file in of_day] for _, of_day in groupby(files, key=_day)]
    firsts = set.intersection(*({each.opening_fen for each in of_day} for of_day in days))
    for of_day in days:
        unmatched = Counter(each.opening_fen for each in of_day) - Counter(each.closing_fen for each in of_day)
        if unmatched:
            firsts = set(unmatched)
            break
    openings = [each.opening_fen for each in days[0]]
    return next((opening_fen for opening_fen in openings if opening_fen in firsts), openings[0])


def _day(file: _File) -> date:
    return file.statement.date


def _end(file: _File) -> End:
    return End(file.statement.date, file.statement.closing_fen, file.name)
