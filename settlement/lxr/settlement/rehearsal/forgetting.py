"""A person taken out of the simulated bank's books, where a rehearsal has them."""

from collections.abc import Callable, Mapping
from pathlib import Path

from lxr.settlement.people.redaction import is_theirs, redacted_entry
from lxr.settlement.people.traces import Traces
from lxr.settlement.rehearsal.books import BOOKS, Books


def books_of(bank: Path) -> Mapping[Path, Callable[[Path, Traces], bool]]:
    """Return the simulated bank's books in the bank's directory, if any, with what takes a person out of them."""
    path = bank / BOOKS
    return {path: _redact} if path.exists() else {}


def _redact(path: Path, traces: Traces) -> bool:
    """Put something else in the place of the person in the books; whether anything changed."""
    books = Books(path)
    try:
        return books.forget(
            lambda texts: is_theirs(texts, traces), traces.accounts, lambda entry: redacted_entry(entry, traces)
        )
    finally:
        books.close()
