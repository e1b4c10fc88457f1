"""The files that reconciliation is given: their statements, each once, and at which place of the ledger each stands."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode.lines import Line
from lxr.chaincode.statements import opening_line
from lxr.node.kept import Kept
from lxr.settlement.bank import model
from lxr.settlement.bank.breaks import Break, broken
from lxr.settlement.bank.downloads import read_download, tables_among
from lxr.settlement.bank.formats.tables.extract import BareLine, Extract, bare
from lxr.settlement.bank.formats.tables.layout import Layout
from lxr.settlement.bank.line_breaks import Books
from lxr.settlement.bank.statement_files import OtherAccount, Passed, read_each
from lxr.settlement.bank.statement_lines import Identity, difference, identity_of, identity_there, lines_of
from lxr.settlement.bank.table_statements import statements_of
from lxr.settlement.errors import InputFault


class GivenFile(Struct, frozen=True):
    """A statement of a file. place: which statement of the ledger it is, or is meant to be. same: both say the same.

    statement: without its entries. retold: other files with the same lines, of which some have other facts.
    """

    name: str
    statement: model.Statement
    lines: tuple[Line, ...]
    identity: Identity
    place: int | None = None
    same: bool = False
    retold: "tuple[GivenFile, ...]" = ()

    @property
    def told(self) -> "Iterator[tuple[GivenFile, Line]]":
        """The file's lines, and those that other files of the statement tell otherwise."""
        for line in self._all_lines:
            yield self, line
        for other in self.retold:
            for line, first in zip(other.lines, self.lines, strict=True):
                if line != first:
                    yield replace(self, name=other.name), line

    @property
    def _all_lines(self) -> tuple[Line, ...]:
        """The lines, and where it is the ledger's first the balance that it opens with."""
        if self.place != 1 or not self.statement.opening_fen:
            return self.lines
        return (opening_line(self.statement.date, self.statement.opening_fen), *self.lines)


def read_given(
    ledger: Books, paths: Iterable[Path], layout: Layout | None = None
) -> tuple[list[GivenFile], list[Break]]:
    """Return the statements of files, each once, in the order of their places and days, and what is wrong with a file.

    layout: by which tables are read, in place of those that we ship.
    """
    given = _Given()
    tables: list[Extract[BareLine]] = []
    others: list[Path] = []
    for path in sorted(paths):
        try:
            if not tables_among([path]):
                others.append(path)
            else:
                tables.append(bare(read_download(path, ledger.custody, layout)))
        except InputFault as fault:
            given.refuse(fault)
    for found in read_each(others, ledger.custody):
        if isinstance(found, InputFault):
            given.refuse(found)
        elif not isinstance(found, Passed):
            given.read(found.source.name, found.statement)
    for each in statements_of(tables, given.lines, ledger):
        if isinstance(each, InputFault):
            given.refuse(each)
        else:
            given.take(each.name, each.statement, each.lines)
    files = sorted(given.files.values(), key=lambda file: (file.statement.date, file.statement.sequence or 0))
    return _placed(ledger, files), given.breaks


class _Given:
    """What has been read so far. Of files with the same lines the ledger says which one was booked: all are kept."""

    def __init__(self) -> None:
        self.files: dict[Identity, GivenFile] = {}
        self.breaks: list[Break] = []

    @property
    def lines(self) -> dict[str, Line]:
        return {line.key: line for file in self.files.values() for line in file.lines}

    def refuse(self, fault: InputFault) -> None:
        if isinstance(fault, OtherAccount):
            self.breaks.append(broken("file", fault.file, 0, "account", account=fault.account))
        else:
            self.breaks.append(broken("file", fault.file, 0, "unsound", problem=Kept.of(fault.said)))

    def read(self, name: str, statement: model.Statement) -> None:
        try:
            lines = lines_of(statement, name)
        except InputFault as fault:
            self.refuse(fault)
        else:
            self.take(name, replace(statement, entries=()), lines)

    def take(self, name: str, statement: model.Statement, lines: tuple[Line, ...]) -> None:
        identity = identity_of(statement, lines)
        file = GivenFile(name, statement, lines, identity)
        first = self.files.setdefault(identity, file)
        if all(each.lines != lines for each in (first, *first.retold)):
            self.files[identity] = replace(first, retold=(*first.retold, file))
            line, differs = next(
                (a.key, other) for a, b in zip(lines, first.lines, strict=True) if (other := difference(a, b))
            )
            facts: dict[str, str | Kept] = {"first": first.name, "line": line, "differs": Kept.of(differs)}
            self.breaks.append(broken("file", name, 0, "retold", **facts))


def _placed(ledger: Books, files: Sequence[GivenFile]) -> list[GivenFile]:
    """Return the files with their places on the ledger, in that order: first what says the same, then by the day."""
    places = defaultdict[Identity | date, list[int]](list)
    for place, there in sorted(ledger.statements.items(), reverse=True):  # the first of them is taken first
        places[there.day].append(place)
        if place <= ledger.account.statements:
            places[identity_there(there)].append(place)
    taken: set[int] = set()
    placed: dict[int, GivenFile] = {}
    for same in (True, False):
        for number, file in enumerate(files):
            fits = places[file.identity if same else file.statement.date] if number not in placed else []
            while fits and fits[-1] in taken:
                fits.pop()
            if fits:
                taken.add(fits[-1])
                placed[number] = replace(file, place=fits.pop(), same=same)
    found = [placed.get(number, file) for number, file in enumerate(files)]
    return sorted(found, key=lambda file: (file.statement.date, file.place or len(ledger.statements) + 1))
