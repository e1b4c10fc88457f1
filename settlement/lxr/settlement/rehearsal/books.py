"""The simulated bank's books: one SQLite file, fsynced at each commit, from which its files can be rewritten."""

import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from lxr.node.blockfile import BUSY_SECONDS_MAX
from lxr.node.kept import Kept
from lxr.node.said import Said
from lxr.settlement.bank.model import Entry
from lxr.settlement.errors import InputFault
from lxr.settlement.people.redaction import NOBODYS

BOOKS: Final = "books.db"
"""The file's name in the bank's directory."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS settings (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    custody_account TEXT NOT NULL,
    seed INTEGER NOT NULL,
    return_rate_bp INTEGER NOT NULL,
    delay_rate_bp INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS messages (
    debtor_account TEXT NOT NULL,
    message_id TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    PRIMARY KEY (debtor_account, message_id)
) STRICT;
CREATE TABLE IF NOT EXISTS ways (
    debtor_account TEXT NOT NULL,
    message_id TEXT NOT NULL,
    way TEXT NOT NULL,
    PRIMARY KEY (debtor_account, message_id)
) STRICT;
CREATE TABLE IF NOT EXISTS transfers (
    number INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL,
    debtor_account TEXT NOT NULL,
    end_to_end_id TEXT NOT NULL,
    incoming INTEGER NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    counterparty_name TEXT NOT NULL,
    counterparty_account TEXT NOT NULL,
    remittance TEXT NOT NULL,
    state TEXT NOT NULL,
    day TEXT NOT NULL,
    reason TEXT,
    FOREIGN KEY (debtor_account, message_id) REFERENCES messages
) STRICT;
CREATE INDEX IF NOT EXISTS transfers_by_payer ON transfers (debtor_account, end_to_end_id);
CREATE INDEX IF NOT EXISTS transfers_by_state ON transfers (state, day);
CREATE TABLE IF NOT EXISTS days (
    sequence INTEGER PRIMARY KEY,
    day TEXT NOT NULL UNIQUE,
    opening_fen INTEGER NOT NULL,
    closing_fen INTEGER NOT NULL,
    problems TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS entries (
    bank_ref TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    signed_fen INTEGER NOT NULL,
    entry TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS entries_by_day ON entries (sequence);
"""


_TELLING: Final = ("end_to_end_id", "counterparty_account", "remittance")
"""What tells whose a transfer is."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The account in custody, and how often the bank returns and delays payouts: basis points, 0..10_000."""

    custody_account: str
    seed: int
    return_rate_bp: int
    delay_rate_bp: int


class State(StrEnum):
    """Where a transfer stands, and what its `day` and `reason` then mean."""

    WAITING = "waiting"  # day: the first on which it may be booked
    BOOKED = "booked"  # day: of the entry
    RETURNING = "returning"  # booked, and comes back: day it is due back, reason of the return
    RETURNED = "returned"  # day of the entry that returned it, and its reason
    REJECTED = "rejected"  # never booked: day and reason of the rejection


class Way(StrEnum):
    """How a message's transfers stand on the statement, where not each with its end-to-end id."""

    TOTAL = "total"  # one line for all of a day
    IN_WORDS = "in words"  # a line each, with what the table says in its remark and no id


MOVES: Final = {
    State.WAITING: {State.BOOKED, State.RETURNING},
    State.BOOKED: set[State](),
    State.RETURNING: {State.RETURNED},
    State.RETURNED: set[State](),
    State.REJECTED: set[State](),
}
assert MOVES.keys() == set(State)


class Booking(Struct, frozen=True, forbid_unknown_fields=True):
    """A transfer as the bank keeps it. incoming: it pays the custody account. number: None until it is in the books."""

    number: int | None
    message_id: str
    debtor_account: str
    end_to_end_id: str
    incoming: bool
    amount_fen: int
    counterparty_name: str
    counterparty_account: str
    remittance: str
    state: State
    day: date
    reason: str | None = None


class ClosedDay(Struct, frozen=True, forbid_unknown_fields=True):
    """A day that was closed, with one statement, and the lines about files that could not be taken in."""

    sequence: int
    day: date
    opening_fen: int
    closing_fen: int
    problems: tuple[Kept, ...]


