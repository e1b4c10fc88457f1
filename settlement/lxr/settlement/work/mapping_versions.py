"""The versions of an employer's mapping, and which of them its signer has accepted last.

Whoever prepares batches may write whatever is on this machine. So nothing that a batch or this database says is taken
for it that a mapping is the one of before: what the signer accepted bears the signer's signature, a batch's content is
digested anew, and where no acceptance is found although the employer has work on the ledger, the signer is asked.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final, Self

import msgspec
from msgspec import Struct

from lxr.chaincode.sheet import sheets
from lxr.chaincode.types import canonical, digest
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement.work.employer_database import open_database
from lxr.settlement.work.mapping_content import MappingContent, differences

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS mapping (
    number INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, first_day TEXT NOT NULL, content TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS accepted (
    number INTEGER PRIMARY KEY, day TEXT NOT NULL, content TEXT NOT NULL, signature BLOB NOT NULL
);
"""
_EXPECTED: Final = Said("the employer's versions of its mapping")
_DIGITS: Final = 16
UNKNOWN: Final = "unknown"
"""The version of a batch that does not say how it was read."""


class Version(Struct, frozen=True):
    """A mapping's content, by its number at this employer and its digest. first_day: on which it was seen first."""

    number: int
    digest: str
    first_day: date

    @property
    def name(self) -> str:
        """What a signer accepts it by: whatever is in the database, another content has another name."""
        return f"{self.number}-{self.digest[:_DIGITS]}"


class Review(Struct, frozen=True):
    """What a signer has to know of a batch's mapping. version: None where the batch does not say it.

    before: the version accepted last; None: none is known. changes: against that. must_accept: it is to be said
    explicitly, for it is not the one of before.
    """

    version: Version | None
    before: Version | None
    changes: tuple[Said, ...]
    must_accept: bool

    @property
    def name(self) -> str:
        return UNKNOWN if self.version is None else self.version.name


class MappingVersions:
    """The versions of one employer. Every method raises InputFault: the database cannot be used."""

    def __init__(self, connection: sqlite3.Connection, employer: str) -> None:
        self._connection: Final = connection
        self._employer: Final = employer

    @classmethod
    @contextmanager
    def open(cls, path: Path, employer: str) -> Iterator[Self]:
        """Open an employer's versions; begin them, where there are none."""
        with open_database(path, _TABLES, _EXPECTED) as connection:
            yield cls(connection, employer)

    def version(self, content: MappingContent, day: date) -> Version:
        """Return the version that a content is: the next one, if it was never seen; it is kept with the day, whole."""
        with self._connection as connection:
            connection.execute(
                "INSERT INTO mapping (digest, first_day, content) VALUES (?, ?, ?) ON CONFLICT (digest) DO NOTHING",
                (digest(content), day.isoformat(), canonical(content).decode()),
            )
        found = self._connection.execute(
            "SELECT number, digest, first_day FROM mapping WHERE digest = ?", (digest(content),)
        ).fetchone()
        return Version(found[0], found[1], date.fromisoformat(found[2]))

    def review(self, signer: Client, content: MappingContent | None, day: date) -> Review:
        """Compare a batch's mapping with what the signer accepted last. content: None where the batch has none."""
        accepted = self._accepted(signer)
        version = None if content is None else self.version(content, day)
        if accepted is None:
            return Review(version, None, (), must_accept=_has_work(signer, self._employer))
        before = self.version(accepted, day)
        changes = () if content is None else differences(accepted, content)
        return Review(version, before, changes, must_accept=version != before)

    def accept(self, signer: Client, content: MappingContent, day: date) -> None:
        """Keep, under the signer's signature, that it accepts a content; what it has accepted last, it has already."""
        if self._accepted(signer) == content:
            return
        with self._connection as connection:
            connection.execute(
                "INSERT INTO accepted (day, content, signature) VALUES (?, ?, ?)",
                (day.isoformat(), canonical(content).decode(), signer.signature_of(self._said(content))),
            )

    def _accepted(self, signer: Client) -> MappingContent | None:
        """Return what the signer accepted last; None: nothing, or not under its present key."""
        found = self._connection.execute(
            "SELECT content, signature FROM accepted ORDER BY number DESC LIMIT 1"
        ).fetchone()
        if found is None:
            return None
        try:
            content = msgspec.json.decode(found[0], type=MappingContent)
        except (msgspec.DecodeError, RecursionError):
            return None
        return content if signer.has_signed(self._said(content), found[1]) else None

    def _said(self, content: MappingContent) -> bytes:
        return canonical({"accepted mapping": digest(content), "employer": self._employer})


def _has_work(client: Client, employer: str) -> bool:
    return next(client.scan(sheets, employer), None) is not None
