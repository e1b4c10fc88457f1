"""`lxr union worker erase` among files that clerks leave about, and beside itself."""

import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from commandline import EXAMPLES, PASSPHRASE, Month
from leaver import AFTER, REASON, Left, in_files
from waiting import PATIENCE_S


@pytest.fixture
def left(month: Month, tmp_path: Path) -> Left:
    return Left(month, tmp_path)


def encrypted() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "nothing" * 50)
    data = bytearray(out.getvalue())
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("payroll.xlsx", encrypted()),
        ("copy-2.csv", f'6200000000345678908,"{"x" * 200_000}"\n'.encode()),
        ("bank/outbox/notes.xml", b"no xml"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_in_one_line(left: Left, name: str, data: bytes) -> None:
    lxr = left.let_the_law_pass()
    (lxr.directory / name).write_bytes(data)
    ran = lxr("union", "worker", "erase", left.worker, *REASON)
    assert "Traceback" not in ran.err + ran.out
    assert ran.code in (0, 1)
    assert all(line.startswith("lxr: ") for line in ran.err.splitlines()), ran.err


def test_two_at_the_same_time_both_end_and_leave_nothing(left: Left) -> None:
    lxr = left.let_the_law_pass()
    env = {**os.environ, "LXR_PASSPHRASE": PASSPHRASE, "LXR_DIR": str(lxr.directory), "LXR_LANG": "en"}
    words = [
        sys.executable,
        "-c",
        "from lxr.cli.main import main; main()",
        "--at",
        AFTER,
        "union",
        "worker",
        "erase",
        left.worker,
        *REASON,
    ]
    both = [
        subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    ends = [(p.communicate(timeout=PATIENCE_S), p.returncode) for p in both]
    assert not any("Traceback" in err for (_, err), _ in ends), ends
    again = lxr("union", "worker", "erase", left.worker, *REASON)
    assert 0 == again.code, again
    assert [] == in_files(lxr.directory, left.person)
    assert [0, 0] == [code for _, code in ends], ends


def test_exports_of_work_beside_the_ledger_tell_nothing_of_whoever_is_erased(left: Left) -> None:
    lxr = left.lxr
    for file in (EXAMPLES / "walkthrough").glob("orders-*.csv"):
        shutil.copy(file, lxr.directory / file.name)
    lxr = left.let_the_law_pass()
    ran = lxr("--json", "union", "worker", "erase", left.worker, *REASON)
    assert (0, "erased") == (ran.code, ran.json["state"]), ran
    assert [f"lxr: may be about them, or not: {path}" for path in ran.json["mentions"]] == ran.err.splitlines()
    named = [*ran.json["changed"], *ran.json["removed"], *ran.json["left"], *ran.json["mentions"]]
    still = [
        p.name for p in lxr.directory.glob("orders-*.csv") if "R0003" in p.read_text("utf-8") and str(p) not in named
    ]
    assert [] == still


def test_nothing_of_the_projection_or_the_memory_tells_whoever_is_erased(left: Left) -> None:
    lxr = left.let_the_law_pass()
    left.erase()
    assert 0 == lxr("employer", "batch", "status", "E001", "--month", "2026-08").code
    for path in lxr.directory.rglob("*"):
        if path.is_file():
            assert b"R0003" not in path.read_bytes(), path


def test_the_backup_that_a_consortium_was_restored_from_is_named(left: Left, tmp_path: Path) -> None:
    left.lxr.json("ledger", "backup", left.backup)
    again = tmp_path / "again"
    ran = left.lxr("ledger", "restore", left.backup, again)
    if ran.code:
        ran = type(left.lxr)(again, left.lxr.at)("ledger", "restore", left.backup)
    assert 0 == ran.code, ran
    left.lxr = type(left.lxr)(again, left.lxr.at)
    left.let_the_law_pass()
    ran = left.lxr("--json", "union", "worker", "erase", left.worker, *REASON)
    assert [str(left.backup)] == [each["file"] for each in ran.json["backups"]], ran


def test_a_copy_of_the_store_beside_it_is_named(left: Left) -> None:
    """A clerk's own copy of the store, under the same passphrase, gives the person back."""
    union = left.lxr.directory / "union"
    shutil.copy(union / "store.db", union / "store.db.bak")
    lxr = left.let_the_law_pass()
    ran = lxr("--json", "union", "worker", "erase", left.worker, *REASON)
    assert str(union / "store.db.bak") in ran.out + ran.err


@pytest.mark.parametrize("name", [b"old-\xff.db", b"store#1.db", b"store.db?old"])
def test_a_copy_of_the_store_is_named_whatever_it_is_called(left: Left, name: bytes) -> None:
    lxr = left.let_the_law_pass()
    copy = lxr.directory / "union" / os.fsdecode(name)
    shutil.copy(lxr.directory / "union" / "store.db", copy)
    before = sorted(os.listdir(lxr.directory / "union"))
    ran = lxr("union", "worker", "erase", left.worker, *REASON)
    assert "Traceback" not in ran.err + ran.out, ran.err[-1500:]
    assert 1 == ran.code
    assert "still in" in ran.err
    assert before == sorted(os.listdir(lxr.directory / "union"))


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_copy_of_the_store_in_an_archive_is_named(left: Left, kind: str) -> None:
    """It gives the person back to whoever has the passphrase, as the copy beside it does."""
    lxr = left.let_the_law_pass()
    shutil.make_archive(str(lxr.directory / "kept"), kind, lxr.directory / "union", "store.db")
    ran = lxr("union", "worker", "erase", left.worker, *REASON)
    assert f"kept.{kind}" in ran.err
