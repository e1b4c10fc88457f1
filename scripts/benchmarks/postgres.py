"""The same postings as someone would otherwise write them: in PostgreSQL, with its defaults, one transaction each."""

import os
import shutil
import subprocess
import tempfile
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
SCHEMA: Final = """
    CREATE TABLE account (name text PRIMARY KEY, fen bigint NOT NULL CHECK (fen >= 0));
    CREATE TABLE posting (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        source text NOT NULL REFERENCES account,
        target text NOT NULL REFERENCES account,
        reason text NOT NULL,
        fen bigint NOT NULL CHECK (fen > 0),
        at timestamptz NOT NULL DEFAULT now()
    );
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


def postings_per_s(connection: psycopg.Connection, count: int) -> float:
    """Wages from accounts of a run to those of workers, each in a transaction that is synced to disk."""
    settings = [connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "synchronous_commit")]
    assert settings == [("on",), ("on",)], settings
    wages = [(f"run:{number // SHARD}", f"worker:{number}") for number in range(count)]
    sources = sorted({source for source, _ in wages})
    connection.execute(SCHEMA)
    with connection.cursor() as cursor:
        opening = [(source, SHARD * WAGE_FEN) for source in sources] + [(target, 0) for _, target in wages]
        cursor.executemany("INSERT INTO account VALUES (%s, %s)", opening)
    with timed() as took:
        for source, target in wages:
            with connection.transaction():
                connection.execute(
                    "INSERT INTO posting (source, target, reason, fen) VALUES (%s, %s, 'pay', %s)",
                    (source, target, WAGE_FEN),
                )
                connection.execute("UPDATE account SET fen = fen - %s WHERE name = %s", (WAGE_FEN, source))
                connection.execute("UPDATE account SET fen = fen + %s WHERE name = %s", (WAGE_FEN, target))
    paid = connection.execute("SELECT count(*), min(fen), max(fen) FROM account WHERE name LIKE 'worker:%'").fetchone()
    assert paid == (count, WAGE_FEN, WAGE_FEN), paid
    return count / took.s


def _newest() -> Path:
    """The folder with the programs of that version."""
    found = [path.parent for path in PROGRAMS.glob("*/bin/initdb")]
    if not found:
        raise NoPostgres("PostgreSQL is missing: apt-get install postgresql")
    return max(found, key=lambda programs: int(programs.parent.name))
