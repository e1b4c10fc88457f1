"""From files to statements: whatever kinds of files they are, however many statements and pages each has.

A kind of file is a module in `formats` with a `FORMAT` (see `formats.plugin`); nobody else knows what is in it.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from itertools import groupby
from pathlib import Path
from pkgutil import iter_modules
from typing import Final

from msgspec import Struct

from lxr.node.said import Said
from lxr.settlement.bank import formats
from lxr.settlement.bank.formats.plugin import BYTES_MAX, HEAD_BYTES, StatementFormat
from lxr.settlement.bank.formats.texts import Place
from lxr.settlement.bank.model import Notice, Page, PassedOver, Statement, StatementFile
from lxr.settlement.bank.statement_pages import groups, whole
from lxr.settlement.errors import InputFault
from lxr.settlement.files import read_bounded


class Source(Struct, frozen=True):
    """Where a statement stands: in which files, several where they have its pages.

    name: what a fault calls it. number: as which of the file's, from 0; the statement's own id where it has pages, for
    how many others the same files make hangs on the files beside them. kept: the statement itself, where it need not
    be read again.
    """

    name: str
    paths: tuple[Path, ...]
    number: int | str = 0
    kept: Statement | None = None


class Given(Struct, frozen=True):
    """A statement as files give it."""

    source: Source
    statement: Statement


class Passed(Struct, frozen=True, forbid_unknown_fields=True):
    """What was passed over in a file."""

    file: str
    passed_over: tuple[PassedOver, ...]


@cache
def statement_formats() -> tuple[StatementFormat, ...]:
    """Return the kinds of files that are read, in the order in which they are asked."""
    names = sorted(each.name for each in iter_modules(formats.__path__))
    found = (getattr(import_module(f"{formats.__name__}.{name}"), "FORMAT", None) for name in names)
    return tuple(each for each in found if isinstance(each, StatementFormat))


def read_data(data: bytes, file: str, custody: str) -> StatementFile:
    """Return what a file's bytes say of the custody account, by the first format that knows them.

    Raises InputFault: none knows them, or what is wrong with them.
    """
    head = data[:HEAD_BYTES]
    if not head.strip():
        raise InputFault(file=file, problem="is empty", expected="a statement")
    for each in statement_formats():
        if each.recognises(head):
            return each.read(data, file, custody)
    names = ", ".join(each.name for each in statement_formats())
    raise InputFault(
        file=file, problem="is no statement of a kind that is read", expected=Said("one of {names}", names=names)
    )


def read_each(paths: Iterable[Path], custody: str) -> Iterator[Given | Passed | InputFault]:
    """Yield all statements in files, those of one file in its order; those of pages, over all of the files, come last.

    What is wrong with one file, or with the pages of a statement, is a fault among the others.
    """
    pages: list[tuple[Page, Path]] = []
    for path in paths:
        try:
            found = read_data(read_bounded(path, BYTES_MAX), path.name, custody)
        except InputFault as fault:
            yield fault
            continue
        several = len(found.statements) > 1
        for number, each in enumerate(found.statements):
            name = f"{path.name}/{number + 1}" if several else path.name
            yield Given(Source(name, (path,), number), each)
        pages += [(page, path) for page in found.pages]
        if found.passed_over:
            yield Passed(path.name, found.passed_over)
        if not (found.statements or found.pages or _only_notices(found)):
            yield OtherAccount(path.name, _first_other(found), custody)
    there = {id(page): path for page, path in pages}
    for group in groups([page for page, _ in pages]):
        files = tuple(dict.fromkeys(there[id(page)] for page in group))
        name = ", ".join(path.name for path in files)
        try:
            yield Given(Source(name, files, group[0].statement_id), whole(group, Place(name, "", None)))
        except InputFault as fault:
            yield fault


def read_sources(sources: Iterable[Source], custody: str) -> Iterator[Given]:
    """Yield the statements again, each file read once for those that follow each other. Raises InputFault."""
    for paths, those in groupby(sources, key=lambda source: source.paths):
        wanted = list(those)
        if all(source.kept is not None for source in wanted):
            yield from (Given(source, source.kept) for source in wanted if source.kept is not None)
            continue
        there: dict[tuple[tuple[Path, ...], int | str], Given] = {}
        for found in read_each(paths, custody):
            if isinstance(found, Given):
                there[found.source.paths, found.source.number] = found
        for source in wanted:
            given = there.get((source.paths, source.number))
            if given is None:
                raise InputFault(file=source.name, problem="it is not as it was a moment ago")
            yield given


def read_one(path: Path, custody: str) -> Given:
    """Return the statement of a file that has one. Raises InputFault: it has several, or what is wrong with it."""
    given: list[Given] = []
    for found in read_each([path], custody):
        if isinstance(found, InputFault):
            raise found
        if isinstance(found, Given):
            given.append(found)
    if len(given) != 1:
        raise InputFault(file=path.name, problem=Said("has {count} statements", count=len(given)), expected="one")
    return given[0]


def read_notices(paths: Iterable[Path], custody: str) -> Iterator[tuple[str, Notice]]:
    """Yield the notices of the custody account, each with its file's name. Raises InputFault: a file has none."""
    for path in paths:
        found = read_data(read_bounded(path, BYTES_MAX), path.name, custody)
        if not found.notices:
            raise InputFault(
                file=path.name,
                problem=Said("has no notice of the day of account {custody}", custody=custody),
                expected="`camt.052` or `camt.054`",
            )
        for notice in found.notices:
            yield path.name, notice


class OtherAccount(InputFault):
    """A file without a statement of the custody account. account: the first other one that it has statements of."""

    def __init__(self, file: str, account: str, custody: str) -> None:
        self.account: Final = account
        super().__init__(
            file=file,
            problem=Said("a statement of account {account}", account=account),
            expected=Said("account {custody}", custody=custody),
        )


def _first_other(found: StatementFile) -> str:
    names = (name for each in found.passed_over if each.what == "account" for name in each.names)
    return next(names, "")


def _only_notices(found: StatementFile) -> bool:
    return any(each.what == "notice" for each in found.passed_over)
