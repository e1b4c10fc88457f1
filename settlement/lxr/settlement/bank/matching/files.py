"""The statements in files that a person names as evidence; what cannot be read is a fault, and not passed over."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from lxr.settlement.bank.model import Statement
from lxr.settlement.bank.statement_files import Given, OtherAccount, read_each
from lxr.settlement.errors import InputFault


def statements_in(paths: Iterable[Path], custody: str) -> Iterator[Statement]:
    """Yield the statements of the custody account. Raises InputFault: a file is unsound, or no statement."""
    for found in read_each(paths, custody):
        if isinstance(found, InputFault) and not isinstance(found, OtherAccount):
            raise found
        if isinstance(found, Given):
            yield found.statement
