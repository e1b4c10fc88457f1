"""The same payments as someone would otherwise write them: double entry in PostgreSQL, with its defaults."""

import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from benchmarks.workload import SHARD, timed

PROGRAMS: Final = Path("/usr/lib/postgresql")
"""Where Debian has them, by version."""
OWNER: Final = "postgres"
"""As whom the server runs where we are root: as root it refuses."""
WAGE_FEN: Final = 100_000
TOGETHER: Final = 1_000
"""Transfers in one statement."""
SCHEMA: Final = """
    DROP TABLE IF EXISTS entry, balance, account;
    CREATE TABLE account (name text PRIMARY KEY);
    CREATE TABLE entry (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        transfer bigint NOT NULL,
        account text NOT NULL REFERENCES account,
        fen bigint NOT NULL CHECK (fen <> 0),
        at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE balance (account text PRIMARY KEY REFERENCES account, fen bigint NOT NULL CHECK (fen >= 0));
"""
STATEMENT: Final = """
    WITH given AS (
        SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS given (transfer, source, target)
    ), moved AS (
        SELECT transfer, account, fen
        FROM given, (SELECT %s::bigint AS wage) AS wage,
            LATERAL (VALUES (source, -wage), (target, wage)) AS side (account, fen)
    ), noted AS (
        INSERT INTO entry (transfer, account, fen) SELECT transfer, account, fen FROM moved
    )
    UPDATE balance SET fen = balance.fen + moved.fen
    FROM (SELECT account, sum(fen) AS fen FROM moved GROUP BY account) AS moved
    WHERE balance.account = moved.account
"""


class NoPostgres(Exception):
    """It is missing or does not start. The text is for people, one line."""


@contextmanager
def server() -> Iterator[psycopg.Connection]:
    """A new cluster on a unix socket, both in a directory of their own; gone at the end. Raises NoPostgres."""
    programs = _newest()
    as_owner = ["runuser", "-u", OWNER, "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="lxr-postgres-") as place:

        def run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
            command = [*as_owner, str(programs / program), f"--pgdata={place}/data", *words]
            return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)

        if as_owner:
            shutil.chown(place, OWNER)
        try:
            ran = run("initdb", "--auth=trust", f"--username={OWNER}")
            if ran.returncode == 0:
                ran = run("pg_ctl", "start", f"--log={place}/log", f"--options=-k {place} -c listen_addresses=")
            if ran.returncode:
                raise NoPostgres(f"PostgreSQL does not start: {' '.join((ran.stderr or ran.stdout).split())}")
            with psycopg.connect(host=place, user=OWNER, dbname="postgres", autocommit=True) as connection:
                yield connection
        finally:
            run("pg_ctl", "stop", "--mode=immediate")


def one_by_one_per_s(connection: psycopg.Connection, count: int) -> float:
    """Wages from accounts of a run to those of workers, each in a transaction that is synced to disk."""
    wages = _opened(connection, count)
    with timed() as took:
        for number, (source, target) in enumerate(wages):
            with connection.transaction():
                connection.execute(
                    "INSERT INTO entry (transfer, account, fen) VALUES (%(number)s, %(source)s, -%(fen)s),"
                    " (%(number)s, %(target)s, %(fen)s)",
                    {"number": number, "source": source, "target": target, "fen": WAGE_FEN},
                )
                connection.execute("UPDATE balance SET fen = fen - %s WHERE account = %s", (WAGE_FEN, source))
                connection.execute("UPDATE balance SET fen = fen + %s WHERE account = %s", (WAGE_FEN, target))
    _prove(connection, count)
    return count / took.s


def in_statements_per_s(connection: psycopg.Connection, count: int) -> float:
    """The same, so many of them in one statement, which is a transaction of its own."""
    wages = _opened(connection, count)
    with timed() as took:
        for start in range(0, count, TOGETHER):
            some = wages[start : start + TOGETHER]
            sources, targets = (list(names) for names in zip(*some, strict=True))
            connection.execute(STATEMENT, (list(range(start, start + len(some))), sources, targets, WAGE_FEN))
    _prove(connection, count)
    return count / took.s


def _opened(connection: psycopg.Connection, count: int) -> list[tuple[str, str]]:
    """New accounts, with what those of runs are to pay. Gives back source and target of each transfer."""
    settings = [connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "synchronous_commit")]
    assert settings == [("on",), ("on",)], settings
    wages = [(f"run:{number // SHARD}", f"worker:{number}") for number in range(count)]
    funds = Counter(source for source, _ in wages)
    opening = [(source, paid * WAGE_FEN) for source, paid in funds.items()] + [(target, 0) for _, target in wages]
    connection.execute(SCHEMA)
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO account VALUES (%s)", [(name,) for name, _ in opening])
        cursor.executemany("INSERT INTO balance VALUES (%s, %s)", opening)
    connection.execute("ANALYZE")
    return wages


def _prove(connection: psycopg.Connection, count: int) -> None:
    """Every worker was paid once, and for each fen that came somewhere one went."""
    paid = connection.execute("SELECT count(*), min(fen), max(fen) FROM balance WHERE account LIKE 'worker:%'")
    assert paid.fetchone() == (count, WAGE_FEN, WAGE_FEN)
    entries = connection.execute("SELECT count(*), sum(fen) FROM entry")
    assert entries.fetchone() == (2 * count, 0)


def _newest() -> Path:
    """The folder with the programs of that version."""
    found = [path.parent for path in PROGRAMS.glob("*/bin/initdb")]
    if not found:
        raise NoPostgres("PostgreSQL is missing: apt-get install postgresql")
    return max(found, key=lambda programs: int(programs.parent.name))
