import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from commandline import Lxr, Ran
from iso20022 import FILES, what_is_not_valid

SMALL = ("--employers", "2", "--workers", "12")
KEYS = [
    *("employers", "workers", "rows", "confirmed", "disputed", "late", "gross_fen", "net_fen", "fee_fen"),
    *("cashed_out_fen", "returned_fen", "supply_fen", "reserve_fen", "breaks", "audit"),
    *("months", "paydays", "worker_days", "faults_left_out", "months_left_out"),
]
AUDITS = {"union": True, "bank": True, "regulator": True}
DEMO = {"LXR_PASSPHRASE": "another one"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lxr, Ran]:
    directory = tmp_path_factory.mktemp("demo") / "kept here"
    lxr = Lxr(directory, variables=DEMO)
    return lxr, lxr("demo", "--json", *SMALL, "--keep", directory)


def test_the_last_line_of_a_demo_has_exactly_these_figures_and_they_add_up(kept: tuple[Lxr, Ran]) -> None:
    _, ran = kept
    assert (0, "") == (ran.code, ran.err)
    figures = ran.json
    assert KEYS == list(figures)
    assert (2, 12, 0, AUDITS) == tuple(figures[name] for name in ("employers", "workers", "breaks", "audit"))
    assert figures["net_fen"] == figures["cashed_out_fen"] == figures["gross_fen"] > 0
    assert figures["supply_fen"] == figures["reserve_fen"] >= figures["fee_fen"] > 0
    assert 0 < figures["confirmed"] < figures["rows"]


def test_every_file_between_the_union_the_employers_and_the_bank_is_a_valid_iso_20022_message(
    kept: tuple[Lxr, Ran],
) -> None:
    files = {path: path.read_bytes() for path in kept[0].directory.rglob("*.xml")}
    kinds = {message for data in files.values() for message in ("camt.053.001.08", *FILES) if message.encode() in data}
    assert {"camt.053.001.08", "pain.001.001.09"} == kinds
    assert {} == {path: faults for path, data in files.items() if (faults := what_is_not_valid(data))}


def test_a_demo_speaks_to_people_in_lines_and_a_table_and_says_how_to_go_on(tmp_path: Path) -> None:
    directory = tmp_path / "kept"
    ran = Lxr(directory, variables={})("demo", "--employers", 1, "--workers", 2, "--keep", directory)
    assert (0, "") == (ran.code, ran.err)
    assert f"export LXR_DIR={directory} LXR_PASSPHRASE=rehearsal" in ran.out
    assert "union yes, bank yes, regulator yes" in ran.out


def test_a_demo_does_not_show_a_passphrase_that_was_given_to_it(kept: tuple[Lxr, Ran], tmp_path: Path) -> None:
    _, ran = kept
    people = Lxr(tmp_path / "x", variables=DEMO)("demo", "--employers", 1, "--workers", 1, "--keep", tmp_path / "x")
    assert DEMO["LXR_PASSPHRASE"] not in ran.out + people.out + people.err


def test_what_a_demo_keeps_can_be_explored_with_the_commands(kept: tuple[Lxr, Ran]) -> None:
    lxr, ran = kept
    shown = lxr.json("ledger", "show")
    assert (True, ran.json["supply_fen"]) == (shown["rehearsal"], shown["supply_fen"])
    assert [] == lxr.json("union", "reconcile")["breaks"]
    assert 6 == len(lxr.json("employer", "roster", "E002")["workers"])
    run = lxr.json("union", "payday", "status", "E001-20260915")
    assert "swept" == run["state"]
    assert True is lxr.json("ledger", "audit")["ok"]
    assert lxr.directory.joinpath("records", "E01-orders.csv").is_file()


@pytest.mark.parametrize("column", ["envelope", "writes", "result"])
def test_one_byte_of_a_transaction_changed_makes_the_audit_say_no_and_name_it(
    kept: tuple[Lxr, Ran], tmp_path: Path, column: str
) -> None:
    directory = tmp_path / "tampered"
    shutil.copytree(kept[0].directory, directory)
    with closing(sqlite3.connect(directory / "ledger.db")) as file:
        query = f"SELECT block, position, {column} FROM tx WHERE length({column}) > 40 ORDER BY block DESC LIMIT 1"
        block, position, stored = file.execute(query).fetchone()
        changed = bytes([*stored[:-20], stored[-20] ^ 1, *stored[-19:]])
        assert len(stored) == len(changed)
        file.execute(f"UPDATE tx SET {column} = ? WHERE (block, position) = (?, ?)", (changed, block, position))
        file.commit()
    ran = Lxr(directory, variables=DEMO)("ledger", "audit")
    assert (1, 1) == (ran.code, len(ran.err.splitlines()))
    assert f"block {block}" in ran.err
    told = Lxr(directory, variables=DEMO)("ledger", "audit", "--json")
    assert (1, False) == (told.code, told.json["ok"])


def test_a_balance_changed_in_the_state_makes_the_audit_say_no(kept: tuple[Lxr, Ran], tmp_path: Path) -> None:
    directory = tmp_path / "richer"
    shutil.copytree(kept[0].directory, directory)
    with closing(sqlite3.connect(directory / "ledger.db")) as file:
        key, value = file.execute("SELECT key, value FROM state WHERE key LIKE 'account/employer%' LIMIT 1").fetchone()
        assert value.startswith(b"[")
        file.execute("UPDATE state SET value = ? WHERE key = ?", (value.replace(b"[", b"[9"), key))
        file.commit()
    ran = Lxr(directory, variables=DEMO)("ledger", "audit")
    assert 1 == ran.code
    assert key in ran.err


@pytest.mark.parametrize("what", ["file", "directory with something in it", "kept demo"])
def test_a_demo_is_not_kept_where_something_is(kept: tuple[Lxr, Ran], tmp_path: Path, what: str) -> None:
    place = tmp_path / "taken"
    if what == "file":
        place.touch()
    elif what == "kept demo":
        place = kept[0].directory
    else:
        (place / "inside").mkdir(parents=True)
    ran = Lxr(place)("demo", "--keep", place, *SMALL)
    assert (1, "", f"lxr: {place}: is not an empty directory\n") == (ran.code, ran.out, ran.err)


@pytest.mark.slow
def test_the_same_seed_plays_the_same_month(tmp_path: Path) -> None:
    ran = [Lxr(tmp_path / name)("demo", "--json", "--employers", "1", "--workers", "5") for name in ("first", "second")]
    assert ran[0].json == ran[1].json