class Books:
    """The tables. Only `transaction` begins and ends one."""

    def __init__(self, path: Path) -> None:
        """Open the books, or begin them. Raises InputFault: an earlier release wrote them; sqlite3.DatabaseError."""
        self._path: Final = path
        self._db: Final = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS_MAX)
        try:
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA synchronous = EXTRA")  # on the disk when a commit returns, and stays committed
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA secure_delete = ON")  # what is changed is overwritten
            self._db.executescript(_SCHEMA)
            if not self._rows("SELECT 1 FROM pragma_table_info('messages') WHERE name = 'debtor_account'"):
                problem, expected = "was written by an earlier release", "the books of a rehearsal of this release"
                raise InputFault(file=str(path), problem=problem, expected=expected)
        except BaseException:  # of a damaged file, say
            self._db.close()
            raise

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept, or nothing. No other process writes the books meanwhile.

        Raises InputFault: another has them in use for a minute, the disk is full or fails.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:  # a full disk ends it by itself
                    self._db.execute("ROLLBACK")
        except sqlite3.Error as fault:
            raise InputFault(file=str(self._path), problem=Said("cannot be used: {fault}", fault=fault)) from None

    def settings(self) -> Settings | None:
        rows = self._rows("SELECT custody_account, seed, return_rate_bp, delay_rate_bp FROM settings")
        return msgspec.convert(rows[0], Settings) if rows else None

    def keep_settings(self, settings: Settings) -> None:
        self._db.execute("INSERT INTO settings VALUES (1, ?, ?, ?, ?)", msgspec.structs.astuple(settings))

    def knows_content(self, digest: str) -> bool:
        return bool(self._rows("SELECT 1 FROM messages WHERE digest = ?", digest))

    def knows_message(self, debtor_account: str, message_id: str) -> bool:
        """Whether that account has sent a message of that id: of the ids of other accounts it knows nothing."""
        sql = "SELECT 1 FROM messages WHERE debtor_account = ? AND message_id = ?"
        return bool(self._rows(sql, debtor_account, message_id))

    def knows_transfer(self, debtor_account: str, end_to_end_id: str) -> bool:
        sql = "SELECT 1 FROM transfers WHERE debtor_account = ? AND end_to_end_id = ?"
        return bool(self._rows(sql, debtor_account, end_to_end_id))

    def add_message(self, debtor_account: str, message_id: str, digest: str) -> None:
        self._db.execute("INSERT INTO messages VALUES (?, ?, ?)", (debtor_account, message_id, digest))

    def add_way(self, debtor_account: str, message_id: str, way: Way) -> None:
        """Keep how a message's transfers are booked."""
        self._db.execute("INSERT INTO ways VALUES (?, ?, ?)", (debtor_account, message_id, way))

    def ways(self, debtor_account: str) -> dict[str, Way]:
        """How the transfers of an account's messages are booked, where not one by one with their ids."""
        rows = self._rows("SELECT message_id, way FROM ways WHERE debtor_account = ?", debtor_account)
        return {str(row["message_id"]): Way(str(row["way"])) for row in rows}

    def add_booking(self, booking: Booking) -> None:
        values = msgspec.to_builtins(booking)
        self._db.execute(f"INSERT INTO transfers VALUES ({', '.join(f':{name}' for name in values)})", values)

    def due(self, state: State, day: date, *, incoming: bool) -> list[Booking]:
        """Transfers in this state whose day has come, in the order they were taken in."""
        sql = "SELECT * FROM transfers WHERE state = ? AND day <= ? AND incoming = ? ORDER BY number"
        return self._bookings(sql, state, day.isoformat(), incoming)

    def move(self, booking: Booking, to: State, day: date, reason: str | None = None) -> None:
        assert to in MOVES[booking.state]
        moved = self._db.execute(
            "UPDATE transfers SET state = ?, day = ?, reason = ? WHERE number = ? AND state = ?",
            (to, day.isoformat(), reason, booking.number, booking.state),
        )
        assert moved.rowcount == 1  # else it was booked before

    def rejected(self) -> list[Booking]:
        return self._bookings("SELECT * FROM transfers WHERE state = ? ORDER BY number", State.REJECTED)

    def last_day(self) -> ClosedDay | None:
        days = self._days("SELECT * FROM days ORDER BY sequence DESC LIMIT 1")
        return days[0] if days else None

    def days(self) -> list[ClosedDay]:
        return self._days("SELECT * FROM days ORDER BY sequence")

    def add_day(self, closed: ClosedDay, entries: list[Entry]) -> None:
        """Refuses nothing; asserts that all entries ever booked sum up to the closing balance."""
        problems = msgspec.json.encode(closed.problems).decode()
        day = (closed.sequence, closed.day.isoformat(), closed.opening_fen, closed.closing_fen, problems)
        self._db.execute("INSERT INTO days VALUES (?, ?, ?, ?, ?)", day)
        rows = [
            (entry.bank_ref, closed.sequence, entry.signed_fen, msgspec.json.encode(entry).decode())
            for entry in entries
        ]
        self._db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", rows)
        (booked,) = self._rows("SELECT coalesce(sum(signed_fen), 0) AS fen FROM entries")
        assert booked["fen"] == closed.closing_fen

    def entries(self, sequence: int) -> tuple[Entry, ...]:
        rows = self._rows("SELECT entry FROM entries WHERE sequence = ? ORDER BY bank_ref", sequence)
        return tuple(msgspec.json.decode(str(row["entry"]), type=Entry) for row in rows)

    def forget(
        self, theirs: Callable[[list[str]], bool], accounts: Collection[str], without: Callable[[Entry], Entry]
    ) -> bool:
        """Take a person out of the books; whether anything changed.

        theirs: whether these texts are of a line of theirs. without: an entry of theirs without them. The file is
        written anew, so that nothing is left in its free pages. Raises InputFault: as `transaction`.
        """
        changed = 0
        with self.transaction():
            self._db.execute("PRAGMA defer_foreign_keys = ON")  # a transfer and its message change one after the other
            for account in accounts:
                gone = "UPDATE messages SET debtor_account = ? WHERE debtor_account = ?"
                changed += self._db.execute(gone, (NOBODYS, account)).rowcount
            for row in self._rows("SELECT * FROM transfers"):
                if row["debtor_account"] in accounts or theirs([str(row[name]) for name in _TELLING]):
                    payer = NOBODYS if row["debtor_account"] in accounts else row["debtor_account"]
                    gone = "UPDATE transfers SET counterparty_name = ?, counterparty_account = ?, debtor_account = ?"
                    values = (NOBODYS, NOBODYS, payer, row["number"])
                    changed += self._db.execute(f"{gone} WHERE number = ?", values).rowcount
            for row in self._rows("SELECT bank_ref, entry FROM entries"):
                entry = msgspec.json.decode(str(row["entry"]), type=Entry)
                texts = (entry.end_to_end_id, entry.counterparty_account, entry.remittance, entry.bank_text)
                if theirs([text for text in texts if text]):
                    said = msgspec.json.encode(without(entry)).decode()
                    there = "UPDATE entries SET entry = ? WHERE bank_ref = ?"
                    changed += self._db.execute(there, (said, row["bank_ref"])).rowcount
        try:
            self._db.execute("VACUUM")
        except sqlite3.Error as fault:
            raise InputFault(file=str(self._path), problem=Said("cannot be used: {fault}", fault=fault)) from None
        return changed > 0

    def _bookings(self, sql: str, *values: object) -> list[Booking]:
        # not strict: SQLite has no booleans
        return [msgspec.convert(row, Booking, strict=False) for row in self._rows(sql, *values)]

    def _days(self, sql: str) -> list[ClosedDay]:
        rows = self._rows(sql)
        try:
            return [msgspec.convert(row | {"problems": _problems(str(row["problems"]))}, ClosedDay) for row in rows]
        except msgspec.DecodeError as fault:
            raise InputFault(file=str(self._path), problem=Said("cannot be used: {fault}", fault=fault)) from None

    def _rows(self, sql: str, *values: object) -> list[dict[str, object]]:
        return [dict(row) for row in self._db.execute(sql, values)]


def _problems(kept: str) -> list[object]:
    """Return the sentences on files that were not taken in; 0.4.0 kept each as a line in English."""
    return [{"text": each} if isinstance(each, str) else each for each in msgspec.json.decode(kept, type=list[object])]
